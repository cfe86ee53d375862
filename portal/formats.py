"""Days, times and amounts as people of a language write them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list

from core.money import format_money

# Weekday and day; the year only where it is not this one.
LONG = {"en": "EEEE d MMMM", "de": "EEEE, d. MMMM", "zh-hans": "M月d日EEEE", "id": "EEEE, d MMMM", "pt-br": "EEEE, d 'de' MMMM"}
SHORT = {"en": "EEE d MMM", "de": "EEE, d. MMM", "zh-hans": "M月d日EEE", "id": "EEE, d MMM", "pt-br": "EEE, d 'de' MMM"}
WEEKDAY = {"en": "EEEE"}
PLAIN = {"en": "d MMMM", "de": "d. MMMM", "zh-hans": "M月d日", "id": "d MMMM", "pt-br": "d 'de' MMMM"}
BRIEF = {"en": "EEE d", "de": "EEE d.", "zh-hans": "d日EEE", "id": "EEE d", "pt-br": "EEE d"}
FORMS = {"brief": BRIEF, "long": LONG, "short": SHORT, "plain": PLAIN, "weekday": WEEKDAY}
YEAR = {"zh-hans": "y年{}", "pt-br": "{} 'de' y"}


def locale_of(language: str) -> Locale:
    """Babel's locale of one of our languages; `zh-hans` is `zh_Hans`, `pt-br` is `pt_BR`."""
    return Locale.parse(language.replace("-", "_"))


def day_text(day: date, *, language: str, this_year: int, form: str = "long") -> str:
    """`Thursday 26 November`, `Thu 26 Nov` (short), `26 November` (plain), `Thu 26` (brief) or `Thursday` (weekday)."""
    patterns = FORMS[form]
    pattern = patterns.get(language, patterns["en"])
    if day.year != this_year and form != "brief":
        pattern = YEAR.get(language, "{} y").format(pattern)
    return format_date(day, pattern, locale=locale_of(language))


def time_text(moment: datetime, *, language: str) -> str:
    """`21:14`, in the zone the moment carries."""
    return format_time(moment, "HH:mm", locale=locale_of(language))


def zone_text(moment: datetime) -> str:
    """The short name of the moment's zone, `CET` or `UTC+05`, for the line that says which clock the times follow."""
    name = moment.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def money_text(amount: Decimal, currency: str, *, language: str) -> str:
    """`€599.00`."""
    return format_money(amount, currency, language)


def list_text(names: Sequence[str], *, language: str) -> str:
    """`a coat, a scarf and boots`."""
    return format_list(list(names), locale=locale_of(language))


def country_names(language: str) -> Mapping[str, str]:
    """Country code -> its name."""
    names: Mapping[str, str] = locale_of(language).territories
    return names


def grouped_number(number: str) -> str:
    """A long tracking number in groups of four, so that it can be read aloud; short ones stay."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4)) if len(number) > 12 and number.isalnum() else number


# Countries that write the region and the postcode behind the city.
CITY_FIRST = frozenset({"US", "CA", "AU", "IN", "ID", "TH", "MX"})


def address_lines(address: Mapping[str, object], *, language: str) -> list[str]:
    """An address line by line, the country in the reader's language; nothing for an empty one."""

    def part(name: str) -> str:
        return str(address.get(name) or "").strip()

    country = part("country").upper()
    places = _places(country, part("city"), part("region"), part("postcode"))
    lines = [part("name"), part("company"), part("street"), part("street2"), *places]
    territory = locale_of(language).territories.get(country, country)
    return [text for text in (*lines, territory if any(lines[2:]) else "") if text]


def _places(country: str, city: str, region: str, postcode: str) -> list[str]:
    """City, region and postcode in the order the country writes them."""
    if country == "BR":
        return [" - ".join(text for text in (city, region) if text), postcode]
    if country in CITY_FIRST:
        return [", ".join(text for text in (city, f"{region} {postcode}".strip()) if text)]
    return [f"{postcode} {city}".strip(), region]
