"""Words of this room."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Channel(TextChoices):
    """Ways to reach a shopper."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")


class SuppressionReason(TextChoices):
    """Why nothing more is sent to an address."""

    BOUNCE = "bounce", _("Address does not exist")
    COMPLAINT = "complaint", _("Reported as spam")
    STOP = "stop", _("Asked us to stop")
    CARRIER_BLOCK = "carrier_block", _("Blocked by the telephone company")
    MANUAL = "manual", _("Blocked by staff")
    ERASED = "erased", _("Personal data erased")


@dataclass(frozen=True, slots=True)
class Contact:
    """How one shopper can be reached, and what stands against it. Plain data for the pure decision."""

    customer_id: int | None
    first_name: str
    email: str
    phone: str
    language: str
    suppressed: dict[str, str]  # channel -> reason
