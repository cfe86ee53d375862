"""Write a survey, and take what shoppers answer."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.encryption import random_id
from events.services import emit
from merchants.rows import insert, insert_unless_there
from orders.models import Order
from orders.selectors import setting
from reviews.events import SURVEY_ANSWERED
from reviews.models import Survey, SurveyInvite
from reviews.models.ratings import SurveyAnswer, SurveyScore
from reviews.rules.surveys import AnswerRefused, Definition, DefinitionRefused, Score, as_json, given_of, parse_definition, tidy, values_of
from reviews.selectors.surveys import CHANGEABLE, SurveyPage, scores_of
from reviews.services.invites import plan_case_invite, plan_invites, plan_parcel_invites
from reviews.types import RequestState, Trigger
from tracking.models import Shipment
from tracking.rules.places import country_code, zone_of

__all__ = [
    "AnswerRefused",
    "SurveyOver",
    "SurveyRefused",
    "answer_survey",
    "plan_case_invite",
    "plan_invites",
    "plan_parcel_invites",
    "save_survey",
]

LONGEST_NAME, MOST_DAYS = 100, 60
# Letters as in an address, so that templates can name it.
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class SurveyRefused(ValueError):
    """Cannot be asked like this; `refusals` holds every reason at once, each as (field, words)."""

    def __init__(self, refusals: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in refusals))
        self.refusals = refusals


class SurveyOver(ValueError):
    """The survey is turned off, its link has run out, or the answer was given more than fourteen days ago."""


def save_survey(
    *, survey: Survey | None, name: str, key: str, trigger: str, days: int, definition: Any, is_on: bool, at: datetime
) -> Survey:
    """Make a survey (None) or change one; another definition is another version.

    Refuses (SurveyRefused: name, key, trigger, days, `definition.…`) an empty or long name, a key that is taken or no key, what is no
    trigger, more than 60 days, what `parse_definition` refuses, and another kind for a question that was answered under the same key.
    """
    row = survey or Survey(created_at=at, version=0)
    found, problems = _checked(row, name, key, trigger, days, definition)
    if problems or found is None:
        raise SurveyRefused(problems)
    stored = as_json(found)
    if row.pk is None or stored != row.definition:
        row.version += 1
    row.name, row.key, row.trigger, row.days, row.definition = tidy(name), key, trigger, days, stored
    row.is_on, row.updated_at = is_on, at
    row.save()
    return row


def _checked(row: Survey, name: str, key: str, trigger: str, days: int, definition: Any) -> tuple[Definition | None, list[tuple[str, str]]]:
    problems: list[tuple[str, str]] = []
    if not 1 <= len(tidy(name)) <= LONGEST_NAME:
        problems.append(("name", _("Give it a name of at most %(most)s characters.") % {"most": LONGEST_NAME}))
    if not KEY.fullmatch(key):
        problems.append(("key", _("must be small letters, digits, - or _")))
    elif Survey.objects.filter(key=key).exclude(pk=row.pk).exists():
        problems.append(("key", _("Another survey has this key.")))
    if trigger not in Trigger.values:
        problems.append(("trigger", _("must be one of %(kinds)s") % {"kinds": ", ".join(Trigger.values)}))
    if type(days) is not int or not 0 <= days <= MOST_DAYS:
        problems.append(("days", _("must be a number from %(first)s to %(last)s") % {"first": 0, "last": MOST_DAYS}))
    try:
        found = parse_definition(definition)
    except DefinitionRefused as error:
        return None, [*problems, *((f"definition.{place}".rstrip("."), text) for place, text in error.problems)]
    return found, [*problems, *_changed_kinds(row, found)]


def _changed_kinds(row: Survey, definition: Definition) -> list[tuple[str, str]]:
    """Numbers on two scales under one name would be added up."""
    kinds = SurveyScore.objects.filter(answer__survey=row.pk).values_list("question", "kind").distinct() if row.pk else []
    answered = dict(kinds)
    text = _("Was answered as another kind of question: give it another key.")
    return [
        (f"definition.questions.{place}.kind", text)
        for place, one in enumerate(definition.questions)
        if answered.get(one.key, one.kind) != one.kind
    ]


def answer_survey(*, page: SurveyPage, given: Mapping[str, str], language: str, at: datetime) -> SurveyAnswer:
    """Take an answer; given again within fourteen days it changes what it names, and never becomes a second one.

    Refuses (SurveyOver) what is not live any more, (AnswerRefused, naming the question) what `values_of` refuses.
    """
    if not page.is_live:
        raise SurveyOver(page.survey.key)
    row = _held(page.survey, page.subject)
    if row is None:
        scores, row = values_of(page.definition, given), _answer(page, language, at)
        if not insert_unless_there(row):
            row = _held(page.survey, row.subject)
            assert row is not None
            scores = _changed(row, page, given, language, at)
    else:
        scores = _changed(row, page, given, language, at)
    _keep(row, page, scores)
    if page.invite is not None:
        done = {"state": RequestState.DONE, "ended_at": at, "check_at": None}
        SurveyInvite.objects.filter(pk=page.invite.pk).exclude(state=RequestState.DONE).update(**done)
    whose = {"order": page.order.pk} if page.order is not None else {}
    emit(type=SURVEY_ANSWERED, payload={"answer": row.pk, **whose}, at=at)
    return row


def _held(survey: Survey, subject: str) -> SurveyAnswer | None:
    rows = SurveyAnswer.objects.select_for_update(of=("self",)).filter(survey=survey, subject=subject)
    row: SurveyAnswer | None = rows.first() if subject else None
    return row


def _changed(row: SurveyAnswer, page: SurveyPage, given: Mapping[str, str], language: str, at: datetime) -> list[Score]:
    if at - row.at > CHANGEABLE:
        raise SurveyOver(page.survey.key)
    scores = values_of(page.definition, {**given_of(scores_of(row)), **given})
    row.changed_at, row.version, row.language = at, page.survey.version, language[:10].lower()
    row.save(update_fields=["changed_at", "version", "language"])
    return scores


def _keep(row: SurveyAnswer, page: SurveyPage, scores: Sequence[Score]) -> None:
    SurveyScore.objects.filter(answer=row, question__in=[one.key for one in page.definition.questions]).delete()
    insert(
        [SurveyScore(answer=row, question=one.question, kind=one.kind, value=one.value, choice=one.choice, text=one.text) for one in scores]
    )


def _answer(page: SurveyPage, language: str, at: datetime) -> SurveyAnswer:
    """With what was true of the order that day, which results are looked at by."""
    order, parcel = page.order, page.shipment
    row = SurveyAnswer(
        survey=page.survey,
        version=page.survey.version,
        subject=page.subject or f"open:{random_id()}",
        invite=page.invite,
        order=order,
        customer_id=order.customer_id if order is not None else None,
        at=at,
        language=language[:10].lower(),
        carrier_code=parcel.carrier_code if parcel is not None else "",
        is_late=_is_late(parcel),
    )
    if order is not None:
        row.country = (parcel.to_country if parcel is not None else "") or country_code((order.shipping_address or {}).get("country", ""))
        row.is_first_order = _is_first(order)
    return row


def _is_late(parcel: Shipment | None) -> bool | None:
    if parcel is None or parcel.delivered_at is None or parcel.promised_by is None:
        return None
    zone = zone_of(parcel.to_country, parcel.to_region) or str(setting().zone)
    return bool(parcel.delivered_at.astimezone(ZoneInfo(zone)).date() > parcel.promised_by)


def _is_first(order: Order) -> bool | None:
    if order.customer_id is None:
        return None
    before = Order.objects.filter(customer=order.customer_id, confirmed_at__isnull=False, placed_at__lt=order.placed_at)
    return not before.exists()
