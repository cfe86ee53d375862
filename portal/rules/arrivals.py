"""When something comes, and which of several days is true."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils.translation import gettext as _

from portal.types import Arrival, OrderFacts, ParcelFacts, Trouble
from tracking.types import IncidentType
from tracking.types import ShipmentStatus as Status

NEWS_EVERY = 3  # days between two looks at a parcel nobody gave a date for

ON_THE_ROAD = frozenset({Status.PICKED_UP, Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED, Status.ON_HOLD})
NOT_HANDED_OVER = frozenset({Status.PENDING, Status.LABEL_CREATED})
STILL_COMING = ON_THE_ROAD | NOT_HANDED_OVER | {Status.UNKNOWN}
# What makes a parcel late in a shopper's eyes, whether or not a day has passed.
DELAYS = frozenset({IncidentType.ETA_SLIPPED, IncidentType.PREDICTED_LATE, IncidentType.STALLED, IncidentType.LOST_SUSPECTED})


def next_news(*, since: date, today: date) -> date:
    """The next day of a fixed rhythm, kept off weekends: it does not slide on because somebody looks."""
    day = since
    while day <= today:
        day += timedelta(days=NEWS_EVERY)
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))


def news_day(said: date | None, *, today: date) -> date:
    """The day we said, while it can be kept; after it the next one of the rhythm that began with it."""
    return said if said and said >= today else next_news(since=said or today, today=today)


def trouble_of(troubles: Iterable[Trouble], *types: str) -> Trouble | None:
    """The first of the wanted types; the rows come worst first."""
    return next((trouble for trouble in troubles if trouble.type in types), None)


def said_news(troubles: Iterable[Trouble], *, today: date) -> date | None:
    """The earliest day on which we promised to say more and which has not passed."""
    return min((t.news_by for t in troubles if t.news_by is not None and t.news_by >= today), default=None)


def answer_by(troubles: Iterable[Trouble], *, today: date) -> date:
    """The day of our answer about a parcel that is not there: the one said, else the next of the rhythm that began with it."""
    said = trouble_of(troubles, IncidentType.DELIVERED_NOT_RECEIVED)
    return news_day(said.news_by if said else None, today=today)


def arrival_of(parcel: ParcelFacts, *, order: OrderFacts, today: date) -> Arrival:
    """When a parcel comes: what is out comes today; else our newest day before the carrier's before the shop's.

    A day that is past or untrue is struck. News come on the day of arrival at the latest.
    """
    first, last, source = (None, today, "carrier") if _is_out(parcel, today) else _said(parcel, order)
    news = said_news(parcel.troubles, today=today) or next_news(since=parcel.known_on or order.placed_on, today=today)
    if last is None:
        return Arrival(next_news=news)
    if last < today or parcel.eta_hidden:
        return Arrival(next_news=news, missed=_missed(parcel, order, last=last, source=source, today=today), source=source)
    was = _moved_from(parcel, order, last=last, source=source)
    first = first if first and first < last else None
    return Arrival(last=last, first=first, source=source, was=was, alike=_alike(parcel, source), next_news=min(news, last))


def _is_out(parcel: ParcelFacts, today: date) -> bool:
    """Whether a driver has it now, whatever day was reckoned before."""
    return parcel.status == Status.OUT_FOR_DELIVERY and parcel.out_on == today and not parcel.eta_hidden


def _said(parcel: ParcelFacts, order: OrderFacts) -> tuple[date | None, date | None, str]:
    first, last, source = parcel.eta_from, parcel.eta_by, parcel.eta_source
    if last is None:
        first, last, source = order.arrive_from, order.arrive_by, "merchant"
    later = trouble_of(parcel.troubles, IncidentType.ETA_SLIPPED, IncidentType.PREDICTED_LATE)
    if later is not None and later.expected_by is not None and (last is None or later.expected_by > last):
        return None, later.expected_by, "learned"
    return first, last, source


def _alike(parcel: ParcelFacts, source: str) -> int:
    return parcel.eta_alike if source == "learned" and parcel.eta_source == "learned" else 0


def _missed(parcel: ParcelFacts, order: OrderFacts, *, last: date, source: str, today: date) -> date:
    """The promised day once it is broken; a later guess that has passed as well is none we have to answer for."""
    promised = next(iter(_promised(parcel, order, source)), last)
    return promised if promised < today else last


def _moved_from(parcel: ParcelFacts, order: OrderFacts, *, last: date, source: str) -> date | None:
    """The promised day first: that is the one which was broken; else the day we first named."""
    earlier = [day for day in (*_promised(parcel, order, source), parcel.eta_first_by) if day is not None and day < last]
    return earlier[0] if earlier else None


def _promised(parcel: ParcelFacts, order: OrderFacts, source: str) -> list[date]:
    slipped = trouble_of(parcel.troubles, IncidentType.ETA_SLIPPED, IncidentType.PREDICTED_LATE)
    days = [slipped.promised_by if slipped else None, parcel.promised_by, None if source == "merchant" else order.arrive_by]
    return [day for day in days if day is not None]


def waiting_arrival(order: OrderFacts, *, today: date) -> Arrival:
    """When what no parcel holds yet leaves us."""
    unsent, ship_by = order.unsent, order.ship_by
    said = said_news([unsent] if unsent else [], today=today)
    news = said or next_news(since=ship_by or order.placed_on, today=today)
    if unsent is not None and unsent.expected_by is not None and unsent.expected_by >= today:
        was = ship_by if ship_by != unsent.expected_by else None
        return Arrival(last=unsent.expected_by, source="merchant", was=was, next_news=news)
    if ship_by is not None and ship_by >= today:
        return Arrival(last=ship_by, source="merchant", next_news=news)
    return Arrival(next_news=news, missed=ship_by, source="merchant")


def is_late(parcel: ParcelFacts, *, order: OrderFacts, today: date) -> bool:
    """Still coming, and later than we promised: the day has passed, is untrue, or has moved beyond the promise."""
    if parcel.status not in STILL_COMING:
        return False
    if parcel.is_delayed or trouble_of(parcel.troubles, *DELAYS):
        return True
    arrival = arrival_of(parcel, order=order, today=today)
    return arrival.missed is not None or is_past_promise(parcel, order=order, arrival=arrival)


def is_past_promise(parcel: ParcelFacts, *, order: OrderFacts, arrival: Arrival) -> bool:
    """Whether the day named now lies behind the day promised at first. A learned range that still holds the promise may keep it."""
    promised = parcel.promised_by or order.arrive_by
    if arrival.last is None or promised is None or arrival.last <= promised:
        return False
    return not (arrival.source == "learned" and arrival.first is not None and arrival.first <= promised)


def is_told_move(was: date, day: date, *, promised: date | None) -> bool:
    """Whether a moved day is news: it leaves what was promised, or comes back to it. Sharper guesses inside the promise are none."""
    return promised is None or max(was, day) > promised


def source_words(source: str) -> str:
    """Who gave a date."""
    return {
        "carrier": _("Date from the carrier"),
        "learned": _("Date from parcels like yours"),
        "merchant": _("Date from the shop"),
    }.get(source, "")
