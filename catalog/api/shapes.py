"""What is answered about a product."""

from dataclasses import asdict
from decimal import Decimal

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import Product
from catalog.selectors import choices_of, specs_of
from core.fields import Moment
from core.money import round_amount


class PictureShape(serializers.Serializer[object]):
    """One picture."""

    url = serializers.CharField()
    alt = serializers.CharField()
    variant = serializers.CharField()


class StepShape(serializers.Serializer[object]):
    """One step of the guide."""

    title = serializers.CharField()
    text = serializers.CharField()
    image_url = serializers.CharField()
    alt = serializers.CharField()


class ManualShape(serializers.Serializer[object]):
    """A document."""

    title = serializers.CharField()
    url = serializers.CharField()
    language = serializers.CharField()
    size = serializers.IntegerField()


class VariantShape(serializers.Serializer[object]):
    """One choice of several."""

    external_id = serializers.CharField()
    title = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    sku = serializers.CharField()
    price = serializers.CharField(allow_null=True)
    stock = serializers.IntegerField(allow_null=True)


class ColumnShape(serializers.Serializer[object]):
    """One column of a size table."""

    name = serializers.CharField()
    unit = serializers.CharField()


class SizeTableShape(serializers.Serializer[object]):
    """A size table."""

    name = serializers.CharField()
    columns = ColumnShape(many=True)
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    note = serializers.CharField()


class ProductShape(serializers.ModelSerializer[Product]):
    """A product."""

    price = serializers.SerializerMethodField(help_text="What one costs now; null when it was not told.")
    spare_parts = serializers.ListField(child=serializers.CharField(), help_text="Ids of its spare parts.")
    related = serializers.ListField(child=serializers.CharField(), help_text="Ids of products that go with it, best first.")
    specs = serializers.SerializerMethodField()
    image_url = serializers.CharField()
    page_url = serializers.CharField()
    pictures = PictureShape(many=True)
    steps = StepShape(many=True)
    manuals = ManualShape(many=True)
    care_symbols = serializers.ListField(child=serializers.CharField())
    video_url = serializers.CharField()
    size_table = SizeTableShape(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(), help_text="In small letters.")
    variants = serializers.SerializerMethodField()
    kept = serializers.ListField(child=serializers.CharField(), help_text="Parts written in the admin: your news leaves them alone.")
    updated_at = Moment()

    class Meta:
        model = Product
        fields = [
            "external_id",
            "title",
            "variant_title",
            "sku",
            "description",
            "image_url",
            "page_url",
            "price",
            "currency",
            "stock",
            "category",
            "tags",
            "variants",
            "related",
            "specs",
            "guide",
            "steps",
            "pictures",
            "manuals",
            "care",
            "care_symbols",
            "video_url",
            "video_title",
            "warranty_months",
            "warranty_text",
            "size_table",
            "spare_parts",
            "kept",
            "updated_at",
        ]

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_specs(self, row: Product) -> dict[str, str]:
        return dict(specs_of(row))

    @extend_schema_field(VariantShape(many=True))
    def get_variants(self, row: Product) -> list[dict[str, object]]:
        return [asdict(one) | {"price": shown(one.price, row.currency)} for one in choices_of(row)]

    @extend_schema_field({"type": ["string", "null"], "examples": ["49.00"]})
    def get_price(self, row: Product) -> str | None:
        return shown(row.price, row.currency)


def shown(price: Decimal | None, currency: str) -> str | None:
    """With as many decimals as its currency has."""
    return None if price is None else f"{round_amount(price, currency):f}"
