"""Draft, publish and roll back a merchant's own wording. What is stored has been checked; it is checked again when rendered.

A draft stays open and is saved over: `revision` counts its saves, so that two editors notice each other. What was published
is never changed, and messages stay pinned to the version they were made from.
"""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from customers.types import Channel
from merchants.audit import About, masked, record
from merchants.models import User
from merchants.types import Deed, Language
from notifications import shipped
from notifications.models import TemplateVersion
from notifications.registry import CATALOGUE
from notifications.rendering import label_of
from notifications.shipped import style_of
from notifications.studio.build import complete, starting_blocks
from notifications.studio.check import TemplateRefused, check
from notifications.studio.lint import blocking
from notifications.studio.types import Draft, Editing, Finding, Offered
from notifications.turns import take_turn

__all__ = ["CannotDiscard", "CannotPublish", "StaleDraft", "TemplateRefused", "VersionNotFound", "label_of"]
State = TemplateVersion.State


class CannotPublish(ValueError):
    """Only a draft is published, only what was published before is rolled back to, and only without errors: `findings`."""

    def __init__(self, message: str, findings: list[Finding] | None = None) -> None:
        super().__init__(message)
        self.findings = findings or []


class StaleDraft(ValueError):
    """Somebody else saved meanwhile. Nothing was stored and nothing is lost: `theirs` can be compared with one's own."""

    def __init__(self, theirs: TemplateVersion) -> None:
        self.theirs = theirs
        self.by = theirs.updated_by.name or theirs.updated_by.email if theirs.updated_by is not None else ""
        self.at = theirs.updated_at
        who = self.by or _("Somebody else")
        super().__init__(_("%(who)s saved this draft meanwhile.") % {"who": who})


class CannotDiscard(ValueError):
    """Only a draft is thrown away; what went out stays in the history."""


class VersionNotFound(LookupError):
    """The current merchant has no such version."""


def overview() -> list[Offered]:
    """Every message, channel, language and style with where its wording stands; one query."""
    rows: dict[tuple[str, ...], list[TemplateVersion]] = {}
    heavy = ("source", "text_source", "compiled", "blocks")
    for row in TemplateVersion.objects.filter(state__in=[State.DRAFT, State.PUBLISHED]).select_related("updated_by").defer(*heavy):
        rows.setdefault((row.kind, row.channel, row.language, row.style), []).append(row)
    return [_offered(key, rows.get(key, [])) for key in _keys()]


def _keys() -> list[tuple[str, str, str, str]]:
    return [
        (entry.kind.value, channel.value, language, style)
        for entry in CATALOGUE
        for channel in entry.channels
        for style in shipped.styles_of(entry.kind)
        for language in Language.values
        if shipped.is_offered(entry.kind, channel, style)
    ]


def _offered(key: tuple[str, str, str, str], rows: list[TemplateVersion]) -> Offered:
    out = next((row for row in rows if row.state == State.PUBLISHED), None)
    draft = max((row for row in rows if row.state == State.DRAFT), key=lambda row: row.number, default=None)
    found = Offered(*key)
    if out is not None:
        found = replace(
            found, published_id=out.pk, published_number=out.number, published_at=out.published_at, is_broken=bool(out.broken_at)
        )
    if draft is not None:
        by = draft.updated_by.name or draft.updated_by.email if draft.updated_by is not None else ""
        found = replace(found, draft_id=draft.pk, draft_number=draft.number, draft_saved_at=draft.updated_at, draft_saved_by=by)
    return found


def version_by_id(version_id: int) -> TemplateVersion:
    """Raises VersionNotFound."""
    row: TemplateVersion | None = (
        TemplateVersion.objects.select_related("created_by", "updated_by", "published_by").filter(pk=version_id).first()
    )
    if row is None:
        raise VersionNotFound(version_id)
    return row


def versions_of(*, kind: str, channel: str, language: str, style: str = "") -> list[TemplateVersion]:
    """All versions, newest first."""
    return list(_rows(kind, channel, language, style).select_related("created_by", "updated_by", "published_by").order_by("-number"))


