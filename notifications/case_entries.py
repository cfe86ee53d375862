"""Messages of returns, exchanges, claims and withdrawals. News of a gift go to who got it, and the giver hears of nothing."""

from datetime import timedelta
from typing import Any

from customers.types import Channel, Topic
from notifications.entry import Entry
from notifications.types import Kind

EMAIL, SMS = Channel.EMAIL, Channel.SMS


def _case(kind: Kind, event: str, subject: str, transition: str, lifetime: timedelta, **over: Any) -> Entry:
    """News of a return, an exchange, a claim or a withdrawal: by e-mail, and always, unless it says otherwise."""
    values: dict[str, Any] = {"channels": (EMAIL,), "topic": Topic.ORDERS, **over}
    return Entry(kind=kind, event=event, subject=subject, transition=transition, lifetime=lifetime, **values)


ABOUT_CASES = (
    _case(Kind.RETURN_RECEIVED, "returns.return.requested", "return", "requested", timedelta(days=3), is_mandatory=False),
    # With a label it is told once the label is there: the approval alone would be no use to anybody.
    _case(
        Kind.RETURN_APPROVED,
        "returns.return.approved",
        "return",
        "approved",
        timedelta(days=7),
        channels=(EMAIL, SMS),
        also=("returns.return.labelled",),
    ),
    _case(Kind.RETURN_QUESTION, "returns.return.info_needed", "return", "asked", timedelta(days=7), is_mandatory=False, per="event"),
    _case(Kind.RETURN_DECLINED, "returns.return.declined", "return", "declined", timedelta(days=7)),
    _case(
        Kind.RETURN_REMINDER,
        "returns.return.reminder_due",
        "return",
        "reminder",
        timedelta(days=2),
        channels=(EMAIL, SMS),
        is_mandatory=False,
        per="state",
    ),
    _case(
        Kind.RETURN_HANDED_OVER,
        "returns.return.handed_over",
        "return",
        "handed_over",
        timedelta(days=2),
        is_mandatory=False,
        topic=Topic.PARCELS,
        is_important=False,
    ),
    _case(
        Kind.RETURN_ARRIVED,
        "returns.return.arrived",
        "return",
        "arrived",
        timedelta(days=2),
        also=("returns.return.received",),
        is_mandatory=False,
        topic=Topic.PARCELS,
        is_important=False,
    ),
    _case(Kind.RETURN_INSPECTED, "returns.return.inspected", "return", "inspected", timedelta(days=3), is_mandatory=False),
    _case(
        Kind.RETURN_REFUNDED,
        "returns.money.sent",
        "money",
        "sent",
        timedelta(days=7),
        channels=(EMAIL, SMS),
        off=(SMS,),
    ),
    _case(Kind.EXCHANGE_SHIPPED, "returns.exchange.shipped", "exchange", "shipped", timedelta(days=3), is_mandatory=False),
    _case(Kind.CLAIM_RECEIVED, "returns.claim.opened", "claim", "opened", timedelta(days=3)),
    _case(Kind.CLAIM_QUESTION, "returns.claim.info_needed", "claim", "asked", timedelta(days=7), is_mandatory=False, per="event"),
    _case(
        Kind.CLAIM_DECIDED,
        "returns.claim.approved",
        "claim",
        "decided",
        timedelta(days=7),
        also=("returns.claim.declined",),
        is_mandatory=False,
        per="state",
    ),
    # The law's acknowledgement on a durable medium: whatever the shopper chose, and for as long as it takes.
    _case(
        Kind.WITHDRAWAL_RECEIPT,
        "returns.withdrawal.declared",
        "withdrawal",
        "declared",
        timedelta(days=30),
        is_switchable=False,
    ),
    _case(
        Kind.WITHDRAWAL_UNFOUNDED,
        "returns.withdrawal.unfounded",
        "withdrawal",
        "unfounded",
        timedelta(days=30),
        is_switchable=False,
    ),
)
