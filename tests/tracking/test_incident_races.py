"""Several workers, one parcel or one order: real threads, real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import Promise
from tests.conftest import NOW
from tests.tracking.test_incidents import MISSED, STALLS, heard, parcel, unsent
from tracking.models import Incident
from tracking.services import ChoiceClosed, choose, deny_receipt, review, sweep_incidents

WORKERS = 4


def shop() -> Merchant:
    return create_merchant(slug="acme", name="Acme", at=NOW, country="DE", currency="EUR", timezone="Europe/Berlin")


def at_once(merchant: Merchant, work: Callable[[], Any]) -> list[Any]:
    start = Barrier(WORKERS)

    def run(_: int) -> Any:
        try:
            start.wait(timeout=120)
            with merchant_scope(merchant.pk):
                return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(run, range(WORKERS)))


def test_reviews_at_once_open_one_incident_and_tell_once(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        row = parcel()
        heard(STALLS)
    changed = at_once(merchant, lambda: review(shipment_ids=[row.pk], now=STALLS))
    assert sorted(changed) == [0, 0, 0, 1]
    with merchant_scope(merchant.pk):
        assert Incident.objects.count() == 1
        assert Event.objects.filter(type="tracking.delay.noticed").count() == 1
        assert Promise.objects.filter(kind="news_by").count() == 1


def test_sweeps_at_once_find_an_unsent_order_once(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        unsent()
    at_once(merchant, lambda: sweep_incidents(now=MISSED))
    with merchant_scope(merchant.pk):
        assert Incident.objects.count() == 1
        assert Event.objects.filter(type="tracking.dispatch.delayed").count() == 1


def test_a_double_click_denies_once_and_chooses_once(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        row = parcel(status="delivered", delivered_at=STALLS, attempted_at=STALLS)
        unsent("1002")
        sweep_incidents(now=MISSED)
        late = Incident.objects.get(type="unshipped_past_promise")
    assert len({one.pk for one in at_once(merchant, lambda: deny_receipt(shipment=row, at=STALLS))}) == 1

    def click() -> bool:
        try:
            choose(incident=late, choice="cancel", at=MISSED)
        except ChoiceClosed:
            return False
        return True

    assert sorted(at_once(merchant, click)) == [False, False, False, True]
    with merchant_scope(merchant.pk):
        assert Event.objects.filter(type__in=("tracking.receipt.denied", "tracking.choice.made")).count() == 2
