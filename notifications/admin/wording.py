"""The list of all wordings: what goes out for each message now, and what is being written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum
from django.utils.functional import Promise

from notifications.admin.slots import WHEN, Slot
from notifications.models import DayFigure
from notifications.studio.types import Offered
from notifications.types import Style

SENT_DAYS = 30
STATES = ("own", "drafts", "trouble")


@dataclass(frozen=True, slots=True)
class Row:
    """One wording in the list."""

    slot: Slot
    offered: Offered
    sent: int

    @property
    def is_own(self) -> bool:
        return bool(self.offered.published_number)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the list is narrowed to; empty means all."""

    language: str = ""
    state: str = ""
    text: str = ""


def sent_lately(today: date) -> dict[str, int]:
    """Messages of the last thirty days by the label of their wording: one query over the day's figures."""
    rows = DayFigure.objects.filter(day__gt=today - timedelta(days=SENT_DAYS)).values("template_label").order_by("template_label")
    return dict(rows.annotate(Sum("sent")).values_list("template_label", "sent__sum"))


def rows_of(offered: Iterable[Offered], sent: dict[str, int]) -> list[Row]:
    return [
        Row(slot := Slot(one.kind, one.channel, one.language, one.style), one, sent_of(slot, one.published_number, sent)) for one in offered
    ]


def sent_of(slot: Slot, number: int, sent: dict[str, int]) -> int:
    """How often this version went out lately; number 0: the shipped wording, in whatever revision."""
    style = f"/{slot.style}" if slot.style not in ("", Style.PLAIN) else ""
    place = f"{slot.kind}/{slot.channel}/{slot.language}{style}"
    if number:
        return sent.get(f"{place} v{number}", 0)
    return sum(count for label, count in sent.items() if label.startswith(f"shipped {place}@"))


def fits(row: Row, narrowed: Narrowed) -> bool:
    """Whether a row is in the narrowed list. Every word of the search must be somewhere in its names."""
    if narrowed.language and row.slot.language != narrowed.language:
        return False
    if narrowed.state and narrowed.state not in states_of(row):
        return False
    names = f"{row.slot.title} {row.slot.about} {row.slot.kind}".lower()
    return all(word in names for word in narrowed.text.lower().split())


def states_of(row: Row) -> set[str]:
    return {name for name, holds in zip(STATES, (row.is_own, bool(row.offered.draft_id), row.offered.is_broken), strict=True) if holds}


@dataclass(frozen=True, slots=True)
class Group:
    """Messages a shopper gets at the same moment."""

    label: str | Promise
    rows: list[Row]


def groups_of(rows: Iterable[Row]) -> list[Group]:
    """By when they are sent, in the catalogue's order within; groups without a row are left out."""
    found = list(rows)
    groups = [Group(label, [row for row in found if row.slot.kind in kinds]) for label, kinds in WHEN]
    return [group for group in groups if group.rows]
