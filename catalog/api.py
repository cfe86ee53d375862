"""REST operations on products."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from catalog.selectors import ProductNotFound, product_by_external_id, products
from catalog.services import ProductRefused, delete_product, upsert_product
from core.api import invalid
from core.fields import Identifier, LongText, Moment, Pairs, StrictSerializer, Text, WebAddress
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
    specs = Pairs(required=False, default=dict, help_text="Name -> value, shown in this order.")
    guide = LongText(required=False, default="", allow_blank=True, max_length=LONG, help_text="How to use and care for it.")
    updated_at = Moment(required=False, help_text="Older than what we hold changes nothing. Now when left out.")


class ProductsQuery(PageQuery):
    """Filters of the list."""

    sku = Text(required=False, default="", max_length=100)


class ProductShape(serializers.ModelSerializer[Product]):
    """A product."""

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
            "specs",
            "guide",
            "updated_at",
        ]


EXAMPLE: dict[str, Any] = {
    "external_id": "P-11",
    "title": "Linen shirt",
    "variant_title": "M",
    "sku": "SHIRT-M",
    "description": "A light shirt of washed linen.",
    "image_url": "https://shop.example/shirt.jpg",
    "page_url": "https://shop.example/linen-shirt",
    "specs": {"Material": "100 % linen", "Origin": "Portugal"},
    "guide": "Wash at 30 °C. Iron while damp.",
    "updated_at": "2026-11-20T09:00:00Z",
}


def existing(external_id: str) -> Product:
    """The product on sale under this id, or 404."""
    try:
        product = product_by_external_id(external_id=external_id)
    except ProductNotFound:
        raise Http404 from None
    if product.deleted_at is not None:
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
        return self.page(products().filter(sku=sku) if sku else products(), ProductShape, name="products")

    @operation(
        id="products_save",
        summary="Make a product, or bring one up to date",
        description="The shop's own id tells which. 201 for a new one, 200 for one we hold. A deleted product comes back.",
        tag=TAG,
        request=ProductInput,
        answers={200: ProductShape, 201: ProductShape},
        examples=(("product", EXAMPLE),),
        answer=EXAMPLE,
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(ProductInput)
        is_known = products().filter(external_id=data["external_id"]).exists()
        try:
            product = upsert_product(**data, at=self.at)
        except ProductRefused as error:
            raise invalid(error.field, f"{error.message.capitalize()}.") from None
        return Response(ProductShape(product).data, 200 if is_known else 201)


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
