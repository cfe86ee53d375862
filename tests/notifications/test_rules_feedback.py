"""Questions and reviews as the pure decision sees them, and where one may ask without having been allowed to."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from customers.types import Standing, Topic
from notifications.plans import default_plan
from notifications.registry import CATALOGUE, entry_of
from notifications.review_entries import ABOUT_REVIEWS
from notifications.rules import Facts, Feedback, Home, Recent, Way, decide, may_ask, place_of, recheck
from notifications.rules.consent import OPT_OUT
from notifications.types import Kind, Send, Skip
from reviews.types import RequestState, ReviewState
from tests.conftest import NOW

BERLIN = place_of(told="", country="DE", region="", phone_country="DE", home=Home("DE", "Europe/Berlin"))
ASKS = (Kind.REVIEW_REQUEST, Kind.REVIEW_REMINDER, Kind.SURVEY)
AUTHORS = (Kind.REVIEW_PUBLISHED, Kind.REVIEW_REJECTED, Kind.REVIEW_ANSWERED, Kind.REVIEW_THANKS)
YES = Standing({("offers", "email"): True})
DAY = timedelta(days=1)


def facts(kind: Kind, state: str = RequestState.ASKED, **over: Any) -> Facts:
    plain = Facts(entry=entry_of(kind), channel="email", recipient="sam@example.com", now=NOW, start=NOW, not_after=NOW + 14 * DAY)
    return replace(plain, place=BERLIN, feedback=Feedback(state), **over)


def answer(asked: Facts) -> str:
    decision = decide(asked)
    return decision.reason if isinstance(decision, Skip) else "send"


@pytest.mark.parametrize("kind", ASKS)
def test_only_what_was_asked_and_is_not_answered_is_told(kind: Kind) -> None:
    said = {state: answer(facts(kind, state, standing=YES)) for state in RequestState}
    assert said == {state: "send" if state == RequestState.ASKED else "nothing_to_ask" for state in RequestState}
    assert answer(replace(facts(kind, standing=YES), feedback=Feedback(RequestState.ASKED, "", "sent back"))) == "nothing_to_ask"


TRUE = {
    Kind.REVIEW_PUBLISHED: {ReviewState.PUBLISHED},
    Kind.REVIEW_REJECTED: {ReviewState.REJECTED},
    Kind.REVIEW_ANSWERED: {ReviewState.PENDING, ReviewState.PUBLISHED, ReviewState.REJECTED},
    Kind.REVIEW_THANKS: set(ReviewState),
}


@pytest.mark.parametrize("kind", AUTHORS)
def test_an_author_is_told_what_is_still_so(kind: Kind) -> None:
    assert {state for state in ReviewState if answer(facts(kind, state)) == "send"} == TRUE[kind]
    assert answer(replace(facts(kind, ReviewState.PUBLISHED), feedback=Feedback(ReviewState.PUBLISHED, "", "gone"))) == "newer_news"


@pytest.mark.parametrize("kind", AUTHORS)
def test_an_author_is_told_whatever_was_said_about_offers(kind: Kind) -> None:
    refused = Standing({(topic, "email"): False for topic in Topic})
    state = next(iter(TRUE[kind]))
    assert answer(facts(kind, state, standing=refused)) == "send"
    assert answer(facts(kind, state, standing=replace(refused, is_important_only=True))) == (
        "important_only" if kind == Kind.REVIEW_PUBLISHED else "send"
    )


COUNTRIES = [
    # what was said, the countries the order names -> may it be asked by e-mail
    ({}, (), False),
    ({}, ("DE",), False),
    ({}, ("US",), True),
    ({}, ("US", "CA"), True),
    ({}, ("US", "DE"), False),
    ({}, ("us",), False),
    ({("offers", "email"): False}, ("US",), False),
    ({("reviews", "email"): False}, ("US",), False),
    ({("offers", "email"): True}, ("DE",), True),
    ({("offers", "sms"): True}, ("DE",), False),
    ({("offers", "email"): True, ("reviews", "email"): False}, ("DE",), False),
]


@pytest.mark.parametrize(("said", "countries", "expected"), COUNTRIES)
def test_consent_is_asked_for_where_the_country_wants_it(
    said: dict[tuple[str, str], bool], countries: tuple[str, ...], expected: bool
) -> None:
    standing = Standing(said)
    for kind in (*ASKS, Kind.THEME_DONE):
        asked = facts(kind, standing=standing, countries=frozenset(countries))
        assert answer(asked) == ("send" if expected else "marketing_consent")
        assert any(one.condition == "marketing_consent" and one.ok == expected and one.detail for one in decide(asked).reasons)
    assert may_ask(standing, countries=countries, now=NOW) == expected


@pytest.mark.parametrize("country", sorted(OPT_OUT))
def test_no_country_lets_offers_or_text_messages_go_without_consent(country: str) -> None:
    here = frozenset({country})
    offer = facts(Kind.REVIEW_REQUEST, entry=replace(entry_of(Kind.REVIEW_REQUEST), topic=Topic.OFFERS), countries=here)
    text = replace(facts(Kind.REVIEW_REQUEST, countries=here), channel="sms", recipient="+15125550142")
    assert (answer(offer), answer(text)) == ("marketing_consent", "marketing_consent")
    assert OPT_OUT[country]


@pytest.mark.parametrize(
    ("over", "expected"), [({"is_important_only": True}, False), ({"paused_until": NOW + DAY}, False), ({"paused_until": NOW}, True)]
)
def test_who_wants_less_is_not_asked_in_passing_either(over: dict[str, Any], expected: bool) -> None:
    assert may_ask(replace(YES, **over), countries=(), now=NOW) == expected


def test_over_a_cap_a_question_waits_a_day_while_that_is_in_time() -> None:
    full = facts(Kind.REVIEW_REQUEST, standing=YES, recent=Recent(1, 3))
    decision = decide(full)
    assert isinstance(decision, Send)
    assert (decision.at, decision.waits) == (NOW + DAY, "frequency_cap")
    assert answer(replace(full, not_after=NOW + DAY - timedelta(hours=1))) == "frequency_cap"
    step = recheck(replace(full, start=None), Way())
    assert step is not None
    assert (step.state, step.reason, step.send_at) == ("pending", "frequency_cap", NOW + DAY)
    # What sells is withheld, as ever.
    assert answer(replace(full, entry=entry_of(Kind.ADDITIONS), feedback=None)) == "frequency_cap"


def test_trouble_goes_before_the_cap() -> None:
    decision = decide(facts(Kind.SURVEY, standing=YES, recent=Recent(1, 3), trouble="open feedback task"))
    assert isinstance(decision, Send)
    assert decision.waits == "not_now"


def test_the_catalogue_of_this_room() -> None:
    assert {entry.kind for entry in CATALOGUE if entry.is_about_feedback} == {entry.kind for entry in ABOUT_REVIEWS}
    for entry in ABOUT_REVIEWS:
        plan = default_plan(entry)
        assert plan.channels == ("email",)
        assert (entry.topic == Topic.REVIEWS) == (entry.kind not in AUTHORS)
        assert not entry.is_mandatory
        if entry.is_marketing:
            assert [f"{hour:%H}" for hour in plan.window or ()] == ["09", "21"]
            assert entry.lifetime == 14 * DAY
