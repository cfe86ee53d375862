"""SMS as Twilio gets it, and what its answers become."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses

from notifications.channels.sms_twilio import SUPPRESSING, Twilio, client, is_unshifted, report
from notifications.registry import LookupFailed
from notifications.types import Accepted, Account, NotAccepted, Outgoing, Refused, Report, Unknown
from tests.conftest import NOW

SID = "AC" + "a" * 32
URL = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"
ACCOUNT = Account(
    1,
    1,
    "twilio",
    "sms",
    {"account_sid": SID, "from_number": "+4930123456"},
    {"auth_token": "secret-token"},
    "https://p.test/callbacks/twilio/acc/",
)
MESSAGE = Outgoing(7, "t" * 22, "sms", "+4915123456789", sender="+4930123456", text="Thanks, Sam!")
SM = "SM" + "1" * 32


def send(message: Outgoing = MESSAGE) -> Any:
    [outcome] = Twilio().send(account=ACCOUNT, messages=[message])
    return outcome


@responses.activate
def test_twilio_gets_text_sender_and_the_address_to_call_back() -> None:
    responses.post(URL, status=201, json={"sid": SM})
    assert send() == Accepted(SM)
    body = parse_qs(str(responses.calls[0].request.body))
    assert body == {
        "To": ["+4915123456789"],
        "From": ["+4930123456"],
        "Body": ["Thanks, Sam!"],
        "StatusCallback": [f"https://p.test/callbacks/twilio/acc/{'t' * 22}/"],
    }


@responses.activate
def test_a_messaging_service_is_named_as_such() -> None:
    responses.post(URL, status=201, json={"sid": SM})
    send(Outgoing(7, "t" * 22, "sms", "+4915123456789", sender="MG" + "b" * 32, text="x"))
    body = parse_qs(str(responses.calls[0].request.body))
    assert body["MessagingServiceSid"] == ["MG" + "b" * 32]
    assert "From" not in body


ANSWERS: list[tuple[dict[str, Any], type, str]] = [
    ({"status": 400, "json": {"code": 21610, "message": "stopped"}}, Refused, "21610"),
    ({"status": 400, "json": {"code": 21211, "message": "invalid"}}, Refused, "21211"),
    ({"status": 400, "json": {"code": 21614, "message": "landline"}}, Refused, "21614"),
    ({"status": 400, "json": {"code": 21999, "message": "other"}}, Refused, "21999"),
    ({"status": 401, "json": {"code": 20003, "message": "auth"}}, NotAccepted, ""),
    ({"status": 400, "json": {"code": 21606, "message": "sender not yours"}}, NotAccepted, ""),
    ({"status": 429, "json": {"code": 20429, "message": "slow down"}}, NotAccepted, ""),
    ({"status": 500, "json": {"code": 20500, "message": "oops"}}, Unknown, ""),
    ({"status": 503, "body": "x"}, Unknown, ""),
    ({"status": 503, "json": {"code": 20503, "message": "later"}, "headers": {"Retry-After": "5"}}, NotAccepted, ""),
    ({"status": 201, "json": {}}, Unknown, ""),
    ({"status": 201, "body": "<html>a proxy's page</html>"}, Unknown, ""),
    ({"status": 201, "json": [1]}, Unknown, ""),
    ({"status": 502, "body": "<html>bad gateway</html>"}, Unknown, ""),
    ({"body": requests.ReadTimeout()}, Unknown, ""),
    ({"body": requests.ConnectTimeout()}, NotAccepted, ""),
]


@responses.activate
@pytest.mark.parametrize(("answer", "expected", "code"), ANSWERS)
def test_an_answer_becomes_one_of_four_outcomes(answer: dict[str, Any], expected: type, code: str) -> None:
    responses.post(URL, **answer)
    outcome = send()
    assert type(outcome) is expected
    assert getattr(outcome, "code", "") == code
    assert len(responses.calls) == 1


@responses.activate
def test_twilio_is_left_alone_as_long_as_it_asks() -> None:
    responses.post(URL, status=429, json={"code": 20429, "message": "slow down"}, headers={"Retry-After": "30"})
    assert send() == NotAccepted("Twilio asks to wait (20429)", 30.0)


def test_the_client_gives_up_after_ten_seconds_and_never_tries_again_by_itself() -> None:
    http = client(ACCOUNT).http_client
    assert http.timeout == 10
    assert http.session.get_adapter("https://api.twilio.com").max_retries.total == 0


def held(body: str, minutes: float, sid: str = SM, direction: str = "outbound-api") -> dict[str, Any]:
    return {"sid": sid, "body": body, "direction": direction, "date_created": format_datetime(NOW + timedelta(minutes=minutes))}


LISTS: list[tuple[list[dict[str, Any]], str | None]] = [
    ([held("Thanks, Sam!", 0)], SM),
    ([held("Something else", 0)], None),
    ([held("Thanks, Sam!", -60)], None),
    ([held("Thanks, Sam!", 0, direction="inbound")], None),
    ([], None),
]


@responses.activate
@pytest.mark.parametrize(("rows", "expected"), LISTS)
def test_the_look_up_finds_our_own_text_to_this_number_since_the_try(rows: list[dict[str, Any]], expected: str | None) -> None:
    responses.get(URL, json={"messages": rows, "next_page_uri": None})
    assert Twilio().lookup(account=ACCOUNT, message=MESSAGE, since=NOW) == expected
    assert "To=%2B4915123456789" in str(responses.calls[0].request.url)


@responses.activate
@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"body": requests.ReadTimeout()},
        {"status": 401, "json": {"code": 20003}},
        {"body": "<html>a proxy's page</html>"},
        {"json": {"next_page_uri": None}},
        {"json": ["messages"]},
    ],
)
def test_a_look_up_that_fails_says_so(answer: dict[str, Any]) -> None:
    responses.get(URL, **answer)
    with pytest.raises(LookupFailed):
        Twilio().lookup(account=ACCOUNT, message=MESSAGE, since=NOW)


FIELDS = {
    "AccountSid": SID,
    "ApiVersion": "2010-04-01",
    "From": "+4930123456",
    "MessageSid": SM,
    "MessageStatus": "sent",
    "SmsSid": SM,
    "To": "+49",
}

CALLS: list[tuple[dict[str, str], Report | None]] = [
    ({}, Report(SM, "tok", "sent", recipient="+49")),
    ({"MessageStatus": "delivered"}, Report(SM, "tok", "delivered", recipient="+49")),
    ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, Report(SM, "tok", "bounced", "Twilio error 30003", recipient="+49")),
    ({"MessageStatus": "undelivered", "ErrorCode": "30006"}, Report(SM, "tok", "bounced", "Twilio error 30006", "bounce", "+49")),
    ({"MessageStatus": "failed", "ErrorCode": "21610"}, Report(SM, "tok", "failed", "Twilio error 21610", "stop", "+49")),
    ({"MessageStatus": "novel"}, None),
]


@pytest.mark.parametrize(("over", "expected"), CALLS)
def test_a_status_callback_is_read(over: dict[str, str], expected: Report | None) -> None:
    assert report({**FIELDS, **over}, token="tok") == expected


def test_only_codes_that_speak_of_the_number_block_it() -> None:
    assert SUPPRESSING == {"21610": "stop", "30004": "carrier_block", "30005": "bounce", "30006": "bounce"}


SHIFTED: list[tuple[dict[str, str], bool]] = [
    (FIELDS, True),
    ({**FIELDS, "ChannelPrefix": "new"}, True),
    ({**FIELDS, "From": "TopShop"}, True),
    ({k: v for k, v in FIELDS.items() if k not in ("MessageSid", "MessageStatus")} | {"MessageSidSM1MessageStatus": "delivered"}, False),
    ({k: v for k, v in FIELDS.items() if k != "ErrorCode"} | {"ApiVersion": "2010-04-01ErrorCode30003"}, False),
    ({k: v for k, v in FIELDS.items() if k != "MessageStatus"} | {"MessageSid": f"{SM}MessageStatussent"}, False),
    ({**FIELDS, "AccountSid": "AC" + "b" * 32}, False),
    ({**FIELDS, "MessageSid": "x"}, False),
    ({k: v for k, v in FIELDS.items() if k != "MessageStatus"}, False),
]


@pytest.mark.parametrize(("fields", "good"), SHIFTED)
def test_fields_cut_anew_are_seen(fields: dict[str, str], good: bool) -> None:
    assert is_unshifted(fields, ACCOUNT) is good
