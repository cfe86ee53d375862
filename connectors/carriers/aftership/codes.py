"""AfterShip's words and ours: the sub-tag decides, and its tag where the sub-tag says no more.

Times carry the courier's offset where the courier tells one; some are bare days, some local clocks without a zone.
"""

from connectors.types import Meaning
from tracking.types import Cause, DeliveredHow, ShipmentStatus

S, C, H = ShipmentStatus, Cause, DeliveredHow

EVENTS = ("tracking_update", "edd_revise", "tracking_pending_time")
# What `guess` calls bare resources of the REST interface.
RESOURCES = ("tracking", "trackings", "last_checkpoint")

TAG = {
    "Pending": Meaning(S.PENDING),
    "InfoReceived": Meaning(S.LABEL_CREATED),
    "InTransit": Meaning(S.IN_TRANSIT),
    "OutForDelivery": Meaning(S.OUT_FOR_DELIVERY),
    "AttemptFail": Meaning(S.ATTEMPT_FAILED),
    "AvailableForPickup": Meaning(S.READY_FOR_PICKUP),
    "Delivered": Meaning(S.DELIVERED),
    # Anything from a delay to a loss: only the sub-tag tells.
    "Exception": Meaning(S.UNKNOWN),
    "Expired": Meaning(S.UNKNOWN),
}
# No courier said this; AfterShip did, about its own waiting.
NO_NEWS = frozenset({"Pending", "Expired", ""})

SUBTAG = {
    "Pending_001": TAG["Pending"],
    "Pending_002": TAG["Pending"],
    "Pending_003": TAG["Pending"],
    "Pending_004": TAG["Pending"],
    "Pending_005": TAG["Pending"],
    "Pending_006": TAG["Pending"],
    "InfoReceived_001": TAG["InfoReceived"],
    "InTransit_001": TAG["InTransit"],
    "InTransit_002": Meaning(S.PICKED_UP),
    "InTransit_003": TAG["InTransit"],
    "InTransit_004": TAG["InTransit"],
    "InTransit_005": Meaning(S.IN_TRANSIT, reason="customs_released"),
    "InTransit_006": Meaning(S.IN_TRANSIT, C.CUSTOMS, "customs_clearance"),
    "InTransit_007": TAG["InTransit"],
    "InTransit_008": TAG["InTransit"],
    "InTransit_009": Meaning(S.IN_TRANSIT, reason="forwarded"),
    "OutForDelivery_001": TAG["OutForDelivery"],
    # Calling the shopper and agreeing on a day come before the van leaves.
    "OutForDelivery_003": Meaning(S.IN_TRANSIT, reason="contacted"),
    "OutForDelivery_004": Meaning(S.IN_TRANSIT, reason="appointment"),
    "AttemptFail_001": TAG["AttemptFail"],
    "AttemptFail_002": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "not_home"),
    "AttemptFail_003": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "business_closed"),
    "AvailableForPickup_001": TAG["AvailableForPickup"],
    "Delivered_001": TAG["Delivered"],
    "Delivered_002": Meaning(S.DELIVERED, how=H.COLLECTED),
    "Delivered_003": Meaning(S.DELIVERED, how=H.SIGNED),
    "Delivered_004": Meaning(S.DELIVERED, how=H.HANDED),
    "Delivered_005": Meaning(S.DELIVERED, how=H.NEIGHBOUR),
    "Exception_001": Meaning(S.ON_HOLD, C.UNKNOWN, "exception"),
    "Exception_002": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "moved"),
    "Exception_003": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "refused"),
    "Exception_004": Meaning(S.ON_HOLD, C.CUSTOMS, "customs_delay", is_delay=True),
    "Exception_005": Meaning(S.IN_TRANSIT, C.CARRIER, "external_factors", is_delay=True),
    "Exception_006": Meaning(S.ON_HOLD, C.CONSIGNEE, "payment_due"),
    "Exception_007": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "incorrect_address"),
    "Exception_008": Meaning(S.READY_FOR_PICKUP, C.CONSIGNEE, "pickup_missed"),
    "Exception_009": Meaning(S.ON_HOLD, C.RETAILER, "not_accepted"),
    "Exception_010": Meaning(S.RETURNING),
    "Exception_011": Meaning(S.RETURNED),
    "Exception_012": Meaning(S.DAMAGED, C.CARRIER, "damaged_parcel"),
    "Exception_013": Meaning(S.LOST, C.CARRIER, "parcel_lost"),
    "Exception_016": Meaning(S.IN_TRANSIT, C.CARRIER, "processing", is_delay=True),
    "Exception_017": Meaning(S.IN_TRANSIT, C.WEATHER, "weather", is_delay=True),
    "Exception_018": Meaning(S.ON_HOLD, C.CUSTOMS, "documentation"),
    "Exception_019": Meaning(S.IN_TRANSIT, C.CARRIER, "late_flight", is_delay=True),
    "Exception_020": Meaning(S.CANCELLED),
    "Exception_021": Meaning(S.LOST, C.CARRIER, "disposed"),
    "Expired_001": TAG["Expired"],
}


def meaning_of(tag: str, subtag: str) -> Meaning:
    """An unknown sub-tag says what its tag says; an unknown tag says nothing."""
    return SUBTAG.get(subtag) or TAG.get(tag) or Meaning(S.UNKNOWN)
