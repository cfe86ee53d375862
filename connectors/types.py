"""What a shop's or a carrier's webhook can mean to us, as plain frozen data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from orders.types import IncomingOrder, IncomingRefund
from tracking.types import IncomingShipment, IncomingTracking, ShipmentStatus


class BadPayload(ValueError):
    """A signed payload we cannot use; `field` is the path of the value that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order as it is now, with the parcels its body tells of."""

    order: IncomingOrder
    shipments: tuple[IncomingShipment, ...] = ()


@dataclass(frozen=True, slots=True)
class ShipmentSeen:
    """The parcels of one fulfilment."""

    shipments: tuple[IncomingShipment, ...]


@dataclass(frozen=True, slots=True)
class TrackingSeen:
    """What carriers say of parcels: one piece of news for each."""

    news: tuple[IncomingTracking, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """Money sent back, told apart from its order. `currency` is empty when the shop does not say it."""

    order_external_id: str
    refund: IncomingRefund
    currency: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deleted:
    """The shop threw the order away."""

    order_external_id: str


@dataclass(frozen=True, slots=True)
class Compliance:
    """A privacy request the platform passes on. It is recorded; ids only, no personal data."""

    request: str
    shop: str
    customer_external_id: str = ""
    order_external_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do, and why."""

    reason: str


Parsed = OrderSeen | ShipmentSeen | TrackingSeen | RefundSeen | Deleted | Compliance | Ignored
Headers = Mapping[str, str]  # case-insensitive, as Django's `request.headers`
Parse = Callable[[str, dict[str, Any], str], Parsed]  # topic, body, source


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one of a carrier's codes says in our words."""

    status: ShipmentStatus
    cause: str = ""
    reason: str = ""
    is_delay: bool = False
    how: str = ""


class Kind(StrEnum):
    """What stands at the other end of a connection."""

    SHOP = "shop"
    CARRIER = "carrier"


@dataclass(frozen=True, slots=True)
class Hook:
    """One call as it came, before any of it is believed."""

    body: bytes
    headers: Headers
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """What one verified webhook is about, and by what it is known again."""

    topic: str
    event_id: str


class KeyRefused(Exception):
    """The vendor does not take our key, or the account behind it is closed or used up: the merchant's to put right."""


class Misunderstood(Exception):
    """The vendor's answer to a question of ours makes no sense to us."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A parcel a vendor is asked for: its poll, its number, our code of its carrier."""

    poll: int
    number: str
    carrier_code: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a vendor answered about one parcel. `refusal`: it will not follow this number, and why."""

    news: IncomingTracking | None = None
    is_registered: bool = True
    refusal: str = ""
