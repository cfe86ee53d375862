"""What cannot be kept at all: bad syntax, markup no mail of ours may hold, sizes, blocks nobody knows. Each with its place."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _
from liquid.exceptions import LiquidError

from customers.types import Channel
from merchants.types import Language
from notifications import shipped, sms
from notifications.liquid import compile_template
from notifications.safety import inspect_source
from notifications.studio.blocks import MAX_BLOCKS, type_of
from notifications.studio.build import LINK, Built, Span, build, variable_of
from notifications.studio.types import Block, BlockField, Draft, Finding, Severity, Text
from notifications.types import Kind
from notifications.variables import documented
from notifications.words import BIDI, safe_url

MAX_SUBJECT, MAX_SMS = 600, 2_000
LIQUID = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
NAMED = re.compile(r"<([\w:-]+)>|attribute ([\w:-]+)|'([^']+)'|\{\{ (\S+)")
POSITION = re.compile(r"position (\d+):\d+")


class TemplateRefused(ValueError):
    """The wording cannot be kept; `findings` name field, line and column. Nothing was stored."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{f.field}{f' line {f.line}' if f.line else ''}: {f.message}" for f in findings))
        self.findings = list(findings)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a draft comes to: built, compiled (empty for SMS and for what is refused), and what stands against it."""

    built: Built
    compiled: str
    findings: tuple[Finding, ...]


def check(draft: Draft) -> Inspection:
    """Built and compiled. Refuses (TemplateRefused) what cannot be sent, with field, line and column."""
    found = inspect(draft)
    if found.findings:
        raise TemplateRefused(found.findings)
    return found


def inspect(draft: Draft) -> Inspection:
    """The same without refusing: never raises."""
    findings = _target(draft)
    if findings:
        return Inspection(Built("", ""), "", tuple(findings))
    if draft.channel == Channel.SMS:
        return Inspection(Built(draft.source, ""), "", tuple(liquid("source", draft.source) + _sms(draft.source)))
    findings = _subject(draft.subject)
    if draft.blocks is not None:
        findings += _blocks(draft)
        if findings:
            return Inspection(Built("", ""), "", tuple(findings))
    built = build(draft)
    findings += _place_in(liquid("text_source", built.text), built.text_spans)
    more, compiled = _mjml(built)
    findings += _place_in(more, built.spans)
    return Inspection(built, "" if findings else compiled, tuple(findings))


def error(field: str, code: str, message: Text, line: int = 0, column: int = 0) -> Finding:
    return Finding(Severity.ERROR, field, line, column, code, message)


def _target(draft: Draft) -> list[Finding]:
    found = []
    if draft.kind not in Kind.values or not shipped.is_offered(draft.kind, draft.channel):
        found.append(error("kind", "target", f"{draft.kind} is not sent by {draft.channel}"))
    elif not shipped.is_offered(draft.kind, draft.channel, draft.style):
        found.append(error("style", "target", f"{draft.kind} has no style {draft.style[:20]!r}"))
    if draft.language not in Language.values:
        found.append(error("language", "target", f"must be one of {', '.join(Language.values)}"))
    return found


def _subject(subject: str) -> list[Finding]:
    """Line breaks and direction marks would write headers, or turn round what is read, whatever else the subject says."""
    if len(subject) > MAX_SUBJECT:
        return [error("subject", "size", f"longer than {MAX_SUBJECT} characters")]
    bad = next((n for n, c in enumerate(subject) if not c.isprintable() or c in BIDI), None)
    if bad is not None:
        return [error("subject", "control", "one line without control characters", 1, bad + 1)]
    return liquid("subject", subject)


def _sms(source: str) -> list[Finding]:
    if not source.strip():
        return [error("source", "empty", "an SMS needs a text")]
    if len(source) > MAX_SMS or sms.segments(LIQUID.sub("", source)).units > sms.MAX_UNITS:
        return [error("source", "size", f"longer than {sms.MAX_UNITS} units")]
    return []


def liquid(field: str, source: str, *, html: bool = False) -> list[Finding]:
    """The first place where the Liquid does not parse, or goes over a limit."""
    try:
        compile_template(source, html=html)
    except LiquidError as problem:
        line, column = _place_of_error(problem, source)
        return [error(field, "syntax", _first_line(problem), line, column)]
    return []


def _first_line(problem: Exception) -> str:
    return (str(problem.args[0]).splitlines() or ["bad Liquid"])[0][:200] if problem.args else "bad Liquid"


def _place_of_error(problem: LiquidError, source: str) -> tuple[int, int]:
    """Where the error is; what is missing is missing at the end."""
    control = next((n for n, c in enumerate(source) if ord(c) < 32 and c not in "\t\n\r"), None)
    if control is not None:
        return place(source, control)
    token = problem.token
    if token is None:
        return 0, 0
    return place(source, token.start_index if 0 <= token.start_index <= len(source) else len(source))


def place(source: str, index: int) -> tuple[int, int]:
    """Line and column of an index, both from 1."""
    return source.count("\n", 0, index) + 1, index - source.rfind("\n", 0, index)


def _mjml(built: Built) -> tuple[list[Finding], str]:
    found = liquid("source", built.mjml, html=True)
    if found:
        return found, ""
    try:
        compiled = shipped.compile_mjml(built.mjml)
        compile_template(compiled, html=True)
    except LiquidError:
        return [error("source", "mjml", "Liquid does not survive the layout: close it inside one MJML element")], ""
    except (ValueError, OSError) as problem:
        line, column = _mjml_place(built.mjml, str(problem))
        return [error("source", "mjml", f"bad MJML: {str(problem)[:150]}", line, column)], ""
    refused = inspect_source(compiled)[:20]
    return [error("source", "markup", found.message, *place_of(built.mjml, found.message)) for found in refused], compiled


def _mjml_place(source: str, message: str) -> tuple[int, int]:
    """MJML names the position in bytes (`at position 12:40`); people read lines."""
    found = POSITION.search(message)
    return place(source, len(source.encode()[: int(found[1])].decode(errors="ignore"))) if found else (0, 0)


def place_of(source: str, message: str) -> tuple[int, int]:
    """Best guess where in the MJML a finding of the compiled HTML stands: the first place of the word it names."""
    for word in (part for group in NAMED.findall(message) for part in group if part):
        for wanted in (f"<{word}", word):
            index = source.lower().find(wanted.lower())
            if index >= 0:
                return place(source, index)
    return 0, 0


def _place_in(findings: Iterable[Finding], spans: Sequence[Span]) -> list[Finding]:
    """Findings of what was built, told of the block they come from."""
    return [in_block(finding, spans) for finding in findings]


def in_block(finding: Finding, spans: Sequence[Span]) -> Finding:
    """The finding with the block its line lies in; lines of a block are not those of what was built from it."""
    block = next((span.block for span in spans if span.first <= finding.line <= span.last), "")
    return replace(finding, block=block, line=0, column=0) if block else finding


def _blocks(draft: Draft) -> list[Finding]:
    blocks = draft.blocks or ()
    if len(blocks) > MAX_BLOCKS:
        return [error("blocks", "size", f"more than {MAX_BLOCKS} blocks")]
    found: list[Finding] = []
    counts: dict[str, int] = {}
    for block in blocks:
        name = str(block.get("type") or "") if isinstance(block, Mapping) else ""
        known = type_of(name, draft.kind, shipped.style_of(draft.kind, draft.style)) if name else None
        if known is None:
            found.append(_of_block(block, "type", "block", f"no block {name[:40]!r} in this message"))
            continue
        counts[name] = counts.get(name, 0) + 1
        if counts[name] > known.most:
            found.append(_of_block(block, "type", "block", f"no more than {known.most} of these"))
        found += _fields(draft, block, known.fields)
    return found


def _of_block(block: Block, field: str, code: str, message: Text, line: int = 0, column: int = 0) -> Finding:
    id = str(block.get("id") or "") if isinstance(block, Mapping) else ""
    return replace(error(field, code, message, line, column), block=id)


def _fields(draft: Draft, block: Block, known: tuple[BlockField, ...]) -> list[Finding]:
    fields = block.get("fields") or {}
    if not isinstance(fields, Mapping):
        return [_of_block(block, "fields", "block", "fields by their names")]
    names = {field.name: field for field in known}
    found = [_of_block(block, str(name)[:40], "block", "not a field of this block") for name in fields if name not in names]
    for name, value in fields.items():
        if name in names:
            found += [replace(one, block=str(block.get("id") or "")) for one in _field(draft, names[name], value)]
    return found


def _field(draft: Draft, field: BlockField, value: object) -> list[Finding]:
    if field.form == "yes":
        return [] if value in (True, False, "yes", "") else [error(field.name, "block", "yes or no")]
    if not isinstance(value, str):
        return [error(field.name, "block", "must be text")]
    if len(value) > field.limit:
        return [error(field.name, "size", f"longer than {field.limit} characters")]
    if field.form in ("line", "link", "image") and any(c in value for c in "\r\n\u2028\u2029"):
        return [error(field.name, "control", "one line, please")]
    if field.pattern and not re.fullmatch(field.pattern, value.strip()):
        return [error(field.name, "block", _("letters, digits, - and _ only"))]
    found = liquid(field.name, value, html=field.form == "mjml")
    if field.form in ("link", "image") and value.strip():
        found += link_problem(draft, field.name, value)
    if field.form in ("line", "words") and not found:
        found += [one for link in LINK.finditer(value) for one in link_problem(draft, field.name, link[2], *place(value, link.start()))]
    return found


def link_problem(draft: Draft, field: str, link: str, line: int = 0, column: int = 0) -> list[Finding]:
    """An address is a variable that holds one, or a plain http, https, mailto or tel address."""
    variable = variable_of(link)
    if variable:
        holds_address = variable in documented(draft.kind) and (variable.startswith("links.") or variable.endswith("url"))
        return [] if holds_address else [error(field, "link", _("{{ %s }} is not an address") % variable, line, column)]
    if "{{" in link or "{%" in link:
        return [error(field, "link", _("an address is a variable alone, or has none"), line, column)]
    if not safe_url(link.strip()):
        return [error(field, "link", _("not an http, https, mailto or tel address"), line, column)]
    return []
