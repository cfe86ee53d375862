"""Until when an order can be sent back: one day for all of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from returns.rules.policy import Rules, better, decide_all
from returns.types import Article, Decision, Outcome, Situation

IN_TIME = ("", "expired")  # a way that is open, or was


def last_day_of(*, versions: Sequence[Rules], articles: Iterable[Article], situation: Situation) -> date | None:
    """The earliest last day among the articles that can go back at all, sent or not; of several versions the better one.

    None where nothing goes back, and where nothing that does has a last day.
    """
    units = [replace(one, quantity=max(1, one.quantity), is_sent=True) for one in articles]
    told = [decide_all(rules=rules, articles=units, situation=situation) for rules in versions]
    days = [_last_day(_best(each)) for each in zip(*told, strict=True)]
    return min((day for day in days if day is not None), default=None)


def _best(decisions: Sequence[Decision]) -> Decision:
    found = decisions[0]
    for other in decisions[1:]:
        found = better(found, other)
    return found


def _last_day(decision: Decision) -> date | None:
    """Of the money back; of the latest other way where there is no money back."""
    offers = [offer for offer in decision.offers if offer.why in IN_TIME]
    refund = next((offer for offer in offers if offer.outcome == Outcome.REFUND), None)
    if refund is not None:
        return refund.until
    return max((offer.until for offer in offers if offer.until is not None), default=None)
