"""What others say, read in a real browser: on the shop's own page under a strict policy, on the product's page, and how fair it is.

`SCREENS=/some/folder` keeps pictures of it.
"""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from core.clock import now
from customers.services import open_session
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import branding
from merchants.services import create_merchant
from orders.models import Order
from reviews.models import Review, ReviewPhoto, ReviewReply, ReviewVote
from reviews.services.tallies import count_reviews
from tests.browser.conftest import Window
from tests.reviews.stage import bought, line_of, product, review_row

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
SCREENS = os.environ.get("SCREENS", "")
SAID = (
    ("Softer with every wash", "I wear it to the office and on the bicycle. The sleeves are a little long.", 5, "true"),
    ("", "Nice colour, but a button came off on the second day.", 2, ""),
    ("Zu klein", "Fällt eine Nummer kleiner aus. Sonst ein schönes Hemd.", 3, "small"),
    ("<b>Great</b> <script>alert(1)</script>", "javascript:alert(1) \u2066“quoted”", 5, "true"),
    ("As told", "Nothing to add.", 4, "true"),
    ("Good", "Would buy it again.", 5, ""),
    ("Fine", "It is a shirt.", 4, "large"),
)


@pytest.fixture
def shop(server: str) -> tuple[Merchant, Order, str]:
    """Acme with a shirt and what seven buyers say of it."""
    at = now()
    merchant = create_merchant(slug="acme", name="Acme", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        type(branding()).objects.update(support_email="care@acme.example", color="#5b2a4e", font="serif")
        product(page_url="https://acme.example/shirt")
        order = bought()
        for place, (title, text, stars, fit) in enumerate(SAID):
            told: dict[str, Any] = {"title": title, "text": text, "fit": fit, "language": "de" if title == "Zu klein" else "en"}
            told |= {
                "author": ("Mia K.", "", "Jo", "Eve", "Lu", "Ana", "Ben")[place],
                "order_line": None,
                "customer": None,
                "helpful": 3 - place,
            }
            told["helpful"] = max(0, told["helpful"])
            row = review_row(order, stars=stars, at=at - timedelta(days=place), is_incentivised=place == 1, **told)
            if place == 0:
                decorate(row, order)
            count_reviews(review_ids=[row.pk], at=at)
    return merchant, order, f"http://acme.{server}"


def decorate(row: Review, order: Order) -> None:
    """A published photo, the shop's answer, and leave to show it elsewhere."""
    told: dict[str, Any] = {"state": "published", "consented_at": row.written_at, "ready_at": row.written_at, "created_at": row.written_at}
    ReviewPhoto.objects.create(review=row, order=order, order_line=line_of(order), width=24, height=24, body=small_picture(), **told)
    ReviewReply.objects.create(review=row, text="Thank you, Mia. We shorten the next ones by 2 cm.", language="en", at=row.written_at)
    Review.objects.filter(pk=row.pk).update(has_photos=True, can_share=True)


def small_picture() -> bytes:
    held = BytesIO()
    Image.new("RGB", (24, 24), "#7a8f6a").save(held, "JPEG")
    return held.getvalue()


@pytest.fixture
def elsewhere() -> Iterator[Callable[[str, str], str]]:
    """The shop's own page on another host: give its policy and body, get its address."""
    told = {"policy": "", "body": ""}

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", told["policy"])
            self.end_headers()
            self.wfile.write(told["body"].encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()

    def serve(policy: str, body: str) -> str:
        told.update(
            policy=policy,
            body=f'<!doctype html><html lang="en"><head><title>Shirt</title></head><body>{body}</body></html>',
        )
        return f"http://127.0.0.1:{web.server_port}/"

    yield serve
    web.shutdown()
    web.server_close()
    thread.join(timeout=60)


def keep(view: Window, name: str) -> None:
    if SCREENS:
        Path(SCREENS).mkdir(parents=True, exist_ok=True)
        view.page.screenshot(path=f"{SCREENS}/{name}.png", full_page=True)


def strict(home: str) -> str:
    return f"default-src 'none'; script-src {home}; connect-src {home}; img-src {home} data:"


def embedded(home: str, **attributes: str) -> str:
    told = " ".join(f'{name}="{value}"' for name, value in {"product": "shirt", **attributes}.items())
    return f'<h1>Linen shirt</h1><product-reviews {told}></product-reviews><script src="{home}/widget/reviews.js" defer></script>'


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "light")])
def test_the_widget_works_on_a_plain_page_under_a_strict_policy(
    shop: tuple[Merchant, Order, str], elsewhere: Callable[[str, str], str], window: Open, width: int, scheme: str
) -> None:
    _merchant, _order, home = shop
    view = window(width=width, scheme=scheme)
    page = view.page
    page.goto(elsewhere(strict(home), embedded(home, structured="")))
    page.get_by_role("heading", name="Softer with every wash").wait_for()
    photo = page.get_by_role("img", name="Photo 1 of this review")
    photo.scroll_into_view_if_needed()
    photo.evaluate("one => one.complete || new Promise(done => one.addEventListener('load', done))")
    assert photo.evaluate("one => one.naturalWidth") == 24
    keep(view, f"widget-{width}")
    assert page.get_by_text("From 7 reviews, 7 of them bought here").count() == 1
    assert page.get_by_text("Thank you, Mia.").count() == 1
    assert page.get_by_role("heading", name="<b>Great</b> <script>alert(1)</script>").count() == 1  # words, not markup
    assert page.locator("product-reviews").evaluate("host => getComputedStyle(host.shadowRoot.querySelector('.all')).display") == "grid"
    told = page.locator("script[type='application/ld+json']").first
    told.wait_for(state="attached")
    data = page.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').textContent)")
    assert (data["@type"], data["aggregateRating"]["reviewCount"], data["aggregateRating"]["ratingValue"]) == ("Product", 7, "4.00")
    assert view.overflow() == 0
    assert view.complaints == []


