"""Reads of the returns desk: what waits for a person, by state and promised day; page by page, counted, and found by number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Case, DateField, F, Prefetch, Q, QuerySet, When
from django.db.models.functions import Coalesce, Least

from merchants.scope import required_merchant_id
from orders.models import Order
from returns.models import Claim, MoneyBack, Return, ReturnLine, Withdrawal
from returns.types import ClaimState, MoneyState, ReturnState, WithdrawalState
from tracking.models import Shipment

R = ReturnState
PAGE = 50
COUNTED = 5000  # counts stop here, so that a bad day does not slow the page down
FAR = date(9999, 12, 31)  # of what has no day: last
Item = Return | MoneyBack | Claim | Withdrawal

TO_DECIDE = Q(state=R.REQUESTED) | Q(state=R.APPROVED, label_state="failed")
RETURN_TABS: dict[str, Q] = {
    "decide": TO_DECIDE,
    "questions": Q(state=R.INFO_NEEDED),
    "expected": Q(state__in=[R.APPROVED, R.LABELLED, R.IN_TRANSIT]),
    "unpack": Q(state=R.ARRIVED),
    "check": Q(state=R.RECEIVED),
}
OPEN_MONEY = [MoneyState.DUE, MoneyState.ASKED, MoneyState.FAILED]
OPEN_CLAIMS = [ClaimState.OPEN, ClaimState.INFO_NEEDED, ClaimState.APPROVED, ClaimState.REPAIRING]
OPEN_WITHDRAWALS = [WithdrawalState.DECLARED, WithdrawalState.MATCHED]
TABS = (*RETURN_TABS, "money", "overdue", "claims", "withdrawals", "all")


class BadPlace(ValueError):
    """Not a place in a list we gave out."""


@dataclass(frozen=True, slots=True)
class DeskPage:
    """Some rows of a tab, each with the day it is due, and the place behind them."""

    rows: Sequence[tuple[Item, date | None]]
    next: str = ""


def desk_page(*, tab: str, place: str = "", limit: int = PAGE, today: date) -> DeskPage:
    """A page of a tab, what is due first first; of all returns the newest first. Raises BadPlace; no such tab is a KeyError."""
    if tab == "all":
        return _newest(place, limit)
    if tab == "overdue":
        return _overdue(place, limit, today)
    return _by_due(_of_tab(tab), place, limit)


def _of_tab(tab: str) -> "QuerySet[Any]":
    if tab == "money":
        return moneys().filter(state__in=OPEN_MONEY).annotate(due=F("due_by"))
    if tab == "claims":
        return claims().filter(state__in=OPEN_CLAIMS).annotate(due=DUE_OF_CLAIM)
    if tab == "withdrawals":
        return withdrawals().filter(state__in=OPEN_WITHDRAWALS).annotate(due=Coalesce("refund_by", FAR))
    return returns().filter(RETURN_TABS[tab]).annotate(due=DUE_OF_RETURN)


DUE_OF_RETURN = Coalesce(
    Case(
        When(state=R.REQUESTED, then=F("answer_by")),
        When(state__in=[R.APPROVED, R.LABELLED], then=F("hand_over_by")),
        When(state=R.IN_TRANSIT, then=F("arrive_by")),
        When(state__in=[R.ARRIVED, R.RECEIVED], then=Least("inspect_by", "refund_by")),
        When(state=R.INSPECTED, then=F("refund_by")),
        output_field=DateField(),
    ),
    FAR,
)
DUE_OF_CLAIM = Coalesce(
    Case(
        When(state=ClaimState.OPEN, then=F("answer_by")),
        When(state__in=[ClaimState.APPROVED, ClaimState.REPAIRING], then=F("settle_by")),
        output_field=DateField(),
    ),
    FAR,
)


def returns() -> "QuerySet[Return]":
    """Returns with what a line of a list shows."""
    lines = Prefetch("lines", queryset=ReturnLine.objects.select_related("order_line").order_by("pk"))
    return Return.objects.select_related("order__customer").prefetch_related(lines)


def moneys() -> "QuerySet[MoneyBack]":
    return MoneyBack.objects.select_related("order__customer", "case", "claim")


def claims() -> "QuerySet[Claim]":
    return Claim.objects.select_related("order__customer").prefetch_related("lines__order_line")


def withdrawals() -> "QuerySet[Withdrawal]":
    return Withdrawal.objects.select_related("order__customer", "case").defer("receipt")


def _by_due(rows: "QuerySet[Any]", place: str, limit: int) -> DeskPage:
    if place:
        day, id = _read_day(place)
        rows = rows.filter(due__gte=day).filter(Q(due__gt=day) | Q(pk__gt=id))
    found = list(rows.order_by("due", "pk")[: limit + 1])
    last = f"{found[limit - 1].due}_{found[limit - 1].pk}" if len(found) > limit else ""
    return DeskPage([(row, None if row.due == FAR else row.due) for row in found[:limit]], last)


def _newest(place: str, limit: int) -> DeskPage:
    rows: QuerySet[Any] = returns().annotate(due=DUE_OF_RETURN)
    if place:
        at, id = _read_moment(place)
        rows = rows.filter(requested_at__lte=at).filter(Q(requested_at__lt=at) | Q(pk__lt=id))
    found = list(rows.order_by("-requested_at", "-pk")[: limit + 1])
    last = f"{found[limit - 1].requested_at.isoformat()}_{found[limit - 1].pk}" if len(found) > limit else ""
    return DeskPage([(row, None if row.due == FAR else row.due) for row in found[:limit]], last)


# What we promised and did not do yet. What only the shopper can do, such as handing a parcel over, is not late by us.
OVERDUE = """
    select kind, id, due from (
        select 'return' as kind, id, case state when 'requested' then answer_by when 'in_transit' then arrive_by
            else least(inspect_by, refund_by) end as due
        from returns_return where merchant_id = %(merchant)s and state in ('requested', 'in_transit', 'arrived', 'received')
        union all select 'money', id, due_by
        from returns_moneyback where merchant_id = %(merchant)s and state in ('due', 'asked', 'failed') and due_by < %(today)s
        union all select 'return', id, (
            select min(one.arrive_by) from returns_exchange as one join returns_returnline as line on line.id = one.line_id
            where line.case_id = held.id and one.merchant_id = held.merchant_id and one.state in ('asked', 'ordered', 'shipped'))
        from returns_return as held where merchant_id = %(merchant)s and state = 'inspected'
        union all select 'claim', id, case state when 'open' then answer_by else least(settle_by, (
            select min(one.arrive_by) from returns_exchange as one
            where one.claim_id = held.id and one.merchant_id = held.merchant_id and one.state in ('asked', 'ordered', 'shipped'))) end
        from returns_claim as held where merchant_id = %(merchant)s and state in ('open', 'approved', 'repairing')
        union all select 'withdrawal', id, refund_by
        from returns_withdrawal where merchant_id = %(merchant)s and state in ('declared', 'matched')
    ) as late where due < %(today)s"""
KINDS: dict[str, Any] = {"return": returns, "money": moneys, "claim": claims, "withdrawal": withdrawals}


def _overdue(place: str, limit: int, today: date) -> DeskPage:
    values: dict[str, Any] = {"merchant": required_merchant_id(), "today": today, "limit": limit + 1}
    behind = ""
    if place:
        values["day"], values["kind"], values["id"] = _read_kind(place)
        behind = " and (due, kind, id) > (%(day)s, %(kind)s, %(id)s)"
    with connection.cursor() as cursor:
        cursor.execute(f"{OVERDUE}{behind} order by due, kind, id limit %(limit)s", values)
        found: list[tuple[str, int, date]] = cursor.fetchall()
    last = "_".join((str(found[limit - 1][2]), found[limit - 1][0], str(found[limit - 1][1]))) if len(found) > limit else ""
    shown = found[:limit]
    rows = {(kind, row.pk): row for kind, read in KINDS.items() for row in _with_ids(read(), [id for k, id, _due in shown if k == kind])}
    return DeskPage([(rows[kind, id], due) for kind, id, due in shown], last)


def _with_ids(rows: "QuerySet[Any]", ids: Sequence[int]) -> "QuerySet[Any]":
    return rows.filter(pk__in=ids)


def _read_day(place: str) -> tuple[date, int]:
    head, _, id = place.rpartition("_")
    try:
        return date.fromisoformat(head), _whole(id)
    except ValueError:
        raise BadPlace(place) from None


def _read_kind(place: str) -> tuple[date, str, int]:
    head, _, kind = place.rpartition("_")[0].rpartition("_")
    try:
        return date.fromisoformat(head), kind, _whole(place.rpartition("_")[2])
    except ValueError:
        raise BadPlace(place) from None


def _read_moment(place: str) -> tuple[datetime, int]:
    head, _, id = place.rpartition("_")
    try:
        at, number = datetime.fromisoformat(head), _whole(id)
    except ValueError:
        raise BadPlace(place) from None
    if at.tzinfo is None:
        raise BadPlace(place)
    return at, number


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValueError(text)
    return int(text)


COUNTS = """
    select 'decide', count(*) from (select 1 from returns_return where merchant_id = %(merchant)s
        and (state = 'requested' or (state = 'approved' and label_state = 'failed')) limit %(limit)s) as x
    union all select 'questions', count(*) from (select 1 from returns_return where merchant_id = %(merchant)s
        and state = 'info_needed' limit %(limit)s) as x
    union all select 'expected', count(*) from (select 1 from returns_return where merchant_id = %(merchant)s
        and state in ('approved', 'labelled', 'in_transit') limit %(limit)s) as x
    union all select 'unpack', count(*) from (select 1 from returns_return where merchant_id = %(merchant)s
        and state = 'arrived' limit %(limit)s) as x
    union all select 'check', count(*) from (select 1 from returns_return where merchant_id = %(merchant)s
        and state = 'received' limit %(limit)s) as x
    union all select 'money', count(*) from (select 1 from returns_moneyback where merchant_id = %(merchant)s
        and state in ('due', 'asked', 'failed') limit %(limit)s) as x
    union all select 'claims', count(*) from (select 1 from returns_claim where merchant_id = %(merchant)s
        and state in ('open', 'info_needed', 'approved', 'repairing') limit %(limit)s) as x
    union all select 'withdrawals', count(*) from (select 1 from returns_withdrawal where merchant_id = %(merchant)s
        and state in ('declared', 'matched') limit %(limit)s) as x
    union all select 'overdue', count(*) from ({overdue} limit %(limit)s) as x"""


def tab_counts(*, today: date) -> dict[str, int]:
    """How much is in each tab but the last; one statement, counts stop at five thousand."""
    values: dict[str, Any] = {"merchant": required_merchant_id(), "today": today, "limit": COUNTED}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(overdue=OVERDUE), values)
        return dict(cursor.fetchall())


COUNT_OVERDUE = "select count(*) from ({overdue} limit %(limit)s) as x"


def overdue_count(*, today: date) -> int:
    """How many promised days have passed with nothing done; one statement, stops at five thousand."""
    values: dict[str, Any] = {"merchant": required_merchant_id(), "today": today, "limit": COUNTED}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_OVERDUE.format(overdue=OVERDUE), values)
        (count,) = cursor.fetchone() or (0,)
    return int(count)


def find_cases(*, text: str) -> list[Item]:
    """Everything under a number: RMA, claim, order or tracking number, whole. Look-ups by index only, the newest twenty of each."""
    orders = list(Order.objects.filter(number=text).values_list("pk", flat=True)[:20])
    found: list[Item] = []
    found += returns().filter(Q(pk__in=_returns_called(text)) | Q(order_id__in=orders)).order_by("-requested_at", "-pk")[:20]
    found += claims().filter(Q(number=text.upper()) | Q(order_id__in=orders)).order_by("-opened_at", "-pk")[:20]
    found += withdrawals().filter(order_id__in=orders).order_by("-declared_at", "-pk")[:20]
    return found


def scanned(*, text: str) -> list[Return]:
    """Returns under a scanned RMA or tracking number, the newest twenty."""
    return list(Return.objects.filter(pk__in=_returns_called(text)).order_by("-requested_at", "-pk")[:20])


def _returns_called(text: str) -> list[int]:
    parcels = list(Shipment.any_way.filter(tracking_number=text).values_list("pk", flat=True)[:20])
    rows = Return.objects.filter(Q(rma=text.upper()) | Q(shipment_id__in=parcels))
    return list(rows.values_list("pk", flat=True)[:20])
