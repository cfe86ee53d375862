"""Surveys: written, put to shoppers, answered once, changed, and what comes of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from reviews.models import Survey, SurveyInvite
from reviews.models.ratings import SurveyAnswer, SurveyScore
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.rules.surveys import AnswerRefused, parse_definition
from reviews.selectors.results import BadSegment, results
from reviews.selectors.surveys import SurveyNotFound, SurveyPage, survey_called, survey_page, surveys
from reviews.services.surveys import SurveyOver, SurveyRefused, answer_survey, plan_case_invite, plan_invites, save_survey
from reviews.services.sweep import sweep_reviews
from reviews.tokens import SurveyKey, SurveyWay, answer_token, invite_token, read_survey_token, survey_token
from tests.conftest import NOW
from tests.factories import place_order
from tests.reviews.stage import CAME, DAY, Unchanged, bought, events, parcel_of, send
from tracking.models import Shipment

pytestmark = pytest.mark.django_db
DUE, ANSWERED = CAME + DAY, CAME + 2 * DAY


def save(name: str = "csat", /, **over: Any) -> Survey:
    """A shipped survey, turned on."""
    shipped = DEFAULTS[name]
    values: dict[str, Any] = {
        "survey": None, "name": shipped.name, "key": shipped.key, "trigger": shipped.trigger, "days": shipped.days,
        "definition": shipped.definition, "is_on": True, "at": NOW, **over,
    }  # fmt: skip
    return save_survey(**values)


@pytest.fixture
def survey(in_acme: Merchant) -> Survey:
    return save()


def invited(order: Order) -> SurveyInvite:
    (row,) = plan_invites(shipment=parcel_of(order), at=CAME)
    return row


def page_of(token: str, now: datetime = ANSWERED) -> SurveyPage:
    return survey_page(token=token, now=now)


def answer(page: SurveyPage, at: datetime = ANSWERED, **given: str) -> SurveyAnswer:
    return answer_survey(page=page, given=given, language="en", at=at)


def scores(row: SurveyAnswer) -> dict[str, tuple[int | None, str]]:
    rows = SurveyScore.objects.filter(answer=row)
    return {one.question: (one.value, one.text) for one in rows}


# Written.


def test_a_survey_is_stored_as_it_reads(survey: Survey) -> None:
    assert (survey.key, survey.trigger, survey.days, survey.version, survey.is_on, survey.created_at) == (
        "csat",
        "delivered",
        1,
        1,
        True,
        NOW,
    )
    assert parse_definition(survey.definition) == parse_definition(DEFAULTS["csat"].definition)
    assert (survey_called("csat"), surveys()) == (survey, [survey])
    with pytest.raises(SurveyNotFound):
        survey_called("nothing")


def test_another_definition_is_another_version(survey: Survey) -> None:
    same = save(survey=survey, name="Other", is_on=False, at=NOW + DAY)
    assert (same.pk, same.version, same.name, same.is_on, same.updated_at) == (survey.pk, 1, "Other", False, NOW + DAY)
    assert save(survey=same, definition=DEFAULTS["nps"].definition).version == 2


@pytest.mark.parametrize(
    ("over", "fields"),
    [
        ({"name": " \u200b"}, ["name"]),
        ({"name": "x" * 101}, ["name"]),
        ({"key": "With space"}, ["key"]),
        ({"key": ""}, ["key"]),
        ({"key": "csat"}, ["key"]),
        ({"trigger": "birthday"}, ["trigger"]),
        ({"days": 61}, ["days"]),
        ({"days": -1}, ["days"]),
        ({"days": True}, ["days"]),
        ({"definition": {"questions": [{"key": "x", "kind": "stars"}]}}, ["definition.questions.0.kind"]),
        ({"definition": None, "name": ""}, ["name", "definition"]),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_field(survey: Survey, over: dict[str, Any], fields: list[str]) -> None:
    with Unchanged(SurveyRefused) as refused:
        save(**{"key": "second", **over})
    assert [field for field, _text in refused.value.refusals] == fields


def test_a_question_that_was_answered_keeps_its_kind(survey: Survey) -> None:
    answer(page_of(survey_token(survey)), product="5")
    other = {"questions": [{"key": "product", "kind": "nps", "text": {"en": "?"}}, {"key": "delivery", "kind": "nps", "text": {"en": "?"}}]}
    with Unchanged(SurveyRefused) as refused:
        save(survey=survey, definition=other)
    assert [field for field, _text in refused.value.refusals] == ["definition.questions.0.kind"]


# Put to shoppers.


def test_a_delivered_parcel_is_followed_by_its_surveys_once(survey: Survey) -> None:
    save("nps")
    save("ces")
    save("open")
    save("csat", key="off", is_on=False)
    order = bought()
    rows = plan_invites(shipment=parcel_of(order), at=CAME)
    subject = f"shipment:{parcel_of(order).pk}"
    assert [(row.survey.key, row.subject, row.state, row.due_at) for row in rows] == [
        ("csat", subject, "waiting", DUE),
        ("nps", subject, "waiting", CAME + 14 * DAY),
    ]
    assert [row.pk for row in plan_invites(shipment=parcel_of(order), at=DUE)] == [row.pk for row in rows]
    assert SurveyInvite.objects.count() == 2


@pytest.mark.parametrize("columns", [{"is_imported": True}, {"state": "cancelled"}, {"erased_at": NOW}, {"payment_state": "refunded"}])
def test_nobody_is_asked_about_what_is_over(survey: Survey, columns: dict[str, Any]) -> None:
    order = bought()
    Order.objects.update(**columns)
    assert plan_invites(shipment=parcel_of(order), at=CAME) == []
    assert plan_invites(shipment=parcel_of(order), at=CAME + 31 * DAY) == []


def test_a_case_that_ended_is_followed_by_its_survey_once(survey: Survey) -> None:
    ces, order = save("ces"), bought()
    assert plan_case_invite(order=order, case_number="R-7K3F-9Q2M", at=ANSWERED) == 1
    assert plan_case_invite(order=order, case_number="R-7K3F-9Q2M", at=ANSWERED + DAY) == 0
    (row,) = plan_invites(case=("R-7K3F-9Q2M", order), at=ANSWERED)
    assert (row.survey, row.subject, row.shipment, row.due_at) == (ces, "case:R-7K3F-9Q2M", None, ANSWERED)
    Order.objects.update(is_imported=True)
    order.refresh_from_db()
    assert plan_case_invite(order=order, case_number="R-2", at=ANSWERED) == 0


def test_asked_when_due_and_over_after_ninety_days(survey: Survey) -> None:
    order = bought()
    row = invited(order)
    assert (sweep_reviews(now=DUE - DAY / 24), sweep_reviews(now=DUE), sweep_reviews(now=DUE)) == (0, 1, 0)
    row.refresh_from_db()
    assert (row.state, row.asked_at, row.ends_at) == ("asked", DUE, DUE + 90 * DAY)
    told = Event.objects.get(type="reviews.survey.due")
    assert told.payload == {"invite": row.pk, "order": order.pk}
    assert sweep_reviews(now=DUE + 90 * DAY) == 1
    row.refresh_from_db()
    assert (row.state, row.reason, row.check_at, events()) == ("ended", "over", None, ["survey.due"])


def test_a_survey_waits_for_the_morning(survey: Survey) -> None:
    row = invited(bought())
    night = DUE + timedelta(hours=14)
    sweep_reviews(now=night)
    row.refresh_from_db()
    assert row.check_at is not None
    assert (row.state, events(), row.check_at > night + timedelta(hours=7)) == ("waiting", [], True)


def test_a_survey_turned_off_meanwhile_is_put_to_nobody(survey: Survey) -> None:
    row = invited(bought())
    Survey.objects.update(is_on=False)
    sweep_reviews(now=DUE)
    row.refresh_from_db()
    assert (row.state, row.reason, events()) == ("ended", "off", [])


def test_a_delivery_is_planned_on_the_event_road(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        save()
        bought()
    run_until_quiet(lambda: CAME)
    with merchant_scope(acme.pk):
        assert SurveyInvite.objects.get().due_at == DUE


# Links.


def test_each_way_to_a_survey_has_its_token(survey: Survey) -> None:
    order = bought()
    row = invited(order)
    found = answer(page_of(invite_token(row)), product="4")
    assert read_survey_token(invite_token(row)) == SurveyKey(SurveyWay.INVITE, survey.public_id, row.public_id)
    assert read_survey_token(survey_token(survey, order)) == SurveyKey(SurveyWay.ORDER, survey.public_id, order.public_id)
    assert read_survey_token(survey_token(survey)) == SurveyKey(SurveyWay.OPEN, survey.public_id, "")
    assert read_survey_token(answer_token(survey, found.public_id)) == SurveyKey(SurveyWay.ANSWER, survey.public_id, found.public_id)


def test_a_forged_token_leads_nowhere(survey: Survey) -> None:
    order = bought()
    for token in (survey_token(survey), survey_token(survey, order), invite_token(invited(order))):
        for forged in (
            token[:-1],
            token + "x",
            "o" + token[1:] if token[0] != "o" else "i" + token[1:],
            "x" + token[1:],
            "é" * len(token),
            "",
        ):
            with pytest.raises(SurveyNotFound):
                page_of(forged)


def test_another_merchants_or_an_erased_orders_link_leads_nowhere(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        survey, order = save(), bought()
        tokens = [survey_token(survey), survey_token(survey, order), invite_token(invited(order))]
    for token in tokens:
        with merchant_scope(borealis.pk), pytest.raises(SurveyNotFound):
            page_of(token)
    with merchant_scope(acme.pk):
        Order.objects.update(erased_at=NOW)
        for token in tokens[1:]:
            with pytest.raises(SurveyNotFound):
                page_of(token)


def test_the_page_knows_what_it_is_about(survey: Survey) -> None:
    order = bought()
    row = invited(order)
    page = page_of(invite_token(row))
    assert (page.survey, page.subject, page.order, page.invite, page.shipment) == (survey, row.subject, order, row, parcel_of(order))
    assert (page.definition.questions[0].key, page.given, page.answer, page.is_live) == ("product", {}, None, True)


def test_a_link_in_a_message_and_an_invitation_lead_to_one_answer(survey: Survey) -> None:
    order = bought()
    block = survey_token(survey, order)
    assert page_of(block).subject == f"order:{order.pk}"
    row = invited(order)
    answer(page_of(invite_token(row)), product="5")
    assert (page_of(block).subject, page_of(block).given) == (row.subject, {"product": "5"})


def test_a_link_is_over_with_its_survey_or_after_ninety_days(survey: Survey) -> None:
    order = bought()
    row, block, open_link = invited(order), survey_token(survey, place_order(number="1002")), survey_token(survey)
    sweep_reviews(now=DUE)
    late = DUE + 90 * DAY
    assert [page_of(token, late).is_live for token in (invite_token(row), block, open_link)] == [False, True, True]
    send(Order.objects.get(number="1002"), tracking_number="X2")
    assert [page_of(block, CAME + 90 * DAY - DAY / 24).is_live, page_of(block, CAME + 90 * DAY).is_live] == [True, False]
    Survey.objects.update(is_on=False)
    assert [page_of(token).is_live for token in (invite_token(row), block, open_link)] == [False, False, False]


# Answered.


def test_an_answer_keeps_what_was_true_that_day(survey: Survey) -> None:
    order = bought()
    Shipment.objects.update(promised_by=CAME.date() - DAY)
    row = answer_survey(
        page=page_of(invite_token(invited(order))),
        given={"product": "5", "delivery": "1", "delivery-why": "Wet"},
        language="PT-BR",
        at=ANSWERED,
    )
    assert (row.customer, row.order, row.version, row.at, row.changed_at) == (order.customer, order, 1, ANSWERED, None)
    assert (row.language, row.country, row.carrier_code, row.is_late, row.is_first_order) == ("pt-br", "DE", "dhl", True, True)
    assert scores(row) == {"product": (5, ""), "delivery": (1, "Wet")}
    assert events() == ["survey.answered"]
    assert Event.objects.get(type="reviews.survey.answered").payload == {"answer": row.pk, "order": order.pk}


def test_a_second_order_in_time_is_neither_late_nor_first(survey: Survey) -> None:
    place_order(number="900", placed_at=NOW - 30 * DAY)
    row = answer(page_of(invite_token(invited(bought()))), product="5")
    assert (row.is_late, row.is_first_order) == (False, False)


def test_an_answered_invitation_is_done(survey: Survey) -> None:
    row = invited(bought())
    sweep_reviews(now=DUE)
    answer(page_of(invite_token(row)), product="5")
    row.refresh_from_db()
    assert (row.state, row.ended_at, row.check_at) == ("done", ANSWERED, None)
    assert sweep_reviews(now=DUE + 90 * DAY) == 0


def test_answered_again_it_changes_what_it_names_for_fourteen_days(survey: Survey) -> None:
    token = invite_token(invited(bought()))
    first = answer(page_of(token), product="5", delivery="2")
    again = answer(page_of(token), at=ANSWERED + 14 * DAY, **{"delivery": "4", "words": "Better now"})
    assert (again.pk, again.at, again.changed_at) == (first.pk, ANSWERED, ANSWERED + 14 * DAY)
    assert scores(again) == {"product": (5, ""), "delivery": (4, ""), "words": (None, "Better now")}
    assert page_of(token).given == {"product": "5", "delivery": "4", "words": "Better now"}
    cleared = answer(page_of(token), words="")
    assert scores(cleared) == {"product": (5, ""), "delivery": (4, "")}
    late = ANSWERED + 14 * DAY + timedelta(seconds=1)
    assert not page_of(token, late).is_live
    for page in (page_of(token, late), page_of(token)):
        with Unchanged(SurveyOver):
            answer(page, at=late, product="1")


def test_an_open_link_is_answered_by_many_and_each_can_come_back(survey: Survey) -> None:
    first, second = (answer(page_of(survey_token(survey)), product=value) for value in "15")
    assert first.pk != second.pk
    assert (first.order, first.customer, first.is_late, first.country) == (None, None, None, "")
    back = page_of(answer_token(survey, first.public_id))
    assert (back.given, back.subject) == ({"product": "1"}, first.subject)
    assert answer(back, ANSWERED, **{"product-why": "Torn"}).pk == first.pk
    assert scores(first) == {"product": (1, "Torn")}


def test_a_refused_answer_leaves_nothing(survey: Survey) -> None:
    token = invite_token(invited(bought()))
    for given, field in (({"product": "6"}, "product"), ({}, ""), ({"words": "x" * 2001}, "words")):
        with Unchanged(AnswerRefused) as refused:
            answer_survey(page=page_of(token), given=given, language="en", at=ANSWERED)
        assert refused.value.field == field


# Results.


def given(survey: Survey, *numbers: int, at: datetime = ANSWERED, **columns: Any) -> None:
    for number in numbers:
        row = answer_survey(page=page_of(survey_token(survey)), given={survey_question(survey): str(number)}, language="en", at=at)
        SurveyAnswer.objects.filter(pk=row.pk).update(**{"at": at, **columns})


def survey_question(survey: Survey) -> str:
    return parse_definition(survey.definition).questions[0].key


def test_results_tell_their_number_and_interval(survey: Survey) -> None:
    given(survey, 2, 2, 3, 4, 4, 4, 4, 4, 5, 5)
    given(survey, 1, at=ANSWERED + 30 * DAY)
    found = results(survey=survey, since=NOW, until=ANSWERED + DAY)
    product, delivery, words = found.questions
    assert (found.n, product.n, delivery.n, words.n) == (10, 10, 0, 0)
    assert product.value == pytest.approx(3.7)
    assert [product.low, product.high] == pytest.approx([2.942, 4.458], abs=0.001)
    assert dict(product.counts) == {"1": 0, "2": 2, "3": 1, "4": 5, "5": 2}
    assert product.satisfied is not None
    assert (product.satisfied.value, product.satisfied.n) == (0.7, 10)
    assert (delivery.value, delivery.low, product.segments) == (None, None, ())


def test_results_of_nps_and_of_ces(in_acme: Merchant) -> None:
    nps, ces = save("nps"), save("ces")
    given(nps, *[9] * 20, *[10] * 30, *[7] * 30, *[3] * 20)
    given(ces, 7, 7, 6)
    (found,) = results(survey=nps, since=NOW, until=ANSWERED + DAY).questions
    assert (found.n, found.value, found.satisfied) == (100, 30.0, None)
    assert [found.low, found.high] == pytest.approx([14.1, 44.2], abs=0.1)
    (ease,) = results(survey=ces, since=NOW, until=ANSWERED + DAY).questions
    assert [ease.n, ease.value] == pytest.approx([3, 6.667], abs=0.001)


def test_results_of_one_of_several_and_of_words(in_acme: Merchant) -> None:
    colours = [{"key": key, "text": {"en": key}} for key in ("red", "blue")]
    asked = [
        {"key": "colour", "kind": "choice", "text": {"en": "?"}, "choices": colours},
        {"key": "words", "kind": "open", "text": {"en": "?"}},
    ]
    survey = save("open", definition={"questions": asked})
    for number, choice in enumerate(("blue", "blue", "red")):
        answer(page_of(survey_token(survey)), at=ANSWERED + number * DAY, colour=choice, words=f"No. {number}")
    found = results(survey=survey, since=NOW, until=ANSWERED + 9 * DAY)
    assert (found.questions[0].n, found.questions[0].value, dict(found.questions[0].counts)) == (3, None, {"red": 1, "blue": 2})
    assert (found.questions[1].n, [said.text for said in found.words]) == (3, ["No. 2", "No. 1", "No. 0"])
    assert (found.words[0].question, found.words[0].at, found.words[0].language) == ("words", ANSWERED + 2 * DAY, "en")


@pytest.mark.parametrize(
    ("by", "column", "values", "names"),
    [
        ("carrier", "carrier_code", ("dhl", "ups"), ("dhl", "ups")),
        ("country", "country", ("DE", ""), ("DE", "")),
        ("language", "language", ("de", "en"), ("de", "en")),
        ("late", "is_late", (True, False), ("yes", "no")),
        ("first_order", "is_first_order", (None, True), ("", "yes")),
    ],
)
def test_results_by_segment(survey: Survey, by: str, column: str, values: tuple[Any, Any], names: tuple[str, str]) -> None:
    given(survey, 1, 2, 3, **{column: values[0]})
    given(survey, 5, 4, **{column: values[1]})
    product = results(survey=survey, since=NOW, until=ANSWERED + DAY, by=by).questions[0]
    assert [(part.name, part.n, part.value) for part in product.segments] == [(names[0], 3, 2.0), (names[1], 2, 4.5)]
    assert product.segments[0].low == 1
    assert (product.n, product.value) == (5, 3.0)


def test_results_by_nothing_known_are_refused(survey: Survey) -> None:
    with pytest.raises(BadSegment):
        results(survey=survey, since=NOW, until=ANSWERED, by="stars")


def test_results_take_three_queries(survey: Survey, django_assert_num_queries: Any) -> None:
    given(survey, 1, 2, 3)
    with django_assert_num_queries(3):
        results(survey=survey, since=NOW, until=ANSWERED + DAY, by="late")
