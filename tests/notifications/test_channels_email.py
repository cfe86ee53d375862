"""Mail as each provider gets it, and what its answers become."""

import email
import email.policy
import json
import smtplib
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
import requests
import responses
from django.core.mail import BadHeaderError

from core import http
from notifications.channels import email as channel
from notifications.channels.email import ApiMail, PostmarkMail, SmtpMail, compose, message_id
from notifications.channels.mailserver import is_public
from notifications.registry import LookupFailed
from notifications.types import Accepted, Account, NotAccepted, Outcome, Outgoing, Refused, Unknown
from tests.conftest import NOW

pytestmark = pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")

MESSAGE = Outgoing(
    message_id=7,
    token="t" * 22,
    channel="email",
    recipient="sam@example.com",
    recipient_name="Sam Bérg",
    sender="shop@acme.example",
    sender_name="Acme",
    reply_to="help@acme.example",
    subject="Order 1001 confirmed",
    text="Hello Sam",
    html="<p>Hello Sam</p>",
    headers={"Auto-Submitted": "auto-generated"},
)
MAILGUN = Account(1, 1, "mailgun", "email", {"domain": "mg.acme.example", "region": "eu"}, {"api_key": "key-12345678"})
SENDGRID = Account(2, 1, "sendgrid", "email", {}, {"api_key": "SG.12345678"})
POSTMARK = Account(3, 1, "postmark", "email", {"message_stream": "orders"}, {"server_token": "pm-12345678"})
SES = Account(4, 1, "ses", "email", {"region": "eu-central-1"}, {"access_key_id": "AKIA1234", "secret_access_key": "secret1234"})
SMTP = Account(
    5, 1, "smtp", "email", {"host": "smtp.example.com", "port": "587", "security": "starttls", "username": "u"}, {"password": "p"}
)


def send(account: Account, message: Outgoing = MESSAGE) -> Outcome:
    [outcome] = ApiMail().send(account=account, messages=[message])
    return outcome


INACTIVE = {"ErrorCode": 406, "Message": "In words nobody knows yet: sam@example.com bounced before."}


@responses.activate
def test_a_refusal_in_words_nobody_knows_is_no_acceptance() -> None:
    """Anymail reads which address was refused from the sentence; without that it raises nothing."""
    responses.post("https://api.postmarkapp.com/email", status=422, json=INACTIVE)
    assert send(POSTMARK) == Refused("http_422", "HTTP 422")


HELD = {"MessageID": "pm-1", "Metadata": {"token": MESSAGE.token}}
SEARCHES: list[tuple[list[Any], str | None]] = [
    ([HELD], "pm-1"),
    ([{"MessageID": "pm-2", "Metadata": {"token": "another"}}, HELD], "pm-1"),
    ([{"MessageID": "pm-2", "Metadata": {"token": "another"}}, {"MessageID": "pm-3"}, "odd"], None),
    ([], None),
]


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Any], list[http.Request]]:
    """Plays Postmark's search: `searched(status, body)`; returns what it was asked."""

    def play(status: int, body: Any) -> list[http.Request]:
        asked: list[http.Request] = []

        def call(request: http.Request, *, limits: Any = None) -> http.Response:
            asked.append(request)
            return http.Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode(), "api.postmarkapp.com")

        monkeypatch.setattr("core.http.send", call)
        return asked

    return play


@pytest.mark.parametrize(("rows", "expected"), SEARCHES)
def test_postmark_finds_what_it_took_by_our_token(searched: Any, rows: list[Any], expected: str | None) -> None:
    asked = searched(200, {"TotalCount": len(rows), "Messages": rows})
    assert PostmarkMail().lookup(account=POSTMARK, message=MESSAGE, since=NOW) == expected
    [request] = asked
    assert request.url == (
        f"https://api.postmarkapp.com/messages/outbound?count=20&offset=0&metadata_token={MESSAGE.token}&messagestream=orders"
    )
    assert request.headers["X-Postmark-Server-Token"] == "pm-12345678"


@pytest.mark.parametrize(("status", "body"), [(500, {}), (401, {}), (429, {}), (200, b"<html>"), (200, []), (200, {"Messages": None})])
def test_postmark_that_cannot_be_asked_says_so(searched: Any, status: int, body: Any) -> None:
    searched(status, body)
    with pytest.raises(LookupFailed):
        PostmarkMail().lookup(account=POSTMARK, message=MESSAGE, since=NOW)


