"""Send or not and when, and still send or not: every condition is asked and kept."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from customers.types import Standing
from notifications.registry import Entry
from notifications.rules.asks import Ask, of_ask
from notifications.rules.caps import Recent, within_caps
from notifications.rules.cases import Case, of_case
from notifications.rules.consent import allowed
from notifications.rules.feedback import Feedback, of_feedback
from notifications.rules.guard import PATIENCE, not_now, or_later
from notifications.rules.place import Place
from notifications.rules.states import Step
from notifications.rules.timing import Leaving, Timing, leaving
from notifications.types import Condition, Decision, Kind, MessageState, Send, Skip
from tracking.types import ShipmentStatus

S = MessageState
NOTHING_SAID, NONE_YET = Standing(), Recent()
NO_PROVIDER_WAIT = 15 * 60.0
# What came about meanwhile and takes a message back; what else fails at the last check withholds it.
OVERTAKEN = frozenset(
    {
        "order_cancelled", "already_delivered", "already_decided", "newer_news", "offer_closed", "nothing_to_offer", "told_elsewhere",
        "nothing_to_ask",
    }
)  # fmt: skip
# The same fact may reach us as two events; one message tells it.
DOUBLES = frozenset(
    {
        Kind.REFUND, Kind.RETURN_REFUNDED, Kind.RECEIPT_DENIED, Kind.CLAIM_RECEIVED, Kind.DISPATCH, Kind.REVIEW_REMINDER,
        Kind.REVIEW_PUBLISHED, Kind.REVIEW_THANKS,
    }
)  # fmt: skip


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
    ask: Ask | None = None  # the shopper's request it is about
    case: Case | None = None  # the return, exchange, claim or withdrawal it is about
    feedback: Feedback | None = None  # the question, review or raised theme it is about
    countries: frozenset[str] = frozenset()  # every one its order names: a question goes by the strictest
    elsewhere: str = ""  # the message that tells the same fact
    hold: timedelta = timedelta()  # reckoned in `start`: another message may tell it
    offer: str = ""  # what stands against an offer: "offer_closed", "nothing_to_offer"
    checks: tuple[Condition, ...] = ()  # the automation's, with their answers
    standing: Standing = NOTHING_SAID
    recent: Recent = NONE_YET
    trouble: str = ""  # what is wrong with what the shopper bought
    ladder: str | None = None  # the channel of the automation's ladder that tells it; "": none so far; None: there is no ladder
    now: datetime | None = None
    start: datetime | None = None  # when it may leave at the earliest; empty: now
    delay: timedelta = timedelta()  # the automation's, reckoned in `start`
    not_after: datetime | None = None
    place: Place | None = None  # of the recipient; without one no hours are kept
    window: tuple[time, time] | None = None


def conditions(facts: Facts) -> tuple[Condition, ...]:
    """Every condition that concerns the message, in the order in which the first that fails gives the reason."""
    entry = facts.entry
    return (
        Condition("merchant_off", facts.is_on or not entry.is_switchable, "" if facts.is_on else "switched off"),
        Condition("imported_history", not facts.is_history, "happened before the import" if facts.is_history else ""),
        Condition("already_told", not facts.is_told, "the same fact was told to another address" if facts.is_told else ""),
        *_of_kind(facts),
        *facts.checks,
        Condition("no_email" if facts.channel == "email" else "no_phone", bool(facts.recipient)),
        Condition("suppressed", not facts.suppressed, facts.suppressed),
        *allowed(entry, facts.channel, facts.standing, facts.now, facts.countries),
        *_of_marketing(facts),
        *_of_ladder(facts),
    )


def _of_marketing(facts: Facts) -> Iterator[Condition]:
    if facts.entry.is_marketing:
        yield _capped(facts)
        yield not_now(facts.trouble, _start(facts), facts.not_after)


def _capped(facts: Facts) -> Condition:
    """A question over a cap waits a day, as long as that is in time; what else advertises is withheld."""
    cap = within_caps(facts.recent)
    return cap if cap.ok or not facts.entry.is_patient else or_later(cap, _start(facts), facts.not_after)


def _of_ladder(facts: Facts) -> Iterator[Condition]:
    if facts.ladder is not None:
        yield Condition("ladder", not facts.ladder, f"goes by {facts.ladder}; this way if that fails" if facts.ladder else "first that can")


def _of_kind(facts: Facts) -> Iterator[Condition]:
    if facts.ask is not None:
        yield from of_ask(facts.entry.kind, facts.ask)
    if facts.case is not None:
        yield from of_case(facts.entry.kind, facts.case)
    if facts.feedback is not None:
        yield from of_feedback(facts.entry.kind, facts.feedback)
    if facts.entry.kind in DOUBLES:
        yield Condition("told_elsewhere", not facts.elsewhere, facts.elsewhere)
    if facts.entry.is_void_when_cancelled:
        yield Condition("order_cancelled", not facts.is_order_cancelled)
    if facts.entry.kind == Kind.CANCELLATION:
        yield Condition("never_confirmed", not facts.is_order_abandoned)
    if facts.entry.kind == Kind.DISPATCH:
        yield Condition("already_delivered", not facts.is_shipment_delivered)
    if facts.entry.kind == Kind.ADDITIONS:
        yield Condition("offer_closed", facts.offer != "offer_closed")
        yield Condition("nothing_to_offer", facts.offer != "nothing_to_offer")
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
    results, left = _all(facts)
    failed = _first_failed(results)
    if failed is not None:
        return Skip(failed, results)
    if left is None:
        return Send(results)
    return Send(results, left.at, _waits(facts, left))


def _all(facts: Facts) -> tuple[tuple[Condition, ...], Leaving | None]:
    """Every condition, those of the hour last: they are asked of what would go out otherwise."""
    results = conditions(facts)
    if facts.place is None or _first_failed(results) is not None:
        return results, None
    start = _start(facts) + PATIENCE if _put_off(facts) else _start(facts)
    left = leaving(facts.entry, facts.channel, Timing(start, facts.place, facts.window, facts.not_after, facts.now))
    delay = (Condition("delay", True, f"waits {_minutes(facts.delay)} after the event"),) if facts.delay else ()
    return (*results, *delay, *left.conditions), left


def _start(facts: Facts) -> datetime:
    moment = facts.start or facts.now
    if moment is None:
        raise ValueError("a message that may wait needs the time")
    return moment


def _put_off(facts: Facts) -> str:
    """The condition for which it is looked at again in a day; empty when there is none."""
    if not facts.entry.is_marketing:
        return ""
    return "not_now" if facts.trouble else "frequency_cap" if facts.entry.is_patient and not within_caps(facts.recent).ok else ""


def _waits(facts: Facts, left: Leaving) -> str:
    if left.waits:
        return left.waits
    return _put_off(facts) or ("delay" if facts.delay else "")


def _minutes(delay: timedelta) -> str:
    minutes = int(delay.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes and minutes % 60 == 0 else f"{minutes} min"


def _first_failed(results: Sequence[Condition]) -> str | None:
    return next((result.condition for result in results if not result.ok), None)


@dataclass(frozen=True, slots=True)
class Way:
    """Whether a message's channel is open: an account, a sender, and a provider that has not asked to be left alone."""

    has_account: bool = True
    has_sender: bool = True
    pause: float = 0.0  # seconds
    why: str = "provider_asks_to_wait"


