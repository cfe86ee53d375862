"""The provider stub, spoken to by the product's own adapters: what the journal says was taken is what they make of the answer."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.carriers.easypost import poll as easypost
from connectors.types import Watched
from core import http
from core.http import Limits, Permanent, Request, Transient
from notifications.channels import email, sms_twilio
from notifications.channels.email import ApiMail, PostmarkMail
from notifications.channels.sms_twilio import Twilio
from notifications.registry import LookupFailed
from notifications.types import Accepted, Account, NotAccepted, Outcome, Outgoing, Refused, Unknown
from tests.chaos.providerd import Providerd
from tests.chaos.providerd_callbacks import Due, postmark, twilio
from tests.chaos.providerd_held import Held
from tests.chaos.providerd_journal import read
from tests.chaos.providerd_script import EFFECT, BadScript, Call, Script
from tests.conftest import NOW
from tracking.types import ShipmentStatus

SID, AUTH, SERVER = "AC" + "a" * 32, "auth-token-12345", "server-token-1"
SMS = Account(1, 1, "twilio", "sms", {"account_sid": SID, "from_number": "+15005550006"}, {"auth_token": AUTH}, "http://acme.test/cb/")
MAIL = Account(2, 1, "postmark", "email", {}, {"server_token": SERVER})
TEXT = Outgoing(1, "s" * 22, "sms", "+4915123456789", sender="+15005550006", text="Your parcel is on its way.")
LETTER = Outgoing(2, "m" * 22, "email", "sam@example.com", sender="shop@acme.example", subject="Order 1001", text="Hello Sam")
SEEN_BY: dict[str, tuple[Any, Account, Outgoing]] = {"twilio": (Twilio(), SMS, TEXT), "postmark": (PostmarkMail(), MAIL, LETTER)}
PARTS = [(vendor, decision) for vendor in SEEN_BY for decision in EFFECT if decision not in ("gone", "redirect", "drip", "flood", "taken")]


@pytest.fixture
def stub(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Providerd]:
    """A stub of our own, with the vendors' addresses pointed at it and short patience."""
    served = Providerd(tmp_path / "journal.jsonl")
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.OUTBOUND_LOOPBACK = True
    for name in ("TWILIO_API_URL", "POSTMARK_API_URL", "EASYPOST_API_URL"):
        setattr(settings, name, f"http://127.0.0.1:{served.port}")
    monkeypatch.setattr(sms_twilio, "TIMEOUT", 0.3)
    monkeypatch.setattr(email, "TIMEOUT", (0.3, 0.3))
    monkeypatch.setattr(http, "forbid_transaction", lambda what: None)
    yield served
    served.stop()
    thread.join(5)


def told(stub: Providerd, name: str, content: Any) -> int:
    return requests.post(f"http://127.0.0.1:{stub.port}/control/{name}", json=content, timeout=5).status_code


def script(stub: Providerd, *rules: dict[str, Any], **more: Any) -> None:
    assert told(stub, "script", {"rules": rules, **more}) == 200


def lines(stub: Providerd, what: str = "send") -> list[Any]:
    return [line for line in read(stub.journal.path) if line["what"] == what]


def send(vendor: str) -> Outcome:
    adapter, account, message = SEEN_BY[vendor]
    [outcome] = adapter.send(account=account, messages=[message])
    return outcome


def test_what_is_taken_stands_in_the_journal_with_all_the_checker_reads(stub: Providerd) -> None:
    assert isinstance(send("twilio"), Accepted)
    assert isinstance(send("postmark"), Accepted)
    shown = [{name: line[name] for name in ("vendor", "key", "to", "sender", "account", "decision", "accepted")} for line in lines(stub)]
    assert shown == [
        {
            "vendor": "twilio", "key": "s" * 22, "to": "+4915123456789", "sender": "+15005550006", "account": SID, "decision": "ok",
            "accepted": True,
        },
        {
            "vendor": "postmark", "key": "m" * 22, "to": "sam@example.com", "sender": "shop@acme.example", "account": SERVER,
            "decision": "ok", "accepted": True,
        },
    ]  # fmt: skip
    assert [len(line["body_hash"]) for line in lines(stub)] == [64, 64]
    assert lines(stub)[0]["t_ns"] < lines(stub)[1]["t_ns"]


