"""Merchants, who works for them, and the base of every table that belongs to one."""

from typing import Any, ClassVar, TypeVar, cast

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.fields.related_lookups import RelatedExact
from django.db.models.sql.where import AND
from django.utils.translation import gettext_lazy as _

from core.encryption import decrypt, encrypt, random_id
from merchants.scope import NoMerchant, current_merchant_id, required_merchant_id
from merchants.types import ActorKind, Deed, Language, Result, Role

SLUG = RegexValidator(r"\A[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?\Z", _("small letters, digits and hyphens, beginning with a letter"))


class Merchant(models.Model):
    """One shop on this installation. The only table here that no merchant owns."""

    slug = models.CharField(max_length=40, unique=True, validators=[SLUG])
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=10, choices=Language.choices, default=Language.EN)
    country = models.CharField(max_length=2, default="US", help_text=_("ISO 3166 code; holidays and telephone numbers follow it"))
    currency = models.CharField(max_length=3, default="USD")
    timezone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


M = TypeVar("M", bound=models.Model)


class MerchantManager(models.Manager[M]):
    """Closed by default: raises NoMerchant outside a scope, filters by it inside."""

    def get_queryset(self) -> models.QuerySet[M]:
        merchant_id = current_merchant_id()
        if merchant_id is None:
            raise NoMerchant(self.model._meta.label)
        rows = super().get_queryset()
        # What `filter(merchant_id=merchant_id)` comes to, without its search for the field: every query of the product begins here.
        field = cast("models.ForeignKey[Any, Any]", self.model._meta.get_field("merchant"))
        rows.query.where.add(RelatedExact(field.get_col(rows.query.get_initial_alias()), merchant_id), AND)
        return rows


class MerchantModel(models.Model):
    """Base of every merchant-owned table. `all_merchants` is said aloud where it is meant; row-level security still holds."""

    id = models.BigAutoField(primary_key=True)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, default=current_merchant_id, related_name="+", editable=False)

    objects: ClassVar[MerchantManager[Any]] = MerchantManager()
    all_merchants: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "all_merchants"


class BusyModel(MerchantModel):
    """A table whose rows are written and changed all day: without an index on the merchant alone, as `(merchant, id)` serves for it."""

    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, default=current_merchant_id, related_name="+", editable=False, db_index=False
    )

    class Meta(MerchantModel.Meta):
        abstract = True


class Domain(MerchantModel):
    """A host that serves the merchant's portal. `<slug>.<platform host>` is made with the merchant."""

    host = models.CharField(max_length=253, help_text=_("without port, small letters"))
    is_primary = models.BooleanField(default=False, help_text=_("links in messages use it"))
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [
            # The one deliberate exception to "unique starts with merchant": a host can lead to one merchant only.
            models.UniqueConstraint(fields=["host"], name="merchants_domain_host"),
            models.UniqueConstraint(fields=["merchant"], condition=models.Q(is_primary=True), name="merchants_domain_primary"),
        ]

    def __str__(self) -> str:
        return self.host


class Branding(MerchantModel):
    """The five properties of the look, the names a message comes from, and whom a shopper can reach."""

    color = models.CharField(max_length=40, default="#2f2a26")
    neutral_hue = models.PositiveSmallIntegerField(default=75, validators=[MaxValueValidator(360)])
    font = models.CharField(
        max_length=10, choices=[("sans", _("Sans")), ("serif", _("Serif")), ("grotesque", _("Grotesque"))], default="sans"
    )
    display_weight = models.PositiveSmallIntegerField(default=600, validators=[MinValueValidator(400), MaxValueValidator(800)])
    radius = models.PositiveSmallIntegerField(default=6, validators=[MaxValueValidator(14)])
    email_colors = models.JSONField(default=dict, editable=False, help_text=_("derived as hex when saved: mail clients know no oklch()"))
    logo_url = models.URLField(blank=True, max_length=500)
    email_from_name = models.CharField(max_length=64, blank=True)
    email_from = models.EmailField(blank=True)
    reply_to = models.EmailField(blank=True)
    sms_sender = models.CharField(max_length=11, blank=True, validators=[RegexValidator(r"\A(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}\Z")])
    support_email = models.EmailField(blank=True)
    support_phone = models.CharField(max_length=32, blank=True)
    support_hours = models.CharField(max_length=120, blank=True)
    support_team = models.CharField(max_length=120, blank=True, help_text=_("names of the people who answer"))
    postal_address = models.CharField(max_length=300, blank=True)
    legal_name = models.CharField(max_length=160, blank=True, help_text=_("the company that sells, as it stands on receipts"))
    tax_number = models.CharField(max_length=60, blank=True, help_text=_("VAT or other tax number, for receipts"))
    shop_url = models.URLField(blank=True, max_length=300)
    privacy_url = models.URLField(blank=True, max_length=300)
    imprint_url = models.URLField(blank=True, max_length=300)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant"], name="merchants_branding_one")]
        verbose_name_plural = _("branding")

    def __str__(self) -> str:
        return f"Branding {self.merchant_id}"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in to /admin/ and /ops/. `is_superuser` is platform staff, who pick a merchant."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80, blank=True)
    is_staff = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    objects = UserManager()

    def __str__(self) -> str:
        return self.email


