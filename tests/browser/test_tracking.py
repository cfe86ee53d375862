"""The tracking page in a real browser: the first screen, the live part, the keyboard, without script."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import branding
from merchants.services import create_merchant
from orders.models import Order
from tests.browser.conftest import Window
from tests.browser.test_shopper import sign_in
from tests.factories import incoming_line, place_order
from tests.portal.world import DAY, HOUR, parcel, scan, snowed_in, unsent
from tracking.models import Shipment
from tracking.types import ShipmentStatus as Status

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
LONG = ("Donaudampfschifffahrtsgesellschaftskapitänsmütze", "Juniper wool coat with a very long name that has to wrap")


@dataclass(slots=True)
class Stage:
    """Acme on this server with an order in each of the states that say most."""

    server: str
    merchant: Merchant
    orders: dict[str, Order]

    def track(self, name: str, query: str = "") -> str:
        return f"http://acme.{self.server}/track/{self.orders[name].track_token}/{query}"

    def own(self, name: str, part: str) -> str:
        return f"http://acme.{self.server}/orders/{self.orders[name].public_id}/{part}"

    def change(self, name: str, **columns: object) -> None:
        with merchant_scope(self.merchant.pk):
            Shipment.objects.filter(order=self.orders[name]).update(**columns)


@pytest.fixture
def stage(server: str) -> Stage:
    at = now() - timedelta(days=2)
    merchant = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        type(branding()).objects.update(support_email="care@acme.example", support_phone="030 123456", color="#5b2a4e", font="serif")
        lines = tuple(incoming_line(external_id=str(n), title=title, quantity=n + 1) for n, title in enumerate(LONG))
        names = ("snow", "delivered", "unsent")
        orders = {name: place_order(number=f"A-{name}", at=at, placed_at=at, lines=lines) for name in names}
        snowed_in(orders["snow"], now=now(), to_country="DE")
        facts = {"status": Status.DELIVERED, "delivered_at": now() - HOUR, "delivered_how": "neighbour", "delivered_to": "Krüger"}
        scan(parcel(orders["delivered"], at=at, **facts), Status.DELIVERED, at=now() - HOUR, city="Berlin", country="DE", text="X" * 400)
        unsent(orders["unsent"], expected_by=(now() + 5 * DAY).date(), cause="retailer")
    return Stage(server, merchant, orders)


@pytest.mark.parametrize("language", ["en-US", "de-DE", "id-ID", "zh-CN"])
def test_the_first_screen_of_a_small_telephone_holds_state_day_contents_and_next_step(stage: Stage, window: Open, language: str) -> None:
    view = window(width=360, height=740, language=language)
    for name in ("snow", "unsent"):
        view.page.goto(stage.track(name))
        parts = [f".answer {part}" for part in ("#state", ".holds", "p.small >> nth=-1")]
        boxes = [view.page.locator(part).bounding_box() for part in parts]
        ends = [box["y"] + box["height"] for box in boxes if box is not None]
        assert len(ends) == 3 and max(ends) <= 740, (name, ends)
    assert view.complaints == []


def test_the_owner_s_page_keeps_the_answer_on_the_first_screen_too(stage: Stage, window: Open) -> None:
    view = window(width=360, height=740)
    sign_in(view, stage.server, stage.merchant)
    view.page.goto(stage.own("snow", "shipping/"))
    box = view.page.locator(".answer > p.small").last.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 740
    assert view.page.get_by_role("heading", level=1).inner_text() == "Order A-snow"


@pytest.mark.parametrize("width", [320, 360, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways_and_nothing_complains(stage: Stage, window: Open, width: int, scheme: str) -> None:
    view = window(width=width, scheme=scheme, language="de-DE")
    sign_in_german(view, stage)
    paths = [stage.track(name) for name in stage.orders] + [stage.own("unsent", "choice/"), stage.own("snow", "shipping/")]
    found = {}
    for path in paths:
        view.page.goto(path)
        for details in view.page.locator("details").all():
            details.evaluate("element => element.open = true")
        found[path] = view.overflow()
    view.page.goto(stage.track("delivered"))
    view.page.get_by_role("link", name="Not here?").click()
    view.page.wait_for_url("**/not-here/**")
    found["not here"] = view.overflow()
    assert {path: pixels for path, pixels in found.items() if pixels} == {}
    assert view.complaints == []
    background = view.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (float(background.split("(")[1].split()[0]) < 0.5) is (scheme == "dark"), background


def sign_in_german(view: Window, stage: Stage) -> None:
    """Sam reads English by account: the page follows the account once signed in."""
    view.page.goto(f"http://acme.{stage.server}/sign-in/")
    view.page.locator("#language").select_option("en")
    view.page.locator(".language button").click()
    sign_in(view, stage.server, stage.merchant)


def test_an_open_page_updates_itself_says_so_and_keeps_what_was_opened(stage: Stage, window: Open) -> None:
    view = window()
    page = view.page
    page.clock.install()
    page.goto(stage.track("snow"))
    page.locator("summary", has_text="My parcel is late. What happens now?").click()
    page.get_by_role("link", name="See the journey").focus()
    with page.expect_response(lambda response: "/live/" in response.url) as unchanged:
        page.clock.fast_forward("01:00")
    assert unchanged.value.status == 304
    stage.change("snow", status=Status.OUT_FOR_DELIVERY, is_delayed=False, cause="", eta_by=now().date(), eta_from=None, promised_by=None)
    with page.expect_response(lambda response: "/live/" in response.url) as changed:
        page.clock.fast_forward("01:00")
    assert changed.value.status == 200
    page.locator("#said", has_text="Out for delivery. It arrives by").wait_for(state="attached")
    assert "Out for delivery" in page.locator("#state").inner_text()
    assert page.get_by_text("You need not do anything: we watch the parcel").is_visible()
    assert page.locator(":focus").inner_text() == "See the journey"
    assert page.get_by_role("button", name="Copy tracking number of parcel 1").is_visible()
    assert view.complaints == []


def test_reload_asks_at_once_and_a_page_that_is_gone_stops_asking(stage: Stage, window: Open) -> None:
    view = window()
    page = view.page
    page.goto(stage.track("snow"))
    stage.change("snow", status=Status.DELIVERED, delivered_at=now(), is_delayed=False)
    with page.expect_response(lambda response: "/live/" in response.url):
        page.get_by_role("link", name="Reload").click()
    page.locator("#state", has_text="Delivered").wait_for()
    assert page.url == stage.track("snow")
    assert view.complaints == []


def test_everything_is_there_without_script(stage: Stage, window: Open) -> None:
    page = window(script=False).page
    page.goto(stage.track("snow"))
    assert "Delayed by the weather" in page.locator("#state").inner_text()
    page.get_by_text("Change the clock").click()
    page.get_by_label("Where you are").select_option("Asia/Jakarta")
    page.get_by_role("button", name="Show").click()
    assert "All times in Jakarta (WIB)" in page.locator("#journey").inner_text()
    stage.change("snow", status=Status.DELIVERED, delivered_at=now(), is_delayed=False)
    page.get_by_role("link", name="Reload").click()
    assert "Delivered" in page.locator("#state").inner_text()
    assert page.locator("[data-copy]").first.is_hidden()


def test_a_choice_is_made_by_keyboard_alone(stage: Stage, window: Open) -> None:
    view = window()
    page = view.page
    sign_in(view, stage.server, stage.merchant)
    page.goto(stage.own("unsent", "choice/"))
    assert page.locator("input:checked").count() == 0
    page.get_by_label("Wait for it").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("input:checked").get_attribute("value") == "cancel"
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Confirm"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You asked us to cancel").wait_for()
    assert view.complaints == []


def test_denying_a_delivery_from_the_page_of_a_link_leads_through_sign_in(stage: Stage, window: Open) -> None:
    view = window()
    page = view.page
    page.goto(stage.track("delivered"))
    page.get_by_role("link", name="Not here?").click()
    page.get_by_role("heading", name="Delivered, but not here?").wait_for()
    assert page.get_by_role("button", name="It is not here").count() == 0
    sign_in(view, stage.server, stage.merchant)
    page.goto(stage.track("delivered"))
    page.get_by_role("link", name="Not here?").click()
    page.get_by_role("button", name="It is not here").click()
    page.get_by_role("heading", name="We look into it").wait_for()
    assert view.complaints == []
