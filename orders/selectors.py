"""Reads of this room."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Prefetch, QuerySet

from catalog.models import Product
from merchants.scope import required_merchant_id
from orders.models import Order, OrderChange, OrderLine, Payment, Promise, Refund
from orders.rules import DEFAULT_PACE, Pace


class OrderNotFound(LookupError):
    """The current merchant has no such order, or it is somebody else's."""


class AmbiguousNumber(LookupError):
    """Several shops of the merchant use this order number: name the source."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What dates are computed from: the merchant's country, zone and pace."""

    country: str
    zone: ZoneInfo
    pace: Pace


# The questions each incoming order asks are written in SQL: building them in the ORM took longer than all their answers.
def _ask(sql: str, *values: Any) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [required_merchant_id(), *values])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


PACE = tuple(field.name for field in fields(Pace))
SETTING = f"""
    select merchant.country, merchant.timezone, {", ".join(f"policy.{name}" for name in PACE)}
    from merchants_merchant as merchant left join orders_fulfilmentpolicy as policy on policy.merchant_id = merchant.id
    where merchant.id = %s"""  # noqa: S608 - column names of our own dataclass


def setting() -> Setting:
    """The current merchant's setting, in one query."""
    country, timezone, *pace = _ask(SETTING) or ("", "UTC", None)
    return Setting(country, ZoneInfo(timezone), DEFAULT_PACE if pace[0] is None else Pace(*pace))


def confirmed_before(*, customer_id: int, than: int | None) -> bool:
    """Whether the customer has a confirmed order besides this one."""
    sql = "select 1 from orders_order where merchant_id = %s and customer_id = %s and confirmed_at is not null and id <> %s limit 1"
    return _ask(sql, customer_id, than or 0) is not None


HELD = "select * from orders_order where merchant_id = %s and source = %s and external_id = %s for no key update"


def held_order(*, source: str, external_id: str) -> Order | None:
    """The order as a shop knows it, if it is here; its row is held until the transaction ends."""
    return next(iter(Order.objects.raw(HELD, [required_merchant_id(), source, external_id])), None)


def find_order(*, source: str, external_id: str, is_locked: bool = False) -> Order:
    """The order as a shop knows it; `is_locked` holds its row until the transaction ends. Raises OrderNotFound."""
    order: Order | None
    if is_locked:
        order = held_order(source=source, external_id=external_id)
    else:
        order = Order.objects.filter(source=source, external_id=external_id).first()
    if order is None:
        raise OrderNotFound(f"{source} has no order {external_id[:100]!r}")
    return order


def order_by_number(*, number: str, source: str = "") -> Order:
    """The order with the number the shop shows people. Raises OrderNotFound, AmbiguousNumber."""
    rows = Order.objects.filter(number=number, **({"source": source} if source else {}))[:2]
    if len(rows) > 1:
        raise AmbiguousNumber(f"several orders are called {number[:60]!r}")
    if not rows:
        raise OrderNotFound(f"no order {number[:60]!r}")
    order: Order = rows[0]
    return order


def order_page(*, public_id: str, customer_id: int) -> Order:
    """One of the customer's own orders with all a page shows. Raises OrderNotFound for anybody else's."""
    return _one(Order.objects.filter(public_id=public_id, customer_id=customer_id))


def order_of_event(*, order_id: int) -> Order:
    """An order named by an event, with all a message shows. Raises OrderNotFound."""
    return _one(Order.objects.filter(pk=order_id))


def _one(rows: "QuerySet[Order]") -> Order:
    order = rows.prefetch_related(*_page()).first()
    if order is None:
        raise OrderNotFound("no such order")
    return order


def _lines() -> "Prefetch[Any]":
    return Prefetch("lines", OrderLine.objects.order_by("position", "id"))


def _page() -> "tuple[Prefetch[Any], ...]":
    return (
        _lines(),
        Prefetch("payments", Payment.objects.order_by("id")),
        Prefetch("refunds", Refund.objects.order_by("refunded_at", "id")),
        Prefetch("changes", OrderChange.objects.order_by("at", "id")),
        Prefetch("promises", Promise.objects.order_by("said_at", "id")),
    )


def products_of(external_ids: Iterable[str]) -> dict[str, tuple[int, str]]:
    """External id -> row id and picture of the products the merchant's catalogue holds."""
    wanted = {id for id in external_ids if id}
    if not wanted:
        return {}
    rows = Product.objects.filter(external_id__in=wanted).values_list("external_id", "pk", "image_url")
    return {external_id: (pk, image_url) for external_id, pk, image_url in rows}
