"""The shipped defaults: MJML, text and strings of each language put together and compiled once per process.

`[[ key ]]` is a string of the language, `[[> name ]]` a part. Liquid is left in, so that a send renders Liquid only.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any

import mjml
from django.conf import settings

from customers.types import Channel
from merchants.types import Language
from notifications.liquid import GuardedTemplate, compile_template
from notifications.types import Kind, Style
from notifications.written import Written

PART = re.compile(r"\[\[> (\w+) \]\]")
STRING = re.compile(r"\[\[ (\w+) \]\]")
STRONG = re.compile(r"\*\*(.+?)\*\*")
OUTSIDE_LIQUID = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})")


ELEMENT = re.compile(r"<[A-Za-z]")
MJ_ELEMENT = re.compile(r"<mj-", re.IGNORECASE)
MAX_ELEMENTS, MAX_MJ_ELEMENTS = 1_500, 150


# Colours and fonts are a third of a mail's variables: as plain marks, filled by one pass, they cost a tenth of Liquid's time.
LOOK = re.compile(r"\{\{ ((?:colors|branding)\.(?!logo_url)\w+) \}\}")
MARK = re.compile("\ue010(colors|branding)\\.(\\w+)\ue011")


class NoTemplate(LookupError):
    """Nothing is shipped for this kind on this channel."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a merchant starts from: everything in place, Liquid left in."""

    subject: str
    mjml: str
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Template:
    """Ready to render. `html` is None for SMS."""

    subject: GuardedTemplate | None
    html: GuardedTemplate | None
    text: GuardedTemplate
    label: str


def _root() -> Path:
    return Path(settings.MESSAGE_TEMPLATES)


def style_of(kind: str, style: str = "") -> str:
    """The style as versions keep it: a confirmation without one is plain, other kinds have none. Raises NoTemplate for what is none."""
    if kind != Kind.ORDER_CONFIRMATION:
        if style:
            raise NoTemplate(f"{kind} has one style only")
        return ""
    if style and style not in Style.values:
        raise NoTemplate(f"no style is called {style[:20]!r}")
    return style or Style.PLAIN.value


def styles_of(kind: str) -> tuple[str, ...]:
    """Every style of a kind; the empty one for kinds that have one way only."""
    return tuple(Style.values) if kind == Kind.ORDER_CONFIRMATION else ("",)


def _folders(kind: str, style: str) -> list[Path]:
    """Where a kind's files are, the most common first: plain is the kind's own folder, another style lies in one below it."""
    own = _root() / kind
    return [own] if style in ("", Style.PLAIN) else [own, own / style]


def is_offered(kind: str, channel: str, style: str = "") -> bool:
    """Whether a default is shipped for the kind on the channel, in the style."""
    if kind not in Kind.values or channel not in Channel.values:
        return False
    try:
        return (_folders(kind, style_of(kind, style))[-1] / f"{channel}.txt").exists()
    except NoTemplate:
        return False


def strings(kind: str, language: str, style: str = "") -> dict[str, str]:
    """The language's strings: the common ones, the kind's own on top, those of its style last."""
    found: dict[str, str] = {}
    for folder in (_root() / "common", *_folders(kind, style_of(kind, style))):
        found |= tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
    return found


def as_html(string: str) -> str:
    """A string for HTML: marks escaped outside Liquid, `**words**` strong."""
    pieces = OUTSIDE_LIQUID.split(string)
    escaped = (p if n % 2 else p.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for n, p in enumerate(pieces))
    return STRONG.sub(r"<strong>\1</strong>", "".join(escaped))


def as_text(string: str) -> str:
    """A string for the text part: no marks."""
    return STRONG.sub(r"\1", string)


def body(kind: str, name: str, style: str = "") -> str:
    """The kind's own piece of a message (`email.mjml`, `email.txt`, `sms.txt`) as it is shipped, parts and strings not put in yet."""
    return (_folders(kind, style_of(kind, style))[-1] / name).read_text(encoding="utf-8")


def with_parts(whole: str, suffix: str) -> str:
    """The text with every `[[> part ]]` put in."""
    while PART.search(whole):
        whole = PART.sub(lambda found: (_root() / "parts" / f"{found[1]}{suffix}").read_text(encoding="utf-8"), whole)
    return whole


def in_layout(inner: str, suffix: str) -> str:
    """The body of an e-mail inside the layout all of them share."""
    return (_root() / f"layout{suffix}").read_text(encoding="utf-8").replace("[[> body ]]", inner)


