"""Compose: check a claimed message once more, render it, store what will be sent, and say so before sending it."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import DatabaseError

from events import queue
from events.queue import MAX_ATTEMPTS, MAX_CRASHES
from events.types import Lease
from merchants.rows import insert, insert_free
from merchants.scope import merchant_scope
from notifications import context, rendering
from notifications.models import Attempt, Message, MessageContent, TemplateVersion
from notifications.notes import Notes, open_notes
from notifications.registry import Adapter, entry_of
from notifications.rules import Step, Way, asked_again, composing_failed, recheck, recheck_test
from notifications.services.desk import Content, Desk, lay_out
from notifications.services.ladder import failed_of, step_down
from notifications.services.moves import LEASE, QUEUE, Move, move
from notifications.services.routes import DOWN, OVER_RATE, Route, country_of, is_urgent
from notifications.stories import read_orders
from notifications.types import Account, Condition, MessageState, Outgoing

logger = logging.getLogger(__name__)
Letter = tuple[Content, TemplateVersion | None, tuple[str, int] | None]  # with what it was rendered from, and its segments
NETWORK_BATCH = 20  # what a pool of ten can hand over well within the lease, even when every call times out


@dataclass(frozen=True, slots=True)
class Ready:
    """A message in `sending`: rendered, stored, and to be handed over by this worker only."""

    lease: Lease
    account: Account
    adapter: Adapter
    outgoing: Outgoing
    cost: Decimal | None = None  # by the account's prices, reserved from its cap
    is_trial: bool = False  # let through to see whether the account works again
    has_other: bool = False  # another account may try it when this one does not take it


@dataclass(slots=True)
class Batch:
    """What became of one merchant's claimed messages."""

    ready: list[Ready] = field(default_factory=list)
    later: list[Lease] = field(default_factory=list)  # still leased; over the size of a network batch
    moves: list[Move] = field(default_factory=list)
    contents: list[MessageContent] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    broken: dict[int, str] = field(default_factory=dict)  # template version -> why the shipped default went out
    told: list[Message] = field(default_factory=list)  # whose reasons, hour or style the last check has changed
    taken_back: list[int] = field(default_factory=list)  # contents that say what the shopper no longer wants to hear


def prepare(leases: Sequence[Lease], now: datetime, *, drafts: bool = False) -> Batch:
    """Move one merchant's claimed messages from `leased` to `sending`, or to where the last check sends them.

    With `drafts` they follow the newest drafts instead of what is published.
    """
    batch = Batch()
    with merchant_scope(leases[0].merchant_id):
        held = queue.hold(QUEUE, leases)
        rows = _load(held)
        desk, batch.notes = lay_out(list(rows.values()), now, drafts=drafts), open_notes(list(rows.values()))
        # Within the batch, too, whoever waits for a code comes first.
        urgent_first = sorted((lease for lease in leases if lease.id in rows), key=lambda lease: -entry_of(rows[lease.id].kind).head_start)
        for lease in urgent_first:
            _prepare_one(rows[lease.id], lease, desk, batch, now)
        _store(batch, now)
        desk.routes.store()
    return batch


def _load(ids: Iterable[int]) -> dict[int, Message]:
    """The messages with all that composing reads. Those about one order share it: reading it is most of the work."""
    rows: dict[int, Message] = Message.objects.select_related("customer", "shipment").in_bulk(list(ids))
    wanted = {row.order_id for row in rows.values() if row.order_id is not None}
    orders = read_orders(wanted)
    for row in rows.values():
        if row.order_id is not None:
            row.order = orders[row.order_id]
    return rows


def _prepare_one(message: Message, lease: Lease, desk: Desk, batch: Batch, now: datetime) -> None:
    message.country = message.country or country_of(message)
    route = desk.routes.choose(message)
    stopped = _stopped(message, lease, route, desk, now)
    if stopped is not None:
        batch.moves.append(Move(message.pk, lease.fence, stopped))
        if stopped.asked:
            message.reasons, message.send_at = asked_again(message.reasons, stopped.asked), stopped.send_at or message.send_at
            batch.told.append(message)
        return
    assert route is not None  # without one the last check lets nothing pass
    if route.adapter.uses_network and len(batch.ready) >= NETWORK_BATCH:
        batch.later.append(lease)
        return
    try:
        letter = _compose(message, desk, batch, now)
    except DatabaseError:
        raise
    except Exception as error:  # whatever one message's data do to its template must not hold up the others
        logger.exception("message could not be composed", extra={"message_id": message.pk})
        batch.moves.append(Move(message.pk, lease.fence, composing_failed(f"{error.__class__.__name__}: {error}", attempts=lease.attempts)))
        return
    ready, step = _ready(message, lease, route, desk, letter)
    batch.ready.append(ready)
    batch.moves.append(step)
    desk.recipients.leaves(message, now)


def _ready(message: Message, lease: Lease, route: Route, desk: Desk, letter: Letter) -> tuple[Ready, Move]:
    """The message for its adapter, and its step to `sending`, with a place and its price taken from the account."""
    content, version, composed = letter
    label, segments = composed or (None, message.segments)
    cost = route.price(message, segments)
    has_other = desk.routes.has_other(message, route)
    route.take(cost)
    outgoing = desk.outgoing(message, route.account, content)
    ready = Ready(lease, route.account, route.adapter, outgoing, cost, route.is_trial, has_other)
    sending = Step(MessageState.SENDING, wait=LEASE.total_seconds())
    step = Move(
        message.pk,
        lease.fence,
        sending,
        account_id=route.account.id,
        template_id=version.pk if version else None,
        template_label=label,
        segments=segments,
        country=message.country,
        cost=cost,
        currency=route.row.currency,
    )
    return ready, step


