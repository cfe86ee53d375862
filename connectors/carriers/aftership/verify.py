"""AfterShip signs the raw body with the account's webhook secret, which it makes itself."""

from typing import Any

from connectors.types import Hook
from core.signing import hmac_base64, same

SIGNATURE = "aftership-hmac-sha256"


def verify(secret: str, hook: Hook) -> bool:
    """True when the signature is this secret's over exactly these bytes."""
    return bool(secret) and same(hook.headers.get(SIGNATURE, ""), hmac_base64(secret, hook.body))


def event_id_of(hook: Hook, content: dict[str, Any], fingerprint: str) -> str:
    """The event's id, equal over retries."""
    found = content.get("event_id")
    return found if isinstance(found, str) and found else fingerprint
