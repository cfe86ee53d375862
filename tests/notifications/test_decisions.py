"""From event to message as automations, consent, hours, caps, the guard and the ladder have it, and once more before it leaves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from customers.models import Customer
from customers.services import record_consent, set_contact_rule, suppress
from events.models import Delivery, Event
from events.queue import MAX_ATTEMPTS, MAX_CRASHES, claim, database_now
from events.services import drain as drain_events
from events.types import Occurrence
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import context
from notifications.automations import publish, save_draft
from notifications.models import Message
from notifications.registry import entry_of
from notifications.services import observe, plan, plan_many
from notifications.services.ladder import step_down
from notifications.services.moves import QUEUE
from notifications.services.prepare import prepare
from notifications.types import Accepted, Kind, NotAccepted, Refused, Report
from orders.models import Order
from tests.conftest import NOW
from tests.factories import ADDRESS, customer, incoming_line, place_order, ship
from tests.notifications.conftest import Stub, in_state, make_due, messages, news, release, run, states
from tests.notifications.stories import incident
from tracking.types import IncidentState, IncidentType, ShipmentStatus

S = ShipmentStatus
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # ten in the morning in Berlin


def automate(kind: str, **definition: Any) -> None:
    channels = [channel.value for channel in entry_of(kind).channels]
    row = save_draft(kind=kind, definition={"channels": channels, **definition}, at=NOW)
    publish(version=row, at=NOW)


def shelf() -> None:
    """A shirt, and a belt in stock that goes with it."""
    values = {"category": "Clothes", "currency": "EUR", "price": Decimal("19.90"), "stock": 5, "created_at": NOW, "updated_at": NOW}
    Product.objects.create(external_id="P1", sku="SHIRT-M", title="Linen shirt", page_url="https://shop.example/1", **values)
    Product.objects.create(external_id="P2", sku="SCARF", title="Wool scarf", page_url="https://shop.example/2", **values)


def offers(**over: Any) -> None:
    """The offer of items for the same parcel is on, to whoever consented."""
    shelf()
    automate("additions", **{"ladder": "first", "window": ["07:00", "22:00"], **over})


def buy(*, at: datetime = MONDAY, **over: Any) -> Order:
    line = incoming_line(external_id="L1", title="Linen shirt", sku="SHIRT-M", product_external_id="P1")
    return place_order(at=at, placed_at=at, lines=(line,), **over)


def agree(channel: str, *, topic: str = "offers", is_granted: bool = True, at: datetime = NOW, **over: Any) -> Customer:
    row = customer(**over)
    record_consent(customer=row, channel=channel, topic=topic, is_granted=is_granted, source="test", at=at)
    return row


def reason_of(message: Message, condition: str) -> tuple[bool, str]:
    found = [(row["ok"], row["detail"]) for row in message.reasons if row["condition"] == condition]
    assert len(found) == 1, found
    return found[0]


def decide_only(at: datetime) -> None:
    while drain_events(lambda: at):
        pass


# Automations


def test_the_conditions_of_an_automation_are_asked_one_by_one_and_kept(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        checks = [
            {"fact": "order.total", "op": "at_least", "value": 50},
            {"fact": "order.country", "op": "in", "value": ["AT", "CH"]},
            {"fact": "order.product", "op": "is", "value": "BELT"},
        ]
        automate("thanks", checks=checks)
        place_order()
    run()
    text = messages(wired, kind="thanks")[0]
    assert (text.state, text.reason, text.send_at) == ("suppressed", "automation", None)
    assert [(row["ok"], row["detail"]) for row in text.reasons if row["condition"] == "automation"] == [
        (True, "order.total 132.80 at least 50"),
        (False, "order.country DE in AT, CH"),
        (True, "order.product BELT, SHIRT-M is BELT"),
    ]
    with merchant_scope(wired.pk):
        assert text.automation is not None
        assert text.automation.number == 1
    assert messages(wired, kind="order_confirmation")[0].automation_id is None
    assert [taken.channel for taken in stub.taken] == ["email"]


def test_the_number_of_orders_and_the_first_order_are_known_to_conditions(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        automate("thanks", checks=[{"fact": "customer.orders", "op": "at_least", "value": 2}])
        place_order(number="1", at=NOW, placed_at=NOW)
        place_order(number="2", at=NOW, placed_at=NOW)
        place_order(number="3", at=NOW, placed_at=NOW, email="new@example.com", phone="")
    run()
    details = [reason_of(row, "automation")[1] for row in sorted(messages(wired, kind="thanks"), key=lambda row: row.order_id or 0)]
    assert details == ["customer.orders 1 at least 2", "customer.orders 2 at least 2", "customer.orders 1 at least 2"]


def check_on(fact: str) -> dict[str, Any]:
    return {"fact": fact, "op": "at_least", "value": 1} if fact == "customer.orders" else {"fact": fact, "op": "is_not", "value": "X"}


@pytest.mark.parametrize(("facts", "more"), [([], 0), (["customer.orders"], 1), (["order.product", "order.category"], 2)])
def test_conditions_cost_the_same_for_one_event_and_for_twenty(wired: Merchant, facts: list[str], more: int) -> None:
    with merchant_scope(wired.pk):
        shelf()
        automate("thanks", checks=[check_on(fact) for fact in facts])
        for number in range(21):
            buy(at=NOW, number=str(number), email=f"shopper{number}@example.com")
        rows = Event.objects.filter(type="orders.order.confirmed").order_by("pk")
        found = [Occurrence(row.pk, row.type, row.payload, row.occurred_at, NOW) for row in rows]
        counts = []
        for batch in (found[:1], found[1:]):
            with CaptureQueriesContext(connection) as captured:
                plan_many(events=batch)
            counts.append(len(captured))
        assert set(Message.objects.filter(kind="thanks").values_list("state", flat=True)) == {"pending"}
    assert counts == [10 + more, 10 + more]


def test_a_delay_counts_from_the_event_and_keeps_its_distance_under_any_clock(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        automate("thanks", delay_minutes=90)
        place_order()
        event = Event.objects.get(type="orders.order.confirmed")
        plan(event=Occurrence(event.pk, event.type, event.payload, NOW, NOW + timedelta(minutes=30)))
        text = Message.objects.get(kind="thanks")
        wait = text.due_at - database_now()
    assert (text.reason, text.send_at) == ("delay", NOW + timedelta(minutes=90))
    assert text.not_after == NOW + timedelta(minutes=90) + timedelta(days=1)
    assert timedelta(minutes=59) < wait <= timedelta(minutes=60)
    assert reason_of(text, "delay") == (True, "waits 90 min after the event")
    assert release(wired, NOW + timedelta(minutes=89)) == 0
    assert release(wired, NOW + timedelta(minutes=90)) == 1
    assert states(wired, kind="thanks") == {"thanks/sms": "sent"}


def test_a_draft_changes_nothing_until_it_is_asked_for(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        save_draft(kind="thanks", definition={"channels": []}, at=NOW)
        place_order(number="1")
        event = Event.objects.get(type="orders.order.confirmed")
        occurrence = Occurrence(event.pk, event.type, event.payload, NOW, NOW)
        plan_many(events=[occurrence])
        assert Message.objects.get(kind="thanks").state == "pending"
        Message.objects.all().delete()
        plan_many(events=[occurrence], drafts=True)
        assert Message.objects.get(kind="thanks").reason == "merchant_off"


def test_an_automation_of_adverts_nobody_turned_on_leaves_no_trace(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        place_order()
    run()
    assert messages(wired, kind="additions") == []


# Styles


def styles(merchant: Merchant) -> list[tuple[str, str]]:
    rows = sorted(messages(merchant, kind="order_confirmation"), key=lambda row: row.order_id or 0)
    return [(row.style, reason_of(row, "style")[1]) for row in rows]


def test_only_the_first_paid_order_is_welcomed(wired: Merchant, borealis: Merchant) -> None:
    with merchant_scope(wired.pk):
        place_order(number="1", at=NOW - timedelta(days=9), placed_at=NOW - timedelta(days=9))
        place_order(number="2")
        place_order(number="3")
        place_order(number="4", email="new@example.com")
        place_order(number="5", email="", phone="")
    run()
    assert [style for style, _ in styles(wired)] == ["warm", "reassuring", "reassuring", "warm", "reassuring"]
    with merchant_scope(borealis.pk):
        place_order(number="9", email="sam@example.com")
    run()
    assert messages(borealis, kind="order_confirmation")[0].style == "warm"


def test_an_enticing_confirmation_without_consent_is_plain_and_says_why(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        automate("order_confirmation", styles=[{"style": "enticing", "checks": []}])
        place_order()
    run()
    assert styles(wired) == [("plain", "enticing -> plain: no consent to offers by email")]
    assert states(wired, kind="order_confirmation") == {"order_confirmation/email": "sent"}


def test_consent_taken_back_between_decision_and_sending_makes_it_plain(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        shelf()
        automate("order_confirmation", styles=[{"style": "similar", "checks": []}])
        agree("email")
        buy(at=NOW)
    decide_only(NOW)
    assert [style for style, _ in styles(wired)] == ["similar"]
    with merchant_scope(wired.pk):
        agree("email", is_granted=False, at=NOW + timedelta(seconds=1))
    run(NOW + timedelta(seconds=2))
    assert styles(wired) == [("plain", "similar -> plain: no consent to offers by email")]
    assert messages(wired, kind="order_confirmation")[0].state == "sent"


def refuse_offers() -> None:
    agree("email", is_granted=False, at=NOW + timedelta(seconds=1))


def pause() -> None:
    until = NOW + timedelta(days=7)
    set_contact_rule(customer=Customer.objects.get(), is_important_only=False, paused_until=until, language="", at=NOW)


def want_only_the_important() -> None:
    set_contact_rule(customer=Customer.objects.get(), is_important_only=True, paused_until=None, language="", at=NOW)


@pytest.mark.parametrize("say", [refuse_offers, pause, want_only_the_important])
def test_what_was_composed_with_offers_is_composed_anew_when_they_are_not_wanted_any_more(
    wired: Merchant, stub: Stub, say: Callable[[], None]
) -> None:
    stub.answer = lambda message: NotAccepted("busy", retry_after=600)
    with merchant_scope(wired.pk):
        shelf()
        automate("order_confirmation", styles=[{"style": "similar", "checks": []}])
        agree("email")
        buy(at=NOW, phone="")
    run()
    with merchant_scope(wired.pk):
        say()
    stub.answer = lambda message: Accepted("P")
    make_due(wired)
    run(NOW + timedelta(seconds=2))
    first, second = (taken for taken in stub.taken if taken.channel == "email")
    assert "Wool scarf" in first.text
    assert "Wool scarf" not in second.text
    with merchant_scope(wired.pk):
        mail = Message.objects.get(kind="order_confirmation")
        assert (mail.state, mail.style, "Wool scarf" in mail.content.text) == ("sent", "plain", False)


# Consent, in the plan and in the transaction that sends


def test_an_offer_goes_only_to_who_consented_on_that_channel(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        offers(ladder="all")
        agree("sms")
        buy()
    run(MONDAY)
    assert states(wired, kind="additions") == {"additions/email": "suppressed:marketing_consent", "additions/sms": "sent"}
    assert reason_of(messages(wired, kind="additions", channel="email")[0], "marketing_consent") == (
        False,
        "never given for offers by email",
    )


LAST_MOMENT = [
    (lambda: suppress(channel="sms", recipient="+4915123456789", reason="stop", at=MONDAY), "suppressed:suppressed", "stop"),
    (lambda: agree("sms", is_granted=False, at=MONDAY), "suppressed:marketing_consent", "taken back for offers by sms"),
    (
        lambda: set_contact_rule(customer=customer(), is_important_only=True, paused_until=None, language="", at=MONDAY),
        "suppressed:important_only",
        "wants only the important",
    ),
    (
        lambda: set_contact_rule(
            customer=customer(), is_important_only=False, paused_until=MONDAY + timedelta(days=2), language="", at=MONDAY
        ),
        "suppressed:paused",
        "paused until 2026-11-25 09:00 UTC",
    ),
]


@pytest.mark.parametrize(("change", "state", "why"), LAST_MOMENT)
def test_what_is_said_between_decision_and_claim_is_heard(wired: Merchant, stub: Stub, change: Any, state: str, why: str) -> None:
    with merchant_scope(wired.pk):
        offers(channels=["sms"])
        agree("sms")
        buy()
    decide_only(MONDAY)
    waiting = messages(wired, kind="additions", channel="sms")[0]
    assert waiting.state == "pending"
    with merchant_scope(wired.pk):
        change()
    run(MONDAY)
    after = messages(wired, kind="additions", channel="sms")[0]
    assert f"{after.state}:{after.reason}" == state
    assert reason_of(after, after.reason) == (False, why)
    assert [taken.channel for taken in stub.taken if "Wool" in taken.text] == []
    with merchant_scope(wired.pk):
        assert after.tries.count() == 0


def test_a_topic_turned_off_on_a_channel_leaves_the_important_news(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        agree("sms", topic="parcels", is_granted=False)
        order = place_order(quiet=True, at=NOW - timedelta(days=2), placed_at=NOW - timedelta(days=2))
        row = in_state(ship(order, quiet=True, at=NOW - timedelta(days=1)), S.ATTEMPT_FAILED)
        news("shipment.dispatched", row)
        news("shipment.attempt_failed", row, scan=1)
    run()
    release(wired, NOW + timedelta(minutes=10))
    assert states(wired, kind="dispatch", channel="sms") == {"dispatch/sms": "suppressed:preference"}
    important = messages(wired, kind="attempt_failed", channel="sms")[0]
    assert reason_of(important, "preference") == (True, "parcels turned off by sms, important news still go out")


# Hours


def test_news_by_text_wait_for_the_morning_where_the_recipient_is(wired: Merchant, stub: Stub) -> None:
    night = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)  # five in the morning in Los Angeles, two in the afternoon at the merchant's
    with merchant_scope(wired.pk):
        there = ADDRESS.__class__(name="Sam", city="Los Angeles", region="CA", country="US")
        days_ago = night - timedelta(days=2)
        order = place_order(quiet=True, shipping_address=there, at=days_ago, placed_at=days_ago)
        news(
            "shipment.out_for_delivery",
            in_state(ship(order, quiet=True, at=night - timedelta(days=1)), S.OUT_FOR_DELIVERY),
            day="2026-11-20",
            at=night,
        )
    run(night)
    text = messages(wired, channel="sms")[0]
    assert (text.state, text.reason, text.send_at) == ("pending", "quiet_hours", datetime(2026, 11, 20, 16, 0, tzinfo=UTC))
    assert reason_of(text, "quiet_hours")[1].startswith("waits until 2026-11-20 08:00 (America/Los_Angeles)")
    assert text.country == "DE"  # of the number; the e-mail's is that of the address
    assert messages(wired, channel="email")[0].country == "US"
    assert release(wired, night + timedelta(minutes=10)) == 1
    assert release(wired, datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) == 1
    assert states(wired) == {"out_for_delivery/email": "sent", "out_for_delivery/sms": "sent"}


def test_an_offer_held_up_until_night_waits_or_expires_and_never_leaves_in_quiet_hours(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        offers(channels=["sms"])
        agree("sms")
        buy()
    decide_only(MONDAY)
    with merchant_scope(wired.pk):
        Message.objects.filter(kind="additions").update(not_after=MONDAY + timedelta(days=1))
    night = MONDAY.replace(hour=22)
    make_due(wired)
    with merchant_scope(wired.pk):
        Order.objects.update(confirmed_at=night, placed_at=night, ship_by=night.date() + timedelta(days=2))
    run(night)
    late = messages(wired, kind="additions", channel="sms")[0]
    assert (late.state, late.reason, late.send_at) == ("pending", "window", datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
    assert not any("Wool" in taken.text for taken in stub.taken)


# Caps and the guard


def test_one_advert_a_day_also_when_two_are_decided_and_sent_in_one_batch(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        offers(channels=["sms"])
        agree("sms")
        buy(number="1")
        buy(number="2")
    run(MONDAY)
    rows = sorted(messages(wired, kind="additions", channel="sms"), key=lambda row: row.order_id or 0)
    assert [(row.state, row.reason) for row in rows] == [("sent", ""), ("suppressed", "frequency_cap")]
    assert reason_of(rows[1], "frequency_cap") == (False, "1 of 1 in a day, 1 of 3 in a week")


def test_a_cap_filled_meanwhile_is_noticed_before_sending(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        offers(channels=["sms"])
        agree("sms")
        buy(number="1")
        buy(number="2")
    decide_only(MONDAY)
    with merchant_scope(wired.pk):
        Message.objects.filter(kind="additions", channel="sms").update(state="pending", reason="", finished_at=None, send_at=MONDAY)
    make_due(wired)
    run(MONDAY)
    found = sorted((row.state, row.reason) for row in messages(wired, kind="additions", channel="sms"))
    assert found == [("sent", ""), ("suppressed", "frequency_cap")]


def trouble_for(order: Order) -> Any:
    return incident(IncidentType.DELIVERED_NOT_RECEIVED, order=order, shipment=ship(order, quiet=True, at=NOW - timedelta(days=2)))


def test_while_a_parcel_is_missing_nothing_is_advertised_and_afterwards_it_resumes(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        offers(channels=["sms"])
        agree("sms")
        missing = trouble_for(place_order(number="0", quiet=True, at=NOW - timedelta(days=9), placed_at=NOW - timedelta(days=9)))
        buy(number="1")
        Delivery.objects.exclude(handler="notifications.handlers.tell_shopper").delete()
    run(MONDAY)
    withheld = messages(wired, kind="additions", channel="sms")[0]
    assert (withheld.state, withheld.reason) == ("suppressed", "not_now")
    assert reason_of(withheld, "not_now") == (False, "open incident: delivered_not_received")
    assert states(wired, kind="thanks") == {"thanks/sms": "sent"}
    with merchant_scope(wired.pk):
        missing.state = IncidentState.RESOLVED
        missing.save(update_fields=["state"])
        buy(number="2", at=MONDAY + timedelta(hours=1))
    run(MONDAY + timedelta(hours=1))
    assert [row.state for row in messages(wired, kind="additions", state="sent")] == ["sent"]


def test_the_last_check_of_adverts_costs_the_same_for_one_shopper_and_for_eight(wired: Merchant, stub: Stub) -> None:
    counts = []
    with merchant_scope(wired.pk):
        offers(channels=["sms"])
    for numbers in (range(1), range(10, 18)):
        with merchant_scope(wired.pk):
            for number in numbers:
                email, phone = f"shopper{number}@example.com", f"+49151234567{number:02}"
                agree("sms", email=email, phone=phone)
                buy(number=str(number), email=email, phone=phone)
        decide_only(MONDAY)
        with merchant_scope(wired.pk):
            Message.objects.exclude(kind="additions", channel="sms").delete()
        leases = claim(QUEUE, limit=50)
        assert len(leases) == len(numbers)
        with CaptureQueriesContext(connection) as captured:
            batch = prepare(leases, MONDAY)
        assert len(batch.ready) == len(numbers)
        counts.append(len(captured))
    assert counts[0] == counts[1]


# The ladder


def climb(wired: Merchant, stub: Stub) -> tuple[Message, Message]:
    with merchant_scope(wired.pk):
        automate("cancellation", channels=["sms", "email"], ladder="first")
        order = place_order(quiet=True, at=NOW - timedelta(days=1))
        Order.objects.filter(pk=order.pk).update(state="cancelled", cancelled_at=NOW)
        emitted = Event.objects.create(type="orders.order.cancelled", payload={"order": order.pk}, occurred_at=NOW)
        plan(event=Occurrence(emitted.pk, emitted.type, emitted.payload, NOW, NOW))
    mail, text = messages(wired, kind="cancellation")
    return mail, text


def test_the_first_channel_of_a_ladder_tells_it_and_the_next_stands_by(wired: Merchant, stub: Stub) -> None:
    mail, text = climb(wired, stub)
    assert (text.state, mail.state, mail.reason) == ("pending", "suppressed", "ladder")
    assert reason_of(mail, "ladder") == (False, "goes by sms; this way if that fails")
    assert reason_of(text, "ladder") == (True, "first that can")
    run()
    assert [taken.channel for taken in stub.taken] == ["sms"]


def test_without_the_first_channels_address_the_next_tells_it(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        suppress(channel="sms", recipient="+4915123456789", reason="stop", at=NOW)
    climb(wired, stub)
    run()
    assert states(wired, kind="cancellation") == {"cancellation/email": "sent", "cancellation/sms": "suppressed:suppressed"}


@pytest.mark.parametrize("outcome", [Refused("21211", "no such number"), Refused("21610", "stopped")])
def test_when_the_provider_refuses_the_next_channel_tells_it(wired: Merchant, stub: Stub, outcome: Refused) -> None:
    stub.answer = lambda message: outcome if message.channel == "sms" else Accepted("P")
    climb(wired, stub)
    run()
    assert [taken.channel for taken in stub.taken] == ["sms", "email"]
    mail = messages(wired, kind="cancellation", channel="email")[0]
    assert mail.state == "sent"
    assert reason_of(mail, "ladder") == (True, "the way before it failed")


def test_when_it_bounces_later_the_next_channel_tells_it_once(wired: Merchant, stub: Stub) -> None:
    _, text = climb(wired, stub)
    run()
    sent = messages(wired, kind="cancellation", channel="sms")[0]
    for _ in range(2):
        with merchant_scope(wired.pk):
            observe(account_id=sent.account_id or 0, report=Report(sent.provider_id, text.token, "failed", "30003"), at=NOW)
    run()
    run()
    assert states(wired, kind="cancellation") == {"cancellation/email": "sent", "cancellation/sms": "failed:30003"}
    assert [taken.channel for taken in stub.taken] == ["sms", "email"]


def test_when_the_last_check_withholds_it_the_next_channel_tells_it(wired: Merchant, stub: Stub) -> None:
    climb(wired, stub)
    with merchant_scope(wired.pk):
        suppress(channel="sms", recipient="+4915123456789", reason="stop", at=NOW)
    run()
    assert states(wired, kind="cancellation") == {"cancellation/email": "sent", "cancellation/sms": "suppressed:suppressed"}
    assert [taken.channel for taken in stub.taken] == ["email"]


def test_when_its_worker_dies_every_time_the_next_channel_tells_it(wired: Merchant, stub: Stub) -> None:
    _, text = climb(wired, stub)
    with merchant_scope(wired.pk):
        Message.objects.filter(pk=text.pk).update(crashes=MAX_CRASHES)
    run()
    assert states(wired, kind="cancellation") == {"cancellation/email": "sent", "cancellation/sms": "dead:worker_died"}


def test_when_composing_it_breaks_the_transaction_every_time_the_next_channel_tells_it(
    wired: Merchant, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(*, message: Message, **rest: Any) -> dict[str, Any]:
        if message.channel == "sms":
            raise DataError("cannot be asked")
        return build(message=message, **rest)

    build = context.build
    monkeypatch.setattr(context, "build", torn)
    _, text = climb(wired, stub)
    with merchant_scope(wired.pk):
        Message.objects.filter(pk=text.pk).update(attempts=MAX_ATTEMPTS - 1)
    run()
    assert states(wired, kind="cancellation") == {"cancellation/email": "sent", "cancellation/sms": "dead:not_composed"}


def test_when_it_is_held_up_into_quiet_hours_the_next_channel_tells_it_the_same_day(wired: Merchant, stub: Stub) -> None:
    evening = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)  # twenty to nine in Berlin
    with merchant_scope(wired.pk):
        automate("out_for_delivery", channels=["sms", "email"], ladder="first")
        order = place_order(quiet=True, at=NOW, placed_at=NOW)
        news("shipment.out_for_delivery", in_state(ship(order, quiet=True, at=NOW), S.OUT_FOR_DELIVERY), day="2026-11-23", at=evening)
    run(evening)
    assert states(wired) == {"out_for_delivery/email": "suppressed:ladder", "out_for_delivery/sms": "pending:held"}
    release(wired, evening + timedelta(minutes=25))
    assert states(wired) == {"out_for_delivery/email": "sent", "out_for_delivery/sms": "expired:too_late"}


def test_an_unknown_outcome_is_no_failure_and_a_late_step_is_not_taken(wired: Merchant, borealis: Merchant, stub: Stub) -> None:
    mail, text = climb(wired, stub)
    with merchant_scope(borealis.pk):
        assert step_down(message_ids=[text.pk], at=NOW) == set()
    with merchant_scope(wired.pk):
        assert step_down(message_ids=[text.pk], at=NOW + timedelta(days=30)) == set()
        assert step_down(message_ids=[mail.pk], at=NOW) == set()
        assert step_down(message_ids=[], at=NOW) == set()
        assert Message.objects.get(pk=mail.pk).reason == "ladder"


def test_the_same_event_again_does_not_tell_it_on_both_channels(wired: Merchant, stub: Stub) -> None:
    climb(wired, stub)
    run()
    with merchant_scope(wired.pk):
        Order.objects.update(phone="+4915187654321")
        event = Event.objects.get(type="orders.order.cancelled")
        plan(event=Occurrence(event.pk, event.type, event.payload, NOW, NOW))
    run()
    assert [taken.channel for taken in stub.taken] == ["sms"]


def test_kinds_that_are_mandatory_are_not_adverts() -> None:
    assert not any(entry_of(kind).is_marketing and entry_of(kind).is_mandatory for kind in Kind)
