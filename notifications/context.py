"""Everything a template may say, as plain words: the only data a merchant's template ever sees.

Text from outside is cleaned of control and direction marks and never looked at as template again. The number of queries
is constant; `build` also makes an SMS's short link and keeps the days it promises.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import prefetch_related_objects

from customers.models import SignInRequest
from customers.types import Channel
from notifications.background import Background, load_background
from notifications.case_parts import Teller, case_context
from notifications.cases import contact_of_case
from notifications.facts import SHOWN, Told, line_part, order_part, parcel_part, shipment_part
from notifications.house import House, branding_part, load, merchant_part, support_part
from notifications.machine import machine_facts
from notifications.models import Message
from notifications.notes import Notes, open_notes
from notifications.offers import offer_part
from notifications.progress import ahead, attempt_part, incident_part, journey_part, news_day, note_part
from notifications.registry import entry_of
from notifications.review_parts import Letter, feedback_context, reader_name
from notifications.rules.style import ADVERTISING
from notifications.scales import example_part, survey_parts
from notifications.shipped import language_for
from notifications.shopper import account_part, email_change_part, look_up_part, masked, privacy_part, request_part, sign_in_part
from notifications.styles import Wanted, extras, stop_offers_url
from notifications.types import Kind
from notifications.unsubscribe import preferences_url, unsubscribe_url
from notifications.variables import CARRIERS
from notifications.words import Words, clean
from orders.models import Refund
from orders.tokens import order_link_token
from orders.types import PaymentState, PromiseKind
from returns.selectors.versions import products_of, purchase_of
from reviews.models import Survey
from tracking.models import Incident, Shipment
from tracking.types import ShipmentStatus

# Prefetch these on a batch of messages and `build` asks for none of them again.
RELATED = ("order__customer", "order__lines", "order__payments", "order__promises", "order__shipments__lines")
BANK_DAYS = timedelta(days=10)  # five working days at the bank, a weekend and a holiday
NOT_A_NAME = re.compile(r"[/@:]|www\.|\.\w{2,}")
SHOWS_RETURNS = frozenset({Kind.ORDER_CONFIRMATION, Kind.DISPATCH, Kind.DELIVERED})
NEEDS_PARCEL = frozenset(
    {
        Kind.DISPATCH, Kind.ARRIVED_IN_CITY, Kind.OUT_FOR_DELIVERY, Kind.ATTEMPT_FAILED, Kind.READY_FOR_PICKUP,
        Kind.PICKUP_EXPIRING, Kind.DELAYED, Kind.LOST_SUSPECTED, Kind.DELIVERED, Kind.RECEIPT_DENIED,
    }
)  # fmt: skip

MONEY = frozenset({Kind.REFUND, Kind.CANCELLATION})
ABOUT_ACCOUNT = frozenset({Kind.EMAIL_CODE, Kind.ACCOUNT_NOTICE, Kind.PRIVACY})
ASKED_OF_ORDER = frozenset({Kind.ORDER_CODE, Kind.REQUEST_RECEIVED, Kind.REQUEST_DECIDED})
__all__ = ["RELATED", "NothingToTell", "build", "first_name", "masked"]


class NothingToTell(LookupError):
    """The row the message is about does not exist any more."""


def build(
    *,
    message: Message,
    now: datetime,
    house: House | None = None,
    notes: Notes | None = None,
    background: Background | None = None,
    surveys: Sequence[Survey] = (),
) -> dict[str, Any]:
    """The message's context, in the current merchant's scope. `house` saves a batch six queries per message, `background` three.

    `surveys` are those it may carry beside what it tells: asking is advertising, so the caller knows that its reader may be asked.
    With `notes` the caller stores what is left behind. Refuses (NothingToTell) a message whose parcel, incident or words are gone.
    """
    if notes is None:
        notes = open_notes([message])
        context = build(message=message, now=now, house=house, notes=notes, background=background, surveys=surveys)
        notes.store()
        return context
    house = house or load()
    language = language_for(message.language, house.merchant.language)
    words = Words(language, house.merchant.country, house.merchant.timezone)
    context = notes.once(("house", language), lambda: _about_house(house, language)) | {"customer": {"first_name": first_name(message)}}
    if message.kind == Kind.SIGN_IN:
        return context | {"sign_in": sign_in_part(SignInRequest.objects.get(pk=message.subject_id), house.base_url)}
    background, entry = background or load_background([message]), entry_of(message.kind)
    if message.kind in ABOUT_ACCOUNT:
        return context | _about_account(message, house, words, now, background)
    if entry.is_about_feedback:
        return context | _about_feedback(message, house, words, now, notes, background)
    if entry.is_about_case:
        context |= _about_case(message, house, words, now, notes, background)
    else:
        context |= _about_order(message, house, words, now, notes, background)
    return context | {"surveys": _surveys(message, house, words, notes, surveys)} if message.kind in CARRIERS else context


def _surveys(message: Message, house: House, words: Words, notes: Notes, surveys: Sequence[Survey]) -> list[dict[str, Any]]:
    found = survey_parts(surveys, message.order, words.language, house.merchant.language, house.base_url)
    return found if found or not notes.is_example else [example_part(words.language, house.base_url)]


def _about_house(house: House, language: str) -> dict[str, Any]:
    return {
        "language": language,
        "merchant": merchant_part(house),
        "branding": branding_part(house, language),
        "colors": dict(house.branding.email_colors),
        "support": support_part(house),
        "links": {"home": f"{house.base_url}/"},
    }


def first_name(message: Message) -> str:
    """The shopper's first name; empty when it carries a link, so that nobody mails advertising through an order form."""
    row = message.order or message.customer
    return named(row.first_name) if row else ""


