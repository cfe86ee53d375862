"""What merchants write and set: wording and automations, by version, and where drafts may be sent to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.types import Channel
from merchants.models import MerchantModel, User
from merchants.types import Language
from notifications.types import Kind, Style


class VersionState(models.TextChoices):
    """Where a version stands, of a wording or of an automation."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    ARCHIVED = "archived", _("Archived")


class AutomationVersion(MerchantModel):
    """When and how a message goes out: `types.Plan` as JSON. No published version: the default of the catalogue."""

    State = VersionState

    kind = models.CharField(max_length=30, choices=Kind.choices)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    definition = models.JSONField()
    note = models.CharField(max_length=200, blank=True, help_text=_("what changed, in a few words"))
    revision = models.PositiveIntegerField(default=1, help_text=_("counts the saves of a draft, so that two editors notice each other"))
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "kind", "number"], name="notifications_automation_number"),
            models.UniqueConstraint(
                fields=["merchant", "kind"], condition=models.Q(state="published"), name="notifications_automation_published"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.number}"


class TemplateVersion(MerchantModel):
    """A merchant's own wording of a message in one language. A sent message stays pinned to its version."""

    State = VersionState

    kind = models.CharField(max_length=30, choices=Kind.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    language = models.CharField(max_length=10, choices=Language.choices)
    style = models.CharField(max_length=12, choices=Style.choices, blank=True, help_text=_("of a confirmation; empty for other messages"))
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    blocks = models.JSONField(null=True, blank=True, help_text=_("what the source was built from; empty when it was written by hand"))
    subject = models.CharField(max_length=600, blank=True)
    source = models.TextField(help_text=_("MJML with Liquid for e-mail, Liquid for SMS"))
    text_source = models.TextField(blank=True, help_text=_("Liquid; the text part of an e-mail"))
    compiled = models.TextField(blank=True, editable=False, help_text=_("HTML with Liquid left in, made at save"))
    note = models.CharField(max_length=200, blank=True, help_text=_("what changed, in a few words"))
    revision = models.PositiveIntegerField(default=1, help_text=_("counts the saves of a draft, so that two editors notice each other"))
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    broken_at = models.DateTimeField(null=True, blank=True, help_text=_("last time it failed and the shipped default went out"))
    broken_reason = models.CharField(max_length=300, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "kind", "channel", "language", "style", "number"], name="notifications_template_number"
            ),
            models.UniqueConstraint(
                fields=["merchant", "kind", "channel", "language", "style"],
                condition=models.Q(state="published"),
                name="notifications_template_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.language} v{self.number}"


class TestAddress(MerchantModel):
    """A member of staff's own address, proved by a link, to which drafts may be sent."""

    __test__ = False  # not a test class, whatever its name says

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = models.CharField(max_length=254)
    nonce = models.CharField(max_length=22)
    asked_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "channel", "address"], name="notifications_testaddress_once")]

    def __str__(self) -> str:
        return self.address
