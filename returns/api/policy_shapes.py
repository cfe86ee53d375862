"""The policy as the REST API tells it: decisions with their offers, reasons, and the clauses people read."""

from typing import Any

from rest_framework import serializers

from core.fields import Day, Moment
from returns.types import Outcome, ReasonKind


class OfferShape(serializers.Serializer[Any]):
    """One outcome for all units that can go back: open, or why not."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    is_open = serializers.BooleanField()
    why = serializers.CharField(help_text="A code; empty while it is open.")
    until = Day(allow_null=True, help_text="The last day to hand it over; null: no end.")
    amount = serializers.CharField()
    fee = serializers.CharField()
    bonus = serializers.CharField()
    is_postage_free = serializers.BooleanField()
    needs_photo = serializers.BooleanField()
    needs_review = serializers.BooleanField()


class DecisionShape(serializers.Serializer[Any]):
    """What the policy says of one line."""

    line = serializers.CharField(help_text="Id of the order's line.")
    external_id = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField(help_text="Units that can still go back.")
    is_eligible = serializers.BooleanField()
    why = serializers.CharField(help_text="A code; empty when it can go back.")
    until = Day(allow_null=True)
    currency = serializers.CharField()
    offers = OfferShape(many=True)
    next_best = serializers.ListField(child=serializers.CharField(), help_text="What may help instead: warranty, sell_on, donate, ask.")


class ReturnableShape(serializers.Serializer[Any]):
    """What the policy says of every line of an order."""

    results = DecisionShape(many=True)


class ReasonShape(serializers.Serializer[Any]):
    """Why something goes back."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=ReasonKind.choices)
    name = serializers.CharField()


class ReasonList(serializers.Serializer[Any]):
    """Both lists of reasons: wishes and faults."""

    results = ReasonShape(many=True)


class ClauseShape(serializers.Serializer[Any]):
    """One clause of the policy: when it holds and what it does, in words, and what was written from."""

    id = serializers.CharField()
    kind = serializers.CharField(help_text="base, outcome, rule or always.")
    title = serializers.CharField()
    text = serializers.CharField(help_text="All of it in one paragraph.")
    when = serializers.ListField(child=serializers.CharField())
    then = serializers.ListField(child=serializers.CharField())
    data = serializers.DictField()  # type: ignore[assignment]  # the metaclass takes it off the class


class PolicyShape(serializers.Serializer[Any]):
    """The policy in force: what people read, and what decides."""

    number = serializers.IntegerField()
    published_at = Moment(allow_null=True)
    currency = serializers.CharField()
    window_days = serializers.IntegerField()
    refund_days = serializers.IntegerField()
    is_free = serializers.BooleanField()
    clauses = ClauseShape(many=True)
