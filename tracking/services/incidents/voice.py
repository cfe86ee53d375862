"""What shoppers say: what to do with an order that is late to leave, and that a delivered parcel is not there."""

from datetime import datetime

from events.services import emit_many
from merchants.rows import insert, update
from orders.models import Order, Promise
from orders.services import record_promises, settle_days
from orders.types import Fulfilment, OrderState, PromiseKind
from tracking.models import Incident, IncidentNote, Shipment
from tracking.rules.incidents import Weight, days_late, denied, rank
from tracking.rules.incidents.calendar import next_working_day
from tracking.rules.incidents.harm import CHOSEN
from tracking.selectors.feeds import feed_states, feeds
from tracking.selectors.looks import house, parcels
from tracking.services.incidents.parcels import Batch, batch_of, weigh
from tracking.services.incidents.pen import Pen, reopen, take
from tracking.types import Choice, IncidentState, IncidentType, ShipmentStatus

DENIED = IncidentType.DELIVERED_NOT_RECEIVED


class NotDelivered(ValueError):
    """A parcel the carrier has not called delivered cannot be denied."""


class ChoiceClosed(ValueError):
    """There is nothing left to choose: the order went out, was cancelled, or a choice was made."""


def choose(*, incident: Incident, choice: str, at: datetime) -> Incident:
    """Keep what the shopper wants with an order not sent in time; the shop decides. Raises ChoiceClosed; ValueError for another word."""
    wanted = Choice(choice)
    row: Incident = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    order = Order.objects.filter(pk=row.order_id).first()
    is_sent = order is None or order.state != OrderState.CONFIRMED or order.fulfilment == Fulfilment.FULFILLED
    if row.type != IncidentType.UNSHIPPED_PAST_PROMISE or row.state == IncidentState.RESOLVED or row.choice or is_sent:
        raise ChoiceClosed("there is nothing left to choose")
    row.choice, row.chosen_at, row.updated_at = wanted.value, at, at
    _answer(row, wanted, at)
    row.harm = min(max(row.harm + CHOSEN[wanted], 0), 100)
    row.rank = rank(row.harm, row.act_by, at)
    update(row, ["choice", "chosen_at", "updated_at", "harm", "rank", "news_by"])
    insert([IncidentNote(incident=row, at=at, actor="shopper", act="choice", data={"choice": wanted.value})])
    payload = {"order": row.order_id, "incident": row.pk}
    changed = ("tracking.incident.updated", {**payload, "type": row.type})
    emit_many(facts=[("tracking.choice.made", {**payload, "choice": wanted.value}), changed], at=at)
    return row


def _answer(row: Incident, wanted: Choice, at: datetime) -> None:
    """Who waits next hears when it leaves. All others get an answer, by the day promised already if there is one."""
    here = house()
    today = at.astimezone(here.zone).date()
    if wanted != Choice.WAIT and row.news_by is not None and row.news_by >= today:
        return
    days = int(here.limit(row.type, "news_days"))
    row.news_by = None if wanted == Choice.WAIT else next_working_day(today, days, here.country)
    assert row.order_id is not None
    settle_days(kind=PromiseKind.NEWS_BY, days={(row.order_id, "order"): today})
    if row.news_by is not None:
        said = Promise(order_id=row.order_id, subject="order", kind=PromiseKind.NEWS_BY, date=row.news_by, said_at=at, source="merchant")
        record_promises(promises=[said])


def deny_receipt(*, shipment: Shipment, at: datetime) -> Incident:
    """The shopper says a delivered parcel is not there. Raises NotDelivered; saying it twice is one incident."""
    here = house()
    (seen,) = parcels(feeds=feed_states(feeds(), here, at), ids=[shipment.pk]) or (None,)
    if seen is None or seen.parcel.status != ShipmentStatus.DELIVERED:
        raise NotDelivered("the carrier has not called this parcel delivered")
    rows = Incident.objects.filter(subject=f"shipment:{shipment.pk}", type=DENIED).select_for_update(of=("self",))
    row: Incident | None = rows.order_by("-opened_at", "-id").first()
    if row is not None and row.state != IncidentState.RESOLVED:
        return row
    batch, pen = batch_of(here, at), Pen(at)
    finding = denied(seen.parcel, at)
    if row is None:
        row = Incident(
            type=DENIED, subject=f"shipment:{shipment.pk}", shipment_id=shipment.pk, order_id=seen.parcel.order_id,
            carrier_code=seen.parcel.carrier, region=seen.region, opened_at=at,
        )  # fmt: skip
        pen.open(row)
    else:
        _reopen(row, pen)
    take(row, finding, finding.facts, at)
    _promise(row, pen, batch)
    weigh(row, Weight(days_late(row.promised_by, None, batch.today), total=seen.parcel.total), at)
    pen.write()
    return row


def _reopen(row: Incident, pen: Pen) -> None:
    reopen(row)
    pen.changed[row.pk] = row
    pen.note(row, "reopened", {}, actor="shopper")
    pen.tell("tracking.incident.reopened", row, type=row.type)


def _promise(row: Incident, pen: Pen, batch: Batch) -> None:
    """An answer within the rule's days: told at once, and kept or broken by its date."""
    days = int(batch.house.limit(DENIED, "reply_days"))
    row.news_by = next_working_day(batch.today, days, batch.house.country)
    assert row.order_id is not None
    pen.promise(PromiseKind.REPLY_BY, row.news_by, order_id=row.order_id, subject=row.subject)
    pen.told(row)
    pen.tell("tracking.receipt.denied", row)
