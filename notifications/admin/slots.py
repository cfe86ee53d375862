"""One wording's place: a message on a channel in a language, of a confirmation also its style; its address and its names."""

from dataclasses import dataclass

from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.types import Channel
from merchants.types import Language
from notifications.shipped import NoTemplate, is_offered, style_of
from notifications.studio.types import Draft
from notifications.types import Kind, Style

K = Kind
# The list is read by the moment a shopper gets the message.
WHEN: tuple[tuple[str | Promise, tuple[Kind, ...]], ...] = (
    (_("When an order comes in"), (K.ORDER_CONFIRMATION, K.THANKS, K.ADDITIONS)),
    (_("On the way"), (K.DISPATCH, K.ARRIVED_IN_CITY, K.OUT_FOR_DELIVERY, K.READY_FOR_PICKUP, K.DELIVERED)),
    (
        _("When something goes wrong"),
        (K.ATTEMPT_FAILED, K.PICKUP_EXPIRING, K.DELAYED, K.DISPATCH_DELAYED, K.LOST_SUSPECTED, K.CHOICE_RECEIVED, K.RECEIPT_DENIED),
    ),
    (_("Cancelled and refunded"), (K.REQUEST_RECEIVED, K.REQUEST_DECIDED, K.CANCELLATION, K.REFUND)),
    (
        _("When something goes back"),
        (
            K.RETURN_RECEIVED,
            K.RETURN_APPROVED,
            K.RETURN_QUESTION,
            K.RETURN_DECLINED,
            K.RETURN_REMINDER,
            K.RETURN_HANDED_OVER,
            K.RETURN_ARRIVED,
            K.RETURN_INSPECTED,
            K.RETURN_REFUNDED,
            K.EXCHANGE_SHIPPED,
        ),
    ),
    (_("When something came wrong"), (K.CLAIM_RECEIVED, K.CLAIM_QUESTION, K.CLAIM_DECIDED)),
    (_("Withdrawal from the contract"), (K.WITHDRAWAL_RECEIPT, K.WITHDRAWAL_UNFOUNDED)),
    (
        _("What they think of it"),
        (
            K.REVIEW_REQUEST,
            K.REVIEW_REMINDER,
            K.REVIEW_PUBLISHED,
            K.REVIEW_THANKS,
            K.REVIEW_REJECTED,
            K.REVIEW_ANSWERED,
            K.SURVEY,
            K.THEME_DONE,
        ),
    ),
    (_("About the account"), (K.SIGN_IN, K.ORDER_CODE, K.EMAIL_CODE, K.ACCOUNT_NOTICE, K.PRIVACY)),
    (_("When somebody asks for it"), (K.NOTE,)),
)
ADDRESS = "admin:notifications_templateversion"


@dataclass(frozen=True, slots=True)
class Slot:
    """What a version is a version of."""

    kind: str
    channel: str
    language: str
    style: str = ""

    @property
    def key(self) -> str:
        return ".".join(part for part in (self.kind, self.channel, self.language, self.style) if part)

    @property
    def title(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def channel_label(self) -> str:
        return str(Channel(self.channel).label)

    @property
    def language_label(self) -> str:
        return str(Language(self.language).label)

    @property
    def style_label(self) -> str:
        return str(Style(self.style).label).lower() if self.style else ""

    @property
    def about(self) -> str:
        """`E-mail, Deutsch, reassuring`."""
        return ", ".join(part for part in (self.channel_label, self.language_label, self.style_label) if part)

    @property
    def is_email(self) -> bool:
        return self.channel == Channel.EMAIL

    @property
    def named(self) -> dict[str, str]:
        """As the engine's functions take it."""
        return {"kind": self.kind, "channel": self.channel, "language": self.language, "style": self.style}

    @property
    def empty(self) -> Draft:
        """A draft for here that says nothing yet."""
        return Draft(self.kind, self.channel, self.language, self.style)

    def url(self, page: str = "studio") -> str:
        return reverse(f"{ADDRESS}_{page}", args=[self.key])


def slot_of(key: str) -> Slot:
    """The place an address names. Nothing shipped there: 404."""
    kind, channel, language, style, *rest = [*key.split("."), "", "", ""]
    if any(rest) or language not in Language.values or kind not in Kind.values:
        raise Http404
    try:
        slot = Slot(kind, channel, language, style_of(kind, style))
    except NoTemplate:
        raise Http404 from None
    if not is_offered(kind, channel, slot.style):
        raise Http404
    return slot
