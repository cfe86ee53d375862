"""Newest news first: which of the messages about one parcel another has made stale. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from notifications.registry import WEIGHTS
from notifications.types import MessageState as S

HELD = "held"  # the reason a message shows while it waits for newer news
# The reasons for which a message waits for its hour, `Message.send_at`, and for nothing else.
WAITING_FOR = frozenset({HELD, "delay", "window", "quiet_hours", "not_now", "frequency_cap"})
WAITING = frozenset({S.PENDING, S.LEASED})
LIVE = WAITING | {S.SENDING, S.SENT, S.DELIVERED, S.UNKNOWN}


@dataclass(frozen=True, slots=True)
class News:
    """One message about a parcel; events are numbered in the order in which they came about."""

    id: int
    parcel: tuple[int, str]  # shipment and channel; the row it is about and kind with channel when it is about no parcel
    kind: str
    event: int
    state: str


def overtaken(rows: Iterable[News]) -> set[int]:
    """Those still waiting whose place is taken: by newer live news of no less weight, or by heavier news waiting already."""
    by_parcel: dict[tuple[int, str], list[News]] = {}
    for row in rows:
        if row.state in LIVE:
            by_parcel.setdefault(row.parcel, []).append(row)
    return {row.id for group in by_parcel.values() for row in group if row.state in WAITING and any(_beats(o, row) for o in group)}


def _beats(other: News, row: News) -> bool:
    mine, theirs = WEIGHTS.get(row.kind, 0), WEIGHTS.get(other.kind, 0)
    if other.event > row.event:
        return theirs >= mine
    return other.event < row.event and theirs > mine and other.state in WAITING
