"""Vendors that refuse, ask to wait, break or talk nonsense; workers that die or come late."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.models import Connection
from connectors.services import polling as service
from connectors.services import rerun_poll
from core.http import Permanent, Request, Response, Transient
from events import queue
from events.models import Work
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.connectors import vendors
from tests.connectors.polls import (
    LATER,
    Vendor,
    change,
    drain,
    in_transit,
    lift_pause,
    make_due,
    numbers_in,
    parcel,
    poll_of,
    polling,
    waits,
)
from tests.connectors.vendors import NUMBER, OTHER, answer
from tracking.models import Scan
from tracking.services import record_scans

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    made = Vendor(in_transit)
    monkeypatch.setattr(service, "send", made.send)
    return made


def state_of(row: Connection) -> tuple[str, bool, bool]:
    """The trouble, whether it says since when, whether calls are put off."""
    with merchant_scope(row.merchant.pk):
        row.refresh_from_db()
    return row.trouble, row.trouble_since is not None, row.paused_until is not None


TROUBLES = [
    (answer({}, 401), "the key is not accepted, or the account is used up (api.vendor.example answered 401)", HOUR),
    (answer({}, 402), "the key is not accepted, or the account is used up (api.vendor.example answered 402)", HOUR),
    (answer({}, 403), "the key is not accepted, or the account is used up (api.vendor.example answered 403)", HOUR),
    (answer({}, 429, retry_after="300"), "api.vendor.example answered 429", 5 * MINUTE),
    (answer({}, 429), "api.vendor.example answered 429", MINUTE),
    (answer({}, 500), "api.vendor.example answered 500", MINUTE),
    (answer({}, 503, retry_after="1800"), "api.vendor.example answered 503", HOUR / 2),
    (answer(b"<html>"), "api.vendor.example answered 200 with no JSON", MINUTE),
    (answer(b'{"code":0,"data":{"acc'), "api.vendor.example answered 200 with no JSON", MINUTE),
    (answer({"code": -18010002}), "the key is not accepted, or the account is used up (17TRACK -18010002)", HOUR),
    (answer({"code": -18019907}), "17TRACK -18019907", HOUR),
    (Transient("api.17track.net: took too long"), "api.17track.net: took too long", MINUTE),
]


@pytest.mark.parametrize(("reply", "text", "wait"), TROUBLES, ids=[text[-25:] for _, text, _ in TROUBLES])
def test_trouble_with_a_connection_is_shown_and_costs_its_parcels_nothing(
    acme: Merchant, vendor: Vendor, reply: Response | Exception, text: str, wait: timedelta
) -> None:
    row = polling(acme)
    first, second = parcel(acme, NUMBER), parcel(acme, OTHER)
    vendor.play = reply if isinstance(reply, Exception) else lambda request: reply
    drain()
    assert state_of(row) == (text, True, True)
    for shipment in (first, second):
        poll = poll_of(acme, shipment)
        assert (poll.state, poll.attempts, poll.last_error, poll.registered_at) == (Work.READY, 0, "", None)
        assert wait - MINUTE / 6 <= waits(acme, poll) <= 1.2 * wait


def test_one_call_finds_out_and_the_rest_wait(acme: Merchant, vendor: Vendor) -> None:
    row = polling(acme, "easypost")
    for n in range(5):
        parcel(acme, f"RR1000000{n:02}DE")
    vendor.play = lambda request: answer({}, 401)
    drain()
    assert len(vendor.asked) == 1
    make_due(acme)
    assert drain() == 5
    assert len(vendor.asked) == 1  # paused: looked at, not called
    assert state_of(row)[0].startswith("the key is not accepted")


def test_trouble_of_one_account_leaves_the_others_alone(acme: Merchant, borealis: Merchant, vendor: Vendor) -> None:
    mine, theirs = polling(acme), polling(borealis, key="borealis-api-key")
    parcel(acme)
    parcel(borealis, OTHER)
    vendor.play = lambda request: (
        answer({}, 429, retry_after="600") if request.headers["17token"] == "acme-api-key" else in_transit(request)
    )
    assert drain() == 2
    assert state_of(mine) == ("api.vendor.example answered 429", True, True)
    assert state_of(theirs) == ("", False, False)
    assert poll_of(borealis).registered_at is not None


def test_trouble_that_lasts_puts_calls_off_for_as_long_again_and_passes_with_the_first_answer(acme: Merchant, vendor: Vendor) -> None:
    row = polling(acme)
    parcel(acme)
    vendor.play = lambda request: answer({}, 500)
    drain()
    with merchant_scope(acme.pk):
        row.refresh_from_db()
        since = row.trouble_since
        assert since is not None
        Connection.objects.filter(pk=row.pk).update(trouble_since=since - 20 * MINUTE)
    lift_pause(row)
    make_due(acme)
    drain()
    assert 19 * MINUTE <= waits(acme, poll_of(acme)) <= 25 * MINUTE
    vendor.play = in_transit
    lift_pause(row)
    make_due(acme)
    drain()
    assert state_of(row) == ("", False, False)
    assert poll_of(acme).registered_at is not None


def test_a_key_that_cannot_be_opened_is_trouble_and_nothing_is_sent(acme: Merchant, borealis: Merchant, vendor: Vendor) -> None:
    row, other = polling(acme), polling(borealis)
    parcel(acme)
    with merchant_scope(acme.pk):
        Connection.objects.filter(pk=row.pk).update(api_key=other.api_key)
    drain()
    assert vendor.asked == []
    assert state_of(row)[0].startswith("the key is not accepted")


@pytest.mark.parametrize("error", [Permanent("api.17track.net answered with more than 8 bytes"), KeyError("data")])
def test_an_answer_we_cannot_use_is_the_parcels_failure_and_given_up_in_the_end(acme: Merchant, vendor: Vendor, error: Exception) -> None:
    row = polling(acme)
    parcel(acme)
    vendor.play = error
    for _ in range(queue.MAX_ATTEMPTS):
        make_due(acme)
        drain()
    poll = poll_of(acme)
    assert (poll.state, poll.last_error.partition(":")[0]) == (Work.DEAD, error.__class__.__name__)
    assert len(vendor.asked) == queue.MAX_ATTEMPTS
    assert state_of(row) == ("", False, False)


def test_one_parcel_that_spoils_the_answer_is_asked_for_alone_next_time(acme: Merchant, vendor: Vendor) -> None:
    polling(acme)
    good, bad = parcel(acme, NUMBER), parcel(acme, OTHER)
    change(acme, registered_at=LATER)

    def play(request: Request) -> Response:
        if OTHER not in numbers_in(request):
            return in_transit(request)
        return answer(vendors.seventeentrack(vendors.seventeentrack_track(NUMBER), {"number": OTHER, "track_info": 7}))

    vendor.play = play
    drain()
    assert poll_of(acme, good).last_error.startswith("BadPayload: ")
    make_due(acme)
    drain()
    assert [numbers_in(request) for request in vendor.asked] == [[NUMBER, OTHER], [NUMBER], [OTHER]]
    assert (poll_of(acme, good).last_error, poll_of(acme, good).attempts) == ("", 0)
    assert (poll_of(acme, bad).state, poll_of(acme, bad).attempts) == (Work.READY, 2)
    with merchant_scope(acme.pk):
        assert list(Scan.objects.filter(source="17track").values_list("shipment_id", flat=True)) == [good.pk]


def test_news_that_cannot_be_kept_hurt_no_other_parcel(acme: Merchant, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    polling(acme)
    good, bad = parcel(acme, NUMBER), parcel(acme, OTHER)
    change(acme, registered_at=LATER)

    def record(**named: Any) -> Any:
        if named["news"].tracking_number == OTHER:
            raise ZeroDivisionError("no")
        return record_scans(**named)

    monkeypatch.setattr(service, "record_scans", record)
    drain()
    assert poll_of(acme, bad).last_error == "ZeroDivisionError: no"
    assert waits(acme, poll_of(acme, good)) > HOUR
    with merchant_scope(acme.pk):
        assert list(Scan.objects.filter(source="17track").values_list("shipment_id", flat=True)) == [good.pk]


def test_what_there_was_no_time_for_is_due_again_at_once(acme: Merchant, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    polling(acme, "easypost")
    for n in range(3):
        parcel(acme, f"RR1000000{n:02}DE")
    monkeypatch.setattr(service, "BUDGET", -1.0)
    assert drain() == 0  # the other queues' turn
    assert vendor.asked == []
    monkeypatch.setattr(service, "BUDGET", 20.0)
    vendor.play = lambda request: answer(vendors.easypost_unknown(), 201)
    assert drain() == 3
    assert len(vendor.asked) == 3


@pytest.fixture
def dying(vendor: Vendor) -> Iterator[Vendor]:
    """A worker that is killed in the middle of its call."""
    vendor.play = lambda request: (_ for _ in ()).throw(KeyboardInterrupt())
    yield vendor


def test_a_worker_that_dies_leaves_its_parcels_due_when_the_lease_ends(acme: Merchant, dying: Vendor) -> None:
    polling(acme)
    parcel(acme)
    with pytest.raises(KeyboardInterrupt):
        drain()
    poll = poll_of(acme)
    assert poll.state == Work.RUNNING
    assert drain() == 0
    assert 50 <= waits(acme, poll).total_seconds() <= 60
    dying.play = in_transit
    make_due(acme)
    assert drain() == 1
    assert (poll_of(acme).state, poll_of(acme).crashes) == (Work.READY, 0)


def test_a_parcel_that_kills_its_worker_three_times_is_given_up(acme: Merchant, dying: Vendor) -> None:
    polling(acme)
    parcel(acme)
    for _ in range(queue.MAX_CRASHES):
        with pytest.raises(KeyboardInterrupt):
            drain()
        make_due(acme)
    assert drain() == 1
    assert (poll_of(acme).state, len(dying.asked)) == (Work.DEAD, 3)


def test_an_answer_that_comes_after_the_lease_moves_nothing_the_next_worker_holds(acme: Merchant, vendor: Vendor) -> None:
    polling(acme)
    parcel(acme)
    change(acme, registered_at=LATER)

    def slow(request: Request) -> Response:
        """While we wait for the vendor, another worker takes the row over and has it still."""
        with merchant_scope(acme.pk):
            poll = poll_of(acme)
        change(acme, fence=poll.fence + 1, state=Work.RUNNING)
        return in_transit(request)

    vendor.play = slow
    drain()
    poll = poll_of(acme)
    assert (poll.state, poll.polled_at) == (Work.RUNNING, None)
    with merchant_scope(acme.pk):
        assert Scan.objects.filter(source="17track").count() == 1  # kept: scans are known by their key


def test_a_parcel_that_was_given_up_can_be_asked_for_again(acme: Merchant, borealis: Merchant, vendor: Vendor) -> None:
    polling(acme)
    parcel(acme)
    row = poll_of(acme)
    with merchant_scope(acme.pk):
        assert not rerun_poll(poll_id=row.pk)
    change(acme, state=Work.DEAD, attempts=8, crashes=3)
    with merchant_scope(borealis.pk):
        assert not rerun_poll(poll_id=row.pk)
    assert poll_of(acme).state == Work.DEAD
    with merchant_scope(acme.pk):
        assert rerun_poll(poll_id=row.pk)
    assert drain() == 1
    assert (poll_of(acme).state, len(vendor.asked)) == (Work.READY, 1)
