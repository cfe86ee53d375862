"""Places as carriers write them, brought to one form."""

from zoneinfo import available_timezones

import pytest

from tracking.rules import places
from tracking.rules.places import country_code, normal_city, normal_region, zone_of
from tracking.rules.regions import ZONES


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"), ("de", "DE"), (" de ", "DE"), ("DEU", "DE"), ("Germany", "DE"), ("GERMANY", "DE"), ("Deutschland", "DE"),
        ("USA", "US"), ("U.S.A.", "US"), ("United States", "US"), ("united states of america", "US"),
        ("UK", "GB"), ("GBR", "GB"), ("Great Britain", "GB"), ("Brasil", "BR"), ("España", "ES"), ("Espana", "ES"),
        ("Korea", "KR"), ("South Korea", "KR"), ("Hong Kong", "HK"), ("Turkey", "TR"), ("Türkiye", "TR"), ("Viet Nam", "VN"),
        ("Czech Republic", "CZ"), ("CZE", "CZ"), ("Côte d'Ivoire", "CI"), ("中国", "CN"), ("日本", "JP"), ("Indonesia", "ID"),
        ("", ""), ("XX", ""), ("Atlantis", ""), ("D", ""), ("x" * 1000, ""), ("-", ""),
    ],
)  # fmt: skip
def test_countries(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("text", "country", "region"),
    [
        ("CA", "US", "CA"), ("ca", "US", "CA"), ("California", "US", "CA"), ("CALIFORNIA", "US", "CA"), ("US-CA", "US", "CA"),
        ("Washington DC", "US", "DC"), ("D.C.", "US", "DC"), ("New  York", "US", "NY"), ("CA", "", "CA"),
        ("São Paulo", "BR", "SP"), ("SAO PAULO", "BR", "SP"), ("sp", "BR", "SP"), ("Québec", "CA", "QC"), ("PQ", "CA", "QC"),
        ("New South Wales", "AU", "NSW"), ("Jawa Barat", "ID", "JB"), ("West Java", "ID", "JB"), ("CDMX", "MX", "CMX"),
        ("Moskva", "RU", "MOW"), ("Bayern", "DE", "Bayern"), ("BAYERN", "DE", "Bayern"), ("bayern", "DE", "Bayern"), ("by", "DE", "BY"),
        ("DE-BY", "DE", "BY"), ("", "US", ""), ("  ", "", ""), ("Atlantis", "US", "Atlantis"),
    ],
)  # fmt: skip
def test_regions(text: str, country: str, region: str) -> None:
    assert normal_region(text, country) == region


@pytest.mark.parametrize(
    "writings",
    [
        ("München", "MÜNCHEN", "Muenchen", "MUENCHEN", "Munchen", " münchen "),
        ("Düsseldorf", "Duesseldorf", "DUSSELDORF"),
        ("Überlingen", "Ueberlingen", "UEBERLINGEN"),
        ("Gießen", "GIESSEN", "Giessen"),
        ("São Paulo", "SAO PAULO", "Sao  Paulo"),
        ("St. Louis", "SAINT LOUIS", "st louis"),
        ("Sankt Augustin", "St. Augustin"),
        ("Fort Worth", "FT WORTH", "Ft. Worth"),
        ("Frankfurt", "FRANKFURT (MAIN)", "Frankfurt, Hessen", "Frankfurt/Main"),
        ("North Houston", "N HOUSTON"),
        ("Łódź", "LODZ"),
        ("Edison", "EDISON TWP"),
        ("New York", "New York City", "NEW YORK"),
        ("Brooklyn Heights", "BROOKLYN HGTS"),
        ("L'Aquila", "LAquila", "L’AQUILA"),
        ("北京", "北京 "),
    ],
)
def test_one_city_however_it_is_written(writings: tuple[str, ...]) -> None:
    assert len({normal_city(text) for text in writings}) == 1
    assert normal_city(writings[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Houston", "North Houston"),
        ("Portland", "Porto"),
        ("Berlin", "Bern"),
        ("Bauer", "Baur"),
        ("Queens", "Kuns"),
        ("Neuenburg", "Nuenburg"),
    ],
)
def test_different_cities_stay_different(one: str, other: str) -> None:
    assert normal_city(one) != normal_city(other)


@pytest.mark.parametrize("text", ["", " ", "...", ",", "(", "City"])
def test_no_city_is_nothing_and_never_raises(text: str) -> None:
    assert normal_city(text) in ("", "city")


@pytest.mark.parametrize(
    ("country", "region", "zone"),
    [
        ("DE", "", "Europe/Berlin"), ("DE", "Bayern", "Europe/Berlin"), ("CN", "Guangdong", "Asia/Shanghai"), ("JP", "", "Asia/Tokyo"),
        ("US", "", ""), ("US", "TX", "America/Chicago"), ("US", "Texas", "America/Chicago"), ("US", "AZ", "America/Phoenix"),
        ("US", "XX", ""), ("CA", "BC", "America/Vancouver"), ("AU", "QLD", "Australia/Brisbane"), ("BR", "SP", "America/Sao_Paulo"),
        ("BR", "AM", "America/Manaus"), ("MX", "Quintana Roo", "America/Cancun"), ("ID", "Bali", "Asia/Makassar"),
        ("ID", "JK", "Asia/Jakarta"), ("RU", "Moscow", "Europe/Moscow"), ("ES", "", "Europe/Madrid"), ("ES", "Canarias", "Atlantic/Canary"),
        ("PT", "Madeira", "Atlantic/Madeira"), ("CD", "", ""), ("", "", ""), ("XX", "TX", ""),
    ],
)  # fmt: skip
def test_zones_of_places(country: str, region: str, zone: str) -> None:
    assert zone_of(country, region) == zone


def test_the_tables_hold_known_zones_and_no_name_twice() -> None:
    used = set(places._REGION_ZONES.values()) | set(places._ONE_ZONE.values())
    assert used <= available_timezones()
    assert set(ZONES.values()) == set(places._REGION_ZONES.values())
    assert len(places._CODES) == len(places._ALPHA3) == 249
    names = [(places._key(name), code) for code, _, _, written in places._COUNTRIES for name in written.split("|")]
    assert len({name for name, _ in names}) == len(names)
    for country, rows in places._REGION_ROWS.items():
        keys = [(places._key(name), code) for code, _, written in rows for name in {code, *written.split("|")}]
        assert len(set(keys)) == len({key for key, _ in keys}), country
