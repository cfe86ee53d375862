"""Words of this room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
