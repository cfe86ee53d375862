"""Web, Celery worker, beat, relay and the simulated shops in one process: the demo's whole installation."""

import logging
import os
import random
import tempfile
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from celery import Celery
from celery.app import app_or_default
from celery.beat import Service
from celery.worker import WorkController
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication

from connectors.models import Connection
from core.clock import now
from demo.carriers import THROUGH
from demo.orders import make_order
from demo.seed import open_shops
from demo.shop import Door, Server, live
from demo.till import Till, pay_back, till_of
from demo.world import Shop
from events.management.commands.relay import poll
from merchants.models import Merchant, unseal
from merchants.scope import merchant_scope
from orders.types import IncomingOrder

logger = logging.getLogger(__name__)


def start_celery(app: Celery) -> None:
    """One solo worker and one beat in daemon threads. Only the solo pool is safe on `memory://`."""
    # WorkController and not app.Worker: the latter installs signal handlers and logging of a main process.
    worker = WorkController(app=app, pool="solo", without_heartbeat=True, without_mingle=True, without_gossip=True)
    beat = Service(app, schedule_filename=str(Path(tempfile.mkdtemp(prefix="postpurchase-")) / "beat"))
    threading.Thread(target=worker.start, name="celery-worker", daemon=True).start()
    threading.Thread(target=beat.start, name="celery-beat", daemon=True).start()


def doors() -> list[tuple[Door, Door]]:
    """The hook addresses and secrets of each simulated shop and of the aggregator that reads its carriers."""
    return [(_door(shop, merchant, shop.connector), _door(shop, merchant, THROUGH[shop.slug])) for shop, merchant in open_shops()]


def _door(shop: Shop, merchant: Merchant, connector: str) -> Door:
    with merchant_scope(merchant.pk):
        connection = Connection.objects.filter(connector=connector, is_active=True).earliest("pk")
        return Door(shop, connector, f"/hooks/{connection.public_id}/", unseal(connection, "secret"))


def new_order(shop: Shop, at: datetime) -> IncomingOrder:
    """Somebody at the shop buys one to three things; numbers grow with the clock, so a restart repeats none."""
    dice = random.Random()
    number = f"{shop.prefix}{shop.first_number + 1000 + int(at.timestamp()) % 1_000_000}"
    picks = tuple(dice.sample(range(len(shop.goods)), k=dice.randint(1, min(3, len(shop.goods)))))
    with merchant_scope(Merchant.objects.get(slug=shop.slug).pk):
        return make_order(shop, number, dice.choice(shop.shoppers), picks, at)


def keep_tills(stop: threading.Event, server: Server, tills: list[Till]) -> None:
    """Until told to stop, every half minute: each shop sends back the money that was asked of it."""
    while not stop.wait(30.0):
        for till in tills:
            try:
                pay_back(server, till, now())
            except (OSError, ValueError) as error:
                logger.warning("the simulated till could not reach us: %s", error)


class DemoServer(BaseApplication):  # type: ignore[misc]
    """Gunicorn with one worker, because `memory://` is shared by threads only."""

    def __init__(self, *, host: str, port: int, platform_host: str, ready: Callable[[], None]) -> None:
        self.host, self.port, self.platform_host, self.ready = host, port, platform_host, ready
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": f"{self.host}:{self.port}",
            "workers": 1,
            "threads": 4,
            "worker_class": "gthread",
            "timeout": 60,
            "loglevel": os.environ.get("LOG_LEVEL", "warning").lower(),
            "post_worker_init": lambda worker: self._live(),
            "when_ready": lambda server: self.ready(),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIHandler:
        return get_wsgi_application()

    def _live(self) -> None:
        stop = threading.Event()
        start_celery(app_or_default())
        threading.Thread(target=poll, args=(stop,), name="relay", daemon=True).start()
        server = Server(self.port, self.platform_host)
        shops = {"server": server, "doors": doors(), "new_order": new_order, "clock": now}
        threading.Thread(target=live, args=(stop,), kwargs=shops, name="shops", daemon=True).start()
        tills = [till_of(shop, merchant, now()) for shop, merchant in open_shops()]
        threading.Thread(target=keep_tills, args=(stop, server, tills), name="tills", daemon=True).start()
