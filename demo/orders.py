"""Orders as the demo's shops make them."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from core.money import round_amount
from demo.world import Goods, Shop, Shopper
from merchants.selectors import base_url
from orders.types import IncomingLine, IncomingOrder, IncomingPayment, PaymentState


def picture(goods: Goods) -> str:
    """Address of the product's picture on the merchant's own host."""
    return f"{base_url()}/static/demo/{goods.picture}"


def make_order(shop: Shop, number: str, shopper: Shopper, picks: tuple[int, ...], placed: datetime, *, paid: bool = True) -> IncomingOrder:
    """An order as the demo's shops make them; the sum is right to the cent."""
    lines = tuple(_lines(shop, picks))
    goods = sum((line.total for line in lines), Decimal(0))
    base = goods + shop.shipping
    tax = round_amount(base * shop.tax / (1 + shop.tax) if shop.taxes_included else base * shop.tax, shop.currency)
    total = base if shop.taxes_included else base + tax
    method, last4 = ("Visa", "4821") if shop.country == "DE" else ("Mastercard", "7702")
    return IncomingOrder(
        source=shop.connector,
        external_id=number,
        number=number,
        currency=shop.currency,
        placed_at=placed,
        updated_at=placed,
        lines=lines,
        subtotal=goods,
        shipping_total=shop.shipping,
        tax_total=tax,
        taxes_included=shop.taxes_included,
        total=total,
        email=shopper.email,
        phone=shopper.phone,
        first_name=shopper.first_name,
        last_name=shopper.last_name,
        language=shopper.language,
        accepts_marketing=shopper.likes_offers,
        payment_state=PaymentState.PAID if paid else PaymentState.PENDING,
        is_confirmed=paid,
        payments=(IncomingPayment(external_id="1", method=method, amount=total, last4=last4, paid_at=placed),) if paid else (),
        shipping_address=shopper.address,
        billing_address=shopper.address,
        shipping_method=f"{shop.carriers[0][0]} {shop.carriers[0][1]}",
    )


def _lines(shop: Shop, picks: tuple[int, ...]) -> Iterator[IncomingLine]:
    counts: dict[int, int] = {}
    for pick in picks:
        index = pick % len(shop.goods)
        counts[index] = counts.get(index, 0) + 1
    for index, quantity in counts.items():
        goods = shop.goods[index]
        yield IncomingLine(
            external_id=goods.sku,
            title=goods.title,
            variant_title=goods.variant,
            sku=goods.sku,
            product_external_id=str(goods.id),
            quantity=quantity,
            unit_price=goods.price,
            total=goods.price * quantity,
            image_url=picture(goods),
        )
