"""REST operations on returns: list, open, and every step of one."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from merchants.api import MerchantAPIView
from merchants.schema import operation, page_of
from merchants.types import Scope
from returns.api import examples
from returns.api.access import ReturnsQuery, actor_of, called, return_rows, told_as_problems
from returns.api.incoming import ReturnInput, check_currency, order_of, wishes_of
from returns.api.outgoing import ReturnShape
from returns.models import Return
from returns.services import request_return
from returns.types import Way

TAG = "Returns"


def matching(rows: "QuerySet[Return]", filters: dict[str, Any]) -> "QuerySet[Return]":
    """The returns that fit every filter."""
    lookups = {"state": "state", "rma": "rma", "order_number": "order__number"}
    return rows.filter(**{lookup: filters[name] for name, lookup in lookups.items() if name in filters})


def shown(case: Return) -> dict[str, Any]:
    """The whole return, read anew with its parts."""
    return dict(ReturnShape(return_rows().get(pk=case.pk)).data)


class ReturnsView(MerchantAPIView):
    """All returns."""

    scopes = {"GET": Scope.RETURNS_READ, "POST": Scope.RETURNS_WRITE}
    query = {"GET": ReturnsQuery}

    @operation(
        id="returns_list",
        summary="List returns, newest first",
        description="With `state=requested` those that wait for you, with `state=arrived` those to unpack.",
        tag=TAG,
        query=ReturnsQuery,
        answers={200: page_of(ReturnShape)},
        answer={"results": [examples.SHOWN_RETURN], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        return self.page(matching(return_rows(), self.filters), ReturnShape, name="returns", by="requested_at")

    @operation(
        id="returns_open",
        summary="Open a return for a shopper",
        description="The policy decides as it does for a shopper: see `GET /orders/{number}/returnable`. What it allows is approved at"
        " once, unless it wants a person to look. 400 names every line that cannot go back, and why.",
        tag=TAG,
        request=ReturnInput,
        answers={201: ReturnShape},
        examples=(("a shirt", examples.RETURN),),
        answer=examples.SHOWN_RETURN,
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(ReturnInput)
        order = order_of(data)
        check_currency(data, order.currency)
        wishes = wishes_of(order, data)
        with told_as_problems():
            case = request_return(order=order, wishes=wishes, way=Way(data["way"]), at=self.at, by=actor_of(self.key), note=data["note"])
        return Response(shown(case), 201)


class ReturnView(MerchantAPIView):
    """One return."""

    scopes = {"GET": Scope.RETURNS_READ}

    @operation(
        id="returns_get",
        summary="Read a return",
        tag=TAG,
        answers={200: ReturnShape},
        answer=examples.SHOWN_RETURN,
        errors=(404,),
    )
    def get(self, request: Request, public_id: str) -> Response:
        return Response(ReturnShape(called(return_rows(), public_id)).data)
