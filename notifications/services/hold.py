"""News of a parcel wait a little for newer news: which are taken back, and which have waited long enough."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Min, QuerySet
from django.db.models.functions import Now

from events import doorbell
from notifications.models import Message
from notifications.news import LIVE, WAITING_FOR, News, overtaken
from notifications.registry import REPEATED, WEIGHTS
from notifications.types import MessageState

NEWER = "newer_news"


def stale_among(messages: Sequence[Message]) -> set[int]:
    """Ids of all waiting messages about the same as these that other messages have overtaken; at most two queries."""
    return _by_parcel(messages) | _by_telling(messages)


def _by_telling(messages: Sequence[Message]) -> set[int]:
    told = {row.subject_id for row in messages if row.kind in REPEATED}
    if not told:
        return set()
    rows = Message.objects.filter(subject_id__in=told, kind__in=REPEATED, state__in=LIVE, event__isnull=False)
    values = rows.values_list("pk", "subject_id", "channel", "kind", "event", "state")
    return overtaken(News(pk, (about, f"{kind}/{channel}"), kind, event, state) for pk, about, channel, kind, event, state in values)


def _by_parcel(messages: Sequence[Message]) -> set[int]:
    parcels = {row.shipment_id for row in messages if row.shipment_id is not None and row.kind in WEIGHTS}
    if not parcels:
        return set()
    rows = Message.objects.filter(shipment__in=parcels, kind__in=list(WEIGHTS), state__in=LIVE, event__isnull=False)
    values = rows.values_list("pk", "shipment", "channel", "kind", "event", "state")
    return overtaken(News(pk, (shipment, channel), kind, event, state) for pk, shipment, channel, kind, event, state in values)


def overtake(messages: Sequence[Message], *, at: datetime) -> int:
    """Take back what these messages, just stored, make stale, and those of them that were stale already; returns how many."""
    stale = stale_among(messages)
    if not stale:
        return 0
    waiting = Message.objects.filter(pk__in=stale, state=MessageState.PENDING)
    return waiting.update(state=MessageState.CANCELLED, reason=NEWER, finished_at=at)


def release_held(*, now: datetime) -> int:
    """Make due what was to leave by `now`, in the current merchant's scope; returns how many.

    For clocks that are not the database's (replays, the demo): in production a message that waits comes due by itself.
    """
    count = _waiting().filter(send_at__lte=now).update(due_at=Now())
    if count:
        transaction.on_commit(lambda: doorbell.ring("messages"))
    return count


def held_until() -> datetime | None:
    """When the next of the current merchant's messages that wait is to leave; None when none waits. For the same clocks."""
    return _waiting().aggregate(first=Min("send_at"))["first"]  # type: ignore[no-any-return]


def _waiting() -> QuerySet[Message]:
    return Message.objects.filter(state=MessageState.PENDING, reason__in=WAITING_FOR, due_at__gt=Now())
