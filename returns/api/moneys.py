"""REST operations on money on its way back: what your shop is to send, and whether it did. This API moves none."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import invalid
from core.money import round_amount
from merchants.api import MerchantAPIView, PageQuery
from merchants.schema import operation, page_of
from merchants.types import Scope
from returns.api import examples
from returns.api.access import money_rows, told_as_problems
from returns.api.incoming import FailedInput, SentInput, check_currency
from returns.api.outgoing import MoneyShape
from returns.models import MoneyBack
from returns.services import money_failed, money_sent
from returns.types import MoneyState, MoneyWay

TAG = "Money"


class MoneysQuery(PageQuery):
    """Filters of the list; all given ones must fit."""

    state = serializers.ChoiceField(choices=MoneyState.choices, required=False)
    way = serializers.ChoiceField(choices=MoneyWay.choices, required=False)


def money_called(public_id: str) -> MoneyBack:
    row: MoneyBack | None = MoneyBack.objects.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def shown(money: MoneyBack) -> dict[str, Any]:
    """The row, read anew."""
    return dict(MoneyShape(money_rows().get(pk=money.pk)).data)


class MoneysView(MerchantAPIView):
    """All money on its way back."""

    scopes = {"GET": Scope.RETURNS_READ}
    query = {"GET": MoneysQuery}

    @operation(
        id="moneys_list",
        summary="List money on its way back, newest first",
        description="With `state=due` or `asked` what your shop still has to send; each shopper was told a day, `due_by`.",
        tag=TAG,
        query=MoneysQuery,
        answers={200: page_of(MoneyShape)},
        answer={"results": [examples.SHOWN_MONEY], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        wanted = {name: self.filters[name] for name in ("state", "way") if name in self.filters}
        return self.page(money_rows().filter(**wanted), MoneyShape, name="moneys")


class SentView(MerchantAPIView):
    """Your shop sent it."""

    scopes = {"POST": Scope.RETURNS_WRITE}

    @operation(
        id="moneys_sent",
        summary="Say that the money was sent",
        description="The shopper is told, with the day it is at the bank. A refund the shop also tells another way is matched by its"
        " `external_id` and counted once. Sent before, it stays as it is.",
        tag=TAG,
        request=SentInput,
        answers={200: MoneyShape},
        examples=(("sent", examples.SENT),),
        answer={**examples.SHOWN_MONEY, "state": "sent", "external_id": "refund-77", "sent_at": "2026-12-01T09:00:00Z"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        money = money_called(public_id)
        data = self.parse(SentInput, currency=money.currency)
        check_currency(data, money.currency)
        if data["amount"] is not None and data["amount"] != money.amount:
            raise invalid("amount", f"It was {round_amount(money.amount, money.currency)} {money.currency} that was asked for.")
        with told_as_problems():
            money_sent(money=money, external_id=data["external_id"], at=self.at)
        return Response(shown(money))


class FailedView(MerchantAPIView):
    """Your shop could not."""

    scopes = {"POST": Scope.RETURNS_WRITE}

    @operation(
        id="moneys_failed",
        summary="Say that the money could not be sent, and why",
        description="Staff see it and may try again, or pay by hand. The shopper is not told.",
        tag=TAG,
        request=FailedInput,
        answers={200: MoneyShape},
        examples=(("error", {"error": "The card was closed"}),),
        answer={**examples.SHOWN_MONEY, "state": "failed", "error": "The card was closed"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(FailedInput)
        money = money_called(public_id)
        with told_as_problems():
            money_failed(money=money, error=data["error"], at=self.at)
        return Response(shown(money))
