"""The catalogue of messages, and the adapters that hand them over."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from customers.types import Channel, Topic
from notifications.case_entries import ABOUT_CASES
from notifications.entry import HOLD, Entry
from notifications.review_entries import ABOUT_REVIEWS
from notifications.types import Account, Kind, Outcome, Outgoing
from tracking.types import ShipmentStatus as S

__all__ = [
    "BY_KIND", "CATALOGUE", "CODE_LIFETIME", "HEAD_STARTS", "HOLD", "REPEATED", "WEIGHTS", "Adapter", "Entry", "LookupFailed",
    "Searchable", "TroubleAsker", "UnknownProvider", "adapter_of", "entries_on", "entry_of", "register_adapter", "register_trouble",
    "troubles",
]  # fmt: skip
EMAIL, SMS = Channel.EMAIL, Channel.SMS
CODE_LIFETIME = timedelta(minutes=10)  # a person waits for the code, and later it opens nothing
DAY = timedelta(days=1)
MOVING = frozenset({S.PENDING, S.LABEL_CREATED, S.UNKNOWN, S.PICKED_UP, S.IN_TRANSIT})


class UnknownProvider(LookupError):
    """No adapter of this name is registered."""


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
    Entry(
        Kind.SIGN_IN,
        (EMAIL,),
        "customers.sign_in.requested",
        "sign_in",
        "requested",
        CODE_LIFETIME,
        is_switchable=False,
        head_start=CODE_LIFETIME,
        topic=Topic.ORDERS,
        opens="sign_in",
    ),
    # Goes where the order was found by, and nowhere else.
    Entry(
        Kind.ORDER_CODE,
        (EMAIL, SMS),
        "orders.look_up.requested",
        "look_up",
        "requested",
        CODE_LIFETIME,
        is_switchable=False,
        head_start=CODE_LIFETIME,
        topic=Topic.ORDERS,
        opens="look_up",
    ),
    Entry(
        Kind.EMAIL_CODE,
        (EMAIL,),
        "customers.email_change.requested",
        "email_change",
        "requested",
        CODE_LIFETIME,
        is_switchable=False,
        head_start=CODE_LIFETIME,
        topic=Topic.ORDERS,
        opens="email_change",
    ),
    Entry(
        Kind.ACCOUNT_NOTICE,
        (EMAIL,),
        "customers.account.changed",
        "account_change",
        "changed",
        timedelta(days=3),
        is_switchable=False,
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
    Entry(
        Kind.REQUEST_RECEIVED,
        (EMAIL,),
        "orders.request.made",
        "request",
        "made",
        timedelta(days=3),
        is_void_when_cancelled=True,
        topic=Topic.ORDERS,
    ),
    Entry(
        Kind.REQUEST_DECIDED,
        (EMAIL, SMS),
        "orders.request.decided",
        "request",
        "decided",
        timedelta(days=3),
        is_void_when_cancelled=True,
        off=(SMS,),
        topic=Topic.ORDERS,
        per="state",  # a shop that refused may do it all the same
    ),
    Entry(
        Kind.PRIVACY,
        (EMAIL,),
        "customers.privacy_request.changed",
        "privacy_request",
        "changed",
        timedelta(days=7),
        is_switchable=False,
        topic=Topic.ORDERS,
        per="state",
    ),
    *ABOUT_CASES,
    *ABOUT_REVIEWS,
    Entry(Kind.NOTE, (EMAIL,), "", "incident", "written", timedelta(days=3), is_switchable=False, topic=Topic.ORDERS),
)
BY_KIND = {entry.kind: entry for entry in CATALOGUE}
# Told again on other days, and about no parcel: the newest word takes the place of those before it.
REPEATED = frozenset(entry.kind.value for entry in CATALOGUE if entry.per == "told" and not entry.weight)
HEAD_STARTS = {entry.kind.value: entry.head_start.total_seconds() for entry in CATALOGUE if entry.head_start}
WEIGHTS = {entry.kind.value: entry.weight for entry in CATALOGUE if entry.weight}


def entry_of(kind: str) -> Entry:
    """The catalogue's entry of a kind."""
    return BY_KIND[Kind(kind)]


def entries_on(event: str) -> list[Entry]:
    """The messages an event gives rise to."""
    return [entry for entry in CATALOGUE if event in entry.events]


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
_troubles: dict[str, tuple[TroubleAsker, bool]] = {}


def register_trouble(name: str, asker: TroubleAsker, *, is_opinion: bool = False) -> None:
    """Make a kind of trouble known that keeps what advertises from going out; the last registration of a name wins.

    `is_opinion`: it follows from stars or scores. Such a one never keeps a question for an opinion back, or only the happy were asked.
    """
    _troubles[name] = asker, is_opinion


def troubles() -> tuple[tuple[TroubleAsker, bool], ...]:
    """Everybody to be asked, in the order in which they registered, and whether what they know is an opinion."""
    return tuple(_troubles.values())
