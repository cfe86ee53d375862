"""The page of one product: what was sold that day, and what the catalogue says of it today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.db.models import Case, Exists, OuterRef, QuerySet, When

from catalog.models import GuideStep, Product, ProductManual
from catalog.rules import Term, converted, gallery, months_promised, units_of
from catalog.selectors import manuals_of, pictures_of, product_by_sku, product_with_parts, relatives, sizes_of, specs_of, steps_of, terms_of
from catalog.types import Care, Picture, Relation, Sizes, Step
from orders.models import Order, OrderLine
from portal.formats import file_size_text, language_name, measure_text
from portal.rules import is_https
from portal.rules.warranties import Arrived, Warranty, warranty_of
from portal.selectors.parcels import packed_in, parcels_with_contents
from returns.selectors.fit import Fit, fit_of
from tracking.models import Shipment
from tracking.types import ShipmentStatus

INCHES = frozenset({"US", "LR", "MM"})  # countries that measure clothes in inches


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A size table in one unit. `unit` is empty when nothing in it is measured."""

    unit: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ShownSizes:
    """The table in each unit it can be shown in, and the one to begin with."""

    note: str
    tables: tuple[ShownTable, ...]
    first: str
    fit: Fit | None = None  # what returns say of it


@dataclass(frozen=True, slots=True)
class CareSign:
    """One sign: its picture and its words."""

    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Download:
    """A manual with what is good to know before it is fetched."""

    title: str
    url: str
    language: str
    size: str


@dataclass(frozen=True, slots=True)
class Film:
    """A film at somebody else's: only ever a link."""

    url: str
    title: str
    host: str


@dataclass(frozen=True, slots=True)
class Today:
    """What the shop says of it now, which need not be what was bought."""

    title: str
    price: Decimal | None
    currency: str
    is_sold_out: bool
    page_url: str
    gone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Guide:
    """What the catalogue knows of a product."""

    description: str
    specs: Sequence[tuple[str, str]]
    text: str
    steps: Sequence[Step]
    manuals: Sequence[Download]
    care: str
    signs: Sequence[CareSign]
    film: Film | None
    sizes: ShownSizes | None
    warranty_text: str
    spare_parts: Sequence[Product]
    today: Today


@dataclass(frozen=True, slots=True)
class ProductPage:
    """All of one product's page."""

    pictures: Sequence[Picture]
    guide: Guide | None
    warranty: Warranty | None


def product_page(*, order: Order, line: OrderLine, today: date, zone: ZoneInfo, language: str) -> ProductPage:
    """The page of one line, in four queries, one more for what returns say of sizes, and one where the line names no product."""
    product = _product_of(line)
    first = [line.image_url, product.image_url if product else ""]
    pictures = gallery(pictures_of(product) if product else [], variant=line.variant_title, first=first[:1] if line.image_url else first)
    if product is None:
        return ProductPage(pictures, None, None)
    country = str((order.shipping_address or {}).get("country") or "")
    months = months_promised(terms_of(product), bought_at=order.placed_at)
    warranty = _warranty(order, line, months, zone) if months else None
    return ProductPage(pictures, guide_of(product, country=country, language=language), warranty)


def preview_page(*, product: Product, now: datetime, country: str, language: str) -> ProductPage:
    """The same for nobody's order, as if it were bought and delivered today."""
    months = months_promised([Term(product.warranty_months or 0, now)], bought_at=now)
    warranty = warranty_of(months=months, wanted=1, arrived=[], promised=None, bought=None)
    pictures = gallery(pictures_of(product), variant=product.variant_title, first=[product.image_url])
    return ProductPage(pictures, guide_of(product, country=country, language=language), warranty)


def _product_of(line: OrderLine) -> Product | None:
    """The line's product; for a line older than the catalogue, the one with its article number."""
    id = line.product_id
    if id is None:
        found = product_by_sku(sku=line.sku)
        id = found.pk if found else None
    return None if id is None else product_with_parts(id=id)


def guide_of(product: Product, *, country: str, language: str) -> Guide:
    """A product read by `with_parts`, as a page in this language shows it."""
    return Guide(
        description=product.description,
        specs=specs_of(product),
        text=product.guide,
        steps=steps_of(product),
        manuals=[
            Download(
                manual.title,
                manual.url,
                language_name(manual.language, language=language),
                file_size_text(manual.size, language=language) if manual.size else "",
            )
            for manual in manuals_of(product)
            if is_https(manual.url)
        ],
        care=product.care,
        signs=[CareSign(code.partition("_")[0], str(Care(code).label)) for code in product.care_symbols if code in Care.values],
        film=_film(product),
        sizes=_sizes(sizes_of(product.size_table), product_id=product.pk, country=country, language=language),
        warranty_text=product.warranty_text,
        spare_parts=relatives(product_id=product.pk, kind=Relation.SPARE_PART) if getattr(product, "spare_parts", ()) else [],
        today=_today(product),
    )


