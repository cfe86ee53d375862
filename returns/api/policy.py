"""REST operations on the policy: what may go back of an order, why things go back, and what the policy says."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from rest_framework.request import Request
from rest_framework.response import Response

from core.money import round_amount
from merchants.api import MerchantAPIView
from merchants.schema import operation
from merchants.selectors import current_merchant
from merchants.types import Language, Scope
from orders.api.access import SourceQuery, order_called
from orders.models import Order, OrderLine
from returns.api import examples
from returns.api.access import LanguageQuery
from returns.api.policy_shapes import PolicyShape, ReasonList, ReturnableShape
from returns.rules.text import policy_text, text_as_json
from returns.selectors.policy import decisions_of, places, policy, reasons, rules_of
from returns.types import Decision, Offer

TAG = "Returns"


class ReturnableView(MerchantAPIView):
    """What the policy says of an order."""

    scopes = {"GET": Scope.RETURNS_READ}
    query = {"GET": SourceQuery}

    @operation(
        id="orders_returnable",
        summary="Read what of an order can go back, until when, and for what",
        description="One decision per line, with every outcome: open or why not, the last day, the money for all units that can still go"
        " back. It is what shoppers see before they choose a reason; a reason may change it.",
        tag=TAG,
        query=SourceQuery,
        answers={200: ReturnableShape},
        answer=examples.RETURNABLE,
        errors=(404, 409),
    )
    def get(self, request: Request, number: str) -> Response:
        order = order_called(number, self.filters)
        today = self.at.astimezone(ZoneInfo(current_merchant().timezone)).date()
        found = decisions_of(order=order, today=today)
        lines = order.lines.order_by("position", "pk")
        return Response({"results": [told(order, line, found[line.pk]) for line in lines if line.pk in found]})


def told(order: Order, line: OrderLine, decision: Decision) -> dict[str, Any]:
    """A decision under the order's own ids."""
    return {
        "line": line.public_id,
        "external_id": line.external_id,
        "title": line.title,
        "quantity": decision.quantity,
        "is_eligible": decision.is_eligible,
        "why": decision.why,
        "until": decision.until.isoformat() if decision.until else None,
        "currency": order.currency,
        "offers": [_offer(offer, order.currency) for offer in decision.offers],
        "next_best": list(decision.next_best),
    }


def _offer(offer: Offer, currency: str) -> dict[str, Any]:
    def money(amount: Decimal) -> str:
        return f"{round_amount(amount, currency):f}"

    return {
        "outcome": str(offer.outcome.value),
        "is_open": offer.is_open,
        "why": offer.why,
        "until": offer.until.isoformat() if offer.until else None,
        "amount": money(offer.amount),
        "fee": money(offer.fee),
        "bonus": money(offer.bonus),
        "is_postage_free": offer.is_postage_free,
        "needs_photo": offer.needs_photo,
        "needs_review": offer.needs_review,
    }


def language_of(filters: Mapping[str, str]) -> str:
    """The language asked for when we speak it, else the shop's."""
    asked = filters["language"].lower()
    return asked if asked in Language.values else current_merchant().language


class ReasonsView(MerchantAPIView):
    """Why things go back."""

    scopes = {"GET": Scope.RETURNS_READ}
    query = {"GET": LanguageQuery}

    @operation(
        id="returns_reasons",
        summary="List the reasons a return may have: wishes and faults",
        tag=TAG,
        query=LanguageQuery,
        answers={200: ReasonList},
        answer=examples.REASONS,
    )
    def get(self, request: Request) -> Response:
        with translation.override(language_of(self.filters)):
            found = [{"code": one.code, "kind": str(one.kind), "name": str(one.name)} for one in reasons()]
        return Response({"results": found})


class PolicyView(MerchantAPIView):
    """The policy in force."""

    scopes = {"GET": Scope.RETURNS_READ}
    query = {"GET": LanguageQuery}

    @operation(
        id="returns_policy",
        summary="Read the return policy in force, in words and as rules",
        tag=TAG,
        query=LanguageQuery,
        answers={200: PolicyShape},
        answer=examples.POLICY,
    )
    def get(self, request: Request) -> Response:
        row, house = policy(), current_merchant()
        with translation.override(language_of(self.filters)):
            words = {one.code: str(one.name) for one in reasons()}
            rules = rules_of(row, currency=house.currency)
            clauses = policy_text(rules=rules, reasons=words, places={place.key: place.name for place in places()})
            told_clauses = [{**one, "text": clause.text} for one, clause in zip(text_as_json(clauses), clauses, strict=True)]
        values = {name: getattr(row, name) for name in ("number", "published_at", "window_days", "refund_days", "is_free")}
        return Response(PolicyShape({**values, "currency": house.currency, "clauses": told_clauses}).data)
