"""What a shop tells about an order, made our state: once, in order of the shop's own clock, whatever comes twice or late."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from core.text import BadPhone, normalise_phone
from customers.selectors import usable_email, usable_phone
from customers.services import record_consent, upsert_customer
from customers.types import Channel
from events.services import emit
from merchants.rows import insert_unless_there, update
from orders.models import Order
from orders.rules import check_order, paid_so_far
from orders.rules.erasure import nameless
from orders.selectors import Setting, held_order, setting
from orders.services.additions import knowing_additions, match_additions
from orders.services.journal import Journal
from orders.services.lifecycle import advance
from orders.services.lines import create_lines, create_payments, sync_lines, sync_payments
from orders.services.look_up import end_looking
from orders.services.refunds import add_refunds
from orders.services.requests import knowing_address, settle_address
from orders.types import Change, IncomingOrder

GROUPS: dict[str, tuple[Change, tuple[str, ...]]] = {
    "contact": (Change.CONTACT_CHANGED, ("email", "phone", "first_name", "last_name", "language")),
    "address": (Change.ADDRESS_CHANGED, ("shipping_address", "billing_address")),
    "amounts": (
        Change.AMOUNTS_CHANGED,
        ("currency", "total", "subtotal", "discount_total", "shipping_total", "tax_total", "taxes_included"),
    ),
    "details": (Change.DETAILS_CHANGED, ("number", "shipping_method")),
}
TOLD = tuple(name for _, names in GROUPS.values() for name in names)
MOVED = (
    "customer_id", "state", "payment_state", "fulfilment", "refunded_total", "paid_total", "confirmed_at", "paid_at",
    "cancelled_at", "cancel_reason", "source_updated_at", "ship_by", "arrive_from", "arrive_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an incoming order."""

    order: Order
    is_new: bool
    is_stale: bool = False
    changes: tuple[str, ...] = ()


def record_order(*, incoming: IncomingOrder, at: datetime, quiet: bool = False) -> Recorded:
    """Make or update the order with this source and external id. The same news twice changes nothing; older news is ignored.

    Refuses (OrderRefused, naming the field) what `rules.check_order` refuses. `quiet` records history: no promise is
    made, and `orders.order.imported` is the only event. Of an order whose shopper was forgotten only states and amounts are taken.
    """
    checked = check_order(incoming, at=at)
    order = held_order(source=checked.source, external_id=checked.external_id)
    if order is None:
        opened = _open(checked, at, quiet)
        if opened is not None:
            return opened
        order = held_order(source=checked.source, external_id=checked.external_id)
    if order is None:
        raise RuntimeError("the order was inserted by another transaction and cannot be read")
    if order.erased_at is not None:
        checked = nameless(checked)
    if checked.updated_at < order.source_updated_at:
        return Recorded(order, is_new=False, is_stale=True)
    return _update(order, checked, at, quiet)


def _open(incoming: IncomingOrder, at: datetime, quiet: bool) -> Recorded | None:
    """Make the order; None when another transaction made it in the meantime."""
    order = Order(source=incoming.source, external_id=incoming.external_id, placed_at=incoming.placed_at, recorded_at=at)
    order.is_imported, order.source_updated_at = quiet, incoming.updated_at
    here, journal = setting(), Journal(order, at, is_quiet=quiet)
    for name, value in _told(incoming, here).items():
        setattr(order, name, value)
    _know_customer(order, incoming, at)
    journal.note(Change.PLACED, incoming.placed_at, **_remarks(order, incoming))
    journal.tell("orders.order.placed")
    order.paid_total = paid_so_far(incoming.payments, incoming.payment_state, order.total)
    advance(order, incoming, journal, here)
    if not insert_unless_there(order):  # waits for the other one instead of failing, so no savepoint is needed
        return None
    create_lines(order, incoming.lines)
    create_payments(order, incoming.payments)
    if add_refunds(order, incoming.refunds, journal):
        update(order, ["refunded_total", "payment_state"])
    journal.write()
    if quiet:
        emit(type="orders.order.imported", payload={"order": order.pk}, at=at)
    return Recorded(order, is_new=True, changes=tuple(change.kind for change in journal.changes))


