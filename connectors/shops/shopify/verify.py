"""Shopify signs the raw body with the app's secret and names the shop, the topic and the delivery in headers."""

from typing import Any

from connectors.types import Headers, Hook
from core.signing import hmac_base64, same

SIGNATURE = "X-Shopify-Hmac-SHA256"
TOPIC = "X-Shopify-Topic"
EVENT_ID = "X-Shopify-Webhook-Id"
ACCOUNT = "X-Shopify-Shop-Domain"


def verify(secret: str, hook: Hook) -> bool:
    """True when the signature is this secret's over exactly these bytes."""
    return bool(secret) and same(hook.headers.get(SIGNATURE, ""), hmac_base64(secret, hook.body))


def account_of(headers: Headers) -> str:
    """`example.myshopify.com`."""
    return headers.get(ACCOUNT, "").strip().lower()


def event_id_of(hook: Hook, content: dict[str, Any], fingerprint: str) -> str:
    """The delivery's id, equal over retries."""
    return hook.headers.get(EVENT_ID, "") or fingerprint