def in_words(whole: str, words: Mapping[str, str], *, html: bool) -> str:
    """The text with every `[[ string ]]` put in."""
    form = as_html if html else as_text
    return STRING.sub(lambda found: form(words[found[1]]), whole)


def _assemble(kind: str, name: str, style: str) -> str:
    suffix, inner = Path(name).suffix, body(kind, name, style)
    return with_parts(in_layout(inner, suffix) if name.startswith("email") else inner, suffix)


def source(kind: str, channel: str, language: str, style: str = "") -> Source:
    """The default in one language. Raises NoTemplate."""
    return _source(kind, channel, language, style_of(kind, style))


@cache
def _source(kind: str, channel: str, language: str, style: str) -> Source:
    if not is_offered(kind, channel, style):
        raise NoTemplate(f"{kind} is not sent by {channel}{f' in the style {style}' if style else ''}")
    words = strings(kind, language, style)
    words["title"] = words.get("subject", "")
    is_email = channel == Channel.EMAIL
    text = in_words(_assemble(kind, f"{channel}.txt", style), words, html=False)
    markup = in_words(_assemble(kind, "email.mjml", style), words, html=True) if is_email else ""
    subject = as_text(words["subject"]) if is_email else ""
    revision = hashlib.sha256("\x1f".join((subject, markup, text)).encode()).hexdigest()[:6]
    named = "" if style in ("", Style.PLAIN) else f"/{style}"
    return Source(subject, markup, text, f"shipped {kind}/{channel}/{language}{named}@{revision}")


def compile_mjml(markup: str) -> str:
    """HTML with the Liquid left in. Raises ValueError for what is no MJML or holds too many elements. No web font is ever linked."""
    # The compiler recurses on a fixed stack and takes the process with it: 2,000 nested mj-wrapper were enough.
    if len(MJ_ELEMENT.findall(markup)) > MAX_MJ_ELEMENTS or len(ELEMENT.findall(markup)) > MAX_ELEMENTS:
        raise ValueError("too many elements")
    return str(mjml.mjml2html(markup, fonts={}, disable_comments=False))


def template(kind: str, channel: str, language: str, style: str = "") -> Template:
    """The default compiled; the same object for the life of the process. Raises NoTemplate."""
    return _template(kind, channel, language, style_of(kind, style))


@cache
def _template(kind: str, channel: str, language: str, style: str) -> Template:
    made = _source(kind, channel, language, style)
    return Template(
        compile_template(made.subject, html=False) if made.subject else None,
        compile_template(LOOK.sub("\ue010\\1\ue011", compile_mjml(made.mjml)), html=True) if made.mjml else None,
        compile_template(made.text, html=False),
        made.label,
    )


def page(made: GuardedTemplate, context: Mapping[str, Any]) -> str:
    """The mail's HTML with the merchant's colours and fonts. Raises LiquidError."""
    if made.written is not None:
        look = tuple((part, name, str(value)) for part in ("colors", "branding") for name, value in context[part].items())
        full = made.render_with(context, _dressed(made.written, look))
        if full is not None:
            return full
    return dress(made.render(context), context)


@lru_cache(maxsize=256)
def _dressed(written: Written, look: tuple[tuple[str, str, str], ...]) -> tuple[str, ...]:
    """One merchant's look put into the texts once, not into each mail."""
    parts: dict[str, dict[str, str]] = {}
    for part, name, value in look:
        parts.setdefault(part, {})[name] = value
    return tuple(dress(text, parts) for text in written.texts)


def dress(page: str, context: Mapping[str, Any]) -> str:
    """Put the merchant's colours and fonts where `template` left marks."""
    return MARK.sub(lambda found: escape(str(context[found[1]][found[2]])), page)


SPOKEN = frozenset(Language.values)  # made anew at each question otherwise
# Every Chinese and every Portuguese we are asked for is answered in the one we have.
ONLY = {"zh": Language.ZH_HANS.value, "pt": Language.PT_BR.value}


def language_for(wanted: str, merchant_language: str) -> str:
    """The nearest language we speak: exact, its base (`de-AT` -> `de`), the merchant's, English."""
    wanted = wanted.lower().replace("_", "-")
    base = wanted.partition("-")[0]
    for candidate in (wanted, base, ONLY.get(base, ""), merchant_language.lower()):
        if candidate in SPOKEN:
            return candidate
    return Language.EN.value
