"""Reads of the staff pages that span rooms: the overview's figures, what was given up, the sandbox's mailbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.models import Command, InboxItem, Poll
from dashboard.queues import depths
from dashboard.rules import Figures, reason_of
from events.models import Delivery, Work
from merchants.models import Membership, User
from notifications.models import Message, ProviderAccount, SandboxDelivery
from notifications.types import MessageState
from orders.models import Order

NO_ACCOUNT = ("no_provider", "no_sender")
SHOWN = 200
MAILBOX = 60


def start_of_day(now: datetime) -> datetime:
    """Midnight of the current time zone."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def has_sandbox() -> bool:
    """Whether the merchant's messages, or some of them, go to the sandbox."""
    return ProviderAccount.objects.filter(provider="sandbox", is_active=True).exists()


def overview(*, now: datetime) -> Figures:
    """The current merchant's figures in a constant number of queries."""
    today = start_of_day(now)
    going = Message.objects.filter(state__in=[MessageState.PENDING, MessageState.LEASED])
    waiting: dict[str, int] = going.aggregate(account=Count("pk", filter=Q(reason__in=NO_ACCOUNT)), all=Count("pk"))
    messages, events, inbox, polls, commands = depths()
    return Figures(
        by_state=counts_by_state(since=today),
        waiting=waiting["all"] - waiting["account"],
        waits_for_account=waiting["account"],
        oldest_seconds=messages.oldest_seconds,
        unknown=Message.objects.filter(state=MessageState.UNKNOWN).count(),
        dead_messages=messages.dead,
        dead_deliveries=events.dead,
        dead_inbox=inbox.dead,
        dead_polls=polls.dead,
        dead_commands=commands.dead,
        inbox_waiting=inbox.due + inbox.running + inbox.expired + InboxItem.objects.filter(state=Work.WAITING).count(),
        orders_today=Order.objects.filter(placed_at__gte=today, placed_at__lte=now).count(),
    )


@dataclass(frozen=True, slots=True)
class Dead:
    """Something the machine gave up: what, why, since when, and the key by which a person re-runs it."""

    key: str
    what: str
    about: str
    reason: str
    attempts: int
    at: datetime


def dead_rows() -> list[Dead]:
    """What of the current merchant's was given up, newest first, at most two hundred of each kind."""
    rows = [*_dead_messages(), *_dead_deliveries(), *_dead_inbox(), *_dead_polls(), *_dead_commands()]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _dead_messages() -> list[Dead]:
    rows: Any = Message.objects.filter(state=MessageState.DEAD).select_related("order").defer("reasons").order_by("-decided_at", "-id")
    return [
        Dead(
            key=f"message:{row.pk}",
            what=f"{row.get_kind_display()}, {row.get_channel_display()}",
            about=row.order.number if row.order else row.recipient,
            reason=row.last_error or reason_of(row.reason),
            attempts=row.attempts,
            at=row.finished_at or row.due_at,
        )
        for row in rows[:SHOWN]
    ]


def _dead_deliveries() -> list[Dead]:
    rows: Any = Delivery.objects.filter(state=Work.DEAD).select_related("event").order_by("-due_at")
    return [Dead(f"delivery:{row.pk}", row.event.type, row.handler, row.last_error, row.attempts, row.due_at) for row in rows[:SHOWN]]


def _dead_inbox() -> list[Dead]:
    rows: Any = InboxItem.objects.filter(state=Work.DEAD).select_related("connection").defer("body").order_by("-received_at")
    return [
        Dead(f"inbox:{row.pk}", row.topic, row.connection.slug, row.last_error or row.outcome, row.attempts, row.received_at)
        for row in rows[:SHOWN]
    ]


def _dead_polls() -> list[Dead]:
    rows: Any = Poll.objects.filter(state=Work.DEAD).select_related("connection").order_by("-due_at")
    return [
        Dead(f"poll:{row.pk}", str(_("Asking a carrier")), f"{row.number}, {row.connection.slug}", row.last_error, row.attempts, row.due_at)
        for row in rows[:SHOWN]
    ]


def _dead_commands() -> list[Dead]:
    rows: Any = Command.objects.filter(state=Work.DEAD).select_related("connection", "order").order_by("-due_at")
    return [
        Dead(
            key=f"command:{row.pk}",
            what=str(row.get_kind_display()),
            about=f"{row.order.number}, {row.connection.slug}",
            reason=row.last_error or row.outcome,
            attempts=row.attempts,
            at=row.due_at,
        )
        for row in rows[:SHOWN]
    ]


def mailbox() -> list[SandboxDelivery]:
    """What shoppers received from the sandbox, newest first."""
    return list(SandboxDelivery.objects.defer("html", "headers").order_by("-delivered_at", "-id")[:MAILBOX])


def counts_by_state(*, since: datetime) -> dict[str, int]:
    """Messages to shoppers decided since then, by state."""
    rows = Message.objects.filter(decided_at__gte=since, is_test=False).values_list("state").annotate(n=Count("pk")).order_by()
    return dict(rows)


def staff() -> list[User]:
    """Who works for the current merchant, by name."""
    rows: Any = Membership.objects.filter(user__is_active=True).select_related("user").order_by("user__email")
    return [row.user for row in rows[:100]]
