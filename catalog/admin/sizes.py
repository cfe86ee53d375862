"""Size tables: written once, shown with every product of the cut."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.admin.forms import SizeTableForm
from catalog.models import Product, SizeTable
from catalog.services import save_size_table
from merchants.admin import MerchantAdmin, site
from merchants.types import Area


@admin.register(SizeTable, site=site)
class SizeTableAdmin(MerchantAdmin):
    area = Area.ORDERS
    icon, order, menu = "straighten", 45, _("Size tables")
    adds = changes = True
    form = SizeTableForm
    fields = ["name", "table", "note", "shown_with"]
    readonly_fields = ["shown_with"]
    list_display = ["name", "note"]
    search_fields = ["name"]
    search_help_text = _("the whole name")
    ordering = ["name"]
    actions = None

    @admin.display(description=_("Shown with"))
    def shown_with(self, row: SizeTable) -> str:
        if row._state.adding:
            return str(_("no product yet: choose it on a product's page"))
        names = list(Product.objects.filter(size_table=row, deleted_at=None).order_by("title", "pk").values_list("title", flat=True)[:21])
        return ", ".join(dict.fromkeys(names[:20])) + (" …" if len(names) > 20 else "") or str(_("no product yet"))

    def save_model(self, request: HttpRequest, obj: SizeTable, form: forms.ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        data: dict[str, Any] = form.cleaned_data
        table = replace(data["table"], name=data["name"], note=data["note"])
        held = SizeTable.objects.get(pk=obj.pk) if change else None
        obj.pk = save_size_table(table=table, row=held).pk