@pytest.mark.parametrize(("vendor", "decision"), PARTS)
def test_no_adapter_says_more_than_the_journal_does(stub: Providerd, vendor: str, decision: str) -> None:
    """ "Accepted" only for what was taken; "refused" and "not accepted" only for what was not; else "unknown"."""
    script(stub, {"decision": decision, "wait": 0.01, "retry_after": 30 if decision == "429" else None})
    outcome = send(vendor)
    [line] = lines(stub)
    assert line["decision"] == decision
    if isinstance(outcome, Accepted):
        assert line["accepted"]
    if isinstance(outcome, Refused | NotAccepted):
        assert not line["accepted"]
    sure = {"ok", "slow", "30001", "429", "21610", "21211", "401"}
    assert isinstance(outcome, Unknown) == (decision not in sure)
    if decision == "429":
        assert outcome == NotAccepted("Twilio asks to wait (20429)" if vendor == "twilio" else "HTTP 429", outcome.retry_after)  # type: ignore[union-attr]


def test_both_providers_are_waited_for_as_long_as_they_ask(stub: Providerd) -> None:
    script(stub, {"decision": "429", "retry_after": 30})
    assert [getattr(send(vendor), "retry_after", None) for vendor in SEEN_BY] == [30, 30]


@pytest.mark.parametrize("vendor", SEEN_BY)
def test_a_look_up_finds_what_was_taken_as_soon_as_the_lag_is_over(stub: Providerd, vendor: str) -> None:
    adapter, account, message = SEEN_BY[vendor]
    since = NOW - timedelta(days=3650)
    assert adapter.lookup(account=account, message=message, since=since) is None
    script(stub, {"decision": "timeout_after"}, lag=60)
    assert isinstance(send(vendor), Unknown)
    assert adapter.lookup(account=account, message=message, since=since) is None
    script(stub)
    assert adapter.lookup(account=account, message=message, since=since) == lines(stub)[0]["id"]


@pytest.mark.parametrize("vendor", SEEN_BY)
@pytest.mark.parametrize("decision", ["timeout_before", "5xx", "garbage", "half_response", "ok_then_drop", "429", "401"])
def test_a_look_up_that_gets_no_answer_says_so(stub: Providerd, vendor: str, decision: str) -> None:
    """ "Not found" would have the message sent a second time."""
    adapter, account, message = SEEN_BY[vendor]
    send(vendor)
    script(stub, {"decision": decision, "what": "lookup"})
    with pytest.raises(LookupFailed):
        adapter.lookup(account=account, message=message, since=NOW - timedelta(days=3650))


def test_a_stranger_is_turned_away_once_accounts_are_known(stub: Providerd) -> None:
    assert (
        told(stub, "accounts", [{"provider": "twilio", "merchant": "acme", "account": SID, "secret": "another", "callback_url": ""}]) == 200
    )
    assert isinstance(send("twilio"), NotAccepted)
    assert isinstance(send("postmark"), NotAccepted)
    assert [(line["decision"], line["accepted"]) for line in lines(stub)] == [("401", False)] * 2
    assert told(stub, "reset", {}) == 200
    assert isinstance(send("twilio"), Accepted)


def test_the_same_seed_picks_the_same_calls(stub: Providerd) -> None:
    def picked(seed: int) -> list[str]:
        made = Script.read({"seed": seed, "rules": [{"decision": "5xx", "share": 0.3}]})
        return [made.decide(Call("send", "twilio", SID, "+49", str(n))).decision for n in range(200)]

    assert picked(1) == picked(1)
    assert picked(1) != picked(2)
    assert 40 <= picked(1).count("5xx") <= 80


def test_a_rule_can_be_for_some_tries_calls_accounts_and_recipients_only() -> None:
    made = Script.read(
        {
            "rules": [
                {"decision": "5xx", "tries": 1, "to": "^\\+49"},
                {"decision": "21610", "account": "AC1", "first": 1},
                {"decision": "garbage", "after": 3600},
            ]
        }
    )
    calls = [("AC1", "+49", "a"), ("AC1", "+49", "a"), ("AC1", "+1", "b"), ("AC2", "+1", "c")]
    assert [made.decide(Call("send", "twilio", *call)).decision for call in calls] == ["5xx", "21610", "ok", "ok"]


@pytest.mark.parametrize("wrong", [{"rules": [{"decision": "sulk"}]}, {"rules": [{"decision": "ok", "shar": 1}]}, {"rule": []}])
def test_a_script_it_does_not_understand_is_refused(stub: Providerd, wrong: dict[str, Any]) -> None:
    assert told(stub, "script", wrong) == 400
    with pytest.raises(BadScript):
        Script.read(wrong)


