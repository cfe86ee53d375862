"""What a postal address needs, country by country."""

from typing import Any

import pytest

from core.addresses import PLACES, address_problems, place_of, tidy_address

COUNTRIES = {"DE": "Germany", "US": "United States", "HK": "Hong Kong", "GB": "United Kingdom"}
BERLIN = {"name": "Sam Berg", "street": "Torstraße 1", "postcode": "10119", "city": "Berlin", "country": "DE"}


@pytest.mark.parametrize(
    ("over", "problems"),
    [
        ({}, {}),
        ({"postcode": "1011"}, {"postcode": "bad_form"}),
        ({"postcode": "1٠119"}, {"postcode": "bad_form"}),  # an Arabic digit
        ({"postcode": ""}, {"postcode": "empty"}),
        ({"name": "", "street": " \u200b ", "city": "\0"}, {"name": "empty", "street": "empty", "city": "empty"}),
        ({"street": "x" * 121}, {"street": "too_long"}),
        ({"country": "US", "postcode": "10001-1234"}, {"region": "empty"}),
        ({"country": "us", "postcode": "10001", "region": "NY"}, {}),
        ({"country": "gb", "postcode": "sw1a 1aa"}, {}),
        ({"country": "HK", "postcode": ""}, {}),
        ({"country": "HK", "postcode": "anything"}, {}),
        ({"country": "XX"}, {"country": "country"}),
        ({"country": ""}, {"country": "empty"}),
    ],
)
def test_each_country_asks_for_its_own(over: dict[str, Any], problems: dict[str, str]) -> None:
    assert address_problems(tidy_address({**BERLIN, **over}), countries=COUNTRIES) == problems


def test_every_example_of_a_postcode_fits_its_country() -> None:
    wrong = [
        country
        for country, place in PLACES.items()
        if "postcode" in address_problems({**tidy_address(BERLIN), "country": country, "postcode": place.example}, countries=PLACES)  # type: ignore[arg-type]
    ]
    assert wrong == []


def test_what_is_typed_becomes_one_plain_line() -> None:
    typed = {"name": "Sa\u202emm  Be\u0301\nrg\u200d\0", "company": "\u2066x\u2069", "phone": "1", "postcode": "k1a 0b1"}
    tidy = tidy_address(typed)
    assert (tidy["name"], tidy["company"], tidy["postcode"], "phone" in tidy) == ("Samm Bé rg\u200d", "x", "K1A 0B1", False)


def test_of_an_unknown_country_nothing_is_demanded() -> None:
    assert (place_of("AQ").postcode, place_of("AQ").is_region_needed) == ("", False)
