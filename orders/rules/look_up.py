"""What somebody may type to find an order, and how often."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.text import BadEmail, BadPhone, normalise_email, normalise_phone
from customers.types import Channel

CODE_LIFETIME = timedelta(minutes=10)
GUEST_LIFETIME = timedelta(days=1)
CODE_LENGTH, TRIES = 6, 5
LONGEST_NUMBER = 60
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# (window, look-ups). Hits and misses count alike: a limit that spared hits would tell them apart. Each hit sends a code, so an address
# is held to what one person needs; a number to what its owner mistypes; texts cost money.
NETWORK_LIMITS = ((MINUTE, 10), (HOUR, 60))
NUMBER_LIMITS = ((HOUR, 5),)
CONTACT_LIMITS = {Channel.EMAIL: ((10 * MINUTE, 5), (DAY, 10)), Channel.SMS: ((10 * MINUTE, 3), (DAY, 10))}
MERCHANT_LIMITS = ((MINUTE, 300),)
CODE_LIMITS = ((HOUR, 20),)


class BadContact(ValueError):
    """Neither an e-mail address nor a telephone number that can receive a text."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What was typed beside the order's number, in its normal form: it says by which way the code goes."""

    channel: Channel
    address: str


def contact_in(text: str, *, region: str) -> Contact:
    """An e-mail address when there is an @ in it, else a telephone number, by default of `region`. Refuses (BadContact) what is neither."""
    try:
        if "@" in text:
            return Contact(Channel.EMAIL, normalise_email(text))
        return Contact(Channel.SMS, normalise_phone(unicodedata.normalize("NFKC", text).strip(), region or None))
    except (BadEmail, BadPhone):
        raise BadContact from None


def number_in(text: str) -> str:
    """An order's number as one compares it: digits of any script and width, without `#`, spaces, what cannot be printed, and case.

    What is longer than any number stays so, and is therefore nobody's; "" when nothing was typed.
    """
    plain = unicodedata.normalize("NFKC", text[: 10 * LONGEST_NUMBER]).replace("#", "")
    digits = (str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in plain if c.isprintable())
    return "".join("".join(digits).split()).upper()[: LONGEST_NUMBER + 1]


def spellings(number: str) -> list[str]:
    """How shops may have stored a number in its compared form: each found by the index."""
    forms = dict.fromkeys((number, number.lower()))
    return [sign + form for form in forms for sign in ("", "#")]


def is_open(*, created_at: datetime, used_at: datetime | None, tries: int, now: datetime) -> bool:
    """Whether a look-up's code may still be tried."""
    return used_at is None and tries < TRIES and now < created_at + CODE_LIFETIME
