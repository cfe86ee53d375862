"""Words of this room: kinds of messages, their states, decisions, and what a channel may answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """What a message tells."""

    ORDER_CONFIRMATION = "order_confirmation", _("Order confirmation")
    THANKS = "thanks", _("Thanks, with the dispatch date")
    DISPATCH = "dispatch", _("Parcel sent")
    CANCELLATION = "cancellation", _("Order cancelled")
    REFUND = "refund", _("Refund sent")
    SIGN_IN = "sign_in", _("Sign-in code")
    ARRIVED_IN_CITY = "arrived_in_city", _("Parcel in the shopper's city")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    ATTEMPT_FAILED = "attempt_failed", _("Delivery failed, what to do")
    READY_FOR_PICKUP = "ready_for_pickup", _("Ready to collect")
    PICKUP_EXPIRING = "pickup_expiring", _("Collect it before it goes back")
    DELAYED = "delayed", _("Parcel late")
    DISPATCH_DELAYED = "dispatch_delayed", _("Not sent in time, with a choice")
    LOST_SUSPECTED = "lost_suspected", _("Parcel probably lost")
    DELIVERED = "delivered", _("Delivered")
    CHOICE_RECEIVED = "choice_received", _("Choice noted")
    RECEIPT_DENIED = "receipt_denied", _("Delivered, not received: being looked into")
    NOTE = "note", _("Words of the staff")
    ADDITIONS = "additions", _("Items for the same parcel")
    ORDER_CODE = "order_code", _("Code that opens an order")
    EMAIL_CODE = "email_code", _("Code for a new e-mail address")
    ACCOUNT_NOTICE = "account_notice", _("Something changed in the account")
    REQUEST_RECEIVED = "request_received", _("Request received")
    REQUEST_DECIDED = "request_decided", _("Request answered")
    PRIVACY = "privacy", _("Copy or erasure of personal data")
    RETURN_RECEIVED = "return_received", _("Return asked for")
    RETURN_APPROVED = "return_approved", _("Return approved, how to send it")
    RETURN_QUESTION = "return_question", _("Question about a return")
    RETURN_DECLINED = "return_declined", _("Return not possible, and why")
    RETURN_REMINDER = "return_reminder", _("Hand the return over in time")
    RETURN_HANDED_OVER = "return_handed_over", _("Return on its way back")
    RETURN_ARRIVED = "return_arrived", _("Return arrived")
    RETURN_INSPECTED = "return_inspected", _("Return checked")
    RETURN_REFUNDED = "return_refunded", _("Money of a return or claim sent")
    EXCHANGE_SHIPPED = "exchange_shipped", _("Replacement sent")
    CLAIM_RECEIVED = "claim_received", _("Problem reported")
    CLAIM_QUESTION = "claim_question", _("Question about a problem")
    CLAIM_DECIDED = "claim_decided", _("Answer to a problem")
    WITHDRAWAL_RECEIPT = "withdrawal_receipt", _("Receipt of a withdrawal")
    WITHDRAWAL_UNFOUNDED = "withdrawal_unfounded", _("Withdrawal without effect, and why")
    REVIEW_REQUEST = "review_request", _("Question what they think of it")
    REVIEW_REMINDER = "review_reminder", _("The same question, once more")
    REVIEW_PUBLISHED = "review_published", _("Review published, with thanks")
    REVIEW_REJECTED = "review_rejected", _("Review not published, and why")
    REVIEW_ANSWERED = "review_answered", _("Answer to a review")
    REVIEW_THANKS = "review_thanks", _("Coupon as thanks for a review")
    SURVEY = "survey", _("Survey")
    THEME_DONE = "theme_done", _("Something they raised is done")


class Style(TextChoices):
    """The five ways to confirm an order. Other messages have one way, said by the empty string."""

    PLAIN = "plain", _("Plain")
    WARM = "warm", _("Warm welcome")
    REASSURING = "reassuring", _("Reassuring")
    ENTICING = "enticing", _("Enticing")
    SIMILAR = "similar", _("Similar items")


class MessageState(TextChoices):
    PENDING = "pending", _("Waiting to be sent")
    LEASED = "leased", _("Being prepared")
    SENDING = "sending", _("Being handed over")
    SENT = "sent", _("Accepted by the provider")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
    UNKNOWN = "unknown", _("Outcome unknown, being looked up")
    SUPPRESSED = "suppressed", _("Withheld")
    EXPIRED = "expired", _("Too late to send")
    CANCELLED = "cancelled", _("Overtaken by events")
    FAILED = "failed", _("Refused by the provider")
    DEAD = "dead", _("Given up")


class Ladder(TextChoices):
    """How the channels of an automation stand to each other."""

    ALL = "all", _("On every channel that is on")
    FIRST = "first", _("On the first that reaches the shopper; the next when that one fails")


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of an automation: a fact (`rules.automation.FACTS`), how it is compared, and with what."""

    fact: str
    op: str
    value: str | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StyleRule:
    """Confirm in this style when all checks hold; the first rule of a plan that holds is taken."""

    style: str
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """An automation: on an event, when all checks hold, on these channels in this order, then or later."""

    channels: tuple[str, ...]  # those that are on; their order is the ladder's
    ladder: str = Ladder.ALL
    checks: tuple[Check, ...] = ()
    delay: timedelta = timedelta()
    window: tuple[time, time] | None = None  # local hours of the recipient between which it may leave
    styles: tuple[StyleRule, ...] = ()  # empty: chosen by itself


@dataclass(frozen=True, slots=True)
class Condition:
    """One question of a decision and its answer; a condition that is not ok withholds the message."""

    condition: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """Send, because every condition held; not before `at` when a delay, a window or quiet hours say so."""

    reasons: tuple[Condition, ...]
    at: datetime | None = None
    waits: str = ""  # the condition that makes it wait: `quiet_hours`, `window`, `not_now`, `frequency_cap`, `delay`


@dataclass(frozen=True, slots=True)
class Skip:
    """Withhold, and say why: `no_email`, `no_phone`, `suppressed`, `merchant_off`, `order_cancelled`, `imported_history` ..."""

    reason: str
    reasons: tuple[Condition, ...]


Decision = Send | Skip


@dataclass(frozen=True, slots=True)
class Account:
    """A provider account opened for one send: settings and the decrypted secrets, never logged."""

    id: int
    merchant_id: int
    provider: str
    channel: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as a channel hands it over: rendered, addressed, with the token that settles its outcome."""

    message_id: int
    token: str
    channel: str
    recipient: str
    recipient_name: str = ""
    sender: str = ""  # e-mail address or SMS sender id
    sender_name: str = ""
    reply_to: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it, under this id."""

    provider_id: str
    is_delivered: bool = False  # the provider is the mailbox itself


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider will never take it: wrong address, blocked, rejected content."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Certainly not taken this time; try again after `retry_after` seconds (None: our own backoff)."""

    detail: str
    retry_after: float | None = None
    blames_account: bool = True  # False: it was this recipient's or our own doing, the next message may well pass


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken: never send again blindly."""

    detail: str


Outcome = Accepted | Refused | NotAccepted | Unknown


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider's callback says about one message."""

    provider_id: str
    token: str
    state: str  # a MessageState, "suppress" facts go into `suppress`
    detail: str = ""
    suppress: str = ""  # customers.SuppressionReason or ""
    recipient: str = ""
