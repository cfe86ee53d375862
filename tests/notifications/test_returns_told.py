"""From the event to the message: once for each fact, to whom it concerns, and never twice by two roads."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from customers.models import ContactRule, Customer
from customers.types import Subject, Topic
from events.models import Event
from events.services import emit
from events.types import Occurrence
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.automations import switch
from notifications.case_entries import ABOUT_CASES
from notifications.circumstances import troubles_of
from notifications.models import Message
from notifications.services import plan_many
from notifications.services.erasure import messages_of
from notifications.types import Kind
from orders.models import Order, Refund
from returns.models import MoneyBack, Return
from returns.selectors.open import has_open_case
from returns.types import ClaimState, ExchangeState, MoneyState, Origin, Problem, ReturnState, Way
from tests.conftest import NOW
from tests.factories import place_order, ship
from tests.notifications import cases, conftest, stories
from tests.notifications.conftest import Stub, only_we_listen
from tracking.models import Shipment
from tracking.types import IncidentType, ShipmentStatus

TEN = timedelta(minutes=10)
GIFT: dict[str, Any] = {
    "is_gift": True,
    "origin": Origin.GIFT,
    "recipient": {"name": "Ida Roe", "email": "ida@example.com", "language": "de"},
}


class Shop:
    """The merchant's scope, left while the workers run: they hold no transaction."""

    def __init__(self) -> None:
        self.pk, self._open = 0, ExitStack()

    def enter(self, pk: int) -> None:
        self.pk = pk
        self._open.enter_context(merchant_scope(pk))

    def leave(self) -> None:
        self._open.close()

    def outside(self, work: Callable[[], Any]) -> Any:
        self.leave()
        try:
            return work()
        finally:
            self.enter(self.pk)


SHOP = Shop()


@pytest.fixture(autouse=True)
def shop(wired: Merchant) -> Iterator[Shop]:
    SHOP.enter(wired.pk)
    yield SHOP
    SHOP.leave()


@pytest.fixture
def order(shop: Shop) -> Order:
    """Sam's, who bought here and was not imported; quiet, for its confirmation is not what is looked at."""
    row = place_order(quiet=True)
    Order.objects.filter(pk=row.pk).update(is_imported=False)
    row.refresh_from_db()
    return row


def run() -> None:
    SHOP.outside(conftest.run)


def release(merchant: Merchant, at: datetime) -> None:
    SHOP.outside(lambda: conftest.release(merchant, at))


def messages(merchant: Merchant, **filters: object) -> list[Message]:
    found: list[Message] = SHOP.outside(lambda: conftest.messages(merchant, **filters))
    return found


def states(merchant: Merchant) -> dict[str, str]:
    found: dict[str, str] = SHOP.outside(lambda: conftest.states(merchant))
    return found


def happens(type: str, **payload: int | None) -> Event:
    """An event of the room `returns`, which only we hear."""
    event = emit(type=f"returns.{type}", payload=payload, at=NOW)
    only_we_listen()
    return event


def told(merchant: Merchant) -> dict[str, str]:
    run()
    return states(merchant)


STEPS = [
    (Kind.RETURN_RECEIVED, "requested", ReturnState.REQUESTED),
    (Kind.RETURN_QUESTION, "info_needed", ReturnState.INFO_NEEDED),
    (Kind.RETURN_DECLINED, "declined", ReturnState.DECLINED),
    (Kind.RETURN_HANDED_OVER, "handed_over", ReturnState.IN_TRANSIT),
    (Kind.RETURN_ARRIVED, "arrived", ReturnState.ARRIVED),
    (Kind.RETURN_ARRIVED, "received", ReturnState.RECEIVED),
    (Kind.RETURN_INSPECTED, "inspected", ReturnState.INSPECTED),
]


