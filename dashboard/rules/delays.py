"""Words of the delay dashboard: the sentence of the day, shares and their change, feeds, what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.rules.messages import duration

NO_NEWS = 6 * 3600  # seconds without news from which a carrier without a known rhythm is called slow


def day_sentence(*, late: int, at_risk: int, need: int) -> str:
    """The day in two short sentences: what is late, and what needs a person."""
    if late and at_risk:
        first = ngettext("%(n)s parcel is late", "%(n)s parcels are late", late) % {"n": number(late)}
        second = ngettext("%(n)s more is likely to be.", "%(n)s more are likely to be.", at_risk) % {"n": number(at_risk)}
        said = _("%(first)s, %(second)s") % {"first": first, "second": second}
    elif late:
        said = ngettext("%(n)s parcel is late.", "%(n)s parcels are late.", late) % {"n": number(late)}
    elif at_risk:
        said = ngettext("%(n)s parcel is likely to be late.", "%(n)s parcels are likely to be late.", at_risk) % {"n": number(at_risk)}
    else:
        said = _("No parcel is late.")
    if not need:
        return said + " " + _("Nothing needs a person.")
    return said + " " + ngettext("%(n)s incident needs a person.", "%(n)s incidents need a person.", need) % {"n": number(need)}


def number(count: int) -> str:
    """`12 345` with a thin space, so that it cannot be read as a fraction in any language."""
    return f"{count:,}".replace(",", "\u202f")


def percent(share: float | None, digits: int = 1) -> str:
    """`91.4`; nothing known is a dash. What is not all is never rounded up to 100."""
    if share is None:
        return "–"
    if share < 1 and round(share * 100, digits) >= 100:
        return f"{100 - 10**-digits:.{digits}f}"
    return f"{share * 100:.{digits}f}".removesuffix(".0") if share in (0, 1) else f"{share * 100:.{digits}f}"


@dataclass(frozen=True, slots=True)
class Change:
    """A figure against the period before: its words, tone and direction."""

    text: str
    tone: str = "idle"
    icon: str = ""


def points_changed(now: float | None, before: float | None) -> Change:
    """The change of a share, where more is better."""
    if now is None or before is None:
        return Change(_("nothing to compare with"))
    points = round((now - before) * 100, 1)
    if not points:
        return Change(_("as before"))
    words = _("%(n)s points better") if points > 0 else _("%(n)s points worse")
    return Change(words % {"n": abs(points)}, "good" if points > 0 else "bad", "up" if points > 0 else "down")


def days_changed(now: int | None, before: int | None) -> Change:
    """The change of a delay in days, where less is better."""
    if now is None or before is None:
        return Change(_("nothing to compare with"))
    if now == before:
        return Change(_("as before"))
    more = ngettext("%(n)s day longer", "%(n)s days longer", abs(now - before))
    less = ngettext("%(n)s day shorter", "%(n)s days shorter", abs(now - before))
    is_worse = now > before
    return Change((more if is_worse else less) % {"n": abs(now - before)}, "bad" if is_worse else "good", "up" if is_worse else "down")


@dataclass(frozen=True, slots=True)
class FeedWords:
    """How a carrier's feed does, in words."""

    tone: str
    icon: str
    text: str
    note: str = ""


def feed_words(*, last: datetime | None, usual_gap: float, is_silent: bool, held_back: int, unknown: int, now: datetime) -> FeedWords:
    """Good while news come at their usual pace; slow beyond three times it; silent once an incident says so."""
    notes = []
    if is_silent and held_back:
        notes.append(ngettext("%(n)s alarm held back", "%(n)s alarms held back", held_back) % {"n": held_back})
    if unknown:
        notes.append(ngettext("%(n)s scan with an unknown code", "%(n)s scans with an unknown code", unknown) % {"n": number(unknown)})
    note = ", ".join(notes)
    if last is None:
        return FeedWords("idle", "clock", _("No news yet"), note)
    age = max(0, int((now - last).total_seconds()))
    if is_silent:
        return FeedWords("bad", "alert", _("Silent %(time)s") % {"time": duration(age)}, note)
    if age > max(3 * usual_gap, 900 if usual_gap else NO_NEWS):
        return FeedWords("warn", "clock", _("Slow, %(time)s") % {"time": duration(age)}, note)
    return FeedWords("good", "done", duration(age), note)


def counted(kinds: Mapping[str, int], words: Mapping[str, str], most: int = 3) -> str:
    """`3 no scan for too long; 2 delivery failed; 4 others`."""
    ranked = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    said = [f"{count} {words.get(kind, kind).lower()}" for kind, count in ranked[:most]]
    rest = sum(count for _kind, count in ranked[most:])
    if rest:
        said.append(ngettext("%(n)s other", "%(n)s others", rest) % {"n": rest})
    return "; ".join(said)
