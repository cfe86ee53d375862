"""The catalogue of messages, and the adapters that hand them over."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from customers.types import MARKETING, Channel, Topic
from notifications.types import Account, Kind, Outcome, Outgoing
from tracking.types import ShipmentStatus as S

EMAIL, SMS = Channel.EMAIL, Channel.SMS
HOLD = timedelta(minutes=10)  # several scans within it make one message
DAY = timedelta(days=1)
MOVING = frozenset({S.PENDING, S.LABEL_CREATED, S.UNKNOWN, S.PICKED_UP, S.IN_TRANSIT})


class UnknownProvider(LookupError):
    """No adapter of this name is registered."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is fixed about a kind of message, whatever the merchant has set.

    News of a parcel have a `weight`. They wait out their `hold`; meanwhile newer news of no less weight take their place,
    and lighter news are not told beside them.
    """

    kind: Kind
    channels: tuple[Channel, ...]
    event: str  # "" when staff or another service asks for it
    subject: str  # which row of the event's payload it is about
    transition: str
    lifetime: timedelta  # sent later than this it would only puzzle
    is_mandatory: bool = True  # resent once, flagged, when its outcome stays unknown
    is_switchable: bool = True  # a merchant may turn it off
    is_void_when_cancelled: bool = False
    head_start: timedelta = timedelta()  # priority: how far ahead of the others its place in the queue is
    off: tuple[Channel, ...] = ()  # channels it takes only when the merchant says so
    hold: timedelta = timedelta()
    weight: int = 0
    true_in: frozenset[S] = frozenset()  # the parcel's states in which it is still so; empty: in all
    is_void_when_resolved: bool = False  # its incident over, there is nothing to say
    is_for_today: bool = False
    topic: Topic = Topic.PARCELS
    is_important: bool = True  # sent also to who wants only the important, or pauses
    per: str = ""  # what else tells one fact from the next: "day" of the payload, or the day "told" by the incident

    @property
    def is_marketing(self) -> bool:
        return self.topic in MARKETING


CATALOGUE = (
    Entry(
        Kind.ORDER_CONFIRMATION,
        (EMAIL,),
        "orders.order.confirmed",
        "order",
        "confirmed",
        timedelta(days=3),
        is_void_when_cancelled=True,
        topic=Topic.ORDERS,
    ),
    Entry(
        Kind.THANKS,
        (SMS,),
        "orders.order.confirmed",
        "order",
        "confirmed",
        timedelta(days=1),
        is_void_when_cancelled=True,
        topic=Topic.ORDERS,
        is_important=False,
    ),
    # Marketing: only with consent, only when the merchant turns it on, and void as soon as the offer closes.
    Entry(
        Kind.ADDITIONS,
        (SMS, EMAIL),
        "orders.order.confirmed",
        "order",
        "additions",
        timedelta(hours=4),
        is_mandatory=False,
        is_void_when_cancelled=True,
        off=(SMS, EMAIL),
        topic=Topic.OFFERS,
        is_important=False,
    ),
    Entry(
        Kind.DISPATCH,
        (EMAIL, SMS),
        "tracking.shipment.dispatched",
        "shipment",
        "dispatched",
        timedelta(days=3),
        is_void_when_cancelled=True,
        weight=1,
        is_important=False,
    ),
    Entry(Kind.CANCELLATION, (EMAIL, SMS), "orders.order.cancelled", "order", "cancelled", timedelta(days=7), topic=Topic.ORDERS),
    Entry(Kind.REFUND, (EMAIL,), "orders.refund.recorded", "refund", "recorded", timedelta(days=7), topic=Topic.ORDERS),
    # A person is waiting for it, and after ten minutes the code opens nothing.
    Entry(
        Kind.SIGN_IN,
        (EMAIL,),
        "customers.sign_in.requested",
        "sign_in",
        "requested",
        timedelta(minutes=10),
        is_switchable=False,
        head_start=timedelta(minutes=10),
        topic=Topic.ORDERS,
    ),
    Entry(
        Kind.ARRIVED_IN_CITY,
        (EMAIL,),
        "tracking.shipment.arrived_in_city",
        "shipment",
        "arrived",
        DAY,
        is_mandatory=False,
        hold=HOLD,
        weight=1,
        true_in=MOVING,
        is_important=False,
    ),
    Entry(
        Kind.OUT_FOR_DELIVERY,
        (EMAIL, SMS),
        "tracking.shipment.out_for_delivery",
        "shipment",
        "out",
        timedelta(hours=10),
        is_mandatory=False,
        hold=HOLD,
        weight=2,
        true_in=frozenset({S.OUT_FOR_DELIVERY}),
        is_for_today=True,
        is_important=False,
        per="day",
    ),
    Entry(
        Kind.ATTEMPT_FAILED,
        (EMAIL, SMS),
        "tracking.shipment.attempt_failed",
        "scan",
        "failed",
        DAY,
        hold=HOLD,
        weight=2,
        true_in=MOVING | {S.ATTEMPT_FAILED, S.ON_HOLD},
    ),
    Entry(
        Kind.READY_FOR_PICKUP,
        (EMAIL, SMS),
        "tracking.shipment.ready_for_pickup",
        "shipment",
        "ready",
        timedelta(days=3),
        hold=HOLD,
        weight=2,
        true_in=frozenset({S.READY_FOR_PICKUP}),
    ),
    Entry(
        Kind.PICKUP_EXPIRING,
        (EMAIL, SMS),
        "tracking.pickup.expiring",
        "incident",
        "expiring",
        DAY,
        hold=HOLD,
        weight=2,
        true_in=frozenset({S.READY_FOR_PICKUP}),
        is_void_when_resolved=True,
    ),
    Entry(
        Kind.DELAYED,
        (EMAIL, SMS),
        "tracking.delay.noticed",
        "incident",
        "noticed",
        timedelta(days=2),
        hold=HOLD,
        weight=2,
        true_in=MOVING | {S.ON_HOLD, S.ATTEMPT_FAILED, S.RETURNING, S.DAMAGED},
        is_void_when_resolved=True,
        per="told",
    ),
    Entry(
        Kind.DISPATCH_DELAYED,
        (EMAIL,),
        "tracking.dispatch.delayed",
        "incident",
        "delayed",
        timedelta(days=3),
        is_void_when_cancelled=True,
        hold=HOLD,
        is_void_when_resolved=True,
        per="told",
    ),
    Entry(
        Kind.LOST_SUSPECTED,
        (EMAIL,),
        "tracking.loss.suspected",
        "incident",
        "suspected",
        timedelta(days=3),
        hold=HOLD,
        weight=2,
        true_in=MOVING | {S.OUT_FOR_DELIVERY, S.ATTEMPT_FAILED, S.ON_HOLD, S.LOST},
        is_void_when_resolved=True,
    ),
    Entry(
        Kind.DELIVERED,
        (EMAIL, SMS),
        "tracking.shipment.delivered",
        "shipment",
        "delivered",
        timedelta(days=3),
        off=(SMS,),  # out for delivery was told that morning
        weight=3,
        true_in=frozenset({S.DELIVERED}),
        is_important=False,
    ),
    Entry(Kind.CHOICE_RECEIVED, (EMAIL,), "tracking.choice.made", "incident", "chosen", timedelta(days=3)),
    Entry(
        Kind.RECEIPT_DENIED,
        (EMAIL,),
        "tracking.receipt.denied",
        "incident",
        "denied",
        timedelta(days=3),
        is_void_when_resolved=True,
        per="told",
    ),
    Entry(Kind.NOTE, (EMAIL,), "", "incident", "written", timedelta(days=3), is_switchable=False, topic=Topic.ORDERS),
)
BY_KIND = {entry.kind: entry for entry in CATALOGUE}
# Told again on other days, and about no parcel: the newest word takes the place of those before it.
REPEATED = frozenset(entry.kind.value for entry in CATALOGUE if entry.per == "told" and not entry.weight)
WEIGHTS = {entry.kind.value: entry.weight for entry in CATALOGUE if entry.weight}


def entry_of(kind: str) -> Entry:
    """The catalogue's entry of a kind."""
    return BY_KIND[Kind(kind)]


