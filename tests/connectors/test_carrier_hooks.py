"""Carriers at the hook: who is let in and how, what is stored once, and that a wrong secret changes nothing but the count."""

import copy
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from connectors.models import Connection, InboxItem
from connectors.services import connect, purge_inbox, rotate_secret
from connectors.services.connections import BadConnection
from core.signing import hmac_hex
from events.models import Event
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.connectors.carrier_calls import CARRIERS, call, signed
from tests.connectors.conftest import HOST, SECRET, STRANGERS_SECRET, open_connection, payload, scope_of

EACH = pytest.mark.parametrize("connector", CARRIERS)


def stored(row: Connection) -> list[InboxItem]:
    with scope_of(row):
        return list(InboxItem.objects.order_by("id"))


def fresh(row: Connection) -> Connection:
    with scope_of(row):
        found: Connection = Connection.objects.get(pk=row.pk)
    return found


@EACH
def test_a_verified_call_is_stored_as_it_came(acme: Merchant, now: datetime, client: Client, connector: str) -> None:
    row = open_connection(acme, connector, now)
    name, topic, _ = CARRIERS[connector]
    answer = call(client, row, payload(name))
    assert (answer.status_code, answer.content) == (200, b"stored\n")
    (item,) = stored(row)
    assert (item.topic, bytes(item.body), fresh(row).refused_count) == (topic, json.dumps(payload(name)).encode(), 0)


@EACH
@pytest.mark.parametrize("secret", ["wrong-secret", "", SECRET.upper(), STRANGERS_SECRET])
def test_a_wrong_secret_is_refused_and_only_counted(acme: Merchant, now: datetime, client: Client, connector: str, secret: str) -> None:
    row = open_connection(acme, connector, now)
    assert call(client, row, payload(CARRIERS[connector][0]), secret=secret).status_code == 401
    assert (stored(row), fresh(row).refused_count, fresh(row).last_received_at) == ([], 1, None)


@EACH
def test_a_call_without_signature_or_token_is_refused(acme: Merchant, now: datetime, client: Client, connector: str) -> None:
    row = open_connection(acme, connector, now)
    body = json.dumps(payload(CARRIERS[connector][0]))
    assert client.post(f"/hooks/{row.public_id}/", body, content_type="application/json", headers=HOST).status_code == 401
    assert (stored(row), fresh(row).refused_count) == ([], 1)


@pytest.mark.parametrize("connector", [name for name in CARRIERS if name != "shippo"])
def test_a_signature_over_other_bytes_is_refused(acme: Merchant, now: datetime, client: Client, connector: str) -> None:
    row = open_connection(acme, connector, now)
    headers, _ = signed(connector, b"{}", SECRET)
    assert call(client, row, payload(CARRIERS[connector][0]), headers=headers).status_code == 401
    assert stored(row) == []


def test_easyposts_secret_is_brought_to_normal_form(acme: Merchant, now: datetime, client: Client) -> None:
    row = open_connection(acme, "easypost", now, secret="gehe\u00efm-\u00e9")
    assert call(client, row, payload("easypost/tracker_updated"), secret="gehei\u0308m-e\u0301").status_code == 200


def test_shippos_signature_decides_where_it_is_sent(acme: Merchant, now: datetime, client: Client) -> None:
    row = open_connection(acme, "shippo", now)
    body = json.dumps(payload("shippo/track_updated")).encode()
    good = f"t=1795163400, v1={hmac_hex(SECRET, b'1795163400.' + body)}"
    for signature in ("", "x", "t=1795163400,v1=", "v1=,t=", good.replace("1795163400,", "1795163401,"), "t=\u00e4,v1=\u00e4"):
        assert call(client, row, body, headers={"Shippo-Auth-Signature": signature}).status_code == 401
    assert stored(row) == []
    address = f"/hooks/{row.public_id}/"
    answer = client.post(address, body, content_type="application/json", headers=HOST | {"Shippo-Auth-Signature": good})
    assert (answer.status_code, len(stored(row))) == (200, 1)


@EACH
def test_the_old_secret_is_good_for_a_day_after_rotation(acme: Merchant, now: datetime, client: Client, connector: str) -> None:
    row = open_connection(acme, connector, now)
    with scope_of(row):
        rotate_secret(connection=row, at=now, secret="the-next-secret")
        Connection.objects.update(previous_secret_until=now + timedelta(days=36500))
    for secret in (SECRET, "the-next-secret"):
        assert call(client, row, payload(CARRIERS[connector][0]), secret=secret).status_code == 200
    with scope_of(row):
        Connection.objects.update(previous_secret_until=None)
    assert call(client, row, payload(CARRIERS[connector][0])).status_code == 401


@EACH
def test_the_same_call_five_times_is_one_item(acme: Merchant, now: datetime, client: Client, connector: str) -> None:
    row = open_connection(acme, connector, now)
    assert [call(client, row, payload(CARRIERS[connector][0])).status_code for _ in range(5)] == [200] * 5
    assert len(stored(row)) == 1


