"""REST operations on claims: what came damaged, wrong, not at all, or does not work any more."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import invalid
from merchants.api import MerchantAPIView, PageQuery
from merchants.schema import operation, page_of
from merchants.types import Scope
from returns.api import examples
from returns.api.access import actor_of, called, claim_rows, told_as_problems
from returns.api.incoming import (
    NOTHING,
    AnswerInput,
    ApproveClaimInput,
    AskInput,
    ClaimInput,
    DeclineInput,
    Nothing,
    check_currency,
    line_ids,
    order_of,
)
from returns.api.outgoing import ClaimShape
from returns.models import Claim
from returns.services import answer_claim, approve_claim, ask_claim, claim_repaired, decline_claim, open_claim, withdraw_claim
from returns.types import ClaimKind, ClaimState, Outcome, Problem

TAG = "Claims"


class ClaimsQuery(PageQuery):
    """Filters of the list; all given ones must fit."""

    state = serializers.ChoiceField(choices=ClaimState.choices, required=False)
    problem = serializers.ChoiceField(choices=Problem.choices, required=False)
    order_number = serializers.CharField(required=False, max_length=60)


def shown(claim: Claim) -> dict[str, Any]:
    """The whole claim, read anew with its parts."""
    return dict(ClaimShape(claim_rows().get(pk=claim.pk)).data)


class ClaimsView(MerchantAPIView):
    """All claims."""

    scopes = {"GET": Scope.RETURNS_READ, "POST": Scope.RETURNS_WRITE}
    query = {"GET": ClaimsQuery}

    @operation(
        id="claims_list",
        summary="List claims, newest first",
        tag=TAG,
        query=ClaimsQuery,
        answers={200: page_of(ClaimShape)},
        answer={"results": [examples.SHOWN_CLAIM], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        lookups = {"state": "state", "problem": "problem", "order_number": "order__number"}
        wanted = {lookup: self.filters[name] for name, lookup in lookups.items() if name in self.filters}
        return self.page(claim_rows().filter(**wanted), ClaimShape, name="claims", by="opened_at")

    @operation(
        id="claims_open",
        summary="Open a claim for a shopper",
        description="The shopper is told a day, `answer_by`.",
        tag=TAG,
        request=ClaimInput,
        answers={201: ClaimShape},
        examples=(("damaged", examples.CLAIM),),
        answer=examples.SHOWN_CLAIM,
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(ClaimInput)
        order = order_of(data)
        ids = line_ids(order, data["lines"])
        if len(set(ids)) < len(ids):
            raise invalid("lines", "Give each line once.")
        with told_as_problems(ids):
            claim = open_claim(
                order=order,
                lines={id: line["quantity"] for id, line in zip(ids, data["lines"], strict=True)},
                problem=Problem(data["problem"]),
                kind=ClaimKind(data["kind"]),
                wanted=data["wanted"],
                note=data["note"],
                at=self.at,
                by=actor_of(self.key),
            )
        return Response(shown(claim), 201)


class ClaimView(MerchantAPIView):
    """One claim."""

    scopes = {"GET": Scope.RETURNS_READ}

    @operation(
        id="claims_get",
        summary="Read a claim",
        tag=TAG,
        answers={200: ClaimShape},
        answer=examples.SHOWN_CLAIM,
        errors=(404,),
    )
    def get(self, request: Request, public_id: str) -> Response:
        return Response(ClaimShape(called(claim_rows(), public_id)).data)


class ApproveClaimView(MerchantAPIView):
    """Something is done about it."""

    scopes = {"POST": Scope.RETURNS_WRITE}

    @operation(
        id="claims_approve",
        summary="Accept a claim, and say what is done about it",
        description="Money becomes a row of `GET /moneys`, a replacement an exchange. With `needs_goods` a return is opened first.",
        tag=TAG,
        request=ApproveClaimInput,
        answers={200: ClaimShape},
        examples=(("a part of the money", examples.APPROVE_CLAIM), ("the same again", {"resolution": "replacement"})),
        answer={**examples.SHOWN_CLAIM, "state": "approved", "resolution": "keep", "amount": "15.00"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        claim = called(Claim.objects.all(), public_id)
        data = self.parse(ApproveClaimInput, currency=claim.currency)
        check_currency(data, claim.currency)
        with told_as_problems():
            approve_claim(
                claim=claim,
                resolution=Outcome(data["resolution"]),
                amount=data["amount"],
                needs_goods=data["needs_goods"],
                at=self.at,
                by=actor_of(self.key),
            )
        return Response(shown(claim))


class DeclineClaimView(MerchantAPIView):
    """Nothing is done about it."""

    scopes = {"POST": Scope.RETURNS_WRITE}

    @operation(
        id="claims_decline",
        summary="Say that it is not possible, why, and what may help instead",
        tag=TAG,
        request=DeclineInput,
        answers={200: ClaimShape},
        examples=(("reason", examples.DECLINE),),
        answer={**examples.SHOWN_CLAIM, **examples.DECLINE, "state": "declined"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(DeclineInput)
        claim = called(Claim.objects.all(), public_id)
        with told_as_problems():
            decline_claim(claim=claim, reason=data["reason"], next_best=data["next_best"], at=self.at, by=actor_of(self.key))
        return Response(shown(claim))


class AskClaimView(MerchantAPIView):
    """Something has to be known first."""

    scopes = {"POST": Scope.RETURNS_WRITE}

    @operation(
        id="claims_ask",
        summary="Ask the shopper something before you decide",
        tag=TAG,
        request=AskInput,
        answers={200: ClaimShape},
        examples=(("question", {"question": "Could you send a photo of the sleeve?"}),),
        answer={**examples.SHOWN_CLAIM, "state": "info_needed", "question": "Could you send a photo of the sleeve?"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(AskInput)
        claim = called(Claim.objects.all(), public_id)
        with told_as_problems():
            ask_claim(claim=claim, question=data["question"], at=self.at, by=actor_of(self.key))
        return Response(shown(claim))


class AnswerClaimView(MerchantAPIView):
    """The shopper's answer reached you another way."""

    scopes = {"POST": Scope.RETURNS_WRITE}

    @operation(
        id="claims_answer",
        summary="Tell what the shopper answered",
        tag=TAG,
        request=AnswerInput,
        answers={200: ClaimShape},
        examples=(("answer", {"text": "It is the left sleeve"}),),
        answer={**examples.SHOWN_CLAIM, "question": "Which sleeve?", "answer": "It is the left sleeve"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(AnswerInput)
        claim = called(Claim.objects.all(), public_id)
        with told_as_problems():
            answer_claim(claim=claim, text=data["text"], at=self.at)
        return Response(shown(claim))


class RepairedView(MerchantAPIView):
    """The repaired thing goes back to the shopper."""

    scopes = {"POST": Scope.RETURNS_WRITE}

    @operation(
        id="claims_repaired",
        summary="Say that it is repaired and on its way to the shopper",
        tag=TAG,
        request=NOTHING,
        answers={200: ClaimShape},
        examples=(("repaired", {}),),
        answer={**examples.SHOWN_CLAIM, "state": "resolved", "resolution": "repair"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.parse(Nothing)
        claim = called(Claim.objects.all(), public_id)
        with told_as_problems():
            claim_repaired(claim=claim, at=self.at, by=actor_of(self.key))
        return Response(shown(claim))


class WithdrawClaimView(MerchantAPIView):
    """The shopper takes it back."""

    scopes = {"POST": Scope.RETURNS_WRITE}

    @operation(
        id="claims_withdraw",
        summary="Take a claim back for the shopper",
        tag=TAG,
        request=NOTHING,
        answers={200: ClaimShape},
        examples=(("withdraw", {}),),
        answer={**examples.SHOWN_CLAIM, "state": "withdrawn"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.parse(Nothing)
        claim = called(Claim.objects.all(), public_id)
        with told_as_problems():
            withdraw_claim(claim=claim, at=self.at)
        return Response(shown(claim))
