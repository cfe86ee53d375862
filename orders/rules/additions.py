"""Whether an item may still travel in the parcel of an order, until when, and which line of the shop's is that item."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from orders.rules.promises import Pace
from orders.types import AdditionState, Fulfilment, OrderState, PaymentState

# An order that grew is partly paid: it was paid before, and more may go with it.
PAID = frozenset({PaymentState.PAID, PaymentState.PARTIALLY_PAID})
# A shop that refused may add the item all the same.
ADDITION_MOVES: dict[str, frozenset[AdditionState]] = {
    AdditionState.REQUESTED: frozenset({AdditionState.CONFIRMED, AdditionState.REFUSED}),
    AdditionState.REFUSED: frozenset({AdditionState.CONFIRMED}),
    AdditionState.CONFIRMED: frozenset(),
}
OUR_LINE = "addition-"


@dataclass(frozen=True, slots=True)
class Basket:
    """What is known of an order when somebody asks whether more may go with it."""

    state: str
    payment_state: str
    fulfilment: str
    counted_from: datetime
    was_paid: bool = True
    ship_by: date | None = None
    is_packed: bool = False


def additions_close_at(basket: Basket, pace: Pace, zone: tzinfo) -> datetime | None:
    """Some hours after the order, and never later than the warehouse's hour on the day of dispatch. None: there is no such time.

    The hour is local: it is the same on the wall when the clocks are changed.
    """
    if not pace.additions_hours or basket.ship_by is None:
        return None
    hour = datetime.combine(basket.ship_by, time(0), zone) + timedelta(hours=min(pace.cutoff(basket.ship_by), 24))
    return min(basket.counted_from + timedelta(hours=pace.additions_hours), hour)


def why_closed(basket: Basket, pace: Pace, zone: tzinfo, *, now: datetime) -> str:
    """Why nothing can be added any more: `cancelled`, `not_confirmed`, `not_paid`, `sent`, `never` or `too_late`; empty while it can."""
    closes_at = additions_close_at(basket, pace, zone)
    if basket.state != OrderState.CONFIRMED:
        return "cancelled" if basket.state == OrderState.CANCELLED else "not_confirmed"
    if not basket.was_paid or basket.payment_state not in PAID:
        return "not_paid"
    if basket.is_packed or basket.fulfilment != Fulfilment.UNFULFILLED:
        return "sent"
    if closes_at is None:
        return "never"
    return "" if now < closes_at else "too_late"


def may_be_decided(current: str, wanted: AdditionState) -> bool:
    """Whether an addition may take the state. Staying as it is is no step."""
    return wanted in ADDITION_MOVES[current]


@dataclass(frozen=True, slots=True)
class Item:
    """What tells one thing on sale from another: the shop's id of it, or its stock number."""

    product_external_id: str = ""
    sku: str = ""


def is_same_item(one: Item, other: Item) -> bool:
    """Whether a line and an addition are about the same thing. The id counts where both have one, else the stock number."""
    if one.product_external_id and other.product_external_id:
        return one.product_external_id == other.product_external_id
    return bool(one.sku) and one.sku == other.sku
