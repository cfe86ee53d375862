"""What staff do with messages by hand, and what the calendar does: re-run, cancel, forget."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from core.transactions import forbid_transaction
from events import doorbell
from merchants.audit import About, record
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Deed
from notifications.models import InboundText, Message, MessageContent, Note, SandboxDelivery
from notifications.types import MessageState

KEEP = timedelta(days=90)
PURGE_BATCH = 5000


def rerun_message(*, message_id: int) -> bool:
    """Give a dead or failed message of the current merchant a new life. False when it is neither.

    One that died of an unknown outcome is flagged: the shopper may get it twice.
    """
    rows = Message.objects.filter(pk=message_id, state__in=[MessageState.DEAD, MessageState.FAILED])
    doubtful = Q(reason="outcome_unknown") | Q(is_possible_duplicate=True)
    rows.filter(doubtful).update(is_possible_duplicate=True)
    done = rows.update(
        state=MessageState.PENDING,
        reason="rerun",
        due_at=Now(),
        attempts=0,
        crashes=0,
        lookups=0,
        sent_at=None,
        finished_at=None,
        last_error="",
        # The fence tells a late answer to the earlier life from one to this.
        fence=F("fence") + 1,
    )
    if done:
        transaction.on_commit(lambda: doorbell.ring("messages"))
        record(Deed.RUN_AGAIN, About("notifications.message", str(message_id)))
    return bool(done)


def cancel_message(*, message_id: int, at: datetime) -> bool:
    """Take back a message of the current merchant that has not left. False when it has, or never will."""
    rows = Message.objects.filter(pk=message_id, state__in=[MessageState.PENDING, MessageState.LEASED])
    return bool(rows.update(state=MessageState.CANCELLED, reason="cancelled_by_staff", finished_at=at))


def purge_contents(*, now: datetime) -> int:
    """Delete what messages of all merchants said, and what was answered, after 90 days; that they were sent stays known."""
    forbid_transaction("purge_contents")
    return sum(_purge(merchant_id, now - KEEP) for merchant_id in Merchant.objects.values_list("pk", flat=True))


def _purge(merchant_id: int, before: datetime) -> int:
    total = 0
    for model in (MessageContent, SandboxDelivery):
        while True:
            with merchant_scope(merchant_id):
                ids = list(model.objects.filter(message__decided_at__lt=before).values_list("pk", flat=True)[:PURGE_BATCH])
                model.objects.filter(pk__in=ids).delete()
            total += len(ids)
            if len(ids) < PURGE_BATCH:
                break
    with merchant_scope(merchant_id):
        Note.objects.filter(written_at__lt=before).delete()
        InboundText.objects.filter(received_at__lt=before).delete()
    return total
