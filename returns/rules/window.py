"""When the time to send something back begins."""

from datetime import date, timedelta

SLOWEST_TRANSIT = timedelta(days=14)


def return_deadline(*, window_days: int, delivered_on: date | None, arrive_by: date | None, placed_on: date) -> date:
    """Last day something may be sent back. The window starts when it arrived; until that is known, on the latest day it may.

    Never in the shopper's disfavour: a parcel that is due but has not come yet does not start the window early, because
    the delivery, once known, replaces the estimate.
    """
    start = delivered_on or arrive_by or placed_on + SLOWEST_TRANSIT
    return start + timedelta(days=window_days)
