"""Parcels of WooCommerce's order: what the common tracking plugins note, else the status `completed`.

WooCommerce itself knows no parcels. Its documents say of `completed`: order fulfilled and complete. An order that ships
something and is completed without a note of a plugin therefore has one parcel without a number, with all that is left.
"""

from datetime import UTC, datetime

from connectors.fields import YEARS, Node, is_web_address
from connectors.shops.woocommerce import codes
from orders.types import IncomingOrder
from tracking.types import IncomingShipment, ShipmentStatus

MAX_PARCELS = 50


def parcels(node: Node, order: IncomingOrder) -> tuple[IncomingShipment, ...]:
    noted = tracked(node)
    found = [parcel(entry, order, place) for place, entry in enumerate(noted) if entry.text("tracking_number", 100)]
    if not found and node.text("status", 60) == "completed" and node.nodes("shipping_lines"):
        done = node.time("date_completed_gmt", assume_utc=True) or order.updated_at
        found = [
            IncomingShipment(
                order.source, f"{order.external_id}-completed", order.external_id, order.updated_at, raw_status="completed", shipped_at=done
            )
        ]
    return tuple(found)


def tracked(node: Node) -> list[Node]:
    for entry in node.nodes("meta_data"):
        if entry.data.get("key") == codes.TRACKING_KEY and isinstance(entry.data.get("value"), list):
            return entry.nodes("value")[:MAX_PARCELS]
    return []


def parcel(entry: Node, order: IncomingOrder, place: int) -> IncomingShipment:
    """The first parcel takes all that is left; which unit lies in which of several is not known, so the others count none."""
    own_id = entry.text("tracking_id", 60)
    return IncomingShipment(
        source=order.source,
        external_id=f"{order.external_id}-{own_id or place}",
        order_external_id=order.external_id,
        updated_at=order.updated_at,
        status=ShipmentStatus.IN_TRANSIT,
        raw_status="tracking added",
        carrier=entry.text("custom_tracking_provider", 80) or entry.text("tracking_provider", 80),
        tracking_number=entry.text("tracking_number", 100),
        tracking_url=link(entry),
        shipped_at=shipped_at(entry) or order.updated_at,
        lines={} if place == 0 else {line.external_id: 0 for line in order.lines if line.requires_shipping},
    )


def link(entry: Node) -> str:
    value = entry.text("custom_tracking_link", 1000)
    return value if is_web_address(value) else ""


def shipped_at(entry: Node) -> datetime | None:
    """Seconds since 1970, written as text."""
    value = entry.text("date_shipped", 20)
    if not (value.isascii() and value.isdigit() and len(value) <= 11):
        return None
    moment = datetime.fromtimestamp(int(value), tz=UTC)
    return moment if moment.year in YEARS else None
