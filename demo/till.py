"""The simulated shops' tills: they ask our API what money is to go back, and say that they have sent it."""

import http.client
import json
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from demo.shop import Server
from demo.world import Shop
from merchants.models import ApiKey, Merchant
from merchants.scope import merchant_scope
from merchants.services import create_api_key, revoke_api_key
from merchants.types import Scope

logger = logging.getLogger(__name__)

NAME = "The shop's till"
AFTER = timedelta(minutes=2)  # somebody at the shop has to press the button


@dataclass(frozen=True, slots=True)
class Till:
    """One shop's key to our API. What was asked before `since` is left to the staff's desk, so that it stays a full one."""

    shop: Shop
    key: str
    since: datetime


def till_of(shop: Shop, merchant: Merchant, at: datetime) -> Till:
    """With a key of its own; the one of an earlier start ends."""
    with merchant_scope(merchant.pk):
        for id in ApiKey.objects.filter(name=NAME, revoked_at=None).values_list("pk", flat=True):
            revoke_api_key(key_id=id, at=at)
        _row, key = create_api_key(name=NAME, scopes=[Scope.RETURNS_READ, Scope.RETURNS_WRITE], at=at)
    return Till(shop, key, at)


def pay_back(server: Server, till: Till, now: datetime) -> int:
    """Send what was asked for a while ago; returns how much of it."""
    status, told = _call(server, till, "GET", "/api/v1/moneys?state=asked")
    due = [row for row in told.get("results", ()) if is_due(till, str(row["asked_at"]), now)]
    for row in due:
        status, told = _call(server, till, "POST", f"/api/v1/moneys/{row['id']}/sent", {"external_id": f"M-{row['id']}"})
        if status >= 300:
            logger.warning("the simulated till was answered %s: %s", status, told)
    return len(due)


def is_due(till: Till, asked_at: str, now: datetime) -> bool:
    at = datetime.fromisoformat(asked_at)
    return at >= till.since and at + AFTER <= now


def _call(server: Server, till: Till, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    sent = {
        "Host": server.host,
        "Authorization": f"Bearer {till.key}",
        "Content-Type": "application/json",
        "Idempotency-Key": secrets.token_urlsafe(16),
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = connection.getresponse()
        return answer.status, dict(json.loads(answer.read() or b"{}"))
    finally:
        connection.close()
