"""What staff do with incidents. Every act is one transaction with a constant number of statements, and leaves a line of history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from events.services import emit_many
from merchants.models import Membership, User
from merchants.rows import insert
from tracking.models import Incident, IncidentNote, SavedView
from tracking.rules.desk import MAX_TEXT, MAX_VIEWS, RESOLUTIONS, DeskRefused, check_ids, check_text, check_until, is_open, state_of
from tracking.services.rollups import count_parcels
from tracking.types import IncidentState

NOT_STAFF = "This person does not work here."


@dataclass(frozen=True, slots=True)
class Done:
    """Which incidents an act changed, and why it left others as they were: reason -> how many."""

    ids: tuple[int, ...]
    left: Mapping[str, int]


@transaction.atomic
def assign(*, incident_ids: Sequence[int], owner: User | None, actor: str, at: datetime) -> Done:
    """Give incidents to somebody, or to nobody. Refuses (DeskRefused) people who do not work here; leaves resolved ones."""
    if owner is not None and not (owner.is_active and Membership.objects.filter(user=owner).exists()):
        raise DeskRefused("not_staff", NOT_STAFF)

    def change(row: Incident) -> str:
        if not is_open(row.state):
            return "resolved already"
        if row.owner_id == (owner.pk if owner else None):
            return "theirs already" if owner else "nobody's already"
        row.owner = owner
        row.state = state_of(has_owner=owner is not None, is_told=row.told_at is not None)
        return ""

    text = owner.email if owner else ""
    return _act(incident_ids, change, ("owner_id", "state"), act="owner", text=text, actor=actor, at=at)


@transaction.atomic
def snooze(*, incident_ids: Sequence[int], until: datetime | None, actor: str, at: datetime) -> Done:
    """Put incidents away until a moment, or take them back. Refuses (DeskRefused) moments passed or far away; leaves resolved ones."""
    if until is not None:
        check_until(until, at)

    def change(row: Incident) -> str:
        if not is_open(row.state):
            return "resolved already"
        if until is None and row.snoozed_until is None:
            return "not snoozed"
        row.snoozed_until = until
        return ""

    data = {"until": until.isoformat() if until else None}
    return _act(incident_ids, change, ("snoozed_until",), act="snoozed", data=data, actor=actor, at=at)


@transaction.atomic
def note(*, incident_ids: Sequence[int], text: str, actor: str, at: datetime) -> Done:
    """Write a line into the history of incidents, resolved or not. Refuses (DeskRefused) empty and over-long texts."""
    return _act(incident_ids, lambda row: "", (), act="note", text=check_text(text), actor=actor, at=at)


@transaction.atomic
def resolve(*, incident_ids: Sequence[int], resolution: str, text: str = "", actor: str, at: datetime) -> Done:
    """Close incidents: dealt with by hand, reshipped, refunded or claimed. Refuses (DeskRefused) other words; leaves resolved ones."""
    if resolution not in RESOLUTIONS:
        raise DeskRefused("unknown_resolution", "Not a way to resolve an incident.")
    said = check_text(text) if text.strip() else ""

    def change(row: Incident) -> str:
        if not is_open(row.state):
            return "resolved already"
        row.state, row.resolution, row.resolved_at, row.snoozed_until = IncidentState.RESOLVED, resolution, at, None
        return ""

    columns = ("state", "resolution", "resolved_at", "snoozed_until")
    done = _act(incident_ids, change, columns, act="resolved", text=said, data={"resolution": resolution}, actor=actor, at=at)
    _follow(done, "tracking.incident.cleared", at)
    return done


@transaction.atomic
def reopen(*, incident_ids: Sequence[int], actor: str, at: datetime) -> Done:
    """Take a resolution back. Leaves open ones, and those whose trouble has been opened anew since."""
    ids = check_ids(incident_ids)
    subjects = Incident.objects.filter(pk__in=ids).values("subject")
    taken = set(Incident.objects.filter(subject__in=subjects).exclude(state=IncidentState.RESOLVED).values_list("subject", "type"))

    def change(row: Incident) -> str:
        if is_open(row.state):
            return "not resolved"
        if (row.subject, row.type) in taken:
            return "opened anew meanwhile"
        taken.add((row.subject, row.type))
        row.state = state_of(has_owner=row.owner_id is not None, is_told=row.told_at is not None)
        row.resolution, row.resolved_at, row.reopened_count = "", None, row.reopened_count + 1
        return ""

    columns = ("state", "resolution", "resolved_at", "reopened_count")
    done = _act(ids, change, columns, act="reopened", actor=actor, at=at)
    _follow(done, "tracking.incident.reopened", at)
    return done


@transaction.atomic
def note_told(*, incident_ids: Sequence[int], text: str, actor: str, at: datetime) -> Done:
    """Keep that the shoppers behind these incidents were written to, with the words. Leaves resolved ones."""

    def change(row: Incident) -> str:
        if not is_open(row.state):
            return "resolved already"
        row.told_at = at
        row.state = state_of(has_owner=row.owner_id is not None, is_told=True)
        return ""

    return _act(incident_ids, change, ("told_at", "state"), act="told", text=text[:MAX_TEXT], actor=actor, at=at)


@transaction.atomic
def note_asked(*, incident_ids: Sequence[int], text: str, actor: str, at: datetime) -> Done:
    """Keep that the carrier was asked, with the words. Leaves resolved ones and those without a parcel."""

    def change(row: Incident) -> str:
        if not is_open(row.state):
            return "resolved already"
        return "" if row.shipment_id else "no parcel to ask about"

    return _act(incident_ids, change, (), act="asked", text=check_text(text), actor=actor, at=at)


def save_view(*, user: User, name: str, query: str, at: datetime) -> SavedView:
    """Keep a filter under a name; the same name replaces it. Refuses (DeskRefused) empty or long names and too many."""
    name = name.strip()
    if not name or len(name) > 60 or "\0" in name or len(query) > 500:
        raise DeskRefused("bad_name", "A name of at most 60 characters, please.")
    mine = SavedView.objects.filter(user=user)
    if not mine.filter(name=name).exists() and mine.count() >= MAX_VIEWS:
        raise DeskRefused("too_many", f"At most {MAX_VIEWS} views. Delete one first.")
    view: SavedView = SavedView.objects.update_or_create(
        user=user, name=name, defaults={"query": query}, create_defaults={"query": query, "created_at": at}
    )[0]
    return view


def delete_view(*, user: User, view_id: int) -> bool:
    """Forget one of the person's own views. False when it is not theirs."""
    return bool(SavedView.objects.filter(user=user, pk=view_id).delete()[0])


