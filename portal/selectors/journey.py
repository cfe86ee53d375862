"""An order and its parcels as one journey: every piece in exactly one place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from orders.models import Order, OrderLine
from orders.types import OrderState, PaymentState, RequestKind
from portal.rules import (
    OddsDay,
    arrival_of,
    cause_of,
    cause_words,
    delivered_words,
    is_denied,
    is_https,
    is_late,
    next_step,
    odds_of,
    order_state,
    parcel_state,
    reason_of,
    steps_of,
    trouble_of,
    waiting_arrival,
)
from portal.selectors.parcels import Troubles, packed_in
from portal.types import Arrival, OrderFacts, ParcelFacts, State, Step, Trouble
from tracking.models import Shipment
from tracking.registry import carrier_of
from tracking.types import IncidentType, ShipmentStatus


@dataclass(frozen=True, slots=True)
class Piece:
    """So many of one order line."""

    line: OrderLine
    quantity: int


@dataclass(frozen=True, slots=True)
class Handover:
    """Who brings a parcel and how to ask them."""

    name: str
    service: str
    url: str
    phone: str

    @property
    def label(self) -> str:
        return " ".join(part for part in (self.name, self.service) if part)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel as its page shows it."""

    shipment: Shipment
    position: int
    count: int
    facts: ParcelFacts
    state: State
    arrival: Arrival
    pieces: tuple[Piece, ...]
    steps: tuple[Step, ...]
    is_late: bool
    carrier: Handover

    @property
    def why(self) -> str:
        """The cause in a sentence, where one is known and something is wrong."""
        has_trouble = self.is_late or self.state.tone in ("warn", "bad")
        carrier = self.carrier.name
        return cause_words(cause_of(self.facts), reason_of(self.facts), carrier=carrier) if has_trouble and not self.is_delivered else ""

    @property
    def next(self) -> str:
        return next_step(self.facts, carrier=self.carrier.name, is_late=self.is_late)

    @property
    def odds(self) -> tuple[OddsDay, ...]:
        arrival = self.arrival
        return odds_of(first=arrival.first, last=arrival.last, alike=arrival.alike, source=arrival.source) if self.is_coming else ()

    @property
    def left(self) -> str:
        """How and where it was left, without a name."""
        return delivered_words(self.shipment.delivered_how) if self.is_delivered else ""

    @property
    def denied(self) -> Trouble | None:
        """The shopper's word that it is not there, while we look into it."""
        return trouble_of(self.facts.troubles, IncidentType.DELIVERED_NOT_RECEIVED) if is_denied(self.facts) else None

    @property
    def is_delivered(self) -> bool:
        return self.shipment.status == ShipmentStatus.DELIVERED

    @property
    def is_coming(self) -> bool:
        """Whether a day still has to be named for it."""
        return bool(self.steps) and not self.is_delivered and self.shipment.status != ShipmentStatus.READY_FOR_PICKUP


