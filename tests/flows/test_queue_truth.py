"""Rows are the queue: with Redis emptied and killed under real workers, every message still goes out, once."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from celery import Celery
from django.conf import settings
from django.db import connection

from events import doorbell
from merchants.models import Branding, Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant, save_branding
from notifications.accounts import save_account
from notifications.models import Attempt, Message
from notifications.types import MessageState
from tests.conftest import NOW
from tests.factories import place_order

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0  # seconds until the test gives up waiting
ORDERS = 30

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("real_commits")]


@pytest.fixture
def redis_server() -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A Redis of the test's own, killed by pid if the test did not."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail("redis-server is not installed")
        pytest.skip("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", tempfile.gettempdir()]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    wait_until(lambda: can_connect(port))
    yield server, port
    server.kill()
    server.wait()


def can_connect(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(done: Callable[[], bool]) -> bool:
    """Look again every tenth of a second until it is so, or patience ends."""
    pause = threading.Event()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if done():
            return True
        pause.wait(0.1)
    return False


@pytest.fixture
def workers(redis_server: tuple["subprocess.Popen[bytes]", int], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Celery worker on that Redis and a relay, both on the test's database."""
    url = f"redis://127.0.0.1:{redis_server[1]}/0"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "postpurchase.settings.test", "TEST_BROKER_URL": url, "LOG_LEVEL": "ERROR"}
    commands = (
        [sys.executable, "-m", "celery", "-A", "postpurchase", "worker", "--pool", "solo", "--loglevel", "ERROR"],
        [sys.executable, "manage.py", "relay"],
    )
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) for command in commands]
    bell = Celery("bell", broker=url)
    bell.conf.update(broker_transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS, broker_connection_timeout=2)
    monkeypatch.setattr(doorbell, "current_app", bell)
    yield
    for process in running:  # a worker without its broker would not hear a polite request
        process.kill()
        process.wait()
    bell.close()


@pytest.fixture
def shop() -> Merchant:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        branding = Branding.objects.get()
        branding.email_from, branding.sms_sender = "shop@acme.example", "Acme"
        save_branding(branding)
        for channel in ("email", "sms"):
            save_account(channel=channel, provider="sandbox", settings={}, secrets={}, at=NOW)
    return merchant


def buy(shop: Merchant, numbers: range) -> None:
    for number in numbers:
        with merchant_scope(shop.pk):
            place_order(number=str(number), email=f"shopper{number}@example.com", phone="")


def delivered(shop: Merchant) -> int:
    with merchant_scope(shop.pk):
        return Message.objects.filter(kind="order_confirmation", state=MessageState.DELIVERED).count()


def test_with_redis_emptied_and_then_killed_every_message_goes_out_once(
    redis_server: tuple["subprocess.Popen[bytes]", int], workers: None, shop: Merchant
) -> None:
    server, port = redis_server
    buy(shop, range(ORDERS))
    redis.Redis(port=port).flushall()
    buy(shop, range(ORDERS, 2 * ORDERS))
    server.kill()
    server.wait()
    buy(shop, range(2 * ORDERS, 3 * ORDERS))

    assert wait_until(lambda: delivered(shop) == 3 * ORDERS), f"{delivered(shop)} of {3 * ORDERS} went out"
    with merchant_scope(shop.pk):
        confirmations = Message.objects.filter(kind="order_confirmation")
        assert confirmations.count() == 3 * ORDERS
        assert Attempt.objects.filter(message__kind="order_confirmation").count() == 3 * ORDERS
        assert not confirmations.filter(is_possible_duplicate=True).exists()
    connection.close()
