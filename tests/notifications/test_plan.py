"""An event becomes messages: one per kind and channel, once, each with its reasons."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.services import request_sign_in, suppress
from events.models import Delivery, Event
from events.types import Occurrence
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.automations import switch
from notifications.models import Message
from notifications.services import plan, plan_many
from orders.models import Order
from orders.services import cancel_order, record_refund
from orders.types import IncomingRefund, PaymentState
from tests.conftest import NOW
from tests.factories import customer, incoming_line, place_order, ship
from tests.notifications.conftest import Stub, messages, run, states
from tracking.types import ShipmentStatus


def test_a_confirmed_order_is_told_by_email_and_sms(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        order = place_order()
    run()
    assert states(wired) == {"order_confirmation/email": "sent", "thanks/sms": "sent"}
    mail, text = messages(wired)
    assert (mail.recipient, text.recipient) == ("sam@example.com", "+4915123456789")
    assert mail.order_id == text.order_id == order.pk
    assert mail.customer_id == order.customer_id
    assert mail.language == "en"
    assert mail.not_after == NOW + timedelta(days=3)
    assert mail.dedupe_key.startswith(f"order_confirmation:order{order.pk}:confirmed:email:")
    assert [taken.recipient for taken in stub.taken] == ["sam@example.com", "+4915123456789"]


def test_each_parcel_is_told_once_on_both_channels(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        order = place_order()
        ship(order, external_id="S1", lines={"L1": 2})
        ship(order, external_id="S2", lines={"L2": 1})
    run()
    assert len(messages(wired, kind="dispatch", channel="email", state="sent")) == 2
    assert len(messages(wired, kind="dispatch", channel="sms", state="sent")) == 2


def test_cancellation_and_refund_are_told(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        order = place_order()
        run_later = Order.objects.get(pk=order.pk)
    run()
    with merchant_scope(wired.pk):
        record_refund(order=run_later, refund=IncomingRefund("R1", amount=run_later.total, refunded_at=NOW), at=NOW)
        cancel_order(order=Order.objects.get(pk=order.pk), reason="changed my mind", at=NOW)
    run()
    assert states(wired) == {
        "order_confirmation/email": "sent",
        "thanks/sms": "sent",
        "cancellation/email": "sent",
        "cancellation/sms": "sent",
        "refund/email": "sent",
    }


def test_running_an_event_again_adds_nothing(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        place_order()
    run()
    with merchant_scope(wired.pk):
        event = Event.objects.get(type="orders.order.confirmed")
        before = Message.objects.count()
        plan(event=Occurrence(event.pk, event.type, event.payload, event.occurred_at, NOW))
        assert Message.objects.count() == before == 2
    run()
    assert len(stub.taken) == 2


def test_a_message_withheld_is_stored_with_the_reason(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        suppress(channel="email", recipient="Sam@Example.com", reason="bounce", at=NOW)
        switch(kind="thanks", channel="sms", is_on=False, at=NOW)
        place_order()
    run()
    assert states(wired) == {"order_confirmation/email": "suppressed:suppressed", "thanks/sms": "suppressed:merchant_off"}
    assert stub.taken == []
    reasons = {row["condition"]: (row["ok"], row["detail"]) for row in messages(wired, channel="email")[0].reasons}
    assert reasons["suppressed"] == (False, "bounce")
    assert reasons["merchant_off"] == (True, "")


def test_missing_addresses_are_reasons_too(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        place_order(email="", phone="12")
    run()
    assert states(wired) == {"order_confirmation/email": "suppressed:no_email", "thanks/sms": "suppressed:no_phone"}
    assert stub.taken == []


def test_an_order_cancelled_before_its_confirmation_was_planned_is_not_confirmed(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        cancel_order(order=place_order(), reason="", at=NOW)
    run()
    assert states(wired) == {
        "order_confirmation/email": "suppressed:order_cancelled",
        "thanks/sms": "suppressed:order_cancelled",
        "cancellation/email": "sent",
        "cancellation/sms": "sent",
    }


def test_history_sends_nothing_but_what_happens_afterwards_is_told(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        order = place_order(quiet=True, placed_at=NOW - timedelta(days=30))
        Order.objects.filter(pk=order.pk).update(is_imported=True)
        ship(order, external_id="S1", lines={"L1": 2}, shipped_at=NOW - timedelta(days=29), at=NOW)
    run()
    assert set(states(wired).values()) == {"suppressed:imported_history"}
    with merchant_scope(wired.pk):
        ship(order, external_id="S2", lines={"L2": 1}, shipped_at=NOW + timedelta(days=1), at=NOW + timedelta(days=1))
    run(NOW + timedelta(days=1))
    assert {taken.channel for taken in stub.taken} == {"email", "sms"}


def test_a_parcel_known_only_when_delivered_is_not_announced(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        order = place_order(quiet=True, at=NOW - timedelta(hours=1))
        ship(order, status=ShipmentStatus.DELIVERED, delivered_at=NOW, at=NOW)
    run()
    assert set(states(wired, kind="dispatch").values()) == {"suppressed:already_delivered"}
    assert [row.kind for row in messages(wired, state="sent")] == ["delivered"]


def test_the_same_fact_is_not_told_to_a_second_address(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        order = place_order()
    run()
    with merchant_scope(wired.pk):
        Order.objects.filter(pk=order.pk).update(email="other@example.com")
        event = Event.objects.get(type="orders.order.confirmed")
        plan(event=Occurrence(event.pk, event.type, event.payload, event.occurred_at, NOW))
    run()
    withheld = messages(wired, state="suppressed")
    assert [(row.recipient, row.reason) for row in withheld] == [("other@example.com", "already_told")]
    assert len(stub.taken) == 2


@pytest.mark.parametrize(("language", "expected"), [("id", "id"), ("fr", "de"), ("", "de")])
def test_the_message_is_in_the_shoppers_language_or_the_merchants(wired: Merchant, language: str, expected: str) -> None:
    with merchant_scope(wired.pk):
        place_order(language=language)
    run()
    assert {row.language for row in messages(wired)} == {expected}


def test_a_sign_in_code_goes_out_first_and_is_stored_nowhere(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        customer()
        place_order(quiet=False)
        request_sign_in(email="sam@example.com", ip="192.0.2.1", browser="b", next_path="/", at=NOW)
    run()
    mail = messages(wired, kind="sign_in")[0]
    assert (mail.state, mail.not_after) == ("sent", NOW + timedelta(minutes=10))
    assert stub.taken[0].token == mail.token
    with merchant_scope(wired.pk):
        kept = mail.content
        [code] = re.findall(r"^\d{6}$", stub.taken[0].text, re.MULTILINE)
        for text in (kept.subject, kept.text, kept.html, str(mail.reasons), mail.dedupe_key):
            assert code not in text
            assert "/sign-in/confirm/" not in text
        assert "••••••" in kept.text


def test_the_stranger_next_door_gets_nothing(wired: Merchant, borealis: Merchant) -> None:
    with merchant_scope(wired.pk):
        place_order()
    run()
    assert messages(borealis) == []


@pytest.mark.parametrize("events", [1, 20])
def test_planning_costs_the_same_for_one_order_and_for_twenty_of_forty_lines(
    wired: Merchant, django_assert_num_queries: Any, events: int
) -> None:
    with merchant_scope(wired.pk):
        lines = tuple(incoming_line(external_id=f"L{number}") for number in range(40 if events > 1 else 1))
        for number in range(events):
            place_order(number=str(number), email=f"shopper{number}@example.com", lines=lines)
        rows = Event.objects.filter(type="orders.order.confirmed").order_by("pk")
        occurrences = [Occurrence(row.pk, row.type, row.payload, row.occurred_at, NOW) for row in rows]
        # Orders, suppressions, two of what was chosen, merchant, plans, first orders, what was told, the clock, the insert.
        with django_assert_num_queries(10):
            plan_many(events=occurrences)
    assert len(messages(wired)) == 2 * events


def statements(orders: int, merchant: Merchant, first: int) -> int:
    with merchant_scope(merchant.pk):
        for number in range(first, first + orders):
            place_order(number=str(number), external_id=str(number), email=f"shopper{number}@example.com", phone="")
        Delivery.objects.exclude(handler="notifications.handlers.tell_shopper").delete()
    with CaptureQueriesContext(connection) as captured:
        run()
    return len(captured)


def test_one_event_and_twenty_cost_the_same_statements_until_their_messages_are_sent(wired: Merchant, stub: Stub) -> None:
    counts = [statements(orders, wired, first) for orders, first in ((1, 100), (20, 200))]
    assert counts[0] == counts[1]
    assert len(stub.taken) == 21
    assert states(wired, channel="email") == {"order_confirmation/email": "sent"}


def test_an_event_that_breaks_its_batch_is_found_and_the_others_are_told(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        for number in range(3):
            place_order(number=str(number))
        bad = Event.objects.filter(type="orders.order.confirmed").order_by("pk")[1]
        Event.objects.filter(pk=bad.pk).update(payload={"order": "no number"})
    run()
    assert len(messages(wired, channel="email", state="sent")) == 2
    with merchant_scope(wired.pk):
        failed = Delivery.objects.get(event=bad)
        others = Delivery.objects.filter(handler="notifications.handlers.tell_shopper").exclude(pk=failed.pk)
        assert (failed.state, failed.attempts) == ("ready", 1)
        assert {row.state for row in others} == {"done"}


def test_every_event_of_the_catalogue_has_a_delivery_to_this_room(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        place_order()
        assert Delivery.objects.filter(event__type="orders.order.confirmed", handler="notifications.handlers.tell_shopper").count() == 1


def test_an_unpaid_order_that_is_dropped_tells_nobody(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        order = place_order(payment_state=PaymentState.PENDING, is_confirmed=False)
        cancel_order(order=order, reason="not paid in time", at=NOW + timedelta(hours=1))
    run()
    assert states(wired) == {"cancellation/email": "suppressed:never_confirmed", "cancellation/sms": "suppressed:never_confirmed"}
    assert stub.taken == []
