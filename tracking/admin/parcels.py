"""Parcels, read-only; also shown on their order's page."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from merchants.admin import MerchantAdmin, ReadOnlyInline, Text, extend, site, stamp
from merchants.types import Area
from orders.admin import OrderAdmin
from tracking.models import Shipment, ShipmentLine


class ShipmentLineInline(ReadOnlyInline):
    model = ShipmentLine
    area = Area.ORDERS
    fields = ["product", "quantity"]
    verbose_name_plural = _("In this parcel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShipmentLine]:
        queryset: QuerySet[ShipmentLine] = super().get_queryset(request).select_related("order_line")
        return queryset

    @admin.display(description=_("Product"))
    def product(self, row: ShipmentLine) -> str:
        return row.order_line.title


class ShipmentInline(ReadOnlyInline):
    model = Shipment
    area = Area.ORDERS
    fields = ["parcel", "carrier_name", "status", "shipped", "delivered", "eta_by"]
    ordering = ["position"]
    verbose_name_plural = _("Parcels")

    @admin.display(description=_("Parcel"))
    def parcel(self, row: Shipment) -> SafeString:
        address = reverse("admin:tracking_shipment_change", args=[row.pk])
        return format_html('<a class="underline" href="{}">{}. {}</a>', address, row.position, row.tracking_number or _("no number yet"))

    @admin.display(description=_("Handed over"))
    def shipped(self, row: Shipment) -> str:
        return stamp(row.shipped_at, _("not yet"))

    @admin.display(description=_("Delivered"))
    def delivered(self, row: Shipment) -> str:
        return stamp(row.delivered_at, _("not yet"))


extend(OrderAdmin, ShipmentInline)


@admin.register(Shipment, site=site)
class ShipmentAdmin(MerchantAdmin):
    area = Area.ORDERS
    icon, order, menu = "package_2", 30, _("Parcels")
    list_display = ["tracking", "order", "carrier_name", "status", "shipped", "eta_by"]
    list_filter = ["status"]
    list_select_related = ["order"]
    search_fields = ["tracking_number"]
    search_help_text = _("the whole tracking number")
    ordering = ["-pk"]
    actions = None
    inlines = [ShipmentLineInline]
    readonly_fields = ["shipped", "delivered", "order_link"]
    fields = [
        "order_link", "position", "carrier_name", "service", "tracking_number", "tracking_url", "status", "raw_status",
        "shipped", "delivered", "eta_from", "eta_by", "eta_source", "source", "external_id",
    ]  # fmt: skip

    @admin.display(description=_("Number"))
    def tracking(self, row: Shipment) -> Text:
        return row.tracking_number or _("no number yet")

    @admin.display(description=_("Handed over"))
    def shipped(self, row: Shipment) -> str:
        return stamp(row.shipped_at, _("not yet"))

    @admin.display(description=_("Delivered"))
    def delivered(self, row: Shipment) -> str:
        return stamp(row.delivered_at, _("not yet"))

    @admin.display(description=_("Order"))
    def order_link(self, row: Shipment) -> SafeString:
        return format_html('<a class="underline" href="{}">{}</a>', reverse("admin:orders_order_change", args=[row.order_id]), row.order)
