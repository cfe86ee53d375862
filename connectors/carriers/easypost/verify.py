"""EasyPost signs the raw body with the webhook's secret, in normal form, and numbers its events."""

import unicodedata
from typing import Any

from connectors.types import Hook
from core.signing import hmac_hex, same

SIGNATURE = "X-Hmac-Signature"
PREFIX = "hmac-sha256-hex="


def verify(secret: str, hook: Hook) -> bool:
    """True when the signature is this secret's over exactly these bytes."""
    expected = PREFIX + hmac_hex(unicodedata.normalize("NFKD", secret), hook.body)
    return bool(secret) and same(hook.headers.get(SIGNATURE, ""), expected)


def event_id_of(hook: Hook, content: dict[str, Any], fingerprint: str) -> str:
    """The event's id, equal over retries."""
    found = content.get("id")
    return found if isinstance(found, str) and found else fingerprint
