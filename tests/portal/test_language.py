"""In which language a page speaks, and that every language knows every word."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from merchants.models import Merchant
from orders.models import Order
from portal.formats import address_lines, day_text, list_text, money_text, zone_text
from postpurchase.translations import collect, compile_all, missing
from tests.factories import customer
from tests.portal.conftest import ACME, signed_in


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    compile_all()


def language_of(client: Client, **headers: str) -> str:
    html = client.get("/policies/returns/", **headers).content.decode()  # type: ignore[arg-type]
    return html.partition('<html lang="')[2].partition('"')[0]


def test_no_language_lacks_a_word() -> None:
    assert missing() == []


def test_the_words_are_really_collected() -> None:
    found = {message.id for message in collect()}
    assert "Talk to us" in found  # a template
    assert "On its way" in found  # Python
    assert ("It comes in %(n)s parcel", "It comes in %(n)s parcels") in found  # a plural


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("de-AT,de;q=0.9", "de"),
        ("zh-CN", "zh-hans"),
        ("id-ID", "id"),
        ("pt-BR,pt;q=0.9", "pt-br"),
        ("pt", "pt-br"),
        ("pt-PT", "pt-br"),
        ("fr,en-US;q=0.5", "en"),
        ("fr", "de"),
        ("", "de"),
        ("*", "de"),
        ("x" * 600, "de"),
    ],
)
def test_the_browser_is_heard_before_the_merchant(acme: Merchant, asked: str, language: str) -> None:
    assert language_of(Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE=asked)) == language


def test_the_customers_language_comes_before_the_browsers(acme: Merchant, in_scope: Callable[..., Any]) -> None:
    ani = signed_in(acme, in_scope(customer, email="ani@example.com", language="id"))
    assert language_of(ani) == "id"


def test_the_readers_choice_comes_first_and_stays(acme: Merchant, in_scope: Callable[..., Any]) -> None:
    ani = signed_in(acme, in_scope(customer, email="ani@example.com", language="id"))
    response = ani.post("/language/", {"language": "zh-hans", "next": "/orders/"})
    assert (response.status_code, response["Location"]) == (302, "/orders/")
    assert language_of(ani) == "zh-hans"
    assert ani.cookies["language"]["samesite"] == "Lax"


@pytest.mark.parametrize("language", ["", "xx", "../../etc/passwd", "de\x00", "en'--", "x" * 500])
def test_a_language_we_do_not_speak_changes_nothing(browser: Client, acme: Merchant, language: str) -> None:
    assert browser.post("/language/", {"language": language}).status_code == 302
    assert language_of(browser) == "en"
    browser.cookies["language"] = "%00"
    assert language_of(browser) == "en"


@pytest.mark.parametrize(
    ("language", "fact"),
    [
        ("en", 'by <time datetime="2026-11-20">Friday 20 November</time>'),
        ("de", 'bis <time datetime="2026-11-20">Freitag, 20. November</time>'),
        ("id", 'paling lambat <time datetime="2026-11-20">Jumat, 20 November</time>'),
        ("zh-hans", '<time datetime="2026-11-20">11月20日星期五</time>前'),
        ("pt-br", 'até <time datetime="2026-11-20">sexta-feira, 20 de novembro</time>'),
    ],
)
def test_an_order_reads_in_every_language(sam: Client, order: Order, language: str, fact: str) -> None:
    sam.cookies["language"] = language
    for part in ("", "shipping/", "products/", "returns/"):
        assert sam.get(f"/orders/{order.public_id}/{part}").status_code == 200
    assert fact in sam.get(f"/orders/{order.public_id}/").content.decode()


@pytest.mark.parametrize(
    ("language", "form", "text"),
    [
        ("en", "long", "Thursday 26 November"),
        ("en", "short", "Thu 26 Nov"),
        ("de", "long", "Donnerstag, 26. November"),
        ("zh-hans", "long", "11月26日星期四"),
        ("id", "plain", "26 November"),
        ("de", "weekday", "Donnerstag"),
        ("pt-br", "long", "quinta-feira, 26 de novembro"),
        ("pt-br", "short", "qui., 26 de nov."),
        ("pt-br", "plain", "26 de novembro"),
        ("pt-br", "brief", "qui. 26"),
        ("pt-br", "weekday", "quinta-feira"),
    ],
)
def test_a_day_is_a_weekday_and_a_day(language: str, form: str, text: str) -> None:
    assert day_text(date(2026, 11, 26), language=language, this_year=2026, form=form) == text


def test_a_day_of_another_year_says_so() -> None:
    day = date(2025, 11, 26)
    assert day_text(day, language="en", this_year=2026) == "Wednesday 26 November 2025"
    assert day_text(day, language="zh-hans", this_year=2026) == "2025年11月26日星期三"
    assert day_text(day, language="pt-br", this_year=2026) == "quarta-feira, 26 de novembro de 2025"


def test_amounts_and_lists_and_zones_follow_the_language() -> None:
    assert money_text(Decimal("1234.50"), "EUR", language="de") == "1.234,50\xa0€"
    assert money_text(Decimal("1234"), "JPY", language="en") == "¥1,234"
    assert money_text(Decimal("1234.56"), "BRL", language="pt-br") == "R$\xa01.234,56"
    assert list_text(["a", "b", "c"], language="de") == "a, b und c"
    assert list_text(["a", "b", "c"], language="pt-br") == "a, b e c"
    assert zone_text(datetime(2026, 1, 1, tzinfo=UTC)) == "UTC"


def test_an_address_is_written_as_its_country_does() -> None:
    parts = {"name": "Ann", "street": "1 Main St", "city": "Austin", "region": "TX", "postcode": "78701", "country": "US"}
    assert address_lines(parts, language="de") == ["Ann", "1 Main St", "Austin, TX 78701", "Vereinigte Staaten"]
    paulista = {"street": "Av. Paulista, 1578", "city": "São Paulo", "region": "SP", "postcode": "01310-200", "country": "BR"}
    assert address_lines(paulista, language="pt-br") == ["Av. Paulista, 1578", "São Paulo - SP", "01310-200", "Brasil"]
    berlin = {"street": "Weserstraße 14", "postcode": "12047", "city": "Berlin", "region": "BE", "country": "DE"}
    assert address_lines(berlin, language="de") == ["Weserstraße 14", "12047 Berlin", "Deutschland"]
    assert address_lines({**berlin, "country": "IE"}, language="en") == ["Weserstraße 14", "12047 Berlin", "BE", "Ireland"]
    assert address_lines({}, language="en") == []
    assert address_lines({"name": "Ann", "country": "DE"}, language="en") == ["Ann"]
