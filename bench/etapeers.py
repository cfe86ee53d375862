"""Peers walked over the same days: what a shop does without a model. They know each fact from its own time on, too."""

from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence

from bench.etadata import Journey
from bench.etawalk import Answer

WINDOW, STRENGTH = 60, 10.0


class Lanes:
    """Days of arrived parcels by lane: of all times, or of the last `window` days and drawn to the state's median."""

    def __init__(self, window: int | None = None) -> None:
        self.window = window
        self.days: dict[str, list[float]] = defaultdict(list)
        self.arrived: deque[tuple[float, tuple[str, ...], float]] = deque()

    def learn(self, one: Journey, days: float, at: float) -> None:
        keys = (one.trip.lane, one.trip.to, "")
        self.arrived.append((at, keys, days))
        for key in keys:
            insort(self.days[key], days)

    def forget(self, now: float) -> None:
        while self.window is not None and self.arrived and self.arrived[0][0] < now - self.window:
            _, keys, days = self.arrived.popleft()
            for key in keys:
                del self.days[key][bisect_left(self.days[key], days)]

    def median(self, one: Journey) -> float:
        """The lane's own; drawn to the state's when there is a window, which stands in for an empty lane too."""
        lane, state, every = (self.days[key] for key in (one.trip.lane, one.trip.to, ""))
        wide = _middle(state or every)
        if not lane:
            return wide
        return (len(lane) * _middle(lane) + STRENGTH * wide) / (len(lane) + STRENGTH) if self.window else _middle(lane)

    def tail(self, one: Journey, days: float) -> float:
        """The share of the lane's parcels that took longer, drawn to the share of all."""
        lane, every = self.days[one.trip.lane], self.days[""]
        wide = _beyond(every, days) / max(len(every), 1)
        return (_beyond(lane, days) + 2 * STRENGTH * wide) / (len(lane) + 2 * STRENGTH)


def _middle(days: Sequence[float]) -> float:
    half = len(days) // 2
    return (days[half] if len(days) % 2 else (days[half - 1] + days[half]) / 2) if days else 0.0


def _beyond(days: Sequence[float], limit: float) -> int:
    return len(days) - bisect_left(days, limit)


def peers(journeys: Sequence[Journey], answers: Sequence[Answer], *, leg: str) -> dict[str, list[float]]:
    """Name -> predicted moment for each answer's journey; `lane_tail` holds risks. `leg`: "purchase" or "handover"."""
    arrived = deque(sorted(_legs(journeys, leg), key=lambda row: row[2]))
    ever, lately = Lanes(), Lanes(WINDOW)
    found = {name: [0.0] * len(answers) for name in ("estimate", "lane_median", "lane_60d_shrunk", "lane_tail")}
    for place in sorted(range(len(answers)), key=lambda place: answers[place].asked):
        asked, one = answers[place].asked, answers[place].journey
        while arrived and arrived[0][2] <= asked:
            row = arrived.popleft()
            ever.learn(*row)
            lately.learn(*row)
        lately.forget(asked)
        left = one.estimated.toordinal() + 1 - asked
        found["estimate"][place] = one.estimated.toordinal()
        found["lane_median"][place] = asked + ever.median(one)
        found["lane_60d_shrunk"][place] = asked + lately.median(one)
        found["lane_tail"][place] = ever.tail(one, left) if left > 0 else 1 - left
    return found


def _legs(journeys: Iterable[Journey], leg: str) -> Iterator[tuple[Journey, float, float]]:
    """Journeys that arrived: days taken, moment of arrival."""
    for one in journeys:
        start = one.bought if leg == "purchase" else one.sent
        if start is not None and one.came is not None and one.came >= start:
            yield one, one.came - start, one.came
