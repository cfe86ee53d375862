"""When shoppers are asked about a parcel, and about which of its lines. Pure, and blind to what anybody thinks of it."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from reviews.types import Match, RequestState
from tracking.rules.places import zone_of, zones_of

FIRST_HOUR, LAST_HOUR = time(9), time(21)  # where the parcel went; the second is not included
SPREAD = timedelta(hours=3)  # what falls into the night is asked within these hours of the morning, not all at once
HORIZON = timedelta(days=3)
NEWS = timedelta(days=30)  # what was delivered longer ago than this before it was heard of is history
LIFE = timedelta(days=90)  # how long the link works after it was sent
DEFERRAL = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Pick:
    """One rule of the merchant."""

    match: str
    value: str
    is_asked: bool = True
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """What rules look at of an order line."""

    line: int
    category: str = ""
    tags: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()  # of the line, and of its product


@dataclass(frozen=True, slots=True)
class Asking:
    """Lines to ask about, and how many days after delivery."""

    lines: tuple[int, ...]
    days: int


def asking(goods: Iterable[Goods], picks: Sequence[Pick], *, days: int, besides: Collection[int] = ()) -> Asking | None:
    """What a parcel is asked about: at the latest of its lines' days, so that one question serves all. None: nothing.

    `picks` in their order, of which the first that fits a line counts; `besides`: lines that are not asked about anyhow.
    """
    found = {one.line: _days(one, picks, days) for one in goods if one.line not in besides}
    asked = {line: count for line, count in found.items() if count is not None}
    return Asking(tuple(sorted(asked)), max(asked.values())) if asked else None


def _days(goods: Goods, picks: Sequence[Pick], days: int) -> int | None:
    pick = next((one for one in picks if fits(one, goods)), None)
    if pick is None:
        return days
    if not pick.is_asked:
        return None
    return days if pick.days is None else pick.days


def fits(pick: Pick, goods: Goods) -> bool:
    """Whether a rule is about a line; capitals make no difference."""
    having = {Match.CATEGORY: (goods.category,), Match.TAG: goods.tags, Match.SKU: goods.skus}[Match(pick.match)]
    wanted = pick.value.strip().casefold()
    return bool(wanted) and wanted in {one.strip().casefold() for one in having}


def day_moment(base: datetime, zones: Sequence[str], nonce: str) -> datetime:
    """The first moment from `base` on that lies between 9 and 21 o'clock in all these zones, else in the first of them.

    A moment by day stays as it is. One by night moves to the morning and some minutes on, the same minutes for the same nonce.
    """
    places = [ZoneInfo(zone) for zone in zones]
    found = _common(base, places)
    if found is None:
        places = places[:1]
        found = _open(base, places[0])
    if found == base:
        return base
    left = min(_close(found, zone) for zone in places) - found
    return found + _share(nonce) * min(SPREAD, left)


def _common(base: datetime, zones: Sequence[ZoneInfo]) -> datetime | None:
    moment = base
    while moment <= base + HORIZON:
        latest = max(_open(moment, zone) for zone in zones)
        if latest == moment:
            return moment
        moment = latest
    return None


def _open(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    if FIRST_HOUR <= local.time() < LAST_HOUR:
        return moment
    day = local.date() + timedelta(days=local.time() >= LAST_HOUR)
    return datetime.combine(day, FIRST_HOUR, zone).astimezone(UTC)


def _close(moment: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(moment.astimezone(zone).date(), LAST_HOUR, zone).astimezone(UTC)


def _share(nonce: str) -> float:
    """Between 0 and 1, 1 not included."""
    drawn = int.from_bytes(hashlib.sha256(nonce.encode()).digest()[:4])
    return drawn / 2**32


def zones_at(country: str, region: str, home: str) -> tuple[str, ...]:
    """The zones a parcel's place may keep: one where that is known, all of its country's where not, else the merchant's."""
    known = zone_of(country, region) if country else ""
    return (known,) if known else zones_of(country) or (home,)


class Void(StrEnum):
    """Why a question ends unanswered."""

    CANCELLED = "cancelled"
    ERASED = "erased"
    REFUNDED = "refunded"
    OFF = "off"  # the merchant no longer asks
    REMOVED = "removed"  # nothing of it was kept
    OVER = "over"  # its link has run out


class Step(StrEnum):
    """What becomes of a question when its time has come."""

    ASK = "ask"
    REMIND = "remind"
    REST = "rest"  # nothing to do before its end
    HOLD = "hold"  # the parcel is not there after all: until it is told to be
    DONE = "done"
    END = "end"


@dataclass(frozen=True, slots=True)
class Seen:
    """A question as it stands, with what is true of its order, parcel and merchant."""

    state: str
    void: str = ""  # what speaks against its order
    is_on: bool = True  # the merchant asks
    is_here: bool = True  # the parcel is there
    written: int = 0  # lines of it with a review
    left: int = 1  # lines of it that were kept and have none
    remind_at: datetime | None = None
    reminded_at: datetime | None = None
    ends_at: datetime | None = None


def step_of(seen: Seen, now: datetime) -> tuple[Step, str]:
    """The step, and why it ends. What was asked stays open to be answered for as long as there is something to write about."""
    if not seen.left:
        return (Step.DONE, "") if seen.written else (Step.END, seen.void or Void.REMOVED)
    if seen.void in (Void.CANCELLED, Void.ERASED):
        return Step.END, seen.void
    if seen.state in (RequestState.WAITING, RequestState.DEFERRED):
        return _first_step(seen)
    if seen.ends_at is not None and seen.ends_at <= now:
        return Step.END, Void.OVER
    is_due = seen.remind_at is not None and seen.remind_at <= now and seen.reminded_at is None
    return (Step.REMIND if is_due and seen.is_on and seen.is_here and not seen.void else Step.REST), ""


def _first_step(seen: Seen) -> tuple[Step, str]:
    if seen.void or not seen.is_on:
        return Step.END, seen.void or Void.OFF
    return (Step.ASK if seen.is_here else Step.HOLD), ""


def is_news(delivered_at: datetime, at: datetime) -> bool:
    """Whether a delivery is fresh enough to be asked about."""
    return at - delivered_at <= NEWS


def is_live(state: str, ends_at: datetime | None, now: datetime) -> bool:
    """Whether a question's link still leads to its form."""
    return state != RequestState.ENDED and (ends_at is None or now < ends_at)
