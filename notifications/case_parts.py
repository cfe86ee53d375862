"""What messages say of returns, exchanges, claims and withdrawals. Neither order nor customer is told to templates: a gift's news go
to somebody who knows nothing of either. No queries, no writes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from customers.types import Channel
from notifications import cases, causes
from notifications.facts import image_url, options_text, shorten
from notifications.models import Message
from notifications.notes import Notes
from notifications.registry import entry_of
from notifications.words import Words, clean, safe_url
from orders.models import Order, OrderLine
from orders.tokens import gift_token
from returns.models import Claim, Exchange, MoneyBack, Return, ReturnLine, Withdrawal
from returns.types import MoneyState, Outcome
from tracking.models import Shipment

SHOWN, MAX_LINES = 25, 40
IN_MONEY = frozenset({Outcome.REFUND, Outcome.KEEP, Outcome.DONATE})
DATES = ("answer", "hand_over", "arrive", "inspect", "refund", "bank")


@dataclass(frozen=True, slots=True)
class Teller:
    """The words to tell a case in, today, and the shop's address."""

    words: Words
    now: datetime
    base_url: str

    @property
    def today(self) -> date:
        return self.words.local(self.now).date()

    def days(self, name: str, day: date | None) -> dict[str, str]:
        """A day in the four forms templates use; empty texts without one, or when it is over: then it promises nothing."""
        if day is None or day < self.today:
            return dict.fromkeys((f"{name}_by", f"{name}_short", f"{name}_weekday", f"{name}_day"), "")
        words = self.words
        by = words.day(day, now=self.today)
        return {
            f"{name}_by": by,
            f"{name}_short": words.short(day),
            f"{name}_weekday": words.weekday(day),
            f"{name}_day": words.month_day(day),
        }

    def money(self, amount: Decimal, currency: str) -> str:
        """Empty for nothing."""
        return self.words.money(amount, currency) if amount > 0 else ""

    def moment(self, at: datetime) -> str:
        """With the year and the zone: `Friday, November 20, 2026, 6:00 PM CST`."""
        gap = " " if self.words.language == "zh-hans" else ", "
        return f"{self.words.full(self.words.local(at).date())}{gap}{self.words.time(at)}"

    def word(self, table: str, key: str) -> str:
        """One of our own sentences; empty for a key that has none."""
        return causes.words(self.words.language)[table].get(key, "")


def case_context(message: Message, row: Any, told: Teller, notes: Notes) -> dict[str, Any]:
    """Everything but what is the house's and the reader's name."""
    if isinstance(row, Withdrawal):
        return {"withdrawal": withdrawal_part(row, told), "links": {"home": f"{told.base_url}/"}}
    found: dict[str, Any] = {"case": case_part(row, told), "links": _links(message, row, told, notes)}
    match entry_of(message.kind).subject:
        case "return":
            return found | {"back": back_part(row, told)}
        case "claim":
            return found | {"claim": claim_part(row, told)}
        case "money":
            return found | {"money": money_part(row, told)}
        case _:
            return found | {"exchange": exchange_part(row, told)}


def _links(message: Message, row: Any, told: Teller, notes: Notes) -> dict[str, str]:
    base, path = told.base_url, case_path(row)
    short = f"{base}/l/{notes.code(message, path)}" if message.channel == Channel.SMS else f"{base}{path}"
    found = {"home": f"{base}/", "case": f"{base}{path}", "short": short, "returns": f"{base}/policies/returns/"}
    if isinstance(row, Exchange):
        found["track"] = f"{base}/track/{row.new_order.track_token}/" if row.new_order is not None else found["case"]
    return found


def case_path(row: Any) -> str:
    """The page that shows how it stands: of a gift, the one without price and giver."""
    order: Order = row.order
    if cases.is_gift(row):
        return f"/gift/{gift_token(order)}/return/"
    claim, case = cases.claim_of(row), cases.return_of(row)
    if claim is not None:
        return f"/orders/{order.public_id}/claims/{claim.public_id}/"
    return f"/orders/{order.public_id}/returns/{case.public_id}/" if case is not None else f"/orders/{order.public_id}/"


