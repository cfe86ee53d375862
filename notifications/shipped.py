"""The shipped defaults: MJML, text and strings of each language put together and compiled once per process.

`[[ key ]]` is a string of the language, `[[> name ]]` a part. Liquid is left in, so that a send renders Liquid only.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import mjml
from django.conf import settings
from liquid.template import BoundTemplate

from customers.types import Channel
from merchants.types import Language
from notifications.liquid import compile_template
from notifications.types import Kind

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

    subject: BoundTemplate | None
    html: BoundTemplate | None
    text: BoundTemplate
    label: str


def _root() -> Path:
    return Path(settings.MESSAGE_TEMPLATES)


def is_offered(kind: str, channel: str) -> bool:
    """Whether a default is shipped for the kind on the channel."""
    return kind in Kind.values and channel in Channel.values and (_root() / kind / f"{channel}.txt").exists()


def strings(kind: str, language: str) -> dict[str, str]:
    """The language's strings: the common ones, the kind's own on top."""
    found: dict[str, str] = {}
    for folder in ("common", kind):
        found |= tomllib.loads((_root() / folder / f"{language}.toml").read_text(encoding="utf-8"))
    return found


def as_html(string: str) -> str:
    """A string for HTML: marks escaped outside Liquid, `**words**` strong."""
    pieces = OUTSIDE_LIQUID.split(string)
    escaped = (p if n % 2 else p.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for n, p in enumerate(pieces))
    return STRONG.sub(r"<strong>\1</strong>", "".join(escaped))


def as_text(string: str) -> str:
    """A string for the text part: no marks."""
    return STRONG.sub(r"\1", string)


def _assemble(kind: str, name: str) -> str:
    suffix = Path(name).suffix
    body = (_root() / kind / name).read_text(encoding="utf-8")
    layout = _root() / f"layout{suffix}"
    whole = layout.read_text(encoding="utf-8").replace("[[> body ]]", body) if name.startswith("email") else body
    while PART.search(whole):
        whole = PART.sub(lambda found: (_root() / "parts" / f"{found[1]}{suffix}").read_text(encoding="utf-8"), whole)
    return whole


@cache
def source(kind: str, channel: str, language: str) -> Source:
    """The default in one language. Raises NoTemplate."""
    if not is_offered(kind, channel):
        raise NoTemplate(f"{kind} is not sent by {channel}")
    words = strings(kind, language)
    words["title"] = words.get("subject", "")
    is_email = channel == Channel.EMAIL
    text = STRING.sub(lambda found: as_text(words[found[1]]), _assemble(kind, f"{channel}.txt"))
    markup = STRING.sub(lambda found: as_html(words[found[1]]), _assemble(kind, "email.mjml")) if is_email else ""
    subject = as_text(words["subject"]) if is_email else ""
    revision = hashlib.sha256("\x1f".join((subject, markup, text)).encode()).hexdigest()[:6]
    return Source(subject, markup, text, f"shipped {kind}/{channel}/{language}@{revision}")


def compile_mjml(markup: str) -> str:
    """HTML with the Liquid left in. Raises ValueError for what is no MJML or holds too many elements. No web font is ever linked."""
    # The compiler recurses on a fixed stack and takes the process with it: 2,000 nested mj-wrapper were enough.
    if len(MJ_ELEMENT.findall(markup)) > MAX_MJ_ELEMENTS or len(ELEMENT.findall(markup)) > MAX_ELEMENTS:
        raise ValueError("too many elements")
    return str(mjml.mjml2html(markup, fonts={}, disable_comments=False))


@cache
def template(kind: str, channel: str, language: str) -> Template:
    """The default compiled; the same object for the life of the process. Raises NoTemplate."""
    made = source(kind, channel, language)
    return Template(
        compile_template(made.subject, html=False) if made.subject else None,
        compile_template(LOOK.sub("\ue010\\1\ue011", compile_mjml(made.mjml)), html=True) if made.mjml else None,
        compile_template(made.text, html=False),
        made.label,
    )


def dress(page: str, context: Mapping[str, Any]) -> str:
    """Put the merchant's colours and fonts where `template` left marks."""
    return MARK.sub(lambda found: escape(str(context[found[1]][found[2]])), page)


def language_for(wanted: str, merchant_language: str) -> str:
    """The nearest language we speak: exact, its base (`de-AT` -> `de`), the merchant's, English."""
    wanted = wanted.lower().replace("_", "-")
    known = set(Language.values)
    base = wanted.partition("-")[0]
    # Every Chinese we are asked for is answered in the one we have.
    for candidate in (wanted, base, "zh-hans" if base == "zh" else "", merchant_language.lower()):
        if candidate in known:
            return candidate
    return Language.EN.value
