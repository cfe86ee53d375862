"""Words of this room: when an article is shown, what it says, and what was counted of it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Stage(TextChoices):
    """What stands about an order when a question arises."""

    BEFORE_DISPATCH = "before_dispatch", _("Before dispatch")
    IN_TRANSIT = "in_transit", _("In transit")
    LATE = "late", _("Late or stuck")
    DELIVERED = "delivered", _("Delivered")
    RETURNING = "returning", _("Going back or refunded")
    ANY = "any", _("At any time")


class TextState(TextChoices):
    """Where a version of a text stands."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    ARCHIVED = "archived", _("Archived")


@dataclass(frozen=True, slots=True)
class Text:
    """An article in one language: its question, the answer in short, and the rest."""

    title: str
    lead: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Shipped:
    """An article the product brings along."""

    slug: str
    stages: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Question:
    """An article as a list shows it."""

    slug: str
    title: str
    lead: str
    stages: tuple[str, ...]
    position: int
    language: str  # of the words, which is not always the reader's
    is_own: bool = False  # the merchant's words, not the shipped ones


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line: plain, strong, or a link to `target`."""

    text: str
    is_strong: bool = False
    target: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a body: `heading`, `paragraph`, `steps` or `points`."""

    kind: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole article, ready for a page."""

    question: Question
    lead: Line
    blocks: tuple[Block, ...]
    updated_at: datetime | None = None  # the day the merchant published it; None for shipped words


@dataclass(frozen=True, slots=True)
class Shop:
    """What an article may say of the shop."""

    name: str
    language: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who reads: a browser's random number, hashed. It holds no person."""

    key: str
    stage: str = Stage.ANY


@dataclass(slots=True)
class Sums:
    """What was counted of an article, of a state or of a day."""

    reads: int = 0
    helpful: int = 0
    unhelpful: int = 0
    contacts: int = 0
    avoided: int = 0

    def add(self, reads: int, helpful: int, unhelpful: int, contacts: int, avoided: int) -> None:
        self.reads, self.helpful, self.unhelpful = self.reads + reads, self.helpful + helpful, self.unhelpful + unhelpful
        self.contacts, self.avoided = self.contacts + contacts, self.avoided + avoided

    @property
    def share(self) -> float | None:
        """Of those who answered, how many were helped; None when nobody answered."""
        said = self.helpful + self.unhelpful
        return self.helpful / said if said else None


@dataclass(slots=True)
class Figures:
    """The same days counted by article, by state, and by article and state. Visits and opened contact pages apart from readings."""

    total: Sums = field(default_factory=Sums)
    visits_avoided: int = 0
    contact_pages: int = 0
    articles: dict[str, Sums] = field(default_factory=dict)
    stages: dict[str, Sums] = field(default_factory=dict)
    cells: dict[tuple[str, str], Sums] = field(default_factory=dict)
