"""Whose pictures are shown, and which warranty holds."""

from datetime import date, timedelta

import pytest

from catalog.rules import Term, gallery, months_later, months_promised
from catalog.types import Picture
from tests.conftest import NOW

PINK, PINK_BACK, RED = (Picture(f"https://x.example/{name}", variant=name.partition("-")[0]) for name in ("Pink", "Pink-back", "Red"))
ALL = Picture("https://x.example/all")
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("pictures", "variant", "shown"),
    [
        ([RED, PINK, ALL], "Pink / M", [PINK, ALL]),
        ([RED, PINK, PINK_BACK, ALL], "pink, 38", [PINK, PINK_BACK, ALL]),
        ([RED, PINK, ALL], "", [ALL]),
        ([RED, PINK], "Blue", [RED, PINK]),
        ([ALL, ALL], "Pink", [ALL]),
    ],
)
def test_a_shopper_sees_the_variant_that_was_bought(pictures: list[Picture], variant: str, shown: list[Picture]) -> None:
    assert gallery(pictures, variant=variant, first=["https://x.example/old"]) == shown


def test_without_pictures_the_one_of_the_day_of_purchase_is_shown() -> None:
    assert gallery([], variant="", first=["https://x.example/old", "", "https://x.example/old"]) == [Picture("https://x.example/old")]
    assert gallery([], variant="", first=["", ""]) == []


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2026, 11, 20), 24, date(2028, 11, 20)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 11, 30), 0, date(2026, 11, 30)),
        (date(9000, 1, 1), 100_000, date.max),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(day: date, months: int, then: date) -> None:
    assert months_later(day, months) == then


@pytest.mark.parametrize(
    ("terms", "months"),
    [
        ([], 0),
        ([Term(24, NOW - DAY)], 24),
        ([Term(24, NOW + DAY)], 24),  # written down after the purchase
        ([Term(24, NOW - DAY), Term(12, NOW + DAY)], 24),  # shortened afterwards
        ([Term(24, NOW - 2 * DAY), Term(36, NOW)], 36),
        ([Term(24, NOW - 2 * DAY), Term(0, NOW - DAY)], 0),
    ],
)
def test_the_warranty_of_the_day_of_purchase_holds(terms: list[Term], months: int) -> None:
    assert months_promised(terms, bought_at=NOW) == months
