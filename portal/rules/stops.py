"""A journey as a timetable: plain words first, the same news once, the carrier's own text kept beside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby

from django.utils.translation import gettext as _

from portal.rules.causes import cause_words, delayed_words
from portal.rules.clocks import PLACE, Clock, told
from portal.rules.states import parcel_words
from tracking.types import ShipmentStatus as Status

SAME = timedelta(hours=12)  # the same words from the same place within it are one piece of news
WARNING = frozenset({Status.ATTEMPT_FAILED, Status.ON_HOLD})
GRAVE = frozenset({Status.LOST, Status.DAMAGED})


@dataclass(frozen=True, slots=True)
class Seen:
    """One scan as it was recorded."""

    status: str
    at: datetime
    zone: str = ""
    is_zone_assumed: bool = False
    has_time: bool = True
    is_delay: bool = False
    cause: str = ""
    reason: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """One line of the timetable. `at` carries the zone it is told in."""

    at: datetime
    words: str
    why: str = ""
    place: str = ""
    tone: str = "info"
    has_time: bool = True
    is_zone_assumed: bool = False
    texts: tuple[str, ...] = ()
    moved_to: date | None = None

    @property
    def notes(self) -> bool:
        """Whether something has to be said about its time."""
        return self.is_zone_assumed or not self.has_time

    @property
    def is_bare(self) -> bool:
        """Whether it says what happened and nothing else."""
        return not (self.why or self.place or self.texts)

    @property
    def key(self) -> str:
        """Names the line between two looks at the page, so that what the reader opened stays open."""
        return f"{self.at:%Y%m%d%H%M%z}".replace("+", "p").replace("-", "m") + str(len(self.words))


@dataclass(frozen=True, slots=True)
class Telling:
    """How a journey is told: by which clock, in whose words; `here` is the country that needs no naming."""

    clock: Clock
    fallback: tzinfo
    carrier: str = ""
    here: str = ""
    countries: Mapping[str, str] = field(default_factory=dict)


def stops_of(scans: Iterable[Seen], telling: Telling) -> list[Stop]:
    """Newest first. Told twice is told once, at the earliest of its times; the shop's bare word gives way to the carrier's scan."""
    stops = [_stop(scan, telling) for scan in scans]
    told_of = [stop for stop in stops if not stop.is_bare]
    kept = [stop for stop in stops if not (stop.is_bare and any(_is_same(stop, other) for other in told_of))]
    return list(_without_echoes(sorted(kept, key=lambda stop: stop.at, reverse=True)))


def _stop(scan: Seen, telling: Telling) -> Stop:
    # A day without a time is a day wherever it is read: by another clock midnight would become the evening before.
    clock = telling.clock if scan.has_time else Clock(PLACE)
    is_warning = scan.is_delay or scan.status in WARNING
    return Stop(
        at=told(scan.at, clock=clock, zone=scan.zone, fallback=telling.fallback),
        words=delayed_words(scan.cause) if scan.is_delay else stop_words(scan.status, carrier=telling.carrier),
        why=cause_words(scan.cause, scan.reason, carrier=telling.carrier) if is_warning else "",
        place=_place(scan, telling),
        tone="warn" if is_warning else _tone(scan.status),
        has_time=scan.has_time,
        is_zone_assumed=scan.is_zone_assumed and scan.has_time,
        texts=(scan.text,) if scan.text else (),
    )


def _is_same(stop: Stop, other: Stop) -> bool:
    return stop.words == other.words and abs(stop.at - other.at) <= SAME


def _place(scan: Seen, telling: Telling) -> str:
    """`Feucht`, `Jakarta, Indonesia`: the country where it is not the parcel's own, or nothing else is known."""
    near = scan.city or scan.region
    country = telling.countries.get(scan.country, scan.country)
    return near if near and scan.country in ("", telling.here) else ", ".join(part for part in (near, country) if part)


TONES = {Status.DELIVERED: "good", Status.CANCELLED: "idle", Status.UNKNOWN: "idle", **dict.fromkeys(GRAVE, "bad")}


def _tone(status: str) -> str:
    return TONES.get(Status(status), "info")


def stop_words(status: str, *, carrier: str) -> str:
    """What a shopper reads for one scan: as for a parcel, but for what only a moment can say."""
    names = {"carrier": carrier or _("the carrier")}
    return {
        Status.PENDING: _("The parcel is announced"),
        Status.LABEL_CREATED: _("Packed. The label is made, %(carrier)s does not have it yet") % names,
        Status.PICKED_UP: _("Handed to %(carrier)s") % names,
        Status.UNKNOWN: _("News from %(carrier)s") % names,
    }.get(Status(status)) or parcel_words(status)


def _without_echoes(stops: Sequence[Stop]) -> Iterator[Stop]:
    held: Stop | None = None
    for stop in stops:
        if held is not None and _is_echo(held, of=stop):
            held = replace(stop, texts=tuple(dict.fromkeys((*stop.texts, *held.texts))))
            continue
        if held is not None:
            yield held
        held = stop
    if held is not None:
        yield held


def _is_echo(later: Stop, *, of: Stop) -> bool:
    return (later.words, later.why, later.place) == (of.words, of.why, of.place) and later.at - of.at <= SAME and _same_texts(later, of)


def _same_texts(one: Stop, other: Stop) -> bool:
    """Different texts of one code are different news, unless one of them says nothing."""
    return not one.texts or not other.texts or bool(set(one.texts) & set(other.texts))


def by_day(stops: Iterable[Stop]) -> list[tuple[date, list[Stop]]]:
    """Stops grouped by the day their clock shows."""
    return [(day, list(group)) for day, group in groupby(stops, key=lambda stop: stop.at.date())]
