"""What is deleted by itself once nobody needs it."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from customers.models import AccountChange, Attempt, EmailChange, PrivacyRequest, ShopperSession, SignInRequest
from customers.types import PrivacyState

BATCH = 1000
CODES = timedelta(days=30)
TRIES = timedelta(days=2)  # the longest limit looks back a day
SESSIONS = timedelta(days=30)
CHANGES = timedelta(days=730)
PROOFS = timedelta(days=3 * 365)
OVER = (PrivacyState.DONE, PrivacyState.REFUSED, PrivacyState.WITHDRAWN)


def forget_expired(*, now: datetime) -> int:
    """Delete a batch of the current merchant's rows that are past their time; returns how many, 0 when none is left."""
    files = PrivacyRequest.objects.filter(expires_at__lte=now).exclude(file=None)
    emptied = int(files.update(file=None))
    return emptied + sum(_delete(rows) for rows in _expired(now))


def _expired(now: datetime) -> list[QuerySet[Any]]:
    return [
        SignInRequest.objects.filter(created_at__lt=now - CODES),
        EmailChange.objects.filter(created_at__lt=now - CODES),
        Attempt.objects.filter(at__lt=now - TRIES),
        ShopperSession.objects.filter(Q(expires_at__lt=now - SESSIONS) | Q(ended_at__lt=now - SESSIONS)),
        AccountChange.objects.filter(at__lt=now - CHANGES),
        PrivacyRequest.objects.filter(state__in=OVER, decided_at__lt=now - PROOFS),
    ]


def _delete(rows: QuerySet[Any]) -> int:
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return int(rows.filter(pk__in=ids).delete()[0]) if ids else 0
