"""The accounts a merchant's messages may leave by, and what stands against each now: pause, breaker, rate, cap.

What is shared by all workers lives in the account's row. Rows with a limit are locked until the batch is stored, so that
two workers never give out the same place; those without cost nothing but the reading.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.functions import Now

from core.text import phone_country
from notifications.accounts import open_account
from notifications.models import Message, ProviderAccount
from notifications.registry import Adapter, adapter_of, entry_of
from notifications.rules import OTHER_ACCOUNT, Way
from notifications.rules.breaker import OPENS_AT
from notifications.rules.prices import price_of
from notifications.services.moves import LEASE
from notifications.types import Account

DOWN, OVER_RATE, SPEND_CAP = "provider_down", "over_rate", "spend_cap"
BURST = 1.0  # seconds whose worth of calls may leave at once


@dataclass(slots=True)
class Route:
    """One account, and what this batch has taken of its limits."""

    row: ProviderAccount
    account: Account
    adapter: Adapter
    read_at: datetime  # the database's time
    pause: float = 0.0  # seconds
    room: int | None = None  # how many may leave now; None: as many as there are
    is_trial: bool = False  # the breaker is half open: one message tells whether it works again
    taken: int = 0
    queued: int = 0
    spent: Decimal = field(default_factory=Decimal)

    @property
    def is_full(self) -> bool:
        return self.room is not None and self.taken >= self.room

    def take(self, cost: Decimal | None) -> None:
        """One message leaves by this route."""
        self.taken += 1
        if cost and self.row.daily_cap is not None:
            self.spent += cost

    def place(self, *, is_urgent: bool) -> float:
        """Seconds until a message that finds no room is due again. Whoever waits for a code does not join the line."""
        rate = self.row.per_second
        if self.is_trial or not rate:
            return LEASE.total_seconds()
        if is_urgent:
            return 1 / rate
        self.queued += 1
        return (self._line() - self.read_at).total_seconds()

    def _line(self) -> datetime:
        start = max(filter(None, (self.row.line_until, self._slot(), self.read_at)))
        return start + timedelta(seconds=self.queued / (self.row.per_second or 1))

    def _slot(self) -> datetime:
        start = max(self.row.slot_at or self.read_at, self.read_at)
        return start + timedelta(seconds=self.taken / (self.row.per_second or 1))

    def price(self, message: Message, segments: int) -> Decimal | None:
        return price_of(self.row.prices, channel=message.channel, country=message.country, segments=segments)

    def is_spent(self, message: Message) -> bool:
        """Whether even one segment more would go over the day's cap."""
        cap = self.row.daily_cap
        return cap is not None and self.row.spent + self.spent + (self.price(message, message.segments) or 0) > cap

    def changes(self) -> dict[str, Any]:
        """What the row is to keep of this batch."""
        found: dict[str, Any] = {}
        if self.is_trial and self.taken:
            found["paused_until"] = self.read_at + LEASE  # by then the trial has told, or its worker is dead
        if self.row.per_second and self.taken:
            found["slot_at"] = self._slot()
        if self.queued:
            found["line_until"] = self._line()
        if self.spent:
            found |= {"spent": self.row.spent + self.spent, "spent_on": self.row.spent_on}
        return found


