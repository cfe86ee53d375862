"""Each error of a mail provider falls into the right class: never sent again blindly, never given up too soon."""

import smtplib
import ssl
from typing import Any

import pytest
import requests
from anymail.exceptions import AnymailAPIError, AnymailInvalidAddress, AnymailRecipientsRefused, AnymailRequestsAPIError
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from notifications.channels.email_errors import by_status, of_anymail, of_boto, of_requests, of_smtp, of_smtp_connecting, retry_after
from notifications.types import NotAccepted, Outcome, Refused, Unknown
from tests.conftest import NOW

STATUSES: list[tuple[int, dict[str, str], type, float | None]] = [
    (400, {}, Refused, None),
    (401, {}, NotAccepted, None),
    (403, {}, NotAccepted, None),
    (404, {}, Refused, None),
    (408, {}, Unknown, None),
    (413, {}, Refused, None),
    (422, {}, Refused, None),
    (429, {}, NotAccepted, None),
    (429, {"Retry-After": "30"}, NotAccepted, 30.0),
    (500, {}, Unknown, None),
    (502, {}, Unknown, None),
    (503, {}, Unknown, None),
    (503, {"Retry-After": "120"}, NotAccepted, 120.0),
    (504, {}, Unknown, None),
]


@pytest.mark.parametrize(("status", "headers", "expected", "later"), STATUSES)
def test_an_http_status_is_classified(status: int, headers: dict[str, str], expected: type, later: float | None) -> None:
    outcome = by_status(status, code="x", headers=headers, now=NOW)
    assert type(outcome) is expected
    assert getattr(outcome, "retry_after", None) == later


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        ("Fri, 20 Nov 2026 10:02:00 GMT", 120.0),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("99999999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, now=NOW) == seconds


def wrapped(reason: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


CALLS: list[tuple[requests.RequestException, type]] = [
    (requests.ConnectTimeout(), NotAccepted),
    (wrapped(NewConnectionError(None, "refused")), NotAccepted),  # type: ignore[arg-type]
    (requests.exceptions.SSLError(ssl.SSLCertVerificationError("expired")), NotAccepted),
    (requests.ReadTimeout(), Unknown),
    (requests.ConnectionError(ConnectionResetError()), Unknown),
    (requests.exceptions.ChunkedEncodingError(), Unknown),
    (requests.exceptions.InvalidURL(), Refused),
]


@pytest.mark.parametrize(("error", "expected"), CALLS)
def test_a_call_without_an_answer_is_classified(error: requests.RequestException, expected: type) -> None:
    assert type(of_requests(error)) is expected


def api_error(status: int, **headers: str) -> AnymailRequestsAPIError:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    return AnymailRequestsAPIError("failed", response=response)


def with_cause(error: Exception) -> AnymailAPIError:
    outer = AnymailAPIError("failed")
    outer.__cause__ = error
    return outer


ANYMAIL: list[tuple[Any, type]] = [
    (AnymailRecipientsRefused(), Refused),
    (AnymailInvalidAddress("bad"), Refused),
    (api_error(200), Unknown),
    (api_error(429, **{"Retry-After": "30"}), NotAccepted),
    (api_error(500), Unknown),
    (api_error(400), Refused),
    (with_cause(EndpointConnectionError(endpoint_url="https://x")), NotAccepted),
    (with_cause(ReadTimeoutError(endpoint_url="https://x")), Unknown),
    (AnymailAPIError("odd"), Unknown),
]


@pytest.mark.parametrize(("error", "expected"), ANYMAIL)
def test_an_error_of_anymail_is_classified(error: Any, expected: type) -> None:
    assert type(of_anymail(error, now=NOW)) is expected


def client_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail")  # type: ignore[typeddict-item]


AMAZON: list[tuple[Exception, type]] = [
    (client_error("MessageRejected", 400), Refused),
    (client_error("Throttling", 400), NotAccepted),
    (client_error("TooManyRequestsException", 429), NotAccepted),
    (client_error("SignatureDoesNotMatch", 403), NotAccepted),
    (client_error("InternalFailure", 500), Unknown),
    (ConnectTimeoutError(endpoint_url="https://x"), NotAccepted),
]


@pytest.mark.parametrize(("error", "expected"), AMAZON)
def test_an_error_of_amazon_is_classified(error: Exception, expected: type) -> None:
    assert type(of_boto(error)) is expected


SMTP: list[tuple[Exception, Outcome]] = [
    (smtplib.SMTPRecipientsRefused({"a@x.example": (550, b"no")}), Refused("smtp_550", "recipient refused")),
    (smtplib.SMTPRecipientsRefused({"a@x.example": (450, b"later")}), NotAccepted("recipient refused (450)", blames_account=False)),
    (smtplib.SMTPSenderRefused(553, b"no", "a@x.example"), Refused("smtp_553", "refused by the mail server")),
    (smtplib.SMTPDataError(451, b"later"), NotAccepted("refused by the mail server (451)")),
    (smtplib.SMTPDataError(554, b"spam"), Refused("smtp_554", "refused by the mail server")),
    (smtplib.SMTPServerDisconnected("gone"), Unknown("SMTPServerDisconnected")),
    (TimeoutError(), Unknown("TimeoutError")),
    (ConnectionResetError(), Unknown("ConnectionResetError")),
]


@pytest.mark.parametrize(("error", "expected"), SMTP)
def test_an_error_of_a_mail_server_is_classified(error: Exception, expected: Outcome) -> None:
    assert of_smtp(error) == expected


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(), TimeoutError(), smtplib.SMTPConnectError(421, b"busy"), smtplib.SMTPHeloError(500, b"?")]
)
def test_before_the_message_is_begun_nothing_was_taken(error: Exception) -> None:
    assert isinstance(of_smtp_connecting(error), NotAccepted)


def test_wrong_credentials_are_named_so_that_the_merchant_sees_them() -> None:
    outcome = of_smtp_connecting(smtplib.SMTPAuthenticationError(535, b"no"))
    assert outcome == NotAccepted("the provider does not accept the account's credentials")
