"""A return while it is being put together: what was chosen so far, and what is wrong with what was typed. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOST_LINES = 100
LONGEST_NOTE = 500
LONGEST_NUMBER = 9  # digits


@dataclass(frozen=True, slots=True)
class Going:
    """Some pieces of one line, by its public id. `outcome` is an outcome, with its target where there is one: `exchange variant:12`."""

    line: str
    quantity: int
    reason: str = ""
    note: str = ""
    outcome: str = ""
    photos: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The outcome alone."""
        return self.outcome.partition(" ")[0]

    @property
    def target(self) -> str:
        """What it is exchanged for; "" where it is not."""
        return self.outcome.partition(" ")[2]


@dataclass(frozen=True, slots=True)
class Draft:
    """All that was chosen. `shown` is when the last page before sending was shown."""

    order: str
    lines: tuple[Going, ...] = ()
    way: str = ""
    shown: str = ""
    recipient: Mapping[str, str] = field(default_factory=dict)

    def line(self, public_id: str) -> Going | None:
        return next((one for one in self.lines if one.line == public_id), None)


class BadDraft(ValueError):
    """Not a draft we wrote, or one of another order."""


def written(draft: Draft) -> dict[str, Any]:
    """As plain data, to be signed."""
    return asdict(draft)


def read(data: object, *, order: str) -> Draft:
    """Back from plain data. Refuses (BadDraft) any other shape and another order's."""
    try:
        assert isinstance(data, dict)
        lines = tuple(Going(**{**one, "photos": tuple(one["photos"])}) for one in data["lines"])
        draft = Draft(**{**data, "lines": lines})
    except (AssertionError, KeyError, TypeError) as error:
        raise BadDraft("not a draft") from error
    if draft.order != order:
        raise BadDraft("of another order")
    return draft


@dataclass(frozen=True, slots=True)
class Picked:
    """Which lines were ticked, and what is wrong: field -> words."""

    quantities: Mapping[str, int]
    errors: Mapping[str, str]


def picked(chosen: Iterable[str], typed: Mapping[str, str], left: Mapping[str, int]) -> Picked:
    """Lines and pieces as they were ticked and typed. Of `left`, line -> pieces that can go; a line with one piece needs no number."""
    quantities: dict[str, int] = {}
    errors: dict[str, str] = {}
    ticked = list(dict.fromkeys(chosen))
    if len(ticked) > MOST_LINES:
        return Picked(
            {},
            {
                "lines": _("At most %(most)s products fit into one return. Please ask for the others in a second one.")
                % {"most": MOST_LINES}
            },
        )
    for line in ticked:
        most = left.get(line, 0)
        if most <= 0:
            errors["lines"] = _("One of these cannot be chosen. Please choose again.")
            continue
        quantities[line] = quantity = pieces(typed.get(f"quantity_{line}", ""), most=most)
        if not 0 < quantity <= most:
            errors[f"quantity_{line}"] = ngettext("Choose %(n)s piece.", "Choose a number from 1 to %(n)s.", most) % {"n": most}
    if not quantities and not errors:
        errors["lines"] = _("Choose at least one piece.")
    return Picked(quantities, errors)


def pieces(text: str, *, most: int) -> int:
    """A number as it was typed; not typed, it is one where there is only one. 0 for anything that is no number."""
    text = text.strip()
    if not text:
        return 1 if most == 1 else 0
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def repicked(draft: Draft, quantities: Mapping[str, int]) -> Draft:
    """The draft with these lines; what was said of a line that stays is kept, unless its pieces changed."""
    lines = []
    for line, quantity in quantities.items():
        known = draft.line(line) or Going(line, quantity)
        lines.append(known if known.quantity == quantity else replace(known, quantity=quantity, outcome=""))
    return replace(draft, lines=tuple(lines))


def tidy(text: str) -> str:
    """Free text as it can be kept: one kind of line end, no zero bytes."""
    return text.replace("\0", "").replace("\r\n", "\n").strip()


def too_long(text: str, most: int) -> str:
    """What to say about a text that is too long; "" when it is not."""
    return (
        _("This is too long: at most %(most)s characters, and it has %(n)s.") % {"most": most, "n": len(text)} if len(text) > most else ""
    )