@pytest.mark.parametrize(("kind", "step", "state"), STEPS)
def test_each_step_is_told_once_however_often_its_event_comes(
    wired: Merchant, order: Order, stub: Stub, kind: Kind, step: str, state: ReturnState
) -> None:
    case = cases.sent_back(order, state)
    event = happens(f"return.{step}", order=order.pk, **{"return": case.pk})
    assert told(wired) == {f"{kind}/email": "sent"}
    plan_many(events=[Occurrence(event.pk, event.type, event.payload, event.occurred_at, NOW)])
    run()
    [row] = messages(wired)
    assert (row.subject_id, row.order_id, row.customer_id, row.recipient) == (case.pk, order.pk, order.customer_id, "sam@example.com")
    assert len(stub.taken) == 1


@pytest.mark.parametrize(("kind", "step", "state"), STEPS)
def test_a_step_that_is_over_is_not_told(wired: Merchant, order: Order, kind: Kind, step: str, state: ReturnState) -> None:
    case = cases.sent_back(order, ReturnState.CANCELLED)
    happens(f"return.{step}", order=order.pk, **{"return": case.pk})
    reason = "already_decided" if kind == Kind.RETURN_RECEIVED else "newer_news"
    assert told(wired) == {f"{kind}/email": f"suppressed:{reason}"}


def test_an_approval_waits_for_its_label_and_is_told_once(wired: Merchant, order: Order) -> None:
    case = cases.sent_back(order, ReturnState.APPROVED, label_state="asked", label_url="")
    happens("return.requested", order=order.pk, **{"return": case.pk})
    happens("return.approved", order=order.pk, **{"return": case.pk})
    assert told(wired) == {"return_received/email": "sent"}
    Return.objects.update(state=ReturnState.LABELLED, label_state="ready", label_url="https://labels.example/1.pdf")
    happens("return.labelled", order=order.pk, **{"return": case.pk})
    assert told(wired) == {"return_received/email": "sent", "return_approved/email": "sent", "return_approved/sms": "sent"}


def test_what_is_approved_at_once_is_one_message(wired: Merchant, order: Order) -> None:
    case = cases.sent_back(order, ReturnState.LABELLED, label_state="", way=Way.OWN)
    happens("return.requested", order=order.pk, **{"return": case.pk})
    happens("return.approved", order=order.pk, **{"return": case.pk})
    found = told(wired)
    assert found["return_received/email"] == "suppressed:already_decided"
    assert found["return_approved/email"] == "sent"


def test_what_stays_with_the_shopper_is_approved_and_paid_and_nothing_else(wired: Merchant, order: Order) -> None:
    case = cases.sent_back(order, ReturnState.INSPECTED, way=Way.NONE, label_state="")
    for step in ("approved", "inspected"):
        happens(f"return.{step}", order=order.pk, **{"return": case.pk})
    assert set(told(wired)) == {"return_approved/email", "return_approved/sms"}


def test_a_second_question_is_told_as_well(wired: Merchant, order: Order) -> None:
    case = cases.sent_back(order, ReturnState.INFO_NEEDED, question="Is the seal closed?")
    for _ in range(2):
        happens("return.info_needed", order=order.pk, **{"return": case.pk})
        run()
    assert [row.state for row in messages(wired, kind="return_question")] == ["sent", "sent"]


def test_a_reminder_is_told_once_for_each_day_it_names(wired: Merchant, order: Order) -> None:
    case = cases.sent_back(order, ReturnState.LABELLED)
    for day in (30, 30, 29):
        Return.objects.update(hand_over_by=date(2026, 11, day))
        happens("return.reminder_due", order=order.pk, **{"return": case.pk})
        run()
    assert len(messages(wired, kind="return_reminder", channel="email")) == 2


def test_news_of_a_gift_go_to_who_got_it_and_leave_no_trace_with_the_giver(wired: Merchant, order: Order, stub: Stub) -> None:
    case = cases.sent_back(order, ReturnState.LABELLED, **GIFT)
    happens("return.approved", order=order.pk, **{"return": case.pk})
    run()
    sent = messages(wired, channel="email")
    assert [(row.recipient, row.language, row.order_id, row.customer_id, row.state) for row in sent] == [
        ("ida@example.com", "de", None, None, "sent")
    ]
    assert {row.recipient for row in messages(wired)} <= {"ida@example.com", ""}
    assert [taken.recipient for taken in stub.taken] == ["ida@example.com"]
    assert "Ida" in stub.taken[0].recipient_name
    assert "sam" not in stub.taken[0].text.lower()


