"""What Prometheus reads, and that nobody else does."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from connectors.models import Connection
from dashboard import metrics
from events import station
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from notifications.models import Attempt, Message, ProviderAccount, StockTaking
from tests.admin.world import CANARY, World, build

TOKEN = "scrape-me"


@pytest.fixture
def scraper(settings: Any, db: None) -> Client:
    settings.METRICS_TOKEN = TOKEN
    station.let_go()
    return Client(HTTP_HOST="platform.test", headers={"Authorization": f"Bearer {TOKEN}"})


def scraped(client: Client) -> dict[str, dict[tuple[str, ...], float]]:
    response = client.get("/metrics")
    assert response.status_code == 200
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(response.content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name.removeprefix("postpurchase_"), {})[tuple(value for _, value in sorted(sample.labels.items()))] = (
                sample.value
            )
    return found


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN} ", "Bearer ünïcode"])
def test_without_the_token_there_is_no_such_page(db: None, settings: Any, header: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert Client(HTTP_HOST="platform.test", headers={"Authorization": header}).get("/metrics").status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer"])
def test_it_is_off_while_no_token_is_set(db: None, settings: Any, header: str) -> None:
    settings.METRICS_TOKEN = ""
    assert Client(HTTP_HOST="platform.test", headers={"Authorization": header}).get("/metrics").status_code == 404


def test_a_merchants_host_has_no_metrics(acme: Merchant, scraper: Client) -> None:
    response = scraper.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Host": "acme.platform.test"})
    assert response.status_code == 404


def test_every_queue_has_its_depth_age_and_dead(here: World, there: World, scraper: Client) -> None:
    found = scraped(scraper)
    assert set(found["queue_due"]) == {("messages",), ("events",), ("inbox",), ("polls",), ("commands",)}
    assert found["queue_dead"] == {("messages",): 2.0, ("events",): 2.0, ("inbox",): 2.0, ("polls",): 2.0, ("commands",): 2.0}
    assert found["sending_held"] == {(): 0.0}
    assert found["messages_unknown"] == {(): 0.0}
    assert found["incidents_open"]
    assert {"webhooks_refused", "connections_troubled", "transaction_seconds", "xmin_age", "dead_rows"} <= set(found)


def try_once(world: World, outcome: str, n: int = 1) -> None:
    with merchant_scope(world.merchant.pk):
        message = Message.objects.first()
        account = ProviderAccount.objects.filter(provider="twilio").first()
        assert message is not None
        start = Attempt.objects.count() + 1000
        Attempt.objects.bulk_create(
            Attempt(message=message, fence=start + i, account=account, outcome=outcome, started_at=timezone.now()) for i in range(n)
        )


def test_calls_are_counted_by_provider_outcome_and_merchant(here: World, there: World, scraper: Client, settings: Any) -> None:
    with merchant_scope(here.merchant.pk):
        Attempt.objects.all().delete()
    with merchant_scope(there.merchant.pk):
        Attempt.objects.all().delete()
    try_once(here, "accepted", 3)
    try_once(here, "unknown")
    try_once(there, "accepted", 2)
    found = scraped(scraper)
    assert found["provider_calls_5m"] == {("accepted", "twilio"): 5.0, ("unknown", "twilio"): 1.0}
    assert found["merchant_calls_5m"] == {("acme",): 4.0, ("borealis",): 2.0}
    settings.METRICS_MERCHANTS = 1
    assert scraped(scraper)["merchant_calls_5m"] == {("acme",): 4.0, (metrics.OTHERS,): 2.0}


def test_stock_and_what_did_not_add_up_are_told(here: World, scraper: Client) -> None:
    with merchant_scope(here.merchant.pk):
        StockTaking.objects.create(hour=timezone.now(), taken_at=timezone.now(), events=7, messages=9, doubled=2)
    found = scraped(scraper)
    assert (found["stock"][("events",)], found["stock"][("messages",)]) == (7.0, 9.0)
    assert found["stock_gap"][("doubled",)] == 2.0
    assert found["stock_gap"][("undelivered",)] == 0.0
    assert found["stock_taken_timestamp_seconds"][()] > 0


def test_an_installation_that_may_not_send_shows(scraper: Client) -> None:
    station.hold()
    assert scraped(scraper)["sending_held"] == {(): 1.0}


def test_refused_calls_are_summed_by_connector(here: World, scraper: Client) -> None:
    with merchant_scope(here.merchant.pk):
        Connection.objects.update(refused_count=0)
        Connection.objects.filter(pk=Connection.objects.earliest("pk").pk).update(refused_count=5)
        connector = Connection.objects.earliest("pk").connector
    assert scraped(scraper)["webhooks_refused"][(connector,)] == 5.0


def test_requests_are_counted_by_kind_and_not_by_address(scraper: Client) -> None:
    for path in ("/healthz", "/no-such-page/a", "/no-such-page/b"):
        scraper.get(path)
    found = scraped(scraper)["requests_total"]
    assert found[("other", "4xx")] >= 2
    assert {kind for kind, _ in found} <= {"admin", "ops", "api", "hooks", "callbacks", "platform", "portal", "health", "other"}


def test_metrics_hold_nothing_about_a_shopper(scraper: Client, acme: Merchant) -> None:
    build(acme)
    text = scraper.get("/metrics").content.decode()
    assert CANARY not in text and "@" not in text


def test_processes_of_one_container_are_added_up(tmp_path: Path) -> None:
    """Two workers count, a third is asked: the sum stands in the shared folder."""
    count = "from core.meters import REQUESTS; REQUESTS.labels('portal', '2xx').inc(3)"
    ask = "from prometheus_client import generate_latest; import dashboard.metrics as m; print(generate_latest(m._of_processes()).decode())"
    setup = "import django; django.setup(); "
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for code in (count, count):
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", setup + ask], env=environment, check=True, capture_output=True, text=True)
    assert 'postpurchase_requests_total{kind="portal",status="2xx"} 6.0' in told.stdout


def test_staff_see_whether_the_books_add_up(here: World, there: World) -> None:
    client = Client(HTTP_HOST="platform.test")
    client.force_login(here.owner)
    assert "Nothing was counted yet." in client.get("/ops/queues/").content.decode()
    with merchant_scope(here.merchant.pk):
        StockTaking.objects.create(hour=timezone.now(), taken_at=timezone.now(), events=4321)
    with merchant_scope(there.merchant.pk):
        StockTaking.objects.create(hour=timezone.now(), taken_at=timezone.now(), events=8765, doubled=1)
    page = client.get("/ops/queues/").content.decode()
    assert "4321" in page and "Everything adds up" in page
    assert "8765" not in page and "does not add up" not in page


def test_platform_staff_see_all_books_and_whether_sending_is_held(here: World) -> None:
    User.objects.create_superuser("ops@platform.example", "a-long-password")
    client = Client(HTTP_HOST="platform.test")
    client.force_login(User.objects.get(email="ops@platform.example"))
    with merchant_scope(here.merchant.pk):
        StockTaking.objects.create(hour=timezone.now(), taken_at=timezone.now(), events=4321, doubled=2)
    page = client.get("/platform/queues/").content.decode()
    assert "4321" in page and "Messages accepted twice without a mark" in page and "Sending is held" not in page
    station.hold()
    assert "Sending is held" in client.get("/platform/queues/").content.decode()