def open_draft(*, kind: str, channel: str, language: str, style: str = "") -> TemplateVersion | None:
    """The newest draft."""
    return _rows(kind, channel, language, style).filter(state=State.DRAFT).select_related("updated_by").order_by("-number").first()


def published(*, kind: str, channel: str, language: str, style: str = "") -> TemplateVersion | None:
    """The version that goes out; None: the shipped wording does."""
    return _rows(kind, channel, language, style).filter(state=State.PUBLISHED).select_related("published_by").first()


def draft_of(version: TemplateVersion) -> Draft:
    """A version as its editor holds it."""
    blocks = tuple(version.blocks) if version.blocks is not None else None
    subject, source, text = version.subject, version.source, version.text_source
    return Draft(version.kind, version.channel, version.language, version.style, subject, source, text, blocks)


def starting_draft(*, kind: str, channel: str, language: str, style: str = "") -> Draft:
    """The shipped wording to start from: blocks for an e-mail, the source of an SMS. Raises shipped.NoTemplate."""
    made = shipped.source(kind, channel, language, style)
    if channel == Channel.SMS:
        return Draft(kind, channel, language, style_of(kind, style), "", made.text)
    return Draft(kind, channel, language, style_of(kind, style), made.subject, made.mjml, made.text, starting_blocks(kind, language, style))


def to_source(draft: Draft) -> Draft:
    """From blocks to what they built, to be edited by hand. There is no way back: the source is nobody's blocks any more."""
    made = check(draft).built
    return replace(draft, source=made.mjml, text_source=made.text, blocks=None)


@transaction.atomic
def save_draft(*, draft: Draft, editing: Editing | None = None, by: User | None, at: datetime) -> TemplateVersion:
    """Save the open draft, or begin one.

    Refuses (TemplateRefused) what `check` refuses, and (StaleDraft) to save over what another saved meanwhile or to begin
    beside an open draft unless that is wanted; nothing is stored then.
    """
    editing = editing or Editing()
    fields = _fields(draft)
    rows = _rows(draft.kind, draft.channel, draft.language, draft.style)
    take_turn("wording", draft.kind, draft.channel, draft.language, style_of(draft.kind, draft.style))
    version = _opened(rows, editing)
    if version is None:
        newest = rows.aggregate(Max("number"))["number__max"] or 0
        style = style_of(draft.kind, draft.style)
        version = TemplateVersion(kind=draft.kind, channel=draft.channel, language=draft.language, style=style, number=newest + 1)
        version.created_by, version.created_at = by, at
    else:
        version.revision += 1
    for name, value in {**fields, "note": editing.note[:200], "updated_by": by, "updated_at": at}.items():
        setattr(version, name, value)
    version.save()
    return version


def _opened(rows: "QuerySet[TemplateVersion]", editing: Editing) -> TemplateVersion | None:
    """The draft to save over; None when a new one is begun."""
    if editing.is_beside:
        return None
    open_ = rows.filter(state=State.DRAFT).select_related("updated_by").order_by("-number")
    if editing.version_id is None:
        if (newest := open_.first()) is not None:
            raise StaleDraft(newest)
        return None
    held: TemplateVersion | None = rows.select_related("updated_by").filter(pk=editing.version_id).first()
    if held is None:
        raise VersionNotFound(editing.version_id)
    if held.state != State.DRAFT or held.revision != editing.revision:
        raise StaleDraft(held)
    return held


def _fields(draft: Draft) -> dict[str, object]:
    """The columns of a checked draft."""
    made = check(draft)
    style, is_sms = style_of(draft.kind, draft.style), draft.channel == Channel.SMS
    return {
        "subject": "" if is_sms else draft.subject,
        "source": made.built.mjml,
        "text_source": "" if is_sms else made.built.text,
        "compiled": made.compiled,
        "blocks": list(complete(draft.blocks, draft.kind, style)) if draft.blocks is not None and not is_sms else None,
    }


