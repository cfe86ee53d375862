"""What a message says of an order and its parcels: plain words, in the reader's language. No queries, no writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from customers.selectors import usable_phone
from notifications.words import Words, clean, safe_url
from orders.models import Order, OrderLine, Payment
from orders.types import OrderState, PaymentState
from tracking.models import Shipment
from tracking.types import ShipmentStatus

# Gmail cuts a mail at 102 kB; the order page has everything in full.
SHOWN, MAX_WORDS, MAX_PICTURE_URL = 25, 120, 500
MASK = "••••"
# A label is not a dispatch.
NOT_SENT = frozenset({ShipmentStatus.PENDING, ShipmentStatus.LABEL_CREATED, ShipmentStatus.CANCELLED, ShipmentStatus.UNKNOWN})
SETTLED = frozenset({PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED})
PAYMENT = {
    PaymentState.AUTHORIZED: "authorized",
    PaymentState.PARTIALLY_PAID: "part",
    PaymentState.PENDING: "open",
    PaymentState.FAILED: "open",
    PaymentState.VOIDED: "void",
}
Item = tuple[OrderLine, int]


@dataclass(frozen=True, slots=True)
class Told:
    """One order with its rows, and the words to tell it in."""

    order: Order
    lines: Sequence[OrderLine]
    payments: Sequence[Payment]
    shipments: Sequence[Shipment]
    words: Words
    now: datetime
    sends_texts: bool = False

    @property
    def today(self) -> date:
        return self.words.local(self.now).date()

    def money(self, amount: Decimal) -> str:
        return self.words.money(amount, self.order.currency)

    def day(self, value: date | None) -> str:
        return self.words.day(value, now=self.today) if value else ""

    def local_day(self, at: datetime | None) -> date | None:
        return self.words.local(at).date() if at else None

    def moment(self, at: datetime) -> str:
        """`Friday, November 20, 6:00 PM CST`"""
        gap = " " if self.words.language == "zh-hans" else ", "
        return f"{self.day(self.local_day(at))}{gap}{self.words.time(at)}"

    @property
    def sent(self) -> list[Shipment]:
        return sorted((s for s in self.shipments if s.status not in NOT_SENT), key=lambda s: (s.position, s.pk))

    @property
    def ships(self) -> bool:
        return any(line.requires_shipping for line in self.lines)

    @property
    def items(self) -> list[Item]:
        """What is still wanted; of a cancelled order, what was."""
        if self.order.state == OrderState.CANCELLED:
            return [(line, line.quantity) for line in self.lines]
        return [(line, line.quantity - line.quantity_removed) for line in self.lines if line.quantity > line.quantity_removed]

    @property
    def paid(self) -> Decimal:
        if self.order.payment_state in SETTLED:
            return max(self.order.paid_total, self.order.total)
        return self.order.paid_total


def sent_at(shipment: Shipment) -> datetime:
    return shipment.shipped_at or shipment.created_at


def order_part(told: Told) -> dict[str, Any]:
    return {**_identity(told), **_dates(told), **_sums(told), **_payment(told), **_address(told)}


def _identity(told: Told) -> dict[str, Any]:
    order = told.order
    return {
        "number": clean(order.number),
        "ships": told.ships,
        "is_cancelled": order.state == OrderState.CANCELLED,
        "has_pictures": any(image_url(line) for line in told.lines),
        "items_count": len(told.items),
        "more": max(0, len(told.items) - SHOWN),
        "by_text": told.sends_texts and bool(usable_phone(order.phone or (order.customer.phone if order.customer else ""))),
        "shipping_method": clean(order.shipping_method),
        "is_tracked": any(s.tracking_number for s in told.shipments),
    }


def _dates(told: Told) -> dict[str, Any]:
    order, words, sent = told.order, told.words, told.sent
    placed_on = words.local(order.placed_at).date()
    # A day that has gone by is no promise any more: say nothing rather than something false.
    ship_by = order.ship_by if told.ships and order.ship_by and order.ship_by >= told.today else None
    arrive_by = order.arrive_by if told.ships and order.arrive_by and order.arrive_by >= told.today else None
    return {
        "placed_on": words.full(placed_on),
        "placed_short": words.short(placed_on),
        "placed_time": words.time(order.placed_at),
        "promise": "arrive" if arrive_by else "ship" if ship_by and not sent else "",
        **_day_words(told, "ship", ship_by),
        **_day_words(told, "arrive", arrive_by),
        "is_sent": bool(sent),
        "stage": _stage(told),
        "sent_on": told.day(told.local_day(sent_at(sent[0]))) if sent else "",
        "sent_short": words.short(words.local(sent_at(sent[0])).date()) if sent else "",
    }


def _stage(told: Told) -> int:
    """How far the order is: 1 ordered, 2 packed, 3 on its way, 4 delivered. A label is packed, not sent."""
    if told.shipments and all(row.delivered_at for row in told.shipments) and not not_sent_yet(told):
        return 4
    if told.sent:
        return 3
    return 2 if any(row.status == ShipmentStatus.LABEL_CREATED for row in told.shipments) else 1


def _day_words(told: Told, name: str, day: date | None) -> dict[str, str]:
    return {
        f"{name}_by": told.day(day),
        f"{name}_by_short": told.words.short(day) if day else "",
        f"{name}_weekday": told.words.weekday(day) if day else "",
        f"{name}_day": told.words.month_day(day) if day else "",
    }


def _sums(told: Told) -> dict[str, Any]:
    """Rows that always add up to the total, whatever the shop calls its subtotal."""
    order = told.order
    added = Decimal(0) if order.taxes_included else order.tax_total
    items = order.total - order.shipping_total - added + order.discount_total
    return {
        "items_total": told.money(items),
        "discount": told.money(order.discount_total) if order.discount_total else "",
        "shipping": told.money(order.shipping_total),
        "tax_added": told.money(added) if added else "",
        "tax_included": told.money(order.tax_total) if order.taxes_included and order.tax_total else "",
        "total": told.money(order.total),
        "refunded": told.money(order.refunded_total) if order.refunded_total else "",
    }


def _payment(told: Told) -> dict[str, Any]:
    order = told.order
    state = "paid" if order.payment_state in SETTLED else PAYMENT[PaymentState(order.payment_state)]
    methods = [method_text(payment) for payment in told.payments]
    return {
        "payment": "free" if order.total == 0 else state,
        "paid": told.money(told.paid),
        "due": told.money(max(Decimal(0), order.total - told.paid)),
        "methods": methods,
        "methods_count": len(methods),
        "method": ", ".join(methods),
    }


def method_text(payment: Payment) -> str:
    """`Mastercard •••• 7702`"""
    return f"{clean(payment.method)} {MASK} {clean(payment.last4)}" if payment.last4 else clean(payment.method)


def _address(told: Told) -> dict[str, Any]:
    rows = told.words.address(told.order.shipping_address or {}, home=told.words.country) if told.ships else []
    return {"address": rows, "address_lines": len(rows)}


def line_part(told: Told, item: Item) -> dict[str, Any]:
    line, quantity = item
    total = line.total if quantity == line.quantity else line.unit_price * quantity
    return {
        "title": shorten(clean(line.title)),
        "options": options_text(line),
        "quantity": quantity,
        "unit_price": told.money(line.unit_price),
        "total": told.money(total),
        "image_url": image_url(line),
    }


def options_text(line: OrderLine) -> str:
    if line.variant_title:
        return shorten(clean(line.variant_title))
    options: Mapping[str, Any] = line.options or {}
    return shorten(", ".join(f"{clean(name)}: {clean(value)}" for name, value in options.items()))


def shorten(text: str) -> str:
    return text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 1].rstrip()}…"


def image_url(line: OrderLine) -> str:
    return picture(line.image_url)


def picture(address: str) -> str:
    """The address of a picture a mail program can load; empty otherwise."""
    url = safe_url(address)
    return url if url.startswith(("https://", "http://")) and len(url) <= MAX_PICTURE_URL else ""


def parcel_part(told: Told, shipment: Shipment) -> dict[str, Any]:
    eta = shipment.eta_by or (told.order.arrive_by if len(told.shipments) == 1 else None)
    eta = eta if eta and eta >= told.today and not shipment.eta_hidden else None
    at = sent_at(shipment)
    contents = contents_of(told, shipment)
    return {
        "position": shipment.position,
        "carrier": clean(shipment.carrier_name or shipment.carrier_code),
        "service": clean(shipment.service),
        "tracking_number": clean(shipment.tracking_number),
        "carrier_url": safe_url(shipment.tracking_url),
        "sent_on": told.day(told.local_day(at)),
        "sent_at": told.moment(at),
        "sent_short": told.words.short(told.words.local(at).date()),
        **_day_words_of_parcel(told, eta),
        "items": [line_part(told, item) for item in contents[:SHOWN]],
        "more": max(0, len(contents) - SHOWN),
    }


def _day_words_of_parcel(told: Told, eta: date | None) -> dict[str, str]:
    words = _day_words(told, "eta", eta)
    return {"eta": words["eta_by"], "eta_short": words["eta_by_short"], "eta_weekday": words["eta_weekday"], "eta_day": words["eta_day"]}


def shipment_part(told: Told, shipment: Shipment) -> dict[str, Any]:
    """The parcel a message is about, and what follows after it."""
    rest = not_sent_yet(told)
    return {
        **parcel_part(told, shipment),
        "count": 0 if rest else len(told.shipments),  # how many more are to come is not known before they are packed
        "rest": [line_part(told, item) for item in rest[:SHOWN]],
        "rest_count": len(rest),
    }


def contents_of(told: Told, shipment: Shipment) -> list[Item]:
    by_id = {line.pk: line for line in told.lines}
    rows = sorted(shipment.lines.all(), key=lambda row: row.pk)
    return [(by_id[row.order_line_id], row.quantity) for row in rows if row.order_line_id in by_id]


def not_sent_yet(told: Told) -> list[Item]:
    """Lines, or parts of lines, in no parcel a carrier has."""
    sent: dict[int, int] = {}
    for shipment in told.sent:
        for row in shipment.lines.all():
            sent[row.order_line_id] = sent.get(row.order_line_id, 0) + row.quantity
    left = [(line, quantity - sent.get(line.pk, 0)) for line, quantity in told.items if line.requires_shipping]
    return [item for item in left if item[1] > 0]
