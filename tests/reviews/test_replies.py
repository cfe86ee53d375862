"""One answer in public, a thread in private, and drafts that say sorry first."""

import pytest
from django.utils import translation

from merchants.models import Merchant, User
from reviews.models import ReviewChange, ReviewNote, ReviewReply
from reviews.rules.replies import drafts
from reviews.services.book import ReviewRefused
from reviews.services.replies import remove_reply, reply, write_note
from reviews.types import ReviewState, Step
from tests.reviews.stage import ASKED, DAY, Unchanged, bought, events, review_row


def staff() -> User:
    row: User = User.objects.create_user("mehmet@acme.example", "a long enough password", name="Mehmet")
    return row


def test_a_review_has_one_public_answer_and_its_author_is_told_once(in_acme: Merchant) -> None:
    review, who = review_row(bought(), stars=2), staff()
    first = reply(review=review, text=" We are sorry.\r\n\r\n\r\n\r\nPlease write to us. ", user=who, at=ASKED)
    assert (first.text, first.user, first.language, first.edited_at) == ("We are sorry.\n\nPlease write to us.", who, "en", None)
    changed = reply(review=review, text="We are sorry, Sam.", user=None, at=ASKED + DAY)
    same = reply(review=review, text="We are sorry, Sam.", user=who, at=ASKED + 2 * DAY)
    assert (changed.pk, same.edited_at, ReviewReply.objects.count()) == (first.pk, ASKED + DAY, 1)
    assert events("reviews.review") == ["review.replied"]
    steps = list(ReviewChange.objects.order_by("pk").values_list("step", "before"))
    assert steps == [(Step.REPLIED, {}), (Step.REPLIED, {"reply": "We are sorry.\n\nPlease write to us."})]


def test_an_answer_taken_away_stays_in_the_history(in_acme: Merchant) -> None:
    review = review_row(bought())
    reply(review=review, text="Thank you.", user=None, at=ASKED)
    assert remove_reply(review=review, user=None, at=ASKED + DAY) is True
    assert remove_reply(review=review, user=None, at=ASKED + DAY) is False
    last = ReviewChange.objects.latest("pk")
    assert (last.step, last.before, ReviewReply.objects.count()) == (Step.REPLY_REMOVED, {"reply": "Thank you."}, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ab\0c", "abc"),
        ("a\u202ebc", "abc"),
        ("one\ntwo", "one\ntwo"),
        ("e\u0301", "é"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("x" * 2000, "x" * 2000),
    ],
)
def test_an_answer_is_plain_words(in_acme: Merchant, text: str, said: str) -> None:
    assert reply(review=review_row(bought()), text=text, user=None, at=ASKED).text == said


@pytest.mark.parametrize("text", ["", "  \n ", "\0", "\u200b\u200b", "\u202e", "x" * 2001])
def test_no_words_and_too_many_are_refused(in_acme: Merchant, text: str) -> None:
    review = review_row(bought())
    for act in (
        lambda: reply(review=review, text=text, user=None, at=ASKED),
        lambda: write_note(review=review, text=text, is_of_staff=True, user=None, at=ASKED),
    ):
        with Unchanged(ReviewRefused) as refused:
            act()
        assert [field for field, _text in refused.value.refusals] == ["text"]


@pytest.mark.parametrize("state", [ReviewState.REJECTED, ReviewState.WITHDRAWN, ReviewState.ERASED])
def test_what_nobody_sees_is_not_answered_in_public(in_acme: Merchant, state: ReviewState) -> None:
    review = review_row(bought(), state=state, ground="abuse" if state == ReviewState.REJECTED else "")
    with Unchanged(ReviewRefused) as refused:
        reply(review=review, text="Hello.", user=None, at=ASKED)
    assert [field for field, _text in refused.value.refusals] == ["review"]


def test_the_thread_tells_the_other_side(in_acme: Merchant) -> None:
    review, who = review_row(bought()), staff()
    write_note(review=review, text="What happened?", is_of_staff=True, user=who, at=ASKED)
    write_note(review=review, text="A seam came undone.", is_of_staff=False, user=None, at=ASKED + DAY)
    rows = list(ReviewNote.objects.order_by("at").values_list("is_of_staff", "text", "user"))
    assert rows == [(True, "What happened?", who.pk), (False, "A seam came undone.", None)]
    assert events("reviews.note") == ["note.written", "note.received"]
    assert list(ReviewChange.objects.order_by("pk").values_list("step", flat=True)) == [Step.WROTE, Step.AUTHOR_WROTE]


def test_a_flood_of_one_side_is_stopped_until_the_other_answers(in_acme: Merchant) -> None:
    review = review_row(bought())
    for n in range(20):
        write_note(review=review, text=f"And {n}", is_of_staff=False, user=None, at=ASKED)
    with Unchanged(ReviewRefused):
        write_note(review=review, text="And more", is_of_staff=False, user=None, at=ASKED)
    write_note(review=review, text="We are here.", is_of_staff=True, user=None, at=ASKED + DAY)
    write_note(review=review, text="Thank you", is_of_staff=False, user=None, at=ASKED + 2 * DAY)
    assert ReviewNote.objects.count() == 22


def test_nobody_is_written_to_who_cannot_be_reached(in_acme: Merchant) -> None:
    review = review_row(bought(), customer=None, origin="import", origin_name="Elsewhere")
    with Unchanged(ReviewRefused) as refused:
        write_note(review=review, text="Hello.", is_of_staff=True, user=None, at=ASKED)
    assert [field for field, _text in refused.value.refusals] == ["review"]


# Drafts


@pytest.mark.parametrize(
    ("about", "keys"),
    [
        ({}, ["fault", "listen"]),
        ({"area": "delivery"}, ["delivery", "listen"]),
        ({"area": "service"}, ["service", "listen"]),
        ({"area": "delivery", "has_fault": True}, ["delivery", "fault", "listen"]),
        ({"area": "product", "case": "C-7K3F-9Q2M"}, ["case", "listen"]),
        ({"is_happy": True}, ["thanks", "thanks_short"]),
    ],
)
def test_the_drafts_that_fit_come_first(about: dict[str, object], keys: list[str]) -> None:
    found = drafts(language="en", merchant_name="Acme", author="Sam", product="Linen shirt", **about)  # type: ignore[arg-type]
    assert [draft.key for draft in found] == keys
    assert all(draft.text.startswith("Hello Sam,\n\n") and draft.text.endswith("Kind regards\nAcme") for draft in found)


@pytest.mark.parametrize("about", [{}, {"area": "delivery"}, {"area": "service"}, {"case": "C-1"}, {"has_fault": True}])
def test_sorry_is_the_first_thing_said_and_money_never_is(about: dict[str, object]) -> None:
    for draft in drafts(language="en", merchant_name="Acme", product="Linen shirt", **about):  # type: ignore[arg-type]
        first = draft.text.split("\n\n")[1]
        assert first.startswith("We are sorry")
        assert not any(word in draft.text.lower() for word in ("coupon", "discount", "refund", "%", "voucher"))


def test_a_case_and_a_team_are_named(in_acme: Merchant) -> None:
    draft, *_ = drafts(language="en", merchant_name="Acme", team="Jule", case="C-7K3F-9Q2M")
    assert draft.text.startswith("Hello,\n\nWe are sorry that it did not turn out as you expected.")
    assert "it is case C-7K3F-9Q2M." in draft.text
    assert draft.text.endswith("Kind regards\nJule from Acme")


def test_drafts_leave_the_language_of_the_page_alone() -> None:
    drafts(language="de", merchant_name="Acme")
    assert translation.get_language() == "en"