def test_a_gift_without_an_address_is_told_to_nobody(wired: Merchant, order: Order, stub: Stub) -> None:
    case = cases.sent_back(order, ReturnState.LABELLED, is_gift=True, recipient={})
    happens("return.approved", order=order.pk, **{"return": case.pk})
    assert told(wired) == {"return_approved/email": "suppressed:no_email", "return_approved/sms": "suppressed:no_phone"}
    assert stub.taken == []


def refund_of(order: Order, external_id: str = "RF-1", amount: str = "59.10") -> Refund:
    row: Refund = Refund.objects.create(order=order, external_id=external_id, amount=Decimal(amount), refunded_at=NOW)
    emit(type="orders.refund.recorded", payload={"order": order.pk, "refund": row.pk}, at=NOW)
    only_we_listen()
    return row


def mailed(merchant: Merchant) -> dict[str, str]:
    return {name: state for name, state in states(merchant).items() if name.endswith("/email")}


def test_our_word_first_and_the_shops_later_is_one_message(wired: Merchant, order: Order) -> None:
    row = cases.money(order, cases.sent_back(order, ReturnState.INSPECTED))
    happens("money.sent", order=order.pk, money=row.pk, **{"return": row.case_id})
    run()
    refund_of(order)
    run()
    assert mailed(wired) == {"return_refunded/email": "sent", "refund/email": "suppressed:told_elsewhere"}


def test_the_shops_word_first_and_ours_later_is_one_message(wired: Merchant, order: Order) -> None:
    money = cases.money(order, cases.sent_back(order, ReturnState.INSPECTED), state=MoneyState.ASKED, external_id="", sent_at=None)
    refund = refund_of(order)
    run()
    assert mailed(wired) == {"refund/email": "pending:held"}
    MoneyBack.objects.filter(pk=money.pk).update(state=MoneyState.SENT, external_id="RF-1", refund=refund, sent_at=NOW)
    happens("money.sent", order=order.pk, money=money.pk, **{"return": money.case_id})
    run()
    release(wired, NOW + TEN)
    assert mailed(wired) == {"return_refunded/email": "sent", "refund/email": "cancelled:told_elsewhere"}


def test_a_refund_that_turns_out_to_be_another_one_is_told_after_a_while(wired: Merchant, order: Order) -> None:
    cases.money(order, cases.sent_back(order, ReturnState.INSPECTED), state=MoneyState.ASKED, external_id="", sent_at=None)
    refund_of(order, "OTHER", "3.00")
    run()
    release(wired, NOW + TEN)
    assert mailed(wired) == {"refund/email": "sent"}


def test_a_refund_without_any_return_is_told_at_once(wired: Merchant, order: Order) -> None:
    refund_of(order)
    run()
    assert mailed(wired) == {"refund/email": "sent"}


def test_a_refund_read_of_already_is_not_told_again_as_the_money_of_a_return(wired: Merchant, order: Order) -> None:
    refund = refund_of(order)
    run()
    row = cases.money(order, cases.sent_back(order, ReturnState.INSPECTED), refund=refund)
    happens("money.sent", order=order.pk, money=row.pk, **{"return": row.case_id})
    run()
    assert mailed(wired) == {"refund/email": "sent", "return_refunded/email": "suppressed:told_elsewhere"}


def test_a_shop_that_switched_off_our_word_of_the_money_still_tells_the_refund(wired: Merchant, order: Order) -> None:
    switch(kind="return_refunded", channel="email", is_on=False, at=NOW)
    row = cases.money(order, cases.sent_back(order, ReturnState.INSPECTED))
    happens("money.sent", order=order.pk, money=row.pk, **{"return": row.case_id})
    refund_of(order)
    run()
    assert mailed(wired) == {"return_refunded/email": "suppressed:merchant_off", "refund/email": "sent"}


