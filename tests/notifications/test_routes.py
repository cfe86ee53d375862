"""By which account a message leaves, and when: second choice, breaker, rate, cap. Nothing is lost, nothing leaves twice."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from events.services import drain as drain_events
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import registry
from notifications.models import Attempt, Message, ProviderAccount
from notifications.services import drain_messages, observe
from notifications.types import Accepted, NotAccepted, Refused, Report, Unknown
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import Stub, mail_states, mails, make_due, run


@pytest.fixture
def spare(wired: Merchant) -> Iterator[Stub]:
    """A second provider for Acme's e-mail."""
    provider = Stub()
    registry.register_adapter("spare", provider)
    with merchant_scope(wired.pk):
        settings = {"from_email": "spare@acme.example"}
        ProviderAccount.objects.create(channel="email", provider="spare", rank=1, settings=settings, created_at=NOW)
    yield provider
    del registry._adapters["spare"]


def account(merchant: Merchant, provider: str = "stub") -> ProviderAccount:
    with merchant_scope(merchant.pk):
        row: ProviderAccount = ProviderAccount.objects.get(channel="email", provider=provider)
        return row


def change(merchant: Merchant, provider: str = "stub", **values: Any) -> None:
    with merchant_scope(merchant.pk):
        ProviderAccount.objects.filter(channel="email", provider=provider).update(**values)


def order(merchant: Merchant, *numbers: int) -> None:
    """Orders whose confirmations are due."""
    with merchant_scope(merchant.pk):
        for number in numbers:
            place_order(number=str(number), phone="", email=f"shopper{number}@example.com")
    while drain_events(lambda: NOW):
        pass


def drain() -> int:
    return drain_messages(lambda: NOW, 50)


def tries(merchant: Merchant) -> list[tuple[str, str]]:
    with merchant_scope(merchant.pk):
        rows = Attempt.objects.order_by("message_id", "fence").values_list("account__provider", "outcome")
        return list(rows)


# The second account


def test_what_the_first_account_certainly_did_not_take_leaves_by_the_second_at_once(wired: Merchant, stub: Stub, spare: Stub) -> None:
    stub.answer = lambda message: NotAccepted("no connection")
    order(wired, 1)
    drain()
    assert mail_states(wired) == {"order_confirmation/email": "pending:other_account"}
    drain()
    mail = mails(wired)[0]
    assert (mail.state, mail.attempts, mail.account_id) == ("sent", 1, account(wired, "spare").pk)
    assert tries(wired) == [("stub", "not_accepted"), ("spare", "accepted")]
    assert (len(stub.taken), [taken.sender for taken in spare.taken]) == (1, ["spare@acme.example"])


def test_after_both_refused_for_now_it_waits_and_begins_with_the_first_again(wired: Merchant, stub: Stub, spare: Stub) -> None:
    stub.answer = spare.answer = lambda message: NotAccepted("busy")
    order(wired, 1)
    drain()
    drain()
    assert mail_states(wired) == {"order_confirmation/email": "pending:not_accepted"}
    assert tries(wired) == [("stub", "not_accepted"), ("spare", "not_accepted")]
    make_due(wired)
    stub.answer = lambda message: Accepted("P")
    run()
    assert tries(wired)[2:] == [("stub", "accepted")]
    assert (len(stub.taken), len(spare.taken)) == (2, 1)


def test_a_second_account_over_its_cap_is_no_reason_to_wait_for_tomorrow(wired: Merchant, stub: Stub, spare: Stub) -> None:
    stub.answer = lambda message: NotAccepted("busy")
    change(wired, "spare", daily_cap=Decimal("0.01"), prices={"*": "0.02"}, currency="EUR")
    order(wired, 1)
    with merchant_scope(wired.pk):
        Message.objects.update(is_mandatory=False)
    drain()
    assert mail_states(wired) == {"order_confirmation/email": "pending:not_accepted"}
    make_due(wired)
    stub.answer = lambda message: Accepted("P")
    drain()
    assert (mail_states(wired), spare.taken) == ({"order_confirmation/email": "sent"}, [])


@pytest.mark.parametrize("outcome", [Unknown("timed out"), Refused("bad_message")])
def test_an_unknown_outcome_and_a_refusal_never_go_to_the_second(
    wired: Merchant, stub: Stub, spare: Stub, outcome: Unknown | Refused
) -> None:
    stub.answer = lambda message: outcome
    order(wired, 1)
    for _ in range(4):
        run()
        make_due(wired)
    assert spare.taken == []


