"""Days of arrival that have passed: asked anew by the clock, once the parcel was heard of since they were said."""

from datetime import datetime

from django.db.models import F

from orders.selectors import setting
from tracking.models import Shipment
from tracking.selectors import hold_orders, parcels_of
from tracking.services.days import renew
from tracking.services.follow import follow
from tracking.services.hand import Hand

BATCH = 500


def renew_days(*, now: datetime, limit: int = BATCH) -> int:
    """Ask the lanes anew for open parcels of the current merchant whose learned day has passed; returns how many got another.

    Only for those heard of after the day was said: of a silent one nothing is known that was not known then, and the incident
    rules tell its shopper so.
    """
    here = setting()
    passed = Shipment.objects.filter(
        check_at__isnull=False,  # open
        eta_source="learned",
        eta_by__lt=now.astimezone(here.zone).date(),
        last_scan_at__gt=F("eta_said_at"),
    )
    found = dict(passed.order_by("eta_by", "pk").values_list("pk", "order_id")[:limit])
    renewed = 0
    for order in hold_orders(ids=set(found.values())):
        parcels = parcels_of(order=order)
        for row in parcels:
            if row.pk in found:
                hand = Hand(order=order, shipment=row, others=[one for one in parcels if one is not row], here=here, at=now)
                renew(hand, hand.fold())
                hand.keep()
                follow(hand)
                renewed += hand.changed("eta_by")
    return renewed
