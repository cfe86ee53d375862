"""Orders, read-only with everything around them, what shoppers ask to add, and the warehouse's promise."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core.clock import now
from core.money import format_money
from merchants.admin import Confirm, MerchantAdmin, ReadOnlyInline, SingletonAdmin, Text, action, site, stamp
from merchants.types import Area
from orders.models import Addition, FulfilmentPolicy, Order, OrderChange, OrderLine, OrderRequest, Payment, Promise, Refund
from orders.selectors import with_requests
from orders.services import accept_request, cancel_order, confirm_addition, refuse_addition, refuse_request
from orders.types import AdditionState, OrderState, RequestKind, RequestState

ADDRESS = ("name", "company", "street", "street2", "postcode", "city", "region", "country", "phone")


class OrderPart(ReadOnlyInline):
    area = Area.ORDERS

    @admin.display(description=_("Amount"))
    def sum(self, row: Any) -> str:
        return money(row.amount, row.order)


def money(amount: Any, order: Order) -> str:
    return format_money(amount, order.currency, "en")


class LineInline(OrderPart):
    model = OrderLine
    fields = ["title", "variant_title", "sku", "quantity", "quantity_removed", "quantity_fulfilled", "price", "line_total"]
    ordering = ["position"]
    verbose_name_plural = _("Lines")

    @admin.display(description=_("Each"))
    def price(self, row: OrderLine) -> str:
        return money(row.unit_price, row.order)

    @admin.display(description=_("Total"))
    def line_total(self, row: OrderLine) -> str:
        return money(row.total, row.order)


class PaymentInline(OrderPart):
    model = Payment
    fields = ["method", "last4", "sum", "paid"]
    ordering = ["pk"]
    verbose_name_plural = _("Payments")

    @admin.display(description=_("Paid"))
    def paid(self, row: Payment) -> str:
        return stamp(row.paid_at, _("not yet"))


class RefundInline(OrderPart):
    model = Refund
    fields = ["sum", "note", "refunded"]
    ordering = ["refunded_at"]
    verbose_name_plural = _("Refunds")

    @admin.display(description=_("Sent"))
    def refunded(self, row: Refund) -> str:
        return stamp(row.refunded_at)


class PromiseInline(OrderPart):
    model = Promise
    fields = ["kind", "date", "said", "source", "subject", "is_kept"]
    ordering = ["said_at", "pk"]
    verbose_name_plural = _("Promised dates")

    @admin.display(description=_("Said"))
    def said(self, row: Promise) -> str:
        return stamp(row.said_at)


class ChangeInline(OrderPart):
    model = OrderChange
    fields = ["when", "kind", "data"]
    ordering = ["-at", "-pk"]
    verbose_name_plural = _("History, newest first")

    @admin.display(description=_("When"))
    def when(self, row: OrderChange) -> str:
        return stamp(row.at)


class AdditionInline(OrderPart):
    model = Addition
    fields = ["title", "quantity", "price", "state", "reason", "asked"]
    ordering = ["requested_at", "pk"]
    verbose_name_plural = _("Asked for in the same parcel")

    @admin.display(description=_("Each"))
    def price(self, row: Addition) -> str:
        return format_money(row.unit_price, row.currency, "en")

    @admin.display(description=_("Asked for"))
    def asked(self, row: Addition) -> str:
        return stamp(row.requested_at)


def one_line(address: dict[str, Any]) -> str:
    return ", ".join(address[key] for key in ADDRESS if address.get(key))


class RequestInline(OrderPart):
    model = OrderRequest
    fields = ["kind", "state", "goes_to", "reason", "asked", "answer_by"]
    ordering = ["-requested_at", "-pk"]
    verbose_name_plural = _("Asked for by the shopper")

    @admin.display(description=_("New address"))
    def goes_to(self, row: OrderRequest) -> str:
        return one_line(row.address)

    @admin.display(description=_("Asked for"))
    def asked(self, row: OrderRequest) -> str:
        return stamp(row.requested_at)


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget, help_text=_("the shopper may read it"))


@admin.register(Order, site=site)
class OrderAdmin(MerchantAdmin):
    area = Area.ORDERS
    icon, order = "receipt_long", 10
    list_display = ["number", "placed", "who", "state", "asked_for", "payment_state", "fulfilment", "sum"]
    list_filter = ["state", "payment_state", "fulfilment"]
    list_select_related = ["customer"]
    search_fields = ["number"]
    search_help_text = _("the whole order number or e-mail address")
    email_field = "customer__email_normalised"
    ordering = ["-placed_at", "-id"]
    actions = None
    inlines = [LineInline, RequestInline, AdditionInline, PaymentInline, RefundInline, PromiseInline, ChangeInline]
    actions_detail = ["cancel"]
    compressed_fields = False
    readonly_fields = ["placed", "who", "sum", "refunded_sum", "confirmed", "paid", "cancelled", "ship_to", "customer_link"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("number", "state", "payment_state", "fulfilment"),
                    ("sum", "refunded_sum", "cancelled", "cancel_reason"),
                    ("placed", "confirmed", "paid"),
                    ("ship_by", "arrive_from", "arrive_by"),
                ]
            },
        ),
        (_("Shopper"), {"fields": [("customer_link", "email", "phone", "language"), ("ship_to", "shipping_method")]}),
        (_("Where it came from"), {"fields": [("source", "external_id", "is_imported")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        queryset: QuerySet[Order] = with_requests(super().get_queryset(request).select_related("customer"))
        return queryset

    def has_cancel_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Offered while there is something to cancel; the service has the last word."""
        if not self.has_act_permission(request):
            return False
        return obj is None or Order.objects.filter(pk=obj).exclude(state=OrderState.CANCELLED).exists()

    @admin.display(description=_("Placed"), ordering="placed_at")
    def placed(self, row: Order) -> str:
        return stamp(row.placed_at)

    @admin.display(description=_("Asked for"))
    def asked_for(self, row: Order) -> str:
        """What waits for a decision; a state of its own, whatever else the order is."""
        words = {RequestKind.CANCEL: _("Cancellation requested"), RequestKind.ADDRESS: _("Address change requested")}
        waiting = [words[RequestKind(one.kind)] for one in row.requests.all() if one.state == RequestState.REQUESTED]
        return ", ".join(str(text) for text in waiting) or "-"

    @admin.display(description=_("Confirmed"))
    def confirmed(self, row: Order) -> str:
        return stamp(row.confirmed_at, _("not yet"))

    @admin.display(description=_("Paid"))
    def paid(self, row: Order) -> str:
        return stamp(row.paid_at, _("not yet"))

    @admin.display(description=_("Cancelled"))
    def cancelled(self, row: Order) -> str:
        return stamp(row.cancelled_at, _("no"))

    @admin.display(description=_("Shopper"))
    def who(self, row: Order) -> str:
        return f"{row.first_name} {row.last_name}".strip() or row.email

    @admin.display(description=_("Total"))
    def sum(self, row: Order) -> str:
        return money(row.total, row)

    @admin.display(description=_("Refunded"))
    def refunded_sum(self, row: Order) -> str:
        return money(row.refunded_total, row)

    @admin.display(description=_("Goes to"))
    def ship_to(self, row: Order) -> str:
        return one_line(row.shipping_address)

    @admin.display(description=_("Customer"))
    def customer_link(self, row: Order) -> SafeString | str:
        if row.customer is None:
            return "-"
        return format_html(
            '<a class="underline" href="{}">{}</a>', reverse("admin:customers_customer_change", args=[row.customer.pk]), row.customer
        )

    @action(description=_("Cancel the order"), permissions=["cancel"], url_path="cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("The shopper is told at once. Money is sent back in the shop, not here.")
        confirm = Confirm(_("Cancel this order"), _("Cancel the order"), text, CancelForm, is_dangerous=True)

        def act(row: Order, data: dict[str, Any]) -> Text:
            cancel_order(order=row, reason=data["reason"], at=now())
            return _("The order is cancelled.")

        return self.ask(request, object_id, confirm, act)


class RefuseForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget, help_text=_("the shopper reads it"))


