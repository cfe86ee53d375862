"""From context to what is sent: subject, text, HTML. A merchant's broken version never loses a message."""

import html as markup
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from customers.types import Channel
from notifications import jsonld, shipped, sms
from notifications.liquid import compile_template
from notifications.models import TemplateVersion
from notifications.safety import UnsafeMarkup, check_markup
from notifications.types import Style
from notifications.words import clean, safe_url

MAX_SUBJECT = 200
MAX_HTML = 102_000  # bytes; Gmail cuts longer mails off
LINK = re.compile(r'(\s(?:href|src|background)=")([^"]*)(")')
BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message as it will be sent. `fallback_reason` says why the merchant's own version was not used."""

    subject: str
    text: str
    html: str
    segments: int
    label: str
    fallback_reason: str = ""


class TooLong(ValueError):
    """More than a mail program shows or a provider takes."""


def render(
    *, kind: str, channel: str, language: str, context: Mapping[str, Any], version: TemplateVersion | None = None, style: str = ""
) -> Rendered:
    """The message in the nearest language. Raises shipped.NoTemplate for a kind the channel does not carry."""
    reason = ""
    if version is not None:
        try:
            return _of_version(version, context)
        except (LiquidError, UnsafeMarkup, TooLong) as error:
            reason = f"version {version.number}: {_first_line(error)}"[:300]
    spoken = shipped.language_for(language, str(context["merchant"]["language"]))
    template = shipped.template(kind, channel, spoken, style)
    subject = template.subject.render(context) if template.subject else ""
    page = shipped.page(template.html, context) if template.html else ""
    return _finish(channel, subject, template.text.render(context), page, context, template.label, reason)


def _of_version(version: TemplateVersion, context: Mapping[str, Any]) -> Rendered:
    parts = {"subject": version.subject, "html": version.compiled}
    texts = {"text": version.source if version.channel == Channel.SMS else version.text_source}
    subject = compiled(parts["subject"], False).render(context)
    text = compiled(texts["text"], False).render(context)
    page = compiled(parts["html"], True).render(context) if version.channel == Channel.EMAIL else ""
    if not text.strip() or (version.channel == Channel.EMAIL and not clean(subject)):
        raise TooLong("subject or text is empty")
    if len(page.encode()) > MAX_HTML:
        raise TooLong(f"{len(page.encode())} bytes of HTML")
    if page:
        check_markup(page)
    return _finish(version.channel, subject, text, page, context, label_of(version), "")


def label_of(version: TemplateVersion) -> str:
    """How messages made from a version name it."""
    style = f"/{version.style}" if version.style not in ("", Style.PLAIN) else ""
    return f"{version.kind}/{version.channel}/{version.language}{style} v{version.number}"


@lru_cache(maxsize=512)
def compiled(source: str, html: bool) -> BoundTemplate:
    """A merchant's source, parsed once per process. The text itself is the key, so an edit is never served stale."""
    return compile_template(source, html=html)


def _finish(channel: str, subject: str, text: str, page: str, context: Mapping[str, Any], label: str, reason: str) -> Rendered:
    if channel == Channel.SMS:
        text = sms.normalise(" ".join(text.split()))
        size = sms.segments(text)
        if size.units > sms.MAX_UNITS:
            raise TooLong(f"an SMS of {size.units} units")
        return Rendered("", text, "", size.segments, label, reason)
    page = with_structured_data(safe_links(page), context)
    return Rendered(clean(subject)[:MAX_SUBJECT], tidy(text), page, 0, label, reason)


def tidy(text: str) -> str:
    """The text part without trailing blanks and without gaps Liquid left."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return BLANK_LINES.sub("\n\n", lines).strip() + "\n"


def safe_links(page: str) -> str:
    """Every address that is not http, https, mailto or tel becomes `#`, whatever the context or the template said."""
    for name in ("href", "src", "background"):
        page = _with_safe(page, f'{name}="')
    return page


def _with_safe(page: str, opening: str) -> str:
    """Cut where the attribute begins: looking for it with a pattern costs ten times as much."""
    first, *rest = page.split(opening)
    kept, before = [first], first
    for part in rest:
        value, closing, _ = part.partition('"')
        if not closing:  # not as mails are written: looked at as a whole
            return LINK.sub(lambda found: found[0] if _is_safe(found[2]) else f"{found[1]}#{found[3]}", page)
        kept.append(part if not before[-1:].isspace() or _is_safe(value) else f"#{part[len(value) :]}")
        before = part
    return opening.join(kept)


def _is_safe(value: str) -> bool:
    address = markup.unescape(value)
    return address in ("", "#") or bool(safe_url(address))


def with_structured_data(page: str, context: Mapping[str, Any]) -> str:
    """JSON-LD for mail programs, put in by code and never by a template; left out where the mail would be cut off for it."""
    script = jsonld.script(context)
    full = page.replace("</head>", f"{script}</head>", 1)
    return full if len(full.encode()) <= MAX_HTML else page


def _first_line(error: Exception) -> str:
    text = str(error.args[0]) if error.args else error.__class__.__name__
    return text.splitlines()[0] if text else error.__class__.__name__
