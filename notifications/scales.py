"""Scales one answers with a tap: stars of a product, the numbers of a survey. A tap opens a page with that answer chosen; nothing is
answered before it is sent there, so that programs which follow links in mails answer nothing.
"""

from collections.abc import Sequence
from typing import Any

from notifications import causes
from notifications.words import clean
from orders.models import Order
from reviews.models import Survey
from reviews.rules.surveys import DefinitionRefused, Question, parse_definition, text_in
from reviews.tokens import survey_token

STARS = range(1, 6)
MOST_SURVEYS, MOST_SCALES = 10, 2
Steps = list[dict[str, Any]]


def star_steps(language: str, address: str) -> Steps:
    """One to five, each with its word; `address` is the page, to which the number is added."""
    words = causes.words(language)["stars"]
    return [{"value": n, "word": words[f"n{n}"], "url": f"{address}&stars={n}"} for n in STARS]


def live_surveys() -> list[Survey]:
    """The surveys a message may carry; one query."""
    return list(Survey.objects.filter(is_on=True).order_by("pk")[:MOST_SURVEYS])


def questions_of(survey: Survey) -> tuple[Question, ...]:
    """What it asks on a scale; none of one that cannot be read any more."""
    try:
        definition = parse_definition(survey.definition)
    except DefinitionRefused:
        return ()
    return tuple(one for one in definition.questions if one.scale)[:MOST_SCALES]


def scale_part(question: Question, language: str, home: str, address: str) -> dict[str, Any]:
    """One question with its numbers; `home` is the merchant's language."""
    words = causes.words(language)["scales"]
    return {
        "text": clean(text_in(question.text, language, home)),
        "low": words[f"{question.kind}_low"],
        "high": words[f"{question.kind}_high"],
        "steps": [{"value": n, "url": f"{address}?{question.key}={n}"} for n in question.scale],
    }


def survey_parts(surveys: Sequence[Survey], order: Order | None, language: str, home: str, base_url: str) -> list[dict[str, Any]]:
    """The first scale of each survey, by its key, for a message about the order; none without an order."""
    found = []
    for survey in surveys if order is not None else ():
        address = f"{base_url}/survey/{survey_token(survey, order)}/"
        for question in questions_of(survey)[:1]:
            found.append({"key": survey.key, "url": address, **scale_part(question, language, home, address)})
    return found


def example_part(language: str, base_url: str) -> dict[str, Any]:
    """What the block looks like while there is no survey yet."""
    words = causes.words(language)["scales"]
    steps = [{"value": n, "url": f"{base_url}/"} for n in STARS]
    return {
        "key": "example",
        "url": f"{base_url}/",
        "text": words["example"],
        "low": words["csat_low"],
        "high": words["csat_high"],
        "steps": steps,
    }


def harmless(parts: Sequence[dict[str, Any]], home: str) -> list[dict[str, Any]]:
    """The same without the addresses at which whoever holds the message answers for the shopper."""
    return [part | {"url": home, "steps": [step | {"url": home} for step in part["steps"]]} for part in parts]
