"""Words are looked at by published grounds alone: what the checks find, what staff may decide, and what they see while they do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from merchants.models import User
from reviews.models import Review, ReviewChange, ReviewPhoto
from reviews.rules.checks import NAMES, flags_of
from reviews.rules.moderation import NEXT, may_become, settled_as
from reviews.rules.ranking import order_by
from reviews.rules.words import clean, clean_words
from reviews.selectors.moderation import BadPage, NoSuchReview, count_waiting, decided_by_ground, history, one_waiting, queue, reviews_named
from reviews.services.book import ReviewRefused
from reviews.services.moderation import MANY, decide, decide_many
from reviews.services.publishing import publish, reject, restore, settle
from reviews.services.submitting import edit_review, withdraw_review
from reviews.types import Ground, ReviewState, Step, Words
from tests.factories import incoming_line, place_order
from tests.reviews.stage import ASKED, DAY, SAID, Unchanged, bought, events, plan, review_row

HOUR = timedelta(hours=1)

FOUND = [
    ("Write to sam.berg+x@example.co.uk please", "en", [("email", "sam.berg+x@example.co.uk")]),
    ("sam (at) example (dot) com", "en", [("email", "sam (at) example (dot) com")]),
    ("Ruf an: +49 151 23456789", "de", [("phone", "+49 151 23456789")]),
    ("Tel. (030) 1234567", "de", [("phone", "(030) 1234567")]),
    ("415-555-2671", "en", [("phone", "415-555-2671")]),
    ("打我电话13812345678", "zh-hans", [("phone", "13812345678")]),
    ("Pay to DE89 3704 0044 0532 0130 00", "en", [("phone", "0044 0532 0130 00"), ("account", "DE89 3704 0044 0532 0130 00")]),
    ("4111 1111 1111 1111", "en", [("account", "4111 1111 1111 1111")]),
    ("Ich wohne Torstraße 12", "de", [("street", "Torstraße 12")]),
    ("I live at 123 Main Street", "en", [("street", "123 Main Street")]),
    ("Moro na Rua das Flores, 123", "pt-br", [("street", "Rua das Flores, 123")]),
    ("Rumah saya di Jalan Sudirman No. 5", "id", [("street", "Jalan Sudirman No. 5")]),
    ("我住中山路88号", "zh-hans", [("street", "我住中山路88号")]),
    ("follow @sam_sells", "en", [("handle", "@sam_sells")]),
    ("加微信 sam12345", "zh-hans", [("handle", "微信 sam12345"), ("advert", "加微信")]),
    ("better at https://example.org/x?y=1 !", "en", [("link", "https://example.org/x?y=1")]),
    ("cheaper on shirts.shop", "en", [("link", "shirts.shop")]),
    ("<script>alert(1)</script>", "en", [("markup", "<script>"), ("markup", "</script>")]),
    ("Use promo code SAVE20 now", "en", [("advert", "promo code SAVE20")]),
    ("You are a fucking idiot", "en", [("abuse", "fucking"), ("abuse", "idiot")]),
    ("ｆｕｃｋ this", "en", [("abuse", "fuck")]),
    ("Ihr Vollidioten", "de", [("abuse", "Vollidioten")]),
    ("你们都是傻逼", "zh-hans", [("abuse", "傻逼")]),
    ("dasar goblok", "id", [("abuse", "goblok")]),
    ("bando de babacas", "pt-br", [("abuse", "babacas")]),
    ("WORST SHIRT EVER DO NOT BUY THIS AT ALL", "en", [("shouting", "WORST SHIRT EVER DO NOT BUY THIS AT ALL")]),
    ("baaaaaaaaaaad", "en", [("flood", "aaaaaaaaaaa")]),
    ("good good good good good good", "en", [("flood", "good good good good good good")]),
    ("wow 😍😍😍😍😍😍", "en", [("emoji", "😍😍😍😍😍😍")]),
]


@pytest.mark.parametrize(("text", "language", "found"), FOUND)
def test_a_check_finds(text: str, language: str, found: list[tuple[str, str]]) -> None:
    flags = flags_of(Words(text=text, language=language))
    assert [(flag.check, flag.found) for flag in flags] == found
    assert all(flag.field == "text" and flag.ground in Ground.values and flag.check in NAMES for flag in flags)
    assert all(flag.found in text for flag in flags if text.isascii())


HARMLESS = [
    "It broke after a week. Terrible, useless, a waste of money. I hate it and I want my money back!",
    "Das ist Schrott und eine Frechheit. Nie wieder!",
    "Péssimo, não recomendo, dinheiro jogado fora.",
    "质量很差,再也不买了。",
    "Jelek sekali, saya kecewa.",
    "Ordered 01.12.2026, came 2026-12-05; 2 for 49.90 EUR, size 38/40, 100 % cotton, 1.234,56 g.",
    "Version 2.0.1 is better than 1.9. I paid 1,000.00.",
    "I love it <3 and a < b",
    "Fits.Great colour.I wear it daily 😍😍😍",
    "TOP!",
    "I am a teacher and 6 ft tall",
    "Order 1001, parcel 2 of 3",
    "Der Weg 5 Meter lang. Die Straße hinunter.",
    "",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_being_displeased_is_nothing_to_look_at(text: str) -> None:
    assert [flag for language in ("en", "de", "zh-hans", "id", "pt-br") for flag in flags_of(Words(text=text, language=language))] == []


def test_every_field_everybody_sees_is_checked() -> None:
    mails: dict[str, Any] = {name: f"{name}@example.com" for name in ("text", "title", "pros", "cons", "author")}
    words = replace(Words(language="en"), **mails)
    assert [flag.field for flag in flags_of(words)] == ["title", "text", "pros", "cons", "author"]


CLEANED = [
    ("  two\tsides \r\n\r\n\r\n\r\nfar  \n", "two sides\n\nfar"),
    ("pass\u202eword\u2066x\u2069", "passwordx"),  # nothing turns the page round
    ("a\u200bb\ufeffc\u2060d\u00ade", "abcde"),
    ("\u200b\u200d\u2060", ""),  # nothing that can be seen
    ("\u3164\u2800 \u115f", ""),
    ("null\0 bell\x07 esc\x1b[31m", "null bell esc[31m"),
    ("\ud800x\ue000", "x"),  # half a sign, and one of nobody's
    ("tag\U000e0041\U000e0042", "tag"),
    ("e\u0301", "\u00e9"),  # one way to write it
    ("Z" + "\u0328" * 40 + "algo", "Z" + "\u0328" * 3 + "algo"),
    ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),  # a family stays together
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("<b>bold</b> & so", "<b>bold</b> & so"),  # escaped where it is shown, never cut
]


@pytest.mark.parametrize(("typed", "kept"), CLEANED)
def test_words_are_kept_as_they_are_seen(typed: str, kept: str) -> None:
    assert clean(typed) == kept
    assert clean(kept) == kept


def test_a_title_is_one_line_and_limits_hold_for_what_is_kept() -> None:
    kept, refusals = clean_words(Words(text="a" * 5_000 + "\u200b" * 100, title="one\n two", language=" EN "))
    assert (len(kept.text), kept.title, kept.language, refusals) == (5_000, "one two", "en", [])
    assert clean_words(Words(text="a" * 5_001, language="en"))[1] == [("text", "At most 5,000 characters.")]


def test_a_decision_does_not_know_stars() -> None:
    assert settled_as(moderation="flagged", flags=[], decided="") == ReviewState.PUBLISHED
    assert settled_as(moderation="flagged", flags=[1], decided="") == ReviewState.PENDING
    assert settled_as(moderation="all", flags=[], decided="published") == ReviewState.PENDING
    for decided in ("rejected", "restored"):
        assert settled_as(moderation="flagged", flags=[], decided=decided) == ReviewState.PENDING
    assert {now: sorted(then) for now, then in NEXT.items()} == {
        "pending": ["published", "rejected", "withdrawn"],
        "published": ["pending", "rejected", "withdrawn"],
        "rejected": ["pending", "published", "withdrawn"],
        "withdrawn": [],
        "erased": [],
    }
    assert not may_become("withdrawn", "published")
    assert (order_by("helpful")[0], order_by("stars")) == ("-helpful", ("-published_at", "-id"))


@pytest.fixture
def ann(in_acme: Any) -> User:
    return User.objects.create_user("ann@acme.example")


def pending(**over: Any) -> Review:
    return review_row(bought(), **{"state": ReviewState.PENDING, "decided_at": None, **over})


def test_staff_publish_what_waits(ann: User) -> None:
    row = publish(review=pending(), user=ann, at=ASKED + DAY)
    assert (row.state, row.published_at, row.decided_at, row.ground) == ("published", ASKED + DAY, ASKED + DAY, "")
    assert ReviewChange.objects.values_list("step", "user", "at").get() == ("published", ann.pk, ASKED + DAY)
    assert [(one.type, one.payload) for one in Event.objects.filter(type__startswith="reviews.")] == [
        ("reviews.review.published", {"review": row.pk, "order": row.order_id})
    ]
    publish(review=row, user=ann, at=ASKED + 2 * DAY)
    assert (ReviewChange.objects.count(), events()) == (1, ["review.published"])


def test_staff_refuse_for_a_published_ground_and_say_what_to_change(ann: User) -> None:
    row = reject(review=pending(), ground="personal_data", note="Please leave the number out.", user=ann, at=ASKED)
    assert (row.state, row.ground, row.decided_at, row.published_at) == ("rejected", "personal_data", ASKED, None)
    assert ReviewChange.objects.values_list("step", "ground", "note").get() == (
        "rejected", "personal_data", "Please leave the number out.",
    )  # fmt: skip
    assert events() == ["review.rejected"]
    reject(review=row, ground="personal_data", user=ann, at=ASKED + DAY)
    assert events() == ["review.rejected"]
    assert reject(review=row, ground="abuse", user=ann, at=ASKED + DAY).ground == "abuse"


@pytest.mark.parametrize("ground", ["negative", "too_bad", "publish", "stars", "Abuse"])
def test_there_is_no_ground_for_not_liking_it(ann: User, ground: str) -> None:
    row = pending()
    for act in (reject, decide):
        with Unchanged(ReviewRefused) as error:
            act(review=row, ground=ground, user=ann, at=ASKED)
        assert error.value.refusals == [("ground", "Choose one of the published grounds.")]
    with Unchanged(ReviewRefused):
        decide_many(reviews=[row], ground=ground, user=ann, at=ASKED)
    with Unchanged(ReviewRefused):
        reject(review=row, ground="", user=ann, at=ASKED)


@pytest.mark.parametrize("state", ["withdrawn", "erased"])
def test_what_is_gone_is_not_decided(ann: User, state: str) -> None:
    row = pending(state=state)
    acts: list[Callable[[], object]] = [
        lambda: publish(review=row, user=ann, at=ASKED),
        lambda: reject(review=row, ground="abuse", user=ann, at=ASKED),
        lambda: restore(review=row, user=ann, at=ASKED),
        lambda: settle(review=row, at=ASKED),
    ]
    for act in acts:
        with Unchanged(ReviewRefused) as error:
            act()
        assert [field for field, _ in error.value.refusals] == ["review"]
    assert decide_many(reviews=[row], user=ann, at=ASKED) == 0


def test_a_slip_is_taken_back_but_nothing_public_disappears_without_a_ground(ann: User) -> None:
    row = publish(review=pending(), user=ann, at=ASKED)
    back = restore(review=row, user=ann, at=ASKED + timedelta(minutes=15))
    assert (back.state, back.decided_at, events()) == ("pending", None, ["review.published", "review.restored"])
    row = publish(review=back, user=ann, at=ASKED + HOUR)
    assert row.published_at == ASKED
    with Unchanged(ReviewRefused) as error:
        restore(review=row, user=ann, at=ASKED + 2 * HOUR)
    assert error.value.refusals == [("review", "It is public already. Choose the ground for which it should not be.")]
    by_itself = settle(review=review_row(bought(number="2", external_id="2", tracking_number="2"), state="pending"), at=ASKED)
    with Unchanged(ReviewRefused):
        restore(review=by_itself, user=ann, at=ASKED)
    undecided = pending_of("3")
    with Unchanged(ReviewRefused):
        restore(review=undecided, user=ann, at=ASKED)


def pending_of(number: str) -> Review:
    return review_row(bought(number=number, external_id=number, tracking_number=number), state=ReviewState.PENDING)


def test_a_refusal_is_taken_back_at_any_time(ann: User) -> None:
    row = reject(review=pending(), ground="abuse", user=ann, at=ASKED)
    back = restore(review=row, user=ann, at=ASKED + 30 * DAY)
    assert (back.state, back.ground) == ("pending", "")
    assert [row.step for row in history(review=back)] == ["rejected", "restored"]


def test_an_edit_after_a_refusal_waits_for_a_person(ann: User) -> None:
    row = reject(review=pending(), ground="off_topic", user=ann, at=ASKED)
    held = edit_review(review=row, words=Words(text="The shirt is fine.", language="en"), stars=5, at=ASKED + DAY)
    assert (held.state, held.ground, held.flags) == ("pending", "", [])
    again = edit_review(review=row, words=Words(text="The shirt is fine!", language="en"), stars=5, at=ASKED + DAY + HOUR)
    assert again.state == "pending"
    publish(review=row, user=None, at=ASKED + 2 * DAY)
    free = edit_review(review=row, words=Words(text="The shirt is very fine.", language="en"), stars=5, at=ASKED + 3 * DAY)
    assert free.state == "published"


def test_several_are_decided_at_once_and_what_was_decided_stays(ann: User) -> None:
    rows = [pending_of(str(number)) for number in range(3)]
    reject(review=rows[0], ground="abuse", user=ann, at=ASKED)
    withdraw_review(review=rows[1], at=ASKED)
    assert decide_many(reviews=rows, user=ann, at=ASKED + HOUR) == 1
    assert [Review.objects.get(pk=row.pk).state for row in rows] == ["rejected", "withdrawn", "published"]
    with Unchanged(ReviewRefused) as error:
        decide_many(reviews=[rows[0]] * (MANY + 1), user=ann, at=ASKED)
    assert error.value.refusals == [("review", "At most 200 at once.")]


def test_the_queue_is_blind_oldest_first_and_costs_the_same(in_acme: Any) -> None:
    lines = tuple(incoming_line(external_id=f"L{number}", title=f"Thing {number}", sku=f"S{number}") for number in range(30))
    order = place_order(lines=lines)
    late = review_row(order, "L0", at=ASKED + DAY, state="pending", flags=[flag()])
    early = review_row(order, "L1", at=ASKED, state="pending")
    shown = review_row(order, "L2", at=ASKED - DAY)
    picture(shown)
    done = review_row(order, "L3", at=ASKED - 2 * DAY)
    picture(done, state="rejected", ground="abuse")
    picture(done, consented_at=None)
    picture(review_row(order, "L4", state="withdrawn"))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = queue()
    assert [row.review for row in found.rows] == [shown, early, late]
    assert (found.count, found.pages, count_waiting()) == (3, 1, 3)
    assert [(row.is_text_decided, len(row.photos)) for row in found.rows] == [(True, 1), (False, 0), (False, 0)]
    assert [(one.ground, one.found) for one in found.rows[2].flags] == [("abuse", "idiot")]
    assert not any("reviews_rating" in query["sql"] or "stars" in query["sql"] for query in asked)
    for number in range(5, 30):
        review_row(order, f"L{number}", at=ASKED + 2 * DAY, state="pending")
    with CaptureQueriesContext(connection) as many:
        assert len(queue().rows) == 25
    assert len(many) == len(asked) == 5
    assert [line_named(row.review) for row in queue(page=2).rows] == ["L27", "L28", "L29"]
    for page in (0, -1, 3):
        with pytest.raises(BadPage):
            queue(page=page)


def line_named(review: Review) -> str:
    assert review.order_line is not None
    return review.order_line.external_id


def flag() -> dict[str, str]:
    return {"ground": "abuse", "check": "abuse", "field": "text", "found": "idiot"}


def picture(review: Review, **over: Any) -> ReviewPhoto:
    values: dict[str, Any] = {"created_at": ASKED, "ready_at": ASKED, "consented_at": ASKED, **over}
    row: ReviewPhoto = ReviewPhoto.objects.create(order=review.order, order_line=review.order_line, review=review, **values)
    return row


def test_whoever_looks_sees_what_an_edit_replaced(ann: User) -> None:
    plan(moderation="all")
    row = pending()
    edit_review(review=row, words=Words(text="Now in other words.", language="en"), stars=5, at=ASKED + DAY)
    one = one_waiting(public_id=row.public_id)
    assert (one.before["text"], one.review.text, one.waits_since) == (SAID, "Now in other words.", ASKED + DAY)
    assert reviews_named(public_ids=[row.public_id, "nobody"]) == [row]
    with pytest.raises(NoSuchReview):
        one_waiting(public_id="nobody")


def test_refusals_are_counted_by_ground(ann: User) -> None:
    reject(review=pending_of("1"), ground="abuse", user=ann, at=ASKED)
    reject(review=pending_of("2"), ground="abuse", user=ann, at=ASKED + DAY)
    assert decided_by_ground(since=ASKED) == {"personal_data": 0, "abuse": 2, "off_topic": 0, "other_product": 0, "unlawful": 0}
    assert decided_by_ground(since=ASKED + DAY)["abuse"] == 1
    assert set(Step.values) >= {"restored"}
