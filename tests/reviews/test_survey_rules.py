"""What a survey may hold, and what counts as an answer: by tables."""

from typing import Any

import pytest

from merchants.types import Language
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.rules.surveys import (
    AnswerRefused,
    Definition,
    DefinitionRefused,
    Score,
    as_json,
    given_of,
    parse_definition,
    text_in,
    values_of,
)
from reviews.types import QuestionKind

K = QuestionKind
EN = {"en": "How was it?"}


def question(**over: Any) -> dict[str, Any]:
    return {"key": "product", "kind": "csat", "text": EN, **over}


def asking(*questions: Any, **over: Any) -> dict[str, Any]:
    return {"questions": list(questions), **over}


COLOURS = [{"key": "red", "text": {"en": "Red"}}, {"key": "blue", "text": {"en": "Blue"}}]
WHOLE = asking(
    question(reason_text={"en": "Why?"}),
    question(key="recommend", kind="nps", is_required=True, low=4),
    question(key="ease", kind="ces", low=None),
    question(key="colour", kind="choice", choices=COLOURS),
    question(key="words", kind="open"),
    intro={"de": "Guten Tag"},
)


@pytest.fixture
def definition() -> Definition:
    return parse_definition(WHOLE)


def test_a_definition_is_read_whole(definition: Definition) -> None:
    product, recommend, ease, colour, words = definition.questions
    assert (product.kind, product.text, product.low, product.is_required, product.reason_text) == (K.CSAT, EN, 2, False, {"en": "Why?"})
    assert (recommend.low, recommend.is_required, list(recommend.scale)) == (4, True, list(range(11)))
    assert (ease.low, list(ease.scale), ease.is_low(1)) == (None, [1, 2, 3, 4, 5, 6, 7], False)
    assert ([one.key for one in colour.choices], list(colour.scale), words.low) == (["red", "blue"], [], None)
    assert (definition.intro, definition.thanks) == ({"de": "Guten Tag"}, {})
    assert (definition.question("ease"), definition.question("nothing")) == (ease, None)


def test_what_is_stored_reads_the_same_again(definition: Definition) -> None:
    assert parse_definition(as_json(definition)) == definition


@pytest.mark.parametrize(("value", "is_one"), [(None, False), (1, True), (2, True), (3, False)])
def test_low_is_at_most_its_number(definition: Definition, value: int | None, is_one: bool) -> None:
    assert definition.questions[0].is_low(value) is is_one


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (None, [""]),
        ([], [""]),
        ({}, ["questions"]),
        (asking(), ["questions"]),
        (asking(*[question(key=f"q{n}") for n in range(13)]), ["questions"]),
        (asking(question(), question()), ["questions"]),
        (asking(question(), other=1), ["other"]),
        (asking("x"), ["questions.0"]),
        (asking(question(key="Ä")), ["questions.0.key"]),
        (asking(question(key="a-why")), ["questions.0.key"]),
        (asking(question(key=None)), ["questions.0.key"]),
        (asking(question(kind="stars")), ["questions.0.kind"]),
        (asking(question(kind=[])), ["questions.0.kind"]),
        (asking(question(text={})), ["questions.0.text"]),
        (asking(question(text={"en": " \u200b "})), ["questions.0.text"]),
        (asking(question(text="How?")), ["questions.0.text"]),
        (asking(question(text={"en": "x", "tlh": "x"})), ["questions.0.text.tlh"]),
        (asking(question(text={"en": "x" * 301})), ["questions.0.text.en"]),
        (asking(question(is_required="yes")), ["questions.0.is_required"]),
        (asking(question(low=5)), ["questions.0.low"]),
        (asking(question(low=0)), ["questions.0.low"]),
        (asking(question(low=True)), ["questions.0.low"]),
        (asking(question(low="2")), ["questions.0.low"]),
        (asking(question(kind="open", low=1)), ["questions.0.low"]),
        (asking(question(kind="open", reason_text=EN)), ["questions.0.reason_text"]),
        (asking(question(choices=COLOURS)), ["questions.0.choices"]),
        (asking(question(kind="choice")), ["questions.0.choices"]),
        (asking(question(kind="choice", choices=COLOURS[:1] * 2)), ["questions.0.choices"]),
        (asking(question(kind="choice", choices=[*COLOURS, {"key": "", "text": EN}])), ["questions.0.choices.2.key"]),
        (asking(question(kind="choice", choices=[*COLOURS, {"key": "x"}])), ["questions.0.choices.2.text"]),
        (asking(question(hint="x")), ["questions.0.hint"]),
        (asking(question(), intro={"en": "x" * 1001}), ["intro.en"]),
        (asking(question(key=""), question(kind="x"), thanks=1), ["questions.0.key", "questions.1.kind", "thanks"]),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_place_and_all_at_once(data: Any, places: list[str]) -> None:
    with pytest.raises(DefinitionRefused) as refused:
        parse_definition(data)
    assert [place for place, _text in refused.value.problems] == places


