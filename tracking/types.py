"""Words of this room. The states are the canonical ones every carrier's codes are mapped to."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ShipmentStatus(TextChoices):
    """Where a parcel is. `label_created` is never "shipped"."""

    PENDING = "pending", _("Being prepared")
    LABEL_CREATED = "label_created", _("Label made, not handed over yet")
    PICKED_UP = "picked_up", _("Handed to the carrier")
    IN_TRANSIT = "in_transit", _("On its way")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    ATTEMPT_FAILED = "attempt_failed", _("Delivery was tried")
    READY_FOR_PICKUP = "ready_for_pickup", _("Ready to collect")
    ON_HOLD = "on_hold", _("Held")
    DELIVERED = "delivered", _("Delivered")
    RETURNING = "returning", _("On its way back")
    RETURNED = "returned", _("Returned to the sender")
    LOST = "lost", _("Lost")
    DAMAGED = "damaged", _("Damaged")
    CANCELLED = "cancelled", _("Cancelled")
    UNKNOWN = "unknown", _("No news from the carrier yet")


class Direction(TextChoices):
    """Which way a parcel travels."""

    OUT = "out", _("To the shopper")
    BACK = "back", _("On its way back")


class Cause(TextChoices):
    """Family of causes: who or what holds a parcel up."""

    CARRIER = "carrier", _("The carrier")
    RETAILER = "retailer", _("The shop")
    CONSIGNEE = "consignee", _("At the address")
    CUSTOMS = "customs", _("Customs")
    WEATHER = "weather", _("Weather")
    UNKNOWN = "unknown", _("Not known")


class DeliveredHow(TextChoices):
    """How a parcel was handed over at the end."""

    HANDED = "handed", _("Handed over")
    SIGNED = "signed", _("Signed for")
    NEIGHBOUR = "neighbour", _("Left with a neighbour")
    LOCKER = "locker", _("In a locker")
    MAILBOX = "mailbox", _("In the letterbox")
    SAFE_PLACE = "safe_place", _("In the agreed place")
    DOOR = "door", _("At the door")
    RECEPTION = "reception", _("At the reception")
    COLLECTED = "collected", _("Collected")


class IncidentType(TextChoices):
    """What can go wrong. One open per subject and type."""

    UNSHIPPED_PAST_PROMISE = "unshipped_past_promise", _("Not sent when promised")
    INVALID_NUMBER = "invalid_number", _("Number unknown to the carrier")
    FORGOTTEN = "forgotten", _("Label made, never scanned")
    STALLED = "stalled", _("No scan for too long")
    ETA_SLIPPED = "eta_slipped", _("Expected later than promised")
    PREDICTED_LATE = "predicted_late", _("Likely to be late")
    FAILED_ATTEMPT = "failed_attempt", _("Delivery failed")
    PICKUP_EXPIRING = "pickup_expiring", _("Waiting to be collected")
    CUSTOMS_HOLD = "customs_hold", _("Held by customs")
    EXCEPTION = "exception", _("Carrier reports a problem")
    RETURNING = "returning", _("On its way back")
    LOST_SUSPECTED = "lost_suspected", _("Probably lost")
    DELIVERED_NOT_RECEIVED = "delivered_not_received", _("Delivered, not received")
    FEED_STALE = "feed_stale", _("No news from the carrier at all")


class IncidentState(TextChoices):
    OPEN = "open", _("Open")
    NOTIFIED = "notified", _("Shopper told")
    ACKNOWLEDGED = "acknowledged", _("In work")
    RESOLVED = "resolved", _("Resolved")


class Choice(TextChoices):
    """What a shopper may ask for when an order is not sent in time."""

    WAIT = "wait", _("Wait for it")
    REPLACE = "replace", _("Send something else")
    CANCEL = "cancel", _("Cancel and refund")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scan happened, as the carrier wrote it; `country` ISO 3166 alpha-2 capitals or ""."""

    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class IncomingScan:
    """One thing a carrier says happened, in our words, with its own kept beside them."""

    status: ShipmentStatus
    at: datetime  # aware; of a day without time: local midnight, `has_time` False
    raw_code: str = ""
    raw_status: str = ""
    text: str = ""
    place: Place = Place()
    zone: str = ""  # the zone the time was told in: IANA name or "+02:00"; "" unknown
    is_zone_assumed: bool = False
    has_time: bool = True
    is_delay: bool = False
    cause: str = ""  # a Cause, or ""
    reason: str = ""
    how: str = ""  # a DeliveredHow, or ""
    signed_by: str = ""
    pickup_until: date | None = None


@dataclass(frozen=True, slots=True)
class IncomingTracking:
    """News of one parcel from a carrier, an aggregator or our own API.

    The parcel is named by `shipment` (our public id), by the shop's ids, or by its number within its shipping window.
    """

    source: str  # the connection's slug, "api" or "shop"
    scans: tuple[IncomingScan, ...]
    tracking_number: str = ""
    carrier: str = ""  # as the sender writes it; the registry finds the code
    service: str = ""
    shipment: str = ""
    order_external_id: str = ""
    shipment_external_id: str = ""
    told_at: datetime | None = None  # when the sender says it knew this; now when left out
    eta_from: date | None = None
    eta_by: date | None = None
    is_unknown_to_carrier: bool = False  # the carrier says it does not know the number
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingShipment:
    """A parcel as a shop or our API tells it. `lines` maps external line ids to quantities; empty means all that is left."""

    source: str
    external_id: str
    order_external_id: str
    updated_at: datetime
    status: ShipmentStatus = ShipmentStatus.IN_TRANSIT
    raw_status: str = ""
    carrier: str = ""  # as the sender writes it; the registry finds the code
    service: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    eta: date | None = None
    lines: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
