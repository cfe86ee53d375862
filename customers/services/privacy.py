"""Privacy requests carried out: a copy is built, a person is forgotten, each through what the rooms have registered."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import translation

from core.transactions import forbid_transaction
from customers.models import Customer, PrivacyRequest
from customers.registry import holdings
from customers.rules import EXPORT_KEPT, GRACE, SETTLED, SHOPPER, erasure_at
from customers.selectors import subject_of
from customers.services.export import build_export
from customers.services.requests import OPEN, held_request, tell
from customers.types import PrivacyKind, PrivacyState, Subject
from merchants.audit import record
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import current_merchant
from merchants.types import Deed

logger = logging.getLogger(__name__)


class StillNeeded(Exception):
    """Somebody bought something while their account was being erased."""


def carry_out(*, request_id: int, at: datetime, is_urgent: bool = False) -> PrivacyRequest | None:
    """Take the next step of a request whose time has come; None when there is none to take.

    `is_urgent`: the days in which a shopper can take an erasure back are over, because staff say so.
    """
    request = held_request(request_id=request_id, states=OPEN)
    if request is None:
        return None
    if request.kind == PrivacyKind.EXPORT:
        return _export(request, at)
    if request.state == PrivacyState.WORKING:
        return _finish(request, at)
    is_due = is_urgent or erasure_at(source=request.source, requested_at=request.requested_at) <= at
    return _erase(request, at) if is_due else None


def reasons_to_wait(*, customer: Customer, now: datetime) -> list[str]:
    """What stands against an erasure today, in words for the shopper."""
    subject = subject_of(customer)
    return [reason for holding in holdings() for reason in holding.holds(subject, now)]


def _export(request: PrivacyRequest, at: datetime) -> PrivacyRequest:
    file, count = build_export(customer=request.customer, at=at)
    request.file, request.facts = file, {"records": count, "bytes": len(file)}
    request.expires_at = at + EXPORT_KEPT
    return _close(request, PrivacyState.DONE, at, Deed.COPY_MADE, fields=["file", "facts", "expires_at"])


def _erase(request: PrivacyRequest, at: datetime) -> PrivacyRequest:
    """The first round; when something holds it up, the reason is kept, and what is still held up after a month is refused."""
    with _speaking(request.customer):
        reasons = reasons_to_wait(customer=request.customer, now=at)
    if not reasons:
        try:
            with transaction.atomic():
                return _forget(request, at)
        except StillNeeded as error:
            reasons = [str(error)]
    request.reason = " ".join(reasons)[:300]
    today = at.astimezone(ZoneInfo(current_merchant().timezone)).date()
    if today > request.due_by:
        return _close(request, PrivacyState.REFUSED, at, Deed.PRIVACY_REFUSED, fields=["reason"])
    request.save(update_fields=["reason"])
    return request


def _forget(request: PrivacyRequest, at: datetime) -> PrivacyRequest:
    done = _round(subject_of(request.customer), at)
    request.state, request.reason, request.facts = PrivacyState.WORKING, "", {"first": done}
    request.decided_at = at
    request.save(update_fields=["state", "reason", "facts", "decided_at"])
    others = PrivacyRequest.objects.filter(customer=request.customer, state=PrivacyState.REQUESTED)
    others.update(state=PrivacyState.WITHDRAWN, decided_at=at)  # there is nothing left to copy
    tell(request, at)
    record(Deed.ERASURE_BEGUN, request, {"rows": sum(done.values())}, on_behalf_of=request.customer.public_id)
    return request


def _finish(request: PrivacyRequest, at: datetime) -> PrivacyRequest | None:
    """The second round: what was being written while the first ran, such as a message under way, is forgotten too."""
    if request.decided_at is None or request.decided_at + SETTLED > at:
        return None
    request.facts = {**request.facts, "second": _round(subject_of(request.customer), at)}
    return _close(request, PrivacyState.DONE, at, Deed.ERASED, fields=["facts"])


def _round(subject: Subject, at: datetime) -> dict[str, int]:
    """Holding -> rows forgotten. Higher rooms first: they find their rows by those of the lower ones; the account last, under its
    lock, so that an order placed meanwhile is either seen now or gets a customer of its own. Refuses (StillNeeded) the first."""
    account, *others = holdings()
    done = {holding.key: holding.erase(subject, at) for holding in reversed(others)}
    list(Customer.objects.select_for_update(no_key=True).filter(pk=subject.customer_id).values_list("pk"))
    if reasons := [reason for holding in holdings() for reason in holding.holds(subject, at)]:
        raise StillNeeded(" ".join(reasons))
    return {**done, account.key: account.erase(subject, at)}


def _close(request: PrivacyRequest, state: PrivacyState, at: datetime, deed: Deed, *, fields: list[str]) -> PrivacyRequest:
    request.state, request.decided_at = state, at
    request.save(update_fields=["state", "decided_at", *fields])
    tell(request, at)
    record(deed, request, {"source": request.source}, on_behalf_of=request.customer.public_id)
    return request


def _speaking(customer: Customer) -> translation.override:
    return translation.override(customer.language or current_merchant().language)


def carry_out_due(*, now: datetime) -> Counter[str]:
    """Take the next step of every merchant's requests that are due, each in a transaction of its own; state -> how many reached it."""
    forbid_transaction("customers.carry_out_due")
    reached: Counter[str] = Counter()
    for merchant_id, request_id in list(_due(now)):
        try:
            with merchant_scope(merchant_id):
                request = carry_out(request_id=request_id, at=now)
        except Exception:  # one person's trouble must not stop the others; the request is due again at the next round
            logger.exception("a privacy request could not be carried out", extra={"merchant": merchant_id, "request": request_id})
        else:
            reached.update([str(request.state)] if request is not None else [])
    return reached


def _due(now: datetime) -> Iterator[tuple[int, int]]:
    """Those that wait for the road are not taken away from it: an export is asked for again only when it was lost."""
    told = Q(kind=PrivacyKind.EXPORT, requested_at__lte=now - timedelta(hours=1))
    ripe = Q(kind=PrivacyKind.ERASURE) & (~Q(source=SHOPPER) | Q(requested_at__lte=now - GRACE))
    under_way = Q(state=PrivacyState.WORKING, decided_at__lte=now - SETTLED)
    wanted = (Q(state=PrivacyState.REQUESTED) & (told | ripe)) | under_way
    for merchant_id in Merchant.objects.order_by("pk").values_list("pk", flat=True):
        with merchant_scope(merchant_id):
            ids = list(PrivacyRequest.objects.filter(wanted).order_by("requested_at", "pk").values_list("pk", flat=True))
        yield from ((merchant_id, id) for id in ids)
