"""What a state is called, and how it looks."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.types import OrderState, PaymentState, RequestKind
from portal.rules.arrivals import DELAYS, ON_THE_ROAD, STILL_COMING, arrival_of, is_late, is_past_promise, trouble_of
from portal.rules.causes import CAUSE_ICON, delayed_words
from portal.types import Arrival, OrderFacts, ParcelFacts, State, Trouble
from tracking.types import Cause, IncidentType
from tracking.types import ShipmentStatus as Status


def parcel_state(parcel: ParcelFacts, *, order: OrderFacts, today: date) -> State:
    """A parcel's state in words: what the shopper told us, what we fear, why it is late, else where it is."""
    if is_denied(parcel):
        return State("warn", "search", _("Delivered, but not found"))
    if parcel.status in STILL_COMING:
        return _worry(parcel, order=order, today=today) or _special(parcel) or _look(parcel.status)
    return _look(parcel.status)


def _look(status: str) -> State:
    return State(*PARCEL_LOOK.get(Status(status), ("idle", "help")), parcel_words(status))


def _special(parcel: ParcelFacts) -> State | None:
    """States whose reason says more than their name."""
    if parcel.status == Status.ON_HOLD and parcel.cause == Cause.CUSTOMS:
        return State("warn", "lock", _("Held at customs"))
    if parcel.status == Status.ATTEMPT_FAILED and parcel.reason.endswith(("not_home", "nobody_home", "not_available")):
        return State("warn", "home", _("Nobody was at home"))
    return None


def _worry(parcel: ParcelFacts, *, order: OrderFacts, today: date) -> State | None:
    if trouble_of(parcel.troubles, IncidentType.LOST_SUSPECTED):
        return State("bad", "alert", _("Probably lost"))
    if parcel.status in (Status.ON_HOLD, Status.ATTEMPT_FAILED):
        return None  # their own words say more than "late"
    if trouble_of(parcel.troubles, IncidentType.INVALID_NUMBER):
        return State("warn", "help", _("The carrier does not know the number"))
    arrival = arrival_of(parcel, order=order, today=today)
    if parcel.is_delayed or trouble_of(parcel.troubles, *(DELAYS - {IncidentType.STALLED})) or _moved(parcel, order, arrival):
        cause = cause_of(parcel)
        return State("warn", CAUSE_ICON.get(Cause(cause) if cause in Cause.values else Cause.UNKNOWN, "clock"), delayed_words(cause))
    if trouble_of(parcel.troubles, IncidentType.STALLED):
        return State("warn", "clock", _("No scan for days"))
    return State("warn", "clock", _("Late")) if arrival.missed else None


def _moved(parcel: ParcelFacts, order: OrderFacts, arrival: Arrival) -> bool:
    return bool(arrival.was) and is_past_promise(parcel, order=order, arrival=arrival)


def cause_of(parcel: ParcelFacts) -> str:
    """The family of causes: the carrier's newest word, else what the rules found."""
    return parcel.cause or next((t.cause for t in _telling(parcel)), "")


def reason_of(parcel: ParcelFacts) -> str:
    """The finer reason, from the same place as its cause."""
    return parcel.reason or next((t.reason for t in _telling(parcel)), "")


def _telling(parcel: ParcelFacts) -> Iterator[Trouble]:
    """Rules put a delay down to the carrier when nobody told them better: that is no cause to name to a shopper."""
    kinds = DELAYS | {IncidentType.EXCEPTION, IncidentType.CUSTOMS_HOLD}
    return (t for t in parcel.troubles if t.type in kinds and t.cause not in ("", Cause.CARRIER, Cause.UNKNOWN))


PARCEL_LOOK: dict[Status, tuple[str, str]] = {
    Status.PENDING: ("idle", "clock"),
    Status.LABEL_CREATED: ("idle", "box"),
    Status.PICKED_UP: ("info", "truck"),
    Status.IN_TRANSIT: ("info", "truck"),
    Status.OUT_FOR_DELIVERY: ("info", "pin"),
    Status.ATTEMPT_FAILED: ("warn", "home"),
    Status.READY_FOR_PICKUP: ("info", "shop"),
    Status.ON_HOLD: ("warn", "lock"),
    Status.DELIVERED: ("good", "done"),
    Status.RETURNING: ("idle", "return"),
    Status.RETURNED: ("idle", "return"),
    Status.LOST: ("bad", "alert"),
    Status.DAMAGED: ("bad", "alert"),
    Status.CANCELLED: ("idle", "stop"),
    Status.UNKNOWN: ("idle", "help"),
}


