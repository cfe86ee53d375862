"""Every message, sent or withheld, everything needed to explain it, and what came back."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.types import Channel, Topic
from events.models import Event, QueueRow
from merchants.models import BusyModel, MerchantModel, public_id_field
from notifications.models.accounts import ProviderAccount
from notifications.models.wording import AutomationVersion, TemplateVersion
from notifications.types import Kind, MessageState, Style
from orders.models import Order
from tracking.models import Shipment


class Message(QueueRow):
    """One message to one recipient for one fact; its own queue entry, and its own explanation."""

    token = public_id_field()
    kind = models.CharField(max_length=30, choices=Kind.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    state = models.CharField(max_length=12, choices=MessageState.choices, default=MessageState.PENDING)
    dedupe_key = models.CharField(max_length=200, help_text=_("kind:subject:transition:channel:recipient"))
    reason = models.CharField(max_length=60, blank=True, help_text=_("why it was withheld, expired, cancelled or waits"))
    reasons = models.JSONField(default=list, help_text=_("every condition of the decision and its result"))

    event = models.ForeignKey(Event, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, related_name="messages", db_constraint=False, db_index=False
    )
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="messages", db_constraint=False, db_index=False)
    shipment = models.ForeignKey(
        Shipment, on_delete=models.SET_NULL, null=True, related_name="messages", db_constraint=False, db_index=False
    )
    subject_id = models.BigIntegerField(null=True, help_text=_("row of another kind it is about: refund, incident, scan ..."))
    recipient = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=10)
    is_mandatory = models.BooleanField(default=True)
    topic = models.CharField(max_length=10, choices=Topic.choices, default=Topic.ORDERS)
    automation = models.ForeignKey(
        AutomationVersion, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    style = models.CharField(max_length=12, choices=Style.choices, blank=True)
    send_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when it was to leave by the event's clock: delay, window and quiet hours reckoned in")
    )
    not_after = models.DateTimeField(null=True, blank=True)

    template = models.ForeignKey(
        TemplateVersion, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    template_label = models.CharField(max_length=80, blank=True, help_text=_("what it was rendered from"))
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    provider_id = models.CharField(max_length=200, blank=True)
    segments = models.PositiveSmallIntegerField(default=0)
    country = models.CharField(max_length=2, blank=True, help_text=_("of the recipient's number or of the address it goes with"))
    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True, help_text=_("by the account's prices"))
    cost_currency = models.CharField(max_length=3, blank=True)
    is_possible_duplicate = models.BooleanField(default=False)
    is_test = models.BooleanField(default=False, help_text=_("to staff, from the studio: no shopper's, counted nowhere"))
    decided_at = models.DateTimeField()
    unknown_since = models.DateTimeField(null=True, blank=True)
    lookups = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "dedupe_key"], name="notifications_message_once"),
            models.UniqueConstraint(fields=["merchant", "token"], name="notifications_message_token"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="notifications_message_due", condition=models.Q(state__in=["pending", "leased"])),
            # Turn by turn when more is due than one claim takes.
            models.Index(
                fields=["merchant", "due_at", "id"],
                name="notifications_message_turn",
                condition=models.Q(state__in=["pending", "leased"]),
            ),
            models.Index(fields=["due_at", "id"], name="notifications_message_doubt", condition=models.Q(state__in=["sending", "unknown"])),
            # Health and work list: what is not over yet, and what was given up.
            models.Index(
                fields=["merchant", "state"],
                name="notifications_message_open",
                condition=models.Q(state__in=["pending", "leased", "sending", "unknown", "dead"]),
            ),
            models.Index(fields=["merchant", "-decided_at", "-id"], name="notifications_message_newest"),
            models.Index(fields=["merchant", "-decided_at"], name="notifications_message_tests", condition=models.Q(is_test=True)),
            models.Index(fields=["merchant", "order", "-decided_at"], name="notifications_message_of_order"),
            # Each change of a message writes into every index it is in, and it changes three times before it is sent: so what is mostly
            # empty is left out where it is empty, and no column is indexed alone that leads another index.
            models.Index(fields=["merchant", "shipment"], name="notifications_message_parcel", condition=models.Q(shipment__isnull=False)),
            models.Index(
                fields=["merchant", "automation"], name="notifications_message_plan", condition=models.Q(automation__isnull=False)
            ),
            models.Index(fields=["merchant", "template"], name="notifications_message_words", condition=models.Q(template__isnull=False)),
            # What advertises: how much of it a shopper got lately.
            models.Index(
                fields=["merchant", "customer", "-send_at"],
                name="notifications_message_adverts",
                condition=models.Q(topic__in=["offers", "reviews", "care"]),
            ),
            models.Index(fields=["merchant", "customer", "-decided_at", "-id"], name="notifications_message_told"),
            models.Index(fields=["merchant", "account", "provider_id"], name="notifications_message_provider"),
            BrinIndex(fields=["decided_at"], name="notifications_message_hours", pages_per_range=32),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.pk}"


class MessageContent(BusyModel):
    """What was rendered, once, before the first try. Deleted after 90 days; the message stays."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="content", db_constraint=False)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"content of {self.message_id}"


