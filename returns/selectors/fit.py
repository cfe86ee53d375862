"""Whether a product runs small or large, as far as its returns tell."""

from dataclasses import dataclass

from django.db import connection

from merchants.scope import required_merchant_id
from returns.rules.fit import Runs, runs

SAMPLE = 5000  # the newest lines of a product that are looked at, so that a best-seller costs no more than that


@dataclass(frozen=True, slots=True)
class Fit:
    """A hint, with what it rests on: units sent back as too small and too large, of those delivered."""

    verdict: Runs
    small: int
    large: int
    delivered: int

    @property
    def n(self) -> int:
        """Units sent back for their size."""
        return self.small + self.large

    @property
    def most(self) -> int:
        """Those of them that agree."""
        return max(self.small, self.large)


COUNT = """
    with line as materialized (
        select id, quantity_fulfilled from orders_orderline
        where merchant_id = %(merchant)s and product_id = %(product)s order by id desc limit %(sample)s
    ), back as (
        select coalesce(sum(item.quantity) filter (where item.reason = 'too_small'), 0) as small,
            coalesce(sum(item.quantity) filter (where item.reason = 'too_large'), 0) as large
        from line join returns_returnline as item on item.merchant_id = %(merchant)s and item.order_line_id = line.id
            and item.reason in ('too_small', 'too_large')
        join returns_return as case_ on case_.id = item.case_id and case_.state not in ('declined', 'cancelled', 'expired')
    )
    select (select coalesce(sum(quantity_fulfilled), 0) from line)::bigint, small::bigint, large::bigint from back"""


def fit_of(*, product_id: int) -> Fit | None:
    """What returns say of a product's size; None when they do not say it clearly. One statement; the rule is `rules.fit.runs`."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"merchant": required_merchant_id(), "product": product_id, "sample": SAMPLE})
        delivered, small, large = cursor.fetchone() or (0, 0, 0)
    verdict = runs(delivered=delivered, small=small, large=large)
    return None if verdict is None else Fit(verdict, small, large, delivered)
