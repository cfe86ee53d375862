"""Which of a shopper's orders the list shows."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncYear

from orders.models import Order, OrderLine
from orders.types import Fulfilment, OrderState, PaymentState
from portal.rules import STILL_COMING
from tracking.models import Shipment
from tracking.types import ShipmentStatus

ON_THE_WAY = STILL_COMING | {ShipmentStatus.READY_FOR_PICKUP, ShipmentStatus.RETURNING}
LONGEST_QUERY = 100


class Show(StrEnum):
    """Parts of the list. What is put away is looked at apart from the rest."""

    ALL = ""
    OPEN = "open"
    ARRIVED = "arrived"
    ENDED = "ended"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the shopper looks for in the list."""

    query: str = ""
    year: int | None = None
    show: Show = Show.ALL

    @property
    def is_set(self) -> bool:
        return bool(self.query or self.year or self.show)


def wanted(*, query: str, year: str, show: str) -> Wanted:
    """What was typed or chosen; unusable values count as not given."""
    is_year = len(year) == 4 and year.isascii() and year.isdigit() and 2000 <= int(year) <= 2100
    return Wanted(_plain(query), int(year) if is_year else None, Show(show) if show in set(Show) else Show.ALL)


def _plain(query: str) -> str:
    """Wide figures as plain ones, nothing unprintable, one space between words."""
    text = unicodedata.normalize("NFKC", query[: 4 * LONGEST_QUERY])
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_QUERY]


def shopper_orders(*, customer_id: int, wanted: Wanted, zone: ZoneInfo) -> "QuerySet[Order]":
    """The shopper's orders, newest first, by item, order number, year and part of the list."""
    rows: QuerySet[Order] = Order.objects.filter(customer_id=customer_id, archived_at__isnull=wanted.show != Show.ARCHIVED)
    if wanted.year is not None:
        start, end = datetime(wanted.year, 1, 1, tzinfo=zone), datetime(wanted.year + 1, 1, 1, tzinfo=zone)
        rows = rows.filter(placed_at__gte=start, placed_at__lt=end)
    if wanted.query:
        rows = rows.filter(_named(wanted.query, customer_id))
    return _part(rows, wanted.show).order_by("-placed_at", "-id")


def _named(query: str, customer_id: int) -> Q:
    items = OrderLine.objects.filter(order__customer_id=customer_id).filter(Q(title__icontains=query) | Q(sku__iexact=query))
    return Q(number__icontains=query.lstrip("#")) | Q(pk__in=items.values("order_id"))


def _part(rows: "QuerySet[Order]", show: Show) -> "QuerySet[Order]":
    """Each order is in exactly one of open, arrived and ended."""
    if show in (Show.ALL, Show.ARCHIVED):
        return rows
    is_ended = Q(state=OrderState.CANCELLED) | Q(payment_state=PaymentState.REFUNDED) | Q(total__gt=0, refunded_total__gte=F("total"))
    travelling = Exists(Shipment.objects.filter(order=OuterRef("pk"), status__in=ON_THE_WAY))
    is_open = ~Q(fulfilment=Fulfilment.FULFILLED) | travelling
    return {
        Show.OPEN: lambda: rows.filter(~is_ended & is_open),
        Show.ARRIVED: lambda: rows.filter(~is_ended & ~is_open),
        Show.ENDED: lambda: rows.filter(is_ended),
    }[show]()


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is to choose from: the years in which the shopper ordered, newest first, and whether anything is put away."""

    years: tuple[int, ...]
    has_archived: bool

    @property
    def is_empty(self) -> bool:
        return not self.years


def shelf_of(*, customer_id: int, zone: ZoneInfo) -> Shelf:
    """One query, whatever the number of orders."""
    years = Order.objects.filter(customer_id=customer_id).annotate(start=TruncYear("placed_at", tzinfo=zone)).values("start")
    rows = list(years.annotate(away=Count("id", filter=Q(archived_at__isnull=False))).order_by("-start"))
    return Shelf(tuple(row["start"].year for row in rows), has_archived=any(row["away"] for row in rows))
