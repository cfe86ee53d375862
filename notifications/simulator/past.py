"""An order as it stood at any moment of its life, from its rows and what is kept of their history.

The rows are changed in memory and never saved. Not wound back: addresses and lines a shop changed later, and the parcel's days
before the first one that was promised; both are told as they are now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects

from events.models import Event
from notifications.simulator.cases import Matters, matters_of
from orders.models import Order, OrderRequest, Promise
from orders.types import Fulfilment, OrderState, PaymentState, PromiseKind, RequestState
from tracking.models import Incident, IncidentNote, Scan, Shipment
from tracking.rules.fold import Folded, Road, State, gather, hidden_by, join, show
from tracking.types import IncidentState, IncomingScan, Place, ShipmentStatus

RELATED = ("customer", "lines", "payments", "promises", "shipments__lines", "refunds", "requests")
FOLDED = tuple(name for name in Folded.__dataclass_fields__ if name not in ("delivered_how", "delivered_to", "pickup_until"))
KEPT = ("confirmed_at", "cancelled_at", "paid_at", "paid_total", "refunded_total", "payment_state", "fulfilment", "packed_at")
OPENED, TOLD, CLOSED = frozenset({"opened", "reopened"}), frozenset({"told"}), frozenset({"cleared", "resolved"})


@dataclass(slots=True)
class Parcel:
    """A shipment and what had been folded of it after each telling."""

    row: Shipment
    states: list[tuple[datetime, Folded, State]] = field(default_factory=list)
    promised: list[Promise] = field(default_factory=list)
    eta: tuple[date | None, date | None, str] = (None, None, "")  # as it is now

    def wind(self, at: datetime) -> None:
        """Bring the row to where it stood."""
        told = [(folded, state) for heard, folded, state in self.states if heard <= at]
        folded, state = told[-1] if told else (Folded(), {})
        for name in FOLDED:
            setattr(self.row, name, getattr(folded, name))
        said = [promise for promise in self.promised if promise.said_at <= at]
        first, last, source = self.eta
        if said and said[-1].date != last:
            first, last, source = said[-1].date, said[-1].date, said[-1].source
        self.row.eta_from, self.row.eta_by, self.row.eta_source = first, last, source
        self.row.eta_hidden = hidden_by(folded, state, said_at=said[-1].said_at if said else self.row.eta_said_at)


@dataclass(slots=True)
class Trouble:
    """An incident and its history."""

    row: Incident
    notes: list[IncidentNote] = field(default_factory=list)
    now: dict[str, Any] = field(default_factory=dict)  # columns as they are now

    def wind(self, at: datetime) -> None:
        """Bring the row to where it stood: what was changed later is changed back, newest first."""
        for name, value in self.now.items():
            setattr(self.row, name, value)
        for note in reversed([note for note in self.notes if note.at > at]):
            for name, change in note.data.items():
                if isinstance(change, list) and len(change) == 2 and name in self.now:
                    setattr(self.row, name, _day(change[0]) if name.endswith("_by") else change[0] or "")
        before = [note for note in self.notes if note.at <= at]
        told = [note for note in before if note.act in TOLD]
        ends = [note for note in before if note.act in OPENED | CLOSED]
        self.row.state = IncidentState.RESOLVED if ends and ends[-1].act in CLOSED else IncidentState.OPEN
        self.row.told_at = told[-1].at if told else None
        if told and "expected_by" in told[-1].data:
            self.row.expected_by, self.row.news_by = _day(told[-1].data["expected_by"]), _day(told[-1].data.get("news_by"))


@dataclass(slots=True)
class Asked:
    """What the shopper asked of the order, and when it was decided: of several times only a refusal can have been first."""

    row: OrderRequest
    decided: list[datetime]
    last: str  # its state as it is now

    def wind(self, at: datetime) -> None:
        """Bring the row to where it stood."""
        times = sum(moment <= at for moment in self.decided)
        self.row.state = RequestState.REQUESTED if not times else self.last if times == len(self.decided) else RequestState.REFUSED


@dataclass(slots=True)
class Past:
    """One order with everything that happened to it."""

    order: Order
    events: list[Event]
    parcels: list[Parcel]
    troubles: list[Trouble]
    scans: dict[int, Scan]
    asked: dict[int, Asked] = field(default_factory=dict)  # by request
    matters: Matters = field(default_factory=Matters)  # returns, claims and what belongs to them
    now: dict[str, Any] = field(default_factory=dict)

    def wind(self, at: datetime) -> None:
        """Bring all rows to where they stood at a moment."""
        self._wind_order(at)
        for parcel in self.parcels:
            parcel.wind(at)
        for trouble in self.troubles:
            trouble.wind(at)
            self._place(trouble.row, at)
        for asked in self.asked.values():
            asked.wind(at)
        self.matters.wind(at)
        known = [parcel.row for parcel in self.parcels if parcel.row.created_at <= at]
        _put(self.order, "shipments", known)
        _put(self.order, "promises", [row for row in self.now["promises"] if row.said_at <= at])
        _put(self.order, "payments", [row for row in self.now["payments"] if row.paid_at is None or row.paid_at <= at])

    def _place(self, row: Incident, at: datetime) -> None:
        """Where the parcel had been seen last."""
        seen = [scan for scan in self.scans.values() if scan.shipment_id == row.shipment_id and scan.received_at <= at and scan.city]
        newest = max(seen, key=lambda scan: (scan.at, scan.pk), default=None)
        rest = {name: value for name, value in (row.facts or {}).items() if name != "last_city"}
        row.facts = {**rest, "last_city": newest.city} if newest is not None else rest

    def _wind_order(self, at: datetime) -> None:
        order, told = self.order, {event.type: event.occurred_at for event in reversed(self.events)}
        confirmed = _is_past(told.get("orders.order.confirmed"), at)
        cancelled = _is_past(told.get("orders.order.cancelled"), at)
        order.state = OrderState.CANCELLED if cancelled else OrderState.CONFIRMED if confirmed else OrderState.PLACED
        order.confirmed_at = self.now["confirmed_at"] if confirmed else None
        order.cancelled_at = self.now["cancelled_at"] if cancelled else None
        refunded = sum((row.amount for row in self.now["refunds"] if row.refunded_at <= at), Decimal(0))
        is_paid = _is_past(self.now["paid_at"], at)
        order.paid_total = self.now["paid_total"] if is_paid else Decimal(0)
        order.refunded_total = min(refunded, self.now["refunded_total"])
        order.payment_state = _payment(self.now["payment_state"], is_paid=is_paid, is_refunded=bool(order.refunded_total))
        order.packed_at = self.now["packed_at"] if _is_past(self.now["packed_at"], at) else None
        is_sent = _is_past(told.get("tracking.shipment.dispatched"), at)
        order.fulfilment = self.now["fulfilment"] if is_sent else Fulfilment.UNFULFILLED


def pasts_of(*, order_ids: Iterable[int]) -> list[Past]:
    """The orders' lives, oldest order first; a constant number of queries. Ids that are not the merchant's are passed over."""
    orders = list(Order.objects.filter(pk__in=list(order_ids)).order_by("placed_at", "pk"))
    prefetch_related_objects(orders, *RELATED)
    ids = [order.pk for order in orders]
    events = _by(Event.objects.filter(thread__in=ids).order_by("occurred_at", "pk"), "thread")
    shipments = {row.pk: row for order in orders for row in order.shipments.all()}
    scans = list(Scan.objects.filter(shipment__in=shipments).order_by("received_at", "pk"))
    troubles = _troubles(shipments, ids)
    found = [_past(order, events.get(order.pk, []), _of(scans, order), _about(troubles, order)) for order in orders]
    matters = matters_of(ids, events)
    for past in found:
        past.matters = matters[past.order.pk]
    return found


def _past(order: Order, events: list[Event], scans: list[Scan], troubles: list[Trouble]) -> Past:
    promises = sorted(order.promises.all(), key=lambda row: (row.said_at, row.pk))
    shipments = sorted(order.shipments.all(), key=lambda row: (row.position, row.pk))
    parcels = [_parcel(row, [scan for scan in scans if scan.shipment_id == row.pk], promises) for row in shipments]
    for trouble in troubles:
        trouble.row.shipment = next((row for row in shipments if row.pk == trouble.row.shipment_id), None)
    now = {name: getattr(order, name) for name in KEPT}
    now |= {"promises": promises, "payments": list(order.payments.all()), "refunds": list(order.refunds.all())}
    asked = {row.pk: Asked(row, _decided(row, events), row.state) for row in order.requests.all()}
    return Past(order, events, parcels, troubles, {scan.pk: scan for scan in scans}, asked, now=now)


def _decided(row: OrderRequest, events: Sequence[Event]) -> list[datetime]:
    return [event.occurred_at for event in events if event.type == "orders.request.decided" and event.payload.get("request") == row.pk]


def _parcel(row: Shipment, scans: Sequence[Scan], promises: Sequence[Promise]) -> Parcel:
    mine = [promise for promise in promises if promise.kind == PromiseKind.ARRIVE_BY and promise.subject == f"shipment:{row.pk}"]
    parcel = Parcel(row, promised=mine, eta=(row.eta_from, row.eta_by, row.eta_source))
    road, state = Road(row.from_city, row.to_city, row.to_region, row.to_country), State()
    for scan in scans:
        state = join(state, gather([(_word(scan), scan.source)], road))
        parcel.states.append((scan.received_at, show(state, road), state))
    return parcel


def _word(scan: Scan) -> IncomingScan:
    return IncomingScan(
        status=ShipmentStatus(scan.status), at=scan.at, raw_code=scan.raw_code, raw_status=scan.raw_status, text=scan.text,
        place=Place(city=scan.city, region=scan.region, country=scan.country), zone=scan.zone, has_time=scan.has_time,
        is_delay=scan.is_delay, cause=scan.cause, reason=scan.reason,
    )  # fmt: skip


def _troubles(shipments: Iterable[int], orders: Iterable[int]) -> list[Trouble]:
    subjects = [f"shipment:{pk}" for pk in shipments] + [f"order:{pk}" for pk in orders]
    rows = list(Incident.objects.filter(subject__in=subjects).order_by("opened_at", "pk"))
    notes = _by(IncidentNote.objects.filter(incident__in=rows).order_by("at", "pk"), "incident_id")
    names = ("cause", "reason", "expected_by", "promised_by", "news_by")
    return [Trouble(row, notes.get(row.pk, []), {name: getattr(row, name) for name in names}) for row in rows]


def _about(troubles: Sequence[Trouble], order: Order) -> list[Trouble]:
    subjects = {f"order:{order.pk}", *(f"shipment:{row.pk}" for row in order.shipments.all())}
    return [trouble for trouble in troubles if trouble.row.subject in subjects]


def _of(scans: Sequence[Scan], order: Order) -> list[Scan]:
    mine = {row.pk for row in order.shipments.all()}
    return [scan for scan in scans if scan.shipment_id in mine]


def _by(rows: Iterable[Any], name: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found


def _put(order: Order, name: str, rows: list[Any]) -> None:
    """Let `order.<name>.all()` answer these rows."""
    kept: QuerySet[Any] = order._prefetched_objects_cache[name]  # type: ignore[attr-defined]
    kept._result_cache = rows


def _is_past(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and moment <= at


def _payment(state: str, *, is_paid: bool, is_refunded: bool) -> str:
    if not is_paid:
        return state if state in (PaymentState.AUTHORIZED, PaymentState.FAILED, PaymentState.VOIDED) else PaymentState.PENDING
    if state in (PaymentState.REFUNDED, PaymentState.PARTIALLY_REFUNDED) and not is_refunded:
        return PaymentState.PAID
    return state


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)[:10]) if value else None
