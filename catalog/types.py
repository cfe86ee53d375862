"""Words of this room, and what a product's guide is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypedDict

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Relation(TextChoices):
    """What one product is to another."""

    GOES_WITH = "goes_with", _("goes with it")
    SPARE_PART = "spare_part", _("spare part")


class Unit(TextChoices):
    """What a column of a size table is measured in."""

    CM = "cm", _("cm")
    IN = "in", _("in")


class Care(TextChoices):
    """How a thing is cared for, as the words beside its sign say it."""

    WASH_30 = "wash_30", _("Wash at 30 °C")
    WASH_40 = "wash_40", _("Wash at 40 °C")
    WASH_60 = "wash_60", _("Wash at 60 °C")
    WASH_GENTLE = "wash_gentle", _("Gentle cycle")
    WASH_HAND = "wash_hand", _("Wash by hand")
    WASH_NOT = "wash_not", _("Do not wash")
    BLEACH_NOT = "bleach_not", _("Do not bleach")
    TUMBLE_LOW = "tumble_low", _("Tumble dry low")
    TUMBLE_NOT = "tumble_not", _("Do not tumble dry")
    DRY_LINE = "dry_line", _("Dry on a line")
    DRY_FLAT = "dry_flat", _("Dry flat")
    IRON_LOW = "iron_low", _("Iron, low heat")
    IRON_MEDIUM = "iron_medium", _("Iron, medium heat")
    IRON_HIGH = "iron_high", _("Iron, high heat")
    IRON_NOT = "iron_not", _("Do not iron")
    CLEAN_DRY = "clean_dry", _("Dry clean only")
    CLEAN_NOT = "clean_not", _("Do not dry clean")
    WIPE = "wipe", _("Wipe with a damp cloth")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. `variant` names the options it shows, like `Pink`; empty: all of them."""

    url: str
    alt: str = ""
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the guide."""

    title: str
    text: str = ""
    image_url: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Manual:
    """A document to download. `size` in bytes, 0: not known."""

    title: str
    url: str
    language: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a size table; without a unit it is a name or a number that is never converted."""

    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sizes:
    """A size table. Products share it by its name."""

    name: str
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several a product is sold in: a size, a colour. `options` names each choice: `{"Size": "40"}`."""

    external_id: str
    title: str
    options: dict[str, str] = field(default_factory=dict)
    sku: str = ""
    price: Decimal | None = None
    stock: int | None = None


class Written(TypedDict, total=False):
    """What the shop and the merchant may both tell. What is left out stays as it is."""

    description: str
    category: str
    tags: Sequence[str]
    specs: dict[str, str]
    guide: str
    care: str
    care_symbols: Sequence[str]
    video_url: str
    video_title: str
    warranty_months: int | None
    warranty_text: str
    pictures: Sequence[Picture]
    steps: Sequence[Step]
    manuals: Sequence[Manual]
    variants: Sequence[Choice]
    size_table: Sizes | None


class ProductTexts(Written, total=False):
    """All that may be told about a product beside its id and title."""

    sku: str
    variant_title: str
    image_url: str
    page_url: str
    price: Decimal | None
    currency: str
    stock: int | None
