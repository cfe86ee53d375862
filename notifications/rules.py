"""Pure decisions of the message road: send or not, still send or not, and which states may follow which."""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from events.queue import MAX_ATTEMPTS, backoff
from notifications.registry import Entry
from notifications.types import (
    Accepted,
    Condition,
    Decision,
    Kind,
    MessageState,
    NotAccepted,
    Outcome,
    Refused,
    Send,
    Skip,
    Unknown,
)
from tracking.types import ShipmentStatus

S = MessageState
FINAL = frozenset({S.DELIVERED, S.BOUNCED, S.SUPPRESSED, S.EXPIRED, S.CANCELLED, S.FAILED, S.DEAD})

GRACE, BETWEEN_LOOKUPS = 120.0, 60.0  # seconds: a callback mostly comes first; providers' lists lag behind
MAX_LOOKUPS = 2
RETRY_AFTER_MIN, RETRY_AFTER_MAX = 1.0, 3600.0
NO_PROVIDER_WAIT = 15 * 60.0
STOPPED = "21610"  # Twilio: the recipient answered STOP


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one message on one channel when it is decided, and again when it is about to be sent."""

    entry: Entry
    channel: str
    recipient: str
    suppressed: str = ""  # reason, or ""
    is_on: bool = True
    is_order_cancelled: bool = False
    is_order_abandoned: bool = False  # neither confirmed nor paid: to the shopper it never was an order
    is_shipment_delivered: bool = False
    is_history: bool = False  # it happened before the order was imported
    is_told: bool = False
    status: str = ""  # of the parcel, now
    is_incident_over: bool = False
    is_silent: bool = False  # silence is the news, whatever the parcel's last word was
    is_overtaken: bool = False  # newer news of the parcel took its place
    is_day_over: bool = False  # it speaks of a day that has ended


def conditions(facts: Facts) -> tuple[Condition, ...]:
    """Every condition that concerns the message, in the order in which the first that fails gives the reason."""
    entry = facts.entry
    return (
        Condition("merchant_off", facts.is_on or not entry.is_switchable, "" if facts.is_on else "switched off"),
        Condition("imported_history", not facts.is_history, "happened before the import" if facts.is_history else ""),
        Condition("already_told", not facts.is_told, "the same fact was told to another address" if facts.is_told else ""),
        *_of_kind(facts),
        Condition("no_email" if facts.channel == "email" else "no_phone", bool(facts.recipient)),
        Condition("suppressed", not facts.suppressed, facts.suppressed),
        Condition("marketing_consent", True, "not needed: about the shopper's own order or sign-in"),
    )


def _of_kind(facts: Facts) -> Iterator[Condition]:
    if facts.entry.is_void_when_cancelled:
        yield Condition("order_cancelled", not facts.is_order_cancelled)
    if facts.entry.kind == Kind.CANCELLATION:
        yield Condition("never_confirmed", not facts.is_order_abandoned)
    if facts.entry.kind == Kind.DISPATCH:
        yield Condition("already_delivered", not facts.is_shipment_delivered)
    if facts.entry.weight or facts.entry.is_void_when_resolved:
        newer = newer_news(facts)
        yield Condition("newer_news", not newer, newer)


def newer_news(facts: Facts) -> str:
    """What makes the news untrue or stale by now; empty when they still hold."""
    entry = facts.entry
    if facts.is_overtaken:
        return "newer news of the parcel"
    if facts.is_incident_over and entry.is_void_when_resolved:
        return "the trouble is over"
    is_true = facts.status in entry.true_in or (facts.is_silent and facts.status == ShipmentStatus.OUT_FOR_DELIVERY)
    return f"the parcel is {facts.status}" if entry.true_in and facts.status and not is_true else ""


def decide(facts: Facts) -> Decision:
    """Send when every condition holds, else Skip with the first that does not."""
    results = conditions(facts)
    failed = next((result.condition for result in results if not result.ok), None)
    return Send(results) if failed is None else Skip(failed, results)


@dataclass(frozen=True, slots=True)
class Step:
    """The next state of a message, why, and in how many seconds it is due again."""

    state: str
    reason: str = ""
    wait: float = 0.0
    error: str = ""
    refunds_attempt: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """Whether a message's channel is open: an account, a sender, and a provider that has not asked to be left alone."""

    has_account: bool = True
    has_sender: bool = True
    pause: float = 0.0  # seconds


