"""What an order may look like. Every refusal names the field; nothing is guessed, nothing is cut except what messages do not need."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.money import BadAmount, UnknownCurrency, check_currency, parse_amount
from orders.types import Address, IncomingLine, IncomingOrder, IncomingPayment, IncomingRefund

MAX_LINES = 1000
MAX_QUANTITY = 1_000_000
MAX_URL = 1000
MAX_CONTACT = 10_000  # refused beyond; cut to the column below
MAX_OPTIONS = 50
SKEW = timedelta(days=1)  # a shop's clock may be wrong by this much

ORDER_TEXTS = {
    "source": 60, "external_id": 100, "number": 60, "first_name": 80, "last_name": 80, "language": 10,
    "customer_external_id": 100, "shipping_method": 120, "cancel_reason": 200,
}  # fmt: skip
LINE_TEXTS = {"external_id": 100, "title": 300, "variant_title": 200, "sku": 100, "product_external_id": 100, "variant_external_id": 100}
PAYMENT_TEXTS = {"external_id": 100, "method": 60, "last4": 4}
REFUND_TEXTS = {"external_id": 100, "note": 300}
ADDRESS_TEXT = 200
REQUIRED = ("source", "external_id", "number")
ORDER_AMOUNTS = ("total", "subtotal", "discount_total", "shipping_total", "tax_total")
LINE_AMOUNTS = ("unit_price", "total", "discount", "tax")


class OrderRefused(ValueError):
    """The order, or a part of it, is not one we can keep. Names the field, like `lines[3].quantity`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


def check_order(incoming: IncomingOrder, *, at: datetime) -> IncomingOrder:
    """The same order with exact amounts in its currency. Raises OrderRefused.

    An unusable e-mail address or telephone number loses no order: it is kept as written, cut to its column.
    """
    _texts(incoming, ORDER_TEXTS, "")
    for name in REQUIRED:
        if not getattr(incoming, name).strip():
            raise OrderRefused(name, "must not be empty")
    _contact(incoming)
    currency = _currency(incoming.currency)
    _moments(incoming, at)
    for name in ("shipping_address", "billing_address"):
        _address(getattr(incoming, name), name)
    lines = _lines(incoming.lines, currency)  # first: a bad price is better named than the total it spoils
    amounts: dict[str, Any] = {name: _amount(getattr(incoming, name), currency, name) for name in ORDER_AMOUNTS}
    return replace(
        incoming,
        currency=currency,
        email=incoming.email.strip()[:254],
        phone=incoming.phone.strip()[:40],
        lines=lines,
        payments=_payments(incoming.payments, currency),
        refunds=tuple(check_refund(refund, currency, f"refunds[{i}].") for i, refund in enumerate(incoming.refunds)),
        **amounts,
    )


def check_refund(refund: IncomingRefund, currency: str, prefix: str = "") -> IncomingRefund:
    """The refund with an exact amount. Raises OrderRefused."""
    _texts(refund, REFUND_TEXTS, prefix)
    if not refund.external_id:
        raise OrderRefused(f"{prefix}external_id", "must not be empty")
    _aware(refund.refunded_at, f"{prefix}refunded_at")
    if len(refund.lines) > MAX_LINES:
        raise OrderRefused(f"{prefix}lines", f"more than {MAX_LINES}")
    for key, quantity in refund.lines.items():
        _text(key, 100, f"{prefix}lines")
        _quantity(quantity, f"{prefix}lines[{key[:40]}]", least=0)
    return replace(refund, amount=_amount(refund.amount, currency, f"{prefix}amount"))


def _contact(incoming: IncomingOrder) -> None:
    for name in ("email", "phone"):
        _text(getattr(incoming, name), MAX_CONTACT, name)


def _currency(code: str) -> str:
    try:
        return check_currency(code)
    except UnknownCurrency as error:
        raise OrderRefused("currency", str(error)) from None


def _moments(incoming: IncomingOrder, at: datetime) -> None:
    for name in ("placed_at", "updated_at", "cancelled_at"):
        moment = getattr(incoming, name)
        if moment is None:
            continue
        _aware(moment, name)
        # A far future `updated_at` would make every later update look stale.
        if name != "cancelled_at" and moment > at + SKEW:
            raise OrderRefused(name, "lies in the future")


