"""Products, as the shop told us."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from merchants.admin import MerchantAdmin, site, stamp
from merchants.types import Area


@admin.register(Product, site=site)
class ProductAdmin(MerchantAdmin):
    area = Area.ORDERS
    icon, order = "inventory_2", 40
    fields = ["title", "variant_title", "sku", "external_id", "description", "guide", "specs", "image_url", "page_url", "updated", "gone"]
    readonly_fields = ["updated", "gone"]
    list_display = ["title", "variant_title", "sku", "external_id", "updated"]
    search_fields = ["sku", "external_id"]
    search_help_text = _("the whole SKU or the shop's own number")
    ordering = ["-pk"]
    actions = None

    @admin.display(description=_("Updated"))
    def updated(self, row: Product) -> str:
        return stamp(row.updated_at)

    @admin.display(description=_("Taken off sale"))
    def gone(self, row: Product) -> str:
        return stamp(row.deleted_at, _("no"))
