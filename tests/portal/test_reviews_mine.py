"""A shopper's own reviews: how each stands, its change and its taking back, its photos, and the thread with the shop."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from merchants.models import Merchant
from orders.models import Order
from reviews.models import Review, ReviewChange, ReviewNote, ReviewPhoto
from reviews.models.ratings import Rating, RatingChange
from reviews.services.publishing import reject
from reviews.services.replies import reply, write_note
from reviews.types import ReviewState
from tests.conftest import NOW
from tests.factories import customer
from tests.portal.addresses import everything
from tests.portal.conftest import guest_of, signed_in
from tests.portal.returning import jpeg
from tests.portal.reviewing import FORM, asked, line, review
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words

Scope = Callable[..., Any]


@pytest.fixture
def order(in_scope: Scope) -> Order:
    found: Order = in_scope(asked)[0]
    return found


@pytest.fixture
def mine(sam: Client, in_scope: Scope, order: Order) -> Review:
    """Sam's published review of the shirt."""
    sent = sam.post(f"/orders/{order.public_id}/reviews/", {"line": in_scope(line, order), **FORM, "pros": "Soft"})
    assert sent.status_code == 302
    row: Review = in_scope(review)
    return row


@pytest.fixture
def path(mine: Review) -> str:
    return f"/reviews/{mine.public_id}/"


def fresh(in_scope: Scope, mine: Review) -> Review:
    row: Review = in_scope(lambda: Review.objects.get(pk=mine.pk))
    return row


def test_its_page_says_how_it_stands_with_stars_words_and_answer(sam: Client, in_scope: Scope, mine: Review, path: str) -> None:
    in_scope(reply, review=mine, text="Thank you, Sam.", user=None, at=NOW)
    text = words(sam, path)
    assert "Published" in text and "Linen shirt" in text and FORM["text"] in text and "Soft" in text
    assert "Our answer, shown with it" in text and "Thank you, Sam." in text
    assert 'aria-label="4 of 5 stars"' in sam.get(path).content.decode()
    assert rows_read(sam, path) <= 12


@pytest.mark.parametrize("part", ["", "edit/", "withdraw/"])
def test_it_is_nothing_to_anybody_else(
    acme: Merchant, borealis: Merchant, sam: Client, in_scope: Scope, path: str, browser: Client, part: str
) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com", phone=""))
    before = everything(acme)
    form = {"text": "Mine now", "stars": "1", "language": "en"}
    assert [eve.get(path + part).status_code, eve.post(path + part, form).status_code] == [404, 404]
    assert browser.get(path + part)["Location"].startswith("/sign-in/")
    assert browser.post(path + part, form)["Location"].startswith("/sign-in/")
    assert sam.get(path + part, headers={"host": "borealis.platform.test"}).status_code == 302
    after = everything(acme)
    assert {name for name in before if before[name] != after[name]} <= {"customers.ShopperSession"}


def test_a_guest_of_the_order_may_see_and_change_it(acme: Merchant, in_scope: Scope, order: Order, mine: Review, path: str) -> None:
    guest = guest_of(acme, order)
    assert "Published" in words(guest, path)
    assert guest.post(f"{path}edit/", {**FORM, "text": "Still soft."})["Location"] == f"{path}?changed=1"
    assert fresh(in_scope, mine).text == "Still soft."


def test_a_change_keeps_what_stood_there(sam: Client, in_scope: Scope, mine: Review, path: str) -> None:
    html = sam.get(f"{path}edit/").content.decode()
    assert FORM["text"] in html and 'name="stars" value="4" checked' in html
    sent = sam.post(f"{path}edit/", {**FORM, "stars": "2", "text": "It shrank."})
    assert (sent.status_code, sent["Location"]) == (302, f"{path}?changed=1")
    row = fresh(in_scope, mine)
    assert (row.text, row.is_edited, row.revision, row.pros) == ("It shrank.", True, 2, "")
    assert in_scope(lambda: Rating.objects.get().stars) == 2
    assert in_scope(lambda: RatingChange.objects.get().stars) == 4
    assert in_scope(lambda: ReviewChange.objects.get(step="edited").before["text"]) == FORM["text"]
    assert "Your change is kept" in words(sam, sent["Location"])


