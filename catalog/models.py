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
    specs = models.JSONField(default=dict, help_text="name -> value, shown in this order")
    guide = models.TextField(blank=True, max_length=20_000)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta(MerchantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["merchant", "external_id"], name="catalog_product_external")]
        indexes = [models.Index(fields=["merchant", "sku"], name="catalog_product_sku")]

    def __str__(self) -> str:
        return f"{self.title} {self.sku}".strip()
