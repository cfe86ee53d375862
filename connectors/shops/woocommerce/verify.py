"""WooCommerce signs the raw body with the webhook's secret; the ping on save is an unsigned form."""

import re
from typing import Any
from urllib.parse import urlsplit

from connectors.types import Headers, Hook
from core.signing import hmac_base64, same

SIGNATURE = "X-WC-Webhook-Signature"
TOPIC = "X-WC-Webhook-Topic"
EVENT_ID = "X-WC-Webhook-Delivery-ID"
ACCOUNT = "X-WC-Webhook-Source"
PING = re.compile(rb"webhook_id=\d{1,20}")


def verify(secret: str, hook: Hook) -> bool:
    """True when the signature is this secret's over exactly these bytes."""
    return bool(secret) and same(hook.headers.get(SIGNATURE, ""), hmac_base64(secret, hook.body))


def account_of(headers: Headers) -> str:
    """Host and path of the shop: `example.com/shop`. Shops change between http and https."""
    try:
        parts = urlsplit(headers.get(ACCOUNT, "").strip())
    except ValueError:
        return ""
    return f"{parts.netloc}{parts.path}".rstrip("/").lower()


def event_id_of(hook: Hook, content: dict[str, Any], fingerprint: str) -> str:
    """The delivery id is a hash of the webhook's id and the second, so two deliveries can share it: the body tells them apart."""
    delivery = hook.headers.get(EVENT_ID, "")
    return f"{delivery}:{fingerprint[:32]}" if delivery else fingerprint


def is_ping(hook: Hook) -> bool:
    """The call WooCommerce makes when a webhook is saved; it carries nothing but the webhook's number."""
    return SIGNATURE not in hook.headers and PING.fullmatch(hook.body) is not None
