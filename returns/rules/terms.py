"""The policy as data: conditions, effects, and what holds for everything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from returns.types import Outcome


@dataclass(frozen=True, slots=True)
class When:
    """Conditions of a rule. All that are given must hold; of a list any one is enough."""

    countries: tuple[str, ...] = ()
    not_countries: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    discounted: bool | None = None
    bought_from: date | None = None
    bought_until: date | None = None
    min_earlier_returns: int | None = None
    gift: bool | None = None
    folded: tuple[frozenset[str], frozenset[str], frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Types, marks and article numbers are compared without regard to capitals."""
        folded = tuple(frozenset(word.casefold() for word in words) for words in (self.types, self.tags, self.skus))
        object.__setattr__(self, "folded", folded)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said of one outcome; None where nothing is. `kind` is wish, fault or any. Fee and bonus are for each piece."""

    open: bool | None = None
    window_days: int | None = None
    fee: Decimal | None = None
    bonus_percent: int | None = None
    bonus: Decimal | None = None
    share_percent: int | None = None
    postage_free: bool | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Then:
    """Effects of a rule; None where it says nothing."""

    final_sale: bool | None = None
    exempt_from_withdrawal: bool | None = None
    window_days: int | None = None
    until: date | None = None
    no_end: bool | None = None
    fee: Decimal | None = None
    postage_free: bool | None = None
    photo: bool | None = None
    review: bool | None = None
    address: str | None = None
    keep_only: bool | None = None
    outcomes: Mapping[Outcome, Terms] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the policy. `name` is the merchant's word for it."""

    id: str
    name: str
    when: When
    then: Then


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of a policy. Amounts are in `currency`."""

    currency: str
    window_days: int = 30
    is_free: bool = False
    refund_days: int = 14
    outcomes: Mapping[Outcome, Terms] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