class Note(MerchantModel):
    """Words of the staff for shoppers, kept once however many get them. Deleted after 90 days, like what was sent."""

    text = models.TextField()
    digest = models.CharField(max_length=64)
    actor = models.CharField(max_length=254, blank=True)
    written_at = models.DateTimeField(help_text=_("when it was last sent out"))

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "digest"], name="notifications_note_once")]

    def __str__(self) -> str:
        return f"note {self.pk}"


class Attempt(BusyModel):
    """One try at handing a message over. Insert, then filled with the outcome."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="tries", db_constraint=False, db_index=False)
    fence = models.PositiveIntegerField()
    account = models.ForeignKey(ProviderAccount, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "message", "fence"], name="notifications_attempt_once")]
        indexes = [BrinIndex(fields=["started_at"], name="notifications_attempt_hours", pages_per_range=32)]

    def __str__(self) -> str:
        return f"{self.message_id} try {self.fence}"


class Callback(MerchantModel):
    """What a provider told us about a message, once per (provider's id, state)."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="callbacks", db_constraint=False)
    provider_id = models.CharField(max_length=200)
    state = models.CharField(max_length=20)
    detail = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "account", "provider_id", "state"], name="notifications_callback_once")]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.state}"


class ShortLink(MerchantModel):
    """`/l/<code>`: the target is stored when the message is made, never taken from the address."""

    code = public_id_field()
    path = models.CharField(max_length=300, help_text=_("path on the merchant's own host"))
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="links", db_constraint=False)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "code"], name="notifications_shortlink_code")]

    def __str__(self) -> str:
        return self.code


class SandboxDelivery(MerchantModel):
    """The sandbox provider's mailbox: what a shopper would have received."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    recipient = models.CharField(max_length=254)
    sender = models.CharField(max_length=300)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    delivered_at = models.DateTimeField(db_default=Now())

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "message"], name="notifications_sandbox_once")]

    def __str__(self) -> str:
        return f"{self.channel} to {self.recipient}"


class InboundText(MerchantModel):
    """What a shopper answered by SMS: kept for 90 days, and what we made of it."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    provider_id = models.CharField(max_length=200)
    sender = models.CharField(max_length=20)
    text = models.CharField(max_length=1600, blank=True)
    keyword = models.CharField(max_length=10, blank=True, help_text=_("stop, start or help; empty: none of them"))
    received_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "account", "provider_id"], name="notifications_inbound_once")]
        indexes = [models.Index(fields=["merchant", "-received_at", "-id"], name="notifications_inbound_newest")]

    def __str__(self) -> str:
        return f"{self.keyword or 'text'} {self.received_at:%Y-%m-%d %H:%M}"
