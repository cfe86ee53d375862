"""What staff may do with an incident, and the text a carrier is asked with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tracking.types import IncidentState, IncidentType

T = IncidentType
# These mend themselves more often than not, and the shopper is told by the machine: a person is needed only when nothing came of it.
WATCHED = (T.STALLED, T.ETA_SLIPPED, T.PREDICTED_LATE, T.RETURNING, T.PICKUP_EXPIRING)
RESOLUTIONS = ("by_hand", "reshipped", "refunded", "claimed")
MAX_TEXT, MAX_AT_ONCE, MAX_VIEWS = 1000, 500, 30


class DeskRefused(ValueError):
    """Not something that can be done with these incidents. `code` names why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def is_open(state: str) -> bool:
    return state != IncidentState.RESOLVED


def state_of(*, has_owner: bool, is_told: bool) -> str:
    """The state of an open incident: somebody works on it, the shopper was told, or neither."""
    if has_owner:
        return IncidentState.ACKNOWLEDGED
    return IncidentState.NOTIFIED if is_told else IncidentState.OPEN


def check_text(text: str) -> str:
    """The text without blanks round it. Refuses (DeskRefused) an empty, an over-long one and NUL."""
    text = text.strip()
    if not text:
        raise DeskRefused("text_missing", "Write something first.")
    if len(text) > MAX_TEXT or "\0" in text:
        raise DeskRefused("text_too_long", f"At most {MAX_TEXT} characters.")
    return text


def check_until(until: datetime, now: datetime) -> datetime:
    """Refuses (DeskRefused) a moment that has passed, and one more than 90 days away: that would be hiding it."""
    if until <= now:
        raise DeskRefused("until_passed", "Choose a later moment.")
    if (until - now).days > 90:
        raise DeskRefused("until_too_far", "At most 90 days.")
    return until


def check_ids(ids: Sequence[int]) -> list[int]:
    """The ids once each, in order. Refuses (DeskRefused) none and more than can be done at once."""
    found = sorted(set(ids))
    if not found:
        raise DeskRefused("none_chosen", "Select at least one incident.")
    if len(found) > MAX_AT_ONCE:
        raise DeskRefused("too_many", f"At most {MAX_AT_ONCE} at once.")
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """What a carrier must know to look for one parcel; nothing about the shopper but where it goes."""

    tracking_number: str
    service: str
    what: str
    city: str
    postcode: str
    last_scan_at: datetime | None
    sent_on: date | None
    promised_by: date | None


def question(parcels: Sequence[Asked], shop: str) -> str:
    """The text for a carrier, one block a parcel, the same words whoever asks."""
    head = f"Please look for {'this parcel' if len(parcels) == 1 else f'these {len(parcels)} parcels'} and tell us where"
    tail = "it is and when it will be delivered." if len(parcels) == 1 else "they are and when they will be delivered."
    blocks = ["\n".join(_lines(parcel)) for parcel in parcels]
    return "\n\n".join([f"Hello,\n\n{head} {tail}", *blocks, f"Thank you\n{shop}"])


def _lines(parcel: Asked) -> list[str]:
    lines = [
        f"Number: {parcel.tracking_number or 'not known'}{f' ({parcel.service})' if parcel.service else ''}",
        f"To: {' '.join(word for word in (parcel.postcode, parcel.city) if word) or 'not known'}",
    ]
    if parcel.sent_on:
        lines.append(f"Handed over: {parcel.sent_on:%d.%m.%Y}")
    lines.append(f"Last scan: {parcel.last_scan_at:%d.%m.%Y %H:%M} UTC" if parcel.last_scan_at else "Last scan: none")
    if parcel.promised_by:
        lines.append(f"Promised for: {parcel.promised_by:%d.%m.%Y}")
    return [*lines, f"Trouble: {parcel.what}"]