def entries_on(event: str) -> list[Entry]:
    """The messages an event gives rise to."""
    return [entry for entry in CATALOGUE if entry.event == event]


class Adapter(Protocol):
    """Hands messages to one provider.

    With `uses_network` it gets one message per call, from a thread that must not touch the database; without, it gets
    the batch at once. It answers every message with an outcome; what it raises counts as `Unknown` for all it was given.
    """

    uses_network: bool

    def send(self, *, account: Account, messages: Sequence[Outgoing]) -> Sequence[Outcome]: ...


@runtime_checkable
class Searchable(Protocol):
    """An adapter that can ask its provider whether it ever took a message."""

    def lookup(self, *, account: Account, message: Outgoing, since: datetime) -> str | None:
        """The provider's id, or None when it holds no such message. Raises LookupFailed when it cannot say."""


class LookupFailed(RuntimeError):
    """The provider could not be asked."""


_adapters: dict[str, Adapter] = {}


def register_adapter(provider: str, adapter: Adapter) -> None:
    """Make a provider known; the last registration of a name wins."""
    _adapters[provider] = adapter


def adapter_of(provider: str) -> Adapter:
    """Raises UnknownProvider."""
    try:
        return _adapters[provider]
    except KeyError:
        raise UnknownProvider(f"no adapter is registered for {provider!r}") from None


# Customers -> what is wrong with what they bought, in plain words; in a constant number of queries.
TroubleAsker = Callable[[Collection[int]], Mapping[int, str]]
_troubles: dict[str, TroubleAsker] = {}


def register_trouble(name: str, asker: TroubleAsker) -> None:
    """Make a kind of trouble known that keeps what advertises from going out; the last registration of a name wins."""
    _troubles[name] = asker


def troubles() -> tuple[TroubleAsker, ...]:
    """Everybody to be asked, in the order in which they registered."""
    return tuple(_troubles.values())
