"""Words of the review pages: what a state looks like, how much time is left, and which words of a text are marked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from dashboard.rules.charts import Point, spark
from dashboard.rules.messages import duration
from reviews.types import Ground, PhotoState, QuestionKind, ReviewState, TaskState, ThemeArea, ThemeState

HOUR = 3600
REVIEW_LOOKS: dict[str, tuple[str, str]] = {  # tone, icon
    ReviewState.PENDING: ("warn", "hourglass"),
    ReviewState.PUBLISHED: ("good", "done"),
    ReviewState.REJECTED: ("idle", "x"),
    ReviewState.WITHDRAWN: ("idle", "return"),
    ReviewState.ERASED: ("idle", "x"),
}
PHOTO_LOOKS: dict[str, tuple[str, str]] = {
    PhotoState.PENDING: ("warn", "hourglass"),
    PhotoState.PUBLISHED: ("good", "done"),
    PhotoState.REJECTED: ("idle", "x"),
}
TASK_LOOKS: dict[str, tuple[str, str]] = {
    TaskState.OPEN: ("warn", "hand"),
    TaskState.SOLVED: ("good", "done"),
    TaskState.DISMISSED: ("idle", "x"),
}
THEME_LOOKS: dict[str, tuple[str, str]] = {
    ThemeState.OPEN: ("idle", "search"),
    ThemeState.PLANNED: ("info", "clock"),
    ThemeState.DONE: ("good", "done"),
}
TASK_TABS = (
    ("open", _lazy("Open")),
    ("mine", _lazy("Mine")),
    ("overdue", _lazy("Overdue")),
    ("solved", _lazy("Solved")),
    ("dismissed", _lazy("Nothing to do")),
)
TASK_EMPTY = {
    "open": _lazy("Nobody who is unhappy waits for an answer."),
    "mine": _lazy("Nothing is yours. Take something from “Open”."),
    "overdue": _lazy("All is well: every answer is still in time."),
    "solved": _lazy("Nothing has been put right yet."),
    "dismissed": _lazy("Nothing was put aside."),
}
RATED: dict[str, Any] = {
    "product": _lazy("Product"),
    "delivery": _lazy("Delivery"),
    "service": _lazy("Service"),
    "note": _lazy("Wrote in private"),
}
AREAS: dict[str, Any] = {area.value: area.label for area in ThemeArea}
DRAFTS: dict[str, Any] = {
    "case": _lazy("the case that solves it"),
    "delivery": _lazy("sorry for the delivery"),
    "service": _lazy("sorry for the service"),
    "fault": _lazy("sorry, and how to put it right"),
    "listen": _lazy("sorry, and a question"),
    "thanks": _lazy("thanks"),
    "thanks_short": _lazy("short thanks"),
}
TASK_NEXT: dict[str, Any] = {"review": _lazy("Answer"), "answer": _lazy("Write to the shopper"), "shipment": _lazy("Ask what happened")}
SEGMENTS: dict[str, Any] = {
    "carrier": _lazy("Carrier"),
    "country": _lazy("Country"),
    "language": _lazy("Language"),
    "late": _lazy("In time or late"),
    "first_order": _lazy("First order or not"),
}
GROUND_KEYS: dict[str, str] = {ground.value: key for ground, key in zip(Ground, "12345", strict=True)}
TRENDS: dict[str, tuple[Any, str]] = {  # words, tone
    "up": (_lazy("more often"), "warn"),
    "down": (_lazy("less often"), "good"),
    "": (_lazy("as before"), ""),
}
SCALES: dict[str, tuple[int, int]] = {QuestionKind.CSAT: (1, 5), QuestionKind.CES: (1, 7), QuestionKind.NPS: (-100, 100)}


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text; `mark` says why it stands out, empty where it does not."""

    text: str
    mark: str = ""


def marked(text: str, spans: Iterable[tuple[int, int, str]]) -> list[Part]:
    """The text cut at the spans (start, end, why). Of spans that overlap the first one counts; those outside the text are cut off."""
    parts, at = [], 0
    for start, end, why in sorted(spans):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if start > at:
            parts.append(Part(text[at:start]))
        parts.append(Part(text[start:end], why))
        at = end
    return [*parts, Part(text[at:])] if at < len(text) else parts