def recheck(facts: Facts, way: Way) -> Step | None:
    """What stops a decided message at the last moment; None when nothing does. `facts.now` is the moment."""
    if facts.now is not None and facts.not_after is not None and facts.not_after < facts.now:
        return Step(S.EXPIRED, "too_late")
    if facts.is_day_over:
        return Step(S.EXPIRED, "day_over")
    results, left = _all(facts)
    failed = _first_failed(results)
    if failed is not None:
        state = S.CANCELLED if failed in OVERTAKEN else S.EXPIRED if failed == "too_late" else S.SUPPRESSED
        return Step(state, failed, asked=results)
    if left is not None and facts.now is not None and left.at > facts.now:
        wait = (left.at - facts.now).total_seconds()
        return Step(S.PENDING, _waits(facts, left), wait, refunds_attempt=True, asked=results, send_at=left.at)
    return closed(way)


def recheck_test(way: Way, *, suppressed: str, not_after: datetime | None, now: datetime) -> Step | None:
    """The same for a test from the studio."""
    if suppressed:
        return Step(S.SUPPRESSED, "suppressed")
    if not_after is not None and not_after < now:
        return Step(S.EXPIRED, "too_late")
    return closed(way)


def closed(way: Way) -> Step | None:
    """What to do while the message's channel is not open."""
    if not way.has_account:
        return Step(S.PENDING, "no_provider", NO_PROVIDER_WAIT, refunds_attempt=True)
    if not way.has_sender:
        return Step(S.PENDING, "no_sender", NO_PROVIDER_WAIT, refunds_attempt=True)
    if way.pause > 0:
        return Step(S.PENDING, way.why, way.pause + min(60.0, way.pause * random.uniform(0, 0.1)), refunds_attempt=True)
    return None


def asked_again(kept: Sequence[dict[str, object]], results: Sequence[Condition]) -> list[dict[str, object]]:
    """A stored decision with the answers of the last check: what was asked again in its old place, what is new behind it."""
    fresh = {str(row["condition"]): row for row in reasons_as_json(results)}
    known = [fresh.pop(str(row["condition"]), row) for row in kept]
    return [*known, *fresh.values()]


def reasons_as_json(results: Sequence[Condition]) -> list[dict[str, object]]:
    """The form in which a decision is stored."""
    return [{"condition": result.condition, "ok": result.ok, "detail": result.detail} for result in results]
