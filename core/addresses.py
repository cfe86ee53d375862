"""What a postal address needs, country by country, and the plain form of what people type into its fields."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

FIELDS = ("name", "company", "street", "street2", "postcode", "city", "region", "country")
LIMITS = {"name": 120, "company": 120, "street": 120, "street2": 120, "postcode": 16, "city": 100, "region": 100, "country": 2}
REQUIRED = ("name", "street", "city")
EMPTY, TOO_LONG, BAD_FORM, UNKNOWN_COUNTRY = "empty", "too_long", "bad_form", "country"


@dataclass(frozen=True, slots=True)
class Place:
    """How a country writes its addresses: the postcode's pattern and an example of it, and what its regions are called."""

    postcode: str = ""  # a pattern over the whole text; empty: any, and none is needed
    example: str = ""
    region: str = ""  # state, province, prefecture, county; empty: the country needs none
    is_region_needed: bool = False


FIVE, FOUR, SIX = r"\d{5}", r"\d{4}", r"\d{6}"
ANYWHERE = Place()
PLACES: dict[str, Place] = {
    "AT": Place(FOUR, "1010"),
    "AU": Place(FOUR, "2000", "state", is_region_needed=True),
    "BE": Place(FOUR, "1000"),
    "BG": Place(FOUR, "1000"),
    "BR": Place(r"\d{5}-?\d{3}", "01310-100", "state", is_region_needed=True),
    "CA": Place(r"[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d", "K1A 0B1", "province", is_region_needed=True),
    "CH": Place(FOUR, "8001"),
    "CN": Place(SIX, "200000", "province", is_region_needed=True),
    "CY": Place(FOUR, "1010"),
    "CZ": Place(r"\d{3} ?\d{2}", "110 00"),
    "DE": Place(FIVE, "10115"),
    "DK": Place(FOUR, "1050"),
    "EE": Place(FIVE, "10111"),
    "ES": Place(FIVE, "28001", "province"),
    "FI": Place(FIVE, "00100"),
    "FR": Place(FIVE, "75001"),
    "GB": Place(r"GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", "SW1A 1AA", "county"),
    "GR": Place(r"\d{3} ?\d{2}", "105 57"),
    "HR": Place(FIVE, "10000"),
    "HU": Place(FOUR, "1011"),
    "ID": Place(FIVE, "10110", "province", is_region_needed=True),
    "IE": Place(r"[A-Z]\d[\dW] ?[A-Z\d]{4}", "D02 X285", "county"),
    "IN": Place(r"[1-9]\d{2} ?\d{3}", "110001", "state", is_region_needed=True),
    "IT": Place(FIVE, "00118", "province", is_region_needed=True),
    "JP": Place(r"\d{3}-?\d{4}", "100-0001", "prefecture", is_region_needed=True),
    "KR": Place(FIVE, "03051"),
    "LT": Place(r"(LT-)?\d{5}", "01100"),
    "LU": Place(r"(L-)?\d{4}", "1111"),
    "LV": Place(r"(LV-)?\d{4}", "LV-1010"),
    "MT": Place(r"[A-Z]{3} ?\d{4}", "VLT 1117"),
    "MX": Place(FIVE, "06000", "state", is_region_needed=True),
    "MY": Place(FIVE, "50000", "state", is_region_needed=True),
    "NL": Place(r"[1-9]\d{3} ?[A-Z]{2}", "1012 AB"),
    "NO": Place(FOUR, "0150"),
    "NZ": Place(FOUR, "6011"),
    "PL": Place(r"\d{2}-?\d{3}", "00-001"),
    "PT": Place(r"\d{4}-?\d{3}", "1000-001"),
    "RO": Place(SIX, "010011"),
    "SE": Place(r"\d{3} ?\d{2}", "111 22"),
    "SG": Place(SIX, "018989"),
    "SI": Place(FOUR, "1000"),
    "SK": Place(r"\d{3} ?\d{2}", "811 01"),
    "TH": Place(FIVE, "10200", "province", is_region_needed=True),
    "TR": Place(FIVE, "34000"),
    "US": Place(r"\d{5}(-\d{4})?", "10001", "state", is_region_needed=True),
}


def place_of(country: str) -> Place:
    """How a country writes its addresses; of one we know nothing about, nothing is demanded."""
    return PLACES.get(country, ANYWHERE)


def plain_text(value: str) -> str:
    """One line without control characters or marks that turn the direction of what follows; joiners of scripts and emoji stay."""
    text = unicodedata.normalize("NFC", value)
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or _is_text(char))
    return " ".join(kept.split())


def _is_text(char: str) -> bool:
    return char in "\u200c\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def tidy_address(typed: Mapping[str, str]) -> dict[str, str]:
    """The address as typed, in plain form: one line each, capitals in postcode and country. Other fields are left out."""
    tidy = {name: plain_text(typed.get(name, "")) for name in FIELDS}
    return {**tidy, "postcode": tidy["postcode"].upper(), "country": tidy["country"].upper()}


def address_problems(address: Mapping[str, str], *, countries: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a tidy address, by field: `empty`, `too_long`, `bad_form` (of a postcode) or `country`."""
    problems = {name: TOO_LONG for name, limit in LIMITS.items() if len(address[name]) > limit}
    problems |= {name: EMPTY for name in REQUIRED if not address[name]}
    if address["country"] not in countries:
        return {**problems, "country": UNKNOWN_COUNTRY if address["country"] else EMPTY}
    place = place_of(address["country"])
    if place.is_region_needed and not address["region"]:
        problems["region"] = EMPTY
    if place.postcode and not address["postcode"]:
        problems["postcode"] = EMPTY
    elif place.postcode and not re.fullmatch(place.postcode, address["postcode"], re.ASCII):
        problems["postcode"] = BAD_FORM
    return problems
