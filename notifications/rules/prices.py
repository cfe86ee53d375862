"""What a message costs by its account's prices, and how prices are written."""

import re
from collections.abc import Mapping
from decimal import Decimal

EVERYWHERE = "*"
MOST = Decimal(1000)
LINE = re.compile(r"\s*([A-Za-z]{2}|\*)\s*[:= \t]\s*([0-9]{1,4}(?:[.,][0-9]{1,6})?)\s*")


class BadPrices(ValueError):
    """A line that is no price; the text names it."""


def price_of(prices: Mapping[str, str], *, channel: str, country: str, segments: int) -> Decimal | None:
    """Of one message: per segment for SMS, flat for e-mail. None when the account has no price for the country."""
    each = prices.get(country) or prices.get(EVERYWHERE)
    if each is None:
        return None
    return Decimal(each) * (max(1, segments) if channel == "sms" else 1)


def read_prices(text: str) -> dict[str, str]:
    """`DE: 0.075` a line, `*` for everywhere else. Raises BadPrices."""
    prices: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        found = LINE.fullmatch(line)
        if found is None or Decimal(found[2].replace(",", ".")) > MOST:
            raise BadPrices(line.strip()[:60])
        prices[found[1].upper()] = found[2].replace(",", ".")
    return prices


def write_prices(prices: Mapping[str, str]) -> str:
    """The form `read_prices` reads, everywhere else last."""
    return "\n".join(f"{country}: {prices[country]}" for country in sorted(prices, key=lambda name: (name == EVERYWHERE, name)))
