"""SMS through a merchant's own Twilio account."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import requests
from django.conf import settings

from core.clock import now
from notifications.channels.email_errors import CREDENTIALS, of_requests, retry_after
from notifications.registry import LookupFailed, register_adapter
from notifications.types import Accepted, Account, MessageState, NotAccepted, Outcome, Outgoing, Refused, Report, Unknown

TIMEOUT = 10
LOOKUP_PAGE = 100
CLOCKS_APART = timedelta(minutes=5)
# What the client raises for an answer that is no JSON, or JSON of another shape: a proxy's page, half an answer.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)

# Error codes in the answer to a send: the number cannot or must not be written to. Any other 4xx is refused as well.
REFUSED = frozenset({21211, 21214, 21217, 21408, 21610, 21612, 21614, 21617})
# The account, not the message: put right by the merchant, so the message waits.
ACCOUNT = frozenset({20003, 20005, 21212, 21606, 21603, 21659, 21705})
LATER = frozenset({20429, 14107, 21611, 30001, 30022})

# What Twilio's word about a message means for ours.
STATES = {
    "accepted": MessageState.SENT,
    "scheduled": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.BOUNCED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
# Error codes of a callback after which the number is not written to again. 30003 (switched off) and 30007 (filtered) pass.
SUPPRESSING = {"21610": "stop", "30004": "carrier_block", "30005": "bounce", "30006": "bounce"}


FIELDS = frozenset(
    {
        "AccountSid",
        "ApiVersion",
        "ErrorCode",
        "ErrorMessage",
        "MessageSid",
        "MessageStatus",
        "MessagingServiceSid",
        "RawDlrDoneDate",
        "SmsSid",
        "SmsStatus",
    }
)
PLAIN = frozenset({"From", "To"})  # too short to look for inside other texts
SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}")


class Twilio:
    """Hands over one message per call; can look through what Twilio holds."""

    uses_network = True

    def send(self, *, account: Account, messages: Sequence[Outgoing]) -> list[Outcome]:
        return [self._send(account, message) for message in messages]

    def _send(self, account: Account, message: Outgoing) -> Outcome:
        from twilio.base.exceptions import TwilioException, TwilioRestException  # noqa: PLC0415  heavy, and only for who sends SMS

        sender = {"messaging_service_sid": message.sender} if message.sender.startswith("MG") else {"from_": message.sender}
        heard: dict[str, str] = {}
        try:
            created = client(account, heard).messages.create(
                to=message.recipient, body=message.text, status_callback=f"{account.callback_url}{message.token}/", **sender
            )
        except TwilioRestException as error:
            later = retry_after(heard.get("retry-after", ""), now=now())
            return of_answer(error.status, error.code, str(error.msg), later=later)
        except requests.RequestException as error:
            return of_requests(error)
        except (TwilioException, *UNREADABLE) as error:
            return Unknown(error.__class__.__name__)
        return Accepted(created.sid) if created.sid else Unknown("Twilio's answer holds no id")

    def lookup(self, *, account: Account, message: Outgoing, since: datetime) -> str | None:
        from twilio.base.exceptions import TwilioException  # noqa: PLC0415

        try:
            # By number only: a message still queued has no date sent, and Twilio's date filter would leave it out.
            held = client(account).messages.list(to=message.recipient, limit=LOOKUP_PAGE)
        except (TwilioException, requests.RequestException, *UNREADABLE) as error:
            raise LookupFailed(error.__class__.__name__) from None
        earliest = since - CLOCKS_APART
        same = (one for one in held if one.body == message.text and (one.date_created is None or one.date_created >= earliest))
        return next((one.sid for one in same if one.sid and str(one.direction or "").startswith("outbound")), None)


def client(account: Account, heard: dict[str, str] | None = None) -> Any:
    """A client that gives up after ten seconds and never tries again by itself. `heard` gets the headers of what it is answered."""
    from twilio.http.http_client import TwilioHttpClient  # noqa: PLC0415
    from twilio.rest import Client  # noqa: PLC0415

    def listen(response: requests.Response, **options: Any) -> None:
        if heard is not None:
            heard.update({name.lower(): value for name, value in response.headers.items()})

    http = TwilioHttpClient(timeout=TIMEOUT, max_retries=None, request_hooks={"response": [listen]})
    sid, secrets = account.settings["account_sid"], account.secrets
    if secrets.get("api_key_sid") and secrets.get("api_key_secret"):
        made = Client(secrets["api_key_sid"], secrets["api_key_secret"], sid, http_client=http)
    else:
        made = Client(sid, secrets["auth_token"], http_client=http)
    made.api.base_url = settings.TWILIO_API_URL
    return made


def of_answer(status: int, code: int | None, text: str, *, later: float | None = None) -> Outcome:
    """What Twilio's refusal means, by its own code first and by the HTTP status else; `later`: the seconds it asks us to wait."""
    if code in REFUSED:
        return Refused(str(code), text[:200])
    if code in ACCOUNT or status in (401, 403):
        return NotAccepted(f"{CREDENTIALS} ({code or status})")
    if code in LATER or status == 429 or (status == 503 and later is not None):
        return NotAccepted(f"Twilio asks to wait ({code or status})", later)
    if 200 <= status < 300 or status >= 500:
        return Unknown(f"HTTP {status}")
    return Refused(str(code or f"http_{status}"), text[:200])


def is_unshifted(fields: Mapping[str, str], account: Account) -> bool:
    """False when the fields of a status callback may have been cut anew.

    Twilio signs names and values without separators: `MessageSid=SM1`, `MessageStatus=sent` and the one field
    `MessageSidSM1MessageStatus=sent` carry the same signature.
    """
    names = (name for name in fields if name not in FIELDS | PLAIN)
    if any(known in text for text in (*names, *fields.values()) for known in FIELDS):
        return False
    given = fields.get("MessageSid", ""), fields.get("AccountSid", "")
    return SID.fullmatch(given[0]) is not None and given[1] == account.settings["account_sid"] and bool(fields.get("MessageStatus"))


def report(fields: Mapping[str, str], *, token: str) -> Report | None:
    """Our reading of a status callback; None for a status that says nothing about the way of a message."""
    state = STATES.get(fields["MessageStatus"])
    if state is None:
        return None
    code = fields.get("ErrorCode", "")
    return Report(
        provider_id=fields["MessageSid"],
        token=token,
        state=state,
        detail=f"Twilio error {code}" if code else "",
        suppress=SUPPRESSING.get(code, ""),
        recipient=fields.get("To", ""),
    )


register_adapter("twilio", Twilio())
