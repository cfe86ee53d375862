"""The policy as code: what it says of an article in a situation. Pure; parsed by `rules.parse`, told to people by `rules.text`.

Every outcome starts with what holds for everything. Then the rules that apply are read in their order: each changes only what
it says, and the later one wins. Three things no rule changes: a fault costs the shopper nothing (no fee, the way back is free),
a final sale ends wishes and never faults, and what was not sent in a parcel goes back for faults only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.money import round_amount
from returns.rules.terms import Rule, Rules, Terms, Then, When
from returns.rules.window import return_deadline
from returns.types import Article, Decision, Offer, Outcome, ReasonKind, Situation

__all__ = ["OUTCOMES", "WHY", "Rule", "Rules", "Terms", "Then", "When", "better", "decide", "decide_all", "is_exempt"]

OUTCOMES = tuple(Outcome)
STAYING = frozenset({Outcome.KEEP, Outcome.DONATE})  # nothing travels back
FOR_FAULTS = frozenset({Outcome.REPLACEMENT, Outcome.REPAIR})  # unless the policy says otherwise
WHY: dict[str, str | Promise] = {
    "nothing_left": _("All of it has gone back already, or is on its way."),
    "not_delivered": _("It has not left the shop yet. It can still be cancelled."),
    "digital": _("It was not sent in a parcel, so there is nothing to send back."),
    "final_sale": _("It was sold as final: it is not taken back because of a change of mind."),
    "too_many": _("So much has gone back within a year that the shop takes no more back without talking to you first."),
    "excluded": _("The shop does not offer this for it."),
    "not_for_reason": _("The shop does not offer this for the reason you gave."),
    "keep_only": _("It need not come back: the shop does not want it sent."),
    "expired": _("The last day to send it back has passed."),
    "exempt": _("The law makes an exception from the right of withdrawal for it."),
}
HUNDRED, NOTHING = Decimal(100), Decimal(0)


@dataclass(slots=True)
class _Way:
    """One outcome while the rules are read."""

    open: bool | None
    days: int | None
    free: bool
    kind: str
    fee: Decimal = Decimal(0)
    bonus_percent: int = 0
    bonus: Decimal = Decimal(0)
    share_percent: int = 0
    why: str = "excluded"


@dataclass(slots=True)
class _Said:
    """All of it while the rules are read."""

    ways: dict[Outcome, _Way]
    final: str = ""  # the code of why it is final
    is_exempt: bool = False
    until: date | None = None
    photo: bool = False
    review: bool = False
    address: str = ""
    keep_only: bool = False


def decide(*, rules: Rules, article: Article, situation: Situation, reason: str = "", kind: ReasonKind = ReasonKind.WISH) -> Decision:
    """What the policy says of one article. Without a reason it is what holds before one is chosen."""
    return decide_all(rules=rules, articles=[article], situation=situation, reason=reason, kind=kind)[0]


def decide_all(
    *, rules: Rules, articles: Iterable[Article], situation: Situation, reason: str = "", kind: ReasonKind = ReasonKind.WISH
) -> list[Decision]:
    """The same for all articles of an order; what only the order decides is asked once."""
    likely = _Likely(rules, situation, reason, kind)
    begin = return_deadline(
        window_days=0, delivered_on=situation.delivered_on, arrive_by=situation.arrive_by, placed_on=situation.placed_on
    )
    known: dict[tuple[str, ...], _Said] = {}  # articles under the same rules are read once
    found = []
    for one in articles:
        applied = likely.applying(one)
        key = tuple(rule.id for rule in applied)
        if key not in known:
            known[key] = _read(rules, applied)
        found.append(
            _decide(
                known[key],
                tuple(rule.name or rule.id for rule in applied),
                _Asked(rules, one, situation, kind, begin, _paid(one, situation)),
            )
        )
    return found


def is_exempt(*, rules: Rules, article: Article, situation: Situation) -> bool:
    """Whether the legal right of withdrawal does not cover the article, as the merchant's rules say."""
    return _read(rules, _Likely(rules, situation, "", ReasonKind.WISH).applying(article)).is_exempt


def better(mine: Decision, current: Decision) -> Decision:
    """Per outcome the offer that is better for the shopper: open before closed, more money, free postage, longer, less asked for."""
    theirs = {offer.outcome: offer for offer in current.offers}
    mixed = [max(offer, theirs.pop(offer.outcome, offer), key=_worth) for offer in mine.offers]
    offers = tuple(sorted([*mixed, *theirs.values()], key=lambda offer: OUTCOMES.index(offer.outcome)))
    if offers == mine.offers:
        return mine
    if offers == current.offers:
        return current
    names = tuple(dict.fromkeys([*mine.rules, *current.rules]))
    is_eligible, why, until = _sum(offers)
    next_best = () if is_eligible else mine.next_best or current.next_best
    return replace(mine, offers=offers, rules=names, is_eligible=is_eligible, why=why, until=until, next_best=next_best)


