"""Money on its way back: asked once, sent once, recognised, never more than was paid."""

from datetime import date
from decimal import Decimal

import pytest

from merchants.models import Merchant
from orders.models import Order, Promise
from orders.types import PaymentState
from returns.models import CaseChange, MoneyBack, Return
from returns.rules.money import Promised, share_of, sums_of
from returns.selectors.units import units_to_restock
from returns.services import (
    CaseClosed,
    ReturnRefused,
    approve_claim,
    ask_money,
    drop_money,
    match_refund,
    money_failed,
    money_sent,
    open_claim,
    pay_by_hand,
)
from returns.types import Outcome, ReturnState
from tests.factories import place_order
from tests.returns.stage import (
    ASKED,
    DAY,
    SHOPPER,
    STAFF,
    Unchanged,
    ask,
    bought,
    check,
    events,
    line_of,
    moneys,
    offer_all,
    shop_refunds,
    through,
    unpack,
    wish,
)

pytestmark = pytest.mark.django_db
LATER = ASKED + 7 * DAY


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    offer_all()
    return bought()


@pytest.fixture
def money(order: Order) -> MoneyBack:
    """49.00 the shop was asked for, on 30 November."""
    through(ask(order))
    row: MoneyBack = MoneyBack.objects.get()
    return row


def test_original_and_credit_are_two_stages_of_one_return(order: Order) -> None:
    through(ask(order, wish(order), wish(order, "L2", outcome="credit")))
    assert moneys(order) == [("original", Decimal("49"), "asked"), ("credit", Decimal("32.89"), "asked")]
    first, second = MoneyBack.objects.order_by("pk")
    shirts, belt = line_of(order).pk, line_of(order, "L2").pk
    assert (first.lines, second.lines, second.bonus) == ({str(shirts): 1}, {str(belt): 1}, Decimal("2.99"))
    assert (first.restock, second.restock) == ({str(shirts): 1}, {})
    assert units_to_restock(case=Return.objects.get()) == {belt: 1}  # credit tells the shop nothing of its shelf
    assert events("returns.money") == ["money.asked", "money.asked"]


def test_sent_twice_is_sent_once_and_settles_the_return(order: Order, money: MoneyBack) -> None:
    sent = money_sent(money=money, external_id="R1", at=LATER)
    assert (sent.state, sent.bank_by) == ("sent", date(2026, 12, 8))
    case = Return.objects.get()
    assert (case.state, case.resolved_at, case.bank_by) == (ReturnState.RESOLVED, LATER, date(2026, 12, 8))
    before = CaseChange.objects.count()
    money_sent(money=money, external_id="R1", at=LATER + DAY)
    assert CaseChange.objects.count() == before
    assert events("returns.money") == ["money.asked", "money.sent"]
    assert set(Promise.objects.filter(kind="refund_by").values_list("is_kept", flat=True)) == {True}


def test_a_failed_one_is_asked_for_again_or_paid_by_hand(money: MoneyBack) -> None:
    money_failed(money=money, error="card expired", at=LATER)
    assert money_failed(money=money, error="again", at=LATER).error == "card expired"
    assert ask_money(money=money, at=LATER).state == "asked"
    assert ask_money(money=money, at=LATER).state == "asked"
    assert events("returns.money") == ["money.asked", "money.failed", "money.asked"]
    pay_by_hand(money=money, external_id="by bank", at=LATER, by=STAFF)
    with Unchanged(CaseClosed):
        ask_money(money=money, at=LATER)
    with Unchanged(CaseClosed):
        money_failed(money=money, error="late", at=LATER)
    with Unchanged(CaseClosed):
        drop_money(money=money, at=LATER, by=STAFF)


def test_money_that_is_not_needed_any_more_settles_the_return(money: MoneyBack) -> None:
    with Unchanged(CaseClosed):
        drop_money(money=money, at=LATER, by=STAFF)  # the shop may be sending it
    money_failed(money=money, error="no", at=LATER)
    drop_money(money=money, at=LATER, by=STAFF)
    assert Return.objects.get().state == ReturnState.RESOLVED
    with Unchanged(CaseClosed):
        money_sent(money=money, external_id="R1", at=LATER)


# Recognising the shop's refunds


def test_the_shops_refund_is_recognised_by_amount_and_lines(order: Order, money: MoneyBack) -> None:
    refund = shop_refunds(order, "49.00", lines={"L1": 1})
    found = match_refund(refund_id=refund.pk, at=LATER)
    assert found is not None and (found.pk, found.state, found.refund_id, found.external_id) == (money.pk, "sent", refund.pk, "R1")
    assert match_refund(refund_id=refund.pk, at=LATER) == found
    assert events("returns.money") == ["money.asked", "money.sent"]


def test_and_by_its_id_when_the_shop_answered_first(order: Order, money: MoneyBack) -> None:
    money_sent(money=money, external_id="R9", at=LATER)
    refund = shop_refunds(order, "48.00", id="R9")
    found = match_refund(refund_id=refund.pk, at=LATER)
    assert found is not None and (found.pk, found.refund_id) == (money.pk, refund.pk)


