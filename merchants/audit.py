"""The audit log: one chain of lines per merchant, and one of the installation's own.

A line is written in the transaction of what it tells, so neither exists without the other. Writers of one chain come one after
the other: they hold its head until their transaction ends. So `record` is called last, after everything else is locked; then the
head is held for a moment, and two requests never wait for each other in a circle.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models.functions import Now

from core.encryption import fingerprint
from core.transactions import require_transaction
from merchants.acting import Who, who
from merchants.chain import digest
from merchants.models import AuditAnchor, AuditEntry, AuditHead, ChainEnd, ChainLink, PlatformAnchor, PlatformEntry, PlatformHead
from merchants.scope import required_merchant_id
from merchants.types import Deed, Result

PLATFORM = 0  # stands for the merchant in the hashes of the installation's own chain
Changes = Mapping[str, Any]
L = TypeVar("L", bound=ChainLink)


@dataclass(frozen=True, slots=True)
class About:
    """The thing a line is about, by its public id where it has one."""

    kind: str
    id: str = ""


def about(row: models.Model) -> About:
    """A row as the log names it."""
    return About(row._meta.label_lower, str(getattr(row, "public_id", "") or row.pk))


def masked(text: str) -> str:
    """A fingerprint of what was written: two versions can be told apart, and neither can be read. Not for what can be guessed."""
    return f"sha256:{fingerprint(text)[:16]}"


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be told. `changes` holds plain values without personal data: names of fields, numbers, states, `masked` texts."""

    deed: Deed
    thing: About = About("")
    changes: Changes | None = None
    result: Result = Result.DONE
    on_behalf_of: str = ""


def record(deed: Deed, thing: models.Model | About | None = None, changes: Changes | None = None, *, on_behalf_of: str = "") -> AuditEntry:
    """Write a line into the current merchant's log, told of whoever acts. Call it last: it holds the chain's head."""
    return write(Line(deed, _named(thing), changes, on_behalf_of=on_behalf_of))


def write(line: Line, *, by: Who | None = None) -> AuditEntry:
    """The same for a line that is no plain deed, or not done by whoever acts."""
    merchant_id = required_merchant_id()
    require_transaction("audit.write")
    head = AuditHead.objects.select_for_update().annotate(moment=Now()).first()
    if head is None:
        AuditHead.objects.bulk_create([AuditHead()], ignore_conflicts=True)  # two first lines at once: one makes it, both wait for it
        head = AuditHead.objects.select_for_update().annotate(moment=Now()).get()
    return _append(AuditEntry(merchant_id=merchant_id), head, line, by or who(), merchant_id)


@transaction.atomic
def write_platform(line: Line, *, by: Who | None = None) -> PlatformEntry:
    """Write a line into the installation's own log."""
    heads = PlatformHead.objects.select_for_update().annotate(moment=Now())
    head = heads.filter(pk=1).first()
    if head is None:
        PlatformHead.objects.bulk_create([PlatformHead(pk=1)], ignore_conflicts=True)
        head = heads.get(pk=1)
    return _append(PlatformEntry(), head, line, by or who(), PLATFORM)


def _append(row: L, head: ChainEnd, line: Line, by: Who, chain: int) -> L:
    moment: datetime = head.moment  # type: ignore[attr-defined]  # the database's clock: no caller can date a line back
    row.position, row.previous, row.at = head.position + 1, head.hash, moment
    row.actor_kind, row.actor_id, row.on_behalf_of = by.kind.value, by.id, line.on_behalf_of[:64]
    row.deed, row.object_kind, row.object_id = line.deed.value, line.thing.kind[:60], plain(line.thing.id)[:100]
    row.result, row.changes = line.result.value, plain(dict(line.changes or {}))
    row.network, row.agent, row.request_id = by.network, by.agent, by.request_id
    row.hash = digest(row, chain)
    row.save(force_insert=True)
    head.position, head.hash = row.position, row.hash
    head.save(update_fields=["position", "hash"])
    return row


def _named(thing: models.Model | About | None) -> About:
    if thing is None:
        return About("")
    return thing if isinstance(thing, About) else about(thing)


def plain(value: Any) -> Any:
    """Only what JSON in the database gives back as it was put in, so that the hash can be reckoned again."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(plain(str(key))): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return str(value)


def anchor(*, at: datetime) -> AuditAnchor | None:
    """Keep where the current merchant's chain ends today; None when nothing was written since the last time."""
    head = AuditHead.objects.select_for_update().first()
    if head is None or AuditAnchor.objects.filter(position=head.position).exists():
        return None
    row: AuditAnchor = AuditAnchor.objects.create(position=head.position, hash=head.hash, at=at)
    return row


@transaction.atomic
def anchor_platform(*, at: datetime) -> PlatformAnchor | None:
    """The same of the installation's own chain."""
    head = PlatformHead.objects.select_for_update().filter(pk=1).first()
    if head is None or PlatformAnchor.objects.filter(position=head.position).exists():
        return None
    return PlatformAnchor.objects.create(position=head.position, hash=head.hash, at=at)
