"""State changes of messages, many in one statement, each guarded by the row's fence and present state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from events.queue import Queue
from notifications.rules import FINAL, Step
from notifications.services.figures import COUNT

LEASE = timedelta(seconds=60)
QUEUE = Queue("notifications_message", ready="pending", running="leased", dead="dead", lease=LEASE)


@dataclass(frozen=True, slots=True)
class Move:
    """One message's next step, with what is learned on the way. None leaves a column as it is."""

    id: int
    fence: int
    step: Step
    account_id: int | None = None
    template_id: int | None = None
    template_label: str | None = None
    segments: int | None = None
    provider_id: str | None = None
    is_resend: bool = False
    lookups: int = 0
    country: str | None = None
    cost: Decimal | None = None
    currency: str | None = None


# A price stands as long as the provider has, or may have, the message.
MOVE = f"""
    with moved as (update notifications_message as m set
        state = v.state, reason = v.reason, last_error = v.error, due_at = statement_timestamp() + v.wait * interval '1 second',
        attempts = greatest(0, m.attempts - v.refund),
        account_id = coalesce(v.account, m.account_id), template_id = coalesce(v.template, m.template_id),
        template_label = coalesce(v.label, m.template_label), segments = coalesce(v.segments, m.segments),
        provider_id = coalesce(v.provider_id, m.provider_id),
        is_possible_duplicate = m.is_possible_duplicate or v.resend, lookups = m.lookups + v.lookups,
        unknown_since = case when v.state = 'unknown' then coalesce(m.unknown_since, %(at)s) end,
        sent_at = case when v.state in ('sent', 'delivered') then coalesce(m.sent_at, %(at)s) else m.sent_at end,
        finished_at = case when v.state = any(%(final)s) then %(at)s end,
        country = coalesce(v.country, m.country), cost_currency = coalesce(v.currency, m.cost_currency),
        cost = case when v.state in ('sending', 'unknown', 'sent', 'delivered') or v.reason in ('outcome_unknown', 'resend_after_unknown')
            then coalesce(v.cost, m.cost) end
    from unnest(
        %(id)s::bigint[], %(fence)s::int[], %(state)s::text[], %(reason)s::text[], %(error)s::text[], %(wait)s::float8[], %(refund)s::int[],
        %(account)s::bigint[], %(template)s::bigint[], %(label)s::text[], %(segments)s::int[], %(provider_id)s::text[], %(resend)s::bool[],
        %(lookups)s::int[], %(country)s::text[], %(cost)s::numeric[], %(currency)s::text[]
    ) as v (id, fence, state, reason, error, wait, refund, account, template, label, segments, provider_id, resend, lookups,
        country, cost, currency)
    where m.id = v.id and m.fence = v.fence and m.state = any(%(allowed)s)
    returning m.*, (m.state in ('sent', 'delivered'))::int as is_out, (m.state = 'delivered')::int as is_delivered,
        0 as is_bounced, (m.state = 'failed')::int as is_failed
    ), counted as ({COUNT})
    select id from moved"""  # noqa: S608 - our own words


def move(moves: Sequence[Move], *, allowed: Iterable[str], at: datetime) -> set[int]:
    """Take each step whose message is still ours (same fence) and in an allowed state; returns those that were taken.

    The day's figures move in the same statement.
    """
    if not moves:
        return set()
    steps = [m.step for m in moves]
    values: dict[str, Any] = {
        "at": at,
        "final": [str(state) for state in FINAL],
        "allowed": [str(state) for state in allowed],
        "id": [m.id for m in moves],
        "fence": [m.fence for m in moves],
        "state": [str(step.state) for step in steps],
        "reason": [step.reason for step in steps],
        "error": [step.error.replace("\x00", "")[:500] for step in steps],
        "wait": [step.wait for step in steps],
        "refund": [int(step.refunds_attempt) for step in steps],
        "account": [m.account_id for m in moves],
        "template": [m.template_id for m in moves],
        "label": [m.template_label for m in moves],
        "segments": [m.segments for m in moves],
        "provider_id": [m.provider_id for m in moves],
        "resend": [m.is_resend for m in moves],
        "lookups": [m.lookups for m in moves],
        "country": [m.country for m in moves],
        "cost": [m.cost for m in moves],
        "currency": [m.currency for m in moves],
    }
    with connection.cursor() as cursor:
        cursor.execute(MOVE, values)
        return {id for (id,) in cursor.fetchall()}


def finish_attempts(tries: Sequence[tuple[int, int, str, str]], *, at: datetime) -> None:
    """Fill the attempts (message, fence, outcome, detail) that were opened before the call."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update notifications_attempt as a set finished_at = %s, outcome = v.outcome, detail = v.detail"
            " from unnest(%s::bigint[], %s::int[], %s::text[], %s::text[]) as v (message, fence, outcome, detail)"
            " where a.message_id = v.message and a.fence = v.fence and a.finished_at is null",
            [at, *(list(column) for column in zip(*tries, strict=True))],
        )
