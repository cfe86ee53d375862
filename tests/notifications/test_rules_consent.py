"""Consent, preferences, pauses, caps and the guard: what is withheld, what waits, and that every answer explains itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.rules import is_wanted
from customers.types import MARKETING, Standing, Topic
from notifications.registry import CATALOGUE, entry_of
from notifications.rules import Facts, Home, Recent, Step, Way, asked_again, decide, place_of, recent, recheck
from notifications.types import Condition, Kind, Send, Skip
from tests.conftest import NOW

BERLIN = place_of(told="", country="DE", region="", phone_country="DE", home=Home("DE", "Europe/Berlin"))
GRANTED = Standing({("offers", "email"): True, ("offers", "sms"): True})


def facts(kind: Kind, channel: str = "email", **over: Any) -> Facts:
    address = "sam@example.com" if channel == "email" else "+4915123456789"
    plain = Facts(
        entry=entry_of(kind), channel=channel, recipient=address, now=NOW, start=NOW, not_after=NOW + timedelta(days=3), place=BERLIN
    )
    return replace(plain, **over)


def answer(asked: Facts) -> str:
    decision = decide(asked)
    return decision.reason if isinstance(decision, Skip) else "send"


def detail(asked: Facts, condition: str) -> str:
    return next(one.detail for one in decide(asked).reasons if one.condition == condition)


CONSENTS = [
    # what was said -> may offers go by e-mail, by SMS
    ({}, "marketing_consent", "marketing_consent"),
    ({("offers", "email"): True}, "send", "marketing_consent"),
    ({("offers", "sms"): True}, "marketing_consent", "send"),
    ({("offers", "email"): False, ("offers", "sms"): True}, "marketing_consent", "send"),
    ({("reviews", "email"): True}, "marketing_consent", "marketing_consent"),
    ({("orders", "email"): True, ("parcels", "sms"): True}, "marketing_consent", "marketing_consent"),
]


@pytest.mark.parametrize(("said", "by_email", "by_sms"), CONSENTS)
def test_what_advertises_needs_consent_by_topic_and_channel(said: dict[tuple[str, str], bool], by_email: str, by_sms: str) -> None:
    standing = Standing(said)
    assert answer(facts(Kind.ADDITIONS, "email", standing=standing)) == by_email
    assert answer(facts(Kind.ADDITIONS, "sms", standing=standing)) == by_sms


@pytest.mark.parametrize(
    ("said", "ok", "words"),
    [
        ({}, False, "never given for reviews by email"),
        ({("offers", "email"): True}, True, "given for reviews by email"),
        ({("offers", "email"): False}, False, "taken back for reviews by email"),
        ({("offers", "email"): True, ("reviews", "email"): False}, False, "taken back for reviews by email"),
        ({("offers", "email"): False, ("reviews", "email"): True}, True, "given for reviews by email"),
    ],
)
def test_reviews_and_care_follow_offers_until_something_is_said_about_them(said: dict[tuple[str, str], bool], ok: bool, words: str) -> None:
    entry = replace(entry_of(Kind.ADDITIONS), topic=Topic.REVIEWS)
    found = next(
        one for one in decide(facts(Kind.ADDITIONS, entry=entry, standing=Standing(said))).reasons if one.condition == "marketing_consent"
    )
    assert (found.ok, found.detail) == (ok, words)


LATER = NOW + timedelta(days=7)
CHOICES = [
    # what the shopper chose -> which kinds still go out by e-mail
    (Standing({("parcels", "email"): False}), {Kind.ORDER_CONFIRMATION, Kind.DELAYED, Kind.CANCELLATION}),
    (
        Standing({("parcels", "sms"): False}),
        {Kind.ORDER_CONFIRMATION, Kind.DELAYED, Kind.CANCELLATION, Kind.DISPATCH, Kind.ARRIVED_IN_CITY},
    ),
    (
        Standing({("orders", "email"): False}),
        {Kind.ORDER_CONFIRMATION, Kind.DELAYED, Kind.CANCELLATION, Kind.DISPATCH, Kind.ARRIVED_IN_CITY},
    ),
    (Standing(is_important_only=True), {Kind.ORDER_CONFIRMATION, Kind.DELAYED, Kind.CANCELLATION}),
    (Standing(paused_until=LATER), {Kind.ORDER_CONFIRMATION, Kind.DELAYED, Kind.CANCELLATION, Kind.DISPATCH}),
    (Standing(paused_until=NOW), {Kind.ORDER_CONFIRMATION, Kind.DELAYED, Kind.CANCELLATION, Kind.DISPATCH, Kind.ARRIVED_IN_CITY}),
]
ASKED = (Kind.ORDER_CONFIRMATION, Kind.DELAYED, Kind.CANCELLATION, Kind.DISPATCH, Kind.ARRIVED_IN_CITY, Kind.ADDITIONS)


@pytest.mark.parametrize(("standing", "kinds"), CHOICES)
def test_what_the_shopper_chose_stops_what_is_not_important(standing: Standing, kinds: set[Kind]) -> None:
    assert {kind for kind in ASKED if answer(facts(kind, standing=standing)) == "send"} == kinds


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing({("parcels", "email"): False}), "preference"),
        (Standing(is_important_only=True), "important_only"),
        (Standing(paused_until=LATER), "paused"),
    ],
)
def test_the_reason_is_the_shoppers_choice(standing: Standing, reason: str) -> None:
    assert answer(facts(Kind.ARRIVED_IN_CITY, standing=standing)) == reason
    consented = replace(standing, said={**standing.said, ("offers", "email"): True})
    assert answer(facts(Kind.ADDITIONS, standing=consented)) == (reason if reason != "preference" else "send")


def test_a_pause_says_until_when() -> None:
    paused = Standing(paused_until=LATER)
    assert detail(facts(Kind.ARRIVED_IN_CITY, standing=paused), "paused") == "paused until 2026-11-27 10:00 UTC"
    assert detail(facts(Kind.DELAYED, standing=paused), "paused") == "paused until 2026-11-27 10:00 UTC, this goes out all the same"


def ago(**values: int) -> datetime:
    return NOW - timedelta(**values)


COUNTS = [
    ([], Recent(0, 0), "send"),
    ([ago(days=1)], Recent(0, 1), "send"),
    ([ago(hours=23)], Recent(1, 1), "frequency_cap"),
    ([ago(days=2), ago(days=4)], Recent(0, 2), "send"),
    ([ago(days=2), ago(days=4), ago(days=6)], Recent(0, 3), "frequency_cap"),
    ([ago(days=2), ago(days=4), ago(days=7)], Recent(0, 2), "send"),
    ([NOW + timedelta(hours=1)], Recent(0, 0), "send"),
]


@pytest.mark.parametrize(("moments", "counted", "expected"), COUNTS)
def test_one_a_day_and_three_a_week_over_everything(moments: list[datetime], counted: Recent, expected: str) -> None:
    assert recent(moments, NOW) == counted
    assert answer(facts(Kind.ADDITIONS, standing=GRANTED, recent=counted)) == expected
    assert answer(facts(Kind.DISPATCH, recent=Recent(9, 9))) == "send"


def test_while_something_is_wrong_what_advertises_waits_a_day_or_is_withheld() -> None:
    waiting = facts(Kind.ADDITIONS, standing=GRANTED, trouble="open incident: stalled")
    decision = decide(waiting)
    assert isinstance(decision, Send)
    assert (decision.at, decision.waits) == (NOW + timedelta(days=1), "not_now")
    assert detail(waiting, "not_now") == "waits a day: open incident: stalled"
    assert answer(replace(waiting, not_after=NOW + timedelta(hours=4))) == "not_now"
    assert answer(facts(Kind.DELAYED, trouble="open incident: stalled")) == "send"


def test_the_last_check_puts_back_what_has_to_wait_and_says_so() -> None:
    trouble = recheck(facts(Kind.ADDITIONS, standing=GRANTED, trouble="open incident: stalled"), Way())
    assert trouble == Step("pending", "not_now", 86400.0, refunds_attempt=True)
    assert trouble is not None
    assert trouble.send_at == NOW + timedelta(days=1)
    night = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    quiet = recheck(facts(Kind.ADDITIONS, "sms", standing=GRANTED, now=night, start=None), Way())
    assert quiet == Step("pending", "quiet_hours", 8 * 3600.0, refunds_attempt=True)
    assert recheck(
        facts(Kind.ADDITIONS, "sms", standing=GRANTED, now=night, start=None, not_after=night + timedelta(hours=4)), Way()
    ) == Step("expired", "too_late")
    assert recheck(facts(Kind.DISPATCH, "sms", now=night, start=None), Way()) is None


RECHECKS = [
    ({"standing": Standing({("offers", "sms"): False})}, "suppressed", "marketing_consent"),
    ({"suppressed": "stop"}, "suppressed", "suppressed"),
    ({"recent": Recent(1, 1)}, "suppressed", "frequency_cap"),
    ({"offer": "offer_closed"}, "cancelled", "offer_closed"),
    ({"offer": "nothing_to_offer"}, "cancelled", "nothing_to_offer"),
    ({"is_order_cancelled": True}, "cancelled", "order_cancelled"),
    ({"standing": replace(GRANTED, paused_until=LATER)}, "suppressed", "paused"),
]


@pytest.mark.parametrize(("over", "state", "reason"), RECHECKS)
def test_everything_is_asked_again_before_it_leaves(over: dict[str, Any], state: str, reason: str) -> None:
    step = recheck(facts(Kind.ADDITIONS, "sms", **{"standing": GRANTED, **over}), Way())
    assert step == Step(state, reason)
    assert step is not None
    assert next(one.condition for one in step.asked if not one.ok) == reason


def test_the_answers_of_the_last_check_take_the_place_of_the_first_ones() -> None:
    kept: list[dict[str, object]] = [
        {"condition": "automation", "ok": True, "detail": "order.total 84.00 at least 50"},
        {"condition": "automation", "ok": True, "detail": "order.country DE is DE"},
        {"condition": "suppressed", "ok": True, "detail": ""},
    ]
    found = asked_again(kept, [Condition("suppressed", False, "stop"), Condition("paused", True)])
    assert found == [
        *kept[:2],
        {"condition": "suppressed", "ok": False, "detail": "stop"},
        {"condition": "paused", "ok": True, "detail": ""},
    ]


def test_the_channels_of_a_ladder_give_way_to_the_first_that_can() -> None:
    second = facts(Kind.ADDITIONS, "email", standing=GRANTED, ladder="sms")
    assert answer(second) == "ladder"
    assert detail(second, "ladder") == "goes by sms; this way if that fails"
    assert answer(replace(second, ladder="")) == "send"
    # Why it could not go anyhow is told first.
    assert answer(replace(second, suppressed="bounce")) == "suppressed"


PAIRS = [(entry, channel) for entry in CATALOGUE for channel in entry.channels]
STANDINGS = st.builds(
    Standing,
    st.dictionaries(
        st.tuples(st.sampled_from(["orders", "parcels", "offers", "reviews", "care"]), st.sampled_from(["email", "sms"])), st.booleans()
    ),
    st.none() | st.integers(-50, 500).map(lambda hours: NOW + timedelta(hours=hours)),
    st.booleans(),
    st.sampled_from(["", "Asia/Tokyo", "America/New_York", "nowhere"]),
)
SURROUNDINGS = st.builds(
    lambda pair, hours, standing, counts, trouble, suppressed, ladder, history: Facts(
        entry=pair[0],
        channel=pair[1],
        recipient="x",
        suppressed=suppressed,
        is_history=history,
        standing=standing,
        recent=Recent(*counts),
        trouble=trouble,
        ladder=ladder,
        now=NOW + timedelta(minutes=hours),
        start=NOW + timedelta(minutes=hours),
        not_after=NOW + timedelta(minutes=hours) + pair[0].lifetime,
        place=place_of(told=standing.zone, country="US", region="NY", phone_country="", home=Home("DE", "Europe/Berlin")),
    ),
    st.sampled_from(PAIRS),
    st.integers(0, 366 * 24 * 60),
    STANDINGS,
    st.tuples(st.integers(0, 3), st.integers(0, 5)),
    st.sampled_from(["", "open incident: stalled"]),
    st.sampled_from(["", "", "stop"]),
    st.sampled_from([None, "", "sms"]),
    st.booleans(),
)


@settings(max_examples=500, deadline=None)
@given(SURROUNDINGS)
def test_every_decision_explains_itself(asked: Facts) -> None:
    decision = decide(asked)
    failed = [one.condition for one in decision.reasons if not one.ok]
    if isinstance(decision, Skip):
        assert decision.reason == failed[0]
        return
    assert failed == []
    assert decision.at is not None
    if decision.at > (asked.start or NOW):
        assert any(one.condition == decision.waits and one.detail.startswith("waits") for one in decision.reasons)
    else:
        assert decision.waits == ""


@settings(max_examples=500, deadline=None)
@given(SURROUNDINGS)
def test_what_is_mandatory_is_withheld_by_no_cap_pause_or_hour(asked: Facts) -> None:
    if not asked.entry.is_mandatory:
        return
    chosen = asked.standing if asked.entry.is_important else replace(asked.standing, said={}, is_important_only=False)
    decision = decide(replace(asked, suppressed="", is_history=False, ladder=None, standing=chosen))
    assert isinstance(decision, Send)
    assert decision.at == asked.start


@settings(max_examples=500, deadline=None)
@given(SURROUNDINGS)
def test_nothing_goes_to_a_suppressed_address_and_no_advert_without_consent(asked: Facts) -> None:
    decision = decide(asked)
    if isinstance(decision, Send):
        assert asked.suppressed == ""
        is_granted = is_wanted(asked.standing.said, topic=asked.entry.topic, channel=asked.channel)
        assert asked.entry.topic not in MARKETING or is_granted
