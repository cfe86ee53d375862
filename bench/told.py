"""An Olist order and its parcels in our words."""

from datetime import datetime
from decimal import Decimal

from bench.olist import Facts, Step, phone_of
from orders.types import Address, IncomingLine, IncomingOrder, IncomingPayment, PaymentState
from tracking.types import IncomingShipment, ShipmentStatus

SOURCE, CARRIER = "olist", "correios"


def incoming_order(facts: Facts, at: datetime, *, paid: bool, names_products: bool = False) -> IncomingOrder:
    """An Olist order in our words: freight is shipping, the rest is as bought."""
    lines = tuple(
        IncomingLine(
            external_id=item.position,
            title=(item.category or "product").replace("_", " "),
            sku=item.product[:12],
            product_external_id=item.product if names_products else "",
            quantity=1,
            unit_price=item.price,
            total=item.price,
        )
        for item in facts.items
    )
    goods = sum((item.price for item in facts.items), Decimal(0))
    freight = sum((item.freight for item in facts.items), Decimal(0))
    payments = tuple(
        IncomingPayment(external_id=sequence, method=method, amount=amount, paid_at=at) for sequence, method, amount in facts.payments
    )
    return IncomingOrder(
        source=SOURCE,
        external_id=facts.order_id,
        number=facts.order_id[:10],
        currency="BRL",
        placed_at=facts.times["purchase"],
        updated_at=at,
        lines=lines,
        subtotal=goods,
        shipping_total=freight,
        total=goods + freight,
        email=f"{facts.customer}@customers.example",
        phone=phone_of(facts.customer),
        first_name="",
        last_name="",
        payment_state=PaymentState.PAID if paid else PaymentState.PENDING,
        is_confirmed=paid,
        payments=payments if paid else (),
        shipping_address=Address(city=facts.city, region=facts.state, postcode=facts.postcode, country="BR"),
    )


def number_of(facts: Facts, seller: str) -> str:
    """A parcel's number; the files hold none."""
    return f"{facts.order_id[:9]}{seller[:4]}".upper()


def incoming_shipments(facts: Facts, step: Step, status: ShipmentStatus) -> list[IncomingShipment]:
    """One parcel per seller; Olist gives all of them the same times."""
    sellers: dict[str, dict[str, int]] = {}
    for item in facts.items:
        sellers.setdefault(item.seller, {})[item.position] = 1
    return [
        IncomingShipment(
            source=SOURCE,
            external_id=seller[:12],
            order_external_id=facts.order_id,
            updated_at=step.at,
            status=status,
            carrier="Correios",
            tracking_number=number_of(facts, seller),
            shipped_at=facts.times.get("handover"),
            delivered_at=step.at if status == ShipmentStatus.DELIVERED else None,
            lines=lines,
        )
        for seller, lines in sellers.items()
    ]
