"""What may be sent about a product."""

from collections.abc import Mapping
from typing import Any, cast

from rest_framework import serializers

from catalog.rules.sizes import MAX_CELL, MAX_COLUMNS, MAX_ROWS
from catalog.services import MAX_MONTHS, MAX_RELATED, MAX_STOCK
from catalog.types import Care, Choice, Column, Manual, Picture, Sizes, Step, Unit
from core.fields import Amount, CurrencyCode, Identifier, LanguageTag, LongText, Moment, Pairs, StrictSerializer, Text, WebAddress, Whole
from merchants.api import PageQuery

LONG = 20_000
MADE = {"pictures": Picture, "steps": Step, "manuals": Manual, "variants": Choice}


def parts(shape: type[StrictSerializer], *, most: int, help_text: str) -> Any:
    """A list that is left as it is when it is left out."""
    return cast(Any, shape)(many=True, max_length=most, required=False, help_text=help_text)


class PictureInput(StrictSerializer):
    """One picture."""

    url = WebAddress()
    alt = Text(required=False, default="", allow_blank=True, max_length=300, help_text="What it shows, for those who do not see it.")
    variant = Text(required=False, default="", allow_blank=True, max_length=200, help_text="Which variant it shows, like Pink; empty: all.")


class StepInput(StrictSerializer):
    """One step of the guide."""

    title = Text(max_length=200)
    text = LongText(required=False, default="", allow_blank=True, max_length=5_000)
    image_url = WebAddress(required=False, default="", allow_blank=True)
    alt = Text(required=False, default="", allow_blank=True, max_length=300)


class ManualInput(StrictSerializer):
    """A document."""

    title = Text(max_length=200)
    url = WebAddress()
    language = LanguageTag(required=False, default="", allow_blank=True)
    size = Whole(required=False, default=0, min_value=0, max_value=2_000_000_000, help_text="Bytes; 0: not known.")


class VariantInput(StrictSerializer):
    """One choice of several: a size, a colour."""

    external_id = Identifier(max_length=100, help_text="What the shop's cart and orders call it.")
    title = Text(max_length=200, help_text="Like `40 / Black`.")
    options = Pairs(required=False, default=dict, help_text="Name of the choice -> value: `Size` -> `40`.")
    sku = Text(required=False, default="", allow_blank=True, max_length=100)
    price = Amount(required=False, allow_null=True, default=None, help_text="In the product's currency.")
    stock = Whole(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=MAX_STOCK,
        help_text="How many can be sent today; null: not told.",
    )


class ColumnInput(StrictSerializer):
    """One column."""

    name = Text(max_length=MAX_CELL)
    unit = serializers.ChoiceField(choices=Unit.values, required=False, default="", allow_blank=True, help_text="Left out: not measured.")


class SizeTableInput(StrictSerializer):
    """A size table."""

    name = Text(max_length=100, required=False, default="", allow_blank=True, help_text="Needed with columns.")
    columns = cast(Any, ColumnInput)(many=True, max_length=MAX_COLUMNS, required=False, default=list)
    rows = serializers.ListField(
        child=serializers.ListField(child=Text(max_length=MAX_CELL, allow_blank=True), max_length=MAX_COLUMNS),
        required=False,
        default=list,
        max_length=MAX_ROWS,
    )
    note = Text(required=False, default="", allow_blank=True, max_length=500, help_text="How to measure, and how it fits.")


def table_of(data: Mapping[str, Any]) -> Sizes | None:
    """None when there is nothing in it: it is taken off the product."""
    if not data["columns"] and not data["rows"]:
        return None
    columns = tuple(Column(**entry) for entry in data["columns"])
    return Sizes(data["name"], columns, tuple(tuple(row) for row in data["rows"]), data["note"])


class ProductInput(StrictSerializer):
    """One sellable thing: a variant where there are variants.

    The shop's facts (sku, variant, main picture, page, price, currency, stock) are told whole: left out, they are empty. All
    else is unchanged when left out, and when the merchant keeps it as written in the admin (`kept` of the answer).
    """

    external_id = Identifier(max_length=100, help_text="The shop's own id.")
    title = Text(max_length=300)
    variant_title = Text(required=False, default="", allow_blank=True, max_length=200)
    sku = Text(required=False, default="", allow_blank=True, max_length=100)
    description = LongText(required=False, allow_blank=True, max_length=LONG)
    image_url = WebAddress(required=False, default="", allow_blank=True)
    page_url = WebAddress(required=False, default="", allow_blank=True)
    price = Amount(required=False, help_text="What one costs now. Without it the product is never offered in a message.")
    currency = CurrencyCode(required=False, default="", max_length=3, help_text="Needed with a price.")
    stock = Whole(
        required=False, min_value=0, max_value=MAX_STOCK, help_text="How many can be sent today. Left out or 0: never offered in a message."
    )
    category = Text(required=False, allow_blank=True, max_length=100, help_text="Things of one category go together.")
    tags = serializers.ListField(
        child=Text(max_length=255), required=False, max_length=250, help_text="Words of the shop: rules of the return policy go by them."
    )
    variants = parts(
        VariantInput, most=2_048, help_text="What it can be exchanged for, in this order. Of a product sold in one way only: none."
    )
    related = serializers.ListField(
        child=Identifier(max_length=100),
        required=False,
        max_length=MAX_RELATED,
        help_text="Ids of products we hold that go with this one, best first; a new list takes the place of the old. Left out: unchanged.",
    )
    spare_parts = serializers.ListField(
        child=Identifier(max_length=100), required=False, max_length=MAX_RELATED, help_text="Ids of products we hold that are parts of it."
    )
    specs = Pairs(required=False, help_text="Name -> value, shown in this order.")
    guide = LongText(required=False, allow_blank=True, max_length=LONG, help_text="How to use it, in one text. Steps go into `steps`.")
    steps = parts(StepInput, most=30, help_text="How to use it, step by step.")
    pictures = parts(PictureInput, most=30, help_text="In this order. The first is the main one when `image_url` is left out.")
    manuals = parts(ManualInput, most=20, help_text="Documents to download.")
    care = LongText(required=False, allow_blank=True, max_length=5_000, help_text="How to care for it.")
    care_symbols = serializers.ListField(
        child=serializers.ChoiceField(choices=Care.values), required=False, max_length=len(Care), help_text="In this order."
    )
    video_url = WebAddress(required=False, allow_blank=True, help_text="https only. Shown as a link, never loaded into our page.")
    video_title = Text(required=False, allow_blank=True, max_length=200)
    warranty_months = Whole(
        required=False, min_value=0, max_value=MAX_MONTHS, help_text="From delivery; 0: none. Who bought under a longer one keeps it."
    )
    warranty_text = LongText(required=False, allow_blank=True, max_length=2_000, help_text="What it covers and what to do.")
    size_table = SizeTableInput(
        required=False, help_text="Shared by all products that name it. Without columns it is taken off this product."
    )
    updated_at = Moment(required=False, help_text="Older than what we hold changes nothing. Now when left out.")

    def to_internal_value(self, data: Any) -> Any:
        """The price is read in the product's currency."""
        if isinstance(data, Mapping):
            context: Any = self.context
            context |= {"currency": data.get("currency")}
        values = dict(super().to_internal_value(data))
        values |= {name: [made(**entry) for entry in values[name]] for name, made in MADE.items() if name in values}
        if "size_table" in values:
            values["size_table"] = table_of(values["size_table"])
        return values


class ProductsQuery(PageQuery):
    """Filters of the list."""

    sku = Text(required=False, default="", max_length=100)