def case_part(row: Any, told: Teller) -> dict[str, Any]:
    """Its number, and what it is about."""
    claim, case = cases.claim_of(row), cases.return_of(row)
    items = list(_items(row, told))
    return {
        "kind": "claim" if claim is not None else "return",
        "number": claim.number if claim is not None else case.rma if case is not None else "",
        "order_number": "" if cases.is_gift(row) else clean(row.order.number),
        "is_gift": cases.is_gift(row),
        "has_pictures": any(item["image_url"] for item in items),
        "items_count": len(items),
        "more": max(0, len(items) - SHOWN),
        "items": items[:SHOWN],
    }


def _items(row: Any, told: Teller) -> Iterable[dict[str, Any]]:
    if isinstance(row, Exchange):
        line = row.line.order_line if row.line is not None else None
        picture = image_url(line) if line is not None and line.title == row.title else ""
        title, options = shorten(clean(row.title)), shorten(clean(row.variant_title))
        yield {"title": title, "options": options, "quantity": row.quantity, "outcome": "", "amount": "", "image_url": picture}
        return
    owner = row if isinstance(row, Return | Claim) else row.claim or row.case
    lines = sorted(owner.lines.all(), key=lambda line: line.pk) if owner is not None else []
    if isinstance(row, MoneyBack):
        paid = {str(pk) for pk in row.lines}
        lines = [line for line in lines if str(line.order_line_id) in paid] or lines
    for line in lines:
        yield _item(line.order_line, line.quantity, line if isinstance(line, ReturnLine) else None, row.currency, told)


def _item(line: OrderLine, quantity: int, agreed: ReturnLine | None, currency: str, told: Teller) -> dict[str, Any]:
    return {
        "title": shorten(clean(line.title)),
        "options": options_text(line),
        "quantity": quantity,
        "outcome": told.word("outcome", agreed.outcome) if agreed is not None else "",
        "amount": told.money(agreed.amount - agreed.deduction, currency) if agreed is not None else "",
        "image_url": image_url(line),
    }


def back_part(row: Return, told: Teller) -> dict[str, Any]:
    """How it travels, what is agreed for it, and the day of every step ahead."""
    place: Mapping[str, Any] = row.place or {}
    address = told.words.address(place.get("address") or {}, home=told.words.country)[:MAX_LINES]
    steps = _lines(row.instructions)
    dates = {name: form for day in DATES for name, form in told.days(day, getattr(row, f"{day}_by")).items()}
    return {
        "way": row.way,
        "way_fee": told.money(row.way_fee, row.currency),
        "carrier": clean(row.carrier),
        "tracking_number": clean(row.tracking_number),
        "code": clean(row.label_code),
        "has_label": bool(row.label_url) and row.label_state == "ready",
        "waits_for_label": row.label_state in cases.LABEL_TO_COME,
        "place": clean(place.get("name") or ""),
        "address": address,
        "address_lines": len(address),
        "instructions": steps,
        "instructions_count": len(steps),
        "reason": clean(row.reason),
        "help": told.word("next_best", row.next_best),
        "question": clean(row.question),
        "is_whole": all(line.quantity_accepted == line.quantity and not line.deduction for line in row.lines.all()),
        **_sums(row, told),
        **_found(row, told),
        **dates,
    }


def _sums(row: Return, told: Teller) -> dict[str, str]:
    """What goes back in money and in credit: as it was ordered of the shop, before that as it was agreed."""
    moneys = [money for money in row.moneys.all() if money.state != MoneyState.CANCELLED]
    if moneys:
        back = sum((money.amount for money in moneys if money.way == "original"), Decimal(0))
        credit = sum((money.amount for money in moneys if money.way == "credit"), Decimal(0))
    else:
        lines = list(row.lines.all())
        back = sum((line.amount - line.deduction for line in lines if line.outcome in IN_MONEY), Decimal(0))
        credit = sum((line.amount - line.deduction for line in lines if line.outcome == Outcome.CREDIT), Decimal(0))
    return {"money": told.money(back, row.currency), "credit": told.money(credit, row.currency)}


