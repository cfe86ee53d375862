"""Which states of a message may follow which, and where an outcome leads."""

import random
from dataclasses import dataclass, field
from datetime import datetime

from events.queue import MAX_ATTEMPTS, backoff
from notifications.registry import entry_of
from notifications.types import Accepted, Condition, MessageState, NotAccepted, Outcome, Refused, Unknown

S = MessageState
FINAL = frozenset({S.DELIVERED, S.BOUNCED, S.SUPPRESSED, S.EXPIRED, S.CANCELLED, S.FAILED, S.DEAD})

GRACE, BETWEEN_LOOKUPS = 120.0, 60.0  # seconds: a callback mostly comes first; providers' lists lag behind
MAX_LOOKUPS = 2
RETRY_AFTER_MIN, RETRY_AFTER_MAX = 1.0, 3600.0
# We were stopped longer than the lease: somebody else may have the message by now. Nothing was sent from here.
LEASE_ENDED = NotAccepted("the lease ended before the call", retry_after=1, blames_account=False)
STOPPED = "21610"  # Twilio: the recipient answered STOP


@dataclass(frozen=True, slots=True)
class Step:
    """The next state of a message, why, and in how many seconds it is due again."""

    state: str
    reason: str = ""
    wait: float = 0.0
    error: str = ""
    refunds_attempt: bool = False
    asked: tuple[Condition, ...] = field(default=(), compare=False)  # what the last check asked, when it stopped the message
    send_at: datetime | None = field(default=None, compare=False)  # when it waits for an hour: which


OTHER_ACCOUNT = "other_account"  # why a message waits that the next account is to try at once


def after(outcome: Outcome, *, attempts: int, has_other: bool = False) -> Step:
    """Where a message in `sending` goes with the adapter's answer; `has_other`: another account may try it."""
    match outcome:
        case Accepted(is_delivered=delivered):
            return Step(S.DELIVERED if delivered else S.SENT)
        case Refused(code=code) if code == STOPPED:
            return Step(S.SUPPRESSED, "suppressed", error=f"{code} {outcome.detail}".strip())
        case Refused(code=code):
            return Step(S.FAILED, "refused", error=f"{code} {outcome.detail}".strip())
        case NotAccepted(detail=detail) if has_other and outcome is not LEASE_ENDED:
            return Step(S.PENDING, OTHER_ACCOUNT, error=detail, refunds_attempt=True)
        case NotAccepted(detail=detail) if attempts >= MAX_ATTEMPTS:
            return Step(S.DEAD, "attempts_used_up", error=detail)
        case NotAccepted(detail=detail, retry_after=seconds):
            return Step(S.PENDING, "not_accepted", _wait(seconds, attempts), detail)
        case Unknown(detail=detail):
            return Step(S.UNKNOWN, "outcome_unknown", GRACE, detail)


def _wait(seconds: float | None, attempts: int) -> float:
    if seconds is None:
        return backoff(attempts).total_seconds()
    # A little later than told, so that a thousand messages do not come back in the same instant.
    return clamp(seconds) * random.uniform(1, 1.1)


def clamp(seconds: float) -> float:
    """A provider's Retry-After, not shorter than a second and not longer than an hour."""
    return min(RETRY_AFTER_MAX, max(RETRY_AFTER_MIN, seconds))


def composing_failed(error: str, *, attempts: int) -> Step:
    """Where a message goes that could not be rendered."""
    if attempts >= MAX_ATTEMPTS:
        return Step(S.DEAD, "not_composed", error=error)
    return Step(S.PENDING, "not_composed", backoff(attempts).total_seconds(), error)


def settle(*, found: bool, lookups: int, can_search: bool, is_mandatory: bool, was_resent: bool, kind: str, attempts: int = 1) -> Step:
    """Where a message of unknown outcome goes after the grace time or a look-up."""
    if found:
        return Step(S.SENT)
    if can_search and lookups < MAX_LOOKUPS:
        return Step(S.UNKNOWN, "outcome_unknown", BETWEEN_LOOKUPS)
    # A provider that was asked twice and holds nothing took nothing: it is tried on like after any failure. One that cannot be
    # asked, once more. Whoever waits for a code asks for a new one; a second code would make the first one wrong.
    may_try = attempts < MAX_ATTEMPTS if can_search else not was_resent
    if is_mandatory and may_try and not entry_of(kind).opens:
        return Step(S.PENDING, "resend_after_unknown")
    return Step(S.DEAD, "outcome_unknown")


# Why a message of a restored database stands in doubt: to be looked up; not with its provider; with one that cannot be asked.
RESTORED, RESTORED_ABSENT, RESTORED_UNSURE = "restored", "restored_absent", "restored_unsure"
IN_RESTORE = (RESTORED, RESTORED_ABSENT, RESTORED_UNSURE)
UNTIL_RELEASED = 86_400.0  # seconds; looked up again each day as long as nobody lets it go


def settle_restored(*, found: bool, lookups: int, can_search: bool) -> Step:
    """Where a message goes that may have been sent before the database was restored: never out again by itself."""
    if found:
        return Step(S.SENT)
    if not can_search:
        return Step(S.UNKNOWN, RESTORED_UNSURE, UNTIL_RELEASED)
    if lookups < MAX_LOOKUPS:
        return Step(S.UNKNOWN, RESTORED, BETWEEN_LOOKUPS)
    return Step(S.UNKNOWN, RESTORED_ABSENT, UNTIL_RELEASED)


# What a provider's word may follow. A late "sent" never overwrites "delivered"; a message given up because nobody knew
# may still turn out well.
FOLLOWS: dict[str, frozenset[str]] = {
    S.SENT: frozenset({S.SENDING, S.UNKNOWN, S.DEAD}),
    S.DELIVERED: frozenset({S.SENDING, S.UNKNOWN, S.DEAD, S.SENT}),
    S.BOUNCED: frozenset({S.SENDING, S.UNKNOWN, S.DEAD, S.SENT}),
    S.FAILED: frozenset({S.SENDING, S.UNKNOWN, S.SENT}),
}


def may_follow(new: str, *, current: str, is_possible_duplicate: bool) -> bool:
    """Forward only. Word of the first try also settles a resend that has not left yet."""
    if is_possible_duplicate and current in (S.PENDING, S.LEASED):
        return new in (S.SENT, S.DELIVERED, S.BOUNCED)
    return current in FOLLOWS.get(new, frozenset())
