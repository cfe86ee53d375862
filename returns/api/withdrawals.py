"""REST operations on statements of withdrawal."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import Conflict, invalid
from merchants.api import MerchantAPIView, PageQuery
from merchants.schema import operation, page_of
from merchants.selectors import current_merchant
from merchants.types import Scope
from orders.models import Order
from orders.selectors import AmbiguousNumber, OrderNotFound, order_by_number
from returns.api import examples
from returns.api.access import called, told_as_problems, withdrawal_rows
from returns.api.incoming import WithdrawalInput
from returns.api.outgoing import WithdrawalShape
from returns.services import declare_withdrawal
from returns.types import WithdrawalState

TAG = "Withdrawals"


class WithdrawalsQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(choices=WithdrawalState.choices, required=False)


class WithdrawalsView(MerchantAPIView):
    """All statements."""

    scopes = {"GET": Scope.RETURNS_READ, "POST": Scope.RETURNS_WRITE}
    query = {"GET": WithdrawalsQuery}

    @operation(
        id="withdrawals_list",
        summary="List statements of withdrawal, newest first",
        tag=TAG,
        query=WithdrawalsQuery,
        answers={200: page_of(WithdrawalShape)},
        answer={"results": [examples.SHOWN_WITHDRAWAL], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        wanted = {"state": self.filters["state"]} if "state" in self.filters else {}
        return self.page(withdrawal_rows().filter(**wanted), WithdrawalShape, name="withdrawals", by="declared_at")

    @operation(
        id="withdrawals_declare",
        summary="Pass on a statement that reached you another way",
        description="By letter, telephone or your own page. It counts from `declared_at`; the shopper gets the receipt at once. A number"
        " nobody knows is no reason to refuse it: staff look for the order.",
        tag=TAG,
        request=WithdrawalInput,
        answers={201: WithdrawalShape},
        examples=(("statement", examples.WITHDRAWAL),),
        answer=examples.SHOWN_WITHDRAWAL,
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(WithdrawalInput)
        declared_at = data.pop("declared_at") or self.at
        if declared_at > self.at:
            raise invalid("declared_at", "Must not be in the future.")
        data["language"] = data["language"] or current_merchant().language
        with told_as_problems():
            row = declare_withdrawal(order=_order(data["order_number"]), lines={}, at=declared_at, **data)
        return Response(self._shown(row.pk), 201)

    @staticmethod
    def _shown(id: int) -> dict[str, Any]:
        return dict(WithdrawalShape(withdrawal_rows().get(pk=id)).data)


def _order(number: str) -> Order | None:
    """The order with this number; None when there is none. Refuses (409) a number several shops use."""
    try:
        return order_by_number(number=number)
    except OrderNotFound:
        return None
    except AmbiguousNumber:
        raise Conflict("Several orders have this number: match it in the staff pages.") from None


class WithdrawalView(MerchantAPIView):
    """One statement."""

    scopes = {"GET": Scope.RETURNS_READ}

    @operation(
        id="withdrawals_get",
        summary="Read a statement of withdrawal",
        tag=TAG,
        answers={200: WithdrawalShape},
        answer=examples.SHOWN_WITHDRAWAL,
        errors=(404,),
    )
    def get(self, request: Request, public_id: str) -> Response:
        return Response(WithdrawalShape(called(withdrawal_rows(), public_id)).data)
