"""What came damaged, wrong or not at all: told, looked at, made good."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Product
from merchants.models import Merchant
from orders.models import Order, Promise
from returns.models import CasePhoto, Claim, Exchange, MoneyBack, ParcelAnswer, Return
from returns.selectors.cases import answers_of, claim_by_public_id, claims_of_orders, open_things
from returns.selectors.timeline import claim_timeline
from returns.services import (
    CaseClosed,
    ReturnRefused,
    all_fine,
    answer_claim,
    approve_claim,
    ask_claim,
    cancel_return,
    claim_repaired,
    decline_claim,
    exchange_delivered,
    exchange_ordered,
    money_sent,
    open_claim,
    release_exchange,
    resolve_claim,
    withdraw_claim,
)
from returns.types import ClaimState, ExchangeState, ReturnState
from tests.conftest import NOW
from tests.factories import incoming_line, place_order, ship
from tests.returns.stage import ASKED, CAME, DAY, SHOPPER, STAFF, Unchanged, ask, bought, events, line_of, moneys, offer_all, through, wish
from tracking.models import Incident, Shipment

pytestmark = pytest.mark.django_db
LATER = ASKED + 2 * DAY


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    offer_all()
    return bought()


def report(order: Order, problem: str = "damaged", units: int = 1, line: str = "L1", **over: Any) -> Claim:
    values: dict[str, Any] = {"wanted": "", "note": "Torn seam.", "at": ASKED, "by": SHOPPER, **over}
    values.setdefault("lines", {line_of(order, line).public_id: units})
    return open_claim(order=order, problem=problem, **values)


def codes(error: Any) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in error.value.refusals]


def test_a_claim_is_opened_with_its_answer_promised(order: Order) -> None:
    photo = CasePhoto.objects.create(order=order, created_at=NOW, ready_at=NOW)
    parcel = Shipment.objects.get()
    claim = report(order, wanted="replacement", photos=(photo.public_id,), shipment=parcel)
    assert (claim.state, claim.answer_by, claim.number[:2]) == (ClaimState.OPEN, date(2026, 11, 25), "C-")
    assert list(claim.photos.values_list("pk", flat=True)) == [photo.pk]
    assert answers_of([parcel.pk])[parcel.pk].answer == "damaged"
    assert events() == ["claim.opened"]
    assert order.customer_id is not None and open_things(order.customer_id).claims == [claim]


def test_every_reason_against_a_claim_is_told_at_once(order: Order) -> None:
    report(order)
    shirt, other = line_of(order).public_id, place_order(number="2")
    foreign = ship(other, tracking_number="2")
    with Unchanged(ReturnRefused) as told:
        report(order, lines={shirt: 4, "nobody": 1}, shipment=foreign, wanted="donate", photos=("none",))
    assert codes(told) == [
        ("wanted", "unknown"), (f"lines.{shirt}", "too_many"), ("lines.nobody", "unknown"), (f"lines.{shirt}", "open_already"),
        ("photos", "unknown"), ("shipment", "unknown"),
    ]  # fmt: skip
    with Unchanged(ReturnRefused) as told:
        report(order, problem="bored", lines={})
    assert codes(told) == [("problem", "unknown"), ("lines", "none")]


def test_a_delivered_parcel_that_is_not_there_opens_the_incident_too(order: Order) -> None:
    parcel = Shipment.objects.get()
    claim = report(order, problem="not_received", lines={}, shipment=parcel)
    assert Incident.objects.get().type == "delivered_not_received"
    assert {line.order_line.external_id: line.quantity for line in claim.lines.all()} == {"L1": 3, "L2": 1}


def test_a_parcel_that_is_still_coming_is_not_missing(in_acme: Merchant) -> None:
    order = place_order(lines=(incoming_line(external_id="L1"),))
    parcel = ship(order)
    with Unchanged(ReturnRefused) as told:
        report(order, problem="not_received", shipment=parcel, at=NOW + DAY)
    assert codes(told) == [("shipment", "still_coming")]
    assert report(order, problem="not_received", shipment=parcel, at=NOW + 30 * DAY).state == ClaimState.OPEN


def test_all_fine_is_remembered_once_and_the_last_word_counts(order: Order) -> None:
    parcel = Shipment.objects.get()
    all_fine(shipment=parcel, at=ASKED)
    assert all_fine(shipment=parcel, at=LATER).at == ASKED
    report(order, shipment=parcel, at=LATER)
    assert list(ParcelAnswer.objects.values_list("answer", "at")) == [("damaged", LATER)]


def test_money_for_a_claim_settles_it(order: Order) -> None:
    claim = approve_claim(claim=report(order, units=2), resolution="refund", at=LATER, by=STAFF)
    assert (claim.state, claim.amount, claim.settle_by) == (ClaimState.APPROVED, Decimal(98), date(2026, 12, 3))
    assert moneys(order) == [("original", Decimal(98), "asked")]
    money_sent(money=MoneyBack.objects.get(), external_id="R1", at=LATER)
    claim.refresh_from_db()
    assert claim.state == ClaimState.RESOLVED
    kinds = dict(Promise.objects.filter(subject=f"claim:{claim.pk}").values_list("kind", "is_kept"))
    assert kinds == {"reply_by": False, "settle_by": True}  # answered a day late
    assert events() == ["claim.opened", "claim.approved", "money.asked", "money.sent", "claim.resolved"]


@pytest.mark.parametrize(("resolution", "amount", "expected"), [
    ("keep", None, ("amount", "needed")),
    ("keep", Decimal(0), ("amount", "too_much")),
    ("refund", Decimal("49.01"), ("amount", "too_much")),
    ("exchange", None, ("resolution", "unknown")),
])  # fmt: skip
def test_an_amount_is_above_zero_and_not_above_the_price(
    order: Order, resolution: str, amount: Decimal | None, expected: tuple[str, str]
) -> None:
    claim = report(order)
    with Unchanged(ReturnRefused) as told:
        approve_claim(claim=claim, resolution=resolution, amount=amount, at=LATER, by=STAFF)
    assert codes(told) == [expected]
    claim.refresh_from_db()
    assert claim.state == ClaimState.OPEN


def test_pieces_that_went_back_are_not_paid_again(order: Order) -> None:
    claim = report(order, units=3)
    through(ask(order, wish(order, quantity=1)))
    with Unchanged(ReturnRefused) as told:
        approve_claim(claim=claim, resolution="refund", amount=Decimal(90), at=LATER, by=STAFF)
    assert codes(told) == [("resolution", "nothing_left")]
    with Unchanged(ReturnRefused):
        approve_claim(claim=claim, resolution="keep", amount=Decimal(140), at=LATER, by=STAFF)


def test_part_of_the_money_leaves_the_pieces_with_the_shopper(order: Order) -> None:
    approve_claim(claim=report(order), resolution="keep", amount=Decimal(10), at=LATER, by=STAFF)
    assert moneys(order) == [("original", Decimal(10), "asked")]


def test_the_same_again_is_ordered_at_once_or_becomes_money(order: Order) -> None:
    claim = approve_claim(claim=report(order, units=2), resolution="replacement", at=LATER, by=STAFF)
    row = Exchange.objects.get()
    assert (row.state, row.quantity, row.title) == (ExchangeState.ASKED, 2, "Linen shirt")
    release_exchange(exchange=row, at=LATER, by=STAFF)
    assert moneys(order) == [("original", Decimal(98), "asked")]
    claim.refresh_from_db()
    assert claim.state == ClaimState.APPROVED


def test_a_replacement_that_came_settles_it(order: Order) -> None:
    claim = approve_claim(claim=report(order), resolution="replacement", at=LATER, by=STAFF)
    row = exchange_ordered(exchange=Exchange.objects.get(), external_id="9", at=LATER)
    with Unchanged(CaseClosed):
        resolve_claim(claim=claim, at=LATER, by=STAFF)
    exchange_delivered(exchange=row, at=LATER)
    claim.refresh_from_db()
    assert claim.state == ClaimState.RESOLVED
    assert resolve_claim(claim=claim, at=LATER, by=STAFF).state == ClaimState.RESOLVED


def test_a_sold_out_replacement_is_refused(order: Order) -> None:
    product = Product.objects.create(external_id="p", title="Belt", stock=0, created_at=NOW, updated_at=NOW)
    line = line_of(order, "L2")
    line.product = product
    line.save(update_fields=["product"])
    claim = report(order, line="L2")
    with Unchanged(ReturnRefused) as told:
        approve_claim(claim=claim, resolution="replacement", at=LATER, by=STAFF)
    assert codes(told) == [("resolution", "sold_out")]


def test_goods_that_are_needed_first_come_back_free_as_a_return(order: Order) -> None:
    claim = approve_claim(claim=report(order), resolution="refund", needs_goods=True, at=LATER, by=STAFF)
    case = Return.objects.get()
    assert (claim.case_id, case.state, case.way_fee, moneys(order)) == (case.pk, ReturnState.LABELLED, Decimal(0), [])
    through(case)
    money_sent(money=MoneyBack.objects.get(), external_id="R1", at=LATER)
    claim.refresh_from_db()
    case.refresh_from_db()
    assert (case.state, claim.state) == (ReturnState.RESOLVED, ClaimState.RESOLVED)


def test_goods_that_never_come_end_the_claim(order: Order) -> None:
    claim = approve_claim(claim=report(order), resolution="refund", needs_goods=True, at=LATER, by=STAFF)
    cancel_return(case=Return.objects.get(), at=LATER, by=SHOPPER)
    claim.refresh_from_db()
    assert claim.state == ClaimState.WITHDRAWN
    second = report(order)
    with Unchanged(ReturnRefused) as told:
        approve_claim(claim=second, resolution="keep", amount=Decimal(1), needs_goods=True, at=LATER, by=STAFF)
    assert codes(told) == [("needs_goods", "kept")]


def test_a_repair_goes_there_and_back(order: Order) -> None:
    case = ask(order, wish(order, outcome="repair", reason="faulty"))
    claim = Claim.objects.get()
    assert (claim.case_id, claim.state, claim.kind) == (case.pk, ClaimState.APPROVED, "warranty")
    with Unchanged(CaseClosed):
        claim_repaired(claim=claim, at=LATER, by=STAFF)
    assert through(case).state == ReturnState.INSPECTED
    claim.refresh_from_db()
    assert claim.state == ClaimState.REPAIRING
    claim_repaired(claim=claim, at=LATER, by=STAFF)
    case.refresh_from_db()
    assert (case.state, moneys(order)) == (ReturnState.RESOLVED, [])
    direct = approve_claim(claim=report(order), resolution="repair", at=LATER, by=STAFF)
    assert direct.state == ClaimState.REPAIRING
    assert claim_repaired(claim=direct, at=LATER, by=STAFF).state == ClaimState.RESOLVED


def test_a_warranty_holds_until_its_last_day(order: Order) -> None:
    with Unchanged(ReturnRefused) as told:
        report(order, problem="faulty", kind="warranty")
    assert [code for _, code in codes(told)] == ["no_warranty"]
    product = Product.objects.create(external_id="p", title="Belt", warranty_months=24, created_at=NOW, updated_at=NOW)
    line = line_of(order, "L2")
    line.product = product
    line.save(update_fields=["product"])
    with Unchanged(ReturnRefused) as told:
        report(order, problem="faulty", kind="warranty", line="L2", at=CAME + 732 * DAY)
    assert [code for _, code in codes(told)] == ["warranty_over"]
    assert report(order, problem="faulty", kind="warranty", line="L2", at=CAME + 729 * DAY).kind == "warranty"
    assert report(order, problem="faulty", kind="warranty", by=STAFF).kind == "warranty"


def test_a_question_an_answer_and_a_no(order: Order) -> None:
    claim = report(order)
    with Unchanged(CaseClosed):
        answer_claim(claim=claim, text="What?", at=ASKED)
    claim = ask_claim(claim=claim, question="Which seam?", at=ASKED, by=STAFF)
    with Unchanged(ReturnRefused):
        answer_claim(claim=claim, text="", at=ASKED)
    claim = answer_claim(claim=claim, text="The left.", at=ASKED)
    with Unchanged(ReturnRefused):
        decline_claim(claim=claim, reason="", at=ASKED, by=STAFF)
    claim = decline_claim(claim=claim, reason="It was cut.", next_best="ask", at=ASKED, by=STAFF)
    assert decline_claim(claim=claim, reason="x", at=ASKED, by=STAFF).reason == "It was cut."
    with Unchanged(CaseClosed):
        withdraw_claim(claim=claim, at=ASKED)
    assert approve_claim(claim=claim, resolution="refund", at=ASKED, by=STAFF).state == ClaimState.APPROVED


def test_a_claim_is_taken_back_until_it_is_decided(order: Order) -> None:
    claim = withdraw_claim(claim=report(order), at=LATER)
    assert withdraw_claim(claim=claim, at=LATER).state == ClaimState.WITHDRAWN
    with Unchanged(CaseClosed):
        approve_claim(claim=claim, resolution="refund", at=LATER, by=STAFF)
    assert report(order).state == ClaimState.OPEN


def test_claims_are_read_with_their_parts_in_few_queries(order: Order, django_assert_num_queries: Any) -> None:
    claim = approve_claim(claim=report(order), resolution="refund", at=LATER, by=STAFF)
    with django_assert_num_queries(4):
        found = claim_by_public_id(claim.public_id, order.pk)
        assert (len(found.lines.all()), len(found.moneys.all()), len(found.exchanges.all())) == (1, 1, 0)
    with django_assert_num_queries(3):
        steps = claim_timeline(found)
    assert [(step.step, step.by) for step in steps if step.at is None] == [("refunded", date(2026, 12, 3))]
    with django_assert_num_queries(4):
        assert [len(rows) for rows in claims_of_orders([order.pk]).values()] == [1]
