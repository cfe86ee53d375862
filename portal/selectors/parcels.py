"""Parcels, scans and open incidents as the shopper's pages read them: few queries, whatever the numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import JSONObject

from merchants.scope import required_merchant_id
from orders.models import OrderRequest
from orders.selectors import open_requests
from orders.types import RequestState
from portal.rules.stops import Seen
from portal.types import Trouble, Wish
from returns.models import ParcelAnswer
from tracking.models import Incident, Scan, Shipment, ShipmentLine
from tracking.selectors import open_incidents
from tracking.types import IncidentType

SCREEN, WHOLE = 50, 500  # scans shown at first, and per page of the whole journey


def parcels_with_contents(*, order_id: int) -> list[Shipment]:
    """The order's parcels by their number, each with what it holds as `packed` and what its shopper said as `is_answered`; one query."""
    inside = ShipmentLine.objects.filter(shipment_id=OuterRef("pk")).values(json=JSONObject(line="order_line_id", quantity="quantity"))
    answered = Exists(ParcelAnswer.objects.filter(shipment_id=OuterRef("pk")))
    rows = Shipment.objects.filter(order_id=order_id).annotate(packed=ArraySubquery(inside), is_answered=answered)
    return list(rows.order_by("position", "id"))


def packed_in(shipment: Shipment) -> dict[int, int]:
    """Order line id -> pieces in the parcel, as read by `parcels_with_contents`."""
    rows: list[dict[str, int]] = getattr(shipment, "packed", [])
    return {row["line"]: row["quantity"] for row in rows}


def bare_parcels_of(*, order_ids: Iterable[int]) -> dict[int, list[Shipment]]:
    """Parcels of many orders without their contents; one query."""
    found: dict[int, list[Shipment]] = {id: [] for id in order_ids}
    if found:
        for shipment in Shipment.objects.filter(order_id__in=found).order_by("order_id", "position", "id"):
            found[shipment.order_id].append(shipment)
    return found


@dataclass(frozen=True, slots=True)
class Troubles:
    """What is open about one order: about itself, about each of its parcels, and what its shopper asked for."""

    order: tuple[Trouble, ...] = ()
    parcels: dict[int, tuple[Trouble, ...]] | None = None
    asked: tuple[Wish, ...] = ()

    def of(self, shipment_id: int) -> tuple[Trouble, ...]:
        return (self.parcels or {}).get(shipment_id, ())


def troubles_of(*, order_ids: Iterable[int], requests: Sequence[OrderRequest] | None = None) -> dict[int, Troubles]:
    """Open incidents of each order, worst first, and open requests; two queries, one when the `requests` of a single order are at hand."""
    ids = list(order_ids)
    at_hand = {id: [row for row in requests if row.state == RequestState.REQUESTED] for id in ids} if requests is not None else None
    wishes = open_requests(order_ids=ids) if at_hand is None else at_hand
    return {order_id: _troubles(rows, wishes.get(order_id, ())) for order_id, rows in open_incidents(order_ids=ids).items()}


def _troubles(rows: Sequence[Incident], wishes: Sequence[OrderRequest]) -> Troubles:
    parcels: dict[int, tuple[Trouble, ...]] = {}
    for row in rows:
        if row.shipment_id is not None:
            parcels[row.shipment_id] = (*parcels.get(row.shipment_id, ()), _trouble(row))
    asked = tuple(Wish(row.kind, row.answer_by) for row in wishes)
    return Troubles(tuple(_trouble(row) for row in rows if row.shipment_id is None), parcels, asked)


def _trouble(row: Incident) -> Trouble:
    return Trouble(
        type=row.type,
        cause=row.cause,
        reason=row.reason,
        promised_by=row.promised_by,
        expected_by=row.expected_by,
        news_by=row.news_by,
        opened_at=row.opened_at,
        choice=row.choice,
        chosen_at=row.chosen_at,
        facts=row.facts if isinstance(row.facts, dict) else {},
    )


def unsent_incident(*, order_id: int) -> Incident | None:
    """The order's open incident of not having been sent in time: what a choice is made about."""
    rows = open_incidents(order_ids=[order_id])[order_id]
    return next((row for row in rows if row.type == IncidentType.UNSHIPPED_PAST_PROMISE), None)


@dataclass(frozen=True, slots=True)
class Scans:
    """One page of a parcel's scans, newest first."""

    rows: tuple[Seen, ...]
    page: int  # 0: the newest few; 1 and up: pages of the whole journey
    has_more: bool


def scans_page(*, shipment_id: int, page: int, with_text: bool) -> Scans:
    """The newest scans, or one page of all of them; one query. Without `with_text` the carrier's own words stay out."""
    size = WHOLE if page else SCREEN
    start = (page - 1) * WHOLE if page else 0
    rows = list(Scan.objects.filter(shipment_id=shipment_id).order_by("-at", "-id")[start : start + size + 1])
    return Scans(tuple(_seen(row, with_text=with_text) for row in rows[:size]), page, len(rows) > size)


def _seen(row: Scan, *, with_text: bool) -> Seen:
    return Seen(
        status=row.status,
        at=row.at,
        zone=row.zone,
        is_zone_assumed=row.is_zone_assumed,
        has_time=row.has_time,
        is_delay=row.is_delay,
        cause=row.cause,
        reason=row.reason,
        city=row.city,
        region=row.region,
        country=row.country,
        text=row.text if with_text else "",
    )


# A row's xmin changes with every update of it, so that this costs a few index reads and misses nothing, whoever wrote.
VERSION = """
    select own.id, own.customer_id, md5(concat_ws('|',
        own.xmin::text, own.ctid::text,
        (select string_agg(concat_ws(':', id, xmin, ctid), ',' order by id)
            from tracking_shipment where merchant_id = %(merchant)s and order_id = own.id),
        (select string_agg(concat_ws(':', id, xmin, ctid), ',' order by id)
            from tracking_incident where merchant_id = %(merchant)s and order_id = own.id)))
    from orders_order as own where own.merchant_id = %(merchant)s and """
BY_TOKEN = VERSION + "own.track_token = %(value)s"
BY_ID = VERSION + "own.public_id = %(value)s"


@dataclass(frozen=True, slots=True)
class Version:
    """Which order, whose it is, and a text that changes whenever the order, a parcel or an incident of it does."""

    pk: int
    customer_id: int | None
    text: str


def version_by_token(*, token: str) -> Version | None:
    """One query, a few index reads: cheap enough to be asked every minute by everybody who waits."""
    return _version(BY_TOKEN, token)


def version_by_id(*, public_id: str) -> Version | None:
    """The same for an order's own address."""
    return _version(BY_ID, public_id)


def _version(sql: str, value: str) -> Version | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"merchant": required_merchant_id(), "value": value})
        row = cursor.fetchone()
    return Version(*row) if row else None


def moves_of(promises: Iterable[Any], *, shipment_id: int) -> list[tuple[datetime, date, date]]:
    """When the day of a parcel moved, from which and to which: the first one said is no move."""
    said = [row for row in promises if row.kind == "arrive_by" and row.subject == f"shipment:{shipment_id}"]
    said.sort(key=lambda row: (row.said_at, row.pk))
    return [(later.said_at, earlier.date, later.date) for earlier, later in pairwise(said) if later.date != earlier.date]