def _worth(offer: Offer) -> tuple[object, ...]:
    until = offer.until or date.max
    return offer.is_open, offer.amount, -offer.fee, offer.is_postage_free, until, not offer.needs_review, not offer.needs_photo


# Which rules apply


def _holds_for_order(when: When, situation: Situation, reason: str, kind: ReasonKind) -> bool:
    return not (
        (when.countries and situation.country not in when.countries)
        or situation.country in when.not_countries
        or (when.reasons and reason not in when.reasons)
        or (when.kinds and kind not in when.kinds)
        or (when.bought_from is not None and situation.placed_on < when.bought_from)
        or (when.bought_until is not None and situation.placed_on > when.bought_until)
        or (when.min_earlier_returns is not None and situation.earlier_returns < when.min_earlier_returns)
        or (when.gift is not None and situation.is_gift != when.gift)
    )


class _Likely:
    """Rules that may apply to an article of the order, found by its type: most rules name one."""

    def __init__(self, rules: Rules, situation: Situation, reason: str, kind: ReasonKind) -> None:
        self.is_ours = situation.currency == rules.currency
        self.of_type: dict[str, list[Rule]] = {}
        self.typed: set[str] = {word for rule in rules.rules for word in rule.when.folded[0]}
        self.rules = [rule for rule in rules.rules if _holds_for_order(rule.when, situation, reason, kind)]

    def applying(self, article: Article) -> list[Rule]:
        type, sku = article.product_type.casefold(), article.sku.casefold()
        tags = {tag.casefold() for tag in article.tags}
        key = type if type in self.typed else ""
        if key not in self.of_type:
            self.of_type[key] = [rule for rule in self.rules if not rule.when.folded[0] or key in rule.when.folded[0]]
        return [rule for rule in self.of_type[key] if _holds_for_article(rule.when, article, self.is_ours, sku, tags)]


def _holds_for_article(when: When, article: Article, is_ours: bool, sku: str, tags: set[str]) -> bool:
    """All but the type. `is_ours`: the order is in the policy's currency; a price in another one fulfils no condition."""
    _types, marks, skus = when.folded
    return not (
        (marks and tags.isdisjoint(marks))
        or (skus and sku not in skus)
        or (when.min_price is not None and not (is_ours and article.unit_paid >= when.min_price))
        or (when.max_price is not None and not (is_ours and article.unit_paid <= when.max_price))
        or (when.discounted is not None and article.is_discounted != when.discounted)
    )


# What they say


def _read(rules: Rules, applied: Iterable[Rule]) -> _Said:
    said = _Said({outcome: _base(rules, outcome) for outcome in OUTCOMES})
    for rule in applied:
        _take(said, rule)
    return said


def _base(rules: Rules, outcome: Outcome) -> _Way:
    kind = ReasonKind.FAULT if outcome in FOR_FAULTS else "any"
    way = _Way(True if outcome == Outcome.REFUND else None, rules.window_days, rules.is_free, kind)
    terms = rules.outcomes.get(outcome)
    if terms is not None:
        way.open = terms.open is not False
        _take_terms(way, terms, "excluded")
    return way


def _take(said: _Said, rule: Rule) -> None:
    then = rule.then
    why = _why_of(rule.when)
    if then.final_sale is not None:
        said.final = (why or "final_sale") if then.final_sale else ""
    for name in ("until", "photo", "review", "address", "keep_only"):
        value = getattr(then, name)
        if value is not None:
            setattr(said, name, value)
    if then.exempt_from_withdrawal is not None:
        said.is_exempt = then.exempt_from_withdrawal
    general = Terms(window_days=then.window_days, fee=then.fee, postage_free=then.postage_free)
    for outcome, way in said.ways.items():
        if then.no_end:
            way.days = None
        _take_terms(way, general, why or "excluded")
        terms = then.outcomes.get(outcome)
        if terms is not None:
            _take_terms(way, terms, why or "excluded")


def _take_terms(way: _Way, terms: Terms, why: str) -> None:
    if terms.open is not None:
        way.open = terms.open
    if terms.window_days is not None:
        way.days = terms.window_days
    if terms.postage_free is not None:
        way.free = terms.postage_free
    for name in ("fee", "bonus_percent", "bonus", "share_percent", "kind"):
        value = getattr(terms, name)
        if value is not None:
            setattr(way, name, value)
    if terms.open is False or terms.window_days == 0:
        way.why = why


def _why_of(when: When) -> str:
    """Why a rule with these conditions closes something; "" where its effect says it."""
    if when.min_earlier_returns is not None:
        return "too_many"
    return "not_for_reason" if when.reasons or when.kinds else ""


