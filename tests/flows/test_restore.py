"""F37: a backup is restored. What was sent after it was taken is not sent again, and what was not sent is not lost."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from events import station
from events.models import Station
from events.queue import database_now
from merchants.models import Merchant, PlatformEntry
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from notifications.models import Message, ProviderAccount
from notifications.registry import LookupFailed
from notifications.services import release, standing, wake_put_off
from notifications.types import Accepted, Outgoing, Unknown
from postpurchase.database import drop_database
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import SearchableStub, Stub, messages, only_we_listen, open_accounts, run
from tests.notifications.conftest import searchable as searchable
from tests.notifications.conftest import stub as stub

BACKUP = "test_postpurchase_backup_{}"


def admin(sql: str) -> None:
    import psycopg2  # noqa: PLC0415

    connection = psycopg2.connect(settings.ADMIN_URL)
    connection.autocommit = True
    connection.cursor().execute(sql)
    connection.close()


def serve(name: str) -> None:
    connections.close_all()
    for alias in ("default", "owner"):
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture
def copy(real_commits: None) -> Iterator[str]:
    """The name a backup is restored under; the suite's own database is served again afterwards."""
    home = connections["default"].settings_dict["NAME"]
    name = BACKUP.format(home[-40:])
    yield name
    serve(home)
    drop_database(settings.ADMIN_URL, name)


def back_up(name: str) -> None:
    home = connections["default"].settings_dict["NAME"]
    connections.close_all()
    drop_database(settings.ADMIN_URL, name)
    admin(f'create database "{name}" owner owner template "{home}"')


def orders(merchant: Merchant, *numbers: str) -> None:
    with merchant_scope(merchant.pk):
        for number in numbers:
            place_order(number=number, external_id=number, email=f"shopper{number}@example.com", phone="")
        only_we_listen()


def takes(provider: SearchableStub) -> None:
    def accept(message: Outgoing) -> Accepted:
        provider.held.add(message.token)
        return Accepted(f"P-{message.token}")

    provider.answer = accept


def look_up(merchant: Merchant) -> None:
    """Everything due is looked at, as often as it takes."""
    for _ in range(4):
        run()
        make_due_in_doubt(merchant)


def make_due_in_doubt(merchant: Merchant) -> None:
    with merchant_scope(merchant.pk):
        Message.objects.filter(state="unknown", reason="restored").update(due_at=database_now())


def seen(merchant: Merchant) -> list[str]:
    rows = messages(merchant, channel="email")
    return sorted(f"{row.recipient.split('@')[0]} {row.state}{':' + row.reason if row.reason else ''}" for row in rows)


def test_what_was_sent_in_the_lost_minutes_is_not_sent_again_and_nothing_else_is_lost(copy: str, searchable: SearchableStub) -> None:
    acme = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    open_accounts(acme, "email", "sms")
    takes(searchable)
    station.beat()
    orders(acme, "1", "2", "3")
    back_up(copy)  # three orders are in it, and none of their messages has left
    run()
    assert sorted(row.recipient for row in searchable.taken) == [f"shopper{n}@example.com" for n in "123"]
    provider_lost = next(row.token for row in searchable.taken if row.recipient.startswith("shopper3"))
    searchable.held.remove(provider_lost)  # as if the third had not left before the crash
    searchable.taken.clear()

    serve(copy)
    look_up(acme)
    assert searchable.taken == []
    assert seen(acme) == ["shopper1 sent", "shopper2 sent", "shopper3 unknown:restored_absent"]
    held = station.current_hold()
    assert held is not None and held.why == "restored"

    done = release(sends_unsure=False, at=NOW)
    assert (done.sent, done.flagged, done.cancelled) == (1, 0, 0)
    run()
    assert [(row.recipient, row.token) for row in searchable.taken] == [("shopper3@example.com", provider_lost)]
    assert seen(acme) == ["shopper1 sent", "shopper2 sent", "shopper3 sent"]
    assert station.current_hold() is None
    hold, let_go = PlatformEntry.objects.order_by("position")
    assert (hold.deed, hold.changes["why"]) == ("sending.held", "restored")
    assert (let_go.deed, let_go.changes) == ("sending.released", {"unsure": "cancelled", "sent": 1, "flagged": 0, "cancelled": 0})


