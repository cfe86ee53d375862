"""What a carrier would have told of each Olist parcel between hand-over and delivery, and how a bad feed tells it.

The files hold two times a parcel. The scans between them are made up, the same at every run: their number, hours and places
follow from the parcel's own ids. `chaos` tells the very same scans twice, late and out of order.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracking.types import IncomingScan, Place, ShipmentStatus

GRID = timedelta(minutes=30)  # the replay's workers have a round at these marks of the virtual clock
SWEEP_HOURS = (3, 15)  # local hours at which the replay looks for incidents
HUB = Place(city="Cajamar", region="SP", country="BR")
S = ShipmentStatus
WORDS = {
    "posted": (S.PICKED_UP, "Object posted"),
    "left": (S.IN_TRANSIT, "Object left the unit"),
    "hub": (S.IN_TRANSIT, "Object arrived at the sorting centre"),
    "near": (S.IN_TRANSIT, "Object arrived at the delivery unit"),
    "out": (S.OUT_FOR_DELIVERY, "Object out for delivery"),
    "delivered": (S.DELIVERED, "Object delivered"),
}
# What a shopper is told about: a late word of these would rightly change the messages, so chaos leaves their hour alone.
FACTS = frozenset({"posted", "near", "out", "delivered"})
REPEATED, STALLED = 0.25, 0.3


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel as the files know it; times are naive local ones."""

    order_id: str
    seller: str
    origin: tuple[str, str]  # city, state
    destination: tuple[str, str]
    handed_over: datetime
    delivered: datetime | None


@dataclass(frozen=True, slots=True)
class Word:
    """One scan (`code`, `at`, `place`) and the moment somebody tells it."""

    told_at: datetime
    at: datetime
    code: str
    city: str
    region: str


def dice_of(*names: str) -> random.Random:
    return random.Random(int.from_bytes(hashlib.sha256("/".join(names).encode()).digest()[:8]))


def words_of(parcel: Parcel) -> list[Word]:
    """The parcel's scans in order, each told a moment after it happened."""
    dice = dice_of(parcel.order_id, parcel.seller)
    return [
        Word(at + timedelta(seconds=dice.randrange(5, 90)), at, code, *(place.city, place.region))
        for code, at, place in _scans(parcel, dice)
    ]


def _scans(parcel: Parcel, dice: random.Random) -> Iterator[tuple[str, datetime, Place]]:
    origin, destination = Place(*parcel.origin, country="BR"), Place(*parcel.destination, country="BR")
    start, end = parcel.handed_over, parcel.delivered
    yield "posted", start, origin
    if end is None:
        yield "left", start + timedelta(hours=dice.uniform(2, 10)), origin
        return
    gap = end - start
    if gap > timedelta(days=1):
        yield "left", start + timedelta(hours=dice.uniform(1, 8)), origin
        if gap > timedelta(days=3):
            yield "hub", start + gap * dice.uniform(0.3, 0.5), HUB
        yield "near", end - timedelta(hours=dice.uniform(11, 16)), destination
    if gap > timedelta(hours=8):
        yield "out", end - timedelta(hours=dice.uniform(2, 6)), destination
    if gap > timedelta():  # a few were "delivered" before they were handed over: the carrier would say so as well
        yield "delivered", end, destination
    else:
        yield "delivered", start + timedelta(minutes=1), destination


def chaos(words: list[Word], dice: random.Random) -> list[Word]:
    """The same scans told badly: some twice, days later; what no message hangs on late, so that it comes after newer news.

    Nobody is told late across a look for incidents, and facts stay in their own round: what is compared is the handling of
    order and repetition, and whoever hears of a delivery a day late must not be told the same as who hears it at once.
    """
    told: list[Word] = []
    for word in words:
        moved = word
        if word.code not in FACTS and dice.random() < STALLED:
            moved = _told(word, word.told_at + (_next_sweep(word.told_at) - word.told_at) * dice.uniform(0, 0.99))
        elif dice.random() < STALLED:
            moved = _told(word, word.told_at + (mark_after(word.told_at) - word.told_at) * dice.uniform(0, 0.9))
        told.append(moved)
        if dice.random() < REPEATED:
            told.append(_told(word, moved.told_at + timedelta(minutes=dice.uniform(1, 10 * 24 * 60))))
    return told


def _told(word: Word, at: datetime) -> Word:
    return Word(at.replace(microsecond=0), word.at, word.code, word.city, word.region)


def mark_after(at: datetime) -> datetime:
    """The next mark of the grid."""
    start = at.replace(minute=0, second=0, microsecond=0)
    return start + GRID * ((at - start) // GRID + 1)


def _next_sweep(at: datetime) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    marks = [day + timedelta(days=d, hours=h) for d in (0, 1) for h in SWEEP_HOURS]
    return next(mark for mark in marks if mark > at)


def sweeps_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every look for incidents after `start` up to `end`."""
    at = _next_sweep(start)
    while at <= end:
        yield at
        at = _next_sweep(at)


def scan_of(word: Word, zone: str, at: datetime) -> IncomingScan:
    """The word as a connector would hand it over; `at` is its time as an instant."""
    status, text = WORDS[word.code]
    return IncomingScan(
        status=status, at=at, raw_code=word.code, text=text, zone=zone, place=Place(city=word.city, region=word.region, country="BR")
    )
