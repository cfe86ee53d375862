"""What a shopper chose to get: statements by topic and channel, pauses, links that need no sign-in, suppressions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from customers.models import Consent, ContactRule, Customer, Suppression
from customers.rules import BadPause, is_wanted, pause_end
from customers.selectors import (
    consent_history,
    contacts_of,
    customer_of_token,
    customers_by_phone,
    has_consent,
    newest_statement,
    preferences_of,
    standings_of,
    stop_of_token,
    suppressions_of,
    was_wanted,
)
from customers.services import (
    Said,
    lift_suppression,
    preference_token,
    record_consent,
    save_preferences,
    set_contact_rule,
    stop_texts,
    suppress,
    unsubscribe_token,
    withdraw_everything,
)
from customers.types import CHOOSABLE, Channel, Contact, Preferences, Standing, Topic
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests import factories as make
from tests.conftest import NOW

DAY = timedelta(days=1)
PAGE = Said("preferences")
FRESH = frozenset({("parcels", "email"), ("parcels", "sms")})


def say(customer: Customer, topic: str, channel: str, is_granted: bool, *, at: datetime = NOW, **over: Any) -> Consent:
    return record_consent(customer=customer, topic=topic, channel=channel, is_granted=is_granted, source="checkout", at=at, **over)


@pytest.mark.parametrize(
    ("said", "topic", "wanted"),
    [
        ({}, Topic.ORDERS, True),
        ({("orders", "email"): False}, Topic.ORDERS, True),
        ({}, Topic.PARCELS, True),
        ({("parcels", "email"): False}, Topic.PARCELS, False),
        ({("parcels", "sms"): False}, Topic.PARCELS, True),
        ({}, Topic.OFFERS, False),
        ({("offers", "email"): True}, Topic.OFFERS, True),
        ({("offers", "sms"): True}, Topic.OFFERS, False),
        ({}, Topic.REVIEWS, False),
        ({("offers", "email"): True}, Topic.REVIEWS, True),
        ({("offers", "email"): True, ("reviews", "email"): False}, Topic.REVIEWS, False),
        ({("offers", "email"): False, ("care", "email"): True}, Topic.CARE, True),
    ],
)
def test_what_may_go_out_follows_from_what_was_said(said: dict[tuple[str, str], bool], topic: str, wanted: bool) -> None:
    assert is_wanted(said, topic=topic, channel="email") is wanted


def test_the_newest_statement_of_each_topic_and_channel_makes_the_standing(in_acme: Merchant) -> None:
    sam = make.customer()
    say(sam, "offers", "email", True)
    say(sam, "offers", "email", False, at=NOW + DAY)
    say(sam, "reviews", "sms", True)
    set_contact_rule(customer=sam, is_important_only=True, paused_until=NOW + DAY, language="de", at=NOW)
    Customer.objects.filter(pk=sam.pk).update(timezone="Asia/Jakarta")
    assert standings_of([sam.pk]) == {
        sam.pk: Standing({("offers", "email"): False, ("reviews", "sms"): True}, NOW + DAY, True, "Asia/Jakarta", "de")
    }
    assert has_consent(customer_id=sam.pk, channel="sms", topic="reviews") is True


def test_statements_at_the_same_moment_count_in_the_order_they_came(in_acme: Merchant) -> None:
    sam = make.customer()
    say(sam, "offers", "email", True)
    say(sam, "offers", "email", False)
    assert has_consent(customer_id=sam.pk, channel="email") is False


def test_old_news_told_late_take_back_nothing(in_acme: Merchant) -> None:
    sam = make.customer()
    say(sam, "offers", "email", True, at=NOW - 3 * DAY)
    say(sam, "offers", "email", False, at=NOW)
    for _ in range(2):
        say(sam, "offers", "email", True, at=NOW - 3 * DAY)
    assert (has_consent(customer_id=sam.pk, channel="email"), Consent.objects.count()) == (False, 2)


def test_an_order_updated_after_an_unsubscribe_does_not_subscribe_again(in_acme: Merchant) -> None:
    order = make.place_order(accepts_marketing=True)
    assert order.customer is not None
    say(order.customer, "offers", "email", False, at=NOW + DAY)
    make.place_order(accepts_marketing=True, phone="+4915199999999", updated_at=NOW + 2 * DAY, at=NOW + 2 * DAY)
    assert has_consent(customer_id=order.customer.pk, channel="email") is False


@pytest.mark.parametrize(("topic", "channel"), [("rockets", "email"), ("offers", "pigeon")])
def test_a_statement_about_what_does_not_exist_is_refused(in_acme: Merchant, topic: str, channel: str) -> None:
    with pytest.raises(ValueError, match=r"rockets|pigeon"):
        say(make.customer(), topic, channel, True)
    assert Consent.objects.count() == 0


def test_a_statement_keeps_who_which_text_when_and_where(in_acme: Merchant) -> None:
    sam = make.customer()
    say(sam, "care", "sms", True, wording="Tips\0, please", actor="API key 3")
    [row] = consent_history(sam)
    assert (row.topic, row.channel, row.source, row.actor, row.wording, row.at) == (
        "care",
        "sms",
        "checkout",
        "API key 3",
        "Tips, please",
        NOW,
    )


def test_contacts_carry_their_standing_and_the_language_that_was_chosen(in_acme: Merchant, django_assert_num_queries: Any) -> None:
    people = [make.customer(email=f"{name}@example.com") for name in ("ann", "bob", "cid")]
    say(people[0], "offers", "email", True)
    set_contact_rule(customer=people[1], is_important_only=True, paused_until=None, language="id", at=NOW)
    told = [Contact(one.pk, "", "", "", "", {}) for one in people]
    for some in (told[:1], told):
        with django_assert_num_queries(4):
            found = contacts_of(some)
    assert [contact.standing.said for contact in found] == [{("offers", "email"): True}, {}, {}]
    assert [(contact.language, contact.standing.is_important_only) for contact in found] == [("en", False), ("id", True), ("en", False)]
    assert contacts_of([Contact(None, "Sam", "sam@example.com", "", "en", {})])[0].standing == Standing()


def test_saving_preferences_writes_one_statement_for_each_change(in_acme: Merchant) -> None:
    sam = make.customer()
    wordings = {("offers", "email"): "Offers by e-mail"}
    first = Preferences(frozenset({("offers", "email"), ("parcels", "email")}), True, NOW + DAY, "de")
    for _ in range(2):
        save_preferences(customer=sam, preferences=first, said=PAGE, wordings=wordings, at=NOW)
    assert [(row.topic, row.channel, row.is_granted, row.wording) for row in consent_history(sam)[::-1]] == [
        ("parcels", "sms", False, ""),
        ("offers", "email", True, "Offers by e-mail"),
        # They would have followed the offers unseen.
        ("reviews", "email", False, ""),
        ("care", "email", False, ""),
    ]
    assert preferences_of(sam, now=NOW) == first
    assert ContactRule.objects.count() == 1


def test_questions_left_off_are_refused_once_and_for_all_countries(in_acme: Merchant) -> None:
    sam = make.customer()
    for _ in range(2):
        save_preferences(customer=sam, preferences=Preferences(FRESH, language="en"), said=PAGE, wordings={}, at=NOW)
    assert [(row.topic, row.channel, row.is_granted) for row in consent_history(sam)] == [("reviews", "email", False)]
    assert preferences_of(sam, now=NOW) == Preferences(FRESH, language="en")


def test_saving_says_what_it_was_before_and_saving_that_undoes_it(in_acme: Merchant) -> None:
    sam = make.customer()
    was = save_preferences(customer=sam, preferences=Preferences(frozenset(), language="de"), said=PAGE, wordings={}, at=NOW)
    assert was == Preferences(FRESH, language="en")
    save_preferences(customer=sam, preferences=was, said=PAGE, wordings={}, at=NOW + DAY)
    assert preferences_of(sam, now=NOW + DAY) == was


def test_who_only_pauses_has_not_chosen_a_language(in_acme: Merchant) -> None:
    sam = make.customer()
    paused = Preferences(FRESH, paused_until=NOW + DAY, language="en")
    save_preferences(customer=sam, preferences=paused, said=PAGE, wordings={}, at=NOW)
    assert standings_of([sam.pk])[sam.pk].language == ""
    save_preferences(customer=sam, preferences=Preferences(FRESH, language="de"), said=PAGE, wordings={}, at=NOW)
    save_preferences(customer=sam, preferences=replace(paused, language="de"), said=PAGE, wordings={}, at=NOW)
    assert standings_of([sam.pk])[sam.pk].language == "de"


def test_a_shop_whose_clock_is_ahead_takes_back_no_unsubscribe(in_acme: Merchant) -> None:
    order = make.place_order(accepts_marketing=True, placed_at=NOW + timedelta(minutes=4), updated_at=NOW)
    assert order.customer is not None
    say(order.customer, "offers", "email", False, at=NOW + timedelta(minutes=1))
    assert has_consent(customer_id=order.customer.pk, channel="email") is False


def test_a_pause_that_is_over_is_none(in_acme: Merchant) -> None:
    sam = make.customer()
    set_contact_rule(customer=sam, is_important_only=False, paused_until=NOW + DAY, language="", at=NOW)
    assert [preferences_of(sam, now=at).paused_until for at in (NOW, NOW + DAY)] == [NOW + DAY, None]


def test_a_pause_ends_when_its_day_begins_where_the_shop_is() -> None:
    assert pause_end(date(2026, 11, 27), now=NOW, zone=ZoneInfo("Europe/Berlin")) == datetime(2026, 11, 26, 23, tzinfo=UTC)


@pytest.mark.parametrize("day", [date(2026, 11, 20), date(2026, 11, 19), date(2027, 11, 23), date(1, 1, 1), date(9999, 12, 31)])
def test_a_pause_is_from_tomorrow_to_a_year_ahead(day: date) -> None:
    with pytest.raises(BadPause):
        pause_end(day, now=NOW, zone=ZoneInfo("Europe/Berlin"))


def test_a_preference_link_opens_for_its_merchant_until_the_data_are_erased(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        sam = make.customer()
        token = preference_token(customer=sam)
        assert customer_of_token(token=token) == sam
        assert [customer_of_token(token=wrong) for wrong in ("", "x", token[:-1], token + "x", token.swapcase(), "é" * 44)] == [None] * 6
    with merchant_scope(borealis.pk):
        twin = make.customer()
        Customer.objects.filter(pk=twin.pk).update(public_id=sam.public_id)
        assert customer_of_token(token=token) is None
    with merchant_scope(acme.pk):
        Customer.objects.filter(pk=sam.pk).update(erased_at=NOW)
        assert customer_of_token(token=token) is None


def test_an_unsubscribe_link_stops_what_it_was_made_for_and_nothing_else(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        sam = make.customer()
        tokens = {(t, c): unsubscribe_token(customer=sam, topic=t, channel=c) for t in CHOOSABLE for c in Channel}
        assert len(set(tokens.values())) == 8
        for (topic, channel), token in tokens.items():
            found = stop_of_token(token=token)
            assert found is not None
            assert (found[0], found[1].topic, found[1].channel) == (sam, topic, channel)
        token = tokens[Topic.OFFERS, Channel.EMAIL]
        other = token.replace("eo", "so") if token[22:24] == "eo" else ""
        assert [stop_of_token(token=wrong) for wrong in ("", token[:-1], other, preference_token(customer=sam), "é" * 46)] == [None] * 5
        assert customer_of_token(token=token) is None
        with pytest.raises(ValueError, match="cannot be turned off"):
            unsubscribe_token(customer=sam, topic=Topic.ORDERS, channel=Channel.EMAIL)
    with merchant_scope(borealis.pk):
        Customer.objects.filter(pk=make.customer().pk).update(public_id=sam.public_id)
        assert [stop_of_token(token=token) for token in tokens.values()] == [None] * 8


def test_what_was_wanted_before_the_newest_statement_is_known(in_acme: Merchant) -> None:
    sam = make.customer()
    assert newest_statement(sam, topic="parcels", channel="email") is None
    say(sam, "parcels", "email", False)
    assert was_wanted(sam, topic="parcels", channel="email") is True
    say(sam, "reviews", "email", False)
    assert was_wanted(sam, topic="reviews", channel="email") is False
    say(sam, "offers", "email", True)
    assert was_wanted(sam, topic="reviews", channel="email") is True


def test_withdrawing_everything_says_so_topic_by_topic(in_acme: Merchant) -> None:
    sam = make.customer()
    say(sam, "offers", "sms", True)
    for _ in range(2):
        withdraw_everything(customer=sam, channel="sms", source="sms STOP", wording="Stopp!", at=NOW + DAY)
    rows = Consent.objects.filter(source="sms STOP").order_by("topic")
    assert [(row.topic, row.channel, row.is_granted, row.wording) for row in rows] == [
        (topic, "sms", False, "Stopp!") for topic in sorted(Topic.values)
    ]
    assert preferences_of(sam, now=NOW + DAY).wanted == {("parcels", "email")}


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        ("manual", "stop", "stop"),
        ("bounce", "stop", "stop"),
        ("bounce", "complaint", "complaint"),
        ("stop", "bounce", "stop"),
        ("complaint", "stop", "complaint"),
        ("erased", "stop", "erased"),
        ("carrier_block", "stop", "carrier_block"),
        ("manual", "bounce", "manual"),
    ],
)
def test_what_the_person_asked_for_outlives_what_staff_may_lift(in_acme: Merchant, first: str, then: str, kept: str) -> None:
    assert suppress(channel="sms", recipient=make.PHONE, reason=first, at=NOW) is True
    assert suppress(channel="sms", recipient=make.PHONE, reason=then, at=NOW) is False
    assert Suppression.objects.get().reason == kept


@pytest.mark.parametrize(("reason", "left"), [("stop", 0), ("bounce", 1), ("complaint", 1), ("manual", 1), ("erased", 1)])
def test_start_lifts_a_stop_and_nothing_else(in_acme: Merchant, reason: str, left: int) -> None:
    suppress(channel="sms", recipient=make.PHONE, reason=reason, at=NOW)
    suppress(channel="email", recipient=make.EMAIL, reason="stop", at=NOW)
    assert lift_suppression(channel="sms", recipient="+49 151 23456789") is (left == 0)
    assert Suppression.objects.filter(channel="sms").count() == left
    assert Suppression.objects.filter(channel="email").count() == 1


def test_a_block_by_staff_outlives_a_stop_that_is_lifted(in_acme: Merchant) -> None:
    suppress(channel="sms", recipient=make.PHONE, reason="manual", detail="fraud", at=NOW)
    stop_texts(number=make.PHONE, wording="STOP", detail="wrote STOP", at=NOW)
    assert Suppression.objects.get().reason == "stop"
    for _ in range(2):
        assert lift_suppression(channel="sms", recipient=make.PHONE) is False
        assert Suppression.objects.get().reason == "manual"


def test_a_customer_knows_what_stands_against_their_addresses(in_acme: Merchant) -> None:
    sam = make.customer()
    suppress(channel="email", recipient=make.EMAIL, reason="bounce", at=NOW)
    suppress(channel="sms", recipient="+4915100000000", reason="stop", at=NOW)
    assert suppressions_of(sam) == {"email": "bounce"}


def test_everybody_with_a_number_is_found_by_it_at_this_merchant_only(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        make.customer()
    with merchant_scope(acme.pk):
        sam, ann = make.customer(), make.customer(email="ann@example.com", at=NOW + DAY)
        Customer.objects.filter(pk=make.customer(email="gone@example.com").pk).update(erased_at=NOW)
        assert customers_by_phone(phone="+49 151 23456789") == [ann, sam]
        assert customers_by_phone(phone="call me") == []