@dataclass(frozen=True, slots=True)
class Routes:
    """The accounts of each channel, the first choice first."""

    by_channel: dict[str, list[Route]]
    midnight: float  # seconds until the merchant's next day begins

    def choose(self, message: Message) -> Route | None:
        """The account for a message: the first that may be called.

        One whose outcome was once unknown stays with the account that may have taken it. One the first account certainly
        did not take goes to the next.
        """
        routes = self.by_channel.get(message.channel, [])
        if message.is_possible_duplicate:
            routes = [route for route in routes if route.account.id == message.account_id] or routes
        free = [route for route in routes if route.pause <= 0 and not (route.is_trial and route.is_full)]
        if message.reason == OTHER_ACCOUNT:
            free.sort(key=lambda route: route.account.id == message.account_id)
        return next(iter(free or routes), None)

    def has_other(self, message: Message, route: Route) -> bool:
        """Whether another account may try at once when this one does not take the message."""
        if message.is_possible_duplicate or message.reason == OTHER_ACCOUNT:
            return False
        others = (other for other in self.by_channel[message.channel] if other is not route and other.pause <= 0)
        return any(message.is_mandatory or not other.is_spent(message) for other in others)

    def way(self, message: Message, route: Route, *, has_sender: bool, now: datetime) -> Way:
        """Whether the route is open to the message."""
        if route.pause > 0:
            return Way(has_sender=has_sender, pause=route.pause, why=DOWN if _is_broken(route.row) else "provider_asks_to_wait")
        if not message.is_mandatory and route.is_spent(message):
            left = (message.not_after - now).total_seconds() + 1 if message.not_after else self.midnight
            return Way(has_sender=has_sender, pause=max(1.0, min(self.midnight, left)), why=SPEND_CAP)
        return Way(has_sender=has_sender)

    def store(self) -> None:
        """Keep what the batch took. One statement for each account with a limit that something was taken of."""
        for route in (route for routes in self.by_channel.values() for route in routes):
            if changes := route.changes():
                ProviderAccount.objects.filter(pk=route.row.pk).update(**changes)


def open_routes(messages: Iterable[Message], *, zone: str, now: datetime) -> Routes:
    """Read the accounts in their merchant's scope: one query, and one more that locks those with a limit."""
    today = now.astimezone(ZoneInfo(zone)).date()
    rows = _read()
    wanted = {message.channel for message in messages}
    limited = [row.pk for row in rows if row.channel in wanted and _is_limited(row)]
    if limited:
        locked = {row.pk: row for row in _read(limited)}
        rows = [locked.get(row.pk, row) for row in rows]
    by_channel: dict[str, list[Route]] = {}
    for row in rows:
        by_channel.setdefault(row.channel, []).append(_route(row, today))
    return Routes(by_channel, _until_midnight(now, zone))


def _read(only: Sequence[int] | None = None) -> list[Any]:
    rows = ProviderAccount.objects.filter(is_active=True).annotate(read_at=Now(), pause=F("paused_until") - Now())
    if only is not None:
        # In one order, so that two workers never wait for each other. Not the key: messages refer to it meanwhile.
        return list(rows.filter(pk__in=only).order_by("pk").select_for_update(no_key=True))
    return list(rows.order_by("channel", "rank"))


def _is_limited(row: ProviderAccount) -> bool:
    return row.per_second is not None or row.daily_cap is not None or _is_broken(row)


def _is_broken(row: ProviderAccount) -> bool:
    return row.failures >= OPENS_AT


def _route(row: Any, today: date) -> Route:
    pause = row.pause.total_seconds() if row.pause else 0.0
    if row.spent_on != today:
        row.spent_on, row.spent = today, Decimal(0)
    route = Route(row, open_account(row), adapter_of(row.provider), row.read_at, max(0.0, pause), is_trial=_is_broken(row))
    if route.is_trial:
        route.room = 1
    elif row.per_second:
        ahead = ((row.slot_at or row.read_at) - row.read_at).total_seconds()
        # To the nearest: at one a second, what came a moment before its place would be sent to the end of the line.
        route.room = max(0, int((BURST - max(0.0, ahead)) * row.per_second + 0.5))
    return route


def _until_midnight(now: datetime, zone: str) -> float:
    local = now.astimezone(ZoneInfo(zone))
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), local.tzinfo)
    return (midnight - now).total_seconds()


def is_urgent(message: Message) -> bool:
    """A person is waiting for it at this very moment."""
    return bool(entry_of(message.kind).head_start)


def country_of(message: Message) -> str:
    """Of the recipient's number; for e-mail of the address the order goes to."""
    if message.channel == "sms":
        return phone_country(message.recipient)
    order = message.order
    address = (order.shipping_address or order.billing_address) if order is not None else {}
    return str(address.get("country", ""))[:2].upper()
