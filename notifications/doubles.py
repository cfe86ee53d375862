"""The same fact told us twice: a refund of a return by the shop and by ourselves, a parcel not received as an incident and as a claim, a
replacement as a parcel. Which message tells it is read from the rows, so it does not matter which came first.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from customers.types import Channel
from notifications.automations import InForce
from notifications.circumstances import LEFT, ON_THE_WAY
from notifications.models import Message
from notifications.news import WAITING
from notifications.rules.cases import RECENTLY, Money, Paid, may_match, telling
from notifications.types import Kind
from orders.models import Refund
from returns.models import Claim, Exchange, MoneyBack
from returns.types import ClaimState, ExchangeState, Problem
from rewards.selectors import coupons_of_thanks
from tracking.models import Shipment

GONE = (ExchangeState.SHIPPED, ExchangeState.DELIVERED)


@dataclass(frozen=True, slots=True)
class About:
    """One message, decided or about to be, as far as another may tell the same."""

    kind: str
    subject_id: int | None
    order_id: int | None
    shipment: Shipment | None = None
    row: Any = None  # of the return, exchange, claim, their money or the withdrawal


@dataclass(frozen=True, slots=True)
class Doubles:
    """What else tells the facts of a batch of messages, and which of them wait for it to come."""

    told: Mapping[tuple[str, int], str] = field(default_factory=dict)  # kind and subject -> what tells it
    waiting: frozenset[tuple[str, int]] = frozenset()

    def elsewhere(self, kind: str, subject_id: int | None, channel: str) -> str:
        """What tells it; nothing does when a text message would be the only one."""
        found = self.told.get((kind, subject_id or 0), "")
        return "" if found == Kind.EXCHANGE_SHIPPED and channel == Channel.SMS else found

    def waits(self, kind: str, subject_id: int | None, channel: str) -> bool:
        return channel == Channel.EMAIL and (kind, subject_id or 0) in self.waiting


def load_doubles(batch: Sequence[About], plans: Mapping[str, InForce], now: datetime) -> Doubles:
    """At most two queries for each kind in the batch that may be told twice; none for the others."""
    told: dict[tuple[str, int], str] = {}
    waiting: set[tuple[str, int]] = set()
    for kind, read in READERS.items():
        mine = [about for about in batch if about.kind == kind]
        if mine:
            found, later = read(mine, now)
            told |= {(kind, pk): by for pk, by in found.items() if _is_on(by, plans)}
            waiting |= {(kind, pk) for pk in later}
    return Doubles(told, frozenset(waiting))


def _is_on(kind: str, plans: Mapping[str, InForce]) -> bool:
    """A message the merchant has switched off tells nothing. What the giver may not hear is not said by another either."""
    return kind == "gift" or Channel.EMAIL in plans[kind].plan.channels


Found = tuple[dict[int, str], set[int]]


def _refunds(batch: Sequence[About], now: datetime) -> Found:
    refunds = Refund.objects.filter(pk__in=[about.subject_id for about in batch]).values_list("pk", "order_id", "amount", "external_id")
    by_order: dict[int, list[Money]] = {}
    rows = MoneyBack.objects.filter(order__in={about.order_id for about in batch}).exclude(state="cancelled").order_by("pk")
    values = rows.values_list("order_id", "amount", "state", "refund_id", "external_id", "case__is_gift")
    for order_id, amount, state, refund_id, external_id, is_gift in values:
        by_order.setdefault(order_id, []).append(Money(amount, state, refund_id, external_id, bool(is_gift)))
    told, later = {}, set()
    for pk, order_id, amount, external_id in refunds:
        paid, moneys = Paid(pk, amount, external_id), by_order.get(order_id, [])
        if by := telling(paid, moneys):
            told[pk] = by
        elif may_match(paid, moneys):
            later.add(pk)
    return told, later


def _moneys(batch: Sequence[About], now: datetime) -> Found:
    """Money of a return whose refund the shopper has read of already."""
    refunds = {about.row.refund_id: about.row.pk for about in batch if about.row is not None and about.row.refund_id}
    if not refunds:
        return {}, set()
    left = Message.objects.filter(kind=Kind.REFUND, subject_id__in=refunds, order__in={about.order_id for about in batch}, state__in=LEFT)
    return {refunds[pk]: Kind.REFUND.value for pk in left.values_list("subject_id", flat=True)}, set()


def _denials(batch: Sequence[About], now: datetime) -> Found:
    """A parcel not received is told by its claim, where there is one."""
    parcels = _by_parcel(batch)
    open_claims = Claim.objects.filter(shipment__in=parcels, problem=Problem.NOT_RECEIVED).exclude(state=ClaimState.WITHDRAWN)
    return {parcels[pk]: Kind.CLAIM_RECEIVED.value for pk in open_claims.values_list("shipment", flat=True)}, set()


def _claims(batch: Sequence[About], now: datetime) -> Found:
    """A claim of somebody who said it a moment ago, and was answered."""
    mine = {
        about.row.shipment_id: about.row.pk
        for about in batch
        if about.row is not None and about.row.problem == Problem.NOT_RECEIVED and about.row.shipment_id
    }
    if not mine:
        return {}, set()
    left = Message.objects.filter(shipment__in=mine, kind=Kind.RECEIPT_DENIED, state__in=LEFT, decided_at__gt=now - RECENTLY)
    return {mine[pk]: Kind.RECEIPT_DENIED.value for pk in left.values_list("shipment", flat=True)}, set()


def _dispatches(batch: Sequence[About], now: datetime) -> Found:
    """The first parcel of a replacement is told as the replacement; of a gift, to nobody here."""
    orders = {about.order_id for about in batch if about.order_id}
    rows = Exchange.objects.filter(new_order__in=orders).values_list("new_order", "state", "line__case__is_gift", "claim__case__is_gift")
    known = {order_id: (state, bool(mine or its)) for order_id, state, mine, its in rows}
    told, later = {}, set()
    for about in batch:
        if about.order_id not in known or about.shipment is None:
            continue
        state, is_gift = known[about.order_id]
        if is_gift:
            told[about.shipment.pk] = "gift"
        elif about.shipment.position == 1:
            if state in GONE:
                told[about.shipment.pk] = Kind.EXCHANGE_SHIPPED.value
            else:
                later.add(about.shipment.pk)
    return told, later


def _published(batch: Sequence[About], now: datetime) -> Found:
    """Reviews of one order published soon after each other are one message: the first that waits tells them all."""
    waiting: dict[int, list[tuple[int, int]]] = {}
    rows = Message.objects.filter(
        kind=Kind.REVIEW_PUBLISHED, order__in={about.order_id for about in batch if about.order_id}, state__in=WAITING
    ).order_by("pk")
    for order_id, pk, review_id in rows.values_list("order", "pk", "subject_id"):
        waiting.setdefault(order_id, []).append((pk, review_id))
    first = {order_id: rows[0][1] for order_id, rows in waiting.items()}
    mine = {about.subject_id or 0: first.get(about.order_id or 0) for about in batch}
    return {pk: Kind.REVIEW_PUBLISHED.value for pk, by in mine.items() if by is not None and by != pk}, set()


def _reminders(batch: Sequence[About], now: datetime) -> Found:
    """Nobody is reminded of a question that has not left yet: it comes by itself."""
    mine = {about.subject_id or 0 for about in batch}
    rows = Message.objects.filter(kind=Kind.REVIEW_REQUEST, subject_id__in=mine, state__in=WAITING)
    return {pk: Kind.REVIEW_REQUEST.value for pk in rows.values_list("subject_id", flat=True) if pk is not None}, set()


def _thanks(batch: Sequence[About], now: datetime) -> Found:
    """A coupon is told with the review it thanks for, where that is published before the coupon's own message leaves."""
    mine = {about.order_id: about.subject_id or 0 for about in batch if about.order_id}
    rows = Message.objects.filter(kind=Kind.REVIEW_PUBLISHED, order__in=mine, state__in=ON_THE_WAY)
    values = list(rows.values_list("order", "order__public_id", "sent_at"))
    given = coupons_of_thanks(key for _, key, _ in values) if values else {}
    tells = (id for id, key, sent_at in values if sent_at is None or (key in given and sent_at >= given[key].issued_at))
    return {mine[order_id]: Kind.REVIEW_PUBLISHED.value for order_id in tells}, set()


def _by_parcel(batch: Collection[About]) -> dict[int, int]:
    """Parcel -> what the message about it is about."""
    return {about.shipment.pk: about.subject_id or 0 for about in batch if about.shipment is not None}


READERS = {
    Kind.REFUND: _refunds,
    Kind.RETURN_REFUNDED: _moneys,
    Kind.RECEIPT_DENIED: _denials,
    Kind.CLAIM_RECEIVED: _claims,
    Kind.DISPATCH: _dispatches,
    Kind.REVIEW_REMINDER: _reminders,
    Kind.REVIEW_PUBLISHED: _published,
    Kind.REVIEW_THANKS: _thanks,
}
