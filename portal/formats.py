"""Days, times and amounts as people of a language write them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from unicodedata import combining, normalize

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

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
# Countries whose addresses name no region, though shops send one.
NO_REGION = frozenset({"AT", "BE", "CH", "CZ", "DE", "DK", "FI", "FR", "LU", "NL", "NO", "PL", "SE", "SK"})


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
    return [f"{postcode} {city}".strip(), "" if country in NO_REGION else region]


def measure_text(numbers: Sequence[Decimal], *, language: str) -> str:
    """One measure or a span, `96–101`, as the language writes its decimals."""
    return "–".join(format_decimal(number.normalize(), "#,##0.###", locale=locale_of(language)) for number in numbers)


def file_size_text(size: int, *, language: str) -> str:
    """`240 kB` or `2.4 MB`."""
    amount, unit, pattern = (Decimal(size) / 1000, "kB", "#,##0") if size < 1_000_000 else (Decimal(size) / 1_000_000, "MB", "#,##0.#")
    return f"{format_decimal(max(amount, Decimal(1)), pattern, locale=locale_of(language))}\u00a0{unit}"


def language_name(code: str, *, language: str) -> str:
    """`de` as `German`, in the reader's language; "" for what is no language."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(locale_of(language)) if code else ""
    except (UnknownLocaleError, ValueError):
        return ""
    return name or ""


@lru_cache(maxsize=8)
def countries_by_name(language: str) -> Mapping[str, str]:
    """Code -> name of the countries post goes to, as a reader looks for them: by name."""
    names = {code: name for code, name in country_names(language).items() if len(code) == 2 and code.isalpha() and code not in NO_COUNTRY}
    return dict(sorted(names.items(), key=lambda item: _sortable(item[1], item[0], language)))


# Not places that post goes to: unions, the unknown, islands nobody lives on.
NO_COUNTRY = frozenset({"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO", "AQ", "BV", "HM", "CP", "DG", "EA", "IC", "AC", "TA", "CQ"})


def _sortable(name: str, code: str, language: str) -> str:
    """Without accents, so that Österreich stands at O; Chinese readers look for the code's letter."""
    if language.startswith("zh"):
        return code
    return "".join(char for char in normalize("NFKD", name.casefold()) if not combining(char))
