"""How far a parcel is: five stages, none of them before a scan proves it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _

from portal.types import Arrival, Step
from tracking.types import ShipmentStatus as Status

STAGE: dict[Status, int] = {
    Status.PENDING: 1,
    Status.LABEL_CREATED: 1,
    Status.PICKED_UP: 2,
    Status.IN_TRANSIT: 2,
    Status.ON_HOLD: 2,
    Status.UNKNOWN: 2,
    Status.ATTEMPT_FAILED: 3,
    Status.OUT_FOR_DELIVERY: 3,
    Status.READY_FOR_PICKUP: 3,
    Status.DELIVERED: 5,
}


def steps_of(
    status: str,
    *,
    placed_on: date,
    shipped_on: date | None,
    delivered_on: date | None,
    arrival: Arrival,
    is_late: bool = False,
) -> tuple[Step, ...]:
    """The five stages; none for a parcel that is lost, cancelled or on its way back. A label is not a dispatch."""
    stage = STAGE.get(Status(status))
    if stage is None:
        return ()
    if status == Status.UNKNOWN and shipped_on is None:
        stage = 1
    packed = _("Packed") if status == Status.LABEL_CREATED or stage > 1 else _("Packing")
    fourth = _("Ready to collect") if status == Status.READY_FOR_PICKUP else _("Out for delivery")
    names = [_("Ordered"), packed, _("On its way"), fourth, _("Delivered")]
    # What waits to be collected comes on no day any more; what goes out goes out on the day it comes, where that is one day.
    last = None if status == Status.READY_FOR_PICKUP else arrival.last
    out = last if stage < 3 and arrival.first is None else None
    days = [placed_on, None, shipped_on if stage >= 2 else None, out, delivered_on or last]
    note = _("delayed") if is_late else ""
    return tuple(
        Step(name, "done" if at < stage else "now" if at == stage else "", day, note if at == stage else "")
        for at, (name, day) in enumerate(zip(names, days, strict=True))
    )


def dated(steps: Sequence[Step], days: Sequence[date | None]) -> tuple[Step, ...]:
    """The same with the days known of stages that were reached; a note stays in place of its day."""
    return tuple(
        replace(step, day=day) if day and step.day is None and step.state and not step.note else step
        for step, day in zip(steps, days, strict=True)
    )
