"""Draft, publish and roll back a merchant's own wording. What is stored has been checked; it is checked again when rendered."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from liquid.exceptions import LiquidError

from customers.types import Channel
from merchants.models import User
from merchants.types import Language
from notifications import sms
from notifications.liquid import compile_template
from notifications.models import TemplateVersion
from notifications.safety import inspect_source
from notifications.shipped import compile_mjml, is_offered
from notifications.types import Kind
from notifications.variables import unknown

MAX_SUBJECT, MAX_SMS = 600, 2_000
State = TemplateVersion.State


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in which field and line (0: the whole field)."""

    field: str
    line: int
    message: str


class TemplateRefused(ValueError):
    """The wording cannot be sent; `problems` name field and line."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}{f' line {p.line}' if p.line else ''}: {p.message}" for p in problems))
        self.problems = problems


class CannotPublish(ValueError):
    """Only a draft is published, and only a version that was published before is rolled back to."""


def check(*, kind: str, channel: str, language: str, subject: str, source: str, text_source: str = "") -> str:
    """The compiled HTML (empty for SMS). Refuses (TemplateRefused) everything that could not be sent, with field and line."""
    problems = _check_target(kind, channel, language)
    if problems:
        raise TemplateRefused(problems)
    if channel == Channel.SMS:
        problems = _check_liquid("source", source, kind, html=False) + _check_sms(source)
        compiled = ""
    else:
        problems = _check_subject(subject, kind)
        problems += _check_liquid("text_source", text_source, kind, html=False)
        if not text_source.strip():
            problems.append(Problem("text_source", 0, "an e-mail needs a text part"))
        found, compiled = _check_mjml(source, kind)
        problems += found
    if problems:
        raise TemplateRefused(problems)
    return compiled


def _check_target(kind: str, channel: str, language: str) -> list[Problem]:
    problems = []
    if kind not in Kind.values or not is_offered(kind, channel):
        problems.append(Problem("kind", 0, f"{kind} is not sent by {channel}"))
    if language not in Language.values:
        problems.append(Problem("language", 0, f"must be one of {', '.join(Language.values)}"))
    return problems


def _check_subject(subject: str, kind: str) -> list[Problem]:
    if not subject.strip():
        return [Problem("subject", 0, "an e-mail needs a subject")]
    if len(subject) > MAX_SUBJECT:
        return [Problem("subject", 0, f"longer than {MAX_SUBJECT} characters")]
    if not subject.isprintable():
        return [Problem("subject", 0, "one line without control characters")]
    return _check_liquid("subject", subject, kind, html=False)


def _check_sms(source: str) -> list[Problem]:
    if not source.strip():
        return [Problem("source", 0, "an SMS needs a text")]
    if len(source) > MAX_SMS or sms.segments(re.sub(r"\{[{%].*?[%}]\}", "", source, flags=re.DOTALL)).units > sms.MAX_UNITS:
        return [Problem("source", 0, f"longer than {sms.MAX_UNITS} units")]
    return []


def _check_liquid(field: str, source: str, kind: str, *, html: bool) -> list[Problem]:
    """Syntax first; unknown variables only of a source that parses."""
    try:
        compile_template(source, html=html)
    except LiquidError as error:
        return [Problem(field, _line(error, source), str(error.args[0]) if error.args else "bad Liquid")]
    return [Problem(field, use.line, f"unknown variable {use.path}") for use in unknown(source, kind)]


def _line(error: LiquidError, source: str) -> int:
    """Where the error is; what is missing is missing at the end."""
    token = error.token
    if token is None:
        return 0
    return source.count("\n", 0, token.start_index if token.start_index >= 0 else len(source)) + 1


def _check_mjml(source: str, kind: str) -> tuple[list[Problem], str]:
    problems = _check_liquid("source", source, kind, html=True)
    if problems:
        return problems, ""
    try:
        compiled = compile_mjml(source)
        compile_template(compiled, html=True)
    except LiquidError:
        return [Problem("source", 0, "Liquid does not survive the layout: close it inside one MJML element")], ""
    except (ValueError, OSError) as error:
        return [Problem("source", _mjml_line(source, str(error)), f"bad MJML: {str(error)[:150]}")], ""
    return [Problem("source", _line_of(source, found.message), found.message) for found in inspect_source(compiled)], compiled


def _mjml_line(source: str, message: str) -> int:
    """MJML names the position in bytes (`at position 12:40`); people read lines."""
    found = re.search(r"position (\d+):\d+", message)
    return source.encode()[: int(found[1])].count(b"\n") + 1 if found else 0


def _line_of(source: str, message: str) -> int:
    """Best guess where in the MJML a finding of the compiled HTML stands: the first line with the word it names."""
    words = re.findall(r"<([\w:]+)>|attribute ([\w:-]+)|'([^']+)'|\{\{ (\S+)", message)
    for word in (part for group in words for part in group if part):
        for number, line in enumerate(source.splitlines(), 1):
            if word.lower() in line.lower():
                return number
    return 0


@transaction.atomic
def save_draft(
    *, kind: str, channel: str, language: str, subject: str, source: str, text_source: str = "", by: User | None, at: datetime
) -> TemplateVersion:
    """Store a checked draft as the next version. Refuses (TemplateRefused) what `check` refuses; nothing is stored then."""
    compiled = check(kind=kind, channel=channel, language=language, subject=subject, source=source, text_source=text_source)
    newest = _rows(kind, channel, language).aggregate(Max("number"))["number__max"] or 0
    is_sms = channel == Channel.SMS
    row: TemplateVersion = TemplateVersion.objects.create(
        kind=kind, channel=channel, language=language, number=newest + 1, source=source, compiled=compiled, created_by=by, created_at=at,
        updated_by=by, updated_at=at,
        subject="" if is_sms else subject, text_source="" if is_sms else text_source,
    )  # fmt: skip
    return row


def publish(*, version: TemplateVersion, at: datetime) -> TemplateVersion:
    """Make a draft the one that goes out; the former is archived. Refuses (CannotPublish) anything but a draft."""
    return _put_out(version, State.DRAFT, at)


def roll_back(*, version: TemplateVersion, at: datetime) -> TemplateVersion:
    """Put an archived version out again. Refuses (CannotPublish) drafts and the one that is out."""
    return _put_out(version, State.ARCHIVED, at)


@transaction.atomic
def _put_out(version: TemplateVersion, expected: str, at: datetime) -> TemplateVersion:
    rows = _rows(version.kind, version.channel, version.language)
    list(rows.select_for_update().order_by("pk").values_list("pk"))  # two publishers wait for each other here
    version.refresh_from_db()
    if version.state != expected:
        raise CannotPublish(f"version {version.number} is {version.state}, not {expected}")
    # The rules may have become stricter since it was saved.
    compiled = check(
        kind=version.kind, channel=version.channel, language=version.language,
        subject=version.subject, source=version.source, text_source=version.text_source,
    )  # fmt: skip
    rows.filter(state=State.PUBLISHED).update(state=State.ARCHIVED)
    version.state, version.published_at, version.compiled = State.PUBLISHED, at, compiled
    version.broken_at, version.broken_reason = None, ""
    version.save(update_fields=["state", "published_at", "compiled", "broken_at", "broken_reason"])
    return version


def use_shipped(*, kind: str, channel: str, language: str) -> int:
    """Go back to the shipped default: the published version is archived. Returns how many were."""
    return _rows(kind, channel, language).filter(state=State.PUBLISHED).update(state=State.ARCHIVED)


def versions_of(*, kind: str, channel: str, language: str) -> list[TemplateVersion]:
    """All versions, newest first."""
    return list(_rows(kind, channel, language).order_by("-number"))


def _rows(kind: str, channel: str, language: str) -> "QuerySet[TemplateVersion]":
    rows: QuerySet[TemplateVersion] = TemplateVersion.objects.filter(kind=kind, channel=channel, language=language)
    return rows
