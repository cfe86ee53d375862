"""What goes with a purchase: no database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar


class Offered(Protocol):
    """As much of a product as the choice looks at."""

    pk: int
    sku: str
    title: str
    price: Decimal | None
    currency: str
    stock: int | None


P = TypeVar("P", bound=Offered)


@dataclass(frozen=True, slots=True)
class Wish:
    """One purchase: what was bought, in which currency, and everything the shopper ever had, this purchase included."""

    currency: str
    bought: tuple[int, ...]  # products, in the order of the lines
    had: frozenset[int] = frozenset()
    had_skus: frozenset[str] = frozenset()
    had_titles: frozenset[str] = frozenset()  # as `folded`


def folded(title: str) -> str:
    """Titles compared: the same thing in another size is the same thing."""
    return " ".join(title.split()).casefold()


def pick(candidates: Iterable[P], wish: Wish, *, limit: int) -> list[P]:
    """The first of the candidates that can be offered: in stock, priced in the currency, never had, no title twice."""
    found: list[P] = []
    seen = set(wish.had_titles)
    for row in candidates:
        is_had = row.pk in wish.had or row.pk in wish.bought or (row.sku and row.sku in wish.had_skus) or folded(row.title) in seen
        if is_had or row.price is None or row.currency != wish.currency or not row.stock or row.stock < 1:
            continue
        seen.add(folded(row.title))
        found.append(row)
        if len(found) == limit:
            break
    return found
