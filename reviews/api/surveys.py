"""The REST operation that tells what a survey's answers come to."""

from datetime import timedelta
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.fields import Moment, StrictSerializer
from merchants.api import MerchantAPIView
from merchants.schema import operation
from merchants.types import Scope
from reviews.api import examples
from reviews.selectors.results import SEGMENTS, results
from reviews.selectors.surveys import SurveyNotFound, survey_called

USUAL = timedelta(days=90)


class ResultsQuery(StrictSerializer):
    """Which answers, and by what they are told apart."""

    since = Moment(required=False, default=None, help_text="90 days before `until` when left out.")
    until = Moment(required=False, default=None, help_text="Now when left out.")
    by = serializers.ChoiceField(choices=[(name, name) for name in SEGMENTS], required=False, default="")


class FigureShape(serializers.Serializer[Any]):
    """A figure, what it rests on, and between which values it lies, 19 times of 20."""

    n = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class SegmentShape(FigureShape):
    """The same for a part of the answers."""

    name = serializers.CharField()


class QuestionShape(FigureShape):
    """One question."""

    key = serializers.CharField()
    kind = serializers.CharField()
    text = serializers.DictField(child=serializers.CharField())
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Answer -> how often.")
    segments = SegmentShape(many=True)


class ResultsShape(serializers.Serializer[Any]):
    """All questions. Words are not among them: they may be personal."""

    key = serializers.CharField()
    n = serializers.IntegerField()
    questions = QuestionShape(many=True)


class ResultsView(MerchantAPIView):
    """What the answers of a survey come to."""

    scopes = {"GET": Scope.REVIEWS_READ}
    query = {"GET": ResultsQuery}

    @operation(
        id="surveys_results",
        summary="Read the results of a survey",
        description="Each figure with the number of answers behind it and its 95 % interval; `by` splits it into segments.",
        tag="Surveys",
        query=ResultsQuery,
        answers={200: ResultsShape},
        answer=examples.RESULTS,
        errors=(404,),
    )
    def get(self, request: Request, key: str) -> Response:
        try:
            survey = survey_called(key)
        except SurveyNotFound:
            raise Http404 from None
        until = self.filters["until"] or self.at
        found = results(survey=survey, since=self.filters["since"] or until - USUAL, until=until, by=self.filters["by"])
        return Response(ResultsShape({"key": survey.key, "n": found.n, "questions": found.questions}).data)
