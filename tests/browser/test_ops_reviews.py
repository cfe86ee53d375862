"""The review desk in a real browser: decide without stars, answer who is unhappy, read a survey, tell that something was done."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from core.clock import now
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from merchants.types import Role
from reviews.models import Review, ReviewPhoto, ReviewReply, Survey, Theme
from reviews.models.ratings import FeedbackTask, SurveyAnswer, SurveyScore
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.services.listening import begin_themes, hear
from reviews.services.surveys import save_survey
from tests.admin.world import person
from tests.browser.conftest import Window
from tests.browser.test_ops import enter
from tests.dashboard.test_returns import jpeg
from tests.reviews.stage import bought, product, review_row

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
SHOTS = os.environ.get("SHOTS", "")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PHONE = {"ground": "personal_data", "check": "phone", "field": "text", "found": "+49 30 1234567"}
SAID: tuple[tuple[str, str, int, list[dict[str, str]]], ...] = (
    ("It runs small", "Lovely linen, but it runs small: I usually wear M and had to give it away. Call me on +49 30 1234567.", 2, [PHONE]),
    ("Soft and light", "Soft, light and well sewn. I wear it every other day.", 5, []),
    ("", "Came torn at the left sleeve, and nobody answered my mail.", 1, []),
)


@pytest.fixture
def shop(server: str) -> tuple[Merchant, User]:
    """Three reviews that wait, a published unhappy one with its task, answers to a survey, a theme many raise, and Sabine."""
    at = now()
    merchant = create_merchant(
        slug="acme", name="Aurora Linen", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin"
    )
    with merchant_scope(merchant.pk):
        product()
        begin_themes(at=at)
        for number, (title, text, stars, flags) in enumerate(SAID):
            order = bought(
                number=f"A-{number}", tracking_number=f"T-{number}", at=at - 12 * DAY, placed_at=at - 12 * DAY, came=at - 8 * DAY
            )
            held: dict[str, Any] = {
                "state": "pending",
                "decided_at": None,
                "title": title,
                "text": text,
                "flags": flags,
                "pros": "The colour",
            }
            _pictured(review_row(order, stars=stars, at=at - (9 - number) * HOUR, **held)) if number == 0 else review_row(
                order, stars=stars, at=at - (9 - number) * HOUR, **held
            )
        _unhappy(at)
        _answered(at)
        for week in range(8):
            for voice in range(week // 2 + 1):
                said: dict[str, Any] = {
                    "source": "review",
                    "source_id": f"{week}-{voice}",
                    "language": "en",
                    "at": at - (7 - week) * 7 * DAY - HOUR,
                }
                hear(**said, text="Nice, but it runs too small for me.", product_key="shirt", customer_id=order.customer_id, order=order)
    return merchant, person("sabine@acme.example", merchant, Role.OWNER, name="Sabine Albrecht")


def _pictured(review: Review) -> None:
    kept: dict[str, Any] = {
        "order": review.order,
        "order_line": review.order_line,
        "created_at": now(),
        "ready_at": now(),
        "consented_at": now(),
    }
    ReviewPhoto.objects.create(review=review, body=jpeg(), width=40, height=30, **kept)


def _unhappy(at: Any) -> None:
    order = bought(number="B-1", tracking_number="U-1", at=at - 12 * DAY, placed_at=at - 12 * DAY, came=at - 8 * DAY)
    review = review_row(order, stars=1, at=at - DAY, title="Torn", text="The sleeve was torn when it came.")
    FeedbackTask.objects.create(
        review=review,
        order=order,
        reasons=[["product", 1, 5, "product"], ["delivery", 2, 5, "delivery"]],
        opened_at=at - DAY,
        due_at=at + 3 * HOUR,
    )


def _answered(at: Any) -> None:
    """Forty answers by two carriers, one of them slow."""
    one = DEFAULTS["csat"]
    held: dict[str, Any] = {"key": one.key, "trigger": one.trigger, "days": one.days, "definition": one.definition}
    survey = save_survey(survey=None, name="After delivery", is_on=True, at=at, **held)
    for number in range(40):
        is_slow = number % 3 == 0
        row = SurveyAnswer.objects.create(
            survey=survey, version=1, subject=f"s{number}", at=at - number * HOUR, language="en", carrier_code="ups" if is_slow else "dhl"
        )
        for question in survey.definition["questions"]:
            if question["kind"] == "csat":
                is_bad = is_slow and question["key"] == "delivery"
                text = "Left in the rain" if is_bad and number % 2 else ""
                SurveyScore.objects.create(
                    answer=row, question=question["key"], kind="csat", value=2 if is_bad else 4 + number % 2, text=text
                )


def shot(page: Any, name: str) -> None:
    """Kept for people to look at, where they ask for it."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_reviews_are_decided_without_stars_and_taken_back(server: str, shop: tuple[Merchant, User], window: Open, width: int) -> None:
    merchant, user = shop
    view = window(width=width)
    page = enter(view, server, user, "/ops/reviews/")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 reviews wait for a decision.")
    expect(page.locator("mark")).to_have_text("+49 30 1234567")
    assert "★" not in page.content() and "of 5" not in page.content()
    assert view.overflow() == 0
    shot(page, f"queue-{width}")
    first = page.locator("[data-row]").first
    first.get_by_text("Do not publish", exact=True).click()
    first.get_by_label("To the author, what to change").fill("Please leave your number out.")
    assert view.overflow() == 0
    shot(page, f"ground-{width}")
    first.get_by_role("button", name="Names somebody or tells how to reach them").click()
    expect(page.locator(".toast")).to_have_text("1 review not published; its author is told why.")
    page.get_by_label("Select all of this page").check()
    page.get_by_role("toolbar").get_by_role("button", name="Publish").click()
    expect(page.locator(".toast")).to_have_text("2 reviews published.")
    shot(page, f"undo-{width}")
    with merchant_scope(merchant.pk):
        assert sorted(Review.objects.filter(order__number__startswith="A").values_list("state", flat=True)) == [
            "published",
            "published",
            "rejected",
        ]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_have_text("2 reviews wait again.")
    assert view.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_an_unhappy_shopper_is_answered_and_the_case_that_solves_it_is_kept(
    server: str, shop: tuple[Merchant, User], window: Open, width: int
) -> None:
    merchant, user = shop
    view = window(width=width)
    page = enter(view, server, user, "/ops/feedback/")
    expect(page.get_by_text("Product 1 of 5")).to_be_visible()
    assert view.overflow() == 0
    shot(page, f"feedback-{width}")
    page.get_by_role("link", name="Product 1 of 5").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Linen shirt")
    assert view.overflow() == 0
    shot(page, f"task-{width}")
    page.get_by_role("link", name="sorry, and how to put it right").click()
    expect(page.get_by_label("Everybody reads this under the review")).not_to_have_value("")
    page.get_by_role("button", name="Answer in public").click()
    expect(page.locator(".toast")).to_have_text("The answer stands under the review, and its author is told.")
    page.get_by_label("Write to the author").fill("May we send you another one?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("May we send you another one?")).to_be_visible()
    page.locator("summary", has_text="Solved").click()
    page.get_by_label("Number of the return or claim that puts it right").fill("CLM-7")
    assert view.overflow() == 0
    shot(page, f"answered-{width}")
    page.get_by_role("button", name="It is solved").click()
    expect(page.locator("h1 + p .badge").first).to_have_text("Solved")
    with merchant_scope(merchant.pk):
        assert ReviewReply.objects.count() == 1
        assert (FeedbackTask.objects.get().state, FeedbackTask.objects.get().case) == ("solved", "CLM-7")
        published = Review.objects.get(order__number="B-1").pk
    for path, name in (("/ops/reviews/decided/", "decided"), (f"/ops/reviews/{published}/", "review")):
        page.goto(f"http://{server}{path}")
        assert view.overflow() == 0, path
        shot(page, f"{name}-{width}")
    assert view.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_surveys_and_themes_are_read_and_those_who_raised_it_are_told(
    server: str, shop: tuple[Merchant, User], window: Open, width: int
) -> None:
    merchant, user = shop
    view = window(width=width)
    with merchant_scope(merchant.pk):
        survey, theme = Survey.objects.get(), Theme.objects.get(key="size")
    page = enter(view, server, user, "/ops/surveys/")
    expect(page.get_by_role("link", name="After delivery")).to_be_visible()
    assert view.overflow() == 0
    shot(page, f"surveys-{width}")
    page.goto(f"http://{server}/ops/surveys/{survey.pk}/?by=carrier")
    expect(page.get_by_role("cell", name="UPS").first).to_be_visible()
    assert view.overflow() == 0
    shot(page, f"survey-{width}")
    page.goto(f"http://{server}/ops/themes/")
    assert view.overflow() == 0
    shot(page, f"themes-{width}")
    page.goto(f"http://{server}/ops/themes/{theme.pk}/")
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_text("It is done: tell those who raised it").click()
    expect(page.get_by_text("1 shopper raised it and will be told once")).to_be_visible()
    page.get_by_label("What was done, in words for the shopper: English").fill("We cut it wider.")
    assert view.overflow() == 0
    shot(page, f"theme-{width}")
    page.get_by_role("button", name="It is done, tell them").click()
    expect(page.locator(".toast")).to_have_text("Done. 1 shopper is told.")
    assert view.complaints == []


def test_the_queue_is_worked_from_the_keyboard(server: str, shop: tuple[Merchant, User], window: Open) -> None:
    merchant, user = shop
    view = window(width=1280)
    page = enter(view, server, user, "/ops/reviews/")
    assert page.locator("[data-bulk]").is_hidden()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator(".toast")).to_have_text("1 review published.")
    with merchant_scope(merchant.pk):
        assert Review.objects.get(order__number="A-1").state == "published"
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_have_text("1 review waits again.")
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_role("toolbar").get_by_label("To the authors, what to change")).to_be_visible()
    assert view.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_survey_is_built_and_seen_beside_it(server: str, shop: tuple[Merchant, User], window: Open, width: int) -> None:
    merchant, user = shop
    view = window(width=width)
    with merchant_scope(merchant.pk):
        survey, theme = Survey.objects.get(), Theme.objects.get(key="size")
    page = enter(view, server, user, f"/admin/reviews/survey/{survey.pk}/change/?language=de")
    expect(page.get_by_role("heading", name="As a shopper sees it")).to_be_visible()
    shot(page, f"builder-{width}")
    for path, name in (
        (f"/admin/reviews/survey/{survey.pk}/questions/delivery/", "question"),
        (f"/admin/reviews/theme/{theme.pk}/change/", "theme-words"),
        ("/admin/reviews/reviewimport/add/", "import"),
        ("/admin/rewards/coupon/owed/", "owed"),
        ("/admin/reviews/reviewplan/add/", "plan"),
    ):
        assert page.goto(f"http://{server}{path}").status == 200, path
        assert view.overflow() == 0, path
        shot(page, f"{name}-{width}")