def held(merchant: Merchant) -> Merchant:
    open_accounts(merchant, "email", "sms")
    orders(merchant, "1", "2")
    station.hold()
    return merchant


def mails(merchant: Merchant) -> list[Message]:
    return messages(merchant, channel="email")


def test_nothing_is_handed_over_while_sending_is_held(acme: Merchant, stub: Stub) -> None:
    held(acme)
    look_up(acme)
    assert stub.taken == []
    assert seen(acme) == ["shopper1 unknown:restored_unsure", "shopper2 unknown:restored_unsure"]
    with merchant_scope(acme.pk):
        account = ProviderAccount.objects.get(channel="email")
        assert (account.failures, account.last_error) == (0, "")


def test_nobody_is_let_go_before_all_is_looked_up(acme: Merchant, searchable: SearchableStub) -> None:
    held(acme)
    with pytest.raises(CommandError, match="not every message has been looked up"):
        call_command("held", "--release", "send", stdout=StringIO())
    assert station.current_hold() is not None
    assert {row.state for row in mails(acme)} <= {"pending"}


@pytest.mark.parametrize(
    ("choice", "state", "n"), [("send", "sent", 2), ("cancel", "cancelled:restored", 0)], ids=["sent, flagged", "taken back"]
)
def test_what_nobody_can_tell_is_the_operators_choice(acme: Merchant, stub: Stub, choice: str, state: str, n: int) -> None:
    held(acme)
    with merchant_scope(acme.pk):
        Station.objects.update(held_at=database_now())
        Message.objects.update(decided_at=NOW.replace(year=2020))
    look_up(acme)
    told = StringIO()
    call_command("held", "--list", "--release", choice, stdout=told)
    run()
    assert seen(acme) == [f"shopper1 {state}", f"shopper2 {state}"]
    assert len(stub.taken) == n
    assert {row.is_possible_duplicate for row in mails(acme)} == {bool(n)}
    assert "nobody can tell       2" in told.getvalue()
    assert "example.com" not in told.getvalue()


def test_what_was_decided_while_sending_was_held_goes_out_whatever_the_choice(acme: Merchant, stub: Stub) -> None:
    held(acme)
    Station.objects.update(held_at=NOW.replace(year=2020))
    look_up(acme)
    done = release(sends_unsure=False, at=NOW)
    run()
    assert (done.flagged, done.cancelled) == (2, 0)
    assert [row.is_possible_duplicate for row in mails(acme)] == [True, True]
    assert len(stub.taken) == 2


def test_a_provider_that_does_not_answer_keeps_the_message_in_doubt(acme: Merchant, searchable: SearchableStub) -> None:
    held(acme)

    def fails(**_: object) -> str | None:
        raise LookupFailed("ReadTimeout")

    searchable.lookup = fails  # type: ignore[method-assign, assignment]
    look_up(acme)
    assert seen(acme) == ["shopper1 unknown:restored", "shopper2 unknown:restored"]
    assert standing().looking == 2
    assert searchable.taken == []


def test_what_waits_for_its_account_is_looked_at_too(acme: Merchant, searchable: SearchableStub) -> None:
    open_accounts(acme, "email", "sms")
    orders(acme, "1")
    run()
    with merchant_scope(acme.pk):
        Message.objects.filter(channel="email").update(
            state="pending", reason="over_rate", due_at=database_now().replace(year=2040), provider_id=""
        )
    station.hold()
    assert wake_put_off() == 1
    searchable.taken.clear()
    look_up(acme)
    assert searchable.taken == []
    assert seen(acme) == ["shopper1 unknown:restored_absent"]
    assert standing().is_over


def test_an_ordinary_doubt_is_not_touched_by_a_release(acme: Merchant, stub: Stub) -> None:
    open_accounts(acme, "email", "sms")
    orders(acme, "1")
    stub.answer = lambda message: Unknown("ReadTimeout")
    run()
    assert seen(acme) == ["shopper1 unknown:outcome_unknown"]
    station.hold()
    release(sends_unsure=True, at=NOW)
    assert seen(acme) == ["shopper1 unknown:outcome_unknown"]
