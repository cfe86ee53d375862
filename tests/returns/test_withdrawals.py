"""Statements of withdrawal: kept word for word, acknowledged at once, counted from the last parcel."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from merchants.models import Merchant
from orders.models import Order, OrderRequest
from returns.models import CaseChange, MoneyBack, Return, Withdrawal
from returns.services import (
    ReturnRefused,
    accept_withdrawal,
    cancel_return,
    declare_withdrawal,
    match_withdrawal,
    money_sent,
    withdrawal_unfounded,
)
from returns.types import ReturnState, WithdrawalState
from tests.factories import incoming_line, place_order, ship
from tests.returns.stage import (
    ASKED,
    CAME,
    DAY,
    SHOPPER,
    STAFF,
    Unchanged,
    ask,
    bought,
    events,
    line_of,
    moneys,
    offer_all,
    only_line,
    through,
    unpack,
    wish,
)

pytestmark = pytest.mark.django_db
LAST = datetime(2026, 12, 7, 22, 59, 59, tzinfo=UTC)  # the last second of the fourteenth day in Berlin


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    offer_all()
    return bought()


def declare(order: Order | None, **over: Any) -> Withdrawal:
    values: dict[str, Any] = {
        "name": "Sam Berg", "order_number": "1001", "email": "sam@example.com", "scope": "", "lines": {}, "language": "en", "at": ASKED,
    }  # fmt: skip
    return declare_withdrawal(order=order, **{**values, **over})


def test_the_receipt_holds_the_statement_and_its_time_to_the_second(order: Order) -> None:
    row = declare(order, lines={line_of(order).public_id: 2}, at=ASKED)
    assert row.receipt == (
        "Acme has received your statement of withdrawal.\n"
        "\n"
        "Received: Tuesday, November 24, 2026, 11:00:00, Central European Standard Time\n"
        "Name: Sam Berg\n"
        "Order: 1001\n"
        "E-mail address for this receipt: sam@example.com\n"
        "\n"
        "You withdraw from the contract about:\n"
        "2 × Linen shirt, M\n"
        "\n"
        "Your money is on its way back by Tuesday, December 8, 2026, or once the goods or proof that you sent them have come."
    )
    assert "Dienstag, 24. November 2026" in declare(order, language="de").receipt
    assert translation.get_language() == "en"


def test_in_time_the_goods_way_back_opens_at_once_without_a_fee(order: Order) -> None:
    row = declare(order, at=LAST)
    assert (row.state, row.counted_from, row.until, row.refund_by) == (
        WithdrawalState.MATCHED, date(2026, 11, 23), date(2026, 12, 7), date(2026, 12, 21),
    )  # fmt: skip
    case = row.case
    assert case is not None and (case.state, case.is_withdrawal) == (ReturnState.LABELLED, True)
    assert {line.order_line.external_id: line.quantity for line in case.lines.all()} == {"L1": 3, "L2": 1}
    assert CaseChange.objects.get(case=case, step="requested").data["withdrawal"] == row.pk
    assert events() == ["withdrawal.declared", "withdrawal.matched", "return.requested", "return.approved"]


def test_who_withdraws_from_all_of_it_gets_the_postage_back_as_well(order: Order) -> None:
    row = declare(order)
    assert row.case is not None
    through(row.case)
    assert moneys(order) == [("original", Decimal("181.80"), "asked")]
    money_sent(money=MoneyBack.objects.get(), external_id="R", at=ASKED + 7 * DAY)
    row.refresh_from_db()
    assert row.state == WithdrawalState.SETTLED


def test_who_keeps_a_part_does_not(order: Order) -> None:
    row = declare(order, lines={line_of(order, "L2").public_id: 1})
    assert row.case is not None
    through(row.case)
    assert moneys(order) == [("original", Decimal("29.90"), "asked")]


def test_a_late_statement_is_kept_and_staff_decide(order: Order) -> None:
    row = declare(order, at=datetime(2026, 12, 7, 23, tzinfo=UTC))
    assert (row.state, row.case) == (WithdrawalState.MATCHED, None)
    with Unchanged(ReturnRefused):
        withdrawal_unfounded(withdrawal=row, reason=" ", at=ASKED, by=STAFF)
    row = withdrawal_unfounded(withdrawal=row, reason="It was declared after the last day.", at=ASKED, by=STAFF)
    assert withdrawal_unfounded(withdrawal=row, reason="x", at=ASKED, by=STAFF).reason == "It was declared after the last day."
    row = accept_withdrawal(withdrawal=row, at=ASKED, by=STAFF)
    assert row.case is not None and accept_withdrawal(withdrawal=row, at=ASKED, by=STAFF).case == row.case
    with Unchanged(ReturnRefused):
        withdrawal_unfounded(withdrawal=row, reason="Too late.", at=ASKED, by=STAFF)


def test_while_a_parcel_is_still_to_come_the_time_does_not_run(in_acme: Merchant) -> None:
    offer_all()
    order = place_order(lines=(incoming_line(external_id="L1", quantity=2),))
    ship(order, shipped_at=CAME, updated_at=CAME)
    row = declare(order, at=CAME + 200 * DAY)
    assert (row.until, row.counted_from, row.case is not None) == (None, None, True)


def test_an_order_that_was_not_sent_is_called_off_instead(in_acme: Merchant) -> None:
    offer_all()
    order = place_order()
    row = declare(order, at=order.placed_at)
    assert (row.state, row.case) == (WithdrawalState.MATCHED, None)
    assert OrderRequest.objects.get().kind == "cancel"


def test_an_unknown_order_is_matched_later_and_counted_from_the_statement(order: Order) -> None:
    row = declare(None, order_number="1o01", lines={"nobody": 1, line_of(order).public_id: 1})
    assert (row.state, row.order, events()) == (WithdrawalState.DECLARED, None, ["withdrawal.declared"])
    with Unchanged(ReturnRefused):
        accept_withdrawal(withdrawal=row, at=ASKED, by=STAFF)
    row = match_withdrawal(withdrawal=row, order=order, at=ASKED + 30 * DAY, by=STAFF)
    assert row.case is not None and (row.case.requested_at, row.state) == (ASKED, WithdrawalState.MATCHED)
    assert match_withdrawal(withdrawal=row, order=order, at=ASKED, by=STAFF).case == row.case
    other = place_order(number="2")
    with Unchanged(ReturnRefused):
        match_withdrawal(withdrawal=row, order=other, at=ASKED, by=STAFF)


def test_a_part_in_words_opens_only_what_staff_read_out_of_them(order: Order) -> None:
    row = declare(order, scope="Only the belt, please")
    assert (row.state, row.case, events()[-1]) == (WithdrawalState.MATCHED, None, "withdrawal.matched")
    belt = line_of(order, "L2").public_id
    for lines in ({}, {"nobody": 1}, {belt: 2}):
        with Unchanged(ReturnRefused):
            accept_withdrawal(withdrawal=row, at=ASKED, by=STAFF, lines=lines)
    row = accept_withdrawal(withdrawal=row, at=ASKED + DAY, by=STAFF, lines={belt: 1})
    assert row.case is not None and row.case.requested_at == ASKED
    assert [(line.order_line.external_id, line.quantity) for line in row.case.lines.all()] == [("L2", 1)]


def test_a_part_in_words_is_matched_with_the_lines_that_are_meant(order: Order) -> None:
    shirts = line_of(order).public_id
    row = match_withdrawal(withdrawal=declare(None, scope="Two shirts"), order=order, at=ASKED, by=STAFF, lines={shirts: 2})
    assert row.case is not None and [(line.order_line.external_id, line.quantity) for line in row.case.lines.all()] == [("L1", 2)]
    bare = match_withdrawal(withdrawal=declare(None, scope="One more"), order=order, at=ASKED, by=STAFF)
    assert (bare.state, bare.case) == (WithdrawalState.MATCHED, None)
    with Unchanged(ReturnRefused):
        match_withdrawal(withdrawal=bare, order=order, at=ASKED, by=STAFF, lines={"nobody": 1})
    again = match_withdrawal(withdrawal=bare, order=order, at=ASKED, by=STAFF, lines={shirts: 1})
    assert again.case is not None and again.case != row.case


def test_nothing_is_called_off_for_a_part_in_words(in_acme: Merchant) -> None:
    offer_all()
    order = place_order()
    assert declare(order, at=order.placed_at, scope="One of the two").case is None
    assert not OrderRequest.objects.exists()


def test_only_what_leaves_nobody_to_answer_to_is_refused(order: Order) -> None:
    with Unchanged(ReturnRefused) as told:
        declare(order, name=" ", order_number="", email="\0", lines={"x": 1, line_of(order).public_id: 4})
    assert [one.field for one in told.value.refusals] == [
        "name", "order_number", "email", "lines.x", f"lines.{line_of(order).public_id}",
    ]  # fmt: skip
    assert Withdrawal.objects.count() == 0


def test_what_is_in_a_return_already_is_not_taken_twice_but_counts_as_withdrawn(order: Order) -> None:
    favour = ask(order, wish(order, quantity=3))
    row = declare(order)
    assert row.case is not None and [line.order_line.external_id for line in row.case.lines.all()] == ["L2"]
    favour.refresh_from_db()
    assert (favour.is_withdrawal, favour.requested_at) == (True, ASKED)


def test_a_favour_with_a_fee_that_waits_for_a_word_is_approved_without_it(in_acme: Merchant) -> None:
    offer_all(outcomes={"refund": {"fee": "5.00"}}, rules=[{"id": "look", "name": "Look first", "when": {}, "then": {"review": True}}])
    order = bought()
    favour = ask(order, wish(order, quantity=3))
    assert (favour.state, only_line(favour).fee) == (ReturnState.REQUESTED, Decimal("15.00"))
    row = declare(order, lines={line_of(order).public_id: 3}, at=ASKED + DAY)
    favour.refresh_from_db()
    assert row.case == favour
    assert (favour.state, favour.is_withdrawal, favour.requested_at) == (ReturnState.LABELLED, True, ASKED + DAY)
    assert (only_line(favour).fee, only_line(favour).amount) == (Decimal(0), Decimal("147.00"))
    assert CaseChange.objects.filter(case=favour, data__withdrawal=row.pk).count() == 1


def test_an_exchange_and_goods_that_have_come_are_left_to_staff(order: Order) -> None:
    swap = ask(order, wish(order, outcome="keep"))
    came = unpack(ask(order, wish(order, "L2")))
    row = declare(order, lines={line_of(order, "L2").public_id: 1})
    assert (row.state, row.case) == (WithdrawalState.MATCHED, None)
    assert not Return.objects.filter(pk__in=[swap.pk, came.pk], is_withdrawal=True).exists()


def test_the_same_words_pressed_twice_are_one_statement(order: Order) -> None:
    first = declare(order)
    assert declare(order, at=ASKED + timedelta(minutes=9)).pk == first.pk
    assert declare(None, order_number="7").pk == declare(None, order_number="7").pk
    assert declare(order, at=ASKED + timedelta(minutes=10)).pk != first.pk
    assert declare(order, scope="only the belt").pk != first.pk


def test_a_return_that_is_called_off_leaves_the_statement(order: Order) -> None:
    row = declare(order)
    cancel_return(case=Return.objects.get(), at=ASKED, by=SHOPPER)
    row.refresh_from_db()
    assert row.state == WithdrawalState.MATCHED
