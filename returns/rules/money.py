"""What goes back for what was accepted: never more than promised, never more than is left. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.money import round_amount
from returns.types import Outcome

ZERO = Decimal(0)
NO_MONEY = frozenset({Outcome.EXCHANGE, Outcome.REPLACEMENT, Outcome.REPAIR})


@dataclass(frozen=True, slots=True)
class Promised:
    """One line as it was agreed on. `value` is what its units were worth, for when goods that were promised cannot come."""

    line: int
    outcome: str
    quantity: int
    amount: Decimal
    bonus: Decimal
    fee: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """What one line brings: money the way it was paid, or credit and the bonus in it."""

    line: int
    units: int
    original: Decimal = ZERO
    credit: Decimal = ZERO
    bonus: Decimal = ZERO


def part(amount: Decimal, units: int, of: int, currency: str) -> Decimal:
    """What so many of the units get; all of them get all of it."""
    return amount if units == of else round_amount(amount * units / of, currency)


def share_of(said: Promised, *, accepted: int, deduction: Decimal, currency: str, is_gift: bool, is_fallback: bool = False) -> Share:
    """The money of one line. `is_fallback`: the replacement cannot come, so its worth goes back instead.

    A gift's money never goes the way it was paid: that would be to the giver.
    """
    if accepted <= 0:
        return Share(said.line, 0)
    if is_fallback:
        worth = part(max(ZERO, said.value - said.fee), accepted, said.quantity, currency)
        left = max(ZERO, worth - deduction)
        return Share(said.line, accepted, credit=left) if is_gift else Share(said.line, accepted, original=left)
    if said.outcome in NO_MONEY:
        return Share(said.line, accepted)
    left = max(ZERO, part(said.amount, accepted, said.quantity, currency) - deduction)
    if said.outcome == Outcome.CREDIT or is_gift:
        return Share(said.line, accepted, credit=left, bonus=min(left, part(said.bonus, accepted, said.quantity, currency)))
    return Share(said.line, accepted, original=left)


@dataclass(frozen=True, slots=True)
class Sums:
    """What a case pays in all, by way; `missing` is what was promised and is not there to be paid back any more."""

    original: Decimal
    credit: Decimal
    bonus: Decimal
    missing: Decimal


def sums_of(shares: Iterable[Share], *, more: Decimal = ZERO, way_fee: Decimal = ZERO, left: Decimal) -> Sums:
    """Add up; postage the shopper bears is taken off once, and no more goes back than `left` of what was paid.

    The bonus is the shop's own and not limited by what was paid.
    """
    all_ = list(shares)
    original = sum((one.original for one in all_), more)
    bonus = sum((one.bonus for one in all_), ZERO)
    credit = sum((one.credit for one in all_), ZERO) - bonus
    fee = min(way_fee, original)
    original -= fee
    credit -= min(way_fee - fee, credit)
    paid_back = min(original, max(left, ZERO))
    credited = min(credit, max(left, ZERO) - paid_back)
    bonus = bonus if credited > 0 or credit == 0 else ZERO
    return Sums(paid_back, credited + bonus, bonus, original + credit - paid_back - credited)
