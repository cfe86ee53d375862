"""What shops, carriers and shoppers may write into an order must stay text."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.encryption import random_id
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import context
from notifications.context import first_name
from notifications.models import ShortLink
from notifications.rendering import Rendered, render, safe_links
from notifications.safety import check_markup
from notifications.types import Kind
from notifications.words import clean, safe_url
from orders.types import Address
from tests.factories import incoming_line
from tests.notifications import stories
from tests.notifications.stories import PLACED, SENT, message, told

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


def confirmation(**over: Any) -> Rendered:
    return told(Kind.ORDER_CONFIRMATION, "email", "en", order=stories.order(**over))


def without_facts(page: str) -> str:
    """The mail without our own JSON-LD, for the allow-list."""
    return page[: page.index('<script type="application/ld+json">')] + page[page.index("</script>") + 9 :]


def test_markup_in_names_titles_and_addresses_is_shown_as_text(voltline: Merchant) -> None:
    line = incoming_line(title=f"Shirt {SCRIPT}", variant_title='" onmouseover="alert(1)', options={SCRIPT: SCRIPT})
    mail = confirmation(
        lines=(line,),
        first_name=f"May{SCRIPT[:8]}",
        shipping_method=SCRIPT,
        shipping_address=Address(name=SCRIPT, street='"><img src=x>', country="US"),
    )
    assert SCRIPT not in mail.html
    assert "&lt;script&gt;" in mail.html
    check_markup(without_facts(mail.html))
    assert f"Shirt {SCRIPT}" in mail.text


def test_liquid_in_data_is_not_looked_at_again(voltline: Merchant) -> None:
    mail = confirmation(lines=(incoming_line(title="{{ order.number }}{% raw %}"),))
    assert "{{ order.number }}{% raw %}" in mail.text
    assert "{{ order.number }}{% raw %}" in mail.html


def test_our_own_marks_in_data_are_dropped(voltline: Merchant) -> None:
    mail = confirmation(lines=(incoming_line(title="A\ue010colors.nothing\ue011 \ue0000\ue001"),))
    assert "Acolors.nothing 0" in mail.text


def test_a_newline_in_a_number_does_not_reach_the_subject(voltline: Merchant) -> None:
    order = stories.order()
    order.number = "1\r\nBcc: victim@example.com\u2028x"
    order.save()
    subject = told(Kind.ORDER_CONFIRMATION, "email", "en", order=order).subject
    assert subject.startswith("Your order 1 Bcc: victim@example.com x arrives")
    assert subject.isprintable()


def test_a_long_subject_is_cut_at_200(voltline: Merchant) -> None:
    facts = context.build(
        message=message(Kind.REFUND, "email", "en", order=(o := stories.order()), subject_id=stories.refunded(o).pk), now=SENT
    )
    facts["order"]["number"] = "9" * 1_000
    assert len(render(kind=Kind.REFUND, channel="email", language="en", context=facts).subject) == 200


def test_direction_overrides_are_removed_and_titles_isolated(voltline: Merchant) -> None:
    mail = confirmation(lines=(incoming_line(title="Shirt \u202egnp.exe\u2066 קפה"),))
    assert "\u202e" not in mail.html + mail.text
    assert "<bdi>Shirt gnp.exe קפה</bdi>" in mail.html


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example", "ftp://x.example/"]
)
def test_a_carriers_address_that_is_no_link_is_not_linked(voltline: Merchant, address: str) -> None:
    order = stories.order()
    shipment = stories.sent(order)
    type(shipment).objects.filter(pk=shipment.pk).update(tracking_url=address)
    mail = told(Kind.DISPATCH, "email", "en", order=order, shipment=shipment, now=SENT)
    assert address not in mail.html
    assert "1Z999AA10123456784" in mail.html


def test_the_last_look_takes_bad_addresses_whatever_put_them_there() -> None:
    page = '<a href="java&#115;cript:alert(1)">x</a><a href="https://a.example/?a=1&amp;b=2">y</a><img src="data:x">'
    assert safe_links(page) == '<a href="#">x</a><a href="https://a.example/?a=1&amp;b=2">y</a><img src="#">'


@pytest.mark.parametrize(
    ("value", "is_safe"),
    [
        ("https://a.example/x?y=1", True),
        ("mailto:help@a.example", True),
        ("tel:+4930123", True),
        ("https://a.example/ x", False),
        ("https://a.example\\@evil.example/", False),
        ("https:///path", False),
        ("http://[::1", False),
        ("/relative", False),
        ("", False),
        ("https://a.example/" + "x" * 2_000, False),
    ],
)
def test_safe_addresses(value: str, is_safe: bool) -> None:
    assert safe_url(value) == (value if is_safe else "")


@pytest.mark.parametrize("name", ["http://evil.example", "Win at evil.example", "www.evil", "a/b", "x@y"])
def test_a_name_that_carries_a_link_is_not_greeted(voltline: Merchant, name: str) -> None:
    order = stories.order(first_name=name)
    assert first_name(message(Kind.THANKS, "sms", "en", order=order)) == ""
    assert name not in told(Kind.ORDER_CONFIRMATION, "email", "en", order=order).text


def test_clean_makes_one_line() -> None:
    assert clean("a\x00b\tc\n\n d\u2029e\x1b") == "ab c d e"
    assert clean("  Zoë  Ångström ") == "Zoë Ångström"


def test_a_short_link_is_made_once_and_stays_when_the_message_is_composed_again(voltline: Merchant) -> None:
    order = stories.order()
    row = message(Kind.THANKS, "sms", "en", order=order)
    first, second = (context.build(message=row, now=PLACED)["links"]["short"] for _ in range(2))
    assert first == second
    link = ShortLink.objects.get()
    assert first == f"https://borealis.platform.test/l/{link.code}"
    assert (link.path, link.message_id) == (f"/track/{order.track_token}/", row.pk)
    assert len(link.code) == len(random_id())


def test_an_email_makes_no_short_link(voltline: Merchant) -> None:
    confirmation()
    assert ShortLink.objects.count() == 0
