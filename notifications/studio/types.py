"""Words of the studio: what an editor holds, what the checks find, what a preview shows. Plain values, no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
DARK = "@media (prefers-color-scheme: dark)"
# {"id": "b3", "type": "text", "fields": {"text": "..."}}; locked blocks carry "locked": true.
Block = Mapping[str, Any]


class Severity(TextChoices):
    """Errors stand in the way of publishing; the others are advice."""

    ERROR = "error", _("Error")
    WARNING = "warning", _("Warning")
    INFO = "info", _("Note")


@dataclass(frozen=True, slots=True)
class Draft:
    """One wording as its editor holds it. With `blocks`, `source` and `text_source` are built from them and what is given is ignored."""

    kind: str
    channel: str
    language: str
    style: str = ""
    subject: str = ""
    source: str = ""  # MJML with Liquid, or the Liquid of an SMS
    text_source: str = ""
    blocks: tuple[Block, ...] | None = None


@dataclass(frozen=True, slots=True)
class Editing:
    """What a save is based on: the draft as it was opened. No `version_id`: a new draft is begun."""

    version_id: int | None = None
    revision: int = 0
    note: str = ""  # what changed, in a few words
    is_beside: bool = False  # keep mine as a draft of its own although another is open


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the checks found, where it stands, and what to do. Line and column count from 1; 0: the whole field."""

    severity: str
    field: str  # subject, source, text_source; a block's own field when `block` is set
    line: int
    column: int
    code: str
    message: Text
    fix: Text = ""
    block: str = ""  # id of the block it stands in
    replacement: str = ""  # what to put in place of `found`, where that is known
    found: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The message one shopper would get. E-mail has subject, HTML and text; SMS has text, its size and its price."""

    subject: str
    html: str
    text: str
    size: int = 0  # bytes of HTML
    encoding: str = ""  # GSM-7 or UCS-2
    units: int = 0
    segments: int = 0
    cost: Decimal | None = None  # None: the account's prices do not say
    currency: str = ""
    label: str = ""
    order_number: str = ""
    fallback_reason: str = ""  # why the wording would fail for this order, and the shipped one go out


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a kind, as the palette shows it."""

    path: str
    about: Text
    sample: str
    group: str
    is_list: bool = False
    insert: str = ""  # the Liquid to put in
    is_marketing: bool = False  # only for messages that need consent


@dataclass(frozen=True, slots=True)
class OrderChoice:
    """An order a preview can be made with."""

    id: int
    number: str
    name: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison: `same`, `gone` or `new`, with its number on either side (0: not there)."""

    mark: str
    old: int
    new: int
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One field of a comparison."""

    field: str  # subject, blocks, source, text_source
    label: Text
    lines: tuple[Line, ...]

    @property
    def is_changed(self) -> bool:
        return any(line.mark != "same" for line in self.lines)


@dataclass(frozen=True, slots=True)
class BlockField:
    """One field of a kind of block."""

    name: str
    label: Text
    form: str  # line, words (several lines), link, image, choice, yes, mjml, liquid
    limit: int = 0  # most characters
    is_required: bool = False
    choices: tuple[tuple[str, Text], ...] = ()
    help: Text = ""
    has_liquid: bool = True
    pattern: str = ""  # what the whole field must look like


@dataclass(frozen=True, slots=True)
class BlockType:
    """One kind of block of the catalogue. `kinds` empty: for all messages."""

    name: str
    label: Text
    about: Text
    icon: str
    fields: tuple[BlockField, ...] = ()
    kinds: frozenset[str] = frozenset()
    is_marketing: bool = False
    most: int = 10  # how many of them one message may hold


@dataclass(frozen=True, slots=True)
class Offered:
    """One row of the studio's list: a message in one language and style, and where its wording stands."""

    kind: str
    channel: str
    language: str
    style: str
    published_id: int | None = None
    published_number: int = 0  # 0: the shipped wording goes out
    published_at: datetime | None = None
    draft_id: int | None = None
    draft_number: int = 0
    draft_saved_at: datetime | None = None
    draft_saved_by: str = ""
    is_broken: bool = False  # it failed for an order, and the shipped wording went out