def test_a_second_try_after_an_unknown_outcome_stays_with_the_account_that_may_have_it(wired: Merchant, stub: Stub, spare: Stub) -> None:
    stub.answer = lambda message: Unknown("timed out")
    order(wired, 1)
    run()
    change(wired, failures=5, paused_until=Now() + timedelta(minutes=5))
    with merchant_scope(wired.pk):
        Message.objects.update(state="pending", reason="resend_after_unknown", is_possible_duplicate=True, due_at=Now())
    run()
    assert mail_states(wired) == {"order_confirmation/email": "pending:provider_down"}
    assert spare.taken == []


def test_while_the_first_is_down_messages_leave_by_the_second(wired: Merchant, stub: Stub, spare: Stub) -> None:
    change(wired, failures=5, paused_until=Now() + timedelta(minutes=5))
    order(wired, 1, 2)
    run()
    assert {row.state for row in mails(wired)} == {"sent"}
    assert (len(stub.taken), len(spare.taken)) == (0, 2)


def word(merchant: Merchant, provider: str, state: str) -> bool:
    mail = mails(merchant)[0]
    with merchant_scope(merchant.pk):
        report = Report(provider_id=f"{provider}-{state}", token=mail.token, state=state)
        return observe(account_id=account(merchant, provider).pk, report=report, at=NOW).has_moved


def test_word_of_both_accounts_counts_and_the_firsts_failure_spoils_nothing(wired: Merchant, stub: Stub, spare: Stub) -> None:
    stub.answer = lambda message: NotAccepted("no connection")
    order(wired, 1)
    run()
    assert not word(wired, "stub", "failed")
    assert not word(wired, "stub", "bounced")
    assert mail_states(wired) == {"order_confirmation/email": "sent"}
    assert word(wired, "spare", "delivered")
    assert mail_states(wired) == {"order_confirmation/email": "delivered"}


def test_word_of_the_first_that_it_did_take_it_stops_the_second(wired: Merchant, stub: Stub, spare: Stub) -> None:
    stub.answer = lambda message: NotAccepted("HTTP 503")
    order(wired, 1)
    drain()
    assert word(wired, "stub", "delivered")
    run()
    assert (mail_states(wired), spare.taken) == ({"order_confirmation/email": "delivered"}, [])


def test_word_of_an_account_that_was_never_asked_is_no_word(wired: Merchant, stub: Stub, spare: Stub) -> None:
    order(wired, 1)
    run()
    assert not word(wired, "spare", "delivered")
    assert mail_states(wired) == {"order_confirmation/email": "sent"}


# The breaker


def test_after_five_failures_in_a_row_the_account_is_left_alone_and_messages_wait_visibly(wired: Merchant, stub: Stub) -> None:
    stub.answer = lambda message: NotAccepted("no connection")
    order(wired, *range(1, 8))
    drain()
    row = account(wired)
    assert (row.failures, row.last_error) == (5, "no connection")
    with merchant_scope(wired.pk), connection.cursor() as cursor:
        cursor.execute("select extract(epoch from paused_until - statement_timestamp()) from notifications_provideraccount where rank = 0")
        assert 30 < min(float(left) for (left,) in cursor.fetchall() if left) <= 60
    order(wired, 9)
    drain()
    assert len(stub.taken) == 7
    waiting = mails(wired)[-1]
    assert (waiting.state, waiting.reason, waiting.attempts) == ("pending", "provider_down", 0)


def test_then_one_message_tries_and_the_others_wait_for_its_answer(wired: Merchant, stub: Stub) -> None:
    change(wired, failures=5)
    order(wired, 1, 2, 3)
    drain()
    assert len(stub.taken) == 1
    assert sorted((row.state, row.reason) for row in mails(wired)) == [
        ("pending", "provider_down"),
        ("pending", "provider_down"),
        ("sent", ""),
    ]
    assert (account(wired).failures, account(wired).paused_until) == (0, None)
    make_due(wired)
    run()
    assert {row.state for row in mails(wired)} == {"sent"}


@pytest.mark.parametrize(("failures", "seconds"), [(5, 120), (6, 240), (8, 900), (13, 900)])
def test_each_failed_trial_doubles_the_pause_up_to_a_quarter_of_an_hour(wired: Merchant, stub: Stub, failures: int, seconds: int) -> None:
    stub.answer = lambda message: Unknown("HTTP 500")
    change(wired, failures=failures)
    order(wired, 1)
    drain()
    with merchant_scope(wired.pk):
        left = ProviderAccount.objects.filter(channel="email").annotate(left=F("paused_until") - Now()).get()
        assert seconds / 2 < left.left.total_seconds() <= seconds
        assert left.failures == min(failures + 1, 13)


