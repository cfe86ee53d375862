"""Reads of this room: a message's story, the log, and how the queue stands."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from customers.selectors import recipient_key
from customers.types import Channel
from events.models import Event
from merchants.scope import across_merchants, merchant_scope
from notifications.accounts import open_account
from notifications.models import Attempt, Callback, Message, MessageContent, ProviderAccount, SandboxDelivery, TemplateVersion
from notifications.news import HELD
from notifications.registry import entry_of
from notifications.types import Account, Kind, MessageState


class MessageNotFound(LookupError):
    """The current merchant has no such message."""


class BadCursor(ValueError):
    """Not a cursor this log gave out."""


@dataclass(frozen=True, slots=True)
class Story:
    """Why a message was sent or not: event, decision, wording, tries, callbacks, and what the shopper got."""

    message: Message
    event: Event | None
    reasons: Sequence[dict[str, object]]
    template: TemplateVersion | None
    account: ProviderAccount | None
    attempts: Sequence[Attempt]
    callbacks: Sequence[Callback]
    content: MessageContent | None
    sandbox: SandboxDelivery | None
    held_until: datetime | None = None  # it waits this long for newer news of its parcel


def message_story(*, message_id: int) -> Story:
    """Five queries whatever the number of tries and callbacks. Raises MessageNotFound."""
    related = ("event", "order", "customer", "shipment", "template", "account")
    message: Message | None = Message.objects.select_related(*related).filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound(message_id)
    return Story(
        message=message,
        event=message.event,
        reasons=message.reasons,
        template=message.template,
        account=message.account,
        attempts=list(Attempt.objects.filter(message=message).order_by("fence")),
        callbacks=list(Callback.objects.filter(message=message).order_by("received_at", "id")),
        content=MessageContent.objects.filter(message=message).first(),
        sandbox=SandboxDelivery.objects.filter(message=message).first(),
        held_until=held_until(message),
    )


def held_until(message: Message) -> datetime | None:
    """Until when a message waits for newer news of its parcel; None when it does not."""
    is_held = message.state == MessageState.PENDING and message.reason == HELD
    return message.decided_at + entry_of(message.kind).hold if is_held else None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the log is narrowed to; empty means all. `until` is exclusive."""

    state: str = ""
    kind: str = ""
    channel: str = ""
    order_number: str = ""
    recipient: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    messages: Sequence[Message]
    next_cursor: str  # "" on the last page


def message_log(*, filters: LogFilter = LogFilter(), cursor: str = "", limit: int = 50) -> LogPage:
    """Newest decisions first, one query. Raises BadCursor."""
    rows = _filtered(filters)
    if cursor:
        at, id = _read_cursor(cursor)
        rows = rows.filter(Q(decided_at__lt=at) | Q(decided_at=at, id__lt=id), decided_at__lte=at)
    found = list(rows.select_related("order", "customer").order_by("-decided_at", "-id")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return LogPage(found[:limit], _write_cursor(last) if last else "")


def _filtered(filters: LogFilter) -> QuerySet[Message]:
    exact = {"state": filters.state, "kind": filters.kind, "channel": filters.channel, "order__number": filters.order_number.lstrip("#")}
    rows: QuerySet[Message] = Message.objects.filter(**{name: value for name, value in exact.items() if value})
    if filters.recipient:
        rows = rows.filter(recipient__in={recipient_key(channel, filters.recipient) for channel in Channel})
    if filters.since:
        rows = rows.filter(decided_at__gte=filters.since)
    return rows.filter(decided_at__lt=filters.until) if filters.until else rows


def _write_cursor(message: Message) -> str:
    return base64.urlsafe_b64encode(f"{message.decided_at.isoformat()}|{message.pk}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        at, _, id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        moment = datetime.fromisoformat(at)
        number = int(id)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadCursor("not a cursor of this log") from None
    if moment.tzinfo is None or not 0 < number < 2**63:
        raise BadCursor("not a cursor of this log")
    return moment, number


def messages_of_order(*, order_id: int) -> list[Message]:
    """Every message about an order, newest first."""
    return list(Message.objects.filter(order=order_id).order_by("-decided_at", "-id"))


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How the message queue stands. Messages that wait for a provider account are `waiting`, not `due`."""

    due: int
    waiting: int
    sending: int
    unknown: int
    dead: int
    dead_mandatory: int
    oldest_due_mandatory: timedelta | None


# A head start in the queue is no age. Row-level security narrows it to the scope's merchant.
_FIGURES = """
    select count(*) filter (where state in ('pending', 'leased') and due_at <= statement_timestamp()),
        count(*) filter (where state = 'pending' and due_at > statement_timestamp()),
        count(*) filter (where state = 'sending'), count(*) filter (where state = 'unknown'),
        count(*) filter (where state = 'dead'), count(*) filter (where state = 'dead' and is_mandatory),
        statement_timestamp() - min(due_at + (case kind when 'sign_in' then %s * interval '1 second' else interval '0' end))
            filter (where state in ('pending', 'leased') and due_at <= statement_timestamp() and is_mandatory)
    from notifications_message where state in ('pending', 'leased', 'sending', 'unknown', 'dead')"""


def queue_figures() -> QueueFigures:
    """Across all merchants, for the platform's health: counts only. Refused inside a merchant's scope."""
    with across_merchants():
        return _figures()


def merchant_queue_figures(*, merchant_id: int) -> QueueFigures:
    """One merchant's figures, in its scope."""
    with merchant_scope(merchant_id):
        return _figures()


def _figures() -> QueueFigures:
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [entry_of(Kind.SIGN_IN).head_start.total_seconds()])
        return QueueFigures(*cursor.fetchone())


def account_of_callback(*, provider: str, public_id: str) -> Account | None:
    """The opened account a callback's address names. An account switched off still hears about what it sent."""
    with across_merchants():
        row = ProviderAccount.all_merchants.filter(public_id=public_id, provider=provider).values_list("merchant_id", "id").first()
    if row is None:
        return None
    with merchant_scope(row[0]):
        return open_account(ProviderAccount.objects.get(pk=row[1]))


def active_accounts() -> list[ProviderAccount]:
    """The accounts the current merchant sends through, one per channel."""
    return list(ProviderAccount.objects.filter(is_active=True).order_by("channel"))
