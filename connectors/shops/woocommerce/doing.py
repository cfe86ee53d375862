"""WooCommerce's REST API asked for refunds and replacement orders. Every question looks first, then does.

The key is the pair `ck_...:cs_...` of Settings, Advanced, REST API, with the right to read and write.
"""

import base64
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from connectors.shops.calls import CallRefused, members, plain, read
from connectors.types import Access, Done, Refused, Steps, Wanted
from core.http import Request, Response, json_request
from core.money import round_amount

PAGE, MOST_PAGES = 100, 3
MINE = "_postpurchase_exchange"  # the new order's meta that names the exchange
NO_ORDER = "The shop does not know this order any more."
GATEWAY = "woocommerce_rest_cannot_create_order_refund"  # told under a 500, and no bad moment: the payment provider refused


def _request(access: Access, method: str, path: str, content: Any = None, **query: Any) -> Request:
    basic = base64.b64encode(access.key.encode()).decode()
    url = f"https://{access.account}/wp-json/wc/v3/{path}{f'?{urlencode(query)}' if query else ''}"
    return json_request(method, url, {"Authorization": f"Basic {basic}"}, content)


def _read(answer: Response) -> Any:
    if answer.status >= 500 and GATEWAY.encode() in answer.body:
        body = answer.json()
        raise CallRefused(plain(body.get("message")) if isinstance(body, dict) else GATEWAY)
    return read(answer)


def refund(access: Access, wanted: Wanted) -> Steps:
    """Send money back by the payment's own way. WooCommerce restocks all lines of a refund or none: it gets those that are."""
    path = f"orders/{wanted.order_external_id}/refunds"
    answer = yield _request(access, "GET", path, per_page=PAGE)
    if answer.status == 404:
        return Refused(NO_ORDER)
    for made in members(_read(answer)):
        if wanted.mark in str(made.get("reason")):
            return Done(str(made["id"]))
    restocked = [(item.external_id, item.restock) for item in wanted.items if item.restock]
    lines = restocked or [(item.external_id, item.quantity) for item in wanted.items]
    content = {
        "amount": f"{round_amount(wanted.amount, wanted.currency):f}",
        "reason": f"{wanted.number} {wanted.mark}",
        "api_refund": True,
        "api_restock": bool(restocked),
        "line_items": [{"id": int(id), "quantity": units, "refund_total": 0, "refund_tax": []} for id, units in lines if id.isdecimal()],
    }
    answer = yield _request(access, "POST", path, content)
    return Done(str(_read(answer)["id"]))


def restock(access: Access, wanted: Wanted) -> Steps:
    """Put goods back on the shelf: a refund of nothing."""
    path = f"orders/{wanted.order_external_id}/refunds"
    answer = yield _request(access, "GET", path, per_page=PAGE)
    if answer.status == 404:
        return Refused(NO_ORDER)
    for made in members(_read(answer)):
        if wanted.mark in str(made.get("reason")):
            return Done(str(made["id"]))
    lines = [(item.external_id, item.restock) for item in wanted.items]
    content = {
        "amount": f"{round_amount(Decimal(0), wanted.currency):f}",
        "reason": f"{wanted.number} {wanted.mark}",
        "api_refund": False,
        "api_restock": True,
        "line_items": [{"id": int(id), "quantity": units, "refund_total": 0, "refund_tax": []} for id, units in lines if id.isdecimal()],
    }
    answer = yield _request(access, "POST", path, content)
    return Done(str(_read(answer)["id"]))


def exchange(access: Access, wanted: Wanted) -> Steps:
    """A new order over nothing to pay, to the addresses of the old one; of a gift the giver is not told."""
    if wanted.amount > 0:
        more = round_amount(wanted.amount, wanted.currency)
        return Refused(f"The replacement costs {more:f} {wanted.currency} more: order it in the shop.")
    if not wanted.product_external_id.isdecimal():
        return Refused("We do not know which of the shop's products is meant.")
    for page in range(1, MOST_PAGES + 1):
        answer = yield _request(access, "GET", "orders", after=wanted.since, orderby="date", order="asc", per_page=PAGE, page=page)
        found = members(_read(answer))
        for made in found:
            if any(meta.get("key") == MINE and meta.get("value") == wanted.key for meta in members(made, "meta_data")):
                return Done(str(made["id"]))
        if len(found) < PAGE:
            break
    else:
        return Refused("So many orders came in meanwhile that we cannot see whether it was ordered: look in the shop.")
    answer = yield _request(access, "GET", f"orders/{wanted.order_external_id}")
    if answer.status == 404:
        return Refused(NO_ORDER)
    answer = yield _request(access, "POST", "orders", _order(wanted, _read(answer)))
    return Done(str(_read(answer)["id"]))


def _order(wanted: Wanted, old: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = {"product_id": int(wanted.product_external_id), "quantity": wanted.quantity}
    if wanted.variant_external_id.isdecimal():
        line["variation_id"] = int(wanted.variant_external_id)
    nothing = f"{round_amount(Decimal(0), wanted.currency):f}"
    shipping = old.get("shipping") or {}
    whose = {"customer_id": old.get("customer_id") or 0, "billing": old.get("billing") or {}, "shipping": shipping}
    return {
        "status": "processing",
        "currency": old.get("currency") or wanted.currency,
        **(_of_recipient(wanted, shipping) if wanted.is_gift else whose),
        "line_items": [{**line, "subtotal": nothing, "total": nothing}],
        "meta_data": [{"key": MINE, "value": wanted.key}],
    }


def _of_recipient(wanted: Wanted, shipping: dict[str, Any]) -> dict[str, Any]:
    """Where the gift went, under the name and address of who got it; the account, the bill and the number are the giver's."""
    first, _space, last = wanted.recipient_name.strip().rpartition(" ")
    name = {"first_name": first, "last_name": last} if last else {}
    kept = {key: value for key, value in shipping.items() if key != "phone"}
    email = {"email": wanted.recipient_email} if wanted.recipient_email else {}
    return {"customer_id": 0, "billing": {**name, **email}, "shipping": {**kept, **name}}