def test_a_success_between_failures_and_a_recipient_nobody_can_write_to_keep_it_closed(wired: Merchant, stub: Stub) -> None:
    answers = iter([NotAccepted("x")] * 4 + [Accepted("P")] + [NotAccepted("x")] * 4 + [Refused("smtp_550")] + [NotAccepted("x")] * 4)
    stub.answer = lambda message: next(answers)
    for number in range(14):
        order(wired, number + 1)
        drain()
        with merchant_scope(wired.pk):  # what failed is tried again another day
            Message.objects.filter(state="pending").update(due_at=Now() + timedelta(days=1))
    assert (account(wired).failures, account(wired).paused_until) == (4, None)


def test_a_worker_that_dies_with_the_trial_leaves_room_for_the_next(wired: Merchant, stub: Stub) -> None:
    change(wired, failures=5)
    stub.answer = _die
    order(wired, 1, 2)
    with pytest.raises(SystemExit):
        drain()
    with merchant_scope(wired.pk):
        assert ProviderAccount.objects.filter(channel="email", paused_until__gt=Now()).exists()
        ProviderAccount.objects.update(paused_until=Now())
        Message.objects.filter(state="pending").update(due_at=Now())
    stub.answer = lambda message: Accepted("P")
    drain()
    assert len(stub.taken) == 2
    assert account(wired).failures == 0


def _die(message: object) -> Accepted:
    raise SystemExit


# The rate


def test_over_the_rate_messages_wait_in_line_without_burning_attempts(wired: Merchant, stub: Stub) -> None:
    change(wired, per_second=5)
    order(wired, *range(1, 21))
    drain()
    assert len(stub.taken) == 5
    waiting = [row for row in mails(wired) if row.state == "pending"]
    assert {(row.reason, row.attempts) for row in waiting} == {("over_rate", 0)}
    dues = sorted(row.due_at for row in waiting)
    assert [round((later - dues[0]).total_seconds(), 1) for later in dues] == [round(n / 5, 1) for n in range(15)]
    change(wired, slot_at=Now() + timedelta(hours=1))
    make_due(wired)
    drain()
    assert len(stub.taken) == 5


def test_as_time_goes_by_so_many_a_second_leave(wired: Merchant, stub: Stub) -> None:
    change(wired, per_second=5)
    order(wired, *range(1, 13))
    for left in (5, 10, 12):
        with merchant_scope(wired.pk):  # a second goes by
            ProviderAccount.objects.update(slot_at=F("slot_at") - timedelta(seconds=1), line_until=None)
        make_due(wired)
        drain()
        assert len(stub.taken) >= left
    assert {row.state for row in mails(wired)} == {"sent"}


@pytest.mark.parametrize(("early", "left"), [(0.3, 1), (30.0, 0)])
def test_at_one_a_second_a_moment_too_early_is_no_reason_for_the_end_of_the_line(
    wired: Merchant, stub: Stub, early: float, left: int
) -> None:
    order(wired, 1)
    change(wired, per_second=1, slot_at=Now() + timedelta(seconds=early), line_until=Now() + timedelta(minutes=10))
    drain()
    assert len(stub.taken) == left


# The cap


def test_at_the_days_cap_marketing_waits_for_tomorrow_and_what_must_go_out_goes(wired: Merchant, stub: Stub) -> None:
    change(wired, daily_cap=Decimal("0.05"), prices={"DE": "0.02", "*": "0.01"}, currency="EUR")
    order(wired, *range(1, 6))
    with merchant_scope(wired.pk):
        Message.objects.update(is_mandatory=False)
    drain()
    assert len(stub.taken) == 2
    waiting = [row for row in mails(wired) if row.state == "pending"]
    assert {(row.reason, row.attempts) for row in waiting} == {("spend_cap", 0)}
    assert account(wired).spent == Decimal("0.04")
    order(wired, 9)
    with merchant_scope(wired.pk):
        Message.objects.filter(state="pending").exclude(reason="spend_cap").update(is_mandatory=True)
    drain()
    assert len(stub.taken) == 3
    make_due(wired)
    drain_messages(lambda: NOW + timedelta(hours=14), 50)  # midnight in Berlin is over
    assert len(stub.taken) == 5


def test_what_was_not_taken_is_not_spent(wired: Merchant, stub: Stub) -> None:
    change(wired, daily_cap=Decimal("0.05"), prices={"*": "0.02"}, currency="EUR")
    stub.answer = lambda message: NotAccepted("busy")
    order(wired, 1, 2)
    drain()
    assert account(wired).spent == 0
    assert {row.cost for row in mails(wired)} == {None}


def test_a_message_keeps_what_it_cost_and_where_it_went(wired: Merchant, stub: Stub) -> None:
    change(wired, prices={"DE": "0.0125"}, currency="EUR")
    order(wired, 1)
    run()
    mail = mails(wired)[0]
    assert (mail.country, mail.cost, mail.cost_currency) == ("DE", Decimal("0.0125"), "EUR")
