"""What returns come to in figures, and when they say that a product runs small."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from returns.models import MoneyBack, Return
from returns.rules.fit import Runs, runs
from returns.selectors.figures import Figures, Kept, Pace, figures
from returns.selectors.fit import fit_of
from returns.services import cancel_return, money_sent
from tests.conftest import NOW
from tests.factories import incoming_line, place_order, ship
from tests.returns.stage import ASKED, CAME, DAY, STAFF, ask, bought, check, offer_all, shirt, unpack, wish
from tracking.types import ShipmentStatus

BERLIN = ZoneInfo("Europe/Berlin")


def all_figures() -> Figures:
    return figures(first=date(2026, 11, 1), last=date(2026, 12, 31), zone=BERLIN)


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    offer_all(refund_days=10)
    shirt()
    return bought()


def pay(case: Return, at: Any) -> None:
    for money in MoneyBack.objects.filter(case=case):
        money_sent(money=money, external_id=f"R{money.pk}", at=at)


def test_reasons_are_counted_in_pieces_by_product_size_and_carrier(order: Order) -> None:
    ask(order, wish(order, quantity=2), wish(order, "L2", reason="damaged"))
    found = all_figures()
    shirt_id = order.lines.get(external_id="L1").product_id
    assert (found.returns, found.total.reasons) == (1, {"too_small": 2, "damaged": 1})
    assert {key: units.reasons for key, units in found.products.items()} == {
        (shirt_id, "Linen shirt"): {"too_small": 2},
        (None, "Leather belt"): {"damaged": 1},
    }
    assert {key: units.reasons for key, units in found.sizes.items()} == {
        (shirt_id, "Linen shirt", "M"): {"too_small": 2},
        (None, "Leather belt", ""): {"damaged": 1},
    }
    assert {key: units.reasons for key, units in found.carriers.items()} == {"dhl": {"too_small": 2, "damaged": 1}}


def test_what_was_called_off_does_not_count(order: Order) -> None:
    cancel_return(case=ask(order), at=ASKED, by=STAFF)
    found = all_figures()
    assert (found.returns, found.total.reasons, found.costs) == (0, {}, {})
    assert [(rate.title, rate.delivered, rate.returned) for rate in found.rates] == [("Linen shirt", 3, 0), ("Leather belt", 1, 0)]


def test_the_rate_is_of_what_was_delivered_in_the_time(order: Order) -> None:
    ask(order, wish(order, quantity=2))
    found = all_figures()
    assert [(rate.title, rate.delivered, rate.returned) for rate in found.rates] == [("Linen shirt", 3, 2), ("Leather belt", 1, 0)]
    assert found.rates[0].share == pytest.approx(2 / 3)
    before = figures(first=date(2026, 11, 1), last=date(2026, 11, 22), zone=BERLIN)
    assert (before.rates, before.returns) == ([], 0)


def test_the_day_is_the_merchants(order: Order) -> None:
    Return.objects.filter(pk=ask(order).pk).update(requested_at=NOW.replace(day=24, hour=23, minute=30))
    assert figures(first=date(2026, 11, 24), last=date(2026, 11, 24), zone=BERLIN).returns == 0
    assert figures(first=date(2026, 11, 25), last=date(2026, 11, 25), zone=BERLIN).returns == 1


def test_money_is_told_by_currency_and_the_refunds_pace_in_local_days(order: Order) -> None:
    case = check(unpack(ask(order, wish(order), wish(order, "L2", outcome="credit")), at=ASKED + 5 * DAY), at=ASKED + 6 * DAY)
    Return.objects.filter(pk=case.pk).update(label_cost=Decimal("3.79"))
    assert all_figures().pace == Pace(0, None, None)
    pay(case, ASKED + 8 * DAY)
    found = all_figures()
    costs = found.costs["EUR"]
    assert (costs.refunds, costs.credits, costs.labels) == (Decimal("49.00"), Decimal("32.89"), Decimal("3.79"))
    assert (found.pace.n, found.pace.median, found.pace.p90) == (2, 3.0, 3.0)
    assert found.promises == Kept(1, 1)


def test_a_late_refund_breaks_its_promise(order: Order) -> None:
    case = check(unpack(ask(order)))
    pay(case, ASKED + 60 * DAY)
    assert all_figures().promises.share == 0.0


def test_figures_cost_the_same_however_much_came_back(order: Order) -> None:
    ask(order)
    with CaptureQueriesContext(connection) as few:
        all_figures()
    for number in range(4):
        ask(bought(number=f"N{number}", tracking_number=f"T{number}"))
    with CaptureQueriesContext(connection) as many:
        assert all_figures().returns == 5
    assert len(few) == len(many) == 5


def test_figures_are_of_one_merchant(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        offer_all()
        ask(bought())
    with merchant_scope(borealis.pk):
        assert all_figures() == Figures()


@pytest.mark.parametrize(
    ("delivered", "small", "large", "expected"),
    [
        (100, 9, 0, None),
        (100, 10, 0, Runs.SMALL),
        (100, 0, 10, Runs.LARGE),
        (100, 9, 3, Runs.SMALL),
        (100, 8, 4, None),
        (200, 10, 0, Runs.SMALL),
        (201, 10, 0, None),
        (0, 0, 0, None),
    ],
)
def test_a_product_runs_small_when_enough_pieces_agree(delivered: int, small: int, large: int, expected: Runs | None) -> None:
    assert runs(delivered=delivered, small=small, large=large) == expected


def test_the_hint_counts_pieces_that_came_back_for_their_size(order: Order) -> None:
    lines = (incoming_line(external_id="L1", variant_title="M", sku="SHIRT-M", quantity=40, product_external_id="shirt"),)
    big = place_order(number="1002", lines=lines)
    ship(big, external_id="S2", tracking_number="T2", status=ShipmentStatus.DELIVERED, delivered_at=CAME, updated_at=CAME)
    big.refresh_from_db()
    product_id = big.lines.get().product_id
    assert product_id is not None
    assert fit_of(product_id=product_id) is None
    ask(big, wish(big, quantity=9))
    cancel_return(case=ask(big, wish(big, quantity=20)), at=ASKED, by=STAFF)
    ask(big, wish(big, quantity=4, reason="changed_mind"))
    assert fit_of(product_id=product_id) is None
    ask(order, wish(order, reason="too_large"))
    ask(big, wish(big, quantity=1), at=ASKED + timedelta(minutes=1))
    with CaptureQueriesContext(connection) as captured:
        found = fit_of(product_id=product_id)
    assert found is not None
    assert (found.verdict, found.small, found.large, found.n, found.most, found.delivered) == (Runs.SMALL, 10, 1, 11, 10, 43)
    assert len(captured) == 1
