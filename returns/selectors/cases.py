"""Reads of returns, exchanges, claims and withdrawals."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from returns.models import Claim, ClaimLine, Exchange, MoneyBack, ParcelAnswer, Return, ReturnLine, Withdrawal
from returns.rules.states import OPEN_CLAIM, OPEN_RETURN


class CaseNotFound(LookupError):
    """The current merchant has no such return, claim or withdrawal, or it is about another order."""


def _whole() -> "QuerySet[Return]":
    """Returns with all a page shows, four queries more for any number of them."""
    lines = Prefetch("lines", ReturnLine.objects.select_related("order_line__product").order_by("pk"))
    exchanges = Prefetch("lines__exchanges", Exchange.objects.select_related("new_order").order_by("pk"))
    moneys = Prefetch("moneys", MoneyBack.objects.order_by("stage", "pk"))
    rows: QuerySet[Return] = Return.objects.select_related("order", "shipment").prefetch_related(lines, exchanges, moneys)
    return rows


def _whole_claims() -> "QuerySet[Claim]":
    lines = Prefetch("lines", ClaimLine.objects.select_related("order_line__product").order_by("pk"))
    exchanges = Prefetch("exchanges", Exchange.objects.select_related("new_order").order_by("pk"))
    moneys = Prefetch("moneys", MoneyBack.objects.order_by("stage", "pk"))
    rows: QuerySet[Claim] = Claim.objects.select_related("order", "shipment", "case").prefetch_related(lines, exchanges, moneys)
    return rows


def _one(rows: "QuerySet[Any]") -> Any:
    row = rows.first()
    if row is None:
        raise CaseNotFound("no such case")
    return row


def _of(order_id: int | None) -> dict[str, int]:
    return {} if order_id is None else {"order_id": order_id}


def return_by_public_id(public_id: str, order_id: int | None = None) -> Return:
    """With lines, exchanges and moneys; of this order, when one is named; four queries. Raises CaseNotFound."""
    row: Return = _one(_whole().filter(public_id=public_id, **_of(order_id)))
    return row


def return_by_id(id: int) -> Return:
    """The same by its row's id, as events name it. Raises CaseNotFound."""
    row: Return = _one(_whole().filter(pk=id))
    return row


def claim_by_public_id(public_id: str, order_id: int | None = None) -> Claim:
    """With lines, exchanges and moneys; of this order, when one is named; four queries. Raises CaseNotFound."""
    row: Claim = _one(_whole_claims().filter(public_id=public_id, **_of(order_id)))
    return row


def claim_by_id(id: int) -> Claim:
    """The same by its row's id, as events name it. Raises CaseNotFound."""
    row: Claim = _one(_whole_claims().filter(pk=id))
    return row


def withdrawal_by_public_id(public_id: str) -> Withdrawal:
    """Raises CaseNotFound."""
    row: Withdrawal = _one(Withdrawal.objects.select_related("order", "case").filter(public_id=public_id))
    return row


def returns_of_orders(order_ids: Iterable[int]) -> dict[int, list[Return]]:
    """Per order, its returns, newest first; four queries. Orders without any are left out."""
    found: dict[int, list[Return]] = {}
    for row in _whole().filter(order__in=list(order_ids)).order_by("-requested_at", "-pk"):
        found.setdefault(row.order_id, []).append(row)
    return found


def claims_of_orders(order_ids: Iterable[int]) -> dict[int, list[Claim]]:
    """Per order, its claims, newest first; four queries. Orders without any are left out."""
    found: dict[int, list[Claim]] = {}
    for row in _whole_claims().filter(order__in=list(order_ids)).order_by("-opened_at", "-pk"):
        found.setdefault(row.order_id, []).append(row)
    return found


def withdrawals_of_orders(order_ids: Iterable[int]) -> dict[int, list[Withdrawal]]:
    """Per order, the statements made about it, newest first; one query."""
    found: dict[int, list[Withdrawal]] = {}
    for row in Withdrawal.objects.filter(order__in=list(order_ids)).order_by("-declared_at", "-pk"):
        found.setdefault(row.order_id or 0, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class OpenThings:
    """What of a shopper's is not settled, newest first."""

    returns: list[Return]
    claims: list[Claim]

    def __bool__(self) -> bool:
        return bool(self.returns or self.claims)


def open_things(customer_id: int) -> OpenThings:
    """Returns and claims of all of a shopper's orders that are still under way; eight queries. Gifts are their receiver's business."""
    returns = _whole().filter(order__customer=customer_id, state__in=OPEN_RETURN, is_gift=False)
    claims = _whole_claims().filter(order__customer=customer_id, state__in=OPEN_CLAIM)
    return OpenThings(list(returns.order_by("-requested_at", "-pk")), list(claims.order_by("-opened_at", "-pk")))


def answers_of(shipment_ids: Iterable[int]) -> dict[int, ParcelAnswer]:
    """Per parcel, what the shopper said of it; one query, parcels nobody spoke of are left out."""
    return {row.shipment_id: row for row in ParcelAnswer.objects.filter(shipment__in=list(shipment_ids))}
