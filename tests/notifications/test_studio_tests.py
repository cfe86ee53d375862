"""Tests to staff: only to addresses their link proved, only so many, and never a shopper's message."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from customers.services import suppress
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from notifications.models import DayFigure, Message, MessageContent, ShortLink, TestAddress
from notifications.studio import testing
from notifications.studio.testing import AddressRefused, LinkInvalid, NoAccount, NotVerified, TooManyTests
from notifications.studio.types import Draft
from notifications.types import Kind
from notifications.versions import starting_draft
from orders.models import Order, Promise
from orders.selectors import OrderNotFound
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import Stub, run

ADDRESS = "ada@acme.example"


@pytest.fixture
def ada(wired: Merchant) -> Iterator[User]:
    user = User.objects.create_user("ada@acme.example", name="Ada")
    with merchant_scope(wired.pk):
        place_order(at=NOW, quiet=True)
    yield user


def confirmation() -> Draft:
    return starting_draft(kind=Kind.ORDER_CONFIRMATION, channel="email", language="en")


def proved(user: User, address: str = ADDRESS, channel: str = "email") -> TestAddress:
    row: TestAddress = TestAddress.objects.create(user=user, channel=channel, address=address, nonce="x", asked_at=NOW, verified_at=NOW)
    return row


def link_in(stub: Stub) -> str:
    found = re.search(r"addresses/([\w-]+)/", stub.taken[-1].text)
    assert found is not None
    return found[1]


def test_an_address_is_proved_by_the_link_sent_to_it(wired: Merchant, ada: User, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        row = testing.add_address(user=ada, channel="email", address=" Ada@Acme.example ", at=NOW)
        assert (row.address, row.verified_at) == (ADDRESS, None)
        with pytest.raises(NotVerified):
            testing.send_test(draft=confirmation(), order_id=None, address_id=row.pk, user=ada, at=NOW)
    run()
    token = link_in(stub)
    assert [(sent.recipient, sent.subject) for sent in stub.taken] == [(ADDRESS, "Confirm this address for tests")]
    with merchant_scope(wired.pk):
        assert testing.address_of(user=ada, token=token, at=NOW).verified_at is None
        assert testing.confirm_address(user=ada, token=token, at=NOW).verified_at == NOW
        with pytest.raises(LinkInvalid):
            testing.confirm_address(user=ada, token=token, at=NOW)


def test_a_link_is_its_persons_own_and_lasts_a_day(wired: Merchant, ada: User, stub: Stub) -> None:
    other = User.objects.create_user("ben@acme.example")
    with merchant_scope(wired.pk):
        testing.add_address(user=ada, channel="email", address=ADDRESS, at=NOW)
    run()
    token = link_in(stub)
    with merchant_scope(wired.pk):
        for user, at in ((other, NOW), (ada, NOW + timedelta(hours=25))):
            with pytest.raises(LinkInvalid):
                testing.confirm_address(user=user, token=token, at=at)
        testing.add_address(user=ada, channel="email", address=ADDRESS, at=NOW)
        with pytest.raises(LinkInvalid):
            testing.confirm_address(user=ada, token=token, at=NOW)
        assert TestAddress.objects.get().verified_at is None


@pytest.mark.parametrize(
    ("channel", "address"), [("email", "no address"), ("email", "a@b\r\nBcc: c@d.example"), ("sms", "12"), ("fax", "1")]
)
def test_what_is_no_address_is_refused_and_nothing_is_sent(wired: Merchant, ada: User, channel: str, address: str) -> None:
    with merchant_scope(wired.pk):
        with pytest.raises(AddressRefused):
            testing.add_address(user=ada, channel=channel, address=address, at=NOW)
        assert (TestAddress.objects.count(), Message.objects.count()) == (0, 0)


def test_a_test_goes_by_the_normal_provider_and_touches_nothing_of_the_order(wired: Merchant, ada: User, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        order = Order.objects.get()
        before = (Order.objects.values().get(), Promise.objects.count())
        address = proved(ada)
        asked = testing.send_test(draft=confirmation(), order_id=order.pk, address_id=address.pk, user=ada, at=NOW)
        assert (asked.order_id, asked.customer_id, asked.is_test) == (None, None, True)
        assert asked.reasons == [{"condition": "test", "ok": True, "detail": "ada@acme.example", "user": ada.pk}]
    run()
    [sent] = stub.taken
    assert (sent.recipient, sent.recipient_name) == (ADDRESS, "")
    assert sent.subject.startswith("[Test] Your order 1001")
    assert order.public_id in sent.html
    assert "/unsubscribe/" not in sent.html
    with merchant_scope(wired.pk):
        assert (Order.objects.values().get(), Promise.objects.count()) == before
        assert (ShortLink.objects.count(), DayFigure.objects.count()) == (0, 0)
        found = testing.outcome(message_id=asked.pk, user=ada)
        assert found is not None
        assert found.state == "sent"
        assert testing.outcome(message_id=asked.pk, user=User.objects.create_user("eve@acme.example")) is None


def test_an_sms_test_says_so_first_and_leaves_no_short_link(wired: Merchant, ada: User, stub: Stub) -> None:
    draft = starting_draft(kind=Kind.THANKS, channel="sms", language="en")
    with merchant_scope(wired.pk):
        address = proved(ada, "+4915123456780", "sms")
        testing.send_test(draft=draft, order_id=None, address_id=address.pk, user=ada, at=NOW)
        assert ShortLink.objects.count() == 0
    run()
    assert [sent.text[:12] for sent in stub.taken] == ["[Test] Acme:"]


def test_a_test_of_a_message_that_is_off_and_needs_consent_goes_to_staff_all_the_same(wired: Merchant, ada: User, stub: Stub) -> None:
    draft = starting_draft(kind=Kind.ORDER_CONFIRMATION, channel="email", language="en", style="enticing")
    with merchant_scope(wired.pk):
        testing.send_test(draft=draft, order_id=None, address_id=proved(ada).pk, user=ada, at=NOW)
    run()
    assert len(stub.taken) == 1


def test_nothing_overrides_a_block_of_the_address_neither_a_test_nor_its_link(wired: Merchant, ada: User, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        suppress(channel="email", recipient="sam@example.com", reason="complaint", at=NOW)
        testing.add_address(user=ada, channel="email", address="sam@example.com", at=NOW)
        suppress(channel="email", recipient=ADDRESS, reason="bounce", at=NOW)
        testing.send_test(draft=confirmation(), order_id=None, address_id=proved(ada).pk, user=ada, at=NOW)
    run()
    assert stub.taken == []
    with merchant_scope(wired.pk):
        assert list(Message.objects.values_list("state", "reason").distinct()) == [("suppressed", "suppressed")]


def test_others_addresses_and_others_orders_are_refused(wired: Merchant, ada: User, borealis: Merchant) -> None:
    other = User.objects.create_user("ben@acme.example")
    with merchant_scope(borealis.pk):
        theirs = place_order(at=NOW, quiet=True)
    with merchant_scope(wired.pk):
        address = proved(ada)
        with pytest.raises(NotVerified):
            testing.send_test(draft=confirmation(), order_id=None, address_id=address.pk, user=other, at=NOW)
        with pytest.raises(OrderNotFound):
            testing.send_test(draft=confirmation(), order_id=theirs.pk, address_id=address.pk, user=ada, at=NOW)
        with pytest.raises(AddressRefused):
            testing.add_address(user=other, channel="email", address=ADDRESS, at=NOW)
        assert Message.objects.count() == 0


def test_without_a_provider_nothing_is_queued(acme: Merchant) -> None:
    ada = User.objects.create_user("ada@acme.example")
    with merchant_scope(acme.pk):
        place_order(at=NOW, quiet=True)
        with pytest.raises(NoAccount):
            testing.send_test(draft=confirmation(), order_id=None, address_id=proved(ada).pk, user=ada, at=NOW)
        assert Message.objects.count() == 0


def several(user: User, count: int, at: Any) -> None:
    rows = [
        Message(
            kind=Kind.ORDER_CONFIRMATION, channel="email", language="en", recipient=ADDRESS, is_test=True, decided_at=at, due_at=at,
            dedupe_key=f"test:{at}{n}", reasons=[{"condition": "test", "ok": True, "user": user.pk}],
        )
        for n in range(count)
    ]  # fmt: skip
    Message.objects.bulk_create(rows)


def test_twenty_a_minute_for_a_person(wired: Merchant, ada: User) -> None:
    ben = User.objects.create_user("ben@acme.example")
    with merchant_scope(wired.pk):
        address, other = proved(ada), proved(ben, "ben@acme.example")
        several(ada, 20, NOW - timedelta(seconds=20))
        with pytest.raises(TooManyTests) as refused:
            testing.send_test(draft=confirmation(), order_id=None, address_id=address.pk, user=ada, at=NOW)
        assert refused.value.retry_after == 40
        assert Message.objects.count() == 20
        testing.send_test(draft=confirmation(), order_id=None, address_id=other.pk, user=ben, at=NOW)
        testing.send_test(draft=confirmation(), order_id=None, address_id=address.pk, user=ada, at=NOW + timedelta(seconds=41))
        assert MessageContent.objects.count() == 2


def test_two_hundred_a_day_for_a_merchant(wired: Merchant, ada: User) -> None:
    with merchant_scope(wired.pk):
        several(ada, 200, NOW - timedelta(hours=23))
        with pytest.raises(TooManyTests) as refused:
            testing.send_test(draft=confirmation(), order_id=None, address_id=proved(ada).pk, user=ada, at=NOW)
        assert refused.value.retry_after == 3_600
        assert Message.objects.count() == 200


def test_what_cannot_be_saved_is_not_sent_either(wired: Merchant, ada: User) -> None:
    with merchant_scope(wired.pk):
        with pytest.raises(ValueError, match="one line"):
            broken = replace(confirmation(), subject="a\r\nBcc: b@c.example")
            testing.send_test(draft=broken, order_id=None, address_id=proved(ada).pk, user=ada, at=NOW)
        assert Message.objects.count() == 0
