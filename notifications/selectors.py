"""Reads of this room: a message's story, the log, and how the queue stands."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.selectors import recipient_key, standings_of
from customers.types import Channel, Standing
from events.models import Event
from merchants.scope import across_merchants, merchant_scope
from merchants.selectors import current_merchant
from notifications.accounts import open_account
from notifications.models import (
    GAPS,
    Attempt,
    AutomationVersion,
    Callback,
    Message,
    MessageContent,
    ProviderAccount,
    SandboxDelivery,
    TemplateVersion,
)
from notifications.news import HELD
from notifications.receipts import Asked, Link, Moment, asked, cost_words, plan_link, wording_link
from notifications.registry import HEAD_STARTS, entry_of
from notifications.rules import Home
from notifications.types import Account, MessageState
from notifications.whereabouts import place_of_message


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
    automation: AutomationVersion | None  # that decided; without one the default of the catalogue
    template: TemplateVersion | None
    account: ProviderAccount | None
    attempts: Sequence[Attempt]
    callbacks: Sequence[Callback]
    content: MessageContent | None
    sandbox: SandboxDelivery | None
    ladder: Sequence[Message]  # the same news by the other channels
    zone: str  # the recipient's
    held_until: datetime | None = None  # it waits this long for newer news of its parcel

    @property
    def asked(self) -> list[Asked]:
        """Every question of the decision in plain words, in the order asked."""
        return asked(self.reasons, state=self.message.state)

    @property
    def moments(self) -> list[Moment]:
        """What happened, was decided and planned, and when it really left."""
        message, zone = self.message, ZoneInfo(self.zone)
        known = (
            (_("It happened"), self.event.occurred_at if self.event is not None else None),
            (_("Decided"), message.decided_at),
            (_("To leave"), message.send_at),
            (_("Not after"), message.not_after),
            (_("Left"), message.sent_at),
            (_("Over"), message.finished_at),
        )
        return [Moment(name, at, at.astimezone(zone)) for name, at in known if at is not None]

    @property
    def plan(self) -> Link | None:
        """The automation that decided, and its page; none decides tests."""
        return None if self.message.is_test else plan_link(self.message.kind, self.automation)

    @property
    def wording(self) -> Link | None:
        """What it was rendered from, and its page; None until it is rendered."""
        return wording_link(self.message)

    @property
    def cost(self) -> str:
        """What it cost, in words."""
        message = self.message
        return cost_words(message.cost, message.cost_currency, has_left=message.sent_at is not None)


def message_story(*, message_id: int) -> Story:
    """Nine queries at most, whatever the number of tries and callbacks. Raises MessageNotFound."""
    related = ("event", "order", "customer", "shipment", "automation", "template", "account")
    message: Message | None = Message.objects.select_related(*related).filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound(message_id)
    return Story(
        message=message,
        event=message.event,
        reasons=message.reasons,
        automation=message.automation,
        template=message.template,
        account=message.account,
        attempts=list(Attempt.objects.filter(message=message).select_related("account").order_by("fence")),
        callbacks=list(Callback.objects.filter(message=message).select_related("account").order_by("received_at", "id")),
        content=MessageContent.objects.filter(message=message).first(),
        sandbox=SandboxDelivery.objects.filter(message=message).first(),
        ladder=_ladder(message),
        zone=_zone(message),
        held_until=held_until(message),
    )


def _ladder(message: Message) -> list[Message]:
    """In the ladder's order: the ways of one piece of news are stored one after the other."""
    if message.event_id is None or message.order_id is None:
        return []
    same = {name: getattr(message, name) for name in ("order_id", "event_id", "kind", "shipment_id", "subject_id")}
    return list(Message.objects.filter(**same).exclude(pk=message.pk).defer("reasons").order_by("pk"))


def _zone(message: Message) -> str:
    merchant = current_merchant()
    known = standings_of([message.customer_id]) if message.customer_id is not None else {}
    told = known.get(message.customer_id or 0, Standing()).zone
    return place_of_message(message, told=told, home=Home(merchant.country, merchant.timezone)).zone


def held_until(message: Message) -> datetime | None:
    """Until when a message waits for newer news of its parcel; None when it does not."""
    is_held = message.state == MessageState.PENDING and message.reason == HELD
    hold = entry_of(message.kind).hold
    return (message.decided_at + hold if hold else message.send_at) if is_held else None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the log is narrowed to; empty means all. `until` is exclusive."""

    state: str = ""
    kind: str = ""
    channel: str = ""
    reason: str = ""
    style: str = ""
    country: str = ""
    wording: str = ""  # part of the label of what it was rendered from
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
    exact = {name: getattr(filters, name) for name in ("state", "kind", "channel", "reason", "style")}
    exact |= {"country": filters.country.upper(), "order__number": filters.order_number.lstrip("#")}
    rows: QuerySet[Message] = Message.objects.filter(**{name: value for name, value in exact.items() if value})
    if filters.wording:
        rows = rows.filter(template_label__icontains=filters.wording)
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
        statement_timestamp() - min(due_at + coalesce((%s::jsonb ->> kind)::float, 0) * interval '1 second')
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
        cursor.execute(_FIGURES, [json.dumps(HEAD_STARTS)])
        return QueueFigures(*cursor.fetchone())


@dataclass(frozen=True, slots=True)
class Stock:
    """What was counted in the last day's hours; the second half belongs at 0. Stock is taken once an hour."""

    events: int
    deliveries: int
    messages: int
    tries: int
    accepted: int
    undelivered: int
    undone: int
    unproven: int
    unrecorded: int
    doubled: int
    stuck: int
    taken_at: datetime | None

    @property
    def difference(self) -> int:
        return self.undelivered + self.undone + self.unproven + self.unrecorded + self.doubled + self.stuck


_COUNTED = ("events", "deliveries", "messages", "tries", "accepted", *GAPS)
_STOCK = f"""
    select {", ".join(f"coalesce(sum({name}), 0)::bigint" for name in _COUNTED)}, max(taken_at)
    from notifications_stocktaking where hour > statement_timestamp() - interval '25 hours'"""  # noqa: S608 - our own words


def stock_of_day() -> Stock:
    """The scope's merchant's, or of all of them inside `across_merchants`."""
    with connection.cursor() as cursor:
        cursor.execute(_STOCK)
        return Stock(*cursor.fetchone())


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
