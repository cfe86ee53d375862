"""One return or claim as its page shows it: what is in it, what happened and what comes by when, the money, what goes out instead."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.models import OrderLine
from portal.formats import money_text
from portal.rules.returns import ahead_words, done_words, exchange_state, money_way_words, outcome_words
from portal.types import State
from returns.models import CasePhoto, Claim, Exchange, MoneyBack, Return, ReturnLine
from returns.rules.states import OPEN_EXCHANGE
from returns.selectors.photos import photos_of
from returns.types import MoneyState, MoneyWay, Outcome, TimelineStep

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """Where a photo lies; "" where whoever looks may not see the order's pages."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    """Some pieces of a case."""

    line: OrderLine
    quantity: int
    words: str = ""
    sum: str = ""
    note: str = ""
    found: str = ""
    deduction: str = ""
    photos: Sequence[ShownPhoto] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """A step of the timeline in words."""

    words: str
    details: Sequence[str]
    at: datetime | None
    by: date | None
    was: date | None
    is_late: bool
    is_next: bool


@dataclass(frozen=True, slots=True)
class Money:
    """One step of money on its way back."""

    words: str
    amount: str
    due_by: date
    bank_by: date | None
    sent_at: datetime | None
    is_failed: bool
    is_late: bool
    code: str


@dataclass(frozen=True, slots=True)
class Instead:
    """What goes out instead, and its new order where there is one."""

    row: Exchange
    state: State
    difference: str
    order_id: str
    order_number: str

    @property
    def is_open(self) -> bool:
        return self.row.state in OPEN_EXCHANGE


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks: amounts and photos are for the one who ordered."""

    currency: str
    today: date
    is_gift: bool = False

    def money(self, amount: Decimal) -> str:
        return "" if self.is_gift else money_text(amount, self.currency, language=get_language() or "en")


def stops_of(steps: Iterable[TimelineStep]) -> list[Stop]:
    """The timeline in words."""
    return [
        Stop(
            words=done_words(one.step) if one.at is not None else ahead_words(one.step),
            details=[text for name in TOLD if (text := one.facts.get(name))],
            at=one.at,
            by=one.by,
            was=one.was,
            is_late=one.is_late,
            is_next=one.is_next,
        )
        for one in steps
    ]


TOLD = ("question", "answer", "reason", "carrier", "number")  # facts that are words of their own


def lines_of(case: Return, photos: Mapping[int, Sequence[ShownPhoto]], names: Mapping[str, str], look: Look) -> list[CaseLine]:
    """What goes back, why, and what was agreed; reads what `return_by_public_id` has loaded. `names` are the reasons' words."""
    return [_line(row, photos.get(row.pk, ()), names, look) for row in case.lines.all()]


def _line(row: ReturnLine, photos: Sequence[ShownPhoto], names: Mapping[str, str], look: Look) -> CaseLine:
    words = ". ".join(text for text in (outcome_words(row.outcome), names.get(row.reason, "")) if text)
    taken = _("Taken off: %(amount)s.") % {"amount": look.money(row.deduction)} if row.deduction and not look.is_gift else ""
    amount = look.money(row.amount) if row.amount else ""
    return CaseLine(row.order_line, row.quantity, words, amount, row.note, row.found, taken, photos)


def claim_lines_of(claim: Claim) -> list[CaseLine]:
    """What a claim is about."""
    return [CaseLine(row.order_line, row.quantity) for row in claim.lines.all()]


def photos_by_line(line_ids: Sequence[int], *, path: str) -> dict[int, list[ShownPhoto]]:
    """Per line, its photos; one query. `path` is where the order's photos lie, "" to leave them out."""
    found: dict[int, list[ShownPhoto]] = {}
    for row in photos_of(line_ids=line_ids) if path else ():
        found.setdefault(row.line_id or 0, []).append(_photo(row, path))
    return found


def photos_of_claim(claim: Claim, *, path: str) -> list[ShownPhoto]:
    return [_photo(row, path) for row in photos_of(claim_ids=[claim.pk])]


def _photo(row: CasePhoto, path: str) -> ShownPhoto:
    return ShownPhoto(row.public_id, f"{path}{row.public_id}/")


def moneys_of(rows: Iterable[MoneyBack], look: Look) -> list[Money]:
    """Every step of money that was or will be sent."""
    return [_money(row, look) for row in rows if row.state != MoneyState.CANCELLED]


def _money(row: MoneyBack, look: Look) -> Money:
    is_open = row.state != MoneyState.SENT
    return Money(
        words=money_way_words(row.way),
        amount=look.money(row.amount),
        due_by=row.due_by,
        bank_by=row.bank_by if row.way == MoneyWay.ORIGINAL else None,
        sent_at=None if is_open else row.sent_at,
        is_failed=row.state == MoneyState.FAILED,
        is_late=is_open and row.due_by < look.today,
        code=row.credit_code if not is_open else "",
    )


def instead_of(rows: Iterable[Exchange], look: Look) -> list[Instead]:
    """What goes out instead."""
    return [_instead(row, look) for row in rows]


def _instead(row: Exchange, look: Look) -> Instead:
    new = row.new_order
    return Instead(row, exchange_state(row.state), _difference(row, look), new.public_id if new else "", new.number if new else "")


def _difference(row: Exchange, look: Look) -> str:
    if look.is_gift or not row.difference:
        return ""
    amount = {"amount": look.money(abs(row.difference))}
    return _("You pay the difference of %(amount)s.") % amount if row.difference > 0 else _("You get %(amount)s back.") % amount


def exchanges_in(case: Return) -> list[Exchange]:
    """All of a return's lines; reads what is loaded."""
    return [row for line in case.lines.all() for row in line.exchanges.all()]


def sums_of(case: Return, look: Look) -> list[dict[str, Any]]:
    """What was agreed: money, credit and postage; nothing for a gift."""
    if look.is_gift:
        return []
    rows = list(case.lines.all())
    paid = sum((row.amount for row in rows if row.outcome in (Outcome.REFUND, Outcome.KEEP, Outcome.DONATE)), ZERO)
    credit = sum((row.amount for row in rows if row.outcome == Outcome.CREDIT), ZERO)
    found: list[dict[str, Any]] = []
    if case.way_fee and (paid or credit):
        found.append({"words": _("Postage of the way back"), "amount": "−" + look.money(case.way_fee)})
        off = min(case.way_fee, paid)
        paid, credit = paid - off, max(credit - (case.way_fee - off), ZERO)
    if paid:
        found.append({"words": _("Money back"), "amount": look.money(paid), "is_total": True})
    if credit:
        found.append({"words": _("Store credit"), "amount": look.money(credit), "is_total": not paid})
    return found


def qr_of(text: str) -> SafeString:
    """A QR code as an inline picture, dark on a light plate in any scheme; "" for what is too long for one."""
    out = io.BytesIO()
    try:
        segno.make(text, micro=False, error="m").save(
            out, kind="svg", xmldecl=False, svgns=False, scale=6, border=4, light="#fff", omitsize=True
        )
    except segno.DataOverflowError:
        return SafeString("")
    return mark_safe(out.getvalue().decode())  # noqa: S308  drawn by us: squares, no text of anybody's
