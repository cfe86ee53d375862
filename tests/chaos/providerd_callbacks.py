"""The stub calls back: signed as the vendor signs, late, several times, in any order, and again when nobody took it."""

import base64
import heapq
import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

from tests.chaos.providerd_held import Held, Known
from tests.chaos.providerd_script import Callbacks, chance

SENDERS = 8
FORM = "application/x-www-form-urlencoded"
TWILIO_WORD = {"sent": "sent", "delivered": "delivered", "failed": "undelivered"}


@dataclass(order=True)
class Due:
    """One callback and when it leaves."""

    at: float
    number: int
    held: Held = field(compare=False)
    state: str = field(compare=False)
    code: str = field(compare=False, default="")
    left: int = field(compare=False, default=0)


class Caller:
    """A queue by time, and threads that work it off."""

    def __init__(self, account: Callable[[str, str], Known | None], note: Callable[..., None], via: str = "") -> None:
        self._account, self._note, self._via = account, note, via
        self._queue: list[Due] = []
        self._count = itertools.count()
        self._lock = threading.Condition()
        self._is_over = False
        self._under_way = 0
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="callback")
        self._thread = threading.Thread(target=self._work, name="callbacks", daemon=True)
        self._thread.start()

    def plan(self, held: Held, how: Callbacks, *, seed: int, code: str = "") -> None:
        """Plan what is told of a message; with a code, that it failed."""
        if chance(seed, "callback", held.key, held.id) >= how.share or not held.callback_url:
            return
        states = ("failed",) if code else how.states
        turns = [chance(seed, "turn", held.id, state) for state in states]
        if not how.shuffle:
            turns.sort()
        low, high = how.delay
        for state, turn in zip(states, turns, strict=True):
            copies = how.copies[0] + int(chance(seed, "copies", held.id, state) * (how.copies[1] - how.copies[0] + 1))
            for copy in range(copies):
                late = low + (high - low) * min(1.0, turn + 0.1 * copy)
                self._put(Due(time.monotonic() + late, next(self._count), held, state, code, how.retries))

    def is_quiet(self) -> bool:
        with self._lock:
            return not self._queue and not self._under_way

    def close(self) -> None:
        with self._lock:
            self._is_over = True
            self._lock.notify_all()
        self._thread.join(5)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _put(self, due: Due) -> None:
        with self._lock:
            heapq.heappush(self._queue, due)
            self._lock.notify_all()

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._is_over and (not self._queue or self._queue[0].at > time.monotonic()):
                    self._lock.wait(max(0.0, self._queue[0].at - time.monotonic()) if self._queue else None)
                if self._is_over:
                    return
                due = heapq.heappop(self._queue)
                self._under_way += 1
            self._pool.submit(self._tell, due)

    def _tell(self, due: Due) -> None:
        try:
            status = self._call(due)
            self._note(due, status)
            if not 200 <= status < 500 and due.left:
                self._put(Due(time.monotonic() + 1, next(self._count), due.held, due.state, due.code, due.left - 1))
        finally:
            with self._lock:
                self._under_way -= 1

    def _call(self, due: Due) -> int:
        """The answer's status; 0 for none."""
        headers, body = self._write(due)
        parts = urlsplit(due.held.callback_url)
        secure = http.client.HTTPSConnection if parts.scheme == "https" and not self._via else http.client.HTTPConnection
        connection = secure(self._via or parts.netloc, timeout=10)
        try:
            connection.request("POST", parts.path, body, {**headers, "Host": parts.netloc, "X-Forwarded-Proto": parts.scheme})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def _write(self, due: Due) -> tuple[dict[str, str], bytes]:
        known = self._account(due.held.vendor, due.held.account)
        secret = known.secret if known is not None else ""
        return (twilio if due.held.vendor == "twilio" else postmark)(due.held, due.state, due.code, secret)


def twilio(held: Held, state: str, code: str, secret: str) -> tuple[dict[str, str], bytes]:
    """Form fields, signed with the auth token over address and fields."""
    word = TWILIO_WORD[state]
    fields = {
        "AccountSid": held.account, "ApiVersion": "2010-04-01", "From": held.sender, "To": held.to, "MessageSid": held.id,
        "MessageStatus": word, "SmsSid": held.id, "SmsStatus": word, **({"ErrorCode": code} if code else {}),
    }  # fmt: skip
    signature = RequestValidator(secret).compute_signature(held.callback_url, fields)
    return {"Content-Type": FORM, "X-Twilio-Signature": signature}, urlencode(fields).encode()


def postmark(held: Held, state: str, code: str, secret: str) -> tuple[dict[str, str], bytes]:
    """JSON, under the user and password of the webhook's address. Postmark has no word for merely sent: an opened one says as little."""
    now = datetime.now(UTC).isoformat()
    told: dict[str, object] = {"MessageID": held.id, "MessageStream": "outbound", "ServerID": 1, "Metadata": {"token": held.key}}
    if state == "sent":
        told |= {"RecordType": "Open", "Recipient": held.to, "ReceivedAt": now}
    elif state == "delivered":
        told |= {"RecordType": "Delivery", "Recipient": held.to, "DeliveredAt": now, "Details": "250 OK"}
    else:
        told |= {"RecordType": "Bounce", "ID": 7, "Type": "SoftBounce", "TypeCode": 4096, "Email": held.to, "BouncedAt": now}
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    return headers, json.dumps(told).encode()
