"""Words of this room, and the plain form in which every shop's order reaches it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrderState(TextChoices):
    """Life of the order itself; payment and fulfilment have their own."""

    PLACED = "placed", _("Placed")
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")


class PaymentState(TextChoices):
    PENDING = "pending", _("Payment pending")
    AUTHORIZED = "authorized", _("Payment authorised")
    PARTIALLY_PAID = "partially_paid", _("Partly paid")
    PAID = "paid", _("Paid")
    PARTIALLY_REFUNDED = "partially_refunded", _("Partly refunded")
    REFUNDED = "refunded", _("Refunded")
    VOIDED = "voided", _("Voided")
    FAILED = "failed", _("Payment failed")


class Fulfilment(TextChoices):
    """Computed from the lines: how much of what is still wanted has been handed to a carrier."""

    UNFULFILLED = "unfulfilled", _("Not sent yet")
    PARTIAL = "partial", _("Partly sent")
    FULFILLED = "fulfilled", _("Sent")


class Change(TextChoices):
    """Kinds of entries in the history a shopper can read."""

    PLACED = "placed", _("Order received")
    CONFIRMED = "confirmed", _("Order confirmed")
    PAID = "paid", _("Payment received")
    LINES_CHANGED = "lines_changed", _("Products changed")
    ADDITION_REQUESTED = "addition_requested", _("Item asked for")
    ADDITION_REFUSED = "addition_refused", _("Item not possible")
    ADDRESS_CHANGED = "address_changed", _("Address changed")
    CONTACT_CHANGED = "contact_changed", _("Contact changed")
    AMOUNTS_CHANGED = "amounts_changed", _("Amounts changed")
    DETAILS_CHANGED = "details_changed", _("Order details changed")
    PAYMENT_CHANGED = "payment_changed", _("Payment changed")
    SHIPPED = "shipped", _("Parcel sent")
    DELIVERED = "delivered", _("Parcel delivered")
    REFUNDED = "refunded", _("Refund sent")
    CANCELLED = "cancelled", _("Order cancelled")
    REQUEST_MADE = "request_made", _("Change asked for")
    REQUEST_ACCEPTED = "request_accepted", _("Change made")
    REQUEST_REFUSED = "request_refused", _("Change not possible")
    REQUEST_WITHDRAWN = "request_withdrawn", _("Request taken back")


class RequestKind(TextChoices):
    """What a shopper may ask of an order that has not been packed."""

    CANCEL = "cancel", _("Cancel the order")
    ADDRESS = "address", _("Send it to another address")


class RequestState(TextChoices):
    """Life of such a request."""

    REQUESTED = "requested", _("Asked for")
    ACCEPTED = "accepted", _("Done")
    REFUSED = "refused", _("Not possible")
    WITHDRAWN = "withdrawn", _("Taken back")


class AdditionState(TextChoices):
    """An item a shopper added to an order that has not been picked."""

    REQUESTED = "requested", _("Asked for, not confirmed by the shop")
    CONFIRMED = "confirmed", _("In the order")
    REFUSED = "refused", _("Not possible")


class PromiseKind(TextChoices):
    """What a promised date is about."""

    DISPATCH_BY = "dispatch_by", _("Sent by")
    ARRIVE_BY = "arrive_by", _("Arrives by")
    RETURN_UNTIL = "return_until", _("Can be returned until")
    REFUND_BY = "refund_by", _("Refunded by")
    NEWS_BY = "news_by", _("Next news by")
    REPLY_BY = "reply_by", _("Answered by")
    HAND_OVER_BY = "hand_over_by", _("Handed over by")
    INSPECT_BY = "inspect_by", _("Checked by")
    BANK_BY = "bank_by", _("At the bank by")
    SETTLE_BY = "settle_by", _("Settled by")


@dataclass(frozen=True, slots=True)
class Address:
    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""  # ISO 3166 alpha-2, capitals, or ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class IncomingLine:
    external_id: str
    title: str
    quantity: int
    unit_price: Decimal
    total: Decimal  # of the line after discount
    variant_title: str = ""
    sku: str = ""
    product_external_id: str = ""
    variant_external_id: str = ""  # what the shop's cart calls it
    options: dict[str, str] = field(default_factory=dict)
    discount: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    image_url: str = ""
    requires_shipping: bool = True
    quantity_removed: int = 0  # cancelled or refunded before dispatch


@dataclass(frozen=True, slots=True)
class IncomingPayment:
    external_id: str
    method: str  # what the shopper calls it: "Visa", "PayPal", "Bank transfer"
    amount: Decimal
    last4: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IncomingRefund:
    external_id: str
    amount: Decimal
    refunded_at: datetime
    note: str = ""
    lines: dict[str, int] = field(default_factory=dict)  # external line id -> quantity


@dataclass(frozen=True, slots=True)
class IncomingOrder:
    """A shop's order in our words. Amounts in `currency`; times with zone; texts already free of NUL and within limits."""

    source: str  # "api", "import" or the connection's slug
    external_id: str
    number: str
    currency: str
    placed_at: datetime
    updated_at: datetime
    lines: tuple[IncomingLine, ...]
    total: Decimal
    subtotal: Decimal = Decimal(0)
    discount_total: Decimal = Decimal(0)
    shipping_total: Decimal = Decimal(0)
    tax_total: Decimal = Decimal(0)
    taxes_included: bool = True
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    customer_external_id: str = ""
    language: str = ""
    payment_state: PaymentState = PaymentState.PENDING
    is_confirmed: bool = True  # False while the shopper may still walk away unpaid
    payments: tuple[IncomingPayment, ...] = ()
    refunds: tuple[IncomingRefund, ...] = ()
    shipping_address: Address = Address()
    billing_address: Address = Address()
    shipping_method: str = ""
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    accepts_marketing: bool | None = None
    warnings: tuple[str, ...] = ()
