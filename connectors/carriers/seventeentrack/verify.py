"""17TRACK signs with the account's API key, which stands behind the body when it is hashed."""

import hashlib
from typing import Any

from connectors.types import Hook
from core.signing import same

SIGNATURE = "sign"


def verify(secret: str, hook: Hook) -> bool:
    """True when the hash is this key's over exactly these bytes."""
    expected = hashlib.sha256(hook.body + b"/" + secret.encode()).hexdigest()
    return bool(secret) and same(hook.headers.get(SIGNATURE, "").lower(), expected)


def event_id_of(hook: Hook, content: dict[str, Any], fingerprint: str) -> str:
    """17TRACK numbers no calls: the body is its own id."""
    return fingerprint
