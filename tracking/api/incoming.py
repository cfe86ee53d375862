"""News of parcels as callers send them, and in our words."""

from datetime import datetime, time
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import serializers

from core.fields import CountryCode, Day, Flag, Identifier, Moment, StrictSerializer, Text, many
from tracking.rules.scans import MAX_SCANS
from tracking.services import MAX_PARCELS
from tracking.types import Cause, DeliveredHow, IncomingScan, IncomingTracking, Place, ShipmentStatus

SOURCE = "api"


class LocalMoment(Moment):
    """A moment that keeps the offset it was told in."""

    def to_internal_value(self, data: Any) -> datetime:
        super().to_internal_value(data)
        told = parse_datetime(data)
        assert told is not None
        return told


class PlaceInput(StrictSerializer):
    """Where it happened, as the carrier writes it."""

    city = Text(required=False, default="", allow_blank=True, max_length=100)
    region = Text(required=False, default="", allow_blank=True, max_length=60)
    postcode = Text(required=False, default="", allow_blank=True, max_length=20)
    country = CountryCode(required=False, default="", allow_blank=True)


class ScanInput(StrictSerializer):
    """One thing a carrier says happened."""

    status = serializers.ChoiceField(choices=ShipmentStatus.choices, help_text="`unknown` when you cannot tell: the code is kept.")
    at = LocalMoment(help_text="When it happened, with the zone of the place. Up to a day ahead is taken for a clock that is wrong.")
    has_time = Flag(required=False, default=None, help_text="False: only the day is known. Midnight sharp is taken for that.")
    code = Identifier(required=False, default="", allow_blank=True, max_length=80, help_text="The carrier's own code.")
    text = Text(required=False, default="", allow_blank=True, max_length=500, help_text="The carrier's own words.")
    place = PlaceInput(required=False, default=dict)
    is_delay = Flag(required=False, default=False, help_text="The carrier itself speaks of a delay.")
    cause = serializers.ChoiceField(choices=Cause.choices, required=False, default="", allow_blank=True)
    reason = Text(required=False, default="", allow_blank=True, max_length=40)
    how = serializers.ChoiceField(choices=DeliveredHow.choices, required=False, default="", allow_blank=True)
    signed_by = Text(required=False, default="", allow_blank=True, max_length=80)
    pickup_until = Day(required=False, default=None)


class ScansInput(StrictSerializer):
    """What a carrier says of one parcel."""

    scans = many(ScanInput, most=MAX_SCANS, help_text="In any order; what is told twice counts once.")
    eta_from = Day(required=False, default=None, help_text="The first day the carrier names.")
    eta_by = Day(required=False, default=None, help_text="The last day the carrier names.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["scans"] and attrs["eta_by"] is None:
            raise serializers.ValidationError({"scans": ["Name at least one scan, or the day in eta_by."]})
        return attrs


class ItemInput(ScansInput):
    """What a carrier says of the parcel with a number."""

    tracking_number = Identifier(max_length=100)
    carrier = Text(required=False, default="", allow_blank=True, max_length=80, help_text="Tells apart carriers with the same number.")
    service = Text(required=False, default="", allow_blank=True, max_length=80)


class BatchInput(StrictSerializer):
    """News of several parcels; 5,000 scans at most in all of them."""

    items = many(ItemInput, most=MAX_PARCELS, required=True, min_length=1)


def scan_of(data: dict[str, Any]) -> IncomingScan:
    """One scan in our words. Midnight sharp is what systems write that know the day alone."""
    at, told = data["at"], dict(data)
    offset = at.isoformat()[-6:]
    has_time = told.pop("has_time")
    return IncomingScan(
        status=ShipmentStatus(told.pop("status")),
        at=told.pop("at"),
        raw_code=told.pop("code"),
        place=Place(**told.pop("place")),
        zone="" if offset == "+00:00" else offset,
        has_time=at.time() != time() if has_time is None else has_time,
        **told,
    )


def news_of(data: dict[str, Any], *, at: datetime, **names: Any) -> IncomingTracking:
    """News of one parcel, told now."""
    told = {name: value for name, value in data.items() if name != "scans"}
    return IncomingTracking(source=SOURCE, scans=tuple(scan_of(scan) for scan in data["scans"]), told_at=at, **told, **names)
