"""REST operations that answer a review and decide about it, one at a time. None of them takes stars, and none changes a word."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import invalid
from core.fields import LanguageTag, LongText, StrictSerializer, Text
from merchants.api import MerchantAPIView
from merchants.schema import operation
from merchants.types import Scope
from reviews.api import examples
from reviews.api.access import TAG, called, told_as_problems
from reviews.api.outgoing import NoteShape, ReviewShape
from reviews.services.moderation import decide
from reviews.services.replies import reply, write_note
from reviews.types import Ground

LONGEST = 2_000


class ReplyInput(StrictSerializer):
    """The merchant's one public answer; again, it replaces the one before."""

    text = LongText(max_length=LONGEST)
    language = LanguageTag(required=False, default="", help_text="The review's when left out.")


class NoteInput(StrictSerializer):
    """A message only the author reads."""

    text = LongText(max_length=LONGEST)


class DecisionInput(StrictSerializer):
    """Published, or not for one of the published grounds. There is no third."""

    publish = serializers.BooleanField(required=False, default=False)
    ground = serializers.ChoiceField(choices=Ground.choices, required=False, default="")
    note = Text(max_length=300, required=False, default="", allow_blank=True, help_text="Tells its author what to change.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["publish"] == bool(attrs["ground"]):
            raise serializers.ValidationError({"ground": ["Send either `publish: true` or a ground."]})
        return attrs


class ReplyView(MerchantAPIView):
    """The public answer."""

    scopes = {"POST": Scope.REVIEWS_WRITE}

    @operation(
        id="reviews_reply",
        summary="Answer a review in public",
        description="One answer under each review. Its author is told of the first.",
        tag=TAG,
        request=ReplyInput,
        answers={200: ReviewShape},
        examples=(("answer", examples.REPLY),),
        answer=examples.SHOWN,
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(ReplyInput)
        with told_as_problems():
            reply(review=called(public_id), text=data["text"], language=data["language"], user=None, at=self.at)
        return Response(ReviewShape(called(public_id)).data)


class NoteView(MerchantAPIView):
    """The private thread."""

    scopes = {"POST": Scope.REVIEWS_WRITE}

    @operation(
        id="reviews_note",
        summary="Write to a review's author",
        tag=TAG,
        request=NoteInput,
        answers={201: NoteShape},
        examples=(("note", examples.NOTE),),
        answer=examples.SHOWN_NOTE,
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(NoteInput)
        with told_as_problems():
            note = write_note(review=called(public_id), text=data["text"], is_of_staff=True, user=None, at=self.at)
        return Response(NoteShape(note).data, 201)


class DecisionView(MerchantAPIView):
    """Published or not."""

    scopes = {"POST": Scope.REVIEWS_WRITE}

    @operation(
        id="reviews_decide",
        summary="Publish a review, or say for which ground not",
        description="The grounds are shown on your shop's public page about reviews, with how often each was used; an unwelcome opinion"
        " is none.",
        tag=TAG,
        request=DecisionInput,
        answers={200: ReviewShape},
        examples=(("not published", examples.DECISION), ("published", {"publish": True})),
        answer=examples.REJECTED,
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(DecisionInput)
        if data["note"] and data["publish"]:
            raise invalid("note", "Goes with a ground.")
        with told_as_problems():
            decide(review=called(public_id), ground=data["ground"], note=data["note"], user=None, at=self.at)
        return Response(ReviewShape(called(public_id)).data)