def named(name: str) -> str:
    """A name as we say it."""
    name = clean(name)[:40]
    return "" if NOT_A_NAME.search(name) else name


def _about_account(message: Message, house: House, words: Words, now: datetime, background: Background) -> dict[str, Any]:
    row, home = background.row(message), f"{house.base_url}/"
    if row is None:
        raise NothingToTell("what it was about is gone")
    match message.kind:
        case Kind.EMAIL_CODE:
            return {"email_change": email_change_part(row)}
        case Kind.ACCOUNT_NOTICE:
            return {"account": account_part(row, words, now), "links": {"home": home, "security": f"{home}profile/security/"}}
        case _:
            return {"privacy": privacy_part(row, words, now), "links": {"home": home, "privacy": f"{home}privacy/"}}


def _about_case(message: Message, house: House, words: Words, now: datetime, notes: Notes, background: Background) -> dict[str, Any]:
    row = background.row(message)
    if row is None:
        raise NothingToTell("what it was about is gone")
    return {"customer": {"first_name": named(contact_of_case(row).first_name)}} | case_context(
        message, row, Teller(words, now, house.base_url), notes
    )


def _about_feedback(message: Message, house: House, words: Words, now: datetime, notes: Notes, background: Background) -> dict[str, Any]:
    row = background.row(message)
    if row is None:
        raise NothingToTell("what it was about is gone")
    letter = Letter(message, Teller(words, now, house.base_url), house.merchant.language, background, notes)
    return {"customer": {"first_name": named(reader_name(row))}} | feedback_context(row, letter)


def _about_order(message: Message, house: House, words: Words, now: datetime, notes: Notes, background: Background) -> dict[str, Any]:
    told = _tell(message, house, words, now)
    context: dict[str, Any] = {
        "links": _links(told, message, house, notes),
        **notes.once(("order", told.order.pk, words.language, now), lambda: _of_order(told)),
        "returns": _returns(told, message, house, notes),
    }
    shipment = next((s for s in told.shipments if s.pk == message.shipment_id), None)
    if shipment is None and message.kind in NEEDS_PARCEL:
        raise NothingToTell("the parcel is gone or was cancelled")
    if shipment is not None:
        context["shipment"] = shipment_part(told, shipment) | journey_part(told, shipment, background.scan(message))
    context |= _of_kind(told, message, shipment, house, notes, background)
    if message.channel != Channel.EMAIL:
        return context | {"facts": {}}
    incident = background.incident(message)
    expected = ahead(told, incident.expected_by) if incident is not None and message.kind == Kind.DELAYED else None
    facts = machine_facts(told, message, context, house.merchant.name, expected)
    if message.kind != Kind.ORDER_CONFIRMATION:
        return context | {"facts": facts}
    found = extras(message.style, Wanted(told, background.offers, house, notes))
    if found.style in ADVERTISING:
        context["links"]["unsubscribe"] = stop_offers_url(told.order, house.base_url) or context["links"]["preferences"]
    return context | found.parts | {"facts": facts | {"style": found.style, "style_reason": found.reason}}


