"""What a product must be before it is kept. Every refusal names its field."""

from collections.abc import Mapping
from typing import Any

from catalog.rules.sizes import BadTable, check_table
from catalog.types import Care, Choice, Sizes
from core.money import BadAmount, UnknownCurrency, check_currency, parse_amount

# What only the shop knows; a call tells all of it, so what it leaves out is empty from then on.
FACTS: dict[str, Any] = {
    **{"sku": "", "variant_title": "", "image_url": "", "page_url": "", "price": None, "currency": "", "stock": None},
}
# What merchants write as well; a call that leaves one out leaves it alone.
COLUMNS = (
    *("description", "category", "tags", "specs", "guide", "care", "care_symbols"),
    *("video_url", "video_title", "warranty_months", "warranty_text"),
)
LISTS = ("pictures", "steps", "manuals", "variants")
RELATIONS = ("related", "spare_parts")
PARTS = (*COLUMNS, *LISTS, "size_table", *RELATIONS)

LIMITS = {
    **{"external_id": 100, "sku": 100, "title": 300, "variant_title": 200, "category": 100, "video_title": 200},
    **{"description": 20_000, "guide": 20_000, "care": 5_000, "warranty_text": 2_000},
}
URLS = ("image_url", "page_url", "video_url")
MAX_SPECS, MAX_RELATED, MAX_STOCK, MAX_MONTHS, MAX_BYTES = 100, 20, 1_000_000_000, 1_200, 2_000_000_000
MOST = {"pictures": 30, "steps": 30, "manuals": 20, "tags": 250, "variants": 2_048}


class ProductRefused(ValueError):
    """Not a product we can keep. Names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


def check_identity(external_id: str, title: str) -> None:
    """Refuses empty and over-long ones."""
    for name, value in (("external_id", external_id), ("title", title)):
        if not value.strip():
            raise ProductRefused(name, "must not be empty")
        _text(value, LIMITS[name], name)


def check_values(values: dict[str, Any]) -> None:
    """Check what is there of a product's columns and lists; the currency is brought to its normal form."""
    for name, limit in LIMITS.items():
        if name in values:
            _text(values[name], limit, name)
    for name in URLS:
        if name in values:
            _url(values[name], name)
    _check_specs(values.get("specs", {}))
    _check_guide(values)
    _check_lists(values)
    if "price" in values:
        _check_offer(values)
    _check_variants(values)


def _check_specs(specs: Mapping[str, str]) -> None:
    if len(specs) > MAX_SPECS:
        raise ProductRefused("specs", f"more than {MAX_SPECS}")
    for key, value in specs.items():
        _text(key, 100, "specs")
        _text(value, 500, f"specs[{key[:40]}]")


def _check_guide(values: dict[str, Any]) -> None:
    months: Any = values.get("warranty_months")
    if months is not None and (type(months) is not int or not 0 <= months <= MAX_MONTHS):
        raise ProductRefused("warranty_months", f"must be a whole number from 0 to {MAX_MONTHS}")
    if values.get("video_url") and not values["video_url"].startswith("https://"):
        raise ProductRefused("video_url", "must begin with https://")
    for position, code in enumerate(values.get("care_symbols", ())):
        if code not in Care.values:
            raise ProductRefused(f"care_symbols.{position}", "is no care sign we know")
    table: Sizes | None = values.get("size_table")
    if table is not None:
        check_sizes(table)


def check_sizes(table: Sizes) -> None:
    """Refuses (ProductRefused) a table without a name, and one no page can show."""
    if not table.name.strip():
        raise ProductRefused("size_table.name", "must not be empty")
    _text(table.name, 100, "size_table.name")
    _text(table.note, 500, "size_table.note")
    try:
        check_table(table)
    except BadTable as error:
        raise ProductRefused("size_table", str(error)) from None


