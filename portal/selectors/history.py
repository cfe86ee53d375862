"""What happened to an order, and the dates we said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.models import Order, OrderChange
from orders.types import Change, PromiseKind, RequestKind
from portal.formats import money_text
from portal.rules import source_words
from portal.selectors.journey import Parcel


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the history."""

    at: datetime
    words: str
    detail: str = ""


def history_of(order: Order, parcels: Sequence[Parcel]) -> list[tuple[date, list[Happening]]]:
    """By local day, newest first."""
    positions = {parcel.shipment.pk: parcel.position for parcel in parcels}
    rows = sorted(order.changes.all(), key=lambda row: (row.at, row.pk), reverse=True)
    happenings = [Happening(localtime(row.at), change_words(row), _detail(row, order, positions)) for row in rows]
    return [(day, list(group)) for day, group in groupby(happenings, key=lambda one: one.at.date())]


def change_words(row: OrderChange) -> str:
    """What a shopper reads for a change; one we have no words for says what the books call it."""
    words = {
        Change.PLACED: _("We received your order"),
        Change.CONFIRMED: _("We confirmed your order"),
        Change.PAID: _("Your payment arrived"),
        Change.LINES_CHANGED: _("The products were changed"),
        Change.ADDITION_REQUESTED: _("You asked for something more in the parcel"),
        Change.ADDITION_REFUSED: _("Something more in the parcel was not possible"),
        Change.AMOUNTS_CHANGED: _("The amounts were changed"),
        Change.DETAILS_CHANGED: _("Details of the order were changed"),
        Change.ADDRESS_CHANGED: _("The address was changed"),
        Change.CONTACT_CHANGED: _("The contact data were changed"),
        Change.PAYMENT_CHANGED: _("The payment was changed"),
        Change.SHIPPED: _("The carrier has your parcel"),
        Change.DELIVERED: _("Your parcel was delivered"),
        Change.REFUNDED: _("We sent a refund"),
        Change.CANCELLED: _("The order was cancelled"),
    }
    return words.get(Change(row.kind)) or _request_words(row) or str(row.get_kind_display())


def _request_words(row: OrderChange) -> str:
    data: dict[str, Any] = row.data if isinstance(row.data, dict) else {}
    words = {
        (Change.REQUEST_MADE, RequestKind.CANCEL): _("You asked us to cancel the order"),
        (Change.REQUEST_MADE, RequestKind.ADDRESS): _("You asked for another address"),
        (Change.REQUEST_ACCEPTED, RequestKind.ADDRESS): _("We changed the address as you asked"),
        (Change.REQUEST_REFUSED, RequestKind.CANCEL): _("Cancelling was not possible"),
        (Change.REQUEST_REFUSED, RequestKind.ADDRESS): _("Changing the address was not possible"),
        (Change.REQUEST_WITHDRAWN, RequestKind.CANCEL): _("You kept the order after all"),
        (Change.REQUEST_WITHDRAWN, RequestKind.ADDRESS): _("You left the address as it is"),
    }
    return next((text for (kind, asked), text in words.items() if kind == row.kind and asked == data.get("asked")), "")


def _detail(row: OrderChange, order: Order, positions: dict[int, int]) -> str:
    data: dict[str, Any] = row.data if isinstance(row.data, dict) else {}
    if row.kind == Change.REFUNDED:
        return _amount(data.get("amount"), order.currency)
    if row.kind in (Change.ADDITION_REQUESTED, Change.ADDITION_REFUSED):
        return str(data.get("title", ""))
    at = positions.get(data.get("shipment", 0))
    if row.kind in (Change.SHIPPED, Change.DELIVERED) and at and len(positions) > 1:
        return _("Parcel %(position)s") % {"position": at}
    return ""


def _amount(value: object, currency: str) -> str:
    try:
        return money_text(Decimal(str(value)), currency, language=get_language() or "en")
    except InvalidOperation:
        return ""


@dataclass(frozen=True, slots=True)
class Promised:
    """A date we said, the one we said before, who gave it, and whether it held."""

    words: str
    day: date
    was: date | None
    source: str
    verdict: str


def promises_of(order: Order) -> list[Promised]:
    """The newest date of each kind for the whole order; parcels name their own."""
    words = {PromiseKind.DISPATCH_BY: _("We send it by"), PromiseKind.ARRIVE_BY: _("It arrives by")}
    rows = sorted(order.promises.all(), key=lambda row: (row.said_at, row.pk))
    return [
        _promised(text, said)
        for kind, text in words.items()
        if (said := [row for row in rows if row.kind == kind and row.subject == "order"])
    ]


def _promised(words: str, said: Sequence[Any]) -> Promised:
    newest = said[-1]
    earlier = [row.date for row in said[:-1] if row.date != newest.date]
    return Promised(words, newest.date, earlier[-1] if earlier else None, source_words(newest.source), _verdict(newest.is_kept))


def _verdict(is_kept: bool | None) -> str:
    return {True: _("Kept"), False: _("Missed")}.get(is_kept, "") if is_kept is not None else ""
