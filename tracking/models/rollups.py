"""Figures of the delay dashboard, kept current parcel by parcel."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantModel
from tracking.models.parcels import Shipment


class FlowCell(MerchantModel):
    """Counts of parcels that were handed over, by carrier.

    `grain` is `week` (start: Monday of the hand-over, by carrier and region: heat map, lanes) or `day` (start: the day the parcel
    was promised for, by carrier, region empty: trends). A day's figures are final the day after, because by then each parcel
    due on it is known to be on time or late; days of hand-over or arrival would leave out what is still under way.
    """

    grain = models.CharField(max_length=4)
    start = models.DateField()
    carrier_code = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=60, blank=True, help_text=_("country and region of the destination, e.g. DE-BE"))
    sent = models.IntegerField(default=0)
    arrived = models.IntegerField(default=0, help_text=_("first delivery attempt made"))
    on_time = models.IntegerField(default=0, help_text=_("of the arrived: on or before the day first promised"))
    late = models.IntegerField(default=0, help_text=_("arrived after it, or still not there past it"))
    overdue = models.IntegerField(default=0, help_text=_("of the late: still to come"))
    at_risk = models.IntegerField(default=0, help_text=_("still to come, not late yet, and not expected in time"))
    stalled = models.IntegerField(default=0)
    lost = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)
    returned = models.IntegerField(default=0)
    promises = models.IntegerField(default=0, help_text=_("arrival days said, of parcels that arrived or missed them"))
    promises_kept = models.IntegerField(default=0)
    eta_asked = models.IntegerField(default=0, help_text=_("arrivals with a learned 80 % range"))
    eta_held = models.IntegerField(default=0, help_text=_("of those: inside it"))
    eta_early = models.IntegerField(default=0, help_text=_("of those: before it"))
    delay_days = ArrayField(models.IntegerField(), default=list, help_text=_("arrivals by days past the promise, -7 .. +21"))
    transit_days = ArrayField(models.IntegerField(), default=list, help_text=_("arrivals by days from hand-over, 0 .. 40"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "grain", "start", "carrier_code", "region"], name="tracking_flowcell_one")
        ]

    def __str__(self) -> str:
        return f"{self.grain} {self.start} {self.carrier_code} {self.region}"


class Counted(MerchantModel):
    """What of a parcel is in the cells now, so that counting it again moves only the difference; and the way from a cell to its parcels."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    week = models.DateField(null=True, help_text=_("Monday of the hand-over; empty: in no cell"))
    due = models.DateField(null=True, help_text=_("the day first promised"))
    carrier_code = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=60, blank=True)
    is_late = models.BooleanField(default=False)
    standing = models.CharField(max_length=8, blank=True, help_text=_("overdue or at_risk while it is still to come"))
    look_on = models.DateField(null=True, help_text=_("the day its figures change if nothing happens before"))
    facts = models.JSONField(default=dict, help_text=_("counter -> number"))

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "shipment"], name="tracking_counted_once")]
        indexes = [
            models.Index(fields=["merchant", "week", "carrier_code", "region", "shipment"], name="tracking_counted_cell"),
            models.Index(fields=["merchant", "standing", "due", "shipment"], name="tracking_counted_now", condition=~models.Q(standing="")),
            models.Index(fields=["merchant", "look_on"], name="tracking_counted_look", condition=models.Q(look_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"counted {self.shipment_id}"
