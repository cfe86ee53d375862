"""Questions about parcels: planned once each, asked by day, reminded of once, put off once, over."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, OrderLine
from orders.services import record_refund
from orders.types import Address, IncomingRefund, OrderState
from reviews import tasks
from reviews.models import ReviewPlan, ReviewRequest, ReviewRule
from reviews.selectors.asking import RequestNotFound, open_requests, request_of_token
from reviews.selectors.asking import plan as plan_of
from reviews.services.asking import RequestOver, defer_request, end_request, order_written, plan_request, plan_requests, request_written
from reviews.services.submitting import write_review
from reviews.services.sweep import sweep_reviews
from reviews.tokens import read_request_token, request_token
from reviews.types import Words
from tests.conftest import NOW
from tests.factories import customer, incoming_line, place_order
from tests.reviews.stage import CAME, DAY, Unchanged, bought, events, line_of, parcel_of, plan, product, request_row, review_row, send
from tracking.models import Shipment

pytestmark = pytest.mark.django_db
DUE = CAME + 7 * DAY  # Monday 30 November, 11:00 in Berlin
REMIND = DUE + 6 * DAY


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    plan()
    product()
    return bought()


def planned(order: Order, *, at: Any = CAME) -> ReviewRequest | None:
    return plan_request(shipment=parcel_of(order), at=at)


def the(request: ReviewRequest | None = None) -> ReviewRequest:
    row: ReviewRequest = ReviewRequest.objects.get(**({"pk": request.pk} if request else {}))
    return row


def ids(order: Order, *lines: str) -> list[int]:
    return sorted(line_of(order, line).pk for line in lines)


def test_a_parcel_is_asked_about_a_week_after_it_came(order: Order) -> None:
    row = planned(order)
    assert row is not None
    assert (row.state, row.lines, row.delivered_at, row.due_at, row.check_at) == ("waiting", ids(order, "L1", "L2"), CAME, DUE, DUE)
    assert (row.order_id, row.shipment_id, row.ends_at, row.asked_at) == (order.pk, parcel_of(order).pk, None, None)
    assert events() == []


def test_planned_again_nothing_changes(order: Order) -> None:
    first = planned(order)
    before = ReviewRequest.objects.values().get()
    again = planned(order, at=CAME + 3 * DAY)
    assert first is not None
    assert again is not None
    assert (again.pk, ReviewRequest.objects.values().get()) == (first.pk, before)


def test_by_the_merchants_rules(order: Order) -> None:
    ReviewRule.objects.create(match="sku", value="belt", is_asked=False, position=2)
    ReviewRule.objects.create(match="tag", value="linen", days=30, position=1)
    row = planned(order)
    assert row is not None
    assert (row.lines, row.due_at) == (ids(order, "L1"), DUE)
    ReviewRequest.objects.all().delete()
    Product.objects.update(tags=["Linen"], category="shirts")
    row = planned(order)
    assert row is not None
    assert (row.lines, row.due_at) == (ids(order, "L1"), CAME + 30 * DAY)
    ReviewRequest.objects.all().delete()
    ReviewRule.objects.create(match="category", value="Shirts", is_asked=False, position=0)
    assert planned(order) is None


@pytest.mark.parametrize(
    "change", ["off", "no plan", "imported", "cancelled", "erased", "refunded", "late", "under way", "written", "removed"]
)
def test_nobody_is_asked(order: Order, change: str) -> None:
    parcel, at = parcel_of(order), CAME
    if change == "off":
        ReviewPlan.objects.update(is_on=False)
    if change == "no plan":
        ReviewPlan.objects.all().delete()
    if change == "late":
        at = CAME + 30 * DAY + timedelta(minutes=1)
    if change == "under way":
        Shipment.objects.update(delivered_at=None)
    if change == "written":
        review_row(order, "L1", state="rejected", ground="abuse", stars=1)
        review_row(order, "L2", state="withdrawn")
    if change == "removed":
        for line in OrderLine.objects.all():
            line.quantity_removed = line.quantity
            line.save()
    columns: dict[str, dict[str, Any]] = {
        "imported": {"is_imported": True},
        "cancelled": {"state": OrderState.CANCELLED},
        "erased": {"erased_at": NOW},
        "refunded": {"payment_state": "refunded"},
    }
    Order.objects.update(**columns.get(change, {"is_imported": False}))
    assert plan_request(shipment=parcel, at=at) is None
    assert (ReviewRequest.objects.count(), events()) == (0, [])


def test_a_parcel_coming_back_is_nothing_to_ask_about(order: Order) -> None:
    Shipment.objects.update(direction="back")
    assert plan_requests(shipments=list(Shipment.any_way.values_list("pk", flat=True)), at=CAME) == 0


def test_what_was_written_before_is_left_out(order: Order) -> None:
    review_row(order, "L1", stars=1)
    row = planned(order)
    assert row is not None
    assert row.lines == ids(order, "L2")


def test_each_parcel_is_asked_about_after_it_came_and_each_line_once(in_acme: Merchant) -> None:
    plan()
    lines = (
        incoming_line(external_id="L1", quantity=3),
        incoming_line(external_id="L2", title="Belt", unit_price=Decimal(20)),
        incoming_line(external_id="L3", title="Hat", unit_price=Decimal(30)),
    )
    order = place_order(lines=lines)
    first = send(order, external_id="A", tracking_number="A1", lines={"L1": 1, "L2": 1})
    second = send(order, external_id="B", tracking_number="B1", lines={"L1": 2, "L3": 1}, came=CAME + 5 * DAY)
    third = send(order, external_id="C", tracking_number="C1", lines={"L1": 1}, came=None)
    assert plan_requests(shipments=[second.pk, first.pk, third.pk], at=CAME + 5 * DAY) == 2
    found = {row.shipment_id: (row.lines, row.due_at) for row in ReviewRequest.objects.all()}
    assert found == {first.pk: (ids(order, "L1", "L2"), DUE), second.pk: (ids(order, "L3"), DUE + 5 * DAY)}


def test_what_is_heard_late_is_asked_at_once_but_by_day(order: Order) -> None:
    row = planned(order, at=CAME + 20 * DAY + timedelta(hours=12))  # 23:00 in Berlin
    assert row is not None
    morning = CAME + 21 * DAY - timedelta(hours=2)
    assert morning <= row.due_at < morning + timedelta(hours=3)


def test_the_day_is_that_of_where_the_parcel_went(in_acme: Merchant) -> None:
    plan()
    row = planned(bought(shipping_address=Address(street="1 Main St", city="Chicago", region="IL", postcode="60601", country="US")))
    assert row is not None
    assert DUE + timedelta(hours=5) <= row.due_at < DUE + timedelta(hours=8)  # nine in Chicago is four in the afternoon in Berlin


def test_a_parcel_that_came_on_another_day_is_asked_about_later(order: Order) -> None:
    planned(order)
    Shipment.objects.update(delivered_at=CAME + 2 * DAY)
    row = planned(order, at=CAME + 2 * DAY)
    assert row is not None
    assert (row.delivered_at, row.due_at, ReviewRequest.objects.count()) == (CAME + 2 * DAY, DUE + 2 * DAY, 1)


def test_a_parcel_taken_back_by_its_carrier_is_asked_about_once_it_came_after_all(order: Order) -> None:
    planned(order)
    Shipment.objects.update(delivered_at=None)
    assert (sweep_reviews(now=DUE), sweep_reviews(now=DUE)) == (1, 0)
    assert (the().state, the().check_at, events()) == ("waiting", None, [])
    Shipment.objects.update(delivered_at=CAME)
    planned(order, at=DUE + DAY)
    assert the().check_at == DUE + DAY
    assert sweep_reviews(now=DUE + DAY) == 1
    assert events() == ["request.due"]


def test_asked_when_due_reminded_once_over_after_ninety_days(order: Order) -> None:
    row = planned(order)
    assert row is not None
    assert sweep_reviews(now=DUE - timedelta(seconds=1)) == 0
    assert sweep_reviews(now=DUE) == 1
    assert sweep_reviews(now=DUE) == 0
    asked = the()
    assert (asked.state, asked.asked_at, asked.remind_at, asked.check_at, asked.ends_at) == ("asked", DUE, REMIND, REMIND, DUE + 90 * DAY)
    assert sweep_reviews(now=REMIND) == 1
    assert (the().reminded_at, the().check_at) == (REMIND, DUE + 90 * DAY)
    assert sweep_reviews(now=DUE + 90 * DAY - timedelta(seconds=1)) == 0
    assert sweep_reviews(now=DUE + 90 * DAY) == 1
    assert (the().state, the().reason, the().ended_at, the().check_at) == ("ended", "over", DUE + 90 * DAY, None)
    assert events() == ["request.due", "request.reminder_due"]
    told = Event.objects.filter(type="reviews.request.due").get()
    assert (told.payload, told.occurred_at) == ({"request": row.pk, "order": order.pk}, DUE)


def test_without_a_reminder_there_is_none(order: Order) -> None:
    ReviewPlan.objects.update(reminder_days=0)
    planned(order)
    sweep_reviews(now=DUE)
    assert (the().remind_at, the().check_at) == (None, DUE + 90 * DAY)


def test_a_sweep_by_night_asks_nobody_before_the_morning(order: Order) -> None:
    planned(order)
    night = DUE + timedelta(hours=14)  # 1:00 in Berlin
    assert (sweep_reviews(now=night), sweep_reviews(now=night), events()) == (1, 0, [])
    moment = the().check_at
    assert moment is not None
    assert night + timedelta(hours=8) <= moment < night + timedelta(hours=11)
    assert sweep_reviews(now=moment) == 1
    assert (the().state, the().asked_at, events()) == ("asked", moment, ["request.due"])


@pytest.mark.parametrize(
    ("columns", "reason"),
    [({"state": OrderState.CANCELLED}, "cancelled"), ({"payment_state": "refunded"}, "refunded"), ({"erased_at": NOW}, "erased")],
)
def test_what_came_true_meanwhile_is_not_asked_about(order: Order, columns: dict[str, Any], reason: str) -> None:
    planned(order)
    Order.objects.update(**columns)
    assert sweep_reviews(now=DUE) == 1
    assert (the().state, the().reason, the().ended_at, events()) == ("ended", reason, DUE, [])


def test_a_merchant_who_no_longer_asks_asks_nobody_and_reminds_nobody(order: Order) -> None:
    planned(order)
    sweep_reviews(now=DUE)
    send(place_order(number="1002"), tracking_number="X2")
    second = plan_request(shipment=parcel_of(Order.objects.get(number="1002")), at=CAME)
    assert second is not None
    ReviewPlan.objects.update(is_on=False)
    assert sweep_reviews(now=REMIND) == 2
    assert (the(second).state, the(second).reason) == ("ended", "off")
    first = ReviewRequest.objects.exclude(pk=second.pk).get()
    assert (first.state, first.reminded_at, first.check_at) == ("asked", None, DUE + 90 * DAY)
    assert events() == ["request.due"]


def test_nobody_is_reminded_of_what_was_refunded_and_may_still_write(order: Order) -> None:
    row = request_row(order)
    record_refund(order=order, refund=IncomingRefund(external_id="R", amount=order.total, refunded_at=ASKED_AT, lines={}), at=ASKED_AT)
    assert sweep_reviews(now=REMIND) == 1
    assert (the().state, the().reminded_at, events()) == ("asked", None, [])
    assert request_of_token(token=request_token(row), now=REMIND).is_live


ASKED_AT = DUE + DAY


def test_the_stars_of_what_was_written_change_nothing(order: Order) -> None:
    row = request_row(order)
    review_row(order, "L1", stars=1, request=row)
    assert request_written(request=row, at=ASKED_AT).state == "asked"
    review_row(order, "L2", stars=5, request=row, state="pending")
    done = request_written(request=row, at=ASKED_AT)
    assert (done.state, done.ended_at, done.check_at, done.reason) == ("done", ASKED_AT, None, "")
    assert sweep_reviews(now=REMIND) == 0


def test_a_review_written_by_another_way_answers_the_question_too(order: Order) -> None:
    request_row(order)
    review_row(order, "L1")
    order_written(order_id=order.pk, at=ASKED_AT)
    assert the().state == "asked"
    review_row(order, "L2")
    order_written(order_id=order.pk, at=ASKED_AT)
    assert the().state == "done"


def test_one_that_was_answered_before_its_day_is_not_asked(order: Order) -> None:
    planned(order)
    review_row(order, "L1")
    review_row(order, "L2")
    assert sweep_reviews(now=DUE) == 1
    assert (the().state, events()) == ("done", [])


def test_a_review_sent_off_answers_the_question_at_once(order: Order) -> None:
    row = request_row(order)
    write_review(line=line_of(order, "L1"), words=Words(text="Soft.", language="en"), stars=1, at=ASKED_AT, request=row)
    assert the().state == "asked"
    write_review(line=line_of(order, "L2"), words=Words(text="Holds.", language="en"), stars=5, at=ASKED_AT)
    assert (the().state, the().check_at) == ("done", None)


# Not received.


def test_not_received_puts_it_off_once_and_asks_anew(order: Order) -> None:
    row = request_row(order)
    sweep_reviews(now=REMIND)
    assert events() == ["request.reminder_due"]
    deferred = defer_request(request=row, at=REMIND)
    assert (deferred.state, deferred.deferred_at, deferred.due_at) == ("deferred", REMIND, REMIND + 15 * DAY)
    assert (deferred.check_at, deferred.remind_at) == (REMIND + 15 * DAY, None)
    with Unchanged(RequestOver):
        defer_request(request=row, at=REMIND)
    assert sweep_reviews(now=REMIND + 15 * DAY) == 1
    again = the()
    assert (again.state, again.asked_at, again.remind_at) == ("asked", REMIND + 15 * DAY, None)
    assert (again.ends_at, again.check_at) == (REMIND + 105 * DAY, REMIND + 105 * DAY)
    assert events() == ["request.reminder_due", "request.deferred", "request.due"]


def test_what_is_over_is_not_put_off(order: Order) -> None:
    for state in ("done", "ended"):
        row = request_row(order, state=state)
        with Unchanged(RequestOver):
            defer_request(request=row, at=REMIND)
        row.delete()


def test_an_end_is_an_end(order: Order) -> None:
    row = request_row(order)
    ended = end_request(request=row, reason="cancelled", at=ASKED_AT)
    assert (ended.state, ended.reason, ended.ended_at, ended.check_at) == ("ended", "cancelled", ASKED_AT, None)
    assert end_request(request=row, reason="over", at=REMIND).reason == "cancelled"
    review_row(order, "L1")
    review_row(order, "L2")
    assert request_written(request=row, at=REMIND).state == "ended"


# Links and lists.


def test_a_link_leads_to_its_question_for_ninety_days(order: Order) -> None:
    row = request_row(order)
    token = request_token(row)
    assert read_request_token(token) == row.public_id
    found = request_of_token(token=token, now=ASKED_AT)
    assert (found.request, found.request.order, found.is_live) == (row, order, True)
    assert row.ends_at is not None
    assert not request_of_token(token=token, now=row.ends_at).is_live


def test_a_forged_strange_or_erased_link_leads_nowhere(order: Order) -> None:
    row = request_row(order)
    token = request_token(row)
    forged = ["", "x", token[:-1], token + "x", token[:-1] + ("a" if token[-1] != "a" else "b"), "é" * 54, row.public_id]
    for one in forged:
        with pytest.raises(RequestNotFound):
            request_of_token(token=one, now=ASKED_AT)
    Order.objects.update(erased_at=NOW)
    with pytest.raises(RequestNotFound):
        request_of_token(token=token, now=ASKED_AT)


def test_another_merchants_link_leads_nowhere(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        token = request_token(request_row(bought()))
    with merchant_scope(borealis.pk), pytest.raises(RequestNotFound):
        request_of_token(token=token, now=ASKED_AT)


def test_the_shopper_sees_what_was_asked_and_is_not_answered(order: Order) -> None:
    row, sam = request_row(order), customer()
    assert [one.pk for one in open_requests(sam.pk, ASKED_AT)] == [row.pk]
    assert open_requests(customer(email="eve@example.com", phone="").pk, ASKED_AT) == []
    assert row.ends_at is not None
    assert open_requests(sam.pk, row.ends_at) == []
    for state in ("waiting", "deferred", "done", "ended"):
        ReviewRequest.objects.update(state=state)
        assert open_requests(sam.pk, ASKED_AT) == []


def test_without_a_plan_nobody_is_asked(in_acme: Merchant) -> None:
    assert (plan_of().is_on, plan_of().moderation, plan_of().answer_hours) == (False, "flagged", 48)
    assert ReviewPlan.objects.count() == 0


# The road, and the round.


def test_a_delivery_is_planned_on_the_event_road(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        plan()
        bought()
    run_until_quiet(lambda: CAME)
    with merchant_scope(acme.pk):
        assert (the().state, the().due_at) == ("waiting", DUE)


def test_planning_many_takes_as_many_statements_as_planning_two(order: Order, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(2, 14):
        send(place_order(number=f"10{number:02}"), tracking_number=f"N{number}")
    parcels = list(Shipment.objects.order_by("pk").values_list("pk", flat=True))
    with django_assert_num_queries(8):
        assert plan_requests(shipments=parcels[:2], at=CAME) == 2
    with django_assert_num_queries(8):
        assert plan_requests(shipments=parcels, at=CAME) == 11
    ReviewRequest.objects.filter(shipment__in=parcels[2:]).update(check_at=DUE - DAY)
    with django_assert_num_queries(12):
        assert sweep_reviews(now=DUE - DAY) == 11


def test_one_merchants_trouble_is_not_anothers(
    acme: Merchant, borealis: Merchant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for merchant in (acme, borealis):
        with merchant_scope(merchant.pk):
            plan()
            row = request_row(bought(), state="waiting", due_at=DUE, check_at=DUE, asked_at=None, ends_at=None, remind_at=None)
            if merchant == acme:
                ReviewRequest.objects.filter(pk=row.pk).update(lines={"not": "a list"})
    monkeypatch.setattr("reviews.tasks.now", lambda: DUE + timedelta(hours=6))
    assert tasks.sweep() == 1
    assert [record.message for record in caplog.records] == ["a merchant's round failed"]
    for merchant, state in ((acme, "waiting"), (borealis, "asked")):
        with merchant_scope(merchant.pk):
            assert the().state == state
