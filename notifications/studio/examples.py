"""Made-up rows for messages that are about no order: whatever happens to accounts, told of one after the other. Never stored."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from customers.models import AccountChange, EmailChange, PrivacyRequest
from customers.rules import EXPORT_KEPT, SHOPPER
from customers.types import AccountFact, Channel, PrivacyKind, PrivacyState
from notifications.rules.asks import TOLD
from notifications.types import Kind
from orders.models import LookUp

SAMPLE_CODE = "123456"  # shown where a code stands; nothing is opened by it
LIFETIME = timedelta(minutes=10)
DEVICE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
FACTS = tuple(fact for fact in AccountFact if fact != AccountFact.SIGNED_IN)
ASKED: tuple[tuple[PrivacyKind, PrivacyState], ...] = tuple(sorted(TOLD))


def is_example(kind: str) -> bool:
    """Whether the message is shown with a made-up row."""
    return kind in MAKERS


def example(kind: str, turn: int, now: datetime) -> Any:
    """The row for one turn: orders that follow each other show what else may have happened."""
    return MAKERS[kind](turn, now)


def _look_up(turn: int, now: datetime) -> LookUp:
    return LookUp(pk=1, channel=Channel.EMAIL, nonce="", created_at=now, expires_at=now + LIFETIME)


def _email_change(turn: int, now: datetime) -> EmailChange:
    return EmailChange(pk=1, nonce="", created_at=now, expires_at=now + LIFETIME)


def _account_change(turn: int, now: datetime) -> AccountChange:
    return AccountChange(pk=1, what=FACTS[turn % len(FACTS)], device=DEVICE, at=now)


def _privacy(turn: int, now: datetime) -> PrivacyRequest:
    kind, state = ASKED[turn % len(ASKED)]
    return PrivacyRequest(pk=1, kind=kind, state=state, source=SHOPPER, requested_at=now, expires_at=now + EXPORT_KEPT)


MAKERS: dict[str, Callable[[int, datetime], Any]] = {
    Kind.ORDER_CODE: _look_up,
    Kind.EMAIL_CODE: _email_change,
    Kind.ACCOUNT_NOTICE: _account_change,
    Kind.PRIVACY: _privacy,
}
