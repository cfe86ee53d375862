"""A merchant whose messages go to a stub provider that does as the test says and remembers what it was handed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from django.db import connection

from events.models import Delivery, Event
from events.services import emit, run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import registry
from notifications.models import Message, ProviderAccount
from notifications.services import release_held
from notifications.types import Accepted, Account, Outcome, Outgoing
from tests.conftest import NOW
from tracking.models import Shipment
from tracking.types import ShipmentStatus

Answer = Callable[[Outgoing], Outcome]


def accept(message: Outgoing) -> Outcome:
    return Accepted(f"P-{message.token}")


@dataclass
class Stub:
    """A provider in this process."""

    uses_network: bool = False
    answer: Answer = accept
    taken: list[Outgoing] = field(default_factory=list)

    def send(self, *, account: Account, messages: Sequence[Outgoing]) -> list[Outcome]:
        return [self._one(message) for message in messages]

    def _one(self, message: Outgoing) -> Outcome:
        self.taken.append(message)
        return self.answer(message)


@dataclass
class SearchableStub(Stub):
    """A provider that can be asked what it holds."""

    held: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def lookup(self, *, account: Account, message: Outgoing, since: datetime) -> str | None:
        self.asked.append(message.token)
        return f"P-{message.token}" if message.token in self.held else None


@pytest.fixture
def stub() -> Iterator[Stub]:
    before = dict(registry._adapters)
    provider = Stub()
    registry.register_adapter("stub", provider)
    yield provider
    registry._adapters.clear()
    registry._adapters.update(before)


@pytest.fixture
def searchable(stub: Stub) -> SearchableStub:
    provider = SearchableStub()
    registry.register_adapter("stub", provider)
    return provider


def open_accounts(merchant: Merchant, *channels: str) -> None:
    """Stub accounts, made beside the service: `stub` is no provider a merchant can choose."""
    with merchant_scope(merchant.pk):
        for channel in channels:
            ProviderAccount.objects.create(
                channel=channel,
                provider="stub",
                settings={"from_email": "shop@acme.example"} if channel == "email" else {"from_number": "+4930123456"},
                created_at=NOW,
            )


@pytest.fixture
def wired(acme: Merchant, stub: Stub) -> Merchant:
    """Acme, with stub accounts for e-mail and SMS."""
    open_accounts(acme, "email", "sms")
    return acme


def run(at: datetime = NOW) -> int:
    return run_until_quiet(lambda: at)


def messages(merchant: Merchant, **filters: object) -> list[Message]:
    with merchant_scope(merchant.pk):
        return list(Message.objects.filter(**filters).order_by("kind", "channel", "id"))


def states(merchant: Merchant, **filters: object) -> dict[str, str]:
    """`kind/channel` -> `state` or `state:reason`."""
    rows = messages(merchant, **filters)
    return {f"{row.kind}/{row.channel}": f"{row.state}:{row.reason}" if row.reason else row.state for row in rows}


def make_due(merchant: Merchant) -> None:
    """Whatever waits is due now."""
    with merchant_scope(merchant.pk), connection.cursor() as cursor:
        cursor.execute("update notifications_provideraccount set paused_until = null")
        cursor.execute(
            "update notifications_message set due_at = statement_timestamp() where state in ('pending', 'leased', 'sending', 'unknown')"
        )


def mails(merchant: Merchant) -> list[Message]:
    return messages(merchant, channel="email")


def mail_states(merchant: Merchant) -> dict[str, str]:
    return states(merchant, channel="email")


def news(type: str, parcel: Shipment, *, at: datetime = NOW, **payload: object) -> Event:
    """An event about a parcel, as `tracking` writes it. Nobody else listens: the rules would clear trouble that is only made up."""
    event = emit(type=f"tracking.{type}", payload={"order": parcel.order_id, "shipment": parcel.pk, **payload}, at=at)
    only_we_listen()
    return event


def only_we_listen() -> None:
    Delivery.objects.exclude(handler="notifications.handlers.tell_shopper").delete()


def in_state(parcel: Shipment, status: ShipmentStatus, **over: object) -> Shipment:
    """The parcel as the carrier's news leave it."""
    Shipment.objects.filter(pk=parcel.pk).update(status=status, **over)
    parcel.refresh_from_db()
    return parcel


def release(merchant: Merchant, at: datetime) -> int:
    """Time goes by: what was held long enough goes out."""
    with merchant_scope(merchant.pk):
        count = release_held(now=at)
    run(at)
    return count
