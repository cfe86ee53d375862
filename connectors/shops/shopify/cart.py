"""The address that opens the shop's cart with items in it."""

from collections.abc import Sequence

from orders.registry import CartItem


def cart(account: str, items: Sequence[CartItem]) -> str:
    """Shopify's cart permalink; `storefront` leads to the cart, where prices are seen, instead of to the till.

    It knows variants only, so "" unless all of them are known.
    """
    if not account or not all(item.variant.isascii() and item.variant.isdigit() for item in items):
        return ""
    return f"https://{account}/cart/{','.join(f'{item.variant}:{item.quantity}' for item in items)}?storefront=true"
