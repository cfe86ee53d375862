"""An item more in the same parcel: asked for by the shopper, decided by the shop.

The shopper's wish reserves nothing and changes no amount. The shop confirms it here, or adds the item to its own order, which
confirms it just the same; sent or cancelled, an order takes no more wishes and those still open are refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Max

from catalog.models import Product
from core.money import round_amount
from merchants.rows import insert, insert_unless_there, update
from orders.models import Addition, Order, OrderLine
from orders.rules import OUR_LINE, Item, OrderRefused, is_same_item, may_be_decided, payment_after
from orders.selectors import additions_closed, asked_for, offered
from orders.services.journal import Journal
from orders.types import AdditionState, Change, Fulfilment, IncomingLine, IncomingOrder, OrderState, PaymentState

LOOKED_THROUGH = 40  # what is pressed may have slipped down the offer since the page was opened
# Reasons of our own, told in the reader's language; a shop's reason is told in the shop's words.
ORDER_SENT, ORDER_CANCELLED = "order_sent", "order_cancelled"


class AdditionsClosed(ValueError):
    """Nothing can be added to the order any more, or its additions cannot be decided any more."""


class NotOffered(ValueError):
    """The product is not on offer for this order: sold out meanwhile, taken off sale, or never was."""


class PriceChanged(ValueError):
    """It costs something else than what the shopper was shown."""


class AdditionDecided(ValueError):
    """The shop has decided otherwise before."""


def request_addition(*, order: Order, product_id: str, price: Decimal, at: datetime) -> Addition:
    """Note that the shopper wants one of a product (its public id) in the order's parcel, at the price they were shown.

    Refuses (AdditionsClosed, NotOffered, PriceChanged). Asked for again it is the same wish: nothing changes.
    """
    held: Order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    reason = additions_closed(held, now=at)
    if reason:
        raise AdditionsClosed(reason)
    asked: Addition | None = Addition.objects.filter(order=held, product__public_id=product_id).first()
    if asked is not None:
        return asked
    product = _offered_product(held, product_id)
    if product.price != price:
        raise PriceChanged(f"{product.price} {product.currency}")
    row = Addition(order=held, product=product, product_external_id=product.external_id, title=_title(product), requested_at=at)
    row.unit_price, row.currency = round_amount(price, held.currency), held.currency
    insert([row])
    if held.additions_at is None:
        held.additions_at = at
        update(held, ["additions_at"])
    _tell(held, row, at, Change.ADDITION_REQUESTED)
    return row


def _offered_product(order: Order, product_id: str) -> Product:
    """Locked, so that two shoppers do not both ask for the last one."""
    found = next((row for row in offered(orders=[order], limit=LOOKED_THROUGH)[order.pk] if row.public_id == product_id), None)
    if found is None:
        raise NotOffered("the product is not offered for this order")
    held: Product = Product.objects.select_for_update(no_key=True).get(pk=found.pk)
    if held.deleted_at is not None or held.price is None or (held.stock or 0) <= asked_for([held.pk]).get(held.pk, 0):
        raise NotOffered("the product was sold out in this moment")
    return held


def _title(product: Product) -> str:
    return f"{product.title}, {product.variant_title}"[:300] if product.variant_title else product.title


def confirm_addition(*, addition: Addition, at: datetime, line_id: str = "") -> Addition:
    """Take the item into the order: one line more, no postage more. Confirmed before, it stays as it is.

    `line_id` is the shop's own id of the line, where it has one. Refuses (AdditionsClosed) when the order was cancelled or something
    of it was sent, (AdditionDecided) what was refused before, (OrderRefused) an id another line of the order has.
    """
    order, row = _held(addition)
    if row.state == AdditionState.CONFIRMED:
        return row
    if row.state == AdditionState.REFUSED:
        raise AdditionDecided("the addition was refused before")
    if order.state != OrderState.CONFIRMED or order.fulfilment != Fulfilment.UNFULFILLED:
        raise AdditionsClosed(f"order {order.number} is {order.state}, {order.fulfilment}")
    line = _line_of(row, line_id)
    if not insert_unless_there(line):
        raise OrderRefused("line_external_id", "is the id of another line")
    _decide(row, AdditionState.CONFIRMED, at)
    journal = Journal(order, at)
    _grow(order, line.total, at)
    journal.note(Change.LINES_CHANGED, at, added=[{"title": row.title, "quantity": row.quantity}], addition=row.pk)
    journal.tell("orders.addition.confirmed", addition=row.pk)
    journal.tell("orders.order.changed", what=["lines", "amounts"])
    journal.write()
    return row


def _line_of(row: Addition, line_id: str) -> OrderLine:
    """The line of a confirmed addition; without an id of the shop's, its own takes the place as soon as it lists one."""
    product, total = row.product, row.unit_price * row.quantity
    position = OrderLine.objects.filter(order=row.order_id).aggregate(last=Max("position"))["last"] or 0
    return OrderLine(
        order_id=row.order_id,
        external_id=line_id or f"{OUR_LINE}{row.public_id}",
        position=position + 1,
        product=product,
        title=product.title if product else row.title,
        variant_title=product.variant_title if product else "",
        sku=product.sku if product else "",
        image_url=product.image_url if product else "",
        quantity=row.quantity,
        unit_price=row.unit_price,
        total=total,
    )


