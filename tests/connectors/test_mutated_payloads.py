"""Payloads with anything anywhere: the parsers refuse by name or give what the rooms below refuse by name. Nothing else is raised."""

import copy
import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.registry import CONNECTORS
from connectors.types import BadPayload, Hook, OrderSeen, RefundSeen, ShipmentSeen, TrackingSeen
from orders.rules import OrderRefused, check_order, check_refund
from tests.conftest import NOW
from tests.connectors.conftest import payload
from tracking.rules import check_shipment
from tracking.rules.scans import check_news

SAMPLES = [
    ("shopify", "orders/updated", "orders_updated"),
    ("shopify", "fulfillments/update", "fulfillments_create"),
    ("shopify", "refunds/create", "refunds_create"),
    ("shopify", "customers/redact", "customers_redact"),
    ("shopify", "fulfillment_events/create", "fulfillment_events_create"),
    ("woocommerce", "order.updated", "order_created"),
    ("woocommerce", "order.updated", "order_updated"),
    ("woocommerce", "order.deleted", "order_deleted"),
    ("easypost", "tracker.updated", "tracker_updated"),
    ("aftership", "tracking_update", "tracking_update"),
    ("shippo", "track_updated", "track_updated"),
    ("17track", "TRACKING_UPDATED", "tracking_updated"),
]
ODD_TEXTS = ["", "-1", "1e99", "NaN", "٣", "x" * 400, "2026-11-19T10:00:00", "9999-12-31T23:59:59-14:00", "http://[", "\u202e"]
SAMPLE = pytest.mark.parametrize(("connector", "topic", "name"), SAMPLES, ids=[f"{topic}-{name}" for _, topic, name in SAMPLES])
WRONG: list[Any] = [None, True, -1, "1.5", 2**80, "", "x", "x" * 5000, [], {}, [1], {"a": 1}]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 0, 2**63, 10**30]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(ODD_TEXTS),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)), max_leaves=5
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of every value in a payload."""
    found = [path] if path else []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        found += places(entry, (*path, key))
    return found


def replace(body: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        if not isinstance(body, dict | list):
            return
        try:
            body = body[key]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(body, dict) or (isinstance(body, list) and isinstance(path[-1], int) and path[-1] < len(body)):
        body[path[-1]] = value


def take(connector: str, topic: str, body: dict[str, Any]) -> None:
    """Parse, and check what was parsed as the rooms below do."""
    CONNECTORS[connector].topic(Hook(b"", {}), body)
    parsed = CONNECTORS[connector].parse(topic, body, connector)
    shipments = parsed.shipments if isinstance(parsed, OrderSeen | ShipmentSeen) else ()
    for shipment in shipments:
        check_shipment(shipment)
    if isinstance(parsed, OrderSeen):
        check_order(parsed.order, at=NOW)
    for news in parsed.news if isinstance(parsed, TrackingSeen) else ():
        check_news(news, at=NOW)
    if isinstance(parsed, RefundSeen):
        check_refund(parsed.refund, parsed.currency or "USD")


def take_or_refuse(connector: str, topic: str, body: dict[str, Any]) -> None:
    try:
        take(connector, topic, body)
    except (BadPayload, OrderRefused) as refused:
        assert refused.field
        assert refused.message


@SAMPLE
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], derandomize=True
)
@given(data=st.data())
def test_nothing_but_the_declared_refusal_is_raised(connector: str, topic: str, name: str, data: st.DataObject) -> None:
    body = payload(f"{connector}/{name}")
    known = places(body)
    for _ in range(data.draw(st.integers(1, 3))):
        replace(body, data.draw(st.sampled_from(known)), data.draw(ANYTHING))
    take_or_refuse(connector, topic, json.loads(json.dumps(body), parse_float=str))


@SAMPLE
def test_every_field_with_every_wrong_type_is_taken_or_refused_by_name(connector: str, topic: str, name: str) -> None:
    original = payload(f"{connector}/{name}")
    for path, value in itertools.product(places(original), WRONG):
        body = copy.deepcopy(original)
        replace(body, path, value)
        take_or_refuse(connector, topic, body)


@SAMPLE
def test_every_field_may_be_missing_or_is_refused_by_name(connector: str, topic: str, name: str) -> None:
    original = payload(f"{connector}/{name}")
    for path in places(original):
        body = copy.deepcopy(original)
        holder: Any = body
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]
        take_or_refuse(connector, topic, body)
