"""Merchants' accounts at message providers, and what each day's messages came to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.types import Channel
from merchants.models import MerchantModel, SecretField, public_id_field
from notifications.types import Kind


class ProviderAccount(MerchantModel):
    """A merchant's own account at a message provider."""

    public_id = public_id_field()
    channel = models.CharField(max_length=10, choices=Channel.choices)
    provider = models.CharField(max_length=20, help_text=_("smtp, mailgun, sendgrid, postmark, ses, twilio, sandbox"))
    settings = models.JSONField(default=dict, help_text=_("what is not secret: host, domain, region, sender number"))
    secret = SecretField(blank=True, help_text=_("JSON of the provider's secrets"))
    is_active = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField(default=0, help_text=_("0: first choice; 1: when that certainly did not take it"))
    per_second = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("most messages a second; empty: as fast as it goes"))
    daily_cap = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("most to be spent on a day; empty: no cap"),
    )
    prices = models.JSONField(default=dict, blank=True, help_text=_("country (or *) -> price of one message or segment"))
    currency = models.CharField(max_length=3, blank=True, help_text=_("of the prices and the cap"))
    failures = models.PositiveSmallIntegerField(default=0, help_text=_("calls in a row that failed; the breaker opens at five"))
    slot_at = models.DateTimeField(null=True, blank=True, help_text=_("up to when its calls are given out, by per_second"))
    line_until = models.DateTimeField(null=True, blank=True, help_text=_("where the line of messages over the rate ends"))
    spent_on = models.DateField(null=True, blank=True, help_text=_("the merchant's day that `spent` is of"))
    spent = models.DecimalField(max_digits=14, decimal_places=6, default=0, help_text=_("of the cap, calls under way included"))
    records = models.JSONField(default=list, blank=True, help_text=_("what the sender's domain says for this provider, at the last check"))
    check_due_at = models.DateTimeField(null=True, blank=True, help_text=_("a check is asked for; while it runs, when to give up on it"))
    checked_at = models.DateTimeField(null=True, blank=True)
    check_ok = models.BooleanField(null=True)
    check_detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text=_("the provider asked not to be called before"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "channel", "rank"], condition=models.Q(is_active=True), name="notifications_account_active"
            ),
            models.UniqueConstraint(fields=["public_id"], name="notifications_account_public"),
        ]
        indexes = [
            models.Index(fields=["check_due_at"], name="notifications_account_check", condition=models.Q(check_due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.provider} ({self.channel})"


class DayFigure(MerchantModel):
    """What one day's messages came to; moved by the road itself, so that reading it costs the same whatever was sent."""

    day = models.DateField(help_text=_("in the merchant's zone, of the attempt that was accepted"))
    kind = models.CharField(max_length=30, choices=Kind.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    template_label = models.CharField(max_length=80, blank=True)
    provider = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)
    sent = models.PositiveIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    segments = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    currency = models.CharField(max_length=3, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "day", "kind", "channel", "template_label", "provider", "country", "currency"],
                name="notifications_dayfigure_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.channel}"