def _film(product: Product) -> Film | None:
    if not is_https(product.video_url):
        return None
    return Film(product.video_url, product.video_title, (urlsplit(product.video_url).hostname or "").removeprefix("www."))


def _today(product: Product) -> Today:
    return Today(
        title=product.title,
        price=product.price,
        currency=product.currency,
        is_sold_out=product.stock == 0,
        page_url=product.page_url if is_https(product.page_url) and not product.deleted_at else "",
        gone_at=product.deleted_at,
    )


def _sizes(table: Sizes | None, *, product_id: int, country: str, language: str) -> ShownSizes | None:
    if table is None or not table.rows:
        return None
    units = units_of(table.columns) or [""]
    wanted = "in" if country in INCHES else "cm"
    shown = tuple(_shown(table, unit, language) for unit in units)
    return ShownSizes(table.note, shown, wanted if wanted in units else units[0], fit_of(product_id=product_id))


def _shown(table: Sizes, unit: str, language: str) -> ShownTable:
    rows = tuple(
        tuple(_cell(cell, column.unit, unit, language) for cell, column in zip(row, table.columns, strict=False)) for row in table.rows
    )
    return ShownTable(unit, tuple(column.name for column in table.columns), rows)


def _cell(cell: str, own: str, unit: str, language: str) -> str:
    """A measure in the unit asked for; what is no number keeps the unit it was written in."""
    if not own:
        return cell
    numbers = converted(cell, unit=own, to=unit)
    if numbers is not None:
        return measure_text(numbers, language=language)
    return f"{cell} {own}" if cell and own != unit else cell


def _warranty(order: Order, line: OrderLine, months: int, zone: ZoneInfo) -> Warranty | None:
    parcels = parcels_with_contents(order_id=order.pk) if line.requires_shipping else []
    return warranty_of(
        months=months,
        wanted=line.quantity - line.quantity_removed,
        arrived=[_arrived(parcel, pieces, zone) for parcel in parcels if (pieces := _pieces(parcel, line))],
        promised=order.arrive_by,
        bought=None if line.requires_shipping else order.placed_at.astimezone(zone).date(),
    )


def _pieces(parcel: Shipment, line: OrderLine) -> int:
    """How many of the line are in the parcel; a parcel nobody itemised may hold all of them."""
    if parcel.status == ShipmentStatus.CANCELLED:
        return 0
    held = packed_in(parcel)
    return held.get(line.pk, 0) if held else line.quantity


def _arrived(parcel: Shipment, pieces: int, zone: ZoneInfo) -> Arrived:
    is_there = parcel.status == ShipmentStatus.DELIVERED and parcel.delivered_at is not None
    day = parcel.delivered_at.astimezone(zone).date() if is_there and parcel.delivered_at else None
    return Arrived(pieces, day, parcel.eta_by or parcel.promised_by)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Which parts of a guide there are for a line, to lead there."""

    has_guide: bool
    has_sizes: bool
    has_manuals: bool


def shelves_of(*, lines: Iterable[OrderLine]) -> dict[int, Shelf]:
    """Line id -> what there is to read about its product; lines with nothing are left out. One query, whatever their number."""
    wanted = {line.pk: line.product_id for line in lines if line.product_id is not None}
    known = {row.pk: row for row in _shelved(Product.objects.filter(pk__in=set(wanted.values())))} if wanted else {}
    return {pk: shelf for pk, id in wanted.items() if id in known and (shelf := _shelf(known[id])) != Shelf(False, False, False)}


def _shelved(rows: "QuerySet[Product]") -> "QuerySet[Product]":
    return rows.only("pk", "size_table").annotate(
        has_text=Case(When(guide="", care="", care_symbols=[], then=False), default=True),
        has_steps=Exists(GuideStep.objects.filter(product=OuterRef("pk"))),
        has_manuals=Exists(ProductManual.objects.filter(product=OuterRef("pk"))),
    )


def _shelf(row: Product) -> Shelf:
    has_guide: bool = getattr(row, "has_text", False) or getattr(row, "has_steps", False)
    return Shelf(has_guide, row.size_table_id is not None, getattr(row, "has_manuals", False))