@dataclass(frozen=True, slots=True)
class Journey:
    """An order from purchase to the door: every piece is in exactly one parcel, waiting, sent untracked, or needs no parcel."""

    order: Order
    facts: OrderFacts
    state: State
    parcels: tuple[Parcel, ...]
    waiting: tuple[Piece, ...]
    waiting_arrival: Arrival
    untracked: tuple[Piece, ...]
    digital: tuple[Piece, ...]

    @property
    def may_choose(self) -> bool:
        """Whether the shopper is asked to wait, take something else or cancel."""
        return self.facts.unsent is not None and bool(self.waiting) and not self.facts.cancelled_on and not self.facts.is_refunded

    @property
    def unsent_why(self) -> str:
        """Why it was not sent in time, in a sentence; "" when nobody said."""
        unsent = self.facts.unsent
        return cause_words(unsent.cause, unsent.reason, carrier="") if unsent else ""

    @property
    def needs_list(self) -> bool:
        """Whether more than one parcel's answer has to be given."""
        return len(self.parcels) > 1 or bool(self.waiting and not self.facts.cancelled_on) or bool(self.untracked or self.digital)

    @property
    def is_overdue(self) -> bool:
        """Whether what waits should have left us by now."""
        return self.waiting_arrival.was is not None or self.waiting_arrival.missed is not None

    @property
    def awaits_dispatch(self) -> bool:
        """Whether the answer is when the waiting pieces leave us."""
        return bool(self.waiting) and self.facts.state == OrderState.CONFIRMED and not self.facts.is_refunded

    @property
    def cancel_asked(self) -> bool:
        """Whether the shopper waits for our word on a cancellation."""
        return not self.facts.cancelled_on and any(wish.kind == RequestKind.CANCEL for wish in self.facts.asked)

    @property
    def all_pieces(self) -> tuple[Piece, ...]:
        """Everything of the order that was not taken off it, wherever it is."""
        lines = sorted(self.order.lines.all(), key=lambda line: line.position)
        return tuple(Piece(line, left) for line in lines if (left := line.quantity - line.quantity_removed) > 0)

    @property
    def waiting_count(self) -> int:
        return sum(piece.quantity for piece in self.waiting)

    @property
    def delivered_on(self) -> datetime | None:
        """When the last piece arrived; None while something is still to come."""
        times = [parcel.shipment.delivered_at for parcel in self.parcels]
        if not times or self.waiting or self.untracked or None in times:
            return None
        return max(time for time in times if time is not None)

    @property
    def next_parcel(self) -> Parcel | None:
        """The parcel the answer is about: late ones first, then the one that comes first."""
        coming = [parcel for parcel in self.parcels if parcel.is_coming]
        return min(coming, key=lambda p: (not p.is_late, p.arrival.last or date.max, p.position), default=None)


def journey_of(order: Order, shipments: Iterable[Shipment], troubles: Troubles, *, today: date, zone: ZoneInfo) -> Journey:
    """Put an order and its parcels together. Reads only what is loaded: lines, `parcels_with_contents`, `troubles_of`."""
    alive = [s for s in sorted(shipments, key=lambda s: s.position) if s.status != ShipmentStatus.CANCELLED]
    lines = sorted(order.lines.all(), key=lambda line: line.position)
    sent = _sent_quantities(alive)
    waiting, untracked, digital = _rest_of(lines, sent)
    facts = facts_of(order, alive, troubles, zone=zone, waiting=_count(waiting), untracked=_count(untracked))
    by_id = {line.pk: line for line in lines}
    parcels = tuple(
        _parcel(shipment, at, len(alive), facts=facts, known=known, lines=by_id, today=today, zone=zone)
        for at, (shipment, known) in enumerate(zip(alive, facts.parcels, strict=True), start=1)
    )
    return Journey(order, facts, order_state(facts, today=today), parcels, waiting, waiting_arrival(facts, today=today), untracked, digital)


def _sent_quantities(shipments: Iterable[Shipment]) -> dict[int, int]:
    """Order line id -> pieces in parcels."""
    sent: dict[int, int] = {}
    for shipment in shipments:
        for line_id, quantity in packed_in(shipment).items():
            sent[line_id] = sent.get(line_id, 0) + quantity
    return sent


def _count(pieces: Iterable[Piece]) -> int:
    return sum(piece.quantity for piece in pieces)


def _rest_of(lines: Iterable[OrderLine], sent: dict[int, int]) -> tuple[tuple[Piece, ...], tuple[Piece, ...], tuple[Piece, ...]]:
    waiting, untracked, digital = [], [], []
    for line in lines:
        left = line.quantity - line.quantity_removed - sent.get(line.pk, 0)
        if left > 0 and not line.requires_shipping:
            digital.append(Piece(line, left))
            continue
        gone = min(left, max(0, line.quantity_fulfilled - sent.get(line.pk, 0)))
        if gone > 0:
            untracked.append(Piece(line, gone))
        if left - gone > 0:
            waiting.append(Piece(line, left - gone))
    return tuple(waiting), tuple(untracked), tuple(digital)


