"""What happens by time alone, once each."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from merchants.models import Merchant
from orders.models import Order
from returns import tasks
from returns.models import Claim, Exchange, MoneyBack, Return, Withdrawal
from returns.selectors.desk import desk_page, tab_counts
from returns.services import (
    approve_claim,
    cancel_return,
    exchange_delivered,
    exchange_ordered,
    exchange_shipped,
    money_failed,
    money_sent,
    open_claim,
    sweep_returns,
)
from returns.types import ReturnState
from tests.returns.stage import ASKED, DAY, SHOPPER, STAFF, ask, bought, events, line_of, offer_all, shirt, through, wish
from tests.returns.test_withdrawals import declare

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    offer_all()
    shirt()
    return bought()


def at(day: int, hour: int = 0, month: int = 12) -> datetime:
    """Of December 2026, in Berlin's winter."""
    return datetime(2026, month, day, tzinfo=UTC) - (DAY / 24) + (DAY / 24) * hour


def test_a_reminder_three_days_before_the_last_day_and_an_end_after_it(order: Order) -> None:
    case = ask(order)  # to be handed over by 23 December
    assert sweep_returns(now=at(20, hour=8)) == 0
    assert sweep_returns(now=at(20, hour=9)) == 1
    assert sweep_returns(now=at(20, hour=10)) == 0
    assert events()[2:] == ["return.reminder_due"]
    assert sweep_returns(now=at(26, hour=23)) == 0
    assert sweep_returns(now=at(27)) == 1
    case.refresh_from_db()
    assert (case.state, case.ended_at, case.check_at) == (ReturnState.EXPIRED, at(27), None)
    assert events()[3:] == ["return.expired"]
    assert ask(order, wish(order, quantity=3)).state == ReturnState.LABELLED


def test_a_late_sweep_reminds_nobody_of_a_day_that_has_passed(order: Order) -> None:
    ask(order)
    assert sweep_returns(now=at(24, hour=1)) == 1
    assert "return.reminder_due" not in events()


def test_overdue_money_is_told_once(order: Order) -> None:
    through(ask(order))  # due on 13 December
    assert MoneyBack.objects.get().due_by.isoformat() == "2026-12-13"
    assert sweep_returns(now=at(13, hour=23)) == 0
    assert sweep_returns(now=at(14)) == 1
    assert sweep_returns(now=at(15)) == 0
    assert (events("returns.money"), Return.objects.get().overdue_at) == (["money.asked", "money.overdue"], at(14))


def test_a_failed_one_is_overdue_too_and_a_sent_one_never(order: Order) -> None:
    through(ask(order))
    money_failed(money=MoneyBack.objects.get(), error="no", at=ASKED)
    assert sweep_returns(now=at(14)) == 1
    money_sent(money=MoneyBack.objects.get(), external_id="R", at=at(15))
    assert sweep_returns(now=at(16)) == 0


def test_a_settled_return_is_put_away_after_two_weeks(order: Order) -> None:
    case = through(ask(order))
    money_sent(money=MoneyBack.objects.get(), external_id="R", at=at(1))
    assert sweep_returns(now=at(14, hour=23)) == 0
    assert sweep_returns(now=at(15)) == 1
    case.refresh_from_db()
    assert (case.state, case.check_at) == (ReturnState.CLOSED, None)


def test_what_was_held_is_let_go_two_days_after_the_last_day(order: Order) -> None:
    variant = line_of(order).product.variants.get(title="L").pk  # type: ignore[union-attr]
    ask(order, wish(order, outcome="exchange", target=f"variant:{variant}"))
    row = Exchange.objects.get()
    assert row.reserved_until == at(11)
    sweep_returns(now=at(10, hour=23))
    row.refresh_from_db()
    assert row.state == "reserved"
    sweep_returns(now=at(11))
    row.refresh_from_db()
    assert row.state == "released"
    assert events("returns.exchange") == ["exchange.reserved", "exchange.released"]


def test_a_replacement_that_does_not_come_is_told_once_and_stands_with_what_is_overdue(order: Order) -> None:
    product = line_of(order).product
    assert product is not None
    case = ask(order, wish(order, outcome="exchange", target=f"variant:{product.variants.get(title='M').pk}"))
    through(case)
    row = Exchange.objects.get()
    assert row.arrive_by is not None
    last = datetime.combine(row.arrive_by, time(12), UTC)
    assert (sweep_returns(now=last), desk_page(tab="overdue", today=last.date()).rows) == (0, [])
    late = last + DAY
    assert (sweep_returns(now=late), sweep_returns(now=late + DAY)) == (1, 0)
    assert (Return.objects.get().overdue_at, events("returns.exchange")[-1]) == (late, "exchange.overdue")
    assert desk_page(tab="overdue", today=late.date()).rows == [(case, row.arrive_by)]
    assert tab_counts(today=late.date())["overdue"] == 1
    exchange_ordered(exchange=row, external_id="7", at=late)
    exchange_delivered(exchange=exchange_shipped(exchange=row, at=late), at=late)
    assert (Return.objects.get().overdue_at, desk_page(tab="overdue", today=late.date()).rows) == (None, [])


def test_a_claims_replacement_that_does_not_come_stands_there_too(order: Order) -> None:
    claim = open_claim(order=order, lines={line_of(order).public_id: 1}, problem="damaged", wanted="", note="", at=ASKED, by=SHOPPER)
    approve_claim(claim=claim, resolution="replacement", at=ASKED, by=STAFF)
    Claim.objects.update(settle_by=None)  # what was promised is the day it comes
    late = ASKED + 40 * DAY
    assert (sweep_returns(now=late), sweep_returns(now=late), Claim.objects.get().overdue_at) == (1, 0, late)
    assert events("returns.exchange")[-1] == "exchange.overdue"
    assert [(row, due) for row, due in desk_page(tab="overdue", today=late.date()).rows] == [(claim, Exchange.objects.get().arrive_by)]


def test_an_answer_that_is_owed_is_marked_once(order: Order) -> None:
    claim = open_claim(order=order, lines={line_of(order).public_id: 1}, problem="damaged", wanted="", note="", at=ASKED, by=SHOPPER)
    late = ASKED + 2 * DAY
    assert (sweep_returns(now=ASKED + DAY), sweep_returns(now=late), sweep_returns(now=late)) == (0, 1, 0)
    claim.refresh_from_db()
    assert claim.overdue_at == late
    approve_claim(claim=claim, resolution="repair", at=late, by=STAFF)
    assert Claim.objects.get().overdue_at is None
    assert sweep_returns(now=late + 30 * DAY) == 1


def test_the_money_of_a_withdrawal_waits_for_the_goods_and_no_longer(order: Order) -> None:
    row = declare(order)  # 24 November: by 8 December
    assert row.case is not None
    sweep_returns(now=at(9))
    assert Withdrawal.objects.get().overdue_at is None
    through(row.case)
    assert sweep_returns(now=at(9)) == 2  # the statement, and its money
    assert Withdrawal.objects.get().overdue_at == at(9)
    assert sweep_returns(now=at(10)) == 0


def test_what_was_called_off_is_never_looked_at_again(order: Order) -> None:
    cancel_return(case=ask(order), at=ASKED, by=SHOPPER)
    assert sweep_returns(now=ASKED + 400 * DAY) == 0


def test_the_task_sweeps_every_merchant_until_nothing_is_left(acme: Merchant, monkeypatch: Any) -> None:
    looked = iter([100, 3, 0])
    monkeypatch.setattr("returns.services.sweep_returns", lambda **_: next(looked))
    assert tasks.sweep() == 103
