"""Why something is late or held, in plain words. The carrier's own codes stay out of them."""

from django.utils.translation import gettext as _

from tracking.types import Cause

CAUSE_ICON = {Cause.WEATHER: "snow", Cause.CUSTOMS: "lock", Cause.CONSIGNEE: "home"}


def delayed_words(cause: str) -> str:
    """`Delayed by the weather`: the state of a parcel that comes later than said."""
    return {
        Cause.WEATHER: _("Delayed by the weather"),
        Cause.CUSTOMS: _("Delayed at customs"),
        Cause.CARRIER: _("Delayed at the carrier"),
        Cause.RETAILER: _("Delayed by us"),
        Cause.CONSIGNEE: _("Delayed at the address"),
    }.get(Cause(cause) if cause in Cause.values else Cause.UNKNOWN, _("Delayed"))


def cause_words(cause: str, reason: str, *, carrier: str) -> str:
    """One sentence of what happened; "" when nobody told us why."""
    name = carrier or _("the carrier")
    known = reason.lower().removeprefix(f"{cause}_")
    sentence = _reasons(name).get(known) or _families(name).get(cause, "")
    return sentence[:1].upper() + sentence[1:]


def _families(carrier: str) -> dict[str, str]:
    names = {"carrier": carrier}
    return {
        Cause.WEATHER: _("Bad weather stopped the traffic on the way."),
        Cause.CUSTOMS: _("Customs is checking it."),
        Cause.CARRIER: _("Something went wrong at %(carrier)s on the way.") % names,
        Cause.RETAILER: _("We did not have it ready in time."),
        Cause.CONSIGNEE: _("%(carrier)s could not hand it over at the address.") % names,
    }


def _reasons(carrier: str) -> dict[str, str]:
    names = {"carrier": carrier}
    return {
        "address_not_found": _("%(carrier)s could not find the address.") % names,
        "incorrect_address": _("%(carrier)s could not find the address.") % names,
        "undeliverable": _("%(carrier)s could not hand it over at the address.") % names,
        "not_home": _("Nobody was at home."),
        "not_available": _("Nobody was at home."),
        "business_closed": _("The business was closed."),
        "access_restricted": _("The driver could not get to the door."),
        "refused": _("It was refused at the door."),
        "verification_failed": _("The ID or the code did not match at the door."),
        "moved": _("%(carrier)s was told that the recipient has moved.") % names,
        "pickup_missed": _("It was not collected in time."),
        "unclaimed": _("It was not collected in time."),
        "reschedule": _("A later day was asked for."),
        "sorting_error": _("%(carrier)s sent it the wrong way; it is being turned round.") % names,
        "not_enough_time": _("The driver ran out of time."),
        "vehicle_issue": _("The vehicle broke down."),
        "capacity_exceeded": _("%(carrier)s has more parcels than it can carry.") % names,
        "late_flight": _("Its flight was late."),
        "strike": _("There is a strike."),
        "natural_disaster": _("A natural disaster stopped the traffic on the way."),
        "documentation": _("Customs needs another paper."),
        "customs_clearance": _("Customs is checking it."),
        "inspection": _("Customs is looking into the parcel."),
        "duties_unpaid": _("Duties have to be paid before customs lets it go."),
        "payment_due": _("Something has to be paid before it goes on."),
        "prohibited": _("Customs does not let it in."),
        "security": _("It is held for a security check."),
        "awaiting_information": _("%(carrier)s needs more information.") % names,
        "contact_carrier": _("%(carrier)s asks you to get in touch.") % names,
        "not_accepted": _("%(carrier)s did not take the parcel.") % names,
        "packaging_issue": _("The packaging has to be mended."),
        "incorrect_data": _("The data of the parcel have to be put right."),
        "holiday": _("Nobody delivers on a public holiday."),
    }
