"""What people ask about the data held of them: a copy, or that they are forgotten. From the page, the shop, the staff or a command."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from customers.models import Customer, PrivacyRequest
from customers.rules import ANSWERED, EXPORT_AGAIN, REQUESTS_A_DAY, SHOPPER
from customers.services.attempts import TooManyRequests, hold
from customers.types import PrivacyKind, PrivacyState
from events.services import emit
from merchants.audit import record
from merchants.selectors import current_merchant
from merchants.types import Deed

OPEN = (PrivacyState.REQUESTED, PrivacyState.WORKING)
CHANGED = "customers.privacy_request.changed"


class RequestOver(ValueError):
    """The request is done, refused, withdrawn or under way: nothing about it can be changed any more."""


def request_export(*, customer: Customer, source: str, at: datetime) -> PrivacyRequest:
    """Ask for a copy of everything held. Asked for again within a day it is the same request.

    Refuses (TooManyRequests) when the merchant's shoppers asked for a hundred today.
    """
    _hold(customer)
    recent = _of(customer, PrivacyKind.EXPORT).exclude(state__in=[PrivacyState.REFUSED, PrivacyState.WITHDRAWN])
    known: PrivacyRequest | None = recent.filter(requested_at__gt=at - EXPORT_AGAIN).order_by("-requested_at", "-pk").first()
    return known or _open_one(customer, PrivacyKind.EXPORT) or _ask(customer, PrivacyKind.EXPORT, source, at)


def request_erasure(*, customer: Customer, source: str, at: datetime) -> PrivacyRequest:
    """Ask to be forgotten; of somebody who was, it is the request that was carried out. Refuses like a copy."""
    _hold(customer)
    known = _open_one(customer, PrivacyKind.ERASURE)
    if known is None:
        done = _of(customer, PrivacyKind.ERASURE).filter(state=PrivacyState.DONE)
        known = done.order_by("-requested_at", "-pk").first()
    return known or _ask(customer, PrivacyKind.ERASURE, source, at)


def withdraw_request(*, request: PrivacyRequest, at: datetime) -> PrivacyRequest:
    """Take a request back that is not under way yet. Refuses (RequestOver) all others."""
    return _decide(request, PrivacyState.WITHDRAWN, at, reason="")


def refuse_request(*, request: PrivacyRequest, reason: str, at: datetime) -> PrivacyRequest:
    """Say no, with the reason in words for the shopper. Refuses (ValueError) none, and (RequestOver) what is under way or over."""
    words = reason.replace("\0", "").strip()[:300]
    if not words:
        raise ValueError("the shopper has to be told why")
    return _decide(request, PrivacyState.REFUSED, at, reason=words)


def held_request(*, request_id: int, states: Sequence[str]) -> PrivacyRequest | None:
    """The request while it is in one of these states, its row held until the transaction ends; without the file."""
    rows = PrivacyRequest.objects.select_for_update(of=("self",), no_key=True).defer("file").select_related("customer")
    found: PrivacyRequest | None = rows.filter(pk=request_id, state__in=states).first()
    return found


def tell(request: PrivacyRequest, at: datetime) -> None:
    """Publish that the request changed; the caller's transaction holds the change."""
    payload = {"privacy_request": request.pk, "customer": request.customer_id, "state": str(request.state)}
    emit(type=CHANGED, payload=payload, at=at)


def _decide(request: PrivacyRequest, state: PrivacyState, at: datetime, *, reason: str) -> PrivacyRequest:
    held = held_request(request_id=request.pk, states=[PrivacyState.REQUESTED])
    if held is None:
        raise RequestOver("it is under way or over")
    held.state, held.decided_at, held.reason = state, at, reason
    held.save(update_fields=["state", "decided_at", "reason"])
    tell(held, at)
    deed = Deed.PRIVACY_REFUSED if state == PrivacyState.REFUSED else Deed.PRIVACY_WITHDRAWN
    record(deed, held, {"kind": str(held.kind)}, on_behalf_of=held.customer.public_id)
    return held


def _ask(customer: Customer, kind: PrivacyKind, source: str, at: datetime) -> PrivacyRequest:
    if source == SHOPPER:
        _require_room(at)
    zone = ZoneInfo(current_merchant().timezone)
    request: PrivacyRequest = PrivacyRequest.objects.create(
        customer=customer, kind=kind, source=source[:80], requested_at=at, due_by=(at + ANSWERED).astimezone(zone).date()
    )
    tell(request, at)
    deed = Deed.COPY_ASKED if kind == PrivacyKind.EXPORT else Deed.ERASURE_ASKED
    record(deed, request, {"source": request.source}, on_behalf_of=customer.public_id)
    return request


def _require_room(at: datetime) -> None:
    """Refuses (TooManyRequests) what would be the 101st of a day at this merchant."""
    hold(purpose="privacy", keys=["all"])
    asked = PrivacyRequest.objects.filter(source=SHOPPER, requested_at__gt=at - timedelta(days=1))
    if asked.count() >= REQUESTS_A_DAY:
        raise TooManyRequests


def _hold(customer: Customer) -> None:
    """Two askings at once are taken one after the other."""
    list(Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk).values_list("pk"))


def _of(customer: Customer, kind: PrivacyKind) -> QuerySet[PrivacyRequest]:
    rows: QuerySet[PrivacyRequest] = PrivacyRequest.objects.filter(customer=customer, kind=kind).defer("file")
    return rows


def _open_one(customer: Customer, kind: PrivacyKind) -> PrivacyRequest | None:
    return _of(customer, kind).filter(state__in=OPEN).order_by("pk").first()
