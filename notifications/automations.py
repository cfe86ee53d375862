"""Draft, publish and roll back automations; which plan each kind of message follows."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max, QuerySet

from merchants.audit import About, record
from merchants.models import User
from merchants.types import Deed
from notifications.models import AutomationVersion
from notifications.plan_check import PlanProblem, PlanRefused, check_plan, facts_of
from notifications.plans import default_plan, plan_as_json, plan_from_json
from notifications.registry import CATALOGUE, entry_of
from notifications.turns import take_turn
from notifications.types import Plan

__all__ = [
    "AutomationNotFound",
    "CannotPublish",
    "InForce",
    "PlanProblem",
    "PlanRefused",
    "StaleDraft",
    "check_plan",
    "facts_of",
    "open_draft",
    "plans_in_force",
    "publish",
    "roll_back",
    "save_draft",
    "switch",
    "use_default",
    "version_by_id",
    "versions_of",
]
State = AutomationVersion.State


class AutomationNotFound(LookupError):
    """The current merchant has no such version."""


class CannotPublish(ValueError):
    """Only a draft is published, and only a version that was published before is rolled back to."""


class StaleDraft(RuntimeError):
    """Somebody else saved or published meanwhile; `theirs` is how it stands now."""

    def __init__(self, theirs: AutomationVersion) -> None:
        by = str(theirs.created_by) if theirs.created_by is not None else ""
        super().__init__(f"saved {f'by {by} ' if by else ''}at {theirs.updated_at:%Y-%m-%d %H:%M} UTC")
        self.by, self.at, self.theirs = by, theirs.updated_at, theirs


class InForce(NamedTuple):
    """The plan a kind follows, and the published version it comes from; 0: the default of the catalogue."""

    plan: Plan
    version_id: int = 0
    number: int = 0


def plans_in_force(*, drafts: bool = False) -> dict[str, InForce]:
    """Every kind's plan at the current merchant; one query. With `drafts` a kind's newest draft stands in for what is published."""
    states = [State.PUBLISHED, State.DRAFT] if drafts else [State.PUBLISHED]
    # Published first, then drafts by number: the last of a kind counts.
    rows = AutomationVersion.objects.filter(state__in=states).order_by("-state", "number")
    values = rows.values_list("kind", "definition", "id", "number")
    own = {kind: InForce(plan_from_json(definition), id, number) for kind, definition, id, number in values}
    return {entry.kind.value: own.get(entry.kind, InForce(default_plan(entry))) for entry in CATALOGUE}


@transaction.atomic
def save_draft(
    *, kind: str, definition: object, note: str = "", version_id: int | None = None, revision: int | None = None,
    by: User | None = None, at: datetime,
) -> AutomationVersion:  # fmt: skip
    """Keep an automation without following it yet: a new draft, or the open one as it was read (`version_id`, `revision`).

    Refuses what `check_plan` refuses (PlanRefused); StaleDraft when another saved or published it meanwhile, or when a new
    draft is begun while one is open. AutomationNotFound for a version of another merchant or kind.
    """
    values = {"definition": plan_as_json(check_plan(kind, definition)), "note": note.replace("\x00", "").strip()[:200], "updated_at": at}
    rows = _locked(kind)
    if version_id is None:
        if (draft := rows.filter(state=State.DRAFT).order_by("-number").first()) is not None:
            raise StaleDraft(draft)
        return _new(kind, State.DRAFT, {**values, "created_by": by, "created_at": at})
    row = rows.filter(pk=version_id).first()
    if row is None:
        raise AutomationNotFound(version_id)
    if row.state != State.DRAFT or row.revision != revision:
        raise StaleDraft(row)
    for name, value in {**values, "revision": row.revision + 1, "created_by": by or row.created_by}.items():
        setattr(row, name, value)
    row.save(update_fields=["definition", "note", "updated_at", "revision", "created_by"])
    return row


def publish(*, version: AutomationVersion, by: User | None = None, at: datetime) -> AutomationVersion:
    """Follow a draft from now on; the former is archived. Refuses (CannotPublish) anything but a draft."""
    return _put_in_force(version, State.DRAFT, by, at, Deed.AUTOMATION_PUBLISHED)


def roll_back(*, version: AutomationVersion, by: User | None = None, at: datetime) -> AutomationVersion:
    """Follow an archived version again. Refuses (CannotPublish) drafts and the one that is followed."""
    return _put_in_force(version, State.ARCHIVED, by, at, Deed.AUTOMATION_ROLLED_BACK)


@transaction.atomic
def _put_in_force(version: AutomationVersion, expected: str, by: User | None, at: datetime, deed: Deed) -> AutomationVersion:
    rows = _locked(version.kind)
    fresh = rows.filter(pk=version.pk).first()
    if fresh is None:
        raise AutomationNotFound(version.pk)
    if fresh.state != expected:
        raise CannotPublish(f"version {fresh.number} is {fresh.state}, not {expected}")
    if fresh.revision != version.revision:
        raise StaleDraft(fresh)
    try:
        check_plan(fresh.kind, fresh.definition)  # the rules may have become stricter since it was saved
    except PlanRefused as error:
        raise CannotPublish(str(error)) from error
    rows.filter(state=State.PUBLISHED).update(state=State.ARCHIVED)
    fresh.state, fresh.published_by, fresh.published_at = State.PUBLISHED, by, at
    fresh.save(update_fields=["state", "published_by", "published_at"])
    record(deed, fresh, {"kind": fresh.kind, "version": fresh.number})
    return fresh


@transaction.atomic
def use_default(*, kind: str) -> int:
    """Go back to what the catalogue says: the published version is archived. Returns how many were."""
    count = _locked(kind).filter(state=State.PUBLISHED).update(state=State.ARCHIVED)
    if count:
        record(Deed.AUTOMATION_WITHDRAWN, About("notifications.automationversion"), {"kind": kind})
    return count


@transaction.atomic
def switch(*, kind: str, channel: str, is_on: bool, by: User | None = None, at: datetime) -> AutomationVersion:
    """Turn one channel of a message on or off: the plan in force with that change, published at once as a new version."""
    rows = _locked(kind)
    entry, plan = entry_of(kind), plans_in_force()[kind].plan
    on = {*plan.channels, channel} if is_on else set(plan.channels) - {channel}
    rest = [name.value for name in entry.channels if name not in plan.channels]
    changed = replace(plan, channels=tuple(name for name in (*plan.channels, *rest) if name in on))
    rows.filter(state=State.PUBLISHED).update(state=State.ARCHIVED)
    values = {"definition": plan_as_json(changed), "note": f"{channel} {'on' if is_on else 'off'}", "created_by": by, "created_at": at}
    row = _new(kind, State.PUBLISHED, {**values, "updated_at": at, "published_by": by, "published_at": at})
    record(Deed.AUTOMATION_SWITCHED, row, {"kind": kind, "channel": channel, "is_on": is_on, "version": row.number})
    return row


def open_draft(*, kind: str) -> AutomationVersion | None:
    """The newest draft of a kind."""
    row: AutomationVersion | None = _rows(kind).filter(state=State.DRAFT).order_by("-number").first()
    return row


def versions_of(*, kind: str) -> list[AutomationVersion]:
    """All versions, newest first, with who made and who published them."""
    return list(_rows(kind).select_related("created_by", "published_by").order_by("-number"))


def version_by_id(version_id: int) -> AutomationVersion:
    """Raises AutomationNotFound."""
    row: AutomationVersion | None = AutomationVersion.objects.select_related("created_by", "published_by").filter(pk=version_id).first()
    if row is None:
        raise AutomationNotFound(version_id)
    return row


def _rows(kind: str) -> "QuerySet[AutomationVersion]":
    rows: QuerySet[AutomationVersion] = AutomationVersion.objects.filter(kind=kind)
    return rows


def _locked(kind: str) -> "QuerySet[AutomationVersion]":
    """The kind's versions; two who change them wait for each other here."""
    take_turn("automation", kind)
    return _rows(kind)


def _new(kind: str, state: str, values: dict[str, object]) -> AutomationVersion:
    newest = _rows(kind).aggregate(Max("number"))["number__max"] or 0
    row: AutomationVersion = AutomationVersion.objects.create(kind=kind, state=state, number=newest + 1, **values)
    return row
