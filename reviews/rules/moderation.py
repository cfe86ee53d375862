"""When a review is published, and which step may follow which. Nothing here knows how content an author is."""

from collections.abc import Collection

from reviews.types import Moderation, PhotoState, ReviewState, Step

# What may become of a review; what an author took back comes back by writing anew.
NEXT: dict[str, frozenset[str]] = {
    ReviewState.PENDING: frozenset({ReviewState.PUBLISHED, ReviewState.REJECTED, ReviewState.WITHDRAWN}),
    ReviewState.PUBLISHED: frozenset({ReviewState.PENDING, ReviewState.REJECTED, ReviewState.WITHDRAWN}),
    ReviewState.REJECTED: frozenset({ReviewState.PENDING, ReviewState.PUBLISHED, ReviewState.WITHDRAWN}),
    ReviewState.WITHDRAWN: frozenset(),
    ReviewState.ERASED: frozenset(),
}
LIVING = frozenset(state for state, after in NEXT.items() if after)
# After one of these a person has to look again, whatever the checks say.
NEEDS_EYES = frozenset({Step.REJECTED, Step.RESTORED})


def may_become(now: str, then: str) -> bool:
    return then in NEXT[now]


def settled_as(*, moderation: str, flags: Collection[object], decided: str) -> ReviewState:
    """Published or waiting. `decided`: the last step staff took with it."""
    if decided in NEEDS_EYES or flags or moderation == Moderation.ALL:
        return ReviewState.PENDING
    return ReviewState.PUBLISHED


def is_shown(*, review: str, photo: str, is_consented: bool) -> bool:
    """Whether a picture may be seen by everybody."""
    return review == ReviewState.PUBLISHED and photo == PhotoState.PUBLISHED and is_consented
