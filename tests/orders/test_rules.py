"""Tables of pure decisions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from orders.rules import (
    DEFAULT_PACE,
    LineCount,
    Window,
    add_working_days,
    arrival_window,
    can_cancel,
    dispatch_by,
    fulfilment_of,
    is_working_day,
    may_become,
    payment_after,
    payment_after_refund,
)
from orders.types import Fulfilment, OrderState, PaymentState

BERLIN = ZoneInfo("Europe/Berlin")
P = PaymentState


@pytest.mark.parametrize(
    ("current", "wanted", "allowed"),
    [
        (OrderState.PLACED, OrderState.CONFIRMED, True),
        (OrderState.PLACED, OrderState.CANCELLED, True),
        (OrderState.CONFIRMED, OrderState.CANCELLED, True),
        (OrderState.CONFIRMED, OrderState.PLACED, False),
        (OrderState.CONFIRMED, OrderState.CONFIRMED, False),
        (OrderState.CANCELLED, OrderState.CONFIRMED, False),
        (OrderState.CANCELLED, OrderState.PLACED, False),
    ],
)
def test_the_life_of_an_order(current: OrderState, wanted: OrderState, allowed: bool) -> None:
    assert may_become(current, wanted) is allowed


@pytest.mark.parametrize(
    ("current", "told", "after"),
    [
        (P.PENDING, P.PAID, P.PAID),
        (P.PENDING, P.FAILED, P.FAILED),
        (P.FAILED, P.PAID, P.PAID),
        (P.AUTHORIZED, P.PENDING, P.AUTHORIZED),
        (P.PAID, P.PENDING, P.PAID),
        (P.PAID, P.VOIDED, P.PAID),
        (P.PAID, P.PARTIALLY_PAID, P.PARTIALLY_PAID),
        (P.PARTIALLY_REFUNDED, P.PAID, P.PARTIALLY_REFUNDED),
        (P.PARTIALLY_REFUNDED, P.REFUNDED, P.REFUNDED),
        (P.REFUNDED, P.PAID, P.REFUNDED),
        (P.VOIDED, P.PAID, P.PAID),
    ],
)
def test_a_payment_moves_by_its_table_or_stays(current: PaymentState, told: PaymentState, after: PaymentState) -> None:
    assert payment_after(current, told) == after


@pytest.mark.parametrize(("refunded", "after"), [("0", P.PAID), ("0.01", P.PARTIALLY_REFUNDED), ("10", P.REFUNDED), ("11", P.REFUNDED)])
def test_a_refund_moves_the_payment_by_amount(refunded: str, after: PaymentState) -> None:
    assert payment_after_refund(P.PAID, refunded=Decimal(refunded), paid=Decimal(10)) == after


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([], Fulfilment.UNFULFILLED),
        ([LineCount(2, 0)], Fulfilment.UNFULFILLED),
        ([LineCount(2, 1)], Fulfilment.PARTIAL),
        ([LineCount(2, 2), LineCount(1, 0)], Fulfilment.PARTIAL),
        ([LineCount(2, 2), LineCount(0, 0)], Fulfilment.FULFILLED),
        ([LineCount(1, 2)], Fulfilment.FULFILLED),
        ([LineCount(0, 0)], Fulfilment.UNFULFILLED),
    ],
)
def test_fulfilment_is_computed_from_the_lines(lines: list[LineCount], state: Fulfilment) -> None:
    assert fulfilment_of(lines) == state


@pytest.mark.parametrize(
    ("state", "fulfilment", "can"),
    [
        ("placed", "unfulfilled", True),
        ("confirmed", "unfulfilled", True),
        ("confirmed", "partial", False),
        ("cancelled", "unfulfilled", False),
    ],
)
def test_what_can_be_cancelled(state: str, fulfilment: str, can: bool) -> None:
    assert can_cancel(state, fulfilment) is can


@pytest.mark.parametrize(
    ("placed_at", "day"),
    [
        (datetime(2026, 11, 20, 10, tzinfo=UTC), date(2026, 11, 23)),  # Friday morning: Monday
        (datetime(2026, 11, 20, 12, 59, tzinfo=UTC), date(2026, 11, 23)),  # 13:59 in Berlin
        (datetime(2026, 11, 20, 13, 0, tzinfo=UTC), date(2026, 11, 24)),  # 14:00: counts as Monday
        (datetime(2026, 11, 21, 10, tzinfo=UTC), date(2026, 11, 24)),  # Saturday counts as Monday
        (datetime(2026, 12, 23, 10, tzinfo=UTC), date(2026, 12, 24)),
        (datetime(2026, 12, 24, 10, tzinfo=UTC), date(2026, 12, 28)),  # both Christmas days and the weekend off
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), date(2026, 11, 24)),  # already Monday in Berlin
    ],
)
def test_the_latest_dispatch_day_follows_the_business_calendar(placed_at: datetime, day: date) -> None:
    assert dispatch_by(DEFAULT_PACE, placed_at, BERLIN, "DE") == day


def test_a_rush_moves_the_latest_days_and_not_the_earliest() -> None:
    calm, rush = DEFAULT_PACE, replace(DEFAULT_PACE, rush_days=3)
    placed_at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert dispatch_by(rush, placed_at, BERLIN, "DE") == date(2026, 11, 26)
    assert arrival_window(calm, placed_at, BERLIN, "DE") == Window(date(2026, 11, 24), date(2026, 11, 26))
    assert arrival_window(rush, placed_at, BERLIN, "DE") == Window(date(2026, 11, 24), date(2026, 12, 1))


@pytest.mark.parametrize(
    ("placed_at", "day"),
    [
        (datetime(2026, 11, 18, 15, tzinfo=UTC), date(2026, 11, 19)),  # Wednesday, 16:00 in Berlin: before 17
        (datetime(2026, 11, 18, 17, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 10, tzinfo=UTC), date(2026, 11, 23)),  # Friday, 11:00: before noon
        (datetime(2026, 11, 20, 11, tzinfo=UTC), date(2026, 11, 24)),  # noon
        (datetime(2026, 11, 22, 3, tzinfo=UTC), date(2026, 11, 24)),  # Sunday counts as Monday's, one day to pack
    ],
)
def test_each_weekday_may_have_its_own_cutoff(placed_at: datetime, day: date) -> None:
    pace = replace(DEFAULT_PACE, cutoffs=(17, 17, 17, 17, 12, 0, 0))
    assert dispatch_by(pace, placed_at, BERLIN, "DE") == day


def test_holidays_are_the_countrys_own() -> None:
    thanksgiving = date(2026, 11, 26)
    assert (is_working_day(thanksgiving, "US"), is_working_day(thanksgiving, "DE")) == (False, True)
    assert is_working_day(thanksgiving, "ZZ") is True


def test_a_saturday_counts_where_it_is_worked() -> None:
    friday = date(2026, 11, 20)
    assert add_working_days(friday, 1, "DE", works_saturday=True) == date(2026, 11, 21)
    assert add_working_days(friday, 1, "DE") == date(2026, 11, 23)
    assert add_working_days(date(2026, 11, 22), 0, "DE") == date(2026, 11, 23)