def _stopped(message: Message, lease: Lease, route: Route | None, desk: Desk, now: datetime) -> Step | None:
    if lease.crashes >= MAX_CRASHES or lease.attempts > MAX_ATTEMPTS:
        return Step(MessageState.DEAD, "worker_died", error="the worker died or stalled every time")
    way = desk.way(message, route, now)
    step = _test_stopped(message, desk, way, now) if message.is_test else recheck(desk.facts(message, now), way)
    if step is None and route is not None and route.is_full:
        wait = route.place(is_urgent=is_urgent(message))
        return Step(MessageState.PENDING, DOWN if route.is_trial else OVER_RATE, wait, refunds_attempt=True)
    return step


def _test_stopped(message: Message, desk: Desk, way: Way, now: datetime) -> Step | None:
    """A test goes to the staff: no shopper's choice, hour or cap is asked for it. A blocked address gets none all the same."""
    return recheck_test(way, suppressed=desk.recipients.suppression(message), not_after=message.not_after, now=now)


def _compose(message: Message, desk: Desk, batch: Batch, now: datetime) -> Letter:
    """The stored content of an earlier try, else a fresh one. A code is never stored, so it is rendered each time."""
    stored = desk.contents.get(message.pk)
    if stored is not None and message.is_test:
        return (stored.subject, stored.text, stored.html), None, None
    if stored is not None and not desk.may_advertise(message, now):
        batch.taken_back.append(stored.pk)
        stored = None
    secret = entry_of(message.kind).opens
    if stored is not None and not secret:
        return (stored.subject, stored.text, stored.html), None, None
    facts = context.build(
        message=message,
        now=now,
        house=desk.house,
        notes=batch.notes,
        background=desk.background,
        surveys=desk.surveys_for(message, now),
    )
    if restyle(message, facts):
        batch.told.append(message)
    version = desk.version(message, message.style)
    rendered = _render(message, facts, version)
    if rendered.fallback_reason and version is not None:
        batch.broken[version.pk] = rendered.fallback_reason
        version = None
    if stored is None:
        kept = _render(message, context.masked(facts, secret), version) if secret else rendered
        batch.contents.append(MessageContent(message=message, subject=kept.subject[:300], text=kept.text, html=kept.html))
    return (rendered.subject, rendered.text, rendered.html), version, (rendered.label, rendered.segments)


def restyle(message: Message, facts: dict[str, Any]) -> bool:
    """What its style needs may be gone since it was decided: then it goes out plain, and the message says why. True when it does."""
    found = facts.get("facts", {})
    used, why = found.get("style", ""), found.get("style_reason", "")
    if not why or used == message.style:
        return False
    message.style = used
    message.reasons = asked_again(message.reasons, [Condition("style", True, why)])
    return True


def _render(message: Message, facts: dict[str, Any], version: TemplateVersion | None) -> rendering.Rendered:
    return rendering.render(
        kind=message.kind, channel=message.channel, language=message.language, context=facts, version=version, style=message.style
    )


def _store(batch: Batch, now: datetime) -> None:
    """One statement each, whatever the size of the batch; the attempt is on record before the provider is called."""
    taken = move(batch.moves, allowed=[MessageState.LEASED], at=now)
    batch.ready = [ready for ready in batch.ready if ready.lease.id in taken]
    batch.notes.store()
    _explain(batch, taken)
    step_down(message_ids=failed_of(batch.moves, taken), at=now)
    insert_free(batch.contents)
    started_at = queue.database_now()
    tries = [
        Attempt(message_id=ready.lease.id, account_id=ready.account.id, fence=ready.lease.fence, started_at=started_at)
        for ready in batch.ready
    ]
    insert(tries)
    for pk, reason in batch.broken.items():
        TemplateVersion.objects.filter(pk=pk).update(broken_at=now, broken_reason=reason[:300])


def _explain(batch: Batch, taken: set[int]) -> None:
    """Keep what the last check found otherwise than the decision, where it did."""
    if told := [message for message in batch.told if message.pk in taken]:
        Message.objects.bulk_update(told, ["reasons", "send_at", "style"])
    if batch.taken_back:
        MessageContent.objects.filter(pk__in=batch.taken_back).delete()


def give_back(leases: Sequence[Lease], now: datetime) -> None:
    """Return claimed messages nobody has begun with, as if they had not been claimed."""
    with merchant_scope(leases[0].merchant_id):
        step = Step(MessageState.PENDING, refunds_attempt=True)
        move([Move(lease.id, lease.fence, step) for lease in leases], allowed=[MessageState.LEASED], at=now)


def fail_composing(lease: Lease, error: Exception, now: datetime) -> None:
    """Put back, with backoff, a message whose preparation broke the transaction."""
    with merchant_scope(lease.merchant_id):
        moves = [Move(lease.id, lease.fence, composing_failed(f"{error.__class__.__name__}: {error}", attempts=lease.attempts))]
        taken = move(moves, allowed=[MessageState.LEASED], at=now)
        step_down(message_ids=failed_of(moves, taken), at=now)
