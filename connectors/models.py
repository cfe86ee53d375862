"""A merchant's shop connections, the inbox their webhooks land in, and what they are asked."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from connectors.types import CommandKind
from events.models import QueueRow, Work
from merchants.models import MerchantModel, SecretField, public_id_field
from orders.models import Order
from tracking.models import Shipment


class Connection(MerchantModel):
    """One shop (or carrier) account that may call `/hooks/<public_id>/`."""

    public_id = public_id_field()
    connector = models.CharField(max_length=30, help_text=_("shopify, woocommerce, easypost, aftership, shippo, 17track, webhook"))
    slug = models.CharField(max_length=60, help_text=_("source of the orders it brings"))
    account = models.CharField(max_length=200, blank=True, help_text=_("the shop's own address; a webhook naming another is refused"))
    secret = SecretField(blank=True)
    previous_secret = SecretField(blank=True)
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    last_received_at = models.DateTimeField(null=True, blank=True)
    refused_count = models.PositiveIntegerField(default=0, help_text=_("calls with a wrong or missing signature"))
    polls = models.BooleanField(default=False, help_text=_("we ask it for news, besides what it tells by itself"))
    api_key = SecretField(blank=True)
    trouble = models.CharField(max_length=300, blank=True, help_text=_("why our calls to it fail"))
    trouble_since = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text=_("it is not called before"))
    options = models.JSONField(default=dict, blank=True, db_default={}, help_text=_("what labels are made with: weight_oz, service"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="connectors_connection_public"),
            models.UniqueConstraint(fields=["merchant", "slug"], name="connectors_connection_slug"),
        ]

    def __str__(self) -> str:
        return self.slug


class InboxItem(QueueRow):
    """One webhook as it came: the raw bytes, verified, kept 30 days. The row is its own queue entry."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="items", db_constraint=False)
    topic = models.CharField(max_length=80)
    event_id = models.CharField(max_length=100, help_text=_("the sender's id of this call, else the body's fingerprint"))
    body = models.BinaryField()
    state = models.CharField(max_length=10, choices=Work.choices, default=Work.READY)
    waiting_for = models.CharField(max_length=200, blank=True, help_text=_("what must arrive first, e.g. order:shopify:123"))
    outcome = models.CharField(max_length=300, blank=True, help_text=_("what we made of it"))
    received_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "connection", "topic", "event_id"], name="connectors_inbox_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], name="connectors_inbox_due", condition=models.Q(state__in=["ready", "running"])),
            models.Index(fields=["merchant", "waiting_for"], name="connectors_inbox_waiting", condition=models.Q(state="waiting")),
            models.Index(
                fields=["merchant", "due_at", "id"], name="connectors_inbox_turn", condition=models.Q(state__in=["ready", "running"])
            ),
            models.Index(fields=["merchant", "-due_at"], name="connectors_inbox_dead", condition=models.Q(state="dead")),
            models.Index(fields=["merchant", "-received_at"], name="connectors_inbox_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.event_id}"


class Poll(QueueRow):
    """One parcel a connection is asked for now and then. The row is its own queue entry: `due_at` is the next call."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="watched", db_constraint=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    number = models.CharField(max_length=100)
    carrier_code = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=Work.choices, default=Work.READY)
    started_at = models.DateTimeField(help_text=_("silence counts from here, or from the newest news"))
    registered_at = models.DateTimeField(null=True, blank=True, help_text=_("since when the vendor follows the number for us"))
    polled_at = models.DateTimeField(null=True, blank=True, help_text=_("last answer"))
    ended_reason = models.CharField(max_length=20, blank=True, help_text=_("silent, or the state that leaves nothing to ask for"))
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "shipment"], name="connectors_poll_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], name="connectors_poll_due", condition=models.Q(state__in=["ready", "running"])),
            models.Index(
                fields=["merchant", "due_at", "id"], name="connectors_poll_turn", condition=models.Q(state__in=["ready", "running"])
            ),
            models.Index(fields=["merchant", "-due_at"], name="connectors_poll_dead", condition=models.Q(state="dead")),
        ]

    def __str__(self) -> str:
        return self.number


class Command(QueueRow):
    """One thing a shop or label maker is asked to do for a return. The row is its own queue entry.

    It is asked for at most once: `key` is the public id of what it is about, and `asked_at` is written before the first call
    that may have an effect. From then on the other side is looked at before it is asked again.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="commands", db_constraint=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=10, choices=CommandKind.choices)
    subject = models.BigIntegerField(help_text=_("id of the money, the exchange or the return"))
    key = models.CharField(max_length=22)
    round = models.PositiveSmallIntegerField(default=1, help_text=_("asked anew after it was refused"))
    state = models.CharField(max_length=10, choices=Work.choices, default=Work.READY)
    asked_at = models.DateTimeField(null=True, blank=True)
    external_id = models.CharField(max_length=100, blank=True, help_text=_("what the other side calls it"))
    outcome = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "kind", "key"], name="connectors_command_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], name="connectors_command_due", condition=models.Q(state__in=["ready", "running"])),
            models.Index(
                fields=["merchant", "due_at", "id"], name="connectors_command_turn", condition=models.Q(state__in=["ready", "running"])
            ),
            models.Index(fields=["merchant", "-due_at"], name="connectors_command_dead", condition=models.Q(state="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
