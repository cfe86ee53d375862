"""EasyPost's words and ours. A status decides; its detail makes it finer where the parcel is still under way.

Times: EasyPost converts to UTC where it knows the scan's place. Where it does not, the carrier's local clock stands under
the `Z`; we keep it and say that its zone is assumed.
"""

from connectors.types import Meaning
from tracking.types import Cause, ShipmentStatus

S, C = ShipmentStatus, Cause

EVENTS = ("tracker.created", "tracker.updated")
# What `guess` calls bare resources of the REST interface.
RESOURCES = ("tracker", "trackers")

STATUS = {
    "unknown": Meaning(S.PENDING),
    "pre_transit": Meaning(S.LABEL_CREATED),
    "in_transit": Meaning(S.IN_TRANSIT),
    "out_for_delivery": Meaning(S.OUT_FOR_DELIVERY),
    "available_for_pickup": Meaning(S.READY_FOR_PICKUP),
    "delivered": Meaning(S.DELIVERED),
    "return_to_sender": Meaning(S.RETURNING),
    "cancelled": Meaning(S.CANCELLED),
    # Neither says what is wrong; the detail may.
    "failure": Meaning(S.UNKNOWN),
    "error": Meaning(S.UNKNOWN),
}
NO_NEWS = frozenset({"unknown", "error", ""})

# Only read under these: a parcel that is delivered stays so, whatever the detail.
REFINED = frozenset({"in_transit", "failure", "error", "return_to_sender"})
DETAIL = {
    "received_at_origin_facility": Meaning(S.PICKED_UP),
    "out_for_delivery": Meaning(S.OUT_FOR_DELIVERY),
    "arrived_at_pickup_location": Meaning(S.READY_FOR_PICKUP),
    "delayed": Meaning(S.IN_TRANSIT, C.CARRIER, "delayed", is_delay=True),
    "weather_delay": Meaning(S.IN_TRANSIT, C.WEATHER, "weather", is_delay=True),
    "missorted": Meaning(S.IN_TRANSIT, C.CARRIER, "sorting_error", is_delay=True),
    "transit_exception": Meaning(S.IN_TRANSIT, C.CARRIER, "transit_exception", is_delay=True),
    "address_correction": Meaning(S.IN_TRANSIT, C.CONSIGNEE, "incorrect_address", is_delay=True),
    "held": Meaning(S.ON_HOLD, C.UNKNOWN, "held"),
    "awaiting_information": Meaning(S.ON_HOLD, C.UNKNOWN, "awaiting_information"),
    "delivery_exception": Meaning(S.ATTEMPT_FAILED, C.UNKNOWN, "delivery_exception"),
    "refused": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "refused"),
    "return": Meaning(S.RETURNING),
    "lost": Meaning(S.LOST, C.CARRIER, "parcel_lost"),
    "damaged": Meaning(S.DAMAGED, C.CARRIER, "damaged_parcel"),
    "cancelled": Meaning(S.CANCELLED),
}
# On the way back some details mean something else.
RETURN_DETAIL = {
    "arrived_at_destination": Meaning(S.RETURNED),
    "refused": Meaning(S.RETURNING, C.CONSIGNEE, "refused"),
    "lost": DETAIL["lost"],
    "damaged": DETAIL["damaged"],
}
# Known, and no finer than the status.
PLAIN = frozenset({
    "arrived_at_destination", "arrived_at_facility", "departed_facility", "departed_origin_facility", "expired", "failure", "in_transit",
    "label_created", "received_at_destination_facility", "status_update", "transferred_to_destination_carrier", "unknown",
})  # fmt: skip

DETAILS = PLAIN | DETAIL.keys() | RETURN_DETAIL.keys()

# Carriers that leave their own country out.
HOME = {"usps": "US"}


def meaning_of(status: str, detail: str) -> Meaning:
    """An unknown status is unknown, whatever its detail says."""
    base = STATUS.get(status, Meaning(S.UNKNOWN))
    if status == "return_to_sender":
        return RETURN_DETAIL.get(detail, base)
    return DETAIL.get(detail, base) if status in REFINED else base
