"""Which parcel a number means, and news whose parcel nobody has told us about yet."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests import factories as make
from tests.conftest import NOW
from tests.factories import scan, tell
from tracking.models import CarrierFeed, Scan, Shipment, WaitingScans
from tracking.rules.scans import Candidate, as_json, from_json, meant
from tracking.services import forget_waiting
from tracking.types import IncomingTracking, Place, ShipmentStatus

S = ShipmentStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEFT = NOW + DAY
NUMBER = "00340434161094042557"


def rows(*told: tuple[str, int]) -> list[Candidate]:
    """Parcels 1, 2, ... of orders of their own, by carrier and day."""
    return [Candidate(id, id, code, NOW + days * DAY, NOW + days * DAY) for id, (code, days) in enumerate(told, 1)]


@pytest.mark.parametrize(
    ("candidates", "carrier", "day", "ids"),
    [
        (rows(("dhl", 0)), "dhl", 1, [1]),
        (rows(("dhl", 0)), "", 1, [1]),
        (rows(("", 0)), "dhl", 1, [1]),
        (rows(("dhl", 0)), "ups", 1, []),
        (rows(("dhl-express", 0)), "dhl", 1, [1]),
        (rows(("dhl", 0), ("ups", 0)), "ups", 1, [2]),
        (rows(("dhl", 0), ("dhl-express", 0)), "dhl", 1, [1]),
        (rows(("dhl", 0), ("", 0)), "dhl", 1, [1]),
        # used again: the newest whose order was there by then
        (rows(("dhl", 0), ("dhl", 200)), "dhl", 5, [1]),
        (rows(("dhl", 0), ("dhl", 200)), "dhl", 190, [2]),
        (rows(("dhl", 0), ("dhl", 200)), "dhl", 205, [2]),
        (rows(("dhl", 0), ("dhl", 100)), "dhl", 90, [1]),
        (rows(("dhl", 0), ("dhl", 100)), "dhl", 101, [2]),
        # too long before or after
        (rows(("dhl", 0)), "dhl", 181, []),
        (rows(("dhl", 0)), "dhl", -31, []),
        (rows(("dhl", 0)), "dhl", -20, [1]),
        # several orders in one box
        (rows(("dhl", 0), ("dhl", 2)), "dhl", 4, [2, 1]),
        (rows(), "dhl", 4, []),
    ],
)
def test_which_parcels_a_number_means(candidates: list[Candidate], carrier: str, day: int, ids: list[int]) -> None:
    assert [row.id for row in meant(candidates, carrier_code=carrier, at=NOW + day * DAY)] == ids


def test_a_parcel_made_long_after_its_order_is_meant_for_as_long(in_acme: Merchant) -> None:
    one = Candidate(1, 1, "dhl", NOW, NOW + 150 * DAY)
    assert meant([one], carrier_code="dhl", at=NOW + 300 * DAY) == [one]


def test_two_carriers_with_one_number_hear_their_own(in_acme: Merchant) -> None:
    order = make.place_order()
    dhl = make.ship(order, lines={"L1": 1})
    ups = make.ship(order, external_id="S2", carrier="UPS", lines={"L1": 1})
    assert tell(scan("out_for_delivery", at=LEFT + HOUR), carrier="United Parcel Service").shipment == ups
    assert dict(Shipment.objects.values_list("pk", "status")) == {dhl.pk: S.IN_TRANSIT, ups.pk: S.OUT_FOR_DELIVERY}
    assert tell(scan(at=LEFT), carrier="FedEx").is_waiting


def test_a_box_with_two_orders_moves_both(in_acme: Merchant) -> None:
    one, two = (make.ship(make.place_order(number=number)) for number in ("1001", "1002"))
    done = tell(scan("delivered", at=LEFT + DAY))
    assert (done.shipment, done.also, done.added) == (two, (one,), 1)
    assert list(Shipment.objects.values_list("status", flat=True)) == [S.DELIVERED] * 2
    assert Event.objects.filter(type="tracking.shipment.delivered").count() == 2


def test_a_number_used_again_means_the_parcel_of_its_time(in_acme: Merchant) -> None:
    old = make.ship(make.place_order(number="1", placed_at=NOW - 200 * DAY))
    new = make.ship(make.place_order(number="2"))
    assert tell(scan("delivered", at=NOW - 195 * DAY), at=NOW).shipment == old
    done = tell(scan("delivered", at=NOW - 195 * DAY), scan("in_transit", at=LEFT + HOUR))
    assert (done.shipment, done.added, done.left_out) == (new, 1, 1)
    new.refresh_from_db()
    assert new.status == S.IN_TRANSIT


@pytest.mark.parametrize("written", ["1Z 999 AA1 0123456784", "1z999aa10123456784", " 1Z999AA10123456784 "])
def test_blanks_and_case_do_not_matter_in_a_number(in_acme: Merchant, written: str) -> None:
    parcel = make.ship(make.place_order(), carrier="UPS", tracking_number="1Z999AA1 0123456784")
    assert parcel.tracking_number == "1Z999AA10123456784"
    assert tell(scan(at=LEFT), tracking_number=written, carrier="UPS").shipment == parcel


def test_scans_of_an_unknown_parcel_wait_for_it(in_acme: Merchant) -> None:
    done = tell(
        scan("picked_up", at=NOW + 2 * HOUR, city="Köln"), scan("unknown", at=NOW + 3 * HOUR, raw_code="??"), eta_by=NOW.date() + DAY
    )
    assert (done.shipment, done.is_waiting, Scan.objects.count(), Event.objects.count()) == (None, True, 0, 0)
    feed = CarrierFeed.objects.get()
    assert (feed.carrier_code, feed.received_count, feed.unknown_codes) == ("dhl", 1, {"??": 1})
    parcel = make.ship(make.place_order(), status=S.LABEL_CREATED, at=NOW + 4 * HOUR)
    assert (parcel.status, parcel.first_scan_at, parcel.eta_by, parcel.eta_source) == (
        S.PICKED_UP,
        NOW + 2 * HOUR,
        NOW.date() + DAY,
        "carrier",
    )
    assert (Scan.objects.filter(source="aftership").count(), WaitingScans.objects.count()) == (2, 0)
    assert "tracking.shipment.dispatched" in Event.objects.values_list("type", flat=True)


def test_waiting_scans_find_a_parcel_that_gets_its_number_later(in_acme: Merchant) -> None:
    order = make.place_order()
    make.ship(order, tracking_number="", status=S.LABEL_CREATED)
    tell(scan("out_for_delivery", at=LEFT + HOUR))
    parcel = make.ship(order, status=S.LABEL_CREATED, updated_at=LEFT + 2 * HOUR)
    assert (parcel.status, WaitingScans.objects.count()) == (S.OUT_FOR_DELIVERY, 0)


def test_what_waited_long_is_no_news(in_acme: Merchant) -> None:
    tell(scan("picked_up", at=LEFT), scan("delivered", at=LEFT + DAY))
    make.ship(make.place_order(), status=S.LABEL_CREATED, at=LEFT + 9 * DAY)
    types = Event.objects.filter(type__startswith="tracking.").values_list("type", flat=True)
    assert (Shipment.objects.get().status, list(types)) == (S.DELIVERED, ["tracking.shipment.changed"])


@pytest.mark.parametrize("over", [{"carrier": "UPS"}, {"tracking_number": "another"}], ids=str)
def test_what_waits_for_another_parcel_goes_on_waiting(in_acme: Merchant, over: dict[str, Any]) -> None:
    tell(scan("delivered", at=LEFT))
    parcel = make.ship(make.place_order(), status=S.LABEL_CREATED, **over)
    assert (parcel.status, WaitingScans.objects.count()) == (S.LABEL_CREATED, 1)


def test_the_same_news_waits_once_and_of_one_number_twenty(in_acme: Merchant) -> None:
    for _ in range(2):
        tell(scan(at=LEFT))
    assert WaitingScans.objects.count() == 1
    for hours in range(30):
        tell(scan(at=LEFT + hours * HOUR))
    tell(scan(at=LEFT), tracking_number="another")
    assert WaitingScans.objects.filter(number=NUMBER).order_by("id").last().received_at == LEFT + 29 * HOUR  # type: ignore[union-attr]
    assert (WaitingScans.objects.filter(number=NUMBER).count(), WaitingScans.objects.count()) == (20, 21)


def test_who_signed_does_not_wait(in_acme: Merchant) -> None:
    tell(scan("delivered", at=LEFT, signed_by="Sam Berg"))
    assert "Berg" not in str(WaitingScans.objects.get().news)


def test_after_thirty_days_nothing_waits_any_more(acme: Merchant, borealis: Merchant) -> None:
    for merchant in (acme, borealis):
        with merchant_scope(merchant.pk):
            tell(scan(at=NOW), at=NOW)
            tell(scan(at=NOW + DAY), at=NOW + DAY)
    with merchant_scope(acme.pk):
        assert (forget_waiting(now=NOW + 30 * DAY + HOUR), forget_waiting(now=NOW + 30 * DAY + HOUR)) == (1, 0)
        assert WaitingScans.objects.get().received_at == NOW + DAY
    with merchant_scope(borealis.pk):
        assert WaitingScans.objects.count() == 2


def test_what_waits_at_one_merchant_is_not_anothers(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        tell(scan("delivered", at=LEFT))
    with merchant_scope(acme.pk):
        assert make.ship(make.place_order(), status=S.LABEL_CREATED).status == S.LABEL_CREATED
    with merchant_scope(borealis.pk):
        assert WaitingScans.objects.count() == 1


def test_news_survive_their_wait_unchanged() -> None:
    one = scan("ready_for_pickup", at=datetime.fromisoformat("2026-11-20T10:00:00.123456+01:00"), pickup_until=NOW.date(), has_time=False)
    whole = scan("on_hold", cause="customs", reason="docs", raw_code="C", raw_status="R", text="T", zone="Europe/Berlin", is_delay=True)
    news = IncomingTracking(
        source="17track",
        scans=(one, whole, scan(at=NOW, place=Place("Köln", "NW", "50667", "DE"))),
        tracking_number="1",
        told_at=NOW,
        eta_from=NOW.date(),
        eta_by=NOW.date(),
        is_unknown_to_carrier=True,
        warnings=("w",),
    )
    assert from_json(as_json(news)) == news
