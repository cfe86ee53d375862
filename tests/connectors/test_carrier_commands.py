"""Carriers on the command line: connecting one, and reading a payload, given or stored."""

import json
from datetime import datetime
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from connectors.models import Connection, InboxItem
from connectors.services import drain_inbox
from merchants.models import Merchant, unseal
from merchants.scope import merchant_scope
from tests.connectors.carrier_calls import CARRIERS, NUMBER, call
from tests.connectors.conftest import HOST, PAYLOADS, SECRET, open_connection, payload, scope_of


def run(*args: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out, stderr=StringIO())
    return out.getvalue()


def lines_of(out: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in out.splitlines())


@pytest.mark.parametrize("connector", CARRIERS)
def test_connect_prints_an_address_and_a_secret_that_work(acme: Merchant, client: Client, connector: str) -> None:
    printed = lines_of(run("connect", connector, "--merchant", "acme", "--secret", SECRET))
    with merchant_scope(acme.pk):
        row = Connection.objects.get()
        assert (row.slug, unseal(row, "secret")) == (connector, SECRET)
    assert printed["address"].startswith(f"https://platform.test/hooks/{row.public_id}/")
    assert call(client, row, payload(CARRIERS[connector][0]), secret=printed["secret"]).status_code == 200


def test_shippos_address_is_printed_whole(acme: Merchant, client: Client) -> None:
    printed = lines_of(run("connect", "shippo", "--merchant", "acme", "--secret", "a secret & more=?"))
    address = printed["address"].removeprefix("https://platform.test")
    assert unquote(address.partition("?token=")[2]) == printed["secret"] == "a secret & more=?"
    body = json.dumps(payload("shippo/track_updated"))
    assert client.post(address, body, content_type="application/json", headers=HOST).status_code == 200


def test_connect_says_where_to_enter_both(acme: Merchant) -> None:
    err = StringIO()
    call_command("connect", "easypost", "--merchant", "acme", stdout=StringIO(), stderr=err)
    assert "In EasyPost, open Webhooks" in err.getvalue()


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("aftership",), "AfterShip makes the secret itself: enter the one it shows"),
        (("17track",), "17TRACK makes the secret itself: enter the one it shows"),
        (("easypost", "--account", "x.example"), "EasyPost names no account in its calls: leave it empty"),
    ],
)
def test_connect_refuses_clearly_and_makes_nothing(acme: Merchant, args: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("connect", *args, "--merchant", "acme")
    assert str(refused.value) == told
    with merchant_scope(acme.pk):
        assert Connection.objects.count() == 0


@pytest.mark.parametrize("connector", CARRIERS)
def test_parse_payload_prints_the_parcel_its_scans_and_warnings(connector: str) -> None:
    name, topic, scans = CARRIERS[connector]
    found = json.loads(run("parse_payload", connector, str(PAYLOADS / f"{name}.json")))
    assert (found["connector"], found["topic"], found["kind"], found["warnings"]) == (connector, topic, "TrackingSeen", [])
    assert (found["shipment"]["number"], found["shipment"]["service"]) == (NUMBER, "Paket")
    assert found["shipment"]["eta"] in ("2026-11-20", "2026-11-25")
    assert len(found["scans"]) == scans
    for scan in found["scans"]:
        assert scan["status"]
        assert scan["raw_code"]
        assert scan["text"]
        assert datetime.fromisoformat(scan["time"]).tzinfo is not None
        assert set(scan["place"]) == {"city", "region", "postcode", "country"}
        assert {"zone", "is_zone_assumed", "has_time"} <= set(scan)


def test_parse_payload_prints_several_parcels_as_a_list(tmp_path: Path) -> None:
    tracker = payload("easypost/tracker_updated")["result"]
    file = tmp_path / "trackers.json"
    file.write_text(json.dumps({"trackers": [tracker, tracker | {"tracking_code": "2"}]}))
    assert [one["shipment"]["number"] for one in json.loads(run("parse_payload", "easypost", str(file)))] == [NUMBER, "2"]


def test_parse_payload_says_why_something_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "stopped.json"
    file.write_text(json.dumps({"event": "TRACKING_STOPPED", "data": {"number": "1"}}))
    assert json.loads(run("parse_payload", "17track", str(file))) == {
        "connector": "17track", "topic": "TRACKING_STOPPED", "kind": "Ignored", "reason": "event TRACKING_STOPPED is not used",
    }  # fmt: skip


def stored(row: Connection) -> InboxItem:
    with scope_of(row):
        found: InboxItem = InboxItem.objects.latest("id")
    return found


def test_parse_payload_reads_a_stored_webhook_and_leaves_it_alone(acme: Merchant, now: datetime, client: Client) -> None:
    row = open_connection(acme, "aftership", now)
    call(client, row, payload("aftership/tracking_update"))
    item = stored(row)
    found = json.loads(run("parse_payload", "aftership", "--item", str(item.pk), "--merchant", "acme"))
    assert (found["topic"], found["shipment"]["number"], len(found["scans"])) == ("tracking_update", NUMBER, 4)
    assert stored(row).state == "ready"


def test_parse_payload_refuses_a_stored_webhook_that_is_not_there(
    acme: Merchant, borealis: Merchant, now: datetime, client: Client
) -> None:
    row = open_connection(acme, "aftership", now)
    call(client, row, payload("aftership/tracking_update"))
    drain_inbox(lambda: now)
    id = str(stored(row).pk)
    asked = [
        (("aftership", "--item", id, "--merchant", "borealis"), f"borealis received no webhook {id} from AfterShip"),
        (("shippo", "--item", id, "--merchant", "acme"), f"acme received no webhook {id} from Shippo"),
        (("aftership", "--item", id, "--merchant", "nobody"), "there is no merchant 'nobody'"),
        (("aftership", "--item", id), "there is no merchant ''"),
        (("aftership",), "name either a file or a stored webhook, by --item and --merchant"),
        (("aftership", "x.json", "--item", id), "name either a file or a stored webhook, by --item and --merchant"),
    ]
    for args, told in asked:
        with pytest.raises(CommandError) as refused:
            run("parse_payload", *args)
        assert str(refused.value) == told
    with scope_of(row):
        InboxItem.objects.update(body=b"")
    with pytest.raises(CommandError, match="is no longer kept; what became of it: parcels: 1"):
        run("parse_payload", "aftership", "--item", id, "--merchant", "acme")