def is_saved(version: TemplateVersion, draft: Draft, *, by: User | None) -> bool:
    """Whether the version holds this very draft, as the same person saved it: pressed twice, it is one save."""
    is_own = by is not None and version.updated_by_id == by.pk and version.state != State.ARCHIVED
    return is_own and all(getattr(version, name) == value for name, value in _fields(draft).items())


@transaction.atomic
def discard(*, version: TemplateVersion, revision: int) -> None:
    """Throw an open draft away. Refuses (CannotDiscard) what is none, (StaleDraft) what was saved since, (VersionNotFound) what is gone."""
    take_turn("wording", version.kind, version.channel, version.language, style_of(version.kind, version.style))
    held = version_by_id(version.pk)
    if held.state != State.DRAFT:
        raise CannotDiscard(f"version {held.number} is {held.state}, not a draft")
    if held.revision != revision:
        raise StaleDraft(held)
    held.delete()


def copy_to_draft(*, version: TemplateVersion, by: User | None, at: datetime) -> TemplateVersion:
    """Begin a draft from an older version. Refuses what `save_draft` refuses."""
    editing = Editing(note=_("from version %(number)s") % {"number": version.number})
    return save_draft(draft=draft_of(version), editing=editing, by=by, at=at)


def publish(*, version: TemplateVersion, by: User | None = None, at: datetime) -> TemplateVersion:
    """Make a draft the one that goes out; the former is archived. Refuses (CannotPublish) anything but a draft without errors."""
    return _put_out(version, State.DRAFT, by, at, Deed.TEMPLATE_PUBLISHED)


def roll_back(*, version: TemplateVersion, by: User | None = None, at: datetime) -> TemplateVersion:
    """Put an archived version out again. Refuses (CannotPublish) drafts, the one that is out, and one with errors.

    What went out before is not tried with orders again: who rolls back is in a hurry.
    """
    return _put_out(version, State.ARCHIVED, by, at, Deed.TEMPLATE_ROLLED_BACK)


@transaction.atomic
def _put_out(version: TemplateVersion, expected: str, by: User | None, at: datetime, deed: Deed) -> TemplateVersion:
    rows = _rows(version.kind, version.channel, version.language, version.style)
    take_turn("wording", version.kind, version.channel, version.language, version.style)
    version.refresh_from_db()
    if version.state != expected:
        raise CannotPublish(f"version {version.number} is {version.state}, not {expected}")
    # The rules may have become stricter since it was saved. What was built is published, whatever blocks build by now.
    draft = replace(draft_of(version), blocks=None)
    if errors := blocking(draft, at if expected == State.DRAFT else None):
        raise CannotPublish("; ".join(str(error.message) for error in errors), errors)
    rows.filter(state=State.PUBLISHED).update(state=State.ARCHIVED)
    version.state, version.published_at, version.published_by, version.compiled = State.PUBLISHED, at, by, check(draft).compiled
    version.broken_at, version.broken_reason = None, ""
    version.save(update_fields=["state", "published_at", "published_by", "compiled", "broken_at", "broken_reason"])
    record(deed, version, {**_place(version), "version": version.number, "text": masked(f"{version.subject}\n{version.source}")})
    return version


def _place(version: TemplateVersion) -> dict[str, str]:
    return {"kind": version.kind, "channel": version.channel, "language": version.language, "style": version.style}


def use_shipped(*, kind: str, channel: str, language: str, style: str = "") -> int:
    """Go back to the shipped default: the published version is archived. Returns how many were."""
    count = _rows(kind, channel, language, style).filter(state=State.PUBLISHED).update(state=State.ARCHIVED)
    if count:
        thing = About("notifications.templateversion")
        record(Deed.TEMPLATE_WITHDRAWN, thing, {"kind": kind, "channel": channel, "language": language, "style": style})
    return count


def _rows(kind: str, channel: str, language: str, style: str) -> "QuerySet[TemplateVersion]":
    own = style_of(kind, style)
    rows: QuerySet[TemplateVersion] = TemplateVersion.objects.filter(kind=kind, channel=channel, language=language, style=own)
    return rows
