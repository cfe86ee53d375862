"""A survey by the link of a message: one tap, sent by hand, what follows from it, changed but never doubled."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from merchants.models import Merchant
from orders.models import Order
from portal.rules.surveys import merged, shown_after, shown_first, tapped
from reviews.models import Survey
from reviews.models.ratings import SurveyAnswer, SurveyScore
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.rules.surveys import parse_definition
from reviews.services.surveys import save_survey
from reviews.tokens import survey_token
from tests.conftest import NOW
from tests.portal.addresses import everything
from tests.portal.reviewing import asked, heading
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words

Scope = Callable[..., Any]
EN = {"language": "en", "default": "en"}
WHY_HERE = [{"key": "price", "text": {"en": "The price"}}, {"key": "far", "text": {"en": "Nothing else near"}}]
WHAT = {"en": "The product?", "de": "Das Produkt?"}
ASKED = {
    "intro": {"en": "Two questions", "de": "Zwei Fragen"},
    "thanks": {"en": "We read it."},
    "questions": [
        {"key": "product", "kind": "csat", "text": WHAT, "reason_text": {"en": "What went wrong?"}},
        {"key": "again", "kind": "nps", "text": {"en": "Would you recommend us?"}},
        {"key": "why_here", "kind": "choice", "text": {"en": "Why here?"}, "choices": WHY_HERE},
        {"key": "words", "kind": "open", "text": {"en": "Anything else?"}},
    ],
}


def made(definition: Any = ASKED, *, key: str = "mine") -> Survey:
    return save_survey(survey=None, name=key, key=key, trigger="none", days=1, definition=definition, is_on=True, at=NOW)


@pytest.fixture
def order(in_scope: Scope) -> Order:
    found: Order = in_scope(asked)[0]
    return found


@pytest.fixture
def path(in_scope: Scope, order: Order) -> str:
    return f"/survey/{in_scope(lambda: survey_token(made(), order))}/"


def scores() -> dict[str, Any]:
    rows = SurveyScore.objects.values_list("question", "value", "choice", "text")
    return {question: value if value is not None and not text else (value, choice, text) for question, value, choice, text in rows}


def test_what_was_tapped_is_chosen_and_counts_once_it_is_sent(browser: Client, acme: Merchant, in_scope: Scope, path: str) -> None:
    before = everything(acme)
    html = browser.get(f"{path}?product=4").content.decode()
    assert 'name="q-product" value="4" checked' in html and html.count("checked") == 1
    assert "Two questions" in html and "Anything else?" not in html
    assert everything(acme) == before
    assert rows_read(browser, f"{path}?product=4") <= 12
    sent = browser.post(path, {"step": "first", "q-product": "4"})
    assert (sent.status_code, sent["Location"]) == (302, f"{path}?more=1")
    assert in_scope(scores) == {"product": 4}


def test_a_low_score_is_asked_why_and_the_rest_is_up_to_the_shopper(browser: Client, in_scope: Scope, path: str) -> None:
    more = browser.post(path, {"step": "first", "q-product": "1", "q-again": "9"})["Location"]
    text = words(browser, more)
    assert "Thank you. Your answer is in." in text and "What went wrong?" in text and "Anything else?" in text
    sent = browser.post(path, {"step": "more", "q-product-why": "A hole.", "q-words": "", "q-why_here": "price"})
    assert (sent.status_code, sent["Location"]) == (302, path)
    assert "We read it." in words(browser, path)
    assert in_scope(scores) == {"product": (1, "", "A hole."), "again": 9, "why_here": (None, "price", "")}
    assert in_scope(SurveyAnswer.objects.count) == 1


def test_an_answer_is_changed_and_never_doubled(browser: Client, in_scope: Scope, path: str) -> None:
    browser.post(path, {"step": "first", "q-product": "1"})
    browser.post(path, {"step": "more", "q-product-why": "A hole."})
    html = browser.get(f"{path}?change=1").content.decode()
    assert 'name="q-product" value="1" checked' in html
    browser.post(path, {"step": "first", "q-product": "5"})
    assert in_scope(scores) == {"product": 5}  # the reason goes with the score it was given for
    assert 'name="q-product" value="2" checked' in browser.get(f"{path}?product=2").content.decode()
    assert in_scope(SurveyAnswer.objects.count) == 1


NO_ANSWERS = [("", ""), ("q-product", "6"), ("q-product", "x"), ("q-again", "-1"), ("q-again", "11"), ("product", "4"), ("q-product", "٤")]


@pytest.mark.parametrize(("name", "value"), NO_ANSWERS)
def test_what_is_no_answer_is_refused_and_nothing_is_kept(browser: Client, in_scope: Scope, path: str, name: str, value: str) -> None:
    response = browser.post(path, {"step": "first", name: value})
    assert response.status_code == 422 and "It was not sent yet" in response.content.decode()
    assert in_scope(SurveyAnswer.objects.count) == 0


def test_too_many_words_come_back_as_typed(browser: Client, in_scope: Scope, path: str) -> None:
    browser.post(path, {"step": "first", "q-product": "1"})
    response = browser.post(path, {"step": "more", "q-product-why": "a hole " * 400})
    html = response.content.decode()
    assert response.status_code == 422 and 'href="#q-product-why"' in html and "a hole a hole" in html
    assert in_scope(scores) == {"product": 1}


@pytest.mark.parametrize("query", ["?product=9", "?product=x", "?words=hello", "?csrf=1", "?product=%00", "?more=1", "?change=1"])
def test_an_odd_address_shows_the_questions_with_nothing_chosen(browser: Client, path: str, query: str) -> None:
    response = browser.get(path + query)
    assert response.status_code == 200 and "checked" not in response.content.decode()


def test_a_link_for_anybody_leads_each_to_an_answer_of_their_own(browser: Client, in_scope: Scope, order: Order) -> None:
    path = f"/survey/{in_scope(lambda: survey_token(made()))}/"
    mine = [browser.post(path, {"step": "first", "q-product": stars})["Location"].partition("?")[0] for stars in ("5", "1")]
    assert len({path, *mine}) == 3
    browser.post(mine[0], {"step": "first", "q-product": "3"})
    values = in_scope(lambda: sorted(SurveyScore.objects.values_list("value", flat=True)))
    assert values == [1, 3]


def test_a_survey_that_is_over_says_so_and_takes_nothing(browser: Client, in_scope: Scope, path: str) -> None:
    in_scope(lambda: Survey.objects.update(is_on=False))
    assert heading(browser.get(path)) == "This survey is over"
    assert browser.post(path, {"step": "first", "q-product": "4"}).status_code == 409
    assert in_scope(SurveyAnswer.objects.count) == 0


def test_after_two_weeks_an_answer_stays_as_it_is(browser: Client, in_scope: Scope, path: str) -> None:
    browser.post(path, {"step": "first", "q-product": "4"})
    with time_machine.travel(NOW + timedelta(days=15), tick=False):
        assert browser.post(path, {"step": "first", "q-product": "1"}).status_code == 409
    assert in_scope(scores) == {"product": 4}


def test_a_forged_link_and_one_of_another_shop_are_nothing(browser: Client, borealis: Merchant, path: str) -> None:
    assert browser.get(path[:-3] + ("xx/" if path[-3:] != "xx/" else "yy/")).status_code == 404
    assert browser.get(path, headers={"host": "borealis.platform.test"}).status_code == 404
    assert browser.post(path, {"q-product": "4"}, headers={"host": "borealis.platform.test"}).status_code == 404


def test_it_speaks_the_readers_language_where_it_knows_it(browser: Client, path: str) -> None:
    html = browser.get(path, headers={"accept-language": "de"}).content.decode()
    assert "Zwei Fragen" in html and "Das Produkt?" in html and "Would you recommend us?" in html


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_every_shipped_survey_can_be_answered_without_script(browser: Client, in_scope: Scope, order: Order, name: str) -> None:
    survey = in_scope(made, DEFAULTS[name].definition, key=name)
    path = f"/survey/{in_scope(survey_token, survey, order)}/"
    assert "Send" in words(browser, path)
    questions = in_scope(lambda: parse_definition(survey.definition).questions)
    given = {f"q-{one.key}": str(one.scale[0]) if one.scale else "Fine." for one in questions if not one.choices}
    assert browser.post(path, {"step": "first", **given}).status_code == 302
    assert in_scope(SurveyAnswer.objects.count) == 1


def test_what_is_asked_at_once_takes_one_tap() -> None:
    definition = parse_definition(ASKED)
    assert [one.key for one in shown_first(definition, {}, **EN)] == ["product", "again"]
    assert [one.key for one in shown_after(definition, {"product": "2"}, **EN)] == ["product-why", "why_here", "words"]
    assert [one.key for one in shown_after(definition, {"product": "3"}, **EN)] == ["why_here", "words"]
    only_words = parse_definition({"questions": [{"key": "words", "kind": "open", "text": {"en": "Tell us"}}]})
    assert [one.key for one in shown_first(only_words, {}, **EN)] == ["words"]
    assert shown_after(only_words, {}, **EN) == []


@pytest.mark.parametrize(
    ("earlier", "form", "kept"),
    [
        ({}, {"q-product": "4"}, {"product": "4"}),
        ({"product": "1"}, {"q-product-why": "A hole"}, {"product": "1", "product-why": "A hole"}),
        ({"product": "1", "product-why": "A hole"}, {"q-product": "2"}, {"product": "2", "product-why": "A hole"}),
        ({"product": "1", "product-why": "A hole"}, {"q-product": "5"}, {"product": "5", "product-why": ""}),
        ({"product": "1"}, {"product": "5", "csrfmiddlewaretoken": "x"}, {"product": "1"}),
    ],
)
def test_what_a_form_says_takes_the_place_of_what_was_said(earlier: dict[str, str], form: dict[str, str], kept: dict[str, str]) -> None:
    assert merged(parse_definition(ASKED), earlier, form) == kept


def test_only_numbers_on_a_scale_can_be_tapped() -> None:
    definition = parse_definition(ASKED)
    assert tapped(definition, {"product": "5", "again": "0", "words": "hello", "why_here": "price", "x": "1"}) == {
        "product": "5",
        "again": "0",
    }
    assert tapped(definition, {"product": "0", "again": "11"}) == {}
