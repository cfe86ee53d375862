"""REST operations on products."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from catalog.selectors import products, with_related
from catalog.services import MAX_RELATED, MAX_STOCK, ProductRefused, delete_product, relate_products, upsert_product
from core.api import invalid
from core.fields import Amount, CurrencyCode, Identifier, LongText, Moment, Pairs, StrictSerializer, Text, WebAddress, Whole
from core.money import round_amount
from merchants.api import MerchantAPIView, PageQuery
from merchants.schema import operation, page_of
from merchants.types import Scope

TAG = "Products"
LONG = 20_000


class ProductInput(StrictSerializer):
    """One sellable thing: a variant where there are variants."""

    external_id = Identifier(max_length=100, help_text="The shop's own id.")
    title = Text(max_length=300)
    variant_title = Text(required=False, default="", allow_blank=True, max_length=200)
    sku = Text(required=False, default="", allow_blank=True, max_length=100)
    description = LongText(required=False, default="", allow_blank=True, max_length=LONG)
    image_url = WebAddress(required=False, default="", allow_blank=True)
    page_url = WebAddress(required=False, default="", allow_blank=True)
    price = Amount(required=False, help_text="What one costs now. Without it the product is never offered in a message.")
    currency = CurrencyCode(required=False, default="", max_length=3, help_text="Needed with a price.")
    stock = Whole(
        required=False, min_value=0, max_value=MAX_STOCK, help_text="How many can be sent today. Left out or 0: never offered in a message."
    )
    category = Text(required=False, default="", allow_blank=True, max_length=100, help_text="Things of one category go together.")
    related = serializers.ListField(
        child=Identifier(max_length=100),
        required=False,
        max_length=MAX_RELATED,
        help_text="Ids of products we hold that go with this one, best first; a new list takes the place of the old. Left out: unchanged.",
    )
    specs = Pairs(required=False, default=dict, help_text="Name -> value, shown in this order.")
    guide = LongText(required=False, default="", allow_blank=True, max_length=LONG, help_text="How to use and care for it.")
    updated_at = Moment(required=False, help_text="Older than what we hold changes nothing. Now when left out.")

    def to_internal_value(self, data: Any) -> Any:
        """The price is read in the product's currency."""
        if isinstance(data, Mapping):
            context: Any = self.context
            context |= {"currency": data.get("currency")}
        return super().to_internal_value(data)


class ProductsQuery(PageQuery):
    """Filters of the list."""

    sku = Text(required=False, default="", max_length=100)


class ProductShape(serializers.ModelSerializer[Product]):
    """A product."""

    price = serializers.SerializerMethodField(help_text="What one costs now; null when it was not told.")
    related = serializers.ListField(child=serializers.CharField(), help_text="Ids of products that go with it, best first.")
    specs = serializers.DictField(child=serializers.CharField())
    image_url = serializers.CharField()
    page_url = serializers.CharField()
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
            "related",
            "specs",
            "guide",
            "updated_at",
        ]

    @extend_schema_field({"type": ["string", "null"], "examples": ["49.00"]})
    def get_price(self, row: Product) -> str | None:
        return None if row.price is None else f"{round_amount(row.price, row.currency):f}"


EXAMPLE: dict[str, Any] = {
    "external_id": "P-11",
    "title": "Linen shirt",
    "variant_title": "M",
    "sku": "SHIRT-M",
    "description": "A light shirt of washed linen.",
    "image_url": "https://shop.example/shirt.jpg",
    "page_url": "https://shop.example/linen-shirt",
    "price": "49.00",
    "currency": "EUR",
    "stock": 12,
    "category": "Shirts",
    "related": [],
    "specs": {"Material": "100 % linen", "Origin": "Portugal"},
    "guide": "Wash at 30 °C. Iron while damp.",
    "updated_at": "2026-11-20T09:00:00Z",
}
BELT: dict[str, Any] = {
    **{"external_id": "P-12", "title": "Leather belt", "image_url": "https://shop.example/belt.jpg"},
    **{"page_url": "https://shop.example/leather-belt", "price": "29.90", "currency": "EUR", "stock": 3, "category": "Belts"},
    "related": ["P-11"],
}


def existing(external_id: str) -> Product:
    """The product on sale under this id, with what goes with it, or 404."""
    product: Product | None = with_related(products().filter(external_id=external_id)).first()
    if product is None:
        raise Http404
    return product


class ProductsView(MerchantAPIView):
    """All products."""

    scopes = {"GET": Scope.CATALOG_READ, "POST": Scope.CATALOG_WRITE}
    query = {"GET": ProductsQuery}

    @operation(
        id="products_list",
        summary="List products, newest first",
        tag=TAG,
        query=ProductsQuery,
        answers={200: page_of(ProductShape)},
        answer={"results": [EXAMPLE], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        sku = self.filters["sku"]
        rows = with_related(products())
        return self.page(rows.filter(sku=sku) if sku else rows, ProductShape, name="products")

    @operation(
        id="products_save",
        summary="Make a product, or bring one up to date",
        description=(
            "The shop's own id tells which. 201 for a new one, 200 for one we hold. A deleted product comes back. Products that name each"
            " other as `related` are sent twice: first without it."
        ),
        tag=TAG,
        request=ProductInput,
        answers={200: ProductShape, 201: ProductShape},
        examples=(("product", EXAMPLE), ("what goes with it", BELT)),
        answer=EXAMPLE,
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(ProductInput)
        related = data.pop("related", None)
        is_known = products().filter(external_id=data["external_id"]).exists()
        try:
            product = upsert_product(**data, at=self.at)
            if related is not None:
                relate_products(external_id=product.external_id, related=related)
        except ProductRefused as error:
            raise invalid(error.field, f"{error.message[:1].upper()}{error.message[1:]}.") from None
        return Response(ProductShape(existing(product.external_id)).data, 200 if is_known else 201)


class ProductView(MerchantAPIView):
    """One product."""

    scopes = {"GET": Scope.CATALOG_READ, "DELETE": Scope.CATALOG_WRITE}

    @operation(id="products_get", summary="Read a product", tag=TAG, answers={200: ProductShape}, answer=EXAMPLE, errors=(404,))
    def get(self, request: Request, external_id: str) -> Response:
        return Response(ProductShape(existing(external_id)).data)

    @operation(
        id="products_delete",
        summary="Take a product off sale",
        description="Orders keep their own copy of what was sold.",
        tag=TAG,
        answers={204: None},
        errors=(404,),
    )
    def delete(self, request: Request, external_id: str) -> Response:
        delete_product(external_id=existing(external_id).external_id, at=self.at)
        return Response(status=204)
