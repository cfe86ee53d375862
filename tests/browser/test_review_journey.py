"""One review through every room in a real browser: asked, written, decided, shown, put right and answered; and a survey by one tap.

`SHOTS=/some/folder` keeps pictures of it.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, expect

from core.clock import now
from customers.models import SignInRequest
from customers.services import record_consent, sign_in_secrets
from customers.types import Topic
from merchants.models import Branding, Merchant, User
from merchants.scope import merchant_scope
from merchants.services import create_merchant, save_branding
from merchants.types import Role
from notifications.accounts import save_account
from notifications.models import MessageContent
from orders.models import Order
from returns.services import open_claim
from returns.types import Actor, Origin
from reviews.models import Review, ReviewPhoto, ReviewPlan
from reviews.models.ratings import FeedbackTask, Rating, SurveyAnswer, SurveyScore
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.services.surveys import save_survey
from reviews.types import Moderation
from tests.admin.world import person
from tests.browser.conftest import Window
from tests.browser.test_ops import enter
from tests.browser.test_reviews import photo, press
from tests.conftest import NOW
from tests.factories import EMAIL
from tests.flows.test_review_messages import Shop
from tests.reviews.stage import CAME, DAY, bought, line_of, parcel_of, product, send

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
SHOTS = os.environ.get("SHOTS", "")
HOUR = timedelta(hours=1)
READ = CAME + 8 * DAY + 2 * HOUR  # a Tuesday, the day after the question went out
RIGHT = "We are putting it right"
SAID = "The left sleeve tore when I put it on. I would buy it again if it were sewn better."


@dataclass(frozen=True, slots=True)
class World:
    """Acme on this server, who works there, and Sam's order that came."""

    server: str
    merchant: Merchant
    user: User
    order: Order
    life: Shop

    @property
    def host(self) -> str:
        return f"http://{self.merchant.slug}.{self.server}"

    def inside(self, function: Callable[[], Any]) -> Any:
        with merchant_scope(self.merchant.pk):
            return function()

    def go_on(self) -> None:
        """All that follows from what was done until now."""
        self.life.at(now())

    def letter(self, kind: str) -> MessageContent:
        """The newest message of a kind, as it was sent."""
        row: MessageContent = self.inside(lambda: MessageContent.objects.filter(message__kind=kind).latest("pk"))
        return row


@pytest.fixture
def world(server: str) -> Iterator[World]:
    """Every review is read before it is published; a survey goes out three days after delivery, the question after seven."""
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    user = person("sabine@acme.example", merchant, Role.OWNER, name="Sabine Albrecht")
    with merchant_scope(merchant.pk):
        branding = Branding.objects.get()
        branding.email_from, branding.support_email, branding.color = "shop@acme.example", "care@acme.example", "#5b2a4e"
        save_branding(branding)
        save_account(channel="email", provider="sandbox", settings={}, secrets={}, at=NOW)
        definition = DEFAULTS["csat"].definition
        told: dict[str, Any] = {"name": "After delivery", "key": "csat", "trigger": "delivered", "days": 3, "definition": definition}
        save_survey(survey=None, is_on=True, at=NOW, **told)
        product()
    life = Shop(merchant)
    with merchant_scope(merchant.pk):
        ReviewPlan.objects.update(moderation=Moderation.ALL)

    def buys() -> Order:
        order = bought(came=None)
        assert order.customer is not None
        record_consent(customer=order.customer, channel="email", is_granted=True, topic=Topic.REVIEWS, source="checkout", at=NOW)
        return order

    order = life.at(NOW, buys)
    life.at(CAME, lambda: send(order))
    life.live(CAME + 3 * DAY, CAME + 4 * DAY)
    life.live(CAME + 7 * DAY, CAME + 8 * DAY)
    with time_machine.travel(READ, tick=True):
        yield World(server, merchant, user, order, life)


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def link_in(page: Page, letter: MessageContent, part: str) -> str:
    """Where a letter leads that has it in the address; the letter is opened as a mail program shows it."""
    page.goto("about:blank")  # a mail program is no page of ours, with its policy
    page.set_content(letter.html)
    found = page.locator(f"a[href*='{part}']").first.get_attribute("href")
    assert found is not None
    return found


