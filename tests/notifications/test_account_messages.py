"""What shoppers do in their account becomes messages: codes, notices, answers. From the service to the provider."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, EmailChange, PrivacyRequest
from customers.services import request_email_change, request_erasure, suppress, withdraw_request
from customers.services.changes import record_account_change
from customers.services.emails import email_code
from customers.services.requests import tell
from customers.types import AccountFact, PrivacyKind, PrivacyState
from events.models import Event
from events.services import emit
from events.types import Occurrence
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.automations import switch
from notifications.models import Message
from notifications.selectors import message_story
from notifications.services import plan_many
from orders import services as orders
from orders.models import LookUp, Order, OrderRequest
from orders.rules.look_up import contact_in
from orders.services import look_up
from returns.models import ReturnPolicy
from tests.conftest import NOW
from tests.factories import ADDRESS, customer, place_order
from tests.notifications.conftest import Stub, make_due, messages, run, states

NEW = "sam@new.example"
MINUTE = timedelta(minutes=1)


def said(stub: Stub, kind: str, merchant: Merchant) -> Any:
    """What the provider was handed of this kind, the only one."""
    [row] = messages(merchant, kind=kind)
    return next(taken for taken in stub.taken if taken.token == row.token)


def asks_for(contact: str, *, number: str = "1001") -> LookUp:
    look_up.request_look_up(number=number, contact=contact_in(contact, region="DE"), ip="192.0.2.1", browser="b", at=NOW)
    row: LookUp = LookUp.objects.latest("pk")
    return row


def stored(row: Message) -> str:
    """Everything that is kept of a message."""
    return " ".join((row.content.subject, row.content.text, row.content.html, str(row.reasons), row.dedupe_key))


@pytest.mark.parametrize(
    ("contact", "channel", "to"), [("sam@example.com", "email", "sam@example.com"), ("+49 1512 3456789", "sms", "+4915123456789")]
)
def test_an_orders_code_goes_where_it_was_asked_by_and_is_stored_nowhere(
    wired: Merchant, stub: Stub, contact: str, channel: str, to: str
) -> None:
    with merchant_scope(wired.pk):
        place_order(quiet=True)
        code = look_up.look_up_code(asks_for(contact))
    run()
    [row] = messages(wired)
    assert (row.kind, row.channel, row.state, row.recipient) == ("order_code", channel, "sent", to)
    assert row.not_after == NOW + timedelta(minutes=10)
    assert code in stub.taken[0].text
    with merchant_scope(wired.pk):
        assert code not in stored(row)
        assert re.search(r"[•*]{6}", row.content.text)  # a text message has no bullets


@pytest.mark.parametrize("contact", ["sam@elsewhere.example", "+49 1512 0000000"])
def test_who_asks_with_a_wrong_address_is_told_nothing_and_neither_is_the_owner(wired: Merchant, stub: Stub, contact: str) -> None:
    with merchant_scope(wired.pk):
        place_order(quiet=True)
        asks_for(contact)
        asks_for("sam@example.com", number="9999")
    run()
    assert messages(wired) == []
    assert stub.taken == []


def test_the_code_of_an_imported_order_goes_out_all_the_same(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        order = place_order(quiet=True)
        Order.objects.filter(pk=order.pk).update(is_imported=True, recorded_at=NOW + MINUTE)
        asks_for("sam@example.com")
    run()
    assert states(wired) == {"order_code/email": "sent"}


def test_a_code_comes_before_everything_else_that_is_due(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        place_order(number="1001", quiet=True)
        place_order(number="1002", email="other@example.com")
        look_up.announce_hit(look_up_id=asks_for("sam@example.com").pk, at=NOW)
    run()
    assert stub.taken[0].token == messages(wired, kind="order_code")[0].token


def test_a_code_whose_sending_is_tried_again_is_the_same_and_still_stored_nowhere(wired: Merchant, stub: Stub) -> None:
    accept = stub.answer
    stub.answer = lambda message: (_ for _ in ()).throw(ConnectionError("gone"))
    with merchant_scope(wired.pk):
        place_order(quiet=True)
        code = look_up.look_up_code(asks_for("sam@example.com"))
    run()
    stub.answer = accept
    [row] = messages(wired)
    # Nobody knows whether it was taken, and a second one is not sent blindly.
    assert row.state == "unknown"
    with merchant_scope(wired.pk):
        assert code not in stored(row)


def test_a_new_address_is_proven_there_and_the_change_told_to_the_old_one(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        sam = customer()
        request_email_change(customer=sam, email=NEW, ip="192.0.2.1", at=NOW)
        code = email_code(EmailChange.objects.get())
    run()
    assert [(row.kind, row.recipient, row.state) for row in messages(wired)] == [("email_code", NEW, "sent")]
    assert code in said(stub, "email_code", wired).text
    with merchant_scope(wired.pk):
        assert code not in stored(messages(wired)[0])
        Customer.objects.filter(pk=sam.pk).update(email=NEW, email_normalised=NEW)
        record_account_change(customer=sam, what=AccountFact.EMAIL_CHANGED, device="", told_to="sam@example.com", at=NOW)
    run()
    [notice] = messages(wired, kind="account_notice")
    assert (notice.recipient, notice.state) == ("sam@example.com", "sent")
    assert "Your e-mail address was changed" in said(stub, "account_notice", wired).text


def test_a_change_is_told_to_the_shoppers_own_address_and_signing_in_to_nobody(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        sam = customer(language="de")
        record_account_change(customer=sam, what=AccountFact.SIGNED_IN, device="", at=NOW)
        record_account_change(customer=sam, what=AccountFact.PASSKEY_ADDED, device="", at=NOW)
    run()
    [notice] = messages(wired)
    assert (notice.kind, notice.recipient, notice.language, notice.order_id) == ("account_notice", "sam@example.com", "de", None)
    assert "Ein Passkey kam hinzu" in said(stub, "account_notice", wired).text


def test_every_change_is_told_once_however_often_its_event_comes(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        sam = customer()
        for what in (AccountFact.PASSWORD_SET, AccountFact.PASSWORD_REMOVED):
            record_account_change(customer=sam, what=what, device="", at=NOW)
        rows = Event.objects.filter(type="customers.account.changed").order_by("pk")
        events = [Occurrence(row.pk, row.type, row.payload, row.occurred_at, NOW) for row in rows]
        plan_many(events=events)
    run()
    assert len(messages(wired, kind="account_notice")) == len(stub.taken) == 2


def test_a_blocked_address_gets_no_code(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        suppress(channel="email", recipient="sam@example.com", reason="complaint", at=NOW)
        place_order(quiet=True)
        asks_for("sam@example.com")
    run()
    assert states(wired) == {"order_code/email": "suppressed:suppressed"}
    assert stub.taken == []


def wants_to_cancel(*, quiet: bool = True) -> OrderRequest:
    return orders.request_cancel(order=place_order(quiet=quiet), at=NOW)


def test_a_wish_to_cancel_is_confirmed_and_a_refusal_answered_with_its_reason(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        request = wants_to_cancel()
    run()
    assert states(wired) == {"request_received/email": "sent"}
    assert "Your order is not cancelled yet." in said(stub, "request_received", wired).text
    with merchant_scope(wired.pk):
        orders.refuse_request(request=request, reason="It was made for you.", at=NOW)
    run()
    assert states(wired, kind="request_decided") == {"request_decided/email": "sent", "request_decided/sms": "suppressed:merchant_off"}
    answer = next(taken for taken in stub.taken if "could not be cancelled" in taken.subject)
    assert "It was made for you." in answer.text
    assert "You can send it back until Saturday, December 26." in answer.text


def test_what_cannot_go_back_is_given_no_day_to_send_it_back_until(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        rules = [{"id": "final", "name": "Final sale", "when": {}, "then": {"final_sale": True}}]
        ReturnPolicy.objects.create(number=9, rules=rules, created_at=NOW - timedelta(days=30))
        request = wants_to_cancel()
        orders.refuse_request(request=request, reason="It was made for you.", at=NOW)
    run()
    answer = next(taken for taken in stub.taken if "could not be cancelled" in taken.subject)
    assert "Your order comes as planned" in answer.text
    assert "send it back until" not in answer.text


def test_a_granted_cancellation_is_told_by_the_cancellation_alone(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        request = wants_to_cancel(quiet=False)
    run()
    known = len(stub.taken)
    with merchant_scope(wired.pk):
        orders.accept_request(request=request, at=NOW)
    run()
    found = states(wired, channel="email")
    assert found["cancellation/email"] == "sent"
    assert found["request_decided/email"] == "suppressed:told_by_cancellation"
    assert [taken.subject for taken in stub.taken[known:] if taken.channel == "email"] == ["Order 1001 is cancelled"]


def test_a_wish_taken_back_is_answered_by_nothing_and_says_why(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        request = wants_to_cancel()
    run()
    with merchant_scope(wired.pk):
        orders.withdraw_request(request=request, at=NOW)
    run()
    assert states(wired, kind="request_decided")["request_decided/email"] == "suppressed:taken_back"
    assert len(stub.taken) == 1
    with merchant_scope(wired.pk):
        story = message_story(message_id=messages(wired, kind="request_decided", channel="email")[0].pk)
    assert [(one.question, one.ok) for one in story.asked if one.condition == "taken_back"] == [
        ("The shopper has not taken it back", False)
    ]


def test_what_is_taken_back_before_its_confirmation_left_is_not_confirmed(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        request = wants_to_cancel()
        orders.withdraw_request(request=request, at=NOW)
    run()
    assert states(wired, channel="email") == {
        "request_received/email": "suppressed:already_decided",
        "request_decided/email": "suppressed:taken_back",
    }
    assert stub.taken == []


def test_a_shop_that_refused_and_does_it_all_the_same_tells_both(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        switch(kind="request_decided", channel="sms", is_on=True, at=NOW)
        wanted = ADDRESS.__class__(name="Sam Berg", street="Neue Straße 5", postcode="10119", city="Berlin", country="DE")
        request = orders.request_address(order=place_order(quiet=True), address=wanted, at=NOW)
    run()
    with merchant_scope(wired.pk):
        orders.refuse_request(request=request, reason="", at=NOW)
    run()
    with merchant_scope(wired.pk):
        orders.accept_request(request=OrderRequest.objects.get(pk=request.pk), at=NOW)
    run()
    texts = [taken.text for taken in stub.taken if taken.channel == "sms"]
    assert ["could not be changed" in text for text in texts] == [True, False]
    assert "goes to your new address" in texts[1]
    mails = [taken for taken in stub.taken if taken.channel == "email"]
    told = [taken.subject.partition(": ")[2] for taken in mails]
    assert told[1:] == ["the address could not be changed", "it goes to your new address"]
    assert "Neue Straße 5" in mails[2].text


def test_an_erasure_is_announced_with_its_day_and_a_withdrawal_confirmed(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        request = request_erasure(customer=customer(), source="profile", at=NOW)
    run()
    [row] = messages(wired)
    assert (row.kind, row.state, row.recipient) == ("privacy", "sent", "sam@example.com")
    assert "Until then you can take it back" in stub.taken[0].text
    with merchant_scope(wired.pk):
        withdraw_request(request=request, at=NOW + MINUTE)
    run()
    assert [taken.subject.partition(": ")[2] for taken in stub.taken][1:] == ["your data will not be erased"]


def test_an_erasure_withdrawn_before_its_announcement_left_is_not_announced(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        request = request_erasure(customer=customer(), source="profile", at=NOW)
        withdraw_request(request=request, at=NOW)
    run()
    assert sorted((row.state, row.reason) for row in messages(wired)) == [("sent", ""), ("suppressed", "newer_news")]
    assert len(stub.taken) == 1


@pytest.mark.parametrize("state", [PrivacyState.WORKING, PrivacyState.DONE])
def test_an_erasure_under_way_or_done_leaves_no_message_at_all(wired: Merchant, state: PrivacyState) -> None:
    with merchant_scope(wired.pk):
        request = PrivacyRequest.objects.create(
            customer=customer(), kind=PrivacyKind.ERASURE, state=state, source="profile", requested_at=NOW, due_by=NOW.date()
        )
        tell(request, NOW)
    run()
    assert messages(wired) == []


@pytest.mark.parametrize(
    ("type", "name"),
    [
        ("customers.account.changed", "account_change"),
        ("customers.email_change.requested", "email_change"),
        ("customers.privacy_request.changed", "privacy_request"),
    ],
)
def test_an_event_about_a_row_that_was_erased_meanwhile_gives_rise_to_nothing(wired: Merchant, type: str, name: str) -> None:
    with merchant_scope(wired.pk):
        emit(type=type, payload={name: 999_999, "customer": customer().pk, "state": "done"}, at=NOW)
    run()
    assert messages(wired) == []


def test_another_merchants_look_up_or_request_is_no_news_here(wired: Merchant, borealis: Merchant, stub: Stub) -> None:
    with merchant_scope(borealis.pk):
        theirs = asks_for("sam@example.com") if place_order(quiet=True) else None
        request = orders.request_cancel(order=Order.objects.get(), at=NOW)
        Event.objects.all().delete()
    assert theirs is not None
    with merchant_scope(wired.pk):
        order = place_order(quiet=True)
        emit(type="orders.look_up.requested", payload={"look_up": theirs.pk, "order": order.pk}, at=NOW)
        emit(type="orders.request.made", payload={"request": request.pk, "order": order.pk}, at=NOW)
    run()
    assert messages(wired) == []
    assert stub.taken == []


@pytest.mark.parametrize("count", [1, 20])
def test_planning_changes_of_accounts_costs_the_same_for_one_and_for_twenty(wired: Merchant, count: int) -> None:
    with merchant_scope(wired.pk):
        for number in range(count):
            sam = customer(email=f"shopper{number}@example.com", phone="")
            record_account_change(customer=sam, what=AccountFact.PASSWORD_SET, device="", at=NOW)
        rows = Event.objects.filter(type="customers.account.changed").order_by("pk")
        events = [Occurrence(row.pk, row.type, row.payload, row.occurred_at, NOW) for row in rows]
        with CaptureQueriesContext(connection) as queries:
            plan_many(events=events)
    # Shoppers, changes, their data once more, suppressions, two of what was chosen, plans, merchant, the clock, the insert.
    assert len(queries) <= 10
    make_due(wired)
    assert len(messages(wired)) == count
