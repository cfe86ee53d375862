"""A believable world in few words. Plain functions with keyword overrides; state is reached through the services."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from customers.models import Customer
from customers.services import upsert_customer
from orders.models import Order
from orders.services import record_order
from orders.types import Address, IncomingLine, IncomingOrder, IncomingPayment, PaymentState
from tests.conftest import NOW
from tracking.models import Shipment
from tracking.services import ScansRecorded, record_scans, record_shipment
from tracking.types import IncomingScan, IncomingShipment, IncomingTracking, Place, ShipmentStatus

EMAIL = "sam@example.com"
PHONE = "+4915123456789"
ADDRESS = Address(name="Sam Berg", street="Torstraße 1", postcode="10119", city="Berlin", country="DE")


def incoming_line(**over: Any) -> IncomingLine:
    """One line; `total` follows quantity and price unless given."""
    values: dict[str, Any] = {"external_id": "L1", "title": "Linen shirt", "quantity": 1, "unit_price": Decimal("49.00"), **over}
    values.setdefault("total", values["unit_price"] * values["quantity"] - values.get("discount", 0))
    return IncomingLine(**values)


def incoming_order(**over: Any) -> IncomingOrder:
    """A paid order of Sam's: two shirts and a belt. The number is the shop's own id unless given; totals follow the lines."""
    number = over.get("number", "1001")
    lines = over.get("lines") or (
        incoming_line(external_id="L1", title="Linen shirt", variant_title="M", sku="SHIRT-M", quantity=2),
        incoming_line(external_id="L2", title="Leather belt", sku="BELT", unit_price=Decimal("29.90")),
    )
    subtotal = sum((line.total for line in lines), Decimal(0))
    shipping = over.get("shipping_total", Decimal("4.90"))
    total = over.get("total", subtotal + shipping)
    state = over.get("payment_state", PaymentState.PAID)
    placed_at = over.get("placed_at", NOW)
    paid = (IncomingPayment(external_id="P1", method="Visa", last4="4242", amount=total, paid_at=placed_at),)
    values: dict[str, Any] = {
        "source": "api",
        "external_id": number,
        "number": number,
        "currency": "EUR",
        "placed_at": placed_at,
        "updated_at": placed_at,
        "lines": lines,
        "total": total,
        "subtotal": subtotal,
        "shipping_total": shipping,
        "email": EMAIL,
        "phone": PHONE,
        "first_name": "Sam",
        "last_name": "Berg",
        "language": "en",
        "payment_state": state,
        "payments": paid if state == PaymentState.PAID else (),
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "shipping_method": "Standard",
    }
    return IncomingOrder(**{**values, **over})


def place_order(*, at: datetime = NOW, quiet: bool = False, **over: Any) -> Order:
    """An order recorded in the current merchant's scope."""
    return record_order(incoming=incoming_order(**over), at=at, quiet=quiet).order


def incoming_shipment(order: Order, **over: Any) -> IncomingShipment:
    """A DHL parcel with everything that is left of the order, handed over a day after it was placed."""
    values: dict[str, Any] = {
        "source": order.source,
        "external_id": "S1",
        "order_external_id": order.external_id,
        "updated_at": order.placed_at + timedelta(days=1),
        "carrier": "DHL",
        "service": "Paket",
        "tracking_number": "00340434161094042557",
    }
    return IncomingShipment(**{**values, **over})


def ship(order: Order, *, at: datetime | None = None, quiet: bool = False, **over: Any) -> Shipment:
    """A parcel of the order, recorded."""
    incoming = incoming_shipment(order, **over)
    return record_shipment(incoming=incoming, at=at or incoming.updated_at, quiet=quiet)


def scan(status: str = "in_transit", *, at: datetime = NOW, city: str = "", **over: Any) -> IncomingScan:
    """One scan, in a German city when one is named."""
    values: dict[str, Any] = {"status": ShipmentStatus(status), "at": at, **over}
    values.setdefault("place", Place(city=city, country="DE") if city else Place())
    return IncomingScan(**values)


def tell(*scans: IncomingScan, at: datetime | None = None, **over: Any) -> ScansRecorded:
    """News of the DHL parcel `ship` makes, told when its last scan was made."""
    values: dict[str, Any] = {"source": "aftership", "tracking_number": "00340434161094042557", "carrier": "DHL", **over}
    news = IncomingTracking(scans=scans, **values)
    return record_scans(news=news, at=at or max((one.at for one in scans), default=NOW))


def customer(*, at: datetime = NOW, **over: Any) -> Customer:
    """Sam, a shopper of the current merchant."""
    values: dict[str, Any] = {"email": EMAIL, "phone": PHONE, "first_name": "Sam", "last_name": "Berg", "language": "en", **over}
    row = upsert_customer(at=at, **values)
    assert row is not None
    return row
