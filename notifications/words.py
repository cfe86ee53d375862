"""Dates, times, money and addresses as people of a language read them. A date is a weekday and a day."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError, get_global
from babel.dates import format_date, format_skeleton, format_time, get_timezone_name

from core.money import format_money

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
# Explicit direction marks let one customer's name rewrite the line round it; letters carry their own direction.
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f\\<>\"'`]")
FAMILIES = {"zh-hans": "zh_Hans", "pt-br": "pt_BR"}


def names(text: str) -> tuple[str, ...]:
    """The words of a list written as one line."""
    return tuple(text.split())


def clean(value: object) -> str:
    """One line of text for a message: control, private and direction characters removed, blanks joined."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (" " if c in "\t\n\r\u2028\u2029" else c for c in text if c not in BIDI)
    return " ".join("".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cs", "Co")).split())


def safe_url(value: str) -> str:
    """The address when it is a plain http, https, mailto or tel one; empty otherwise."""
    if len(value) > 2000 or NOT_IN_URLS.search(value):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    if parts.scheme.lower() not in SCHEMES or (parts.scheme.lower().startswith("http") and not parts.netloc):
        return ""
    return value


@lru_cache(maxsize=256)
def locale_of(language: str, country: str) -> Locale:
    """With the country where the language is at home there: `de_AT`, but plain `en` for a German shop."""
    base = FAMILIES.get(language, language.partition("-")[0])
    spoken = get_global("territory_languages").get(country, {}).get(base, {})
    if spoken.get("official_status"):
        try:
            return Locale.parse(f"{base}_{country}")
        except (UnknownLocaleError, ValueError):
            pass
    return Locale.parse(base)


# The same few days and prices are in thousands of messages.
@lru_cache(maxsize=4096)
def date_text(locale: Locale, form: str, value: date) -> str:
    """A day in one of Babel's forms or skeletons."""
    if form in ("full", "EEEE"):
        return plain(format_date(value, form, locale=locale))
    return plain(format_skeleton(form, value, locale=locale))


@lru_cache(maxsize=4096)
def money_text(amount: Decimal, currency: str, locale: str) -> str:
    """An amount as people of the locale write it."""
    return plain(format_money(amount, currency, locale))


@dataclass(frozen=True, slots=True)
class Words:
    """One language in one merchant's country and time zone."""

    language: str
    country: str
    timezone: str

    @property
    def locale(self) -> Locale:
        return locale_of(self.language, self.country)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.timezone))

    def day(self, value: date, *, now: date) -> str:
        """`Tuesday, November 24`; the year too when it is not this one."""
        if value.year != now.year:
            return self.full(value)
        weekday, month_day = self.weekday(value), self.month_day(value)
        return f"{month_day}{weekday}" if self.language == "zh-hans" else f"{weekday}, {month_day}"

    def full(self, value: date) -> str:
        """With the year: `Tuesday, November 24, 2026`."""
        return date_text(self.locale, "full", value)

    def short(self, value: date) -> str:
        """`Tue, Nov 24`"""
        return date_text(self.locale, "MMMEd", value)

    def weekday(self, value: date) -> str:
        return date_text(self.locale, "EEEE", value)

    def month_day(self, value: date) -> str:
        """`November 24`"""
        return date_text(self.locale, "MMMMd", value)

    def time(self, at: datetime) -> str:
        """Local time with its zone: `6:00 PM CST`, `18:00 MEZ`, `18:00 (horário de Brasília)`."""
        local = self.local(at)
        return plain(f"{format_time(local, 'short', locale=self.locale)} {self.zone(local)}")

    def zone(self, local: datetime) -> str:
        """The zone's short name where the language has one (`MEZ`), the long one otherwise."""
        name = str(get_timezone_name(local, width="short", locale=self.locale))
        if name.isalpha() and self.language != "pt-br":
            return name
        long = str(get_timezone_name(local, width="long", zone_variant="generic", locale=self.locale))
        # Nobody in Brazil says BRT; everybody reads the time as `15:00 (horário de Brasília)`.
        return f"({long[:1].lower()}{long[1:]})" if self.language == "pt-br" else long

    def money(self, amount: Decimal, currency: str) -> str:
        return money_text(amount, currency, str(self.locale))

    def territory(self, code: str) -> str:
        return str(self.locale.territories.get(code, code))

    def address(self, value: Mapping[str, Any], *, home: str) -> list[str]:
        """An address in the order its country writes it; the country itself only when it is not `home`."""
        get = {
            key: clean(value.get(key) or "") for key in ("name", "company", "street", "street2", "postcode", "city", "region", "country")
        }
        foreign = self.territory(get["country"]) if get["country"] not in ("", home) else ""
        lines = [get["name"], get["company"], get["street"], get["street2"], *_city_lines(get), foreign]
        return [line for line in lines if line]


REGION_THEN_CODE = frozenset({"US", "CA", "AU"})
CODE_LAST = frozenset({"ID", "GB", "IE", "IN", "NZ", "SG", "TH", "MY", "PH"})


def _city_lines(get: Mapping[str, str]) -> list[str]:
    if get["country"] in REGION_THEN_CODE:
        tail = " ".join(part for part in (get["region"], get["postcode"]) if part)
        return [", ".join(part for part in (get["city"], tail) if part)]
    if get["country"] in CODE_LAST:
        return [" ".join(part for part in (get["city"], get["postcode"]) if part), get["region"]]
    if get["country"] == "BR":
        return [" - ".join(part for part in (get["city"], get["region"]) if part), get["postcode"]]
    if get["country"] in ("CN", "TW"):
        return [" ".join(part for part in (get["region"], get["city"]) if part), get["postcode"]]
    return [" ".join(part for part in (get["postcode"], get["city"]) if part), get["region"] if get["country"] in ("", "IT") else ""]


def plain(text: str) -> str:
    """Babel's narrow blanks as ordinary ones: mail programs break them, and an SMS would double in price."""
    return text.replace("\u202f", " ").replace("\u2009", " ")
