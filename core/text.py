"""Normal forms for what people type, so that equal things compare equal with `=`."""

import unicodedata
from functools import lru_cache

import phonenumbers

MAX_EMAIL = 254


class BadEmail(ValueError):
    """Not one deliverable e-mail address."""


class BadPhone(ValueError):
    """Not a telephone number that can receive an SMS."""


def normalise_email(value: str) -> str:
    """Lower case, NFC, domain in ASCII (IDNA). Refuses (BadEmail) lists, quoted parts, literals, control characters."""
    text = unicodedata.normalize("NFC", value.strip())
    local, at, domain = text.rpartition("@")
    if not at or not local or len(text) > MAX_EMAIL or len(local) > 64:
        raise BadEmail("not an e-mail address")
    if any(c in local for c in ' "(),:;<>@[\\]\r\n\t') or any(unicodedata.category(c)[0] == "C" for c in text):
        raise BadEmail("not an e-mail address")
    try:
        ascii_domain = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        raise BadEmail("not an e-mail address") from None
    labels = ascii_domain.lower().split(".")
    if len(labels) < 2 or not all(_is_label(label) for label in labels):
        raise BadEmail("not an e-mail address")
    return f"{local.lower()}@{'.'.join(labels)}"


def _is_label(label: str) -> bool:
    inner = label.replace("-", "")
    return 0 < len(label) <= 63 and inner.isalnum() and inner.isascii() and label[0] != "-" != label[-1]


# Numbers that cost the sender or can never get an SMS.
REFUSED_TYPES = frozenset(
    {
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.PAGER,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)


def normalise_phone(value: str, region: str | None) -> str:
    """E.164. `region` (ISO 3166) reads national numbers. Refuses (BadPhone) invalid, premium and satellite numbers."""
    if len(value) > 40 or not value.isprintable():
        raise BadPhone("not a telephone number")
    try:
        number = phonenumbers.parse(value.removeprefix("tel:"), region or None)
    except phonenumbers.NumberParseException:
        raise BadPhone("not a telephone number") from None
    if not phonenumbers.is_valid_number(number):
        raise BadPhone("not a telephone number")
    if phonenumbers.number_type(number) in REFUSED_TYPES or phonenumbers.region_code_for_number(number) == "001":
        raise BadPhone("cannot receive text messages")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def phone_country(value: str) -> str:
    """The country (ISO 3166) an E.164 number belongs to; "" when it is none or its number belongs to several."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(value, None)) or ""
    except phonenumbers.NumberParseException:
        return ""


def mask_email(value: str) -> str:
    """`l•••@posteo.example`: enough to recognise, not enough to write to."""
    local, _, domain = value.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def mask_phone(value: str) -> str:
    """`+49•••789`: the country and the last three digits."""
    return f"{value[:3]}•••{value[-3:]}" if len(value) > 8 else "•••"


UNSAFE = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def cell(value: object) -> str:
    """A value for a spreadsheet. What a spreadsheet would run as a formula gets an apostrophe before it, also behind blanks."""
    text = "" if value is None else str(value).replace("\0", "")
    return f"'{text}" if text[:1] in UNSAFE or text.lstrip()[:1] in UNSAFE else text
