"""Which parcels are asked for: a merchant turns it on, parcels come, change their number, arrive."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from connectors.models import Connection, Poll
from connectors.services import connect, drain_polls, poll_with, watch_parcels
from connectors.services import polling as polling_service
from connectors.services.connections import BadConnection
from events.models import Work
from events.services import drain
from merchants.models import Merchant, unseal
from merchants.scope import merchant_scope
from tests.conftest import NOW
from tests.connectors.polls import KEY, Vendor, change, in_transit, parcel, poll_of, polling, waits
from tests.connectors.vendors import NUMBER, OTHER
from tests.factories import place_order, ship
from tracking.models import Shipment

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def watch(merchant: Merchant, *shipments: Shipment, now: timedelta = DAY) -> None:
    with merchant_scope(merchant.pk):
        watch_parcels(shipment_ids=[row.pk for row in shipments], now=NOW + now)


def polls(merchant: Merchant) -> list[tuple[str, str, str]]:
    with merchant_scope(merchant.pk):
        return list(Poll.objects.order_by("pk").values_list("connection__slug", "number", "carrier_code"))


def test_a_parcel_with_a_number_is_asked_for_by_way_of_its_event(acme: Merchant) -> None:
    polling(acme)
    with merchant_scope(acme.pk):
        ship(place_order(), tracking_number=NUMBER)
    settle_once()
    assert polls(acme) == [("17track", NUMBER, "dhl")]


def settle_once() -> None:
    """Only the event road: the vendor is not part of this."""
    while drain(lambda: NOW):
        pass


def test_without_a_connection_that_polls_one_question_is_all_it_costs(
    acme: Merchant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with merchant_scope(acme.pk):
        connect(connector="easypost", at=NOW)
        shipments = [ship(place_order(number=str(n)), tracking_number=f"RR{n}") for n in range(3)]
        with django_assert_num_queries(1):
            watch_parcels(shipment_ids=[row.pk for row in shipments], now=NOW)
    assert polls(acme) == []


@pytest.mark.parametrize("count", [1, 7])
def test_watching_takes_the_same_statements_whatever_the_number(
    acme: Merchant, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    polling(acme)
    with merchant_scope(acme.pk):
        shipments = [ship(place_order(number=str(n)), tracking_number=f"RR{n}") for n in range(count)]
        with django_assert_num_queries(4):
            watch_parcels(shipment_ids=[row.pk for row in shipments], now=NOW)
    assert len(polls(acme)) == count


def test_watched_again_it_is_one_row(acme: Merchant) -> None:
    polling(acme)
    shipment = parcel(acme)
    before = poll_of(acme)
    watch(acme, shipment)
    after = poll_of(acme)
    assert (after.pk, after.due_at, after.fence, after.started_at) == (before.pk, before.due_at, before.fence, before.started_at)


@pytest.mark.parametrize("values", [{"tracking_number": ""}, {"status": "delivered"}, {"status": "returned"}, {"status": "cancelled"}])
def test_what_cannot_or_need_not_be_asked_for_is_left_out(acme: Merchant, values: dict[str, str]) -> None:
    polling(acme)
    with merchant_scope(acme.pk):
        shipment = ship(place_order(), tracking_number=NUMBER)
        Shipment.objects.filter(pk=shipment.pk).update(**values)
    watch(acme, shipment)
    assert polls(acme) == []


def test_a_vendor_is_only_asked_for_carriers_it_follows_and_the_next_takes_the_others(acme: Merchant) -> None:
    polling(acme, "shippo")
    polling(acme, "17track")
    parcel(acme, NUMBER, carrier="DHL")
    parcel(acme, OTHER, carrier="JNE")
    assert polls(acme) == [("shippo", NUMBER, "dhl"), ("17track", OTHER, "jne")]


def test_a_strangers_parcel_is_not_watched(acme: Merchant, borealis: Merchant) -> None:
    polling(acme)
    with merchant_scope(borealis.pk):
        theirs = ship(place_order(), tracking_number=NUMBER)
    watch(acme, theirs)
    watch(borealis, theirs)
    assert (polls(acme), polls(borealis)) == ([], [])


def test_a_new_number_is_a_new_question(acme: Merchant) -> None:
    polling(acme)
    shipment = parcel(acme)
    change(acme, registered_at=NOW, state=Work.DEAD, attempts=8, last_error="BadPayload", due_at=NOW + DAY)
    with merchant_scope(acme.pk):
        Shipment.objects.filter(pk=shipment.pk).update(tracking_number=OTHER)
    watch(acme, shipment)
    row = poll_of(acme)
    assert (row.number, row.state, row.attempts, row.registered_at, row.last_error) == (OTHER, Work.READY, 0, None, "")
    assert waits(acme, row) <= timedelta()


def test_a_number_that_changes_during_a_call_makes_its_answer_stale(acme: Merchant) -> None:
    polling(acme)
    shipment = parcel(acme)
    change(acme, state=Work.RUNNING, fence=4)
    with merchant_scope(acme.pk):
        Shipment.objects.filter(pk=shipment.pk).update(tracking_number=OTHER)
    watch(acme, shipment)
    assert (poll_of(acme).state, poll_of(acme).fence) == (Work.READY, 5)


@pytest.mark.parametrize(("heard", "state"), [(-DAY, Work.DONE), (DAY, Work.READY)])
def test_a_parcel_given_up_as_silent_is_asked_for_again_when_it_is_heard_of(acme: Merchant, heard: timedelta, state: Work) -> None:
    polling(acme)
    shipment = parcel(acme)
    change(acme, state=Work.DONE, ended_reason="silent", finished_at=NOW, registered_at=NOW)
    with merchant_scope(acme.pk):
        Shipment.objects.filter(pk=shipment.pk).update(last_scan_at=NOW + heard)
    watch(acme, shipment, now=2 * DAY)
    row = poll_of(acme)
    assert row.state == state
    if state == Work.READY:
        assert (row.ended_reason, row.finished_at, row.registered_at, row.started_at) == ("", None, NOW, NOW + 2 * DAY)


def test_a_parcel_that_turns_back_after_its_delivery_is_asked_for_again(acme: Merchant) -> None:
    polling(acme)
    shipment = parcel(acme)
    change(acme, state=Work.DONE, ended_reason="delivered", finished_at=NOW)
    with merchant_scope(acme.pk):
        Shipment.objects.filter(pk=shipment.pk).update(status="returning")
    watch(acme, shipment)
    assert poll_of(acme).state == Work.READY


def test_out_for_delivery_brings_the_next_look_nearer(acme: Merchant) -> None:
    polling(acme)
    shipment = parcel(acme)
    change(acme, due_at=Now() + 6 * HOUR, polled_at=NOW)
    watch(acme, shipment)
    assert waits(acme, poll_of(acme)) > 5 * HOUR
    with merchant_scope(acme.pk):
        Shipment.objects.filter(pk=shipment.pk).update(status="out_for_delivery")
    watch(acme, shipment)
    assert waits(acme, poll_of(acme)) <= HOUR / 2


def test_turning_it_on_asks_for_the_parcels_under_way_spread_over_an_hour(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        shipments = [ship(place_order(number=str(n)), tracking_number=f"RR{n}") for n in range(6)]
        Shipment.objects.filter(pk=shipments[0].pk).update(status="delivered")
        Shipment.objects.filter(pk=shipments[1].pk).update(created_at=NOW - 91 * DAY)
    with merchant_scope(borealis.pk):
        ship(place_order(), tracking_number=NUMBER)
    polling(acme)
    assert [number for _, number, _ in polls(acme)] == ["RR2", "RR3", "RR4", "RR5"]
    assert polls(borealis) == []
    with merchant_scope(acme.pk):
        rows = list(Poll.objects.all())
    spread = [waits(acme, row) for row in rows]
    assert all(-HOUR / 60 <= wait <= HOUR for wait in spread)
    assert len(set(spread)) == 4


def test_the_key_is_sealed_and_kept_when_none_is_given(acme: Merchant) -> None:
    row = polling(acme)
    assert KEY not in row.api_key
    with merchant_scope(acme.pk):
        assert unseal(row, "api_key") == KEY
        Connection.objects.filter(pk=row.pk).update(trouble="401", trouble_since=NOW, paused_until=NOW)
        poll_with(connection=row, polls=False, at=NOW)
        row.refresh_from_db()
        assert (row.polls, row.trouble, row.trouble_since, row.paused_until) == (False, "", None, None)
        poll_with(connection=row, polls=True, at=NOW)
        row.refresh_from_db()
        assert (row.polls, unseal(row, "api_key")) == (True, KEY)


@pytest.mark.parametrize(
    ("connector", "key", "message"),
    [
        ("shopify", KEY, "shopify cannot be asked for news"),
        ("easypost", "", "an API key is needed to ask for news"),
        ("easypost", "abc", "a secret has 6 to 500 printable characters"),
        ("easypost", "abc\r\nHost: evil", "a secret has 6 to 500 printable characters"),
    ],
)
def test_polling_is_refused_where_it_cannot_work_and_nothing_changes(acme: Merchant, connector: str, key: str, message: str) -> None:
    with merchant_scope(acme.pk):
        row, _ = connect(connector=connector, at=NOW, secret="webhook-secret")
        with pytest.raises(BadConnection, match=message):
            poll_with(connection=row, polls=True, api_key=key, at=NOW)
        row.refresh_from_db()
    assert (row.polls, row.api_key, polls(acme)) == (False, "", [])


def test_17track_takes_the_key_its_webhooks_are_signed_with(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Vendor(in_transit)
    monkeypatch.setattr(polling_service, "send", made.send)
    with merchant_scope(acme.pk):
        row, _ = connect(connector="17track", at=NOW, secret="one-key-for-both")
        poll_with(connection=row, polls=True, at=NOW)
    parcel(acme)
    drain_polls(lambda: NOW)
    assert [request.headers["17token"] for request in made.asked] == ["one-key-for-both"]


def test_a_strangers_connection_cannot_be_made_to_poll(acme: Merchant, borealis: Merchant) -> None:
    row = polling(borealis, "easypost")
    with merchant_scope(acme.pk), pytest.raises(Connection.DoesNotExist):
        poll_with(connection=row, polls=False, at=NOW)
    with merchant_scope(borealis.pk):
        row.refresh_from_db()
    assert row.polls
