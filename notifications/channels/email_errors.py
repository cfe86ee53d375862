"""What each error of a mail provider says about the message: refused for good, surely not taken, or anyone's guess."""

import re
import smtplib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from notifications.types import NotAccepted, Outcome, Refused, Unknown

CREDENTIALS = "the provider does not accept the account's credentials"
# Anything else that breaks a call may come once the provider has read everything.
BEFORE_SENDING = (NewConnectionError, NameResolutionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
# Names of botocore's exceptions, so that boto3 is loaded only for merchants who use it.
BOTO_NOT_SENT = frozenset(
    {
        "EndpointConnectionError",
        "ConnectTimeoutError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "NoRegionError",
        "ProxyConnectionError",
        "SSLError",
    }
)
BOTO_LATER = frozenset(
    {"Throttling", "ThrottlingException", "TooManyRequestsException", "LimitExceededException", "SendingPausedException"}
)
BOTO_CREDENTIALS = frozenset({"InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "AccessDeniedException"})


def by_status(status: int, *, code: str, headers: Mapping[str, str], now: datetime) -> Outcome:
    """What an HTTP answer says. Any 5xx without Retry-After may come after the message was taken."""
    later = retry_after(headers.get("Retry-After", ""), now=now)
    if status == 429 or (status == 503 and later is not None):
        return NotAccepted(f"HTTP {status}", later)
    if status in (401, 402, 403):
        return NotAccepted(f"{CREDENTIALS} (HTTP {status})")
    if 400 <= status < 500 and status != 408:
        return Refused(code, f"HTTP {status}")
    return Unknown(f"HTTP {status}")


def retry_after(value: str, *, now: datetime) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date."""
    if re.fullmatch(r"\d{1,6}", value.strip()):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def of_requests(error: requests.RequestException) -> Outcome:
    """An error of an HTTP call that brought no answer."""
    if isinstance(error, requests.ConnectTimeout) or any(isinstance(cause, BEFORE_SENDING) for cause in _causes(error)):
        return NotAccepted(f"no connection ({error.__class__.__name__})")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader | requests.exceptions.MissingSchema):
        return Refused("bad_request", error.__class__.__name__)
    return Unknown(error.__class__.__name__)


def _causes(error: BaseException) -> list[BaseException]:
    """The error, what it was raised from, and what urllib3 wraps in its arguments."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        inner = [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
        todo.extend(item for item in inner if isinstance(item, BaseException))
    return seen


def of_anymail(error: AnymailError, *, now: datetime) -> Outcome:
    """An error of a provider's API as Anymail raises it."""
    if isinstance(error, AnymailRecipientsRefused):
        return Refused("recipient_refused")
    if isinstance(error, AnymailInvalidAddress | AnymailSerializationError | AnymailUnsupportedFeature):
        return Refused("bad_message", error.__class__.__name__)
    cause = error.__cause__
    if cause is not None and cause.__class__.__module__.startswith("botocore"):
        return of_boto(cause)
    if isinstance(error, AnymailAPIError) and error.response is not None and error.status_code:
        if 200 <= error.status_code < 300:
            return Unknown("the provider's answer could not be read")
        return by_status(error.status_code, code=f"http_{error.status_code}", headers=error.response.headers, now=now)
    if isinstance(error, requests.RequestException):
        return of_requests(error)
    return Unknown(error.__class__.__name__)


def of_no_id(response: object, *, now: datetime) -> Outcome:
    """Anymail raised nothing, yet nobody has an id: a refusal in words it does not know, or an answer that says nothing."""
    if isinstance(response, requests.Response) and response.status_code >= 400:
        return by_status(response.status_code, code=f"http_{response.status_code}", headers=response.headers, now=now)
    return Unknown("the provider's answer holds no id")


def of_boto(error: BaseException) -> Outcome:
    """An error of Amazon's client, which Anymail passes on as the cause."""
    name = error.__class__.__name__
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return NotAccepted(name) if name in BOTO_NOT_SENT else Unknown(name)
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    if code in BOTO_LATER or status == 429:
        return NotAccepted(code or "HTTP 429")
    if code in BOTO_CREDENTIALS or status in (401, 403):
        return NotAccepted(f"{CREDENTIALS} ({code})")
    return Refused(code or f"http_{status}", f"HTTP {status}") if 400 <= status < 500 else Unknown(code or f"HTTP {status}")


def of_smtp_connecting(error: Exception) -> Outcome:
    """Before the message was begun: nothing can have been taken."""
    detail = CREDENTIALS if isinstance(error, smtplib.SMTPAuthenticationError) else f"no connection ({error.__class__.__name__})"
    return NotAccepted(detail)


def of_smtp(error: Exception) -> Outcome:
    """After the message was begun. Codes from 500 are for good, from 400 for now; silence is anyone's guess."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max((code for code, _ in error.recipients.values()), default=550)
        return _by_reply(code, "recipient refused", blames_account=False)
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError | smtplib.SMTPHeloError):
        return _by_reply(error.smtp_code, "refused by the mail server")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Refused("smtp_not_supported")
    return Unknown(error.__class__.__name__)


def _by_reply(code: int, detail: str, *, blames_account: bool = True) -> Outcome:
    if 500 <= code < 600:
        return Refused(f"smtp_{code}", detail)
    return NotAccepted(f"{detail} ({code})", blames_account=blames_account)
