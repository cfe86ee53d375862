"""Reads of this room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Prefetch, QuerySet, Sum, prefetch_related_objects

from catalog.models import Product
from catalog.rules import Wish, folded
from catalog.selectors import companions
from core.encryption import fingerprint
from core.signing import derive_token, is_derived
from customers.selectors import usable_email, usable_phone
from customers.types import Channel
from merchants.scope import required_merchant_id
from orders.models import Addition, GuestAccess, Order, OrderChange, OrderLine, OrderRequest, Payment, Promise, Refund
from orders.parts import load_parts
from orders.rules import DEFAULT_PACE, Basket, Pace, additions_close_at, requests_close_at, why_closed, why_no_request
from orders.rules.look_up import spellings
from orders.types import AdditionState, PaymentState, RequestState

SECURED = frozenset({PaymentState.PAID, PaymentState.AUTHORIZED, PaymentState.PARTIALLY_REFUNDED})
OFFERED = 4  # items of an offer: what a phone shows without much scrolling
SAME_NUMBER = 20  # shops of one merchant that may use a number
OFFER = "offer-link"
PUBLIC_ID, DIGEST = 22, 32  # characters of an offer's token; 192 bits of the digest


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


OF_CUSTOMER = "select * from orders_order where merchant_id = %s and customer_id = %s order by id for no key update"


def orders_held(*, customer_id: int) -> list[Order]:
    """Every order of a customer; their rows are held until the transaction ends, in the order of their ids, as everywhere."""
    return list(Order.objects.raw(OF_CUSTOMER, [required_merchant_id(), customer_id]))


def newest_address(*, customer_id: int) -> dict[str, Any]:
    """Where the customer's last order went; empty when nothing was ordered."""
    rows = Order.objects.filter(customer=customer_id).order_by("-placed_at", "-pk")
    return dict(rows.values_list("shipping_address", flat=True).first() or {})


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


def order_page(*, public_id: str, customer_id: int | None) -> Order:
    """One of the customer's own orders with all a page shows, in three statements. Raises OrderNotFound for anybody else's."""
    return load_parts(_one(Order.objects.filter(public_id=public_id, customer_id=customer_id).prefetch_related(_lines())))


def guest_of(*, token: str, now: datetime) -> GuestAccess | None:
    """What the cookie's token opens: one order, which comes along; one query, none without a token."""
    if not token:
        return None
    live = GuestAccess.objects.filter(fingerprint=fingerprint(token), ended_at=None, expires_at__gt=now)
    row: GuestAccess | None = live.select_related("order").first()
    return row


def find_by_contact(*, number: str, channel: str, address: str) -> int | None:
    """The newest order of that number placed with that e-mail address or telephone number, both in normal form; one query.

    Several shops of a merchant may use one number. Orders whose data are erased are nobody's. An account's telephone number opens
    nothing: it is the last one given with its e-mail address at a checkout, by anybody.
    """
    rows = Order.objects.filter(number__in=spellings(number), erased_at=None).order_by("-placed_at", "-id")
    known = usable_email if channel == Channel.EMAIL else usable_phone
    names = ("email", "customer__email") if channel == Channel.EMAIL else ("phone",)
    found = rows.values_list("pk", *names)[:SAME_NUMBER]
    return next((pk for pk, *told in found if known(next(filter(None, told), "")) == address), None)


def order_of_event(*, order_id: int) -> Order:
    """An order named by an event, with all a message shows. Raises OrderNotFound."""
    return _one(Order.objects.filter(pk=order_id).prefetch_related(*_page()))


def _one(rows: "QuerySet[Order]") -> Order:
    order: Order | None = rows.first()
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


def with_requests(rows: "QuerySet[Order]") -> "QuerySet[Order]":
    """Adds what was asked of each order, one query for all of them."""
    return rows.prefetch_related(Prefetch("requests", OrderRequest.objects.order_by("-requested_at", "-id")))


def for_list(rows: "QuerySet[Order]", *columns: str) -> "QuerySet[Order]":
    """Orders with these columns only and, as `open_requests`, the wishes nobody has decided on: two queries for all of them."""
    waiting = OrderRequest.objects.filter(state=RequestState.REQUESTED).only("order_id", "kind", "state")
    # Into an attribute: through the relation's own manager Django builds a query per row, which took longer than all else of the list.
    asked: Prefetch[Any] = Prefetch("requests", waiting, to_attr="open_requests")
    return rows.select_related("customer").only(*columns, "customer__public_id").prefetch_related(asked)


