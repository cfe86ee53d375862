"""How an operation reaches a case, and how refusals of this room's services are told."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.models import Model, Prefetch, QuerySet
from django.http import Http404
from rest_framework import exceptions, serializers

from core.api import Conflict, invalid
from core.fields import StrictSerializer
from merchants.api import PageQuery
from merchants.selectors import Key
from orders.models import OrderLine
from returns.models import Claim, Exchange, MoneyBack, Return, ReturnLine, Withdrawal
from returns.rules.states import CaseClosed
from returns.services.book import ReturnRefused
from returns.types import Actor, Origin, ReturnState
from tracking.services import ShipmentRefused


class ReturnsQuery(PageQuery):
    """Filters of the list; all given ones must fit."""

    state = serializers.ChoiceField(choices=ReturnState.choices, required=False)
    rma = serializers.CharField(required=False, max_length=20)
    order_number = serializers.CharField(required=False, max_length=60)


class LanguageQuery(StrictSerializer):
    """In which language words are told."""

    language = serializers.CharField(required=False, default="", max_length=10, help_text="The shop's own when left out.")


def actor_of(key: Key) -> Actor:
    """A program, by the id of its key."""
    return Actor(Origin.API, name=f"key {key.id}")


@contextmanager
def told_as_problems(lines: Sequence[int | str] = ()) -> Iterator[None]:
    """What the services refuse, as 400 naming each field, or 409. `lines`: what the services call the lines of the body, in its order."""
    try:
        yield
    except ReturnRefused as error:
        fields: dict[str, list[str]] = {}
        for one in error.refusals:
            fields.setdefault(_name(one.field, lines), []).append(str(one.text))
        raise exceptions.ValidationError(fields) from None
    except CaseClosed as error:
        raise Conflict(str(error)) from None
    except ShipmentRefused as error:
        raise invalid(error.field, f"{error.message[:1].upper()}{error.message[1:]}.") from None


def _name(field: str, lines: Sequence[int | str]) -> str:
    """A field as the caller sent it: `wishes[0].line` is `lines.0.line`, and so is a line under the services' own name."""
    first, *rest = re.sub(r"\[([^\]]*)\]", r".\1", field).replace("wishes", "lines", 1).split(".")
    if first in ("", "order"):
        return "order_number"
    places = {str(name): str(place) for place, name in enumerate(lines)}
    return ".".join([first, *(places.get(part, part) for part in rest[:1]), *rest[1:]])


def money_rows() -> "QuerySet[MoneyBack]":
    """Money with what its shape tells."""
    return MoneyBack.objects.select_related("order", "case", "claim").prefetch_related(Prefetch("order__lines", queryset=order_lines()))


def order_lines() -> "QuerySet[OrderLine]":
    return OrderLine.objects.only("merchant_id", "order_id", "external_id")


def return_rows() -> "QuerySet[Return]":
    """Returns with what their shape tells, in a constant number of queries."""
    exchanges = Prefetch("exchanges", queryset=Exchange.objects.order_by("pk"))
    lines = ReturnLine.objects.select_related("order_line", "case").prefetch_related(exchanges).order_by("pk")
    return Return.objects.select_related("order").prefetch_related(
        Prefetch("lines", queryset=lines), Prefetch("moneys", queryset=money_rows().order_by("pk"))
    )


def claim_rows() -> "QuerySet[Claim]":
    """The same for claims."""
    exchanges = Prefetch("exchanges", queryset=Exchange.objects.order_by("pk"))
    moneys = Prefetch("moneys", queryset=money_rows().order_by("pk"))
    return Claim.objects.select_related("order", "shipment", "case").prefetch_related("lines__order_line", moneys, exchanges)


def withdrawal_rows() -> "QuerySet[Withdrawal]":
    return Withdrawal.objects.select_related("order", "case")


def called(rows: "QuerySet[Any]", public_id: str) -> Any:
    """The row with this public id, else 404."""
    row: Model | None = rows.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row
