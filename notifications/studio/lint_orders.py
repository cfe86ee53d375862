"""Findings that only orders show: variables that stay empty, subjects that get long, the size of the mail, the length of an SMS."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from liquid.exceptions import LiquidError

from customers.types import Channel
from notifications import sms
from notifications.liquid import compile_template
from notifications.rendering import MAX_HTML
from notifications.studio.build import Built, Span
from notifications.studio.check import in_block, place
from notifications.studio.samples import recent_contexts
from notifications.studio.trial import Trial, try_out
from notifications.studio.types import Draft, Finding, Severity
from notifications.words import clean

PHONE_SUBJECT = 50  # characters a phone shows
NEARLY = 0.9
Contexts = Sequence[Mapping[str, Any]]


def about_orders(draft: Draft, built: Built, compiled: str, now: datetime) -> list[Finding]:
    """What the newest orders make of the draft; as many as the work allowed lasts for."""
    contexts = recent_contexts(draft, now)
    if not contexts:
        return [Finding(Severity.INFO, "source", 0, 0, "no_orders", _("there is no order yet to check this message against"))]
    if draft.channel == Channel.SMS:
        trial = try_out(built.mjml, contexts)
        return [*_empties("source", built.mjml, trial, ()), *_length(draft, built.mjml, trial)]
    found = list(_subject(draft, try_out(draft.subject, contexts)))
    found += _empties("text_source", built.text, try_out(built.text, contexts), built.text_spans)
    trial = try_out(built.mjml, contexts)
    found += _empties("source", built.mjml, trial, built.spans)
    return [*found, *_size(compiled, contexts, trial)]


def _empties(field: str, source: str, trial: Trial, spans: Sequence[Span]) -> list[Finding]:
    found = []
    for use in trial.uses:
        if use.empty:
            named = {"name": use.path, "empty": use.empty, "all": trial.tried}
            message = _("%(name)s is empty for %(empty)s of %(all)s orders") % named
            fix = _("Put {% if %} round it, or say something else when it is empty.")
            line, column = place(source, use.index)
            finding = Finding(Severity.WARNING, field, line, column, "empty_variable", message, fix)
            found.append(in_block(finding, spans))
    return [*_once(found), *_failures(field, trial)]


def _once(found: list[Finding]) -> list[Finding]:
    """The same variable in the same block is one finding."""
    return list({(one.block, one.line, str(one.message)): one for one in found}.values())


def _failures(field: str, trial: Trial) -> list[Finding]:
    return [
        Finding(
            Severity.ERROR,
            field,
            0,
            0,
            "fails",
            _("it cannot be made for %(count)s of %(all)s orders: %(reason)s") % {"count": count, "all": trial.tried, "reason": reason},
            _("The shipped wording would go out instead."),
        )
        for reason, count in trial.failed.items()
    ]


def _subject(draft: Draft, trial: Trial) -> list[Finding]:
    found = _empties("subject", draft.subject, trial, ())
    longest = clean(trial.longest)
    if len(longest) > PHONE_SUBJECT:
        message = _("%(count)s characters with the longest values; phones cut at about 50") % {"count": len(longest)}
        fix = _("Say the fact first: %(subject)s") % {"subject": longest}
        found.append(Finding(Severity.WARNING, "subject", 0, 0, "long_subject", message, fix))
    blank = sum(not clean(text) for text in trial.texts)
    if blank:
        message = _("the subject is empty for %(count)s of %(all)s orders") % {"count": blank, "all": trial.tried}
        found.append(Finding(Severity.ERROR, "subject", 0, 0, "empty_subject", message))
    return found


def _size(compiled: str, contexts: Contexts, trial: Trial) -> list[Finding]:
    """The order with the most to say decides."""
    if not compiled or not trial.texts:
        return []
    heaviest = max(range(len(trial.texts)), key=lambda n: len(trial.texts[n])) if not trial.failed else 0
    try:
        size = len(compile_template(compiled, html=True).render(contexts[heaviest]).encode())
    except LiquidError:
        return []
    if size < NEARLY * MAX_HTML:
        return []
    kilobytes = {"size": round(size / 1000)}
    fix = _("Leave out what the order page shows as well.")
    if size > MAX_HTML:
        return [Finding(Severity.ERROR, "source", 0, 0, "size", _("%(size)s kB: Gmail cuts mails off at 102 kB") % kilobytes, fix)]
    return [
        Finding(
            Severity.WARNING, "source", 0, 0, "size", _("%(size)s kB, nearly the 102 kB at which Gmail cuts mails off") % kilobytes, fix
        )
    ]


def _length(draft: Draft, source: str, trial: Trial) -> list[Finding]:
    """Segments for these orders, and which characters of the wording cost the most."""
    texts = [sms.normalise(" ".join(text.split())) for text in trial.texts]
    sizes = [sms.segments(text) for text in texts]
    found = _expensive(draft, source)
    if sizes and (over := sum(size.segments > 1 for size in sizes)):
        worst = max(sizes, key=lambda size: (size.segments, size.units))
        named = {"over": over, "all": len(sizes), "segments": worst.segments, "encoding": worst.encoding, "language": draft.language}
        message = _("more than one SMS for %(over)s of %(all)s orders, up to %(segments)s (%(encoding)s, %(language)s)") % named
        found.append(Finding(Severity.WARNING, "source", 0, 0, "segments", message, _("Each one is paid for.")))
    if any(size.units > sms.MAX_UNITS for size in sizes):
        found.append(
            Finding(Severity.ERROR, "source", 0, 0, "size", _("longer than %(most)s units for some orders") % {"most": sms.MAX_UNITS})
        )
    return found


def _expensive(draft: Draft, source: str) -> list[Finding]:
    """Characters of the wording itself that are not in the cheap alphabet. Chinese has no other."""
    costly = sms.costly(source)
    if not costly:
        return []
    line, column = place(source, costly[0][0])
    shown = " ".join(dict.fromkeys(character for _, character in costly))[:40]
    if draft.language == "zh-hans":
        return [
            Finding(Severity.INFO, "source", line, column, "ucs2", _("written in UCS-2: 70 characters an SMS, 67 when there are several"))
        ]
    message = _("%(characters)s: one such character leaves 70 characters an SMS instead of 160") % {"characters": shown}
    near = sms.nearest(costly[0][1])
    fix = _("Write %(near)s instead.") % {"near": near} if near else _("Leave it out.")
    return [Finding(Severity.WARNING, "source", line, column, "ucs2", message, fix, found=costly[0][1], replacement=near)]
