"""What a shopper asked for, of an order or about their data, and what stands against telling of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from customers.types import PrivacyKind, PrivacyState
from notifications.types import Condition, Kind
from orders.types import RequestKind, RequestState

ORDER_CANCELLED = "order_cancelled"  # the reason orders.services gives when the order itself was cancelled
# An erasure that is done has nobody left to tell; a copy that is being made is told of when it is there.
TOLD = frozenset(
    {
        (PrivacyKind.EXPORT, PrivacyState.DONE),
        (PrivacyKind.EXPORT, PrivacyState.REFUSED),
        (PrivacyKind.ERASURE, PrivacyState.REQUESTED),
        (PrivacyKind.ERASURE, PrivacyState.REFUSED),
        (PrivacyKind.ERASURE, PrivacyState.WITHDRAWN),
    }
)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it stands; `told` is the state the message tells, `reason` the code or the words it was refused with."""

    what: str
    state: str
    told: str = ""
    reason: str = ""


def is_told(kind: Kind, ask: Ask) -> bool:
    """Whether there is anything to say of it. What is not news leaves no message behind."""
    return kind != Kind.PRIVACY or (ask.what, ask.told) in TOLD


def of_ask(kind: Kind, ask: Ask) -> Iterator[Condition]:
    """Whether it is still so, and nothing else tells it."""
    if kind == Kind.REQUEST_RECEIVED:
        is_open = ask.state == RequestState.REQUESTED
        yield Condition("already_decided", is_open, "" if is_open else ask.state)
        return
    if kind == Kind.REQUEST_DECIDED:
        yield Condition("taken_back", ask.state != RequestState.WITHDRAWN)
        yield Condition("told_by_cancellation", not _is_told_by_cancellation(ask))
    is_so = ask.told in ("", ask.state)
    yield Condition("newer_news", is_so, "" if is_so else ask.state)


def _is_told_by_cancellation(ask: Ask) -> bool:
    """The cancellation it asked for, or one that made an address pointless: that message says it all."""
    is_granted = (ask.what, ask.state) == (RequestKind.CANCEL, RequestState.ACCEPTED)
    return is_granted or (ask.state == RequestState.REFUSED and ask.reason == ORDER_CANCELLED)
