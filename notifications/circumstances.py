"""What surrounds a shopper when a message is decided: which order it is, what was in it, what is wrong, what went out lately.

Read once for a batch, and only what the batch's messages ask for.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from catalog.models import Product
from customers.types import MARKETING, Topic
from merchants.scope import required_merchant_id
from notifications.models import Message
from notifications.registry import register_trouble, troubles
from notifications.rules.caps import WEEK
from notifications.types import MessageState
from orders.models import OrderLine
from returns.selectors.open import has_open_case
from reviews.models import ReviewNote
from reviews.models.ratings import FeedbackTask
from reviews.types import TaskState
from tracking.models import Incident
from tracking.types import IncidentState, IncidentType

S = MessageState
LEFT = frozenset({S.SENDING, S.SENT, S.DELIVERED, S.UNKNOWN})
ON_THE_WAY = LEFT | {S.PENDING, S.LEASED}
LONGEST_DELAY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Basket:
    """What an order holds, as far as conditions ask."""

    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


# The order's place among the customer's confirmed orders, whenever it is asked: what was confirmed later does not count.
RANKS = """
    select mine.id, count(other.id) + 1 from orders_order as mine left join orders_order as other
        on other.merchant_id = mine.merchant_id and other.customer_id = mine.customer_id and other.id <> mine.id
        and other.confirmed_at is not null
        and (other.confirmed_at, other.id) < (coalesce(mine.confirmed_at, 'infinity'::timestamptz), mine.id)
    where mine.merchant_id = %s and mine.id = any(%s) and mine.customer_id is not null
    group by mine.id"""


def ranks_of(order_ids: Collection[int]) -> dict[int, int]:
    """The how-manieth confirmed order of its customer each is; one query. Orders of nobody we know are left out."""
    if not order_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(RANKS, [required_merchant_id(), list(order_ids)])
        return dict(cursor.fetchall())


def baskets_of(order_ids: Collection[int]) -> dict[int, Basket]:
    """Article numbers and categories of the orders; two queries."""
    if not order_ids:
        return {}
    rows = list(OrderLine.objects.filter(order__in=order_ids).values_list("order_id", "sku", "product_id"))
    named = dict(Product.objects.filter(pk__in={product for *_, product in rows if product}).values_list("pk", "category"))
    skus: dict[int, set[str]] = {}
    categories: dict[int, set[str]] = {}
    for order_id, sku, product_id in rows:
        skus.setdefault(order_id, set()).add(sku)
        categories.setdefault(order_id, set()).add(named.get(product_id, ""))
    return {id: Basket(frozenset(skus[id] - {""}), frozenset(categories[id] - {""})) for id in skus}


@dataclass(frozen=True, slots=True)
class Troubles:
    """What is wrong with what customers bought, in plain words; `plain` leaves out what is known from their stars and scores."""

    known: Mapping[int, str]
    plain: Mapping[int, str]

    def of(self, customer_id: int | None, topic: str) -> str:
        """What keeps news of a topic from a customer; a question for an opinion never waits because of the last one."""
        return (self.plain if topic == Topic.REVIEWS else self.known).get(customer_id or 0, "")


def troubles_of(customer_ids: Collection[int]) -> Troubles:
    """What is wrong with what these customers bought; every room that knows of trouble is asked once."""
    known: dict[int, str] = {}
    plain: dict[int, str] = {}
    for asker, is_opinion in troubles() if customer_ids else ():
        for customer_id, words in asker(customer_ids).items():
            known.setdefault(customer_id, words)
            if not is_opinion:
                plain.setdefault(customer_id, words)
    return Troubles(known, plain)


def open_incidents(customer_ids: Collection[int]) -> Mapping[int, str]:
    """The newest open incident of each of these customers' orders and parcels; one query."""
    theirs = Q(order__customer__in=customer_ids) | Q(shipment__order__customer__in=customer_ids)
    rows = Incident.objects.filter(theirs).exclude(state=IncidentState.RESOLVED).order_by("opened_at", "pk")
    values = rows.annotate(whose=Coalesce("order__customer", "shipment__order__customer")).values_list("whose", "type")
    return {customer_id: f"open incident: {IncidentType(type).value}" for customer_id, type in values if customer_id is not None}


def open_cases(customer_ids: Collection[int]) -> Mapping[int, str]:
    """Customers with a return or a claim that is not settled; one query."""
    return dict.fromkeys(has_open_case(customer_ids), "open return or claim")


def unhappy(customer_ids: Collection[int]) -> Mapping[int, str]:
    """Customers whose low stars or scores nobody has answered yet; one query."""
    theirs = Q(order__customer__in=customer_ids) | Q(review__customer__in=customer_ids) | Q(answer__customer__in=customer_ids)
    tasks = FeedbackTask.objects.filter(theirs, state=TaskState.OPEN)
    whose = tasks.values_list(Coalesce("order__customer", "review__customer", "answer__customer"), flat=True)
    return dict.fromkeys((pk for pk in whose if pk), "open feedback task")


def waiting_for_us(customer_ids: Collection[int]) -> Mapping[int, str]:
    """Customers who wrote about a review and have no answer, whatever they wrote; one query."""
    later = ReviewNote.objects.filter(review=OuterRef("review"), is_of_staff=True, at__gte=OuterRef("at"))
    waiting = ReviewNote.objects.filter(~Exists(later), review__customer__in=customer_ids, is_of_staff=False)
    return dict.fromkeys((pk for pk in waiting.values_list("review__customer", flat=True) if pk), "unanswered message")


register_trouble("incidents", open_incidents)
register_trouble("returns", open_cases)
register_trouble("notes", waiting_for_us)
register_trouble("feedback", unhappy, is_opinion=True)


@dataclass(slots=True)
class Lately:
    """When messages that advertise left, or will leave, by customer; this batch's are added as they are decided."""

    moments: dict[int, list[datetime]] = field(default_factory=dict)

    def of(self, customer_id: int | None) -> list[datetime]:
        return self.moments.get(customer_id or 0, [])

    def add(self, customer_id: int | None, at: datetime) -> None:
        if customer_id is not None:
            self.moments.setdefault(customer_id, []).append(at)


def lately(customer_ids: Collection[int], states: Iterable[MessageState], now: datetime) -> Lately:
    """What these customers got, or will get, that advertises; one query."""
    found = Lately()
    if not customer_ids:
        return found
    # By the index; a message leaves within its lifetime after the hour it was meant for.
    rows = Message.objects.filter(
        customer__in=customer_ids, topic__in=MARKETING, send_at__gt=now - WEEK - LONGEST_DELAY, state__in=list(states)
    ).order_by("pk")
    for customer_id, sent_at, send_at in rows.values_list("customer_id", "sent_at", "send_at"):
        found.add(customer_id, sent_at or send_at)
    return found
