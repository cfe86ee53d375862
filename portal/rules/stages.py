"""What stands about an order, as far as it decides which questions arise."""

from datetime import date

from orders.types import OrderState
from portal.rules.arrivals import STILL_COMING, is_late, trouble_of
from portal.rules.states import is_denied
from portal.types import OrderFacts, ParcelFacts
from support.types import Stage
from tracking.types import IncidentType
from tracking.types import ShipmentStatus as Status

STUCK = frozenset({Status.LOST, Status.DAMAGED, Status.ON_HOLD, Status.ATTEMPT_FAILED})
GOING_BACK = frozenset({Status.RETURNING, Status.RETURNED})
NOT_YET = frozenset({Status.PENDING, Status.LABEL_CREATED})
TROUBLES = (IncidentType.UNSHIPPED_PAST_PROMISE, IncidentType.INVALID_NUMBER, IncidentType.FORGOTTEN)


def order_stage(order: OrderFacts, *, today: date) -> Stage:
    """The most pressing state of the order: what went wrong, then what is still to come, then what is there."""
    if order.state == OrderState.CANCELLED or order.is_refunded:
        return Stage.RETURNING
    stages = [parcel_stage(parcel, order=order, today=today) for parcel in order.parcels if parcel.status != Status.CANCELLED]
    if order.waiting:
        stages.append(Stage.LATE if _is_overdue(order, today) else Stage.BEFORE_DISPATCH)
    if order.untracked:
        stages.append(Stage.IN_TRANSIT)
    pressing = (Stage.LATE, Stage.RETURNING, Stage.IN_TRANSIT, Stage.BEFORE_DISPATCH, Stage.DELIVERED)
    return next((stage for stage in pressing if stage in stages), Stage.DELIVERED)


def _is_overdue(order: OrderFacts, today: date) -> bool:
    return order.unsent is not None or (order.ship_by is not None and order.ship_by < today)


def parcel_stage(parcel: ParcelFacts, *, order: OrderFacts, today: date) -> Stage:
    """The state of one parcel. One that the shopper did not find counts as delivered: that is where the answer stands."""
    if is_denied(parcel) or parcel.status == Status.DELIVERED:
        return Stage.DELIVERED
    if parcel.status in GOING_BACK:
        return Stage.RETURNING
    is_stuck = parcel.status in STUCK or trouble_of(parcel.troubles, *TROUBLES) is not None
    if is_stuck or (parcel.status in STILL_COMING and is_late(parcel, order=order, today=today)):
        return Stage.LATE
    return Stage.BEFORE_DISPATCH if parcel.status in NOT_YET else Stage.IN_TRANSIT
