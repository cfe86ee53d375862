"""Words of this room, and the plain data its decisions are made from.

Three records (mission row 10, domain 1.3): a **Return** is goods on their way back, an **Exchange** is what goes out instead, a
**Claim** is a fault of ours: damaged, wrong, missing, not received, or a case of warranty. A **Withdrawal** (EU, Directive
2011/83 Art. 9 to 16 and 11a) is a statement of its own; its goods travel as a Return.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PolicyState(TextChoices):
    """One version of the policy: at most one draft and one published at a time."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("In force")
    ARCHIVED = "archived", _("Replaced")


class ReasonKind(TextChoices):
    """Whose reason it is: a wish of the shopper, or a fault of ours. They are two lists."""

    WISH = "wish", _("A wish")
    FAULT = "fault", _("A fault")


class Outcome(TextChoices):
    """What the shopper gets for what goes back, or for a fault."""

    REFUND = "refund", _("Money back")
    CREDIT = "credit", _("Store credit")
    EXCHANGE = "exchange", _("Exchange")
    REPLACEMENT = "replacement", _("The same again")
    REPAIR = "repair", _("Repair")
    KEEP = "keep", _("Keep it, part of the money back")
    DONATE = "donate", _("Give it away, money back")


class ReturnState(TextChoices):
    """Life of a return; each state has a promised date for the next step."""

    REQUESTED = "requested", _("Asked for")
    INFO_NEEDED = "info_needed", _("A question is open")
    APPROVED = "approved", _("Approved")
    LABELLED = "labelled", _("Ready to hand over")
    IN_TRANSIT = "in_transit", _("On its way back")
    ARRIVED = "arrived", _("Arrived")
    RECEIVED = "received", _("Unpacked")
    INSPECTED = "inspected", _("Checked")
    RESOLVED = "resolved", _("Settled")
    CLOSED = "closed", _("Closed")
    DECLINED = "declined", _("Not possible")
    CANCELLED = "cancelled", _("Called off")
    EXPIRED = "expired", _("Never handed over")


class Way(TextChoices):
    """How the goods travel."""

    LABEL = "label", _("With our label")
    CODE = "code", _("With a code, no printer needed")
    OWN = "own", _("With a carrier of your choice")
    STORE = "store", _("To our shop")
    PICKUP = "pickup", _("Collected at the door")
    NONE = "none", _("Nothing has to be sent back")


class Origin(TextChoices):
    """Who opened a case."""

    ACCOUNT = "account", _("The shopper, signed in")
    GUEST = "guest", _("The shopper, as a guest")
    GIFT = "gift", _("Who got it as a gift")
    STAFF = "staff", _("Staff")
    API = "api", _("API")
    SHOP = "shop", _("The shop")


class Condition(TextChoices):
    """What the warehouse found."""

    NEW = "new", _("As new")
    OPENED = "opened", _("Opened, complete")
    USED = "used", _("Used")
    DAMAGED = "damaged", _("Damaged")
    WRONG = "wrong", _("Something else was in the parcel")


class MoneyState(TextChoices):
    """One step of money on its way back. We never move it: the shop does, asked by us at most once per row."""

    DUE = "due", _("To be asked for")
    ASKED = "asked", _("The shop was asked")
    SENT = "sent", _("Sent back")
    FAILED = "failed", _("The shop could not")
    CANCELLED = "cancelled", _("Not needed any more")


class MoneyWay(TextChoices):
    """Where money goes."""

    ORIGINAL = "original", _("Back the way it was paid")
    CREDIT = "credit", _("Store credit")


class ExchangeState(TextChoices):
    """What goes out instead."""

    RESERVED = "reserved", _("Held for you")
    ASKED = "asked", _("Ordered at the shop")
    ORDERED = "ordered", _("In preparation")
    SHIPPED = "shipped", _("On its way")
    DELIVERED = "delivered", _("Delivered")
    RELEASED = "released", _("No longer held")
    CANCELLED = "cancelled", _("Called off")


class Problem(TextChoices):
    """What is wrong with a delivery, or later with the thing."""

    DAMAGED = "damaged", _("Damaged")
    WRONG = "wrong", _("Something else came")
    MISSING = "missing", _("Something is missing")
    NOT_RECEIVED = "not_received", _("It never came")
    FAULTY = "faulty", _("It does not work")


class ClaimKind(TextChoices):
    """A delivery that went wrong, or a case of warranty later."""

    DELIVERY = "delivery", _("A delivery")
    WARRANTY = "warranty", _("Warranty")


class ClaimState(TextChoices):
    """Life of a claim."""

    OPEN = "open", _("Being looked at")
    INFO_NEEDED = "info_needed", _("A question is open")
    APPROVED = "approved", _("Accepted")
    REPAIRING = "repairing", _("Being repaired")
    RESOLVED = "resolved", _("Settled")
    DECLINED = "declined", _("Not possible")
    WITHDRAWN = "withdrawn", _("Taken back")


class WithdrawalState(TextChoices):
    """The statement counts when it is sent; what follows is ours to do."""

    DECLARED = "declared", _("Received")
    MATCHED = "matched", _("With its order")
    SETTLED = "settled", _("Money sent back")
    UNFOUNDED = "unfounded", _("Out of time or exempt")


