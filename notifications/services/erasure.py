"""Messages of somebody who is forgotten: that they were sent stays known, to whom and what they said does not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

from customers.models import Customer
from customers.types import Subject
from notifications.case_entries import ABOUT_CASES
from notifications.models import (
    Attempt,
    Callback,
    InboundText,
    Message,
    MessageContent,
    Note,
    SandboxDelivery,
    ShortLink,
)
from notifications.types import Kind, MessageState

ERASED = "erased"
# Nothing more may leave: not what waits, and not what nobody knows the outcome of.
STOPPED = (MessageState.PENDING, MessageState.LEASED, MessageState.UNKNOWN)


def messages_of(subject: Subject) -> QuerySet[Message]:
    """What was meant for the person: as the customer, about an order of theirs, or told to their address apart from any: as who got a
    gift, or made a statement."""
    mine = Q(customer=subject.customer_id) | Q(order__customer=subject.customer_id)
    apart = Q(customer=None, order=None, kind__in=[entry.kind for entry in ABOUT_CASES], recipient__in=subject.emails)
    rows: QuerySet[Message] = Message.objects.filter(mine | apart)
    return rows.filter(is_test=False)


def texts_of(subject: Subject) -> QuerySet[InboundText]:
    """What came by SMS from one of the person's numbers."""
    rows: QuerySet[InboundText] = InboundText.objects.filter(sender__in=subject.phones)
    return rows


def own_texts_of(subject: Subject) -> QuerySet[InboundText]:
    """Those of them that can be shown to the person: a number another account has as well proves nobody, for anybody can give it."""
    others = Customer.objects.filter(phone__in=subject.phones).exclude(pk=subject.customer_id)
    return texts_of(subject).exclude(sender__in=others.values("phone"))


def erase_messages(subject: Subject, at: datetime) -> int:
    """Cancel what has not left, and take the person out of the rest. One that is being handed over just now is finished first."""
    ids = list(messages_of(subject).order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    held = Message.objects.filter(pk__in=ids)
    stopped = {"state": MessageState.CANCELLED, "reason": ERASED, "finished_at": at, "unknown_since": None, "fence": F("fence") + 1}
    done = held.filter(state__in=STOPPED).update(**stopped)
    # One just being handed over is not handed over again when nobody knows what became of it.
    held.filter(state=MessageState.SENDING).update(not_after=at)
    done += _forget_notes(ids)
    for model in (MessageContent, SandboxDelivery, ShortLink):
        done += model.objects.filter(message__in=ids).delete()[0]
    for words in (Attempt, Callback):
        done += words.objects.filter(message__in=ids).exclude(detail="").update(detail="")
    nameless = Concat(Value(f"{ERASED}:"), F("token"))
    done += held.exclude(recipient="", last_error="", dedupe_key=nameless).update(recipient="", last_error="", dedupe_key=nameless)
    return done


def _forget_notes(ids: Sequence[int]) -> int:
    """Words of the staff that went to nobody else."""
    told = Message.objects.filter(kind=Kind.NOTE)
    own = set(told.filter(pk__in=ids).values_list("subject_id", flat=True))
    shared = set(told.filter(subject_id__in=own).exclude(pk__in=ids).values_list("subject_id", flat=True))
    return int(Note.objects.filter(pk__in=own - shared).delete()[0])


def erase_texts(subject: Subject, at: datetime) -> int:
    """That something came and whether it was a STOP stays known; from whom and the words do not."""
    blank: dict[str, Any] = {"sender": "", "text": ""}
    return int(texts_of(subject).update(**blank))
