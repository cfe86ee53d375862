"""Parcels on their way back: followed like any other, told to nobody but the returns."""

from datetime import datetime

from events.services import emit
from orders.models import Order
from orders.selectors import setting
from tracking.models import Shipment
from tracking.registry import find_carrier
from tracking.rules import ShipmentRefused, check_shipment
from tracking.rules.erasure import nameless_parcel
from tracking.rules.fold import SHOP, days_of
from tracking.rules.scans import is_other_number, squeeze
from tracking.selectors import parcels_of
from tracking.services.hand import SHOWN, Hand
from tracking.services.waiting import take_waiting
from tracking.types import Direction, IncomingScan, IncomingShipment, ShipmentStatus


def follow_return(*, order: Order, source: str, external_id: str, carrier: str, tracking_number: str, at: datetime) -> Shipment:
    """Follow a parcel the shopper sends back, or its number put right; told again it is the same parcel, and nothing is told.

    Refuses (ShipmentRefused, naming the field) what `rules.check_shipment` refuses, the id of a parcel that went out, and the
    number of one that went out with this order: its scans would be taken for the return's.
    """
    told = IncomingShipment(source, external_id, order.external_id, at, carrier=carrier, tracking_number=squeeze(tracking_number))
    checked = check_shipment(told)
    held: Order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if held.erased_at is not None:
        checked = nameless_parcel(checked)
    hand = _hand(held, checked, at)
    _name(hand.shipment, checked)
    if is_other_number(hand.before.get("tracking_number", ""), hand.shipment.tracking_number):
        hand.begin_anew()
    if hand.is_new:
        hand.hear([(IncomingScan(ShipmentStatus.LABEL_CREATED, at), SHOP)])
    if hand.shipment.tracking_number and hand.changed("tracking_number"):
        take_waiting(hand)
    keep_return(hand)
    return hand.shipment


def keep_return(hand: Hand) -> None:
    """Store a parcel on its way back as its scans have it, and tell the returns when it is new or looks different.

    No promise, no lane, no incident, no figure and no message follow from it: its way is not the merchant's doing.
    """
    hand.fold()
    row = hand.shipment
    if days := days_of(hand.state):
        row.eta_from, row.eta_by = days
        row.eta_source = "carrier"
    is_told = hand.is_new or hand.changed(*SHOWN)
    hand.keep()
    if is_told:
        emit(type="tracking.return_parcel.changed", payload={"shipment": row.pk}, at=hand.at)


def _hand(order: Order, told: IncomingShipment, at: datetime) -> Hand:
    rows = parcels_of(order=order, ways=tuple(Direction))
    held = next((row for row in rows if (row.source, row.external_id) == (told.source, told.external_id)), None)
    if held is not None and held.direction != Direction.BACK:
        raise ShipmentRefused("external_id", "is a parcel that went out")
    out = [row for row in rows if row.direction == Direction.OUT and row.tracking_number]
    if told.tracking_number and any(not is_other_number(row.tracking_number, told.tracking_number) for row in out):
        raise ShipmentRefused("tracking_number", "is the number of a parcel that went out")
    back = [row for row in rows if row.direction == Direction.BACK]
    others = [row for row in back if row is not held]
    shipment = held or _new(order, told, 1 + max((row.position for row in back), default=0), at)
    return Hand(order=order, shipment=shipment, others=others, here=setting(), at=at)


def _new(order: Order, told: IncomingShipment, position: int, at: datetime) -> Shipment:
    return Shipment(
        order=order,
        direction=Direction.BACK,
        source=told.source,
        external_id=told.external_id,
        position=position,
        created_at=at,
        source_updated_at=at,
    )


def _name(row: Shipment, told: IncomingShipment) -> None:
    """Who carries it under which number. What is left empty says nothing."""
    carrier = find_carrier(told.carrier)
    if told.carrier.strip():
        row.carrier_code = carrier.code if carrier else ""
        row.carrier_name = carrier.name if carrier else told.carrier.strip()
    if told.tracking_number:
        row.tracking_number = told.tracking_number
        row.tracking_url = carrier.url_for(told.tracking_number) if carrier else ""
