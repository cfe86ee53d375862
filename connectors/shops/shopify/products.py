"""Shopify's product, the one order lines name by `product_id`. Its variants share a page, a guide and pictures."""

from catalog.types import Choice, Picture, ProductTexts
from connectors.fields import Node
from connectors.shops.shopify import codes
from connectors.shops.texts import prose
from connectors.types import ProductSeen

DEFAULT_VARIANT = "Default Title"
ANY = "CLF"  # with four decimals: the call names no currency, prices are rounded when it is known
MAX_STOCK, MAX_PICTURES, MAX_TAGS, MAX_VARIANTS, TEXT = 1_000_000_000, 30, 250, 2_048, 20_000


def product(node: Node) -> ProductSeen:
    """What the call is silent about is not told: a description that is missing is not an empty one."""
    variants = node.nodes("variants")
    found = pictures(node, variants)
    told: ProductTexts = {"image_url": found[0].url if found else node.node("image").url("src", 1000), **offer(variants)}
    if "body_html" in node.data:
        told["description"] = node.prose("body_html", TEXT, prose)
    if "product_type" in node.data:
        told["category"] = node.text("product_type", 100)
    if "images" in node.data:
        told["pictures"] = found
    if "tags" in node.data:
        told["tags"] = tags(node)
    if "variants" in node.data:
        told["variants"] = choices(node, variants)
    external_id = node.required_identifier("id")
    handle = node.text("handle", 300)
    return ProductSeen(
        external_id=external_id,
        title=node.text("title", 300) or external_id,
        updated_at=node.required_time("updated_at", "created_at"),
        told=told,
        page_path=f"/products/{handle}" if handle else "",
        is_on_sale=node.known("status", codes.PRODUCT_STATUSES) in codes.ON_SALE,
        warnings=node.told(),
    )


def offer(variants: list[Node]) -> ProductTexts:
    """A product with one variant is one thing that can be sold; of several only what they have in common is told."""
    prices = {variant.amount("price", ANY) if variant.has("price") else None for variant in variants}
    told: ProductTexts = {"price": prices.pop() if len(prices) == 1 else None}
    if len(variants) == 1:
        only = variants[0]
        title = only.text("title", 200)
        told |= {"sku": only.text("sku", 100), "variant_title": "" if title == DEFAULT_VARIANT else title, "stock": stock(only)}
    return told


def tags(node: Node) -> list[str]:
    """One text with commas between them, as Shopify writes it, or a list."""
    told = node.data["tags"]
    words = told if isinstance(told, list) else node.text("tags", 100_000).split(",")
    found = [Node({"tags": word}, node.path, node.warnings).text("tags", 255).lower() for word in words]
    return list(dict.fromkeys(word for word in found if word))[:MAX_TAGS]


def choices(node: Node, variants: list[Node]) -> list[Choice]:
    """None for a product that is sold in one way only."""
    if len(variants) < 2:
        return []
    names = [entry.text("name", 100) for entry in node.nodes("options")]
    return [choice(variant, names) for variant in variants[:MAX_VARIANTS]]


def choice(variant: Node, names: list[str]) -> Choice:
    external_id = variant.required_identifier("id")
    title = variant.text("title", 200)
    values = [variant.text(f"option{place}", 255) for place in (1, 2, 3)]
    if not any(values):
        values = [part.strip() for part in title.split(" / ")]
    options = {name: value for name, value in zip(names, values, strict=False) if name and value}
    price = variant.amount("price", ANY) if variant.has("price") else None
    return Choice(external_id, title or external_id, options, variant.text("sku", 100), price, stock(variant))


def stock(variant: Node) -> int | None:
    """None while Shopify does not count it. Below zero is oversold: none to send."""
    value = variant.data.get("inventory_quantity")
    if not variant.has("inventory_management") or isinstance(value, bool) or not isinstance(value, int):
        return None
    return max(0, min(value, MAX_STOCK))


def pictures(node: Node, variants: list[Node]) -> list[Picture]:
    """In the shop's order. A picture of some variants is named after the options all of them share."""
    options = {variant.identifier("id"): [part.strip() for part in variant.text("title", 200).split(" / ")] for variant in variants}
    found = []
    for entry in node.nodes("images")[:MAX_PICTURES]:
        if url := entry.url("src", 1000):
            found.append(Picture(url, entry.text("alt", 300), shared_options(entry, options)))
    return found


def shared_options(entry: Node, options: dict[str, list[str]]) -> str:
    ids = entry.data.get("variant_ids")
    shown = [options[str(id)] for id in ids if str(id) in options] if isinstance(ids, list) else []
    return " / ".join(part for part in shown[0] if all(part in other for other in shown[1:]))[:200] if shown else ""
