"""A shopper of one merchant: identity, contact data, consent, suppression, and how they sign in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.types import Channel, SuppressionReason, Topic
from merchants.models import MerchantModel, public_id_field


class Customer(MerchantModel):
    """One person at one merchant. The same e-mail at another merchant is another row nobody can join."""

    public_id = public_id_field()
    email = models.CharField(max_length=254, blank=True)
    email_normalised = models.CharField(max_length=254, null=True, blank=True)
    phone = models.CharField(max_length=16, blank=True, help_text=_("E.164"))
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=10, blank=True)
    timezone = models.CharField(max_length=64, blank=True, help_text=_("IANA name, as the shopper chose it"))
    external_id = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "email_normalised"], name="customers_customer_email"),
            models.UniqueConstraint(fields=["merchant", "public_id"], name="customers_customer_public"),
        ]
        indexes = [models.Index(fields=["merchant", "phone"], name="customers_customer_by_phone", condition=~models.Q(phone=""))]

    def __str__(self) -> str:
        return self.email or self.phone or self.public_id


class Consent(MerchantModel):
    """One statement about one topic on one channel: who, what, when, where. Never updated; the newest counts."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents", db_constraint=False)
    topic = models.CharField(max_length=10, choices=Topic.choices, default=Topic.OFFERS)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    is_granted = models.BooleanField()
    source = models.CharField(max_length=80, help_text=_("where it was said: preferences, unsubscribe, sms STOP, the shop's name ..."))
    actor = models.CharField(max_length=254, blank=True, help_text=_("who said it when it was not the shopper: staff, an API key"))
    wording = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        indexes = [models.Index(fields=["merchant", "customer", "topic", "channel", "-at", "-id"], name="customers_consent_newest")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.channel} {self.is_granted}"


class ContactRule(MerchantModel):
    """How much a shopper wants to hear, over all topics. No row: everything they have not turned off."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_rules", db_constraint=False)
    is_important_only = models.BooleanField(default=False)
    paused_until = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=10, blank=True, help_text=_("as the shopper chose it; goes before what an order says"))
    updated_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "customer"], name="customers_contactrule_one")]

    def __str__(self) -> str:
        return f"contact rule of {self.customer_id}"


class Suppression(MerchantModel):
    """An address nothing is sent to. Kept as a fingerprint, so that it outlives erasure."""

    channel = models.CharField(max_length=10, choices=Channel.choices)
    recipient_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=20, choices=SuppressionReason.choices)
    detail = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "channel", "recipient_hash"], name="customers_suppression_once")]

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"


class SignInRequest(MerchantModel):
    """An e-mailed code and link. Both are derived from the nonce and the installation's key: the row alone opens nothing."""

    email_normalised = models.CharField(max_length=254)
    nonce = models.CharField(max_length=22)
    link_fingerprint = models.CharField(max_length=64)
    browser_fingerprint = models.CharField(max_length=64, blank=True, help_text=_("the code works only in the browser that asked"))
    ip = models.GenericIPAddressField(null=True)
    next_path = models.CharField(max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "link_fingerprint"], name="customers_signin_link")]
        indexes = [
            models.Index(fields=["merchant", "email_normalised", "-created_at"], name="customers_signin_by_email"),
            models.Index(fields=["merchant", "ip", "-created_at"], name="customers_signin_by_ip"),
        ]

    def __str__(self) -> str:
        return f"sign-in {self.pk}"


class ShopperSession(MerchantModel):
    """A signed-in browser. The cookie holds a token, the row its fingerprint; another merchant's host cannot see the row."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="sessions", db_constraint=False)
    fingerprint = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "fingerprint"], name="customers_session_fingerprint")]

    def __str__(self) -> str:
        return f"session {self.pk}"