@pytest.mark.parametrize("first", ["ours", "shop"])
def test_the_giver_reads_of_no_refund_of_a_gift(wired: Merchant, order: Order, stub: Stub, first: str) -> None:
    case = cases.sent_back(order, ReturnState.INSPECTED, **GIFT)
    row = cases.money(order, case, external_id="" if first == "shop" else "RF-1")
    if first == "ours":
        happens("money.sent", order=order.pk, money=row.pk, **{"return": case.pk})
    refund_of(order)
    run()
    release(wired, NOW + TEN)
    assert mailed(wired)["refund/email"] == "suppressed:told_elsewhere"
    assert {taken.recipient for taken in stub.taken} <= {"ida@example.com"}
    assert not messages(wired, customer=order.customer_id, state="sent")


def delivered(order: Order) -> Shipment:
    parcel = ship(order, quiet=True)
    Shipment.objects.filter(pk=parcel.pk).update(status=ShipmentStatus.DELIVERED, delivered_at=NOW)
    parcel.refresh_from_db()
    return parcel


@pytest.mark.parametrize("claim_first", [True, False])
def test_a_parcel_that_never_came_is_answered_once(wired: Merchant, order: Order, claim_first: bool) -> None:
    parcel = delivered(order)
    trouble = stories.incident(IncidentType.DELIVERED_NOT_RECEIVED, order=order, shipment=parcel, news_by=date(2026, 11, 27))
    claim = cases.claim(order, problem=Problem.NOT_RECEIVED, shipment=parcel)
    facts: list[tuple[str, dict[str, int]]] = [
        ("returns.claim.opened", {"order": order.pk, "claim": claim.pk}),
        ("tracking.receipt.denied", {"order": order.pk, "shipment": parcel.pk, "incident": trouble.pk}),
    ]
    for type, payload in facts if claim_first else reversed(facts):
        emit(type=type, payload=payload, at=NOW)
        only_we_listen()
        run()
    assert states(wired) == {"claim_received/email": "sent", "receipt_denied/email": "suppressed:told_elsewhere"}


def test_who_said_a_moment_ago_that_it_is_not_there_is_not_answered_twice(wired: Merchant, order: Order) -> None:
    parcel = delivered(order)
    trouble = stories.incident(IncidentType.DELIVERED_NOT_RECEIVED, order=order, shipment=parcel, news_by=date(2026, 11, 27))
    emit(type="tracking.receipt.denied", payload={"order": order.pk, "shipment": parcel.pk, "incident": trouble.pk}, at=NOW)
    only_we_listen()
    run()
    claim = cases.claim(order, problem=Problem.NOT_RECEIVED, shipment=parcel)
    happens("claim.opened", order=order.pk, claim=claim.pk)
    assert told(wired) == {"receipt_denied/email": "sent", "claim_received/email": "suppressed:told_elsewhere"}


def test_another_problem_with_the_parcel_is_answered_as_ever(wired: Merchant, order: Order) -> None:
    claim = cases.claim(order, problem=Problem.DAMAGED, shipment=delivered(order))
    happens("claim.opened", order=order.pk, claim=claim.pk)
    assert told(wired) == {"claim_received/email": "sent"}


@pytest.mark.parametrize("state", [ClaimState.APPROVED, ClaimState.DECLINED])
def test_a_claim_is_answered_yes_or_no(wired: Merchant, order: Order, state: ClaimState) -> None:
    claim = cases.claim(order, state=state, resolution="refund", amount=Decimal("5"), reason="It is used.")
    happens(f"claim.{state}", order=order.pk, claim=claim.pk)
    happens(f"claim.{state}", order=order.pk, claim=claim.pk)
    assert told(wired) == {"claim_decided/email": "sent"}
    assert len(messages(wired)) == 1


def test_the_parcel_of_a_replacement_is_told_as_the_replacement(wired: Merchant, order: Order) -> None:
    new = place_order(number="1002", external_id="X-2", quiet=True)
    row = cases.exchange(order, cases.sent_back(order, ReturnState.INSPECTED), new_order=new, state=ExchangeState.SHIPPED)
    parcel = ship(new)
    only_we_listen()
    happens("exchange.shipped", order=order.pk, exchange=row.pk)
    found = told(wired)
    assert found["exchange_shipped/email"] == "sent"
    assert found["dispatch/email"] == "suppressed:told_elsewhere"
    assert parcel.position == 1


