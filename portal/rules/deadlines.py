"""Until when an order can be sent back, and how that day came about."""

from dataclasses import dataclass
from datetime import date

from orders.types import OrderState
from portal.types import OrderFacts
from returns.selectors.versions import Purchase
from tracking.types import ShipmentStatus


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day; `counted_from` is the day the last piece arrived, None while that is not known."""

    last: date
    counted_from: date | None

    def days_left(self, today: date) -> int:
        return max(0, (self.last - today).days)


def deadline_of(order: OrderFacts, *, bought: Purchase) -> Deadline | None:
    """The first of its lines' last days; None where there is nothing to send back, or no last day."""
    if order.state == OrderState.CANCELLED or order.is_refunded:
        return None
    came = arrived_on(order)
    last = bought.last_day(delivered_on=came, arrive_by=order.arrive_by)
    return Deadline(last, came) if last is not None else None


def arrived_on(order: OrderFacts) -> date | None:
    """The day the last piece reached the shopper; None while something is still to come."""
    days = [parcel.delivered_on for parcel in order.parcels if parcel.status != ShipmentStatus.CANCELLED]
    if not days or order.waiting or order.untracked or None in days:
        return None
    return max(day for day in days if day is not None)
