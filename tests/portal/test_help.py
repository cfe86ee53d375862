"""Help as shoppers use it: found beside the order, searched, judged, and always a way to a person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from merchants.models import Branding, Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from support.models import DayCount, Reading, SearchMiss, Verdict
from support.services import create_article, publish_text
from support.types import Shop, Text
from tests.conftest import NOW
from tests.factories import customer, place_order, ship
from tests.portal.conftest import ACME, BOREALIS, signed_in
from tests.portal.test_answers import rows_read
from tests.portal.world import snowed_in, unsent
from tracking.types import ShipmentStatus

AGENT = {"user-agent": "Mozilla/5.0 (Macintosh) Firefox/140.0"}


@pytest.fixture
def branded(acme: Merchant, in_scope: Callable[..., Any]) -> None:
    in_scope(Branding.objects.update, support_email="care@acme.example", support_phone="+49 30 123", support_hours="Mon to Fri, 9 to 17")


def rows(in_scope: Callable[..., Any], model: Any, *fields: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = in_scope(lambda: list(model.objects.order_by("pk").values_list(*fields)))
    return found


def text(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers={**AGENT, **headers})
    assert response.status_code == 200, path
    return response.content.decode()


def test_anybody_reads_the_help_in_their_language(browser: Client, acme: Merchant) -> None:
    page = text(browser, "/help/")
    assert page.count('href="/help/') >= 13
    assert "Where is my parcel?" in page
    assert "Wo ist mein Paket?" in text(browser, "/help/", **{"accept-language": "de"})
    assert "我的包裹在哪里？" in text(browser, "/help/where-is-my-parcel/", **{"accept-language": "zh-CN"})


def test_an_article_shows_its_steps_and_links_to_the_order_at_hand(sam: Client, order: Order, branded: None) -> None:
    page = text(sam, f"/help/change-or-cancel/?state=before_dispatch&order={order.public_id}")
    assert f'href="/orders/{order.public_id}/cancel/"' in page
    assert f'href="/help/send-something-back/?state=before_dispatch&amp;order={order.public_id}"' in page
    assert "We have order <bdi>1001</bdi> in front of us." in page
    assert f'href="/help/contact/?state=before_dispatch&amp;order={order.public_id}&amp;from=change-or-cancel"' in page
    plain = text(sam, "/help/change-or-cancel/")
    assert 'href="/orders/"' in plain
    assert order.public_id not in plain


@pytest.mark.parametrize(
    ("prepare", "title", "question"),
    [
        (lambda order: None, "Before it is sent", "Can I still change or cancel my order?"),
        (unsent, "When a parcel is late", "My parcel is late. What happens now?"),
        (snowed_in, "When a parcel is late", "My parcel is late. What happens now?"),
        (lambda order: ship(order, status=ShipmentStatus.IN_TRANSIT), "Good to know", "How do I collect my parcel?"),
        (
            lambda order: ship(order, status=ShipmentStatus.DELIVERED, delivered_at=NOW, updated_at=NOW, at=NOW),
            "Now that it is there",
            "It says delivered, but nothing is here",
        ),
        (
            lambda order: Order.objects.filter(pk=order.pk).update(payment_state="refunded"),
            "About your money",
            "When do I get my money back?",
        ),
    ],
)
def test_questions_stand_beside_the_order_by_its_state(
    sam: Client, order: Order, in_scope: Callable[..., Any], prepare: Callable[[Order], Any], title: str, question: str
) -> None:
    in_scope(prepare, order)
    for page in (f"/orders/{order.public_id}/", f"/orders/{order.public_id}/shipping/"):
        found = text(sam, page)
        assert title in found, page
        assert question in found, page


def test_a_tracking_link_carries_itself_not_the_order(browser: Client, order: Order, in_scope: Callable[..., Any], branded: None) -> None:
    in_scope(snowed_in, order)
    page = text(browser, f"/track/{order.track_token}/")
    assert f'href="/help/parcel-is-late/?state=late&amp;track={order.track_token}"' in page
    assert order.public_id not in page.partition('id="h-ask"')[2].partition("</section>")[0]
    contact = text(browser, f"/help/contact/?track={order.track_token}")
    assert "Order <bdi>1001</bdi>" in contact
    assert order.public_id not in contact
    assert "Linen shirt" not in contact


@pytest.mark.parametrize("path", ["/help/", "/help/refund/", "/help/contact/"])
def test_somebody_elses_order_counts_as_not_named(
    acme: Merchant, order: Order, in_scope: Callable[..., Any], borealis: Merchant, path: str
) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    with merchant_scope(borealis.pk):
        there = place_order(currency="USD", number="2002")
    for value in (order.public_id, there.public_id, "x", "%00", "a" * 65):
        for name in ("order", "track"):
            page = text(eve, f"{path}?{name}={value}")
            assert "1001" not in page
            assert "2002" not in page
    assert "1001" not in text(eve, f"{path}?track={there.track_token}")


def test_a_search_answers_and_says_when_it_cannot(browser: Client, in_scope: Callable[..., Any], branded: None) -> None:
    page = text(browser, "/help/?q=refund+money")
    assert 'href="/help/refund/"' in page.partition('id="h-found"')[2]
    nothing = text(browser, "/help/?q=%3Cb%3Egift+wrapping")
    assert "Nothing found for “<bdi>&lt;b&gt;gift wrapping</bdi>”" in nothing
    assert "/help/contact/" in nothing
    assert rows(in_scope, SearchMiss, "language", "text", "count") == [("en", "b gift wrapping", 1)]


@pytest.mark.parametrize(
    "query", ["%00", "%22%3E%3Cscript%3E", "%E2%80%AE", "'%20or%201=1--", "%25", "a" * 5000, "💥", "%F0%9F%92%A5" * 300]
)
def test_hostile_questions_are_answered_calmly(browser: Client, acme: Merchant, query: str) -> None:
    response = browser.get(f"/help/?q={query}", headers=AGENT)
    assert response.status_code == 200
    assert b"<script>" not in response.content


def test_searches_of_one_network_fill_no_table(browser: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    for n in range(63):
        assert browser.get(f"/help/?q=unheard{'abcdefghijklmnopqrstuvwxyz'[n % 26]}{'abc'[n // 26]}", headers=AGENT).status_code == 200
    assert len(rows(in_scope, SearchMiss, "pk")) == 60


def test_a_word_about_an_article_is_kept_once_and_shown(browser: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    path = "/help/refund/helpful/?state=returning"
    response = browser.post(path, {"helpful": "no"}, headers=AGENT)
    assert (response.status_code, response["Location"]) == (303, "/help/refund/?state=returning#helpful")
    assert "What was missing?" in text(browser, "/help/refund/")
    browser.post(path, {"helpful": "no", "missing": "The day. Call +49 151 2345678"}, headers=AGENT)
    assert "Thank you. We read this." in text(browser, "/help/refund/")
    assert rows(in_scope, Verdict, "slug", "stage", "is_helpful", "missing") == [("refund", "returning", False, "The day. Call …")]
    browser.post(path, {"helpful": "yes"}, headers=AGENT)
    assert "Good to know that it helped" in text(browser, "/help/refund/")
    assert rows(in_scope, DayCount, "slug", "stage", "helpful", "unhelpful") == [("refund", "returning", 1, 0), ("refund", "any", 0, 0)]


def test_an_answer_that_is_none_is_refused_with_what_was_typed(browser: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    assert browser.post("/help/refund/helpful/", {"helpful": "maybe"}, headers=AGENT).status_code == 422
    browser.post("/help/refund/helpful/", {"helpful": "no"}, headers=AGENT)
    long = "ä" * 301
    response = browser.post("/help/refund/helpful/", {"helpful": "no", "missing": long}, headers=AGENT)
    page = response.content.decode()
    assert (response.status_code, long in page, "That is 1 character too long." in page) == (422, True, True)
    assert 'aria-describedby="missing-hint missing-error"' in page
    assert rows(in_scope, Verdict, "missing") == [("",)]


def test_words_of_one_network_are_limited_and_nothing_is_counted_then(acme: Merchant, in_scope: Callable[..., Any]) -> None:
    answers = []
    for _n in range(62):
        client = Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE="en")
        answers.append(client.post("/help/refund/helpful/", {"helpful": "yes"}, headers=AGENT).status_code)
    assert answers == [303] * 60 + [429] * 2
    assert rows(in_scope, DayCount, "helpful") == [(60,)]


def test_nothing_is_said_by_get_and_nothing_without_the_forms_token(acme: Merchant, browser: Client, in_scope: Callable[..., Any]) -> None:
    assert browser.get("/help/refund/helpful/", headers=AGENT).status_code == 405
    strict = Client(HTTP_HOST=ACME, enforce_csrf_checks=True)
    assert strict.post("/help/refund/helpful/", {"helpful": "yes"}, headers=AGENT).status_code == 403
    assert rows(in_scope, Verdict, "pk") == []


def test_a_reading_and_the_contact_after_it_are_counted_by_browser(browser: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    response = browser.get("/help/refund/?state=returning", headers=AGENT)
    cookie = response.cookies["visit"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 30 * 24 * 3600)
    text(browser, "/help/refund/?state=returning")
    assert "visit" not in browser.get("/help/contact/?state=returning&from=refund", headers=AGENT).cookies
    counted = rows(in_scope, DayCount, "slug", "stage", "reads", "contacts")
    assert counted == [("refund", "returning", 1, 1), ("", "returning", 1, 0)]
    assert cookie.value not in str(rows(in_scope, Reading, "visit"))


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Googlebot/2.1"},
        {"user-agent": "Microsoft Office Existence Discovery preview"},
        {"user-agent": ""},
        {**AGENT, "sec-purpose": "prefetch;prerender"},
    ],
)
def test_robots_read_without_being_counted(browser: Client, acme: Merchant, in_scope: Callable[..., Any], headers: dict[str, str]) -> None:
    for path in ("/help/refund/", "/help/contact/", "/help/?q=unheard"):
        response = browser.get(path, headers=headers)
        assert (response.status_code, "visit" in response.cookies) == (200, False)
    assert browser.head("/help/refund/", headers=AGENT).status_code == 200
    for model in (DayCount, Reading, SearchMiss):
        assert rows(in_scope, model, "pk") == []


def test_a_forged_browser_number_is_replaced(browser: Client, acme: Merchant, in_scope: Callable[..., Any]) -> None:
    for forged in ("x", "'; drop table", "a" * 22 + "!"):
        browser.cookies["visit"] = forged
        assert "visit" in browser.get("/help/refund/", headers=AGENT).cookies


def test_the_contact_page_knows_the_order_its_state_and_the_article(sam: Client, order: Order, branded: None) -> None:
    page = text(sam, f"/help/contact/?order={order.public_id}&from=refund")
    assert (
        'href="mailto:care%40acme.example?subject=1001%20%C2%B7%20Being%20prepared%20%C2%B7%20When%20do%20I%20get%20my%20money%20back%3F"'
        in page
    )
    assert 'href="tel:+4930123"' in page
    assert "Mon to Fri, 9 to 17" in page
    choices = text(sam, "/help/contact/")
    assert "Is it about one of these orders?" in choices
    assert f'href="/help/contact/?state=before_dispatch&amp;order={order.public_id}"' in choices


def test_a_shop_without_an_address_says_so(browser: Client, acme: Merchant) -> None:
    page = text(browser, "/help/contact/")
    assert "has left no address here" in page
    assert "mailto:" not in page


def test_articles_that_are_not_there_are_404(browser: Client, acme: Merchant, borealis: Merchant) -> None:
    shop = Shop("Acme", "de")
    with merchant_scope(acme.pk):
        draft = create_article(text=Text("Nur Entwurf", "A"), language="de", stages=["any"], shop=shop, by=None, at=NOW)
        mine = create_article(
            text=Text("Unser Laden", "A **b** <i>", "[x](order)"), language="de", stages=["any"], shop=shop, by=None, at=NOW
        )
        publish_text(slug=mine.slug, language="de", revision=1, shop=shop, by=None, at=NOW)
    for slug in (draft.slug, "nope", "REFUND", "..%2f", "a" * 80, "%00"):
        assert browser.get(f"/help/{slug}/", headers=AGENT).status_code == 404, slug
        assert browser.post(f"/help/{slug}/helpful/", {"helpful": "yes"}, headers=AGENT).status_code == 404, slug
    page = text(browser, f"/help/{mine.slug}/")
    assert "A <strong>b</strong> &lt;i&gt;" in page
    assert '<article class="stack gap-6 prose" lang="de">' in page
    assert browser.get(f"/help/{mine.slug}/", headers={"host": BOREALIS, **AGENT}).status_code == 404


def test_a_merchants_words_on_one_host_are_not_counted_on_anothers(browser: Client, acme: Merchant, borealis: Merchant) -> None:
    browser.post("/help/refund/helpful/", {"helpful": "yes"}, headers={"host": BOREALIS, **AGENT})
    text(browser, "/help/refund/", host=BOREALIS)
    with merchant_scope(acme.pk):
        assert (Verdict.objects.count(), Reading.objects.count(), DayCount.objects.count()) == (0, 0, 0)
    with merchant_scope(borealis.pk):
        assert Verdict.objects.count() == 1


@pytest.mark.parametrize("path", ["/help/", "/help/?q=refund", "/help/refund/", "/help/contact/"])
def test_help_stays_within_its_queries(sam: Client, order: Order, in_scope: Callable[..., Any], path: str, branded: None) -> None:
    in_scope(snowed_in, order)
    for n in range(20):
        in_scope(place_order, number=f"20{n:02}", placed_at=NOW - timedelta(days=2))
    join = "&" if "?" in path else "?"
    assert max(rows_read(sam, path), rows_read(sam, f"{path}{join}order={order.public_id}")) <= 12
