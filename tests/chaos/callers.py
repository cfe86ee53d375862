"""Shops, carriers and Twilio as callers: what they post to `/hooks/` and `/callbacks/`, signed as they sign it."""

import base64
import contextlib
import http.client
import json
import queue
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from connectors.services import connect, keep_key
from core.clock import now
from core.encryption import fingerprint
from core.signing import hmac_base64, hmac_hex
from merchants.scope import merchant_scope
from tests.chaos.checker import Fact
from tests.chaos.generator import Generator, Life, Shop, email_of, order, phone_of
from tests.chaos.scenario import Account
from tests.chaos.world import World

PAYLOADS = Path(__file__).resolve().parent.parent / "connectors" / "payloads"
LINES = 8
TIMEOUT = 15.0
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Hookup:
    """A connection of a shop, as the vendor knows it."""

    id: int
    public_id: str
    connector: str
    slug: str
    secret: str


@dataclass(frozen=True, slots=True)
class Posted:
    """One call, written and signed; `about` names its event."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    about: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call was answered with (0: nothing), when it was sent, and how long that took."""

    status: int
    sent_at: float
    took: float
    about: str = ""


def open_connection(shop: Shop, connector: str, *, account: str = "", key: str = "") -> Hookup:
    """Connect a shop or a carrier to a merchant, by the product's own service."""
    secret = f"secret-{fingerprint(shop.slug + connector)[:24]}"
    with merchant_scope(shop.id):
        row, _ = connect(connector=connector, at=now(), secret=secret, account=account)
        if key:
            keep_key(connection=row, api_key=key)
    return Hookup(row.pk, row.public_id, connector, row.slug, secret)


def payload(name: str) -> dict[str, Any]:
    """A fresh copy of a recorded body."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


def shopify(hookup: Hookup, topic: str, content: Any, event: str) -> Posted:
    body = json.dumps(content).encode()
    headers = {"X-Shopify-Hmac-SHA256": hmac_base64(hookup.secret, body), "X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": event}
    return Posted(f"/hooks/{hookup.public_id}/", JSON | headers, body, event)


def shopify_order(shop: Shop, number: int, *, at: datetime | None = None) -> dict[str, Any]:
    """A paid order of a buyer of its own. Shopify's id tells it from all others."""
    content, moment = payload("shopify/orders_create"), (at or now()).isoformat()
    name = f"{number:06d}"
    content |= {
        "id": 7_000_000_000 + number, "name": name, "order_number": number, "email": email_of(shop, name), "phone": phone_of(shop, number),
        "contact_email": email_of(shop, name), "created_at": moment, "processed_at": moment, "updated_at": moment, "customer_locale": "en",
    }  # fmt: skip
    content["customer"] |= {"id": 8_000_000_000 + number, "email": email_of(shop, name)}
    for place, line in enumerate(content["line_items"], 1):
        line["id"] = (7_000_000_000 + number) * 10 + place
    return content


def shopify_fulfilment(number: int, *, tracking: str, at: datetime | None = None) -> dict[str, Any]:
    """Its parcel, with all that was bought."""
    content, moment = payload("shopify/fulfillments_create"), (at or now()).isoformat()
    content |= {
        "id": 9_000_000_000 + number, "order_id": 7_000_000_000 + number, "name": f"{number:06d}.1", "created_at": moment,
        "updated_at": moment, "tracking_number": tracking, "tracking_numbers": [tracking], "tracking_url": None, "tracking_urls": [],
    }  # fmt: skip
    content["line_items"][0]["id"] = (7_000_000_000 + number) * 10 + 1
    return content


def easypost(hookup: Hookup, number: str, details: Sequence[tuple[str, datetime]], event: str) -> Posted:
    """An event with the tracker as it stood then: every scan so far."""
    rows = [
        {"object": "TrackingDetail", "message": status, "status": status, "status_detail": "unknown", "datetime": at.isoformat()}
        for status, at in details
    ]
    told = details[-1][1].isoformat()
    tracker = {
        "id": f"trk_{number}", "object": "Tracker", "tracking_code": number, "status": details[-1][0], "carrier": "DHL",
        "created_at": details[0][1].isoformat(), "updated_at": told, "tracking_details": rows,
    }  # fmt: skip
    content = {"id": event, "object": "Event", "description": "tracker.updated", "created_at": told, "result": tracker}
    body = json.dumps(content).encode()
    headers = {"X-Hmac-Signature": f"hmac-sha256-hex={hmac_hex(hookup.secret, body)}"}
    return Posted(f"/hooks/{hookup.public_id}/", JSON | headers, body, event)


