"""Portuguese as it is written in Brazil: days, amounts, prepositions, and text messages that stay at 160 to a segment."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import causes, shipped, sms
from notifications.types import Kind
from notifications.words import Words
from tests.notifications import stories
from tests.notifications.stories import SENT, told
from tracking.types import ShipmentStatus

WORDS = Words("pt-br", "BR", "America/Sao_Paulo")
TODAY = date(2026, 11, 20)
LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
TEXTED = [kind for kind in Kind.values if shipped.is_offered(kind, "sms")]


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


def test_a_day_is_a_weekday_and_a_day_in_small_letters() -> None:
    assert WORDS.day(TODAY, now=TODAY) == "sexta-feira, 20 de novembro"
    assert WORDS.day(date(2027, 1, 2), now=TODAY) == "sábado, 2 de janeiro de 2027"
    assert WORDS.short(TODAY) == "sex., 20 de nov."
    assert (WORDS.weekday(TODAY), WORDS.month_day(TODAY)) == ("sexta-feira", "20 de novembro")


def test_a_time_names_its_clock_in_words() -> None:
    assert WORDS.time(datetime(2026, 11, 20, 18, tzinfo=UTC)) == "15:00 (horário de Brasília)"
    assert Words("pt-br", "DE", "Europe/Berlin").time(datetime(2026, 11, 20, 18, tzinfo=UTC)) == "19:00 (horário da Europa Central)"


@pytest.mark.parametrize("country", ["BR", "PT", "DE", "US"])
def test_it_stays_brazilian_in_whatever_country_the_shop_is(country: str) -> None:
    assert Words("pt-br", country, "UTC").money(Decimal("1234.56"), "BRL") == "R$\xa01.234,56"


def test_a_brazilian_address_has_city_and_state_in_one_line_and_the_postcode_below() -> None:
    address = {"name": "Ana", "street": "Av. Paulista, 1578", "city": "São Paulo", "region": "SP", "postcode": "01310-200", "country": "BR"}
    assert WORDS.address(address, home="BR") == ["Ana", "Av. Paulista, 1578", "São Paulo - SP", "01310-200"]
    assert WORDS.address(address, home="DE") == ["Ana", "Av. Paulista, 1578", "São Paulo - SP", "01310-200", "Brasil"]


@pytest.mark.parametrize(
    ("days", "says"), [(0, "foi entregue na sexta-feira, 20 de novembro."), (1, "foi entregue no sábado, 21 de novembro.")]
)
def test_the_preposition_follows_the_weekday(voltline: Merchant, days: int, says: str) -> None:
    at = SENT + timedelta(days=days)
    order = stories.order()
    parcel = stories.now_in(stories.sent(order), ShipmentStatus.DELIVERED, delivered_at=at)
    assert says in told(Kind.DELIVERED, "email", "pt-br", order=order, shipment=parcel, now=at).text


@pytest.mark.parametrize("kind", TEXTED)
def test_what_is_texted_keeps_to_the_cheap_alphabet(kind: str) -> None:
    own = LIQUID.sub("", shipped.source(kind, "sms", "pt-br").text)
    assert [letter for letter in own if not sms.is_gsm(letter)] == []


def test_a_text_message_names_saturday_without_its_accent(voltline: Merchant) -> None:
    order = stories.order()
    parcel = stories.sent(order, eta=date(2026, 11, 28))
    text = told(Kind.DISPATCH, "sms", "pt-br", order=order, shipment=parcel, now=SENT).text
    assert "Chega até sab., 28 de nov. O resto vai depois." in text
    assert sms.is_gsm(text)


def test_short_days_and_ways_of_handing_over_keep_to_the_cheap_alphabet() -> None:
    days = [WORDS.short(TODAY + timedelta(days=n)).replace("á", "a") for n in range(366)]
    assert [day for day in days if not sms.is_gsm(day)] == []
    ways = causes.words("pt-br")["how"].values()
    assert [way for way in ways if not sms.is_gsm(way.replace("{by}", ""))] == []