class Step(TextChoices):
    """Entries of a case's history, and steps of its timeline that carry a promised date."""

    REQUESTED = "requested", _("Asked for")
    ASKED = "asked", _("Question")
    ANSWERED = "answered", _("Answer")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Not possible")
    LABELLED = "labelled", _("Label ready")
    HANDED_OVER = "handed_over", _("Handed over")
    ARRIVED = "arrived", _("Arrived")
    RECEIVED = "received", _("Unpacked")
    INSPECTED = "inspected", _("Checked")
    REFUND_ASKED = "refund_asked", _("Refund started")
    REFUNDED = "refunded", _("Refund sent")
    REFUND_FAILED = "refund_failed", _("Refund failed")
    BANK = "bank", _("At your bank")
    RESERVED = "reserved", _("Replacement held")
    RELEASED = "released", _("Replacement no longer held")
    ORDERED = "ordered", _("Replacement in preparation")
    SHIPPED = "shipped", _("Replacement sent")
    DELIVERED = "delivered", _("Replacement delivered")
    REPAIRING = "repairing", _("In repair")
    CANCELLED = "cancelled", _("Called off")
    EXPIRED = "expired", _("Never handed over")
    CLOSED = "closed", _("Closed")


@dataclass(frozen=True, slots=True)
class Article:
    """One order line as the policy sees it. `unit_paid` is what one unit cost after discounts, tax included as told."""

    line_id: int
    quantity: int  # units that can still go back
    unit_paid: Decimal
    sku: str = ""
    product_type: str = ""
    tags: tuple[str, ...] = ()
    is_discounted: bool = False
    is_shipped_good: bool = True
    is_sent: bool = True  # False: none of it has left the shop yet
    warranty_until: date | None = None
    most: Decimal | None = None  # of all of it, where part was paid back while it stayed


@dataclass(frozen=True, slots=True)
class Situation:
    """What the policy knows beside the article. All days are in the merchant's zone."""

    country: str
    currency: str
    placed_on: date
    today: date
    delivered_on: date | None = None  # the day the last parcel came; None: unknown or still under way
    arrive_by: date | None = None
    earlier_returns: int = 0  # of the same customer in the last 365 days
    is_gift: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """One outcome for one unit-priced article: open or why not, until when, and the money of all `quantity` units.

    `refund` is what goes back to the shopper (after `fee`), or the value of the credit (with `bonus`), never below zero.
    """

    outcome: Outcome
    is_open: bool
    why: str  # a code of `rules.policy.WHY`; empty while open
    until: date | None  # last day to hand over; None: no end
    amount: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    bonus: Decimal = Decimal(0)
    is_postage_free: bool = False
    needs_photo: bool = False
    needs_review: bool = False
    address: str = ""  # key of the return address


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says of one article: eligible while any outcome is open; else why, and what may help instead."""

    line_id: int
    quantity: int
    is_eligible: bool
    why: str
    until: date | None
    offers: tuple[Offer, ...]
    rules: tuple[str, ...] = ()  # names of the rules that applied, in order
    next_best: tuple[str, ...] = ()  # codes: warranty, sell_on, donate, ask

    def offer(self, outcome: str) -> Offer | None:
        return next((offer for offer in self.offers if offer.outcome == outcome), None)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a shopper asks for one line. `line` is the order line's public id."""

    line: str
    quantity: int
    reason: str  # a reason's code
    outcome: Outcome
    note: str = ""
    target: str = ""  # for an exchange: `product:<public id>` or `variant:<id>`
    photos: tuple[str, ...] = ()  # public ids of uploaded photos


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something cannot be done; `field` names what was sent, `code` is stable, `text` is for people."""

    field: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """What a label provider, or the merchant's own instructions, give the shopper to hand the parcel over."""

    way: Way
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    file_url: str = ""  # PDF or PNG at the provider; fetched and kept by us
    code: str = ""  # what a QR code shows
    instructions: str = ""
    provider: str = ""
    provider_id: str = ""
    cost: Decimal = Decimal(0)
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: `origin`, and the member of staff or key where it was one."""

    origin: Origin
    user_id: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What the warehouse found of one line."""

    quantity: int
    condition: Condition = Condition.NEW
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the inspection made of one line: accepted units, whether they can be sold again, what is deducted and why."""

    accepted: int
    is_resellable: bool = True
    deduction: Decimal = Decimal(0)
    note: str = ""


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step of a case as the shopper reads it: done at, or promised by; `was` is an earlier promise that moved."""

    step: Step
    at: datetime | None = None  # when it happened; None while ahead
    by: date | None = None
    was: date | None = None
    is_late: bool = False
    is_next: bool = False
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """Something a line can be exchanged for. `difference` is for one piece: above zero the shopper pays, below gets back."""

    key: str  # `product:<public id>` or `variant:<id>`
    title: str
    variant_title: str
    sku: str
    options: dict[str, str]
    price: Decimal | None
    difference: Decimal
    left: int  # in stock and held for nobody
    is_same: bool  # the very thing that was bought
    image_url: str = ""
