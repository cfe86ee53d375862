"""Surveys, and the page a link to one leads to."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orders.models import Order
from reviews.models import Survey, SurveyInvite
from reviews.models.ratings import SurveyAnswer, SurveyScore
from reviews.rules.asking import LIFE, is_live
from reviews.rules.surveys import Definition, Score, given_of, parse_definition
from reviews.tokens import SurveyKey, SurveyWay, read_survey_token
from reviews.types import QuestionKind
from tracking.models import Shipment

CHANGEABLE = timedelta(days=14)  # for so long an answer may be changed
UNDELIVERED = timedelta(days=400)  # how long a link in a message works when no parcel of its order ever came


class SurveyNotFound(LookupError):
    """No such survey: the link was not made here, or what it was about is gone."""


@dataclass(frozen=True, slots=True)
class SurveyPage:
    """One survey as one shopper sees it. `subject` is empty for a link anybody may follow, until it is answered."""

    survey: Survey
    definition: Definition
    subject: str = ""
    order: Order | None = None
    invite: SurveyInvite | None = None
    shipment: Shipment | None = None
    answer: SurveyAnswer | None = None
    given: dict[str, str] = field(default_factory=dict)  # what was answered before, by name of its field
    is_live: bool = True


def survey_called(key: str) -> Survey:
    """The survey templates call so. Raises SurveyNotFound."""
    row: Survey | None = Survey.objects.filter(key=key).first()
    if row is None:
        raise SurveyNotFound(f"no survey is called {key[:40]!r}")
    return row


def surveys() -> list[Survey]:
    """All of the merchant's, by name."""
    return list(Survey.objects.order_by("name", "pk"))


def survey_page(*, token: str, now: datetime) -> SurveyPage:
    """What a link leads to. Raises SurveyNotFound for what was forged, is another merchant's, or of an erased order.

    Not live: the survey is turned off, ninety days have passed, or an answer was given more than fourteen days ago.
    """
    key = read_survey_token(token)
    survey = Survey.objects.filter(public_id=key.survey_public_id).first() if key else None
    if key is None or survey is None:
        raise SurveyNotFound("no such survey")
    definition = parse_definition(survey.definition)
    if key.kind == SurveyWay.OPEN:
        return SurveyPage(survey, definition, is_live=survey.is_on)
    return _page_of(survey, definition, key, now)


def _page_of(survey: Survey, definition: Definition, key: SurveyKey, now: datetime) -> SurveyPage:
    subject, order, invite, answer = _found(survey, key)
    if order is not None and order.erased_at is not None:
        raise SurveyNotFound("no such survey")
    parcel = _parcel(subject, order, invite)
    if answer is None:
        answer = SurveyAnswer.objects.filter(survey=survey, subject=subject).first()
    is_open = survey.is_on and _is_in_time(order, invite, parcel, now) and (answer is None or now - answer.at <= CHANGEABLE)
    given = given_of(scores_of(answer)) if answer is not None else {}
    return SurveyPage(survey, definition, subject, order, invite, parcel, answer, given, is_open)


def _found(survey: Survey, key: SurveyKey) -> tuple[str, Order | None, SurveyInvite | None, SurveyAnswer | None]:
    if key.kind == SurveyWay.ANSWER:
        answer = SurveyAnswer.objects.select_related("order", "invite__shipment").filter(survey=survey, public_id=key.ref).first()
        if answer is None:
            raise SurveyNotFound("no such answer")
        return answer.subject, answer.order, answer.invite, answer
    invites = SurveyInvite.objects.select_related("order", "shipment").filter(survey=survey)
    if key.kind == SurveyWay.INVITE:
        invite = invites.filter(public_id=key.ref).first()
        if invite is None:
            raise SurveyNotFound("no such invitation")
        return invite.subject, invite.order, invite, None
    order = Order.objects.filter(public_id=key.ref).first()
    if order is None:
        raise SurveyNotFound("no such order")
    # Asked on its own as well: both ways lead to one answer.
    invite = invites.filter(order=order).order_by("-pk").first()
    return (invite.subject if invite else f"order:{order.pk}"), order, invite, None


def _parcel(subject: str, order: Order | None, invite: SurveyInvite | None) -> Shipment | None:
    """The parcel asked about, else the one of the order that came last."""
    if invite is not None and invite.shipment is not None:
        return invite.shipment
    if order is None:
        return None
    rows = Shipment.objects.filter(order=order, delivered_at__isnull=False)
    row: Shipment | None = rows.order_by("-delivered_at", "-pk").first()
    return row


def _is_in_time(order: Order | None, invite: SurveyInvite | None, parcel: Shipment | None, now: datetime) -> bool:
    if invite is not None:
        return is_live(invite.state, invite.ends_at, now)
    if order is None:
        return True
    came = parcel.delivered_at if parcel is not None else None
    return now < came + LIFE if came is not None else now < order.placed_at + UNDELIVERED


def scores_of(answer: SurveyAnswer) -> list[Score]:
    """What was answered, question by question; one query."""
    rows = SurveyScore.objects.filter(answer=answer).order_by("pk").values_list("question", "kind", "value", "choice", "text")
    return [Score(question, QuestionKind(kind), value, choice, text) for question, kind, value, choice, text in rows]
