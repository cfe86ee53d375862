"""Who looked for orders: deleted by itself once the code and the browser's access are long over."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from orders.models import GuestAccess, LookUp

BATCH = 1000
KEPT = timedelta(days=30)


def forget_guests(*, now: datetime) -> int:
    """Delete a batch of the current merchant's rows that are past their time; returns how many, 0 when none is left."""
    old = now - KEPT
    return _delete(LookUp.objects.filter(expires_at__lt=old)) + _delete(GuestAccess.objects.filter(expires_at__lt=old))


def _delete(rows: QuerySet[Any]) -> int:
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return int(rows.filter(pk__in=ids).delete()[0]) if ids else 0
