"""Products, as the shop told us."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, RelatedProduct
from core.money import format_money
from merchants.admin import MerchantAdmin, site, stamp
from merchants.types import Area


@admin.register(Product, site=site)
class ProductAdmin(MerchantAdmin):
    area = Area.ORDERS
    icon, order = "inventory_2", 40
    fields = [
        *("title", "variant_title", "sku", "external_id", "cost", "stock", "category", "related"),
        *("description", "guide", "specs", "image_url", "page_url", "updated", "gone"),
    ]
    readonly_fields = ["cost", "related", "updated", "gone"]
    list_display = ["title", "variant_title", "sku", "external_id", "cost", "stock", "updated"]
    search_fields = ["sku", "external_id"]
    search_help_text = _("the whole SKU or the shop's own number")
    ordering = ["-pk"]
    actions = None

    @admin.display(description=_("Price"))
    def cost(self, row: Product) -> str:
        return format_money(row.price, row.currency, "en") if row.price is not None else str(_("not told"))

    @admin.display(description=_("Goes with"))
    def related(self, row: Product) -> str:
        rows = RelatedProduct.objects.filter(product=row, related__deleted_at=None).select_related("related").order_by("rank", "pk")
        return ", ".join(str(one.related) for one in rows) or str(_("nothing named"))

    @admin.display(description=_("Updated"))
    def updated(self, row: Product) -> str:
        return stamp(row.updated_at)

    @admin.display(description=_("Taken off sale"))
    def gone(self, row: Product) -> str:
        return stamp(row.deleted_at, _("no"))
