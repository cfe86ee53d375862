"""One product's page in the admin: the shop's facts to read, the guide to write."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from catalog.admin.forms import LISTS, PartForm, ProductForm, parts_of
from catalog.models import GuideStep, Product, ProductManual, ProductPicture
from catalog.selectors import sizes_of
from catalog.services import PARTS, add_product, hand_back, write_product
from catalog.services.products import NEVER_TOLD
from catalog.tokens import preview_token
from core.clock import now
from core.money import format_money
from merchants.admin import Confirm, MerchantAdmin, Text, action, site, stamp
from merchants.admin.base import ByRole
from merchants.selectors import base_url
from merchants.types import Area

NAMES: dict[str, Text] = {
    "description": _("Description"),
    "category": _("Category"),
    "tags": _("Tags"),
    "specs": _("Details"),
    "guide": _("How to use it"),
    "care": _("Care"),
    "care_symbols": _("Care signs"),
    "video_url": _("Film"),
    "video_title": _("Title of the film"),
    "warranty_months": _("Months of warranty"),
    "warranty_text": _("What the warranty covers"),
    "pictures": _("Pictures"),
    "steps": _("Steps"),
    "manuals": _("Manuals"),
    "variants": _("Variants"),
    "size_table": _("Size table"),
    "related": _("Goes with it"),
    "spare_parts": _("Spare parts"),
}
# Field of the form -> the part it writes, where they are not called the same.
WRITES = {"specs_text": "specs", "care_signs": "care_symbols", "related_text": "related", "spare_parts_text": "spare_parts"}
FACTS = ("title", "variant_title", "sku", "external_id", "page_url")


class PartInline(ByRole):
    """Rows of a list: written, moved and taken out by whoever may change products."""

    area = Area.ORDERS
    adds = changes = deletes = True
    form = PartForm
    extra = 0
    tab = False

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["merchant"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).order_by("rank", "pk")  # type: ignore[misc]


class PictureInline(PartInline, TabularInline):  # type: ignore[misc]
    model = ProductPicture
    fields = ["rank", "url", "alt", "variant"]
    verbose_name, verbose_name_plural = _("picture"), _("Pictures")


class StepInline(PartInline, StackedInline):  # type: ignore[misc]
    model = GuideStep
    fields = ["rank", "title", "text", "image_url", "alt"]
    verbose_name, verbose_name_plural = _("step"), _("How to use it, step by step")


class ManualInline(PartInline, TabularInline):  # type: ignore[misc]
    model = ProductManual
    fields = ["rank", "title", "url", "language", "size"]
    verbose_name, verbose_name_plural = _("manual"), _("Manuals")


@admin.register(Product, site=site)
class ProductAdmin(MerchantAdmin):
    """The shop tells its facts; what is written here is kept when the shop tells it too."""

    area = Area.ORDERS
    icon, order = "inventory_2", 40
    adds = changes = True
    form = ProductForm
    inlines = [PictureInline, StepInline, ManualInline]
    list_display = ["title", "variant_title", "sku", "external_id", "cost", "stock", "updated"]
    list_display_links = ["title"]
    search_fields = ["sku", "external_id"]
    search_help_text = _("the whole SKU or the shop's own number")
    ordering = ["-pk"]
    actions = None
    actions_detail = ["hand_back"]

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        told = [] if obj is None else ["cost", "stock", "updated", "gone", "mine", "preview"]
        return [
            (_("From the shop"), {"fields": [*FACTS, *told]}),
            (_("About it"), {"fields": ["description", "category", "specs_text", "size_table"]}),
            (_("Use and care"), {"fields": ["guide", "video_url", "video_title", "care_signs", "care"]}),
            (_("Warranty"), {"fields": ["warranty_months", "warranty_text"]}),
            (_("Other products"), {"fields": ["related_text", "spare_parts_text"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> Sequence[str]:
        """The shop's facts are the shop's, once it has told any."""
        if obj is None:
            return []
        return [*(FACTS if obj.updated_at != NEVER_TOLD else ["external_id"]), "cost", "stock", "updated", "gone", "mine", "preview"]

    def get_inlines(self, request: HttpRequest, obj: Product | None) -> Sequence[type[Any]]:
        return super().get_inlines(request, obj) if obj is not None else []

    def save_model(self, request: HttpRequest, obj: Product, form: forms.ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        """What was changed, and only that, is the merchant's from now on."""
        told = {name: form.cleaned_data[name] for name in FACTS if name in form.cleaned_data}
        if not change or set(told) & set(form.changed_data):
            row = add_product(external_id=obj.external_id, at=now(), **{name: told[name] for name in told if name != "external_id"})
            obj.pk, obj.updated_at = row.pk, row.updated_at
        parts = {WRITES.get(name, name): form.cleaned_data[name] for name in form.changed_data if WRITES.get(name, name) in PARTS}
        if "size_table" in parts:
            parts["size_table"] = sizes_of(parts["size_table"])
        if parts:
            write_product(product=obj, at=now(), **parts)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """A list is written as a whole, in the order of its positions."""
        formset.save(commit=False)
        rows = [entry.cleaned_data for entry in formset.forms if _is_kept(formset, entry)]
        rows.sort(key=lambda row: row.get("rank") or 0)
        if formset.has_changed():
            parts: dict[str, Any] = {LISTS[formset.model]: parts_of(formset.model, rows)}
            write_product(product=form.instance, at=now(), **parts)

    @action(description=_("Let the shop tell again"), permissions=["act"], url_path="hand-back")
    def hand_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("What stands there stays until the shop's next news.")
        confirm = Confirm(_("Let the shop tell these again"), _("Hand back"), text, _form_of(self._row(request, object_id)))

        def act(row: Product, data: dict[str, Any]) -> Text:
            hand_back(product=row, parts=data["parts"])
            return _("The shop tells these again.")

        return self.ask(request, object_id, confirm, act)

    @admin.display(description=_("Price"))
    def cost(self, row: Product) -> str:
        return format_money(row.price, row.currency, "en") if row.price is not None else str(_("not told"))

    @admin.display(description=_("Updated"))
    def updated(self, row: Product) -> str:
        return stamp(row.updated_at) if row.updated_at != NEVER_TOLD else str(_("added here, not told by the shop yet"))

    @admin.display(description=_("Taken off sale"))
    def gone(self, row: Product) -> str:
        return stamp(row.deleted_at, _("no"))

    @admin.display(description=_("Written here"))
    def mine(self, row: Product) -> str:
        """Which parts the shop's news leaves alone."""
        return ", ".join(str(NAMES[name]) for name in PARTS if name in row.kept) or str(_("nothing yet: all of it is the shop's"))

    @admin.display(description=_("Preview"))
    def preview(self, row: Product) -> SafeString:
        address = f"{base_url()}/preview/products/{preview_token(row.public_id, at=now())}/"
        return format_html('<a class="underline" href="{}" target="_blank" rel="noopener">{}</a>', address, _("as shoppers see it"))


def _is_kept(formset: Any, entry: Any) -> bool:
    """Neither taken out nor an empty row that was never filled in."""
    return bool(entry.cleaned_data) and not entry.cleaned_data.get("DELETE") and (entry.instance.pk is not None or entry.has_changed())


def _form_of(row: Product) -> type[forms.Form]:
    """Asks for some of the parts the merchant keeps."""
    choices = [(name, NAMES[name]) for name in PARTS if name in row.kept]

    class HandBackForm(forms.Form):
        parts = forms.MultipleChoiceField(label=_("Written here"), choices=choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    return HandBackForm
