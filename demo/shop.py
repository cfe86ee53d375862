"""The simulated shops: they live outside, and reach the platform only by signed webhooks over HTTP.

Every `PAUSE` seconds one of them takes an order, or takes an earlier one a step further.
"""

import base64
import hashlib
import hmac
import http.client
import json
import logging
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from demo import carriers
from demo.payloads import LIVES, Call, Sale, Step
from demo.world import Shop
from orders.types import IncomingOrder

logger = logging.getLogger(__name__)

PAUSE = 20.0  # seconds between two things happening


@dataclass(frozen=True, slots=True)
class Door:
    """Where one shop, or the carriers of its parcels, call, and what they sign with."""

    shop: Shop
    connector: str
    path: str
    secret: str


def headers(connector: str, topic: str, raw: bytes, secret: str) -> dict[str, str]:
    """What the caller sends along: its signature over the raw body, and a shop's id per call."""
    if connector in carriers.THROUGH.values():
        return carriers.headers(connector, raw, secret)
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    call = hashlib.sha256(raw).hexdigest()[:32]
    if connector == "shopify":
        return {"X-Shopify-Topic": topic, "X-Shopify-Hmac-SHA256": signature, "X-Shopify-Webhook-Id": call}
    return {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": signature, "X-WC-Webhook-Delivery-ID": call}


def post(port: int, host: str, door: Door, call: Call) -> int:
    """One signed webhook to the server on loopback; returns the status."""
    topic, body = call
    raw = json.dumps(body).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        sent = {"Host": host, "Content-Type": "application/json", **headers(door.connector, topic, raw, door.secret)}
        connection.request("POST", door.path, raw, sent)
        return connection.getresponse().status
    finally:
        connection.close()


Life = tuple[Sale, Iterator[tuple[Door, Step]]]
NewOrder = Callable[[Shop, datetime], IncomingOrder]


@dataclass(frozen=True, slots=True)
class Server:
    """The platform as a shop reaches it."""

    port: int
    host: str


def live(stop: threading.Event, *, server: Server, doors: list[tuple[Door, Door]], new_order: NewOrder, clock: Clock) -> None:
    """Until told to stop, let something happen every `PAUSE` seconds: a new order, or the next step of an old one.

    `doors` are the shop's and the carriers' of each merchant.
    """
    running: list[Life] = []
    turn = 0
    while not stop.wait(PAUSE):
        now = clock()
        if turn % 6 == 0 or not running:
            running.append(_begin(*doors[turn // 6 % len(doors)], new_order, now))
            life = running[-1]
        else:
            life = running[turn % len(running)]
        turn += 1
        if not _step(server, life, now):
            running.remove(life)


def _begin(shop_door: Door, carrier_door: Door, new_order: NewOrder, now: datetime) -> Life:
    shop = shop_door.shop
    sale = Sale(new_order(shop, now - timedelta(seconds=2)), random.choice(shop.carriers), int(now.timestamp() * 1000))
    return sale, steps_of(shop_door, carrier_door)


def steps_of(shop_door: Door, carrier_door: Door) -> Iterator[tuple[Door, Step]]:
    """One sale's life: what the shop says of it, then what the carrier says of its parcel."""
    yield from ((shop_door, step) for step in LIVES[shop_door.connector])
    yield from ((carrier_door, step) for step in carriers.road(carrier_door.shop))


def _step(server: Server, life: Life, now: datetime) -> bool:
    """Make the life's next call; False when it has none left."""
    sale, steps = life
    door, step = next(steps, (None, None))
    if door is None or step is None:
        return False
    try:
        status = post(server.port, server.host, door, step(sale, now))
    except OSError as error:
        logger.warning("the simulated shop could not reach us: %s", error)
    else:
        if status >= 300:
            logger.warning("the simulated shop was answered %s", status)
    return True
