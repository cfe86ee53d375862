"""Promises whose day has passed: each broken by its own date, and put right by what happened in time but was told late."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, Promise
from orders.services import break_promises, cancel_order, record_promise, settle_days
from orders.types import PaymentState, PromiseKind
from tests import factories as make
from tests.conftest import NOW

DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 23)


def promise(order: Order, kind: str, day: date = MONDAY) -> Promise:
    return record_promise(order=order, subject="order", kind=PromiseKind(kind), day=day, source="merchant", at=NOW)


def kept(*rows: Promise) -> list[bool | None]:
    return [Promise.objects.get(pk=row.pk).is_kept for row in rows]


def after(day: date) -> datetime:
    """The first minute of the day after, in Berlin."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN) + DAY


def test_a_promise_breaks_when_its_day_is_over_in_the_merchant_s_zone(in_acme: Merchant) -> None:
    order = make.place_order()
    rows = [promise(order, kind) for kind in ("news_by", "reply_by", "refund_by")]
    assert break_promises(now=after(MONDAY) - timedelta(seconds=1), zone=BERLIN) == 0
    assert break_promises(now=after(MONDAY), zone=BERLIN) == 4  # and the order's own day of dispatch
    assert kept(*rows) == [False, False, False]
    assert break_promises(now=after(MONDAY) + DAY, zone=BERLIN) == 0


def test_a_day_until_which_something_may_be_done_cannot_be_broken(in_acme: Merchant) -> None:
    row = promise(make.place_order(), "return_until")
    break_promises(now=after(MONDAY), zone=BERLIN)
    assert kept(row) == [None]


def test_a_day_said_earlier_counts_by_its_own_date_though_a_later_one_was_said(in_acme: Merchant) -> None:
    order = make.place_order()
    first, second = promise(order, "news_by"), promise(order, "news_by", MONDAY + 5 * DAY)
    break_promises(now=after(MONDAY), zone=BERLIN)
    assert settle_days(kind=PromiseKind.NEWS_BY, days={(order.pk, "order"): MONDAY + 3 * DAY}) == 2
    assert kept(first, second) == [False, True]


def test_what_happened_in_time_and_was_told_late_is_kept_after_all(in_acme: Merchant) -> None:
    order = make.place_order()
    row = promise(order, "news_by")
    break_promises(now=after(MONDAY), zone=BERLIN)
    settle_days(kind=PromiseKind.NEWS_BY, days={(order.pk, "order"): MONDAY})
    assert kept(row) == [True]
    settle_days(kind=PromiseKind.NEWS_BY, days={(order.pk, "order"): MONDAY + DAY})
    assert kept(row) == [True]


def test_a_parcel_told_late_to_have_left_in_time_keeps_its_day(in_acme: Merchant) -> None:
    order = make.place_order()
    break_promises(now=after(MONDAY), zone=BERLIN)
    assert Promise.objects.get(kind="dispatch_by").is_kept is False
    make.ship(order, at=after(MONDAY), updated_at=NOW + DAY)
    assert Promise.objects.get(kind="dispatch_by").is_kept is True


def test_what_was_called_off_in_time_is_neither_kept_nor_broken(in_acme: Merchant) -> None:
    order = make.place_order(payment_state=PaymentState.AUTHORIZED)
    row = promise(order, "reply_by")
    cancel_order(order=order, reason="changed my mind", at=NOW + DAY)
    assert break_promises(now=after(MONDAY), zone=BERLIN) == 0
    assert kept(row) == [None]


def test_settling_touches_its_kind_its_subject_and_its_merchant_only(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        order = make.place_order()
        rows = [promise(order, "news_by"), promise(order, "reply_by")]
    with merchant_scope(borealis.pk):
        assert settle_days(kind=PromiseKind.NEWS_BY, days={(order.pk, "order"): MONDAY}) == 0
        assert break_promises(now=after(MONDAY), zone=BERLIN) == 0
    with merchant_scope(acme.pk):
        assert settle_days(kind=PromiseKind.NEWS_BY, days={(order.pk, "shipment:1"): MONDAY}) == 0
        assert settle_days(kind=PromiseKind.NEWS_BY, days={}) == 0
        assert settle_days(kind=PromiseKind.NEWS_BY, days={(order.pk, "order"): MONDAY}) == 1
        assert kept(*rows) == [True, None]
