"""What events are about, as far as their messages need it: read for a batch, a query per table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from customers.models import Customer
from customers.selectors import contacts_of
from customers.types import Contact
from events.types import Occurrence
from merchants.models import MerchantModel
from notifications.background import heirs
from orders.models import Order, Refund
from tracking.models import Incident, Shipment

M = TypeVar("M", bound=MerchantModel)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, as far as its messages need it."""

    contact: Contact
    happened_at: datetime
    order: Order | None = None
    shipment: Shipment | None = None
    incident: Incident | None = None


def subjects_of(events: Sequence[Occurrence]) -> dict[int, Subject]:
    """By event; none where the row is gone: the shopper's data were erased meanwhile."""
    orders, shipments = _rows(events, "order", Order), _rows(events, "shipment", Shipment)
    refunds, incidents = _rows(events, "refund", Refund), heirs(_rows(events, "incident", Incident))
    customers = _rows([event for event in events if "order" not in event.payload], "customer", Customer)
    found: dict[int, Subject] = {}
    for event in events:
        order, customer = orders.get(event.payload.get("order")), customers.get(event.payload.get("customer"))
        if order is not None and ("incident" not in event.payload or event.payload["incident"] in incidents):
            shipment = shipments.get(event.payload.get("shipment"))
            happened = happened_at(event, order, shipment, refunds.get(event.payload.get("refund")))
            found[event.id] = Subject(contact_of(order), happened, order, shipment, incidents.get(event.payload.get("incident")))
        elif customer is not None and "order" not in event.payload:
            found[event.id] = Subject(_of_customer(customer), event.at)
    contacts = contacts_of([subject.contact for subject in found.values()])
    return {id: replace(subject, contact=contact) for (id, subject), contact in zip(found.items(), contacts, strict=True)}


def _rows(events: Sequence[Occurrence], name: str, model: type[M]) -> dict[int | None, M]:
    """The rows the events name in their payload; no query when they name none."""
    ids = {event.payload[name] for event in events if name in event.payload}
    return {row.pk: row for row in model.objects.filter(pk__in=ids)} if ids else {}


def contact_of(order: Order) -> Contact:
    """Whom an order's messages go to, before it is asked what stands against the addresses."""
    return Contact(order.customer_id, order.first_name, order.email, order.phone, order.language, {})


def _of_customer(customer: Customer) -> Contact:
    return Contact(customer.pk, customer.first_name, customer.email, "", customer.language, {})


def happened_at(event: Occurrence, order: Order, shipment: Shipment | None, refund: Refund | None) -> datetime:
    """When the fact came about in the world, which for an imported order may be before we knew it."""
    if "refund" in event.payload:
        return (refund.refunded_at if refund is not None else None) or event.at
    if shipment is not None and event.type == "tracking.shipment.dispatched":
        return shipment.shipped_at or event.at
    if shipment is not None and event.type == "tracking.shipment.delivered":
        return shipment.delivered_at or event.at
    if event.type.startswith("tracking."):
        return event.at
    if event.type == "orders.order.cancelled":
        return order.cancelled_at or event.at
    return order.confirmed_at or order.placed_at