# What comes of it


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: an article in a situation, for a reason of a kind. `begin` is the day its days count from."""

    rules: Rules
    article: Article
    situation: Situation
    kind: ReasonKind
    begin: date
    paid: Decimal  # for all pieces


def _decide(said: _Said, names: tuple[str, ...], asked: _Asked) -> Decision:
    article = asked.article
    general = _closed(said, article, asked.kind)
    offers = tuple(_offer(outcome, way, said, asked, general) for outcome, way in said.ways.items() if way.open is not None)
    is_eligible, why, until = _sum(offers)
    next_best = () if is_eligible else _next_best(why, asked)
    return Decision(article.line_id, article.quantity, is_eligible, why, until, offers, names, next_best)


def _paid(article: Article, situation: Situation) -> Decimal:
    return round_amount(max(NOTHING, worth(article, article.quantity)), situation.currency)


def worth(article: Article, quantity: int) -> Decimal:
    """What so many pieces cost, less what was paid back for the line while it stayed: no more than is left of it."""
    whole = article.unit_paid * max(0, quantity)
    return whole if article.most is None else min(whole, article.most)


def _closed(said: _Said, article: Article, kind: ReasonKind) -> str:
    """Why nothing at all is open; "" while something may be."""
    if article.quantity <= 0:
        return "nothing_left"
    if not article.is_sent:
        return "not_delivered"
    if kind == ReasonKind.FAULT:
        return ""
    return "digital" if not article.is_shipped_good else said.final


def _offer(outcome: Outcome, way: _Way, said: _Said, asked: _Asked, general: str) -> Offer:
    """`general` is why nothing is open at all."""
    until = _until(way, said, asked.begin)
    is_over = until is not None and until < asked.situation.today
    why = general or _why_closed(outcome, way, said, asked.kind) or ("expired" if is_over else "")
    amount, fee, bonus = _money(outcome, way, asked)
    return Offer(
        outcome=outcome,
        is_open=not why,
        why=why,
        until=until,
        amount=amount,
        fee=fee,
        bonus=bonus,
        is_postage_free=asked.kind == ReasonKind.FAULT or outcome in STAYING or way.free,
        needs_photo=said.photo,
        needs_review=said.review,
        address=said.address,
    )


def _until(way: _Way, said: _Said, begin: date) -> date | None:
    if way.days is None:
        return None
    last = begin + (date.resolution * way.days)
    return max(last, said.until) if said.until else last


def _why_closed(outcome: Outcome, way: _Way, said: _Said, kind: ReasonKind) -> str:
    if said.keep_only and outcome not in STAYING:
        return "keep_only"
    if way.open is False or way.days == 0:
        return way.why
    return "" if way.kind in ("any", kind) else "not_for_reason"


def _money(outcome: Outcome, way: _Way, asked: _Asked) -> tuple[Decimal, Decimal, Decimal]:
    """What comes back, the fee in it and the bonus in it, for all pieces. An order in another currency has neither fee nor fixed bonus."""
    currency, pieces, paid = asked.situation.currency, max(0, asked.article.quantity), asked.paid
    is_ours = currency == asked.rules.currency
    takes = is_ours and asked.kind != ReasonKind.FAULT and outcome not in STAYING
    fee = min(paid, round_amount(way.fee * pieces, currency)) if takes and way.fee else NOTHING
    match outcome:
        case Outcome.REFUND:
            return paid - fee, fee, NOTHING
        case Outcome.CREDIT:
            bonus = round_amount(paid * way.bonus_percent / HUNDRED + (way.bonus * pieces if is_ours else 0), currency)
            return paid - fee + bonus, fee, bonus
        case Outcome.KEEP:
            return round_amount(paid * way.share_percent / HUNDRED, currency), fee, NOTHING
        case Outcome.DONATE:
            return paid, fee, NOTHING
        case _:
            return NOTHING, fee, NOTHING


def _sum(offers: Sequence[Offer]) -> tuple[bool, str, date | None]:
    """Eligible while any outcome is open, until the last day of the latest; else why the money does not come back."""
    is_open = [offer for offer in offers if offer.is_open]
    days = [offer.until for offer in is_open or offers]
    until = None if None in days else max((day for day in days if day is not None), default=None)
    return bool(is_open), "" if is_open else offers[0].why if offers else "excluded", until


def _next_best(why: str, asked: _Asked) -> tuple[str, ...]:
    """What may help instead, the nearest first."""
    article, found = asked.article, []
    if why not in ("nothing_left", "not_delivered"):
        if article.warranty_until is not None and asked.situation.today <= article.warranty_until:
            found.append("warranty")
        if asked.kind == ReasonKind.WISH and article.is_shipped_good:
            found += ["sell_on", "donate"]
    return (*found, "ask")
