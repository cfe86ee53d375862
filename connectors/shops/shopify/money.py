"""Amounts, payments and refunds of Shopify's order."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connectors.fields import Node
from connectors.shops.shopify import codes
from connectors.types import Ignored, RefundSeen
from core.money import UnknownCurrency, check_currency
from orders.types import IncomingPayment, IncomingRefund, PaymentState

LAST_FOUR = re.compile(r"(\d{4})\D*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Books:
    """The currency amounts are read in. `is_presented`: the shopper's, which stands in the `..._set` beside each amount."""

    currency: str
    is_presented: bool = False
    zero: Decimal = Decimal(0)

    def amount(self, node: Node, key: str) -> Decimal:
        if self.is_presented and node.has(key):
            return self.of_set(node.node(f"{key}_set"))
        return node.amount(key, self.currency)

    def of_set(self, whole: Node) -> Decimal:
        money = whole.node("presentment_money" if self.is_presented else "shop_money")
        if not money.has("amount"):
            raise money.refuse("amount", "is missing")
        return money.amount("amount", self.currency)

    def discount(self, line: Node) -> Decimal:
        """The allocations hold the line's share of every discount; `total_discount` only what was given on the line."""
        shares = line.nodes("discount_allocations")
        return sum((self.amount(share, "amount") for share in shares), start=Decimal(0)) if shares else self.amount(line, "total_discount")


def books_of(node: Node) -> Books:
    currency = node.currency("currency")
    if not node.has("presentment_currency"):
        return Books(currency)
    presented = node.currency("presentment_currency")
    return Books(presented, is_presented=presented != currency)


def payments(node: Node, books: Books, state: PaymentState, at: datetime) -> tuple[IncomingPayment, ...]:
    """Single payments where the body lists them, else one over what was received, or is held (`paid_at` empty)."""
    if transactions := [entry for entry in node.nodes("transactions") if is_payment(entry, books)]:
        return tuple(payment(entry, books) for entry in transactions)
    if state not in codes.RECEIVED and state != PaymentState.AUTHORIZED:
        return ()
    amount = books.amount(node, "total_price") - outstanding(node, books, state)
    method, last4 = instrument(node)
    if amount <= 0:
        return ()
    return (IncomingPayment("payment", method, amount, last4, None if state == PaymentState.AUTHORIZED else at),)


def outstanding(node: Node, books: Books, state: PaymentState) -> Decimal:
    """Shopify tells it in the shop's currency only; without it, a part payment has no amount we could state."""
    if state != PaymentState.PARTIALLY_PAID:
        return Decimal(0)
    if books.is_presented or not node.has("total_outstanding"):
        node.warn("total_outstanding", "is missing, the amount paid is not known")
        return books.amount(node, "total_price")
    return node.amount("total_outstanding", books.currency)


def is_payment(entry: Node, books: Books) -> bool:
    if entry.text("kind", 20) not in ("sale", "capture") or entry.text("status", 20) != "success":
        return False
    if (currency := entry.text("currency", 10)) and currency != books.currency:
        entry.warn("currency", f"is {currency}, the order's is {books.currency}: payment left out")
        return False
    return True


def payment(entry: Node, books: Books) -> IncomingPayment:
    method, last4 = instrument(entry)
    external_id = entry.required_identifier("id")
    return IncomingPayment(
        external_id, method, entry.amount("amount", books.currency), last4, entry.required_time("processed_at", "created_at")
    )


def instrument(node: Node) -> tuple[str, str]:
    """Brand and last four when a card is named, else the ways to pay in words. Never more than four digits."""
    details = node.node("payment_details")
    last4 = LAST_FOUR.search(details.text("credit_card_number", 40))
    if company := details.text("credit_card_company", 60):
        return company, last4[1] if last4 else ""
    names = node.data.get("payment_gateway_names") or [node.data.get("gateway") or ""]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise node.refuse("payment_gateway_names", "must be a list of texts")
    ways = [codes.GATEWAYS.get(name, name.replace("_", " ").strip().capitalize()) for name in names if name]
    return Node({"ways": ", ".join(dict.fromkeys(ways))}).text("ways", 60) or "Payment", ""


def refunds(node: Node, books: Books) -> tuple[IncomingRefund, ...]:
    found = [(entry, *money_back(entry, books)) for entry in node.nodes("refunds")]
    return tuple(refund(entry, amount) for entry, amount, _ in found if amount)


def single_refund(node: Node) -> RefundSeen | Ignored:
    """A refund with its order's id. One without money (units taken off the order) shows in the order itself."""
    order_id = node.required_identifier("order_id")
    amount, currency = money_back(node, None)
    found = refund(node, amount)
    return RefundSeen(order_id, found, currency, node.told()) if amount else Ignored("a refund without money")


def refund(node: Node, amount: Decimal) -> IncomingRefund:
    counted: dict[str, int] = {}
    for entry in node.nodes("refund_line_items"):
        if quantity := entry.quantity("quantity"):
            id = entry.required_identifier("line_item_id")
            counted[id] = counted.get(id, 0) + quantity
    at = node.required_time("processed_at", "created_at")
    return IncomingRefund(node.required_identifier("id"), amount, at, node.text("note", 300), counted)


def money_back(node: Node, books: Books | None) -> tuple[Decimal, str]:
    """What successful refund transactions sent back, and in which currency."""
    total, currency = Decimal(0), books.currency if books else ""
    for entry in node.nodes("transactions"):
        if entry.text("kind", 20) != "refund" or entry.text("status", 20) != "success":
            continue
        stated = stated_currency(entry) or currency
        if not stated or (currency and stated != currency):
            entry.warn("currency", f"is {stated or 'missing'}, expected {currency or 'one'}: left out")
            continue
        currency = stated
        total += entry.amount("amount", stated)
    return total, currency


def stated_currency(entry: Node) -> str:
    try:
        return check_currency(entry.text("currency", 10)) if entry.has("currency") else ""
    except UnknownCurrency as error:
        raise entry.refuse("currency", str(error)) from None
