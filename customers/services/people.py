"""Who a shopper is."""

from datetime import datetime

from core.text import BadEmail, normalise_email
from customers.models import Customer
from customers.rules import Person, person_of
from merchants.scope import required_merchant_id
from merchants.selectors import current_merchant

FIELDS = ("email", "phone", "first_name", "last_name", "language", "external_id")


def upsert_customer(
    *, email: str, phone: str, first_name: str, last_name: str, language: str, external_id: str = "", at: datetime
) -> Customer | None:
    """The merchant's customer with this e-mail address, made or brought up to date; what is empty overwrites nothing.

    None when the address is missing or unusable: there is nobody to know again. A bad telephone number is left out.
    """
    try:
        key = normalise_email(email)
    except BadEmail:
        return None
    person = person_of(
        email=email,
        phone=phone,
        first_name=first_name,
        last_name=last_name,
        language=language,
        external_id=external_id,
        region=_region(phone),
    )
    # Held, so that two orders at the same moment cannot both find themselves the customer's first.
    existing: Customer | None = Customer.objects.select_for_update(no_key=True).filter(email_normalised=key).first()
    if existing is None:
        return _create(key, person, at)
    _refresh(existing, person)
    return existing


def _region(phone: str) -> str | None:
    return current_merchant().country if phone and not phone.lstrip().startswith("+") else None


def _create(key: str, person: Person, at: datetime) -> Customer:
    """One statement that also wins the race of two first orders: the loser gets the winner's row."""
    fresh = Customer(
        email_normalised=key, created_at=at, merchant_id=required_merchant_id(), **{name: getattr(person, name) for name in FIELDS}
    )
    Customer.objects.bulk_create(
        [fresh], update_conflicts=True, unique_fields=["merchant", "email_normalised"], update_fields=["email_normalised"]
    )
    return fresh


def _refresh(customer: Customer, person: Person) -> None:
    changed = [name for name in FIELDS if getattr(person, name) and getattr(person, name) != getattr(customer, name)]
    for name in changed:
        setattr(customer, name, getattr(person, name))
    if changed:
        customer.save(update_fields=changed)
