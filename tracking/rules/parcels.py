"""Pure decisions about parcels: which news counts, what lies where, when it comes, how the parcels of an order are told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from orders.rules import OrderRefused
from tracking.types import IncomingShipment, ShipmentStatus

S = ShipmentStatus
# Later news moves a parcel within a rank or up, never down: a label printed after the pick-up is no step back.
# Lost and damaged parcels turn up again; what is delivered can only go back; what goes back is not delivered any more.
RANK: dict[str, int] = {
    S.PENDING: 0, S.UNKNOWN: 0,
    S.LABEL_CREATED: 1,
    S.PICKED_UP: 2, S.IN_TRANSIT: 2, S.ON_HOLD: 2, S.OUT_FOR_DELIVERY: 2, S.ATTEMPT_FAILED: 2, S.READY_FOR_PICKUP: 2,
    S.LOST: 2, S.CANCELLED: 3, S.DAMAGED: 3,
    S.DELIVERED: 4,
    S.RETURNING: 5,
    S.RETURNED: 6,
}  # fmt: skip
# Between news of the same rank and the same second the one further along wins, so that the order of arrival does not matter.
TIE = (
    S.PENDING, S.UNKNOWN, S.LABEL_CREATED, S.PICKED_UP, S.IN_TRANSIT, S.ON_HOLD, S.OUT_FOR_DELIVERY, S.ATTEMPT_FAILED,
    S.READY_FOR_PICKUP, S.CANCELLED, S.LOST, S.DAMAGED, S.DELIVERED, S.RETURNING, S.RETURNED,
)  # fmt: skip
HANDED_OVER = frozenset(RANK) - {S.PENDING, S.UNKNOWN, S.LABEL_CREATED, S.CANCELLED}
LIMITS = {
    "source": 60,
    "external_id": 100,
    "order_external_id": 100,
    "raw_status": 60,
    "carrier": 80,
    "service": 80,
    "tracking_number": 100,
}
MAX_LINES, MAX_QUANTITY, MAX_URL = 1000, 1_000_000, 1000


class ShipmentRefused(OrderRefused):
    """Not a parcel we can keep. Names the field."""


def counts(*, held: str, held_at: datetime | None, told: str, told_at: datetime) -> bool:
    """Whether the status told takes the place of the one held: by rank, then by time, never backwards."""
    return held_at is None or standing(told, told_at) > standing(held, held_at)


def standing(status: str, at: Any) -> tuple[Any, ...]:
    """What news is weighed by; `at` any measure of time."""
    return RANK[status], at, TIE.index(S(status))


def is_handed_over(status: str) -> bool:
    """The carrier has it, or had it. A label alone is never "shipped"."""
    return status in HANDED_OVER


def is_open(status: str) -> bool:
    """Still to arrive."""
    return RANK[status] <= RANK[S.OUT_FOR_DELIVERY] and status != S.LOST


def check_shipment(incoming: IncomingShipment) -> IncomingShipment:
    """The same parcel without an unusable link.

    Refuses (ShipmentRefused, naming the field) empty ids, over-long texts, NUL, bad quantities and times without zone.
    """
    for name in ("source", "external_id", "order_external_id"):
        if not getattr(incoming, name).strip():
            raise ShipmentRefused(name, "must not be empty")
    for name, limit in LIMITS.items():
        _text(getattr(incoming, name), limit, name)
    for name in ("updated_at", "shipped_at", "delivered_at"):
        moment = getattr(incoming, name)
        if moment is not None and moment.tzinfo is None:
            raise ShipmentRefused(name, "has no time zone")
    if len(incoming.lines) > MAX_LINES:
        raise ShipmentRefused("lines", f"more than {MAX_LINES}")
    for key, quantity in incoming.lines.items():
        if type(quantity) is not int or not 0 <= quantity <= MAX_QUANTITY:
            raise ShipmentRefused(f"lines[{key[:40]}]", f"must be 0 to {MAX_QUANTITY}")
    return replace(incoming, tracking_url=_link(incoming.tracking_url))


def _text(value: str, limit: int, field: str) -> None:
    if len(value) > limit:
        raise ShipmentRefused(field, f"longer than {limit} characters")
    if "\0" in value:
        raise ShipmentRefused(field, "must not contain NUL")


def _link(url: str) -> str:
    good = url.startswith(("https://", "http://")) and len(url) <= MAX_URL and url.isprintable() and " " not in url
    return url if good else ""


@dataclass(frozen=True, slots=True)
class Line:
    """An order line as parcels see it. `packed` lies in other parcels."""

    id: int
    external_id: str
    quantity: int
    removed: int = 0
    packed: int = 0
    must_ship: bool = True


@dataclass(frozen=True, slots=True)
class Packing:
    """What lies in a parcel, by line id, and what of the news could not be taken."""

    quantities: dict[int, int]
    warnings: tuple[str, ...] = ()


def pack(told: Mapping[str, int], lines: Sequence[Line]) -> Packing:
    """Quantities of one parcel. Nothing told means all that is left unsent; never more than ordered; unknown lines stay out."""
    if not told:
        left = {line.id: line.quantity - line.removed - line.packed for line in lines if line.must_ship}
        return Packing({id: count for id, count in left.items() if count > 0})
    known = {line.external_id: line for line in lines}
    warnings = [f"unknown line {key[:40]!r}" for key in told if key not in known]
    quantities = {}
    for key, count in told.items():
        line = known.get(key)
        if line is None:
            continue
        room = max(line.quantity - line.packed, 0)
        if count > room:
            warnings.append(f"line {key[:40]!r}: {count} told, {room} left")
        if min(count, room):
            quantities[line.id] = min(count, room)
    return Packing(quantities, tuple(warnings))


@dataclass(frozen=True, slots=True)
class Item:
    """So many of one order line."""

    line_id: int
    title: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel of the story: "parcel 1 of 2 holds ..."."""

    shipment_id: int
    position: int
    status: ShipmentStatus
    items: tuple[Item, ...]
    arrives_from: date | None = None
    arrives_by: date | None = None
    of: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """All that was ordered and not removed: in these parcels, or still to follow by a day."""

    parcels: tuple[Parcel, ...]
    following: tuple[Item, ...]
    follows_by: date | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order line as the story sees it."""

    line_id: int
    title: str
    quantity: int  # ordered and not removed
    must_ship: bool = True


def tell(wanted: Iterable[Wanted], parcels: Iterable[Parcel], *, ship_by: date | None) -> Story:
    """Which parcel holds what and what still follows. A cancelled parcel holds nothing and is not counted."""
    live = sorted((parcel for parcel in parcels if parcel.status != S.CANCELLED), key=lambda parcel: parcel.position)
    numbered = tuple(replace(parcel, position=place, of=len(live)) for place, parcel in enumerate(live, 1))
    packed: dict[int, int] = {}
    for item in (item for parcel in live for item in parcel.items):
        packed[item.line_id] = packed.get(item.line_id, 0) + item.quantity
    following = tuple(
        Item(line.line_id, line.title, line.quantity - packed.get(line.line_id, 0))
        for line in wanted
        if line.must_ship and line.quantity > packed.get(line.line_id, 0)
    )
    return Story(numbered, following, ship_by if following else None)