def facts_of(
    order: Order, shipments: Iterable[Shipment], troubles: Troubles, *, zone: ZoneInfo, waiting: int, untracked: int
) -> OrderFacts:
    """The order's facts for the rules, in the merchant's local days."""
    return OrderFacts(
        state=order.state,
        payment_state=order.payment_state,
        placed_on=order.placed_at.astimezone(zone).date(),
        is_refunded=order.payment_state == PaymentState.REFUNDED or 0 < order.total <= order.refunded_total,
        is_partly_refunded=0 < order.refunded_total < order.total,
        cancelled_on=order.cancelled_at.astimezone(zone).date() if order.cancelled_at else None,
        ship_by=order.ship_by,
        arrive_from=order.arrive_from,
        arrive_by=order.arrive_by,
        waiting=waiting,
        untracked=untracked,
        parcels=tuple(_parcel_facts(shipment, troubles.of(shipment.pk), zone) for shipment in shipments),
        unsent=trouble_of(troubles.order, IncidentType.UNSHIPPED_PAST_PROMISE),
        asked=troubles.asked,
    )


def _parcel_facts(shipment: Shipment, troubles: tuple[Trouble, ...], zone: ZoneInfo) -> ParcelFacts:
    return ParcelFacts(
        status=shipment.status,
        eta_from=shipment.eta_from,
        eta_by=shipment.eta_by,
        eta_source=shipment.eta_source,
        eta_first_by=shipment.eta_first_by,
        eta_hidden=shipment.eta_hidden,
        eta_alike=shipment.eta_alike,
        promised_by=shipment.promised_by,
        is_delayed=shipment.is_delayed,
        cause=shipment.cause,
        reason=shipment.reason,
        pickup_until=shipment.pickup_until,
        troubles=troubles,
        known_on=shipment.created_at.astimezone(zone).date(),
        out_on=_out_on(shipment, zone),
        delivered_on=shipment.delivered_at.astimezone(zone).date() if shipment.delivered_at else None,
    )


def _out_on(shipment: Shipment, zone: ZoneInfo) -> date | None:
    is_out = shipment.status == ShipmentStatus.OUT_FOR_DELIVERY
    return shipment.status_at.astimezone(zone).date() if is_out and shipment.status_at else None


def _parcel(
    shipment: Shipment,
    at: int,
    count: int,
    *,
    facts: OrderFacts,
    known: ParcelFacts,
    lines: dict[int, OrderLine],
    today: date,
    zone: ZoneInfo,
) -> Parcel:
    arrival = arrival_of(known, order=facts, today=today)
    late = is_late(known, order=facts, today=today)
    steps = steps_of(
        shipment.status,
        placed_on=facts.placed_on,
        shipped_on=shipment.shipped_at.astimezone(zone).date() if shipment.shipped_at else None,
        delivered_on=known.delivered_on,
        arrival=arrival,
        is_late=late,
    )
    state = parcel_state(known, order=facts, today=today)
    return Parcel(shipment, at, count, known, state, arrival, _pieces(shipment, lines), steps, late, _handover(shipment))


def _pieces(shipment: Shipment, lines: dict[int, OrderLine]) -> tuple[Piece, ...]:
    inside = packed_in(shipment)
    return tuple(Piece(line, inside[line.pk]) for line in lines.values() if line.pk in inside)


def _handover(shipment: Shipment) -> Handover:
    """The shop's tracking address when it is one a browser may open, else the carrier's own page for the number."""
    known = carrier_of(shipment.carrier_code)
    url = shipment.tracking_url if is_https(shipment.tracking_url) else known.url_for(shipment.tracking_number) if known else ""
    return Handover(
        name=known.name if known else shipment.carrier_name, service=shipment.service, url=url, phone=known.phone if known else ""
    )
