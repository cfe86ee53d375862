"""Parcels: who carries what, how far it is, and when it will come."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantManager, MerchantModel, public_id_field
from orders.models import Order, OrderLine
from tracking.types import Cause, DeliveredHow, Direction, ShipmentStatus


class OutboundManager(MerchantManager[Any]):
    """Parcels on their way to the shopper: what everybody means who does not say otherwise."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(direction=Direction.OUT)


class Shipment(MerchantModel):
    """One parcel of one order. `objects`, and `order.shipments` with it, hold those to the shopper; `any_way` those coming back too."""

    objects: ClassVar[MerchantManager[Any]] = OutboundManager()
    any_way: ClassVar[MerchantManager[Any]] = MerchantManager()

    public_id = public_id_field()
    direction = models.CharField(max_length=4, choices=Direction.choices, default=Direction.OUT, db_default=Direction.OUT)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments", db_constraint=False)
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(help_text=_("parcel 1, 2, 3 of the order"))
    carrier_code = models.CharField(max_length=40, blank=True)
    carrier_name = models.CharField(max_length=80, blank=True)
    service = models.CharField(max_length=80, blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    tracking_url = models.URLField(max_length=1000, blank=True)
    status = models.CharField(max_length=20, choices=ShipmentStatus.choices, default=ShipmentStatus.PENDING)
    raw_status = models.CharField(max_length=60, blank=True)
    status_at = models.DateTimeField(null=True, blank=True, help_text=_("time of the news the status comes from"))
    created_at = models.DateTimeField()
    source_updated_at = models.DateTimeField()
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    eta_from = models.DateField(null=True, blank=True)
    eta_by = models.DateField(null=True, blank=True)
    eta_source = models.CharField(max_length=20, blank=True, help_text=_("carrier, learned or merchant"))
    eta_said_at = models.DateTimeField(null=True, blank=True, help_text=_("when the current day was first said"))
    eta_first_by = models.DateField(null=True, blank=True, help_text=_("the first day said for it"))
    eta_alike = models.PositiveIntegerField(default=0, help_text=_("parcels like it that a learned day rests on"))
    eta_hidden = models.CharField(max_length=24, blank=True, help_text=_("the exception that makes the day untrue; words replace it"))
    promised_by = models.DateField(null=True, blank=True, help_text=_("the original promise: what on time is measured against"))

    # From where to where, in normal form: what lanes, the heat map and "arrived in your city" compare.
    from_country = models.CharField(max_length=2, blank=True)
    from_region = models.CharField(max_length=60, blank=True)
    from_city = models.CharField(max_length=100, blank=True)
    to_country = models.CharField(max_length=2, blank=True)
    to_region = models.CharField(max_length=60, blank=True)
    to_city = models.CharField(max_length=100, blank=True)
    to_postcode = models.CharField(max_length=20, blank=True)

    # Folded from the scans, always from all of them.
    first_scan_at = models.DateTimeField(null=True, blank=True, help_text=_("the carrier had it: labels do not count"))
    last_scan_at = models.DateTimeField(null=True, blank=True, help_text=_("the newest news of any kind"))
    attempted_at = models.DateTimeField(null=True, blank=True, help_text=_("first delivery attempt, successful or not"))
    arrived_at = models.DateTimeField(null=True, blank=True, help_text=_("first scan in the destination's city"))
    pickup_until = models.DateField(null=True, blank=True, help_text=_("the last day the shop or locker keeps it"))
    is_delayed = models.BooleanField(default=False, help_text=_("the carrier speaks of a delay and nothing moved since"))
    cause = models.CharField(max_length=12, choices=Cause.choices, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    delivered_how = models.CharField(max_length=12, choices=DeliveredHow.choices, blank=True)
    delivered_to = models.CharField(max_length=80, blank=True, help_text=_("who signed, as the carrier wrote it"))
    # What the fold needs to go on from, so that a new scan asks for none of the old ones; `rules.fold` reads and writes it.
    folded = models.JSONField(default=dict, editable=False)

    # Bits of `services.lanes`: which legs the lanes have learned from, each once.
    lessons = models.PositiveSmallIntegerField(default=0, editable=False)

    # When the incident sweep looks again; empty once there is nothing left to go wrong.
    check_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "order", "source", "external_id"], name="tracking_shipment_external"),
            models.UniqueConstraint(fields=["merchant", "public_id"], name="tracking_shipment_public"),
        ]
        indexes = [
            models.Index(fields=["merchant", "tracking_number"], name="tracking_shipment_number"),
            models.Index(fields=["merchant", "status", "-created_at"], name="tracking_shipment_status"),
            models.Index(fields=["merchant", "check_at"], name="tracking_shipment_check", condition=models.Q(check_at__isnull=False)),
            models.Index(fields=["merchant", "shipped_at"], name="tracking_shipment_sent", condition=models.Q(shipped_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.tracking_number or self.public_id


class ShipmentLine(MerchantModel):
    """How many of an order line lie in a parcel."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines", db_constraint=False)
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    quantity = models.PositiveIntegerField()

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "shipment", "order_line"], name="tracking_shipmentline_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="tracking_shipmentline_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_line_id}"