def opinion(world: World) -> Review:
    row: Review = world.inside(Review.objects.get)
    return row


def test_two_stars_are_asked_for_read_blind_shown_answered_and_put_right(world: World, window: Open) -> None:
    phone = window()
    writes(world, phone)
    desk = window(width=1280)
    is_decided_blind(world, desk)
    is_shown_to_anybody(world, window())
    is_put_right(world, desk)
    is_read_by_its_author(world, phone)
    assert (phone.complaints, desk.complaints) == ([], [])


def writes(world: World, view: Window) -> None:
    """By the link of the letter, on a telephone, without an account."""
    page = view.page
    address = link_in(page, world.letter("review_request"), "stars=2")
    shot(page, "1-letter")
    assert address.startswith(f"{world.host}/review/")
    page.goto(address)
    expect(page.get_by_role("radio", name="2 stars: Fair")).to_be_checked()
    assert (world.inside(Review.objects.count), view.overflow()) == (0, 0)  # looking is not sending
    page.get_by_label("What is it like?").fill(SAID)
    page.get_by_label("Photos (optional)").set_input_files([photo()])
    expect(page.locator("input[type=hidden][name^=sent_photos]")).to_have_count(1)
    page.get_by_role("checkbox", name="I took the photos myself").check()
    shot(page, "2-form")
    press(page, "Send the review")
    expect(page.get_by_text("Somebody reads it before it is published.")).to_be_visible()
    assert view.overflow() == 0
    shot(page, "3-sent")
    row = opinion(world)
    assert (row.state, row.is_verified, world.inside(lambda: Rating.objects.get().stars)) == ("pending", True, 2)
    world.go_on()
    page.goto(f"{world.host}/products/shirt/reviews/")
    assert page.get_by_text(SAID).count() == 0


def is_decided_blind(world: World, view: Window) -> None:
    """The queue and the review's own page hold words and the picture, and nothing of how many stars there are."""
    page = enter(view, world.server, world.user, "/ops/reviews/")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 review waits for a decision.")
    expect(page.get_by_text(SAID)).to_be_visible()
    shot(page, "4-queue")
    assert starless(page)
    page.goto(f"http://{world.server}/ops/reviews/{opinion(world).pk}/")
    expect(page.get_by_text(SAID)).to_be_visible()
    assert starless(page)
    page.goto(f"http://{world.server}/ops/reviews/")
    page.locator("[data-row]").get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".toast")).to_have_text("1 review published.")
    expect(page.get_by_text("The words are published. Only the picture waits.")).to_be_visible()
    assert starless(page)
    page.get_by_role("button", name="Show picture 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No review waits for a decision.")
    assert opinion(world).state == "published"
    assert world.inside(lambda: ReviewPhoto.objects.get().state) == "published"
    world.go_on()


def starless(page: Page) -> bool:
    """Whether the page names no number of stars, in what is seen and in what is not."""
    text = page.content()
    return not [found for found in ("★", "of 5", "2 star", "two star", "Fair", "#i-star") if found.lower() in text.lower()]


def is_shown_to_anybody(world: World, view: Window) -> None:
    page = view.page
    page.goto(f"{world.host}/products/shirt/reviews/")
    shown = page.locator(".voice")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text(SAID)
    for fact in ("Fair", "Bought here", "Something was given for writing it"):
        expect(shown).to_contain_text(fact)
    expect(page.get_by_text("From 1 review")).to_be_visible()
    picture = shown.get_by_role("img", name="Photo 1 of this review")
    picture.scroll_into_view_if_needed()
    picture.evaluate("one => one.complete || new Promise(done => one.addEventListener('load', done))")
    assert picture.evaluate("one => one.naturalWidth") == 900
    assert (view.overflow(), view.complaints) == (0, [])
    shot(page, "5-shown")


