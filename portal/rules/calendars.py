"""An expected day as a calendar file (RFC 5545)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LINE = 75  # octets of one content line, without its CRLF


@dataclass(frozen=True, slots=True)
class Entry:
    """One expected parcel; `last` is the last day on which it may come."""

    uid: str
    sequence: int
    summary: str
    description: str
    url: str
    first: date
    last: date
    stamped_at: datetime
    is_cancelled: bool = False


def calendar_text(entry: Entry) -> str:
    """The file. All-day, so that no zone can move it; a range becomes one entry over several days."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//postpurchase//tracking//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{escaped(entry.uid)}",
        f"DTSTAMP:{entry.stamped_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTART;VALUE=DATE:{entry.first:%Y%m%d}",
        f"DTEND;VALUE=DATE:{entry.last + timedelta(days=1):%Y%m%d}",  # the end is the first day after it
        f"SUMMARY:{escaped(entry.summary)}",
        f"DESCRIPTION:{escaped(entry.description)}",
        f"URL:{entry.url}",
        f"STATUS:{'CANCELLED' if entry.is_cancelled else 'TENTATIVE' if entry.first < entry.last else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def escaped(text: str) -> str:
    """A TEXT value: backslash, semicolon, comma and line ends escaped, other control characters gone."""
    text = re.sub(r"\r\n|\r|\u2028|\u2029", "\n", text)
    text = "".join(c for c in text if c == "\n" or c.isprintable())
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets, never splitting a character."""
    pieces, size = [""], 0
    for char in line:
        width = len(char.encode())
        if size + width > LINE:
            pieces.append(" ")
            size = 1
        pieces[-1] += char
        size += width
    return "\r\n".join(pieces)
