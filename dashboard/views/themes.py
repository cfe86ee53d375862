"""What shoppers raise: themes by weight and week, the voices under one with the words found, and what comes of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from core.clock import now
from dashboard.rules import reviews as look
from dashboard.views.base import page, staff_page
from merchants.rules import CHANGE
from merchants.staff import Actor
from merchants.types import Area, Language
from reviews.models import Theme, Voice
from reviews.rules.surveys import text_in
from reviews.selectors import themes as read
from reviews.services import listening

ENGLISH = "en"
ORPHANS = 20
Act = Callable[[HttpRequest, Theme, datetime], str]


@require_safe
@staff_page()
def themes_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    at = now()
    since = at - read.WEEKS * read.WEEK
    product = _word(request, "product")
    found = read.top_themes(product_key=product, since=since, now=at)
    context = {
        "here": "reviews",
        "product": product,
        "products": [{"key": one.product_key, "title": one.title, "n": one.n} for one in read.raised_products(since=since, now=at)],
        "rows": [_row(row) for row in found],
        "sentence": _sentence(found),
        "may_write": actor.may(Area.MESSAGES, CHANGE),
    }
    return page(request, actor, "dashboard/themes.html", context)


def _word(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:120]


def name_of(theme: Theme) -> str:
    return text_in(theme.names, ENGLISH) or theme.key


def _row(row: read.TopTheme) -> dict[str, Any]:
    line, last = look.week_line(row.weeks)
    tone, icon = look.THEME_LOOKS[row.theme.state]
    words, trend_tone = look.TRENDS[row.trend]
    return {
        "id": row.theme.pk,
        "name": name_of(row.theme),
        "area": row.theme.get_area_display(),
        "n": row.n,
        "line": line,
        "last": last,
        "weeks_words": _("Week by week: %(numbers)s") % {"numbers": ", ".join(str(n) for n in row.weeks)},
        "trend": words,
        "trend_tone": trend_tone,
        "tone": tone,
        "icon": icon,
        "state": row.theme.get_state_display(),
    }


def _sentence(found: Sequence[read.TopTheme]) -> str:
    """The one thing to know first: what grows, else what is raised most."""
    rising = next((row for row in found if row.trend == "up"), None)
    if rising is not None:
        return _("%(name)s is raised more and more.") % {"name": name_of(rising.theme)}
    if found:
        told = {"name": name_of(found[0].theme), "n": found[0].n}
        return ngettext("Raised most: %(name)s, by %(n)s voice.", "Raised most: %(name)s, by %(n)s voices.", found[0].n) % told
    return _("Nothing is raised.")


def theme_or_404(theme_id: int) -> Theme:
    row: Theme | None = read.themes().filter(pk=theme_id).first()
    if row is None:
        raise Http404
    return row


@require_safe
@staff_page()
def theme_page(request: HttpRequest, actor: Actor, theme_id: int) -> HttpResponse:
    return _show(request, actor, theme_or_404(theme_id))


def _show(request: HttpRequest, actor: Actor, theme: Theme, *, problems: Sequence[str] = (), status: int = 200) -> HttpResponse:
    at = now()
    product = _word(request, "product") or request.POST.get("product", "").replace("\0", "")[:120]
    try:
        voices = read.voices_of(theme, place=_word(request, "place"), product_key=product)
    except read.BadPlace:
        raise Http404 from None
    since = at - read.WEEKS * read.WEEK
    raised = read.raised_products(theme=theme, since=since, now=at)
    top = next((row for row in read.top_themes(product_key=product, since=since, now=at) if row.theme.pk == theme.pk), None)
    tone, icon = look.THEME_LOOKS[theme.state]
    context = {
        "here": "reviews",
        "theme": theme,
        "name": name_of(theme),
        "tone": tone,
        "icon": icon,
        "product": product,
        "product_title": next((one.title for one in raised if one.product_key == product), product),
        "products": [{"key": one.product_key, "title": one.title, "n": one.n} for one in raised],
        "n": top.n if top else 0,
        "voices": [_voice(row) for row in voices.rows],
        "next": urlencode({name: text for name, text in (("product", product), ("place", voices.next)) if text}) if voices.next else "",
        "others": [_silent(row) for row in read.silent_voices(limit=ORPHANS)],
        "taken": [_voice(row) for row in read.voices_of(theme, is_off=True, limit=ORPHANS).rows],
        "notes": [{"label": label, "text": theme.note[code]} for code, label in Language.choices if theme.note.get(code)],
        "tellable": read.count_to_tell(theme, product_key=product),
        "languages": [{"code": code, "label": label, "text": _note(request, theme, code)} for code, label in Language.choices],
        "weeks": _weeks(top.weeks if top else (0,) * read.WEEKS, at),
        "words": [{"code": code, "label": label, "words": theme.words[code]} for code, label in Language.choices if theme.words.get(code)],
        "problems": problems,
        "may_write": actor.may(Area.MESSAGES, CHANGE),
    }
    return page(request, actor, "dashboard/theme.html", context, status=status)


def _note(request: HttpRequest, theme: Theme, code: str) -> str:
    return request.POST.get(f"note-{code}", "") or str(theme.note.get(code, ""))


def _voice(row: read.Heard) -> dict[str, Any]:
    """Words of a shopper, with those marked by which they were found."""
    spans = [(hit.start, hit.end, hit.word) for hit in row.hits] if row.mark.found else []
    return {
        **_silent(row.voice),
        "parts": look.marked(row.voice.text, spans),
        "found": row.mark.found,
        "is_by_hand": row.mark.is_by_hand,
    }


def _silent(voice: Voice) -> dict[str, Any]:
    return {
        "id": voice.pk,
        "text": voice.text,
        "language": voice.language,
        "source": voice.get_source_display(),
        "at": voice.said_at,
        "product": voice.product.title if voice.product else voice.product_key,
        "order": voice.order.number if voice.order else "",
    }


def _weeks(weeks: Sequence[int], at: datetime) -> list[dict[str, Any]]:
    """The newest on top, each with its first day and a bar."""
    most = max(weeks, default=0) or 1
    first = at - len(weeks) * timedelta(weeks=1)
    days = [timezone.localdate(first + number * timedelta(weeks=1)) for number in range(len(weeks))]
    rows = [{"day": day, "n": n, "width": round(100 * n / most)} for day, n in zip(days, weeks, strict=True)]
    return rows[::-1]


# What staff do with it


def _voice_of(request: HttpRequest) -> Voice:
    text = request.POST.get("voice", "")
    row: Voice | None = Voice.objects.filter(pk=int(text)).first() if text.isascii() and text.isdecimal() and len(text) < 19 else None
    if row is None:
        raise Http404
    return row


def _add(request: HttpRequest, theme: Theme, at: datetime) -> str:
    listening.mark_by_hand(theme=theme, voice=_voice_of(request), at=at)
    return _("Put under this theme. No later look takes it away.")


def _away(request: HttpRequest, theme: Theme, at: datetime) -> str:
    listening.take_away(theme=theme, voice=_voice_of(request), at=at)
    return _("Taken away. No later look puts it back.")


def _notes(request: HttpRequest) -> dict[str, str]:
    return {code: text for code in Language.values if (text := request.POST.get(f"note-{code}", "").strip())}


def _planned(request: HttpRequest, theme: Theme, at: datetime) -> str:
    listening.theme_planned(theme=theme, note=_notes(request), at=at)
    return _("Kept as being worked on. Nobody is told yet.")


def _open(request: HttpRequest, theme: Theme, at: datetime) -> str:
    listening.theme_opened(theme=theme, at=at)
    return _("It is listened to anew.")


def _done(request: HttpRequest, theme: Theme, at: datetime) -> str:
    n = listening.theme_done(theme=theme, note=_notes(request), product_key=request.POST.get("product", "").replace("\0", "")[:120], at=at)
    return ngettext("Done. %(n)s shopper is told.", "Done. %(n)s shoppers are told.", n) % {"n": n}


ACTS: Mapping[str, Act] = {"add": _add, "away": _away, "planned": _planned, "open": _open, "done": _done}


@require_POST
@staff_page(acts=True)
def act(request: HttpRequest, actor: Actor, theme_id: int, name: str) -> HttpResponse:
    """One press: voices are put right by hand, or the theme moves on."""
    theme = theme_or_404(theme_id)
    if name not in ACTS:
        raise Http404
    try:
        said = ACTS[name](request, theme, now())
    except listening.ThemeRefused as refused:
        return _show(request, actor, theme, problems=[text for _field, text in refused.refusals], status=422)
    messages.success(request, said)
    to = request.POST.get("back", "")
    here = reverse("dashboard:theme", args=[theme.pk])
    is_ours = to.startswith(here) and url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure())
    return redirect(to if is_ours else here)
