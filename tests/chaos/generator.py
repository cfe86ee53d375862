"""The load: shops that tell of orders, parcels and cancellations over the public API, with a key that makes each tell once.

What counts as acknowledged is what got a 2xx, and nothing else. Whatever else comes back, or nothing, is told again with the same key
until it is taken or the time is up. Each shop's life is drawn from the seed: the same seed tells the same.
"""

import contextlib
import http.client
import json
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chaos.checker import Fact
from tests.chaos.scenario import Account

CLIENTS = 8
TIMEOUT = 10.0  # seconds a client waits for an answer
GIVE_UP = 150.0  # seconds after which a request is left unacknowledged
AGAIN = (0.1, 0.5)  # seconds until it is told again
RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
FIRST_SHOPS_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant under load."""

    slug: str
    id: int
    token: str
    email: str  # it writes from
    phone: str
    accounts: tuple[Account, ...]
    index: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one request: the status of the last try (0: none came), and when."""

    status: int
    sent_at: float
    answered_at: float
    tries: int
    body: bytes = b""
    retry_after: str = ""

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


@dataclass(slots=True)
class Log:
    """What was told and what came back. Written by all clients, read when they are done, or in between."""

    facts: list[Fact] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)  # of every try; 0: the line broke
    seconds: list[tuple[float, float, int]] = field(default_factory=list)  # (sent at, took, status) of every try
    refused: list[str] = field(default_factory=list)  # 4xx, which nothing here deserves
    given_up: list[str] = field(default_factory=list)
    without_retry_after: int = 0  # 503s that did not say when to come back
    lock: threading.Lock = field(default_factory=threading.Lock)

    def took(self, since: float, until: float) -> list[float]:
        """Seconds the answered tries took that were sent between two moments, sorted."""
        with self.lock:
            return sorted(took for sent, took, status in self.seconds if since <= sent <= until and status)

    def worst(self, since: float, until: float) -> float:
        """The longest anybody waited, for an answer or for a broken line."""
        with self.lock:
            return max((took for sent, took, _ in self.seconds if since <= sent <= until), default=0.0)


@dataclass(frozen=True, slots=True)
class Load:
    """How much is told, and what."""

    orders: int
    rate: float | None = None
    parcels: float = 0.3
    cancels: float = 0.05
    clients: int = CLIENTS


@dataclass(frozen=True, slots=True)
class Life:
    """One order's: what its shop will tell of it."""

    shop: Shop
    number: str
    buyer: int
    has_parcel: bool
    is_cancelled: bool


