"""Fields of the REST API: each says what it refuses, and refuses wrong types instead of guessing."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from babel.core import get_global
from django.core.validators import URLValidator
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.money import BadAmount, UnknownCurrency, check_currency, parse_amount, round_amount
from core.text import BadEmail, BadPhone, normalise_email, normalise_phone

AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1990, 2100
MAX_INTEGER = 1_000_000
UNKNOWN_FIELD = "There is no such field."


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields by name. `null` for an optional field is the same as leaving it out."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            if unknown := sorted(set(data) - set(self.fields)):
                raise serializers.ValidationError({name[:100]: [UNKNOWN_FIELD] for name in unknown[:20]})
            data = {name: value for name, value in data.items() if value is not None or self.fields[name].required}
        return super().to_internal_value(data)


def many(shape: type[StrictSerializer], *, most: int, **kwargs: Any) -> Any:
    """A list of at most `most` of them; none when left out, unless `required`."""
    optional = {} if kwargs.get("required") else {"required": False, "default": list}
    return cast(Any, shape)(many=True, max_length=most, **optional, **kwargs)


def _has_control(text: str) -> bool:
    return any(unicodedata.category(c) == "Cc" for c in text)


class Text(serializers.CharField):
    """One line of text. White space is folded; other types and control characters are refused."""

    default_error_messages = {"control": "Must not hold control characters."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        value = " ".join(data.split())
        if _has_control(value):
            self.fail("control")
        return value


class LongText(serializers.CharField):
    """Text of several lines."""

    default_error_messages = {"control": "Must not hold control characters."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        value = data.replace("\r\n", "\n").strip()
        if _has_control(value.replace("\n", "").replace("\t", "")):
            self.fail("control")
        return value


class Identifier(Text):
    """The shop's own id: text, or a whole number of any size, kept digit by digit."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(str(data) if type(data) is int else data)


@extend_schema_field({"type": "integer", "minimum": 0})
class Whole(serializers.IntegerField):
    """A whole number as a JSON number; `"3"` and `true` are refused."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class Quantity(Whole):
    """1 to a million pieces."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": MAX_INTEGER, **kwargs})


class Flag(serializers.BooleanField):
    """`true` or `false`, nothing that looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            self.fail("invalid", input=str(data)[:40])
        return data


class Email(serializers.CharField):
    """Exactly one deliverable address."""

    default_error_messages = {"invalid": "Must be one e-mail address."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            normalise_email(data)
        except BadEmail:
            self.fail("invalid")
        return data.strip()


class Phone(serializers.CharField):
    """A number that can get an SMS, as E.164; national numbers are read in the context's `country`."""

    default_error_messages = {"invalid": "Must be a telephone number."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return normalise_phone(data.strip(), self.context.get("country"))
        except BadPhone as error:
            raise serializers.ValidationError(f"This is {error}." if str(error).startswith("not") else f"It {error}.") from None


class LanguageTag(serializers.CharField):
    """BCP 47. What is no language is left out: nobody loses an order for it."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        tag = data.strip().replace("_", "-").lower()
        return tag[:10].rstrip("-") if LANGUAGE.fullmatch(tag) else ""


class Pairs(serializers.DictField):
    """Name -> text, at most fifty."""

    default_error_messages = {"many": "Must not have more than 50 entries.", "name": "Names are 1 to 100 characters."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=500, allow_blank=True), **kwargs)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, dict) and len(data) > 50:
            self.fail("many")
        values: dict[str, str] = super().to_internal_value(data)
        if not all(0 < len(name) <= 100 and not _has_control(name) for name in values):
            self.fail("name")
        return values


@extend_schema_field({"type": "string", "maxLength": 1000, "examples": ["https://shop.example/shirt"]})
class WebAddress(serializers.URLField):
    """An http or https address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 1000, **kwargs})
        self.validators = [v for v in self.validators if not isinstance(v, URLValidator)]
        self.validators.append(URLValidator(schemes=["http", "https"], message=self.error_messages["invalid"]))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data.strip()


