"""Shopify's Admin API (GraphQL) asked for refunds, gift cards and replacement orders. Every question looks first, then does.

Scopes the token needs: read_orders, write_orders, read_locations (to restock), read_products, and for store credit
read_gift_cards and write_gift_cards. Store credit is a gift card: guests can use it, and as its code follows from our own id,
a second one cannot be made.
"""

import base64
from collections.abc import Generator
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.shops.calls import CallRefused, member, members, plain, read
from connectors.types import Access, Done, Item, KeyRefused, Refused, Steps, Wanted
from core.http import Request, Response, Transient, json_request
from core.money import round_amount
from core.signing import derive

VERSION = "2026-04"
BUSY = frozenset({"THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT", "IDEMPOTENCY_CONCURRENT_REQUEST"})
NO_ORDER = "The shop does not know this order any more."
NO_LOCATION = "The shop names no location to put the goods back on the shelf. Put them back there by hand."
MINE = "postpurchase_exchange"  # the new order's attribute that names the exchange

REFUND_LOOK = """query($order: ID!, $restocks: Boolean!) {
  order(id: $order) {
    refunds(first: 250) { legacyResourceId note }
    suggestedRefund(suggestFullRefund: true) {
      suggestedTransactions { gateway parentTransaction { id } maximumRefundableSet { presentmentMoney { amount currencyCode } } }
    }
  }
  location @include(if: $restocks) { id }
}"""
REFUND = """mutation($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { legacyResourceId } userErrors { field message } }
}"""
CREDIT_LOOK = """query($order: ID!, $ending: String!) {
  shop { currencyCode }
  order(id: $order) { customer { id } }
  giftCards(first: 50, query: $ending) { nodes { id note } }
}"""
CREDIT = """mutation($input: GiftCardCreateInput!) {
  giftCardCreate(input: $input) { giftCard { id } userErrors { field message code } }
}"""
EXCHANGE_LOOK = """query($order: ID!, $tag: String!, $product: ID!, $asks: Boolean!) {
  orders(first: 5, query: $tag) { nodes { legacyResourceId tags } }
  order(id: $order) {
    email currencyCode customer { id }
    shippingAddress { firstName lastName company address1 address2 city provinceCode zip countryCodeV2 phone }
  }
  product(id: $product) @include(if: $asks) { variants(first: 2) { nodes { id } } }
}"""
EXCHANGE = """mutation($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {
  orderCreate(order: $order, options: $options) { order { legacyResourceId } userErrors { field message } }
}"""


def gid(kind: str, id: str) -> str:
    return f"gid://shopify/{kind}/{id}"


def _ask(access: Access, query: str, **variables: Any) -> Generator[Request, Response, Any]:
    """The data of one GraphQL call. Raises as `calls.read`; GraphQL tells its errors under a 200."""
    url = f"https://{access.account}/admin/api/{VERSION}/graphql.json"
    answer = yield json_request("POST", url, {"X-Shopify-Access-Token": access.key}, {"query": query, "variables": variables})
    body = read(answer)
    errors = members(body, "errors")
    codes = {str(member(error, "extensions", "code")) for error in errors}
    if codes & BUSY:
        raise Transient(f"{answer.host}: {', '.join(sorted(codes & BUSY))}")
    if "ACCESS_DENIED" in codes:
        raise KeyRefused(plain(errors[0].get("message")) or "ACCESS_DENIED")
    if member(body, "data") is None or errors:
        raise CallRefused(plain(errors[0].get("message")) if errors else f"{answer.host} answered without data")
    return member(body, "data")


def _made(data: Any, name: str, *path: str) -> str:
    """The id of what a mutation made. Raises CallRefused with the shop's own words."""
    errors = members(data, name, "userErrors")
    if errors:
        raise CallRefused("; ".join(plain(error.get("message")) for error in errors)[:200])
    found = member(data, name, *path)
    if not found:
        raise Transient("the shop did not say what it made")
    return str(found)


