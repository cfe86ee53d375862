"""What a shop's product call does to the catalogue."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from urllib.parse import urljoin

from catalog.models import Product
from catalog.selectors import products
from catalog.services import delete_product, relate_products, upsert_product
from catalog.types import Choice, ProductTexts
from connectors.types import ProductSeen
from core.money import round_amount
from merchants.selectors import branding, current_merchant


def record_goods(seen: ProductSeen, *, at: datetime) -> str:
    """Keep what the shop tells; says what came of it. Raises ProductRefused.

    Calls arrive in any order: one written before the product was taken off sale does not bring it back.
    """
    held: Product | None = Product.objects.filter(external_id=seen.external_id).first()
    if held is not None and (seen.updated_at < held.updated_at or (held.deleted_at is not None and seen.updated_at <= held.deleted_at)):
        return "is older than what we hold, left as it is"
    if held is None and not seen.is_on_sale:
        return "is not on sale, not recorded"
    upsert_product(external_id=seen.external_id, title=seen.title, at=at, updated_at=seen.updated_at, **_told(seen))
    _relate(seen)
    if not seen.is_on_sale:
        delete_product(external_id=seen.external_id, at=seen.updated_at)
        return "taken off sale; its guide stays"
    return "updated" if held else "recorded"


def _told(seen: ProductSeen) -> ProductTexts:
    """Product calls name no currency: their prices are in the merchant's, and their page is on the merchant's shop."""
    told: ProductTexts = {**seen.told}
    price: Decimal | None = told.get("price")
    if price is not None:
        currency = current_merchant().currency
        told |= {"price": round_amount(price, currency), "currency": currency}
    if any(one.price is not None for one in told.get("variants", ())):
        currency = current_merchant().currency
        told |= {"variants": [_rounded(one, currency) for one in told["variants"]], "currency": currency}
    if seen.page_path and (shop := branding().shop_url):
        told["page_url"] = urljoin(shop, seen.page_path)[:1000]
    return told


def _rounded(one: Choice, currency: str) -> Choice:
    return one if one.price is None else replace(one, price=round_amount(one.price, currency))


def _relate(seen: ProductSeen) -> None:
    """Those we hold of what the shop names; the others are named again by the product's next call."""
    if seen.goes_with:
        known = set(products().filter(external_id__in=seen.goes_with).values_list("external_id", flat=True))
        named = [id for id in seen.goes_with if id in known and id != seen.external_id]
        relate_products(external_id=seen.external_id, related=named)
