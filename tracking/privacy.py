"""What this room holds about a shopper: parcels, who took them, and what was written about them."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from customers.registry import Holding, Record, register
from customers.types import Subject
from orders.rules.erasure import coarse_postcode
from orders.selectors import orders_held
from tracking.models import IncidentNote, Scan, Shipment, WaitingScans
from tracking.rules.erasure import OVER, STALE, nameless_state
from tracking.types import ShipmentStatus

TOLD = (
    "direction", "carrier_name", "service", "tracking_number", "tracking_url", "status", "created_at", "shipped_at", "delivered_at",
    "delivered_how", "delivered_to", "to_country", "to_region", "to_city", "to_postcode",
)  # fmt: skip
# Somebody still has to be told where it is; a label alone is the shop's own business.
UNDER_WAY = frozenset(ShipmentStatus) - OVER


def _parcels(subject: Subject) -> QuerySet[Shipment]:
    """Both ways: a number on a return label leads to the shopper as well."""
    rows: QuerySet[Shipment] = Shipment.any_way.filter(order__customer=subject.customer_id).order_by("created_at", "pk")
    return rows


def _collect(subject: Subject) -> Sequence[Record]:
    """Parcels with the carrier's words; two queries whatever their number."""
    rows = {row.pop("pk"): {"order": row.pop("order__number"), **row, "scans": []} for row in _told(subject)}
    scans = Scan.objects.filter(shipment__order__customer=subject.customer_id).order_by("at", "pk")
    for scan in scans.values("shipment_id", "at", "status", "text", "city", "country"):
        rows[scan.pop("shipment_id")]["scans"].append(scan)
    return list(rows.values())


def _told(subject: Subject) -> list[Record]:
    return list(_parcels(subject).values("pk", "order__number", *TOLD))


def _erase(subject: Subject, at: datetime) -> int:
    """The orders are held first, as for every news of a parcel."""
    orders_held(customer_id=subject.customer_id)
    rows = list(_parcels(subject))
    numbers = {row.tracking_number.upper() for row in rows if row.tracking_number}
    changed = sum(_forget(row) for row in rows)
    ids = [row.pk for row in rows]
    changed += Scan.objects.filter(shipment__in=ids).exclude(text="").update(text="")
    changed += WaitingScans.objects.filter(number__in=numbers).delete()[0]
    about = Q(incident__shipment__in=ids) | Q(incident__order__customer=subject.customer_id)
    return changed + int(IncidentNote.objects.filter(about).exclude(text="").update(text=""))


def _forget(row: Shipment) -> int:
    """One parcel; 0 when there was nothing left to forget."""
    postcode, state = coarse_postcode(row.to_postcode), nameless_state(row.folded)
    if not (row.tracking_number or row.tracking_url or row.delivered_to or state != row.folded or len(row.to_postcode) > 2):
        return 0
    row.tracking_number = row.tracking_url = row.delivered_to = ""
    row.to_postcode, row.folded = postcode, state
    row.save(update_fields=["tracking_number", "tracking_url", "delivered_to", "to_postcode", "folded"])
    return 1


def _under_way(subject: Subject, now: datetime) -> list[str]:
    numbers = _parcels(subject).filter(status__in=UNDER_WAY, created_at__gt=now - STALE, order__erased_at=None)
    found = dict.fromkeys(numbers.exclude(status=ShipmentStatus.LABEL_CREATED).values_list("order__number", flat=True))
    return [now_("A parcel of order %(number)s is still on its way.") % {"number": number} for number in found]


register(
    Holding(
        key="parcels",
        title=_("Your parcels"),
        purpose=_("To show where a parcel is and to find it when it is lost."),
        basis=_("Needed for what you bought"),
        kept=_("As long as the order they belong to; after an erasure without number, name and words."),
        personal={
            "tracking.Shipment": ("tracking_number", "tracking_url", "delivered_to", "to_postcode", "folded"),
            "tracking.Scan": ("text",),
            "tracking.WaitingScans": ("number", "news"),
            "tracking.IncidentNote": ("text",),
        },
        rows=_parcels,
        collect=_collect,
        erase=_erase,
        holds=_under_way,
    )
)