@admin.register(Addition, site=site)
class AdditionAdmin(MerchantAdmin):
    """Items shoppers asked for: each is confirmed or refused before the parcel leaves."""

    area = Area.ORDERS
    icon, order, menu = "add_shopping_cart", 15, _("Asked for in the same parcel")
    list_display = ["title", "of_order", "price", "state", "asked", "decided"]
    list_filter = ["state"]
    list_select_related = ["order"]
    ordering = ["-requested_at", "-id"]
    actions = None
    actions_detail = ["confirm", "refuse"]
    fields = ["title", "of_order", "quantity", "price", "state", "reason", "asked", "decided"]
    readonly_fields = ["of_order", "price", "asked", "decided"]

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Offered while it is open; the service has the last word."""
        if not self.has_act_permission(request):
            return False
        return obj is None or Addition.objects.filter(pk=obj, state=AdditionState.REQUESTED).exists()

    @admin.display(description=_("Order"))
    def of_order(self, row: Addition) -> SafeString:
        address = reverse("admin:orders_order_change", args=[row.order_id])
        return format_html('<a class="underline" href="{}">{}</a>', address, row.order.number)

    @admin.display(description=_("Each"))
    def price(self, row: Addition) -> str:
        return format_money(row.unit_price, row.currency, "en")

    @admin.display(description=_("Asked for"), ordering="requested_at")
    def asked(self, row: Addition) -> str:
        return stamp(row.requested_at)

    @admin.display(description=_("Decided"))
    def decided(self, row: Addition) -> str:
        return stamp(row.decided_at, _("not yet"))

    @action(description=_("Take it into the order"), permissions=["decide"], url_path="confirm")
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("The order gets a line more and no more postage. Charge for it in the shop, not here.")
        confirm = Confirm(_("Take this item into the order"), _("Take it in"), text)

        def act(row: Addition, data: dict[str, Any]) -> Text:
            confirm_addition(addition=row, at=now())
            return _("The item is in the order.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Say no"), permissions=["decide"], url_path="refuse")
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Say that it is not possible"), _("Say no"), _("The shopper sees it with your reason."), RefuseForm)

        def act(row: Addition, data: dict[str, Any]) -> Text:
            refuse_addition(addition=row, reason=data["reason"], at=now())
            return _("The shopper can read why.")

        return self.ask(request, object_id, confirm, act)


@admin.register(OrderRequest, site=site)
class RequestAdmin(MerchantAdmin):
    """What shoppers ask of orders that are not packed: each is granted or refused by the day they were told."""

    area = Area.ORDERS
    icon, order, menu = "contact_support", 12, _("Cancellations and addresses")
    list_display = ["of_order", "kind", "state", "goes_to", "asked", "answer_by", "decided"]
    list_filter = ["state", "kind"]
    list_select_related = ["order"]
    ordering = ["-requested_at", "-id"]
    actions = None
    actions_detail = ["accept", "refuse"]
    fields = ["of_order", "kind", "state", "cause", "note", "goes_to", "reason", "asked", "answer_by", "decided"]
    readonly_fields = ["of_order", "goes_to", "asked", "decided"]

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Offered while it is open; the service has the last word."""
        if not self.has_act_permission(request):
            return False
        return obj is None or OrderRequest.objects.filter(pk=obj, state=RequestState.REQUESTED).exists()

    @admin.display(description=_("Order"), ordering="order__number")
    def of_order(self, row: OrderRequest) -> SafeString:
        address = reverse("admin:orders_order_change", args=[row.order_id])
        return format_html('<a class="underline" href="{}">{}</a>', address, row.order.number)

    @admin.display(description=_("New address"))
    def goes_to(self, row: OrderRequest) -> str:
        return one_line(row.address) or "-"

    @admin.display(description=_("Asked for"), ordering="requested_at")
    def asked(self, row: OrderRequest) -> str:
        return stamp(row.requested_at)

    @admin.display(description=_("Decided"))
    def decided(self, row: OrderRequest) -> str:
        return stamp(row.decided_at, _("not yet"))

    @action(description=_("Do it"), permissions=["decide"], url_path="accept")
    def accept(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("A cancelled order is cancelled here; send the money back in the shop. A new address is set here; set it in the shop too.")
        confirm = Confirm(_("Do what the shopper asks"), _("Do it"), text)

        def act(row: OrderRequest, data: dict[str, Any]) -> Text:
            accept_request(request=row, at=now())
            return _("It is done, and the shopper is told.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Say no"), permissions=["decide"], url_path="refuse")
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Say that it is not possible"), _("Say no"), _("The shopper is told, with your reason."), RefuseForm)

        def act(row: OrderRequest, data: dict[str, Any]) -> Text:
            refuse_request(request=row, reason=data["reason"], at=now())
            return _("The shopper is told why.")

        return self.ask(request, object_id, confirm, act)


@admin.register(FulfilmentPolicy, site=site)
class FulfilmentPolicyAdmin(SingletonAdmin):
    area = Area.BRANDING
    icon, order, menu = "schedule", 20, _("Dispatch times")
    actions = None
    fields = [
        "handling_days",
        "rush_days",
        "cutoff_hour",
        "cutoffs",
        "additions_hours",
        "refund_days",
        "works_saturday",
        "transit_days_min",
        "transit_days_max",
    ]
