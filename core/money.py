"""Money is a Decimal and a currency code; the currency says how many decimals there are (ISO 4217, by Babel)."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel.core import Locale
from babel.numbers import format_currency, get_currency_precision, is_currency

MAX_AMOUNT = Decimal("999999999999.9999")


class BadAmount(ValueError):
    """Not a finite amount of the currency, or more than the books can hold."""


class UnknownCurrency(ValueError):
    """Not an ISO 4217 code that Babel knows."""


def check_currency(code: str) -> str:
    """Return the code in capitals. Raises UnknownCurrency."""
    code = code.strip().upper()
    if not (len(code) == 3 and code.isascii() and is_currency(code)):
        raise UnknownCurrency(f"unknown currency {code[:10]!r}")
    return code


def exponent(currency: str) -> int:
    """Decimals of the currency: 2 for EUR, 0 for JPY, 3 for BHD."""
    return int(get_currency_precision(currency))


def parse_amount(value: str | int | Decimal, currency: str, *, allow_negative: bool = False) -> Decimal:
    """Exact amount. Refuses (BadAmount) floats by type, NaN, infinity, too many decimals, negatives, sums over 10^12."""
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        raise BadAmount(f"{str(value)[:40]!r} is not an amount") from None
    if not amount.is_finite():
        raise BadAmount("amount must be finite")
    if not -MAX_AMOUNT <= amount <= MAX_AMOUNT:
        raise BadAmount("amount is too large")
    if amount < 0 and not allow_negative:
        raise BadAmount("amount must not be negative")
    rounded = amount.quantize(Decimal(1).scaleb(-exponent(currency)))
    if rounded != amount:
        raise BadAmount(f"{currency} has {exponent(currency)} decimals")
    return abs(rounded) if rounded == 0 else rounded


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Nearest amount the currency can express, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)


def format_money(amount: Decimal, currency: str, locale: str) -> str:
    """The amount as people of the locale write it: `€599.00`, `599,00 €`, `¥599`."""
    return format_currency(amount, currency, locale=Locale.parse(locale.replace("-", "_")))
