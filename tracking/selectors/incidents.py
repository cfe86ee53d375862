"""Reads of incidents."""

from collections.abc import Iterable

from django.db.models import Q

from tracking.models import Incident
from tracking.types import IncidentState


def open_incidents(*, order_ids: Iterable[int]) -> dict[int, list[Incident]]:
    """What is open about each order and its parcels, worst first; one query."""
    found: dict[int, list[Incident]] = {id: [] for id in order_ids}
    if found:
        rows = Incident.objects.filter(~Q(state=IncidentState.RESOLVED), order_id__in=found)
        for incident in rows.order_by("-rank", "-id"):
            found[incident.order_id].append(incident)
    return found
