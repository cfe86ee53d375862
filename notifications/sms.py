"""What an SMS costs: encoding, units and segments (GSM 03.38 and UCS-2), and the small changes that keep it cheap."""

import unicodedata
from dataclasses import dataclass

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
MAX_UNITS = 1_600  # what providers take as one message

# One of these alone would turn 160 characters a segment into 70.
PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\t", " "),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad"),
        "…": "...",
        "•": "*",
        "×": "x",
    }
)


@dataclass(frozen=True, slots=True)
class Size:
    """How one text travels."""

    encoding: str  # "GSM-7" or "UCS-2"
    units: int
    segments: int


def normalise(text: str) -> str:
    """Typographic marks in their plain form where that makes the text GSM-7; texts in other scripts keep their marks."""
    text = unicodedata.normalize("NFC", text).strip()
    plain = text.translate(PLAIN)
    return plain if is_gsm(plain) else text.replace("\u202f", " ").replace("\u00a0", " ")


def is_gsm(text: str) -> bool:
    """Whether every character is in the GSM alphabet or its extension table."""
    return all(c in GSM or c in GSM_EXTENSION for c in text)


def costly(text: str) -> list[tuple[int, str]]:
    """Index and character of all that stays outside the GSM alphabet after `normalise`."""
    return [(n, c) for n, c in enumerate(text) if not is_gsm(unicodedata.normalize("NFC", c).translate(PLAIN))]


def nearest(character: str) -> str:
    """The GSM character that looks most like it; empty when there is none."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return plain if plain and is_gsm(plain) else ""


def segments(text: str) -> Size:
    """Encoding, units (septets or UTF-16 units) and segments. A two-unit character is never split over two segments."""
    if is_gsm(text):
        widths, single, joined = [2 if c in GSM_EXTENSION else 1 for c in text], 160, 153
        encoding = "GSM-7"
    else:
        widths, single, joined = [2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67
        encoding = "UCS-2"
    units = sum(widths)
    return Size(encoding, units, 1 if units <= single else _packed(widths, joined))


def _packed(widths: list[int], room: int) -> int:
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count
