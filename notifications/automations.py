"""Draft, publish and roll back automations; which plan each kind of message follows."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max

from merchants.models import User
from notifications.models import AutomationVersion
from notifications.plans import default_plan, plan_as_json, plan_from_json
from notifications.registry import CATALOGUE, entry_of
from notifications.types import Plan

State = AutomationVersion.State


class InForce(NamedTuple):
    """The plan a kind follows, and the published version it comes from; 0: the default of the catalogue."""

    plan: Plan
    version_id: int = 0
    number: int = 0


def plans_in_force() -> dict[str, InForce]:
    """Every kind's plan at the current merchant; one query."""
    rows = AutomationVersion.objects.filter(state=State.PUBLISHED).values_list("kind", "definition", "id", "number")
    own = {kind: InForce(plan_from_json(definition), id, number) for kind, definition, id, number in rows}
    return {entry.kind.value: own.get(entry.kind, InForce(default_plan(entry))) for entry in CATALOGUE}


@transaction.atomic
def switch(*, kind: str, channel: str, is_on: bool, by: User | None = None, at: datetime) -> AutomationVersion:
    """Turn one channel of a message on or off: the plan in force with that change, published at once as a new version."""
    entry, plan = entry_of(kind), plans_in_force()[kind].plan
    on = {*plan.channels, channel} if is_on else set(plan.channels) - {channel}
    rest = [name.value for name in entry.channels if name not in plan.channels]
    changed = replace(plan, channels=tuple(name for name in (*plan.channels, *rest) if name in on))
    rows = AutomationVersion.objects.filter(kind=kind)
    newest = rows.aggregate(Max("number"))["number__max"] or 0
    rows.filter(state=State.PUBLISHED).update(state=State.ARCHIVED)
    row: AutomationVersion = AutomationVersion.objects.create(
        kind=kind, number=newest + 1, state=State.PUBLISHED, definition=plan_as_json(changed), note=f"{channel} {'on' if is_on else 'off'}",
        created_by=by, created_at=at, updated_at=at, published_by=by, published_at=at,
    )  # fmt: skip
    return row
