"""The returns policy as it is computed for every order: for people, and for machines."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.rules.deadlines import Deadline, deadline_of
from portal.rules.policies import policy_for_machines
from portal.selectors.order_list import Wanted, shopper_orders
from portal.selectors.orders import Listed, listed, with_summary
from portal.selectors.parcels import bare_parcels_of, troubles_of
from portal.views.edge import PortalRequest, page, show
from returns.models import ReturnPolicy
from returns.rules import SLOWEST_TRANSIT, return_deadline
from returns.rules.text import Clause, policy_text
from returns.selectors import places, policy, reasons, rules_of
from returns.selectors.versions import purchases_of

# Where a shopper may withdraw from a purchase made at a distance, as the law says: the European Union and its neighbours in it.
WITHDRAWAL = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split()  # noqa: SIM905 - thirty codes
)
SHOWN = 10  # newest orders of which the last day is told


@page
@require_safe
def return_policy(request: PortalRequest) -> HttpResponse:
    """What holds for everybody, rule by rule, and for each of the shopper's own orders its last day."""
    rules = policy()
    context = {
        "policy": rules,
        "clauses": _clauses(request, rules),
        "is_eu": request.merchant.country in WITHDRAWAL,
        "slowest_days": SLOWEST_TRANSIT.days,
        "example": _example(request.today, rules.window_days),
        "returnable": _returnable(request),
    }
    return show(request, "return_policy.html", context)


@page
@require_safe
def return_policy_data(request: PortalRequest) -> HttpResponse:
    """The same rules as JSON-LD, with every clause as people read it and the data it was written from."""
    row, merchant = policy(), request.merchant
    url = request.build_absolute_uri(reverse("return-policy"))
    rules = rules_of(row, currency=merchant.currency)
    found = policy_for_machines(rules, merchant=merchant.name, country=merchant.country, url=url, clauses=_clauses(request, row))
    return JsonResponse(found, content_type="application/ld+json")


def _clauses(request: PortalRequest, row: ReturnPolicy) -> tuple[Clause, ...]:
    names = {one.code: one.name for one in reasons()}
    rules = rules_of(row, currency=request.merchant.currency)
    return policy_text(rules=rules, reasons=names, places={one.key: one.name for one in places()})


def _example(today: date, window_days: int) -> date:
    """The last day of what arrives today."""
    return return_deadline(window_days=window_days, delivered_on=today, arrive_by=None, placed_on=today)


@dataclass(frozen=True, slots=True)
class Returnable:
    """One of the shopper's orders, and until when it can be sent back."""

    row: Listed
    deadline: Deadline
    is_over: bool
    days_left: int


def _returnable(request: PortalRequest) -> list[Returnable]:
    """Newest first; nothing for somebody we do not know."""
    if request.customer is None:
        return []
    rows = shopper_orders(customer_id=request.customer.pk, wanted=Wanted(), zone=request.zone)
    newest = list(with_summary(rows)[:SHOWN])
    ids = [order.pk for order in newest]
    found = listed(newest, bare_parcels_of(order_ids=ids), troubles_of(order_ids=ids), today=request.today, zone=request.zone)
    bought = purchases_of(orders=newest, merchant=request.merchant)
    pairs = [(row, deadline_of(row.facts, bought=bought[row.order.pk])) for row in found]
    return [Returnable(row, last, last.last < request.today, last.days_left(request.today)) for row, last in pairs if last is not None]
