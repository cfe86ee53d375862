"""REST operations on what shoppers ask of orders that are not packed yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Conflict
from core.fields import Day, Moment, StrictSerializer, Text
from merchants.api import MerchantAPIView, PageQuery
from merchants.schema import operation, page_of
from merchants.types import Scope
from orders.api import examples
from orders.api.incoming import text
from orders.api.outgoing import AddressShape
from orders.models import OrderRequest
from orders.selectors import RequestNotFound, request_by_id
from orders.services import CannotCancel, RequestsClosed, RequestSettled, accept_request, refuse_request
from orders.types import RequestKind, RequestState

TAG = "Requests"


class RequestShape(serializers.ModelSerializer[OrderRequest]):
    """What a shopper wants of an order: that it is cancelled, or sent to another address."""

    id = serializers.CharField(source="public_id")
    order_number = serializers.CharField(source="order.number")
    order_source = serializers.CharField(source="order.source")
    order_external_id = serializers.CharField(source="order.external_id")
    cause = serializers.CharField(help_text="Why, when the shopper said: `mistake`, `too_late`, `cheaper`, `not_needed`, `other`.")
    note = serializers.CharField(help_text="The shopper's own words.")
    address = serializers.SerializerMethodField(help_text="The address asked for; null for a cancellation.")
    requested_at = Moment()
    answer_by = Day(help_text="The day we told the shopper to have an answer by.")
    decided_at = Moment(allow_null=True)

    class Meta:
        model = OrderRequest
        fields = [
            "id",
            "kind",
            "state",
            "order_number",
            "order_source",
            "order_external_id",
            "cause",
            "note",
            "address",
            "reason",
            "requested_at",
            "answer_by",
            "decided_at",
        ]

    @extend_schema_field(AddressShape(allow_null=True))
    def get_address(self, row: OrderRequest) -> dict[str, Any] | None:
        return dict(AddressShape(row.address).data) if row.kind == RequestKind.ADDRESS else None


class RequestsQuery(PageQuery):
    """Filters of the list; all given ones must fit."""

    state = serializers.ChoiceField(choices=RequestState.choices, required=False)
    kind = serializers.ChoiceField(choices=RequestKind.choices, required=False)


class AcceptInput(StrictSerializer):
    """What is to be done is known."""

    reason = text(200, "Of a cancellation, when there is something to say: the shopper can read it.")


class RefuseRequestInput(StrictSerializer):
    """Why it is not possible."""

    reason = Text(max_length=200, help_text="The shopper reads it.")


def shown(row: OrderRequest) -> dict[str, Any]:
    return dict(RequestShape(row).data)


@contextmanager
def told_as_problems() -> Iterator[None]:
    """What the services refuse, as 404 or 409."""
    try:
        yield
    except RequestNotFound:
        raise Http404 from None
    except (CannotCancel, RequestsClosed, RequestSettled) as error:
        raise Conflict(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


class RequestsView(MerchantAPIView):
    """All requests."""

    scopes = {"GET": Scope.ORDERS_READ}
    query = {"GET": RequestsQuery}

    @operation(
        id="requests_list",
        summary="List what shoppers ask of their orders, newest first",
        description="With `state=requested` those that wait for the shop. Each shopper was told a day, `answer_by`."
        " Cancelling the order, or sending it with the address asked for, decides as well; so does a parcel that leaves.",
        tag=TAG,
        query=RequestsQuery,
        answers={200: page_of(RequestShape)},
        answer={"results": [examples.REQUEST], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        rows = OrderRequest.objects.select_related("order")
        wanted = {name: self.filters[name] for name in ("state", "kind") if name in self.filters}
        return self.page(rows.filter(**wanted), RequestShape, name="requests", by="requested_at")


class AcceptRequestView(MerchantAPIView):
    """It is done."""

    scopes = {"POST": Scope.ORDERS_WRITE}

    @operation(
        id="requests_accept",
        summary="Do what the shopper asks",
        description="Cancels the order, or sets its address and promises the arrival anew; money is sent back by your shop, not by this"
        " call. Accepted before, it stays as it is. 409 once something of the order was sent, and for what the shopper took back.",
        tag=TAG,
        request=AcceptInput,
        answers={200: RequestShape},
        examples=(("accept", {}),),
        answer={**examples.REQUEST, "state": "accepted", "decided_at": "2026-11-20T10:20:00Z"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        reason = self.parse(AcceptInput)["reason"]
        with told_as_problems():
            return Response(shown(accept_request(request=request_by_id(public_id=public_id), reason=reason, at=self.at)))


class RefuseRequestView(MerchantAPIView):
    """It is not done."""

    scopes = {"POST": Scope.ORDERS_WRITE}

    @operation(
        id="requests_refuse",
        summary="Say that it is not possible, and why",
        description="Refused before, it stays as it is, with the first reason. 409 for what was accepted or taken back.",
        tag=TAG,
        request=RefuseRequestInput,
        answers={200: RequestShape},
        examples=(("reason", {"reason": "Your parcel is packed already"}),),
        answer={
            **examples.REQUEST,
            "state": "refused",
            "reason": "Your parcel is packed already",
            "decided_at": "2026-11-20T10:20:00Z",
        },
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(RefuseRequestInput)
        with told_as_problems():
            return Response(shown(refuse_request(request=request_by_id(public_id=public_id), reason=data["reason"], at=self.at)))
