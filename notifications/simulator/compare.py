"""Drafts against what is in force, message by message."""

from collections.abc import Sequence

from notifications.simulator.types import Difference, Letter, Simulated

OUTSIDE = ("send_at", "state", "reason", "style", "language")
INSIDE = ("subject", "text", "html", "segments", "cost")


def compare(*, live: Sequence[Simulated], draft: Sequence[Simulated]) -> list[Difference]:
    """What differs, in the order in which it was decided; a fact only one side tells has no fields."""
    mine, theirs = {one.fact: one for one in live}, {one.fact: one for one in draft}
    rows = sorted({**theirs, **mine}.values(), key=lambda one: (one.decided_at, one.fact))
    found = [_difference(mine.get(one.fact), theirs.get(one.fact)) for one in rows]
    return [one for one in found if one is not None]


def _difference(live: Simulated | None, draft: Simulated | None) -> Difference | None:
    if live is None or draft is None:
        return Difference(live, draft)
    fields = tuple(name for name in OUTSIDE if getattr(live, name) != getattr(draft, name)) + _of_letters(live.letter, draft.letter)
    return Difference(live, draft, fields) if fields else None


def _of_letters(live: Letter, draft: Letter) -> tuple[str, ...]:
    return tuple(name for name in INSIDE if getattr(live, name) != getattr(draft, name))
