"""The simulator's page: one order's messages as they would be, what drafts change, and that nothing comes of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Event
from merchants.scope import merchant_scope
from merchants.types import Role
from notifications import versions
from notifications.admin import simulator
from notifications.automations import save_draft
from notifications.models import AutomationVersion, Message, MessageContent, ShortLink, TemplateVersion
from notifications.studio.types import Draft, Editing
from orders.models import Order
from tests.admin.world import World, person, signed_in
from tests.conftest import NOW
from tests.factories import place_order

LIST = "/admin/notifications/automationversion/"
SIMULATOR, LETTER = f"{LIST}simulator/", f"{LIST}simulator/letter/"
KEPT = (Message, MessageContent, ShortLink, AutomationVersion, TemplateVersion, Event, Order)
TAGS = re.compile(r"<[^>]+>")


@pytest.fixture(autouse=True)
def the_day_after(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(simulator, "now", lambda: NOW + timedelta(days=1))


@pytest.fixture
def bare(here: World) -> World:
    """Without the draft the world is filled with."""
    with merchant_scope(here.merchant.pk):
        TemplateVersion.objects.all().delete()
    return here


@pytest.fixture
def owner(here: World) -> Client:
    return signed_in(here.owner)


def kept(world: World) -> list[int]:
    with merchant_scope(world.merchant.pk):
        return [table.objects.count() for table in KEPT]


def words(body: str) -> str:
    """The page as it is read."""
    return " ".join(TAGS.sub(" ", body).split())


def later(world: World, **over: Any) -> AutomationVersion:
    """A draft by which confirmations go two hours later."""
    definition = {"channels": ["email"], "delay_minutes": 120, **over}
    with merchant_scope(world.merchant.pk):
        return save_draft(kind="order_confirmation", definition=definition, by=world.owner, at=NOW)


def told(client: Client, **query: str) -> str:
    response = client.get(SIMULATOR, query)
    assert response.status_code == 200
    return words(response.content.decode())


def test_the_page_offers_the_newest_orders(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        place_order(number="2002", email="mia@example.com", phone="", first_name="Mia", placed_at=NOW + timedelta(hours=1))
    response = owner.get(SIMULATOR)
    body = response.content.decode()
    assert response["Content-Security-Policy"].count("script-src 'self'") == 1 and "<script>" not in body and " style=" not in body
    assert body.index('href="?order=2002"') < body.index('href="?order=1001"')
    assert "Nothing is sent or kept." in body


def test_an_orders_story_is_told_in_its_time_with_reasons_and_nothing_is_kept(bare: World, owner: Client) -> None:
    before = kept(bare)
    text = told(owner, order="1001")
    assert "Order 1001, as it is 3 messages go out, 1 does not. Nothing was sent or kept." in text
    moments = [
        "Fri 20 Nov 2026, 11:00 Europe/Berlin Thanks, with the dispatch date SMS Withheld The shop has switched it off.",
        "Fri 20 Nov 2026, 11:00 Europe/Berlin Order confirmation E-mail warm welcome Goes out Your first order 1001 arrives by",
        "Sat 21 Nov 2026, 11:00 Europe/Berlin Parcel sent E-mail Goes out Order 1001 is on its way",
        "Sat 21 Nov 2026, 11:00 Europe/Berlin Parcel sent SMS Goes out Acme: order 1001 sent Sat, Nov 21 with DHL",
    ]
    assert sorted(moments, key=text.index)[0][:15] == "Fri 20 Nov 2026" and sorted(moments[1:], key=text.index) == moments[1:]
    assert "1 segment, GSM-7" in text and "No: The shop sends this message switched off" in text
    assert "What the drafts change" not in text
    assert kept(bare) == before


def test_drafts_are_tried_and_what_they_change_is_said(bare: World, owner: Client) -> None:
    later(bare, checks=[{"fact": "order.total", "op": "at_least", "value": 50}])
    before = kept(bare)
    times = "Leaves Fri 20 Nov 2026, 11:00 Fri 20 Nov 2026, 13:00"
    change = f"What the drafts change Order confirmation, E-mail What As it is With the drafts {times}"
    text = told(owner, order="1001")
    assert "Fri 20 Nov 2026, 11:00 Europe/Berlin Order confirmation" in text and change in text
    text = told(owner, order="1001", **{"with": "drafts"})
    assert "Order 1001, with the drafts" in text and "Fri 20 Nov 2026, 13:00 Europe/Berlin Order confirmation" in text and change in text
    assert "Yes: A condition of the automation Order value 132.80 at least 50" in text
    assert kept(bare) == before


def test_a_condition_that_does_not_hold_withholds_and_says_what_it_found(bare: World, owner: Client) -> None:
    later(bare, checks=[{"fact": "order.total", "op": "at_least", "value": 500}])
    text = told(owner, order="1001", **{"with": "drafts"})
    assert "Order confirmation E-mail warm welcome Withheld A condition of the automation does not hold." in text
    assert "No: A condition of the automation Order value 132.80 at least 500" in text
    assert "Outcome Goes out Withheld Reason a condition of the automation does not hold" in text


def test_the_words_of_a_draft_are_shown_beside_those_in_force(bare: World, owner: Client) -> None:
    with merchant_scope(bare.merchant.pk):
        draft = Draft(kind="dispatch", channel="sms", language="en", source="Off it goes: {{ order.number }}")
        versions.save_draft(draft=draft, editing=Editing(), by=bare.owner, at=NOW)
    body = owner.get(SIMULATOR, {"order": "1001"}).content.decode()
    assert "Parcel sent, SMS" in words(body)
    assert '<td class="ins">Off it goes: 1001</td>' in body


def test_an_e_mail_is_shown_in_a_frame_without_rights(bare: World, owner: Client) -> None:
    later(bare)
    body = owner.get(SIMULATOR, {"order": "1001", "with": "drafts"}).content.decode()
    frames = re.findall(r'<iframe[^>]*sandbox="" src="([^"]+)"', body)
    assert len(frames) == 2
    before = kept(bare)
    response = owner.get(frames[0].replace("&amp;", "&"))
    assert response.status_code == 200 and "1001" in response.content.decode() and "<script" not in response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"] and "script-src" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert owner.get(LETTER, {"order": "1001", "fact": "nosuch"}).status_code == 404
    assert kept(bare) == before


def test_an_order_is_found_by_its_shoppers_name(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        place_order(number="2002", email="mia@example.com", phone="", first_name="Mia", last_name="Vogel")
        place_order(number="2003", email="mia@example.com", phone="", first_name="Mia", last_name="Vogel")
        place_order(number="2004", email="ben@example.com", phone="", first_name="Ben", last_name="Otto")
    assert "Order confirmation E-mail" in told(owner, order="Ben")
    body = owner.get(SIMULATOR, {"order": "Mia"}).content.decode()
    assert "Which one?" in body and 'href="?order=2003"' in body and 'href="?order=2004"' not in body


def test_another_merchants_order_is_not_found(here: World, there: World) -> None:
    with merchant_scope(here.merchant.pk):
        place_order(number="7777", email="other@example.com", phone="")
    client = signed_in(there.owner)
    response = client.get(SIMULATOR, {"order": "7777"})
    assert response.status_code == 404 and "No order of yours has this number or name." in response.content.decode()
    assert client.get(LETTER, {"order": "7777", "fact": "x"}).status_code == 404
    assert client.get(LETTER, {"order": "", "fact": "x"}).status_code == 404


def test_an_order_nothing_is_kept_of_is_said_to_be_so(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        order = place_order(number="5005", email="old@example.com", phone="", quiet=True)
        Event.objects.filter(thread=order.pk).delete()
    response = owner.get(SIMULATOR, {"order": "5005"})
    assert response.status_code == 422
    assert "Nothing is kept of what happened to this order, so there is nothing to simulate." in response.content.decode()


def test_too_many_at_once_are_put_off(here: World, owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "seconds_to_wait", lambda **asked: 7)
    response = owner.get(SIMULATOR, {"order": "1001"})
    assert response.status_code == 429 and "Too many at once. It goes on in 7 s." in response.content.decode()


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
def test_readers_simulate_too(bare: World, role: Role) -> None:
    assert "3 messages go out" in told(signed_in(person("reader@staff.example", bare.merchant, role)), order="1001")


def test_a_simulation_costs_the_same_however_many_orders_there_are(bare: World, owner: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(SIMULATOR, {"order": "1001"}).status_code == 200
        return len(captured)

    queries()
    before = queries()
    with merchant_scope(bare.merchant.pk):
        for number in range(5):
            place_order(number=f"30{number}", email=f"s{number}@example.com", phone="")
    assert queries() == before <= 76
