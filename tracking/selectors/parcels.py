"""Reads of this room."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from django.db.models import Prefetch

from merchants.scope import required_merchant_id
from orders.models import Order
from tracking.models import Shipment, ShipmentLine
from tracking.rules import Item, Line, Parcel, Story, Wanted, tell
from tracking.rules.scans import Candidate
from tracking.types import Direction, ShipmentStatus


class ShipmentNotFound(LookupError):
    """The current merchant has no such parcel."""


def shipments_of(*, order_ids: Iterable[int]) -> dict[int, list[Shipment]]:
    """Parcels to the shopper of each order by their number, with lines and what they hold; two queries whatever the number."""
    found: dict[int, list[Shipment]] = {id: [] for id in order_ids}
    if not found:
        return found
    for shipment in Shipment.objects.filter(order_id__in=found).order_by("order_id", "position", "id").prefetch_related(_lines()):
        found[shipment.order_id].append(shipment)
    return found


def _lines() -> "Prefetch[Any]":
    return Prefetch("lines", ShipmentLine.objects.select_related("order_line").order_by("order_line__position", "id"))


def shipment_by_public_id(*, public_id: str) -> Shipment:
    """A parcel with its order and lines, whichever way it travels. Raises ShipmentNotFound."""
    row: Shipment | None = Shipment.any_way.select_related("order").prefetch_related(_lines()).filter(public_id=public_id).first()
    if row is None:
        raise ShipmentNotFound("no such parcel")
    return row


# What each change of a parcel asks is written in SQL: building the questions in the ORM took longer than their answers.
# They start at the order and go on by keys, so that they cost as much as one order has lines and parcels.
PACKED = """
    select line.id, line.external_id, line.quantity, line.quantity_removed, coalesce(packed.quantity, 0)::int, line.requires_shipping
    from orders_orderline as line left join (
        select inside.order_line_id, sum(inside.quantity) as quantity
        from tracking_shipment as parcel join tracking_shipmentline as inside
            on inside.merchant_id = parcel.merchant_id and inside.shipment_id = parcel.id
        where parcel.merchant_id = %(merchant)s and parcel.order_id = %(order)s and parcel.direction = 'out'
            and parcel.status <> 'cancelled' and parcel.id <> %(besides)s
        group by inside.order_line_id
    ) as packed on packed.order_line_id = line.id
    where line.merchant_id = %(merchant)s and line.order_id = %(order)s order by line.position, line.id"""
HANDED_OVER = """
    select line.id, coalesce(sent.quantity, 0)::int from orders_orderline as line left join (
        select inside.order_line_id, sum(inside.quantity) as quantity
        from tracking_shipment as parcel join tracking_shipmentline as inside
            on inside.merchant_id = parcel.merchant_id and inside.shipment_id = parcel.id
        where parcel.merchant_id = %(merchant)s and parcel.order_id = %(order)s and parcel.direction = 'out'
            and parcel.status <> 'cancelled' and parcel.shipped_at is not null
        group by inside.order_line_id
    ) as sent on sent.order_line_id = line.id
    where line.merchant_id = %(merchant)s and line.order_id = %(order)s"""
UNSENT = """
    select exists (select from orders_orderline where merchant_id = %(merchant)s and order_id = %(order)s
        and requires_shipping and quantity_fulfilled < quantity - quantity_removed)"""


def _ask(sql: str, order: Order, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"merchant": required_merchant_id(), "order": order.pk, **values})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def parcels_of(*, order: Order, ways: Collection[str] = (Direction.OUT,)) -> list[Shipment]:
    """The order's parcels, bare: those to the shopper unless other ways are named; one query."""
    sql = "select * from tracking_shipment where merchant_id = %s and order_id = %s and direction = any(%s)"
    return list(Shipment.any_way.raw(sql, [required_merchant_id(), order.pk, list(map(str, ways))]))


NUMBERED = """
    select parcel.id, parcel.order_id, parcel.carrier_code, buying.placed_at, coalesce(parcel.shipped_at, parcel.created_at)
    from tracking_shipment as parcel join orders_order as buying on buying.merchant_id = parcel.merchant_id and buying.id = parcel.order_id
    where parcel.merchant_id = %s and parcel.tracking_number = any(%s) order by parcel.id desc limit %s"""
CALLED = """
    select parcel.id, parcel.order_id from tracking_shipment as parcel
    join orders_order as buying on buying.merchant_id = parcel.merchant_id and buying.id = parcel.order_id
    where parcel.merchant_id = %s and buying.source = %s and buying.external_id = %s and parcel.source = %s and parcel.external_id = %s"""
MOST_OF_A_NUMBER = 50


def parcels_numbered(*, number: str) -> list[Candidate]:
    """The newest fifty parcels with a tracking number, whoever carries them and whichever way; one query."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBERED, [required_merchant_id(), sorted({number, number.upper(), number.lower()}), MOST_OF_A_NUMBER])
        return [Candidate(*row) for row in cursor.fetchall()]


def parcel_called(*, public_id: str, source: str, order_external_id: str, external_id: str) -> tuple[int, int] | None:
    """Ids of a parcel, whichever way it travels, and its order, by our id of the parcel or by the shop's of both; one query."""
    if public_id:
        row: tuple[int, int] | None = Shipment.any_way.filter(public_id=public_id).values_list("id", "order_id").first()
        return row
    with connection.cursor() as cursor:
        cursor.execute(CALLED, [required_merchant_id(), source, order_external_id, source, external_id])
        found: tuple[int, int] | None = cursor.fetchone()
    return found


def hold_orders(*, ids: Iterable[int]) -> list[Order]:
    """Orders whose rows are held until the transaction ends; one query, always in the same order."""
    sql = "select * from orders_order where merchant_id = %s and id = any(%s) order by id for no key update"
    return list(Order.objects.raw(sql, [required_merchant_id(), list(ids)]))


def lines_for_packing(*, order: Order, besides: int | None) -> list[Line]:
    """The order's lines with what lies in its other parcels; one query."""
    return [Line(*row) for row in _ask(PACKED, order, besides=besides or 0)]


def handed_over(*, order: Order) -> dict[int, int]:
    """Line id -> how many the carriers got, over all parcels; 0 for a line they have none of."""
    return dict(_ask(HANDED_OVER, order))


def is_unsent(*, order: Order) -> bool:
    """Whether something of the order has not been handed over."""
    ((found,),) = _ask(UNSENT, order)
    return bool(found)


def story_of(*, order: Order, shipments: Iterable[Shipment]) -> Story:
    """The parcels in plain words' order, from rows that are already loaded: `order_page` and `shipments_of`."""
    lines = sorted(order.lines.all(), key=lambda line: (line.position, line.pk))
    wanted = [Wanted(line.pk, line.title, line.quantity - line.quantity_removed, line.requires_shipping) for line in lines]
    return tell(wanted, [_parcel(row) for row in shipments], ship_by=order.ship_by)


def _parcel(row: Shipment) -> Parcel:
    items = tuple(Item(line.order_line_id, line.order_line.title, line.quantity) for line in row.lines.all())
    return Parcel(row.pk, row.position, ShipmentStatus(row.status), items, row.eta_from, row.eta_by)
