"""Every message, sent or withheld, and everything needed to explain it."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.types import Channel
from events.models import Event, QueueRow
from merchants.models import MerchantModel, SecretField, User, public_id_field
from merchants.types import Language
from notifications.types import Kind, MessageState
from orders.models import Order
from tracking.models import Shipment


class ProviderAccount(MerchantModel):
    """A merchant's own account at a message provider."""

    public_id = public_id_field()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    provider = models.CharField(max_length=20, help_text=_("smtp, mailgun, sendgrid, postmark, ses, twilio, sandbox"))
    settings = models.JSONField(default=dict, help_text=_("what is not secret: host, domain, region, sender number"))
    secret = SecretField(blank=True, help_text=_("JSON of the provider's secrets"))
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text=_("the provider asked not to be called before"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "channel"], condition=models.Q(is_active=True), name="notifications_account_active"
            ),
            models.UniqueConstraint(fields=["public_id"], name="notifications_account_public"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} ({self.channel})"


class Automation(MerchantModel):
    """Whether a message goes out on a channel. No row: the shipped default of the catalogue."""

    kind = models.CharField(max_length=30, choices=Kind.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    is_on = models.BooleanField(default=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "kind", "channel"], name="notifications_automation_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}"


class TemplateVersion(MerchantModel):
    """A merchant's own wording of a message in one language. A sent message stays pinned to its version."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived")

    kind = models.CharField(max_length=30, choices=Kind.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    language = models.CharField(max_length=10, choices=Language.choices)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    subject = models.CharField(max_length=600, blank=True)
    source = models.TextField(help_text=_("MJML with Liquid for e-mail, Liquid for SMS"))
    text_source = models.TextField(blank=True, help_text=_("Liquid; the text part of an e-mail"))
    compiled = models.TextField(blank=True, editable=False, help_text=_("HTML with Liquid left in, made at save"))
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    broken_at = models.DateTimeField(null=True, blank=True, help_text=_("last time it failed and the shipped default went out"))
    broken_reason = models.CharField(max_length=300, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "kind", "channel", "language", "number"], name="notifications_template_number"),
            models.UniqueConstraint(
                fields=["merchant", "kind", "channel", "language"],
                condition=models.Q(state="published"),
                name="notifications_template_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.language} v{self.number}"


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
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="messages", db_constraint=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="messages", db_constraint=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.SET_NULL, null=True, related_name="messages", db_constraint=False)
    subject_id = models.BigIntegerField(null=True, help_text=_("row of another kind it is about: refund, incident, scan ..."))
    recipient = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=10)
    is_mandatory = models.BooleanField(default=True)
    not_after = models.DateTimeField(null=True, blank=True)

    template = models.ForeignKey(TemplateVersion, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    template_label = models.CharField(max_length=80, blank=True, help_text=_("what it was rendered from"))
    account = models.ForeignKey(ProviderAccount, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    provider_id = models.CharField(max_length=200, blank=True)
    segments = models.PositiveSmallIntegerField(default=0)
    is_possible_duplicate = models.BooleanField(default=False)
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
            models.Index(fields=["due_at", "id"], name="notifications_message_doubt", condition=models.Q(state__in=["sending", "unknown"])),
            # Health and work list: what is not over yet, and what was given up.
            models.Index(
                fields=["merchant", "state"],
                name="notifications_message_open",
                condition=models.Q(state__in=["pending", "leased", "sending", "unknown", "dead"]),
            ),
            models.Index(fields=["merchant", "-decided_at", "-id"], name="notifications_message_newest"),
            models.Index(fields=["merchant", "order", "-decided_at"], name="notifications_message_of_order"),
            models.Index(fields=["merchant", "account", "provider_id"], name="notifications_message_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.pk}"


class MessageContent(MerchantModel):
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


class Attempt(MerchantModel):
    """One try at handing a message over. Insert, then filled with the outcome."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="tries", db_constraint=False)
    fence = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "message", "fence"], name="notifications_attempt_once")]

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
