"""Plan the question about a parcel that came, put it off, end it. Blind to what anybody thinks of the parcel."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from events.services import emit
from merchants.rows import insert_new
from orders.models import Order
from orders.selectors import setting
from orders.types import OrderState, PaymentState
from reviews.events import REQUEST_DEFERRED
from reviews.models import ReviewPlan, ReviewRequest
from reviews.rules.asking import DEFERRAL, Asking, Void, asking, day_moment, is_news, zones_at
from reviews.selectors.asking import goods_in, kept, picks, plan, written_about
from reviews.types import RequestState
from tracking.models import Shipment

S = RequestState
OVER = (S.DONE, S.ENDED)


class RequestOver(ValueError):
    """The question was answered, has ended, or was put off before."""


def plan_request(*, shipment: Shipment, at: datetime) -> ReviewRequest | None:
    """The question about a parcel that was delivered. None when nothing is asked: see `plan_requests`."""
    plan_requests(shipments=[shipment.pk], at=at)
    row: ReviewRequest | None = ReviewRequest.objects.filter(shipment=shipment).first()
    return row


def plan_requests(*, shipments: Collection[int], at: datetime) -> int:
    """Plan one question for each delivered parcel to a shopper; returns how many are new. Eight statements, however many.

    Left out: all of them while the merchant does not ask; history, cancelled, erased and wholly refunded orders; what came more than
    thirty days before we heard; parcels of which no line is asked about, or only such as another parcel's question or a review has.
    Heard again, nothing changes, unless the parcel came on another day than the question waits for.
    """
    here = plan()
    parcels = _parcels(shipments, at) if here.is_on else []
    if not parcels:
        return 0
    held, home, new = _held(parcels), str(setting().zone), list[ReviewRequest]()
    for parcel, what in _wanted(parcels, here, held):
        row = held.get(parcel.pk) or ReviewRequest(order=parcel.order, shipment=parcel)
        _set_due(row, parcel, what, home, at)
        if parcel.pk in held:
            row.save(update_fields=["lines", "delivered_at", "due_at", "check_at"])
        else:
            new.append(row)
    return len(insert_new(new, key="shipment_id"))


def _parcels(ids: Collection[int], at: datetime) -> list[Shipment]:
    rows = Shipment.objects.filter(pk__in=ids, delivered_at__isnull=False).select_related("order").order_by("delivered_at", "pk")
    return [row for row in rows if not void_of(row.order) and not row.order.is_imported and is_news(row.delivered_at, at)]


def void_of(order: Order) -> str:
    """Why nobody is asked about an order; empty when nothing speaks against it."""
    if order.erased_at is not None:
        return Void.ERASED
    if order.state == OrderState.CANCELLED:
        return Void.CANCELLED
    return Void.REFUNDED if order.payment_state == PaymentState.REFUNDED else ""


def _held(parcels: Iterable[Shipment]) -> dict[int, ReviewRequest]:
    """Questions there are about the parcels' orders, by parcel."""
    rows = ReviewRequest.objects.filter(order__in={parcel.order_id for parcel in parcels}).exclude(state=S.ENDED)
    return {row.shipment_id: row for row in rows}


def _wanted(parcels: Collection[Shipment], here: ReviewPlan, held: dict[int, ReviewRequest]) -> Iterator[tuple[Shipment, Asking]]:
    """Parcels to ask about, each with its lines; a line lies in one question only, however many parcels it came in."""
    goods, rules = goods_in([parcel.pk for parcel in parcels]), picks()
    taken = written_about(one.line for lines in goods.values() for one in lines)
    for row in held.values():
        taken.update(row.lines)
    for parcel in parcels:
        own = held.get(parcel.pk)
        if own is not None and not _is_anew(own, parcel):
            continue
        besides = taken - set(own.lines) if own is not None else taken
        what = asking(goods.get(parcel.pk, ()), rules, days=here.days, besides=besides)
        if what is not None:
            taken.update(what.lines)
            yield parcel, what


def _is_anew(row: ReviewRequest, parcel: Shipment) -> bool:
    """Not asked yet, and the parcel came on another day than was heard, or is there again after all."""
    return row.state in (S.WAITING, S.DEFERRED) and (row.check_at is None or row.delivered_at != parcel.delivered_at)


def _set_due(row: ReviewRequest, parcel: Shipment, what: Asking, home: str, at: datetime) -> None:
    assert parcel.delivered_at is not None
    row.lines, row.delivered_at = list(what.lines), parcel.delivered_at
    base = max(parcel.delivered_at + timedelta(days=what.days), at)
    row.due_at = row.check_at = day_moment(base, zones_at(parcel.to_country, parcel.to_region, home), row.public_id)


def defer_request(*, request: ReviewRequest, at: datetime) -> ReviewRequest:
    """The shopper has not received it: asked anew fifteen days later. Refuses (RequestOver) what was answered, ended or put off before."""
    row = _hold(request)
    if row.state in OVER or row.deferred_at is not None:
        raise RequestOver(f"question {row.public_id} is {row.state}")
    parcel = row.shipment
    zones = zones_at(parcel.to_country, parcel.to_region, str(setting().zone))
    row.state, row.deferred_at, row.remind_at = S.DEFERRED, at, None
    row.due_at = row.check_at = day_moment(at + DEFERRAL, zones, row.public_id)
    row.save(update_fields=["state", "deferred_at", "remind_at", "due_at", "check_at"])
    emit(type=REQUEST_DEFERRED, payload={"request": row.pk, "order": row.order_id}, at=at)
    return row


def end_request(*, request: ReviewRequest, reason: str, at: datetime) -> ReviewRequest:
    """Nobody is asked any more. Changes nothing about what was answered or has ended."""
    row = _hold(request)
    if row.state not in OVER:
        row.state, row.reason, row.ended_at, row.check_at = S.ENDED, reason, at, None
        row.save(update_fields=["state", "reason", "ended_at", "check_at"])
    return row


def request_written(*, request: ReviewRequest, at: datetime) -> ReviewRequest:
    """A review was written: the question is answered once no line of it is left to write about."""
    row = _hold(request)
    if row.state not in OVER and not kept(row.lines) - written_about(row.lines):
        row.state, row.ended_at, row.check_at = S.DONE, at, None
        row.save(update_fields=["state", "ended_at", "check_at"])
    return row


def order_written(*, order_id: int, at: datetime) -> None:
    """The same for every question about an order, however its reviews were come to."""
    for row in ReviewRequest.objects.filter(order=order_id).exclude(state__in=OVER).order_by("pk"):
        request_written(request=row, at=at)


def _hold(request: ReviewRequest) -> ReviewRequest:
    row: ReviewRequest = ReviewRequest.objects.select_for_update(of=("self",)).select_related("shipment").get(pk=request.pk)
    return row
