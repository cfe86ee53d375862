"""Whether the shopper is told of a delay now, of which one, and what they are promised with it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tracking.rules.incidents.calendar import next_working_day, start_of
from tracking.rules.incidents.changes import Held
from tracking.rules.incidents.facts import Feed, House, ParcelFacts
from tracking.types import IncidentType, ShipmentStatus

S = ShipmentStatus
T = IncidentType
# Newer news than any delay: the parcel was at the door, is there, or on another way.
OVERTAKEN = frozenset({S.READY_FOR_PICKUP, S.DELIVERED, S.RETURNING, S.RETURNED, S.CANCELLED, S.LOST, S.ATTEMPT_FAILED})
# What the carrier itself has said, however long ago.
SAID = frozenset({T.CUSTOMS_HOLD, T.EXCEPTION})
WORDIEST = (T.CUSTOMS_HOLD, T.EXCEPTION, T.STALLED, T.ETA_SLIPPED, T.PREDICTED_LATE)
MOVED_DAYS = 2
MOST_TOLD = 3  # of one delay: who has heard "nothing new" so often hears of the next day only, or from people
AT_LEAST = timedelta(days=1)  # a delay that comes and goes within a day is one delay, whatever the merchant has set
LONGEST_WAIT = 5
NEWS_HOUR = 12


@dataclass(frozen=True, slots=True)
class Told:
    """What the shopper was told last of this delay."""

    at: datetime
    expected_by: date | None
    news_by: date | None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell them, of this type, with a day or with the day of the next news."""

    type: IncidentType
    expected_by: date | None
    news_by: date | None
    times: int


def notice_of(
    parcel: ParcelFacts, open: Mapping[IncidentType, date | None], told: Told | None, house: House, now: datetime
) -> Notice | None:
    """`open` are the parcel's open incidents with the day each expects. One notice per delay; again only when the new day moved, or the
    day told (of arrival or of news) has passed, and then at most three times."""
    if parcel.is_imported or parcel.is_cancelled or parcel.status in OVERTAKEN or T.LOST_SUSPECTED in open:
        return None
    telling = [type for type in WORDIEST if type in open and house.rules[type].tells_shopper and not _is_in_time(type, open[type], parcel)]
    if parcel.feed == Feed.GONE and told is None:
        telling = [type for type in telling if type in SAID]  # nobody has heard of any parcel: what silence means, people find out
    if parcel.status == S.OUT_FOR_DELIVERY:
        telling = [type for type in telling if type == T.STALLED]  # silence since then is newer; all else is old news
    if not telling:
        return None
    today = now.astimezone(house.zone).date()
    days = [day for type in telling if (day := open[type]) is not None and day >= today]
    # Silence makes any day we had untrue.
    expected = max(days) if days and T.STALLED not in telling else None
    if told is not None and not is_due(told, expected, house, now):
        return None
    type = next((type for type in telling if open[type] == expected), telling[0]) if expected else telling[0]
    return notice(type, expected, told, house, today)


def _is_in_time(type: IncidentType, expected: date | None, parcel: ParcelFacts) -> bool:
    """Whatever the carrier calls a delay: by the day it names the promise still holds."""
    return type in SAID and expected is not None and parcel.promised_by is not None and expected <= parcel.promised_by


def is_due(told: Told, expected: date | None, house: House, now: datetime) -> bool:
    """Whether what was told holds no more. News promised for a day are told from noon on, so that the morning may bring some."""
    local = now.astimezone(house.zone)
    if told.news_by is not None:
        return (local.date(), local.hour) >= (told.news_by, NEWS_HOUR)
    if local.date() < _rested_on(told.at, house):
        return False
    if told.expected_by is None:
        return expected is not None
    is_moved = expected is not None and (expected - told.expected_by).days >= MOVED_DAYS
    return is_moved or (local.date() > told.expected_by and (expected is not None or told.times < MOST_TOLD))


def _rested_on(at: datetime, house: House) -> date:
    """Not two days running, however the days jump: the working day after the last telling."""
    return next_working_day(at.astimezone(house.zone).date(), 1, house.country)


def again_at(told: Told, house: House) -> datetime | None:
    """When the day that was told has come without what it was told for; None when nothing was told that could pass."""
    if told.news_by is not None:
        return datetime.combine(told.news_by, time(NEWS_HOUR), tzinfo=house.zone)
    if told.expected_by is None:
        return None
    return start_of(max(told.expected_by + AT_LEAST, _rested_on(told.at, house)), house.zone)


def notice(type: IncidentType, expected: date | None, told: Told | None, house: House, today: date) -> Notice:
    """With the day expected or, when there is none, the day of the next news. The last one names no day: nothing is promised that
    only people could keep."""
    times = told.times if told else 0
    is_open = expected is None and times + 1 < MOST_TOLD
    return Notice(type, expected, news_day(type, times, house, today) if is_open else None, times + 1)


def news_day(type: str, times: int, house: House, today: date) -> date:
    """The day of the next news: soon at first, then more slowly, so that nobody gets "nothing new" every other day."""
    days = int(house.limit(type, "news_days")) + times
    return next_working_day(today, min(days, max(LONGEST_WAIT, int(house.limit(type, "news_days")))), house.country)


def told_of(rows: Iterable[Held], types: Collection[str], quiet_days: float, now: datetime) -> Told | None:
    """The last telling of what still goes on, or ended so lately that it would be the same again."""
    quiet = max(timedelta(days=quiet_days), AT_LEAST)
    live = [row for row in rows if row.type in types and row.told_at and (row.resolved_at is None or now - row.resolved_at <= quiet)]
    if not live:
        return None
    last = max(live, key=lambda row: (row.told_at, row.id))
    assert last.told_at is not None
    facts = last.facts
    return Told(last.told_at, _day(facts.get("told_expected")), _day(facts.get("told_news")), int(facts.get("told_times") or 1))


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and text else None