def products_of(external_ids: Iterable[str]) -> dict[str, tuple[int, str]]:
    """External id -> row id and picture of the products the merchant's catalogue holds."""
    wanted = {id for id in external_ids if id}
    if not wanted:
        return {}
    rows = Product.objects.filter(external_id__in=wanted).values_list("external_id", "pk", "image_url")
    return {external_id: (pk, image_url) for external_id, pk, image_url in rows}


def similar_items(*, orders: Sequence[Order], limit: int) -> dict[int, list[Product]]:
    """Per order, products in stock that go with it and that its shopper never ordered, and so never sent back either.

    Four queries for any number of orders whose lines are prefetched. An order without a shopper is compared with itself.
    """
    had = _had({order.customer_id for order in orders if order.customer_id is not None})
    wishes = [_wish(order, had.get(order.customer_id or 0, ())) for order in orders]
    return {order.pk: rows for order, rows in zip(orders, companions(wishes=wishes, limit=limit), strict=True)}


def _had(customers: set[int]) -> dict[int, set[tuple[int | None, str, str]]]:
    """Product, SKU and title of everything these shoppers ever ordered."""
    found: dict[int, set[tuple[int | None, str, str]]] = {}
    if customers:
        rows = OrderLine.objects.filter(order__customer__in=customers).values_list("order__customer_id", "product_id", "sku", "title")
        for customer, *line in rows.distinct():
            found.setdefault(customer, set()).add((line[0], line[1], line[2]))
    return found


def _wish(order: Order, had: Iterable[tuple[int | None, str, str]]) -> Wish:
    lines = sorted(order.lines.all(), key=lambda line: (line.position, line.pk))
    every = [*had, *((line.product_id, line.sku, line.title) for line in lines)]
    return Wish(
        currency=order.currency,
        bought=tuple(line.product_id for line in lines if line.product_id is not None),
        had=frozenset(product for product, _, _ in every if product is not None),
        had_skus=frozenset(sku for _, sku, _ in every if sku),
        had_titles=frozenset(folded(title) for _, _, title in every),
    )


def first_paid_orders(*, orders: Sequence[Order]) -> frozenset[int]:
    """Which of these are the first their shopper ever confirmed, with the money secured; one query. Without a shopper: nobody's first."""
    customers = {order.customer_id for order in orders if order.customer_id is not None}
    if not customers:
        return frozenset()
    confirmed = Order.objects.filter(customer__in=customers, confirmed_at__isnull=False)
    firsts = set(confirmed.order_by("customer", "confirmed_at", "pk").distinct("customer").values_list("pk", flat=True))
    return frozenset(order.pk for order in orders if order.pk in firsts and order.payment_state in SECURED)


class AdditionNotFound(LookupError):
    """The current merchant has no such addition."""


def _basket(order: Order) -> Basket:
    return Basket(
        state=order.state,
        payment_state=order.payment_state,
        fulfilment=order.fulfilment,
        counted_from=order.confirmed_at or order.placed_at,
        was_paid=order.paid_at is not None,
        ship_by=order.ship_by,
        is_packed=order.packed_at is not None,
    )


def additions_until(order: Order, *, here: Setting | None = None) -> datetime | None:
    """Until when an item may be added to the order's parcel; None: never. `here` saves a batch the query."""
    here = here or setting()
    return additions_close_at(_basket(order), here.pace, here.zone)


def additions_closed(order: Order, *, now: datetime, here: Setting | None = None) -> str:
    """Why nothing may be added, a word of `rules.why_closed`; empty while it may."""
    here = here or setting()
    return why_closed(_basket(order), here.pace, here.zone, now=now)


def additions_of(order: Order) -> list[Addition]:
    """What was asked for, with its products, in the order of asking; no query for an order nobody asked anything for."""
    rows = Addition.objects.filter(order=order).select_related("product").order_by("requested_at", "id")
    return list(rows) if order.additions_at else []


