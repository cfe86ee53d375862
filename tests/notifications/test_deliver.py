"""From a due message to the provider: once, checked at the last moment, waiting visibly, never lost."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from customers.models import Suppression
from customers.selectors import has_consent
from customers.services import lift_suppression, record_consent, suppress
from events import queue
from events.services import drain as drain_events
from merchants.models import Merchant, seal
from merchants.scope import merchant_scope
from notifications import context, registry, rendering
from notifications.automations import switch
from notifications.models import Attempt, Message, MessageContent, ProviderAccount, SandboxDelivery, TemplateVersion
from notifications.services import cancel_message, drain_messages, observe, rerun_message, save_account
from notifications.types import Accepted, NotAccepted, Outcome, Outgoing, Refused, Report, Unknown
from orders.models import Order
from orders.services import cancel_order
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import Stub, make_due, messages, open_accounts, run, states


def plan_only(merchant: Merchant) -> None:
    """The order's messages are planned and not sent: there is no account yet."""
    with merchant_scope(merchant.pk):
        place_order()
    run()
    assert set(states(merchant).values()) == {"pending:no_provider"}


def drain() -> int:
    return drain_messages(lambda: NOW, 50)


def test_what_was_sent_is_on_record(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        place_order()
    run()
    mail = messages(wired, channel="email")[0]
    assert (mail.state, mail.provider_id, mail.sent_at, mail.attempts) == ("sent", f"P-{mail.token}", NOW, 1)
    assert mail.template_label.startswith("shipped order_confirmation/email/en")
    with merchant_scope(wired.pk):
        content, attempt = MessageContent.objects.get(message=mail), Attempt.objects.get(message=mail)
        assert (content.subject, content.text, content.html) == (stub.taken[0].subject, stub.taken[0].text, stub.taken[0].html)
        assert (attempt.fence, attempt.outcome, attempt.detail, attempt.finished_at) == (1, "accepted", f"P-{mail.token}", NOW)
        assert ProviderAccount.objects.get(channel="email").pk == mail.account_id
    assert stub.taken[0].sender == "shop@acme.example"
    assert stub.taken[0].recipient_name == "Sam Berg"


def test_without_an_account_messages_wait_visibly_and_leave_once_one_is_saved(acme: Merchant, stub: Stub) -> None:
    plan_only(acme)
    for _ in range(12):
        make_due(acme)
        run()
    assert states(acme) == {"order_confirmation/email": "pending:no_provider", "thanks/sms": "pending:no_provider"}
    assert {row.attempts for row in messages(acme)} == {0}
    with merchant_scope(acme.pk):
        assert Attempt.objects.count() == 0
        for channel in ("email", "sms"):
            save_account(channel=channel, provider="sandbox", settings={}, secrets={}, at=NOW)
    run()
    assert states(acme) == {"order_confirmation/email": "delivered", "thanks/sms": "delivered"}


def test_a_waiting_message_is_not_due_before_fifteen_minutes(acme: Merchant, stub: Stub) -> None:
    plan_only(acme)
    assert drain() == 0


def test_the_sandbox_keeps_what_the_shopper_would_have_got(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        for channel in ("email", "sms"):
            save_account(channel=channel, provider="sandbox", settings={}, secrets={}, at=NOW)
        place_order()
    run()
    with merchant_scope(acme.pk):
        mail, text = SandboxDelivery.objects.order_by("channel")
        assert (mail.recipient, mail.subject != "", mail.html != "", mail.text != "") == ("sam@example.com", True, True, True)
        assert (text.recipient, text.subject, text.html) == ("+4915123456789", "", "")
        assert Message.objects.get(channel="sms").segments >= 1


def test_a_suppression_set_after_the_decision_stops_the_message(acme: Merchant, stub: Stub) -> None:
    plan_only(acme)
    with merchant_scope(acme.pk):
        suppress(channel="email", recipient="sam@example.com", reason="complaint", at=NOW)
    open_accounts(acme, "email", "sms")
    make_due(acme)
    run()
    assert states(acme) == {"order_confirmation/email": "suppressed:suppressed", "thanks/sms": "sent"}
    assert [taken.channel for taken in stub.taken] == ["sms"]


def test_a_suppression_set_between_claim_and_check_stops_the_message(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        place_order()
    original = queue.claim

    def claim_then_suppress(*args: object, **kwargs: object) -> object:
        leases = original(*args, **kwargs)  # type: ignore[arg-type]
        if leases:
            with merchant_scope(wired.pk):
                suppress(channel="email", recipient="sam@example.com", reason="stop", at=NOW)
        return leases

    drain_events(lambda: NOW)
    with patch.object(queue, "claim", claim_then_suppress):
        drain()
    assert states(wired)["order_confirmation/email"] == "suppressed:suppressed"
    assert [taken.channel for taken in stub.taken] == ["sms"]


def test_a_cancelled_order_is_no_longer_confirmed_nor_thanked_for(acme: Merchant, stub: Stub) -> None:
    plan_only(acme)
    with merchant_scope(acme.pk):
        cancel_order(order=Order.objects.get(), reason="", at=NOW)
    open_accounts(acme, "email", "sms")
    make_due(acme)
    run()
    assert states(acme, kind__in=["order_confirmation", "thanks"]) == {
        "order_confirmation/email": "cancelled:order_cancelled",
        "thanks/sms": "cancelled:order_cancelled",
    }
    assert len(stub.taken) == 2  # the cancellation, on both channels


def test_too_late_is_expired_and_not_sent(acme: Merchant, stub: Stub) -> None:
    plan_only(acme)
    open_accounts(acme, "email", "sms")
    make_due(acme)
    run(NOW + timedelta(days=1, seconds=1))
    assert states(acme) == {"order_confirmation/email": "sent", "thanks/sms": "expired:too_late"}
    assert [taken.channel for taken in stub.taken] == ["email"]


def test_switched_off_after_the_decision_is_withheld(acme: Merchant, stub: Stub) -> None:
    plan_only(acme)
    with merchant_scope(acme.pk):
        switch(kind="thanks", channel="sms", is_on=False, at=NOW)
    open_accounts(acme, "email", "sms")
    make_due(acme)
    run()
    assert states(acme)["thanks/sms"] == "suppressed:merchant_off"
    assert [taken.channel for taken in stub.taken] == ["email"]


def test_not_accepted_is_tried_again_eight_times_and_then_given_up(wired: Merchant, stub: Stub) -> None:
    stub.answer = lambda message: NotAccepted("HTTP 429", retry_after=30)
    with merchant_scope(wired.pk):
        place_order()
    run()
    assert states(wired) == {"order_confirmation/email": "pending:not_accepted", "thanks/sms": "pending:not_accepted"}
    for _ in range(9):
        make_due(wired)
        run()
    assert states(wired) == {"order_confirmation/email": "dead:attempts_used_up", "thanks/sms": "dead:attempts_used_up"}
    assert len(stub.taken) == 16
    with merchant_scope(wired.pk):
        assert ProviderAccount.objects.get(channel="email").last_error == "HTTP 429"
        assert Attempt.objects.filter(outcome="not_accepted", detail="HTTP 429").count() == 16


def test_later_tries_send_the_same_words_under_the_same_token(wired: Merchant, stub: Stub) -> None:
    stub.answer = lambda message: NotAccepted("busy")
    with merchant_scope(wired.pk):
        place_order()
    run()
    with merchant_scope(wired.pk):
        Order.objects.update(first_name="Changed")
    stub.answer = lambda message: Accepted("P")
    make_due(wired)
    run()
    mails = [taken for taken in stub.taken if taken.channel == "email"]
    assert (mails[0].token, mails[0].text, mails[0].html) == (mails[1].token, mails[1].text, mails[1].html)


REFUSALS: list[tuple[Outcome, str]] = [
    (Refused("21211", "no such number"), "failed:refused"),
    (Refused("21610", "stopped"), "suppressed:suppressed"),
]


@pytest.mark.parametrize(("outcome", "state"), REFUSALS)
def test_a_refusal_is_final_and_stop_is_remembered(wired: Merchant, stub: Stub, outcome: Outcome, state: str) -> None:
    stub.answer = lambda message: outcome if message.channel == "sms" else Accepted("P")
    with merchant_scope(wired.pk):
        place_order()
    run()
    make_due(wired)
    run()
    assert states(wired)["thanks/sms"] == state
    assert len([taken for taken in stub.taken if taken.channel == "sms"]) == 1
    with merchant_scope(wired.pk):
        assert list(Suppression.objects.values_list("channel", "reason")) == ([("sms", "stop")] if "21610" in str(outcome) else [])


@pytest.mark.parametrize("tells", ["answer", "callback"])
def test_a_stop_the_provider_tells_of_is_a_withdrawal_that_start_does_not_undo(wired: Merchant, stub: Stub, tells: str) -> None:
    with merchant_scope(wired.pk):
        order = place_order()
        assert order.customer is not None
        for channel in ("email", "sms"):
            record_consent(customer=order.customer, channel=channel, is_granted=True, source="checkout", at=NOW)
    if tells == "answer":
        stub.answer = lambda message: Refused("21610", "stopped") if message.channel == "sms" else Accepted("P")
    run()
    with merchant_scope(wired.pk):
        text = Message.objects.get(channel="sms")
        if tells == "callback":
            told = Report(text.provider_id, text.token, "failed", "Twilio error 21610", "stop", "+4915123456789")
            observe(account_id=text.account_id or 0, report=told, at=NOW)
        assert lift_suppression(channel="sms", recipient="+4915123456789")
        wanted = {channel: has_consent(customer_id=order.customer.pk, channel=channel) for channel in ("email", "sms")}
    assert wanted == {"email": True, "sms": False}


def test_an_adapter_that_raises_leaves_the_outcome_open(wired: Merchant, stub: Stub) -> None:
    def broken(message: Outgoing) -> Outcome:
        raise RuntimeError("boom")

    stub.answer = broken
    with merchant_scope(wired.pk):
        place_order()
    run()
    assert set(states(wired).values()) == {"unknown:outcome_unknown"}
    assert {row.unknown_since for row in messages(wired)} == {NOW}


def test_one_message_that_cannot_be_composed_does_not_hold_up_the_others(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        place_order()
    original = rendering.render

    def render(**values: object) -> object:
        if values["channel"] == "sms":
            raise ValueError("poison")
        return original(**values)  # type: ignore[arg-type]

    with patch.object(rendering, "render", render):
        run()
        assert states(wired) == {"order_confirmation/email": "sent", "thanks/sms": "pending:not_composed"}
        for _ in range(9):
            make_due(wired)
            run()
    assert states(wired)["thanks/sms"] == "dead:not_composed"
    assert messages(wired, channel="sms")[0].last_error == "ValueError: poison"
    assert [taken.channel for taken in stub.taken] == ["email"]


def test_a_message_that_breaks_the_transaction_is_found_and_the_rest_goes_out(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        place_order()
    original = context.build

    def build(**values: object) -> object:
        if values["message"].channel == "sms":  # type: ignore[attr-defined]
            Message.objects.extra(where=["1/0 = 1"]).exists()
        return original(**values)  # type: ignore[arg-type]

    with patch.object(context, "build", build):
        run()
    assert states(wired) == {"order_confirmation/email": "sent", "thanks/sms": "pending:not_composed"}


def test_a_broken_version_of_the_merchant_sends_the_shipped_text_and_tells_the_merchant(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        version = TemplateVersion.objects.create(
            kind="thanks",
            channel="sms",
            language="en",
            number=3,
            state="published",
            source="{% broken",
            created_at=NOW,
            updated_at=NOW,
        )
        place_order()
    run()
    text = messages(wired, channel="sms")[0]
    assert (text.state, text.template_id) == ("sent", None)
    with merchant_scope(wired.pk):
        version.refresh_from_db()
        assert version.broken_at == NOW
        assert version.broken_reason.startswith("version 3:")


def test_a_message_stays_pinned_to_the_version_it_was_rendered_from(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        version = TemplateVersion.objects.create(
            kind="thanks",
            channel="sms",
            language="en",
            number=1,
            state="published",
            source="Thanks, {{ customer.first_name }}!",
            created_at=NOW,
            updated_at=NOW,
        )
        place_order()
    run()
    text = messages(wired, channel="sms")[0]
    assert (text.template_id, text.template_label) == (version.pk, "thanks/sms/en v1")
    assert [taken.text for taken in stub.taken if taken.channel == "sms"] == ["Thanks, Sam!"]


def test_a_network_provider_gets_batches_of_at_most_twenty_and_every_message_once(wired: Merchant, stub: Stub) -> None:
    stub.uses_network = True
    with merchant_scope(wired.pk):
        for number in range(1, 31):
            place_order(number=str(number), phone="")
    run()
    assert {row.state for row in messages(wired, channel="email")} == {"sent"}
    tokens = [taken.token for taken in stub.taken]
    assert len(tokens) == len(set(tokens)) == 30


def test_the_number_of_queries_does_not_grow_with_the_batch(wired: Merchant, stub: Stub) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    counts = []
    for numbers in (range(1, 3), range(100, 125)):
        with merchant_scope(wired.pk):
            for number in numbers:
                place_order(number=str(number), phone="", email=f"shopper{number}@example.com")
        while drain_events(lambda: NOW):
            pass
        with CaptureQueriesContext(connection) as captured:
            assert drain() == len(numbers)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_dead_message_can_be_run_again(wired: Merchant, stub: Stub) -> None:
    stub.answer = lambda message: Refused("bad_message")
    with merchant_scope(wired.pk):
        place_order(phone="")
    run()
    mail = messages(wired, channel="email")[0]
    assert mail.state == "failed"
    stub.answer = lambda message: Accepted("P")
    with merchant_scope(wired.pk):
        assert rerun_message(message_id=mail.pk)
        assert not rerun_message(message_id=mail.pk)
    run()
    again = messages(wired, channel="email")[0]
    assert (again.state, again.attempts, again.is_possible_duplicate) == ("sent", 1, False)


def test_a_merchant_with_a_slow_provider_does_not_use_up_every_round(
    wired: Merchant, borealis: Merchant, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_accounts(borealis, "email")
    passed = [0.0]

    def slowly(message: Outgoing) -> Outcome:
        passed[0] += 45
        return Accepted("P")

    stub.answer = slowly
    monkeypatch.setattr("notifications.services.deliver.time", SimpleNamespace(monotonic=lambda: passed[0]))
    for number, merchants in enumerate([(wired, borealis), (wired,)], 1):
        for merchant in merchants:
            with merchant_scope(merchant.pk):
                place_order(number=str(number), phone="", email=f"{merchant.slug}{number}@example.com")
        while drain_events(lambda: NOW):
            pass
        drain()
    assert [message.recipient for message in stub.taken] == ["acme1@example.com", "borealis1@example.com"]


def test_a_waiting_message_can_be_cancelled_and_a_sent_one_cannot(acme: Merchant, stub: Stub) -> None:
    plan_only(acme)
    mail, text = messages(acme)
    with merchant_scope(acme.pk):
        assert cancel_message(message_id=mail.pk, at=NOW)
    open_accounts(acme, "email", "sms")
    make_due(acme)
    run()
    with merchant_scope(acme.pk):
        assert not cancel_message(message_id=text.pk, at=NOW)
    assert states(acme) == {"order_confirmation/email": "cancelled:cancelled_by_staff", "thanks/sms": "sent"}


def test_another_merchants_message_can_be_neither_run_again_nor_cancelled(acme: Merchant, borealis: Merchant, stub: Stub) -> None:
    plan_only(acme)
    mail = messages(acme, channel="email")[0]
    with merchant_scope(borealis.pk):
        assert not cancel_message(message_id=mail.pk, at=NOW)
        assert not rerun_message(message_id=mail.pk)
    assert messages(acme, channel="email")[0].state == "pending"


def test_one_merchants_unreadable_secret_does_not_stop_the_others(wired: Merchant, borealis: Merchant, stub: Stub) -> None:
    open_accounts(borealis, "email")
    with merchant_scope(wired.pk):
        row = ProviderAccount.objects.get(channel="email")
        seal(row, "secret", "{}")
        row.secret = row.secret[:-6] + "AAAA=="
        row.save()
        place_order()
    with merchant_scope(borealis.pk):
        place_order(phone="")
    run()
    assert states(borealis)["order_confirmation/email"] == "sent"
    assert states(wired)["order_confirmation/email"] == "pending:not_composed"


def test_a_dead_broker_changes_nothing(wired: Merchant, stub: Stub, django_capture_on_commit_callbacks: Any) -> None:
    with patch("celery.app.base.Celery.send_task", side_effect=OSError("no broker")):
        with django_capture_on_commit_callbacks(execute=True), merchant_scope(wired.pk):
            place_order()
        with django_capture_on_commit_callbacks(execute=True):
            run()
    assert set(states(wired).values()) == {"sent"}


def test_a_provider_nobody_registered_is_an_error_seen_on_the_message(wired: Merchant, stub: Stub) -> None:
    registry._adapters.pop("stub")
    with merchant_scope(wired.pk):
        place_order(phone="")
    run()
    mail = messages(wired, channel="email")[0]
    assert (mail.state, mail.last_error) == ("pending", "UnknownProvider: no adapter is registered for 'stub'")


def test_draining_inside_a_transaction_is_refused(wired: Merchant) -> None:
    with merchant_scope(wired.pk), pytest.raises(RuntimeError, match="must not run inside"):
        drain()


def test_an_unknown_outcome_is_never_sent_again_blindly(wired: Merchant, stub: Stub) -> None:
    stub.answer = lambda message: Unknown("ReadTimeout")
    with merchant_scope(wired.pk):
        place_order()
    for _ in range(5):
        run()
    assert len(stub.taken) == 2
    assert set(states(wired).values()) == {"unknown:outcome_unknown"}
