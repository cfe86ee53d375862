"""Settle messages of unknown outcome: wait for a callback, then ask the provider, then resend, flagged, or give up."""

import logging
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection

from core.clock import Clock
from events.queue import any_due
from events.station import Hold, current_hold
from merchants.scope import across_merchants, merchant_scope
from notifications import rules
from notifications.accounts import open_account
from notifications.models import Attempt, Message, MessageContent
from notifications.registry import LookupFailed, Searchable, adapter_of
from notifications.rules import BETWEEN_LOOKUPS, GRACE, MAX_LOOKUPS, Step
from notifications.services.moves import Move, move
from notifications.types import Account, MessageState, Outgoing

logger = logging.getLogger(__name__)
BUDGET = 10.0  # seconds of looking up per round, a part of what puts a doubt off
PATIENCE = timedelta(days=1)  # a provider that cannot be asked for so long will not be asked any more

# A worker that died in `sending` leaves its lease to end; an `unknown` row is due when its waiting time is over, and
# is put off by the lease of the one who looks it up.
SWEEP = """
    update notifications_message as row set state = 'unknown', due_at = statement_timestamp() + due.wait * interval '1 second'
    from (
        select id, state, case state when 'sending' then %(grace)s else %(between)s end as wait
        from notifications_message where state in ('sending', 'unknown') and due_at <= statement_timestamp()
        order by due_at, id limit %(limit)s for update skip locked
    ) as due
    where row.id = due.id
    returning row.merchant_id, row.id, row.fence, due.state = 'sending'"""
DOUBTS_DUE = any_due("notifications_message", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class Doubt:
    """One message to look up."""

    id: int
    fence: int
    account: Account | None
    outgoing: Outgoing
    since: datetime
    unknown_since: datetime | None
    lookups: int
    is_mandatory: bool
    was_resent: bool
    kind: str
    attempts: int
    is_restored: bool = False  # may have been sent before the database was restored


def settle_doubts(clock: Clock, limit: int) -> int:
    """Take the next step with each message whose doubt is due; returns how many."""
    with across_merchants(), connection.cursor() as cursor:
        cursor.execute(SWEEP, {"grace": GRACE, "between": BETWEEN_LOOKUPS, "limit": limit})
        rows = sorted(cursor.fetchall())
    until = time.monotonic() + BUDGET
    merchants = [(merchant_id, list(group)) for merchant_id, group in groupby(rows, key=lambda row: row[0])]
    random.shuffle(merchants)  # when time runs out, it is not always the same ones that are put off
    for merchant_id, members in merchants:
        try:
            _settle(merchant_id, members, clock, until)
        except Exception:  # one merchant's trouble must not stop the others; the rows are due again in a minute
            logger.exception("doubts could not be settled", extra={"merchant": merchant_id})
    return len(rows)


def _settle(merchant_id: int, rows: Sequence[tuple[int, int, int, bool]], clock: Clock, until: float) -> None:
    stranded = [id for _, id, _, was_sending in rows if was_sending]
    asked = {id: fence for _, id, fence, was_sending in rows if not was_sending}
    with merchant_scope(merchant_id):
        if stranded:
            Message.objects.filter(pk__in=stranded, state=MessageState.UNKNOWN).update(reason="worker_died", unknown_since=clock())
        doubts = _doubts(asked)
    # Those left over when a provider answers slowly are due again in a minute.
    moves = [_look_up(doubt, clock()) for doubt in doubts if time.monotonic() < until]
    with merchant_scope(merchant_id):
        move(moves, allowed=[MessageState.UNKNOWN], at=clock())


def _doubts(fences: dict[int, int]) -> list[Doubt]:
    messages = Message.objects.filter(pk__in=fences, state=MessageState.UNKNOWN).select_related("account")
    texts = dict(MessageContent.objects.filter(message__in=fences).values_list("message_id", "text"))
    held = current_hold() if any(row.reason in rules.IN_RESTORE for row in messages) else None
    first = dict(Attempt.objects.filter(message__in=fences).order_by("-fence").values_list("message_id", "started_at"))
    return [
        Doubt(
            id=row.pk,
            fence=fences[row.pk],
            account=open_account(row.account) if row.account is not None else None,
            outgoing=Outgoing(row.pk, row.token, row.channel, row.recipient, text=texts.get(row.pk, "")),
            since=_since(row, first, held),
            unknown_since=row.unknown_since,
            lookups=row.lookups,
            is_mandatory=row.is_mandatory,
            was_resent=row.is_possible_duplicate,
            kind=row.kind,
            attempts=row.attempts,
            is_restored=row.reason in rules.IN_RESTORE,
        )
        for row in messages
    ]


def _since(row: Message, first: dict[int, datetime], held: Hold | None) -> datetime:
    """From when on to look. One of a restored database may have left at any time since it was decided, or was told anew."""
    if row.reason in rules.IN_RESTORE:
        return min(row.decided_at, held.since) if held is not None else row.decided_at
    return first.get(row.pk, row.decided_at)


def _look_up(doubt: Doubt, now: datetime) -> Move:
    adapter: object = adapter_of(doubt.account.provider) if doubt.account is not None else None
    found, looked = None, 0
    if doubt.account is not None and isinstance(adapter, Searchable):
        try:
            found, looked = _asked(adapter, doubt.account, doubt), 1
        except LookupFailed as error:
            if doubt.is_restored:
                return Move(doubt.id, doubt.fence, Step(MessageState.UNKNOWN, rules.RESTORED, BETWEEN_LOOKUPS, str(error)))
            if doubt.unknown_since is not None and doubt.unknown_since < now - PATIENCE:
                return Move(doubt.id, doubt.fence, Step(MessageState.DEAD, "lookup_failed", error=str(error)))
            return Move(doubt.id, doubt.fence, Step(MessageState.UNKNOWN, "lookup_failed", BETWEEN_LOOKUPS, str(error)))
    if doubt.is_restored:
        step = rules.settle_restored(found=found is not None, lookups=doubt.lookups + looked, can_search=bool(looked))
        return Move(doubt.id, doubt.fence, step, provider_id=found, lookups=looked)
    step = rules.settle(
        found=found is not None,
        lookups=_of_this_try(doubt.lookups + looked),
        can_search=bool(looked),
        is_mandatory=doubt.is_mandatory,
        was_resent=doubt.was_resent,
        kind=doubt.kind,
        attempts=doubt.attempts,
    )
    return Move(doubt.id, doubt.fence, step, provider_id=found, lookups=looked, is_resend=step.state == MessageState.PENDING)


def _of_this_try(lookups: int) -> int:
    """Each try has its two look-ups; those of the tries before it are all used up."""
    return (lookups - 1) % MAX_LOOKUPS + 1 if lookups else 0


def _asked(adapter: Searchable, account: Account, doubt: Doubt) -> str | None:
    """What the provider holds. Raises LookupFailed whatever goes wrong: one answer nobody can read must not hold up the other doubts."""
    try:
        return adapter.lookup(account=account, message=doubt.outgoing, since=doubt.since)
    except LookupFailed:
        raise
    except Exception as error:
        logger.exception("look-up stumbled", extra={"provider": account.provider, "message_id": doubt.id})
        raise LookupFailed(error.__class__.__name__) from None
