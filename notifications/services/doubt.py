"""Settle messages of unknown outcome: wait for a callback, then ask the provider, then resend once, flagged, or give up."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection

from core.clock import Clock
from merchants.scope import across_merchants, merchant_scope
from notifications import rules
from notifications.accounts import open_account
from notifications.models import Attempt, Message, MessageContent
from notifications.registry import LookupFailed, Searchable, adapter_of
from notifications.rules import BETWEEN_LOOKUPS, GRACE, MAX_LOOKUPS, Step
from notifications.services.moves import Move, move
from notifications.types import Account, MessageState, Outgoing

logger = logging.getLogger(__name__)
BUDGET = 30.0  # seconds of looking up per merchant and round, half of what puts a doubt off
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


def settle_doubts(clock: Clock, limit: int) -> int:
    """Take the next step with each message whose doubt is due; returns how many."""
    with across_merchants(), connection.cursor() as cursor:
        cursor.execute(SWEEP, {"grace": GRACE, "between": BETWEEN_LOOKUPS, "limit": limit})
        rows = sorted(cursor.fetchall())
    for merchant_id, group in groupby(rows, key=lambda row: row[0]):
        members = list(group)
        try:
            _settle(merchant_id, members, clock)
        except Exception:  # one merchant's trouble must not stop the others; the rows are due again in a minute
            logger.exception("doubts could not be settled", extra={"merchant": merchant_id})
    return len(rows)


def _settle(merchant_id: int, rows: Sequence[tuple[int, int, int, bool]], clock: Clock) -> None:
    stranded = [id for _, id, _, was_sending in rows if was_sending]
    asked = {id: fence for _, id, fence, was_sending in rows if not was_sending}
    with merchant_scope(merchant_id):
        if stranded:
            Message.objects.filter(pk__in=stranded, state=MessageState.UNKNOWN).update(reason="worker_died", unknown_since=clock())
        doubts = _doubts(asked)
    until = time.monotonic() + BUDGET
    # Those left over when a provider answers slowly are due again in a minute.
    moves = [_look_up(doubt, clock()) for doubt in doubts if time.monotonic() < until]
    with merchant_scope(merchant_id):
        move(moves, allowed=[MessageState.UNKNOWN], at=clock())


def _doubts(fences: dict[int, int]) -> list[Doubt]:
    messages = Message.objects.filter(pk__in=fences, state=MessageState.UNKNOWN).select_related("account")
    texts = dict(MessageContent.objects.filter(message__in=fences).values_list("message_id", "text"))
    first = dict(Attempt.objects.filter(message__in=fences).order_by("-fence").values_list("message_id", "started_at"))
    return [
        Doubt(
            id=row.pk,
            fence=fences[row.pk],
            account=open_account(row.account) if row.account is not None else None,
            outgoing=Outgoing(row.pk, row.token, row.channel, row.recipient, text=texts.get(row.pk, "")),
            since=first.get(row.pk, row.decided_at),
            unknown_since=row.unknown_since,
            lookups=row.lookups,
            is_mandatory=row.is_mandatory,
            was_resent=row.is_possible_duplicate,
            kind=row.kind,
        )
        for row in messages
    ]


def _look_up(doubt: Doubt, now: datetime) -> Move:
    adapter: object = adapter_of(doubt.account.provider) if doubt.account is not None else None
    found, looked = None, 0
    if doubt.account is not None and isinstance(adapter, Searchable):
        try:
            found, looked = adapter.lookup(account=doubt.account, message=doubt.outgoing, since=doubt.since), 1
        except LookupFailed as error:
            if doubt.unknown_since is not None and doubt.unknown_since < now - PATIENCE:
                return Move(doubt.id, doubt.fence, Step(MessageState.DEAD, "lookup_failed", error=str(error)))
            return Move(doubt.id, doubt.fence, Step(MessageState.UNKNOWN, "lookup_failed", BETWEEN_LOOKUPS, str(error)))
    step = rules.settle(
        found=found is not None,
        # A second try starts its two look-ups anew.
        lookups=(doubt.lookups + looked) if not doubt.was_resent else doubt.lookups + looked - MAX_LOOKUPS,
        can_search=bool(looked),
        is_mandatory=doubt.is_mandatory,
        was_resent=doubt.was_resent,
        kind=doubt.kind,
    )
    return Move(doubt.id, doubt.fence, step, provider_id=found, lookups=looked, is_resend=step.state == MessageState.PENDING)
