"""Questions, reviews and themes as decisions see them: is there still something to ask, is it still so. Pure, and blind to stars."""

from collections.abc import Iterator
from dataclasses import dataclass

from notifications.types import Condition, Kind
from reviews.types import RequestState, ReviewState

ASKS = frozenset({Kind.REVIEW_REQUEST, Kind.REVIEW_REMINDER, Kind.SURVEY})
GONE = frozenset({ReviewState.WITHDRAWN, ReviewState.ERASED})
STANDS = frozenset(ReviewState) - GONE
# The states of a review in which a message of the kind is still true.
TRUE_IN: dict[str, frozenset[ReviewState]] = {
    Kind.REVIEW_PUBLISHED: frozenset({ReviewState.PUBLISHED}),
    Kind.REVIEW_REJECTED: frozenset({ReviewState.REJECTED}),
    Kind.REVIEW_ANSWERED: STANDS,
    Kind.REVIEW_THANKS: frozenset(ReviewState),
}


@dataclass(frozen=True, slots=True)
class Feedback:
    """A question, a review or a raised theme as it stands; `told` is what sets one fact apart from others about the same row."""

    state: str
    told: str = ""
    obstacle: str = ""  # why there is nothing to ask, or what was to be told is gone


def of_feedback(kind: Kind, feedback: Feedback) -> Iterator[Condition]:
    """Whether there is still something to ask or to tell."""
    if kind in ASKS:
        why = feedback.obstacle or ("" if feedback.state == RequestState.ASKED else feedback.state)
        yield Condition("nothing_to_ask", not why, why)
        return
    is_so = kind not in TRUE_IN or feedback.state in TRUE_IN[kind]
    why = feedback.obstacle or ("" if is_so else feedback.state)
    yield Condition("newer_news", not why, why)
