"""17TRACK's words and ours: the sub-status decides, and its status where the sub-status says no more.

Times carry the carrier's own offset (`time_iso`); where 17TRACK does not know it, only the local clock is told (`time_raw`).
"""

from connectors.types import Meaning
from tracking.types import Cause, ShipmentStatus

S, C = ShipmentStatus, Cause

EVENTS = ("TRACKING_UPDATED",)
OTHER_EVENTS = ("TRACKING_STOPPED",)
# What `guess` calls bare resources of the API.
RESOURCES = ("track", "gettrackinfo")

STATUS = {
    "NotFound": Meaning(S.PENDING),
    "InfoReceived": Meaning(S.LABEL_CREATED),
    "InTransit": Meaning(S.IN_TRANSIT),
    "AvailableForPickup": Meaning(S.READY_FOR_PICKUP),
    "OutForDelivery": Meaning(S.OUT_FOR_DELIVERY),
    "DeliveryFailure": Meaning(S.ATTEMPT_FAILED),
    "Delivered": Meaning(S.DELIVERED),
    # Anything from a delay to a loss: only the sub-status tells.
    "Exception": Meaning(S.UNKNOWN),
    "Expired": Meaning(S.UNKNOWN),
}
# No carrier said this; 17TRACK did, about its own waiting.
NO_NEWS = frozenset({"NotFound", "Expired", ""})

SUBSTATUS = {
    "NotFound_Other": STATUS["NotFound"],
    "NotFound_InvalidCode": STATUS["NotFound"],
    "InfoReceived": STATUS["InfoReceived"],
    "InTransit_PickedUp": Meaning(S.PICKED_UP),
    "InTransit_Other": STATUS["InTransit"],
    "InTransit_Departure": STATUS["InTransit"],
    "InTransit_Arrival": STATUS["InTransit"],
    "InTransit_CustomsProcessing": Meaning(S.IN_TRANSIT, C.CUSTOMS, "customs_clearance"),
    "InTransit_CustomsReleased": Meaning(S.IN_TRANSIT, reason="customs_released"),
    "InTransit_CustomsRequiringInformation": Meaning(S.ON_HOLD, C.CUSTOMS, "documentation"),
    "AvailableForPickup_Other": STATUS["AvailableForPickup"],
    "OutForDelivery_Other": STATUS["OutForDelivery"],
    "DeliveryFailure_Other": STATUS["DeliveryFailure"],
    "DeliveryFailure_NoBody": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "not_home"),
    "DeliveryFailure_Security": Meaning(S.ATTEMPT_FAILED, C.CUSTOMS, "security"),
    "DeliveryFailure_Rejected": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "refused"),
    "DeliveryFailure_InvalidAddress": Meaning(S.ATTEMPT_FAILED, C.CONSIGNEE, "incorrect_address"),
    "Delivered_Other": STATUS["Delivered"],
    "Exception_Other": Meaning(S.ON_HOLD, C.UNKNOWN, "exception"),
    "Exception_Returning": Meaning(S.RETURNING),
    "Exception_Returned": Meaning(S.RETURNED),
    "Exception_NoBody": Meaning(S.ON_HOLD, C.CONSIGNEE, "not_found"),
    "Exception_Security": Meaning(S.ON_HOLD, C.CUSTOMS, "security"),
    "Exception_Damage": Meaning(S.DAMAGED, C.CARRIER, "damaged_parcel"),
    "Exception_Rejected": Meaning(S.ON_HOLD, C.CONSIGNEE, "refused"),
    "Exception_Delayed": Meaning(S.IN_TRANSIT, C.CARRIER, "delayed", is_delay=True),
    "Exception_Lost": Meaning(S.LOST, C.CARRIER, "parcel_lost"),
    "Exception_Destroyed": Meaning(S.LOST, C.CARRIER, "disposed"),
    "Exception_Cancel": Meaning(S.CANCELLED),
    "Expired_Other": STATUS["Expired"],
}

# An event may name its stage only.
STAGE = {
    "InfoReceived": STATUS["InfoReceived"],
    "PickedUp": Meaning(S.PICKED_UP),
    "Departure": STATUS["InTransit"],
    "Arrival": STATUS["InTransit"],
    "AvailableForPickup": STATUS["AvailableForPickup"],
    "OutForDelivery": STATUS["OutForDelivery"],
    "Delivered": STATUS["Delivered"],
    "Returning": Meaning(S.RETURNING),
    "Returned": Meaning(S.RETURNED),
}


def meaning_of(substatus: str, coarse: str = "") -> Meaning:
    """The sub-status; else the stage or status told beside it; else the status an unknown sub-status begins with, if we know it."""
    begins = substatus.partition("_")[0]
    return SUBSTATUS.get(substatus) or STAGE.get(coarse) or STATUS.get(coarse) or STATUS.get(begins) or Meaning(S.UNKNOWN)
