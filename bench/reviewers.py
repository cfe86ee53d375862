"""The real Olist reviews through the import: orders and deliveries as history, then every review as another system would hand it over.

Imported once Django runs. Afterwards the products' own figures are compared with what the file says, and low ones that speak of the
delivery are told from those that speak of the product (`docs/told-apart.csv`: what two hundred of them are about, judged by hand).
"""

import csv
import gzip
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from bench.olist import ZONE, moment
from catalog.models import Product
from core.clock import Clock
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import Order, OrderLine
from reviews.models import Review, ReviewPlan, ThemeMark, Voice
from reviews.models.ratings import Rating
from reviews.rules.themes import area_of, areas_of
from reviews.selectors.fairness import fairness
from reviews.selectors.themes import shared_words, top_themes
from reviews.services.imports import import_reviews
from reviews.services.moderation import decide
from reviews.types import ReviewState
from tracking.models import Shipment, ShipmentLine

NOW = datetime(2019, 1, 1, tzinfo=UTC)
START = datetime(2016, 9, 1, tzinfo=UTC)
PORTUGUESE = "pt-br"
CHUNK, FILE = 4_000, 10_000
LOW = 2
JUDGED = Path(__file__).resolve().parent.parent / "docs" / "told-apart.csv"
T = TypeVar("T")
Row = dict[str, str]