@pytest.mark.parametrize(("connector", "key"), [("easypost", "id"), ("aftership", "event_id")])
def test_the_senders_id_tells_calls_apart(acme: Merchant, now: datetime, client: Client, connector: str, key: str) -> None:
    row = open_connection(acme, connector, now)
    body = payload(CARRIERS[connector][0])
    for id in ("one", "one", "two", "x" * 200, 7, None):
        call(client, row, body | {key: id, "note": str(id)})
    assert [item.event_id if len(item.event_id) < 64 else "fingerprint" for item in stored(row)] == [
        "one", "two", "fingerprint", "fingerprint", "fingerprint",
    ]  # fmt: skip


@EACH
def test_a_replay_after_thirty_days_changes_nothing(acme: Merchant, now: datetime, client: Client, connector: str) -> None:
    row = open_connection(acme, connector, now)
    name, _, _ = CARRIERS[connector]
    call(client, row, payload(name))
    run_until_quiet(lambda: now)
    with scope_of(row):
        before = Event.objects.count()
        InboxItem.objects.update(received_at=now - timedelta(days=31))
    purge_inbox(now=now)
    assert bytes(stored(row)[0].body) == b""
    call(client, row, payload(name))
    call(client, row, payload(name) | {"id": "evt_again", "event_id": "again", "note": "sent anew"})
    run_until_quiet(lambda: now)
    with scope_of(row):
        assert [item.state for item in InboxItem.objects.order_by("id")] == ["done", "done"]
        assert Event.objects.count() == before
        assert "waiting for their parcel: 1" in InboxItem.objects.latest("id").outcome


@EACH
def test_another_merchants_secret_opens_nothing(acme: Merchant, borealis: Merchant, now: datetime, client: Client, connector: str) -> None:
    mine, theirs = open_connection(acme, connector, now), open_connection(borealis, connector, now, secret=STRANGERS_SECRET)
    body = payload(CARRIERS[connector][0])
    assert call(client, mine, body, secret=STRANGERS_SECRET).status_code == 401
    assert call(client, theirs, body, secret=STRANGERS_SECRET).status_code == 200
    assert (len(stored(mine)), len(stored(theirs))) == (0, 1)
    assert (fresh(mine).refused_count, fresh(theirs).refused_count) == (1, 0)


@EACH
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not valid JSON"),
        (b"[1]", "must be a JSON object"),
        (b'{"a": "\\u0000"}', "holds NUL or broken Unicode"),
        (b'{"a": "\\ud800"}', "holds NUL or broken Unicode"),
        (b"{}", "is missing or no topic"),
        (b'{"event": 7, "description": 7, "object": "Event", "data": {}, "msg": {}}', "is missing or no topic"),
    ],
)
def test_verified_nonsense_is_named_and_not_stored(
    acme: Merchant, now: datetime, client: Client, connector: str, body: bytes, told: str
) -> None:
    row = open_connection(acme, connector, now)
    answer = call(client, row, body)
    assert (answer.status_code, told in answer.content.decode()) == (400, True)
    assert (stored(row), fresh(row).refused_count) == ([], 0)


def test_five_thousand_scans_in_one_body_are_taken_and_a_larger_body_is_not(acme: Merchant, now: datetime, client: Client) -> None:
    row = open_connection(acme, "17track", now)
    body: dict[str, Any] = payload("17track/tracking_updated")
    events = body["data"]["track_info"]["tracking"]["providers"][0]["events"]
    one = {"time_iso": "2026-11-01T00:00:01+01:00", "description": "Moved", "sub_status": "InTransit_Other", "address": {"country": "DE"}}
    at = datetime.fromisoformat(one["time_iso"])  # type: ignore[arg-type]
    events[:] = [one | {"time_iso": (at + timedelta(minutes=count)).isoformat()} for count in range(5000)]
    assert call(client, row, body).status_code == 200
    larger = copy.deepcopy(body)
    larger["data"]["param"] = "x" * 2_000_000
    assert call(client, row, larger).status_code == 413
    run_until_quiet(lambda: now)
    (item,) = stored(row)
    assert (item.state, item.outcome) == ("done", "parcels: 1, scans: 0 new, 0 known, waiting for their parcel: 1")


@pytest.mark.parametrize("connector", ["aftership", "17track"])
def test_a_vendor_that_makes_its_own_secret_must_be_given_it(acme: Merchant, now: datetime, connector: str) -> None:
    with merchant_scope(acme.pk):
        with pytest.raises(BadConnection, match="makes the secret itself: enter the one it shows"):
            connect(connector=connector, at=now)
        assert Connection.objects.count() == 0
        row, _ = connect(connector=connector, at=now, secret=SECRET)
        with pytest.raises(BadConnection, match="makes the secret itself"):
            rotate_secret(connection=row, at=now)


@EACH
def test_a_carrier_names_no_account(acme: Merchant, now: datetime, connector: str) -> None:
    with merchant_scope(acme.pk):
        with pytest.raises(BadConnection, match="names no account in its calls: leave it empty"):
            connect(connector=connector, at=now, secret=SECRET, account="acme.example")
        assert Connection.objects.count() == 0
