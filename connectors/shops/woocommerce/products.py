"""WooCommerce's product. A variable one is told with its variations' ids only; they share a page, a guide and pictures."""

from catalog.types import Picture, ProductTexts
from connectors.fields import Node
from connectors.shops.texts import prose
from connectors.shops.woocommerce import codes
from connectors.shops.woocommerce.meta import plain
from connectors.types import Ignored, ProductSeen

ANY = "CLF"  # with four decimals: the call names no currency, prices are rounded when it is known
MAX_STOCK, MAX_PICTURES, MAX_SPECS, MAX_RELATED, MAX_TAGS, TEXT = 1_000_000_000, 30, 50, 20, 250, 20_000


def product(node: Node) -> ProductSeen | Ignored:
    """What the call is silent about is not told."""
    if node.text("type", 40) == codes.VARIATION:
        return Ignored(f"a variation of product {node.identifier('parent_id')}, which tells what we show")
    found = pictures(node)
    told: ProductTexts = {
        "sku": node.text("sku", 100),
        "image_url": found[0].url if found else "",
        "page_url": node.url("permalink", 1000),
        **offer(node),
        **texts(node),
    }
    if "images" in node.data:
        told["pictures"] = found
    external_id = node.required_identifier("id")
    return ProductSeen(
        external_id=external_id,
        title=node.text("name", 300, plain) or external_id,
        updated_at=node.required_time("date_modified_gmt", "date_created_gmt", assume_utc=True),
        told=told,
        goes_with=goes_with(node),
        is_on_sale=node.known("status", codes.PRODUCT_STATUSES) in codes.ON_SALE,
        warnings=node.told(),
    )


def offer(node: Node) -> ProductTexts:
    """A variable product's price is its cheapest variation's, and its stock says nothing of any of them: neither is told."""
    if node.text("type", 40) not in codes.OF_ONE_PRICE:
        return {}
    return {"price": node.amount("price", ANY) if node.has("price") else None, "stock": stock(node)}


def stock(node: Node) -> int | None:
    """Counted, else only whether there is any: then none is known, and how many is not."""
    status, value = node.known("stock_status", codes.STOCK), node.data.get("stock_quantity")
    if node.data.get("manage_stock") is True and isinstance(value, int) and not isinstance(value, bool):
        return max(0, min(value, MAX_STOCK))
    return 0 if status == codes.SOLD_OUT else None


def texts(node: Node) -> ProductTexts:
    told: ProductTexts = {}
    if "description" in node.data:
        told["description"] = node.prose("description", TEXT, prose) or node.prose("short_description", TEXT, prose)
    if "categories" in node.data:
        told["category"] = next((entry.text("name", 100, plain) for entry in node.nodes("categories")), "")
    if "tags" in node.data:
        words = [entry.text("name", 255, plain).lower() for entry in node.nodes("tags")]
        told["tags"] = list(dict.fromkeys(word for word in words if word))[:MAX_TAGS]
    if "attributes" in node.data:
        told["specs"] = specs(node)
    return told


def specs(node: Node) -> dict[str, str]:
    """Attributes the shop shows and the shopper does not choose by."""
    found: dict[str, str] = {}
    for entry in node.nodes("attributes"):
        values = entry.data.get("options")
        name = entry.text("name", 100, plain)
        if name and isinstance(values, list) and entry.flag("visible") and not entry.flag("variation") and len(found) < MAX_SPECS:
            words = [Node({"option": value}, entry.at("options"), entry.warnings).text("option", 200, plain) for value in values[:20]]
            found[name] = ", ".join(word for word in words if word)[:500]
    return {name: value for name, value in found.items() if value}


def pictures(node: Node) -> list[Picture]:
    entries = node.nodes("images")[:MAX_PICTURES]
    return [Picture(url, entry.text("alt", 300, plain)) for entry in entries if (url := entry.url("src", 1000))]


def goes_with(node: Node) -> tuple[str, ...]:
    """Cross-sells: what the shop itself offers beside it."""
    ids = node.data.get("cross_sell_ids")
    known = [str(id) for id in ids if isinstance(id, int) and not isinstance(id, bool) and id > 0] if isinstance(ids, list) else []
    return tuple(dict.fromkeys(known))[:MAX_RELATED]