def recheck(facts: Facts, way: Way, *, not_after: datetime | None, now: datetime) -> Step | None:
    """What stops a decided message at the last moment; None when nothing does."""
    if not_after is not None and not_after < now:
        return Step(S.EXPIRED, "too_late")
    if facts.is_day_over:
        return Step(S.EXPIRED, "day_over")
    failed = next((result.condition for result in conditions(facts) if not result.ok), None)
    if failed in ("order_cancelled", "already_delivered", "newer_news"):
        return Step(S.CANCELLED, failed)
    if failed is not None:
        return Step(S.SUPPRESSED, failed)
    if not way.has_account:
        return Step(S.PENDING, "no_provider", NO_PROVIDER_WAIT, refunds_attempt=True)
    if not way.has_sender:
        return Step(S.PENDING, "no_sender", NO_PROVIDER_WAIT, refunds_attempt=True)
    if way.pause > 0:
        return Step(S.PENDING, "provider_asks_to_wait", way.pause * random.uniform(1, 1.1), refunds_attempt=True)
    return None


def after(outcome: Outcome, *, attempts: int) -> Step:
    """Where a message in `sending` goes with the adapter's answer."""
    match outcome:
        case Accepted(is_delivered=delivered):
            return Step(S.DELIVERED if delivered else S.SENT)
        case Refused(code=code) if code == STOPPED:
            return Step(S.SUPPRESSED, "suppressed", error=f"{code} {outcome.detail}".strip())
        case Refused(code=code):
            return Step(S.FAILED, "refused", error=f"{code} {outcome.detail}".strip())
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


def settle(*, found: bool, lookups: int, can_search: bool, is_mandatory: bool, was_resent: bool, kind: str) -> Step:
    """Where a message of unknown outcome goes after the grace time or a look-up."""
    if found:
        return Step(S.SENT)
    if can_search and lookups < MAX_LOOKUPS:
        return Step(S.UNKNOWN, "outcome_unknown", BETWEEN_LOOKUPS)
    # Whoever waits for a code asks for a new one; a second code would make the first one wrong.
    if is_mandatory and not was_resent and kind != Kind.SIGN_IN:
        return Step(S.PENDING, "resend_after_unknown")
    return Step(S.DEAD, "outcome_unknown")


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


MAX_NAME = 64


def is_clean_header(*values: str) -> bool:
    """False when a value would start a new header or end this one: line breaks, other controls, Unicode separators."""
    return not any(unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for value in values for char in value)


def display_name(name: str) -> str:
    """The name beside an address, without what could be read as another address or header; cut to 64 characters."""
    clean = "".join(" " if char in '@<>"\\' or not is_clean_header(char) else char for char in name)
    return " ".join(clean.replace("=?", "= ?").split())[:MAX_NAME]


def not_after(entry: Entry, at: datetime) -> datetime:
    """When a message decided upon something of `at` is too late."""
    return at + entry.lifetime


def dedupe_key(entry: Entry, subject_id: int, channel: str, recipient_hash: str, part: str = "") -> str:
    """`kind:subject:transition:channel:recipient`; `part` tells facts about one subject apart."""
    return f"{fact_key(entry, subject_id, channel, part)}:{recipient_hash[:16] or 'none'}"


def fact_key(entry: Entry, subject_id: int, channel: str, part: str = "") -> str:
    """The part of the key that does not depend on whom we tell."""
    return f"{entry.kind}:{entry.subject}{subject_id}:{entry.transition}{f'-{part}' if part else ''}:{channel}"


def told_day(expected_by: date | None, news_by: date | None) -> str:
    """What is told as it stands in a key: that it comes by a day is another thing than that there are news by that day."""
    return expected_by.isoformat() if expected_by else f"news {news_by.isoformat()}" if news_by else "open"


def told_part(day: str, told: Sequence[str]) -> str:
    """The part for a day told of an incident: what was told last is told once, what was taken back may be told again."""
    if told and told[-1].partition("~")[0] == day:
        return told[-1]
    times = sum(part.partition("~")[0] == day for part in told)
    return f"{day}~{times + 1}" if times else day


def reasons_as_json(results: Sequence[Condition]) -> list[dict[str, object]]:
    """The form in which a decision is stored."""
    return [{"condition": result.condition, "ok": result.ok, "detail": result.detail} for result in results]