def test_texts_lose_what_nobody_sees() -> None:
    found = parse_definition(asking(question(text={"en": " How\u202e was\u0000 it? "})))
    assert found.questions[0].text == EN


def test_answers_are_read_question_by_question(definition: Definition) -> None:
    given = {"product": "2", "product-why": " Torn.\r\nSorry \u202e", "recommend": "10", "colour": "red", "words": "", "csrf": "x"}
    assert values_of(definition, given) == [
        Score("product", K.CSAT, 2, text="Torn.\nSorry"),
        Score("recommend", K.NPS, 10),
        Score("colour", K.CHOICE, choice="red"),
    ]


def test_what_was_given_reads_the_same_again(definition: Definition) -> None:
    given = {"product": "2", "product-why": "Torn", "recommend": "0", "ease": "7", "colour": "blue", "words": "Well"}
    scores = values_of(definition, given)
    assert (given_of(scores), values_of(definition, given_of(scores))) == (given, scores)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "recommend"),
        ({"recommend": ""}, "recommend"),
        ({"recommend": "\u200d"}, "recommend"),
        ({"recommend": "11"}, "recommend"),
        ({"recommend": "-1"}, "recommend"),
        ({"recommend": "5.0000001"}, "recommend"),
        ({"recommend": "５"}, "recommend"),
        ({"recommend": "0" * 400 + "5"}, "recommend"),
        ({"recommend": "5", "product": "0"}, "product"),
        ({"recommend": "5", "product": "6"}, "product"),
        ({"recommend": "5", "product": "good"}, "product"),
        ({"recommend": "5", "ease": "8"}, "ease"),
        ({"recommend": "5", "colour": "green"}, "colour"),
        ({"recommend": "5", "words": "x" * 2001}, "words"),
        ({"recommend": "5", "product": "1", "product-why": "x" * 2001}, "product-why"),
    ],
)
def test_what_is_no_answer_is_refused_by_its_question(definition: Definition, given: dict[str, str], field: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        values_of(definition, given)
    assert refused.value.field == field


def test_an_answer_to_nothing_is_none() -> None:
    with pytest.raises(AnswerRefused) as refused:
        values_of(parse_definition(asking(question())), {"other": "5"})
    assert refused.value.field == ""


@pytest.mark.parametrize(
    ("language", "default", "found"),
    [("de", "en", "d"), ("pt-br", "de", "d"), ("zh-hans", "id", "e"), ("id", "xx", "e")],
)
def test_a_text_is_found_in_the_next_best_language(language: str, default: str, found: str) -> None:
    assert text_in({"de": "d", "en": "e", "id": ""}, language, default) == found


def test_any_text_is_better_than_none() -> None:
    assert (text_in({"id": "i"}, "de"), text_in({}, "de")) == ("i", "")


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_the_shipped_ones_can_be_asked_in_every_language(key: str) -> None:
    found = parse_definition(DEFAULTS[key].definition)
    texts = [found.thanks, *(one.text for one in found.questions), *(one.reason_text for one in found.questions if one.reason_text)]
    assert all(set(text) == set(Language.values) for text in texts)
    assert found.intro == {} or set(found.intro) == set(Language.values)
    assert {one.kind for one in found.questions if one.reason_text} <= {K.CSAT, K.NPS, K.CES}


def test_after_delivery_product_and_delivery_are_two_scores() -> None:
    found = parse_definition(DEFAULTS["csat"].definition)
    assert [(one.key, one.kind) for one in found.questions][:2] == [("product", K.CSAT), ("delivery", K.CSAT)]
