"""Journeys in a real browser: a review with a photo by the link of a message, a draft found again, a parcel that never came, a survey."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
import time_machine
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from reviews.models import Review, ReviewPhoto, ReviewRequest
from reviews.models.ratings import ParcelRating, ReviewDraft, SurveyScore
from tests.browser.conftest import Window
from tests.browser.gallery import NOW, PICTURES, Gallery, build

pytestmark = pytest.mark.browser
Open = Callable[..., Window]


@pytest.fixture
def gallery(settings: Any, server: str) -> Iterator[Gallery]:
    """The shop of `gallery.py` on this server, on its Tuesday."""
    settings.STATICFILES_DIRS = [PICTURES]
    with time_machine.travel(NOW, tick=True):
        yield build(server)


def photo() -> FilePayload:
    out = BytesIO()
    Image.effect_noise((900, 900), 90).convert("RGB").save(out, "JPEG", quality=95)
    return {"name": "boots.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def form(gallery: Gallery, query: str = "") -> str:
    return f"{gallery.host}/review/{gallery.tokens['review']}/{query}"


def newest(gallery: Gallery) -> Review:
    row: Review = gallery.inside(lambda: Review.objects.latest("pk"))
    return row


@pytest.mark.parametrize("script", [True, False])
def test_all_of_a_parcel_is_reviewed_by_the_link_with_a_photo(gallery: Gallery, window: Open, script: bool) -> None:
    view = window(script=script)
    page = view.page
    page.goto(form(gallery, "?stars=4"))
    expect(page.get_by_role("radio", name="4 stars: Good")).to_be_checked()
    page.get_by_label("What is it like?").fill("Warm and dry.")
    page.get_by_role("radio", name="True to size").check()
    page.get_by_text("Add a headline, what is good, what is not").click()
    page.get_by_label("Good about it (optional)").fill("Warm")
    page.get_by_label("Photos (optional)").set_input_files([photo()])
    if script:
        expect(page.locator("input[type=hidden][name^=sent_photos]")).to_have_count(1)
    page.get_by_role("checkbox", name="I took the photos myself").check()
    press(page, "Send the review")
    expect(page.get_by_role("heading", name="Thank you. We have your review of Fjord ankle boots.")).to_be_visible()
    row = newest(gallery)
    assert (row.text, row.fit, row.pros, row.is_verified, row.is_incentivised) == ("Warm and dry.", "true", "Warm", True, True)
    kept = gallery.inside(lambda: ReviewPhoto.objects.get(review=row))
    assert (kept.width, kept.state, kept.consented_at is not None) == (900, "pending", True)
    assert "2 of 4" in page.locator("main").inner_text()
    expect(page.get_by_label("What is it like?")).to_have_value("Thin, but warm.")  # the draft of the socks
    press(page, "Send the review")
    page.get_by_role("radio", name="1 star: Poor").check()
    press(page, "Send the review")
    page.get_by_role("group", name="The delivery").get_by_role("radio", name="2 stars: Fair").check()
    press(page, "Send")
    assert page.get_by_role("heading", level=1).inner_text() == "Thank you"
    assert gallery.inside(lambda: ReviewRequest.objects.get(order=gallery.orders["came"]).state) == "done"
    rated = gallery.inside(lambda: ParcelRating.objects.get(order=gallery.orders["came"]))
    assert (rated.delivery, rated.service, view.overflow(), view.complaints) == (2, None, 0, [])


def test_what_is_typed_is_kept_without_a_press_and_the_whole_way_works_by_keyboard(gallery: Gallery, window: Open) -> None:
    view = window()
    page = view.page
    page.goto(form(gallery))
    page.get_by_role("radio", name="1 star: Poor").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="5 stars: Very good")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Half a thought")
    expect(page.get_by_text("Draft kept")).to_be_visible()
    other = window(width=1280).page
    other.goto(form(gallery))
    expect(other.get_by_label("What is it like?")).to_have_value("Half a thought")
    expect(other.get_by_role("radio", name="5 stars: Very good")).to_be_checked()
    assert gallery.inside(lambda: ReviewDraft.objects.count()) == 2
    other.get_by_role("button", name="Send the review").focus()
    with other.expect_navigation():
        other.keyboard.press("Enter")
    assert newest(gallery).text == "Half a thought"
    assert view.complaints == []


def test_a_parcel_that_never_came_is_looked_for_and_not_asked_about(gallery: Gallery, window: Open) -> None:
    view = window()
    page = view.page
    page.goto(form(gallery))
    press(page, "I have not received it")
    assert page.get_by_role("heading", level=1).inner_text() == "We are sorry. Let us look for it"
    assert gallery.inside(lambda: ReviewRequest.objects.get(order=gallery.orders["came"]).state) == "deferred"
    page.get_by_role("link", name="Sign in and start the search").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    page.context.add_cookies([{"name": "shopper", "value": gallery.session("lena"), "url": gallery.host}])
    page.goto(form(gallery, "?came=1"))
    press(page, "I have not received it")
    expect(page.get_by_role("button", name="It is not here")).to_be_visible()
    assert view.complaints == []


@pytest.mark.parametrize("script", [True, False])
def test_a_survey_takes_one_tap_and_one_press(gallery: Gallery, window: Open, script: bool) -> None:
    view = window(script=script)
    page = view.page
    page.goto(f"{gallery.host}/survey/{gallery.tokens['csat']}/?delivery=2")
    asked = page.get_by_role("group", name="How satisfied are you with the delivery?")
    expect(asked.get_by_role("radio", name="2 of 5: Unhappy")).to_be_checked()
    assert gallery.inside(lambda: SurveyScore.objects.filter(answer__survey__key="csat").count()) == 0
    press(page, "Send")
    expect(page.get_by_role("heading", name="Thank you. Your answer is in.")).to_be_visible()
    page.get_by_label("What went wrong?").fill("It rained into the box.")
    press(page, "Send")
    assert page.get_by_role("heading", level=1).inner_text() == "Thank you"
    said = gallery.inside(lambda: list(SurveyScore.objects.filter(answer__survey__key="csat").values_list("question", "value", "text")))
    assert (said, view.overflow(), view.complaints) == ([("delivery", 2, "It rained into the box.")], 0, [])
