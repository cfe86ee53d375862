"""Pure decisions about people and signing in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from core.text import BadPhone, normalise_phone

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
