"""What a parsed webhook does: the lower rooms' services, and one line that says what came of it."""

from datetime import datetime
from functools import singledispatch

from catalog.services import delete_product
from connectors.services.compliance import comply
from connectors.services.goods import record_goods
from connectors.types import (
    BadPayload,
    Compliance,
    Deleted,
    Ignored,
    OrderSeen,
    Parsed,
    ProductGone,
    ProductSeen,
    RefundSeen,
    ShipmentSeen,
    TrackingSeen,
    Unkept,
)
from orders.models import Order
from orders.selectors import find_order
from orders.services import CannotCancel, cancel_order, record_order, record_refund
from tracking.rules.scans import without_future
from tracking.services import ScansRecorded, record_scans, record_shipment
from tracking.types import IncomingShipment


def order_awaited(parsed: Parsed) -> str:
    """External id of the order that must be known first; empty when the news brings its own."""
    if isinstance(parsed, ShipmentSeen):
        return parsed.shipments[0].order_external_id
    return parsed.order_external_id if isinstance(parsed, RefundSeen | Deleted) else ""


def parcel_awaited(parsed: Parsed) -> str:
    """The shop's id of the parcel that must be known first; empty when the news names it by its number."""
    named = [news.shipment_external_id for news in parsed.news] if isinstance(parsed, TrackingSeen) else []
    return next((id for id in named if id), "")


@singledispatch
def apply(parsed: Parsed, source: str, at: datetime) -> str:
    """Carry the news out. Raises OrderRefused, ProductRefused, BadPayload, OrderNotFound and ShipmentNotFound."""
    raise TypeError(f"nothing is known to do with {type(parsed).__name__}")


@apply.register
def _(parsed: OrderSeen, source: str, at: datetime) -> str:
    recorded = record_order(incoming=parsed.order, at=at)
    parcels = _record_parcels(parsed.shipments, at)
    if recorded.is_stale:
        done = "is older than what we hold, left as it is"
    elif recorded.is_new:
        done = "recorded"
    else:
        done = f"updated ({', '.join(recorded.changes)})" if recorded.changes else "told again, nothing new"
    warnings = {*parsed.order.warnings, *(text for shipment in parsed.shipments for text in shipment.warnings)}
    return _kept(f"order {recorded.order.number} {done}{parcels}{_warned(warnings)}", recorded.order)


@apply.register
def _(parsed: ShipmentSeen, source: str, at: datetime) -> str:
    parcels = _record_parcels(parsed.shipments, at)
    warnings = {text for shipment in parsed.shipments for text in shipment.warnings}
    return f"order {parsed.shipments[0].order_external_id}{parcels}{_warned(warnings)}"


@apply.register
def _(parsed: TrackingSeen, source: str, at: datetime) -> str:
    """A number nobody told us of is no error: its scans wait for their parcel. A parcel named by the shop's id must be there."""
    done = [record_scans(news=without_future(news, at=at), at=at) for news in parsed.news]
    warnings = {
        *parsed.warnings,
        *(text for news in parsed.news for text in news.warnings),
        *(text for one in done for text in one.warnings),
    }
    return f"{_counted(done)}{_warned(warnings)}"


@apply.register
def _(parsed: RefundSeen, source: str, at: datetime) -> str:
    order = find_order(source=source, external_id=parsed.order_external_id)
    if parsed.currency and parsed.currency != order.currency:
        raise BadPayload("currency", f"the refund is in {parsed.currency}, the order in {order.currency}")
    row = record_refund(order=order, refund=parsed.refund, at=at)
    return f"order {order.number}: refund {parsed.refund.external_id} {'recorded' if row else 'is known'}{_warned(set(parsed.warnings))}"


@apply.register
def _(parsed: Deleted, source: str, at: datetime) -> str:
    order = find_order(source=source, external_id=parsed.order_external_id)
    try:
        cancel_order(order=order, reason="deleted in the shop", at=at)
    except CannotCancel as error:
        return f"deleted in the shop, kept here: {error}"
    return f"order {order.number} cancelled: deleted in the shop"


@apply.register
def _(parsed: Compliance, source: str, at: datetime) -> str:
    done = comply(parsed, source=source, at=at)
    return Unkept(f"{parsed.request} recorded: {parsed.shop}, {len(parsed.order_external_ids)} orders named; {done}")


@apply.register
def _(parsed: ProductSeen, source: str, at: datetime) -> str:
    return f"product {parsed.external_id} {record_goods(parsed, at=at)}{_warned(set(parsed.warnings))}"


@apply.register
def _(parsed: ProductGone, source: str, at: datetime) -> str:
    is_hidden = delete_product(external_id=parsed.external_id, at=at)
    return f"product {parsed.external_id} {'taken off sale; its guide stays' if is_hidden else 'is not on sale here'}"


@apply.register
def _(parsed: Ignored, source: str, at: datetime) -> str:
    return f"nothing to do: {parsed.reason}"


def _kept(outcome: str, order: Order) -> str:
    """Of an order whose shopper was forgotten the shop's words are not kept a second time."""
    return Unkept(f"{outcome.partition('; ')[0]}; its shopper was forgotten") if order.erased_at is not None else outcome


def _record_parcels(shipments: tuple[IncomingShipment, ...], at: datetime) -> str:
    for shipment in shipments:
        record_shipment(incoming=shipment, at=at)
    return f", parcels: {len(shipments)}" if shipments else ""


def _counted(done: list[ScansRecorded]) -> str:
    added, known = sum(one.added for one in done), sum(one.known for one in done)
    waiting = sum(one.is_waiting for one in done)
    return f"parcels: {len(done)}, scans: {added} new, {known} known{f', waiting for their parcel: {waiting}' if waiting else ''}"


def _warned(warnings: set[str]) -> str:
    return f"; {len(warnings)} warnings: {'; '.join(sorted(warnings))}" if warnings else ""
