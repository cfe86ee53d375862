"""Orders and refunds as the REST API takes them, and what they mean in our words."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.fields import (
    Amount,
    CountryCode,
    CurrencyCode,
    Flag,
    Identifier,
    Moment,
    Pairs,
    Quantity,
    StrictSerializer,
    Text,
    WebAddress,
    Whole,
    many,
)
from customers.api import PersonInput
from orders.types import Address, IncomingLine, IncomingOrder, IncomingPayment, IncomingRefund, PaymentState

SOURCE = "api"
MAX_LINES = 1000
ZERO = Decimal(0)


def text(length: int, help_text: str | None = None) -> Text:
    """An optional line of text."""
    return Text(required=False, default="", allow_blank=True, max_length=length, help_text=help_text)


class AddressInput(StrictSerializer):
    """A postal address."""

    name = text(200)
    company = text(200)
    street = text(200)
    street2 = text(200)
    postcode = text(40)
    city = text(200)
    region = text(200)
    country = CountryCode(required=False, default="", allow_blank=True, max_length=2)
    phone = text(40)


class LineInput(StrictSerializer):
    """What was bought, as it was sold that day."""

    external_id = Identifier(max_length=100, help_text="The shop's own id of the line.")
    title = Text(max_length=300)
    variant_title = text(200)
    sku = text(100)
    product_external_id = Identifier(required=False, default="", allow_blank=True, max_length=100)
    options = Pairs(required=False, default=dict, help_text='Like `{"Size": "M"}`.')
    quantity = Quantity()
    quantity_removed = Whole(required=False, default=0, min_value=0, max_value=1_000_000, help_text="Cancelled before dispatch.")
    unit_price = Amount()
    discount = Amount(required=False, default=ZERO, help_text="Of the whole line.")
    tax = Amount(required=False, default=ZERO, help_text="Of the whole line.")
    total = Amount(required=False, help_text="Of the line after discount; `unit_price` × `quantity` − `discount` when left out.")
    image_url = WebAddress(required=False, default="", allow_blank=True)
    requires_shipping = Flag(required=False, default=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["quantity_removed"] > attrs["quantity"]:
            raise serializers.ValidationError({"quantity_removed": ["Must not be more than quantity."]})
        attrs.setdefault("total", attrs["unit_price"] * attrs["quantity"] - attrs["discount"])
        if attrs["total"] < 0:
            raise serializers.ValidationError({"discount": ["Must not be more than the line costs."]})
        return attrs


class PaymentInput(StrictSerializer):
    """A payment, masked by the shop: never a card number."""

    external_id = Identifier(max_length=100)
    method = Text(max_length=60, help_text="What the shopper calls it: `Visa`, `PayPal`.")
    last4 = serializers.RegexField(r"\A[0-9]{4}\Z", required=False, default="", allow_blank=True, help_text="The last four digits.")
    amount = Amount()
    paid_at = Moment(required=False, default=None)


class ReturnedLine(StrictSerializer):
    """How many of a line."""

    external_id = Identifier(max_length=100, help_text="The line's `external_id`.")
    quantity = Quantity()


def quantities(lines: list[dict[str, Any]]) -> dict[str, int]:
    """Line id -> quantity. Refuses a line that is named twice."""
    result = {line["external_id"]: line["quantity"] for line in lines}
    if len(result) != len(lines):
        raise serializers.ValidationError({"lines": ["Name each line once."]})
    return result


class RefundInput(StrictSerializer):
    """Money the shop sent back."""

    external_id = Identifier(max_length=100, help_text="The shop's own id of the refund; the same id again changes nothing.")
    amount = Amount()
    refunded_at = Moment(required=False, help_text="Now when left out.")
    note = text(300)
    lines = many(ReturnedLine, most=MAX_LINES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "lines": quantities(attrs["lines"])}


class BuyerInput(PersonInput):
    """Who ordered."""

    accepts_marketing = Flag(required=False, default=None)


class OrderInput(StrictSerializer):
    """An order with everything the shop knows now: sent again, it replaces what we hold."""

    number = Identifier(max_length=60, help_text="What the shopper calls the order.")
    external_id = Identifier(required=False, default="", allow_blank=True, max_length=100, help_text="`number` when left out.")
    currency = CurrencyCode(max_length=3)
    placed_at = Moment()
    updated_at = Moment(required=False, help_text="When the shop changed it; older than what we hold changes nothing. Now when left out.")
    total = Amount()
    subtotal = Amount(required=False, help_text="Sum of the lines when left out.")
    discount_total = Amount(required=False, default=ZERO)
    shipping_total = Amount(required=False, default=ZERO)
    tax_total = Amount(required=False, default=ZERO)
    taxes_included = Flag(required=False, default=True)
    customer = BuyerInput(required=False, default=dict)
    payment_state = serializers.ChoiceField(choices=PaymentState.choices, required=False, default=PaymentState.PENDING)
    is_confirmed = Flag(required=False, default=True, help_text="False while the shopper may still walk away unpaid.")
    lines = many(LineInput, most=MAX_LINES, required=True, allow_empty=False)
    payments = many(PaymentInput, most=50)
    refunds = many(RefundInput, most=100)
    shipping_address = AddressInput(required=False, default=dict)
    billing_address = AddressInput(required=False, default=dict)
    shipping_method = text(120)
    cancelled_at = Moment(required=False, default=None)
    cancel_reason = text(200)

    def to_internal_value(self, data: Any) -> Any:
        """Amounts are read in the order's currency, telephone numbers in the country it goes to."""
        if isinstance(data, Mapping):
            context: Any = self.context
            context |= {"currency": data.get("currency"), "country": _country(data) or context.get("country")}
        return super().to_internal_value(data)

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({line["external_id"] for line in lines}) != len(lines):
            raise serializers.ValidationError("Each line needs its own external_id.")
        return lines


def _country(data: Mapping[str, Any]) -> str | None:
    address = data.get("shipping_address")
    country = address.get("country") if isinstance(address, Mapping) else None
    return country.upper() if isinstance(country, str) and len(country) == 2 and country.isascii() else None


class CancelInput(StrictSerializer):
    """Why an order ended."""

    reason = text(200, "The shopper can read it.")


def refund_of(data: dict[str, Any], *, at: datetime) -> IncomingRefund:
    """The refund in our words."""
    return IncomingRefund(**{"refunded_at": at, **data})


def order_of(data: dict[str, Any], *, at: datetime) -> IncomingOrder:
    """The order in our words."""
    values = dict(data)
    buyer = {"accepts_marketing": None, **values.pop("customer")}
    lines = tuple(IncomingLine(**line) for line in values.pop("lines"))
    parts = {
        "lines": lines,
        "payments": tuple(IncomingPayment(**payment) for payment in values.pop("payments")),
        "refunds": tuple(refund_of(refund, at=at) for refund in values.pop("refunds")),
        "shipping_address": Address(**values.pop("shipping_address")),
        "billing_address": Address(**values.pop("billing_address")),
        "external_id": values.pop("external_id") or values["number"],
        "subtotal": values.pop("subtotal", sum((line.total for line in lines), ZERO)),
        "updated_at": values.pop("updated_at", at),
        "payment_state": PaymentState(values.pop("payment_state")),
        "customer_external_id": buyer.pop("external_id", ""),
    }
    return IncomingOrder(source=SOURCE, **values, **parts, **buyer)