def addition_by_id(*, public_id: str) -> Addition:
    """With its order. Raises AdditionNotFound."""
    row: Addition | None = Addition.objects.select_related("order").filter(public_id=public_id).first()
    if row is None:
        raise AdditionNotFound(f"no addition {public_id[:40]!r}")
    return row


class RequestNotFound(LookupError):
    """The current merchant has no such request, or it is about another order."""


def request_by_id(*, public_id: str, order: Order | None = None) -> OrderRequest:
    """With its order; of this order, when one is named. Raises RequestNotFound."""
    rows = OrderRequest.objects.select_related("order").filter(public_id=public_id)
    row: OrderRequest | None = rows.filter(**({"order": order} if order is not None else {})).first()
    if row is None:
        raise RequestNotFound(f"no request {public_id[:40]!r}")
    return row


def requests_of(order: Order) -> list[OrderRequest]:
    """What was asked of the order and what became of it, newest first."""
    return list(OrderRequest.objects.filter(order=order).order_by("-requested_at", "-id"))


def open_requests(*, order_ids: Iterable[int]) -> dict[int, list[OrderRequest]]:
    """Per order, what its shopper asked for and the shop has not decided on; one query, orders without any are left out."""
    found: dict[int, list[OrderRequest]] = {}
    for row in OrderRequest.objects.filter(order__in=list(order_ids), state=RequestState.REQUESTED).order_by("requested_at", "id"):
        found.setdefault(row.order_id, []).append(row)
    return found


def requests_until(order: Order, *, here: Setting | None = None) -> datetime | None:
    """Until when the order may be cancelled or sent elsewhere; None: no day of dispatch is known."""
    here = here or setting()
    return requests_close_at(_basket(order), here.pace, here.zone)


def request_closed(order: Order, kind: str, *, now: datetime, here: Setting | None = None) -> str:
    """Why it cannot be asked for any more, a word of `rules.why_no_request`; empty while it can. Reads the order's lines."""
    here = here or setting()
    is_sent = any(line.requires_shipping and line.quantity > line.quantity_removed for line in order.lines.all())
    return why_no_request(kind, _basket(order), here.pace, here.zone, now=now, is_sent_by_post=is_sent)


def offered(*, orders: Sequence[Order], limit: int = OFFERED) -> dict[int, list[Product]]:
    """Per order, what its shopper may add: similar items that are not asked for yet and of which others have left some.

    Seven queries at most, however many orders.
    """
    prefetch_related_objects(list(orders), "lines")
    mine = _asked_of([order.pk for order in orders if order.additions_at is not None])
    most = max((len(products) for products in mine.values()), default=0)
    found = similar_items(orders=orders, limit=limit + most)
    taken = asked_for({product.pk for products in found.values() for product in products})
    return {
        id: [row for row in products if row.external_id not in mine.get(id, ()) and (row.stock or 0) > taken.get(row.pk, 0)][:limit]
        for id, products in found.items()
    }


def _asked_of(order_ids: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    if order_ids:
        for order_id, product in Addition.objects.filter(order__in=order_ids).values_list("order_id", "product_external_id"):
            found.setdefault(order_id, set()).add(product)
    return found


def asked_for(product_ids: Iterable[int]) -> dict[int, int]:
    """Per product, how many were asked for and are not decided on by the shop."""
    wanted = list(product_ids)
    rows = Addition.objects.filter(product__in=wanted, state=AdditionState.REQUESTED).values_list("product_id")
    return dict(rows.annotate(Sum("quantity"))) if wanted else {}


def offer_token(order: Order) -> str:
    """The token of the page on which items are added to this order: its id, and a digest bound to it and the merchant."""
    return order.public_id + _offer_digest(order.public_id)


def order_of_offer(*, token: str) -> Order:
    """The order an offer's link opens. Raises OrderNotFound for another merchant's link and a forged one."""
    public_id, digest = token[:PUBLIC_ID], token[PUBLIC_ID:]
    is_ours = is_derived(digest, OFFER, f"{required_merchant_id()}|{public_id}", length=DIGEST)
    order: Order | None = Order.objects.filter(public_id=public_id).first() if is_ours else None
    if order is None:
        raise OrderNotFound("no such offer")
    return order


def _offer_digest(public_id: str) -> str:
    return derive_token(OFFER, f"{required_merchant_id()}|{public_id}")[:DIGEST]
