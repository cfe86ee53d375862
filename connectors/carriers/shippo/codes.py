"""Shippo's words and ours: the sub-status decides while a parcel is under way, else the status.

Times: Shippo documents UTC, but a recorded delivery of 15:19 `Z` in California reached Shippo, which asks every two hours, at
01:40 UTC: the `Z` stood on the local clock. We keep the clock as told and say that its zone is assumed.
"""

from connectors.types import Meaning
from tracking.types import Cause, ShipmentStatus

S, C = ShipmentStatus, Cause

EVENTS = ("track_updated",)
OTHER_EVENTS = ("transaction_created", "transaction_updated", "batch_created", "batch_purchased", "all")
# What `guess` calls bare resources of the REST interface.
RESOURCES = ("track",)

STATUS = {
    "UNKNOWN": Meaning(S.PENDING),
    "PRE_TRANSIT": Meaning(S.LABEL_CREATED),
    "TRANSIT": Meaning(S.IN_TRANSIT),
    "DELIVERED": Meaning(S.DELIVERED),
    "RETURNED": Meaning(S.RETURNING),
    # Says that something is wrong, not what.
    "FAILURE": Meaning(S.UNKNOWN),
}
NO_NEWS = frozenset({"UNKNOWN", ""})

# Only read under these: a parcel that is delivered stays so, whatever the sub-status.
REFINED = frozenset({"TRANSIT", "FAILURE", "RETURNED"})
SUBSTATUS = {
    "package_accepted": Meaning(S.PICKED_UP),
    "out_for_delivery": Meaning(S.OUT_FOR_DELIVERY),
    "pickup_available": Meaning(S.READY_FOR_PICKUP),
    "delivery_attempted": Meaning(S.ATTEMPT_FAILED),
    "notice_left": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "not_home"),
    "location_inaccessible": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "access_restricted"),
    "address_issue": Meaning(S.ON_HOLD, C.CONSIGNEE, "incorrect_address"),
    "contact_carrier": Meaning(S.ON_HOLD, C.CONSIGNEE, "contact_carrier"),
    "reschedule_delivery": Meaning(S.ON_HOLD, C.CONSIGNEE, "reschedule"),
    "package_held": Meaning(S.ON_HOLD, C.UNKNOWN, "held"),
    "delayed": Meaning(S.IN_TRANSIT, C.CARRIER, "delayed", is_delay=True),
    "delivery_rescheduled": Meaning(S.IN_TRANSIT, C.UNKNOWN, "rescheduled", is_delay=True),
    "delivery_scheduled": Meaning(S.IN_TRANSIT, reason="appointment"),
    "package_forwarded": Meaning(S.IN_TRANSIT, reason="forwarded"),
    "package_damaged": Meaning(S.DAMAGED, C.CARRIER, "damaged_parcel"),
    "package_lost": Meaning(S.LOST, C.CARRIER, "parcel_lost"),
    "package_disposed": Meaning(S.LOST, C.CARRIER, "disposed"),
    "package_undeliverable": Meaning(S.ON_HOLD, C.UNKNOWN, "undeliverable"),
    "package_unclaimed": Meaning(S.RETURNING, C.CONSIGNEE, "unclaimed"),
    "return_to_sender": Meaning(S.RETURNING),
}
# Known, and no finer than the status.
PLAIN = frozenset({
    "information_received", "package_arrived", "package_departed", "package_processed", "package_processing", "delivered", "other",
})  # fmt: skip
SUBSTATUSES = PLAIN | SUBSTATUS.keys()


def meaning_of(status: str, substatus: str) -> Meaning:
    """An unknown status is unknown, whatever its sub-status says."""
    base = STATUS.get(status, Meaning(S.UNKNOWN))
    return SUBSTATUS.get(substatus, base) if status in REFINED else base
