"""Lines and amounts of WooCommerce's order."""

from dataclasses import dataclass
from decimal import Decimal

from connectors.fields import Node
from connectors.shops.woocommerce.meta import options, plain
from core.money import round_amount
from orders.types import IncomingLine


@dataclass(frozen=True, slots=True)
class Till:
    """How amounts are read: with the tax added back where the shop shows prices with tax."""

    currency: str
    taxes_included: bool

    def amount(self, node: Node, key: str, tax_key: str, *, allow_negative: bool = False) -> Decimal:
        net = node.amount(key, self.currency, allow_negative=allow_negative)
        return net + node.amount(tax_key, self.currency, allow_negative=allow_negative) if self.taxes_included else net


def lines(node: Node, till: Till) -> tuple[IncomingLine, ...]:
    """Products, and fees the shop added (gift wrap, payment surcharge) as lines that need no parcel."""
    ships = bool(node.nodes("shipping_lines")) or bool(node.node("shipping").text("address_1", 200))
    sold = [line(entry, till, ships) for entry in node.nodes("line_items") if has_units(entry)]
    fees = [fee(entry, till) for entry in node.nodes("fee_lines") if is_charge(entry, till)]
    return (*sold, *fees)


def has_units(entry: Node) -> bool:
    if entry.quantity("quantity"):
        return True
    entry.warn("quantity", "is 0, line left out")
    return False


def line(entry: Node, till: Till, ships: bool) -> IncomingLine:
    quantity = entry.quantity("quantity")
    before, total = till.amount(entry, "subtotal", "subtotal_tax"), till.amount(entry, "total", "total_tax")
    external_id = entry.required_identifier("id")
    return IncomingLine(
        external_id=external_id,
        title=entry.text("parent_name", 300, plain) or entry.text("name", 300, plain) or external_id,
        quantity=quantity,
        unit_price=round_amount(before / quantity, till.currency),
        total=total,
        sku=entry.text("sku", 100),
        product_external_id=known_id(entry, "product_id"),
        variant_external_id=known_id(entry, "variation_id"),
        options=options(entry),
        discount=max(before - total, Decimal(0)),
        tax=entry.amount("total_tax", till.currency),
        image_url=entry.node("image").url("src", 1000),
        requires_shipping=ships,
    )


def known_id(entry: Node, name: str) -> str:
    """WooCommerce says 0 where there is none."""
    id = entry.identifier(name)
    return "" if id == "0" else id


def is_charge(entry: Node, till: Till) -> bool:
    """A negative fee is a discount a plugin gave; the order's total already holds it."""
    amount = till.amount(entry, "total", "total_tax", allow_negative=True)
    if amount < 0:
        entry.warn("total", f"{amount} is a discount given as a fee, not shown as a line")
    return amount > 0


def fee(entry: Node, till: Till) -> IncomingLine:
    amount = till.amount(entry, "total", "total_tax")
    external_id = entry.required_identifier("id")
    title = entry.text("name", 300, plain) or external_id
    tax = entry.amount("total_tax", till.currency)
    return IncomingLine(external_id, title, 1, unit_price=amount, total=amount, tax=tax, requires_shipping=False)
