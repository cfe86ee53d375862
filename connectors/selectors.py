"""What others may ask about a connection, and what a command is about."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote

from connectors.models import Command, Connection
from connectors.registry import CONNECTORS
from connectors.types import Access, CommandKind, Item, Parcel, Wanted
from merchants.models import unseal
from merchants.selectors import platform_url
from orders.models import OrderLine
from orders.registry import Cart
from returns.models import Exchange, MoneyBack, Return
from returns.selectors.units import units_to_restock
from returns.types import ExchangeState, MoneyState, Way

SUBJECTS = {
    CommandKind.REFUND: MoneyBack,
    CommandKind.CREDIT: MoneyBack,
    CommandKind.EXCHANGE: Exchange,
    CommandKind.LABEL: Return,
    CommandKind.RESTOCK: Return,
}


def hook_address(*, connection: Connection, secret: str = "") -> str:
    """Where its vendor calls. With the secret, whole: some vendors know no other place for it than the address."""
    address = f"{platform_url()}/hooks/{connection.public_id}/"
    connector = CONNECTORS.get(connection.connector)
    if connector is None or not connector.secret_parameter:
        return address
    return f"{address}?{connector.secret_parameter}={quote(secret, safe='') or '…'}"


def cart_of_shop(source: str) -> Cart | None:
    """The cart of the shop behind a connection; one query."""
    row: Connection | None = Connection.objects.filter(slug=source).first()
    connector = CONNECTORS.get(row.connector) if row is not None else None
    return partial(connector.cart, row.account) if row is not None and connector is not None else None


def is_wanted(kind: str, subject: MoneyBack | Exchange | Return) -> bool:
    """Whether the case still waits for the shop: not once it was done, failed or called off."""
    if isinstance(subject, MoneyBack):
        return subject.state == MoneyState.ASKED
    if isinstance(subject, Exchange):
        return subject.state == ExchangeState.ASKED and not subject.error
    if kind == CommandKind.RESTOCK:
        return bool(units_to_restock(case=subject))
    return subject.label_state == "asked"


def subject_of(row: Command) -> MoneyBack | Exchange | Return | None:
    """What a command is about, with its order; None once it is gone."""
    model = SUBJECTS[CommandKind(row.kind)]
    found: MoneyBack | Exchange | Return | None = model.objects.select_related("order").filter(pk=row.subject).first()
    return found


def wanted_of(row: Command, subject: MoneyBack | Exchange | Return) -> Wanted:
    """What the shop is asked for."""
    order = subject.order
    common: dict[str, Any] = {
        "kind": CommandKind(row.kind), "key": row.key, "order_external_id": order.external_id, "order_number": order.number,
        "source": order.source, "number": _number(subject), "currency": subject.currency, "round": row.round,
        "since": (row.created_at - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S"),
    }  # fmt: skip
    if isinstance(subject, MoneyBack):
        return Wanted(**common, amount=subject.amount, items=_items(subject))
    if isinstance(subject, Return):
        return Wanted(**common, items=_shelved(subject))
    product, variant = subject.product, subject.variant
    return Wanted(
        **common, amount=max(subject.difference, Decimal(0)), title=f"{subject.title} {subject.variant_title}".strip(), sku=subject.sku,
        product_external_id=product.external_id if product else "", variant_external_id=variant.external_id if variant else "",
        quantity=subject.quantity, **_receiver(subject),
    )  # fmt: skip


def _receiver(row: Exchange) -> dict[str, Any]:
    """Of a gift: who gets what goes out instead. Its giver is not told."""
    case = row.line.case if row.line is not None else None
    if case is None or not case.is_gift:
        return {}
    told = case.recipient
    return {"is_gift": True, "recipient_name": str(told.get("name") or ""), "recipient_email": str(told.get("email") or "")}


def _shelved(case: Return) -> tuple[Item, ...]:
    """What goes on the shelf again without money."""
    units = units_to_restock(case=case)
    rows = OrderLine.objects.filter(order=case.order_id, pk__in=list(units)).order_by("position", "pk")
    return tuple(Item(line.external_id, units[line.pk], units[line.pk]) for line in rows)


def _items(money: MoneyBack) -> tuple[Item, ...]:
    """The lines as the shop calls them; the database's ids stand as text in JSON."""
    rows = OrderLine.objects.filter(order=money.order_id, pk__in=[int(id) for id in money.lines]).order_by("position", "pk")
    return tuple(Item(line.external_id, money.lines[str(line.pk)], money.restock.get(str(line.pk), 0)) for line in rows)


def _number(subject: MoneyBack | Exchange | Return) -> str:
    """The return's or claim's own number."""
    if isinstance(subject, Return):
        return subject.rma
    if isinstance(subject, MoneyBack):
        whose = subject.case or subject.claim
    else:
        whose = subject.line.case if subject.line is not None else subject.claim
    return whose.rma if isinstance(whose, Return) else whose.number if whose is not None else ""


def parcel_of(case: Return) -> Parcel:
    """From whom to where: the address the order went to."""
    shopper = {name: str(value) for name, value in (case.order.shipping_address or {}).items() if value}
    place = {name: str(value) for name, value in (case.place.get("address") or {}).items() if value}
    place.setdefault("company", str(case.place.get("name") or ""))
    return Parcel(case.public_id, case.rma, shopper, place, wants_code=case.way == Way.CODE)


def access_of(row: Connection, *, at: datetime) -> Access:
    """How it is called. Raises BadSecret."""
    return Access(row.account, at, unseal(row, "api_key"), unseal(row, "secret"), row.options)