def spans_of(text: str, found: Iterable[tuple[str, str]]) -> list[tuple[int, int, str]]:
    """Where the words a check found stand in the text: each with why."""
    spans = []
    for words, why in found:
        start = text.find(words) if words else -1
        if start >= 0:
            spans.append((start, start + len(words), why))
    return spans


def time_left(due: datetime, now: datetime) -> tuple[str, str]:
    """How long is left to answer, or how late it is, and the tone."""
    seconds = int((due - now).total_seconds())
    if seconds <= 0:
        return _("%(time)s late") % {"time": duration(-seconds)}, "bad"
    return _("%(time)s left") % {"time": duration(seconds)}, "warn" if seconds < 6 * HOUR else ""


def waits(since: datetime, now: datetime) -> str:
    return duration(max(0, int((now - since).total_seconds())))


def reason_words(reasons: Iterable[Sequence[Any]]) -> list[str]:
    """Product 2 of 5. What a survey asked goes by its own key."""
    said = []
    for reason in reasons:
        name, value, most = str(reason[0]), reason[1], reason[2]
        what = str(RATED.get(name) or name.removeprefix("survey:").replace("_", " ").capitalize())
        said.append(what if value is None else _("%(what)s %(n)s of %(most)s") % {"what": what, "n": value, "most": most})
    return said


def stars_words(stars: int | None) -> str:
    return "" if stars is None else ngettext("%(n)s star of 5", "%(n)s stars of 5", stars) % {"n": stars}


def figure(value: float | None) -> str:
    """4.2, 38, -12; a dash for nothing."""
    return "–" if value is None else f"{value:.1f}".removesuffix(".0").replace("-", "\u2212")


def interval(low: float | None, high: float | None) -> str:
    """4.0 to 4.4: where the true value lies 19 times of 20."""
    return "" if low is None or high is None else _("%(low)s to %(high)s") % {"low": figure(low), "high": figure(high)}


def share_words(share: float | None, low: float | None, high: float | None) -> str:
    """78 % (71 to 84 %)."""
    if share is None:
        return ""
    said = _("%(n)s %%") % {"n": round(100 * share)}
    return (
        said
        if low is None or high is None
        else f"{said} (" + _("%(low)s to %(high)s %%") % {"low": round(100 * low), "high": round(100 * high)} + ")"
    )


def place_on(kind: str, value: float | None) -> int | None:
    """Where a value stands on the scale of its kind, in percent from the left."""
    if value is None or kind not in SCALES:
        return None
    low, high = SCALES[kind]
    return round(100 * (min(max(value, low), high) - low) / (high - low))


def counts_of(counts: Mapping[Any, int], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each answer with how often it was given, and its share of the widest bar and of all."""
    total, most = sum(counts.values()) or 1, max(counts.values(), default=0) or 1
    return [
        {"name": names.get(str(key), key), "n": n, "share": f"{100 * n / total:.0f}", "width": round(100 * n / most)}
        for key, n in counts.items()
    ]


def week_line(weeks: Sequence[int]) -> tuple[str, Point | None]:
    """The trend of the weeks as a small line; a line of noughts lies on the ground."""
    return spark([float(n) for n in weeks])


def ground_choices() -> list[dict[str, str]]:
    """The published reasons, each with the key that chooses it."""
    return [{"value": ground.value, "label": str(ground.label), "key": GROUND_KEYS[ground.value]} for ground in Ground]


def day_text(at: datetime | None) -> str:
    """Fri 20 Nov, 10:00, in the current time zone."""
    return date_format(timezone.localtime(at), "D j M, H:i") if at else ""


def promise_words(promised: date | None, came: datetime | None) -> str:
    """The promised day, and how far from it the parcel came."""
    if promised is None:
        return ""
    said = date_format(promised, "D j M")
    if came is None:
        return said
    late = (timezone.localdate(came) - promised).days
    if late <= 0:
        return _("%(day)s, kept") % {"day": said}
    return ngettext("%(day)s, came %(n)s day late", "%(day)s, came %(n)s days late", late) % {"day": said, "n": late}
