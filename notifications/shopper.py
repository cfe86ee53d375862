"""What messages say of what a shopper asked for, of codes, and of changes in their account. No queries, no writes."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from core.devices import named_device
from customers.models import AccountChange, EmailChange, PrivacyRequest, SignInRequest
from customers.rules import erasure_at
from customers.services import sign_in_secrets
from customers.services.emails import email_code
from customers.types import PrivacyKind, PrivacyState
from notifications import causes
from notifications.facts import Told
from notifications.progress import day_words
from notifications.words import Words, clean
from orders.models import LookUp, OrderRequest
from orders.services.look_up import look_up_code
from orders.types import RequestState

BULLET = "\N{BULLET}"
MAX_LINES = 8


def sign_in_part(row: SignInRequest, base_url: str) -> dict[str, Any]:
    code, token = sign_in_secrets(row)
    return {"code": code, "url": f"{base_url}/sign-in/confirm/{token}/", "minutes": minutes(row.created_at, row.expires_at)}


def look_up_part(row: LookUp) -> dict[str, Any]:
    return {"code": look_up_code(row), "minutes": minutes(row.created_at, row.expires_at)}


def email_change_part(row: EmailChange) -> dict[str, Any]:
    return {"code": email_code(row), "minutes": minutes(row.created_at, row.expires_at)}


def minutes(start: datetime, end: datetime) -> int:
    """For how long a code is good."""
    return round((end - start).total_seconds() / 60)


def masked(facts: dict[str, Any], secret: str) -> dict[str, Any]:
    """What may be kept of a message with a code: code and link would open what they are for to whoever reads the log."""
    part = facts[secret]
    hidden = {"code": BULLET * len(part["code"])} | ({"url": facts["links"]["home"]} if "url" in part else {})
    return {**facts, secret: part | hidden}


def request_part(told: Told, row: OrderRequest) -> dict[str, Any]:
    """What was asked of the order, the answer or the day it is due, and the address that was asked for."""
    address = told.words.address(row.address or {}, home=told.words.country)[:MAX_LINES]
    return {
        "what": row.kind,
        "is_done": row.state == RequestState.ACCEPTED,
        "reason": causes.refusal(told.words.language, clean(row.reason)) if row.state == RequestState.REFUSED else "",
        **day_words(told, "answer", row.answer_by),
        "address": address,
        "address_lines": len(address),
    }


def account_part(row: AccountChange, words: Words, now: datetime) -> dict[str, str]:
    """What happened, when, and in which browser."""
    return {"what": row.what, "at": _moment(words, row.at, now), "device": ", ".join(filter(None, named_device(row.device)))}


def privacy_part(row: PrivacyRequest, words: Words, now: datetime) -> dict[str, str]:
    """What was asked for, how it stands, and the day that counts: of the erasure, or the last one for fetching the copy."""
    is_copy = row.kind == PrivacyKind.EXPORT
    at = row.expires_at if is_copy else erasure_at(source=row.source, requested_at=row.requested_at)
    day = words.local(at).date() if at is not None else None
    reason = clean(row.reason) if row.state == PrivacyState.REFUSED else ""
    return {"what": row.kind, "state": row.state, "reason": reason, **_days(words, day, now)}


def _days(words: Words, day: date | None, now: datetime) -> Mapping[str, str]:
    if day is None:
        return dict.fromkeys(("day_by", "day_short", "day_weekday", "day_day"), "")
    by = words.day(day, now=words.local(now).date())
    return {"day_by": by, "day_short": words.short(day), "day_weekday": words.weekday(day), "day_day": words.month_day(day)}


def _moment(words: Words, at: datetime, now: datetime) -> str:
    gap = " " if words.language == "zh-hans" else ", "
    return f"{words.day(words.local(at).date(), now=words.local(now).date())}{gap}{words.time(at)}"
