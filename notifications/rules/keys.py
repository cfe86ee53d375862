"""What makes a fact one fact: the key under which it is told once."""

from collections.abc import Sequence
from datetime import date, datetime

from notifications.registry import Entry


def not_after(entry: Entry, at: datetime) -> datetime:
    """When a message decided upon something of `at` is too late."""
    return at + entry.lifetime


def dedupe_key(entry: Entry, subject_id: int, channel: str, recipient_hash: str, part: str = "") -> str:
    """`kind:subject:transition:channel:recipient`; `part` tells facts about one subject apart."""
    return f"{fact_key(entry, subject_id, channel, part)}:{recipient_hash[:16] or 'none'}"


def fact_key(entry: Entry, subject_id: int, channel: str, part: str = "") -> str:
    """The part of the key that does not depend on whom we tell."""
    return f"{entry.kind}:{entry.subject}{subject_id}:{entry.transition}{f'-{part}' if part else ''}:{channel}"


def part_of(key: str) -> str:
    """What tells the fact of this key from others about the same row; "" when nothing does."""
    return key.split(":")[2].partition("-")[2]


def told_day(expected_by: date | None, news_by: date | None) -> str:
    """What is told as it stands in a key: that it comes by a day is another thing than that there are news by that day."""
    return expected_by.isoformat() if expected_by else f"news {news_by.isoformat()}" if news_by else "open"


def told_part(day: str, told: Sequence[str]) -> str:
    """The part for a day told of an incident: what was told last is told once, what was taken back may be told again."""
    if told and told[-1].partition("~")[0] == day:
        return told[-1]
    times = sum(part.partition("~")[0] == day for part in told)
    return f"{day}~{times + 1}" if times else day
