"""The life of a return, step by step, and everything that is refused on the way."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from customers.registry import holdings
from customers.types import Subject
from merchants.models import Merchant
from orders.models import Order, Promise
from orders.services import break_promises
from returns.models import CaseChange, CasePhoto, Return, ReturnLine, ReturnPlace, ReturnPolicy
from returns.selectors.cases import CaseNotFound, open_things, return_by_public_id, returns_of_orders
from returns.selectors.timeline import timeline_of
from returns.services import (
    CaseClosed,
    ReturnRefused,
    answer_return,
    approve_return,
    arrive,
    ask_label,
    ask_return,
    cancel_return,
    close_return,
    decline_return,
    hand_over,
    inspect_return,
    label_failed,
    label_made,
    note_scan,
    receive_return,
    request_return,
    tell_parcel,
)
from returns.types import Actor, Condition, Label, Origin, Outcome, ReturnState, Unpacked, Verdict, Way, Wish
from tests.conftest import NOW
from tests.factories import incoming_line, place_order
from tests.returns.stage import (
    ASKED,
    CAME,
    DAY,
    GUEST,
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
    only_line,
    shirt,
    through,
    unpack,
    wish,
)
from tracking.models import Shipment
from tracking.services import ShipmentRefused, record_scans
from tracking.types import IncomingScan, IncomingTracking, ShipmentStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    offer_all()
    shirt()
    return bought()


def codes(error: Any) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in error.value.refusals]


# The straight road


def test_what_needs_no_look_is_approved_at_once_and_every_day_is_told(order: Order) -> None:
    case = ask(order)
    assert case.state == ReturnState.LABELLED
    assert case.hand_over_by == date(2026, 12, 23)  # thirty days after it came
    assert case.arrive_by == date(2026, 12, 31)  # 24 December is no holiday in Germany, 25 and 26 are
    assert (case.inspect_by, case.refund_by) == (date(2027, 1, 6), date(2027, 1, 14))
    assert case.bank_by == date(2027, 1, 21)
    assert events() == ["return.requested", "return.approved"]


def test_an_rma_is_readable_and_no_two_are_alike(order: Order) -> None:
    numbers = {ask(order, wish(order, quantity=1)).rma for _ in range(3)}
    assert len(numbers) == 3
    for rma in numbers:
        assert len(rma) == 11 and rma.startswith("R-") and rma[6] == "-"
        assert not set(rma[2:]) & set("01ILOU")


def test_a_whole_return_goes_from_asked_to_closed(order: Order) -> None:
    case = hand_over(case=ask(order), at=ASKED + DAY, by=STAFF)
    assert case.state == ReturnState.IN_TRANSIT
    case = arrive(case=case, at=ASKED + 3 * DAY, by=STAFF)
    assert (case.state, case.inspect_by, case.refund_by) == (ReturnState.ARRIVED, date(2026, 12, 2), date(2026, 12, 11))
    case = check(unpack(case, at=ASKED + 4 * DAY), at=ASKED + 4 * DAY)
    assert case.state == ReturnState.INSPECTED
    assert moneys(order) == [("original", Decimal("49"), "asked")]
    assert events()[2:] == [
        "return.handed_over", "return.arrived", "return.received", "return.inspected", "money.asked",
    ]  # fmt: skip


def test_what_is_kept_or_given_away_needs_no_parcel_and_pays_at_once(order: Order) -> None:
    case = ask(order, wish(order, outcome="keep", quantity=2), wish(order, "L2", outcome="donate"))
    assert (case.state, case.way) == (ReturnState.INSPECTED, Way.NONE)
    assert moneys(order) == [("original", Decimal("49.50"), "asked")]  # 20 % of 98.00, and the belt
    assert case.hand_over_by is None and case.refund_by == date(2026, 12, 8)
    assert set(case.lines.values_list("restocked_at", flat=True)) == {None}


def test_a_look_is_promised_for_the_next_working_day_and_kept_by_the_answer(order: Order) -> None:
    Return.objects.all().delete()
    policy = offer_all_with_review()
    case = ask(order, at=datetime(2026, 11, 27, 15, tzinfo=UTC))  # a Friday
    assert (case.state, case.answer_by) == (ReturnState.REQUESTED, date(2026, 11, 30))
    assert events() == ["return.requested"]
    case = approve_return(case=case, at=datetime(2026, 11, 30, 9, tzinfo=UTC), by=STAFF)
    assert case.state == ReturnState.LABELLED
    assert list(Promise.objects.filter(kind="reply_by").values_list("subject", "date", "is_kept")) == [
        (f"return:{case.pk}", date(2026, 11, 30), True)
    ]
    assert policy.pk == case.policy_id


def offer_all_with_review() -> Any:
    from_now = {"id": "look", "name": "Look first", "when": {}, "then": {"review": True}}
    policy = returns_policy()
    policy.rules = [from_now]
    policy.save(update_fields=["rules"])
    return policy


def returns_policy() -> Any:
    return ReturnPolicy.objects.get()


# What is refused


def test_every_reason_is_told_at_once_each_with_its_field(order: Order) -> None:
    other = place_order(number="2002", lines=(incoming_line(external_id="X1", sku="X"),))
    wishes = (
        wish(order, quantity=4),
        Wish(line=line_of(other, "X1").public_id, quantity=1, reason="too_small", outcome=Outcome.REFUND),
        wish(order, "L2", quantity=0, reason="because"),
        wish(order, "L2", quantity=1, photos=("nobody",)),
    )
    with Unchanged(ReturnRefused) as told:
        ask(order, *wishes)
    assert codes(told) == [
        ("wishes[0].quantity", "too_many"),
        ("wishes[1].line", "unknown"),
        ("wishes[2].reason", "unknown"),
        ("wishes[2].quantity", "too_few"),
        ("wishes[3].line", "twice"),
    ]


@pytest.mark.parametrize(("wishes", "way", "expected"), [
    ([], Way.OWN, ("wishes", "none")),
    ([{}], Way.NONE, ("way", "needed")),
    ([{}], Way.LABEL, ("way", "not_offered")),
    ([{"outcome": "exchange"}], Way.OWN, ("wishes[0].target", "unknown")),
    ([{"photos": ("nobody",)}], Way.OWN, ("wishes[0].photos", "unknown")),
])  # fmt: skip
def test_one_wrong_thing_is_named(order: Order, wishes: list[dict[str, Any]], way: Way, expected: tuple[str, str]) -> None:
    with Unchanged(ReturnRefused) as told:
        request_return(order=order, wishes=[wish(order, **one) for one in wishes], way=way, at=ASKED, by=GUEST)
    assert codes(told) == [expected]


def test_after_the_window_the_shopper_is_told_and_staff_may_still(order: Order) -> None:
    late = CAME + 31 * DAY
    with Unchanged(ReturnRefused) as told:
        ask(order, at=late)
    assert codes(told) == [("wishes[0].outcome", "expired")]
    assert ask(order, at=late, by=STAFF).state == ReturnState.LABELLED
    with Unchanged(ReturnRefused) as told:
        ask(order, wish(order, quantity=3), at=late, by=STAFF)
    assert codes(told) == [("wishes[0].quantity", "too_many")]


def test_nothing_of_a_cancelled_or_unsent_order_goes_back(in_acme: Merchant) -> None:
    offer_all()
    unsent = place_order(number="1")
    with Unchanged(ReturnRefused) as told:
        ask(unsent)
    assert codes(told) == [("wishes[0].outcome", "not_delivered")]
    gone = place_order(number="2", cancelled_at=NOW, updated_at=NOW)
    with Unchanged(ReturnRefused) as told:
        ask(gone)
    assert ("order", "cancelled") in codes(told)


def test_a_photo_belongs_to_one_case_only_and_must_be_whole(order: Order) -> None:
    whole = CasePhoto.objects.create(order=order, created_at=NOW, ready_at=NOW)
    half = CasePhoto.objects.create(order=order, created_at=NOW)
    with Unchanged(ReturnRefused) as told:
        ask(order, wish(order, photos=(half.public_id,)))
    assert codes(told) == [("wishes[0].photos", "unknown")]
    case = ask(order, wish(order, photos=(whole.public_id,)))
    whole.refresh_from_db()
    assert whole.line_id == only_line(case).pk
    with Unchanged(ReturnRefused):
        ask(order, wish(order, photos=(whole.public_id,)))


# A second time


def test_units_in_a_return_cannot_go_back_twice_and_are_free_once_it_ended(order: Order) -> None:
    case = ask(order, wish(order, quantity=3))
    with Unchanged(ReturnRefused) as told:
        ask(order)
    assert codes(told) == [("wishes[0].quantity", "nothing_left")]
    cancel_return(case=case, at=ASKED + DAY, by=SHOPPER)
    again = ask(order, wish(order, quantity=3), at=ASKED + DAY)
    assert again.state == ReturnState.LABELLED
    assert again.rma != case.rma


def test_what_never_came_can_go_back_another_time(order: Order) -> None:
    case = ask(order, wish(order, quantity=2))
    line = only_line(case)
    receive_return(case=case, lines={line.pk: Unpacked(1)}, at=ASKED + DAY, by=STAFF)
    with Unchanged(ReturnRefused):
        ask(order, wish(order, quantity=2), at=ASKED + DAY)
    check(case)
    assert moneys(order) == [("original", Decimal("49"), "asked")]
    assert ask(order, wish(order, quantity=2), at=ASKED + 2 * DAY).state == ReturnState.LABELLED


def test_a_declined_return_can_be_asked_again_and_staff_can_think_again(order: Order) -> None:
    offer_all_with_review()
    case = ask(order, wish(order, quantity=3))
    with Unchanged(ReturnRefused):
        decline_return(case=case, reason="  ", at=ASKED, by=STAFF)
    decline_return(case=case, reason="It was worn.", next_best="sell_on", at=ASKED, by=STAFF)
    assert decline_return(case=case, reason="Again", at=ASKED, by=STAFF).reason == "It was worn."
    second = ask(order, wish(order, quantity=3), at=ASKED + DAY)
    assert second.state == ReturnState.REQUESTED
    with Unchanged(CaseClosed):
        approve_return(case=case, at=ASKED + DAY, by=STAFF)
    cancel_return(case=second, at=ASKED + DAY, by=SHOPPER)
    assert approve_return(case=case, at=ASKED + 2 * DAY, by=STAFF).state == ReturnState.LABELLED


def test_a_question_and_its_answer_come_before_the_decision(order: Order) -> None:
    offer_all_with_review()
    case = ask(order)
    with Unchanged(CaseClosed):
        answer_return(case=case, text="What?", at=ASKED)
    with Unchanged(ReturnRefused):
        ask_return(case=case, question="", at=ASKED, by=STAFF)
    case = ask_return(case=case, question="Which seam?", at=ASKED + DAY, by=STAFF)
    assert case.state == ReturnState.INFO_NEEDED
    with Unchanged(ReturnRefused):
        answer_return(case=case, text=" ", at=ASKED + DAY)
    case = answer_return(case=case, text="The left one.", at=ASKED + 2 * DAY)
    assert (case.state, case.answer, case.answer_by) == (ReturnState.REQUESTED, "The left one.", date(2026, 11, 27))
    assert events() == ["return.requested", "return.info_needed", "return.answered"]


def test_it_can_be_called_off_until_it_has_arrived(order: Order) -> None:
    case = arrive(case=hand_over(case=ask(order), at=ASKED, by=STAFF), at=ASKED + DAY, by=STAFF)
    with Unchanged(CaseClosed):
        cancel_return(case=case, at=ASKED + DAY, by=SHOPPER)


# Labels and parcels


@pytest.fixture
def place(order: Order) -> ReturnPlace:
    row: ReturnPlace = ReturnPlace.objects.create(
        key="berlin", name="Berlin", ways={"label": "3.90", "own": "0"}, provider="easypost", is_default=True, address={"city": "Berlin"}
    )
    return row


def test_a_label_is_asked_for_and_its_postage_taken_off_the_money(order: Order, place: ReturnPlace) -> None:
    case = ask(order, way=Way.LABEL)
    assert (case.state, case.label_state, case.way_fee) == (ReturnState.APPROVED, "asked", Decimal("3.90"))
    assert events() == ["return.requested", "return.approved", "label.asked"]
    label = Label(Way.LABEL, carrier="DHL", tracking_number="00340434161094099999", provider="easypost", provider_id="shp_1")
    case = label_made(case=case, label=label, at=ASKED)
    assert (case.state, case.label_state) == (ReturnState.LABELLED, "ready")
    assert case.shipment is not None and case.shipment.tracking_number == "00340434161094099999"
    count = CaseChange.objects.count()
    label_made(case=case, label=label, at=ASKED + DAY)
    assert CaseChange.objects.count() == count
    through(case)
    assert moneys(order) == [("original", Decimal("45.10"), "asked")]


def test_a_fault_goes_back_free(order: Order, place: ReturnPlace) -> None:
    assert ask(order, wish(order, reason="damaged"), way=Way.LABEL).way_fee == 0


def test_a_label_that_failed_is_asked_for_again_or_given_by_hand(order: Order, place: ReturnPlace) -> None:
    case = label_failed(case=ask(order, way=Way.LABEL), error="no rate", at=ASKED)
    assert (case.state, case.label_state, case.label_error) == (ReturnState.APPROVED, "failed", "no rate")
    case = ask_label(case=case, at=ASKED, by=STAFF)
    assert events().count("label.asked") == 2
    with Unchanged(CaseClosed):
        ask_label(case=case, at=ASKED, by=STAFF)
    assert label_made(case=case, label=Label(Way.OWN, instructions="Send it to us."), at=ASKED).instructions == "Send it to us."
    other = ask(order)
    with Unchanged(CaseClosed):
        label_failed(case=other, error="late", at=ASKED)


def scanned(number: str, status: str, at: datetime) -> None:
    scan = IncomingScan(status=ShipmentStatus(status), at=at)
    record_scans(news=IncomingTracking(source="aftership", scans=(scan,), tracking_number=number, carrier="DHL"), at=at)


def test_the_parcels_scans_move_the_return(order: Order) -> None:
    case = ask(order)
    with Unchanged(ReturnRefused):
        tell_parcel(case=case, carrier="DHL", tracking_number=" ", at=ASKED)
    case = tell_parcel(case=case, carrier="DHL", tracking_number="00340434161094011111", at=ASKED)
    parcel = case.shipment_id or 0
    assert note_scan(shipment_id=parcel, at=ASKED) is None
    scanned("00340434161094011111", "in_transit", ASKED + DAY)
    moved = note_scan(shipment_id=parcel, at=ASKED + DAY)
    assert moved is not None and (moved.state, moved.handed_over_at) == (ReturnState.IN_TRANSIT, ASKED + DAY)
    scanned("00340434161094011111", "delivered", ASKED + 2 * DAY)
    moved = note_scan(shipment_id=parcel, at=ASKED + 2 * DAY)
    assert moved is not None and (moved.state, moved.arrived_at) == (ReturnState.ARRIVED, ASKED + 2 * DAY)
    assert note_scan(shipment_id=parcel, at=ASKED + 2 * DAY) is None
    assert Shipment.objects.filter(order=order).count() == 1  # no parcel of the order's own


def test_the_number_of_the_parcel_that_came_is_not_the_one_that_goes_back(order: Order) -> None:
    case = ask(order)
    with Unchanged(ShipmentRefused):
        tell_parcel(case=case, carrier="DHL", tracking_number="00340434161094042557", at=ASKED)


# The goods


def test_more_than_was_to_come_is_refused_and_less_waits_for_the_rest(order: Order) -> None:
    case = ask(order, wish(order, quantity=2))
    line = only_line(case)
    with Unchanged(ReturnRefused) as told:
        receive_return(case=case, lines={line.pk: Unpacked(3), 0: Unpacked(1)}, at=ASKED, by=STAFF)
    assert codes(told) == [(f"lines.{line.pk}.quantity", "too_many"), ("lines.0", "unknown")]
    with Unchanged(ReturnRefused):
        receive_return(case=case, lines={}, at=ASKED, by=STAFF)
    case = receive_return(case=case, lines={line.pk: Unpacked(1, Condition.USED)}, at=ASKED + DAY, by=STAFF)
    with Unchanged(ReturnRefused) as told:
        receive_return(case=case, lines={line.pk: Unpacked(2)}, at=ASKED + DAY, by=STAFF)
    case = receive_return(case=case, lines={line.pk: Unpacked(1, Condition.NEW)}, at=ASKED + 2 * DAY, by=STAFF)
    assert (case.state, only_line(case).quantity_received, case.received_at) == (ReturnState.RECEIVED, 2, ASKED + DAY)


def test_what_was_not_unpacked_cannot_be_checked(order: Order) -> None:
    case = ask(order)
    with Unchanged(CaseClosed):
        check(case)
    with Unchanged(CaseClosed):
        close_return(case=case, at=ASKED, by=STAFF)


def test_verdicts_need_words_and_never_exceed_what_came(order: Order) -> None:
    case = unpack(ask(order, wish(order, quantity=2)))
    line = only_line(case)
    for verdict, field in (
        (Verdict(3), "accepted"),
        (Verdict(1), "note"),
        (Verdict(2, deduction=Decimal(5)), "note"),
        (Verdict(2, deduction=Decimal("98.01"), note="worn"), "deduction"),
        (Verdict(0, deduction=Decimal(1), note="worn"), "deduction"),
    ):
        with Unchanged(ReturnRefused) as told:
            inspect_return(case=case, lines={line.pk: verdict}, at=ASKED, by=STAFF)
        assert [one.field for one in told.value.refusals] == [f"lines.{line.pk}.{field}"]
    with Unchanged(ReturnRefused) as told:
        inspect_return(case=case, lines={}, at=ASKED, by=STAFF)
    assert codes(told) == [(f"lines.{line.pk}", "missing")]


def test_rejected_pieces_are_never_paid_and_say_why(order: Order) -> None:
    case = unpack(ask(order, wish(order, quantity=2), wish(order, "L2", outcome="credit")))
    shirts, belt = ReturnLine.objects.filter(case=case).order_by("pk")
    verdicts = {
        shirts.pk: Verdict(1, deduction=Decimal(9), note="One was worn, the other has a stain."),
        belt.pk: Verdict(0, note="This is not our belt."),
    }
    case = inspect_return(case=case, lines=verdicts, at=ASKED + 6 * DAY, by=STAFF, next_best="sell_on")
    assert moneys(order) == [("original", Decimal("40"), "asked")]
    assert (case.reason, case.next_best) == ("One was worn, the other has a stain.", "sell_on")
    belt.refresh_from_db()
    assert (belt.found, belt.restocked_at) == ("This is not our belt.", None)


def test_a_return_of_which_nothing_is_accepted_is_settled_without_money(order: Order) -> None:
    case = unpack(ask(order))
    line = only_line(case)
    case = inspect_return(case=case, lines={line.pk: Verdict(0, note="Worn.")}, at=ASKED + 6 * DAY, by=STAFF)
    assert (case.state, moneys(order)) == (ReturnState.RESOLVED, [])


def test_a_parcel_that_comes_after_the_end_is_taken_in(order: Order) -> None:
    case = cancel_return(case=ask(order, wish(order, quantity=3)), at=ASKED, by=SHOPPER)
    case = unpack(case)
    assert (case.state, case.ended_at) == (ReturnState.RECEIVED, None)
    second = cancel_return(case=ask(order, wish(order, "L2")), at=ASKED, by=SHOPPER)
    ask(order, wish(order, "L2"))
    with Unchanged(CaseClosed):
        unpack(second)


# Gifts


def test_a_gift_goes_back_for_credit_only_and_the_giver_sees_nothing(order: Order) -> None:
    gift = Actor(Origin.GIFT)
    whose = {"name": "Kim", "email": "kim@example.com", "language": "de"}
    for outcome in ("refund", "keep", "donate"):
        with Unchanged(ReturnRefused) as told:
            ask(order, wish(order, outcome=outcome), by=gift, recipient=whose)
        assert codes(told) == [("wishes[0].outcome", "gift_no_refund")]
    case = ask(order, wish(order, outcome="credit"), by=gift, recipient=whose)
    assert (case.is_gift, case.recipient, case.language) == (True, whose, "de")
    through(case)
    assert moneys(order) == [("credit", Decimal("53.90"), "asked")]
    assert order.customer_id is not None and not open_things(order.customer_id)


# Reading


def test_a_return_is_read_with_its_parts_in_few_queries(order: Order, django_assert_num_queries: Any) -> None:
    case = ask(order, wish(order, quantity=2), wish(order, "L2"))
    with django_assert_num_queries(4):
        found = return_by_public_id(case.public_id, order.pk)
        assert [line.order_line.title for line in found.lines.all()] == ["Linen shirt", "Leather belt"]
        assert list(found.moneys.all()) == [] and [list(line.exchanges.all()) for line in found.lines.all()] == [[], []]
    with django_assert_num_queries(3):
        timeline_of(found)
    with pytest.raises(CaseNotFound):
        return_by_public_id(case.public_id, order.pk + 1)
    ask(order)
    with django_assert_num_queries(4):
        assert [len(rows) for rows in returns_of_orders([order.pk]).values()] == [2]


def test_the_timeline_says_what_was_and_the_day_of_every_step_to_come(order: Order) -> None:
    case = hand_over(case=ask(order), at=ASKED + DAY, by=STAFF)
    found = timeline_of(return_by_public_id(case.public_id), today=date(2026, 11, 26))
    assert [(step.step, step.by, step.is_next) for step in found if step.at is None] == [
        ("arrived", date(2026, 12, 2), True),
        ("inspected", date(2026, 12, 7), False),
        ("refunded", date(2026, 12, 16), False),
        ("bank", date(2026, 12, 23), False),
    ]
    assert [step.step for step in found if step.at is not None] == ["requested", "approved", "handed_over"]


def test_a_day_for_the_shopper_or_the_bank_is_no_promise_that_breaks(order: Order) -> None:
    ask(order)
    break_promises(now=NOW + timedelta(days=60), zone=ZoneInfo("Europe/Berlin"))
    assert list(Promise.objects.filter(kind="hand_over_by").values_list("is_kept", flat=True)) == [None]


def test_an_open_return_holds_an_erasure_up_and_says_so(order: Order) -> None:
    case = ask(order)
    assert order.customer_id is not None
    (returns,) = [one for one in holdings() if one.key == "returns"]
    who = Subject(order.customer_id)
    assert returns.holds(who, ASKED) == [f"Return {case.rma} is not settled yet."]
    cancel_return(case=case, at=ASKED, by=SHOPPER)
    assert returns.holds(who, ASKED) == []
    assert [row["rma"] for row in returns.collect(who)] == [case.rma]


def test_a_sixth_return_of_an_order_within_a_day_is_not_taken_from_a_shopper(order: Order) -> None:
    for _one in range(5):
        cancel_return(case=ask(order), at=ASKED, by=SHOPPER)
    with Unchanged(ReturnRefused) as told:
        ask(order)
    assert [(one.field, one.code) for one in told.value.refusals] == [("order", "too_often")]
    assert ask(order, by=STAFF).order == order
    assert ask(order, at=ASKED + DAY).order == order
