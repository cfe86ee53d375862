"""Reads of scans."""

from collections.abc import Iterable
from datetime import datetime

from tracking.models import Scan
from tracking.rules import TIE
from tracking.rules.fold import moment_of
from tracking.types import ShipmentStatus


def scans_of(*, shipment_ids: Iterable[int]) -> dict[int, list[Scan]]:
    """Each parcel's scans, newest first; one query whatever the number. A day without time lies where it belongs in it."""
    found: dict[int, list[Scan]] = {id: [] for id in shipment_ids}
    if found:
        for scan in sorted(Scan.objects.filter(shipment_id__in=found), key=_place, reverse=True):
            found[scan.shipment_id].append(scan)
    return found


def _place(scan: Scan) -> tuple[datetime, int, int]:
    return moment_of(status=scan.status, at=scan.at, has_time=scan.has_time), TIE.index(ShipmentStatus(scan.status)), scan.pk
