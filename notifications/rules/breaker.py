"""When an account is left alone because its calls keep failing, and what an outcome says about the account."""

from collections.abc import Iterable
from dataclasses import dataclass

from notifications.types import NotAccepted, Outcome, Unknown

OPENS_AT = 5  # failures in a row
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 900.0
MOST_COUNTED = OPENS_AT + 8  # beyond, the pause grows no more


@dataclass(frozen=True, slots=True)
class Health:
    """Failures in a row, and for how many seconds the account is not called from now on (0: go on)."""

    failures: int
    pause: float = 0.0

    @property
    def is_broken(self) -> bool:
        return self.failures >= OPENS_AT


def speaks_of_account(outcome: Outcome) -> bool:
    """Whether an outcome is the account's failure: an answer about the recipient or the message is none, nor is "later, please"."""
    return isinstance(outcome, Unknown) or (isinstance(outcome, NotAccepted) and outcome.blames_account and outcome.retry_after is None)


def after_calls(health: Health, outcomes: Iterable[Outcome], *, is_trial: bool) -> Health:
    """The account's health after these calls, in their order.

    Once open, only the one message let through on trial counts: calls still under way when it opened would double the
    pause for one and the same outage.
    """
    if health.is_broken and not is_trial:
        return health
    failures = health.failures
    for outcome in outcomes:
        if speaks_of_account(outcome):
            failures += 1
        elif not isinstance(outcome, NotAccepted):
            failures = 0
    has_failed = failures > health.failures
    failures = min(failures, MOST_COUNTED if health.is_broken else OPENS_AT)
    is_open = has_failed and failures >= OPENS_AT
    return Health(failures, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - OPENS_AT)) if is_open else 0.0)