def refund(access: Access, wanted: Wanted) -> Steps:
    """Send money back to where it came from; what goes on the shelf again is restocked at the shop's own location."""
    restocks = any(item.restock for item in wanted.items)
    data = yield from _ask(access, REFUND_LOOK, order=gid("Order", wanted.order_external_id), restocks=restocks)
    if member(data, "order") is None:
        return Refused(NO_ORDER)
    for made in members(data, "order", "refunds"):
        if wanted.mark in str(made.get("note")):
            return Done(str(made.get("legacyResourceId")))
    transactions = _shares(members(data, "order", "suggestedRefund", "suggestedTransactions"), wanted)
    if isinstance(transactions, Refused):
        return transactions
    content = {
        "orderId": gid("Order", wanted.order_external_id),
        "note": f"{wanted.number} {wanted.mark}",
        "currency": wanted.currency,
        "refundLineItems": [entry for item in wanted.items for entry in _pieces(item, str(member(data, "location", "id") or ""))],
        "transactions": transactions,
    }
    data = yield from _ask(access, REFUND, input=content, key=f"{wanted.key}-{wanted.round}")
    return Done(_made(data, "refundCreate", "refund", "legacyResourceId"))


def restock(access: Access, wanted: Wanted) -> Steps:
    """Put goods back on the shelf at the shop's own location: a refund of nothing, of which nobody is told."""
    data = yield from _ask(access, REFUND_LOOK, order=gid("Order", wanted.order_external_id), restocks=True)
    if member(data, "order") is None:
        return Refused(NO_ORDER)
    for made in members(data, "order", "refunds"):
        if wanted.mark in str(made.get("note")):
            return Done(str(made.get("legacyResourceId")))
    location = str(member(data, "location", "id") or "")
    if not location:
        return Refused(NO_LOCATION)
    content = {
        "orderId": gid("Order", wanted.order_external_id),
        "note": f"{wanted.number} {wanted.mark}",
        "notify": False,
        "refundLineItems": [entry for item in wanted.items for entry in _pieces(item, location)],
        "transactions": [],
    }
    data = yield from _ask(access, REFUND, input=content, key=f"{wanted.key}-{wanted.round}")
    return Done(_made(data, "refundCreate", "refund", "legacyResourceId"))


def _shares(suggested: list[dict[str, Any]], wanted: Wanted) -> list[dict[str, str]] | Refused:
    """The amount over the payments it came by, each as far as it reaches."""
    left, shares = wanted.amount, []
    for entry in suggested:
        money = member(entry, "maximumRefundableSet", "presentmentMoney")
        reach = _amount(member(money, "amount")) if member(money, "currencyCode") == wanted.currency else Decimal(0)
        share = min(left, reach)
        if share > 0:
            parent = str(member(entry, "parentTransaction", "id"))
            whose = {"orderId": gid("Order", wanted.order_external_id), "parentId": parent, "gateway": str(entry.get("gateway"))}
            shares.append({**whose, "kind": "REFUND", "amount": _text(share, wanted.currency)})
            left -= share
    if left > 0:
        reached = _text(wanted.amount - left, wanted.currency)
        return Refused(f"The shop can send back {reached} {wanted.currency} of {_text(wanted.amount, wanted.currency)}.")
    return shares


def _pieces(item: Item, location: str) -> list[dict[str, Any]]:
    restocked = item.restock if location else 0
    found: list[dict[str, Any]] = []
    line = gid("LineItem", item.external_id)
    if restocked:
        found.append({"lineItemId": line, "quantity": restocked, "restockType": "RETURN", "locationId": location})
    if item.quantity > restocked:
        found.append({"lineItemId": line, "quantity": item.quantity - restocked, "restockType": "NO_RESTOCK"})
    return found


