"""What a wording is tried with: the merchant's own orders, as a message about them would tell them. Nothing is stored or sent.

An order is taken with its own parcel, incident or refund. What it lacks is said, never made up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.types import Channel
from merchants.selectors import base_url
from notifications import context, scales
from notifications.background import Background, load_background
from notifications.entry import CASES
from notifications.house import House, load
from notifications.models import Message, Note
from notifications.notes import Notes
from notifications.registry import entry_of
from notifications.scales import live_surveys
from notifications.studio.case_samples import cases_for
from notifications.studio.examples import SAMPLE_CODE, example, is_example
from notifications.studio.review_samples import example_for, is_made_up
from notifications.studio.types import Draft, OrderChoice
from notifications.types import Kind
from orders.models import Order, OrderRequest, Refund
from orders.selectors import OrderNotFound
from orders.types import RequestKind, RequestState
from reviews.models import Survey
from tracking.models import Incident, Scan, Shipment
from tracking.rules.incidents import DELAYS
from tracking.types import Direction, IncidentType, ShipmentStatus

SAMPLE = 200
MOST_OFFERED = 50
NAMED = 2_000  # of the newest orders are searched by name
RELATED = tuple(name.removeprefix("order__") for name in context.RELATED)
NOT_SENT = (ShipmentStatus.PENDING, ShipmentStatus.LABEL_CREATED, ShipmentStatus.CANCELLED, ShipmentStatus.UNKNOWN)
INCIDENTS: dict[str, frozenset[IncidentType]] = {
    Kind.PICKUP_EXPIRING: frozenset({IncidentType.PICKUP_EXPIRING}),
    Kind.DELAYED: frozenset(DELAYS),
    Kind.DISPATCH_DELAYED: frozenset({IncidentType.UNSHIPPED_PAST_PROMISE}),
    Kind.LOST_SUSPECTED: frozenset({IncidentType.LOST_SUSPECTED}),
    Kind.RECEIPT_DENIED: frozenset({IncidentType.DELIVERED_NOT_RECEIVED}),
}
# The states in which a parcel of such a message usually is: an order whose parcel is there is taken first.
USUAL: dict[str, tuple[ShipmentStatus, ...]] = {
    Kind.DELIVERED: (ShipmentStatus.DELIVERED,),
    Kind.RECEIPT_DENIED: (ShipmentStatus.DELIVERED,),
    Kind.REVIEW_REQUEST: (ShipmentStatus.DELIVERED,),
    Kind.REVIEW_REMINDER: (ShipmentStatus.DELIVERED,),
    Kind.READY_FOR_PICKUP: (ShipmentStatus.READY_FOR_PICKUP,),
    Kind.PICKUP_EXPIRING: (ShipmentStatus.READY_FOR_PICKUP,),
    Kind.OUT_FOR_DELIVERY: (ShipmentStatus.OUT_FOR_DELIVERY,),
    Kind.ATTEMPT_FAILED: (ShipmentStatus.ATTEMPT_FAILED,),
}
LACKS: dict[str, "Promise"] = {
    "order": _("There is no order yet to show this message with."),
    "parcel": _("This message is about a parcel, and this order has none on its way yet."),
    "scan": _("This message is about a failed delivery, and none is known for this order."),
    "incident": _("This message is about a trouble this order does not have."),
    "refund": _("This message is about a refund, and this order has none."),
    "request": _("This message is about a shopper's request, and this order has none that fits."),
    "return": _("This message is about a return, and this order has none that fits."),
    "claim": _("This message is about a problem with a delivery, and none that fits is known for this order."),
    "money": _("This message is about the money of a return, and none was sent for this order."),
    "exchange": _("This message is about a replacement, and none was sent for this order."),
    "withdrawal": _("This message is about a withdrawal, and this order has none that fits."),
}


class PreviewNeeds(LookupError):
    """The order lacks what the message is about: `what` is a key of `LACKS`."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(str(LACKS[what]))


@dataclass(frozen=True, slots=True)
class About:
    """The rows of one order a message of the kind would be about."""

    shipment: Shipment | None = None
    subject_id: int | None = None


def need_of(kind: str) -> str:
    """What an order must have for a message of this kind."""
    subject = entry_of(kind).subject
    if kind == Kind.NOTE:
        return "order"
    return {"shipment": "parcel", "review_request": "parcel"}.get(subject, subject if subject in LACKS else "order")


def fitting(kind: str) -> "QuerySet[Order]":
    """The merchant's orders a message of the kind could be about, newest first."""
    rows: QuerySet[Order] = Order.objects.all()
    mine = OuterRef("pk")
    match need_of(kind):
        case need if need in CASES:
            rows = rows.filter(Exists(cases_for(kind).filter(order=mine)))
        case "parcel":
            rows = rows.filter(Exists(Shipment.objects.filter(order=mine).exclude(status__in=NOT_SENT)))
        case "scan":
            rows = rows.filter(
                Exists(Scan.objects.filter(shipment__order=mine, shipment__direction=Direction.OUT, status=ShipmentStatus.ATTEMPT_FAILED))
            )
        case "incident":
            rows = rows.filter(Exists(_incidents(kind).filter(Q(order=mine) | Q(shipment__order=mine))))
        case "refund":
            rows = rows.filter(Exists(Refund.objects.filter(order=mine)))
        case "request":
            rows = rows.filter(Exists(_requests(kind).filter(order=mine)))
    return rows.order_by("-placed_at", "-pk")


