"""When somebody is unhappy enough that a person answers, and by when.

Reasons are kept as lists: what was rated (`product`, `delivery`, `service`, `survey`, or `note`: the author wrote in private), value,
out of, what it is about (an area), and of a survey the question.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from reviews.types import ThemeArea

LOW_STARS = 2
MOST_STARS = 5
HIGHEST = {"csat": 5, "nps": 10, "ces": 7}
NOTE = "note"
Reason = list[Any]


def of_review(stars: int, area: str = "") -> list[Reason]:
    """Why a review is to be answered. `area` is what its words are about, when that could be told: a late parcel is none of the product."""
    return [["product", stars, MOST_STARS, area or ThemeArea.PRODUCT.value]] if stars <= LOW_STARS else []


def of_parcel(delivery: int | None, service: int | None) -> list[Reason]:
    """Why the stars of a parcel are to be answered."""
    told = ((ThemeArea.DELIVERY, delivery), (ThemeArea.SERVICE, service))
    return [[area.value, stars, MOST_STARS, area.value] for area, stars in told if stars is not None and stars <= LOW_STARS]


def of_answer(scores: Sequence[tuple[str, str, int | None, int | None]]) -> list[Reason]:
    """Why the answers of a survey are to be looked at: (question, kind, value, the highest that is low; None: never low) each."""
    return [
        ["survey", value, HIGHEST[kind], area_of_question(question), question]
        for question, kind, value, low in scores
        if value is not None and low is not None and kind in HIGHEST and value <= low
    ]


def area_of_question(question: str) -> str:
    """What a question is about, by its key, as the shipped surveys name them."""
    return question if question in (ThemeArea.PRODUCT, ThemeArea.DELIVERY) else ThemeArea.SERVICE.value


def is_worse(before: Sequence[Reason], now: Sequence[Reason]) -> bool:
    """Whether something is low that was not, or lower than it was: what was solved begins anew then."""
    known = {_what(reason): reason[1] for reason in before}
    return any(_what(reason) not in known or _number(reason[1]) < _number(known[_what(reason)]) for reason in now)


def _what(reason: Reason) -> tuple[Any, ...]:
    return (reason[0], *reason[4:])


def joined(before: Sequence[Reason], now: Sequence[Reason]) -> list[Reason]:
    """The stars as they are now; that the author wrote in private stays."""
    notes = [reason for reason in before if reason[0] == NOTE]
    return [*(list(reason) for reason in now), *([] if any(reason[0] == NOTE for reason in now) else notes)]


def _number(value: Any) -> int:
    return 0 if value is None else int(value)


def answer_by(at: datetime, hours: int) -> datetime:
    """Until when the shopper is to have an answer."""
    return at + timedelta(hours=hours)
