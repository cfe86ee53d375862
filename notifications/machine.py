"""What mail programs are told of an order, beside the words: plain facts for JSON-LD."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from core.money import round_amount
from notifications.facts import SHOWN, Told, image_url, shorten
from notifications.models import Message
from notifications.types import Kind
from notifications.words import clean
from orders.types import OrderState, PaymentState
from tracking.models import Shipment
from tracking.types import ShipmentStatus

PICKUP = frozenset({Kind.READY_FOR_PICKUP, Kind.PICKUP_EXPIRING})
PROBLEM = frozenset({Kind.LOST_SUSPECTED, Kind.RECEIPT_DENIED})


def machine_facts(told: Told, message: Message, context: Mapping[str, Any], merchant: str, expected: date | None) -> dict[str, Any]:
    """Exact amounts and ISO dates; `expected` is a parcel's new day when the message tells one. Not for templates."""
    order = told.order
    shipment = next((s for s in told.shipments if s.pk == message.shipment_id), None)
    address = {key: clean(value or "") for key, value in (order.shipping_address or {}).items()}
    street = ", ".join(part for part in (address.get("street"), address.get("street2")) if part)
    return {
        "merchant": clean(merchant),
        "number": clean(order.number),
        "status": _status(told, message),
        "placed_at": order.placed_at.isoformat(),
        "total": _plain(order.total, order.currency),
        "currency": order.currency,
        "url": context["links"]["order"],
        "address": {key: address.get(key, "") for key in ("name", "city", "region", "postcode", "country")} | {"street": street},
        "items": [
            {
                "name": shorten(clean(line.title)),
                "price": _plain(line.unit_price, order.currency),
                "quantity": quantity,
                "image": image_url(line),
            }
            for line, quantity in told.items[:SHOWN]
        ],
        "parcel": _parcel_facts(told, shipment, context, expected) if shipment is not None else {},
    }


def _parcel_facts(told: Told, row: Shipment, context: Mapping[str, Any], expected: date | None) -> dict[str, Any]:
    parcel = context["shipment"]
    until = expected or row.eta_by or told.order.arrive_by
    return {
        "carrier": parcel["carrier"],
        "tracking_number": parcel["tracking_number"],
        "url": context["links"]["track"],
        "eta_from": row.eta_from.isoformat() if row.eta_from else "",
        "eta_by": until.isoformat() if until else "",
        "waits_until": row.pickup_until.isoformat() if row.pickup_until and row.status == ShipmentStatus.READY_FOR_PICKUP else "",
        "items": [item["title"] for item in parcel["items"]],
    }


def _status(told: Told, message: Message) -> str:
    if told.order.state == OrderState.CANCELLED:
        return "cancelled"
    if message.kind in PICKUP or message.kind in PROBLEM:
        return "pickup" if message.kind in PICKUP else "problem"
    if told.sent and all(s.delivered_at for s in told.shipments):
        return "delivered"
    if told.sent:
        return "sent"
    return "unpaid" if told.order.payment_state in (PaymentState.PENDING, PaymentState.FAILED) and told.order.total else "placed"


def _plain(amount: Decimal, currency: str) -> str:
    """`49.00`, with the decimals of the currency."""
    return f"{round_amount(amount, currency):f}"
