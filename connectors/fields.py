"""Typed reading of a shop's JSON: each value is what it must be, or BadPayload names its path.

What identifies or counts (ids, amounts, times, quantities) is refused when wrong. What is only shown is cut to the
column it goes into, and contact data that cannot be used is left out; both leave a warning.
"""

import re
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from connectors.types import BadPayload
from core.money import MAX_AMOUNT, UnknownCurrency, check_currency, round_amount
from core.text import BadEmail, BadPhone, normalise_email, normalise_phone

AMOUNT = re.compile(r"-?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,2})?", re.ASCII)
IDENTIFIER = re.compile(r"\d{1,40}", re.ASCII)
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
BLANK_LINES = re.compile(r"\n{3,}")
LANGUAGE = re.compile(r"(?=.{2,10}\Z)[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,4}){0,2}", re.ASCII)
YEARS = range(1990, 2200)
MAX_ITEMS = 10_000
MAX_QUANTITY = 1_000_000
MAX_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Node:
    """One JSON object with the path that leads to it. Children share the list of warnings."""

    data: dict[str, Any]
    path: str = ""
    warnings: list[str] = field(default_factory=list)

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def refuse(self, key: str, message: str) -> BadPayload:
        return BadPayload(self.at(key)[:120], message)

    def warn(self, key: str, message: str) -> None:
        text = f"{self.at(key)}: {message}"[:200]
        if len(self.warnings) < MAX_WARNINGS and text not in self.warnings:
            self.warnings.append(text)

    def told(self) -> tuple[str, ...]:
        return tuple(self.warnings)

    def has(self, key: str) -> bool:
        return self.data.get(key) not in (None, "")

    def node(self, key: str) -> "Node":
        """The object under the key; empty when absent."""
        value = self.data.get(key)
        # PHP writes an empty map as [].
        if value is None or value == []:
            value = {}
        if not isinstance(value, dict):
            raise self.refuse(key, "must be an object")
        return Node(value, self.at(key), self.warnings)

    def nodes(self, key: str) -> list["Node"]:
        """The objects of the list under the key; empty when absent."""
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.refuse(key, "must be a list")
        if len(value) > MAX_ITEMS:
            raise self.refuse(key, f"has {len(value)} entries, at most {MAX_ITEMS} are taken")
        for position, entry in enumerate(value):
            if not isinstance(entry, dict):
                raise self.refuse(f"{key}[{position}]", "must be an object")
        return [Node(entry, f"{self.at(key)}[{position}]", self.warnings) for position, entry in enumerate(value)]

    def text(self, key: str, limit: int, change: Callable[[str], str] = str) -> str:
        """One line of text, cut to the limit; numbers are taken as they are written."""
        value = self.data.get(key)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.refuse(key, "must be text")
        line = UNPRINTABLE.sub(" ", change(str(value))).strip()
        if len(line) > limit:
            self.warn(key, f"cut to {limit} characters")
            line = line[: limit - 1] + "…"
        return line

    def prose(self, key: str, limit: int, change: Callable[[str], str] = str) -> str:
        """Text of several lines, cut to the limit."""
        value = self.data.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.refuse(key, "must be text")
        lines = [UNPRINTABLE.sub(" ", line).strip() for line in change(value).splitlines()]
        whole = BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
        if len(whole) > limit:
            self.warn(key, f"cut to {limit} characters")
            whole = whole[: limit - 1] + "…"
        return whole

    def identifier(self, key: str) -> str:
        """A whole number of any size as exact text; empty when absent. Floats lost digits already and are refused."""
        value = self.data.get(key)
        if value is None or value == "":
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int) or not IDENTIFIER.fullmatch(str(value)):
            raise self.refuse(key, "must be a whole number")
        return str(value)

    def required_identifier(self, key: str) -> str:
        found = self.identifier(key)
        if not found:
            raise self.refuse(key, "is missing")
        return found

    def amount(self, key: str, currency: str, *, allow_negative: bool = False) -> Decimal:
        """Zero when absent. Finer than the currency can express is rounded, with a warning."""
        value = self.data.get(key)
        if value is None or value == "":
            return Decimal(0)
        if isinstance(value, bool) or not isinstance(value, str | int) or not AMOUNT.fullmatch(str(value)):
            raise self.refuse(key, "must be an amount")
        exact = Decimal(value)
        if abs(exact) > MAX_AMOUNT:
            raise self.refuse(key, "is too large")
        if exact < 0 and not allow_negative:
            raise self.refuse(key, "must not be negative")
        rounded = round_amount(exact, currency)
        if rounded != exact:
            self.warn(key, f"{value} rounded to {rounded}")
        return abs(rounded) if rounded == 0 else rounded

    def currency(self, key: str) -> str:
        value = self.data.get(key)
        try:
            return check_currency(value if isinstance(value, str) else "")
        except UnknownCurrency as error:
            raise self.refuse(key, str(error)) from None

    def quantity(self, key: str) -> int:
        """A whole number, zero when absent."""
        value = self.data.get(key)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_QUANTITY:
            raise self.refuse(key, f"must be a whole number from 0 to {MAX_QUANTITY}")
        return value

    def time(self, key: str, *, assume_utc: bool = False) -> datetime | None:
        """A moment in UTC. Without a zone it is refused, unless the shop documents the field as UTC."""
        value = self.data.get(key)
        if value is None or value == "":
            return None
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None or moment.year not in YEARS:
            raise self.refuse(key, "must be an ISO 8601 time")
        if moment.tzinfo is None and not assume_utc:
            raise self.refuse(key, "must be a time with its zone")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def required_time(self, *keys: str, assume_utc: bool = False) -> datetime:
        """The first of the fields that is set."""
        for key in keys:
            if found := self.time(key, assume_utc=assume_utc):
                return found
        raise self.refuse(keys[0], "is missing")

    def flag(self, key: str) -> bool | None:
        value = self.data.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise self.refuse(key, "must be true or false")

    def url(self, key: str, limit: int) -> str:
        """A web address, or nothing: `javascript:` and the like never reach a page."""
        value = self.data.get(key)
        if value is None or value == "":
            return ""
        if isinstance(value, str) and len(value) <= limit and is_web_address(value):
            return value
        self.warn(key, "is no web address, left out")
        return ""

    def country(self, key: str) -> str:
        value = self.text(key, 60).upper()
        if not value or (len(value) == 2 and value.isascii() and value.isalpha()):
            return value
        self.warn(key, "is no country code, left out")
        return ""

    def email(self, key: str) -> str:
        value = self.text(key, 300)
        try:
            normalise_email(value)
        except BadEmail:
            if value:
                self.warn(key, "is no e-mail address, left out")
            return ""
        return value

    def phone(self, key: str, region: str) -> str:
        """E.164, or nothing: what shops hold here is often not a number. A national number without a country stays as written."""
        value = self.text(key, 60)
        try:
            return normalise_phone(value, region or None) if value else ""
        except BadPhone:
            if not region and len(value) <= 40 and any(c.isdigit() for c in value):
                return value
            self.warn(key, "is no telephone number we can write to, left out")
            return ""

    def language(self, key: str) -> str:
        value = self.text(key, 40)
        if not value or LANGUAGE.fullmatch(value):
            return value
        self.warn(key, "is no language, left out")
        return ""

    def known(self, key: str, words: Container[str]) -> str:
        """The raw word; one that is not in the table leaves a warning."""
        value = self.text(key, 60)
        if value and value not in words:
            self.warn(key, f"{value!r} is not known")
        return value


def is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and value.isprintable() and " " not in value


def unusable_text(body: Any) -> str:
    """Path of the first text no database can hold (NUL, half a surrogate pair); empty when all is well."""
    stack: list[tuple[str, Any]] = [("", body)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str) and not is_storable(value):
            return path or "body"
        if isinstance(value, dict):
            if any(not is_storable(key) for key in value):
                return f"{path}.(a key)".lstrip(".")
            stack.extend((f"{path}.{key}".lstrip(".")[:120], entry) for key, entry in value.items())
        elif isinstance(value, list):
            stack.extend((f"{path}[{position}]", entry) for position, entry in enumerate(value))
    return ""


def is_storable(text: str) -> bool:
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
