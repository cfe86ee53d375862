"""From a carrier's scan over the event road to an incident, and the clock's task over all merchants."""

from datetime import date, timedelta
from typing import Any

import pytest

from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests import factories as make
from tests.conftest import NOW
from tests.tracking.test_incidents import MISSED, STALLS, heard, parcel, unsent
from tracking import tasks
from tracking.models import Incident, Shipment
from tracking.services import record_scans
from tracking.types import IncomingScan, IncomingTracking, ShipmentStatus

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def tell(shipment: Shipment, at: Any, status: str, **over: Any) -> None:
    scan = IncomingScan(ShipmentStatus(status), at, **over)
    record_scans(news=IncomingTracking(source="api", scans=(scan,), shipment=shipment.public_id), at=at)


def test_a_failed_delivery_opens_an_incident_that_the_next_one_ends(acme: Merchant, django_capture_on_commit_callbacks: Any) -> None:
    with merchant_scope(acme.pk):
        shipment = make.ship(make.place_order(), updated_at=NOW + DAY, at=NOW + DAY)
        tell(shipment, NOW + DAY + HOUR, "picked_up")
        tell(shipment, NOW + 3 * DAY, "attempt_failed", cause="consignee", reason="nobody_home")
    drain(NOW + 3 * DAY)
    with merchant_scope(acme.pk):
        incident = Incident.objects.get(type="failed_attempt")
        assert (incident.state, incident.reason, incident.facts["attempts"]) == ("notified", "nobody_home", 1)
        assert incident.told_at == NOW + 3 * DAY  # by the scan's own message
        shipment.refresh_from_db()
        assert shipment.check_at is not None
        tell(shipment, NOW + 4 * DAY, "delivered")
    drain(NOW + 4 * DAY)
    with merchant_scope(acme.pk):
        assert set(Incident.objects.values_list("state", "resolution")) == {("resolved", "cleared")}
        shipment.refresh_from_db()
        assert shipment.check_at is None


def drain(now: Any) -> None:
    run_until_quiet(lambda: now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_to(at: Any) -> None:
        monkeypatch.setattr("tracking.tasks.now", lambda: at)

    return set_to


def test_the_task_looks_at_every_merchant_in_its_own_scope(acme: Merchant, borealis: Merchant, clock: Any) -> None:
    for merchant in (acme, borealis):
        with merchant_scope(merchant.pk):
            parcel()
            heard(STALLS)
    clock(STALLS)
    assert tasks.sweep() >= 2
    for merchant in (acme, borealis):
        with merchant_scope(merchant.pk):
            assert Incident.objects.filter(type="stalled").count() == 1
            assert Event.objects.filter(type="tracking.delay.noticed").count() == 1
    assert tasks.sweep() == 0


def test_the_task_finds_unsent_orders_and_broken_promises(acme: Merchant, clock: Any) -> None:
    with merchant_scope(acme.pk):
        order = unsent()
    clock(MISSED)
    tasks.sweep()
    with merchant_scope(acme.pk):
        assert Incident.objects.get().type == "unshipped_past_promise"
        assert order.promises.get(kind="dispatch_by").is_kept is False
        assert order.promises.get(kind="news_by").date == date(2026, 11, 26)
