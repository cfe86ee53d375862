"""Places as carriers write them, brought to one form: countries and regions to their codes, cities to a form to compare by.

`normal_city` is for comparing, not for showing: pages show a city as its carrier wrote it.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from tracking.rules.countries import COUNTRIES
from tracking.rules.regions import REGIONS, ZONES

# What carriers leave out, shorten or spell out, word by word.
WORDS = {
    "st": "saint", "ste": "saint", "sankt": "saint", "ft": "fort", "mt": "mount", "n": "north", "s": "south", "e": "east", "w": "west",
    "hts": "heights", "hgts": "heights", "spgs": "springs", "twp": "", "township": "", "city": "",
}  # fmt: skip
SCHARF = str.maketrans({"ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "æ": "ae", "Æ": "ae", "œ": "oe", "đ": "d", "ı": "i", "þ": "th"})
# ä, ö and ü are written ae, oe and ue as well: both end as the bare vowel.
# Of several places of one name the one that is meant when nothing is added.
USUAL = frozenset({"main"})
UMLAUTS = re.compile(r"(?<=[a-z])(?<![aeiouq])([aou])e(?=[a-z])|^([aou])e(?=[bcdfghjklmnpqrstvwxz])")
MAX_REGION = 60


def _bare(text: str) -> str:
    """Without case, accents and double writing."""
    whole = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().translate(SCHARF))
    return "".join(letter for letter in whole if not unicodedata.combining(letter))


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", _bare(text))


def _read(block: str, separator: str) -> list[list[str]]:
    return [entry.split(maxsplit=2) for entry in (part.strip() for part in block.split(separator)) if entry]


_COUNTRIES = [line.split(maxsplit=3) for line in COUNTRIES.splitlines()]
_CODES = {code for code, *_ in _COUNTRIES}
_ALPHA3 = {alpha3: code for code, alpha3, *_ in _COUNTRIES}
_NAMES = {_key(name): code for code, _, _, names in _COUNTRIES for name in names.split("|")}
_ONE_ZONE = {code: zone for code, _, zone, _ in _COUNTRIES if zone != "-"}
_REGION_ROWS = {country: _read(block, ";") for country, block in REGIONS.items()}
_REGION_ZONES = {(country, code): ZONES[zone] for country, rows in _REGION_ROWS.items() for code, zone, _ in rows}
_REGION_NAMES = {
    (country, _key(name)): code for country, rows in _REGION_ROWS.items() for code, _, names in rows for name in (code, *names.split("|"))
}


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """ISO alpha-2 of a code or a name; "" when it is none we know. `UK` is the code carriers write for GB."""
    word = text.strip()
    upper = word.upper()
    if upper in _CODES:
        return upper
    return _ALPHA3.get(upper) or _NAMES.get(_key(word), "") if len(word) <= 80 else ""


@lru_cache(maxsize=16384)
def normal_region(text: str, country: str = "") -> str:
    """The region's code where we have a table for its country; else the text in one spelling.

    `US-CA` and `California` are both `CA`. Short codes are capitals, names begin with one.
    """
    word = " ".join(text.split())
    bare = word[3:] if country and word.upper().startswith(f"{country}-") else word
    if code := _REGION_NAMES.get((country, _key(bare))):
        return code
    if len(bare) <= 3:
        return bare.upper()
    return (bare.title() if bare.isupper() or bare.islower() else bare)[:MAX_REGION]


@lru_cache(maxsize=16384)
def normal_city(text: str) -> str:
    """A city in the form to compare by: `SÃO  PAULO` and `Sao Paulo`, `Muenchen` and `München`, `St. Louis` and `Saint Louis` are one.

    What follows a comma says where the city lies, not what it is called; so does a country or a short code behind a slash or
    in brackets. Anything else there tells two cities apart: Frankfurt (Oder) is not Frankfurt.
    """
    name, *added = re.split(r"[(\[/]", _bare(text).partition(",")[0])
    words = [word for part in (name, *filter(_tells_apart, added)) for word in _words(part)]
    kept = [word for word in (WORDS.get(word, word) for word in words) if word] or words
    if len(kept) < len(words) and country_code(" ".join(kept)):
        kept = words  # Mexico City is not anywhere in Mexico
    return " ".join(UMLAUTS.sub(lambda found: found[1] or found[2], word) for word in kept)


def _words(text: str) -> list[str]:
    return re.sub(r"[\W_]+", " ", text.replace("'", "").replace("’", "")).split()


def _tells_apart(added: str) -> bool:
    word = " ".join(_words(added))
    return len(word) > 3 and word not in USUAL and not country_code(word)


@lru_cache(maxsize=16384)
def zone_of(country: str, region: str = "") -> str:
    """IANA zone of a place in normal form; "" when its country keeps several times and the region does not decide."""
    return _REGION_ZONES.get((country, normal_region(region, country))) or _ONE_ZONE.get(country, "")


@lru_cache(maxsize=512)
def zones_of(country: str) -> tuple[str, ...]:
    """Every zone a country keeps, that of most regions first, as far as our tables go; none for countries they do not know."""
    counts = Counter(zone for (code, _), zone in _REGION_ZONES.items() if code == country)
    regions = sorted(counts, key=lambda zone: (-counts[zone], zone))
    return tuple(regions) or tuple(zone for zone in (_ONE_ZONE.get(country, ""),) if zone)
