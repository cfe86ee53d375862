"""Workers that die, zombies that wake, outcomes nobody knows: nothing lost, nothing doubled that is not flagged."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from events import queue
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from notifications.models import Attempt, Message
from notifications.registry import LookupFailed
from notifications.services import deliver, drain_messages, observe, prepare
from notifications.services.moves import QUEUE
from notifications.types import Accepted, NotAccepted, Outcome, Outgoing, Report, Unknown
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import SearchableStub, Stub, mail_states, mails, make_due, open_accounts, run


class Killed(BaseException):
    """The worker is gone: nothing after this line runs in it."""


def drain() -> int:
    return drain_messages(lambda: NOW, 50)


def plan_order(merchant: Merchant, **over: Any) -> None:
    from events.services import drain as drain_events  # noqa: PLC0415

    with merchant_scope(merchant.pk):
        place_order(phone="", **over)
    while drain_events(lambda: NOW):
        pass


def kill(*_: object, **__: object) -> Any:
    raise Killed


def dies_during(target: object, name: str, replacement: Callable[..., Any] = kill) -> None:
    with patch.object(target, name, replacement), pytest.raises(Killed):
        drain()


@pytest.mark.parametrize("step", ["lay_out", "_compose", "_store"])
def test_a_worker_killed_before_the_hand_over_costs_a_lease_and_nothing_else(wired: Merchant, stub: Stub, step: str) -> None:
    plan_order(wired)
    dies_during(prepare, step)
    assert mail_states(wired) == {"order_confirmation/email": "leased"}
    assert drain() == 0
    make_due(wired)
    run()
    mail = mails(wired)[0]
    assert (mail.state, mail.crashes, mail.is_possible_duplicate) == ("sent", 1, False)
    assert len(stub.taken) == 1


def test_a_message_that_kills_its_worker_three_times_is_given_up(wired: Merchant, stub: Stub) -> None:
    plan_order(wired)
    for _ in range(3):
        dies_during(prepare, "_compose")
        make_due(wired)
    run()
    assert mail_states(wired) == {"order_confirmation/email": "dead:worker_died"}
    assert stub.taken == []


def test_a_worker_killed_after_the_provider_took_it_is_settled_by_the_look_up(wired: Merchant, searchable: SearchableStub) -> None:
    plan_order(wired)

    def take_and_die(message: Outgoing) -> Outcome:
        searchable.held.add(message.token)
        raise Killed

    searchable.answer = take_and_die
    with pytest.raises(Killed):
        drain()
    assert mail_states(wired) == {"order_confirmation/email": "sending"}
    make_due(wired)
    run()
    assert mail_states(wired) == {"order_confirmation/email": "unknown:worker_died"}
    assert searchable.asked == []
    make_due(wired)
    run()
    mail = mails(wired)[0]
    assert (mail.state, mail.provider_id, mail.is_possible_duplicate) == ("sent", f"P-{mail.token}", False)
    assert len(searchable.taken) == 1


def test_a_worker_killed_before_recording_is_settled_by_the_look_up(wired: Merchant, searchable: SearchableStub) -> None:
    plan_order(wired)

    def accept(message: Outgoing) -> Outcome:
        searchable.held.add(message.token)
        return Accepted(f"P-{message.token}")

    searchable.answer = accept
    dies_during(deliver, "record")
    make_due(wired)
    run()
    make_due(wired)
    run()
    assert mail_states(wired) == {"order_confirmation/email": "sent"}
    assert len(searchable.taken) == 1


def test_absent_after_two_look_ups_a_mandatory_message_is_sent_once_more_flagged(wired: Merchant, searchable: SearchableStub) -> None:
    plan_order(wired)
    searchable.answer = lambda message: Unknown("ReadTimeout")
    run()
    make_due(wired)
    run()
    assert (mail_states(wired), len(searchable.asked), len(searchable.taken)) == (
        {"order_confirmation/email": "unknown:outcome_unknown"},
        1,
        1,
    )
    searchable.answer = lambda message: Accepted(f"P-{message.token}")
    make_due(wired)
    run()
    mail = mails(wired)[0]
    assert (mail.state, mail.is_possible_duplicate, len(searchable.asked), len(searchable.taken)) == ("sent", True, 2, 2)
    assert searchable.taken[0].token == searchable.taken[1].token
    with merchant_scope(wired.pk):
        assert list(Attempt.objects.order_by("fence").values_list("fence", "outcome")) == [(1, "unknown"), (2, "accepted")]


def test_an_outage_longer_than_one_resend_kills_nothing_the_provider_can_be_asked_for(wired: Merchant, searchable: SearchableStub) -> None:
    """Twice looked up after each try and not found: it was not taken, and the next try is as safe as the first."""
    plan_order(wired)
    searchable.answer = lambda message: Unknown("HTTP 500")
    for _ in range(9):
        run()
        make_due(wired)
    assert (mail_states(wired), len(searchable.taken), len(searchable.asked)) == (
        {"order_confirmation/email": "unknown:outcome_unknown"},
        5,
        8,
    )
    searchable.answer = lambda message: Accepted(f"P-{message.token}")
    for _ in range(3):
        run()
        make_due(wired)
    mail = mails(wired)[0]
    assert (mail.state, mail.is_possible_duplicate, len(searchable.taken)) == ("sent", True, 6)


def test_an_outage_without_end_is_given_up_after_eight_tries(wired: Merchant, searchable: SearchableStub) -> None:
    plan_order(wired)
    searchable.answer = lambda message: Unknown("HTTP 500")
    for _ in range(30):
        run()
        make_due(wired)
    mail = mails(wired)[0]
    assert (mail.state, mail.reason, len(searchable.taken), len(searchable.asked)) == ("dead", "outcome_unknown", 8, 16)


def test_a_second_unknown_outcome_ends_in_the_work_list_and_not_in_a_third_try(wired: Merchant, stub: Stub) -> None:
    plan_order(wired)
    stub.answer = lambda message: Unknown("ReadTimeout")
    for _ in range(8):
        run()
        make_due(wired)
    mail = mails(wired)[0]
    assert (mail.state, mail.reason, mail.is_possible_duplicate, len(stub.taken)) == ("dead", "outcome_unknown", True, 2)


def test_what_is_not_mandatory_is_not_sent_twice(wired: Merchant, stub: Stub) -> None:
    plan_order(wired)
    with merchant_scope(wired.pk):
        Message.objects.update(is_mandatory=False)
    stub.answer = lambda message: Unknown("ReadTimeout")
    for _ in range(4):
        run()
        make_due(wired)
    assert mail_states(wired) == {"order_confirmation/email": "dead:outcome_unknown"}
    assert len(stub.taken) == 1


def test_while_the_provider_cannot_be_asked_nothing_is_sent_again(wired: Merchant, searchable: SearchableStub) -> None:
    plan_order(wired)
    searchable.answer = lambda message: Unknown("ReadTimeout")
    run()

    def unreachable(**_: object) -> None:
        raise LookupFailed("no answer")

    with patch.object(searchable, "lookup", unreachable):
        for _ in range(6):
            make_due(wired)
            run()
        assert mail_states(wired) == {"order_confirmation/email": "unknown:lookup_failed"}
        make_due(wired)
        run(NOW + timedelta(days=1, seconds=1))
    assert mail_states(wired) == {"order_confirmation/email": "dead:lookup_failed"}
    assert len(searchable.taken) == 1


def test_an_answer_nobody_can_read_does_not_hold_up_the_other_doubts(wired: Merchant, searchable: SearchableStub) -> None:
    plan_order(wired, number="1001")
    plan_order(wired, number="1002", email="kim@example.com")
    searchable.answer = lambda message: Unknown("ReadTimeout")
    run()

    def stumbles(*, message: Outgoing, **_: object) -> str:
        if message.recipient == "kim@example.com":
            raise KeyError("messages")
        return "P-1"

    with patch.object(searchable, "lookup", stumbles):
        make_due(wired)
        run()
    found = {mail.recipient: (mail.state, mail.last_error) for mail in mails(wired)}
    assert found == {"sam@example.com": ("sent", ""), "kim@example.com": ("unknown", "KeyError")}


def claim_and_prepare() -> list[prepare.Ready]:
    leases = queue.claim(QUEUE, limit=50)
    return prepare.prepare(leases, NOW).ready


def test_the_word_of_a_worker_whose_message_was_sent_again_by_another_is_refused(wired: Merchant, stub: Stub) -> None:
    plan_order(wired)
    zombie = claim_and_prepare()
    for _ in range(2):  # its lease ends, then the grace time: the other worker sends once more, flagged
        make_due(wired)
        run()
    mail = mails(wired)[0]
    assert (mail.state, mail.is_possible_duplicate, mail.fence) == ("sent", True, 2)
    deliver.record([(zombie[0], NotAccepted("late"))], lambda: NOW)
    assert mail_states(wired) == {"order_confirmation/email": "sent"}


def test_a_slow_worker_still_settles_what_only_the_sweep_has_seen(wired: Merchant, stub: Stub) -> None:
    plan_order(wired)
    slow = claim_and_prepare()
    make_due(wired)
    run()
    assert mail_states(wired) == {"order_confirmation/email": "unknown:worker_died"}
    deliver.record([(slow[0], Accepted("P-late"))], lambda: NOW)
    mail = mails(wired)[0]
    assert (mail.state, mail.provider_id, mail.is_possible_duplicate) == ("sent", "P-late", False)


def test_a_worker_stopped_longer_than_its_lease_does_not_call_the_provider(wired: Merchant, stub: Stub) -> None:
    plan_order(wired)
    ready = claim_and_prepare()
    outcomes = deliver._ask(ready[0].account, ready[0].adapter, [ready[0].outgoing], until=0.0)
    assert outcomes == [NotAccepted("the lease ended before the call", retry_after=1, blames_account=False)]
    assert stub.taken == []


def test_a_lease_taken_over_is_not_prepared_twice(wired: Merchant, stub: Stub) -> None:
    plan_order(wired)
    first = queue.claim(QUEUE, limit=50)
    make_due(wired)
    second = queue.claim(QUEUE, limit=50)
    assert [lease.fence for lease in first + second] == [1, 2]
    assert prepare.prepare(first, NOW).ready == []
    assert len(prepare.prepare(second, NOW).ready) == 1


def test_the_callback_may_come_before_we_have_written_down_that_we_sent(wired: Merchant, stub: Stub) -> None:
    plan_order(wired)
    ready = claim_and_prepare()[0]
    with merchant_scope(wired.pk):
        observe(account_id=ready.account.id, report=Report("P-1", ready.outgoing.token, "delivered"), at=NOW)
    deliver.record([(ready, Accepted("P-1"))], lambda: NOW)
    mail = mails(wired)[0]
    assert (mail.state, mail.provider_id) == ("delivered", "P-1")


def test_a_callback_for_the_first_try_stops_the_resend(wired: Merchant, stub: Stub) -> None:
    plan_order(wired)
    stub.answer = lambda message: Unknown("ReadTimeout")
    run()
    make_due(wired)
    from notifications.services.doubt import settle_doubts  # noqa: PLC0415

    settle_doubts(lambda: NOW, 50)
    mail = mails(wired)[0]
    assert (mail.state, mail.is_possible_duplicate) == ("pending", True)
    with merchant_scope(wired.pk):
        assert mail.account_id is not None
        observe(account_id=mail.account_id, report=Report("P-1", mail.token, "sent"), at=NOW)
    run()
    assert mail_states(wired) == {"order_confirmation/email": "sent"}
    assert len(stub.taken) == 1


@pytest.mark.usefixtures("real_commits")
def test_two_workers_at_once_send_every_message_once(stub: Stub) -> None:
    acme = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    open_accounts(acme, "email", "sms")
    for number in range(1, 31):
        plan_order(acme, number=str(number))
    start = threading.Barrier(2)
    lock = threading.Lock()

    def accept(message: Outgoing) -> Outcome:
        with lock:
            return Accepted(f"P-{message.token}")

    stub.answer = accept
    errors: list[BaseException] = []

    def work() -> None:
        try:
            start.wait(120)
            while drain_messages(lambda: NOW, 4):
                pass
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    assert errors == []
    assert {row.state for row in mails(acme)} == {"sent"}
    tokens = [taken.token for taken in stub.taken]
    assert len(tokens) == len(set(tokens)) == 30
