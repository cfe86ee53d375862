"""Messages we sent to a shopper, and those we did not: what, when, where to and why, in plain words."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import Message, MessageContent
from notifications.types import Kind, MessageState
from orders.models import Order
from portal.rules.told import kind_words, outcome, reason_words, why
from tests.architecture.test_floors import ROOT
from tests.conftest import NOW
from tests.factories import customer
from tests.portal.conftest import BOREALIS, signed_in
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words

Scope = Callable[..., Any]
MINUTE = timedelta(minutes=1)


def message(order: Order | None, **over: Any) -> Message:
    number = Message.objects.count()
    values: dict[str, Any] = {
        "kind": Kind.ORDER_CONFIRMATION,
        "channel": "email",
        "state": MessageState.DELIVERED,
        "dedupe_key": f"made-{number}",
        "order": order,
        "customer": order.customer if order else None,
        "recipient": "sam@example.com",
        "language": "en",
        "decided_at": NOW - timedelta(hours=number + 1),
        "due_at": NOW,
        "reasons": [{"condition": "suppressed", "ok": True, "detail": ""}],
        **over,
    }
    row: Message = Message.objects.create(**values)
    return row


def with_content(row: Message, **over: Any) -> Message:
    MessageContent.objects.create(message=row, **{"subject": "Your order 1001", "text": "Thank you.", "html": "<p>Thank you.</p>", **over})
    return row


def test_every_message_says_what_when_where_to_and_why(sam: Client, order: Order, in_scope: Scope) -> None:
    in_scope(message, order, sent_at=NOW - MINUTE)
    in_scope(
        message,
        order,
        kind=Kind.ADDITIONS,
        channel="sms",
        recipient="+4915123456789",
        state=MessageState.SUPPRESSED,
        reason="marketing_consent",
        topic="offers",
    )
    in_scope(
        message, order, kind=Kind.DISPATCH, channel="sms", recipient="", state=MessageState.SUPPRESSED, reason="no_phone", topic="parcels"
    )
    text = words(sam, "/messages/")
    assert (
        "Delivered Order confirmation, order 1001 Friday 20 November, 10:59 CET · E-mail s•••@example.com"
        " It is about your order or your account; these always come."
        " Not sent Items for the same parcel, order 1001 Friday 20 November, 09:00 CET · SMS +49•••789"
        " You have not agreed to get such messages."
        " Not sent Parcel sent, order 1001 Friday 20 November, 08:00 CET We have no telephone number that works." in text
    )
    assert "sam@example.com" not in text


def test_without_messages_the_page_says_when_some_will_be_there(acme: Merchant, in_scope: Scope) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    assert "No messages yet As soon as you order something" in words(eve, "/messages/")


def test_a_letter_is_shown_in_a_frame_that_may_do_nothing(sam: Client, order: Order, in_scope: Scope) -> None:
    row = in_scope(lambda: with_content(message(order), html="<html><head><title>x</title></head><body><b>Hi</b></body></html>"))
    html = sam.get(f"/messages/{row.token}/").content.decode()
    assert (
        f'sandbox="allow-popups allow-popups-to-escape-sandbox" title="The e-mail as it was sent" src="/messages/{row.token}/letter/"'
        in html
    )
    response = sam.get(f"/messages/{row.token}/letter/")
    assert response.content.decode() == '<html><head><base target="_blank"><title>x</title></head><body><b>Hi</b></body></html>'
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    policy = response["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy
        and "frame-ancestors 'self'" in policy
        and policy.endswith("sandbox allow-popups allow-popups-to-escape-sandbox")
    )
    assert "script-src" not in policy and "allow-scripts" not in policy and "allow-same-origin" not in policy
    assert (response["Cache-Control"], response["Referrer-Policy"]) == ("no-store", "same-origin")


def test_a_text_message_is_shown_as_text(sam: Client, order: Order, in_scope: Scope) -> None:
    row = in_scope(lambda: with_content(message(order, channel="sms"), subject="", text="Acme: <b>hi</b>\nhttps://x", html=""))
    html = sam.get(f"/messages/{row.token}/").content.decode()
    assert "Acme: &lt;b&gt;hi&lt;/b&gt;<br>https://x" in html and "<iframe" not in html
    assert sam.get(f"/messages/{row.token}/letter/").status_code == 404


def test_a_message_whose_words_were_deleted_still_says_that_it_was_sent(sam: Client, order: Order, in_scope: Scope) -> None:
    row, withheld = in_scope(message, order), in_scope(message, order, state=MessageState.SUPPRESSED, reason="no_email", recipient="")
    assert "What it said is no longer kept." in words(sam, f"/messages/{row.token}/")
    assert "It was never written, so there is nothing to show." in words(sam, f"/messages/{withheld.token}/")
    assert sam.get(f"/messages/{row.token}/letter/").status_code == 404


def test_one_message_names_every_reason_against_it_once(sam: Client, order: Order, in_scope: Scope) -> None:
    codes = [("merchant_off", True), ("marketing_consent", False), ("paused", False), ("not_now", False), ("marketing_consent", False)]
    reasons = [{"condition": code, "ok": ok, "detail": "internal words"} for code, ok in codes]
    row = in_scope(message, order, state=MessageState.SUPPRESSED, reason="marketing_consent", reasons=reasons, topic="offers")
    text = words(sam, f"/messages/{row.token}/")
    assert (
        "You have not agreed to get such messages. You paused our messages."
        " Something is not settled with an order of yours; that comes first. Decided" in text
    )
    assert "internal words" not in text


def test_messages_are_the_shoppers_own_and_tests_of_staff_are_not_among_them(
    acme: Merchant, borealis: Merchant, sam: Client, browser: Client, order: Order, in_scope: Scope
) -> None:
    mine = in_scope(lambda: with_content(message(order)))
    tried = in_scope(lambda: with_content(message(order, is_test=True)))
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    with merchant_scope(borealis.pk):
        twin = signed_in(borealis, customer())
    assert words(sam, "/messages/").count("Order confirmation") == 1
    assert [sam.get(f"/messages/{row.token}/{part}").status_code for row in (mine, tried) for part in ("", "letter/")] == [
        200,
        200,
        404,
        404,
    ]
    for client in (eve, twin):
        assert "Order confirmation" not in words(client, "/messages/")
        assert [client.get(f"/messages/{mine.token}/{part}").status_code for part in ("", "letter/")] == [404, 404]
    assert [browser.get(f"/messages/{mine.token}/{part}").status_code for part in ("", "letter/")] == [302, 302]
    assert sam.get(f"/messages/{mine.token}/", headers={"host": BOREALIS}).status_code == 302


@pytest.mark.parametrize("page", ["", "?page=0", "?page=99", "?page=x", "?page=-1", "?page=" + "9" * 400])
def test_the_list_is_paged_and_odd_pages_are_pages(sam: Client, order: Order, in_scope: Scope, page: str) -> None:
    in_scope(lambda: [message(order) for _ in range(21)])
    response = sam.get(f"/messages/{page}")
    assert response.status_code == 200
    assert response.content.decode().count('class="item__name"') in (1, 20)
    assert 'aria-label="Pages of messages"' in response.content.decode()


def test_the_newest_stands_first_whatever_order_they_were_made_in(sam: Client, order: Order, in_scope: Scope) -> None:
    for hours, kind in ((5, Kind.REFUND), (1, Kind.DISPATCH), (3, Kind.DELIVERED)):
        in_scope(message, order, kind=kind, decided_at=NOW - timedelta(hours=hours))
    found = re.findall(r'class="item__name" href="[^"]+">([^<,]+)', sam.get("/messages/").content.decode())
    assert found == ["Parcel sent", "Delivered", "Refund sent"]


def test_the_pages_cost_the_same_for_one_message_and_for_many(sam: Client, order: Order, in_scope: Scope) -> None:
    row = in_scope(lambda: with_content(message(order)))
    few = rows_read(sam, "/messages/"), rows_read(sam, f"/messages/{row.token}/")
    in_scope(lambda: [with_content(message(order)) for _ in range(45)])
    assert (rows_read(sam, "/messages/"), rows_read(sam, f"/messages/{row.token}/")) == few
    assert max(few) <= 12


def test_there_are_words_for_every_kind_and_state() -> None:
    assert len({kind_words(kind) for kind in Kind.values}) == len(Kind.values)
    assert kind_words("something_new") == "Message"
    assert all(outcome(state).text and why(state, "", [], topic="parcels") for state in MessageState.values)


# What a decision asks besides the reasons: nothing that can withhold or delay a message.
SILENT = {"style"}


def test_there_are_words_for_every_reason_the_road_knows() -> None:
    codes = set()
    for path in sorted(Path(ROOT / "notifications").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r'Condition\(\s*"([a-z_]+)"', text))
        codes |= set(re.findall(r'Step\([\w.]+, "([a-z_]+)"', text))
    assert len(codes) > 25
    assert {code for code in codes - SILENT if not reason_words(code)} == set()


def test_a_reason_of_a_later_release_is_still_a_sentence() -> None:
    assert why("suppressed", "moon_phase", [], topic="offers") == "It was not needed any more."
    assert why("suppressed", "moon_phase", [{"condition": "paused", "ok": False}], topic="offers") == "You paused our messages."


def test_a_message_without_an_order_is_shown_too(sam: Client, order: Order, in_scope: Scope) -> None:
    def sign_in() -> Message:
        sam_row: Customer = Customer.objects.get()
        return with_content(message(None, customer=sam_row, kind=Kind.SIGN_IN), subject="Your code", html="<p>••••••</p>")

    row = in_scope(sign_in)
    assert "Sign-in code" in words(sam, "/messages/")
    assert "Your code" in words(sam, f"/messages/{row.token}/")
    assert "••••••" in sam.get(f"/messages/{row.token}/letter/").content.decode()