class Membership(MerchantModel):
    """A user's role at one merchant."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "user"], name="merchants_membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class ApiKey(MerchantModel):
    """A key of the REST API. Only its SHA-256 is stored; the key itself is shown once."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    fingerprint = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=30))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        # Unique over all merchants: the key is what tells the merchant.
        constraints = [models.UniqueConstraint(fields=["fingerprint"], name="merchants_apikey_fingerprint")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotencyKey(MerchantModel):
    """The answer to one POST, stored in the transaction of its effect and replayed for seven days."""

    key = models.CharField(max_length=200)
    endpoint = models.CharField(max_length=120)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "endpoint", "key"], name="merchants_idempotency_once")]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.key}"


class SecretField(models.TextField):  # type: ignore[type-arg]
    """Marks a column that holds `core.encryption` output, so that admin, exports and tests treat it as write-only."""


def seal(row: MerchantModel, field: str, plain: str) -> None:
    """Encrypt `plain` into `row.field`, bound to the row's merchant and the table's field."""
    merchant_id = row.merchant_id or required_merchant_id()
    setattr(row, field, encrypt(plain, merchant_id=merchant_id, field=f"{row._meta.db_table}.{field}") if plain else "")


def unseal(row: MerchantModel, field: str) -> str:
    """The plain secret of `row.field`; empty when none is set. Raises core.encryption.BadSecret."""
    value: str = getattr(row, field)
    merchant_id = row.merchant_id or required_merchant_id()
    return decrypt(value, merchant_id=merchant_id, field=f"{row._meta.db_table}.{field}") if value else ""


def public_id_field() -> "models.CharField[str, str]":
    """The id strangers may see: 128 random bits."""
    return models.CharField(max_length=22, default=random_id, editable=False)


class ChainLink(models.Model):
    """One line of an audit log. Written once: no role may change it, and each line's hash covers the line before.

    Whose names and addresses it is about stand nowhere in it: numbers, public ids and fingerprints outlive an erasure.
    """

    id = models.BigAutoField(primary_key=True)
    position = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(_("who"), max_length=10, choices=ActorKind.choices)
    actor_id = models.CharField(_("number of who"), max_length=64, blank=True)
    on_behalf_of = models.CharField(_("on behalf of"), max_length=64, blank=True)
    deed = models.CharField(_("what"), max_length=40, choices=Deed.choices)
    object_kind = models.CharField(_("kind of thing"), max_length=60, blank=True)
    object_id = models.CharField(_("thing"), max_length=100, blank=True)
    result = models.CharField(_("result"), max_length=10, choices=Result.choices, default=Result.DONE)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    network = models.CharField(_("network"), max_length=50, blank=True)
    agent = models.CharField(_("browser"), max_length=64, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        abstract = True


class ChainEnd(models.Model):
    """Where a chain ends or ended: so many lines, and the hash of the last."""

    id = models.BigAutoField(primary_key=True)
    position = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True


class AuditEntry(ChainLink, MerchantModel):
    """A line of one merchant's audit log."""

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "position"], name="merchants_auditentry_position")]
        verbose_name, verbose_name_plural = _("audit entry"), _("audit log")

    def __str__(self) -> str:
        return f"{self.position} {self.deed}"


class AuditHead(ChainEnd, MerchantModel):
    """The end of a merchant's chain. Whoever writes the next line holds this row."""

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant"], name="merchants_audithead_one")]

    def __str__(self) -> str:
        return f"Head {self.position}"


class AuditAnchor(ChainEnd, MerchantModel):
    """The end of a merchant's chain as it was on one day; never changed, and told to the outside."""

    at = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "position"], name="merchants_auditanchor_position")]

    def __str__(self) -> str:
        return f"Anchor {self.position}"


class PlatformEntry(ChainLink):
    """A line of the installation's own log: who signed in, what platform staff did. For platform staff alone."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["position"], name="merchants_platformentry_position")]
        verbose_name, verbose_name_plural = _("platform audit entry"), _("platform audit log")

    def __str__(self) -> str:
        return f"{self.position} {self.deed}"


class PlatformHead(ChainEnd):
    """The end of the installation's chain: one row, its number is 1."""

    def __str__(self) -> str:
        return f"Head {self.position}"


class PlatformAnchor(ChainEnd):
    """The end of the installation's chain as it was on one day."""

    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["position"], name="merchants_platformanchor_position")]

    def __str__(self) -> str:
        return f"Anchor {self.position}"
