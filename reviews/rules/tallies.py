"""What one review adds to the sums of its product and of the fairness page, and the steps from what they hold to what they should."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from reviews.types import Fit, Origin, ReviewState

Step = tuple[str, str, int]  # product, what is counted, how much
Cell = tuple[str, int, str, str, str, bool, bool]  # month, stars, state, ground, origin, verified, incentivised
STARS = (1, 2, 3, 4, 5)
LANGUAGE = "language:"  # before the language a step counts


@dataclass(frozen=True, slots=True)
class Facts:
    """One review as far as it is counted."""

    product_key: str
    stars: int
    state: str
    ground: str
    origin: str
    is_verified: bool
    is_incentivised: bool
    has_photos: bool
    fit: str
    language: str
    month: date


def counted_of(facts: Facts) -> dict[str, Any]:
    """What the sums are to hold of it. Only what is published is in a product's score; what is erased is nowhere."""
    if facts.state == ReviewState.ERASED:
        return {}
    row = [facts.month.isoformat(), facts.stars, facts.state, facts.ground, facts.origin, facts.is_verified, facts.is_incentivised]
    if facts.state != ReviewState.PUBLISHED:
        return {"cell": row}
    is_bought = facts.is_verified and facts.origin != Origin.IMPORT  # the words of a file are nobody's we know
    return {"cell": row, "score": [facts.product_key, facts.stars, is_bought, facts.has_photos, facts.fit, facts.language]}


@dataclass(frozen=True, slots=True)
class Moves:
    """Steps of both sums; what comes to nothing is left out."""

    scores: dict[str, dict[str, int]]
    cells: dict[Cell, int]


def moves(pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Moves:
    """From what the sums hold of each review to what they should hold."""
    scores: Counter[tuple[str, str]] = Counter()
    cells: Counter[Cell] = Counter()
    for before, after in pairs:
        for held, sign in ((before, -1), (after, 1)):
            for key, name in _score_steps(held.get("score")):
                scores[key, name] += sign
            if held.get("cell"):
                month, stars, state, ground, origin, verified, incentivised = held["cell"]
                cells[month, stars, state, ground, origin, verified, incentivised] += sign
    by_key: dict[str, dict[str, int]] = {}
    for (key, name), step in sorted(scores.items()):
        if step:
            by_key.setdefault(key, {})[name] = step
    return Moves(by_key, {cell: step for cell, step in sorted(cells.items()) if step})


def _score_steps(held: Any) -> Iterable[tuple[str, str]]:
    if not held:
        return
    key, stars, verified, photos, fit, language = held
    yield key, "n"
    yield key, f"n{stars}"
    if verified:
        yield key, "verified"
    if photos:
        yield key, "photos"
    if fit in Fit.values:
        yield key, fit
    if language:
        yield key, f"{LANGUAGE}{language}"


def mean(counts: Iterable[int]) -> float:
    """The plain mean of counts of 1, 2, 3, 4 and 5 stars; 0 of none. Nothing is weighed, nothing left out."""
    each = list(counts)
    n = sum(each)
    return sum(stars * count for stars, count in zip(STARS, each, strict=True)) / n if n else 0.0