@lru_cache(maxsize=512)
def known_currency(code: str) -> str | None:
    """The code in capitals, None when there is no such currency."""
    try:
        return check_currency(code)
    except UnknownCurrency:
        return None


class CurrencyCode(serializers.CharField):
    """ISO 4217."""

    default_error_messages = {"unknown": "Must be an ISO 4217 currency code."}

    def to_internal_value(self, data: Any) -> str:
        code = known_currency(data) if isinstance(data, str) and len(data) <= 10 else None
        if code is None:
            self.fail("unknown")
        return code


class CountryCode(serializers.CharField):
    """ISO 3166, two letters."""

    default_error_messages = {"unknown": "Must be an ISO 3166 country code of two letters."}

    def to_internal_value(self, data: Any) -> str:
        code = data.strip().upper() if isinstance(data, str) else ""
        if len(code) != 2 or code == "ZZ" or code not in get_global("territory_languages"):
            self.fail("unknown")
        return code


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}], "examples": ["19.90"]})
class Amount(serializers.Field[Decimal, Any, str, Any]):
    """Exact money, as text or number, with no more decimals than the currency of the request has."""

    default_error_messages = {"invalid": 'Must be an amount like "19.90".'}

    def to_internal_value(self, data: Any) -> Decimal:
        if type(data) not in (str, int) or not AMOUNT.fullmatch(str(data)):
            self.fail("invalid")
        try:
            return parse_amount(data, self._currency())
        except BadAmount as error:
            raise serializers.ValidationError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None

    def _currency(self) -> str:
        """Of the context; one with four decimals while the request names none we know, which is refused by itself."""
        named = self.context.get("currency")
        return (known_currency(named) if isinstance(named, str) and len(named) <= 10 else None) or "CLF"

    def to_representation(self, value: Decimal) -> str:
        return f"{value:f}"


@extend_schema_field({"type": "string", "examples": ["19.90"]})
class Money(serializers.Field[Any, Any, str, Any]):
    """An amount going out: exact text with the decimals of the row's (or its order's) currency."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> str:
        currency = getattr(instance, "currency", None) or instance.order.currency
        amount: Any = super().get_attribute(instance)
        return f"{round_amount(amount, currency):f}"

    def to_representation(self, value: str) -> str:
        return value


@extend_schema_field({"type": "string", "format": "date-time"})
class Moment(serializers.Field[datetime, Any, str, Any]):
    """A moment with its zone; without one it would be a guess, and is refused."""

    default_error_messages = {
        "invalid": "Must be a time like 2026-11-20T10:00:00+01:00.",
        "naive": "Must say its time zone, like 2026-11-20T10:00:00+01:00.",
        "range": f"Must be between the years {FIRST_YEAR} and {LAST_YEAR}.",
    }

    def to_internal_value(self, data: Any) -> datetime:
        try:
            value = parse_datetime(data) if isinstance(data, str) and data.isascii() and "T" in data else None
        except ValueError:
            value = None
        if value is None:
            self.fail("invalid")
        if value.tzinfo is None:
            self.fail("naive")
        if not FIRST_YEAR < value.year < LAST_YEAR:
            self.fail("range")
        return value.astimezone(UTC)

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@extend_schema_field({"type": "string", "format": "date"})
class Day(serializers.Field[date, Any, str, Any]):
    """A calendar day."""

    default_error_messages = {"invalid": "Must be a day like 2026-11-20."}

    def to_internal_value(self, data: Any) -> date:
        try:
            value = parse_date(data) if isinstance(data, str) and data.isascii() and len(data) == 10 else None
        except ValueError:
            value = None
        if value is None or not FIRST_YEAR < value.year < LAST_YEAR:
            self.fail("invalid")
        return value

    def to_representation(self, value: date) -> str:
        return value.isoformat()