def sms_in(shop: Shop, sender: str, text: str, *, number: int) -> Posted:
    """A shopper's answer by SMS, as Twilio passes it on."""
    account = account_of(shop, "twilio")
    address = f"{account.callback_url}inbound/"
    sid = f"SM{fingerprint(f'{shop.slug}:{sender}:{number}')[:32]}"
    fields = {
        "AccountSid": account.account, "ApiVersion": "2010-04-01", "MessageSid": sid, "SmsMessageSid": sid, "From": sender,
        "To": shop.phone, "Body": text, "NumMedia": "0", "NumSegments": "1",
    }  # fmt: skip
    signature = RequestValidator(account.secret).compute_signature(address, fields)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return Posted(address, headers, urlencode(fields).encode(), sid)


def sms_status(shop: Shop, line: Mapping[str, Any], status: str, *, secret: str = "") -> Posted:
    """A status callback of a message that stands in the journal."""
    account = account_of(shop, "twilio")
    address = f"{account.callback_url}{line['key']}/"
    fields = {
        "AccountSid": account.account, "ApiVersion": "2010-04-01", "From": line["sender"], "To": line["to"], "MessageSid": line["id"],
        "MessageStatus": status, "SmsSid": line["id"], "SmsStatus": status,
    }  # fmt: skip
    signature = RequestValidator(secret or account.secret).compute_signature(address, fields)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return Posted(address, headers, urlencode(fields).encode(), f"{line['id']} {status}")


def mail_status(shop: Shop, line: Mapping[str, Any]) -> Posted:
    """Postmark's word that a mail arrived."""
    account = account_of(shop, "postmark")
    told = {
        "RecordType": "Delivery", "MessageID": line["id"], "Recipient": line["to"], "DeliveredAt": datetime.now(UTC).isoformat(),
        "Details": "250 OK", "Metadata": {"token": line["key"]},
    }  # fmt: skip
    headers = {"Authorization": f"Basic {base64.b64encode(account.secret.encode()).decode()}"}
    return Posted(account.callback_url, JSON | headers, json.dumps(told).encode(), f"{line['id']} delivered")


def account_of(shop: Shop, provider: str) -> Account:
    return next(one for one in shop.accounts if one.provider == provider)


# -- calling


def post(world: World, call: Posted) -> Reply:
    """One call on a line of its own."""
    with contextlib.closing(_line(world)) as line:
        return _send(line, call)


def blast(world: World, calls: Iterable[Posted], *, lines: int = LINES) -> list[Reply]:
    """All of them, in their order, over so many lines at once."""
    waiting: queue.SimpleQueue[Posted] = queue.SimpleQueue()
    for call in calls:
        waiting.put(call)
    replies: list[Reply] = []

    def work() -> None:
        with contextlib.closing(_line(world)) as line:
            while True:
                try:
                    call = waiting.get_nowait()
                except queue.Empty:
                    return
                replies.append(_send(line, call))

    workers = [threading.Thread(target=work, name=f"caller{number}") for number in range(lines)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return replies


def _line(world: World) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", world.stack.ports["web"], timeout=TIMEOUT)


def _send(line: http.client.HTTPConnection, call: Posted) -> Reply:
    path = call.path.partition("://")[2].partition("/")[2] if "://" in call.path else call.path.lstrip("/")
    sent_at, started = time.time(), time.monotonic()
    try:
        line.request("POST", f"/{path}", call.body, dict(call.headers))
        answer = line.getresponse()
        answer.read()
        status = answer.status
    except (OSError, http.client.HTTPException):
        line.close()
        status = 0
    return Reply(status, sent_at, time.monotonic() - started, call.about)


# -- telling the API


def tell_order(world: World, shop: Shop, number: int, *, buyer: int = 0, **over: Any) -> bool:
    """One order over the API, noted for the judge. `buyer`: whose it is, when that is not the order's own."""
    life = Life(shop, f"{number:06d}", buyer or number, has_parcel=False, is_cancelled=False)
    answer = world.generator.post(shop, "/api/v1/orders", {**order(life), **over}, f"order-{life.number}")
    if answer.is_taken:
        note(world.generator, Fact("order", shop.slug, life.number, answer.sent_at, answer.answered_at))
    return answer.is_taken


def tell(world: World, shop: Shop, path: str, body: Mapping[str, Any], key: str) -> Any:
    """Any other word to the API; returns its JSON. Raises ValueError for a refusal."""
    answer = world.generator.post(shop, path, body, key)
    if not answer.is_taken:
        raise ValueError(f"{path}: {answer.status} {answer.body[:300]!r}")
    return json.loads(answer.body)


def note(generator: Generator, fact: Fact) -> None:
    with generator.log.lock:
        generator.log.facts.append(fact)


def minutes_ago(count: float) -> datetime:
    return now() - timedelta(minutes=count)


def sends(world: World, *, what: str = "send", since: float = 0.0, **match: Any) -> list[Mapping[str, Any]]:
    """Lines of the journal of this run's accounts, oldest first."""
    mine = {account.account for shop in world.shops for account in shop.accounts}
    return [
        line
        for line in world.provider.journal()
        if line.get("what") == what
        and line["account"] in mine
        and line["t_ns"] / 1e9 >= since
        and all(line.get(name) == value for name, value in match.items())
    ]