def _incidents(kind: str) -> "QuerySet[Incident]":
    rows: QuerySet[Incident] = Incident.objects.all()
    return rows.exclude(choice="") if kind == Kind.CHOICE_RECEIVED else rows.filter(type__in=INCIDENTS[kind])


def _requests(kind: str) -> "QuerySet[OrderRequest]":
    """Those a message of the kind tells of: a granted cancellation is told by another."""
    rows: QuerySet[OrderRequest] = OrderRequest.objects.all()
    if kind == Kind.REQUEST_RECEIVED:
        return rows
    return rows.filter(Q(state=RequestState.REFUSED) | Q(state=RequestState.ACCEPTED, kind=RequestKind.ADDRESS))


def orders_for(*, kind: str, query: str = "", limit: int = 20) -> list[OrderChoice]:
    """Orders a preview of the kind can be made with, newest first; `query` is a whole number or e-mail address, or part of a name.

    Names are looked for among the newest orders only: behind row-level security no index helps with them.
    """
    rows = fitting(kind)
    if term := query.strip().lstrip("#"):
        whole = rows.filter(Q(number=term) | Q(customer__email_normalised=term.lower()))
        named = Q(first_name__icontains=term) | Q(last_name__icontains=term)
        rows = whole if whole.exists() else rows.filter(named, pk__in=Order.objects.order_by("-placed_at", "-pk").values("pk")[:NAMED])
    values = rows[: max(1, min(limit, MOST_OFFERED))].values_list("pk", "number", "first_name", "last_name", "placed_at")
    return [OrderChoice(pk, number, f"{first} {last}".strip(), placed_at) for pk, number, first, last, placed_at in values]


def order_for(kind: str, order_id: int | None) -> Order:
    """The order to show; without one the newest that fits, its parcel in the usual state if there is such.

    Raises OrderNotFound for what is not the merchant's, PreviewNeeds when there is none.
    """
    rows = fitting(kind) if order_id is None else Order.objects.filter(pk=order_id)
    rows = rows.select_related("customer").prefetch_related(*(name for name in RELATED if name != "customer"))
    found: Order | None = None
    if order_id is None and kind in USUAL:
        found = rows.filter(Exists(Shipment.objects.filter(order=OuterRef("pk"), status__in=USUAL[kind]))).first()
    found = found or rows.first()
    if found is None:
        if order_id is not None:
            raise OrderNotFound("no such order")
        raise PreviewNeeds(need_of(kind) if Order.objects.exists() else "order")
    return found


def context_of(draft: Draft, order: Order, now: datetime, house: House | None = None) -> dict[str, Any]:
    """What the draft's message would say of the order. Raises PreviewNeeds."""
    about = abouts(draft.kind, [order]).get(order.pk)
    if about is None:
        raise PreviewNeeds(need_of(draft.kind))
    message = message_about(draft, order, about)
    return _built(message, now, house or load(), load_background([message]), live_surveys())


def recent_contexts(draft: Draft, now: datetime, limit: int = SAMPLE) -> list[dict[str, Any]]:
    """The same for the newest orders that fit; in as many queries whatever their number, but for refunds one each."""
    rows = list(fitting(draft.kind).select_related("customer").prefetch_related(*(name for name in RELATED if name != "customer"))[:limit])
    if not rows:
        return []
    known = abouts(draft.kind, rows)
    messages = [message_about(draft, order, known[order.pk]) for order in rows if order.pk in known]
    house, background, surveys = load(), load_background(messages), live_surveys()
    found = []
    for message in messages:
        try:
            found.append(_built(message, now, house, background, surveys))
        except (context.NothingToTell, PreviewNeeds):
            continue
    return found


def message_about(draft: Draft, order: Order, about: About) -> Message:
    """A message that is never stored."""
    is_sms = draft.channel == Channel.SMS
    return Message(
        kind=draft.kind,
        channel=draft.channel,
        language=draft.language,
        style=draft.style,
        topic=entry_of(draft.kind).topic,
        order=order,
        customer=order.customer,
        shipment=about.shipment,
        subject_id=about.subject_id,
        recipient=order.phone if is_sms else order.email,
    )


