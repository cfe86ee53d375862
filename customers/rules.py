"""Pure decisions about people and signing in."""

import unicodedata
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.callers import network_of as network_of
from core.text import BadPhone, normalise_phone
from customers.types import CHOOSABLE, MARKETING, Channel, PasswordFlaw, Preferences, Standing, SuppressionReason, Topic

SIGN_IN_LIFETIME = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(days=30)
TRIES = 5
CODE_LENGTH = 6
CONFIRMED_FOR = timedelta(minutes=30)  # how long a proof of who it is opens what an account hangs on
# (window, requests) per e-mail address, then per network address.
EMAIL_LIMITS = ((timedelta(minutes=10), 3), (timedelta(days=1), 10))
IP_LIMITS = ((timedelta(minutes=10), 5),)
LONGEST_WINDOW = timedelta(days=1)
PASSWORD_LIMITS = ((timedelta(hours=1), 10),)  # wrong ones about one address
NETWORK_LIMITS = ((timedelta(minutes=10), 20),)  # wrong ones from one network
CODE_LIMITS = ((timedelta(hours=1), 20),)  # codes tried from one network, whosever they are
REQUESTS_A_DAY = 100  # copies and erasures shoppers of one merchant may ask for
PASSWORD_SHORTEST, PASSWORD_LONGEST = 10, 128
FEWEST_CHARACTERS = 4  # different ones: `aaaaaaaaaa` and `1212121212` are guessed first
CHALLENGE_LIFETIME = timedelta(minutes=5)
MOST_PASSKEYS = 20


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


def is_over(limits: tuple[tuple[timedelta, int], ...], asked_at: list[datetime], now: datetime) -> bool:
    """True when one more request would pass one of the limits."""
    return any(sum(moment > now - window for moment in asked_at) >= most for window, most in limits)


def is_confirmed(*, signed_in_at: datetime, confirmed_at: datetime | None, now: datetime) -> bool:
    """Whether somebody proved who they are within the last half hour. A proof on record counts, be it older than the sign-in."""
    return (confirmed_at or signed_in_at) > now - CONFIRMED_FOR


def normal_password(value: str) -> str:
    """The same characters however a keyboard composes them."""
    return unicodedata.normalize("NFKC", value)


def password_flaw(password: str, *, about: Iterable[str], common: Container[str]) -> PasswordFlaw | None:
    """What speaks against a password in its normal form; None when nothing does. No kind of character is asked for.

    `about` are the words a stranger tries first: name, address, shop. Digits and signs round them do not make them good.
    """
    if len(password) < PASSWORD_SHORTEST:
        return PasswordFlaw.SHORT
    if len(password) > PASSWORD_LONGEST:
        return PasswordFlaw.LONG
    if _bare(password) in {bare for word in about if (bare := _bare(word))}:
        return PasswordFlaw.OWN
    if len(set(password)) < FEWEST_CHARACTERS or password.casefold() in common:
        return PasswordFlaw.COMMON
    return None


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalpha())


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


def is_unsaid(said: Mapping[tuple[str, str], bool], *, topic: str, channel: str) -> bool:
    """Whether nothing was ever said about questions by e-mail, neither about them nor about offers, which they follow."""
    is_question = (topic, channel) == (Topic.REVIEWS, Channel.EMAIL)
    return is_question and not {(Topic.REVIEWS, channel), (Topic.OFFERS, channel)} & said.keys()


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


# A shopper's own request to erase can be taken back that long; what the shop or the staff pass on was thought over before.
SHOPPER = "profile"
GRACE = timedelta(days=3)
# What was on its way while an account was erased has ended by then, and is erased in a second round.
SETTLED = timedelta(hours=1)
EXPORT_KEPT = timedelta(days=7)
EXPORT_AGAIN = timedelta(days=1)
ANSWERED = timedelta(days=30)  # within a month, GDPR article 12 (3)
OLDEST_BIRTHDAY = date(1900, 1, 1)


class BadProfile(ValueError):
    """What was typed cannot be kept; `errors` names each field and says what to do."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


def erasure_at(*, source: str, requested_at: datetime) -> datetime:
    """From when on an erasure is done."""
    return requested_at + GRACE if source == SHOPPER else requested_at


def is_birthday(day: date, *, today: date) -> bool:
    """Whether somebody alive can have been born on that day."""
    return OLDEST_BIRTHDAY <= day < today