def _grow(order: Order, amount: Decimal, at: datetime) -> None:
    """What the line costs is due; postage and tax stay as the shop told them until it tells them anew."""
    order.subtotal += amount
    order.total += amount
    order.additions_at = at
    if amount and order.paid_total < order.total:
        order.payment_state = payment_after(order.payment_state, PaymentState.PARTIALLY_PAID)
    update(order, ["subtotal", "total", "additions_at", "payment_state"])


def refuse_addition(*, addition: Addition, reason: str, at: datetime) -> Addition:
    """Say why it is not possible, in words for the shopper. Refused before, it stays as it is.

    Refuses (AdditionDecided) what was confirmed before.
    """
    order, row = _held(addition)
    if row.state == AdditionState.REFUSED:
        return row
    if not may_be_decided(row.state, AdditionState.REFUSED):
        raise AdditionDecided("the item is in the order")
    _refuse(order, [row], reason.replace("\0", "")[:200], at)
    return row


def refuse_open(*, order: Order, reason: str, at: datetime) -> int:
    """Refuse what the shop has not decided on; the caller holds the order. Returns how many; no query when nothing was ever asked for."""
    if order.additions_at is None or order.pk is None:
        return 0
    rows = list(Addition.objects.filter(order=order, state=AdditionState.REQUESTED).order_by("pk"))
    _refuse(order, rows, reason, at)
    return len(rows)


def _refuse(order: Order, rows: Iterable[Addition], reason: str, at: datetime) -> None:
    for row in rows:
        _decide(row, AdditionState.REFUSED, at, reason)
        _tell(order, row, at, Change.ADDITION_REFUSED)


def _held(addition: Addition) -> tuple[Order, Addition]:
    """The order first, as everybody who changes it does."""
    order: Order = Order.objects.select_for_update(no_key=True).get(pk=addition.order_id)
    row: Addition = Addition.objects.select_related("product").get(pk=addition.pk)
    row.order = order
    return order, row


def _decide(row: Addition, state: AdditionState, at: datetime, reason: str = "") -> None:
    row.state, row.decided_at, row.reason = state, at, reason
    update(row, ["state", "decided_at", "reason"])


EVENTS = {Change.ADDITION_REQUESTED: "orders.addition.requested", Change.ADDITION_REFUSED: "orders.addition.refused"}


def _tell(order: Order, row: Addition, at: datetime, change: Change) -> None:
    journal = Journal(order, at)
    journal.note(change, at, addition=row.pk, title=row.title, quantity=row.quantity)
    journal.tell(EVENTS[change], addition=row.pk)
    journal.write()


def match_additions(*, order: Order, added: Sequence[IncomingLine], journal: Journal, at: datetime) -> int:
    """Lines the shop has added to its order confirm what was asked for. Returns how many.

    The caller holds the order. No query when nothing was ever asked for.
    """
    if order.additions_at is None or not added:
        return 0
    rows = Addition.objects.filter(order=order).exclude(state=AdditionState.CONFIRMED).select_related("product").order_by("pk")
    left, matched = [Item(line.product_external_id, line.sku) for line in added], 0
    for row in rows:
        found = next((item for item in left if is_same_item(item, _item(row))), None)
        if found is None or not may_be_decided(row.state, AdditionState.CONFIRMED):
            continue
        left.remove(found)
        _decide(row, AdditionState.CONFIRMED, at)
        journal.tell("orders.addition.confirmed", addition=row.pk)
        matched += 1
    return matched


def _item(row: Addition) -> Item:
    return Item(row.product_external_id, row.product.sku if row.product else "")


def knowing_additions(order: Order, incoming: IncomingOrder) -> IncomingOrder:
    """The shop's news as they would be had the shop known what it confirmed here since; the same news when they are newer than that.

    Without it a change of address that took its time would take a confirmed item off the order again.
    """
    if order.additions_at is None or incoming.updated_at >= order.additions_at:
        return incoming
    listed = {line.external_id for line in incoming.lines}
    since = Addition.objects.filter(order=order, state=AdditionState.CONFIRMED, decided_at__gt=incoming.updated_at)
    rows = OrderLine.objects.filter(order=order, product__in=since.values("product"), quantity_removed=0).select_related("product")
    missing = [row for row in rows.order_by("position", "id") if row.external_id not in listed and not _lists(incoming, row)]
    if not missing:
        return incoming
    more: Decimal = sum((row.total for row in missing), Decimal(0))
    is_paid = incoming.payment_state == PaymentState.PAID
    return replace(
        incoming,
        lines=(*incoming.lines, *(_as_told(row) for row in missing)),
        total=incoming.total + more,
        subtotal=incoming.subtotal + more,
        payment_state=PaymentState.PARTIALLY_PAID if is_paid and more else incoming.payment_state,
    )


def _lists(incoming: IncomingOrder, row: OrderLine) -> bool:
    ours = Item(row.product.external_id if row.product else "", row.sku)
    return any(is_same_item(ours, Item(line.product_external_id, line.sku)) for line in incoming.lines)


def _as_told(row: OrderLine) -> IncomingLine:
    return IncomingLine(
        external_id=row.external_id,
        title=row.title,
        quantity=row.quantity,
        unit_price=row.unit_price,
        total=row.total,
        variant_title=row.variant_title,
        sku=row.sku,
        variant_external_id=row.variant_external_id,
        product_external_id=row.product.external_id if row.product else "",
        image_url=row.image_url,
    )


def note_packed(*, order: Order, at: datetime) -> None:
    """A parcel of the order was told, if only a label: nothing is added to it from now on. The caller holds the order."""
    if order.packed_at is None:
        order.packed_at = at
        update(order, ["packed_at"])
