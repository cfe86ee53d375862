"""Which of the five confirmations an order gets. What a style needs and has not makes it plain, and says so."""

from collections.abc import Sequence
from datetime import datetime

from customers.rules import is_wanted
from customers.types import Channel, Standing, Topic
from notifications.rules.automation import Situation, all_hold
from notifications.types import Condition, Style, StyleRule

# They advertise beside confirming: only with consent, and not while the shopper wants less.
ADVERTISING = frozenset({Style.ENTICING, Style.SIMILAR})


def choose(
    rules: Sequence[StyleRule], situation: Situation, standing: Standing, *, now: datetime, has_coupons: bool = True
) -> tuple[str, Condition]:
    """The first rule that holds; without one, a warm welcome for a customer's first order, else the reassuring one."""
    wanted = next((rule for rule in rules if all_hold(rule.checks, situation)), None)
    if wanted is None:
        is_first = situation.facts.get("order.is_first") is True
        style = Style.WARM if is_first else Style.REASSURING
        return style, Condition("style", True, f"{style}: {'the customer’s first order' if is_first else 'chosen by itself'}")
    lacks = lacking(wanted.style, standing, now=now, has_coupons=has_coupons)
    if lacks:
        return Style.PLAIN, Condition("style", True, f"{wanted.style} -> plain: {lacks}")
    return wanted.style, Condition("style", True, f"{wanted.style}: chosen by the automation")


def lacking(style: str, standing: Standing, *, now: datetime, has_coupons: bool = True) -> str:
    """What stands against a style; empty when nothing does."""
    if style not in ADVERTISING:
        return ""
    if not is_wanted(standing.said, topic=Topic.OFFERS, channel=Channel.EMAIL):
        return "no consent to offers by email"
    if style == Style.ENTICING and not has_coupons:
        return "no coupons are given"
    if standing.is_important_only:
        return "wants only the important"
    return "paused" if standing.paused_until is not None and now < standing.paused_until else ""