def table(folder: Path, name: str) -> Iterator[Row]:
    """The rows of one of the public files."""
    with gzip.open(folder / f"olist_{name}_dataset.csv.gz", "rt", encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def parts(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Some at a time."""
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some


class Reviewers:
    """One shop with its past, the reviews of it, and the verdict."""

    def __init__(self, folder: Path, orders: int) -> None:
        rows = sorted(table(folder, "orders"), key=lambda row: (row["order_purchase_timestamp"], row["order_id"]))[:orders]
        self.orders = {row["order_id"]: row for row in rows}
        self.items: dict[str, list[Row]] = {}
        for item in table(folder, "order_items"):
            if item["order_id"] in self.orders:
                self.items.setdefault(item["order_id"], []).append(item)
        self.reviews = [row for row in table(folder, "order_reviews") if row["order_id"] in self.orders]
        self.titles = {row["product_id"]: row["product_category_name"].replace("_", " ") for row in table(folder, "products")}
        self.merchant: Merchant = create_merchant(
            slug="olist", name="Olist", at=START, language=PORTUGUESE, country="BR", currency="BRL", timezone=ZONE.key
        )
        self.report: dict[str, Any] = {"reviews_read": len(self.reviews), "orders": len(self.orders)}

    def run(self) -> dict[str, Any]:
        """All of it, each step timed."""
        clock: Clock = lambda: NOW  # noqa: E731 - the replay's own time
        for name, step in (
            ("seconds_past", self._past),
            ("seconds_import", self._import),
            ("seconds_moderation", self._moderate),
            ("seconds_again", self._again),
        ):
            started = time.perf_counter()
            step()
            self.report[name] = round(time.perf_counter() - started, 1)
        started = time.perf_counter()
        run_until_quiet(clock)
        self.report["seconds_listening"] = round(time.perf_counter() - started, 1)
        with merchant_scope(self.merchant.pk):
            self.report |= {**self._landed(), **self._fair(), **self._heard(), **self._apart()}
        return self.report

    # What was sold and delivered before

    def _past(self) -> None:
        with merchant_scope(self.merchant.pk):
            ReviewPlan.objects.create()
            keys = sorted({item["product_id"] for some in self.items.values() for item in some})
            for some in parts(keys, CHUNK):
                Product.objects.bulk_create([self._product(key) for key in some])
            self.products = dict(Product.objects.values_list("external_id", "pk"))
        for rows in parts(self.orders.values(), CHUNK):
            with merchant_scope(self.merchant.pk):
                self._sell(rows)

    def _product(self, key: str) -> Product:
        title = self.titles.get(key) or "produto"
        return Product(external_id=key, sku=key[:12], title=title, currency="BRL", price=Decimal(0), created_at=START, updated_at=START)

    def _sell(self, rows: Sequence[Row]) -> None:
        """Orders, their lines, and one parcel per seller: all of them came when the file says the order did."""
        orders = {row.external_id: row for row in Order.objects.bulk_create([_order(row) for row in rows])}
        lines = OrderLine.objects.bulk_create([self._line(orders[id], item) for id in orders for item in self.items.get(id, [])])
        parcels = [_parcel(orders[row["order_id"]], seller, n, row) for row in rows for n, seller in enumerate(self._sellers(row), 1)]
        boxes = {(box.order_id, box.external_id): box for box in Shipment.objects.bulk_create(parcels)}
        sent = {(orders[id].pk, item["order_item_id"]): item["seller_id"][:12] for id in orders for item in self.items.get(id, [])}
        pieces = [(boxes[line.order_id, sent[line.order_id, line.external_id]], line) for line in lines]
        ShipmentLine.objects.bulk_create([ShipmentLine(shipment=box, order_line=line, quantity=1) for box, line in pieces])

    def _sellers(self, row: Row) -> list[str]:
        return list(dict.fromkeys(item["seller_id"][:12] for item in self.items.get(row["order_id"], [])))

    def _line(self, order: Order, item: Row) -> OrderLine:
        price = Decimal(item["price"])
        return OrderLine(
            order=order, external_id=item["order_item_id"], position=int(item["order_item_id"]), sku=item["product_id"][:12],
            title=self.titles.get(item["product_id"]) or "produto", quantity=1, unit_price=price, total=price,
            product_id=self.products[item["product_id"]],
        )  # fmt: skip

    # The reviews

    def _rows(self) -> Iterator[dict[str, str]]:
        """As another system would hand them over. The file knows orders, not lines: the first review of an order is of its first line.

        A number of an order that holds nothing more to review is left out; such a review lands all the same, unverified.
        """
        used: Counter[str] = Counter()
        for row in sorted(self.reviews, key=lambda row: (self._written(row), row["review_id"], row["order_id"])):
            items = self.items.get(row["order_id"], [])
            item = items[used[row["order_id"]]] if used[row["order_id"]] < len(items) else None
            used[row["order_id"]] += 1
            about = item or (items[0] if items else None)
            yield {
                "id": f"{row['review_id']}:{row['order_id']}",
                "product": about["product_id"] if about else row["order_id"],
                "product_title": "" if about else "pedido sem itens",
                "stars": row["review_score"],
                "title": row["review_comment_title"],
                "text": row["review_comment_message"],
                "written_at": self._written(row),
                "language": PORTUGUESE,
                **({"order_number": row["order_id"][:20], "line": item["order_item_id"]} if item else {}),
            }

    def _written(self, row: Row) -> str:
        return written(row, self.orders[row["order_id"]]["order_purchase_timestamp"])

    def _import(self) -> None:
        self.report |= self._told("", self._import_all())

    def _again(self) -> None:
        self.report |= self._told("again_", self._import_all())

    def _import_all(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for rows in parts(self._rows(), FILE):
            with merchant_scope(self.merchant.pk):
                batch = import_reviews(rows=rows, origin_name="Olist", file_name="olist_order_reviews_dataset.csv.gz", user=None, at=NOW)
                found.update(taken=batch.taken, known=batch.known, refused=len(batch.refused))
                found.update(f"refused: {field}: {why}" for _row, field, why in batch.refused)
        return found

    def _told(self, name: str, found: Counter[str]) -> dict[str, Any]:
        reasons = {key.removeprefix("refused: "): n for key, n in found.items() if key.startswith("refused: ")}
        counts = {f"{name}{key}": found[key] for key in ("taken", "known", "refused")}
        return {**counts, **({f"{name}refused_for": reasons} if reasons else {})}

    def _moderate(self) -> None:
        """Somebody who sees words and flags, no stars: ways to reach a person and insults are not published, shouting and links are."""
        with merchant_scope(self.merchant.pk):
            waiting = list(Review.objects.filter(state=ReviewState.PENDING).order_by("pk"))
            self.report["flagged"] = len(waiting)
            for review in waiting:
                grounds = sorted(flag["ground"] for flag in review.flags if flag["ground"] == "personal_data" or flag["check"] == "abuse")
                decide(review=review, ground=grounds[0] if grounds else "", note="", user=None, at=NOW)

    # The verdict

    def _landed(self) -> dict[str, Any]:
        ids = Counter(Review.objects.values_list("origin_id", flat=True))
        wanted = Counter(f"{row['review_id']}:{row['order_id']}" for row in self.reviews)
        verified = Review.objects.filter(is_verified=True)
        came = {
            (order, product): at
            for order, product, at in ShipmentLine.objects.order_by("-shipment__delivered_at").values_list(
                "order_line__order_id", "order_line__product_id", "shipment__delivered_at"
            )
        }
        keys = verified.values_list("order_id", "product_id", "written_at")
        early = sum(came.get((order, product)) is None or came[order, product] > at for order, product, at in keys)
        return {
            "lost": sum((wanted - ids).values()),
            "doubled": sum((ids - wanted).values()),
            "verified": verified.count(),
            "verified_before_delivery": early,
            "written_before_delivery": sum(self._is_early(row) for row in self.reviews),
        }

    def _is_early(self, row: Row) -> bool:
        came = moment(self.orders[row["order_id"]]["order_delivered_customer_date"])
        at = moment(self._written(row))
        return came is None or at is None or at < came

    def _fair(self) -> dict[str, Any]:
        found = fairness(since=START)
        rates = {str(rate.stars): [rate.written, rate.decided, rate.published, rate.share, rate.low, rate.high] for rate in found.rates}
        shares = [rate.share for rate in found.rates if rate.share is not None]
        stars = Counter(Rating.objects.values_list("stars", flat=True))
        told = Counter(int(row["review_score"]) for row in self.reviews)
        return {
            "stars_differ": sum((stars - told).values()) + sum((told - stars).values()),
            "publish_rate_by_star": rates,
            "publish_rates_are_even": found.is_even,
            "publish_rate_spread": round(max(shares) - min(shares), 4) if shares else None,
            "rejected_for": {str(row.ground): row.texts for row in found.log if row.texts},
        }

    def _heard(self) -> dict[str, Any]:
        top = top_themes(since=START, now=NOW)
        return {"voices": Voice.objects.count(), "marks": ThemeMark.objects.count(), "themes": {row.theme.key: row.n for row in top}}

    def _apart(self) -> dict[str, Any]:
        """What low ones with words are about, and how often that is what was judged by hand."""
        shared = shared_words()
        lows = [row for row in self.reviews if int(row["review_score"]) <= LOW and said(row)]
        told = {row["review_id"][:12]: about(said(row), shared) for row in lows}
        with JUDGED.open() as file:
            judged = {row["review"]: row["about"] for row in csv.DictReader(file)}
        pairs = Counter((told[id], truth) for id, truth in judged.items() if id in told)
        named = ("delivery", "product", "service", "both", "none")
        return {
            "low_with_words": len(lows),
            "low_about": dict(Counter(about(said(row), shared) for row in lows)),
            "judged": sum(pairs.values()),
            "told_apart": {name: quality(name, pairs) for name in named},
        }


def written(row: Row, bought: str) -> str:
    """When it was answered. Where the file holds no such hour, the day it was asked stands for it, or when the order was made."""
    return row["review_answer_timestamp"] or row["review_creation_date"] or bought


def said(row: Row) -> str:
    return f"{row['review_comment_title']}\n{row['review_comment_message']}".strip()


def about(text: str, shared: dict[str, dict[str, list[str]]]) -> str:
    """The area, `both` of delivery and product, or `none`."""
    found = areas_of(text, PORTUGUESE, shared)
    return "both" if {"delivery", "product"} <= set(found) else area_of(text, PORTUGUESE, shared) or "none"


def quality(name: str, pairs: Counter[tuple[str, str]]) -> dict[str, Any]:
    told = sum(n for (one, _truth), n in pairs.items() if one == name)
    true = sum(n for (_one, truth), n in pairs.items() if truth == name)
    right = pairs[name, name]
    return {"told": told, "are": true, "right": right, "precision": _share(right, told), "recall": _share(right, true)}


def _share(some: int, all: int) -> float | None:
    return round(some / all, 3) if all else None


def _order(row: Row) -> Order:
    at = moment(row["order_purchase_timestamp"]) or START
    is_cancelled = row["order_status"] == "canceled"
    return Order(
        source="olist", external_id=row["order_id"], number=row["order_id"][:20], state="cancelled" if is_cancelled else "confirmed",
        payment_state="paid", fulfilment="fulfilled", currency="BRL", total=Decimal(0), placed_at=at, confirmed_at=at,
        source_updated_at=at, recorded_at=NOW, language=PORTUGUESE,
    )  # fmt: skip


def _parcel(order: Order, seller: str, position: int, row: Row) -> Shipment:
    came = moment(row["order_delivered_customer_date"])
    left = moment(row["order_delivered_carrier_date"])
    return Shipment(
        order=order, source="olist", external_id=seller, position=position, carrier_code="correios", carrier_name="Correios",
        tracking_number="", status="delivered" if came else "in_transit", status_at=came or NOW, created_at=NOW, source_updated_at=NOW,
        shipped_at=left, delivered_at=came, to_country="BR",
    )  # fmt: skip
