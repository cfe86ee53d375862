"""Orders as the REST API tells them: public ids, exact text for money, times with zone."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.fields import Day, Moment, Money
from orders.models import Order, OrderChange, OrderLine, Payment, Refund
from orders.types import RequestKind, RequestState


class AddressShape(serializers.Serializer[Any]):
    """A postal address; what is not known is empty."""

    name = serializers.CharField(default="")
    company = serializers.CharField(default="")
    street = serializers.CharField(default="")
    street2 = serializers.CharField(default="")
    postcode = serializers.CharField(default="")
    city = serializers.CharField(default="")
    region = serializers.CharField(default="")
    country = serializers.CharField(default="")
    phone = serializers.CharField(default="")


class LineShape(serializers.ModelSerializer[OrderLine]):
    """A line of an order."""

    id = serializers.CharField(source="public_id")
    unit_price = Money()
    discount = Money()
    tax = Money()
    total = Money()
    options = serializers.DictField(child=serializers.CharField())
    image_url = serializers.CharField()

    class Meta:
        model = OrderLine
        fields = [
            "id",
            "external_id",
            "title",
            "variant_title",
            "sku",
            "options",
            "image_url",
            "requires_shipping",
            "quantity",
            "quantity_removed",
            "quantity_fulfilled",
            "unit_price",
            "discount",
            "tax",
            "total",
        ]


class PaymentShape(serializers.ModelSerializer[Payment]):
    """A payment, masked."""

    amount = Money()
    paid_at = Moment(allow_null=True)

    class Meta:
        model = Payment
        fields = ["external_id", "method", "last4", "amount", "paid_at"]


class RefundedLine(serializers.Serializer[Any]):
    """How many of a line."""

    external_id = serializers.CharField()
    quantity = serializers.IntegerField()


class RefundShape(serializers.ModelSerializer[Refund]):
    """A refund."""

    amount = Money()
    refunded_at = Moment()
    lines = serializers.SerializerMethodField()

    class Meta:
        model = Refund
        fields = ["external_id", "amount", "refunded_at", "note", "lines"]

    @extend_schema_field(RefundedLine(many=True))
    def get_lines(self, refund: Refund) -> list[dict[str, Any]]:
        return [{"external_id": external_id, "quantity": quantity} for external_id, quantity in refund.lines.items()]


class ChangeShape(serializers.ModelSerializer[OrderChange]):
    """One line of the order's history."""

    at = Moment()

    class Meta:
        model = OrderChange
        fields = ["kind", "at"]


class OrderShape(serializers.ModelSerializer[Order]):
    """An order in a list."""

    id = serializers.CharField(source="public_id")
    customer = serializers.CharField(source="customer.public_id", default=None, allow_null=True, help_text="Id of the customer.")
    total = Money()
    refunded_total = Money()
    placed_at = Moment()
    updated_at = Moment(source="source_updated_at")
    cancelled_at = Moment(allow_null=True)
    asked_for = serializers.SerializerMethodField(help_text="What the shopper asks and the shop has not decided on: `cancel`, `address`.")

    class Meta:
        model = Order
        fields = [
            "id",
            "source",
            "external_id",
            "number",
            "state",
            "payment_state",
            "fulfilment",
            "currency",
            "total",
            "refunded_total",
            "customer",
            "email",
            "placed_at",
            "updated_at",
            "cancelled_at",
            "asked_for",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=RequestKind.choices)))
    def get_asked_for(self, order: Order) -> list[str]:
        # A list has them at hand (`selectors.for_list`); of one order all its wishes were read.
        rows = order.open_requests if hasattr(order, "open_requests") else order.requests.all()
        return sorted(row.kind for row in rows if row.state == RequestState.REQUESTED)


# What the list reads of an order: the columns behind its fields.
LISTED = [
    {"id": "public_id", "updated_at": "source_updated_at"}.get(name, name)
    for name in OrderShape.Meta.fields
    if name not in ("customer", "asked_for")
]


class OrderDetail(OrderShape):
    """An order with its lines, payments, refunds and history."""

    subtotal = Money()
    discount_total = Money()
    shipping_total = Money()
    tax_total = Money()
    paid_total = Money()
    shipping_address = AddressShape()
    billing_address = AddressShape()
    confirmed_at = Moment(allow_null=True)
    paid_at = Moment(allow_null=True)
    ship_by = Day(allow_null=True, help_text="The latest day of dispatch we promised.")
    arrive_from = Day(allow_null=True)
    arrive_by = Day(allow_null=True)
    lines = LineShape(many=True)
    payments = PaymentShape(many=True)
    refunds = RefundShape(many=True)
    history = ChangeShape(source="changes", many=True)

    class Meta(OrderShape.Meta):
        fields = [
            *OrderShape.Meta.fields,
            "subtotal",
            "discount_total",
            "shipping_total",
            "tax_total",
            "taxes_included",
            "paid_total",
            "phone",
            "first_name",
            "last_name",
            "language",
            "shipping_address",
            "billing_address",
            "shipping_method",
            "is_imported",
            "confirmed_at",
            "paid_at",
            "cancel_reason",
            "ship_by",
            "arrive_from",
            "arrive_by",
            "lines",
            "payments",
            "refunds",
            "history",
        ]
