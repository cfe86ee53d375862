"""What the parcels of the last weeks say beyond the learned effects, those still under way included.

Of parcels handed over lately only the fast ones have arrived, so their times alone look too good. A parcel under way tells that it
takes longer than its age; both kinds are weighed together: a censored logistic fit for the shift, Kaplan and Meier's estimate for
the spread.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log

HALF_LIFE, SPAN = 4.35, 22.0  # days since a leg began: half its weight, and no longer looked at
WIDTH = 0.22  # of the logistic curve
LOOSE, LANE_LOOSE = 0.3, 0.25  # how far the shift of all, and of one lane besides, may lie from none
STEP, ROUNDS = 0.3, 5
SHARES = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
PRIOR = 20.0  # parcels' worth of the usual curve in each spread


@dataclass(frozen=True, slots=True)
class Trace:
    """A leg of the last weeks: how far its measure lies above the expected one, or at least lies while it is open."""

    gap: float
    is_open: bool
    weight: float
    lane: str


@dataclass(frozen=True, slots=True)
class Drift:
    """What to add to an expected measure, for all and for some lanes besides, and how far parcels lie around it (by SHARES)."""

    shift: float
    lanes: dict[str, float]
    curve: tuple[float, ...]


def weight_of(age: float) -> float:
    """Weight of a leg that began so many days ago."""
    return float(0.5 ** (age / HALF_LIFE))


def logit(share: float) -> float:
    return log(share / (1 - share))


USUAL = tuple(WIDTH * logit(share) for share in SHARES)
STILL = Drift(0.0, {}, USUAL)


def drift_of(traces: Sequence[Trace]) -> Drift:
    """Shift and spread of what is going on now; none at all without parcels."""
    if not traces:
        return STILL
    shift = _shift([(trace.gap, trace.is_open, trace.weight) for trace in traces], LOOSE)
    groups: dict[str, list[tuple[float, bool, float]]] = {}
    for trace in traces:
        groups.setdefault(trace.lane, []).append((trace.gap - shift, trace.is_open, trace.weight))
    lanes = {lane: _shift(rows, LANE_LOOSE) for lane, rows in groups.items()}
    rest = [(trace.gap - shift - lanes[trace.lane], trace.is_open, trace.weight) for trace in traces]
    return Drift(shift, lanes, curve_of(rest))


def _shift(rows: Sequence[tuple[float, bool, float]], loose: float) -> float:
    """The likeliest shift of logistic gaps, some known only as a lower bound; drawn to none as if by a normal prior."""
    shift = 0.0
    for _ in range(ROUNDS):
        slope, bend = -shift / loose**2, 1 / loose**2
        for gap, is_open, weight in rows:
            passed = 1 / (1 + exp(min((shift - gap) / WIDTH, 500.0)))
            slope += weight * (passed if is_open else 2 * passed - 1) / WIDTH
            bend += weight * (1 if is_open else 2) * passed * (1 - passed) / WIDTH**2
        shift += min(max(slope / bend, -STEP), STEP)
    return shift


def curve_of(rows: Iterable[tuple[float, bool, float]]) -> tuple[float, ...]:
    """Where each of SHARES of the gaps lies, drawn to the usual curve when there are few."""
    ordered = sorted(rows)
    total = sum(weight for *_, weight in ordered)
    seen = _kaplan_meier(ordered, total)
    return tuple((total * own + PRIOR * usual) / (total + PRIOR) for own, usual in zip(seen, USUAL, strict=True))


def _kaplan_meier(ordered: Sequence[tuple[float, bool, float]], total: float) -> list[float]:
    """Gaps below which each share lies; past the last one known the curve goes on like the usual one."""
    found: list[float] = []
    there, left = 1.0, total
    for gap, is_open, weight in ordered:
        if not is_open:
            there *= 1 - weight / max(left, weight)
        left -= weight
        while len(found) < len(SHARES) and 1 - there >= SHARES[len(found)]:
            found.append(gap)
    while len(found) < len(SHARES):
        place = len(found)
        found.append(found[-1] + USUAL[place] - USUAL[place - 1] if found else USUAL[place])
    return found
