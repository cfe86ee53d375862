"""Plan whom a survey is put to: about a parcel that came, or a return or claim that ended. Blind to what anybody answers."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from merchants.rows import insert_new
from orders.models import Order
from orders.selectors import setting
from reviews.models import Survey, SurveyInvite
from reviews.rules.asking import day_moment, is_news, zones_at
from reviews.services.asking import void_of
from reviews.types import Trigger
from tracking.models import Shipment
from tracking.rules.places import country_code, normal_region


def plan_invites(*, shipment: Shipment | None = None, case: tuple[str, Order] | None = None, at: datetime) -> list[SurveyInvite]:
    """Invitations to every survey that follows a delivered parcel, or a case (its number and order) that has ended.

    None for surveys that are off, history, cancelled, erased and wholly refunded orders, and parcels that came more than thirty days
    before we heard. Planned again, nothing changes.
    """
    if shipment is not None:
        plan_parcel_invites(shipments=[shipment.pk], at=at)
        return _there(Trigger.DELIVERED, [f"shipment:{shipment.pk}"])
    if case is not None:
        number, order = case
        plan_case_invite(order=order, case_number=number, at=at)
        return _there(Trigger.CASE, [f"case:{number}"])
    return []


def plan_parcel_invites(*, shipments: Collection[int], at: datetime) -> int:
    """The same for several parcels in four statements; returns how many are new."""
    asked = _surveys(Trigger.DELIVERED)
    if not asked:
        return 0
    rows = Shipment.objects.filter(pk__in=shipments, delivered_at__isnull=False).select_related("order").order_by("pk")
    parcels = [row for row in rows if _is_asked(row.order) and is_news(row.delivered_at, at)]
    home = str(setting().zone)
    return len(insert_new([_invite(survey, parcel, home, at) for parcel in parcels for survey in asked], key="public_id"))


def plan_case_invite(*, order: Order, case_number: str, at: datetime) -> int:
    """Invitations after a return or claim that has ended; returns how many are new. None for history and erased orders."""
    if order.is_imported or order.erased_at is not None:
        return 0
    home, place = str(setting().zone), order.shipping_address or {}
    country = country_code(place.get("country", ""))
    zones = zones_at(country, normal_region(place.get("region", ""), country), home)
    rows = []
    for survey in _surveys(Trigger.CASE):
        row = SurveyInvite(survey=survey, order=order, subject=f"case:{case_number}")
        row.due_at = row.check_at = day_moment(at + timedelta(days=survey.days), zones, row.public_id)
        rows.append(row)
    return len(insert_new(rows, key="public_id"))


def _invite(survey: Survey, parcel: Shipment, home: str, at: datetime) -> SurveyInvite:
    assert parcel.delivered_at is not None
    row = SurveyInvite(survey=survey, order=parcel.order, shipment=parcel, subject=f"shipment:{parcel.pk}")
    base = max(parcel.delivered_at + timedelta(days=survey.days), at)
    row.due_at = row.check_at = day_moment(base, zones_at(parcel.to_country, parcel.to_region, home), row.public_id)
    return row


def _surveys(trigger: Trigger) -> list[Survey]:
    return list(Survey.objects.filter(trigger=trigger, is_on=True).order_by("pk"))


def _is_asked(order: Order) -> bool:
    return not void_of(order) and not order.is_imported


def _there(trigger: Trigger, subjects: Iterable[str]) -> list[SurveyInvite]:
    rows = SurveyInvite.objects.filter(subject__in=list(subjects), survey__trigger=trigger)
    return list(rows.select_related("survey", "order", "shipment").order_by("pk"))
