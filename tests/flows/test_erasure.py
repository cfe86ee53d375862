"""A shopper is forgotten: no table keeps a trace, the books stay, and nothing the shop tells later brings anything back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.models import Connection, InboxItem
from customers.models import Consent, Customer, PrivacyRequest, Suppression
from customers.registry import holdings
from customers.selectors import subject_of
from customers.services import carry_out, carry_out_due, request_erasure, save_profile
from customers.types import Profile
from events.models import Event, Work
from events.services import run_until_quiet
from merchants.models import IdempotencyKey, Merchant
from merchants.scope import merchant_scope
from notifications.models import InboundText, Message, ProviderAccount
from orders.models import Order
from tests.conftest import NOW
from tests.factories import EMAIL, PHONE, customer, incoming_line, place_order
from tests.flows.traces import MARK, books, leave_mark, live, traces

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DONE_AT = NOW + 3 * DAY


def forget(person: Customer, at: datetime = DONE_AT) -> PrivacyRequest:
    """Both rounds of an erasure the shopper asked for three days ago."""
    request = request_erasure(customer=person, source="profile", at=at - 3 * DAY)
    for moment in (at, at + HOUR):
        carry_out(request_id=request.pk, at=moment)
    request.refresh_from_db()
    return request


@pytest.fixture
def told(in_acme: Merchant) -> Customer:
    """Somebody whose mark stands in every column that can name a person."""
    person = live()
    assert leave_mark() == []
    assert len(traces()) > 60
    person.refresh_from_db()
    return person


def test_after_an_erasure_no_table_of_the_database_holds_a_trace(told: Customer) -> None:
    before = books(Order.objects.get())
    request = forget(told)
    assert (request.state, request.decided_at) == ("done", DONE_AT + HOUR)
    assert traces() == []
    order = Order.objects.get()
    assert books(order) == before
    assert {name: text for name, text in order.shipping_address.items() if text} == {"postcode": "77", "city": "Berlin", "country": "DE"}
    assert list(order.payments.values_list("last4", flat=True)) == [""]


def test_the_proof_counts_what_was_forgotten_and_names_nobody(told: Customer) -> None:
    facts = forget(told).facts
    assert {key: facts["first"][key] > 0 for key in ("account", "orders", "parcels", "messages", "news", "sign_in")} == dict.fromkeys(
        ("account", "orders", "parcels", "messages", "news", "sign_in"), True
    )
    assert set(facts["second"].values()) == {0}


def test_consents_stay_as_proof_and_blocked_addresses_stay_blocked(told: Customer) -> None:
    said = list(Consent.objects.values_list("topic", "channel", "is_granted", "wording"))
    blocked = list(Suppression.objects.values_list("recipient_hash", flat=True))
    forget(told)
    assert (
        list(Consent.objects.values_list("topic", "channel", "is_granted", "wording"))
        == said
        == [("offers", "email", True, "Offers by e-mail.")]
    )
    assert list(Suppression.objects.values_list("recipient_hash", flat=True)) == blocked != []


def test_nothing_leaves_after_an_erasure(told: Customer) -> None:
    forget(told)
    found = dict(Message.objects.values_list("dedupe_key", "state"))
    assert sorted(found.values()) == ["cancelled", "cancelled", "delivered", "sending"]
    assert set(Message.objects.values_list("recipient", flat=True)) == {""}
    assert not Message.objects.filter(state="sending", not_after=None).exists()


def test_another_shopper_and_another_merchant_are_left_alone(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        live()
        leave_mark()
        there = traces()
    with merchant_scope(acme.pk):
        person = live()
        leave_mark()
        eve = place_order(number="2002", email="eve@example.com", first_name="Eve")
        before = Order.objects.filter(pk=eve.pk).values().get()
        person.refresh_from_db()
        forget(person)
        assert Order.objects.filter(pk=eve.pk).values().get() == before
        assert Customer.objects.get(pk=eve.customer_id).first_name == "Eve"
    with merchant_scope(borealis.pk):
        # The log of staff acts is not any merchant's own table; each entry goes with the customer it is about.
        assert traces() == there


def test_the_shops_news_of_a_forgotten_order_bring_no_name_back_but_its_amounts_count(in_acme: Merchant) -> None:
    order = place_order(placed_at=NOW - 200 * DAY, at=NOW)
    assert order.customer is not None
    forget(order.customer)
    told_again: dict[str, Any] = {
        "placed_at": NOW - 200 * DAY,
        "updated_at": DONE_AT + DAY,
        "email": EMAIL,
        "first_name": MARK,
        "cancel_reason": MARK,
        "lines": (incoming_line(quantity=1, options={"Engraving": MARK}),),
    }
    place_order(at=DONE_AT + DAY, **told_again)
    order.refresh_from_db()
    assert (order.email, order.phone, order.first_name, order.shipping_address["street"]) == ("", "", "", "")
    assert (order.shipping_address["city"], order.shipping_address["postcode"], str(order.total)) == ("Berlin", "10", "53.9000")
    assert order.lines.get(external_id="L1").options == {}
    assert traces() == []
    assert Customer.objects.exclude(email="").count() == 0


def test_a_new_order_of_the_same_address_is_somebody_new(in_acme: Merchant) -> None:
    old = place_order(placed_at=NOW - 200 * DAY, at=NOW)
    assert old.customer is not None
    forget(old.customer)
    new = place_order(number="2002", placed_at=DONE_AT + DAY, at=DONE_AT + DAY)
    assert new.customer is not None and new.customer_id != old.customer_id
    assert (new.customer.email, new.customer.orders.count()) == (EMAIL, 1)


def test_an_order_that_is_not_finished_holds_an_erasure_up_and_the_reason_is_told(in_acme: Merchant) -> None:
    order = place_order(placed_at=NOW, at=NOW)
    assert order.customer is not None
    request = request_erasure(customer=order.customer, source="profile", at=NOW)
    carry_out(request_id=request.pk, at=DONE_AT)
    request.refresh_from_db()
    order.refresh_from_db()
    assert (request.state, request.reason, order.email) == ("requested", "Order 1001 is not finished yet.", EMAIL)
    assert Event.objects.filter(type="customers.privacy_request.changed").count() == 1


def test_what_is_still_held_up_after_a_month_is_refused_with_the_reason(in_acme: Merchant) -> None:
    order = place_order(placed_at=NOW, at=NOW)
    assert order.customer is not None
    request = request_erasure(customer=order.customer, source="profile", at=NOW)
    carry_out(request_id=request.pk, at=NOW + 31 * DAY)
    request.refresh_from_db()
    assert (request.state, request.reason) == ("refused", "Order 1001 is not finished yet.")
    told = Event.objects.filter(type="customers.privacy_request.changed").latest("pk").payload
    assert told == {"privacy_request": request.pk, "customer": order.customer_id, "state": "refused"}


def test_the_clock_erases_after_three_days_and_finishes_an_hour_later(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        person = customer()
        request_erasure(customer=person, source="profile", at=NOW)
    run_until_quiet(lambda: NOW)
    assert carry_out_due(now=NOW + 3 * DAY - HOUR) == {}
    assert carry_out_due(now=NOW + 3 * DAY) == {"working": 1}
    assert carry_out_due(now=NOW + 3 * DAY + timedelta(minutes=30)) == {}
    assert carry_out_due(now=NOW + 3 * DAY + HOUR) == {"done": 1}
    with merchant_scope(acme.pk):
        assert Customer.objects.values_list("email", "phone", "erased_at").get() == ("", "", NOW + 3 * DAY)


def test_addresses_and_numbers_can_be_used_by_somebody_else_afterwards(in_acme: Merchant) -> None:
    forget(customer())
    again = customer(phone=PHONE)
    assert (again.email, again.phone) == (EMAIL, PHONE)


def test_a_number_that_says_nothing_takes_nobody_elses_news_and_answers(in_acme: Merchant) -> None:
    person = place_order(phone="0").customer
    assert person is not None
    body, answer = b'{"id":2002,"email":"eve@example.com"}', {"id": "E" * 22, "number": "2002"}
    shop = Connection.objects.create(connector="shopify", slug="eves-shop", created_at=NOW)
    news = InboxItem.objects.create(connection=shop, topic="orders/create", event_id="1", body=body, state=Work.DONE, due_at=NOW)
    kept = IdempotencyKey.objects.create(key="k", endpoint="orders", request_hash="h", status=201, body=answer, created_at=NOW)
    assert forget(person, at=NOW + 100 * DAY).state == "done"
    news.refresh_from_db()
    kept.refresh_from_db()
    assert (bytes(news.body), kept.body) == (body, answer)


def test_a_copy_holds_no_texts_from_a_number_another_account_has_too(in_acme: Merchant) -> None:
    account = ProviderAccount.objects.create(channel="sms", provider="sandbox", rank=7, is_active=False, created_at=NOW)
    mallory = customer(email="mallory@example.com", phone="+4915199999999")
    for provider_id, sender in (("1", "+4915199999999"), ("2", PHONE)):
        InboundText.objects.create(account=account, provider_id=provider_id, sender=sender, text=f"text {provider_id}", received_at=NOW)
    sam = customer()
    profile = Profile("Mallory", "", PHONE, None, "en", "")
    answers = next(one for one in holdings() if one.key == "answers")
    assert [row["text"] for row in answers.collect(subject_of(mallory))] == ["text 1"]
    save_profile(customer=mallory, profile=profile, at=NOW)
    mallory.refresh_from_db()
    assert (mallory.phone, sam.phone) == (PHONE, PHONE)
    assert list(answers.collect(subject_of(mallory))) == []
