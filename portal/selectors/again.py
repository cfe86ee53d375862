"""An order's items as they can be bought today: price, stock and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.models import Product
from orders.models import Order, OrderLine
from orders.registry import CartItem, cart_of, no_cart
from portal.rules import is_https
from portal.rules.again import stock_state
from portal.types import State


@dataclass(frozen=True, slots=True)
class Again:
    """One line: what was paid for one then, what one costs now, whether it is there, and where it is bought; "" when nowhere."""

    title: str
    variant: str
    image_url: str
    quantity: int
    then: Decimal
    now: Decimal | None
    currency: str
    state: State
    url: str
    is_cart: bool  # the address puts it into the cart; else it shows it

    @property
    def is_dearer(self) -> bool:
        return self.now is not None and self.now > self.then

    @property
    def is_cheaper(self) -> bool:
        return self.now is not None and self.now < self.then


@dataclass(frozen=True, slots=True)
class Basket:
    """All lines, and the address that puts all that can be had into the shop's cart; "" when the shop has none."""

    lines: Sequence[Again]
    url: str
    pieces: int
    total: Decimal | None  # of what can be had, when all prices are known
    currency: str


def basket_of(order: Order) -> Basket:
    """What was bought and can be bought again; two queries, whatever the number of lines."""
    rows = OrderLine.objects.filter(order=order).select_related("product").order_by("position", "id")
    goods = [row for row in rows if row.product_id is not None or row.variant_external_id]
    there = [row for row in goods if _is_there(row.product)]
    cart = cart_of(order.source) if there else no_cart
    whole = cart([_item(row) for row in there]) if len(there) > 1 else ""
    return Basket(
        lines=[_again(row, order, cart([_item(row)]) if row in there else "") for row in goods],
        url=whole if is_https(whole) else "",
        pieces=sum(row.quantity for row in there),
        total=_total(there, order.currency),
        currency=order.currency,
    )


def _item(row: OrderLine) -> CartItem:
    return CartItem(row.product.external_id if row.product else "", row.variant_external_id, row.quantity)


def _is_there(product: Product | None) -> bool:
    return product is None or (product.deleted_at is None and product.stock != 0)


def _total(rows: Sequence[OrderLine], currency: str) -> Decimal | None:
    prices = [(_price(row.product, currency), row.quantity) for row in rows]
    if not prices or any(price is None for price, _ in prices):
        return None
    return sum((price * quantity for price, quantity in prices if price is not None), Decimal(0))


def _price(product: Product | None, currency: str) -> Decimal | None:
    return product.price if product is not None and product.deleted_at is None and product.currency == currency else None


def _again(row: OrderLine, order: Order, cart: str) -> Again:
    product = row.product
    page = product.page_url if product is not None and product.deleted_at is None else ""
    url = cart if is_https(cart) else page if is_https(page) else ""
    return Again(
        title=row.title,
        variant=row.variant_title,
        image_url=row.image_url or (product.image_url if product else ""),
        quantity=row.quantity,
        then=row.unit_price,
        now=_price(product, order.currency),
        currency=order.currency,
        state=stock_state(is_sold=product is None or product.deleted_at is None, stock=product.stock if product else None),
        url=url,
        is_cart=bool(url) and url == cart,
    )