def _built(message: Message, now: datetime, house: House, background: Background, surveys: Sequence[Survey]) -> dict[str, Any]:
    if message.kind == Kind.SIGN_IN:
        return _sign_in(message, now, house)
    if message.kind == Kind.NOTE:
        background = Background(notes={1: _words()})
    if is_example(message.kind):
        message.subject_id, subject = 1, entry_of(message.kind).subject
        background = Background(rows={subject: {1: example(message.kind, message.order_id or 0, now)}})
    if is_made_up(message.kind):
        background = example_for(message, now)
    try:
        # These notes are thrown away: a preview leaves no link, promise or coupon behind, and shows examples of what it lacks.
        notes = Notes(is_example=True)
        facts = context.build(message=message, now=now, house=house, notes=notes, background=background, surveys=surveys)
        return harmless(facts, entry_of(message.kind).opens)
    except context.NothingToTell:
        raise PreviewNeeds(need_of(message.kind)) from None


def harmless(facts: dict[str, Any], secret: str = "") -> dict[str, Any]:
    """Without the addresses at which whoever holds the mail decides for the shopper: members of the staff hold this one."""
    links = facts["links"]
    if secret in facts:
        facts = facts | {secret: facts[secret] | {"code": SAMPLE_CODE}}
    if "surveys" in facts:
        facts = facts | {"surveys": scales.harmless(facts["surveys"], links["home"])}
    kept = {name: f"{links['home']}preferences/" for name in ("preferences", "unsubscribe") if name in links}
    if "choice" in links:
        kept |= {"choice": links["track"], "not_here": links["track"]}
    offer = {"offer": facts["offer"] | dict.fromkeys(("url", "short"), links["home"])} if "offer" in facts else {}
    return facts | {"links": links | kept} | offer


def _sign_in(message: Message, now: datetime, house: House) -> dict[str, Any]:
    """A code nobody can sign in with."""
    message.kind = Kind.ORDER_CONFIRMATION.value
    facts = context.build(message=message, now=now, house=house, notes=Notes(is_example=True), background=Background())
    kept = {name: facts[name] for name in ("language", "merchant", "branding", "colors", "support", "customer")}
    code = {"code": SAMPLE_CODE, "url": f"{base_url()}/sign-in/", "minutes": 10}
    return kept | {"links": {"home": facts["links"]["home"]}, "sign_in": code}


def _words() -> Note:
    """The newest words of the staff, else a line that says what will stand there."""
    newest: Note | None = Note.objects.order_by("-written_at", "-pk").first()
    return newest or Note(pk=1, text=str(_("The words you write in the work list stand here.")))


def abouts(kind: str, orders: Sequence[Order]) -> dict[int, About]:
    """Order -> what a message of the kind is about, for those that have it; at most one query. `orders` have their parcels fetched."""
    need = need_of(kind)
    if need in CASES:
        theirs = cases_for(kind).filter(order__in=[order.pk for order in orders]).values_list("order_id", "pk")
        return {order_id: About(subject_id=pk) for order_id, pk in theirs}
    if need == "order":
        return {order.pk: About(subject_id=1 if kind == Kind.NOTE else None) for order in orders}
    if need == "parcel":
        parcels = {order.pk: _parcel(kind, order.shipments.all()) for order in orders}
        return {pk: About(parcel) for pk, parcel in parcels.items() if parcel is not None}
    ids = [order.pk for order in orders]
    if need == "refund":
        refunds = Refund.objects.filter(order__in=ids).order_by("refunded_at", "pk").values_list("order_id", "pk")
        return {order_id: About(subject_id=pk) for order_id, pk in refunds}
    if need == "request":
        asked = _requests(kind).filter(order__in=ids).order_by("requested_at", "pk").values_list("order_id", "pk")
        return {order_id: About(subject_id=pk) for order_id, pk in asked}
    if need == "scan":
        scans = Scan.objects.filter(
            shipment__order__in=ids, shipment__direction=Direction.OUT, status=ShipmentStatus.ATTEMPT_FAILED
        ).select_related("shipment")
        return {row.shipment.order_id: About(row.shipment, row.pk) for row in scans.order_by("at", "pk")}
    rows = _incidents(kind).filter(Q(order__in=ids) | Q(shipment__order__in=ids)).select_related("shipment").order_by("opened_at", "pk")
    return {_order_of(row): About(row.shipment, row.pk) for row in rows}


def _order_of(incident: Incident) -> int:
    return int(incident.order_id or (incident.shipment.order_id if incident.shipment is not None else 0) or 0)


def _parcel(kind: str, shipments: Iterable[Shipment]) -> Shipment | None:
    """The newest parcel that left, one in the usual state first."""
    usual = USUAL.get(kind, ())
    sent = [row for row in shipments if row.status not in NOT_SENT]
    return max(sent, key=lambda row: (row.status in usual, row.shipped_at or row.created_at, row.pk), default=None)


def value_of(facts: Mapping[str, Any], path: str) -> Any:
    """A variable's value; of a list's, that of its first entry. None where there is none."""
    value: Any = facts
    for name in path.split("."):
        key, is_list = name.removesuffix("[]"), name.endswith("[]")
        value = value.get(key) if isinstance(value, dict) else None
        if is_list and isinstance(value, list):
            value = value[0] if value else None
    return value
