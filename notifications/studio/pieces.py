"""A shipped mail taken apart: the sections of its layout, each with the lines of the text part that say the same.

Put together again in their order they are the shipped mail. So a list of blocks can begin as what is shipped, whoever edits
the shipped files.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from notifications import shipped

TOP = re.compile(r"\[\[> \w+ \]\]|<mj-(section|wrapper|raw)\b.*?</mj-\1>", re.DOTALL)
WORD = re.compile(r"\[\[ (\w+) \]\]")
PART = re.compile(r"\[\[> (\w+) \]\]")
VARIABLE = re.compile(r"\b(?:[a-z_]+\.)+[a-z_]+\b")
OPENING = re.compile(r"\{%-?\s*(?:if|unless|for|case|capture|comment|raw)\b")
ENDING = re.compile(r"\{%-?\s*end\w+")
BUTTON = re.compile(
    r'\A<mj-section[^>]*><mj-column><mj-button href="\{\{ (\S+) \}\}">\[\[ (\w+) \]\]</mj-button></mj-column></mj-section>\Z'
)
COMPOSITE = frozenset({"about"})  # parts that are lists of parts
# The parts that are blocks of the catalogue; the first of a block is what it is where the shipped mail has none.
BLOCK_OF = {"stages": "stages", "stage_bar": "stage_bar", "items": "summary", "sums": "", "track": "", "details": "details",
            "carrier": "carrier", "parcel": "parcels", "foot": "returns", "returns": "returns", "end": "contact", "line": "divider",
            "coupon": "coupon", "similar": "related", "unsubscribe": "unsubscribe"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """One section: a shipped part by its name, or the message's own markup; and what the text part says of it."""

    part: str
    mjml: str
    text: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The strings it shows, in their order."""
        return tuple(dict.fromkeys(WORD.findall(self.mjml) + WORD.findall(self.text)))

    @property
    def button(self) -> tuple[str, str] | None:
        """Address and string when it is a button and nothing else."""
        found = BUTTON.match(self.mjml)
        return (found[1], found[2]) if found else None


def has_part(name: str) -> bool:
    """Whether a part of this name is shipped."""
    return _file(name, ".mjml").exists()


def _file(name: str, suffix: str) -> Path:
    return Path(settings.MESSAGE_TEMPLATES) / "parts" / f"{name}{suffix}"


def part_of(name: str, suffix: str) -> str:
    """A part as it is shipped; empty where it has nothing of the kind, as a line has no text."""
    file = _file(name, suffix)
    return file.read_text(encoding="utf-8").strip("\n") if file.exists() else ""


@cache
def pieces(kind: str, style: str) -> tuple[Piece, ...]:
    """The shipped e-mail of a kind and style in its sections. Raises shipped.NoTemplate."""
    if not shipped.is_offered(kind, "email", style):
        raise shipped.NoTemplate(f"{kind} is not sent by email")
    markup = _open(shipped.body(kind, "email.mjml", style), ".mjml")
    sections = [_known_or_open(found[0]) for found in TOP.finditer(markup)]
    lines = _units(_open(shipped.body(kind, "email.txt", style), ".txt"))
    texts = _given_out(lines, sections)
    return tuple(Piece(_part_name(section), section, "".join(text)) for section, text in zip(sections, texts, strict=True))


def _open(text: str, suffix: str) -> str:
    for name in COMPOSITE:
        text = text.replace(f"[[> {name} ]]", part_of(name, suffix))
    return text


def _known_or_open(section: str) -> str:
    """A part that is no block of the catalogue is a section like the message's own."""
    name = _part_name(section)
    return section if not name or name in BLOCK_OF else part_of(name, ".mjml")


def _part_name(section: str) -> str:
    found = PART.fullmatch(section)
    return found[1] if found else ""


def _units(text: str) -> list[str]:
    """Lines, those inside one Liquid block together; blank lines belong to what is before them."""
    units, depth = [""], 0
    for line in text.splitlines(keepends=True):
        if not depth and line.strip() and units[-1].strip():
            units.append("")
        units[-1] += line
        depth += len(OPENING.findall(line)) - len(ENDING.findall(line))
    return units


def _given_out(units: list[str], sections: list[str]) -> list[list[str]]:
    """Each unit of the text to the section that shows most of the same; what none shows, to the one before."""
    shown = [_signs(section, ".mjml") for section in sections]
    texts: list[list[str]] = [[] for _ in sections]
    last = 0
    for unit in units:
        said = _signs(unit, ".txt")
        scores = [_score(said, signs) for signs in shown]
        if any(scores):
            last = scores.index(max(scores))
        texts[last].append(unit)
    return texts


Signs = tuple[frozenset[str], frozenset[str], frozenset[str]]


def _signs(text: str, suffix: str) -> Signs:
    """Parts, strings and variables, those inside its parts too."""
    parts = set(PART.findall(text))
    whole = text + "".join(shipped.with_parts(f"[[> {name} ]]", suffix) for name in parts if _file(name, suffix).exists())
    inner = parts | {found for name in parts for found in PART.findall(part_of(name, suffix))}
    words = {word.removesuffix("_text") for word in WORD.findall(whole)}
    return frozenset(inner), frozenset(words), frozenset(VARIABLE.findall(whole))


def _score(said: Signs, shown: Signs) -> int:
    return sum(weight * len(mine & theirs) for weight, mine, theirs in zip((9, 3, 1), said, shown, strict=True))
