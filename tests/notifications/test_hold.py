"""News of a parcel: held for ten minutes, overtaken by newer ones, looked at again before they leave, told once."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Delivery
from events.services import emit
from events.types import Occurrence
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.automations import switch
from notifications.selectors import merchant_queue_figures, message_story
from notifications.services import plan, release_held
from notifications.services.hold import overtake
from orders.models import Order
from orders.services import cancel_order
from tests.conftest import NOW
from tests.factories import place_order, ship
from tests.notifications.conftest import Stub, in_state, make_due, messages, news, only_we_listen, open_accounts, release, run, states
from tests.notifications.stories import incident, scan
from tracking.models import Incident, Shipment
from tracking.types import IncidentState, IncidentType, ShipmentStatus

S = ShipmentStatus
TEN = timedelta(minutes=10)
LATER = NOW + TEN


def parcel(number: str = "1001", **over: Any) -> Shipment:
    """A parcel on its way that nobody was told about yet."""
    order = place_order(number=number, quiet=True, at=NOW - timedelta(days=2), placed_at=NOW - timedelta(days=2))
    return ship(order, quiet=True, shipped_at=NOW - timedelta(days=1), at=NOW - timedelta(days=1), **over)


def late(row: Shipment, **over: Any) -> Incident:
    values = {"promised_by": date(2026, 11, 23), "expected_by": date(2026, 11, 26), **over}
    return incident(IncidentType.ETA_SLIPPED, order=row.order, shipment=row, **values)


def today(row: Shipment, **over: Any) -> None:
    in_state(row, S.OUT_FOR_DELIVERY)
    news("shipment.out_for_delivery", row, **{"day": "2026-11-20", "scan": 1, **over})


def test_news_wait_ten_minutes_and_say_so(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        today(parcel())
    run()
    assert states(wired) == {"out_for_delivery/email": "pending:held", "out_for_delivery/sms": "pending:held"}
    assert stub.taken == []
    with merchant_scope(wired.pk):
        story = message_story(message_id=messages(wired)[0].pk)
        assert story.held_until == LATER
        assert {row["condition"]: row["ok"] for row in story.reasons}["newer_news"] is True
    assert merchant_queue_figures(merchant_id=wired.pk).due == 0
    release(wired, LATER)
    assert states(wired) == {"out_for_delivery/email": "sent", "out_for_delivery/sms": "sent"}
    with merchant_scope(wired.pk):
        assert message_story(message_id=messages(wired)[0].pk).held_until is None


def test_what_is_held_comes_due_by_itself(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        today(parcel())
    run()
    with merchant_scope(wired.pk), connection.cursor() as cursor:
        cursor.execute("select extract(epoch from due_at - statement_timestamp()) from notifications_message")
        waits = [float(seconds) for (seconds,) in cursor.fetchall()]
    assert all(590 < seconds <= 600 for seconds in waits)
    make_due(wired)
    run(LATER)
    assert states(wired)["out_for_delivery/email"] == "sent"


def test_nothing_is_released_before_its_time_nor_twice(wired: Merchant, borealis: Merchant) -> None:
    with merchant_scope(wired.pk):
        today(parcel())
    run()
    with merchant_scope(wired.pk):
        assert release_held(now=LATER - timedelta(seconds=1)) == 0
    with merchant_scope(borealis.pk):
        assert release_held(now=LATER) == 0
    with merchant_scope(wired.pk):
        assert release_held(now=LATER) == 2
        assert release_held(now=LATER) == 0


def test_what_waits_for_a_provider_is_not_released(acme: Merchant, stub: Stub) -> None:
    with merchant_scope(acme.pk):
        today(parcel())
    run()
    assert release(acme, LATER) == 2
    assert states(acme)["out_for_delivery/email"] == "pending:no_provider"
    assert release(acme, LATER + TEN) == 0


def test_a_delivery_goes_out_at_once_and_takes_the_place_of_what_waits(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        switch(kind="delivered", channel="sms", is_on=True, at=NOW)
        today(row := parcel())
    run()
    with merchant_scope(wired.pk):
        in_state(row, S.DELIVERED, delivered_at=NOW)
        news("shipment.delivered", row)
    run()
    assert states(wired) == {
        "out_for_delivery/email": "cancelled:newer_news",
        "out_for_delivery/sms": "cancelled:newer_news",
        "delivered/email": "sent",
        "delivered/sms": "sent",
    }
    assert release(wired, LATER) == 0


def test_several_scans_within_ten_minutes_make_one_message(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.IN_TRANSIT, arrived_at=NOW)
        news("shipment.arrived_in_city", row, scan=1)
    run()
    with merchant_scope(wired.pk):
        today(row, at=NOW + timedelta(minutes=3))
    run(NOW + timedelta(minutes=3))
    with merchant_scope(wired.pk):
        in_state(row, S.ATTEMPT_FAILED)
        tried = scan(row, S.ATTEMPT_FAILED)
        news("shipment.attempt_failed", row, scan=tried.pk, at=NOW + timedelta(minutes=6))
    run(NOW + timedelta(minutes=6))
    release(wired, NOW + timedelta(minutes=16))
    assert states(wired) == {
        "arrived_in_city/email": "cancelled:newer_news",
        "out_for_delivery/email": "cancelled:newer_news",
        "out_for_delivery/sms": "cancelled:newer_news",
        "attempt_failed/email": "sent",
        "attempt_failed/sms": "sent",
    }


@pytest.mark.parametrize("is_turned", [False, True])
def test_the_outcome_is_the_same_in_whichever_order_the_events_are_handled(wired: Merchant, stub: Stub, is_turned: bool) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.ATTEMPT_FAILED)
        first = news("delay.noticed", row, incident=late(row).pk)
        second = news("shipment.attempt_failed", row, scan=scan(row, S.ATTEMPT_FAILED).pk)
        Delivery.objects.all().delete()
        for event in (second, first) if is_turned else (first, second):
            plan(event=Occurrence(event.pk, event.type, event.payload, event.occurred_at, NOW))
    release(wired, LATER)
    assert states(wired) == {
        "delayed/email": "cancelled:newer_news",
        "delayed/sms": "cancelled:newer_news",
        "attempt_failed/email": "sent",
        "attempt_failed/sms": "sent",
    }


def test_light_news_are_not_told_beside_heavy_ones_that_wait(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.IN_TRANSIT)
        news("delay.noticed", row, incident=late(row).pk)
        news("shipment.arrived_in_city", row, scan=1)
    run()
    release(wired, LATER)
    assert states(wired) == {"delayed/email": "sent", "delayed/sms": "sent", "arrived_in_city/email": "cancelled:newer_news"}


def test_newer_news_withheld_by_the_merchant_take_nobodys_place(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        switch(kind="attempt_failed", channel="sms", is_on=False, at=NOW)
        today(row := parcel())
        news("shipment.attempt_failed", row, scan=scan(row, S.ATTEMPT_FAILED).pk)
    run()
    assert states(wired, channel="sms") == {"out_for_delivery/sms": "pending:held", "attempt_failed/sms": "suppressed:merchant_off"}
    with merchant_scope(wired.pk):
        in_state(row, S.ATTEMPT_FAILED)
    release(wired, LATER)
    assert states(wired, channel="sms")["out_for_delivery/sms"] == "cancelled:newer_news"


CASES: list[tuple[str, S, S]] = [
    # news, the parcel's state with them, the state that makes them stale
    ("shipment.arrived_in_city", S.IN_TRANSIT, S.OUT_FOR_DELIVERY),
    ("shipment.out_for_delivery", S.OUT_FOR_DELIVERY, S.DELIVERED),
    ("shipment.out_for_delivery", S.OUT_FOR_DELIVERY, S.IN_TRANSIT),
    ("shipment.attempt_failed", S.ATTEMPT_FAILED, S.OUT_FOR_DELIVERY),
    ("shipment.ready_for_pickup", S.READY_FOR_PICKUP, S.DELIVERED),
    ("pickup.expiring", S.READY_FOR_PICKUP, S.DELIVERED),
    ("delay.noticed", S.IN_TRANSIT, S.OUT_FOR_DELIVERY),
    ("delay.noticed", S.IN_TRANSIT, S.DELIVERED),
    ("loss.suspected", S.IN_TRANSIT, S.READY_FOR_PICKUP),
]


@pytest.mark.parametrize(("type", "state", "later"), CASES)
def test_the_parcel_is_looked_at_again_before_a_message_leaves(wired: Merchant, stub: Stub, type: str, state: S, later: S) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), state)
        news(type, row, scan=scan(row, state).pk, day="2026-11-20", incident=late(row).pk)
    run()
    assert set(states(wired).values()) == {"pending:held"}
    with merchant_scope(wired.pk):
        in_state(row, later)
    release(wired, LATER)
    assert set(states(wired).values()) == {"cancelled:newer_news"}
    assert stub.taken == []


@pytest.mark.parametrize("type", ["delay.noticed", "loss.suspected", "pickup.expiring"])
def test_trouble_that_cleared_itself_meanwhile_is_not_told(wired: Merchant, stub: Stub, type: str) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.READY_FOR_PICKUP if type == "pickup.expiring" else S.IN_TRANSIT)
        trouble = late(row)
        news(type, row, incident=trouble.pk)
    run()
    with merchant_scope(wired.pk):
        Incident.objects.filter(pk=trouble.pk).update(state=IncidentState.RESOLVED)
    release(wired, LATER)
    assert set(states(wired).values()) == {"cancelled:newer_news"}


def test_news_that_are_stale_when_they_are_decided_are_withheld_with_the_reason(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        today(row := parcel())
        in_state(row, S.DELIVERED, delivered_at=NOW)
    run()
    assert states(wired) == {"out_for_delivery/email": "suppressed:newer_news", "out_for_delivery/sms": "suppressed:newer_news"}
    found = next(row for row in messages(wired)[0].reasons if row["condition"] == "newer_news")
    assert found == {"condition": "newer_news", "ok": False, "detail": "the parcel is delivered"}


def test_today_is_not_said_tomorrow(wired: Merchant, stub: Stub) -> None:
    late_evening = NOW.replace(hour=22, minute=55)  # 23:55 in Berlin
    with merchant_scope(wired.pk):
        today(parcel(), at=late_evening)
    run(late_evening)
    release(wired, late_evening + TEN)
    # A text would wait for the morning, and then it is too late.
    assert states(wired) == {"out_for_delivery/email": "expired:day_over", "out_for_delivery/sms": "suppressed:too_late"}


def test_out_for_delivery_is_told_once_a_day(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        today(row := parcel())
        today(row)
    run()
    release(wired, LATER)
    tomorrow = NOW + timedelta(days=1)
    with merchant_scope(wired.pk):
        today(row, day="2026-11-21", at=tomorrow)
    run(tomorrow)
    release(wired, tomorrow + TEN)
    assert len(messages(wired, channel="email", state="sent")) == 2


def test_each_failed_attempt_is_told_once(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.ATTEMPT_FAILED)
        first = scan(row, S.ATTEMPT_FAILED)
    for at, tried in ((NOW, first.pk), (NOW, first.pk), (NOW + timedelta(days=1), first.pk + 1)):
        with merchant_scope(wired.pk):
            news("shipment.attempt_failed", row, scan=tried, at=at)
        run(at)
        release(wired, at + TEN)
    assert len(messages(wired, channel="email", state="sent")) == 2


def notice(wired: Merchant, row: Shipment, trouble: Incident, day: date, at: datetime) -> None:
    with merchant_scope(wired.pk):
        Incident.objects.filter(pk=trouble.pk).update(expected_by=day)
        news("delay.noticed", row, incident=trouble.pk, at=at)
    run(at)
    release(wired, at + TEN)


def test_a_delay_is_told_once_and_again_when_its_day_moved_even_back(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.IN_TRANSIT)
        trouble = late(row)
    days = (26, 26, 28, 28, 26, 26, 28)
    for n, day in enumerate(days):
        notice(wired, row, trouble, date(2026, 11, day), NOW + timedelta(hours=n))
    sent = [taken.subject for taken in stub.taken if taken.channel == "email"]
    assert [subject[-2:] for subject in sent] == ["26", "28", "26", "28"]


def test_the_same_loss_pick_up_or_choice_is_told_once(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.IN_TRANSIT)
        trouble = late(row)
        for _ in range(3):
            news("loss.suspected", row, incident=trouble.pk)
            emit(type="tracking.choice.made", payload={"order": row.order_id, "incident": trouble.pk, "choice": "wait"}, at=NOW)
            news("receipt.denied", row, incident=trouble.pk)
    run()
    release(wired, LATER)
    assert states(wired) == {"lost_suspected/email": "sent", "choice_received/email": "sent",
                             "receipt_denied/email": "sent"}  # fmt: skip
    assert len(stub.taken) == 3


def unsent(number: str = "2001") -> tuple[Order, Incident]:
    order = place_order(number=number, quiet=True, at=NOW - timedelta(days=3), placed_at=NOW - timedelta(days=3))
    trouble = incident(IncidentType.UNSHIPPED_PAST_PROMISE, order=order, expected_by=date(2026, 11, 25), promised_by=date(2026, 11, 19))
    emit(type="tracking.dispatch.delayed", payload={"order": order.pk, "incident": trouble.pk}, at=NOW)
    only_we_listen()
    return order, trouble


def test_an_order_not_sent_in_time_is_told_with_a_choice(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        order, _ = unsent()
    run()
    release(wired, LATER)
    assert states(wired) == {"dispatch_delayed/email": "sent"}
    assert f"/track/{order.track_token}/choice/" in stub.taken[0].text


@pytest.mark.parametrize("what", ["cancelled", "sent"])
def test_a_choice_is_not_offered_of_an_order_that_is_cancelled_or_sent(wired: Merchant, stub: Stub, what: str) -> None:
    with merchant_scope(wired.pk):
        order, trouble = unsent()
    run()
    with merchant_scope(wired.pk):
        if what == "cancelled":
            cancel_order(order=order, reason="", at=NOW)
        else:
            Incident.objects.filter(pk=trouble.pk).update(state=IncidentState.RESOLVED)
    release(wired, LATER)
    expected = "cancelled:order_cancelled" if what == "cancelled" else "cancelled:newer_news"
    assert states(wired, kind="dispatch_delayed") == {"dispatch_delayed/email": expected}


def test_a_delivery_is_texted_only_where_the_merchant_wants_it(wired: Merchant, stub: Stub) -> None:
    for number, is_on in (("1", None), ("2", True), ("3", False)):
        with merchant_scope(wired.pk):
            if is_on is not None:
                switch(kind="delivered", channel="sms", is_on=is_on, at=NOW)
            row = in_state(parcel(number), S.DELIVERED, delivered_at=NOW)
            news("shipment.delivered", row)
        run()
    found = [message.state for message in sorted(messages(wired, channel="sms"), key=lambda row: row.pk)]
    assert found == ["suppressed", "sent", "suppressed"]


def test_an_imported_parcels_old_delivery_is_history(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        order = place_order(quiet=True, at=NOW, placed_at=NOW - timedelta(days=9))
        row = in_state(ship(order, quiet=True, at=NOW), S.DELIVERED, delivered_at=NOW - timedelta(days=5))
        news("shipment.delivered", row)
    run()
    assert states(wired)["delivered/email"] == "suppressed:imported_history"


def test_an_event_whose_incident_is_gone_tells_nothing(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        news("delay.noticed", in_state(parcel(), S.IN_TRANSIT), incident=99_999)
    run()
    assert messages(wired) == []


def test_two_merchants_parcels_do_not_overtake_each_other(wired: Merchant, borealis: Merchant, stub: Stub) -> None:
    open_accounts(borealis, "email", "sms")
    for merchant in (wired, borealis):
        with merchant_scope(merchant.pk):
            today(parcel())
    run()
    with merchant_scope(borealis.pk):
        row = in_state(Shipment.objects.get(), S.DELIVERED, delivered_at=NOW)
        news("shipment.delivered", row)
    run()
    theirs = messages(wired)
    with merchant_scope(borealis.pk):
        assert overtake(theirs, at=NOW) == 0
    assert set(states(wired).values()) == {"pending:held"}
    assert states(borealis)["out_for_delivery/email"] == "cancelled:newer_news"


def statements(merchant: Merchant, parcels: int, first: int) -> tuple[int, int]:
    """Statements to plan what is told of so many parcels, and to send it."""
    with merchant_scope(merchant.pk):
        for number in range(first, first + parcels):
            row = in_state(parcel(str(number)), S.IN_TRANSIT)
            news("delay.noticed", row, incident=late(row).pk)
            today(row)
            in_state(row, S.OUT_FOR_DELIVERY)
        only_we_listen()
    with CaptureQueriesContext(connection) as planned:
        run()
    with merchant_scope(merchant.pk):
        release_held(now=LATER)
    with CaptureQueriesContext(connection) as sent:
        run(LATER)
    return len(planned), len(sent)


def test_twenty_parcels_cost_the_statements_of_one(wired: Merchant, stub: Stub) -> None:
    one, twenty = statements(wired, 1, 100), statements(wired, 20, 200)
    assert one == twenty
    assert states(wired, channel="email") == {"delayed/email": "suppressed:newer_news", "out_for_delivery/email": "sent"}
    assert len([taken for taken in stub.taken if taken.channel == "email"]) == 21


def test_sending_twenty_delays_costs_the_statements_of_one(wired: Merchant, stub: Stub) -> None:
    counts = []
    for parcels, first in ((1, 100), (20, 200)):
        with merchant_scope(wired.pk):
            for number in range(first, first + parcels):
                row = in_state(parcel(str(number)), S.IN_TRANSIT)
                news("delay.noticed", row, incident=late(row).pk)
        run()
        with merchant_scope(wired.pk):
            release_held(now=LATER)
        with CaptureQueriesContext(connection) as sent:
            run(LATER)
        counts.append(len(sent))
    assert counts[0] == counts[1]
    assert len(stub.taken) == 42
