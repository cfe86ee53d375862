"""Headers, error pages, queries, weight: what every answer of the portal has in common."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import branding
from notifications.models import ShortLink
from orders.models import Order
from portal.selectors import orders as orders_selectors
from tests.conftest import NOW
from tests.factories import incoming_line, place_order, ship
from tests.portal.conftest import ACME

Scope = Callable[..., Any]
PAGES = ["", "shipping/", "products/", "returns/"]
SVG_NAME = '"http://www.w3.org/2000/svg"'  # what a script calls the namespace of what it draws: a name, fetched by nobody


def all_paths(order: Order, line: str) -> list[str]:
    own = [f"/orders/{order.public_id}/{part}" for part in [*PAGES, f"products/{line}/"]]
    return [
        "/",
        "/orders/",
        "/preferences/",
        "/messages/",
        *own,
        f"/track/{order.track_token}/",
        "/policies/returns/",
        "/sign-in/",
        "/nothing/",
        "/sign-in/confirm/x/",
    ]


def test_every_page_has_the_headers(sam: Client, browser: Client, order: Order, in_scope: Scope) -> None:
    line = in_scope(lambda: order.lines.earliest("position").public_id)
    for client in (sam, browser):
        for path in all_paths(order, line):
            response = client.get(path)
            assert response["Cache-Control"] == "no-store", path
            assert response["X-Robots-Tag"] == "noindex, nofollow", path
            assert response["Referrer-Policy"] == "same-origin", path
            assert response["X-Content-Type-Options"] == "nosniff", path
            assert response["X-Frame-Options"] == "DENY", path
            assert response["Cross-Origin-Opener-Policy"] == "same-origin", path
            assert response["Cross-Origin-Resource-Policy"] == "same-origin", path
            assert "default-src 'none'" in response["Content-Security-Policy"], path
            assert "unsafe" not in response["Content-Security-Policy"], path


def test_no_page_has_inline_script_or_style(sam: Client, order: Order, in_scope: Scope) -> None:
    in_scope(ship, order)
    line = in_scope(lambda: order.lines.earliest("position").public_id)
    for path in all_paths(order, line):
        html = sam.get(path, follow=True).content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?! src=\"/static/)", html), path
        assert not re.search(r'(?:src|href)="(?:http:|//)', html), path


def test_a_page_that_is_not_there_is_told_in_the_merchants_look(sam: Client, browser: Client) -> None:
    mine, theirs = sam.get("/nothing/"), browser.get("/nothing/")
    assert (mine.status_code, theirs.status_code) == (404, 404)
    assert "belongs to another account" in mine.content.decode()
    assert "There is nothing here" in theirs.content.decode()
    assert "/brand.css" in theirs.content.decode()


def test_our_own_failure_is_told_without_the_database(browser: Client, acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("portal.views.public.short_link_path", fail)
    browser.raise_request_exception = False
    with CaptureQueriesContext(connection) as found:
        response = browser.get("/l/abc")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()
    assert "boom" not in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert sum("branding" in query["sql"] for query in found) == 1  # the page's own, none for the error


def test_a_form_without_its_token_is_refused_in_words_and_changes_nothing(acme: Merchant) -> None:
    strict = Client(HTTP_HOST=ACME, enforce_csrf_checks=True, HTTP_ACCEPT_LANGUAGE="en")
    for path in ("/sign-in/", "/sign-out/", "/language/", "/sign-in/resend/", "/sign-in/confirm/x/"):
        response = strict.post(path, {"email": "sam@example.com"})
        assert response.status_code == 403
        assert "Please send it again" in response.content.decode()


def test_a_short_link_leads_to_its_page_and_changes_nothing(browser: Client, in_scope: Scope) -> None:
    in_scope(lambda: ShortLink.objects.create(code="abc", path="/track/xyz/#parcel-1"))
    for _ in range(2):
        response = browser.get("/l/abc")
        assert (response.status_code, response["Location"]) == (302, "/track/xyz/#parcel-1")
    assert browser.head("/l/abc").status_code == 302
    assert browser.get("/l/abd").status_code == 404


@pytest.mark.parametrize("path", ["//evil.com", "https://evil.com/", "/\\evil.com", "javascript:alert(1)"])
def test_a_short_link_never_leaves_the_host(browser: Client, in_scope: Scope, path: str) -> None:
    in_scope(lambda: ShortLink.objects.create(code="abc", path=path))
    assert browser.get("/l/abc").status_code == 404
    assert in_scope(orders_selectors.short_link_path, code="abc") is None


def rows_read(client: Client, path: str, status: int = 200) -> int:
    """Statements that read or write; opening a scope and its transaction are counted by nobody's budget."""
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == status
    frame = ("SAVEPOINT", "RELEASE", "set local role", "select set_config")
    return sum(not query["sql"].startswith(frame) for query in found)


@pytest.mark.parametrize("count", [1, 50])
def test_a_page_reads_the_same_whatever_the_number_of_lines_and_parcels(sam: Client, in_scope: Scope, count: int) -> None:
    lines = tuple(incoming_line(external_id=str(n)) for n in range(count))
    order = in_scope(place_order, number="2000", lines=lines)
    for n in range(count):
        in_scope(ship, order, external_id=f"S{n}", lines={str(n): 1})
        in_scope(place_order, number=f"3{n:03}", placed_at=NOW - timedelta(days=1))
    line = in_scope(lambda: order.lines.earliest("position").public_id)
    counts = {path: rows_read(sam, path) for path in all_paths(order, line)[:10]}
    assert list(counts.values()) == [12, 9, 7, 4, 10, 12, 9, 11, 8, 12], list(counts.values())


def test_the_look_holds_no_address_of_another_host() -> None:
    files = [
        *Path(django_settings.BASE_DIR, "core/static/look").glob("*"),
        *Path(django_settings.BASE_DIR, "portal/static/portal").glob("*"),
    ]
    assert len(files) > 6
    texts = {file.name: file.read_text().replace(SVG_NAME, "") for file in files}
    assert not [name for name, text in texts.items() if re.search(r"https?://|@import|@font-face", text)]


def test_the_brand_is_a_style_sheet_with_an_etag(browser: Client, acme: Merchant) -> None:
    response = browser.get("/brand.css")
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=3600"
    assert "--brand-color: #2f2a26;" in response.content.decode()
    again = browser.get("/brand.css", headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("color", ["red", "#12345", "#000;} body{display:none", "url(//evil)", "expression(alert(1))", ""])
def test_only_checked_values_reach_the_style_sheet(browser: Client, acme: Merchant, color: str) -> None:
    before = browser.get("/brand.css")
    with merchant_scope(acme.pk):
        type(branding()).objects.update(color=color, font="evil", neutral_hue=9999, radius=999, display_weight=1)
    response = browser.get("/brand.css")
    assert re.findall(r"--brand-(\S+): ([^;]+);", response.content.decode()) == [
        ("color", "#2f2a26"),
        ("neutral-hue", "360"),
        ("font-display", "var(--font-sans)"),
        ("display-weight", "400"),
        ("radius", "14px"),
    ]
    assert response["ETag"] != before["ETag"]


def test_each_merchant_has_its_own_brand(browser: Client, acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        type(branding()).objects.update(color="#00ff00")
    assert "#2f2a26" in browser.get("/brand.css").content.decode()
    assert "#00ff00" in browser.get("/brand.css", headers={"host": "borealis.platform.test"}).content.decode()
