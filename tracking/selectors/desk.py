"""Reads of the work list: what is open by rank, narrowed, page by page; its counts; one incident with its story."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from merchants.scope import required_merchant_id
from orders.models import Order
from tracking.models import Incident, IncidentNote, SavedView, Shipment
from tracking.rules.desk import MAX_AT_ONCE, WATCHED
from tracking.types import Choice, IncidentState

COUNTED = 5000  # counts stop here, so that a bad day does not slow the page down
PAGE = 50


class BadPlace(ValueError):
    """Not a place in a work list we gave out."""


class IncidentNotFound(LookupError):
    """The current merchant has no such incident."""


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """How the work list is narrowed. `view` is need, untold, mine, snoozed, resolved or all (of what is open)."""

    view: str = "need"
    user_id: int = 0
    type: str = ""
    carrier: str = ""
    region: str = ""
    owner: str = ""  # a user's id, or "none"
    state: str = ""
    cause: str = ""
    text: str = ""  # an order number or a tracking number, whole

    @property
    def is_resolved(self) -> bool:
        return self.view == "resolved"


@dataclass(frozen=True, slots=True)
class WorkPage:
    rows: list[Incident]
    next: str = ""
    parcels: Mapping[int, int] = field(default_factory=dict)  # order -> how many parcels it has


NEEDS_PERSON = ~Q(type__in=WATCHED) | Q(choice__in=[Choice.REPLACE, Choice.CANCEL])


def work_list(*, filters: WorkFilter, place: str = "", limit: int = PAGE, now: datetime) -> WorkPage:
    """A page of the work list, the most harm and the least time left first; resolved ones newest first. Raises BadPlace."""
    rows = _narrowed(filters, now).select_related("order__customer", "shipment", "owner")
    name = "opened_at" if filters.is_resolved else "rank"
    if place:
        value, id = _read(place, is_time=filters.is_resolved)
        rows = rows.filter(Q(**{f"{name}__lte": value})).filter(Q(**{f"{name}__lt": value}) | Q(pk__lt=id))
    found = list(rows.order_by(f"-{name}", "-pk")[: limit + 1])
    more = place_of(found[limit - 1], is_time=filters.is_resolved) if len(found) > limit else ""
    return WorkPage(found[:limit], more, _parcels(found[:limit]))


def place_of(row: Incident, *, is_time: bool) -> str:
    """The place just behind a row."""
    return f"{row.opened_at.isoformat() if is_time else repr(row.rank)}_{row.pk}"


def _read(place: str, *, is_time: bool) -> tuple[datetime | float, int]:
    head, _, id = place.rpartition("_")
    try:
        value = datetime.fromisoformat(head) if is_time else float(head)
    except ValueError:
        raise BadPlace(place) from None
    is_number = isinstance(value, datetime) or math.isfinite(value)
    if not (is_number and id.isascii() and id.isdecimal() and len(id) < 19) or (isinstance(value, datetime) and value.tzinfo is None):
        raise BadPlace(place)
    return value, int(id)


def _narrowed(filters: WorkFilter, now: datetime) -> "QuerySet[Incident]":
    rows: QuerySet[Incident] = Incident.objects.filter(_viewed(filters, now))
    plain = {
        "type": filters.type,
        "carrier_code": filters.carrier,
        "region": filters.region,
        "state": filters.state,
        "cause": filters.cause,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if filters.owner:
        rows = rows.filter(owner_id=int(filters.owner)) if filters.owner.isdecimal() else rows.filter(owner=None)
    return rows.filter(_named(filters.text)) if filters.text else rows


def _viewed(filters: WorkFilter, now: datetime) -> Q:
    if filters.is_resolved:
        return Q(state=IncidentState.RESOLVED)
    still = ~Q(state=IncidentState.RESOLVED)
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=now)
    if filters.text:
        return still  # who looks for one parcel wants it wherever it is
    return still & {
        "need": awake & NEEDS_PERSON,
        "untold": awake & Q(told_at=None),
        "mine": awake & Q(owner_id=filters.user_id),
        "snoozed": Q(snoozed_until__gt=now),
    }.get(filters.view, Q())


def _named(text: str) -> Q:
    """Of the order with this number or the parcel with this tracking number: two look-ups by index, no search through all incidents."""
    orders = list(Order.objects.filter(number=text).values_list("pk", flat=True)[:20])
    parcels = list(Shipment.objects.filter(tracking_number=text).values_list("pk", flat=True)[:20])
    return Q(order_id__in=orders) | Q(shipment_id__in=parcels)


def _parcels(rows: Sequence[Incident]) -> dict[int, int]:
    orders = {row.order_id for row in rows if row.order_id and row.shipment_id}
    return dict(Shipment.objects.filter(order_id__in=orders).values_list("order_id").annotate(n=Count("pk")).order_by())


@dataclass(frozen=True, slots=True)
class WorkCounts:
    """What is open, counted over the most pressing five thousand."""

    open: int = 0
    need: int = 0
    untold: int = 0
    mine: int = 0
    snoozed: int = 0
    types: Mapping[str, int] = field(default_factory=dict)
    carriers: Mapping[str, int] = field(default_factory=dict)
    regions: Mapping[str, int] = field(default_factory=dict)
    causes: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_cut(self) -> bool:
        return self.open >= COUNTED


COUNTS = """
    with open as (
        select type, carrier_code, region, cause, owner_id, told_at, coalesce(snoozed_until > %(now)s, false) as asleep,
            type <> all(%(watched)s) or choice in ('replace', 'cancel') as need
        from tracking_incident where merchant_id = %(merchant)s and not state = 'resolved' order by rank desc, id desc limit %(limit)s
    )
    select grouping(type, carrier_code, region, cause), coalesce(type, carrier_code, region, cause), count(*),
        count(*) filter (where need and not asleep), count(*) filter (where told_at is null and not asleep),
        count(*) filter (where owner_id = %(user)s and not asleep), count(*) filter (where asleep)
    from open group by grouping sets ((), (type), (carrier_code), (region), (cause))"""
GROUPS = {7: "types", 11: "carriers", 13: "regions", 14: "causes"}


def work_counts(*, user_id: int, now: datetime) -> WorkCounts:
    """The work list in figures; one statement, bounded."""
    values: dict[str, Any] = {
        "merchant": required_merchant_id(),
        "now": now,
        "user": user_id,
        "limit": COUNTED,
        "watched": [str(type.value) for type in WATCHED],
    }
    whole = (0, 0, 0, 0, 0)
    groups: dict[str, dict[str, int]] = {name: {} for name in GROUPS.values()}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, values)
        for group, value, *figures in cursor.fetchall():
            if group == 15:
                whole = (figures[0], figures[1], figures[2], figures[3], figures[4])
            elif value:
                groups[GROUPS[group]][value] = figures[0]
    ranked = {name: dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))) for name, found in groups.items()}
    return WorkCounts(*whole, ranked["types"], ranked["carriers"], ranked["regions"], ranked["causes"])


def incident_page(*, incident_id: int) -> tuple[Incident, list[IncidentNote]]:
    """An incident with what its page shows, and its history, newest first. Raises IncidentNotFound."""
    row: Incident | None = Incident.objects.select_related("order__customer", "shipment", "owner").filter(pk=incident_id).first()
    if row is None:
        raise IncidentNotFound(incident_id)
    return row, list(IncidentNote.objects.filter(incident=row).order_by("-at", "-pk")[:200])


def neighbours(*, row: Incident, filters: WorkFilter, now: datetime) -> tuple[int | None, int | None]:
    """The incidents before and after one in a work list; two statements."""
    name = "opened_at" if filters.is_resolved else "rank"
    value = getattr(row, name)
    rows = _narrowed(filters, now).exclude(pk=row.pk)
    before = rows.filter(Q(**{f"{name}__gt": value}) | Q(**{name: value, "pk__gt": row.pk})).order_by(name, "pk")
    after = rows.filter(Q(**{f"{name}__lt": value}) | Q(**{name: value, "pk__lt": row.pk})).order_by(f"-{name}", "-pk")
    ids = [found.values_list("pk", flat=True).first() for found in (before, after)]
    return ids[0], ids[1]


def incidents_chosen(*, incident_ids: Sequence[int]) -> list[Incident]:
    """The current merchant's among these, by rank, with parcel and order; at most what can be done at once."""
    rows: Any = Incident.objects.filter(pk__in=list(incident_ids)[:MAX_AT_ONCE]).select_related("order__customer", "shipment", "owner")
    return list(rows.order_by("-rank", "-pk"))


def views_of(*, user_id: int) -> list[SavedView]:
    """The person's own saved filters, by name."""
    return list(SavedView.objects.filter(user_id=user_id).order_by("name"))
