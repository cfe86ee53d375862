"""The automation's ladder: when the channel that was to tell it fails, the next one tells it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from core.transactions import require_transaction
from events import doorbell
from merchants.scope import required_merchant_id
from notifications.services.moves import Move
from notifications.types import MessageState

# Rows of one fact that went by another channel were stored in the ladder's order; the lowest is the next.
STEP_DOWN = """
    update notifications_message as m set state = 'pending', reason = 'ladder', due_at = statement_timestamp(), send_at = %(at)s,
        finished_at = null,
        reasons = (
            select jsonb_agg(case when one ->> 'condition' = 'ladder'
                then one || jsonb_build_object('ok', true, 'detail', 'the way before it failed') else one end order by place)
            from jsonb_array_elements(m.reasons) with ordinality as kept(one, place)
        )
    from (
        select min(next.id) as id from notifications_message as failed join notifications_message as next
            on next.merchant_id = failed.merchant_id and next.event_id = failed.event_id and next.kind = failed.kind
            and next.order_id is not distinct from failed.order_id and next.shipment_id is not distinct from failed.shipment_id
            and next.subject_id is not distinct from failed.subject_id and next.channel <> failed.channel
        where failed.merchant_id = %(merchant)s and failed.id = any(%(failed)s) and next.state = 'suppressed' and next.reason = 'ladder'
            and (next.not_after is null or next.not_after >= %(at)s)
        group by failed.id
    ) as step
    where m.id = step.id and m.merchant_id = %(merchant)s and m.state = 'suppressed' and m.reason = 'ladder'
    returning m.id"""
# What ends a message on its channel for good, and certainly without having told the shopper.
FAILED = frozenset({MessageState.FAILED, MessageState.BOUNCED, MessageState.SUPPRESSED})
# The same of ends that may have other reasons: given up before it was handed over, or held up until its own hours were over.
UNTOLD = frozenset(
    {
        (MessageState.DEAD, "attempts_used_up"),
        (MessageState.DEAD, "not_composed"),
        (MessageState.DEAD, "worker_died"),
        (MessageState.EXPIRED, "too_late"),
    }
)


def has_failed(state: str, reason: str) -> bool:
    """Whether a message that ended so leaves its fact untold. One whose outcome is unknown may have arrived."""
    return state in FAILED or (state, reason) in UNTOLD


def failed_of(moves: Iterable[Move], taken: Collection[int]) -> set[int]:
    """The messages whose step, just taken, ended them untold."""
    return {one.id for one in moves if one.id in taken and has_failed(one.step.state, one.step.reason)}


def step_down(*, message_ids: Collection[int], at: datetime) -> set[int]:
    """Take back what the next channels of these failed messages' ladders were to say; returns the messages now due.

    Nothing happens for messages that are on no ladder, or whose ladder has no step left, or where it is too late.
    """
    require_transaction("step_down")
    if not message_ids:
        return set()
    values: dict[str, Any] = {"at": at, "merchant": required_merchant_id(), "failed": sorted(message_ids)}
    with connection.cursor() as cursor:
        cursor.execute(STEP_DOWN, values)
        taken = {id for (id,) in cursor.fetchall()}
    if taken:
        transaction.on_commit(lambda: doorbell.ring("messages"))
    return taken
