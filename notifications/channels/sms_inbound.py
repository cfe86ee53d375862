"""What Twilio posts when a shopper answers an SMS, and the form of our answer."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from notifications.keywords import HELP, START, STOP, IncomingText, Meaning, meaning_of
from notifications.types import Account

SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
# Long enough to look for inside other names and values; see `sms_twilio.is_unshifted`.
FIELDS = frozenset(
    {"AccountSid", "ApiVersion", "MessageSid", "MessagingServiceSid", "NumMedia", "NumSegments", "OptOutType", "SmsMessageSid"}
)
FREE = frozenset({"Body"})  # the shopper's own words may hold anything
MAX_TEXT = 1600


def incoming(fields: Mapping[str, str], account: Account) -> IncomingText | None:
    """Our reading of an inbound text; None when fields are missing or may have been cut anew."""
    values = [value for name, value in fields.items() if name not in FREE]
    names = [name for name in fields if name not in FIELDS]
    if any(NAME.fullmatch(name) is None for name in fields) or any(known in text for text in (*names, *values) for known in FIELDS):
        return None
    sid, sender = fields.get("MessageSid", ""), fields.get("From", "")
    if SID.fullmatch(sid) is None or fields.get("AccountSid") != account.settings["account_sid"] or not sender or "Body" not in fields:
        return None
    text = fields["Body"].replace("\0", "")[:MAX_TEXT]
    # Twilio's own opt-out has understood the word and answered it already.
    told = fields.get("OptOutType", "").lower()
    is_answered = told in (STOP, START, HELP)
    return IncomingText(sid, sender[:20], text, Meaning(told) if is_answered else meaning_of(text), is_answered)


def twiml(answer: str) -> str:
    """An answer in Twilio's markup; without words, none is sent."""
    message = f"<Message>{escape(answer)}</Message>" if answer else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
