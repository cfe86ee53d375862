"""What a day's messages came to: moved with the messages, once each, whatever order the words come in."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections

from events.services import drain as drain_events
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import DayFigure, Message, ProviderAccount
from notifications.services import drain_messages, observe, rerun_message
from notifications.types import Accepted, Outgoing, Refused, Report, Unknown
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import SearchableStub, Stub, mails, make_due, run

TODAY = date(2026, 11, 20)


def figures(merchant: Merchant) -> list[tuple[Any, ...]]:
    """(day, kind, channel, provider, country, sent, delivered, bounced, failed, segments, cost), e-mail first."""
    with merchant_scope(merchant.pk):
        fields = ("day", "kind", "channel", "provider", "country", "sent", "delivered", "bounced", "failed", "segments", "cost")
        return list(DayFigure.objects.order_by("day", "channel", "kind").values_list(*fields))


def of_mail(merchant: Merchant) -> list[tuple[int, int, int, int]]:
    with merchant_scope(merchant.pk):
        rows = DayFigure.objects.filter(channel="email").order_by("day", "kind")
        return list(rows.values_list("sent", "delivered", "bounced", "failed"))


def order(merchant: Merchant, *numbers: int, phone: str = "") -> None:
    with merchant_scope(merchant.pk):
        for number in numbers:
            place_order(number=str(number), phone=phone, email=f"shopper{number}@example.com")
    while drain_events(lambda: NOW):
        pass


def say(merchant: Merchant, state: str, at: Any = NOW) -> None:
    mail = mails(merchant)[0]
    with merchant_scope(merchant.pk):
        observe(account_id=mail.account_id or 0, report=Report(f"P-{state}", mail.token, state), at=at)


def test_a_day_counts_messages_segments_and_cost_by_country(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        ProviderAccount.objects.update(prices={"DE": "0.05", "*": "0.10"}, currency="EUR")
    order(wired, 1, 2, phone="+4915123456789")
    order(wired, 3, phone="+46701740605")
    run()
    with merchant_scope(wired.pk):
        segments = {row.recipient: row.segments for row in Message.objects.filter(channel="sms")}
    german, swedish = segments["+4915123456789"], segments["+46701740605"]
    found = [row for row in figures(wired) if row[2] == "sms"]
    assert sorted(found, key=lambda row: row[4]) == [
        (TODAY, "thanks", "sms", "stub", "DE", 2, 0, 0, 0, 2 * german, Decimal("0.05") * 2 * german),
        (TODAY, "thanks", "sms", "stub", "SE", 1, 0, 0, 0, swedish, Decimal("0.10") * swedish),
    ]


def test_in_the_merchants_zone_the_day_has_begun(wired: Merchant, stub: Stub) -> None:
    order(wired, 1)
    drain_messages(lambda: NOW + timedelta(hours=13, minutes=30), 50)
    assert [row[0] for row in figures(wired)] == [TODAY + timedelta(days=1)]


def test_the_providers_word_counts_once_for_the_day_it_was_sent(wired: Merchant, stub: Stub) -> None:
    order(wired, 1)
    run()
    assert of_mail(wired) == [(1, 0, 0, 0)]
    for _ in range(2):
        say(wired, "delivered", NOW + timedelta(days=2))
        say(wired, "sent", NOW + timedelta(days=2))
    assert of_mail(wired) == [(1, 1, 0, 0)]


def test_a_bounce_and_a_refusal_are_told_apart(wired: Merchant, stub: Stub) -> None:
    order(wired, 1)
    run()
    say(wired, "bounced")
    stub.answer = lambda message: Refused("bad_message")
    order(wired, 2)
    run()
    with merchant_scope(wired.pk):
        found = DayFigure.objects.get()
        assert (found.sent, found.bounced, found.failed) == (1, 1, 1)


def test_a_callback_before_the_answer_counts_the_message_once(wired: Merchant, stub: Stub) -> None:
    def called_back_first(message: Outgoing) -> Accepted:
        say(wired, "delivered")
        return Accepted("P")

    stub.answer = called_back_first
    order(wired, 1)
    drain_messages(lambda: NOW, 50)
    assert of_mail(wired) == [(1, 1, 0, 0)]


def test_an_unknown_outcome_counts_when_the_look_up_finds_it(wired: Merchant, searchable: SearchableStub) -> None:
    def taken_but_silent(message: Outgoing) -> Unknown:
        searchable.held.add(message.token)
        return Unknown("timed out")

    searchable.answer = taken_but_silent
    order(wired, 1)
    run()
    assert of_mail(wired) == []
    make_due(wired)
    run()
    assert of_mail(wired) == [(1, 0, 0, 0)]


def test_a_message_run_again_counts_for_the_day_it_left_again(wired: Merchant, stub: Stub) -> None:
    order(wired, 1)
    run()
    say(wired, "failed")
    with merchant_scope(wired.pk):
        assert rerun_message(message_id=mails(wired)[0].pk)
    run(NOW + timedelta(days=2))
    assert of_mail(wired) == [(1, 0, 0, 1), (1, 0, 0, 0)]


def test_what_went_to_staff_is_nobodys_figure(wired: Merchant, stub: Stub) -> None:
    order(wired, 1)
    with merchant_scope(wired.pk):
        Message.objects.update(is_test=True)
    run()
    assert (mails(wired)[0].state, figures(wired)) == ("sent", [])


def test_a_worker_that_dies_before_recording_leaves_nothing_counted(wired: Merchant, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*args: object, **kwargs: object) -> None:
        raise SystemExit

    monkeypatch.setattr("notifications.services.deliver.record", die)
    order(wired, 1)
    with pytest.raises(SystemExit):
        drain_messages(lambda: NOW, 50)
    assert (mails(wired)[0].state, figures(wired)) == ("sending", [])
    say(wired, "delivered")
    assert of_mail(wired) == [(1, 1, 0, 0)]


def test_the_figures_of_a_batch_are_one_statement(wired: Merchant, stub: Stub) -> None:
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    order(wired, *range(1, 26))
    with CaptureQueriesContext(connection) as captured:
        drain_messages(lambda: NOW, 50)
    assert sum("insert into notifications_dayfigure" in query["sql"] for query in captured.captured_queries) == 2  # to sending, to sent
    assert of_mail(wired) == [(25, 0, 0, 0)]


def at_once(*works: Callable[[], object]) -> None:
    def closing(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=closing, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_workers_under_a_rate_a_cap_and_a_trial_send_each_once_and_never_over_them(real_commits: None, stub: Stub) -> None:
    from merchants.services import create_merchant  # noqa: PLC0415
    from tests.notifications.conftest import open_accounts  # noqa: PLC0415

    acme = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    open_accounts(acme, "email")
    with merchant_scope(acme.pk):
        ProviderAccount.objects.update(per_second=6, daily_cap=Decimal("0.09"), prices={"*": "0.01"}, currency="EUR")
    order(acme, *range(1, 13))
    with merchant_scope(acme.pk):
        Message.objects.update(is_mandatory=False)
    at_once(*[lambda: drain_messages(lambda: NOW, 4)] * 4)
    for _ in range(6):
        make_due(acme)
        with merchant_scope(acme.pk):
            ProviderAccount.objects.update(slot_at=None)
        at_once(*[lambda: drain_messages(lambda: NOW, 6)] * 3)
    assert len(stub.taken) == len({taken.message_id for taken in stub.taken}) == 9
    with merchant_scope(acme.pk):
        assert ProviderAccount.objects.get().spent == Decimal("0.09")
        assert sum(DayFigure.objects.values_list("sent", flat=True)) == 9
        assert {row.reason for row in Message.objects.filter(state="pending")} == {"spend_cap"}
