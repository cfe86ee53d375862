"""What is wrong with parcels, who works on it, and the rules that say so."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from merchants.models import MerchantModel, User
from orders.models import Order
from tracking.models.parcels import Shipment
from tracking.types import Cause, Choice, IncidentState, IncidentType


class Incident(MerchantModel):
    """One thing wrong with a parcel, an order that was not sent, or a carrier's feed. One open per subject and type.

    `subject` is `shipment:<id>`, `order:<id>` or `carrier:<code>`. It is reopened rather than made anew when the same thing
    goes wrong again within its rule's quiet days.
    """

    type = models.CharField(max_length=24, choices=IncidentType.choices)
    state = models.CharField(max_length=12, choices=IncidentState.choices, default=IncidentState.OPEN)
    subject = models.CharField(max_length=60)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, null=True, blank=True, related_name="incidents", db_constraint=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, blank=True, related_name="incidents", db_constraint=False)
    carrier_code = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=60, blank=True, help_text=_("destination, for filters"))
    cause = models.CharField(max_length=12, choices=Cause.choices, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict, help_text=_("what the rule saw: dates, days, thresholds; no personal data"))
    promised_by = models.DateField(null=True, blank=True, help_text=_("the day we had promised"))
    expected_by = models.DateField(null=True, blank=True, help_text=_("the day we expect now"))
    news_by = models.DateField(null=True, blank=True, help_text=_("the day we promised to say more by"))
    harm = models.PositiveSmallIntegerField(default=0, help_text=_("0 to 100: what it means for the shopper"))
    act_by = models.DateTimeField(help_text=_("after this there is nothing left to save"))
    rank = models.FloatField(default=0, help_text=_("harm weighed by the time left; the work list's order"))
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=20, blank=True, help_text=_("cleared, by_hand, reshipped, refunded, claimed"))
    reopened_count = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True, help_text=_("when a message to the shopper was asked for"))
    choice = models.CharField(max_length=12, choices=Choice.choices, blank=True, help_text=_("what the shopper wants"))
    chosen_at = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    snoozed_until = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "subject", "type"], name="tracking_incident_open_once", condition=~models.Q(state="resolved")
            ),
            models.CheckConstraint(condition=models.Q(harm__lte=100), name="tracking_incident_harm"),
        ]
        indexes = [
            models.Index(fields=["merchant", "-rank", "-id"], name="tracking_incident_work", condition=~models.Q(state="resolved")),
            models.Index(fields=["merchant", "-opened_at", "-id"], name="tracking_incident_newest"),
            models.Index(fields=["merchant", "subject", "-opened_at"], name="tracking_incident_of"),
            models.Index(fields=["merchant", "-resolved_at"], name="tracking_incident_solved", condition=models.Q(state="resolved")),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class IncidentNote(MerchantModel):
    """One line of an incident's history: what changed, who did it, what they wrote. Never updated."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notes", db_constraint=False)
    at = models.DateTimeField()
    actor = models.CharField(max_length=254, blank=True, help_text=_("staff e-mail, 'shopper', or empty for the machine"))
    act = models.CharField(
        max_length=20, help_text=_("opened, updated, cleared, reopened, told, note, owner, snoozed, resolved, choice, asked")
    )
    text = models.CharField(max_length=1000, blank=True)
    data = models.JSONField(default=dict)

    class Meta(MerchantModel.Meta):
        indexes = [models.Index(fields=["merchant", "incident", "at", "id"], name="tracking_incidentnote_of")]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d %H:%M}"


class IncidentRule(MerchantModel):
    """A merchant's own setting of one type; without a row the safe default of `tracking.registry` holds."""

    type = models.CharField(max_length=24, choices=IncidentType.choices)
    is_on = models.BooleanField(default=True)
    tells_shopper = models.BooleanField(default=True)
    thresholds = models.JSONField(default=dict, help_text=_("name -> number; names and bounds are the registry's"))
    carriers = ArrayField(models.CharField(max_length=40), default=list, blank=True, help_text=_("only these; all when empty"))
    updated_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "type"], name="tracking_incidentrule_one")]

    def __str__(self) -> str:
        return self.type


class SavedView(MerchantModel):
    """A member of staff's named filter of the work list."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "user", "name"], name="tracking_savedview_name")]

    def __str__(self) -> str:
        return self.name
