"""Scans in any order, in any portions, and at the same time."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import OrderChange, Promise
from tests import factories as make
from tests.conftest import NOW
from tests.factories import scan, tell
from tests.tracking.conftest import told
from tracking.models import CarrierFeed, Scan, Shipment, WaitingScans
from tracking.types import IncomingScan, ShipmentStatus

S = ShipmentStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEFT = NOW + DAY  # when the shop gave the parcel away

KEPT = ("status", "status_at", "first_scan_at", "last_scan_at", "attempted_at", "delivered_at", "arrived_at", "is_delayed", "folded")


class Undo(Exception):
    """Takes one history back, so that the next starts from nothing."""


HISTORY = [
    scan("label_created", at=NOW + 2 * HOUR),
    scan("picked_up", at=LEFT, city="Köln"),
    scan("in_transit", at=LEFT + 8 * HOUR, city="Leipzig", is_delay=True, cause="weather"),
    scan("in_transit", at=LEFT + 20 * HOUR, city="Berlin"),
    scan("out_for_delivery", at=LEFT + 22 * HOUR, city="Berlin"),
    scan("attempt_failed", at=LEFT + 26 * HOUR, cause="consignee"),
    scan("unknown", at=LEFT + 30 * HOUR, raw_code="??"),
    scan("delivered", at=datetime.fromisoformat("2026-11-23T00:00:00+01:00"), has_time=False, how="neighbour", signed_by="Kurz"),
]


def outcome_of(portions: list[list[IncomingScan]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        with transaction.atomic():
            for portion in portions:
                tell(*portion, at=LEFT + 40 * HOUR)
            row = Shipment.objects.get()
            found = {
                "state": {name: getattr(row, name) for name in KEPT},
                "scans": sorted(Scan.objects.values_list("key", "status", "at", "city")),
                "promises": sorted(Promise.objects.values_list("subject", "date", "is_kept")),
                "told": Counter(type for type in told() if type in ("dispatched", "delivered")),
                "history": Counter(OrderChange.objects.values_list("kind", flat=True)),
            }
            raise Undo
    except Undo:
        return found


def test_any_order_doubling_and_portions_end_the_same(parcel: Shipment) -> None:
    in_order = outcome_of([[one] for one in HISTORY])
    assert in_order["told"] == {"dispatched": 1, "delivered": 1}

    @settings(max_examples=25, deadline=None, database=None, phases=[Phase.explicit, Phase.generate])
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        mixed = data.draw(st.permutations(HISTORY + HISTORY[2:5]))
        cuts = sorted(data.draw(st.lists(st.integers(1, len(mixed) - 1), max_size=4, unique=True)))
        assert outcome_of([mixed[start:end] for start, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]) == in_order

    check()


def at_once(work: Callable[[int], Any], times: int) -> list[Any]:
    def run(place: int) -> Any:
        try:
            return work(place)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_the_same_scans_told_at_the_same_time_count_once(real_commits: None) -> None:
    acme = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(acme.pk):
        make.ship(make.place_order(), status=S.LABEL_CREATED)

    def work(place: int) -> int:
        with merchant_scope(acme.pk):
            return tell(scan("picked_up", at=LEFT, city="Köln"), scan("delivered", at=LEFT + DAY)).added

    assert sorted(at_once(work, 4)) == [0, 0, 0, 2]
    with merchant_scope(acme.pk):
        assert Counter(told()) == {"changed": 2, "dispatched": 1, "delivered": 1}
        assert (Scan.objects.count(), OrderChange.objects.filter(kind="delivered").count()) == (3, 1)


def test_a_parcel_and_its_waiting_scans_cannot_miss_each_other(real_commits: None) -> None:
    acme = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(acme.pk):
        orders = [make.place_order(number=str(place)) for place in range(6)]

    def work(place: int) -> None:
        order = orders[place // 2]
        with merchant_scope(acme.pk):
            if place % 2:
                make.ship(order, tracking_number=f"N{place // 2}", status=S.LABEL_CREATED)
            else:
                tell(scan("out_for_delivery", at=LEFT + HOUR), tracking_number=f"N{place // 2}")

    at_once(work, 12)
    with merchant_scope(acme.pk):
        assert list(Shipment.objects.values_list("status", flat=True)) == [S.OUT_FOR_DELIVERY] * 6
        assert WaitingScans.objects.count() == 0


@pytest.mark.parametrize(("status", "is_told_now"), [("in_transit", True), ("unknown", False)])
def test_a_feed_somebody_is_at_holds_up_no_parcel(real_commits: None, status: str, is_told_now: bool) -> None:
    """What was not understood is counted when the feed is free again; nothing else waits, least of all with a parcel held."""
    acme = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(acme.pk):
        for number in ("1", "2"):
            make.ship(make.place_order(number=number), tracking_number=f"N{number}")
        tell(scan(at=LEFT), tracking_number="N1")

    def work() -> None:
        with merchant_scope(acme.pk):
            tell(scan(status, at=LEFT + HOUR, raw_code="odd"), tracking_number="N2")
        connections.close_all()

    def is_kept() -> bool:
        with merchant_scope(acme.pk):
            return Scan.objects.filter(raw_code="odd").exists()

    with ThreadPoolExecutor(2) as pool:
        with merchant_scope(acme.pk):
            tell(scan(at=LEFT + HOUR), tracking_number="N1")
            other: Future[None] = pool.submit(work)
            if is_told_now:
                other.result(timeout=120)
            assert pool.submit(_until, is_kept).result(timeout=120)
        other.result(timeout=120)
    with merchant_scope(acme.pk):
        assert CarrierFeed.objects.get().unknown_codes == ({} if is_told_now else {"odd": 1})


def _until(is_so: Callable[[], bool]) -> bool:
    try:
        return any(is_so() for _ in range(2000))
    finally:
        connections.close_all()


def test_a_feed_may_begin_with_a_day_and_no_scan(parcel: Shipment) -> None:
    tell(at=LEFT, eta_by=LEFT.date())
    assert list(CarrierFeed.objects.values_list("received_count", "last_scan_at")) == [(1, None)]
