"""What the merchant sells, as far as pages and messages need it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.types import Relation
from merchants.models import MerchantModel, public_id_field


class SizeTable(MerchantModel):
    """Measures of several products of one cut; they share it by its name."""

    name = models.CharField(max_length=100)
    columns = models.JSONField(default=list, help_text="[{name, unit}]; a unit of cm or in makes the column a measure")
    rows = models.JSONField(default=list, help_text="a list of texts for each row")
    note = models.CharField(max_length=500, blank=True, help_text=_("how to measure, and how it fits"))
    is_kept = models.BooleanField(default=False, help_text="written in the admin: the shop's news leaves it alone")

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "name"], name="catalog_sizetable_name")]

    def __str__(self) -> str:
        return self.name


class Product(MerchantModel):
    """One sellable thing (a variant). Orders keep their own snapshot and survive its deletion."""

    public_id = public_id_field()
    external_id = models.CharField(max_length=100)
    sku = models.CharField(max_length=100, blank=True)
    title = models.CharField(max_length=300)
    variant_title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True, max_length=20_000)
    image_url = models.URLField(blank=True, max_length=1000)
    page_url = models.URLField(blank=True, max_length=1000)
    price = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True, help_text="what one costs now; empty: not told")
    currency = models.CharField(max_length=3, blank=True)
    stock = models.IntegerField(null=True, blank=True, help_text="how many can be sent today; empty: not told, so never offered")
    category = models.CharField(max_length=100, blank=True)
    tags = models.JSONField(default=list, blank=True, help_text="words of the shop, small letters: rules of the return policy go by them")
    specs = models.JSONField(default=list, help_text="[[name, value]], shown in this order; older rows hold an object")
    guide = models.TextField(blank=True, max_length=20_000)
    care = models.TextField(blank=True, max_length=5_000)
    care_symbols = models.JSONField(default=list, blank=True, help_text="codes of `Care`, in the order they are shown")
    video_url = models.URLField(blank=True, max_length=1000)
    video_title = models.CharField(max_length=200, blank=True)
    warranty_months = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("from delivery; empty: none"))
    warranty_text = models.TextField(blank=True, max_length=2_000, help_text=_("what it covers and what to do"))
    size_table = models.ForeignKey(SizeTable, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False)
    kept = models.JSONField(default=list, help_text="parts the merchant wrote in the admin: the shop's news leaves them alone")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "external_id"], name="catalog_product_external")]
        indexes = [
            models.Index(fields=["merchant", "sku"], name="catalog_product_sku"),
            # What can be offered beside something of its category, newest first.
            models.Index(
                fields=["merchant", "category", "currency", "-id"],
                name="catalog_product_offered",
                condition=models.Q(deleted_at=None, price__isnull=False, stock__gt=0) & ~models.Q(category=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.sku}".strip()


class Variant(MerchantModel):
    """One choice of a product that is sold in several: a size, a colour. A product with one choice has none of these."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants", db_constraint=False)
    external_id = models.CharField(max_length=100, help_text="what the shop's cart and orders call it")
    title = models.CharField(max_length=200, help_text="like 40 / Black")
    options = models.JSONField(default=dict, help_text="name of the choice -> value")
    sku = models.CharField(max_length=100, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    stock = models.IntegerField(null=True, blank=True, help_text="how many can be sent today; empty: not told")
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "product", "external_id"], name="catalog_variant_external")]
        indexes = [models.Index(fields=["merchant", "external_id"], name="catalog_variant_by_external")]

    def __str__(self) -> str:
        return self.title


class RelatedProduct(MerchantModel):
    """What goes with what, and what is a part of what, as the merchant or its shop says; the smallest rank first."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    related = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=12, choices=Relation.choices, default=Relation.GOES_WITH)
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "product", "related", "kind"], name="catalog_related_once")]

    def __str__(self) -> str:
        return f"{self.product_id} with {self.related_id}"


class Part(MerchantModel):
    """One entry of a list a product has; the smallest rank first."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    rank = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta(MerchantModel.Meta):
        abstract = True


class ProductPicture(Part):
    """One picture, at an address of the shop or of ours."""

    url = models.URLField(_("address"), max_length=1000)
    alt = models.CharField(_("what it shows"), max_length=300, blank=True, help_text=_("read aloud to those who do not see it"))
    variant = models.CharField(_("variant"), max_length=200, blank=True, help_text=_("like Pink; empty: all"))

    class Meta(Part.Meta):
        indexes = [models.Index(fields=["merchant", "product"], name="catalog_picture_product")]

    def __str__(self) -> str:
        return self.alt or self.url


class GuideStep(Part):
    """One step of how it is used."""

    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), blank=True, max_length=5_000)
    image_url = models.URLField(_("picture"), blank=True, max_length=1000)
    alt = models.CharField(_("what it shows"), max_length=300, blank=True)

    class Meta(Part.Meta):
        indexes = [models.Index(fields=["merchant", "product"], name="catalog_step_product")]

    def __str__(self) -> str:
        return self.title


class ProductManual(Part):
    """A document that came with it, to download."""

    title = models.CharField(_("title"), max_length=200)
    url = models.URLField(_("address"), max_length=1000)
    language = models.CharField(_("language"), max_length=10, blank=True)
    size = models.PositiveIntegerField(_("size in bytes"), default=0)

    class Meta(Part.Meta):
        indexes = [models.Index(fields=["merchant", "product"], name="catalog_manual_product")]

    def __str__(self) -> str:
        return self.title


class WarrantyTerm(MerchantModel):
    """What the warranty was from `since` on: who bought while it was longer keeps it."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    months = models.PositiveSmallIntegerField(help_text="0: none")
    since = models.DateTimeField()

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "product", "since"], name="catalog_warrantyterm_since")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.months} months"
