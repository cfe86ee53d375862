"""Returns, claims, withdrawals and money as the REST API tells them: public ids, exact text for money, days as days."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.fields import Day, Moment, Money
from core.money import round_amount
from orders.api.outgoing import AddressShape, RefundedLine
from returns.models import Claim, ClaimLine, Exchange, MoneyBack, Return, ReturnLine, Withdrawal
from returns.types import ClaimState, ReturnState


class PlaceShape(serializers.Serializer[Any]):
    """Where the goods go."""

    key = serializers.CharField(default="")
    name = serializers.CharField(default="")
    address = AddressShape(default=dict)


class ReturnLineShape(serializers.ModelSerializer[ReturnLine]):
    """Units of one order line that come back."""

    line = serializers.CharField(source="order_line.public_id", help_text="Id of the order's line.")
    external_id = serializers.CharField(source="order_line.external_id")
    title = serializers.CharField(source="order_line.title")
    variant_title = serializers.CharField(source="order_line.variant_title")
    sku = serializers.CharField(source="order_line.sku")
    amount = serializers.SerializerMethodField(help_text="What was promised for these units.")
    fee = serializers.SerializerMethodField()
    bonus = serializers.SerializerMethodField()
    deduction = serializers.SerializerMethodField()
    is_resellable = serializers.BooleanField(allow_null=True)

    class Meta:
        model = ReturnLine
        fields = [
            "line",
            "external_id",
            "title",
            "variant_title",
            "sku",
            "quantity",
            "reason",
            "reason_kind",
            "note",
            "outcome",
            "amount",
            "fee",
            "bonus",
            "deduction",
            "quantity_received",
            "quantity_accepted",
            "condition",
            "is_resellable",
            "found",
        ]

    @extend_schema_field(str)
    def get_amount(self, row: ReturnLine) -> str:
        return self._told(row, "amount")

    @extend_schema_field(str)
    def get_fee(self, row: ReturnLine) -> str:
        return self._told(row, "fee")

    @extend_schema_field(str)
    def get_bonus(self, row: ReturnLine) -> str:
        return self._told(row, "bonus")

    @extend_schema_field(str)
    def get_deduction(self, row: ReturnLine) -> str:
        return self._told(row, "deduction")

    @staticmethod
    def _told(row: ReturnLine, name: str) -> str:
        return f"{round_amount(getattr(row, name), row.case.currency):f}"


class MoneyShape(serializers.ModelSerializer[MoneyBack]):
    """One step of money on its way back. Your shop moves it, under this id: asked twice, it is still one refund."""

    id = serializers.CharField(source="public_id")
    return_id = serializers.CharField(source="case.public_id", default=None, allow_null=True)
    claim_id = serializers.CharField(source="claim.public_id", default=None, allow_null=True)
    order_number = serializers.CharField(source="order.number")
    order_source = serializers.CharField(source="order.source")
    order_external_id = serializers.CharField(source="order.external_id")
    amount = Money()
    lines = serializers.SerializerMethodField(help_text="The order's lines it pays for, under your own ids.")
    restock = serializers.SerializerMethodField(help_text="Units that can be sold again, under your own ids.")
    due_by = Day()
    bank_by = Day(allow_null=True)
    asked_at = Moment(allow_null=True)
    sent_at = Moment(allow_null=True)

    class Meta:
        model = MoneyBack
        fields = [
            "id",
            "return_id",
            "claim_id",
            "order_number",
            "order_source",
            "order_external_id",
            "way",
            "stage",
            "amount",
            "currency",
            "lines",
            "restock",
            "state",
            "due_by",
            "bank_by",
            "asked_at",
            "sent_at",
            "external_id",
            "credit_code",
            "error",
        ]

    @extend_schema_field(RefundedLine(many=True))
    def get_lines(self, row: MoneyBack) -> list[dict[str, Any]]:
        return self._named(row, row.lines)

    @extend_schema_field(RefundedLine(many=True))
    def get_restock(self, row: MoneyBack) -> list[dict[str, Any]]:
        return self._named(row, row.restock)

    @staticmethod
    def _named(row: MoneyBack, units: dict[str, int]) -> list[dict[str, Any]]:
        names = {str(line.pk): line.external_id for line in row.order.lines.all()} if units else {}
        return [{"external_id": names[id], "quantity": count} for id, count in units.items() if id in names]


class ExchangeShape(serializers.ModelSerializer[Exchange]):
    """What goes out instead."""

    id = serializers.CharField(source="public_id")
    difference = Money(help_text="Above zero: the shopper pays; below: gets back.")
    reserved_until = Moment(allow_null=True)
    ship_by = Day(allow_null=True)
    arrive_by = Day(allow_null=True)

    class Meta:
        model = Exchange
        fields = [
            "id",
            "title",
            "variant_title",
            "sku",
            "quantity",
            "state",
            "currency",
            "difference",
            "reserved_until",
            "ship_by",
            "arrive_by",
            "external_id",
            "error",
        ]


class ReturnShape(serializers.ModelSerializer[Return]):
    """Goods on their way back."""

    id = serializers.CharField(source="public_id")
    state = serializers.ChoiceField(choices=ReturnState.choices)
    order_number = serializers.CharField(source="order.number")
    order_source = serializers.CharField(source="order.source")
    order_external_id = serializers.CharField(source="order.external_id")
    way_fee = Money()
    place = PlaceShape()
    label_url = serializers.CharField()
    label_cost = Money()
    requested_at = Moment()
    answer_by = Day(allow_null=True, help_text="The day we told the shopper to have decided by.")
    hand_over_by = Day(allow_null=True)
    arrive_by = Day(allow_null=True)
    inspect_by = Day(allow_null=True)
    refund_by = Day(allow_null=True)
    bank_by = Day(allow_null=True)
    decided_at = Moment(allow_null=True)
    handed_over_at = Moment(allow_null=True)
    arrived_at = Moment(allow_null=True)
    received_at = Moment(allow_null=True)
    inspected_at = Moment(allow_null=True)
    resolved_at = Moment(allow_null=True)
    ended_at = Moment(allow_null=True)
    lines = ReturnLineShape(many=True)
    moneys = MoneyShape(many=True)
    exchanges = serializers.SerializerMethodField()

    class Meta:
        model = Return
        fields = [
            "id",
            "rma",
            "state",
            "order_number",
            "order_source",
            "order_external_id",
            "origin",
            "is_gift",
            "is_withdrawal",
            "currency",
            "way",
            "way_fee",
            "place",
            "instructions",
            "label_state",
            "label_url",
            "label_code",
            "label_error",
            "label_cost",
            "carrier",
            "tracking_number",
            "requested_at",
            "answer_by",
            "hand_over_by",
            "arrive_by",
            "inspect_by",
            "refund_by",
            "bank_by",
            "decided_at",
            "handed_over_at",
            "arrived_at",
            "received_at",
            "inspected_at",
            "resolved_at",
            "ended_at",
            "reason",
            "next_best",
            "question",
            "answer",
            "lines",
            "moneys",
            "exchanges",
        ]

    @extend_schema_field(ExchangeShape(many=True))
    def get_exchanges(self, row: Return) -> list[dict[str, Any]]:
        rows = [exchange for line in row.lines.all() for exchange in line.exchanges.all()]
        return list(ExchangeShape(rows, many=True).data)


class ClaimLineShape(serializers.ModelSerializer[ClaimLine]):
    """Units of one order line a claim is about."""

    line = serializers.CharField(source="order_line.public_id", help_text="Id of the order's line.")
    external_id = serializers.CharField(source="order_line.external_id")
    title = serializers.CharField(source="order_line.title")

    class Meta:
        model = ClaimLine
        fields = ["line", "external_id", "title", "quantity"]


class ClaimShape(serializers.ModelSerializer[Claim]):
    """A fault: something came damaged, wrong, not at all, or does not work any more."""

    id = serializers.CharField(source="public_id")
    state = serializers.ChoiceField(choices=ClaimState.choices)
    order_number = serializers.CharField(source="order.number")
    order_source = serializers.CharField(source="order.source")
    order_external_id = serializers.CharField(source="order.external_id")
    shipment_id = serializers.CharField(source="shipment.public_id", default=None, allow_null=True)
    return_id = serializers.CharField(source="case.public_id", default=None, allow_null=True, help_text="The goods on their way back.")
    amount = Money()
    opened_at = Moment()
    answer_by = Day(help_text="The day we told the shopper to have an answer by.")
    settle_by = Day(allow_null=True)
    decided_at = Moment(allow_null=True)
    resolved_at = Moment(allow_null=True)
    lines = ClaimLineShape(many=True)
    moneys = MoneyShape(many=True)
    exchanges = ExchangeShape(many=True)

    class Meta:
        model = Claim
        fields = [
            "id",
            "number",
            "kind",
            "problem",
            "state",
            "order_number",
            "order_source",
            "order_external_id",
            "shipment_id",
            "return_id",
            "origin",
            "wanted",
            "resolution",
            "note",
            "question",
            "answer",
            "reason",
            "next_best",
            "currency",
            "amount",
            "opened_at",
            "answer_by",
            "settle_by",
            "decided_at",
            "resolved_at",
            "lines",
            "moneys",
            "exchanges",
        ]


class WithdrawalShape(serializers.ModelSerializer[Withdrawal]):
    """A shopper's statement that they withdraw from a contract, as it was made."""

    id = serializers.CharField(source="public_id")
    order_number = serializers.CharField(help_text="As it was typed.")
    order_id = serializers.CharField(source="order.public_id", default=None, allow_null=True, help_text="The order it was matched to.")
    return_id = serializers.CharField(source="case.public_id", default=None, allow_null=True)
    lines = serializers.DictField(child=serializers.IntegerField(), help_text="Order line's id -> units; empty: all.")
    declared_at = Moment()
    until = Day(allow_null=True, help_text="The last day it was possible; null: not known yet.")
    counted_from = Day(allow_null=True)
    refund_by = Day(allow_null=True)
    settled_at = Moment(allow_null=True)

    class Meta:
        model = Withdrawal
        fields = [
            "id",
            "state",
            "order_number",
            "order_id",
            "return_id",
            "name",
            "email",
            "scope",
            "lines",
            "language",
            "declared_at",
            "until",
            "counted_from",
            "refund_by",
            "reason",
            "settled_at",
            "receipt",
        ]
