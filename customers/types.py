"""Words of this room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Channel(TextChoices):
    """Ways to reach a shopper."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")


class Topic(TextChoices):
    """What messages are about: what a shopper may choose to get, per channel."""

    ORDERS = "orders", _("Your orders and payments")
    PARCELS = "parcels", _("Where your parcel is")
    OFFERS = "offers", _("Offers and things that go with what you bought")
    REVIEWS = "reviews", _("Questions about what you bought")
    CARE = "care", _("Care tips and news")


# These need consent; silence is no. The others are about the shopper's own orders.
MARKETING = frozenset({Topic.OFFERS, Topic.REVIEWS, Topic.CARE})


# What a shopper may turn on and off; messages about orders and payments always come.
CHOOSABLE = (Topic.PARCELS, Topic.OFFERS, Topic.REVIEWS, Topic.CARE)


class SuppressionReason(TextChoices):
    """Why nothing more is sent to an address."""

    BOUNCE = "bounce", _("Address does not exist")
    COMPLAINT = "complaint", _("Reported as spam")
    STOP = "stop", _("Asked us to stop")
    CARRIER_BLOCK = "carrier_block", _("Blocked by the telephone company")
    MANUAL = "manual", _("Blocked by staff")
    ERASED = "erased", _("Personal data erased")


class SignInMethod(TextChoices):
    """How a browser was signed in."""

    CODE = "code", _("Code by e-mail")
    LINK = "link", _("Link by e-mail")
    PASSWORD = "password", _("Password")
    PASSKEY = "passkey", _("Passkey")
    GUEST = "guest", _("Found an order")


class AccountFact(TextChoices):
    """What may happen to an account. Its owner is told of all but the first."""

    SIGNED_IN = "signed_in", _("Signed in")
    SIGNED_OUT_ALL = "signed_out_all", _("Signed out everywhere")
    PASSWORD_SET = "password_set", _("Password set")
    PASSWORD_REMOVED = "password_removed", _("Password removed")
    EMAIL_CHANGED = "email_changed", _("E-mail address changed")
    PASSKEY_ADDED = "passkey_added", _("Passkey added")
    PASSKEY_REMOVED = "passkey_removed", _("Passkey removed")


class Attempted(TextChoices):
    """What is limited, counted per subject and per network."""

    PASSWORD = "password", _("Password tried")
    CONFIRM = "confirm", _("Identity confirmed")
    PASSKEY = "passkey", _("Passkey tried")
    EMAIL_CHANGE = "email_change", _("New e-mail address asked for")
    LOOK_UP = "look_up", _("Order looked up")
    ORDER_CODE = "order_code", _("Code of an order tried")
    HELPFUL = "helpful", _("Help article judged")
    CODE = "code", _("Code tried")


class PasswordFlaw(StrEnum):
    """Why a password is not taken."""

    SHORT = "short"
    LONG = "long"
    OWN = "own"  # the shopper's or the shop's own name or address
    COMMON = "common"


@dataclass(frozen=True, slots=True)
class Site:
    """The host passkeys are made for, as the browser sees it. A key of one host never answers another."""

    host: str  # without port
    origin: str  # scheme, host and port
    name: str


class PrivacyKind(TextChoices):
    """What a shopper may ask about what we hold."""

    EXPORT = "export", _("Copy of the data")
    ERASURE = "erasure", _("Erasure")


class PrivacyState(TextChoices):
    """Life of a privacy request."""

    REQUESTED = "requested", _("Asked for")
    WORKING = "working", _("In work")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a shopper has chosen to get. The newest statement of each topic and channel counts; what is not in `said` was never said."""

    said: Mapping[tuple[str, str], bool] = field(default_factory=dict)  # (topic, channel) -> granted
    paused_until: datetime | None = None
    is_important_only: bool = False
    zone: str = ""  # IANA name, when the shopper or an address told it
    language: str = ""  # chosen for our messages; goes before what an order says


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a shopper wants to get, as the preference page shows and takes it."""

    wanted: frozenset[tuple[str, str]]  # (topic, channel) of what is choosable
    is_important_only: bool = False
    paused_until: datetime | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """How one shopper can be reached, and what stands against it. Plain data for the pure decision."""

    customer_id: int | None
    first_name: str
    email: str
    phone: str
    language: str
    suppressed: dict[str, str]  # channel -> reason
    standing: Standing = Standing()


FEWEST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a privacy request is about, as every room finds what it holds of them. Once erased, only the id is left."""

    customer_id: int
    emails: frozenset[str] = field(default=frozenset(), repr=False)
    phones: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def traces(self) -> frozenset[str]:
        """What can be looked for inside other words: a shop's `0` or `n/a` for a number stands in everybody's."""
        return self.emails | {value for value in self.phones if sum(char.isdigit() for char in value) >= FEWEST_DIGITS}


class ProfileFlaw(TextChoices):
    """What is wrong with a field of a profile."""

    LONG = "long", _("Too long")
    PHONE = "phone", _("Not a telephone number")
    BIRTHDAY = "birthday", _("Not a day somebody can have been born on")
    LANGUAGE = "language", _("Not a language we write in")
    ZONE = "zone", _("Not a time zone")
    FULL = "full", _("The address book is full")


@dataclass(frozen=True, slots=True)
class Profile:
    """What shoppers say about themselves."""

    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    birthday: date | None = None
    language: str = ""
    timezone: str = ""  # IANA name; empty: as the shop's