def _act(
    ids: Sequence[int], change: Callable[[Incident], str], columns: Sequence[str], *, act: str, actor: str, at: datetime, **line: Any
) -> Done:
    """Change the incidents that allow it and write one line each. Locked by id, so that two bulk acts never wait in a ring."""
    rows = list(Incident.objects.filter(pk__in=check_ids(ids)).order_by("pk").select_for_update(of=("self",), no_key=True))
    left: dict[str, int] = {}
    changed = []
    for row in rows:
        reason = change(row)
        if reason:
            left[reason] = left.get(reason, 0) + 1
        else:
            changed.append(row)
    if changed and columns:
        for row in changed:
            row.updated_at = at
        Incident.objects.bulk_update(changed, [name.removesuffix("_id") for name in (*columns, "updated_at")])
    insert([IncidentNote(incident=row, at=at, actor=actor[:254], act=act, **line) for row in changed])
    return Done(tuple(row.pk for row in changed), left)


def _follow(done: Done, type: str, at: datetime) -> None:
    """Tell what was closed or opened, and let the figures follow."""
    rows = list(Incident.objects.filter(pk__in=done.ids).order_by("pk"))
    facts = [(type, _payload(row)) for row in rows]
    if facts:
        emit_many(facts=facts, at=at)
    count_parcels(shipment_ids=[row.shipment_id for row in rows if row.shipment_id], now=at)


def _payload(row: Incident) -> dict[str, Any]:
    known = {"incident": row.pk, "type": row.type, "order": row.order_id, "shipment": row.shipment_id}
    return {name: value for name, value in known.items() if value is not None}