def _told(incoming: IncomingOrder, here: Setting) -> dict[str, Any]:
    """The order's columns that repeat what the shop says."""
    values = {name: getattr(incoming, name) for name in TOLD}
    values["phone"] = _phone(incoming, here)
    values["shipping_address"], values["billing_address"] = asdict(incoming.shipping_address), asdict(incoming.billing_address)
    return values


def _phone(incoming: IncomingOrder, here: Setting) -> str:
    """E.164 when it can be read, by the address' country for national numbers; otherwise as written."""
    try:
        return normalise_phone(incoming.phone, incoming.shipping_address.country or here.country) if incoming.phone else ""
    except BadPhone:
        return incoming.phone


def _remarks(order: Order, incoming: IncomingOrder) -> dict[str, Any]:
    """What staff should know about the news itself; contact data that no message can use, without repeating it."""
    unusable = [
        name
        for name, good in (("email", usable_email(order.email)), ("phone", usable_phone(order.phone)))
        if getattr(order, name) and not good
    ]
    remarks = {"unusable": unusable, "warnings": [text[:200] for text in incoming.warnings[:20]]}
    return {name: value for name, value in remarks.items() if value}


def _know_customer(order: Order, incoming: IncomingOrder, at: datetime) -> None:
    customer = upsert_customer(
        email=order.email,
        phone=order.phone,
        first_name=incoming.first_name,
        last_name=incoming.last_name,
        language=incoming.language,
        external_id=incoming.customer_external_id,
        at=at,
    )
    if customer is None:
        return
    order.customer = customer
    if incoming.accepts_marketing is not None:
        record_consent(
            customer=customer,
            channel=Channel.EMAIL,
            is_granted=incoming.accepts_marketing,
            source=f"order {incoming.source}"[:80],
            at=min(incoming.placed_at, at),  # what was ticked then takes nothing back that was said since
        )


def _is_kept_elsewhere(order: Order) -> bool:
    """Whether it lies in an account of another address: one that left the order's, or that it was put into."""
    return order.customer is not None and order.customer.email_normalised != usable_email(order.email)


def _update(order: Order, incoming: IncomingOrder, at: datetime, quiet: bool) -> Recorded:
    here, journal = setting(), Journal(order, at, is_quiet=quiet)
    incoming = knowing_address(order, knowing_additions(order, incoming))
    before = {name: getattr(order, name) for name in (*TOLD, *MOVED)}
    _take(order, _told(incoming, here), journal, incoming.updated_at)
    if "contact" in journal.what:
        if any(before[name] != getattr(order, name) for name in ("email", "phone")):
            end_looking(order=order, at=at)
        if before["email"] != order.email or not _is_kept_elsewhere(order):
            _know_customer(order, incoming, at)
    added = sync_lines(order, incoming.lines, journal, incoming.updated_at)
    match_additions(order=order, added=added, journal=journal, at=incoming.updated_at)
    sync_payments(order, incoming.payments)
    order.paid_total = max(order.paid_total, paid_so_far(incoming.payments, incoming.payment_state, order.total))
    add_refunds(order, incoming.refunds, journal)
    advance(order, incoming, journal, here)
    order.source_updated_at = incoming.updated_at
    if "address" in journal.what:
        settle_address(order=order, before=before["shipping_address"], at=incoming.updated_at)
    if journal.what:
        journal.tell("orders.order.changed", what=list(journal.what))
    update(order, [name for name, value in before.items() if getattr(order, name) != value])
    journal.write()
    return Recorded(order, is_new=False, changes=tuple(change.kind for change in journal.changes))


def _take(order: Order, told: dict[str, Any], journal: Journal, at: datetime) -> None:
    """Note each group of columns that is not what it was; personal data stays out of the history."""
    for group, (kind, names) in GROUPS.items():
        changed = [name for name in names if getattr(order, name) != told[name]]
        if not changed:
            continue
        facts: dict[str, Any] = {"fields": changed}
        if "total" in changed:
            facts |= {"from": str(order.total), "to": str(told["total"])}
        journal.note(kind, at, **facts)
        journal.what.append(group)
        for name in changed:
            setattr(order, name, told[name])
