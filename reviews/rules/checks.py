"""What a check finds in words: a list of places for a person to look at, each with its ground. None of them decides anything.

Every check is a pattern or a list of words that can be read here; each finding names the very words it was found by.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import fields

from django.utils.translation import gettext_lazy as _

from reviews.rules.abuse import ABUSE, ANYWHERE
from reviews.types import Flag, Ground, Words

NAMES = {
    "email": _("E-mail address"),
    "phone": _("Telephone number"),
    "account": _("Account or card number"),
    "street": _("Postal address"),
    "handle": _("Name in a social network"),
    "link": _("Link"),
    "markup": _("Markup"),
    "advert": _("Advertising"),
    "abuse": _("Rude words"),
    "shouting": _("Capital letters throughout"),
    "flood": _("The same sign over and over"),
    "emoji": _("Mostly pictures"),
}
READ = ("title", "text", "pros", "cons", "author")

EMAIL = re.compile(r"[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\]|＠)\s?[\w-]{1,63}(?:\s?(?:\.|\(dot\)|\[dot\])\s?[\w-]{2,63})+", re.IGNORECASE)
LINK = re.compile(
    r"https?://\S+|\bwww\.\S+|\bt\.me/\S+|\bwa\.me/\S+"
    r"|\b[a-z0-9-]{2,63}\.(?-i:com|net|org|info|biz|shop|store|online|site|xyz|top|io|co|me|tv|app|link|ly|de|at|ch|eu|cn|id|br|uk|ru)\b(?:/\S*)?",
    re.IGNORECASE,
)
MARKUP = re.compile(r"</?[a-z!][^<>\n]{0,200}>|\[/?(?:url|img|b|i)\b[^\]\n]{0,200}\]|\]\(\s*\w+:", re.IGNORECASE)
# A plus or a zero, or the groups of North America and Brazil, or a Chinese mobile: nine digits or more, and no day, price or size.
PHONE = re.compile(
    r"(?<![\w.,/-])(?:\+\d|00\d|0\d|\(0?\d{2,4}\)\s?\d)[\d\s()/.-]{5,18}\d(?![\w])"
    r"|(?<![\w.,/-])\d{3}[-. ]\d{3}[-. ]\d{4}(?!\w)|(?<!\d)1[3-9]\d{9}(?!\d)"
)
ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b|\b(?:\d[ -]?){12,18}\d\b")
STREET = re.compile(
    r"\b[\w-]{1,40}(?:straße|strasse|str\.|gasse|allee|damm|ufer)\s+\d{1,4}\b|\b\w{1,40}(?:weg|platz)\s+\d{1,4}[a-z]?\b,?\s+\d{5}"
    r"|\b\d{1,5}\s+(?:[A-Z]\w+\s+){1,3}(?:street|st|avenue|ave|road|rd|lane|drive|boulevard|blvd)\b"
    r"|\b(?:rua|avenida|av\.|travessa|alameda)\s+(?:[\w.]+\s+){0,4}[\w.]+,?\s+(?:n[º°.]?\s?)?\d{1,5}\b"
    r"|\b(?:jalan|jln?\.?)\s+(?:[\w.]+\s+){0,3}[\w.]+,?\s+no\.?\s?\d{1,4}\b"
    r"|[\u4e00-\u9fff]{1,8}(?:路|街|巷|弄|大道)\s?\d{1,5}\s?(?:号|弄)",
    re.IGNORECASE,
)
HANDLE = re.compile(
    r"(?<![\w@.])@[A-Za-z][\w.]{2,29}\b"
    r"|\b(?:whats\s?app|telegram|instagram|insta|wechat|line id)\b\s*(?:[:：@]\s*[@+]?[\w.-]{4,30}|[@+]?[A-Za-z_.]{0,20}\d[\w.-]{2,30})"
    r"|(?:微信|加我)(?:号)?\s*[:：]?\s*[A-Za-z0-9_-]{5,30}",
    re.IGNORECASE,
)
ADVERT = re.compile(
    r"\b(?:promo|discount|coupon|voucher|referral|gutschein|rabatt|kupon|cupom|desconto)[ -]?(?:code|kode|codigo|código)?\s*[:=]?\s*"
    r"(?-i:[A-Z][A-Z0-9]{4,15})\b"
    r"|\b(?:click here|hier klicken|klik di sini|clique aqui|visit my|besucht? meine|kunjungi|visite (?:meu|minha))\b"
    r"|点击(?:这里|链接)|加微信",
    re.IGNORECASE,
)
FLOOD = re.compile(r"(\S)\1{9,}|(\b\S{2,12}\b)(?:\s+\2){5,}")
SIGNS_OF_SHOUTING, SHARE_OF_SHOUTING = 30, 0.8
PICTURES_ALONE, PICTURES = 5, 15


def flags_of(words: Words) -> list[Flag]:
    """Everything found, in the order of the fields; each place once for each check."""
    found = [flag for name in READ if (text := getattr(words, name)) for flag in _of_field(name, text, words.language)]
    return [flag for number, flag in enumerate(found) if flag not in found[:number]]


def _of_field(name: str, text: str, language: str) -> Iterator[Flag]:
    hits: list[tuple[Ground, str, Iterable[str]]] = [
        (Ground.PERSONAL_DATA, "email", _matches(EMAIL, text)),
        (Ground.PERSONAL_DATA, "phone", (hit for hit in _matches(PHONE, text) if _is_phone(hit))),
        (Ground.PERSONAL_DATA, "account", (hit for hit in _matches(ACCOUNT, text) if _is_account(hit))),
        (Ground.PERSONAL_DATA, "street", _matches(STREET, text)),
        (Ground.PERSONAL_DATA, "handle", _matches(HANDLE, text)),
        (Ground.UNLAWFUL, "link", _matches(LINK, EMAIL.sub(" ", text))),
        (Ground.UNLAWFUL, "markup", _matches(MARKUP, text)),
        (Ground.UNLAWFUL, "advert", _matches(ADVERT, text)),
        (Ground.ABUSE, "abuse", _abuse(text, language)),
        (Ground.ABUSE, "shouting", [text] if _is_shouted(text) else []),
        (Ground.OFF_TOPIC, "flood", _matches(FLOOD, text)),
        (Ground.OFF_TOPIC, "emoji", _flood_of_pictures(text)),
    ]
    for ground, check, spans in hits:
        yield from (Flag(ground.value, check, name, span.strip()[:80]) for span in spans)


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (match.group() for match in pattern.finditer(text))


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isdigit())


def _is_phone(text: str) -> bool:
    """Long enough, and no day such as 01.12.2026 or 2026-12-01."""
    return 9 <= len(_digits(text)) <= 15 and not re.fullmatch(r"\D*(?:\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}-\d{2}-\d{2})\D*", text)


def _is_account(text: str) -> bool:
    """Its check digits hold: an IBAN's by 97 (ISO 13616), a card's by Luhn's formula (ISO/IEC 7812-1)."""
    packed = re.sub(r"[ -]", "", text)
    if packed.isdigit():
        doubled = [int(digit) * 2 if number % 2 else int(digit) for number, digit in enumerate(reversed(packed))]
        return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0
    return any(int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1 for iban in _heads(packed))


