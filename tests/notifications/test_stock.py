"""Stock-taking finds what was lost, doubled or forgotten, and finds nothing where all is well."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from events.models import Delivery
from events.services import drain as drain_events
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import GAPS, Attempt, Callback, Message, StockTaking
from notifications.services import count_hour, forget_stock, stock, take_stock
from notifications.types import Unknown
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import SearchableStub, Stub, make_due, run

HOUR = timedelta(hours=1)


def this_hour() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("select date_trunc('hour', statement_timestamp())")
        hour: datetime = cursor.fetchone()[0]
    return hour


def order(merchant: Merchant, number: str = "1001") -> None:
    with merchant_scope(merchant.pk):
        place_order(number=number, external_id=number, phone="", at=timezone.now())


def told(merchant: Merchant) -> None:
    order(merchant)
    run(timezone.now())


def counted(merchant: Merchant) -> StockTaking:
    count_hour(this_hour())
    with merchant_scope(merchant.pk):
        row: StockTaking = StockTaking.objects.get()
    return row


def gaps(row: StockTaking) -> dict[str, int]:
    return {name: getattr(row, name) for name in GAPS if getattr(row, name)}


def test_an_hour_in_which_all_went_well_adds_up(wired: Merchant, borealis: Merchant, stub: Stub) -> None:
    told(wired)
    row = counted(wired)
    assert (row.deliveries, row.tries, row.accepted, row.difference) == (row.events, 1, 1, 0)
    assert row.events >= 1
    assert row.messages >= 2  # the confirmation by mail, and what was withheld
    with merchant_scope(borealis.pk):
        assert not StockTaking.objects.exists()


def test_counting_again_overwrites(wired: Merchant, stub: Stub) -> None:
    told(wired)
    counted(wired)
    with merchant_scope(wired.pk):
        StockTaking.objects.update(events=99, doubled=7)
    assert counted(wired).difference == 0


def test_an_event_that_lost_its_delivery_is_found(wired: Merchant, stub: Stub) -> None:
    told(wired)
    with merchant_scope(wired.pk):
        Delivery.objects.filter(handler=stock.HANDLER).delete()
    row = counted(wired)
    assert gaps(row) == {"undelivered": row.events}


def test_a_delivery_nobody_has_handled_is_found(wired: Merchant) -> None:
    order(wired)
    row = counted(wired)
    assert gaps(row) == {"undone": row.deliveries}
    assert row.deliveries >= 1


def test_a_message_called_sent_that_nobody_accepted_is_found(wired: Merchant, stub: Stub) -> None:
    told(wired)
    with merchant_scope(wired.pk):
        Attempt.objects.all().delete()
    assert gaps(counted(wired)) == {"unproven": 1}


def test_an_acceptance_that_was_not_recorded_is_found(wired: Merchant, stub: Stub) -> None:
    told(wired)
    with merchant_scope(wired.pk):
        Message.objects.filter(state="sent").update(state="pending", due_at=timezone.now())
    assert gaps(counted(wired)) == {"unrecorded": 1}


def accepted_twice(merchant: Merchant) -> Message:
    told(merchant)
    with merchant_scope(merchant.pk):
        message: Message = Message.objects.get(state="sent")
        Attempt.objects.create(message=message, fence=message.fence + 1, account=message.account, outcome="accepted")
        Message.objects.filter(pk=message.pk).update(fence=message.fence + 1)
    return message


def test_a_message_accepted_twice_is_found(wired: Merchant, stub: Stub) -> None:
    accepted_twice(wired)
    assert gaps(counted(wired)) == {"doubled": 1}


def test_one_that_is_flagged_as_a_possible_duplicate_is_no_secret(wired: Merchant, stub: Stub) -> None:
    message = accepted_twice(wired)
    with merchant_scope(wired.pk):
        Message.objects.filter(pk=message.pk).update(is_possible_duplicate=True)
    assert gaps(counted(wired)) == {}


def test_one_that_came_back_may_be_sent_again(wired: Merchant, stub: Stub) -> None:
    message = accepted_twice(wired)
    with merchant_scope(wired.pk):
        Callback.objects.create(account=message.account, message=message, provider_id="P", state="failed", received_at=NOW)
    assert gaps(counted(wired)) == {}


def test_what_hangs_in_a_workers_hands_is_found(wired: Merchant) -> None:
    order(wired)
    drain_events(timezone.now)
    with merchant_scope(wired.pk):
        Message.objects.filter(state="pending").update(state="sending", due_at=timezone.now() - timedelta(minutes=5))
    assert gaps(counted(wired)) == {"stuck": 1}


def test_what_a_look_up_found_is_proved_by_it(wired: Merchant, searchable: SearchableStub) -> None:
    order(wired)

    def lost(message: object) -> Unknown:
        searchable.held.add(message.token)  # type: ignore[attr-defined]
        return Unknown("ReadTimeout")

    searchable.answer = lost
    run(timezone.now())
    make_due(wired)
    run(timezone.now())
    row = counted(wired)
    assert (row.tries, row.accepted, gaps(row)) == (1, 0, {})
    with merchant_scope(wired.pk):
        assert Message.objects.filter(state="sent").count() == 1


def test_the_task_counts_the_last_whole_hour_and_those_that_were_missed(wired: Merchant, stub: Stub) -> None:
    told(wired)
    last = (timezone.now() - stock.SETTLING).replace(minute=0, second=0, microsecond=0) - HOUR
    with merchant_scope(wired.pk), connection.cursor() as cursor:
        cursor.execute("update events_event set recorded_at = %s", [last - 2 * HOUR])
    count_hour(last - 3 * HOUR)
    with merchant_scope(wired.pk):
        StockTaking.objects.create(hour=last - 4 * HOUR, taken_at=NOW)
    assert take_stock() == 4
    with merchant_scope(wired.pk):
        assert StockTaking.objects.get(hour=last - 2 * HOUR).events >= 1


def test_what_is_older_than_ninety_days_is_forgotten(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        StockTaking.objects.create(hour=NOW - timedelta(days=91), taken_at=NOW)
        StockTaking.objects.create(hour=NOW - timedelta(days=89), taken_at=NOW)
    assert forget_stock(now=NOW) == 1


@pytest.mark.parametrize("table", ["events_event", "notifications_attempt", "notifications_message"])
def test_an_hour_is_found_by_an_index(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_indexes where tablename = %s and indexdef like '%%USING brin%%'", [table])
        assert cursor.fetchone() == (1,)