class Generator:
    """Tells the API. `journal` keeps every acknowledgement on disk as it comes."""

    def __init__(self, *, port: int, shops: Sequence[Shop], seed: int, journal: Path) -> None:
        self.port, self.shops, self.seed = port, shops, seed
        self.log = Log()
        self.stopped = threading.Event()
        self._journal = journal.open("a")
        self._made = 0

    def make_orders(self, load: Load) -> float:
        """Tell of so many orders, and of what becomes of them; returns the seconds it took."""
        started = time.monotonic()
        waiting: queue.Queue[tuple[float, Life]] = queue.Queue()
        for number, life in enumerate(self._lives(load)):
            waiting.put((started + number / load.rate if load.rate else started, life))
        clients = [
            threading.Thread(target=self._work, args=(waiting, number), name=f"client{number}", daemon=True)
            for number in range(load.clients)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        return time.monotonic() - started

    def _lives(self, load: Load) -> Iterator[Life]:
        rng = random.Random(f"{self.seed}:lives:{self._made}")
        for _ in range(load.orders):
            is_first = rng.random() < FIRST_SHOPS_SHARE or len(self.shops) == 1
            shop = self.shops[0] if is_first else rng.choice(self.shops[1:])
            fate = rng.random()
            has_parcel, is_cancelled = fate < load.parcels, load.parcels <= fate < load.parcels + load.cancels
            self._made += 1
            yield Life(shop, f"{self._made:06d}", self._made, has_parcel, is_cancelled)

    def _work(self, waiting: "queue.Queue[tuple[float, Life]]", number: int) -> None:
        with contextlib.closing(Client(self.port, random.Random(f"{self.seed}:client:{number}"), self)) as client:
            while not self.stopped.is_set():
                try:
                    due, life = waiting.get_nowait()
                except queue.Empty:
                    return
                if (wait := due - time.monotonic()) > 0:
                    self.stopped.wait(wait)
                self._tell(client, life)

    def _tell(self, client: "Client", life: Life) -> None:
        if not self._note("order", life, client.post(life.shop, "/api/v1/orders", order(life), f"order-{life.number}")):
            return
        path = f"/api/v1/orders/{life.number}"
        if life.has_parcel:
            self._note("parcel", life, client.post(life.shop, f"{path}/shipments", parcel(life), f"parcel-{life.number}"))
        if life.is_cancelled:
            self._note("cancel", life, client.post(life.shop, f"{path}/cancel", {"reason": "changed their mind"}, f"cancel-{life.number}"))

    def _note(self, what: str, life: Life, answer: Answer) -> bool:
        if answer.is_taken:
            fact = Fact(what, life.shop.slug, life.number, answer.sent_at, answer.answered_at)
            with self.log.lock:
                self.log.facts.append(fact)
                self._journal.write(json.dumps([fact.what, fact.shop, fact.number, fact.sent_at, fact.acked_at]) + "\n")
                self._journal.flush()
            return True
        told = f"{what} {life.shop.slug} {life.number}: {answer.status} after {answer.tries} tries {answer.body[:200]!r}"
        with self.log.lock:
            (self.log.given_up if answer.status in RETRIED or not answer.status else self.log.refused).append(told)
        return False

    def post(self, shop: Shop, path: str, body: Mapping[str, Any], key: str) -> Answer:
        """One request of a scenario's own, told until it is taken."""
        with contextlib.closing(Client(self.port, random.Random(key), self)) as client:
            return client.post(shop, path, body, key)


class Client:
    """One line to the API, opened again when it breaks."""

    def __init__(self, port: int, rng: random.Random, generator: Generator) -> None:
        self.port, self.rng, self.generator = port, rng, generator
        self._line: http.client.HTTPConnection | None = None

    def post(self, shop: Shop, path: str, body: Mapping[str, Any], key: str) -> Answer:
        """Until it is taken, refused, or the time is up."""
        content, tries, until = json.dumps(body).encode(), 0, time.monotonic() + GIVE_UP
        headers = {"Authorization": f"Bearer {shop.token}", "Content-Type": "application/json", "Idempotency-Key": key}
        while True:
            answer = self._try(path, content, headers, tries := tries + 1)
            if answer.is_taken or (answer.status and answer.status not in RETRIED):
                return answer
            if time.monotonic() > until or self.generator.stopped.is_set():
                return answer
            time.sleep(self.rng.uniform(*AGAIN))

    def _try(self, path: str, content: bytes, headers: Mapping[str, str], number: int) -> Answer:
        sent_at, started = time.time(), time.monotonic()
        try:
            self._line = self._line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
            self._line.request("POST", path, content, dict(headers))
            response = self._line.getresponse()
            status, body = response.status, response.read()
            retry_after = response.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException):
            status, body, retry_after = 0, b"", ""
            self.close()
        log = self.generator.log
        with log.lock:
            log.statuses[status] += 1
            log.seconds.append((sent_at, time.monotonic() - started, status))
            log.without_retry_after += status == 503 and not retry_after
        return Answer(status, sent_at, time.time(), number, body, retry_after)

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def order(life: Life) -> dict[str, Any]:
    """As the shop tells it. Every shopper is another, so that an address says whose it is."""
    name = f"{life.shop.index}-{life.number}"
    return {
        "number": life.number,
        "currency": "EUR",
        "placed_at": datetime.now(tz=UTC).isoformat(),
        "total": "49.00",
        "payment_state": "paid",
        "customer": {
            "email": email_of(life.shop, life.number),
            "phone": phone_of(life.shop, life.buyer),
            "first_name": "Kim",
            "last_name": f"Buyer {name}",
            "language": "en",
        },
        "lines": [{"external_id": "1", "title": "Linen shirt", "quantity": 1, "unit_price": "49.00"}],
        "shipping_address": {"name": f"Kim Buyer {name}", "street": "Torstraße 1", "postcode": "10119", "city": "Berlin", "country": "DE"},
    }


def parcel(life: Life) -> dict[str, Any]:
    """On its way, with a number of its own."""
    return {
        "external_id": f"P{life.number}",
        "status": "in_transit",
        "carrier": "DHL",
        "tracking_number": f"JJD{life.shop.index:03d}{life.number}",
        "shipped_at": datetime.now(tz=UTC).isoformat(),
    }


def email_of(shop: Shop, number: str) -> str:
    return f"buyer{number}@{shop.slug}.example"


def phone_of(shop: Shop, buyer: int) -> str:
    """A German mobile number of nobody else's in the run."""
    return f"+49151{(shop.index * 1_000_000 + buyer + 10_000_000) % 100_000_000:08d}"