def _heads(packed: str) -> Iterator[str]:
    """What follows a number without a space may have been read along with it."""
    return (packed[:length] for length in range(15, min(len(packed), 34) + 1))


def _abuse(text: str, language: str) -> Iterator[str]:
    narrow = unicodedata.normalize("NFKC", text)  # wide letters are letters too
    for spoken, pattern in PATTERNS.items():
        if spoken in (language, ANYWHERE):
            yield from _matches(pattern, narrow)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """A star stands for any ending. Chinese has no spaces between words, so its words are found anywhere."""
    parts = []
    for word in words:
        body = re.escape(word.rstrip("*")).replace(r"\ ", r"\s+")
        ending = r"\w*" if word.endswith("*") else r"\b"
        parts.append(body if "\u4e00" <= word[0] <= "\u9fff" else rf"\b{body}{ending}")
    return re.compile("|".join(parts), re.IGNORECASE)


PATTERNS = {language: _pattern(words) for language, words in ABUSE.items()}


def _is_shouted(text: str) -> bool:
    letters = [sign for sign in text if sign.isalpha() and sign.lower() != sign.upper()]
    return len(letters) >= SIGNS_OF_SHOUTING and sum(sign.isupper() for sign in letters) / len(letters) >= SHARE_OF_SHOUTING


def _flood_of_pictures(text: str) -> list[str]:
    """Many pictures, or hardly anything else."""
    pictures = [sign for sign in text if _is_picture(sign)]
    letters = sum(sign.isalnum() for sign in text)
    is_flood = len(pictures) > PICTURES or (len(pictures) > PICTURES_ALONE and len(pictures) > letters)
    return ["".join(pictures[:20])] if is_flood else []


def _is_picture(sign: str) -> bool:
    return unicodedata.category(sign) == "So" or "\U0001f1e6" <= sign <= "\U0001faff"


assert set(READ) <= {field.name for field in fields(Words)}