def test_readers_of_the_widget_go_on_narrow_and_sort(
    shop: tuple[Merchant, Order, str], elsewhere: Callable[[str, str], str], window: Open
) -> None:
    view = window()
    page = view.page
    page.goto(elsewhere(strict(shop[2]), embedded(shop[2])))
    reviews = page.locator("product-reviews .one")
    page.get_by_role("button", name="More reviews").click()
    expect(reviews).to_have_count(7)
    assert page.get_by_role("button", name="More reviews").count() == 0
    page.get_by_role("button", name="Only 2 stars (1)").click()
    expect(reviews).to_have_count(1)
    assert page.get_by_role("button", name="Only 2 stars (1)").get_attribute("aria-pressed") == "true"
    assert "a button came off" in reviews.inner_text()
    assert "Something was given for writing it" in reviews.inner_text()
    assert page.get_by_role("button", name="Only 1 stars (0)").is_disabled()
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("button", name="Most helpful first").click()
    expect(reviews).to_have_count(5)
    assert view.complaints == []


def test_the_widget_speaks_the_language_it_is_told(
    shop: tuple[Merchant, Order, str], elsewhere: Callable[[str, str], str], window: Open
) -> None:
    view = window()
    view.page.goto(elsewhere(strict(shop[2]), embedded(shop[2], lang="de")))
    view.page.locator("product-reviews section[lang=de]").wait_for()
    assert view.page.locator("product-reviews .mean").inner_text() == "4,0"
    assert view.complaints == []


def test_a_product_nobody_knows_leaves_nothing_behind(
    shop: tuple[Merchant, Order, str], elsewhere: Callable[[str, str], str], window: Open
) -> None:
    view = window()
    view.page.goto(elsewhere(strict(shop[2]), embedded(shop[2], product="nothing-like-it")))
    view.page.locator("product-reviews[hidden]").wait_for(state="attached")
    assert [text for text in view.complaints if "404" not in text] == []


def test_the_frame_works_without_script(shop: tuple[Merchant, Order, str], elsewhere: Callable[[str, str], str], window: Open) -> None:
    home = shop[2]
    view = window(width=700, script=False)
    address = elsewhere(
        f"default-src 'none'; frame-src {home}",
        f'<iframe title="Reviews" width="640" height="1200" src="{home}/widget/reviews.html?product=shirt"></iframe>',
    )
    view.page.goto(address)
    frame = view.page.frame_locator("iframe")
    frame.get_by_role("heading", name="Softer with every wash").wait_for()
    keep(view, "widget-frame")
    frame.get_by_role("link", name="More reviews").click()
    frame.get_by_role("heading", name="Fine").wait_for()
    assert view.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light")])
def test_the_products_page_is_narrowed_without_script(shop: tuple[Merchant, Order, str], window: Open, width: int, scheme: str) -> None:
    view = window(width=width, scheme=scheme, script=False)
    page = view.page
    page.goto(f"{shop[2]}/products/shirt/reviews/")
    page.get_by_role("heading", name="Reviews of Linen shirt").wait_for()
    keep(view, f"product-reviews-{width}-{scheme}")
    assert view.overflow() == 0
    page.locator(".bars a").filter(has_text="5 stars").click()
    page.get_by_role("heading", name="The reviews you chose").wait_for()
    assert page.locator(".voice").count() == 3
    page.get_by_role("link", name="Show all").first.click()
    page.get_by_role("link", name="Most helpful first").click()
    page.get_by_role("link", name="Link to this review").first.click()
    page.get_by_role("heading", name="A review of Linen shirt").wait_for()
    assert view.overflow() == 0
    assert view.complaints == []


def test_who_is_signed_in_says_whether_a_review_helped(shop: tuple[Merchant, Order, str], window: Open) -> None:
    merchant, order, home = shop
    view = window(script=False)
    page = view.page
    with merchant_scope(merchant.pk):
        assert order.customer is not None
        view.page.context.add_cookies(
            [{"name": "shopper", "value": open_session(customer=order.customer, user_agent="test", at=now()), "url": home}]
        )
    page.goto(f"{home}/products/shirt/reviews/")
    first = page.locator(".voice").first
    first.get_by_role("button", name="Yes 3").click()
    page.locator(".voice").first.get_by_role("button", name="Yes 4").wait_for()
    keep(view, "product-reviews-voted")
    assert page.locator(".voice").first.get_by_role("button", name="Yes 4").get_attribute("aria-pressed") == "true"
    with merchant_scope(merchant.pk):
        assert ReviewVote.objects.get().is_helpful
    assert view.complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_how_fair_it_is_anybody_can_read(shop: tuple[Merchant, Order, str], window: Open, width: int, scheme: str) -> None:
    view = window(width=width, scheme=scheme, script=False)
    page = view.page
    page.goto(f"{shop[2]}/reviews/about/")
    page.get_by_role("heading", name="How reviews come about here").wait_for()
    keep(view, f"fairness-{width}-{scheme}")
    assert page.get_by_text("7 reviews were written in the last twelve months.").count() == 1
    assert view.overflow() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="All figures as a file").click()
    assert download.value.suggested_filename.endswith(".csv")
    assert view.complaints == []
