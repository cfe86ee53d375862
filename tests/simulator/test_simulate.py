"""The simulator from outside: the command, drafts against what is in force, and what it never does."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.services import suppress
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.automations import publish, save_draft
from notifications.models import Message, SandboxDelivery
from notifications.plans import plan_as_json
from notifications.simulator.compare import compare
from notifications.simulator.run import orders_numbered, simulate
from notifications.simulator.types import NotSimulated
from notifications.types import Ladder, Plan
from orders.models import Order
from orders.services import cancel_order
from tests import factories as make
from tests.conftest import NOW

LATER = NOW + timedelta(days=30)


@pytest.fixture
def bought(shop: Merchant) -> Merchant:
    """One order of Sam's, confirmed; nothing has been worked off."""
    with merchant_scope(shop.pk):
        make.place_order()
    return shop


def told(merchant: Merchant, *arguments: str) -> str:
    out = StringIO()
    call_command("simulate", "--merchant", merchant.slug, *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_story_of_an_order(bought: Merchant) -> None:
    text = told(bought, "--order", "1001")
    assert "Order 1001\n" in text
    assert "Fri 2026-11-20 11:00 CET  email order_confirmation   sent (warm)" in text
    assert "Fri 2026-11-20 11:00 CET  sms   thanks               sent" in text
    assert "1 segment(s), GSM-7" in text
    assert text.endswith("2 sent, 0 withheld. Nothing was sent or kept.\n")


def test_a_past_order_is_told_again_as_if_it_had_not_been(bought: Merchant) -> None:
    before = told(bought, "--order", "1001")
    run_until_quiet(lambda: NOW)
    assert told(bought, "--order", "1001") == before


def test_nothing_is_sent_or_kept(bought: Merchant) -> None:
    with merchant_scope(bought.pk), CaptureQueriesContext(connection) as queries:
        found = simulate(order_ids=orders_numbered(numbers=["1001"]), now=LATER)
        assert (len(found), Message.objects.count(), SandboxDelivery.objects.count()) == (2, 0, 0)
    assert [query["sql"] for query in queries if query["sql"].lower().startswith(("insert", "update", "delete"))] == []


def test_a_draft_is_held_against_what_is_in_force(bought: Merchant) -> None:
    with merchant_scope(bought.pk):
        definition = plan_as_json(Plan(("sms",), delay=timedelta(minutes=30)))
        save_draft(kind="thanks", definition=definition, note="later", by=None, at=NOW)
        ids = orders_numbered(numbers=["1001"])
        changes = compare(live=simulate(order_ids=ids, now=LATER), draft=simulate(order_ids=ids, now=LATER, drafts=True))
    [change] = changes
    assert change.live is not None
    assert change.draft is not None
    assert (change.draft.kind, change.draft.send_at, "send_at" in change.fields) == ("thanks", NOW + timedelta(minutes=30), True)
    assert "sms   thanks               other send_at" in told(bought, "--order", "1001", "--draft")


def test_when_the_last_check_withholds_it_the_next_channel_of_the_ladder_tells_it(bought: Merchant) -> None:
    with merchant_scope(bought.pk):
        definition = plan_as_json(Plan(("sms", "email"), Ladder.FIRST, delay=timedelta(minutes=60)))
        publish(version=save_draft(kind="cancellation", definition=definition, at=NOW), at=NOW)
        cancel_order(order=Order.objects.get(), reason="changed mind", at=NOW)
        suppress(channel="sms", recipient=make.PHONE, reason="stop", at=NOW + timedelta(minutes=30))
        found = [row for row in simulate(order_ids=orders_numbered(numbers=["1001"]), now=LATER) if row.kind == "cancellation"]
    assert {row.channel: (row.state, row.reason) for row in found} == {"sms": ("suppressed", "suppressed"), "email": ("sent", "")}


def test_everything_is_written_down_where_it_is_asked_for(bought: Merchant, tmp_path: Path) -> None:
    told(bought, "--order", "1001", "--json", str(tmp_path / "story.json"))
    story: dict[str, Any] = json.loads((tmp_path / "story.json").read_text())
    assert [(row["kind"], row["state"]) for row in story["live"]] == [("order_confirmation", "sent"), ("thanks", "sent")]
    assert all(condition["ok"] for row in story["live"] for condition in row["reasons"])
    assert story["draft"] == []


def test_what_is_not_the_merchants_is_not_found(bought: Merchant, borealis: Merchant) -> None:
    with pytest.raises(CommandError, match="there is no order '1001'"):
        told(borealis, "--order", "1001")
    with pytest.raises(CommandError, match="there is no merchant 'nobody'"):
        call_command("simulate", "--merchant", "nobody", "--order", "1001")
    with merchant_scope(bought.pk):
        ids = orders_numbered(numbers=["1001"])
    with merchant_scope(borealis.pk):
        assert simulate(order_ids=ids, now=LATER) == []


def test_an_order_nothing_is_kept_of_is_refused(shop: Merchant) -> None:
    with merchant_scope(shop.pk):
        order = make.place_order()
        Event.objects.filter(thread=order.pk).delete()
        with pytest.raises(NotSimulated, match="nothing is kept of what happened to 1001"):
            simulate(order_ids=[order.pk], now=LATER)


def test_one_order_and_ten_take_as_many_reads_before_their_letters(shop: Merchant) -> None:
    with merchant_scope(shop.pk):
        ids = [make.place_order(number=str(number), email=f"s{number}@example.com").pk for number in range(10)]
        counts = []
        for some in (ids[:1], ids):
            with CaptureQueriesContext(connection) as queries:
                simulate(order_ids=some, now=LATER, with_letters=False)
            counts.append(len(queries))
    assert counts[0] == counts[1]