def test_a_statement_without_order_and_customer_is_receipted_where_it_was_typed(wired: Merchant, stub: Stub) -> None:
    row = cases.withdrawal(None, email="someone@example.com", language="de")
    happens("withdrawal.declared", withdrawal=row.pk)
    assert told(wired) == {"withdrawal_receipt/email": "sent"}
    [kept] = messages(wired)
    assert (kept.recipient, kept.language, kept.order_id, kept.customer_id) == ("someone@example.com", "de", None, None)
    assert kept.is_mandatory
    assert "Received: Thursday, November 19, 2026, 09:12:00" in stub.taken[0].text
    assert stub.taken[0].recipient_name == "Maya Chen"


def test_a_statement_from_another_address_is_not_kept_with_the_order(wired: Merchant, order: Order) -> None:
    row = cases.withdrawal(order, email="someone@example.com")
    happens("withdrawal.declared", withdrawal=row.pk, order=order.pk)
    run()
    [kept] = messages(wired)
    assert (kept.recipient, kept.order_id, kept.customer_id) == ("someone@example.com", None, None)


def test_nothing_a_shopper_chose_withholds_the_receipt_of_a_withdrawal(wired: Merchant, order: Order) -> None:
    ContactRule.objects.create(
        customer=Customer.objects.get(pk=order.customer_id), is_important_only=True, paused_until=NOW + timedelta(days=9), updated_at=NOW
    )
    row = cases.withdrawal(order, email=order.email)
    happens("withdrawal.declared", withdrawal=row.pk, order=order.pk)
    run()
    [kept] = messages(wired)
    assert (kept.state, kept.order_id, kept.customer_id) == ("sent", order.pk, order.customer_id)


def test_only_what_must_arrive_is_sent_again_when_its_outcome_is_unknown() -> None:
    assert {entry.kind.value for entry in ABOUT_CASES if entry.is_mandatory} == {
        "return_approved", "return_declined", "return_refunded", "claim_received", "withdrawal_receipt", "withdrawal_unfounded",
    }  # fmt: skip
    assert {entry.topic for entry in ABOUT_CASES} == {Topic.ORDERS, Topic.PARCELS}


def test_an_open_return_or_claim_holds_back_what_advertises(wired: Merchant, order: Order) -> None:
    mine = order.customer_id or 0
    assert has_open_case([mine]) == set()
    case = cases.sent_back(order, ReturnState.REQUESTED)
    assert has_open_case([mine]) == {mine}
    assert troubles_of([mine]).of(mine, Topic.REVIEWS) == "open return or claim"
    Return.objects.filter(pk=case.pk).update(is_gift=True)
    assert troubles_of([mine]).of(mine, Topic.REVIEWS) == ""
    claim = cases.claim(order)
    assert has_open_case([mine, 0]) == {mine}
    claim.state = ClaimState.RESOLVED
    claim.save()
    assert has_open_case([mine]) == set()
    assert has_open_case([]) == set()


def test_a_case_that_is_gone_is_told_to_nobody(wired: Merchant, order: Order) -> None:
    happens("return.approved", order=order.pk, **{"return": 999_999})
    happens("withdrawal.declared", withdrawal=999_999)
    assert told(wired) == {}


def test_who_is_forgotten_is_forgotten_as_who_got_a_gift_too(wired: Merchant, order: Order) -> None:
    case = cases.sent_back(order, ReturnState.LABELLED, **GIFT)
    happens("return.approved", order=order.pk, **{"return": case.pk})
    run()
    theirs = messages_of(Subject(0, frozenset({"ida@example.com"})))
    assert theirs.count() == 1
    givers = messages_of(Subject(order.customer_id or 0, frozenset({"sam@example.com"})))
    assert givers.count() == 0
    assert Message.objects.filter(order=order).count() == 0
