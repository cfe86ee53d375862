"""REST operations that move a return on. A step its state does not allow is 409."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from merchants.api import MerchantAPIView
from merchants.schema import operation
from merchants.types import Scope
from returns.api import examples
from returns.api.access import actor_of, called, told_as_problems
from returns.api.incoming import (
    NOTHING,
    AnswerInput,
    AskInput,
    DeclineInput,
    InspectInput,
    LabelInput,
    Nothing,
    ParcelInput,
    ReceiveInput,
    check_currency,
    lines_called,
)
from returns.api.outgoing import ReturnShape
from returns.api.returns import TAG, shown
from returns.models import Return
from returns.services import (
    answer_return,
    approve_return,
    ask_return,
    cancel_return,
    close_return,
    decline_return,
    inspect_return,
    label_failed,
    label_made,
    receive_return,
    tell_parcel,
)
from returns.types import Actor, Condition, Label, Unpacked, Verdict, Way

WAITS = {**examples.SHOWN_RETURN, "state": "requested", "decided_at": None}


class StepView(MerchantAPIView):
    """A step of one return."""

    scopes = {"POST": Scope.RETURNS_WRITE}

    def by(self) -> Actor:
        return actor_of(self.key)

    def answer(self, case: Return) -> Response:
        return Response(shown(case))


class ApproveView(StepView):
    """It may go back."""

    @operation(
        id="returns_approve",
        summary="Approve a return",
        description="The shopper gets the label or the instructions.",
        tag=TAG,
        request=NOTHING,
        answers={200: ReturnShape},
        examples=(("approve", {}),),
        answer=examples.SHOWN_RETURN,
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.parse(Nothing)
        case = called(Return.objects.all(), public_id)
        with told_as_problems():
            approve_return(case=case, at=self.at, by=self.by())
        return self.answer(case)


class DeclineView(StepView):
    """It may not go back."""

    @operation(
        id="returns_decline",
        summary="Say that it is not possible, why, and what may help instead",
        tag=TAG,
        request=DeclineInput,
        answers={200: ReturnShape},
        examples=(("reason", examples.DECLINE),),
        answer={**WAITS, **examples.DECLINE, "state": "declined", "decided_at": "2026-11-27T09:20:00Z"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(DeclineInput)
        case = called(Return.objects.all(), public_id)
        with told_as_problems():
            decline_return(case=case, reason=data["reason"], next_best=data["next_best"], at=self.at, by=self.by())
        return self.answer(case)


class AskView(StepView):
    """Something has to be known first."""

    @operation(
        id="returns_ask",
        summary="Ask the shopper something before you decide",
        tag=TAG,
        request=AskInput,
        answers={200: ReturnShape},
        examples=(("question", {"question": "Could you send a photo of the label?"}),),
        answer={**WAITS, "state": "info_needed", "question": "Could you send a photo of the label?"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(AskInput)
        case = called(Return.objects.all(), public_id)
        with told_as_problems():
            ask_return(case=case, question=data["question"], at=self.at, by=self.by())
        return self.answer(case)


class AnswerView(StepView):
    """The shopper's answer reached you another way."""

    @operation(
        id="returns_answer",
        summary="Tell what the shopper answered",
        tag=TAG,
        request=AnswerInput,
        answers={200: ReturnShape},
        examples=(("answer", {"text": "The label says M"}),),
        answer={**WAITS, "question": "Which size is on the label?", "answer": "The label says M"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(AnswerInput)
        case = called(Return.objects.all(), public_id)
        with told_as_problems():
            answer_return(case=case, text=data["text"], at=self.at)
        return self.answer(case)


class CancelReturnView(StepView):
    """The shopper keeps it."""

    @operation(
        id="returns_cancel",
        summary="Call a return off",
        description="Possible until the goods were received.",
        tag=TAG,
        request=NOTHING,
        answers={200: ReturnShape},
        examples=(("cancel", {}),),
        answer={**examples.SHOWN_RETURN, "state": "cancelled", "ended_at": "2026-11-28T09:00:00Z"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.parse(Nothing)
        case = called(Return.objects.all(), public_id)
        with told_as_problems():
            cancel_return(case=case, at=self.at, by=self.by())
        return self.answer(case)


class ReceiveView(StepView):
    """The parcel was unpacked."""

    @operation(
        id="returns_receive",
        summary="Tell what was in the parcel, line by line",
        description="A part that comes later is received again. 400 for more units than were sent back.",
        tag=TAG,
        request=ReceiveInput,
        answers={200: ReturnShape},
        examples=(("unpacked", examples.RECEIVE),),
        answer={**examples.SHOWN_RETURN, "state": "received", "received_at": "2026-12-01T09:00:00Z"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(ReceiveInput)
        case = called(Return.objects.all(), public_id)
        lines = {
            row.pk: Unpacked(line["quantity"], Condition(line["condition"]), line["note"])
            for row, line in zip(lines_called(case, data["lines"]), data["lines"], strict=True)
        }
        with told_as_problems(list(lines)):
            receive_return(case=case, lines=lines, at=self.at, by=self.by())
        return self.answer(case)


class InspectView(StepView):
    """The goods were checked."""

    @operation(
        id="returns_inspect",
        summary="Say what is accepted; the money follows",
        description="Makes the rows of `GET /moneys` and orders the exchanges. 409 before the goods were received, and a second time.",
        tag=TAG,
        request=InspectInput,
        answers={200: ReturnShape},
        examples=(("checked", examples.INSPECT),),
        answer={**examples.SHOWN_RETURN, "state": "inspected", "moneys": [examples.SHOWN_MONEY]},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        case = called(Return.objects.all(), public_id)
        data = self.parse(InspectInput, currency=case.currency)
        check_currency(data, case.currency)
        lines = {
            row.pk: Verdict(line["accepted"], line["is_resellable"], line["deduction"], line["note"])
            for row, line in zip(lines_called(case, data["lines"]), data["lines"], strict=True)
        }
        with told_as_problems(list(lines)):
            inspect_return(case=case, lines=lines, at=self.at, by=self.by())
        return self.answer(case)


class CloseView(StepView):
    """Nothing is left to do."""

    @operation(
        id="returns_close",
        summary="Close a settled return",
        tag=TAG,
        request=NOTHING,
        answers={200: ReturnShape},
        examples=(("close", {}),),
        answer={**examples.SHOWN_RETURN, "state": "closed", "ended_at": "2026-12-12T09:00:00Z"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        self.parse(Nothing)
        case = called(Return.objects.all(), public_id)
        with told_as_problems():
            close_return(case=case, at=self.at, by=self.by())
        return self.answer(case)


class ParcelView(StepView):
    """The parcel it comes back in."""

    @operation(
        id="returns_parcel",
        summary="Tell the parcel the goods come back in",
        description="It is followed like any other: the first scan tells the shopper that it is on its way.",
        tag=TAG,
        request=ParcelInput,
        answers={200: ReturnShape},
        examples=(("parcel", examples.PARCEL),),
        answer={**examples.SHOWN_RETURN, **examples.PARCEL},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(ParcelInput)
        case = called(Return.objects.all(), public_id)
        with told_as_problems():
            tell_parcel(case=case, carrier=data["carrier"], tracking_number=data["tracking_number"], at=self.at)
        return self.answer(case)


class LabelView(StepView):
    """A label your own system made."""

    @operation(
        id="returns_label",
        summary="Give the label your own system made, or say why there is none",
        tag=TAG,
        request=LabelInput,
        answers={200: ReturnShape},
        examples=(("label", examples.LABEL), ("none", {"error": "The postcode is not served"})),
        answer={**examples.SHOWN_RETURN, "state": "labelled", "label_state": "ready", "label_url": "https://labels.example/R-1.pdf"},
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        case = called(Return.objects.all(), public_id)
        data = self.parse(LabelInput, currency=case.currency)
        error, way = data.pop("error"), Way(data.pop("way"))
        with told_as_problems():
            if error:
                label_failed(case=case, error=error, at=self.at)
            else:
                label_made(case=case, label=label_of(data, way, case.currency), at=self.at)
        return self.answer(case)


def label_of(data: dict[str, Any], way: Way, currency: str) -> Label:
    """The label in our words. What tells it from another is its number, its code or its file."""
    named: str = data["tracking_number"] or data["code"] or data["file_url"]
    return Label(way, provider="api", provider_id=named[-100:], currency=currency, **data)
