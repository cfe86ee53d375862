"""A shopper asks to send something back. One transaction decides, holds what is to go out instead, and says every day to come."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.money import round_amount
from orders.models import Order
from orders.types import PromiseKind
from returns.models import CasePhoto, Claim, ClaimLine, Return, ReturnLine, ReturnPlace
from returns.rules.dates import answer_by
from returns.rules.money import NO_MONEY
from returns.selectors.policy import policy
from returns.services.book import calendar, clean, held_order, new_number, note, plan, promise, refuse, tell
from returns.services.checks import Agreed, Check
from returns.services.deciding import approve_held
from returns.services.exchanges import hold_products, reserve
from returns.types import Actor, ClaimKind, ClaimState, Origin, Outcome, Problem, Step, Way, Wish

AT_ONCE = frozenset({Origin.STAFF, Origin.SHOP})
A_DAY = 5  # returns of one order a shopper may ask for, those called off included


def request_return(
    *, order: Order, wishes: Sequence[Wish], way: Way, at: datetime, by: Actor, note: str = "", recipient: dict[str, Any] | None = None
) -> Return:
    """Open a return. What needs no person's look is approved at once.

    Refuses (ReturnRefused, with every reason and the field it is about) what the policy, the stock or an earlier return stand
    against, and a shopper's sixth return of an order within a day: each may cost a label. Staff may go beyond the policy, never
    beyond what was bought. A gift's money is never paid back: it would go to the giver.
    """
    held = held_order(order.pk)
    if by.origin not in AT_ONCE and Return.objects.filter(order=held, requested_at__gt=at - timedelta(days=1)).count() >= A_DAY:
        raise refuse(
            "order", "too_often", _("You have asked for many returns of this order today. Please write to us, or try again tomorrow.")
        )
    return open_return(order=held, wishes=wishes, way=way, at=at, by=by, words=note, recipient=recipient)


def open_return(  # noqa: PLR0913 - what was asked, by whom, and what it follows from
    *,
    order: Order,
    wishes: Sequence[Wish],
    way: Way,
    at: datetime,
    by: Actor,
    words: str = "",
    recipient: Mapping[str, Any] | None = None,
    declared_at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Return:
    """The same; the caller holds the order. `declared_at`: it follows from a withdrawal, stated then; `facts` join the history."""
    here, is_gift, is_withdrawal = calendar(), by.origin == Origin.GIFT or bool(recipient), declared_at is not None
    hold_products(order, [wish.line for wish in wishes])
    check = Check(order=order, today=here.day(at), by=by, is_gift=is_gift, is_withdrawal=is_withdrawal)
    agreed = check.wishes(wishes)
    goes = check.place(agreed, way)
    needs_look = by.origin not in AT_ONCE and any(one.offer.needs_review for one in agreed)
    case = _store(check, declared_at or at, goes, recipient)
    case.answer_by = answer_by(here, at) if needs_look else None
    plan(case, here)
    case.save()
    lines = [_line(case, one, words) for one in agreed]
    _written(case, lines, at, by, facts or {})
    for row, one in zip(lines, agreed, strict=True):
        if one.target is not None:
            reserve(order=order, target=one.target, quantity=row.quantity, at=at, line=row)
    _repairs(case, lines, at, by)
    if needs_look:
        promise(case, PromiseKind.REPLY_BY, case.answer_by, at)
    else:
        approve_held(case, here, at=at, by=by)
    return case


def _store(
    check: Check,
    at: datetime,
    goes: tuple[ReturnPlace, Way, Decimal],
    recipient: Mapping[str, Any] | None,
) -> Return:
    order, by, (place, way, fee) = check.order, check.by, goes
    is_gift = check.is_gift
    told = {name: clean(str((recipient or {}).get(name) or ""), 254) for name in ("name", "email", "language")} if is_gift else {}
    rules = policy()
    case = Return(order=order, rma=new_number("R"), origin=by.origin, currency=order.currency, way=way, requested_at=at)
    case.policy = rules if rules.pk else None
    case.way_fee, case.is_gift, case.is_withdrawal, case.recipient = fee, is_gift, check.is_withdrawal, told
    case.language = told.get("language", "")[:10] or order.language
    case.place = {"key": place.key, "name": place.name, "address": place.address}
    case.label_provider = place.provider
    case.instructions = _instructions(place, rules.how, case.language)
    return case


def _instructions(place: ReturnPlace, how: str, language: str) -> str:
    words: dict[str, str] = place.instructions
    return words.get(language) or words.get("en") or next((text for text in words.values() if text), "") or how


def _line(case: Return, one: Agreed, words: str) -> ReturnLine:
    offer, currency = one.offer, case.currency
    row: ReturnLine = ReturnLine.objects.create(
        case=case,
        order_line=one.line,
        quantity=one.wish.quantity,
        reason=clean(one.wish.reason, 30),
        reason_kind=one.kind,
        note=clean(one.wish.note or words, 500),
        outcome=one.wish.outcome,
        amount=Decimal(0) if one.wish.outcome in NO_MONEY else offer.amount,
        fee=offer.fee,
        bonus=offer.bonus,
        decided={
            "until": offer.until.isoformat() if offer.until else None,
            "rules": list(one.rules),
            "version": case.policy.number if case.policy else None,
            "value": str(round_amount(one.value, currency)),
            "postage_free": offer.is_postage_free,
        },
    )
    CasePhoto.objects.filter(pk__in=[photo.pk for photo in one.photos]).update(line=row)
    return row


def _repairs(case: Return, lines: Sequence[ReturnLine], at: datetime, by: Actor) -> None:
    """What comes back to be repaired is a case of its own: it goes home again, with its own days."""
    broken = [row for row in lines if row.outcome == Outcome.REPAIR]
    if not broken:
        return
    claim = Claim(order=case.order, number=new_number("C"), case=case, kind=ClaimKind.WARRANTY, problem=Problem.FAULTY)
    claim.state, claim.origin, claim.resolution, claim.wanted = ClaimState.APPROVED, by.origin, Outcome.REPAIR, Outcome.REPAIR
    claim.currency, claim.opened_at, claim.decided_at = case.currency, at, at
    claim.answer_by = answer_by(calendar(), at)
    claim.save()
    ClaimLine.objects.bulk_create([ClaimLine(claim=claim, order_line=row.order_line, quantity=row.quantity) for row in broken])
    note(claim, Step.REQUESTED, at, by, case=case.pk)


def _written(case: Return, lines: Sequence[ReturnLine], at: datetime, by: Actor, facts: Mapping[str, Any]) -> None:
    told = [{"line": row.order_line_id, "quantity": row.quantity, "outcome": row.outcome, "reason": row.reason} for row in lines]
    note(case, Step.REQUESTED, at, by, lines=told, **facts)
    tell("returns.return.requested", case, at)
