"""The window in which something may be sent back."""

from datetime import date

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from returns.models import ReturnPolicy
from returns.rules import return_deadline
from returns.selectors import policy

PLACED, DUE, CAME = date(2026, 11, 20), date(2026, 11, 26), date(2026, 11, 28)


@pytest.mark.parametrize(
    ("delivered_on", "arrive_by", "deadline"),
    [(CAME, DUE, date(2026, 12, 28)), (None, DUE, date(2026, 12, 26)), (None, None, date(2027, 1, 3)), (CAME, None, date(2026, 12, 28))],
)
def test_the_window_starts_when_it_came_or_at_the_latest_may(delivered_on: date | None, arrive_by: date | None, deadline: date) -> None:
    assert return_deadline(window_days=30, delivered_on=delivered_on, arrive_by=arrive_by, placed_on=PLACED) == deadline


def test_a_merchant_without_a_policy_has_the_default_and_no_row(in_acme: Merchant) -> None:
    found = policy()
    assert (found.window_days, found.refund_days, found._state.adding, ReturnPolicy.objects.count()) == (30, 14, True, 0)


def test_the_policy_is_each_merchants_own(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        ReturnPolicy.objects.create(window_days=100)
    with merchant_scope(borealis.pk):
        assert policy().window_days == 30
    with merchant_scope(acme.pk):
        assert policy().window_days == 100