def _aware(moment: datetime, field: str) -> None:
    if moment.tzinfo is None:
        raise OrderRefused(field, "has no time zone")


def _lines(lines: tuple[IncomingLine, ...], currency: str) -> tuple[IncomingLine, ...]:
    if not 1 <= len(lines) <= MAX_LINES:
        raise OrderRefused("lines", f"must be 1 to {MAX_LINES}, not {len(lines)}")
    _unique((line.external_id for line in lines), "lines")
    return tuple(_line(line, currency, f"lines[{i}].") for i, line in enumerate(lines))


def _line(line: IncomingLine, currency: str, prefix: str) -> IncomingLine:
    _texts(line, LINE_TEXTS, prefix)
    for name in ("external_id", "title"):
        if not getattr(line, name):
            raise OrderRefused(f"{prefix}{name}", "must not be empty")
    _quantity(line.quantity, f"{prefix}quantity")
    if type(line.quantity_removed) is not int or not 0 <= line.quantity_removed <= line.quantity:
        raise OrderRefused(f"{prefix}quantity_removed", "must be 0 to the quantity")
    if len(line.options) > MAX_OPTIONS:
        raise OrderRefused(f"{prefix}options", f"more than {MAX_OPTIONS}")
    for key, value in line.options.items():
        _text(key, 100, f"{prefix}options")
        _text(value, 500, f"{prefix}options[{key[:40]}]")
    amounts: dict[str, Any] = {name: _amount(getattr(line, name), currency, f"{prefix}{name}") for name in LINE_AMOUNTS}
    return replace(line, image_url=_picture(line.image_url), **amounts)


def _picture(url: str) -> str:
    """A picture is decoration: one that cannot be shown safely is left out."""
    good = url.startswith(("https://", "http://")) and len(url) <= MAX_URL and url.isprintable() and " " not in url
    return url if good else ""


def _payments(payments: tuple[IncomingPayment, ...], currency: str) -> tuple[IncomingPayment, ...]:
    if len(payments) > MAX_LINES:
        raise OrderRefused("payments", f"more than {MAX_LINES}")
    _unique((payment.external_id for payment in payments), "payments")
    for i, payment in enumerate(payments):
        _texts(payment, PAYMENT_TEXTS, f"payments[{i}].")
        if payment.paid_at is not None:
            _aware(payment.paid_at, f"payments[{i}].paid_at")
    return tuple(replace(p, amount=_amount(p.amount, currency, f"payments[{i}].amount")) for i, p in enumerate(payments))


def _address(address: Address, name: str) -> None:
    for field in fields(address):
        _text(getattr(address, field.name), ADDRESS_TEXT, f"{name}.{field.name}")
    if address.country and not (len(address.country) == 2 and address.country.isascii() and address.country.isupper()):
        raise OrderRefused(f"{name}.country", "must be an ISO 3166 code of two capitals")


def _texts(row: object, limits: dict[str, int], prefix: str) -> None:
    for name, limit in limits.items():
        _text(getattr(row, name), limit, f"{prefix}{name}")


def _text(value: str, limit: int, field: str) -> None:
    if not isinstance(value, str):
        raise OrderRefused(field, "must be text")
    if len(value) > limit:
        raise OrderRefused(field, f"longer than {limit} characters")
    if "\0" in value:
        raise OrderRefused(field, "must not contain NUL")
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        raise OrderRefused(field, "is not valid Unicode")


def _quantity(value: int, field: str, *, least: int = 1) -> None:
    if type(value) is not int or not least <= value <= MAX_QUANTITY:
        raise OrderRefused(field, f"must be {least} to {MAX_QUANTITY}")


def _amount(value: Decimal, currency: str, field: str) -> Decimal:
    try:
        return parse_amount(value, currency)
    except BadAmount as error:
        raise OrderRefused(field, str(error)) from None


def _unique(ids: Iterable[str], field: str) -> None:
    seen: set[str] = set()
    for i, id in enumerate(ids):
        if id in seen:
            raise OrderRefused(f"{field}[{i}].external_id", "appears twice")
        seen.add(id)
