"""A parcel, and what was told of it."""

import pytest

from events.models import Event
from merchants.models import Merchant
from tests import factories as make
from tracking.models import Shipment


@pytest.fixture
def parcel(in_acme: Merchant) -> Shipment:
    return make.ship(make.place_order())


def told(*, since: int = 0) -> list[str]:
    """Last parts of the tracking events' names."""
    types = Event.objects.filter(type__startswith="tracking.", pk__gt=since).order_by("pk").values_list("type", flat=True)
    return [type.removeprefix("tracking.shipment.") for type in types]


def last_event() -> int:
    return Event.objects.order_by("-pk").values_list("pk", flat=True)[0]
