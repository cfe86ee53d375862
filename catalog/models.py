"""What the merchant sells, as far as pages and messages need it."""

from django.db import models

from merchants.models import MerchantModel, public_id_field


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
    specs = models.JSONField(default=dict, help_text="name -> value, shown in this order")
    guide = models.TextField(blank=True, max_length=20_000)
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


class RelatedProduct(MerchantModel):
    """What goes with what, as the merchant or its shop says; the smallest rank first."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    related = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "product", "related"], name="catalog_related_once")]

    def __str__(self) -> str:
        return f"{self.product_id} with {self.related_id}"