@pytest.mark.parametrize(("amount", "lines"), [("48.99", {}), ("49.00", {"L2": 1}), ("49.00", {"L1": 2})])
def test_a_refund_nobody_asked_for_changes_nothing_and_is_written_down(
    order: Order, money: MoneyBack, amount: str, lines: dict[str, int]
) -> None:
    refund = shop_refunds(order, amount, lines=lines)
    assert match_refund(refund_id=refund.pk, at=LATER) is None
    assert moneys(order) == [("original", Decimal("49"), "asked")]
    noted = CaseChange.objects.get(step="refunded")
    assert (noted.data["refund"], noted.data["unasked"]) == (refund.pk, True)


def test_of_two_alike_none_is_guessed(order: Order) -> None:
    for _ in range(2):
        through(ask(order))
    assert match_refund(refund_id=shop_refunds(order, "49.00").pk, at=LATER) is None
    assert {state for _, _, state in moneys(order)} == {"asked"}


def test_a_refund_of_an_order_without_return_is_left_alone(order: Order) -> None:
    assert match_refund(refund_id=shop_refunds(order, "5.00").pk, at=LATER) is None
    assert CaseChange.objects.count() == 0


def test_one_refund_pays_for_one_thing_only(order: Order, money: MoneyBack) -> None:
    refund = shop_refunds(order, "49.00", lines={"L1": 1})
    match_refund(refund_id=refund.pk, at=LATER)
    through(ask(order))
    second = MoneyBack.objects.exclude(pk=money.pk).get()
    with Unchanged(ReturnRefused):
        money_sent(money=second, external_id="R1", at=LATER)
    another = shop_refunds(place_order(number="2"), "1.00", id="X")
    with Unchanged(ReturnRefused):
        money_sent(money=second, external_id="X", at=LATER, refund=another)


# Never more than was paid


def test_no_more_goes_back_than_is_left_of_what_was_paid(order: Order) -> None:
    shop_refunds(order, "150.00", id="R0")  # 31.80 are left
    case = through(ask(order))
    assert moneys(order) == [("original", Decimal("31.80"), "asked")]
    noted = CaseChange.objects.get(case=case, step="refund_failed")
    assert (noted.data["capped"], noted.data["left"]) == ("17.2000", "31.8000")


def test_an_order_that_was_never_paid_pays_nothing_back(in_acme: Merchant) -> None:
    offer_all()
    order = bought(payment_state=PaymentState.PENDING, payments=())
    case = through(ask(order, by=STAFF))
    assert (moneys(order), case.state) == ([], ReturnState.RESOLVED)


def test_another_currency_than_the_orders_is_refused(order: Order) -> None:
    case = unpack(ask(order))
    Return.objects.update(currency="USD")
    with Unchanged(ReturnRefused) as told:
        check(case)
    assert [(one.field, one.code) for one in told.value.refusals] == [("currency", "mismatch")]


def test_what_a_claim_paid_does_not_go_back_again(order: Order) -> None:
    line = line_of(order)
    claim = open_claim(order=order, lines={line.public_id: 2}, problem="damaged", wanted="", note="", at=ASKED, by=SHOPPER)
    approve_claim(claim=claim, resolution="refund", at=ASKED, by=STAFF)
    with Unchanged(ReturnRefused):
        ask(order, wish(order, quantity=2))
    through(ask(order, wish(order, quantity=1)))
    assert moneys(order) == [("original", Decimal("98"), "asked"), ("original", Decimal("49"), "asked")]


# The sums alone


def promised(outcome: str = "refund", amount: str = "90", bonus: str = "0", fee: str = "0") -> Promised:
    return Promised(1, Outcome(outcome), 3, Decimal(amount), Decimal(bonus), Decimal(fee), Decimal("99"))


def test_shares_are_what_was_accepted_less_what_is_deducted() -> None:
    share = share_of(promised(), accepted=2, deduction=Decimal("10.50"), currency="EUR", is_gift=False)
    assert (share.units, share.original) == (2, Decimal("49.50"))
    share = share_of(promised("credit", bonus="9"), accepted=1, deduction=Decimal(0), currency="EUR", is_gift=False)
    assert (share.credit, share.bonus) == (Decimal("30.00"), Decimal("3.00"))
    share = share_of(promised("exchange", fee="9"), accepted=3, deduction=Decimal(0), currency="EUR", is_gift=False, is_fallback=True)
    assert share.original == Decimal(90)
    assert share_of(promised("exchange"), accepted=3, deduction=Decimal(0), currency="EUR", is_gift=False).original == 0
    assert share_of(promised(), accepted=0, deduction=Decimal(0), currency="EUR", is_gift=False).units == 0


def test_postage_is_taken_off_once_and_the_bonus_is_not_limited_by_what_was_paid() -> None:
    refund = share_of(promised(), accepted=3, deduction=Decimal(0), currency="EUR", is_gift=False)
    credit = share_of(promised("credit", bonus="9"), accepted=3, deduction=Decimal(0), currency="EUR", is_gift=False)
    sums = sums_of([refund, credit], way_fee=Decimal("3.90"), left=Decimal(200))
    assert (sums.original, sums.credit, sums.bonus, sums.missing) == (Decimal("86.10"), Decimal(90), Decimal(9), Decimal(0))
    sums = sums_of([credit], way_fee=Decimal("3.90"), left=Decimal(50))
    assert (sums.credit, sums.bonus, sums.missing) == (Decimal(59), Decimal(9), Decimal("27.10"))
