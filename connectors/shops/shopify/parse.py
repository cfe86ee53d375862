"""Shopify's REST resources, which are also its webhook bodies, in our words. Pure: no database, no clock.

Amounts are in the currency the shopper was shown (`presentment_currency`). A fulfilment with several tracking numbers
becomes several parcels, see `parcels.py`.
"""

from typing import Any

from connectors.fields import Node
from connectors.shops.shopify import codes, events
from connectors.shops.shopify.money import Books, books_of, payments, refunds, single_refund
from connectors.shops.shopify.parcels import parcels
from connectors.shops.shopify.products import product
from connectors.types import BadPayload, Compliance, Deleted, Ignored, OrderSeen, Parsed, ProductGone, ShipmentSeen
from orders.types import Address, IncomingLine, IncomingOrder, PaymentState

DEFAULT_VARIANT = "Default Title"  # what Shopify writes when a product has no variants
MAX_OPTIONS = 30


def parse(topic: str, body: dict[str, Any], source: str) -> Parsed:
    """What one webhook says. Raises BadPayload and nothing else."""
    node = Node(body)
    if topic in codes.ORDER_TOPICS:
        return order(node, source)
    if topic in codes.FULFILMENT_TOPICS:
        return ShipmentSeen(parcels(node, source, node.required_identifier("order_id")))
    if topic in codes.EVENT_TOPICS:
        return events.tracking(node, source)
    if topic in codes.REFUND_TOPICS:
        return single_refund(node)
    if topic in codes.DELETE_TOPICS:
        return Deleted(node.required_identifier("id"))
    if topic in codes.PRODUCT_TOPICS:
        return product(node)
    if topic in codes.PRODUCT_DELETE_TOPICS:
        return ProductGone(node.required_identifier("id"))
    if topic in codes.COMPLIANCE_TOPICS:
        return compliance(topic, node)
    return Ignored(f"topic {topic} is not used")


def guess(body: dict[str, Any]) -> str:
    """The topic a payload of unknown origin would have come with. Raises BadPayload."""
    if "order_number" in body and "financial_status" in body:
        return "orders/updated"
    if "refund_line_items" in body:
        return "refunds/create"
    if "fulfillment_id" in body and "happened_at" in body:
        return "fulfillment_events/create"
    if "order_id" in body and "tracking_number" in body:
        return "fulfillments/update"
    if "variants" in body and "body_html" in body:
        return "products/update"
    raise BadPayload("body", "is no order, fulfilment, refund or product we know; name its topic")


def order(node: Node, source: str) -> OrderSeen:
    books = books_of(node)
    external_id = node.required_identifier("id")
    fulfilments = node.nodes("fulfillments")
    shipments = tuple(parcel for entry in fulfilments for parcel in parcels(entry, source, external_id))
    return OrderSeen(incoming(node, source, external_id, books), shipments)


def incoming(node: Node, source: str, external_id: str, books: Books) -> IncomingOrder:
    node.known("fulfillment_status", codes.ORDER_FULFILMENT)
    state = payment_state(node)
    placed_at = node.required_time("processed_at", "created_at")
    shipping, billing, customer = address(node.node("shipping_address")), address(node.node("billing_address")), node.node("customer")
    sent_back = refunds(node, books)
    return IncomingOrder(
        source=source,
        external_id=external_id,
        number=number(node, external_id),
        currency=books.currency,
        placed_at=placed_at,
        updated_at=node.required_time("updated_at", "created_at"),
        lines=lines(node, books),
        total=books.amount(node, "total_price"),
        subtotal=books.amount(node, "total_line_items_price"),
        discount_total=books.amount(node, "total_discounts"),
        shipping_total=shipping_total(node, books),
        tax_total=books.amount(node, "total_tax"),
        taxes_included=bool(node.flag("taxes_included")),
        email=node.email("contact_email") or node.email("email"),
        phone=phone(node, shipping.country or billing.country),
        first_name=customer.text("first_name", 80) or node.node("shipping_address").text("first_name", 80),
        last_name=customer.text("last_name", 80) or node.node("shipping_address").text("last_name", 80),
        customer_external_id=customer.identifier("id"),
        language=node.language("customer_locale"),
        payment_state=state,
        payments=payments(node, books, state, placed_at),
        refunds=sent_back,
        shipping_address=shipping,
        billing_address=billing,
        shipping_method=next((entry.text("title", 120) for entry in node.nodes("shipping_lines")), ""),
        cancelled_at=node.time("cancelled_at"),
        cancel_reason=node.text("cancel_reason", 200),
        accepts_marketing=node.flag("buyer_accepts_marketing"),
        warnings=node.told(),
    )


