"""REST operations on orders."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.fields import Email, Identifier, Moment
from core.text import normalise_email
from merchants.api import MerchantAPIView, PageQuery
from merchants.schema import operation, page_of
from merchants.selectors import current_merchant
from merchants.types import Scope
from orders.api import examples
from orders.api.access import SourceQuery, check_amount, check_lines, order_called, told_as_problems
from orders.api.incoming import CancelInput, OrderInput, RefundInput, order_of, refund_of
from orders.api.outgoing import LISTED, OrderDetail, OrderShape, RefundShape
from orders.models import Order, Refund
from orders.selectors import for_list, order_of_event
from orders.services import cancel_order, record_order, record_refund
from orders.types import Fulfilment, OrderState, PaymentState

TAG = "Orders"
EXACT = ("state", "payment_state", "fulfilment", "number", "source")
RANGES = {
    "placed_from": "placed_at__gte",
    "placed_to": "placed_at__lt",
    "updated_from": "source_updated_at__gte",
    "updated_to": "source_updated_at__lt",
}


class OrdersQuery(PageQuery):
    """Filters of the list; all given ones must fit."""

    state = serializers.ChoiceField(choices=OrderState.choices, required=False)
    payment_state = serializers.ChoiceField(choices=PaymentState.choices, required=False)
    fulfilment = serializers.ChoiceField(choices=Fulfilment.choices, required=False)
    email = Email(required=False, help_text="Of the customer, the whole address.")
    number = Identifier(required=False, max_length=60)
    source = Identifier(required=False, max_length=60)  # type: ignore[assignment]  # the metaclass takes it off the class
    placed_from = Moment(required=False)
    placed_to = Moment(required=False, help_text="Before this moment.")
    updated_from = Moment(required=False)
    updated_to = Moment(required=False, help_text="Before this moment.")


def matching(rows: "QuerySet[Order]", filters: dict[str, Any]) -> "QuerySet[Order]":
    """The orders that fit every filter."""
    wanted = {name: filters[name] for name in EXACT if name in filters}
    wanted |= {lookup: filters[name] for name, lookup in RANGES.items() if name in filters}
    if "email" in filters:
        wanted["customer__email_normalised"] = normalise_email(filters["email"])
    return rows.filter(**wanted)


def shown(order: Order) -> dict[str, Any]:
    """The whole order, read anew with its parts."""
    return dict(OrderDetail(order_of_event(order_id=order.pk)).data)


class OrdersView(MerchantAPIView):
    """All orders."""

    scopes = {"GET": Scope.ORDERS_READ, "POST": Scope.ORDERS_WRITE}
    query = {"GET": OrdersQuery}

    @operation(
        id="orders_list",
        summary="List orders, newest first",
        tag=TAG,
        query=OrdersQuery,
        answers={200: page_of(OrderShape)},
        answer={"results": [examples.SHOWN_SMALL], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        rows = matching(for_list(Order.objects.all(), *LISTED), self.filters)
        return self.page(rows, OrderShape, name="orders", by="placed_at")

    @operation(
        id="orders_save",
        summary="Make an order, or bring one up to date",
        description="The shop's own number tells which. 201 for a new order, 200 for one we hold already. Send the whole order each time.",
        tag=TAG,
        request=OrderInput,
        answers={200: OrderDetail, 201: OrderDetail},
        examples=(("the least", examples.SMALL), ("everything", examples.WHOLE)),
        answer=examples.SHOWN,
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(OrderInput, country=current_merchant().country)
        with told_as_problems():
            recorded = record_order(incoming=order_of(data, at=self.at), at=self.at)
        return Response(shown(recorded.order), 201 if recorded.is_new else 200)


class OrderView(MerchantAPIView):
    """One order."""

    scopes = {"GET": Scope.ORDERS_READ}
    query = {"GET": SourceQuery}

    @operation(
        id="orders_get",
        summary="Read an order",
        tag=TAG,
        query=SourceQuery,
        answers={200: OrderDetail},
        answer=examples.SHOWN,
        errors=(404, 409),
    )
    def get(self, request: Request, number: str) -> Response:
        return Response(shown(order_called(number, self.filters)))


class CancelView(MerchantAPIView):
    """The end of an order."""

    scopes = {"POST": Scope.ORDERS_WRITE}
    query = {"POST": SourceQuery}

    @operation(
        id="orders_cancel",
        summary="Cancel an order",
        description="Refused with 409 when the order cannot be cancelled any more.",
        tag=TAG,
        request=CancelInput,
        query=SourceQuery,
        answers={200: OrderDetail},
        examples=(("reason", {"reason": "The shopper changed their mind"}),),
        answer={**examples.SHOWN, "state": "cancelled", "cancelled_at": "2026-11-20T12:00:00Z"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, number: str) -> Response:
        data = self.parse(CancelInput)
        order = order_called(number, self.filters)
        with told_as_problems():
            cancelled = cancel_order(order=order, reason=data["reason"], at=self.at)
        return Response(shown(cancelled))


class RefundsView(MerchantAPIView):
    """Refunds of an order."""

    scopes = {"POST": Scope.ORDERS_WRITE}
    query = {"POST": SourceQuery}

    @operation(
        id="orders_refund",
        summary="Record a refund the shop made",
        description="201 for a new refund, 200 for one we know already: its own id tells. No money is moved by this call.",
        tag=TAG,
        request=RefundInput,
        query=SourceQuery,
        answers={200: RefundShape, 201: RefundShape},
        examples=(("refund", examples.REFUND),),
        answer=examples.SHOWN_REFUND,
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, number: str) -> Response:
        order = order_called(number, self.filters)
        data = self.parse(RefundInput, currency=order.currency)
        check_lines(order, data["lines"])
        check_amount(order, data["external_id"], data["amount"])
        with told_as_problems():
            made = record_refund(order=order, refund=refund_of(data, at=self.at), at=self.at)
        refund = made or Refund.objects.select_related("order").get(order=order, external_id=data["external_id"])
        return Response(RefundShape(refund).data, 201 if made else 200)
