"""People whom privacy requests name by the shop's ids."""

from collections.abc import Sequence
from datetime import datetime

from customers.models import Customer
from customers.selectors import customer_by_email
from orders.models import Order


def people_named(*, source: str, order_external_ids: Sequence[str], customer_external_id: str, email: str, at: datetime) -> list[Customer]:
    """The customers a shop means, by their orders, its own id of them, or the e-mail address; in the order in which they are locked.

    Two shops may use the same id for two people: it counts only for somebody who has an order of this shop. Orders of nobody
    we could reach get a nameless customer, so that they can be asked for and erased like all others.
    """
    named = Order.objects.filter(source=source, external_id__in=order_external_ids)
    _adopt(list(named.filter(customer=None).values_list("pk", flat=True)), at)
    found = set(named.exclude(customer=None).values_list("customer_id", flat=True))
    if customer_external_id:
        known = Customer.objects.filter(external_id=customer_external_id, erased_at=None, orders__source=source)
        found |= set(known.values_list("pk", flat=True))
    if email and (person := customer_by_email(email=email)) is not None:
        found.add(person.pk)
    return list(Customer.objects.filter(pk__in=found).order_by("pk"))


def _adopt(order_ids: Sequence[int], at: datetime) -> None:
    if order_ids:
        person = Customer.objects.create(created_at=at)
        Order.objects.filter(pk__in=order_ids, customer=None).update(customer=person)
