"""Lines and payments of an order, brought to what the shop tells."""

from datetime import datetime
from typing import Any

from django.db import connection

from merchants.rows import insert
from merchants.scope import required_merchant_id
from orders.models import Order, OrderLine, Payment
from orders.rules import OUR_LINE, Item, LineCount, fulfilment_of, is_same_item
from orders.selectors import products_of
from orders.services.journal import Journal
from orders.types import Change, Fulfilment, IncomingLine, IncomingPayment

PLAIN = (
    "title", "variant_title", "sku", "variant_external_id", "options", "image_url", "requires_shipping", "quantity", "quantity_removed",
    "unit_price", "discount", "tax", "total",
)  # fmt: skip
COUNTS = """
    select quantity - quantity_removed, quantity_fulfilled from orders_orderline
    where merchant_id = %s and order_id = %s and requires_shipping"""
SENT = "select id, quantity_fulfilled from orders_orderline where merchant_id = %s and order_id = %s"
SET_SENT = """
    update orders_orderline as line set quantity_fulfilled = told.quantity
    from unnest(%s::bigint[], %s::int[]) as told(id, quantity) where line.id = told.id and line.merchant_id = %s"""
# A new picture or a product that reached the catalogue later is no news for the shopper.
SILENT = frozenset({"image_url", "product_id", "position", "variant_external_id"})
COUNTED = frozenset({"quantity", "quantity_removed"})


def _values(line: IncomingLine, position: int, products: dict[str, tuple[int, str]]) -> dict[str, Any]:
    """The line's columns. Not every shop sends a picture with its orders: the catalogue's is as good."""
    values = {name: getattr(line, name) for name in PLAIN}
    product_id, picture = products.get(line.product_external_id, (None, ""))
    return {**values, "image_url": line.image_url or picture, "position": position, "product_id": product_id}


def create_lines(order: Order, lines: tuple[IncomingLine, ...]) -> list[OrderLine]:
    """Store the lines of a new order; two queries whatever their number."""
    products = products_of(line.product_external_id for line in lines)
    rows = [OrderLine(order=order, external_id=line.external_id, **_values(line, i, products)) for i, line in enumerate(lines, 1)]
    insert(rows)
    return rows


def sync_lines(order: Order, lines: tuple[IncomingLine, ...], journal: Journal, at: datetime) -> list[IncomingLine]:
    """Add, change and remove lines; returns what was added.

    A line the shop no longer lists stays as fully removed: parcels may point at it. A line we added for the shop becomes the
    shop's own when it lists the item under an id of its own.
    """
    products = products_of(line.product_external_id for line in lines)
    known: dict[str, OrderLine] = {row.external_id: row for row in OrderLine.objects.filter(order=order).order_by("position")}
    facts: dict[str, list[dict[str, Any]]] = {"added": [], "changed": [], "removed": []}
    fresh, touched, added = [], [], []
    named = {line.external_id for line in lines}
    for position, line in enumerate(lines, 1):
        values = _values(line, position, products) | {"external_id": line.external_id}
        row = known.pop(line.external_id, None) or _ours(known, named, values)
        if row is None:
            fresh.append(OrderLine(order=order, **values))
            added.append(line)
            facts["added"].append({"title": line.title, "quantity": line.quantity})
        elif changed := _apply(row, values):
            touched.append(row)
            if _is_news(changed):
                facts["changed"].append({"title": row.title, **{name: values[name] for name in changed if name.startswith("quantity")}})
    gone = [row for row in known.values() if row.quantity_removed != row.quantity]
    for row in gone:
        facts["removed"].append({"title": row.title, "quantity": row.quantity - row.quantity_removed})
        row.quantity_removed = row.quantity
    _store(order, fresh, touched + gone)
    if any(facts.values()):
        journal.note(Change.LINES_CHANGED, at, **{name: rows for name, rows in facts.items() if rows})
        journal.what.append("lines")
    return added


def _ours(known: dict[str, OrderLine], named: set[str], values: dict[str, Any]) -> OrderLine | None:
    """The line of ours that this one of the shop's takes the place of, taken out of those that are left."""
    item = Item(str(values["product_id"] or ""), values["sku"])
    for id, row in known.items():
        if id.startswith(OUR_LINE) and id not in named and is_same_item(item, Item(str(row.product_id or ""), row.sku)):
            return known.pop(id)
    return None


def _is_news(changed: list[str]) -> bool:
    """Of a line the shop has taken over from us only the number is: it now tells the item in its own words."""
    return bool(set(changed) & COUNTED) if "external_id" in changed else bool(set(changed) - SILENT)


def _apply(row: OrderLine, values: dict[str, Any]) -> list[str]:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _store(order: Order, fresh: list[OrderLine], touched: list[OrderLine]) -> None:
    if fresh:
        insert(fresh)
    if touched:
        OrderLine.objects.bulk_update(touched, [*PLAIN, "position", "product", "external_id"])
    if fresh or touched:
        order.fulfilment = fulfilment_now(order)


def fulfilment_now(order: Order) -> Fulfilment:
    """Computed afresh from the stored lines."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [required_merchant_id(), order.pk])
        return fulfilment_of(LineCount(wanted=wanted, sent=sent) for wanted, sent in cursor.fetchall())


def sent_of_lines(order: Order) -> dict[int, int]:
    """Line id -> how many the carriers have, as stored."""
    with connection.cursor() as cursor:
        cursor.execute(SENT, [required_merchant_id(), order.pk])
        return dict(cursor.fetchall())


def set_sent(quantities: dict[int, int]) -> None:
    """Store how many of each line the carriers have."""
    with connection.cursor() as cursor:
        cursor.execute(SET_SENT, [list(quantities), list(quantities.values()), required_merchant_id()])


def create_payments(order: Order, payments: tuple[IncomingPayment, ...]) -> None:
    """Store the payments of a new order."""
    insert([Payment(order=order, external_id=p.external_id, **{name: getattr(p, name) for name in PAYMENT_FIELDS}) for p in payments])


PAYMENT_FIELDS = ("method", "last4", "amount", "paid_at")


def sync_payments(order: Order, payments: tuple[IncomingPayment, ...]) -> None:
    """Add and change payments; one the shop no longer lists stays."""
    if not payments:
        return
    known = {row.external_id: row for row in Payment.objects.filter(order=order)}
    create_payments(order, tuple(p for p in payments if p.external_id not in known))
    for payment in payments:
        row = known.get(payment.external_id)
        if row is not None and (changed := _apply_payment(row, payment)):
            row.save(update_fields=changed)


def _apply_payment(row: Payment, payment: IncomingPayment) -> list[str]:
    changed = [name for name in PAYMENT_FIELDS if getattr(row, name) != getattr(payment, name)]
    for name in changed:
        setattr(row, name, getattr(payment, name))
    return changed
