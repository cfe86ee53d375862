"""REST operations on items shoppers asked to have in the same parcel."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Conflict, invalid
from core.fields import Identifier, Moment, Money, StrictSerializer, Text
from merchants.api import MerchantAPIView, PageQuery
from merchants.schema import operation, page_of
from merchants.types import Scope
from orders.api import examples
from orders.models import Addition
from orders.selectors import AdditionNotFound, addition_by_id
from orders.services import AdditionDecided, AdditionsClosed, OrderRefused, confirm_addition, refuse_addition
from orders.types import AdditionState

TAG = "Additions"


class AdditionShape(serializers.ModelSerializer[Addition]):
    """An item a shopper wants in the parcel of an order, at no extra postage."""

    id = serializers.CharField(source="public_id")
    order_number = serializers.CharField(source="order.number")
    order_source = serializers.CharField(source="order.source")
    order_external_id = serializers.CharField(source="order.external_id")
    unit_price = Money()
    requested_at = Moment()
    decided_at = Moment(allow_null=True)

    class Meta:
        model = Addition
        fields = [
            "id",
            "state",
            "order_number",
            "order_source",
            "order_external_id",
            "product_external_id",
            "title",
            "quantity",
            "unit_price",
            "currency",
            "reason",
            "requested_at",
            "decided_at",
        ]


class AdditionsQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(choices=AdditionState.choices, required=False)


class ConfirmInput(StrictSerializer):
    """The item, its price and its order are known; what is not is how the shop calls the line."""

    line_external_id = Identifier(
        required=False, default="", allow_blank=True, max_length=100, help_text="Your own id of the new line, when you have one."
    )


class RefuseInput(StrictSerializer):
    """Why it is not possible."""

    reason = Text(max_length=200, help_text="The shopper reads it.")


def shown(addition: Addition) -> dict[str, Any]:
    return dict(AdditionShape(addition).data)


@contextmanager
def told_as_problems() -> Iterator[None]:
    """What the services refuse, as 400 naming the field, 404 or 409."""
    try:
        yield
    except OrderRefused as error:
        raise invalid(error.field, f"{error.message[:1].upper()}{error.message[1:]}.") from None
    except AdditionNotFound:
        raise Http404 from None
    except (AdditionDecided, AdditionsClosed) as error:
        raise Conflict(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


class AdditionsView(MerchantAPIView):
    """All additions."""

    scopes = {"GET": Scope.ORDERS_READ}
    query = {"GET": AdditionsQuery}

    @operation(
        id="additions_list",
        summary="List items shoppers asked for, newest first",
        description="With `state=requested` those that wait for the shop. Each is to be confirmed or refused before the order is sent.",
        tag=TAG,
        query=AdditionsQuery,
        answers={200: page_of(AdditionShape)},
        answer={"results": [examples.ADDITION], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        rows = Addition.objects.select_related("order")
        wanted = {"state": self.filters["state"]} if "state" in self.filters else {}
        return self.page(rows.filter(**wanted), AdditionShape, name="additions", by="requested_at")


class ConfirmView(MerchantAPIView):
    """The item goes into the order."""

    scopes = {"POST": Scope.ORDERS_WRITE}

    @operation(
        id="additions_confirm",
        summary="Take the item into the order",
        description="Adds a line without postage and raises the total; what it costs is due until you send the order with its payment."
        " Confirmed before, it stays as it is. 409 when the order is cancelled or something of it was sent, and for what was refused.",
        tag=TAG,
        request=ConfirmInput,
        answers={200: AdditionShape},
        examples=(("without an id", {}), ("with yours", {"line_external_id": "3"})),
        answer={**examples.ADDITION, "state": "confirmed", "decided_at": "2026-11-20T10:20:00Z"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        line_id = self.parse(ConfirmInput)["line_external_id"]
        with told_as_problems():
            return Response(shown(confirm_addition(addition=addition_by_id(public_id=public_id), line_id=line_id, at=self.at)))


class RefuseView(MerchantAPIView):
    """The item does not go into the order."""

    scopes = {"POST": Scope.ORDERS_WRITE}

    @operation(
        id="additions_refuse",
        summary="Say that it is not possible, and why",
        description="Refused before, it stays as it is, with the first reason. 409 for what was confirmed.",
        tag=TAG,
        request=RefuseInput,
        answers={200: AdditionShape},
        examples=(("reason", {"reason": "The last one was damaged"}),),
        answer={
            **examples.ADDITION,
            "state": "refused",
            "reason": "The last one was damaged",
            "decided_at": "2026-11-20T10:20:00Z",
        },
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(RefuseInput)
        with told_as_problems():
            return Response(shown(refuse_addition(addition=addition_by_id(public_id=public_id), reason=data["reason"], at=self.at)))