def parcel_words(status: str) -> str:
    """What a shopper reads for a canonical state."""
    return {
        Status.PENDING: _("Being prepared"),
        Status.LABEL_CREATED: _("Packed, not handed over yet"),
        Status.PICKED_UP: _("On its way"),
        Status.IN_TRANSIT: _("On its way"),
        Status.OUT_FOR_DELIVERY: _("Out for delivery"),
        Status.ATTEMPT_FAILED: _("Delivery was tried"),
        Status.READY_FOR_PICKUP: _("Ready to collect"),
        Status.ON_HOLD: _("Held on the way"),
        Status.DELIVERED: _("Delivered"),
        Status.RETURNING: _("On its way back to us"),
        Status.RETURNED: _("Back with us"),
        Status.LOST: _("Lost by the carrier"),
        Status.DAMAGED: _("Damaged on the way"),
        Status.CANCELLED: _("Cancelled"),
        Status.UNKNOWN: _("No news from the carrier yet"),
    }[Status(status)]


def wish_state(kind: str) -> State:
    """What waits for the shop's answer: a state of its own."""
    words = _("Cancellation requested") if kind == RequestKind.CANCEL else _("Address change requested")
    return State("info", "hourglass", words)


def order_state(order: OrderFacts, *, today: date) -> State:
    """The order's state in a few words: what went wrong first, then how far it is."""
    return _closed_state(order) or _road_state(order, today=today)


def _closed_state(order: OrderFacts) -> State | None:
    if order.state == OrderState.CANCELLED:
        return State("idle", "stop", _("Cancelled and refunded") if order.is_refunded else _("Cancelled"))
    if order.is_refunded:
        return State("idle", "return", _("Refunded"))
    if any(wish.kind == RequestKind.CANCEL for wish in order.asked):
        return wish_state(RequestKind.CANCEL)
    if order.payment_state == PaymentState.FAILED:
        return State("bad", "alert", _("Payment failed"))
    if order.state == OrderState.PLACED:
        return State("info", "hourglass", _("Waiting for payment"))
    return None


def _road_state(order: OrderFacts, *, today: date) -> State:
    parcels = [p for p in order.parcels if p.status != Status.CANCELLED]
    if special := _most_pressing(parcels, order=order, today=today):
        return special
    delivered = sum(p.status == Status.DELIVERED for p in parcels)
    if parcels and delivered == len(parcels) and not order.waiting:
        return State("good", "done", _("Delivered"))
    if delivered:
        return State("info", "truck", _delivered_words(delivered, len(parcels)))
    if any(p.status in ON_THE_ROAD or p.status == Status.UNKNOWN for p in parcels):
        return State("info", "truck", _("Partly on its way") if order.waiting else _("On its way"))
    if order.untracked and not order.waiting and not parcels:
        return State("info", "truck", _("Sent"))
    if order.untracked:
        return State("info", "truck", _("Partly sent"))
    if not order.waiting and not parcels:
        return State("good", "done", _("Completed"))
    return _preparing(order, parcels, today=today)


def _preparing(order: OrderFacts, parcels: list[ParcelFacts], *, today: date) -> State:
    if order.asked:
        return wish_state(order.asked[0].kind)
    if order.waiting and order.ship_by is not None and order.ship_by < today:
        return State("warn", "clock", _("Late: not sent yet"))
    if parcels and not order.waiting:
        return State("idle", "box", _("Packed, not handed over yet"))
    return State("idle", "clock", _("Being prepared"))


def _delivered_words(delivered: int, count: int) -> str:
    return ngettext("%(delivered)s of %(count)s parcel delivered", "%(delivered)s of %(count)s parcels delivered", count) % {
        "delivered": delivered,
        "count": count,
    }


# What the whole order is called when one of its parcels is in such a state, most pressing first.
PRESSING = (
    Status.LOST,
    Status.DAMAGED,
    Status.READY_FOR_PICKUP,
    Status.ATTEMPT_FAILED,
    Status.ON_HOLD,
    Status.RETURNING,
    Status.RETURNED,
    Status.OUT_FOR_DELIVERY,
)


def _most_pressing(parcels: list[ParcelFacts], *, order: OrderFacts, today: date) -> State | None:
    denied = next((p for p in parcels if is_denied(p)), None)
    if denied is not None:
        return parcel_state(denied, order=order, today=today)
    if first := _named(parcels, PRESSING[:3]):
        return first
    late = [p for p in parcels if is_late(p, order=order, today=today)]
    if late and len(parcels) == 1:
        return parcel_state(late[0], order=order, today=today)
    if late:
        return State("warn", "clock", ngettext("%(late)s parcel late", "%(late)s parcels late", len(late)) % {"late": len(late)})
    return _named(parcels, PRESSING[3:])


def _named(parcels: list[ParcelFacts], statuses: tuple[Status, ...]) -> State | None:
    """The first of these states any parcel is in."""
    for status in statuses:
        found = next((p for p in parcels if p.status == status), None)
        if found is not None:
            return _special(found) or _look(status)
    return None


def is_denied(parcel: ParcelFacts) -> bool:
    """The carrier says delivered, the shopper says it is not there."""
    return parcel.status == Status.DELIVERED and trouble_of(parcel.troubles, IncidentType.DELIVERED_NOT_RECEIVED) is not None
