"""Nothing is paid twice by going two ways: claim and return, hand and shop, kept and sent back."""

from decimal import Decimal

import pytest

from catalog.models import Variant
from merchants.models import Merchant
from orders.models import Order
from returns.models import Claim, Exchange, MoneyBack, Return, ReturnLine
from returns.services import (
    ReturnRefused,
    approve_claim,
    exchange_ordered,
    inspect_return,
    money_sent,
    open_claim,
    pay_by_hand,
    receive_return,
    release_exchange,
    sweep_returns,
)
from returns.types import ExchangeState, ReturnState, Unpacked, Verdict
from tests.returns.stage import (
    ASKED,
    DAY,
    SHOPPER,
    STAFF,
    Unchanged,
    ask,
    bought,
    line_of,
    moneys,
    offer_all,
    shirt,
    shop_refunds,
    through,
    wish,
)

pytestmark = pytest.mark.django_db
LATER = ASKED + 7 * DAY


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    offer_all()
    shirt()
    return bought()


def for_small(order: Order) -> Return:
    """A shirt for 49.00 against the one for 39.00."""
    small = Variant.objects.get(title="S")
    return ask(order, wish(order, outcome="exchange", target=f"variant:{small.pk}"))


def claimed(order: Order, resolution: str, *, line: str = "L2", units: int = 1, problem: str = "damaged", amount: str = "") -> Claim:
    lines = {line_of(order, line).public_id: units}
    claim = open_claim(order=order, lines=lines, problem=problem, wanted=resolution, note="", at=ASKED, by=SHOPPER)
    return approve_claim(claim=claim, resolution=resolution, amount=Decimal(amount) if amount else None, at=ASKED, by=STAFF)


def test_a_cheaper_replacement_that_cannot_come_brings_the_rest_of_the_price(order: Order) -> None:
    through(for_small(order))
    release_exchange(exchange=Exchange.objects.get(), at=LATER)
    assert moneys(order) == [("original", Decimal("10.00"), "asked"), ("original", Decimal("39.00"), "asked")]


def test_what_a_claim_paid_instead_of_a_replacement_cannot_go_back_for_money(order: Order) -> None:
    claimed(order, "replacement")
    release_exchange(exchange=Exchange.objects.get(), at=LATER)
    assert moneys(order) == [("original", Decimal("29.90"), "asked")]
    with Unchanged(ReturnRefused) as told:
        ask(order, wish(order, "L2"))
    assert [one.code for one in told.value.refusals] == ["nothing_left"]


def test_what_was_paid_back_for_keeping_it_is_not_paid_again(order: Order) -> None:
    claimed(order, "keep", line="L1", units=3, amount="100.00")
    through(ask(order, wish(order, quantity=3)))
    assert moneys(order) == [("original", Decimal("100.00"), "asked"), ("original", Decimal("47.00"), "asked")]


def test_what_was_paid_back_for_one_piece_leaves_the_others_their_price(order: Order) -> None:
    claimed(order, "keep", line="L1", amount="49.00")
    through(ask(order, wish(order, quantity=2)))
    assert moneys(order) == [("original", Decimal("49.00"), "asked"), ("original", Decimal("98.00"), "asked")]


def test_two_claims_for_keeping_one_thing_bring_its_price_once(order: Order) -> None:
    claimed(order, "keep", amount="20.00")
    again = open_claim(
        order=order, lines={line_of(order, "L2").public_id: 1}, problem="wrong", wanted="keep", note="", at=ASKED, by=SHOPPER
    )
    with Unchanged(ReturnRefused) as told:
        approve_claim(claim=again, resolution="keep", amount=Decimal("20.00"), at=ASKED, by=STAFF)
    assert [one.code for one in told.value.refusals] == ["too_much"]
    approve_claim(claim=again, resolution="keep", amount=Decimal("9.90"), at=ASKED, by=STAFF)
    assert sum(amount for _way, amount, _state in moneys(order)) == Decimal("29.90")


def test_what_went_back_cannot_be_kept_for_money(order: Order) -> None:
    through(ask(order, wish(order, "L2")))
    lines = {line_of(order, "L2").public_id: 1}
    claim = open_claim(order=order, lines=lines, problem="damaged", wanted="keep", note="", at=LATER, by=SHOPPER)
    with Unchanged(ReturnRefused) as told:
        approve_claim(claim=claim, resolution="keep", amount=Decimal("5.00"), at=LATER, by=STAFF)
    assert [one.code for one in told.value.refusals] == ["nothing_left"]


def test_what_is_kept_is_paid_with_what_comes_back(order: Order) -> None:
    case = ask(order, wish(order), wish(order, "L2", outcome="keep"))
    shirts = ReturnLine.objects.get(case=case, order_line=line_of(order))
    receive_return(case=case, lines={shirts.pk: Unpacked(1)}, at=LATER, by=STAFF)
    inspect_return(case=case, lines={shirts.pk: Verdict(1)}, at=LATER, by=STAFF)
    assert moneys(order) == [("original", Decimal("54.98"), "asked")]


def test_money_paid_by_hand_and_by_the_shop_is_told_and_not_taken_for_one(order: Order) -> None:
    through(ask(order))
    money = MoneyBack.objects.get()
    pay_by_hand(money=money, external_id="HAND", at=LATER, by=STAFF)
    with Unchanged(ReturnRefused) as told:
        money_sent(money=money, external_id="R1", at=LATER)
    assert [(one.field, one.code) for one in told.value.refusals] == [("external_id", "twice")]


def test_money_paid_by_hand_without_a_number_takes_the_shops(order: Order) -> None:
    through(ask(order))
    money = MoneyBack.objects.get()
    pay_by_hand(money=money, external_id="", at=LATER, by=STAFF)
    assert money_sent(money=money, external_id="R1", at=LATER).external_id == "R1"
    assert MoneyBack.objects.get().external_id == "R1"


def test_a_second_order_for_one_exchange_is_told(order: Order) -> None:
    case = through(for_small(order))
    exchange_ordered(exchange=Exchange.objects.get(), external_id="2001", at=LATER)
    with Unchanged(ReturnRefused) as told:
        exchange_ordered(exchange=Exchange.objects.get(), external_id="2002", at=LATER)
    assert [(one.field, one.code) for one in told.value.refusals] == [("external_id", "twice")]
    assert Exchange.objects.get(line__case=case).external_id == "2001"


def test_an_order_that_changed_its_currency_does_not_stop_the_clock(order: Order) -> None:
    case = for_small(order)
    Order.objects.filter(pk=order.pk).update(currency="USD")
    sweep_returns(now=ASKED + 60 * DAY)
    case.refresh_from_db()
    assert case.state == ReturnState.EXPIRED
    assert Exchange.objects.get().state in (ExchangeState.RELEASED, ExchangeState.CANCELLED)


@pytest.mark.parametrize(("units", "due"), [(1, ["49.00"]), (2, [])])
def test_what_the_shop_paid_back_by_itself_is_not_paid_again(order: Order, units: int, due: list[str]) -> None:
    case = ask(order, wish(order, quantity=2))
    shop_refunds(order, f"{49 * units}.00", lines={"L1": units}, at=ASKED + DAY)
    through(case)
    assert moneys(order) == [("original", Decimal(amount), "asked") for amount in due]


def test_what_the_shop_paid_back_before_it_was_asked_is_another_matter(order: Order) -> None:
    shop_refunds(order, "49.00", lines={"L1": 1}, at=ASKED - DAY)
    through(ask(order, wish(order)))
    assert moneys(order) == [("original", Decimal("49.00"), "asked")]
