"""What comes next and what to do about it; how and where a parcel was left."""

from django.utils.translation import gettext as _

from portal.rules.arrivals import NOT_HANDED_OVER, trouble_of
from portal.rules.states import is_denied
from portal.types import ParcelFacts
from tracking.types import Cause, DeliveredHow, IncidentType
from tracking.types import ShipmentStatus as Status


def next_step(parcel: ParcelFacts, *, carrier: str, is_late: bool) -> str:
    """One or two sentences; "" when nothing is left to come."""
    names = {"carrier": carrier or _("The carrier")}
    if is_denied(parcel):
        return _("We ask the carrier where it was left and answer you. Until then you need not do anything.")
    if said := _wrong(parcel, names):
        return said
    if is_late:
        return _("We keep an eye on it and write to you when something changes. You need not do anything.")
    return _usual(parcel.status, names)


def _wrong(parcel: ParcelFacts, names: dict[str, str]) -> str:
    troubles = parcel.troubles
    if parcel.status == Status.ATTEMPT_FAILED:
        return _("%(carrier)s tries again or takes it to a place where you can collect it. Their page lets you choose.") % names
    if parcel.status == Status.ON_HOLD and parcel.cause == Cause.CUSTOMS:
        return _("It goes on when customs lets it go. If they need something from you, we write to you.")
    if parcel.status == Status.ON_HOLD:
        return _("We ask %(carrier)s what holds it and write to you.") % names
    if trouble_of(troubles, IncidentType.LOST_SUSPECTED):
        return _("We search for it with %(carrier)s. Write to us and choose: a new one, or your money back.") % names
    if trouble_of(troubles, IncidentType.STALLED):
        return _("We ask %(carrier)s where it is and write to you. You need not do anything.") % names
    if trouble_of(troubles, IncidentType.INVALID_NUMBER, IncidentType.FORGOTTEN):
        return _("We check that %(carrier)s really has it and write to you.") % names
    return ""


def _usual(status: str, names: dict[str, str]) -> str:
    if status in NOT_HANDED_OVER:
        return _("%(carrier)s collects it from us. It counts as sent when they have scanned it, not before.") % names
    return {
        Status.PICKED_UP: _("It travels to the delivery depot near you, then goes out for delivery. You need not do anything."),
        Status.IN_TRANSIT: _("It travels to the delivery depot near you, then goes out for delivery. You need not do anything."),
        Status.UNKNOWN: _("The first scan of %(carrier)s. We watch for it.") % names,
        Status.OUT_FOR_DELIVERY: _("The driver brings it to the door today."),
        Status.READY_FOR_PICKUP: _("Collect it. Take the tracking number and your ID."),
        Status.RETURNING: _("When it is back with us, we write to you: a new parcel, or your money back."),
        Status.RETURNED: _("We write to you: a new parcel, or your money back."),
        Status.LOST: _("Write to us and choose: a new one, or your money back."),
        Status.DAMAGED: _("Write to us and choose: a new one, or your money back."),
    }.get(Status(status), "")


def delivered_words(how: str) -> str:
    """How and where it was left, as a sentence without a name; "" when the carrier did not say."""
    return (
        {
            DeliveredHow.HANDED: _("Handed over in person."),
            DeliveredHow.SIGNED: _("Handed over and signed for."),
            DeliveredHow.NEIGHBOUR: _("Left with a neighbour."),
            DeliveredHow.LOCKER: _("Put into a parcel locker."),
            DeliveredHow.MAILBOX: _("Put into the letterbox."),
            DeliveredHow.SAFE_PLACE: _("Left in the agreed place."),
            DeliveredHow.DOOR: _("Left at the door."),
            DeliveredHow.RECEPTION: _("Left at the reception."),
            DeliveredHow.COLLECTED: _("Collected in person."),
        }.get(DeliveredHow(how) if how in DeliveredHow.values else DeliveredHow.HANDED, "")
        if how
        else ""
    )
