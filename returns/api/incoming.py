"""What the REST API takes about returns, claims and money, and what it means in our words."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from core.api import invalid
from core.fields import (
    Amount,
    CurrencyCode,
    Email,
    Flag,
    Identifier,
    LanguageTag,
    Moment,
    Quantity,
    StrictSerializer,
    Text,
    WebAddress,
    Whole,
    many,
)
from orders.api.access import order_called
from orders.api.incoming import ZERO, text
from orders.models import Order, OrderLine
from returns.models import Return, ReturnLine
from returns.types import ClaimKind, Condition, Outcome, Problem, Way, Wish

MAX_LINES = 300
RESOLUTIONS = [(one.value, one.label) for one in (Outcome.REFUND, Outcome.KEEP, Outcome.REPLACEMENT, Outcome.REPAIR, Outcome.CREDIT)]
LABEL_WAYS = [(one.value, one.label) for one in (Way.LABEL, Way.CODE)]


class OrderInput(StrictSerializer):
    """Which order is meant."""

    order_number = Identifier(max_length=60)
    order_source = text(60, "Needed when two shops use the number.")
    order_external_id = text(100, "Needed when one shop uses the number twice.")


class WishInput(StrictSerializer):
    """Units of one line that shall go back."""

    line = Identifier(max_length=100, help_text="The line's id, or your own `external_id` of it.")
    quantity = Quantity()
    reason = Text(max_length=30, help_text="A code of `GET /returns/reasons`.")
    outcome = serializers.ChoiceField(choices=Outcome.choices, default=Outcome.REFUND)
    note = text(500, "The shopper's own words.")
    target = text(100, "For an exchange: `product:<id>` or `variant:<id>`.")


class ReturnInput(OrderInput):
    """A return on behalf of a shopper."""

    lines = many(WishInput, most=MAX_LINES, required=True, allow_empty=False)
    way = serializers.ChoiceField(choices=Way.choices, default=Way.OWN)
    note = text(500)
    currency = CurrencyCode(required=False, help_text="When given it must be the order's.")


class Nothing(StrictSerializer):
    """Needs no further word."""


NOTHING: dict[str, Any] = {"application/json": {"type": "object", "additionalProperties": False}}


class DeclineInput(StrictSerializer):
    """Why it is not possible, and what may help instead."""

    reason = Text(max_length=300, help_text="The shopper reads it.")
    next_best = serializers.ChoiceField(choices=["warranty", "sell_on", "donate", "ask"], required=False, default="", allow_blank=True)


class AskInput(StrictSerializer):
    """What has to be known first."""

    question = Text(max_length=500, help_text="The shopper reads it.")


class AnswerInput(StrictSerializer):
    """What the shopper said."""

    text = Text(max_length=1_000)


class UnpackedInput(StrictSerializer):
    """What was in the parcel of one line."""

    line = Identifier(max_length=100, help_text="The line's id, or your own `external_id` of it.")
    quantity = Whole(min_value=0, max_value=1_000_000)
    condition = serializers.ChoiceField(choices=Condition.choices, default=Condition.NEW)
    note = text(500, "The warehouse's words.")


class ReceiveInput(StrictSerializer):
    """What was in the parcel."""

    lines = many(UnpackedInput, most=MAX_LINES, required=True, allow_empty=False)


class VerdictInput(StrictSerializer):
    """What the inspection made of one line."""

    line = Identifier(max_length=100, help_text="The line's id, or your own `external_id` of it.")
    accepted = Whole(min_value=0, max_value=1_000_000)
    is_resellable = Flag(required=False, default=True)
    deduction = Amount(required=False, default=ZERO)
    note = text(500, "Why something is deducted or not accepted: the shopper reads it.")


class InspectInput(StrictSerializer):
    """What the inspection made of it. Money follows."""

    lines = many(VerdictInput, most=MAX_LINES, required=True, allow_empty=False)
    currency = CurrencyCode(required=False, help_text="When given it must be the order's.")


class ParcelInput(StrictSerializer):
    """The parcel the goods come back in."""

    carrier = text(80)
    tracking_number = Identifier(max_length=100)


class LabelInput(StrictSerializer):
    """A label your own system made, or why it could not."""

    way = serializers.ChoiceField(choices=LABEL_WAYS, default=Way.LABEL)
    carrier = text(80)
    tracking_number = Identifier(required=False, default="", allow_blank=True, max_length=100)
    tracking_url = WebAddress(required=False, default="", allow_blank=True)
    file_url = WebAddress(required=False, default="", allow_blank=True, help_text="PDF or PNG.")
    code = text(200, "What the code to show at the counter says.")
    cost = Amount(required=False, default=ZERO, help_text="What it cost you, in the return's currency.")
    error = text(300, "Why there is no label. Leave it out when there is one.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["error"] or attrs["file_url"] or attrs["code"]):
            raise serializers.ValidationError({"file_url": ["Send the label's file_url or its code, or the error."]})
        return attrs


class ClaimLineInput(StrictSerializer):
    """Units of one line that are at fault."""

    line = Identifier(max_length=100, help_text="The line's id, or your own `external_id` of it.")
    quantity = Quantity()


class ClaimInput(OrderInput):
    """A fault, on behalf of a shopper."""

    lines = many(ClaimLineInput, most=MAX_LINES, required=True, allow_empty=False)
    problem = serializers.ChoiceField(choices=Problem.choices)
    kind = serializers.ChoiceField(choices=ClaimKind.choices, default=ClaimKind.DELIVERY)
    wanted = serializers.ChoiceField(choices=Outcome.choices, required=False, default="", allow_blank=True)
    note = text(1_000, "The shopper's own words.")


class ApproveClaimInput(StrictSerializer):
    """What is done about it."""

    resolution = serializers.ChoiceField(
        choices=RESOLUTIONS,
        help_text="`keep`: a part of the money, of which `amount` says how much.",
    )
    amount = Amount(required=False, default=None, allow_null=True, help_text="Of the money; all that was paid for the units when left out.")
    currency = CurrencyCode(required=False, help_text="When given it must be the order's.")
    needs_goods = Flag(required=False, default=False, help_text="Whether the goods have to come back first.")


class SentInput(StrictSerializer):
    """The money is on its way."""

    external_id = Identifier(max_length=100, help_text="Your own id of the refund or the credit.")
    amount = Amount(required=False, default=None, allow_null=True, help_text="When given it must be what was asked for.")
    currency = CurrencyCode(required=False, help_text="When given it must be the order's.")


class FailedInput(StrictSerializer):
    """The money could not be sent."""

    error = Text(max_length=300, help_text="Staff read it.")


class WithdrawalInput(StrictSerializer):
    """A statement of withdrawal that reached you another way."""

    name = Text(max_length=160)
    order_number = Identifier(max_length=60)
    email = Email()
    scope = text(1_000, "Which part, in the shopper's words; empty: the whole contract.")
    language = LanguageTag(required=False, default="", allow_blank=True, max_length=10)
    declared_at = Moment(required=False, default=None, help_text="When the shopper sent it; now when left out.")


def order_of(data: dict[str, Any]) -> Order:
    """The order a body names. 404 when there is none here, 409 naming the choices when several shops use the number."""
    return order_called(data["order_number"], {"source": data["order_source"], "external_id": data["order_external_id"]})


def check_currency(data: dict[str, Any], currency: str) -> None:
    """Refuses (400) an amount of another currency."""
    if data.get("currency", currency) != currency:
        raise invalid("currency", f"The order is in {currency}.")


def line_ids(order: Order, lines: Sequence[dict[str, Any]]) -> list[str]:
    """Public ids of the lines a body names, by either id. Refuses (400) one the order does not have."""
    known: dict[str, str] = {}
    rows: list[OrderLine] = list(order.lines.all())
    for row in rows:
        known[row.external_id] = row.public_id
    for row in rows:
        known[row.public_id] = row.public_id
    for place, line in enumerate(lines):
        if line["line"] not in known:
            raise invalid(f"lines.{place}.line", "The order has no such line.")
    return [known[line["line"]] for line in lines]


def wishes_of(order: Order, data: dict[str, Any]) -> list[Wish]:
    ids = line_ids(order, data["lines"])
    return [
        Wish(id, line["quantity"], line["reason"], Outcome(line["outcome"]), line["note"], line["target"])
        for id, line in zip(ids, data["lines"], strict=True)
    ]


def lines_called(case: Return, lines: Sequence[dict[str, Any]]) -> list[ReturnLine]:
    """The return's lines a body names, by either id. Refuses (400) one the return does not have, or twice."""
    rows: list[ReturnLine] = list(case.lines.select_related("order_line"))
    known = {row.order_line.external_id: row for row in rows} | {row.order_line.public_id: row for row in rows}
    found: list[ReturnLine] = []
    for place, line in enumerate(lines):
        row = known.get(line["line"])
        if row is None:
            raise invalid(f"lines.{place}.line", "The return has no such line.")
        if row in found:
            raise invalid(f"lines.{place}.line", "Give each line once.")
        found.append(row)
    return found
