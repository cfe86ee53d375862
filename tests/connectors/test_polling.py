"""Due parcels are asked for, answers recorded, and the next look comes when it should."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connectors.models import Connection, Poll
from connectors.services import polling as service
from core.http import Request, Response
from events.models import Event, Work
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.conftest import NOW
from tests.connectors import vendors
from tests.connectors.polls import LATER, Vendor, change, drain, in_transit, make_due, numbers_in, parcel, poll_of, polling, waits
from tests.connectors.vendors import NUMBER, OTHER, answer
from tests.core.peers import peer
from tracking.models import Scan, Shipment
from tracking.services import record_scans

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    made = Vendor(in_transit)
    monkeypatch.setattr(service, "send", made.send)
    return made


def scans_of(merchant: Merchant) -> list[tuple[str, str]]:
    with merchant_scope(merchant.pk):
        return list(Scan.objects.filter(source="17track").values_list("shipment__tracking_number", "status"))


def test_a_number_is_registered_then_asked_for_then_known(acme: Merchant, vendor: Vendor) -> None:
    polling(acme)
    parcel(acme)
    assert drain() == 1
    assert vendor.paths == ["register"]
    row = poll_of(acme)
    assert (row.state, row.attempts, row.registered_at is not None) == (Work.READY, 0, True)
    assert 8 * HOUR / 60 <= waits(acme, row) <= 12 * HOUR / 60  # ten minutes, a fifth more or less
    make_due(acme)
    assert drain() == 1
    assert vendor.paths == ["register", "gettrackinfo"]
    assert scans_of(acme) == [(NUMBER, "in_transit")]
    assert 1.6 * HOUR <= waits(acme, row) <= 2.4 * HOUR


def test_the_same_answer_twice_changes_nothing_and_tells_nobody(acme: Merchant, vendor: Vendor) -> None:
    polling(acme)
    parcel(acme)
    for _ in range(2):
        make_due(acme)
        drain()
    with merchant_scope(acme.pk):
        before = Event.objects.count()
    make_due(acme)
    assert drain() == 1
    with merchant_scope(acme.pk):
        assert Event.objects.count() == before
    assert scans_of(acme) == [(NUMBER, "in_transit")]


def test_the_answer_for_a_number_put_right_during_the_call_is_another_parcels(acme: Merchant, vendor: Vendor) -> None:
    polling(acme)
    shipment = parcel(acme)
    change(acme, registered_at=NOW)
    with merchant_scope(acme.pk):
        Shipment.objects.filter(pk=shipment.pk).update(tracking_number=OTHER)
    make_due(acme)
    drain()
    assert (vendor.paths, scans_of(acme)) == (["gettrackinfo"], [])


def test_parcels_share_calls_up_to_what_the_vendor_allows(acme: Merchant, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BUDGET", 60.0)
    polling(acme)
    for n in range(90):
        parcel(acme, f"RR1000000{n:02}DE")
    assert drain() == 90
    assert [len(numbers_in(request)) for request in vendor.asked] == [40, 40, 10]
    assert vendor.paths == ["register"] * 3


@pytest.mark.parametrize("count", [1, 12])
def test_finding_what_is_due_takes_the_same_statements_whatever_the_number(acme: Merchant, vendor: Vendor, count: int) -> None:
    polling(acme)
    for n in range(count):
        parcel(acme, f"RR1000000{n:02}DE")
    seen: list[str] = []
    captured = CaptureQueriesContext(database)

    def play(request: Request) -> Response:
        seen.extend(query["sql"] for query in captured.captured_queries)
        return in_transit(request)

    vendor.play = play
    with captured:
        assert drain() == count
    mine = [sql for sql in seen if "connectors_poll" in sql]
    assert [sql.split()[0].lower() for sql in mine] == ["select", "update", "select", "select"]  # count, claim, take, read


def test_two_merchants_keys_and_news_stay_apart(acme: Merchant, borealis: Merchant, vendor: Vendor) -> None:
    polling(acme)
    polling(borealis, key="borealis-api-key")
    parcel(acme, NUMBER)
    parcel(borealis, OTHER)
    for _ in range(2):
        make_due(acme)
        make_due(borealis)
        assert drain() == 2
    pairs = {(request.headers["17token"], *numbers_in(request)) for request in vendor.asked}
    assert pairs == {("acme-api-key", NUMBER), ("borealis-api-key", OTHER)}
    assert (scans_of(acme), scans_of(borealis)) == ([(NUMBER, "in_transit")], [(OTHER, "in_transit")])
    with merchant_scope(acme.pk):
        assert [row.number for row in Poll.objects.all()] == [NUMBER]
        assert Poll.objects.filter(number=OTHER).update(state=Work.DONE) == 0


def test_the_same_number_of_two_merchants_moves_only_the_parcel_asked_for(acme: Merchant, borealis: Merchant, vendor: Vendor) -> None:
    polling(acme)
    parcel(acme)
    parcel(borealis)
    for _ in range(2):
        make_due(acme)
        drain()
    assert (scans_of(acme), scans_of(borealis)) == ([(NUMBER, "in_transit")], [])


def test_a_number_the_carrier_does_not_know_is_recorded_once_it_has_looked(acme: Merchant, vendor: Vendor) -> None:
    polling(acme, "shippo")
    parcel(acme)
    vendor.play = lambda request: answer({"detail": "Not found"}, 404)
    told: list[Any] = []

    def listen(**named: Any) -> Any:
        told.append(named["news"])
        return record_scans(**named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "record_scans", listen)
        drain()
        assert told == []  # only just registered
        make_due(acme)
        drain()
    (news,) = told
    assert (news.is_unknown_to_carrier, news.shipment, news.source) == (True, poll_of(acme).shipment.public_id, "shippo")
    assert poll_of(acme).state == Work.READY


def test_a_number_the_vendor_does_not_take_says_why_and_is_tried_again_next_day(acme: Merchant, vendor: Vendor) -> None:
    polling(acme)
    parcel(acme)
    vendor.play = lambda request: answer(vendors.seventeentrack(rejected={NUMBER: -18019903}))
    drain()
    row = poll_of(acme)
    assert (row.state, row.last_error, row.registered_at) == (Work.READY, "17TRACK: no carrier fits the number", None)
    assert 19 * HOUR <= waits(acme, row) <= 29 * HOUR


def test_ninety_silent_days_end_it_told_once_after_one_more_answer(acme: Merchant, vendor: Vendor) -> None:
    polling(acme)
    shipment = parcel(acme)
    vendor.play = lambda request: answer(vendors.seventeentrack(rejected={NUMBER: -18019909}))
    drain()
    late = LATER + 91 * DAY
    for _ in range(3):
        make_due(acme)
        drain(late)
    row = poll_of(acme)
    assert (row.state, row.ended_reason, row.finished_at is not None) == (Work.DONE, "silent", True)
    assert vendor.paths == ["register", "gettrackinfo"]
    with merchant_scope(acme.pk):
        told = list(Event.objects.filter(type="connectors.poll.ended").values_list("payload", flat=True))
    assert told == [{"order": shipment.order_id, "shipment": shipment.pk, "reason": "silent"}]


def test_silence_counts_from_the_newest_scan(acme: Merchant, vendor: Vendor) -> None:
    polling(acme)
    shipment = parcel(acme)
    change(acme, registered_at=LATER)
    vendor.play = lambda request: answer(vendors.seventeentrack(rejected={NUMBER: -18019909}))
    with merchant_scope(acme.pk):
        Shipment.objects.filter(pk=shipment.pk).update(last_scan_at=LATER + 20 * DAY)
    drain(LATER + 91 * DAY)
    row = poll_of(acme)
    assert row.state == Work.READY
    assert 19 * HOUR <= waits(acme, row) <= 29 * HOUR


@pytest.mark.parametrize("status", ["delivered", "returned", "cancelled"])
def test_what_has_arrived_ends_quietly_without_a_call(acme: Merchant, vendor: Vendor, status: str) -> None:
    polling(acme)
    shipment = parcel(acme)
    with merchant_scope(acme.pk):
        Shipment.objects.filter(pk=shipment.pk).update(status=status, status_at=LATER)
    drain(LATER + 2 * DAY)
    assert (poll_of(acme).state, len(vendor.asked)) == (Work.READY, 1)
    make_due(acme)
    drain(LATER + 3 * DAY)
    row = poll_of(acme)
    assert (row.state, row.ended_reason, len(vendor.asked)) == (Work.DONE, status, 1)
    with merchant_scope(acme.pk):
        assert not Event.objects.filter(type="connectors.poll.ended").exists()


def test_a_connection_whose_webhooks_come_is_asked_seldom(acme: Merchant, vendor: Vendor) -> None:
    row = polling(acme)
    parcel(acme)
    with merchant_scope(acme.pk):
        Connection.objects.filter(pk=row.pk).update(last_received_at=LATER - HOUR)
    change(acme, registered_at=LATER)
    drain()
    assert 9.6 * HOUR <= waits(acme, poll_of(acme)) <= 14.4 * HOUR


@pytest.mark.parametrize("off", [{"polls": False}, {"is_active": False}, {"connector": "shopify"}])
def test_a_connection_that_is_off_sleeps_and_is_not_called(acme: Merchant, vendor: Vendor, off: dict[str, Any]) -> None:
    row = polling(acme)
    parcel(acme)
    with merchant_scope(acme.pk):
        Connection.objects.filter(pk=row.pk).update(**off)
    assert drain() == 1
    asleep = poll_of(acme)
    assert (vendor.asked, asleep.state, asleep.attempts) == ([], Work.READY, 0)
    assert 12 * HOUR - HOUR / 60 <= waits(acme, asleep) <= 14.4 * HOUR


def test_nothing_is_asked_inside_a_transaction(acme: Merchant, vendor: Vendor) -> None:
    with merchant_scope(acme.pk), pytest.raises(RuntimeError, match="must not run inside"):
        drain()


def test_the_whole_way_over_a_real_connection(acme: Merchant, settings: Any) -> None:
    settings.OUTBOUND_LOOPBACK = True
    polling(acme, "easypost")
    parcel(acme)
    body = answer({"trackers": [vendors.easypost_tracker()]}).body
    change(acme, registered_at=LATER)
    with peer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as stub:
        settings.EASYPOST_API_URL = f"http://127.0.0.1:{stub.port}"
        drain()
    (heard,) = stub.heard
    assert heard.startswith(b"POST /v2/trackers/batch HTTP/1.1\r\n")
    assert heard.endswith(b'\r\n\r\n{"tracking_codes":["%s"]}' % NUMBER.encode())
    with merchant_scope(acme.pk):
        assert list(Scan.objects.filter(source="easypost").values_list("status", "city")) == [("in_transit", "Leipzig")]
