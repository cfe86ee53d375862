"""The offer of an item more in the same parcel, as a message: decided while it stands, told in one text, with a way out."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from catalog.services import upsert_product
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import offers
from notifications.background import load_background
from notifications.offers import CLOSED, NOTHING, stands
from notifications.types import Kind
from orders.models import FulfilmentPolicy
from orders.selectors import offer_token
from orders.types import PaymentState
from tests.notifications import stories
from tests.notifications.stories import LANGUAGES, PLACED, told

HOUR = timedelta(hours=1)
SAYS = {
    "en": ("Halo travel case", "$39.00", "Thursday, November 19, 1:12 PM CST"),
    "de": ("Halo travel case", "39,00\xa0$", "Donnerstag, 19. November, 13:12 Nordamerikanische Zentralzeit"),
    "zh-hans": ("Halo travel case", "US$39.00", "11月19日星期四 13:12 北美中部时间"),
    "id": ("Halo travel case", "US$39,00", "Kamis, 19 November, 13.12 CST"),
}
UNTIL = {"en": "1:12 PM CST", "de": "13:12 CST", "zh-hans": "13:12 CST", "id": "13.12 CST", "pt-br": "13:12 CST"}
STOP = {"en": "STOP", "de": "STOP", "zh-hans": "退订回T", "id": "BERHENTI", "pt-br": "PARE"}


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_names_the_shop_first_the_item_the_end_and_how_to_stop(voltline: Merchant, language: str) -> None:
    order = stories.order()
    sms = told(Kind.ADDITIONS, "sms", language, **stories.about(Kind.ADDITIONS, order))
    assert "Borealis" in sms.text[:20]
    for fact in ("Halo travel case", "39", "V-58213", UNTIL[language], "https://borealis.platform.test/l/", STOP[language]):
        assert fact in sms.text, (fact, sms.text)
    assert sms.segments == (2 if language == "zh-hans" else 1), sms.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_tells_items_prices_the_end_with_its_zone_and_the_way_out(voltline: Merchant, language: str) -> None:
    order = stories.order()
    mail = told(Kind.ADDITIONS, "email", language, **stories.about(Kind.ADDITIONS, order))
    link = f"https://borealis.platform.test/offer/{offer_token(order)}/"
    for part in (mail.html, mail.text):
        for fact in ("Halo travel case", "Memory foam ear pads, Graphite", "Walnut headphone stand", link, "/unsubscribe/"):
            assert fact in part, fact
    for fact in SAYS.get(language, ()):
        assert fact.replace("\xa0", " ") in mail.text.replace("\xa0", " "), fact
    assert "V-58213" in mail.subject
    assert UNTIL[language] in mail.subject
    assert mail.html.count("mso-padding-alt:14px 28px") == 1


def test_a_long_title_leaves_the_text_at_one_segment(voltline: Merchant) -> None:
    order = stories.order()
    about = stories.about(Kind.ADDITIONS, order)
    Product.objects.filter(external_id="CASE").update(title="Extraordinarily well padded travel case for headphones")
    sms = told(Kind.ADDITIONS, "sms", "en", **about)
    assert "Extraordinarily... $39.00" in sms.text
    assert sms.segments == 1


def test_an_offer_that_ends_tomorrow_names_the_day(voltline: Merchant) -> None:
    FulfilmentPolicy.objects.create(additions_hours=20)
    order = stories.order()
    sms = told(Kind.ADDITIONS, "sms", "en", **stories.about(Kind.ADDITIONS, order))
    assert "until Fri, Nov 20 5:12 AM CST" in sms.text


@pytest.mark.parametrize(
    ("over", "hours", "obstacle"),
    [
        ({}, 0, ""),
        ({}, 4, CLOSED),
        ({"payment_state": PaymentState.PENDING, "payments": ()}, 0, CLOSED),
    ],
)
def test_what_stands_against_it(voltline: Merchant, over: dict[str, Any], hours: int, obstacle: str) -> None:
    order = stories.order(**over)
    stories.on_offer(order)
    assert stands([order])[order.pk].obstacle(order, now=PLACED + hours * HOUR) == obstacle


def test_with_nothing_in_stock_there_is_nothing_to_offer(voltline: Merchant) -> None:
    order = stories.order()
    assert stands([order])[order.pk].obstacle(order, now=PLACED) == NOTHING
    for product in stories.on_offer(order):
        upsert_product(external_id=product.external_id, title=product.title, price=Decimal(1), currency="USD", stock=0, at=PLACED)
    assert stands([order])[order.pk].obstacle(order, now=PLACED) == NOTHING


@pytest.mark.parametrize("count", [1, 6])
def test_a_batch_of_offers_takes_the_same_queries(
    voltline: Merchant, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    rows = []
    for number in range(count):
        order = stories.order(number=f"V-{number}", email=f"maya{number}@example.com")
        stories.on_offer(order)
        rows.append(stories.message(Kind.ADDITIONS, "sms", "en", order=order))
    with django_assert_num_queries(6):
        found = load_background(rows).additions
    assert sorted(len(stand.products) for stand in found.values()) == [3] * count


def test_other_messages_ask_for_no_offers(voltline: Merchant, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    row = stories.message(Kind.THANKS, "sms", "en", order=stories.order())
    with django_assert_num_queries(0):
        assert load_background([row]).additions == offers.stands([]) == {}