def _amount(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def _text(amount: Decimal, currency: str) -> str:
    return f"{round_amount(amount, currency):f}"


def gift_code(key: str) -> str:
    """Sixteen letters and digits nobody else can compute."""
    return base64.b32encode(derive("connectors.gift_card", key)).decode()[:16]


def credit(access: Access, wanted: Wanted) -> Steps:
    """A gift card over the amount, in the shop's currency."""
    code = gift_code(wanted.key)
    data = yield from _ask(access, CREDIT_LOOK, order=gid("Order", wanted.order_external_id), ending=code[-4:].lower())
    for card in members(data, "giftCards", "nodes"):
        if wanted.mark in str(card.get("note")):
            return Done(_last(str(card.get("id"))), credit_code=code)
    currency = member(data, "shop", "currencyCode")
    if currency != wanted.currency:
        return Refused(f"The shop's gift cards are in {currency}, this credit is in {wanted.currency}.")
    content = {"initialValue": _text(wanted.amount, wanted.currency), "code": code, "note": f"{wanted.number} {wanted.mark}"}
    if customer := member(data, "order", "customer", "id"):
        content["customerId"] = customer
    data = yield from _ask(access, CREDIT, input=content)
    if any(error.get("code") == "TAKEN" for error in members(data, "giftCardCreate", "userErrors")):
        return Done(f"card-{code[-4:]}", credit_code=code)  # made before; the shop's search has not caught up
    return Done(_last(_made(data, "giftCardCreate", "giftCard", "id")), credit_code=code)


def _last(id: str) -> str:
    return id.rpartition("/")[2]


def exchange(access: Access, wanted: Wanted) -> Steps:
    """A new order over nothing to pay, to the address of the old one; of a gift the giver is not told."""
    if wanted.amount > 0:
        return Refused(f"The replacement costs {_text(wanted.amount, wanted.currency)} {wanted.currency} more: order it in the shop.")
    tag = f"exchange-{wanted.key}"
    data = yield from _ask(
        access,
        EXCHANGE_LOOK,
        order=gid("Order", wanted.order_external_id),
        tag=f"tag:'{tag}'",
        product=gid("Product", wanted.product_external_id or "0"),
        asks=not wanted.variant_external_id,
    )
    for made in members(data, "orders", "nodes"):
        if tag in (made.get("tags") or ()):
            return Done(str(made.get("legacyResourceId")))
    old = member(data, "order")
    if old is None:
        return Refused(NO_ORDER)
    variants = [str(node.get("id")) for node in members(data, "product", "variants", "nodes")]
    if not wanted.variant_external_id and len(variants) != 1:
        return Refused("The shop sells this product in several ways, and we do not know which one is meant.")
    variant = gid("ProductVariant", wanted.variant_external_id) if wanted.variant_external_id else variants[0]
    options = {"inventoryBehaviour": "DECREMENT_OBEYING_POLICY", "sendReceipt": False}
    data = yield from _ask(access, EXCHANGE, order=_order(wanted, old, variant, tag), options=options)
    return Done(_made(data, "orderCreate", "order", "legacyResourceId"))


def _order(wanted: Wanted, old: dict[str, Any], variant: str, tag: str) -> dict[str, Any]:
    nothing = {"shopMoney": {"amount": "0.00", "currencyCode": old.get("currencyCode")}}
    content: dict[str, Any] = {
        "currency": old.get("currencyCode"),
        "financialStatus": "PAID",
        "lineItems": [{"variantId": variant, "quantity": wanted.quantity, "requiresShipping": True, "priceSet": nothing}],
        "tags": [tag],
        "customAttributes": [{"key": MINE, "value": wanted.key}],
        "note": f"Exchange for {wanted.order_number} ({wanted.number})",
    }
    if email := wanted.recipient_email if wanted.is_gift else old.get("email"):
        content["email"] = email
    customer = member(old, "customer", "id")
    if customer and not wanted.is_gift:
        content["customer"] = {"toAssociate": {"id": customer}}
    address = {name: value for name, value in (member(old, "shippingAddress") or {}).items() if value}
    if address:
        found = {("countryCode" if name == "countryCodeV2" else name): value for name, value in address.items()}
        content["shippingAddress"] = _of_recipient(found, wanted) if wanted.is_gift else found
    return content


def _of_recipient(address: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    """Where the gift went, under the name of who got it; the number to call may be the giver's."""
    kept = {name: value for name, value in address.items() if name != "phone"}
    first, _space, last = wanted.recipient_name.strip().rpartition(" ")
    return {**kept, "firstName": first, "lastName": last} if last else kept
