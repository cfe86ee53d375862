"""What this room holds about a shopper: messages to them, and what they answered."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from customers.registry import Holding, Record, records, register
from customers.types import Subject
from notifications.services.erasure import erase_messages, erase_texts, messages_of, own_texts_of

TOLD = ("kind", "channel", "recipient", "state", "language", "decided_at", "sent_at", "content__subject", "content__text")


def _messages(subject: Subject) -> Sequence[Record]:
    rows = messages_of(subject).order_by("decided_at", "pk").values(*TOLD)
    return [{name.removeprefix("content__"): value for name, value in row.items()} for row in rows]


register(
    Holding(
        key="messages",
        title=_("Messages to you"),
        purpose=_("To tell you about your orders, and to show you what we wrote."),
        basis=_("Needed for what you bought; offers only with your consent"),
        kept=_("What they said 90 days; that they were sent as long as the order."),
        personal={
            "notifications.Message": ("recipient", "dedupe_key", "last_error"),
            "notifications.MessageContent": ("subject", "text", "html"),
            "notifications.SandboxDelivery": ("recipient", "subject", "text", "html", "headers"),
            "notifications.ShortLink": ("path",),
            "notifications.Attempt": ("detail",),
            "notifications.Callback": ("detail",),
            "notifications.Note": ("text", "digest"),
        },
        rows=messages_of,
        collect=_messages,
        erase=erase_messages,
    )
)
register(
    Holding(
        key="answers",
        title=_("What you answered by SMS"),
        purpose=_("To do what you asked, such as STOP."),
        basis=_("Needed to respect what you want"),
        kept=_("90 days."),
        personal={"notifications.InboundText": ("sender", "text")},
        rows=own_texts_of,
        collect=lambda subject: records(own_texts_of(subject).order_by("received_at", "pk"), "sender", "text", "keyword", "received_at"),
        erase=erase_texts,
    )
)
