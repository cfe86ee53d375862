"""Pure decisions about people and signing in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from zoneinfo import ZoneInfo

from core.text import BadPhone, normalise_phone
from customers.types import CHOOSABLE, MARKETING, Channel, Preferences, Standing, SuppressionReason, Topic

SIGN_IN_LIFETIME = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(days=30)
TRIES = 5
CODE_LENGTH = 6
# (window, requests) per e-mail address, then per network address.
EMAIL_LIMITS = ((timedelta(minutes=10), 3), (timedelta(days=1), 10))
IP_LIMITS = ((timedelta(minutes=10), 5),)
LONGEST_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Person:
    """What a shop told about a shopper, cut to what the books hold."""

    email: str
    phone: str
    first_name: str
    last_name: str
    language: str
    external_id: str


def person_of(*, email: str, phone: str, first_name: str, last_name: str, language: str, external_id: str, region: str | None) -> Person:
    """A bad telephone number becomes none; NUL, which the database cannot hold, goes; texts are cut to their columns."""
    try:
        number = normalise_phone(phone, region) if phone else ""
    except BadPhone:
        number = ""
    return Person(email.strip()[:254], number, _text(first_name, 80), _text(last_name, 80), _text(language, 10), _text(external_id, 100))


def _text(value: str, limit: int) -> str:
    return value.replace("\0", "").strip()[:limit]


def network_of(ip: str) -> str:
    """What one person can change at will counts as one: an IPv6 address stands for its /64. Empty or bad input gives ""."""
    try:
        address = ip_address(ip.strip())
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), 64), strict=False).network_address)
    return str(address)


def is_over(limits: tuple[tuple[timedelta, int], ...], asked_at: list[datetime], now: datetime) -> bool:
    """True when one more request would pass one of the limits."""
    return any(sum(moment > now - window for moment in asked_at) >= most for window, most in limits)


def safe_path(path: str) -> str:
    """A path on this host, or "": neither another host (`//evil`, `/\\evil`) nor control characters."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path and len(path) <= 200
    return path if good else ""


# Without a word of their own they follow what was said about offers.
FOLLOWS_OFFERS = frozenset({Topic.REVIEWS, Topic.CARE})
LONGEST_PAUSE = timedelta(days=366)
# What the person said outlives what staff or a mail server may take back.
OUTRANKS = {
    SuppressionReason.STOP: frozenset({SuppressionReason.MANUAL, SuppressionReason.BOUNCE}),
    SuppressionReason.COMPLAINT: frozenset({SuppressionReason.MANUAL, SuppressionReason.BOUNCE}),
}


class BadPause(ValueError):
    """The day a pause is to end is not between tomorrow and a year from now."""


def is_wanted(said: Mapping[tuple[str, str], bool], *, topic: str, channel: str) -> bool:
    """Whether messages about a topic may go out on a channel: marketing when it was granted, the rest unless turned off."""
    own = said.get((topic, channel))
    if own is None and topic in FOLLOWS_OFFERS:
        own = said.get((Topic.OFFERS, channel))
    return bool(own) if topic in MARKETING else topic == Topic.ORDERS or own is not False


def preferences_in(standing: Standing, *, language: str, now: datetime) -> Preferences:
    """A standing as the preference page shows it; a pause that is over is none."""
    switches = [(topic, channel) for topic in CHOOSABLE for channel in Channel]
    wanted = [(topic.value, channel.value) for topic, channel in switches if is_wanted(standing.said, topic=topic, channel=channel)]
    paused = standing.paused_until if standing.paused_until is not None and standing.paused_until > now else None
    return Preferences(
        wanted=frozenset(wanted),
        is_important_only=standing.is_important_only,
        paused_until=paused,
        language=standing.language or language,
    )


def pause_end(until: date, *, now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of that day. Refuses (BadPause) today, days gone by, and more than a year."""
    end = datetime.combine(until, time(), zone)
    if not now < end <= now + LONGEST_PAUSE:
        raise BadPause("between tomorrow and a year from now")
    return end


def replaces(new: str, *, old: str) -> bool:
    """Whether a new reason for sending nothing takes the place of the one on record."""
    return old in OUTRANKS.get(SuppressionReason(new), frozenset())
