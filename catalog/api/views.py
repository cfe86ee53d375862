"""REST operations on products."""

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.examples import ANSWER, BELT, EXAMPLE
from catalog.api.inputs import ProductInput, ProductsQuery
from catalog.api.shapes import ProductShape
from catalog.models import Product
from catalog.selectors import products, with_parts
from catalog.services import FIELDS, ProductRefused, delete_product, relate_products, upsert_product
from core.api import invalid
from merchants.api import MerchantAPIView
from merchants.schema import operation, page_of
from merchants.types import Scope

TAG = "Products"


def existing(external_id: str) -> Product:
    """The product on sale under this id, with what goes with it, or 404."""
    product: Product | None = with_parts(products().filter(external_id=external_id)).first()
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
        answer={"results": [ANSWER], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        sku = self.filters["sku"]
        rows = with_parts(products())
        return self.page(rows.filter(sku=sku) if sku else rows, ProductShape, name="products")

    @operation(
        id="products_save",
        summary="Make a product, or bring one up to date",
        description=(
            "The shop's own id tells which. 201 for a new one, 200 for one we hold. A deleted product comes back. Products that name each"
            " other as `related` or `spare_parts` are sent twice: first without it."
        ),
        tag=TAG,
        request=ProductInput,
        answers={200: ProductShape, 201: ProductShape},
        examples=(("product", EXAMPLE), ("what goes with it", BELT)),
        answer=ANSWER,
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(ProductInput)
        relations = {kind: data.pop(name) for kind, name in FIELDS.items() if name in data}
        is_known = products().filter(external_id=data["external_id"]).exists()
        try:
            product = upsert_product(**data, at=self.at)
            for kind, named in relations.items():
                relate_products(external_id=product.external_id, related=named, kind=kind)
        except ProductRefused as error:
            raise invalid(error.field, f"{error.message[:1].upper()}{error.message[1:]}.") from None
        return Response(ProductShape(existing(product.external_id)).data, 200 if is_known else 201)


class ProductView(MerchantAPIView):
    """One product."""

    scopes = {"GET": Scope.CATALOG_READ, "DELETE": Scope.CATALOG_WRITE}

    @operation(id="products_get", summary="Read a product", tag=TAG, answers={200: ProductShape}, answer=ANSWER, errors=(404,))
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
