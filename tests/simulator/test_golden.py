"""The simulator against reality: what 500 lived orders were told is what their lives, simulated, tell."""

import re
from datetime import datetime
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import AutomationVersion, Message, MessageContent
from notifications.simulator.run import simulate
from notifications.simulator.types import Simulated
from orders.models import Order
from tests.simulator.lives import live

ORDERS, PARTS = 500, 4  # in parts: one long transaction only piles up rows that are dead
CODE = re.compile(r"/(l|unsubscribe|preferences)/[\w-]+")


@pytest.mark.parametrize("part", range(PARTS))
def test_what_was_told_is_what_is_simulated(shop: Merchant, part: int) -> None:
    over = live(shop, ORDERS // PARTS, first_place=part * ORDERS // PARTS)
    with merchant_scope(shop.pk):
        before = counts()
        found = simulate(order_ids=list(Order.objects.order_by("pk").values_list("pk", flat=True)), now=over)
        assert counts() == before
        real = {row.dedupe_key: lived(row) for row in Message.objects.order_by("pk")}
    made = {one.fact: simulated(one) for one in found}
    differing = {fact: (real.get(fact), made.get(fact)) for fact in {**real, **made} if real.get(fact) != made.get(fact)}
    assert list(differing.items())[:3] == []
    assert len({(row["kind"], row["state"], row["reason"]) for row in real.values()}) > 20  # many kinds of ends
    assert len(real) > 5 * ORDERS / PARTS


def test_what_was_written_is_what_is_simulated(shop: Merchant) -> None:
    over = live(shop, 24)
    with merchant_scope(shop.pk):
        found = simulate(order_ids=list(Order.objects.order_by("pk").values_list("pk", flat=True)), now=over)
        rows = MessageContent.objects.select_related("message").order_by("pk")
        real = {row.message.dedupe_key: (row.subject, plain(row.text), row.message.segments) for row in rows}
    made = {one.fact: (one.letter.subject, plain(one.letter.text), one.letter.segments) for one in found if one.is_sent}
    assert [one.letter.trouble for one in found if one.letter.trouble] == []
    differing = {fact: (real.get(fact), made.get(fact)) for fact in {**real, **made} if real.get(fact) != made.get(fact)}
    assert list(differing.items())[:3] == []


def lived(row: Message) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "channel": row.channel,
        "state": "sent" if row.state == "delivered" else row.state,
        "reason": row.reason,
        "send_at": moment(row.send_at),
        "decided_at": row.decided_at,
        "reasons": row.reasons,
        "style": row.style,
        "language": row.language,
    }


def simulated(one: Simulated) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "channel": one.channel,
        "state": one.state,
        "reason": one.reason,
        "send_at": moment(one.send_at),
        "decided_at": one.decided_at,
        "reasons": [dict(row) for row in one.reasons],
        "style": one.style,
        "language": one.language,
    }


def moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def plain(text: str) -> str:
    """Without what is drawn anew each time."""
    return CODE.sub(r"/\1/", text)


def counts() -> list[int]:
    return [model.objects.count() for model in (Message, MessageContent, AutomationVersion, Order)]
