"""How many units of an order's lines can still go back, and how much of its money."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import F, Q, Sum

from core.money import round_amount
from orders.models import Order, OrderLine, Refund
from orders.types import PaymentState
from returns.models import ClaimLine, MoneyBack, Return, ReturnLine
from returns.rules.states import CHECKED, GONE
from returns.types import ClaimState, MoneyState, Outcome

MONEY_CAME = (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED)
PAID_WHOLE = [Outcome.REFUND, Outcome.CREDIT, Outcome.REPLACEMENT]  # the last: it could not come, its worth was paid instead


def units_back(*, line_ids: Iterable[int], besides: int | None = None) -> dict[int, int]:
    """Per order line, the units that went back, are on their way, or were paid back because of a fault; two queries.

    Of a return that was checked only what came counts: what stayed with the shopper can go back another time. A claim whose goods
    come back is counted with its return. `besides` leaves one return out.
    """
    ids = list(line_ids)
    found: dict[int, int] = {}
    lines = ReturnLine.objects.filter(order_line__in=ids).exclude(case__state__in=GONE).exclude(case=besides)
    came = Q(case__state__in=CHECKED)
    sums = {"asked": Sum("quantity", filter=~came, default=0), "received": Sum("quantity_received", filter=came, default=0)}
    rows = lines.values_list("order_line_id").annotate(**sums)
    for id, asked, received in rows:
        found[id] = asked + received
    orders = OrderLine.objects.filter(pk__in=ids).values("order_id")
    paid = MoneyBack.objects.filter(order__in=orders, claim__case=None, claim__resolution__in=PAID_WHOLE)
    for told in paid.values_list("lines", flat=True):
        for line, units in told.items():
            found[int(line)] = found.get(int(line), 0) + units
    return found


def units_left(*, lines: Iterable[OrderLine], besides: int | None = None) -> dict[int, int]:
    """Per order line, the units that can still go back; two queries."""
    rows = list(lines)
    back = units_back(line_ids=[row.pk for row in rows], besides=besides)
    return {row.pk: max(0, row.quantity - row.quantity_removed - back.get(row.pk, 0)) for row in rows}


def kept_back(*, order_id: int) -> dict[int, Decimal]:
    """Per order line, what was paid back because of a fault while the pieces stayed; one query.

    Of a claim about several lines each has its share by price. Lines without any are left out.
    """
    kept = {"claim__resolution": Outcome.KEEP, "claim__state__in": [ClaimState.APPROVED, ClaimState.RESOLVED]}
    rows = ClaimLine.objects.filter(claim__order=order_id, **kept)
    columns = ("claim_id", "claim__amount", "order_line_id", "quantity", "order_line__total", "order_line__quantity")
    weights = [(claim, paid, line, total * units / of) for claim, paid, line, units, total, of in rows.values_list(*columns)]
    found: dict[int, Decimal] = {}
    for claim, paid, line, weight in weights:
        whole = sum(other for number, _paid, _line, other in weights if number == claim)
        if whole:
            found[line] = found.get(line, Decimal(0)) + paid * weight / whole
    return found


def refunded_by_hand(*, case: Return) -> dict[int, int]:
    """Per order line, the units the shop paid back by itself since the return was asked for, named by its refund; two queries.

    A refund that answers one of our own rows is not among them.
    """
    ours = MoneyBack.objects.filter(order=case.order_id, refund__isnull=False).values("refund_id")
    rows = Refund.objects.filter(order=case.order_id, refunded_at__gte=case.requested_at, amount__gt=0).exclude(pk__in=ours)
    told = [lines for lines in rows.values_list("lines", flat=True) if lines]
    ids = dict(OrderLine.objects.filter(order=case.order_id).values_list("external_id", "pk")) if told else {}
    found: dict[int, int] = {}
    for lines in told:
        for external, units in lines.items():
            if external in ids:
                found[ids[external]] = found.get(ids[external], 0) + int(units)
    return found


def paid_for(order: Order) -> Decimal:
    """What was paid. Shops that list no payment but call the order paid have its whole total."""
    if order.paid_total:
        return order.paid_total
    return order.total if order.payment_state in MONEY_CAME else Decimal(0)


def money_left(*, order: Order) -> Decimal:
    """What of it can still go back: neither refunded nor on its way. A bonus is the shop's own and does not count; one query."""
    open_ = MoneyBack.objects.filter(order=order, refund=None).exclude(state=MoneyState.CANCELLED)
    promised: Decimal = open_.aggregate(all=Sum(F("amount") - F("bonus"), default=Decimal(0)))["all"]
    return max(Decimal(0), paid_for(order) - order.refunded_total - promised)


def worth_of(order: Order, line: OrderLine, units: int) -> Decimal:
    """What so many units of a line cost after discounts, tax included."""
    total = line.total + (0 if order.taxes_included else line.tax)
    return total if units == line.quantity else round_amount(total * units / line.quantity, order.currency)


def units_to_restock(*, case: Return) -> dict[int, int]:
    """Per order line, the units to put back on the shelf of which no money of the return tells the shop; two queries."""
    found: dict[int, int] = {}
    rows = ReturnLine.objects.filter(case=case, restocked_at__isnull=False, quantity_accepted__gt=0)
    for id, units in rows.values_list("order_line_id", "quantity_accepted"):
        found[id] = found.get(id, 0) + units
    for told in MoneyBack.objects.filter(case=case).values_list("restock", flat=True):
        for line, units in told.items():
            found[int(line)] = found.get(int(line), 0) - units
    return {id: units for id, units in sorted(found.items()) if units > 0}
