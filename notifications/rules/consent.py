"""What the shopper has allowed: consent to what advertises, topics turned off, only the important, a pause."""

from collections.abc import Iterator
from datetime import datetime

from customers.rules import FOLLOWS_OFFERS, is_wanted
from customers.types import Standing, Topic
from notifications.registry import Entry
from notifications.types import Condition

NOT_NEEDED = Condition("marketing_consent", True, "not needed: about the shopper's own order or sign-in")
ALWAYS = Condition("preference", True, "always goes out: about the order itself")


def allowed(entry: Entry, channel: str, standing: Standing, now: datetime | None) -> Iterator[Condition]:
    """Every question of consent and preference that concerns the message."""
    if entry.is_marketing:
        yield _consent(entry.topic, channel, standing)
    else:
        yield NOT_NEEDED
        yield _preference(entry, channel, standing)
    if not entry.is_important:
        yield Condition("important_only", not standing.is_important_only, "wants only the important" if standing.is_important_only else "")
    if not entry.is_important or standing.paused_until is not None:
        yield _pause(entry, standing, now)


def _consent(topic: str, channel: str, standing: Standing) -> Condition:
    if is_wanted(standing.said, topic=topic, channel=channel):
        return Condition("marketing_consent", True, f"given for {topic} by {channel}")
    was_asked = (topic, channel) in standing.said or (topic in FOLLOWS_OFFERS and (Topic.OFFERS, channel) in standing.said)
    return Condition("marketing_consent", False, f"{'taken back' if was_asked else 'never given'} for {topic} by {channel}")


def _preference(entry: Entry, channel: str, standing: Standing) -> Condition:
    if entry.topic == Topic.ORDERS:
        return ALWAYS
    if standing.said.get((entry.topic, channel)) is not False:
        return Condition("preference", True)
    words = f"{entry.topic} turned off by {channel}"
    return Condition("preference", entry.is_important, f"{words}, important news still go out" if entry.is_important else words)


def _pause(entry: Entry, standing: Standing, now: datetime | None) -> Condition:
    until = standing.paused_until
    if until is None or now is None or now >= until:
        return Condition("paused", True)
    words = f"paused until {until:%Y-%m-%d %H:%M} UTC"
    may_go = entry.is_important or (entry.is_mandatory and not entry.is_marketing)
    return Condition("paused", may_go, f"{words}, this goes out all the same" if may_go else words)
