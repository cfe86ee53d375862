"""A shopper of one merchant: identity, contact data, consent, suppression, and how they sign in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.types import AccountFact, Attempted, Channel, PrivacyKind, PrivacyState, SignInMethod, SuppressionReason, Topic
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
    birthday = models.DateField(null=True, blank=True, help_text=_("as the shopper told it, for what the profile page says it is used for"))
    password = models.CharField(max_length=256, blank=True, editable=False, help_text=_("hashed; empty: signs in by code or passkey only"))
    password_at = models.DateTimeField(null=True, blank=True)
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
    method = models.CharField(max_length=10, choices=SignInMethod.choices, default=SignInMethod.CODE)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(
        null=True, help_text=_("when the shopper last proved who they are in this browser; empty: at sign-in")
    )
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "fingerprint"], name="customers_session_fingerprint")]

    def __str__(self) -> str:
        return f"session {self.pk}"


class SavedAddress(MerchantModel):
    """A postal address in the shopper's address book. Orders keep their own copy."""

    public_id = public_id_field()
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses", db_constraint=False)
    name = models.CharField(max_length=160)
    company = models.CharField(max_length=160, blank=True)
    street = models.CharField(max_length=200)
    street2 = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=120)
    region = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, help_text=_("ISO 3166 code"))
    phone = models.CharField(max_length=16, blank=True, help_text=_("E.164"))
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="customers_savedaddress_public"),
            models.UniqueConstraint(
                fields=["merchant", "customer"], condition=models.Q(is_default=True), name="customers_savedaddress_default"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "customer", "id"], name="customers_savedaddress_of")]

    def __str__(self) -> str:
        return f"address {self.pk} of {self.customer_id}"


class Passkey(MerchantModel):
    """A key kept by the shopper's device. Its public half opens nothing by itself."""

    public_id = public_id_field()
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="passkeys", db_constraint=False)
    credential = models.CharField(max_length=1400, help_text=_("the device's id of the key, base64url"))
    credential_fingerprint = models.CharField(max_length=64)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    transports = models.JSONField(default=list)
    name = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "credential_fingerprint"], name="customers_passkey_credential"),
            models.UniqueConstraint(fields=["merchant", "public_id"], name="customers_passkey_public"),
        ]
        indexes = [models.Index(fields=["merchant", "customer", "id"], name="customers_passkey_of")]

    def __str__(self) -> str:
        return f"passkey {self.pk}"


class EmailChange(MerchantModel):
    """A new e-mail address that waits for the code sent to it. Code and link derive from the nonce, as with sign-in."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="email_changes", db_constraint=False)
    email = models.CharField(max_length=254)
    email_normalised = models.CharField(max_length=254)
    nonce = models.CharField(max_length=22)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta(MerchantModel.Meta):
        indexes = [models.Index(fields=["merchant", "customer", "-created_at", "-id"], name="customers_emailchange_newest")]

    def __str__(self) -> str:
        return f"change of e-mail {self.pk}"


class Attempt(MerchantModel):
    """One try at something that is limited, counted by whom it was about and from where. Holds fingerprints, never what was typed."""

    what = models.CharField(max_length=12, choices=Attempted.choices)
    key = models.CharField(max_length=64, help_text=_("fingerprint of the subject or the network"))
    at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        indexes = [models.Index(fields=["merchant", "what", "key", "-at"], name="customers_attempt_newest")]

    def __str__(self) -> str:
        return f"{self.what} {self.key[:8]}"


class PrivacyRequest(MerchantModel):
    """A shopper asks for everything we hold, or for its erasure: with a status, a day it is due by, and a proof when done."""

    public_id = public_id_field()
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="privacy_requests", db_constraint=False)
    kind = models.CharField(max_length=10, choices=PrivacyKind.choices)
    state = models.CharField(max_length=10, choices=PrivacyState.choices, default=PrivacyState.REQUESTED)
    source = models.CharField(max_length=80, help_text=_("where it was asked: profile, the shop's name, staff ..."))
    reason = models.CharField(max_length=300, blank=True, help_text=_("why it waits or was refused, in words for the shopper"))
    requested_at = models.DateTimeField()
    due_by = models.DateField(help_text=_("one month, GDPR article 12 (3)"))
    decided_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("until when the file may be fetched"))
    file = models.BinaryField(null=True, editable=False)
    facts = models.JSONField(default=dict, help_text=_("what was done, in numbers: proof without personal data"))

    class Meta(MerchantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="customers_privacyrequest_public"),
            models.UniqueConstraint(
                fields=["merchant", "customer", "kind"],
                condition=models.Q(state__in=["requested", "working"]),
                name="customers_privacyrequest_one_open",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "customer", "-requested_at", "-id"], name="customers_privacyrequest_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class AccountChange(MerchantModel):
    """What happened to an account, for its owner to read and to be told about. Never updated."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="account_changes", db_constraint=False)
    what = models.CharField(max_length=20, choices=AccountFact.choices)
    told_to = models.CharField(max_length=254, blank=True, help_text=_("the address before a change of e-mail; empty: the customer's own"))
    device = models.CharField(max_length=200, blank=True, help_text=_("the browser's own words"))
    at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        indexes = [models.Index(fields=["merchant", "customer", "-at", "-id"], name="customers_accountchange_of")]

    def __str__(self) -> str:
        return f"{self.what} {self.pk}"