@pytest.mark.parametrize(
    ("over", "said"), [({"stars": ""}, "Choose one to five stars."), ({"text": "x" * 5_001}, "At most 5,000 characters.")]
)
def test_a_change_that_is_refused_comes_back_as_typed(
    sam: Client, acme: Merchant, mine: Review, path: str, over: dict[str, str], said: str
) -> None:
    before = everything(acme)
    response = sam.post(f"{path}edit/", {**FORM, "cons": "Typed with care", **over})
    html = response.content.decode()
    assert response.status_code == 422 and said in html and "Typed with care" in html
    assert everything(acme) == before


def test_taking_it_back_is_asked_once_more_and_then_it_is_gone(sam: Client, in_scope: Scope, order: Order, mine: Review, path: str) -> None:
    assert "Take your review back?" in words(sam, f"{path}withdraw/")
    assert fresh(in_scope, mine).state == ReviewState.PUBLISHED
    assert sam.post(f"{path}withdraw/")["Location"] == path
    assert fresh(in_scope, mine).state == ReviewState.WITHDRAWN
    text = words(sam, path)
    assert "You took it back" in text and "Change it" not in text
    for part in ("edit/", "withdraw/"):
        assert sam.get(path + part)["Location"] == path
        assert sam.post(path + part, FORM)["Location"] == path
    again = sam.post(f"/orders/{order.public_id}/reviews/", {"line": in_scope(line, order), **FORM})
    assert again.status_code == 302 and in_scope(Review.objects.count) == 2


def test_why_it_is_not_published_is_said_with_what_to_change(sam: Client, in_scope: Scope, mine: Review, path: str) -> None:
    in_scope(reject, review=mine, ground="off_topic", note="Tell us about the shirt.", user=None, at=NOW)
    for page in (path, f"{path}edit/", "/reviews/"):
        assert "It is about something else than the product." in words(sam, page), page
    assert "Tell us about the shirt." in words(sam, path)


def test_the_thread_is_between_the_two(sam: Client, in_scope: Scope, mine: Review, path: str) -> None:
    in_scope(write_note, review=mine, text="Which size is it?", is_of_staff=True, user=None, at=NOW - timedelta(hours=1))
    assert "We wrote to you" in words(sam, "/reviews/")
    sent = sam.post(path, {"text": "M, as always."})
    note = in_scope(lambda: ReviewNote.objects.get(is_of_staff=False))
    assert (sent.status_code, sent["Location"], note.text) == (302, f"{path}#note-{note.pk}", "M, as always.")
    text = words(sam, path)
    assert text.index("Which size is it?") < text.index("M, as always.")


@pytest.mark.parametrize(
    ("typed", "said"), [("", "Write something first."), (" \u200b ", "Write something first."), ("x" * 2_001, "2,000")]
)
def test_a_note_that_cannot_be_kept_is_refused(sam: Client, in_scope: Scope, path: str, typed: str, said: str) -> None:
    response = sam.post(path, {"text": typed})
    assert response.status_code == 422 and said in response.content.decode()
    assert in_scope(ReviewNote.objects.count) == 0


def test_photos_are_added_afterwards_and_taken_away_again(sam: Client, in_scope: Scope, mine: Review, path: str) -> None:
    sam.post(f"{path}edit/", {**FORM, "photos_review": [jpeg()], "consent": "on"})
    row = in_scope(ReviewPhoto.objects.get)
    assert (row.review_id, row.consented_at) == (mine.pk, NOW)
    assert "Waits for a look" in words(sam, path)
    for id in ("nothing", "", "\0"):
        assert sam.post(path, {"act": "remove-photo", "photo": id}).status_code == 302
    assert in_scope(ReviewPhoto.objects.count) == 1
    assert sam.post(path, {"act": "remove-photo", "photo": row.public_id})["Location"] == path
    assert in_scope(ReviewPhoto.objects.count) == 0
