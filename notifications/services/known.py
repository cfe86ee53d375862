"""What is the same for all events of a batch, read once: plans, what was told, and only what their conditions ask for."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.text import phone_country
from customers.types import Channel, Contact
from events.queue import database_now
from events.types import Occurrence
from merchants.selectors import current_merchant
from notifications import rules
from notifications.automations import InForce, plans_in_force
from notifications.circumstances import ON_THE_WAY, Basket, Lately, Troubles, baskets_of, lately, ranks_of, troubles_of
from notifications.doubles import About, Doubles, load_doubles
from notifications.models import Message
from notifications.offers import Stand, stands
from notifications.registry import Entry
from notifications.rules import Home, Place, Situation
from notifications.services.subjects import Subject
from notifications.types import Kind, Style
from orders.models import Order
from orders.selectors import first_paid_orders
from rewards.selectors import coupon_rule

BY_BASKET = frozenset({"order.product", "order.category"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is the same for all events of a batch."""

    plans: Mapping[str, InForce]
    told: Mapping[str, str]  # fact -> dedupe key of the message that told it, oldest first
    language: str  # the merchant's
    home: Home
    due_at: datetime
    firsts: frozenset[int]
    ranks: Mapping[int, int]
    baskets: Mapping[int, Basket]
    troubles: Troubles
    lately: Lately
    has_coupons: bool
    additions: Mapping[int, Stand]  # by order: what may still go in its parcel
    doubles: Doubles

    def situation(self, subject: Subject, now: datetime) -> Situation:
        """The facts conditions may ask for; those nobody asks for may be missing."""
        order, shipment, incident = subject.order, subject.shipment, subject.incident
        if order is None:
            return Situation()
        basket = self.baskets.get(order.pk, Basket())
        return Situation(
            {
                "order.total": float(order.total),
                "order.currency": order.currency,
                "order.country": country_of(order) or None,
                "order.language": subject.contact.language or self.language,
                "order.is_first": order.pk in self.firsts if order.customer_id is not None else None,
                "order.product": basket.skus,
                "order.category": basket.categories,
                "order.hours_since": (now - order.placed_at).total_seconds() / 3600,
                "parcel.status": shipment.status if shipment is not None else None,
                "incident.type": incident.type if incident is not None else None,
                "customer.orders": self.ranks.get(order.pk),
            }
        )


def known_for(events: Sequence[Occurrence], subjects: Mapping[int, Subject], entries: Sequence[Entry], *, drafts: bool) -> Known:
    """A constant number of queries whatever the number of events; fewer when nobody set conditions."""
    merchant, plans = current_merchant(), plans_in_force(drafts=drafts)
    asked, orders = _asked(entries, plans), {subject.order.pk: subject.order for subject in subjects.values() if subject.order is not None}
    persuaded = _customers(subjects.values()) if any(entry.is_marketing and plans[entry.kind].plan.channels for entry in entries) else set()
    return Known(
        plans=plans,
        told=_told(orders, entries),
        language=merchant.language,
        home=Home(merchant.country, merchant.timezone),
        due_at=database_now(),
        firsts=first_paid_orders(orders=list(orders.values())) if "order.is_first" in asked else frozenset(),
        ranks=ranks_of(orders) if "customer.orders" in asked else {},
        baskets=baskets_of(orders) if asked & BY_BASKET else {},
        troubles=troubles_of(persuaded),
        lately=lately(persuaded, ON_THE_WAY, events[0].now),
        has_coupons=Style.ENTICING in asked and coupon_rule() is not None,
        additions=stands(orders.values()) if _are_sent(Kind.ADDITIONS, entries, plans) else {},
        doubles=load_doubles(list(_abouts(events, subjects, entries)), plans, events[0].now),
    )


def _abouts(events: Sequence[Occurrence], subjects: Mapping[int, Subject], entries: Sequence[Entry]) -> Iterator[About]:
    for event in events:
        subject = subjects.get(event.id)
        if subject is not None:
            order_id = subject.order.pk if subject.order is not None else None
            yield from (About(one.kind, event.payload.get(one.key), order_id, subject.shipment, subject.row) for one in entries)


def _are_sent(kind: Kind, entries: Sequence[Entry], plans: Mapping[str, InForce]) -> bool:
    return any(entry.kind == kind for entry in entries) and bool(plans[kind].plan.channels)


def _asked(entries: Sequence[Entry], plans: Mapping[str, InForce]) -> set[str]:
    """The facts the plans' conditions ask for, and the styles they may choose."""
    found: set[str] = set()
    for plan in (plans[entry.kind].plan for entry in entries):
        found |= {check.fact for check in plan.checks} | {str(rule.style) for rule in plan.styles}
        found |= {check.fact for rule in plan.styles for check in rule.checks}
    if any(entry.kind == Kind.ORDER_CONFIRMATION for entry in entries):
        found.add("order.is_first")  # which style is chosen by itself
    return found


def _customers(subjects: Iterable[Subject]) -> set[int]:
    return {subject.contact.customer_id for subject in subjects if subject.contact.customer_id is not None}


def _told(orders: Collection[int], entries: Sequence[Entry]) -> dict[str, str]:
    """Dedupe keys of what the orders' shoppers were told already, by the fact they are about."""
    if not orders:
        return {}
    rows = Message.objects.filter(order__in=orders, kind__in=[entry.kind for entry in entries]).order_by("pk")
    return {key.rpartition(":")[0]: key for key in rows.values_list("dedupe_key", flat=True)}


def country_of(order: Order) -> str:
    """Where an order goes, as an ISO code; "" when nobody said."""
    return str((order.shipping_address or order.billing_address or {}).get("country") or "")[:2].upper()


def countries_of(order: Order | None) -> frozenset[str]:
    """Every country an order names, as ISO codes: where it goes, and where its bill goes."""
    addresses = (order.shipping_address, order.billing_address) if order is not None else ()
    return frozenset(code for address in addresses if (code := str((address or {}).get("country") or "")[:2].upper()))


def place_of(contact: Contact, order: Order | None, home: Home) -> Place:
    """Where the recipient is, as far as the shopper, the address and the number tell."""
    address = order.shipping_address or {} if order is not None else {}
    return rules.place_of(
        told=contact.standing.zone,
        country=str(address.get("country") or "")[:2],
        region=str(address.get("region") or ""),
        phone_country=phone_country(contact.phone) if contact.phone else "",
        home=home,
    )


def address_of(contact: Contact, channel: str) -> str:
    """Where the channel's messages go."""
    return contact.email if channel == Channel.EMAIL else contact.phone
