"""How an operation reaches an order, and how refusals of this room's services are told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.http import Http404
from rest_framework import serializers

from core.api import Conflict, invalid
from core.fields import StrictSerializer
from core.money import round_amount
from orders.api.incoming import SOURCE
from orders.models import Order
from orders.selectors import AmbiguousNumber, OrderNotFound, find_order, order_by_number
from orders.services import CannotCancel, OrderRefused

BUYER = ("email", "phone", "first_name", "last_name", "language")


class SourceQuery(StrictSerializer):
    """Which order is meant, where the number alone does not tell."""

    source = serializers.CharField(  # type: ignore[assignment]  # the metaclass takes it off the class
        required=False, default="", max_length=60, help_text="Needed when two shops use the number."
    )
    external_id = serializers.CharField(required=False, default="", max_length=100, help_text="Needed when one shop uses the number twice.")


def order_called(number: str, filters: dict[str, str]) -> Order:
    """The order with this number. 404 when there is none here, 409 naming the choices when there are several."""
    try:
        if filters["external_id"]:
            return _by_id(number, filters["source"] or SOURCE, filters["external_id"])
        return order_by_number(number=number, source=filters["source"])
    except OrderNotFound:
        raise Http404 from None
    except AmbiguousNumber:
        raise _ambiguous(number, filters["source"]) from None


def _by_id(number: str, source: str, external_id: str) -> Order:
    order = find_order(source=source, external_id=external_id)
    if order.number != number:
        raise OrderNotFound(f"order {external_id[:100]!r} has another number")
    return order


def _ambiguous(number: str, source: str) -> Conflict:
    rows = Order.objects.filter(number=number, **({"source": source} if source else {}))
    sources = list(rows.order_by("source").values_list("source", flat=True).distinct()[:20])
    if len(sources) > 1:
        return Conflict("Several shops use this number: name the source.", source=sources)
    ids = list(rows.order_by("external_id").values_list("external_id", flat=True)[:20])
    return Conflict("The shop uses this number twice: name the source and the external_id.", source=sources, external_id=ids)


@contextmanager
def told_as_problems() -> Iterator[None]:
    """What the services refuse, as 400 naming the field, 404 or 409."""
    try:
        yield
    except OrderRefused as error:
        field = re.sub(r"\[([^\]]*)\]", r".\1", error.field)
        raise invalid(f"customer.{field}" if field in BUYER else field, f"{error.message[:1].upper()}{error.message[1:]}.") from None
    except OrderNotFound:
        raise Http404 from None
    except CannotCancel as error:
        raise Conflict(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def check_lines(order: Order, quantities: dict[str, int]) -> None:
    """Refuses (400) lines the order does not have, and more pieces of a line than were bought."""
    if not quantities:
        return
    bought = dict(order.lines.values_list("external_id", "quantity"))
    for position, (external_id, quantity) in enumerate(quantities.items()):
        if external_id not in bought:
            raise invalid(f"lines.{position}.external_id", "The order has no such line.")
        if quantity > bought[external_id]:
            raise invalid(f"lines.{position}.quantity", f"Only {bought[external_id]} were ordered.")


def check_amount(order: Order, refund_id: str, amount: Decimal) -> None:
    """Refuses (400) a new refund of more than is left of what was paid."""
    left = (order.paid_total or order.total) - order.refunded_total
    if amount > left and not order.refunds.filter(external_id=refund_id).exists():
        raise invalid("amount", f"Only {round_amount(left, order.currency)} {order.currency} of this order can be refunded.")
