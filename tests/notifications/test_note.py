"""The staff's own words: cleaned, refused with the reason, previewed as sent, sent once."""

from datetime import timedelta
from typing import Any

import pytest

from customers.services import suppress
from merchants.models import Domain, Merchant
from merchants.scope import merchant_scope
from notifications.models import Message, MessageContent, Note
from notifications.services import NoteRefused, note_to_customers, preview_note, purge_contents
from tests.conftest import NOW
from tests.factories import place_order, ship
from tests.notifications.conftest import Stub, messages, run, states
from tests.notifications.stories import incident
from tracking.models import Incident
from tracking.types import IncidentType

TEXT = "We have asked DHL to look for it.\n\nYou hear from us by Monday."


def trouble(number: str = "1001", type: IncidentType = IncidentType.STALLED, **over: Any) -> Incident:
    row = ship(place_order(number=number, quiet=True, **over), quiet=True)
    return incident(type, order=row.order, shipment=row)


def write(*incidents: Incident, text: str = TEXT) -> int:
    return note_to_customers(incident_ids=[row.pk for row in incidents], text=text, actor="ops@acme.example", at=NOW)


def test_a_note_reaches_each_shopper_by_the_road_of_all_messages(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        assert write(trouble("1"), trouble("2", email="b@example.com")) == 2
    run()
    assert [(row.state, row.recipient) for row in messages(wired)] == [("sent", "sam@example.com"), ("sent", "b@example.com")]
    assert stub.taken[0].subject == "Acme about your order 1"
    for line in ("We have asked DHL to look for it.", "You hear from us by Monday."):
        assert line in stub.taken[0].text
        assert line in stub.taken[0].html
    with merchant_scope(wired.pk):
        note = Note.objects.get()
        assert (note.actor, note.written_at) == ("ops@acme.example", NOW)
        assert messages(wired)[0].reasons[0]["condition"] == "merchant_off"


def test_the_preview_is_what_is_sent_and_stores_nothing(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        row = trouble()
        before = (Message.objects.count(), Note.objects.count())
        subject, html, text = preview_note(incident_id=row.pk, text=TEXT, now=NOW)
        assert (Message.objects.count(), Note.objects.count()) == before
        assert write(row) == 1
    run()
    assert (stub.taken[0].subject, stub.taken[0].html, stub.taken[0].text) == (subject, html, text)


def test_the_same_words_about_the_same_trouble_go_out_once(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        row = trouble()
        assert [write(row), write(row), write(row, text=TEXT + " "), write(row, text="Other words.")] == [1, 0, 0, 1]
    run()
    assert len(stub.taken) == 2


def test_two_troubles_of_one_order_make_one_letter(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        first = trouble()
        second = incident(IncidentType.FORGOTTEN, order=first.order, shipment=first.shipment)  # type: ignore[arg-type]
        assert write(first, second) == 1
    run()
    assert len(stub.taken) == 1


def test_blocked_and_missing_addresses_get_none_and_the_reason_is_kept(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        suppress(channel="email", recipient="sam@example.com", reason="complaint", at=NOW)
        assert write(trouble("1"), trouble("2", email="")) == 0
    run()
    assert [row.reason for row in messages(wired)] == ["suppressed", "no_email"]
    assert stub.taken == []


def test_a_silent_carrier_has_no_shopper_to_write_to(wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        row = Incident.objects.create(
            type=IncidentType.FEED_STALE, subject="carrier:dhl", act_by=NOW, opened_at=NOW, updated_at=NOW, carrier_code="dhl"
        )
        assert write(row) == 0
        with pytest.raises(NoteRefused, match="no shopper"):
            preview_note(incident_id=row.pk, text=TEXT, now=NOW)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write something"),
        (" \n\u202e\x00\n", "write something"),
        ("x" * 2001, "longer than 2000"),
        ("\n".join("x" * 41), "more than 40 lines"),
        ("see https://evil.example/a.", "https://evil.example/a"),
        ("see http://acme.platform.test/x", "http://acme.platform.test/x"),
        ("see https://shop.acme.example/x", "https://shop.acme.example/x"),
        ("see www.acme.example now", "www.acme.example"),
        ("evil.example/login", "evil.example/login"),
        ("javascript:alert(1)", "javascript:alert"),
        ("https://acme.platform.test@evil.example/", "https://acme.platform.test@evil.example/"),
        ("https://acme.platform.test\\@evil.example/", "evil.example"),
        ("HTTPS://EVIL.example", "HTTPS://EVIL.example"),
        ("ftp://acme.platform.test/x", "ftp://acme.platform.test/x"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_words_that_cannot_be_sent_are_refused_with_the_reason(in_acme: Merchant, text: str, says: str) -> None:
    row = trouble()
    with pytest.raises(NoteRefused) as refused:
        write(row, text=text)
    assert says in str(refused.value)
    assert Message.objects.count() == 0
    with pytest.raises(NoteRefused):
        preview_note(incident_id=row.pk, text=text, now=NOW)


def test_links_to_the_merchants_own_verified_hosts_pass(in_acme: Merchant) -> None:
    Domain.objects.create(host="shop.acme.example", verified_at=NOW)
    assert write(trouble(), text="See https://shop.acme.example/sizes, or (https://acme.platform.test/policies/returns/).") == 1


def test_ordinary_sentences_are_no_links(in_acme: Merchant) -> None:
    assert write(trouble(), text="z.B. morgen.Wir schreiben und/oder rufen an: 10:30 Uhr, 3.5 kg, a.b@example.com") == 1


def test_markup_and_liquid_in_the_words_stay_text(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        assert write(trouble(), text="<script>alert(1)</script>\u202e {{ order.number }}{% raw %}") == 1
    run()
    assert "<script>alert" not in stub.taken[0].html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ order.number }}{% raw %}" in stub.taken[0].html


def test_a_strangers_incident_is_not_written_to(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        row = trouble()
    with merchant_scope(borealis.pk):
        assert write(row) == 0
        with pytest.raises(NoteRefused):
            preview_note(incident_id=row.pk, text=TEXT, now=NOW)
        assert Note.objects.count() == 1
    with merchant_scope(acme.pk):
        assert Note.objects.count() == 0


def test_twenty_shoppers_cost_the_statements_of_one(in_acme: Merchant, django_assert_num_queries: Any) -> None:
    rows = [trouble(str(number), email=f"s{number}@example.com") for number in range(20)]
    with django_assert_num_queries(15):
        assert write(rows[0]) == 1
    with django_assert_num_queries(15):
        assert write(*rows[1:], text="Other words.") == 19


def test_after_ninety_days_the_words_are_gone(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        write(trouble())
    run()
    purge_contents(now=NOW + timedelta(days=91))
    with merchant_scope(wired.pk):
        assert (Note.objects.count(), MessageContent.objects.count()) == (0, 0)
    assert states(wired) == {"note/email": "sent"}