def _check_lists(values: dict[str, Any]) -> None:
    for name, most in MOST.items():
        if len(values.get(name, ())) > most:
            raise ProductRefused(name, f"more than {most}")
    for position, picture in enumerate(values.get("pictures", ())):
        _address(picture.url, f"pictures.{position}.url")
        _text(picture.alt, 300, f"pictures.{position}.alt")
        _text(picture.variant, 200, f"pictures.{position}.variant")
    for position, step in enumerate(values.get("steps", ())):
        _named(step.title, f"steps.{position}.title")
        _text(step.text, 5_000, f"steps.{position}.text")
        _url(step.image_url, f"steps.{position}.image_url")
        _text(step.alt, 300, f"steps.{position}.alt")
    for position, manual in enumerate(values.get("manuals", ())):
        _named(manual.title, f"manuals.{position}.title")
        _address(manual.url, f"manuals.{position}.url")
        _text(manual.language, 10, f"manuals.{position}.language")
        if not 0 <= manual.size <= MAX_BYTES:
            raise ProductRefused(f"manuals.{position}.size", f"must be from 0 to {MAX_BYTES}")


def _check_variants(values: dict[str, Any]) -> None:
    """Each under an id of its own, with a title; prices are in the product's currency, told with them."""
    for position, tag in enumerate(values.get("tags", ())):
        _text(tag, 255, f"tags.{position}")
    seen: set[str] = set()
    for position, one in enumerate(values.get("variants", ())):
        field = f"variants.{position}"
        for name, limit in (("external_id", 100), ("title", 200)):
            _text(getattr(one, name), limit, f"{field}.{name}")
            if not getattr(one, name).strip():
                raise ProductRefused(f"{field}.{name}", "must not be empty")
        if one.external_id in seen:
            raise ProductRefused(f"{field}.external_id", "is named twice")
        seen.add(one.external_id)
        _text(one.sku, 100, f"{field}.sku")
        for key, value in one.options.items():
            _text(key, 100, f"{field}.options")
            _text(value, 255, f"{field}.options[{key[:40]}]")
        _check_price(one, field, values.get("currency", ""))


def _check_price(one: Choice, field: str, currency: str) -> None:
    if one.stock is not None and (type(one.stock) is not int or not 0 <= one.stock <= MAX_STOCK):
        raise ProductRefused(f"{field}.stock", f"must be a whole number from 0 to {MAX_STOCK}")
    if one.price is None:
        return
    if not currency:
        raise ProductRefused("currency", "must be told with the price")
    try:
        parse_amount(one.price, currency)
    except BadAmount as error:
        raise ProductRefused(f"{field}.price", str(error)) from None


def _check_offer(values: dict[str, Any]) -> None:
    """Price and currency only together; stock may be told without either."""
    price, currency, stock = values["price"], values["currency"], values["stock"]
    if stock is not None and (type(stock) is not int or not 0 <= stock <= MAX_STOCK):
        raise ProductRefused("stock", f"must be a whole number from 0 to {MAX_STOCK}")
    if currency:
        try:
            values["currency"] = check_currency(currency)
        except UnknownCurrency:
            raise ProductRefused("currency", "must be an ISO 4217 code") from None
    if price is None:
        return
    if not currency:
        raise ProductRefused("currency", "must be told with the price")
    try:
        values["price"] = parse_amount(price, values["currency"])
    except BadAmount as error:
        raise ProductRefused("price", str(error)) from None


def _text(value: str, limit: int, field: str) -> None:
    if not isinstance(value, str):
        raise ProductRefused(field, "must be text")
    if len(value) > limit:
        raise ProductRefused(field, f"longer than {limit} characters")
    if "\0" in value:
        raise ProductRefused(field, "must not contain NUL")


def _named(value: str, field: str) -> None:
    _text(value, 200, field)
    if not value.strip():
        raise ProductRefused(field, "must not be empty")


def _url(value: str, field: str) -> None:
    _text(value, 1000, field)
    if value and not value.startswith(("https://", "http://")):
        raise ProductRefused(field, "must begin with https:// or http://")


def _address(value: str, field: str) -> None:
    if not value:
        raise ProductRefused(field, "must not be empty")
    _url(value, field)