def _of_kind(told: Told, message: Message, shipment: Shipment | None, house: House, notes: Notes, background: Background) -> dict[str, Any]:
    """What only this kind of message has."""
    if message.kind in MONEY:
        return {"refund": _refund(told, message)} if message.kind == Kind.REFUND else {"cancellation": _cancellation(told, house, notes)}
    if message.kind == Kind.ATTEMPT_FAILED and shipment is not None:
        return {"attempt": attempt_part(told, background.scan(message), shipment)}
    if message.kind == Kind.ADDITIONS:
        return {"offer": offer_part(told, message, background.additions.get(told.order.pk), house, notes)}
    if message.kind in ASKED_OF_ORDER:
        return _asked(told, message, background)
    if message.kind == Kind.NOTE:
        note = background.notes.get(message.subject_id or 0)
        if note is None:
            raise NothingToTell("the words are gone")
        return {"note": note_part(note.text)}
    if entry_of(message.kind).subject == "incident":
        incident = background.incident(message)
        if incident is None:
            raise NothingToTell("the incident is gone")
        news = news_day(told, incident, message.kind)
        _promise_news(told, message, incident, notes, news)
        return {"incident": incident_part(told, incident, shipment, news_by=news)}
    return {}


def _asked(told: Told, message: Message, background: Background) -> dict[str, Any]:
    row = background.row(message)
    if row is None:
        raise NothingToTell("what it was about is gone")
    return {"look_up": look_up_part(row)} if message.kind == Kind.ORDER_CODE else {"request": request_part(told, row)}


def _promise_news(told: Told, message: Message, incident: Incident, notes: Notes, news: date | None) -> None:
    """Every day a message names is kept: when it arrives or leaves us, or by when there is an answer or more news."""
    parcel = f"shipment:{message.shipment_id}" if message.shipment_id else "order"
    expected = ahead(told, incident.expected_by)
    if message.kind == Kind.RECEIPT_DENIED and news is not None:
        notes.promise(told.order, PromiseKind.REPLY_BY, news, at=told.now, subject=parcel)
    elif message.kind == Kind.DISPATCH_DELAYED and expected:
        notes.promise(told.order, PromiseKind.DISPATCH_BY, expected, at=told.now)
    elif message.kind == Kind.DELAYED and expected:
        notes.promise(told.order, PromiseKind.ARRIVE_BY, expected, at=told.now, subject=parcel)
    elif message.kind != Kind.PICKUP_EXPIRING and news is not None:
        notes.promise(told.order, PromiseKind.NEWS_BY, news, at=told.now, subject=parcel)


def _of_order(told: Told) -> dict[str, Any]:
    """What a mail and an SMS about an order have in common."""
    return {
        "order": order_part(told),
        "items": [line_part(told, item) for item in told.items[:SHOWN]],
        "parcels": [parcel_part(told, shipment) for shipment in told.sent],
    }


def _tell(message: Message, house: House, words: Words, now: datetime) -> Told:
    order = message.order
    assert order is not None, "a message about an order has one"
    prefetch_related_objects([order], "customer", "lines", "payments", "promises", "shipments__lines")
    lines = sorted(order.lines.all(), key=lambda row: (row.position, row.pk))
    payments = sorted(order.payments.all(), key=lambda row: row.pk)
    shipments = [row for row in order.shipments.all() if row.status != ShipmentStatus.CANCELLED]
    return Told(order, lines, payments, sorted(shipments, key=lambda row: (row.position, row.pk)), words, now, house.sends_texts)


