"""Shippo sends back the token that stands in the webhook's address; some accounts get a signature of the body as well."""

from typing import Any

from connectors.types import Hook
from core.signing import hmac_hex, same

TOKEN = "token"  # noqa: S105 - the name of the parameter
SIGNATURE = "Shippo-Auth-Signature"


def verify(secret: str, hook: Hook) -> bool:
    """True when the address carries this token. Where a signature is sent, made with a secret of Shippo's, it decides instead."""
    if not secret:
        return False
    if SIGNATURE in hook.headers:
        return _is_signed(secret, hook)
    return same(hook.query.get(TOKEN, ""), secret)


def _is_signed(secret: str, hook: Hook) -> bool:
    """`t=<seconds>,v1=<hex>` over the seconds, a dot and the body. Old calls may be replayed: their scans are known."""
    parts = dict(part.strip().partition("=")[::2] for part in hook.headers.get(SIGNATURE, "").split(","))
    told = parts.get("t", "").encode("utf-8", "surrogatepass")
    return same(parts.get("v1", ""), hmac_hex(secret, told + b"." + hook.body))


def event_id_of(hook: Hook, content: dict[str, Any], fingerprint: str) -> str:
    """Shippo numbers no calls: the body is its own id."""
    return fingerprint
