"""How each carrier's aggregator calls the hook: its signature, or its token in the address."""

import hashlib
import json
from typing import Any
from urllib.parse import quote

from django.test import Client

from connectors.models import Connection
from core.signing import hmac_base64, hmac_hex
from tests.connectors.conftest import HOST, SECRET

NUMBER = "00340434161094021501"
# Connector, its payload, its topic, how many scans the payload tells.
CARRIERS = {
    "easypost": ("easypost/tracker_updated", "tracker.updated", 3),
    "aftership": ("aftership/tracking_update", "tracking_update", 4),
    "shippo": ("shippo/track_updated", "track_updated", 3),
    "17track": ("17track/tracking_updated", "TRACKING_UPDATED", 3),
}


def signed(connector: str, body: bytes, secret: str) -> tuple[dict[str, str], str]:
    """Headers and query of a call."""
    match connector:
        case "easypost":
            return {"X-Hmac-Signature": f"hmac-sha256-hex={hmac_hex(secret, body)}"}, ""
        case "aftership":
            return {"aftership-hmac-sha256": hmac_base64(secret, body)}, ""
        case "17track":
            return {"sign": hashlib.sha256(body + b"/" + secret.encode()).hexdigest()}, ""
        case _:
            return {}, f"?token={quote(secret, safe='')}"


def call(client: Client, row: Connection, content: Any, *, secret: str = SECRET, headers: dict[str, str] | None = None) -> Any:
    """Post as the vendor does."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    own, query = signed(row.connector, body, secret)
    return client.post(f"/hooks/{row.public_id}/{query}", body, content_type="application/json", headers=HOST | own | (headers or {}))
