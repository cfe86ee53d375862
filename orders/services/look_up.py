"""Finding one order without an account: its number, an address it was placed with, and a code sent there.

The answer is the same for an order that is there and one that is not, in words, bytes, statements and time: who asks learns
nothing without the mailbox or the telephone. So every look-up stores a row and publishes `orders.look_up.made`, which names no order;
that there was one is found out, and told as `orders.look_up.requested`, after the answer has gone.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db.models import F

from core.encryption import fingerprint, random_id
from core.signing import derive_digits, same
from customers.models import Customer
from customers.rules import network_of
from customers.services.attempts import Limits, count_attempt, keyed, may_try, too_many
from customers.types import Attempted
from events.services import emit
from orders.models import GuestAccess, LookUp, Order
from orders.rules.look_up import (
    CODE_LENGTH,
    CODE_LIFETIME,
    CODE_LIMITS,
    CONTACT_LIMITS,
    GUEST_LIFETIME,
    MERCHANT_LIMITS,
    NETWORK_LIMITS,
    NUMBER_LIMITS,
    Contact,
    is_open,
    number_in,
)
from orders.selectors import find_by_contact

MERCHANT = keyed("merchant", "all")


class TooManyLookUps(Exception):
    """More look-ups or codes than one person needs. Told for orders that are there and that are not alike."""


class WrongOrderCode(ValueError):
    """Not the code of the newest look-up in this browser, or used, expired, tried too often, or of no order."""


def request_look_up(*, number: str, contact: Contact, ip: str, browser: str, at: datetime) -> None:
    """Ask for the code of an order. Same outcome, work and limits whether there is such an order or none.

    Refuses (TooManyLookUps) beyond the limits of the network, the number, the address and the merchant.
    """
    plain = number_in(number)
    _count(number=plain, contact=contact, ip=ip, at=at)
    order_id = find_by_contact(number=plain, channel=contact.channel, address=contact.address)
    look_up = LookUp.objects.create(
        order_id=order_id,
        channel=contact.channel,
        nonce=random_id(),
        browser_fingerprint=fingerprint(browser),
        created_at=at,
        expires_at=at + CODE_LIFETIME,
    )
    emit(type="orders.look_up.made", payload={"look_up": look_up.pk}, at=at)


def _count(*, number: str, contact: Contact, ip: str, at: datetime) -> None:
    """The merchant's own limit is read first and counted last, so that one who is refused anyway uses up nobody else's."""
    if too_many(what=Attempted.LOOK_UP, limits={MERCHANT: MERCHANT_LIMITS}, at=at):
        raise TooManyLookUps
    limits: Mapping[str, Limits] = {
        keyed("network", network_of(ip)): NETWORK_LIMITS,
        keyed("number", number): NUMBER_LIMITS,
        keyed("contact", contact.address): CONTACT_LIMITS[contact.channel],
    }
    if not may_try(what=Attempted.LOOK_UP, limits=limits, at=at):
        raise TooManyLookUps
    count_attempt(what=Attempted.LOOK_UP, keys=[MERCHANT], at=at)


def announce_hit(*, look_up_id: int, at: datetime) -> None:
    """Publish that a look-up found an order, so that its code is sent. Nothing for one that found none, or was used or erased since."""
    row: LookUp | None = LookUp.objects.filter(pk=look_up_id, order__isnull=False, used_at=None).first()
    if row is not None:
        emit(type="orders.look_up.requested", payload={"look_up": row.pk, "order": row.order_id}, at=at)


def look_up_code(look_up: LookUp) -> str:
    """The code that belongs to a stored look-up."""
    return derive_digits("look-up-code", look_up.nonce, length=CODE_LENGTH)


def redeem_look_up(*, code: str, browser: str, ip: str, at: datetime) -> LookUp:
    """The look-up whose code this is, spent. A wrong try is counted in the caller's transaction: the caller answers.

    Refuses (WrongOrderCode) any but the newest of this browser, a used or expired one, the sixth try, one that found no order;
    (TooManyLookUps) beyond twenty codes an hour from a network.
    """
    if not may_try(what=Attempted.ORDER_CODE, limits={keyed("network", network_of(ip)): CODE_LIMITS}, at=at):
        raise TooManyLookUps
    row = _newest(fingerprint(browser))
    if row is None or not is_open(created_at=row.created_at, used_at=row.used_at, tries=row.tries, now=at):
        raise WrongOrderCode
    if not same("".join(code.split()), look_up_code(row)) or row.order_id is None:
        LookUp.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
        raise WrongOrderCode
    LookUp.objects.filter(browser_fingerprint=row.browser_fingerprint, used_at=None).update(used_at=at)
    return row


def _newest(browser_fingerprint: str) -> LookUp | None:
    rows = LookUp.objects.select_for_update().filter(browser_fingerprint=browser_fingerprint)
    newest: LookUp | None = rows.order_by("-created_at", "-id").first()
    return newest


def open_guest(*, order_id: int, channel: str, at: datetime) -> str:
    """Let a browser see one order, and ask for what its owner may, for a day; returns the token for its cookie."""
    token = secrets.token_urlsafe(32)
    GuestAccess.objects.create(
        order_id=order_id, channel=channel, fingerprint=fingerprint(token), created_at=at, expires_at=at + GUEST_LIFETIME
    )
    return token


def end_guest(*, guest: GuestAccess, at: datetime) -> bool:
    """Let one browser forget the order. False when it had."""
    return bool(GuestAccess.objects.filter(pk=guest.pk, ended_at=None).update(ended_at=at))


def end_looking(*, order: Order, at: datetime) -> None:
    """What was proven or asked for by an address the order no longer has opens nothing any more."""
    LookUp.objects.filter(order=order, used_at=None).update(used_at=at)
    end_guests(order=order, at=at)


def end_guests_of(*, customer: Customer, at: datetime, but: GuestAccess | None = None) -> int:
    """End every guest's sight of the customer's orders, except the one who asks: a guest is one press from the account."""
    rows = GuestAccess.objects.filter(order__customer=customer, ended_at=None, expires_at__gt=at)
    return rows.exclude(pk=but.pk).update(ended_at=at) if but is not None else rows.update(ended_at=at)


def end_guests(*, order: Order, at: datetime, but: GuestAccess | None = None) -> int:
    """End every guest's sight of the order, except the one who asks; returns how many browsers that were."""
    rows = GuestAccess.objects.filter(order=order, ended_at=None, expires_at__gt=at)
    return rows.exclude(pk=but.pk).update(ended_at=at) if but is not None else rows.update(ended_at=at)
