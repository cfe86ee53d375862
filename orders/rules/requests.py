"""Whether an order may still be cancelled or sent elsewhere at the shopper's wish, until when, and by when the shop answers."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo

from orders.rules.additions import Basket
from orders.rules.promises import Pace, add_working_days
from orders.types import Fulfilment, OrderState, PaymentState, RequestKind, RequestState

REQUEST_MOVES: dict[str, frozenset[RequestState]] = {
    RequestState.REQUESTED: frozenset({RequestState.ACCEPTED, RequestState.REFUSED, RequestState.WITHDRAWN}),
    RequestState.REFUSED: frozenset({RequestState.ACCEPTED}),  # a shop that refused may do it all the same
    RequestState.ACCEPTED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
}
CAUSES = ("mistake", "too_late", "cheaper", "not_needed", "other")  # why a shopper cancels; none has to be given


def requests_close_at(basket: Basket, pace: Pace, zone: tzinfo) -> datetime | None:
    """The warehouse's hour on the day of dispatch; local, so that it stays the same on the wall. None: no day was promised."""
    if basket.ship_by is None:
        return None
    return datetime.combine(basket.ship_by, time(0), zone) + timedelta(hours=min(pace.cutoff(basket.ship_by), 24))


def why_no_request(kind: str, basket: Basket, pace: Pace, zone: tzinfo, *, now: datetime, is_sent_by_post: bool) -> str:
    """Why nothing can be asked for any more: `cancelled`, `sent`, `refunded`, `no_parcel`, `never` or `too_late`; empty while it can.

    An order that waits for its payment has no day of dispatch yet: it can be called off at any time.
    """
    if basket.state == OrderState.CANCELLED:
        return "cancelled"
    if basket.is_packed or basket.fulfilment != Fulfilment.UNFULFILLED:
        return "sent"
    if basket.payment_state == PaymentState.REFUNDED:
        return "refunded"
    if kind == RequestKind.ADDRESS and not is_sent_by_post:
        return "no_parcel"
    if basket.state == OrderState.PLACED:
        return ""
    closes_at = requests_close_at(basket, pace, zone)
    if closes_at is None:
        return "never"
    return "" if now < closes_at else "too_late"


def answer_day(pace: Pace, zone: tzinfo, country: str, *, at: datetime, ship_by: date | None) -> date:
    """The next working day, and not after the day of dispatch: later an answer would be of no use."""
    today = at.astimezone(zone).date()
    day = add_working_days(today + timedelta(days=1), 0, country, works_saturday=pace.works_saturday)
    return day if ship_by is None else max(today, min(day, ship_by))


def may_settle(current: str, wanted: RequestState) -> bool:
    """Whether a request may take the state. Staying as it is is no step."""
    return wanted in REQUEST_MOVES[current]


def is_same_place(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Whether two addresses lead to one town: the shop writes streets in its own way, postcodes seldom."""
    if _part(one, "country") != _part(other, "country"):
        return False
    codes = _part(one, "postcode"), _part(other, "postcode")
    return codes[0] == codes[1] if any(codes) else _part(one, "city") == _part(other, "city")


def is_granted_by(*, asked: Mapping[str, object], before: Mapping[str, object], told: Mapping[str, object]) -> bool:
    """Whether the address a shop now tells is the one that was asked for: the same town, and all that was to change has changed.

    Where little was to change, such as a floor or a company, it is granted only when it is told as it was asked for.
    """
    wished = [name for name in ("name", "street", "postcode", "city", "country") if _part(asked, name) != _part(before, name)]
    if not wished:
        return all(_part(asked, name) == _part(told, name) for name in ("company", "street", "street2", "region"))
    return is_same_place(asked, told) and all(_part(told, name) != _part(before, name) for name in wished)


def _part(address: Mapping[str, object], name: str) -> str:
    return "".join(char for char in str(address.get(name) or "").casefold() if char.isalnum())
