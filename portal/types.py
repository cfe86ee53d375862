"""Words of this room: how a state looks, when something comes, what went wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class State:
    """An icon, a tone and the words; the tone only repeats what they say."""

    tone: str  # good, warn, bad, info, idle
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """When something comes: by `last` (not before `first`), or no day yet and `next_news` instead."""

    last: date | None = None
    first: date | None = None
    source: str = ""  # carrier, learned, merchant
    next_news: date | None = None
    missed: date | None = None  # the promised day that has passed, or that an exception made untrue
    was: date | None = None  # the earlier day that `last` takes the place of
    alike: int = 0  # parcels a learned day rests on


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is open about a parcel or an order, as far as its page needs it."""

    type: str
    cause: str = ""
    reason: str = ""
    promised_by: date | None = None
    expected_by: date | None = None
    news_by: date | None = None
    opened_at: datetime | None = None
    choice: str = ""
    chosen_at: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """What the rules need to know of a parcel."""

    status: str
    eta_from: date | None = None
    eta_by: date | None = None
    eta_source: str = ""
    eta_first_by: date | None = None
    eta_hidden: str = ""
    eta_alike: int = 0
    promised_by: date | None = None
    is_delayed: bool = False
    cause: str = ""
    reason: str = ""
    known_on: date | None = None  # first heard of
    out_on: date | None = None  # the day the carrier took it out to the door, while it is out
    delivered_on: date | None = None
    pickup_until: date | None = None
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What the shopper asks of an order and the shop has not decided on: `cancel` or `address`."""

    kind: str
    answer_by: date


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the rules need to know of an order. Days are the merchant's local days."""

    state: str
    payment_state: str
    placed_on: date
    is_refunded: bool = False
    is_partly_refunded: bool = False
    cancelled_on: date | None = None
    ship_by: date | None = None
    arrive_from: date | None = None
    arrive_by: date | None = None
    waiting: int = 0  # pieces no parcel holds yet
    untracked: int = 0  # pieces sent without a parcel we know of
    parcels: tuple[ParcelFacts, ...] = ()
    unsent: Trouble | None = None  # not sent when promised: the shopper may choose
    asked: tuple[Wish, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five stages of a parcel."""

    name: str
    state: str  # done, now or ""
    day: date | None = None
    note: str = ""  # in place of a day: "delayed"


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing most people come to do with an order: a button's word, the same with the order named, and its page."""

    url_name: str  # takes the order's public id
    text: str
    label: str
