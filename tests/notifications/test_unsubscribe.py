"""The ways out of a message: RFC 8058's headers and the links a template may show."""

import re

import pytest

from customers.selectors import customer_of_token, stop_of_token
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import Message
from notifications.types import Kind, Style
from notifications.unsubscribe import list_headers, preferences_url, unsubscribe_url
from tests.factories import customer, place_order
from tests.notifications.conftest import Stub, run

BASE = "https://acme.platform.test"


def written(**over: object) -> Message:
    return Message(**{"kind": Kind.ADDITIONS, "channel": "email", "topic": "offers", "is_mandatory": False, "customer": customer(), **over})


@pytest.mark.parametrize("topic", ["offers", "reviews", "care"])
def test_marketing_by_mail_is_stopped_with_one_click(in_acme: Merchant, topic: str) -> None:
    message = written(topic=topic)
    headers = list_headers(message, BASE)
    assert headers == {
        "List-Unsubscribe": f"<{unsubscribe_url(message, message.customer, BASE)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    link = re.fullmatch(r"<https://acme\.platform\.test/unsubscribe/([\w-]{46})/>", headers["List-Unsubscribe"])
    assert link is not None
    found = stop_of_token(token=link[1])
    assert found is not None
    assert (found[0], found[1].topic, found[1].channel) == (message.customer, topic, "email")


@pytest.mark.parametrize("style", [Style.ENTICING, Style.SIMILAR])
def test_one_click_stops_the_offers_in_a_confirmation_and_not_confirmations(in_acme: Merchant, style: Style) -> None:
    message = written(kind=Kind.ORDER_CONFIRMATION, topic="orders", is_mandatory=True, style=style)
    headers = list_headers(message, BASE)
    found = stop_of_token(token=headers["List-Unsubscribe"].split("/")[4])
    assert found is not None
    assert (found[1].topic, found[1].channel, headers["List-Unsubscribe-Post"]) == ("offers", "email", "List-Unsubscribe=One-Click")


def test_news_that_may_be_turned_off_lead_to_the_preference_page(in_acme: Merchant) -> None:
    message = written(kind=Kind.OUT_FOR_DELIVERY, topic="parcels")
    headers = list_headers(message, BASE)
    assert headers == {"List-Unsubscribe": f"<{preferences_url(message.customer, BASE)}>"}
    assert customer_of_token(token=headers["List-Unsubscribe"].split("/")[4]) == message.customer


@pytest.mark.parametrize("over", [{"topic": "orders", "is_mandatory": True}, {"channel": "sms"}, {"customer": None}])
def test_what_must_arrive_texts_and_strangers_have_no_such_header(in_acme: Merchant, over: dict[str, object]) -> None:
    assert list_headers(written(**over), BASE) == {}


def test_a_template_links_to_what_stops_it_or_to_all_choices(in_acme: Merchant) -> None:
    orders, texts, nobody = written(topic="orders"), written(channel="sms"), written(customer=None)
    assert unsubscribe_url(orders, orders.customer, BASE) == preferences_url(orders.customer, BASE)
    found = stop_of_token(token=unsubscribe_url(texts, texts.customer, BASE).split("/")[4])
    assert found is not None
    assert found[1].channel == "sms"
    assert unsubscribe_url(nobody, None, BASE) == preferences_url(None, BASE) == f"{BASE}/preferences/"


def test_a_confirmation_leaves_without_the_header(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        place_order()
    run()
    [mail] = [message for message in stub.taken if message.channel == "email"]
    assert mail.headers == {"Auto-Submitted": "auto-generated"}
