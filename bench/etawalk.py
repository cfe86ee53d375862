"""The walk: day by day over the orders, asking and learning with the product's own rules, each fact at its own time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from bench.etadata import Journey
from tracking.rules.eta import (
    SPAN,
    STILL,
    Drift,
    Effect,
    Estimate,
    Trace,
    Trait,
    Way,
    arrival,
    clock_of,
    door_to_door,
    drift_of,
    expect,
    lane_of,
    measure,
    spell_of,
    teach,
    traits,
    weight_of,
)

MIDNIGHT, BOUGHT, SENT, CAME = range(4)
COUNTRY = "BR"


@dataclass(slots=True)
class Lane:
    """All that is known of one leg, and the legs of the last weeks."""

    leg: str
    known: dict[str, Effect] = field(default_factory=dict)
    drift: Drift = STILL
    recent: list[tuple[float, float | None, Sequence[Trait], str]] = field(default_factory=list)  # start, end, traits, lane


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of one journey at one moment; `risk` grows as the promise leaves less room."""

    journey: Journey
    asked: float
    said: Estimate
    risk: float = 0.0


class Walk:
    """Runs over all journeys once; answers are kept of those asked from `start` to `end`."""

    def __init__(self, journeys: Sequence[Journey], *, start: date, end: date) -> None:
        self.journeys, self.clock = journeys, clock_of(COUNTRY)
        self.start, self.end = start.toordinal(), end.toordinal() + 1
        self.legs = {name: Lane(name) for name in ("handling", "transit")}
        self.purchase: list[Answer] = []
        self.handover: list[Answer] = []

    def run(self) -> None:
        """Everything in the order of its time; what happens at once is asked before it is learned."""
        for moment, kind, place in self._events():
            if moment >= self.end:
                break
            if kind == MIDNIGHT:
                self._refresh(moment)
            else:
                (self._bought, self._sent, self._came)[kind - 1](self.journeys[place])

    def _events(self) -> list[tuple[float, int, int]]:
        events = [(float(day), MIDNIGHT, 0) for day in range(self.start, self.end)]
        for place, one in enumerate(self.journeys):
            events.append((one.bought, BOUGHT, place))
            if one.sent is not None and one.sent >= one.bought:
                events.append((one.sent, SENT, place))
                if one.came is not None and one.came >= one.sent:
                    events.append((one.came, CAME, place))
        return sorted(events)

    def _way(self, leg: str, journey: Journey) -> Way:
        lane = self.legs[leg]
        return Way(spell_of(leg, journey.trip, lane.known, lane.drift), self.clock)

    def _bought(self, one: Journey) -> None:
        self._note("handling", one, one.bought, one.sent)
        if one.bought >= self.start and one.came is not None:
            said = door_to_door(self._way("handling", one), self._way("transit", one), since=one.bought, now=one.bought)
            self.purchase.append(Answer(one, one.bought, said))

    def _sent(self, one: Journey) -> None:
        assert one.sent is not None
        self._teach("handling", one, one.bought, one.sent)
        self._note("transit", one, one.sent, one.came)
        if one.sent >= self.start and one.came is not None:
            way = self._way("transit", one)
            left = self.clock.read(one.estimated.toordinal() + 1) - self.clock.read(one.sent)
            risk = -way.spell.room(left) if left > 0 else 10 - left
            self.handover.append(Answer(one, one.sent, arrival(way, sent=one.sent, now=one.sent), risk))

    def _came(self, one: Journey) -> None:
        assert one.sent is not None
        assert one.came is not None
        self._teach("transit", one, one.sent, one.came)

    def _teach(self, leg: str, one: Journey, start: float, end: float) -> None:
        days = self.clock.read(end) - self.clock.read(start)
        teach(self.legs[leg].known, traits(leg, one.trip), measure(days), end)

    def _note(self, leg: str, one: Journey, start: float, end: float | None) -> None:
        if start >= self.start - SPAN:
            self.legs[leg].recent.append((start, end, traits(leg, one.trip), lane_of(leg, one.trip)))

    def _refresh(self, now: float) -> None:
        for lane in self.legs.values():
            lane.recent = [row for row in lane.recent if row[0] >= now - SPAN]
            lane.drift = drift_of([self._trace(lane, row, now) for row in lane.recent])

    def _trace(self, lane: Lane, row: tuple[float, float | None, Sequence[Trait], str], now: float) -> Trace:
        start, end, own, name = row
        is_open = end is None or end > now
        days = self.clock.read(now if end is None or end > now else end) - self.clock.read(start)
        return Trace(measure(days) - expect(lane.known, own), is_open, weight_of(now - start), name)
