"""Parcels as shops tell them: forward only, whatever comes twice, late or in the wrong order."""

import logging
from datetime import datetime

from merchants.rows import insert
from orders.models import Order
from orders.selectors import find_order, setting
from orders.services import note_packed
from orders.types import Fulfilment
from tracking.models import Shipment, ShipmentLine
from tracking.registry import find_carrier
from tracking.rules import ShipmentRefused, check_shipment, pack
from tracking.rules.erasure import nameless_parcel
from tracking.rules.fold import SHOP, with_day
from tracking.rules.scans import at_latest_now, is_other_number, squeeze, words_of
from tracking.selectors import lines_for_packing, parcels_of
from tracking.services.days import expect
from tracking.services.follow import follow
from tracking.services.hand import Hand
from tracking.services.waiting import take_waiting
from tracking.types import IncomingShipment

__all__ = ["ShipmentRefused", "record_shipment"]

logger = logging.getLogger(__name__)


def record_shipment(*, incoming: IncomingShipment, at: datetime, quiet: bool = False) -> Shipment:
    """Make or update the parcel with this source and external id. `quiet` tells nobody and promises nothing.

    Raises OrderNotFound when its order has not come yet. Refuses (ShipmentRefused, naming the field) what
    `rules.check_shipment` refuses. Older news fills gaps, never moves the parcel back; what lies in the future counts as of now.
    """
    checked = at_latest_now(check_shipment(incoming), at=at)
    order = find_order(source=checked.source, external_id=checked.order_external_id, is_locked=True)
    if order.erased_at is not None:
        checked = nameless_parcel(checked)
    hand = _hand(order, checked, at, quiet)
    is_newest = checked.updated_at >= hand.shipment.source_updated_at
    _take_texts(hand.shipment, checked, is_newest=is_newest)
    hand.shipment.source_updated_at = max(hand.shipment.source_updated_at, checked.updated_at)
    _hear(hand, checked)
    if hand.is_new or (is_newest and checked.lines):
        _pack(hand, checked)
    if not hand.is_new:
        hand.keep()
    follow(hand, shops={word.status for word in words_of(checked)})
    if hand.is_new and order.fulfilment == Fulfilment.UNFULFILLED:
        note_packed(order=order, at=at)
    return hand.shipment


def _hand(order: Order, incoming: IncomingShipment, at: datetime, quiet: bool) -> Hand:
    parcels, here = parcels_of(order=order), setting()
    held = next((row for row in parcels if (row.source, row.external_id) == (incoming.source, incoming.external_id)), None)
    others = [row for row in parcels if row is not held]
    shipment = held or _new(order, incoming, 1 + max((row.position for row in parcels), default=0), at)
    return Hand(order=order, shipment=shipment, others=others, here=here, at=at, is_quiet=quiet)


def _new(order: Order, incoming: IncomingShipment, position: int, at: datetime) -> Shipment:
    return Shipment(
        order=order,
        source=incoming.source,
        external_id=incoming.external_id,
        position=position,
        created_at=at,
        source_updated_at=incoming.updated_at,
        promised_by=order.arrive_by,
    )


def _take_texts(shipment: Shipment, incoming: IncomingShipment, *, is_newest: bool) -> None:
    """The newest word counts; an empty one says nothing, and an old one may fill a gap."""
    carrier, number = find_carrier(incoming.carrier), squeeze(incoming.tracking_number)
    told = {
        "carrier_code": carrier.code if carrier else "",
        "carrier_name": carrier.name if carrier else incoming.carrier.strip(),
        "service": incoming.service,
        "tracking_number": number,
        "tracking_url": incoming.tracking_url or (carrier.url_for(number) if carrier else ""),
    }
    if is_newest and told["carrier_name"]:
        shipment.carrier_code = told["carrier_code"]  # an unknown carrier must not keep the code of the one before
    for name, value in told.items():
        if value and (is_newest or not getattr(shipment, name)):
            setattr(shipment, name, value)


def _hear(hand: Hand, incoming: IncomingShipment) -> None:
    """Fold the shop's word, and what carriers had said of the number before the shop told us of it."""
    if is_other_number(hand.before.get("tracking_number", ""), hand.shipment.tracking_number):
        hand.begin_anew()
    hand.hear((word, SHOP) for word in words_of(incoming))
    if incoming.eta is not None:
        hand.state = with_day(hand.state, first=incoming.eta, last=incoming.eta, told_at=incoming.updated_at)
    if hand.shipment.tracking_number and hand.changed("tracking_number"):
        take_waiting(hand)
    expect(hand, hand.fold())
    if hand.is_new:
        hand.keep()


def _pack(hand: Hand, incoming: IncomingShipment) -> None:
    """Lay the told quantities into the parcel, and note when what it holds changed."""
    shipment = hand.shipment
    packing = pack(incoming.lines, lines_for_packing(order=hand.order, besides=shipment.pk))
    for warning in packing.warnings:
        logger.warning("parcel differs from order: %s", warning, extra={"order": hand.order.pk, "shipment": shipment.pk})
    held = {} if hand.is_new else dict(ShipmentLine.objects.filter(shipment=shipment).values_list("order_line_id", "quantity"))
    if held == packing.quantities:
        return
    if held:
        ShipmentLine.objects.filter(shipment=shipment).delete()
    insert([ShipmentLine(shipment=shipment, order_line_id=id, quantity=count) for id, count in packing.quantities.items()])
    hand.is_repacked = True
