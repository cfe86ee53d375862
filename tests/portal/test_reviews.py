"""Writing about what came: by the link of a message without signing in, as the owner, with a draft, with photos; nothing on GET."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from merchants.models import Merchant
from orders.models import Order
from reviews.models import Review, ReviewPhoto, ReviewPlan, ReviewRequest
from reviews.models.ratings import ParcelRating, Rating, ReviewDraft
from reviews.types import RequestState, ReviewState
from rewards.models import ThanksRule
from tests.conftest import NOW
from tests.factories import place_order
from tests.portal.addresses import everything
from tests.portal.conftest import guest_of, signed_in
from tests.portal.returning import jpeg
from tests.portal.reviewing import DAY, FORM, asked, heading, line, parcel, path_of, review
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words
from tests.reviews.stage import line_of

Scope = Callable[..., Any]


@pytest.fixture
def came(in_scope: Scope) -> tuple[Order, str]:
    found: tuple[Order, str] = in_scope(asked)
    return found


@pytest.fixture
def order(came: tuple[Order, str]) -> Order:
    return came[0]


@pytest.fixture
def path(came: tuple[Order, str]) -> str:
    return came[1]


def send(client: Client, path: str, line_id: str, **over: Any) -> Any:
    return client.post(path, {"line": line_id, **FORM, **over})


def test_the_link_opens_the_form_without_signing_in_and_says_neither_price_nor_address(browser: Client, path: str) -> None:
    text = words(browser, path)
    assert text.count("How is it?") == 1 and "1 of 3" in text and "Linen shirt" in text
    assert "Your stars for the product" in text and "How does it fit? (optional)" in text
    html = browser.get(path).content.decode()
    assert not [secret for secret in ("sam@example.com", "Torstraße", "10119", "Berg", "49.00", "4242") if secret in html]
    assert "checked" not in html
    assert rows_read(browser, path) <= 12


def test_reading_changes_nothing_also_with_stars_tapped_in_the_message(browser: Client, acme: Merchant, order: Order, path: str) -> None:
    before = everything(acme)
    html = browser.get(path + "?stars=2").content.decode()
    assert 'name="stars" value="2" checked' in html and html.count("checked") == 1
    for query in ("?stars=9", "?stars=x", "?line=nothing", "?act=send&stars=5", "?came=1", "?written=x", "?parcel=x"):
        assert browser.get(path + query).status_code == 200
    assert everything(acme) == before


def test_each_line_then_the_parcel_then_thanks(browser: Client, in_scope: Scope, order: Order, path: str) -> None:
    first, second, box = in_scope(line, order), in_scope(line, order, "L2"), in_scope(parcel, order)
    sent = send(browser, path, first, fit="true", pros="Colour", can_share="on")
    assert (sent.status_code, sent["Location"]) == (302, f"{path}?written={first}")
    text = words(browser, sent["Location"])
    assert "Thank you. We have your review of Linen shirt" in text and "2 of 3" in text and "How does it fit" not in text
    sent = send(browser, path, second, stars="1", text="Broke on the first day.")
    assert heading(browser.get(sent["Location"])) == "How did it come?"
    sent = browser.post(path, {"parcel": box, "delivery": "2", "service": "5", "text": "A day late."})
    assert (sent.status_code, sent["Location"]) == (302, f"{path}?rated={box}")
    assert heading(browser.get(sent["Location"])) == "Thank you"
    rows = in_scope(lambda: list(Review.objects.order_by("pk").values_list("text", "fit", "pros", "is_verified", "can_share", "state")))
    assert rows == [
        (FORM["text"], "true", "Colour", True, True, ReviewState.PUBLISHED),
        ("Broke on the first day.", "", "", True, False, ReviewState.PUBLISHED),
    ]
    assert in_scope(lambda: list(Rating.objects.order_by("pk").values_list("stars", flat=True))) == [4, 1]
    assert in_scope(lambda: ParcelRating.objects.values_list("delivery", "service", "text").get()) == (2, 5, "A day late.")
    assert in_scope(lambda: ReviewRequest.objects.get().state) == RequestState.DONE
    assert in_scope(lambda: Review.objects.filter(customer=order.customer).count()) == 2


def test_sent_twice_it_is_one_review(browser: Client, in_scope: Scope, order: Order, path: str) -> None:
    first = in_scope(line, order)
    answers = [send(browser, path, first) for _ in range(2)]
    assert [(one.status_code, one["Location"]) for one in answers] == [(302, f"{path}?written={first}")] * 2
    assert in_scope(Review.objects.count) == 1


@pytest.mark.parametrize(
    ("over", "field", "said"),
    [
        ({"stars": ""}, "stars", "Choose one to five stars."),
        ({"stars": "6"}, "stars", "Choose one to five stars."),
        ({"stars": "4.5"}, "stars", "Choose one to five stars."),
        ({"text": "a" * 50_000}, "text", "At most 5,000 characters."),
        ({"title": "a" * 121}, "title", "At most 120 characters."),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field_with_what_was_typed(
    browser: Client, acme: Merchant, in_scope: Scope, order: Order, path: str, over: dict[str, str], field: str, said: str
) -> None:
    first, before = in_scope(line, order), everything(acme)
    response = send(browser, path, first, pros="Typed with care", **over)
    html = response.content.decode()
    assert response.status_code == 422
    assert said in html and f'href="#{field}"' in html and "Typed with care" in html
    assert everything(acme) == before


def test_markup_is_shown_as_it_was_typed(browser: Client, sam: Client, in_scope: Scope, order: Order, path: str) -> None:
    send(browser, path, in_scope(line, order), text="<script>alert(1)</script> fine \u202egnorw", author="<b>Sam")
    row = in_scope(review)
    html = sam.get(f"/reviews/{row.public_id}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; fine gnorw" in html and "\u202e" not in html


@pytest.mark.parametrize("data", [{"line": "nothing"}, {"line": ""}, {}, {"act": "draft"}, {"parcel": "x"}, {"line": "\0"}])
def test_a_line_that_was_not_asked_about_is_not_found(browser: Client, acme: Merchant, path: str, data: dict[str, str]) -> None:
    before = everything(acme)
    assert browser.post(path, {**FORM, **data}).status_code == 404
    assert everything(acme) == before


def test_a_line_of_another_order_is_not_found(browser: Client, in_scope: Scope, path: str) -> None:
    other = in_scope(lambda: line(place_order(number="1009")))
    assert send(browser, path, other).status_code == 404
    assert in_scope(Review.objects.count) == 0


def test_what_has_not_come_cannot_be_reviewed(sam: Client, in_scope: Scope, order: Order) -> None:
    waiting = in_scope(place_order, number="1009", placed_at=NOW - DAY)
    path = f"/orders/{waiting.public_id}/reviews/"
    assert "Nothing to review yet" in words(sam, path)
    assert send(sam, path, in_scope(line, waiting)).status_code == 404
    assert in_scope(Review.objects.count) == 0


def test_a_draft_is_kept_by_its_button_and_found_again(browser: Client, sam: Client, in_scope: Scope, order: Order, path: str) -> None:
    second = in_scope(line, order, "L2")
    sent = send(browser, path, second, act="draft", text="Half a thought", stars="", can_share="on")
    assert (sent.status_code, sent["Location"]) == (302, f"{path}?line={second}&saved=1")
    assert "Your draft is kept" in words(browser, sent["Location"])
    for client, form in ((browser, path), (sam, f"/orders/{order.public_id}/reviews/")):
        html = client.get(f"{form}?line={second}").content.decode()
        assert "Half a thought" in html and 'name="can_share" checked' in html and html.count("checked") == 1
    assert in_scope(Review.objects.count) == 0
    send(browser, path, second)
    assert in_scope(ReviewDraft.objects.count) == 0


def test_the_script_keeps_a_draft_without_a_page(browser: Client, in_scope: Scope, order: Order, path: str) -> None:
    first = in_scope(line, order)
    quiet = {"act": "draft", "quiet": "1"}
    assert send(browser, path, first, **quiet, text="So far").status_code == 204
    assert in_scope(lambda: ReviewDraft.objects.get().data["text"]) == "So far"
    assert browser.post(path, {"line": first, **quiet}).status_code == 204
    assert in_scope(lambda: ReviewDraft.objects.get().data["text"]) == "So far"  # an empty form is nothing to keep
    send(browser, path, first)
    assert send(browser, path, first, **quiet).status_code == 409
    assert in_scope(ReviewDraft.objects.count) == 0


def test_photos_go_with_the_review_and_wait_for_a_look(browser: Client, sam: Client, in_scope: Scope, order: Order, path: str) -> None:
    first = in_scope(line, order)
    refused = send(browser, path, first, stars="", photos_review=[jpeg()])
    id = in_scope(lambda: ReviewPhoto.objects.get().public_id)
    assert refused.status_code == 422 and f'name="photo" value="{id}"' in refused.content.decode()
    assert browser.get(f"{path}photos/{id}/")["Content-Type"] == "image/jpeg"
    send(browser, path, first, photo=[id], consent="on")
    row = in_scope(lambda: ReviewPhoto.objects.get())
    assert (row.review_id, row.state, row.consented_at) == (in_scope(review).pk, "pending", NOW)
    assert browser.get(f"{path}photos/{id}/").status_code == 404  # sent off: no longer for whoever holds the link
    assert browser.get(f"/reviews/photos/{id}/").status_code == 404
    mine = sam.get(f"/orders/{order.public_id}/reviews/photos/{id}/")
    assert (mine["Content-Type"], mine["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    in_scope(lambda: ReviewPhoto.objects.update(state="published"))
    shown = browser.get(f"/reviews/photos/{id}/")
    assert (shown.status_code, shown["Cross-Origin-Resource-Policy"]) == (200, "cross-origin")
    in_scope(lambda: ReviewPhoto.objects.update(consented_at=None))
    assert browser.get(f"/reviews/photos/{id}/").status_code == 404


def test_a_photo_is_sent_in_pieces_and_only_for_a_line_of_the_link(browser: Client, in_scope: Scope, order: Order, path: str) -> None:
    first, other = in_scope(line, order), in_scope(lambda: line(place_order(number="1009")))
    assert browser.post(f"{path}lines/{other}/photos/", {"size": "10"}).status_code == 404
    assert browser.post(f"{path}lines/{first}/photos/", {"size": "x"}).status_code == 400
    body = jpeg().read()
    room = browser.post(f"{path}lines/{first}/photos/", {"size": str(len(body))})
    address = room["Location"]
    assert room.status_code == 201 and address.startswith(path)
    for offset, status in ((0, 200), (0, 409)):
        piece = browser.patch(address, body[:100], content_type="application/octet-stream", headers={"Upload-Offset": str(offset)})
        assert piece.status_code == status
    assert browser.head(address)["Upload-Offset"] == "100"
    browser.patch(address, body[100:], content_type="application/octet-stream", headers={"Upload-Offset": "100"})
    assert in_scope(lambda: ReviewPhoto.objects.get().ready_at) == NOW
    assert browser.delete(address).status_code == 204
    assert in_scope(ReviewPhoto.objects.count) == 0


@pytest.mark.parametrize("body", [b"", b"<svg onload=alert(1)>", b"\xff\xd8\xff" + b"x" * 50], ids=["empty", "markup", "broken"])
def test_what_is_no_picture_is_refused_in_words(browser: Client, in_scope: Scope, order: Order, path: str, body: bytes) -> None:
    bad = jpeg()
    bad.seek(0)
    bad.truncate()
    bad.write(body)
    bad.seek(0)
    bad.size = len(body)
    response = send(browser, path, in_scope(line, order), photos_review=[bad])
    assert response.status_code == 422 and 'id="photos_review_error"' in response.content.decode()
    assert in_scope(lambda: (Review.objects.count(), ReviewPhoto.objects.count())) == (0, 0)


def test_not_received_puts_the_question_off_and_opens_the_search(
    browser: Client, sam: Client, in_scope: Scope, order: Order, path: str
) -> None:
    box = in_scope(parcel, order)
    assert "I have not received it" in words(browser, path)
    sent = browser.post(path, {"act": "not-here"})
    assert heading(sent) == "We are sorry. Let us look for it"
    search = f"/orders/{order.public_id}/parcels/{box}/not-here/"
    assert f'href="{search}"' in sent.content.decode()
    assert browser.get(search)["Location"].startswith("/sign-in/")
    row = in_scope(ReviewRequest.objects.get)
    assert (row.state, row.deferred_at) == (RequestState.DEFERRED, NOW)
    assert "We do not ask you how it is before" in words(browser, path)
    assert heading(browser.get(path + "?came=1")) == "How is it?"
    assert sam.post(path, {"act": "not-here"})["Location"] == search
    assert in_scope(ReviewRequest.objects.get).due_at == row.due_at  # once is enough


def test_the_owner_is_led_to_the_search_from_the_order_too(sam: Client, in_scope: Scope, order: Order) -> None:
    box = in_scope(parcel, order)
    sent = sam.post(f"/orders/{order.public_id}/reviews/", {"act": "not-here", "parcel": box})
    assert sent["Location"] == f"/orders/{order.public_id}/parcels/{box}/not-here/"
    assert in_scope(ReviewRequest.objects.get).state == RequestState.DEFERRED


def test_a_link_that_has_ended_says_so_and_takes_nothing(browser: Client, in_scope: Scope, order: Order, path: str) -> None:
    in_scope(lambda: ReviewRequest.objects.update(ends_at=NOW))
    assert "This link has ended" in words(browser, path)
    first = in_scope(line, order)
    assert send(browser, path, first).status_code == 409
    assert browser.post(f"{path}lines/{first}/photos/", {"size": "10"}).status_code == 404
    assert in_scope(Review.objects.count) == 0


def test_a_forged_link_and_one_of_another_shop_are_nothing(browser: Client, borealis: Merchant, path: str) -> None:
    forged = path[:-3] + ("x" if path[-3] != "x" else "y") + path[-2:]
    assert browser.get(forged).status_code == 404
    assert browser.get(path, headers={"host": "borealis.platform.test"}).status_code == 404


def test_the_coupon_is_told_before_one_writes_while_there_are_any(browser: Client, in_scope: Scope, path: str) -> None:
    assert "off the next order" not in words(browser, path)
    in_scope(lambda: ThanksRule.objects.create(value=10, per_month=1))
    text = words(browser, path)
    assert "Whoever writes gets 10 % off the next order once per order, whatever the review says." in text
    in_scope(lambda: ThanksRule.objects.update(per_month=0))
    assert "off the next order" not in words(browser, path)


def test_a_guest_writes_about_the_one_order(acme: Merchant, in_scope: Scope, order: Order) -> None:
    guest, first = guest_of(acme, order), in_scope(line, order)
    path = f"/orders/{order.public_id}/reviews/"
    send(guest, path, first)
    row = in_scope(review)
    assert "Published" in words(guest, f"/reviews/{row.public_id}/")
    assert row.customer_id == order.customer_id
    assert rows_read(guest, path) <= 12


def test_the_order_and_its_product_lead_to_the_form(sam: Client, in_scope: Scope, order: Order) -> None:
    first = in_scope(line, order)
    assert f'href="/orders/{order.public_id}/reviews/"' in sam.get(f"/orders/{order.public_id}/").content.decode()
    assert (
        f'href="/orders/{order.public_id}/reviews/?line={first}"'
        in sam.get(f"/orders/{order.public_id}/products/{first}/").content.decode()
    )
    send(sam, f"/orders/{order.public_id}/reviews/", first)
    row = in_scope(review)
    assert f'href="/reviews/{row.public_id}/"' in sam.get(f"/orders/{order.public_id}/products/{first}/").content.decode()


def test_the_account_says_how_many_wait_and_all_is_well_all_the_same(sam: Client, in_scope: Scope, order: Order) -> None:
    text = words(sam, "/")
    assert "All is well" in text and "Linen shirt" in text
    assert 'href="/reviews/"' in sam.get("/").content.decode()
    assert "Write a review" in text
    assert rows_read(sam, "/") <= 12


def test_the_list_shows_what_is_left_and_what_was_written(sam: Client, in_scope: Scope, order: Order, path: str) -> None:
    text = words(sam, "/reviews/")
    assert text.count("Write a review") == 2 and "Written" not in text
    send(sam, path, in_scope(line, order))
    text = words(sam, "/reviews/")
    assert text.count("Write a review") == 1 and "Published" in text and FORM["text"] in text
    assert rows_read(sam, "/reviews/") <= 12


def test_nothing_written_says_where_to_begin(acme: Merchant, in_scope: Scope) -> None:
    order = in_scope(place_order)
    client = signed_in(acme, in_scope(lambda: order.customer))
    assert "Nothing written yet" in words(client, "/reviews/")


def test_the_delivery_is_rated_again_and_the_last_word_counts(browser: Client, in_scope: Scope, order: Order, path: str) -> None:
    box = in_scope(parcel, order)
    for stars in ("1", "4"):
        browser.post(path, {"parcel": box, "delivery": stars})
    assert in_scope(lambda: list(ParcelRating.objects.values_list("delivery", "service"))) == [(4, None)]
    assert 'name="delivery" value="4" checked' in browser.get(f"{path}?parcel={box}").content.decode()
    response = browser.post(path, {"parcel": box, "text": "a" * 1001})
    assert response.status_code == 422 and "Choose one to five stars." in response.content.decode()


def test_a_plan_that_asks_of_goods_alone_has_no_step_for_the_parcel(browser: Client, in_scope: Scope, order: Order, path: str) -> None:
    in_scope(lambda: ReviewPlan.objects.update(asks_delivery=False, asks_service=False))
    assert "1 of 2" in words(browser, path)
    box = in_scope(parcel, order)
    assert browser.post(path, {"parcel": box, "delivery": "1"}).status_code == 404
    assert in_scope(ParcelRating.objects.count) == 0


def test_a_line_reviewed_by_two_links_is_asked_once(browser: Client, in_scope: Scope, order: Order, path: str) -> None:
    row = in_scope(ReviewRequest.objects.get)
    assert in_scope(path_of, row) == path
    in_scope(lambda: ReviewRequest.objects.update(lines=[line_of(order).pk]))
    text = words(browser, path)
    assert "1 of 2" in text and "Leather belt" not in text
