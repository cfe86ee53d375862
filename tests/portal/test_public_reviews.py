"""What anybody may read of a shop's reviews: headers for other hosts' pages, ETags, the feed, and nothing that is not published."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.urls import reverse

from merchants.models import Merchant
from orders.models import Order
from reviews.models import Review, ReviewVote
from reviews.services.tallies import count_reviews
from rewards.models import ThanksRule
from tests.conftest import NOW
from tests.portal.conftest import ACME, BOREALIS
from tests.reviews.stage import bought, product, review_row

InScope = Callable[..., Any]
AT = NOW - timedelta(days=1)
WIDGET = (
    "/widget/reviews.json?product=shirt",
    "/widget/reviews.ld.json?product=shirt",
    "/widget/reviews.html?product=shirt",
    "/widget/reviews.js",
)


@pytest.fixture
def order(in_scope: InScope) -> Order:
    def build() -> Order:
        product()
        return bought()

    row: Order = in_scope(build)
    return row


@pytest.fixture
def add(in_scope: InScope, order: Order) -> Callable[..., Review]:
    def make(**over: Any) -> Review:
        def build() -> Review:
            row = review_row(order, **{"at": AT, "order_line": None, "customer": None, **over})
            count_reviews(review_ids=[row.pk], at=AT)
            return row

        row: Review = in_scope(build)
        return row

    return make


@pytest.mark.parametrize("path", [*WIDGET, "/reviews/feed.xml"])
def test_what_other_hosts_use_is_kept_and_asked_again_by_etag(browser: Client, add: Callable[..., Review], path: str) -> None:
    add()
    first = browser.get(path)
    assert (first.status_code, first["Access-Control-Allow-Origin"], first["Cross-Origin-Resource-Policy"]) == (200, "*", "cross-origin")
    assert first["Cache-Control"].startswith("public, max-age=")
    assert not first.cookies and "Cookie" not in first.get("Vary", "")
    again = browser.get(path, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    if path != "/widget/reviews.js":
        add(text="Something else", can_share=True)
        changed = browser.get(path, headers={"If-None-Match": first["ETag"]})
        assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)


def test_the_data_holds_all_a_widget_needs_and_nobodys_address(browser: Client, add: Callable[..., Review]) -> None:
    add(stars=4, author="", title="Soft", is_incentivised=True, fit="true")
    data = browser.get("/widget/reviews.json?product=shirt&lang=en").json()
    assert data["score"] == {
        "n": 1, "mean": 4.0, "counts": [0, 0, 0, 1, 0], "verified": 1, "photos": 0, "fits": {"true": 1}, "languages": {"en": 1},
        "fit": "It is true to size, say 1 of 1.",
    }  # fmt: skip
    (one,) = data["reviews"]
    assert (one["author"], one["stars"], one["title"], one["badges"], one["date"]) == (
        "A shopper", 4, "Soft", ["Bought here", "Something was given for writing it"], "2026-11-19",
    )  # fmt: skip
    text = json.dumps(data)
    assert [secret for secret in ("sam@example.com", "1001", "Berg", "Torstra") if secret in text] == []


def test_the_day_is_the_shops_wherever_it_is_shown(browser: Client, add: Callable[..., Review]) -> None:
    add(at=datetime(2026, 10, 31, 23, 30, tzinfo=UTC))  # past midnight in Berlin
    assert browser.get(WIDGET[0]).json()["reviews"][0]["date"] == "2026-11-01"
    assert browser.get(WIDGET[1]).json()["review"][0]["datePublished"] == "2026-11-01"
    for path in (WIDGET[2], "/products/shirt/reviews/"):
        page = browser.get(f"{path}{'&' if '?' in path else '?'}lang=en", headers={"Accept-Language": "en"}).content.decode()
        assert ("1 November" in page, "31 October" in page) == (True, False), path


def test_the_language_is_the_one_asked_for_and_never_the_browsers(browser: Client, add: Callable[..., Review]) -> None:
    add()
    answers = {
        lang: browser.get(f"/widget/reviews.json?product=shirt{query}", headers={"Accept-Language": "id"})
        for lang, query in {"de": "", "en": "&lang=en", "zh-hans": "&lang=zh-CN"}.items()
    }
    assert {lang: (answer.json()["language"], answer["Content-Language"]) for lang, answer in answers.items()} == {
        lang: (lang, lang) for lang in answers
    }


@pytest.mark.parametrize("query", ["", "?product=", "?product=none", f"?product={'x' * 121}", "?product=%00", "?product=a%0ab"])
def test_a_product_nobody_knows_is_not_found(browser: Client, add: Callable[..., Review], query: str) -> None:
    for path in ("/widget/reviews.json", "/widget/reviews.ld.json", "/widget/reviews.html"):
        assert browser.get(path + query).status_code == 404


def test_only_the_frame_may_be_framed_and_only_it_is_free_of_scripts(browser: Client, add: Callable[..., Review]) -> None:
    add(text="<script>alert(1)</script>")
    frame, listing = browser.get(WIDGET[2]), browser.get("/products/shirt/reviews/")
    assert "frame-ancestors *" in frame["Content-Security-Policy"] and "X-Frame-Options" not in frame
    assert b"<script" not in frame.content and b"&lt;script&gt;alert(1)" in frame.content
    assert "frame-ancestors 'none'" in listing["Content-Security-Policy"] and listing["X-Frame-Options"] == "DENY"
    assert b"<script>alert" not in listing.content


def test_machines_are_told_the_score_of_all_and_some_reviews(browser: Client, add: Callable[..., Review]) -> None:
    for stars in (5, 4, 4, 1):
        add(stars=stars)
    data = browser.get(WIDGET[1]).json()
    assert (data["@context"], data["@type"], data["name"], data["sku"]) == ("https://schema.org", "Product", "Linen shirt", "shirt")
    assert data["aggregateRating"] == {
        "@type": "AggregateRating", "ratingValue": "3.50", "reviewCount": 4, "bestRating": 5, "worstRating": 1,
    }  # fmt: skip
    assert [row["reviewRating"]["ratingValue"] for row in data["review"]] == [1, 4, 4, 5]
    assert browser.get(WIDGET[1])["Content-Type"] == "application/ld+json"


def test_a_product_without_reviews_tells_machines_of_none(browser: Client, order: Order) -> None:
    data = browser.get(WIDGET[1]).json()
    assert "aggregateRating" not in data and "review" not in data
    assert browser.get("/products/shirt/reviews/").status_code == 200


def test_a_withdrawn_review_is_gone_from_every_place_at_once(browser: Client, in_scope: InScope, add: Callable[..., Review]) -> None:
    row = add(text="Never to be seen again", can_share=True)
    places = [*WIDGET[:3], "/products/shirt/reviews/", "/reviews/feed.xml", f"/reviews/share/{row.public_id}/"]
    assert [b"Never to be seen" in browser.get(path).content for path in places] == [True] * 6
    in_scope(lambda: Review.objects.filter(pk=row.pk).update(state="withdrawn"))
    assert [b"Never to be seen" in browser.get(path).content for path in places] == [False] * 6
    assert browser.get(places[-1]).status_code == 404


def test_the_feed_holds_what_authors_share_of_all_stars(browser: Client, add: Callable[..., Review]) -> None:
    shared = [add(stars=stars, can_share=True, title="Soft & <light>", text="a\x0bb" if stars == 1 else "ok") for stars in (1, 5)]
    add(stars=5)
    root = ET.fromstring(browser.get("/reviews/feed.xml?lang=en").content)
    assert (root.findtext("version"), root.findtext("publisher/name")) == ("2.3", "Acme")
    rows = root.findall("reviews/review")
    assert [row.findtext("review_id") for row in rows] == [row.public_id for row in reversed(shared)]
    assert [row.findtext("ratings/overall") for row in rows] == ["5", "1"]
    assert (rows[0].findtext("title"), rows[0].findtext("products/product/product_ids/skus/sku")) == ("Soft & <light>", "SHIRT")
    overall = rows[0].find("ratings/overall")
    assert overall is not None and overall.attrib == {"min": "1", "max": "5"}


def test_only_a_review_its_author_shares_has_an_address_of_its_own(browser: Client, add: Callable[..., Review]) -> None:
    assert browser.get(f"/reviews/share/{add(can_share=True).public_id}/").status_code == 200
    assert browser.get(f"/reviews/share/{add().public_id}/").status_code == 404
    assert browser.get(f"/reviews/share/{add(can_share=True, state='pending').public_id}/").status_code == 404


@pytest.mark.parametrize("key", ["gid://shop/Product/7", "a b", "größe-40", "x?y#z"])
def test_a_product_is_called_as_its_shop_calls_it(browser: Client, add: Callable[..., Review], key: str) -> None:
    add(product=None, product_key=key, product_title="Odd thing")
    path = reverse("product-reviews", args=[key], urlconf="portal.urls")
    assert b"Odd thing" in browser.get(path).content


@pytest.mark.parametrize(
    "query", ["stars=9", "stars=x", "sort=stars", "fit=huge", "language=%00", "after=%ff", "after=' or 1=1", "photos=2"]
)
def test_what_is_no_choice_is_as_if_it_were_not_there(browser: Client, add: Callable[..., Review], query: str) -> None:
    row = add()
    response = browser.get(f"/products/shirt/reviews/?{query}")
    assert response.status_code == 200 and f"review-{row.public_id}" in response.content.decode()


def test_whether_it_helped_is_said_once(sam: Client, in_scope: InScope, add: Callable[..., Review]) -> None:
    row = add()
    path = f"/reviews/{row.public_id}/vote/"
    for helpful in ("yes", "yes", "no", "perhaps"):
        assert sam.post(path, {"helpful": helpful}).status_code == 302
    found = in_scope(Review.objects.get, pk=row.pk)
    assert (found.helpful, found.unhelpful, in_scope(ReviewVote.objects.count)) == (0, 1, 1)


def test_ones_own_review_gets_no_vote(sam: Client, in_scope: InScope, order: Order, add: Callable[..., Review]) -> None:
    row = add(customer=order.customer)
    response = sam.post(f"/reviews/{row.public_id}/vote/", {"helpful": "yes"})
    assert (response.status_code, in_scope(ReviewVote.objects.count)) == (422, 0)
    assert "This is your own review." in response.content.decode()


def test_nobody_unknown_votes(browser: Client, in_scope: InScope, add: Callable[..., Review]) -> None:
    row = add()
    assert browser.post(f"/reviews/{row.public_id}/vote/", {"helpful": "yes"})["Location"].startswith("/sign-in/")
    assert in_scope(ReviewVote.objects.count) == 0


def test_what_is_not_published_gets_no_vote(sam: Client, in_scope: InScope, add: Callable[..., Review]) -> None:
    row = add(state="pending")
    assert sam.post(f"/reviews/{row.public_id}/vote/", {"helpful": "yes"}).status_code == 404
    assert in_scope(ReviewVote.objects.count) == 0


def test_the_page_about_fairness_says_what_is_given_and_how_often_what_was_not_published(
    browser: Client, in_scope: InScope, add: Callable[..., Review]
) -> None:
    add(stars=5)
    add(stars=1, state="rejected", ground="abuse")
    text = browser.get("/reviews/about/").content.decode()
    assert "2 reviews were written in the last twelve months." in text and "Nothing is given for writing one." in text
    in_scope(ThanksRule.objects.create, value=5)
    assert "Who writes gets a coupon as thanks. It is the same whatever the review says" in browser.get("/reviews/about/").content.decode()
    lines = list(csv.reader(StringIO(browser.get("/reviews/about/export.csv").content.decode("utf-8-sig"))))
    assert [line[1:5] for line in lines] == [
        ["stars", "state", "ground", "origin"],
        ["5", "published", "", "portal"],
        ["1", "rejected", "abuse", "portal"],
    ]


def test_another_shop_shows_none_of_it(acme: Merchant, borealis: Merchant, add: Callable[..., Review]) -> None:
    row = add(can_share=True, text="Only at Acme")
    client = Client(HTTP_HOST=BOREALIS)
    paths = [*WIDGET[:3], "/products/shirt/reviews/", f"/reviews/share/{row.public_id}/"]
    assert [client.get(path).status_code for path in paths] == [404] * 5
    assert b"Only at Acme" not in client.get("/reviews/feed.xml").content
    assert "No review was decided about" in client.get("/reviews/about/").content.decode()
    assert Client(HTTP_HOST=ACME).get(paths[0]).status_code == 200


def test_the_pages_take_a_constant_number_of_queries(
    browser: Client, add: Callable[..., Review], django_assert_max_num_queries: Any
) -> None:
    browser.get("/products/shirt/reviews/")
    for _ in range(9):
        add(can_share=True)
    # Two of the session, and five that open and close the scope, are in each.
    for path, most in (("/products/shirt/reviews/", 16), (WIDGET[0], 15), ("/reviews/about/", 17), ("/reviews/feed.xml", 15)):
        with django_assert_max_num_queries(most):
            assert browser.get(path).status_code == 200, path
