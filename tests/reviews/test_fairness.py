"""The public proof: what was written, what was published and why not, by stars, in figures anybody can count again."""

from datetime import date, timedelta
from typing import Any

import pytest

from merchants.models import Merchant
from orders.models import Order
from reviews.models import Review, ReviewChange, ReviewImport
from reviews.selectors.fairness import cells_since, fairness
from reviews.services.tallies import count_reviews
from reviews.types import Step
from tests.reviews.stage import ASKED, bought, product, review_row

HOUR = timedelta(hours=1)


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    product()
    return bought()


def some(order: Order, n: int, stars: int, state: str = "published", **over: Any) -> list[Review]:
    """Counted reviews of so many stars in a state, decided after five hours."""
    values = {"ground": "off_topic" if state == "rejected" else "", "decided_at": ASKED + 5 * HOUR, "order_line": None, **over}
    rows = [review_row(order, stars=stars, state=state, **values) for _ in range(n)]
    count_reviews(review_ids=[row.pk for row in rows], at=ASKED)
    return rows


def test_the_share_published_is_told_by_stars_with_what_is_known_of_it(order: Order) -> None:
    some(order, 8, 1)
    some(order, 2, 1, "rejected")
    some(order, 3, 1, "pending", decided_at=None)
    some(order, 9, 5)
    some(order, 1, 5, "withdrawn")
    page = fairness(since=ASKED)
    assert [rate.stars for rate in page.rates] == [5, 4, 3, 2, 1]
    five, one = page.rates[0], page.rates[-1]
    assert (one.written, one.decided, one.published, one.share) == (10, 10, 8, 0.8)
    assert (round(one.low or 0, 4), round(one.high or 0, 4)) == (0.4902, 0.9433)
    assert (five.written, five.decided, five.published, five.share) == (10, 9, 9, 1.0)
    assert (page.written, page.published, page.rejected, page.pending, page.withdrawn) == (23, 17, 2, 3, 1)
    assert page.is_even


def test_what_waits_tells_its_stars_to_nobody(order: Order) -> None:
    """Where one waits, a figure by stars would tell them to whoever decides."""
    some(order, 1, 1, "pending", decided_at=None)
    some(order, 2, 5, "pending", decided_at=None)
    page = fairness(since=ASKED)
    assert (page.pending, [rate.written for rate in page.rates]) == (3, [0] * 5)
    assert list(cells_since(since=ASKED)) == [(f"{ASKED:%Y-%m}", "", "pending", "", "portal", "yes", "no", 3)]


def test_a_merchant_who_hides_the_bad_is_seen(order: Order) -> None:
    some(order, 40, 5)
    some(order, 1, 1)
    some(order, 29, 1, "rejected")
    assert not fairness(since=ASKED).is_even


def test_every_ground_is_told_also_the_one_nobody_used(order: Order) -> None:
    some(order, 2, 1, "rejected")
    (row,) = some(order, 1, 5)
    ReviewChange.objects.create(review=row, step=Step.PHOTO_REJECTED, ground="abuse", at=ASKED)
    log = {entry.ground.value: (entry.texts, entry.pictures) for entry in fairness(since=ASKED).log}
    assert log == {"personal_data": (0, 0), "abuse": (0, 1), "off_topic": (2, 0), "other_product": (0, 0), "unlawful": (0, 0)}


def test_where_reviews_come_from_and_what_was_offered_is_told(order: Order) -> None:
    some(order, 3, 4)
    some(order, 1, 4, is_incentivised=True)
    some(order, 4, 5, origin="import", origin_name="Old shop", is_verified=False)
    ReviewImport.objects.create(origin_name="Old shop", taken=4, at=ASKED)
    ReviewImport.objects.create(origin_name="Nothing came", at=ASKED)
    page = fairness(since=ASKED)
    assert (page.verified, page.incentivised, page.origins, page.imported_from) == (
        0.5,
        0.125,
        {"portal": 4, "import": 4},
        ("Old shop",),
    )


def test_the_time_until_a_decision_is_the_middle_one_of_what_was_written_here(order: Order) -> None:
    some(order, 3, 4)
    some(order, 1, 1, decided_at=ASKED + 90 * HOUR)
    some(order, 4, 5, origin="import", decided_at=ASKED + 900 * HOUR)
    assert fairness(since=ASKED).hours == 5.0


def test_a_shop_without_reviews_has_a_page_too(in_acme: Merchant) -> None:
    page = fairness(since=ASKED)
    assert (page.written, page.verified, page.hours, page.is_even) == (0, 0.0, None, True)
    assert [(rate.share, rate.low, rate.high) for rate in page.rates] == [(None, None, None)] * 5


def test_what_was_erased_is_in_no_figure_and_older_months_are_left_out(order: Order) -> None:
    rows = some(order, 2, 3)
    Review.objects.filter(pk=rows[0].pk).update(state="erased")
    count_reviews(review_ids=[rows[0].pk], at=ASKED)
    assert fairness(since=ASKED).written == 1
    assert fairness(since=ASKED + timedelta(days=40)).written == 0


def test_the_export_holds_every_figure_of_the_page(order: Order) -> None:
    some(order, 8, 1)
    some(order, 2, 1, "rejected")
    month = f"{ASKED:%Y-%m}"
    assert list(cells_since(since=ASKED)) == [
        (month, 1, "published", "", "portal", "yes", "no", 8),
        (month, 1, "rejected", "off_topic", "portal", "yes", "no", 2),
    ]
    assert fairness(since=ASKED).since == date(ASKED.year, ASKED.month, 1)


def test_the_page_takes_four_queries(order: Order, django_assert_num_queries: Any) -> None:
    for stars in range(1, 6):
        some(order, 2, stars)
    with django_assert_num_queries(4):
        fairness(since=ASKED)
