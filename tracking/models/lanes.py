"""What past parcels teach about future ones."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantModel


class LaneStat(MerchantModel):
    """How many parcels of a lane were silent for how long: `days[i]` counts those that were for i working days (the last: or longer)."""

    leg = models.CharField(max_length=10, help_text=_("what is counted"))
    level = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=160)
    days = ArrayField(models.FloatField())
    count = models.PositiveIntegerField(default=0, help_text=_("parcels learned from, unweighed"))
    updated_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "leg", "key"], name="tracking_lanestat_key")]

    def __str__(self) -> str:
        return f"{self.leg} {self.key}"


class LaneEffect(MerchantModel):
    """What one trait of a parcel adds to one leg of its way; `rules.eta` reads and writes it, docs/eta.md explains it.

    The rows whose key begins with `now` hold what the last weeks add: for all parcels with the spread around the expected, and per lane.
    """

    leg = models.CharField(max_length=10, help_text=_("handling or transit"))
    key = models.CharField(max_length=160)
    mean = models.FloatField(help_text=_("added to the logarithm of the working days"))
    doubt = models.FloatField(default=0, help_text=_("variance of the mean when it was last moved"))
    moved = models.FloatField(default=0, help_text=_("local day and its fraction when it was last moved"))
    count = models.PositiveIntegerField(default=0, help_text=_("parcels it was learned from"))
    curve = ArrayField(models.FloatField(), default=list)
    updated_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "leg", "key"], name="tracking_laneeffect_key")]

    def __str__(self) -> str:
        return f"{self.leg} {self.key}"
