"""What the shopper has allowed: consent to what advertises, topics turned off, only the important, a pause.

To ask buyers what they think is advertising, also where nothing is sold with it: in the EU it takes consent given before (directive
2002/58/EC, article 13 (1); for a survey of customers the German BGH, VI ZR 225/17). So everywhere a question needs consent, but for the
countries of `OPT_OUT`, whose law lets a shop write to its own recent buyers by e-mail until they say no, when every message says who
writes and how to end them. The easier way of article 13 (2) is not among them: it holds only where the shopper was asked at the till
whether to refuse, which nobody tells us. Text messages always need consent.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from customers.rules import FOLLOWS_OFFERS, is_wanted
from customers.types import Channel, Standing, Topic
from notifications.registry import Entry
from notifications.types import Condition

OPT_OUT = {
    "US": "CAN-SPAM, 15 U.S.C. 7704 (a)",
    "CA": "CASL, section 10 (9) (a) and (10) (a): bought within two years",
    "AU": "Spam Act 2003, schedule 2, clause 2: a business relationship",
    "NZ": "Unsolicited Electronic Messages Act 2007, section 4: a business relationship",
}
NOT_NEEDED = Condition("marketing_consent", True, "not needed: about the shopper's own order or sign-in")
ALWAYS = Condition("preference", True, "always goes out: about the order itself")


def allowed(entry: Entry, channel: str, standing: Standing, now: datetime | None, countries: Collection[str] = ()) -> Iterator[Condition]:
    """Every question of consent and preference that concerns the message; `countries`: those its order names."""
    if entry.is_marketing:
        yield _consent(entry.topic, channel, standing, countries)
    else:
        yield NOT_NEEDED
        yield _preference(entry, channel, standing)
    if not entry.is_important:
        yield Condition("important_only", not standing.is_important_only, "wants only the important" if standing.is_important_only else "")
    if not entry.is_important or standing.paused_until is not None:
        yield _pause(entry, standing, now)


def may_ask(standing: Standing, *, countries: Collection[str], now: datetime) -> bool:
    """Whether a question may stand in another message by e-mail, as far as consent and pauses go."""
    is_paused = standing.paused_until is not None and now < standing.paused_until
    return _consent(Topic.REVIEWS, Channel.EMAIL, standing, countries).ok and not standing.is_important_only and not is_paused


def _consent(topic: str, channel: str, standing: Standing, countries: Collection[str]) -> Condition:
    if is_wanted(standing.said, topic=topic, channel=channel):
        return Condition("marketing_consent", True, f"given for {topic} by {channel}")
    was_asked = (topic, channel) in standing.said or (topic in FOLLOWS_OFFERS and (Topic.OFFERS, channel) in standing.said)
    if not was_asked and (topic, channel) == (Topic.REVIEWS, Channel.EMAIL) and countries and OPT_OUT.keys() >= set(countries):
        laws = "; ".join(f"{country}: {OPT_OUT[country]}" for country in sorted(countries))
        return Condition("marketing_consent", True, f"not needed until the shopper says no ({laws})")
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
