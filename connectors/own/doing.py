"""The merchant's own program asked by a signed webhook, as Standard Webhooks describe it.

`webhook-id` is the command's own key: it is the same however often we call, so that the program can tell a repetition. An
answer 200 with an optional `{"id": ...}` says that it is done, 202 that we will be told through our API.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from connectors.shops.calls import CallRefused, plain, words_of
from connectors.types import Access, Done, Refused, Steps, Taken, Wanted
from core.http import Request, Response, checked
from core.money import round_amount

TYPES = {"refund": "refund.asked", "credit": "credit.asked", "exchange": "exchange.asked", "restock": "restock.asked"}
SIGNED = "whsec_"
GONE = "Your program answered 410: it wants no more of these calls."


def do(access: Access, wanted: Wanted) -> Steps:
    """One call; the other side keeps track of what it has done by `webhook-id`."""
    answer = yield _request(access, wanted)
    if answer.status == 202:
        return Taken()
    if answer.status == 410:
        return Refused(GONE)
    if 400 <= answer.status < 500 and answer.status not in (408, 425, 429):
        raise CallRefused(words_of(answer))
    return Done(_id(checked(answer)))


def _id(answer: Response) -> str:
    """What it is called there, when it says so: an empty answer is one too."""
    if not answer.body.strip():
        return ""
    body = answer.json()
    told = body.get("id") if isinstance(body, dict) else None
    return plain(str(told), 100) if isinstance(told, str | int) and not isinstance(told, bool) else ""


def _request(access: Access, wanted: Wanted) -> Request:
    id = f"{wanted.kind}-{wanted.key}-{wanted.round}"
    stamp = str(int(access.at.timestamp()))
    body = json.dumps(content(wanted), separators=(",", ":"), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(access.secret, id, stamp, body),
    }
    return Request("POST", f"https://{access.account}", headers, body)


def signature(secret: str, id: str, stamp: str, body: bytes) -> str:
    """`v1,<base64 of HMAC-SHA256>` over id, time and body."""
    digest = hmac.new(_bytes(secret), f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _bytes(secret: str) -> bytes:
    if secret.startswith(SIGNED):
        try:
            return base64.b64decode(secret.removeprefix(SIGNED), validate=True)
        except ValueError:
            pass
    return secret.encode()


def content(wanted: Wanted) -> dict[str, Any]:
    """What is asked for; no name and no address, but of a gift who gets it: the giver must not hear of it."""
    order = {"source": wanted.source, "external_id": wanted.order_external_id, "number": wanted.order_number}
    told: dict[str, Any] = {"key": wanted.key, "case": wanted.number, "order": order, "currency": wanted.currency}
    if wanted.kind == "exchange":
        told |= {
            "title": wanted.title, "sku": wanted.sku, "product": wanted.product_external_id, "variant": wanted.variant_external_id,
            "quantity": wanted.quantity, "difference": _text(wanted),
        }  # fmt: skip
        if wanted.is_gift:
            told["recipient"] = {"name": wanted.recipient_name, "email": wanted.recipient_email}
    else:
        lines = [{"external_id": item.external_id, "quantity": item.quantity, "restock": item.restock} for item in wanted.items]
        told |= {"lines": lines} if wanted.kind == "restock" else {"amount": _text(wanted), "lines": lines}
    return {"type": TYPES[wanted.kind], "data": told}


def _text(wanted: Wanted) -> str:
    return f"{round_amount(wanted.amount, wanted.currency):f}"
