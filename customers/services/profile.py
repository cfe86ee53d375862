"""What shoppers say about themselves, and their address book."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from core.addresses import address_problems, plain_text, tidy_address
from core.text import BadPhone, normalise_phone
from core.zones import zone_names
from customers.models import ContactRule, Customer, SavedAddress
from customers.rules import BadProfile, is_birthday
from customers.types import Profile, ProfileFlaw
from events.services import emit
from merchants.models import Merchant
from merchants.scope import required_merchant_id
from merchants.selectors import current_merchant
from merchants.types import Language

LONGEST_NAME = 80
MOST_ADDRESSES = 50
PHONE = "phone"


def save_profile(*, customer: Customer, profile: Profile, at: datetime) -> list[str]:
    """Make the customer's own words these; returns the columns that changed.

    Refuses (BadProfile, naming the fields) what cannot be kept; then nothing is changed. A language chosen here goes before what
    orders say, for pages and messages alike.
    """
    checked = _checked(profile, current_merchant(), at)
    held: Customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    values = asdict(checked)
    changed = [name for name, value in values.items() if getattr(held, name) != value]
    if not changed:
        return []
    for name in changed:
        setattr(held, name, values[name])
    held.save(update_fields=changed)
    if "language" in changed:
        _speak(held, checked.language, at)
    emit(type="customers.profile.changed", payload={"customer": held.pk, "what": changed}, at=at)
    return changed


def _checked(profile: Profile, merchant: Merchant, at: datetime) -> Profile:
    flaws: dict[str, str] = {}
    names = {name: plain_text(getattr(profile, name)) for name in ("first_name", "last_name")}
    flaws |= {name: ProfileFlaw.LONG for name, text in names.items() if len(text) > LONGEST_NAME}
    phone = ""
    try:
        phone = normalise_phone(profile.phone, merchant.country) if profile.phone.strip() else ""
    except BadPhone:
        flaws[PHONE] = ProfileFlaw.PHONE
    today = at.astimezone(ZoneInfo(merchant.timezone)).date()
    if profile.birthday is not None and not is_birthday(profile.birthday, today=today):
        flaws["birthday"] = ProfileFlaw.BIRTHDAY
    if profile.language not in Language.values:
        flaws["language"] = ProfileFlaw.LANGUAGE
    if profile.timezone and profile.timezone not in zone_names():
        flaws["timezone"] = ProfileFlaw.ZONE
    if flaws:
        raise BadProfile(flaws)
    return Profile(names["first_name"], names["last_name"], phone, profile.birthday, profile.language, profile.timezone)


def _speak(customer: Customer, language: str, at: datetime) -> None:
    row = ContactRule(customer=customer, merchant_id=required_merchant_id(), language=language, updated_at=at)
    columns = ["language", "updated_at"]
    ContactRule.objects.bulk_create([row], update_conflicts=True, unique_fields=["merchant", "customer"], update_fields=columns)


def save_address(
    *, customer: Customer, typed: Mapping[str, str], countries: Mapping[str, str], is_default: bool, at: datetime, public_id: str = ""
) -> SavedAddress | None:
    """Add an address to the book, or change one; None when the customer has none of this id. The first one is the usual one.

    Refuses (BadProfile) with what `core.addresses` finds wrong, a bad telephone number, and more than fifty.
    """
    tidy, phone = tidy_address(typed), typed.get(PHONE, "").strip()
    flaws = dict(address_problems(tidy, countries=countries))
    try:
        phone = normalise_phone(phone, tidy["country"] or None) if phone else ""
    except BadPhone:
        flaws[PHONE] = ProfileFlaw.PHONE
    if flaws:
        raise BadProfile(flaws)
    book = {row.public_id: row for row in _book(customer)}
    if public_id and public_id not in book:
        return None
    if not public_id and len(book) >= MOST_ADDRESSES:
        raise BadProfile({"": ProfileFlaw.FULL})
    row = book.get(public_id) or SavedAddress(customer=customer, created_at=at)
    for name, value in {**tidy, PHONE: phone}.items():
        setattr(row, name, value)
    row.updated_at = at
    _keep(row, is_default=is_default or row.is_default or not book)
    emit(type="customers.address.saved", payload={"customer": customer.pk, "address": row.pk}, at=at)
    return row


def _keep(row: SavedAddress, *, is_default: bool) -> None:
    if is_default and not row.is_default:
        SavedAddress.objects.filter(customer=row.customer_id, is_default=True).update(is_default=False)
    row.is_default = is_default
    row.save()


def make_default(*, customer: Customer, public_id: str, at: datetime) -> bool:
    """Make one address the usual one. False when the customer has none of this id."""
    row = next((row for row in _book(customer) if row.public_id == public_id), None)
    if row is None:
        return False
    _keep(row, is_default=True)
    emit(type="customers.address.saved", payload={"customer": customer.pk, "address": row.pk}, at=at)
    return True


def remove_address(*, customer: Customer, public_id: str, at: datetime) -> bool:
    """Take an address out of the book; the oldest of the others becomes the usual one when it was. False when there is none."""
    book = _book(customer)
    row = next((row for row in book if row.public_id == public_id), None)
    if row is None:
        return False
    id, was_default = row.pk, row.is_default
    row.delete()
    heir = next((other for other in book if other is not row), None)
    if was_default and heir is not None:
        _keep(heir, is_default=True)
    emit(type="customers.address.removed", payload={"customer": customer.pk, "address": id}, at=at)
    return True


def _book(customer: Customer) -> list[SavedAddress]:
    """The addresses, the oldest first; who changes them next waits."""
    list(Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk).values_list("pk"))
    return list(SavedAddress.objects.filter(customer=customer).order_by("pk"))
