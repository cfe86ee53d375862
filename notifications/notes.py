"""What composing leaves behind, kept while a batch is composed and stored with its statements: short links, days promised."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from customers.types import Channel
from merchants.rows import insert
from notifications.models import Message, ShortLink
from orders.models import Order, Promise
from orders.services import record_promises
from orders.types import PromiseKind
from rewards.models import Coupon, ReferralCode
from rewards.services import keep_coupons, keep_referral_codes

SAMPLE_CODE = "x" * 22  # as long as a real one


@dataclass(slots=True)
class Notes:
    """`codes` are the short links there are, by message and path; `made` are parts that messages of the batch share.

    With `is_kept` what is noted will be stored, so codes in the message are real ones. An example shows every block of a style,
    made up where the order has nothing for it.
    """

    codes: dict[tuple[int, str], str] = field(default_factory=dict)
    links: list[ShortLink] = field(default_factory=list)
    promises: dict[int, list[Promise]] = field(default_factory=dict)  # by order
    made: dict[tuple[object, ...], dict[str, Any]] = field(default_factory=dict)
    coupons: dict[int, Coupon] = field(default_factory=dict)  # by order
    referrals: dict[int, ReferralCode] = field(default_factory=dict)  # by customer
    is_kept: bool = False
    is_example: bool = False

    def once(self, key: tuple[object, ...], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """A part of the context made for the first message that needs it. Templates cannot change it: they assign to names of their own."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def code(self, message: Message, path: str) -> str:
        """One code per message and target, also when the message is composed again."""
        key = (message.pk, path)
        if not self.is_kept:
            return SAMPLE_CODE
        if key not in self.codes:
            link = ShortLink(message=message, path=path)
            self.links.append(link)
            self.codes[key] = link.code
        return self.codes[key]

    def promise(self, order: Order, kind: PromiseKind, day: date, *, at: datetime, subject: str = "order") -> None:
        """Keep a day we are about to tell of the order or a parcel (`shipment:<id>`), unless it is the one told last."""
        mine = self.promises.setdefault(order.pk, [])
        known = [row for row in (*order.promises.all(), *mine) if (row.kind, row.subject) == (kind, subject)]
        newest = max(known, key=lambda row: (row.said_at, row.pk or float("inf")), default=None)
        if newest is None or newest.date != day:
            mine.append(Promise(order=order, subject=subject, kind=kind, date=day, source="merchant", said_at=at))

    def store(self) -> None:
        """At most four statements, whatever the size of the batch."""
        insert(self.links)
        record_promises(promises=[row for rows in self.promises.values() for row in rows])
        keep_coupons([row for row in self.coupons.values() if row.pk is None])
        keep_referral_codes([row for row in self.referrals.values() if row.pk is None])


def open_notes(messages: Sequence[Message]) -> Notes:
    """With the links that earlier tries of these messages left; nobody else makes any while we hold the messages."""
    texts = [message.pk for message in messages if message.channel == Channel.SMS]
    rows = ShortLink.objects.filter(message__in=texts).values_list("message_id", "path", "code") if texts else []
    return Notes({(message_id, path): code for message_id, path, code in rows}, is_kept=True)
