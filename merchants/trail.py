"""Reading the audit logs: whether their chains hold, and the anchors that say where they ended."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from merchants import chain
from merchants.audit import PLATFORM
from merchants.chain import End, Verdict
from merchants.models import AuditAnchor, AuditEntry, AuditHead, Merchant, PlatformAnchor, PlatformEntry, PlatformHead
from merchants.scope import merchant_scope, required_merchant_id

BATCH = 2_000
ANCHOR = re.compile(r"(?:^|audit anchor )(?P<name>[*a-z0-9-]+) (?P<position>[0-9]{1,18}) (?P<hash>[0-9a-f]{64})(?![0-9a-f])")
NAME = "*platform"  # of the installation's own chain; no slug has a star


class BadAnchors(ValueError):
    """The file of anchors cannot be read."""


def verify(*, now: datetime, outside: Iterable[End] = ()) -> Verdict:
    """Read the current merchant's whole chain against its head, its anchors and those kept elsewhere."""
    head = AuditHead.objects.first()
    anchors = [End(row.position, row.hash, row.at) for row in AuditAnchor.objects.order_by("position")]
    rows = AuditEntry.objects.order_by("position").iterator(chunk_size=BATCH)
    end = End(head.position, head.hash) if head else End(0, "")
    return chain.check(rows, chain=required_merchant_id(), head=end, anchors=[*anchors, *outside], now=now)


def verify_platform(*, now: datetime, outside: Iterable[End] = ()) -> Verdict:
    """The same of the installation's own chain."""
    head = PlatformHead.objects.filter(pk=1).first()
    anchors = [End(row.position, row.hash, row.at) for row in PlatformAnchor.objects.order_by("position")]
    rows = PlatformEntry.objects.order_by("position").iterator(chunk_size=BATCH)
    end = End(head.position, head.hash) if head else End(0, "")
    return chain.check(rows, chain=PLATFORM, head=end, anchors=[*anchors, *outside], now=now)


def verify_all(*, now: datetime, slug: str = "", outside: Mapping[str, list[End]]) -> Iterable[tuple[str, Verdict]]:
    """Name and verdict of every chain, or of one merchant's; each read in a transaction of its own."""
    merchants = Merchant.objects.order_by("slug")
    for merchant in merchants.filter(slug=slug) if slug else merchants:
        with merchant_scope(merchant.pk):
            yield merchant.slug, verify(now=now, outside=outside.get(merchant.slug, ()))
    if not slug:
        yield NAME, verify_platform(now=now, outside=outside.get(NAME, ()))


def line_of(name: str, end: AuditAnchor | PlatformAnchor) -> str:
    """An anchor as one line of text, for another system to keep."""
    return f"{name} {end.position} {end.hash}"


def read_anchors(lines: Iterable[str]) -> dict[str, list[End]]:
    """Anchors kept elsewhere, by chain: lines of our log, whatever stands around them, or what `anchor_audit` printed.

    Refuses (BadAnchors) a file in which no line does: it is the wrong file.
    """
    found: dict[str, list[End]] = {}
    for line in lines:
        if told := ANCHOR.search(line):
            found.setdefault(told["name"], []).append(End(int(told["position"]), told["hash"]))
    if not found:
        raise BadAnchors("there is no anchor in it")
    return found
