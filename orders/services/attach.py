"""Orders placed without an account, put into one."""

from datetime import datetime

from customers.models import Customer
from customers.selectors import usable_email, usable_phone
from customers.services import upsert_customer
from customers.types import Channel
from events.services import emit_many
from orders.models import GuestAccess, Order

MOST = 200  # orders put into an account at once


def opens_account(guest: GuestAccess) -> bool:
    """Whether the guest may be signed in to the order's account at once: the code went to the account's very address, or to one
    that has no account. Not after a telephone number was proven, nor an address the account has left."""
    order = guest.order
    address = usable_email(order.email)
    if guest.channel != Channel.EMAIL or not address:
        return False
    return order.customer is None or (order.customer.erased_at is None and order.customer.email_normalised == address)


def account_of_guest(*, guest: GuestAccess, at: datetime) -> Customer | None:
    """The account the guest is signed in to, made when there is none yet; None where `opens_account` says no."""
    order = guest.order
    if not opens_account(guest):
        return None
    if order.customer is not None:
        return order.customer
    names = {"first_name": order.first_name, "last_name": order.last_name}
    return upsert_customer(email=order.email, phone=order.phone, language=order.language, at=at, **names)


def attach_orders(*, customer: Customer, guest: GuestAccess, at: datetime) -> int:
    """Put the guest's order, and others of the same proven address or number that are nobody's, into an account; returns how many.

    Orders that are in an account stay there: a number may have changed hands.
    """
    free = Order.objects.select_for_update(no_key=True).filter(customer=None)
    alike = _alike(guest)
    found = list(free.filter(**alike).order_by("-placed_at", "-id")[:MOST]) if alike else []
    rows = [row for row in found if guest.channel != Channel.EMAIL or usable_email(row.email) == usable_email(guest.order.email)]
    ids = {row.pk for row in rows} | set(free.filter(pk=guest.order_id).values_list("pk", flat=True))
    Order.objects.filter(pk__in=ids).update(customer=customer)
    emit_many(facts=[("orders.order.attached", {"order": id, "customer": customer.pk}) for id in sorted(ids)], at=at)
    return len(ids)


def _alike(guest: GuestAccess) -> dict[str, str]:
    if guest.channel == Channel.EMAIL:
        address = usable_email(guest.order.email)
        return {"email__iexact": address} if address else {}
    number = usable_phone(guest.order.phone)
    return {"phone": number} if number else {}
