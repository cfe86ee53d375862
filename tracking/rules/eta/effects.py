"""What lengthens or shortens a leg: one small number per trait, learned parcel by parcel.

The logarithm of a leg's working days is the sum of its traits' effects. Each effect knows how doubtful it is; what a finished leg
teaches is shared out by doubt, so that a new carrier learns fast and an old one slowly. Doubt grows with the days, up to where it
began: that is how the past is forgotten. A trait never seen adds nothing, which is the shrinkage to the wider ones.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from math import exp, log, tanh
from typing import NamedTuple

NOISE = 0.54  # how far single parcels of one kind lie apart, in the logarithm
OFFSET = 0.8  # working days added before the logarithm, so that same-day legs are not infinitely fast
LEAST = 0.05


class Trait(NamedTuple):
    """One thing a parcel shares with others: its key, how far such effects lie apart, how fast they move per day."""

    key: str
    spread: float
    drift: float


@dataclass(slots=True)
class Effect:
    """What is known of one trait."""

    mean: float = 0.0
    doubt: float = 0.0  # variance when last moved
    moved: float = 0.0  # moment of that
    count: int = 0


def measure(days: float) -> float:
    """Working days as the effects count them."""
    return log(max(days, LEAST) + OFFSET)


def days_from(measured: float) -> float:
    """The working days behind a measure."""
    return max(exp(min(measured, 7.0)) - OFFSET, LEAST)


def expect(known: Mapping[str, Effect], traits: Sequence[Trait]) -> float:
    """The measure to expect of a leg with these traits."""
    return sum(effect.mean for trait in traits if (effect := known.get(trait.key)) is not None)


def doubt_at(effect: Effect, trait: Trait, moment: float) -> float:
    """How doubtful an effect has become by a moment; never more than before anything was learned."""
    if not effect.count:
        return trait.spread**2
    return min(effect.doubt + trait.drift**2 * max(moment - effect.moved, 0.0), trait.spread**2)


def teach(known: MutableMapping[str, Effect], traits: Sequence[Trait], measured: float, moment: float) -> None:
    """Let a finished leg move the effects of its traits. One strange parcel moves them no more than a slow one."""
    pull = 2 * NOISE * tanh((measured - expect(known, traits)) / (2 * NOISE))
    effects = [known.setdefault(trait.key, Effect()) for trait in traits]
    doubts = [doubt_at(effect, trait, moment) for effect, trait in zip(effects, traits, strict=True)]
    total = NOISE**2 + sum(doubts)
    for effect, doubt in zip(effects, doubts, strict=True):
        effect.mean += doubt / total * pull
        effect.doubt = doubt * (1 - doubt / total)
        effect.moved = max(moment, effect.moved)
        effect.count += 1