@responses.activate
def test_mailgun_gets_the_message_with_token_and_message_id() -> None:
    responses.post("https://api.eu.mailgun.net/v3/mg.acme.example/messages", json={"id": "<1@mg>", "message": "Queued. Thank you."})
    assert send(MAILGUN) == Accepted("<1@mg>")
    body = str(responses.calls[0].request.body)
    assert "tttttttttttttttttttttt" in body
    assert "v%3Atoken" in body
    assert "List-Unsubscribe" not in body


@responses.activate
def test_sendgrid_gets_the_token_as_an_argument_it_returns() -> None:
    responses.post("https://api.sendgrid.com/v3/mail/send", status=202)
    assert isinstance(send(SENDGRID), Accepted)
    body = json.loads(str(responses.calls[0].request.body))
    assert body["custom_args"]["token"] == MESSAGE.token
    assert body["personalizations"][0]["to"] == [{"email": "sam@example.com", "name": "Sam Bérg"}]
    assert body["from"] == {"email": "shop@acme.example", "name": "Acme"}
    assert body["headers"] == {"Auto-Submitted": "auto-generated", "Message-ID": message_id(MESSAGE)}


@responses.activate
def test_postmark_gets_metadata_and_stream() -> None:
    responses.post(
        "https://api.postmarkapp.com/email", json={"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": "sam@example.com"}
    )
    assert send(POSTMARK) == Accepted("pm-1")
    body = json.loads(str(responses.calls[0].request.body))
    assert (body["Metadata"], body["MessageStream"], body["TextBody"]) == ({"token": MESSAGE.token}, "orders", "Hello Sam")


def test_amazons_client_never_resends_by_itself_and_gives_up_in_time() -> None:
    options = channel.ses_client(SES)["client_params"]["config"]
    assert options["retries"]["total_max_attempts"] == 1
    assert (options["connect_timeout"], options["read_timeout"]) == (3.05, 10)


def test_amazon_gets_the_raw_message_once() -> None:
    sent: list[dict[str, Any]] = []

    def call(self: object, operation: str, params: dict[str, Any]) -> dict[str, str]:
        sent.append(params)
        return {"MessageId": "ses-1"}

    with patch("botocore.client.BaseClient._make_api_call", call):
        assert send(SES) == Accepted("ses-1")
    raw = email.message_from_bytes(sent[0]["Content"]["Raw"]["Data"], policy=email.policy.default)
    assert raw["Message-ID"] == message_id(MESSAGE)
    assert json.loads(raw["X-Metadata"]) == {"token": MESSAGE.token}


ANSWERS: list[tuple[dict[str, Any], type]] = [
    ({"status": 200, "json": {"id": "<1@mg>", "message": "Queued. Thank you."}}, Accepted),
    ({"status": 200, "body": "<html>"}, Unknown),
    ({"status": 400, "json": {"message": "'to' parameter is not a valid address"}}, Refused),
    ({"status": 401, "body": "Forbidden"}, NotAccepted),
    ({"status": 429, "headers": {"Retry-After": "30"}}, NotAccepted),
    ({"status": 500}, Unknown),
    ({"status": 503, "headers": {"Retry-After": "5"}}, NotAccepted),
    ({"body": requests.ReadTimeout()}, Unknown),
    ({"body": requests.ConnectTimeout()}, NotAccepted),
    ({"body": requests.ConnectionError("reset")}, Unknown),
]


@responses.activate
@pytest.mark.parametrize(("answer", "expected"), ANSWERS)
def test_a_providers_answer_becomes_one_of_four_outcomes(answer: dict[str, Any], expected: type) -> None:
    responses.post("https://api.eu.mailgun.net/v3/mg.acme.example/messages", **answer)
    assert type(send(MAILGUN)) is expected
    assert len(responses.calls) == 1


@responses.activate
def test_every_call_has_a_timeout() -> None:
    seen: list[object] = []
    original = requests.Session.request

    def request(self: requests.Session, *args: Any, **kwargs: Any) -> requests.Response:
        seen.append(kwargs.get("timeout"))
        return original(self, *args, **kwargs)

    responses.post("https://api.eu.mailgun.net/v3/mg.acme.example/messages", json={"id": "<1@mg>", "message": "Queued."})
    responses.post("https://api.sendgrid.com/v3/mail/send", status=202)
    with patch.object(requests.Session, "request", request):
        send(MAILGUN)
        send(SENDGRID)
    assert seen == [(3.05, 10), (3.05, 10)]


HOSTILE = [
    {"subject": "Hi\r\nBcc: v@x.example"},
    {"subject": "Hi\u2028Bcc: v@x.example"},
    {"sender_name": "Acme\r\nBcc: v@x.example"},
    {"reply_to": "a@x.example\nBcc: v@x.example"},
    {"recipient": "a@x.example\r\nBcc: v@x.example"},
    {"headers": {"X-Order": "1\r\nBcc: v@x.example"}},
]


