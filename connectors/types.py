"""What a shop's or a carrier's webhook can mean to us, as plain frozen data."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from catalog.types import ProductTexts
from core.http import Request, Response
from orders.registry import CartItem
from orders.types import IncomingOrder, IncomingRefund
from returns.types import Label
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
    """A privacy request the platform passes on. The e-mail address finds somebody of whom no order is named; it is kept nowhere."""

    request: str
    shop: str
    customer_external_id: str = ""
    order_external_ids: tuple[str, ...] = ()
    customer_email: str = field(default="", repr=False)


class Unkept(str):
    """What became of a webhook whose body is not kept: it names somebody who was forgotten, or asks for that."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ProductSeen:
    """A product as it is now. `told` holds what the call says of it, and nothing it is silent about."""

    external_id: str
    title: str
    updated_at: datetime
    told: ProductTexts
    page_path: str = ""  # on the shop's own host, when the shop names no whole address
    goes_with: tuple[str, ...] = ()
    is_on_sale: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductGone:
    """The shop no longer has the product."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do, and why."""

    reason: str


Parsed = OrderSeen | ShipmentSeen | TrackingSeen | RefundSeen | Deleted | Compliance | ProductSeen | ProductGone | Ignored
Headers = Mapping[str, str]  # case-insensitive, as Django's `request.headers`
CartAddress = Callable[[str, Sequence[CartItem]], str]  # account, items
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
    OWN = "own"  # the merchant's own program


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


class CommandKind(TextChoices):
    """What a shop or label maker can be asked to do."""

    REFUND = "refund", _("Send money back")
    CREDIT = "credit", _("Give store credit")
    EXCHANGE = "exchange", _("Order a replacement")
    LABEL = "label", _("Make a return label")
    RESTOCK = "restock", _("Put goods back on the shelf")


@dataclass(frozen=True, slots=True)
class Item:
    """Some units of an order line, as the shop calls it."""

    external_id: str
    quantity: int
    restock: int = 0  # of them to put back on the shelf


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, read from the case: all a shop has to know, and no name or address but those of who got a gift."""

    kind: CommandKind
    key: str
    order_external_id: str
    order_number: str
    source: str
    number: str  # of the return or claim, as staff know it
    currency: str
    amount: Decimal = Decimal(0)
    items: tuple[Item, ...] = ()
    title: str = ""
    sku: str = ""
    product_external_id: str = ""
    variant_external_id: str = ""
    quantity: int = 0
    round: int = 1
    since: str = ""  # nothing of it can be older than this moment
    is_gift: bool = False  # the giver must not hear of it: not their address, not their account
    recipient_name: str = field(default="", repr=False)
    recipient_email: str = field(default="", repr=False)

    @property
    def mark(self) -> str:
        """What the other side keeps with it, so that it is found there again."""
        return f"[{self.key}]"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that needs a label: from the shopper to a return address, both as in an order."""

    key: str
    number: str
    shopper: Mapping[str, str] = field(repr=False)
    place: Mapping[str, str] = field(repr=False)
    wants_code: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """How a connection is called."""

    account: str
    at: datetime
    key: str = field(repr=False)
    secret: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, and what the other side calls it."""

    external_id: str = ""
    credit_code: str = field(default="", repr=False)
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """It will be done; the outcome is told through our API."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not be done, and another try would end the same way. The words are for staff."""

    text: str
    is_key: bool = False  # our key is not accepted: the connection's trouble, not the case's


Result = Done | Taken | Refused
# A call after the other, each with its answer, and what they come to: pure, whoever sends them.
Steps = Generator[Request, Response, Result]
