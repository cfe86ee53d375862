"""A coupon for writing: the same whatever was written, once per order, never above what was set aside."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from reviews.models import Review, ReviewChange
from reviews.services.thanking import thank, thank_for
from reviews.types import Step
from rewards.models import Coupon, CouponRule, ThanksRule
from rewards.rules import month_of
from rewards.selectors import coupons_of_orders, given_thanks, thanks_offer, thanks_rule
from rewards.services import NoCoupon, give_coupon, give_thanks
from tests.conftest import NOW
from tests.factories import customer
from tests.reviews.stage import ASKED, DAY, bought, review_row

WORKERS = 4


def rule(**over: Any) -> ThanksRule:
    row: ThanksRule = ThanksRule.objects.create(**{"value": 10, "valid_days": 60, "per_month": 5, **over})
    return row


def written(**over: Any) -> Review:
    return review_row(bought(), **{"is_incentivised": True, **over})


@pytest.mark.parametrize(
    ("at", "first", "after"),
    [
        ("2026-11-20T10:00", "2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00"),
        ("2026-12-31T22:59", "2026-12-01T00:00+01:00", "2027-01-01T00:00+01:00"),
        ("2026-12-31T23:00", "2027-01-01T00:00+01:00", "2027-02-01T00:00+01:00"),
        ("2026-10-31T23:30", "2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00"),
        ("2026-10-10T00:00", "2026-10-01T00:00+02:00", "2026-11-01T00:00+01:00"),
    ],
)
def test_a_month_is_the_shops_own(at: str, first: str, after: str) -> None:
    found = month_of(at=datetime.fromisoformat(at).replace(tzinfo=UTC), zone="Europe/Berlin")
    assert found == (datetime.fromisoformat(first), datetime.fromisoformat(after))


def test_an_order_is_thanked_once_however_many_reviews_it_has(in_acme: Merchant) -> None:
    rule(worth="amount", value=5, currency="EUR", minimum=30)
    order = bought()
    first = review_row(order, stars=1, is_incentivised=True, state="pending")
    second = review_row(order, "L2", stars=5, is_incentivised=True)
    coupon = thank(review=first, at=ASKED)
    assert coupon is not None
    assert (coupon.worth, coupon.value, coupon.currency, coupon.minimum) == ("amount", Decimal(5), "EUR", Decimal(30))
    assert (coupon.customer_id, coupon.thanks_for, coupon.issued_at) == (order.customer_id, order.public_id, ASKED)
    assert (thank(review=first, at=ASKED), thank(review=second, at=ASKED + DAY), Coupon.objects.count()) == (None, None, 1)
    assert Event.objects.get(type="reviews.thanks.given").payload == {"review": first.pk, "order": order.pk, "coupon": coupon.pk}
    assert ReviewChange.objects.get().step == Step.THANKED
    assert coupons_of_orders([order.pk]) == {}


def test_every_star_is_thanked_alike(in_acme: Merchant) -> None:
    rule()
    worths = set()
    for stars in range(1, 6):
        order = bought(number=f"10{stars}", tracking_number=f"0034043416109404255{stars}", parcel={"external_id": f"S{stars}"})
        coupon = thank(review=review_row(order, stars=stars, is_incentivised=True), at=ASKED)
        assert coupon is not None
        worths.add((coupon.worth, coupon.value, coupon.minimum, coupon.expires_at))
    assert len(worths) == 1


@pytest.mark.parametrize(
    "over",
    [
        {"is_incentivised": False},
        {"origin": "import", "origin_name": "Elsewhere"},
        {"origin": "shop"},
        {"state": "withdrawn"},
        {"state": "erased"},
        {"customer": None},
        {"order": None},
    ],
)
def test_only_who_was_told_before_writing_here_is_thanked(in_acme: Merchant, over: dict[str, Any]) -> None:
    rule()
    order = bought()
    review = review_row(order, is_incentivised=True)
    Review.objects.filter(pk=review.pk).update(**over)
    assert (thank_for(review_id=review.pk, at=ASKED), Coupon.objects.count()) == (None, 0)
    assert Event.objects.filter(type="reviews.thanks.given").count() == 0


@pytest.mark.parametrize("over", [{"is_on": False}, {"per_month": 0}, {"worth": "amount", "currency": "USD"}])
def test_without_a_rule_that_fits_nobody_is_thanked(in_acme: Merchant, over: dict[str, Any]) -> None:
    rule(**over)
    review = written()
    assert (thank(review=review, at=ASKED), Coupon.objects.count(), ReviewChange.objects.count()) == (None, 0, 0)


def test_the_months_coupons_end_and_begin_anew_with_the_next(in_acme: Merchant) -> None:
    rule(per_month=2)
    sam = customer()
    november = NOW
    for n in range(2):
        assert thanks_offer(now=november) is not None
        give_thanks(customer_id=sam.pk, thanks_for=f"order-{n}", at=november)
    assert (thanks_offer(now=november), given_thanks(now=november)) == (None, 2)
    assert thanks_rule() is not None
    with pytest.raises(NoCoupon):
        give_thanks(customer_id=sam.pk, thanks_for="order-3", at=november)
    again = give_thanks(customer_id=sam.pk, thanks_for="order-1", at=november)
    assert (again.thanks_for, Coupon.objects.count()) == ("order-1", 2)
    december = november + timedelta(days=15)
    assert (given_thanks(now=december), give_thanks(customer_id=sam.pk, thanks_for="order-3", at=december).issued_at) == (0, december)


def test_nobody_is_nobody_to_thank(in_acme: Merchant) -> None:
    rule()
    gone = customer()
    gone.erased_at = NOW
    gone.save()
    for customer_id, key in ((None, "order-1"), (gone.pk, "order-1"), (gone.pk, ""), (10**9, "order-1")):
        with pytest.raises(NoCoupon):
            give_thanks(customer_id=customer_id, thanks_for=key, at=NOW)
    assert Coupon.objects.count() == 0


def test_a_coupon_of_the_order_and_one_of_thanks_lie_side_by_side(in_acme: Merchant) -> None:
    CouponRule.objects.create(value=10)
    rule()
    review = written()
    assert review.order is not None
    given = give_coupon(order=review.order, at=NOW)
    thanks = thank(review=review, at=ASKED)
    assert thanks is not None
    assert (given.pk != thanks.pk, coupons_of_orders([review.order.pk])) == (True, {review.order.pk: given})


def test_of_many_at_once_no_more_are_thanked_than_were_set_aside(real_commits: None) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        rule(per_month=3)
        sam = customer()
    start = Barrier(WORKERS)

    def give(number: int) -> int:
        given = 0
        try:
            start.wait(timeout=120)
            for n in range(3):
                with merchant_scope(merchant.pk):
                    try:
                        give_thanks(customer_id=sam.pk, thanks_for=f"{number}-{n}", at=NOW)
                    except NoCoupon:
                        continue
                    given += 1
        finally:
            connections.close_all()
        return given

    with ThreadPoolExecutor(WORKERS) as pool:
        assert sum(pool.map(give, range(WORKERS))) == 3
    with merchant_scope(merchant.pk):
        assert Coupon.objects.exclude(thanks_for="").count() == 3
