"""The address that puts an item into the shop's cart."""

from collections.abc import Sequence
from urllib.parse import urlencode

from orders.registry import CartItem


def cart(account: str, items: Sequence[CartItem]) -> str:
    """Every WooCommerce takes one item by address; several only from version 10 on, and nobody tells us the version."""
    ids = [item.variant or item.product for item in items]
    if not account or len(ids) != 1 or not (ids[0].isascii() and ids[0].isdigit()):
        return ""
    return f"https://{account}/?{urlencode({'add-to-cart': ids[0], 'quantity': items[0].quantity})}"
