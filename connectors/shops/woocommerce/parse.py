"""WooCommerce's REST resources, which are also its webhook bodies, in our words. Pure: no database, no clock.

The API tells amounts without tax even when the shop shows them with tax (`prices_include_tax`); the tax is then added
back, so that the shopper reads the prices of the shop. Times ending in `_gmt` carry no zone and are UTC.
"""

from decimal import Decimal
from typing import Any

from connectors.fields import Node
from connectors.shops.woocommerce import codes
from connectors.shops.woocommerce.lines import Till, lines
from connectors.shops.woocommerce.meta import meta_text, plain
from connectors.shops.woocommerce.parcels import parcels
from connectors.shops.woocommerce.products import product
from connectors.types import BadPayload, Deleted, Ignored, OrderSeen, Parsed, ProductGone, RefundSeen
from orders.types import Address, IncomingOrder, IncomingPayment, IncomingRefund, PaymentState


def parse(topic: str, body: dict[str, Any], source: str) -> Parsed:
    """What one webhook says. Raises BadPayload and nothing else."""
    node = Node(body)
    if topic in codes.ORDER_TOPICS:
        return order(node, source)
    if topic in codes.DELETE_TOPICS:
        return Deleted(node.required_identifier("id"))
    if topic == codes.REFUND:
        return single_refund(node)
    if topic in codes.PRODUCT_TOPICS:
        return product(node)
    if topic in codes.PRODUCT_DELETE_TOPICS:
        return ProductGone(node.required_identifier("id"))
    return Ignored(f"topic {topic} is not used")


def guess(body: dict[str, Any]) -> str:
    """The topic a payload of unknown origin would have come with. Raises BadPayload."""
    if "refunded_by" in body:
        return codes.REFUND
    if "line_items" in body and "billing" in body:
        return "order.updated"
    if "permalink" in body and "stock_status" in body:
        return "product.updated"
    if set(body) == {"id"}:
        return "order.deleted"
    raise BadPayload("body", "is no order, refund or product we know; name its topic")


def order(node: Node, source: str) -> OrderSeen:
    found = incoming(node, source)
    return OrderSeen(found, parcels(node, found))


def incoming(node: Node, source: str) -> IncomingOrder:
    till = Till(node.currency("currency"), bool(node.flag("prices_include_tax")))
    status = node.known("status", sorted(codes.STATUSES))
    external_id = node.required_identifier("id")
    updated_at = node.required_time("date_modified_gmt", "date_created_gmt", assume_utc=True)
    shipping, billing = node.node("shipping"), node.node("billing")
    sold = lines(node, till)
    total = node.amount("total", till.currency)
    sent_back = refunds(node, till)
    state = payment_state(node, status, sent_back)
    return IncomingOrder(
        source=source,
        external_id=external_id,
        number=node.text("number", 60) or external_id,
        currency=till.currency,
        placed_at=node.required_time("date_created_gmt", assume_utc=True),
        updated_at=updated_at,
        lines=sold,
        total=total,
        subtotal=sum((line.unit_price * line.quantity for line in sold), start=Decimal(0)),
        discount_total=till.amount(node, "discount_total", "discount_tax"),
        shipping_total=till.amount(node, "shipping_total", "shipping_tax"),
        tax_total=node.amount("total_tax", till.currency),
        taxes_included=till.taxes_included,
        email=billing.email("email"),
        phone=phone(billing, shipping),
        first_name=billing.text("first_name", 80, plain),
        last_name=billing.text("last_name", 80, plain),
        customer_external_id="" if node.identifier("customer_id") == "0" else node.identifier("customer_id"),
        language=language(node),
        payment_state=state,
        is_confirmed=is_confirmed(node, status),
        payments=payments(node, total),
        refunds=sent_back,
        shipping_address=address(shipping),
        billing_address=address(billing),
        shipping_method=next((entry.text("method_title", 120, plain) for entry in node.nodes("shipping_lines")), ""),
        cancelled_at=updated_at if status in codes.CANCELLED else None,
        warnings=node.told(),
    )


def is_confirmed(node: Node, status: str) -> bool:
    """By the status; a status we do not know or an end we did not see coming, by whether it was paid."""
    if status in codes.UNCONFIRMED:
        return False
    return status in codes.CONFIRMED or node.has("date_paid_gmt")


def payment_state(node: Node, status: str, sent_back: tuple[IncomingRefund, ...]) -> PaymentState:
    if status == "refunded":
        return PaymentState.REFUNDED
    if status == "failed":
        return PaymentState.FAILED
    if sent_back:
        return PaymentState.PARTIALLY_REFUNDED
    if node.has("date_paid_gmt"):
        return PaymentState.PAID
    return PaymentState.VOIDED if status in codes.CANCELLED else PaymentState.PENDING


def payments(node: Node, total: Decimal) -> tuple[IncomingPayment, ...]:
    paid_at = node.time("date_paid_gmt", assume_utc=True)
    if paid_at is None or total == 0:
        return ()
    method = node.text("payment_method_title", 60, plain) or node.text("payment_method", 60) or "Payment"
    return (IncomingPayment("payment", method, total, paid_at=paid_at),)


def refunds(node: Node, till: Till) -> tuple[IncomingRefund, ...]:
    """The order names its refunds without a time or lines: the order's last change stands in."""
    at = node.required_time("date_modified_gmt", "date_created_gmt", assume_utc=True)
    found = [
        IncomingRefund(
            entry.required_identifier("id"),
            abs(entry.amount("total", till.currency, allow_negative=True)),
            at,
            entry.text("reason", 300, plain),
        )
        for entry in node.nodes("refunds")
    ]
    return tuple(refund for refund in found if refund.amount)


def single_refund(node: Node) -> RefundSeen:
    """The refund resource; its order is only named by a link. It does not say its currency."""
    lines: dict[str, int] = {}
    for entry in node.nodes("line_items"):
        line_id, quantity = meta_text(entry, "_refunded_item_id"), entry.data.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int):
            raise entry.refuse("quantity", "must be a whole number")
        if line_id and quantity:
            lines[line_id] = lines.get(line_id, 0) + abs(quantity)
    amount = node.amount("amount", "USD")
    at = node.required_time("date_created_gmt", assume_utc=True)
    refund = IncomingRefund(node.required_identifier("id"), amount, at, node.text("reason", 300, plain), lines)
    return RefundSeen(order_of_refund(node), refund, "", node.told())


def order_of_refund(node: Node) -> str:
    for link in node.node("_links").nodes("up"):
        number = link.text("href", 500).rstrip("/").rpartition("/")[2]
        return Node({"href": number}, "_links.up").required_identifier("href")
    return node.required_identifier("parent_id")


def phone(billing: Node, shipping: Node) -> str:
    for holder in (billing, shipping):
        if holder.has("phone"):
            return holder.phone("phone", holder.country("country"))
    return ""


def language(node: Node) -> str:
    for key in codes.LANGUAGE_KEYS:
        if value := meta_text(node, key):
            return Node({key: value}, "meta_data", node.warnings).language(key)
    return ""


def address(node: Node) -> Address:
    return Address(
        name=f"{node.text('first_name', 80, plain)} {node.text('last_name', 80, plain)}".strip(),
        company=node.text("company", 120, plain),
        street=node.text("address_1", 200, plain),
        street2=node.text("address_2", 200, plain),
        postcode=node.text("postcode", 20, plain),
        city=node.text("city", 100, plain),
        region=node.text("state", 100, plain),
        country=node.country("country"),
        phone=node.text("phone", 40),
    )