def number(node: Node, external_id: str) -> str:
    return node.text("name", 60).removeprefix("#") or node.identifier("order_number") or external_id


def payment_state(node: Node) -> PaymentState:
    return codes.FINANCIAL.get(node.known("financial_status", codes.FINANCIAL), PaymentState.PENDING)


def phone(node: Node, region: str) -> str:
    """The number given for this order, else the shopper's, else the one for the carrier."""
    for holder in (node, node.node("customer"), node.node("shipping_address")):
        if holder.has("phone"):
            return holder.phone("phone", region)
    return ""


def address(node: Node) -> Address:
    whole = f"{node.text('first_name', 80)} {node.text('last_name', 80)}".strip()
    return Address(
        name=node.text("name", 160) or whole,
        company=node.text("company", 120),
        street=node.text("address1", 200),
        street2=node.text("address2", 200),
        postcode=node.text("zip", 20),
        city=node.text("city", 100),
        region=node.text("province", 100),
        country=node.country("country_code"),
        phone=node.text("phone", 40),
    )


def lines(node: Node, books: Books) -> tuple[IncomingLine, ...]:
    removed = removed_quantities(node)
    return tuple(line(entry, books, removed) for entry in node.nodes("line_items") if sold(entry))


def sold(entry: Node) -> bool:
    if entry.quantity("quantity"):
        return True
    entry.warn("quantity", "is 0, line left out")
    return False


def line(entry: Node, books: Books, removed: dict[str, int]) -> IncomingLine:
    external_id, quantity = entry.required_identifier("id"), entry.quantity("quantity")
    price, discount = books.amount(entry, "price"), books.discount(entry)
    variant = entry.text("variant_title", 200)
    if discount > price * quantity:
        entry.warn("total_discount", "is more than the price, cut to it")
        discount = price * quantity
    return IncomingLine(
        external_id=external_id,
        title=entry.text("title", 300) or entry.text("name", 300) or external_id,
        quantity=quantity,
        unit_price=price,
        total=price * quantity - discount,
        variant_title="" if variant == DEFAULT_VARIANT else variant,
        sku=entry.text("sku", 100),
        product_external_id=entry.identifier("product_id"),
        variant_external_id=entry.identifier("variant_id"),
        options=options(entry),
        discount=discount,
        tax=sum((books.amount(tax, "price") for tax in entry.nodes("tax_lines")), start=books.zero),
        requires_shipping=entry.flag("requires_shipping") is not False,
        quantity_removed=min(quantity, removed.get(external_id, 0)),
    )


def options(entry: Node) -> dict[str, str]:
    """What the shopper typed or chose; names with a leading underscore are a shop theme's own notes."""
    found = {}
    for pair in entry.nodes("properties")[:MAX_OPTIONS]:
        name = pair.text("name", 60)
        if name and not name.startswith("_"):
            found[name] = pair.text("value", 200)
    return found


def removed_quantities(node: Node) -> dict[str, int]:
    """Units refunded before dispatch: restocked as `cancel`, or of a line of which nothing has been sent."""
    unsent = {entry.identifier("id") for entry in node.nodes("line_items") if not entry.has("fulfillment_status")}
    found: dict[str, int] = {}
    for refund in node.nodes("refunds"):
        for entry in refund.nodes("refund_line_items"):
            id, restock = entry.identifier("line_item_id"), entry.text("restock_type", 40)
            if restock == "cancel" or (restock != "return" and id in unsent):
                found[id] = found.get(id, 0) + entry.quantity("quantity")
    return found


def shipping_total(node: Node, books: Books) -> Any:
    whole = node.node("total_shipping_price_set")
    if whole.data:
        return books.of_set(whole)
    return sum((books.amount(entry, "price") for entry in node.nodes("shipping_lines")), start=books.zero)


def compliance(topic: str, node: Node) -> Compliance:
    orders = node.data.get("orders_requested", node.data.get("orders_to_redact")) or []
    if not isinstance(orders, list) or any(isinstance(id, bool) or not isinstance(id, int) for id in orders):
        raise BadPayload("orders_requested", "must be a list of order ids")
    person = node.node("customer")
    ids = tuple(str(id) for id in orders)
    return Compliance(topic, node.text("shop_domain", 200), person.identifier("id"), ids, person.text("email", 254))
