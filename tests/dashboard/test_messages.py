"""A message's receipt, in /ops/ and in /admin/: the same story, and a log that is narrowed by what it tells."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from events.models import Event
from merchants.scope import merchant_scope
from notifications.models import Attempt, AutomationVersion, Callback, InboundText, Message, MessageContent, ProviderAccount
from notifications.selectors import LogFilter, message_log
from tests.admin.test_access import url
from tests.admin.world import World, message_row, signed_in
from tests.conftest import NOW

REASONS = [
    {"condition": "merchant_off", "ok": True, "detail": ""},
    {"condition": "automation", "ok": True, "detail": "order.total 84.00 at least 50"},
    {"condition": "marketing_consent", "ok": False, "detail": "never given for offers by sms"},
]


@pytest.fixture
def receipt(here: World) -> Message:
    """A text message withheld for want of consent; the same news went by e-mail."""
    with merchant_scope(here.merchant.pk):
        plan = AutomationVersion.objects.create(
            kind="additions", number=3, state="published", definition={}, created_at=NOW, updated_at=NOW, published_at=NOW
        )
        event = Event.objects.create(type="orders.order.confirmed", payload={}, occurred_at=NOW - timedelta(minutes=1))
        same: dict[str, Any] = {"kind": "additions", "event": event, "topic": "offers", "automation": plan}
        customer = Message.objects.get(pk=here.rows["notifications.message"]).order.customer_id
        Customer.objects.filter(pk=customer).update(timezone="America/New_York")
        message = message_row(
            here,
            **same,
            channel="sms",
            recipient="+12025550123",
            country="US",
            state="suppressed",
            reason="marketing_consent",
            reasons=REASONS,
            customer_id=customer,
            send_at=NOW,
            finished_at=NOW,
        )
        message_row(here, **same, state="sent", sent_at=NOW, cost=Decimal("0.001"), cost_currency="EUR")
    return message


def story(here: World, message: Message) -> str:
    body: str = signed_in(here.owner).get(f"/ops/messages/{message.pk}/").content.decode()
    return " ".join(body.split())


def test_a_receipt_tells_who_decided_what_was_asked_and_both_clocks(here: World, receipt: Message) -> None:
    body = story(here, receipt)
    with merchant_scope(here.merchant.pk):
        version = AutomationVersion.objects.get(number=3)
    for text in (
        f'href="{url("notifications.automationversion", "change", version.pk)}">v3</a>',
        "orders.order.confirmed",
        "The shop sends this message: yes",
        "Order value 84.00 at least 50",
        "Marketing consent, where needed: <strong>no</strong>",
        "never given for offers by sms",
        "not reckoned: it was withheld before",
        "not counted: only what advertises is",
        "no consent to such messages",
        "America/New_York",
        "Fri 20 Nov, 05:00:00",
        "Europe/Berlin",
        "Fri 20 Nov, 11:00:00",
        "nothing: it did not leave",
        "The same news another way",
        "Accepted by the provider",
        "not rendered",
    ):
        assert text in body, text


def test_the_admin_tells_the_same_receipt(here: World, receipt: Message) -> None:
    body = " ".join(signed_in(here.owner).get(url("notifications.message", "change", receipt.pk)).content.decode().split())
    for text in (
        ">v3</a>",
        "orders.order.confirmed",
        "Order value 84.00 at least 50",
        "never given for offers by sms",
        "America/New_York",
        "Fri 20 Nov 2026, 05:00:00",
        "Fri 20 Nov 2026, 11:00:00",
        "nothing: it did not leave",
        "no consent to such messages",
    ):
        assert text in body, text


def test_the_default_and_the_shipped_wording_lead_to_their_pages(here: World) -> None:
    with merchant_scope(here.merchant.pk):
        message = message_row(here, style="warm", template_label="shipped order_confirmation/email/en/warm@1", state="sent")
    body = story(here, message)
    assert f'href="{url("notifications.automationversion", "plan", "order_confirmation")}">default</a>' in body
    place = url("notifications.templateversion", "studio", "order_confirmation.email.en.warm")
    assert f'href="{place}">shipped order_confirmation/email/en/warm@1</a>' in body
    assert signed_in(here.owner).get(place).status_code == 200


def test_the_letter_is_shown_in_a_sandbox_in_both_places(here: World) -> None:
    pk = here.rows["notifications.message"]
    with merchant_scope(here.merchant.pk):
        MessageContent.objects.update(html="<script>alert(1)</script><p>Hello</p>")
    for address in (f"/ops/messages/{pk}/", url("notifications.message", "change", pk)):
        body = signed_in(here.owner).get(address).content.decode()
        assert f'src="/ops/messages/{pk}/preview/"' in body, address
        assert '<iframe sandbox=""' in body, address
        assert "<script>alert(1)" not in body, address


def test_tests_and_possible_duplicates_are_marked(here: World) -> None:
    asked = [{"condition": "test", "ok": True, "detail": "eda@acme.example", "user": 1}]
    with merchant_scope(here.merchant.pk):
        message = message_row(here, is_test=True, is_possible_duplicate=True, state="sent", reasons=asked, order_id=None)
    body = story(here, message)
    assert "A test to staff" in body
    assert "May have been sent twice" in body
    assert "eda@acme.example" in body
    assert "Automation</dt>" not in body
    log = signed_in(here.owner).get("/ops/messages/?state=sent").content.decode()
    assert ">Test</span>" in log
    listing = signed_in(here.owner).get(url("notifications.message", "changelist") + "?is_test__exact=1").content.decode()
    assert "Accepted by the provider, test, possible duplicate" in listing


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("reason=marketing_consent", 1), ("reason=nosuch", 0), ("style=warm", 1), ("style=cold", 0), ("country=us", 1), ("country=XX", 0),
        ("wording=EMAIL/en", 1), ("wording=v9", 0), ("wording=%25", 0), ("reason=marketing_consent&country=US&channel=sms", 1),
    ],
)  # fmt: skip
def test_the_log_is_narrowed_by_reason_style_country_and_wording(here: World, receipt: Message, query: str, found: int) -> None:
    with merchant_scope(here.merchant.pk):
        message_row(here, style="warm", country="DE", template_label="order_confirmation/email/en/warm v2")
    response = signed_in(here.owner).get(f"/ops/messages/?{query}")
    assert len(response.context["rows"]) == found
    assert '<details class="finer" open>' in response.content.decode()


def test_the_log_shows_what_each_message_cost(here: World, receipt: Message) -> None:
    assert "0.001 EUR" in signed_in(here.owner).get("/ops/messages/?state=sent").content.decode()
    assert "0.001 EUR" in signed_in(here.owner).get(url("notifications.message", "changelist")).content.decode()


def test_the_admins_list_is_narrowed_by_the_words_of_a_reason(here: World, receipt: Message) -> None:
    listing = url("notifications.message", "changelist")
    found = signed_in(here.owner).get(f"{listing}?reason=marketing_consent")
    assert [row.pk for row in found.context["cl"].result_list] == [receipt.pk]
    assert "no consent to such messages" in found.content.decode()


@pytest.mark.parametrize(
    ("term", "found"), [("us", 1), ("order_confirmation/email/en v2", 1), ("/", 0), ("1001", 3), ("nobody@example.com", 0)]
)
def test_the_admins_list_is_searched_by_order_country_and_wording(here: World, receipt: Message, term: str, found: int) -> None:
    with merchant_scope(here.merchant.pk):
        Message.objects.filter(state="sent").update(template_label="order_confirmation/email/en v2")
    response = signed_in(here.owner).get(url("notifications.message", "changelist"), {"q": term})
    assert len(response.context["cl"].result_list) == found


def test_the_log_is_one_query_whatever_it_is_narrowed_to(here: World, receipt: Message, django_assert_num_queries: Any) -> None:
    narrowed = LogFilter(reason="marketing_consent", style="", country="us", wording="")
    with merchant_scope(here.merchant.pk), django_assert_num_queries(1):
        assert [row.pk for row in message_log(filters=narrowed).messages] == [receipt.pk]


def cost(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_receipt_costs_a_constant_number_of_queries(here: World, receipt: Message) -> None:
    client = signed_in(here.owner)
    addresses = [f"/ops/messages/{receipt.pk}/", url("notifications.message", "change", receipt.pk)]
    for address in addresses:
        cost(client, address)
    few = [cost(client, address) for address in addresses]
    with merchant_scope(here.merchant.pk):
        account = ProviderAccount.objects.order_by("pk").first()
        for number in range(4):
            Attempt.objects.create(message=receipt, account=account, fence=number)
            Callback.objects.create(message=receipt, account=account, provider_id=f"r{number}", state="sent", received_at=NOW)
            message_row(here, kind="additions", event=receipt.event, state="sent")
    assert [cost(client, address) for address in addresses] == few
    assert few[0] <= 26
    assert few[1] <= 30


def test_what_shoppers_answered_is_listed_for_constant_queries(here: World) -> None:
    client, listing = signed_in(here.owner), url("notifications.inboundtext", "changelist")
    cost(client, listing)
    few = cost(client, listing)
    with merchant_scope(here.merchant.pk):
        account = ProviderAccount.objects.order_by("pk").first()
        for number in range(5):
            InboundText.objects.create(
                account=account, provider_id=f"SM-more-{number}", sender="+4915123456789", text=f"Where is it? {number}", received_at=NOW
            )
    assert cost(client, listing) == few
    body = client.get(listing).content.decode()
    assert "Where is it? 4" in body
    assert "a text for you to read" in body


def test_the_stranger_next_door_finds_no_receipt(here: World, there: World, receipt: Message) -> None:
    client = signed_in(there.owner)
    assert client.get(f"/ops/messages/{receipt.pk}/").status_code == 404
    assert "never given" not in client.get(url("notifications.message", "change", receipt.pk), follow=True).content.decode()
