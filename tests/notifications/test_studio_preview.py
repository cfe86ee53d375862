"""Previews with real orders, the palette, and what an order must have for a message."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import shipped, versions
from notifications.models import Message, ProviderAccount, ShortLink
from notifications.studio.diff import compare, lines
from notifications.studio.palette import insert_of, palette
from notifications.studio.preview import PreviewNeeds, orders_for, preview
from notifications.studio.types import Draft
from notifications.types import Kind
from orders.models import Promise
from orders.selectors import OrderNotFound
from tests.notifications import stories
from tests.notifications.stories import PLACED, SENT

OFFERED = [(kind, channel) for kind in Kind.values for channel in ("email", "sms") if shipped.is_offered(kind, channel)]


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


@pytest.mark.parametrize("language", ["en", "de", "zh-hans", "id", "pt-br"])
@pytest.mark.parametrize(("kind", "channel"), OFFERED)
def test_every_message_is_shown_with_an_order_that_has_what_it_is_about(
    voltline: Merchant, kind: Kind, channel: str, language: str
) -> None:
    order = stories.order()
    stories.about(Kind(kind), order)
    promises = Promise.objects.count()
    draft = versions.starting_draft(kind=kind, channel=channel, language=language)
    shown = preview(draft=draft, order_id=order.pk, now=SENT)
    assert (shown.fallback_reason, shown.order_number) == ("", "V-58213")
    assert bool(shown.html) == (channel == "email")
    assert "<script" not in shown.html
    assert (Message.objects.count(), ShortLink.objects.count(), Promise.objects.count()) == (0, 0, promises)


@pytest.mark.parametrize(
    ("kind", "what"),
    [(Kind.DISPATCH, "parcel"), (Kind.REFUND, "refund"), (Kind.DELAYED, "incident"), (Kind.ATTEMPT_FAILED, "scan")],
)
def test_an_order_that_lacks_it_is_told_so_and_others_are_offered(voltline: Merchant, kind: Kind, what: str) -> None:
    bare, other = stories.order(number="V-1"), stories.order(number="V-2")
    draft = versions.starting_draft(kind=kind, channel="email", language="en")
    with pytest.raises(PreviewNeeds) as needs:
        preview(draft=draft, order_id=bare.pk, now=SENT)
    assert needs.value.what == what
    assert orders_for(kind=kind) == []
    stories.about(kind, other)
    assert [choice.number for choice in orders_for(kind=kind)] == ["V-2"]
    assert preview(draft=draft, order_id=None, now=SENT).order_number == "V-2"


def test_orders_are_found_by_number_or_address_and_only_ones_own(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        stories.order(number="A-1")
    with merchant_scope(borealis.pk):
        stories.order(number="V-1")
        stories.order(number="V-2", placed_at=SENT)
        kind = Kind.ORDER_CONFIRMATION
        assert [choice.number for choice in orders_for(kind=kind)] == ["V-2", "V-1"]
        assert [choice.number for choice in orders_for(kind=kind, query=" V-1 ")] == ["V-1"]
        assert [choice.name for choice in orders_for(kind=kind, query="Maya@Example.com", limit=1)] == ["Maya Chen"]
        assert orders_for(kind=kind, query="A-1") == []


def test_without_any_order_the_preview_says_so(voltline: Merchant) -> None:
    with pytest.raises(PreviewNeeds) as needs:
        preview(draft=versions.starting_draft(kind=Kind.DISPATCH, channel="email", language="en"), order_id=None, now=SENT)
    assert (needs.value.what, str(needs.value)) == ("order", "There is no order yet to show this message with.")


def test_an_sms_is_shown_with_its_size_and_its_price(voltline: Merchant) -> None:
    order = stories.order()
    draft = Draft("thanks", "sms", "en", source="Order {{ order.number }} ✓")
    shown = preview(draft=draft, order_id=order.pk, now=PLACED)
    assert (shown.text, shown.encoding, shown.units, shown.segments, shown.cost) == ("Order V-58213 ✓", "UCS-2", 15, 1, None)
    ProviderAccount.objects.filter(channel="sms").update(prices={"US": "0.0079"}, currency="USD")
    shown = preview(draft=draft, order_id=order.pk, now=PLACED)
    assert (shown.cost, shown.currency) == (Decimal("0.0079"), "USD")


def test_day_and_night_are_the_mails_own_rules(voltline: Merchant) -> None:
    stories.order()
    draft = versions.starting_draft(kind=Kind.ORDER_CONFIRMATION, channel="email", language="en")
    shown = preview(draft=draft, order_id=None, now=PLACED)
    assert "prefers-color-scheme: dark" in shown.html
    assert "application/ld+json" not in shown.html
    assert 0 < shown.size < 102_000


def test_a_preview_holds_no_key_to_the_shoppers_choices(voltline: Merchant) -> None:
    order = stories.order()
    source = "{{ links.choice }} {{ links.not_here }} {{ links.unsubscribe }} {{ links.preferences }}"
    shown = preview(draft=Draft("thanks", "sms", "en", source=source), order_id=order.pk, now=PLACED)
    track = f"https://borealis.platform.test/track/{order.track_token}/"
    assert shown.text == f"{track} {track} " + " ".join(["https://borealis.platform.test/preferences/"] * 2)


def test_the_palette_describes_every_variable_with_its_value(voltline: Merchant) -> None:
    stories.order()
    for kind in Kind.values:
        found = palette(kind=kind, order_id=None, now=PLACED)
        assert [one.path for one in found if not str(one.about)] == []
    by_path = {one.path: one for one in palette(kind=Kind.ORDER_CONFIRMATION, order_id=None, now=PLACED)}
    assert (by_path["order.number"].sample, by_path["order.ships"].sample) == ("V-58213", "true")
    assert by_path["items[].title"].sample == "Halo headphones"
    assert by_path["items[].title"].insert == "{% for line in items %}{{ line.title }} {% endfor %}"
    assert by_path["coupon.code"].is_marketing


def test_what_a_palette_inserts_for_a_list_in_a_list() -> None:
    inner = "{% for line in parcel.items %}{{ line.title }} {% endfor %}"
    assert insert_of("parcels[].items[].title") == f"{{% for parcel in parcels %}}{inner} {{% endfor %}}"


def test_another_merchants_order_has_no_palette_here(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        theirs = stories.order(number="A-1")
    with merchant_scope(borealis.pk), pytest.raises(OrderNotFound):
        palette(kind=Kind.ORDER_CONFIRMATION, order_id=theirs.pk, now=PLACED)


def test_differences_are_lines_with_their_numbers() -> None:
    found = [(line.mark, line.old, line.new, line.text) for line in lines("a\nb\nc", "a\nx\nc")]
    assert found == [("same", 1, 1, "a"), ("gone", 2, 0, "b"), ("new", 0, 2, "x"), ("same", 3, 3, "c")]


def test_blocks_are_compared_by_their_fields() -> None:
    old = versions.starting_draft(kind=Kind.ORDER_CONFIRMATION, channel="email", language="en")
    new = versions.starting_draft(kind=Kind.ORDER_CONFIRMATION, channel="email", language="en")
    [block] = [block for block in new.blocks or () if block["type"] == "button"]
    block["fields"]["label"] = "See it"
    changed = {section.field: [(line.mark, line.text) for line in section.lines if line.mark != "same"] for section in compare(old, new)}
    assert changed["subject"] == []
    assert changed["blocks"] == [("gone", "Label: View your order"), ("new", "Label: See it")]
    assert changed["text_source"] == [("gone", "View your order: {{ links.order }}"), ("new", "See it: {{ links.order }}")]