def test_the_carrier_tells_what_it_was_told(stub: Providerd) -> None:
    seen = {"status": "delivered", "carrier": "DHLPaket", "updated_at": "2026-11-21T08:20:00Z", "tracking_details": [
        {"status": "delivered", "status_detail": "arrived_at_destination", "message": "Delivered", "datetime": "2026-11-21T08:15:00Z"}
    ]}  # fmt: skip
    assert told(stub, "parcels", {"A1": seen}) == 200
    parcels = [Watched(1, "A1", "dhl"), Watched(2, "B2", "dhl")]
    heard = easypost.read(http.send(easypost.ask("key", parcels)), parcels, "easypost")
    first, second = heard[1].news, heard[2].news
    assert first is not None and [scan.status for scan in first.scans] == [ShipmentStatus.DELIVERED]
    assert second is not None and second.is_unknown_to_carrier


def test_a_merchants_program_is_called_over_tls_and_counts_what_it_is_asked(stub: Providerd, monkeypatch: pytest.MonkeyPatch) -> None:
    call = Request("POST", f"https://localhost:{stub.port}/own/acme", {"webhook-id": "refund-1"}, b'{"type":"refund.asked"}')
    with pytest.raises(Transient, match="localhost"):  # nobody vouches for it yet
        http.send(call)
    monkeypatch.setenv("SSL_CERT_FILE", str(stub.journal.path.with_suffix(".ca.pem")))
    http._tls.cache_clear()
    try:
        assert [http.send(call).json()["times"] for _ in range(2)] == [1, 2]
    finally:
        http._tls.cache_clear()
    assert [(line["key"], line["done"], line["accepted"]) for line in lines(stub, "hook")] == [("refund-1", True, False)] * 2


@pytest.mark.parametrize(
    ("decision", "error", "words"),
    [
        ("redirect", Permanent, "redirects are not followed"),
        ("flood", Permanent, "more than 65536 bytes"),
        ("drip", Transient, "took too long"),
        ("half_response", Transient, "127.0.0.1"),
    ],
)
def test_a_bad_sink_is_cut_off(stub: Providerd, decision: str, error: type[Exception], words: str) -> None:
    script(stub, {"decision": decision, "what": "hook"})
    call = Request("POST", f"http://127.0.0.1:{stub.port}/own/acme", {"webhook-id": "x"}, b"{}")
    with pytest.raises(error, match=words):
        http.send(call, limits=Limits(total=0.6, size=65536))
    assert lines(stub, "canary") == []


def test_callbacks_are_signed_as_the_vendors_sign(stub: Providerd) -> None:
    held = Held("twilio", SID, "SM" + "1" * 32, "t" * 22, "+4915123456789", "+15005550006", "hi", f"{SMS.callback_url}{'t' * 22}/")
    headers, body = twilio(held, "failed", "30001", AUTH)
    assert (headers["Content-Type"], b"MessageStatus=undelivered" in body, b"ErrorCode=30001" in body) == (
        "application/x-www-form-urlencoded", True, True,
    )  # fmt: skip
    headers, body = postmark(Held("postmark", SERVER, "id", "t" * 22, "sam@example.com", "", "", ""), "delivered", "", "user:password")
    assert headers["Authorization"] == "Basic dXNlcjpwYXNzd29yZA=="
    assert (json.loads(body)["RecordType"], json.loads(body)["Metadata"]) == ("Delivery", {"token": "t" * 22})


def test_each_copy_of_a_callback_arrives_and_is_journalled(stub: Providerd) -> None:
    """The stub calls itself back: an address that takes anything."""
    script(stub, callbacks={"copies": [3, 3], "delay": [0, 0], "states": ["delivered"]})
    there = f"http://127.0.0.1:{stub.port}/canary/acme"
    told(stub, "accounts", [{"provider": "postmark", "merchant": "acme", "account": SERVER, "secret": "u:p", "callback_url": there}])
    heard = threading.Event()

    def note(due: Due, status: int) -> None:
        stub._called(due, status)
        if len(lines(stub, "callback")) == 3:
            heard.set()

    stub.caller._note = note
    assert isinstance(send("postmark"), Accepted)
    assert heard.wait(5)
    assert [(line["decision"], line["status"]) for line in lines(stub, "callback")] == [("delivered", 200)] * 3
    assert isinstance(SEEN_BY["postmark"][0], ApiMail)