@responses.activate
@pytest.mark.parametrize("over", HOSTILE)
def test_a_value_that_breaks_out_of_its_header_is_refused_before_any_call(over: dict[str, Any]) -> None:
    from dataclasses import replace  # noqa: PLC0415

    message = replace(MESSAGE, **over)
    with pytest.raises(BadHeaderError):
        compose(MAILGUN, message)
    assert send(MAILGUN, message) == Refused("bad_header", "a header value holds control characters")
    assert len(responses.calls) == 0


def test_the_raw_message_has_the_same_headers_whatever_the_shoppers_name_is() -> None:
    from dataclasses import replace  # noqa: PLC0415

    from notifications.rules import display_name  # noqa: PLC0415

    names = ["Sam", "a@b.example <", '"', "\\", "x\r\nBcc: v@x", "=?utf-8?B?DQpCY2M6IHZAeA==?=", "李" * 90]
    headers = set()
    for name in names:
        raw = compose(SMTP, replace(MESSAGE, recipient_name=display_name(name), subject=f"Hi {display_name(name)}")).message().as_bytes()
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        headers.add(tuple(sorted(parsed.keys())))
        assert [address.addr_spec for address in parsed["To"].addresses] == ["sam@example.com"]
    assert len(headers) == 1
    assert "Bcc" not in headers.pop()


class FakeServer:
    """Stands for Django's SMTP backend."""

    def __init__(self, *, on_open: Exception | None = None, on_send: Exception | None = None) -> None:
        self.on_open, self.on_send, self.is_closed = on_open, on_send, False
        self.sent: list[Any] = []

    def open(self) -> bool:
        if self.on_open:
            raise self.on_open
        return True

    def send_messages(self, mails: list[Any]) -> int:
        if self.on_send:
            raise self.on_send
        self.sent += mails
        return len(mails)

    def close(self) -> None:
        self.is_closed = True


SERVERS: list[tuple[dict[str, Exception], type]] = [
    ({}, Accepted),
    ({"on_open": ConnectionRefusedError()}, NotAccepted),
    ({"on_open": smtplib.SMTPAuthenticationError(535, b"no")}, NotAccepted),
    ({"on_open": TimeoutError()}, NotAccepted),
    ({"on_send": smtplib.SMTPRecipientsRefused({"sam@example.com": (550, b"no")})}, Refused),
    ({"on_send": smtplib.SMTPServerDisconnected()}, Unknown),
    ({"on_send": TimeoutError()}, Unknown),
]


@pytest.mark.parametrize(("errors", "expected"), SERVERS)
def test_a_mail_server_becomes_one_of_four_outcomes(errors: dict[str, Any], expected: type) -> None:
    server = FakeServer(**errors)
    with patch.object(SmtpMail, "_backend", return_value=server), patch.object(channel, "is_public", return_value=True):
        [outcome] = SmtpMail().send(account=SMTP, messages=[MESSAGE])
    assert type(outcome) is expected
    if isinstance(outcome, Accepted):
        assert outcome.provider_id == "<tttttttttttttttttttttt@acme.example>"
        assert server.is_closed


def test_the_mail_servers_options_are_the_accounts_with_a_timeout() -> None:
    backend: Any = SmtpMail._backend(SMTP)
    assert (backend.host, backend.port, backend.username, backend.password) == ("smtp.example.com", 587, "u", "p")
    assert (backend.use_tls, backend.use_ssl, backend.timeout) == (True, False, 10)


@pytest.mark.parametrize(
    ("addresses", "public"),
    [
        (["93.184.216.34"], True),
        (["127.0.0.1"], False),
        (["10.0.0.5"], False),
        (["169.254.169.254"], False),
        (["::1"], False),
        (["::ffff:127.0.0.1"], False),
        (["93.184.216.34", "192.168.1.1"], False),
        (["100.64.0.1"], False),
    ],
)
def test_a_merchant_cannot_make_us_talk_to_our_own_network(addresses: list[str], public: bool) -> None:
    found = [(2, 1, 6, "", (address, 0)) for address in addresses]
    with patch("socket.getaddrinfo", return_value=found):
        assert is_public("smtp.example.com") is public


def test_a_private_mail_server_is_not_even_connected_to() -> None:
    with patch.object(channel, "is_public", return_value=False), patch.object(SmtpMail, "_backend") as backend:
        [outcome] = SmtpMail().send(account=SMTP, messages=[MESSAGE])
    assert outcome == NotAccepted("the mail server's address is not a public one")
    backend.assert_not_called()
