"""What carriers said, each word once, and how their feeds do."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantModel
from tracking.models.parcels import Shipment
from tracking.types import Cause, ShipmentStatus


class Scan(MerchantModel):
    """One thing a carrier (or shop) said happened to a parcel. Never updated: what is told again has the same `key`.

    Sized for 100 million rows: two narrow indexes besides the primary key, and a parcel's scans are read by one of them.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="scans", db_constraint=False, db_index=False)
    key = models.UUIDField(help_text=_("128 bits of a hash over time, code and place"))
    status = models.CharField(max_length=20, choices=ShipmentStatus.choices)
    is_delay = models.BooleanField(default=False, help_text=_("the carrier itself speaks of a delay"))
    cause = models.CharField(max_length=12, choices=Cause.choices, blank=True)
    reason = models.CharField(max_length=40, blank=True, help_text=_("finer than the cause, e.g. address_not_found"))
    at = models.DateTimeField()
    zone = models.CharField(max_length=40, blank=True, help_text=_("zone the carrier told the time in: a name or +02:00"))
    is_zone_assumed = models.BooleanField(default=False)
    has_time = models.BooleanField(default=True, help_text=_("false: the carrier named only the day"))
    raw_code = models.CharField(max_length=80, blank=True)
    raw_status = models.CharField(max_length=80, blank=True)
    text = models.CharField(max_length=500, blank=True, help_text=_("the carrier's own words"))
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=2, blank=True)
    source = models.CharField(max_length=60, help_text=_("connection, api or shop"))
    received_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "shipment", "key"], name="tracking_scan_once")]

    def __str__(self) -> str:
        return f"{self.status} {self.at:%Y-%m-%d %H:%M}"


class WaitingScans(MerchantModel):
    """News of a parcel nobody told us about yet: kept until its number appears, thirty days at most."""

    number = models.CharField(max_length=100)
    carrier_code = models.CharField(max_length=40, blank=True)
    news = models.JSONField(help_text=_("one IncomingTracking as plain JSON; no personal data"))
    source = models.CharField(max_length=60)
    key = models.UUIDField(help_text=_("hash of the news: told again it waits once"))
    received_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "number", "key"], name="tracking_waiting_once")]
        indexes = [models.Index(fields=["merchant", "received_at"], name="tracking_waiting_age")]

    def __str__(self) -> str:
        return self.number


class CarrierFeed(MerchantModel):
    """How one carrier's news come in by one source: when last, how often, and what we did not understand."""

    carrier_code = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=60)
    last_received_at = models.DateTimeField(null=True, blank=True)
    last_scan_at = models.DateTimeField(null=True, blank=True)
    received_count = models.PositiveBigIntegerField(default=0)
    # Exponential mean of the seconds between two arrivals: what "silent for too long" is measured by.
    usual_gap = models.FloatField(default=0)
    unknown_count = models.PositiveBigIntegerField(default=0, help_text=_("scans whose code we did not know"))
    unknown_codes = models.JSONField(default=dict, help_text=_("raw code -> times seen; the hundred first ones"))
    created_at = models.DateTimeField(db_default=Now())

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "carrier_code", "source"], name="tracking_carrierfeed_one")]

    def __str__(self) -> str:
        return f"{self.carrier_code or '?'} by {self.source}"
