"""What is held about a shopper, and what they asked about it."""

from dataclasses import dataclass
from datetime import datetime

from customers.models import Customer, PrivacyRequest
from customers.registry import Text, holdings
from customers.rules import erasure_at
from customers.selectors import counts_of, privacy_requests
from customers.types import PrivacyKind, PrivacyState
from portal.rules.privacy import Asked, asked_state, asked_words

OPEN = frozenset({PrivacyState.REQUESTED, PrivacyState.WORKING})


@dataclass(frozen=True, slots=True)
class Held:
    """One kind of thing held; `count` is None for what is not counted."""

    key: str
    title: Text
    purpose: Text
    basis: Text
    kept: Text
    count: int | None


def held_of(customer: Customer) -> list[Held]:
    """Everything that is held, in one query."""
    counts = counts_of(customer)
    return [
        Held(one.key, one.title, one.purpose, one.basis, one.kept, counts.get(one.key, 0) if one.rows is not None else None)
        for one in holdings()
    ]


def asked_of(customer: Customer, *, now: datetime) -> list[Asked]:
    """The customer's requests in words, the newest first."""
    return [_asked(row, now) for row in privacy_requests(customer)]


def _asked(row: PrivacyRequest, now: datetime) -> Asked:
    is_open, is_copy = row.state in OPEN, row.kind == PrivacyKind.EXPORT
    is_kept = is_copy and row.state == PrivacyState.DONE and row.expires_at is not None and row.expires_at > now
    return Asked(
        id=row.public_id,
        title=asked_words(row.kind),
        state=asked_state(row.kind, row.state, is_over=not is_kept),
        words=row.reason,
        at=row.requested_at,
        due_by=row.due_by if is_open else None,
        day=erasure_at(source=row.source, requested_at=row.requested_at) if is_open and not is_copy else None,
        until=row.expires_at if is_kept else None,
        may_fetch=is_kept,
        may_withdraw=row.state == PrivacyState.REQUESTED and not is_copy,
    )
