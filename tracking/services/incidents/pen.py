"""What a look changed, gathered and then stored with as many statements for a thousand parcels as for one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from events.services import emit_many
from merchants.rows import insert
from merchants.scope import required_merchant_id
from orders.models import Promise
from orders.services import record_promises, settle_days
from orders.types import PromiseKind
from tracking.models import Incident, IncidentNote
from tracking.rules.incidents import CLEARED, Finding, Notice, Step, Told
from tracking.types import IncidentState

MOVED = """
    update tracking_incident i set state = n.state, cause = n.cause, reason = n.reason, facts = n.facts, promised_by = n.promised_by,
        expected_by = n.expected_by, news_by = n.news_by, harm = n.harm, act_by = n.act_by, rank = n.rank, updated_at = n.updated_at,
        resolved_at = n.resolved_at, resolution = n.resolution, reopened_count = n.reopened_count, told_at = n.told_at,
        snoozed_until = n.snoozed_until, choice = n.choice, chosen_at = n.chosen_at
    from jsonb_to_recordset(%s::jsonb) as n(id bigint, state text, cause text, reason text, facts jsonb, promised_by date,
        expected_by date, news_by date, harm smallint, act_by timestamptz, rank float8, updated_at timestamptz,
        resolved_at timestamptz, resolution text, reopened_count smallint, told_at timestamptz, snoozed_until timestamptz,
        choice text, chosen_at timestamptz)
    where i.merchant_id = %s and i.id = n.id"""
COLUMNS = (
    "state", "cause", "reason", "facts", "promised_by", "expected_by", "news_by", "harm", "act_by", "rank", "updated_at",
    "resolved_at", "resolution", "reopened_count", "told_at", "snoozed_until", "choice", "chosen_at",
)  # fmt: skip
TOLD = ("told_expected", "told_news", "told_times")
Where = tuple[int, str]  # order and what of it a promise is about


@dataclass(slots=True)
class Pen:
    """New and changed incidents of one transaction with their history, events and promises."""

    now: datetime
    new: list[Incident] = field(default_factory=list)
    changed: dict[int, Incident] = field(default_factory=dict)
    notes: list[tuple[Incident, str, dict[str, Any], str]] = field(default_factory=list)
    events: list[tuple[str, Incident, dict[str, Any]]] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    news: dict[Where, date] = field(default_factory=dict)

    def open(self, row: Incident) -> None:
        self.new.append(row)
        self._say(Step.OPEN, row, {})

    def move(self, step: Step, row: Incident, finding: Finding | None, facts: Mapping[str, Any]) -> None:
        """Take a step of an incident that is held. `facts` are the finding's own and what was read around it."""
        if step == Step.CLEAR or finding is None:
            return self.clear(row)
        was = {name: getattr(row, name) for name in ("cause", "reason", "expected_by", "promised_by")}
        if step == Step.REOPEN:
            reopen(row)
        take(row, finding, facts, self.now)
        self.changed[row.pk] = row
        if step != Step.KEEP:
            self._say(
                step, row, {name: [_plain(old), _plain(getattr(row, name))] for name, old in was.items() if old != getattr(row, name)}
            )
        return None

    def clear(self, row: Incident) -> None:
        row.state, row.resolved_at, row.resolution, row.updated_at = IncidentState.RESOLVED, self.now, CLEARED, self.now
        self.changed[row.pk] = row
        self._say(Step.CLEAR, row, {})

    def _say(self, step: Step, row: Incident, data: dict[str, Any]) -> None:
        self.note(row, step.value, data)
        self.tell(f"tracking.incident.{step.value}", row, type=row.type)

    def note(self, row: Incident, act: str, data: dict[str, Any], actor: str = "") -> None:
        self.notes.append((row, act, data, actor))

    def tell(self, event: str, row: Incident, **extra: Any) -> None:
        self.events.append((event, row, extra))

    def told(self, row: Incident, notice: Notice | None = None) -> None:
        """The shopper is told of it now; with a day promised when there is a notice."""
        self._mark(row, self.now, notice)

    def known(self, row: Incident, told: Told) -> None:
        """The shopper heard of it before, when another rule had found the same delay."""
        self._mark(row, told.at, told)

    def _mark(self, row: Incident, at: datetime, said: Notice | Told | None) -> None:
        row.told_at = at
        if row.state == IncidentState.OPEN:
            row.state = IncidentState.NOTIFIED
        if said is not None:
            row.news_by = said.news_by
            row.facts = {**row.facts, **dict(zip(TOLD, (_plain(said.expected_by), _plain(said.news_by), said.times), strict=True))}
        if row.pk is not None:
            self.changed[row.pk] = row

    def promise(self, kind: PromiseKind, day: date, *, order_id: int, subject: str) -> None:
        self.promises.append(Promise(order_id=order_id, subject=subject, kind=kind, date=day, said_at=self.now, source="merchant"))

    def write(self) -> int:
        """Store all of it; returns how many incidents changed."""
        insert(self.new)
        self._update(list(self.changed.values()))
        insert([IncidentNote(incident=row, at=self.now, act=act, data=data, actor=actor) for row, act, data, actor in self.notes])
        if self.events:
            emit_many(facts=[(type, _payload(row, extra)) for type, row, extra in self.events], at=self.now)
        settle_days(kind=PromiseKind.NEWS_BY, days=self.news)
        record_promises(promises=self.promises)
        return len({id(row) for row, act, _, _ in self.notes if act != "told"})

    def _update(self, rows: Sequence[Incident]) -> None:
        if rows:
            plain = [{"id": row.pk, **{name: _plain(getattr(row, name)) for name in COLUMNS}} for row in rows]
            with connection.cursor() as cursor:
                cursor.execute(MOVED, [json.dumps(plain), required_merchant_id()])


def reopen(row: Incident) -> None:
    """Bring one that was resolved back into the work list; whoever was told is not told by this."""
    row.state = IncidentState.NOTIFIED if row.told_at else IncidentState.OPEN
    row.resolved_at, row.resolution, row.snoozed_until = None, "", None
    row.reopened_count += 1


def take(row: Incident, finding: Finding, facts: Mapping[str, Any], now: datetime) -> None:
    """Bring an incident to what is found now; what the shopper was told stays known."""
    told = {name: row.facts[name] for name in TOLD if name in row.facts}
    row.facts = {**told, **facts}
    row.cause, row.reason = finding.cause, finding.reason[:40]
    row.promised_by, row.expected_by, row.act_by = finding.promised_by, finding.expected_by, finding.act_by
    row.updated_at = now


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _payload(row: Incident, extra: Mapping[str, Any]) -> dict[str, Any]:
    about = {"order": row.order_id, "shipment": row.shipment_id}
    return {"incident": row.pk, **{name: value for name, value in about.items() if value is not None}, **extra}