def _found(row: Return | None, told: Teller) -> dict[str, Any]:
    """What was taken off at the inspection, and the words for it."""
    lines = sorted(row.lines.all(), key=lambda line: line.pk) if row is not None else []
    words = [f"{shorten(clean(line.order_line.title))}: {clean(line.found)}" for line in lines if line.found and _is_less(line)]
    off = sum((line.deduction for line in lines), Decimal(0))
    return {"deduction": told.money(off, row.currency) if row is not None else "", "found": words, "found_count": len(words)}


def _is_less(line: ReturnLine) -> bool:
    """Whether less came of it than was agreed."""
    return line.deduction > 0 or line.quantity_accepted < line.quantity


def claim_part(row: Claim, told: Teller) -> dict[str, Any]:
    """What is wrong, what was asked for, and the answer."""
    return {
        "problem": told.word("problem", row.problem),
        "what": row.problem,
        "is_granted": row.state in ("approved", "repairing", "resolved"),
        "wanted": told.word("outcome", row.wanted),
        "resolution": told.word("outcome", row.resolution),
        "does": row.resolution,
        "amount": told.money(row.amount, row.currency),
        "goes_back": row.case_id is not None,
        "reason": clean(row.reason),
        "help": told.word("next_best", row.next_best),
        "question": clean(row.question),
        **told.days("answer", row.answer_by),
        **told.days("settle", row.settle_by),
    }


def money_part(row: MoneyBack, told: Teller) -> dict[str, Any]:
    """How much, where it goes, and when it is there."""
    sent = row.sent_at or told.now
    day = told.words.local(sent).date()
    return {
        "amount": told.words.money(row.amount, row.currency),
        "way": row.way,
        "code": clean(row.credit_code),
        "on": told.words.day(day, now=told.today),
        "on_short": told.words.short(day),
        **told.days("bank", row.bank_by),
        **_found(row.case, told),
    }


def exchange_part(row: Exchange, told: Teller) -> dict[str, Any]:
    """What is on its way instead, with whom, and until when it comes."""
    parcel = _parcel(row)
    return {
        "title": shorten(clean(row.title)),
        "options": shorten(clean(row.variant_title)),
        "quantity": row.quantity,
        "carrier": clean(parcel.carrier_name or parcel.carrier_code) if parcel is not None else "",
        "tracking_number": clean(parcel.tracking_number) if parcel is not None else "",
        "carrier_url": safe_url(parcel.tracking_url) if parcel is not None else "",
        **told.days("arrive", (parcel.eta_by if parcel is not None else None) or row.arrive_by),
    }


def _parcel(row: Exchange) -> Shipment | None:
    """The newest parcel of the new order that has left."""
    sent = [parcel for parcel in row.new_order.shipments.all() if parcel.shipped_at] if row.new_order is not None else []
    return max(sent, key=lambda parcel: (parcel.shipped_at, parcel.pk), default=None)


def withdrawal_part(row: Withdrawal, told: Teller) -> dict[str, Any]:
    """The statement word for word, its time, and what follows."""
    words = [clean(line) for line in row.receipt.splitlines() if line.strip()]
    return {
        "name": clean(row.name),
        "email": clean(row.email),
        "order_number": clean(row.order_number),
        "scope": clean(row.scope),
        "at": told.moment(row.declared_at),
        "receipt": words,
        "receipt_count": len(words),
        "reason": clean(row.reason),
        "is_open": row.case_id is not None,
        **told.days("refund", row.refund_by),
    }


def _lines(text: str) -> list[str]:
    return [line for line in (clean(line) for line in text.splitlines()) if line][:MAX_LINES]