def is_put_right(world: World, view: Window) -> None:
    """The task is answered beginning with an apology, and solved by a claim."""

    def claim() -> str:
        line, parcel = line_of(world.order), parcel_of(world.order)
        told: dict[str, Any] = {"problem": "damaged", "wanted": "replacement", "note": "The sleeve tore.", "by": Actor(Origin.STAFF)}
        return open_claim(order=world.order, lines={line.public_id: 1}, shipment=parcel, at=now(), **told).number

    number: str = world.inside(claim)
    page = view.page
    page.goto(f"http://{world.server}/ops/feedback/")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 unhappy shopper waits for an answer.")
    shot(page, "6-tasks")
    page.get_by_role("link", name="Product 2 of 5").click()
    expect(page.get_by_text(SAID)).to_be_visible()
    page.get_by_role("link", name="the case that solves it").click()
    draft = page.get_by_label("Everybody reads this under the review").input_value().split("\n\n")
    assert (draft[1].startswith("We are sorry that"), draft[2]) == (True, f"{RIGHT}: it is case {number}.")
    shot(page, "7-task")
    page.get_by_role("button", name="Answer in public").click()
    expect(page.locator(".toast")).to_have_text("The answer stands under the review, and its author is told.")
    page.locator("summary", has_text="Solved").click()
    page.get_by_label("Number of the return or claim that puts it right").fill(number)
    page.get_by_role("button", name="It is solved").click()
    expect(page.locator("h1 + p .badge").first).to_have_text("Solved")
    expect(page.locator("#next").get_by_role("link", name=number)).to_be_visible()
    shot(page, "8-solved")
    task = world.inside(FeedbackTask.objects.get)
    assert (task.state, task.case) == ("solved", number)
    world.go_on()


def is_read_by_its_author(world: World, view: Window) -> None:
    """By the link of the letter that tells it; the account is opened by a code."""
    page = view.page
    letter = world.letter("review_answered")
    assert RIGHT in letter.text
    page.goto(link_in(page, letter, "/reviews/"))
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(world.inside(lambda: sign_in_secrets(SignInRequest.objects.latest("created_at"))[0]))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{world.host}/reviews/{opinion(world).public_id}/**")
    expect(page.get_by_role("heading", name="Our answer, shown with it")).to_be_visible()
    expect(page.locator("blockquote")).to_contain_text(RIGHT)
    assert view.overflow() == 0
    shot(page, "9-author")
    page.get_by_role("link", name="All reviews of it").click()
    expect(page.locator(".voice__reply")).to_contain_text(RIGHT)


@pytest.mark.parametrize("script", [True, False])
def test_a_survey_is_answered_by_one_tap_in_the_letter_and_one_press(world: World, window: Open, script: bool) -> None:
    view = window(script=script)
    page = view.page
    address = link_in(page, world.letter("survey"), "delivery=4")
    shot(page, "10-survey-letter")
    assert address.startswith(f"{world.host}/survey/")
    page.goto(address)
    asked = page.get_by_role("group", name="How satisfied are you with the delivery?")
    expect(asked.get_by_role("radio", name="4 of 5")).to_be_checked()
    assert world.inside(SurveyAnswer.objects.count) == 0  # programs that check letters follow links
    shot(page, "11-survey")
    press(page, "Send")
    expect(page.get_by_role("heading", name="Thank you. Your answer is in.")).to_be_visible()
    page.get_by_role("link", name="No, that is all").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    said = world.inside(lambda: list(SurveyScore.objects.values_list("question", "value")))
    assert said == [("delivery", 4)]
    assert world.inside(lambda: SurveyAnswer.objects.get().order_id) == world.order.pk
    assert (view.overflow(), view.complaints) == (0, [])