def _links(told: Told, message: Message, house: House, notes: Notes) -> dict[str, str]:
    base, order = house.base_url, told.order
    track = f"/track/{order.track_token}/"
    return {
        "home": f"{base}/",
        "order": f"{base}/view/{order_link_token(order, at=told.now)}/",
        "track": f"{base}{track}",
        "choice": f"{base}{track}choice/",
        "not_here": f"{base}{track}not-here/?parcel={_place(told, message)}",
        "returns": f"{base}/policies/returns/",
        "send_back": f"{base}/orders/{order.public_id}/returns/",
        "withdraw": f"{base}/withdraw/",
        "preferences": preferences_url(order.customer, base),
        "unsubscribe": unsubscribe_url(message, order.customer, base),
        "short": f"{base}/l/{notes.code(message, track)}" if message.channel == Channel.SMS else f"{base}{track}",
    }


def _place(told: Told, message: Message) -> int:
    """Which of the order's parcels it is, as the pages count them."""
    return next((n for n, row in enumerate(told.shipments, 1) if row.pk == message.shipment_id), 1)


def _returns(told: Told, message: Message, house: House, notes: Notes) -> dict[str, Any]:
    policy = house.policy
    until = _return_deadline(told, house)
    if until and message.kind in SHOWS_RETURNS and message.channel == Channel.EMAIL and told.ships:
        notes.promise(told.order, PromiseKind.RETURN_UNTIL, until, at=told.now)
    return {
        "until": told.day(until) if until else "",
        "days": policy.window_days,
        "is_free": policy.is_free,
        "refund_days": policy.refund_days,
        "how": clean(policy.how),
    }


def _return_deadline(told: Told, house: House) -> date | None:
    """The earliest last day among its lines that can go back, by the version of its day or today's; None where none can."""
    delivered = [told.local_day(s.delivered_at) for s in told.shipments if s.delivered_at]
    is_complete = bool(delivered) and len(delivered) == len(told.shipments)
    latest = max((day for day in delivered if day), default=None) if is_complete else None
    products = products_of(told.lines, house.versions)
    bought = purchase_of(order=told.order, lines=told.lines, versions=house.versions, products=products, merchant=house.merchant)
    return bought.last_day(delivered_on=latest, arrive_by=told.order.arrive_by)


def _refund(told: Told, message: Message) -> dict[str, Any]:
    refund: Refund = Refund.objects.get(pk=message.subject_id)
    by_external = {line.external_id: line for line in told.lines}
    items = [(by_external[key], int(count)) for key, count in (refund.lines or {}).items() if key in by_external]
    refunded_on = told.words.local(refund.refunded_at).date()
    return {
        "amount": told.words.money(Decimal(str(refund.amount)), told.order.currency),
        "on": told.day(refunded_on),
        "bank_by": told.day(refunded_on + BANK_DAYS),
        "note": clean(refund.note),
        "items": [line_part(told, item) for item in items[:SHOWN]],
        "items_count": len(items),
    }


def _cancellation(told: Told, house: House, notes: Notes) -> dict[str, Any]:
    """What happens to the money: nothing was taken, the hold is lifted, it is on its way, or it goes back by a day."""
    order, paid = told.order, told.paid
    is_voided_hold = order.payment_state == PaymentState.AUTHORIZED
    left = paid - order.refunded_total
    money = "released" if is_voided_hold and not paid else "none" if not paid else "sent" if left <= 0 else "due"
    by = told.words.local(order.cancelled_at or told.now).date() + timedelta(days=house.policy.refund_days)
    if money == "due":
        notes.promise(order, PromiseKind.REFUND_BY, by, at=told.now)
    return {
        "money": money,
        "amount": told.money(left if money == "due" else paid),
        "by": told.day(by) if money == "due" else "",
        "by_short": told.words.short(by) if money == "due" else "",
    }
