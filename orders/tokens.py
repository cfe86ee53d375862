"""Links that open an order without a code: read-only from messages, and for whom a present is meant.

A token is the order's public id, the epoch and the last day it was made for, and a digest of all three that only this installation
can make, bound to the merchant and to what the link is for. Nothing is stored: a link is as old as it says, and dead once the
order's epoch has moved on. What was forged and what has ended can so be told apart, which the page needs: an ended link still says
how the order stands, a forged one is a 404.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.signing import derive_token, is_derived
from merchants.scope import required_merchant_id
from orders.models import Order
from orders.rules.links import gift_until, is_over, last_day

ID, EPOCH, DAY, DIGEST = 22, 4, 4, 32  # characters; 192 bits of the digest
LENGTH = ID + EPOCH + DAY + DIGEST
VIEW, GIFT = "order-link", "gift-link"
FIRST_DAY = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Link:
    """What a token we made says."""

    public_id: str
    epoch: int
    until: date

    def is_live(self, *, epoch: int, now: datetime) -> bool:
        """Whether it still opens what it was made for: not revoked, not over."""
        return self.epoch == epoch and not is_over(self.until, now=now)


def order_link_token(order: Order, *, at: datetime) -> str:
    """The token of a read-only page of the order, for messages sent now. Works for thirty days, or until revoked."""
    return _token(VIEW, Link(order.public_id, order.link_epoch, last_day(at)))


def gift_token(order: Order) -> str:
    """The token under which somebody follows a present without its price and giver. The same until revoked."""
    return _token(GIFT, Link(order.public_id, order.gift_epoch, gift_until(order.placed_at)))


def read_order_link(token: str) -> Link | None:
    """What an order link says, ended or not; None when we did not make it for the current merchant."""
    return _read(VIEW, token)


def read_gift_link(token: str) -> Link | None:
    """The same for a gift link."""
    return _read(GIFT, token)


def _token(purpose: str, link: Link) -> str:
    body = f"{link.public_id}{link.epoch:04x}{(link.until - FIRST_DAY).days:04x}"
    return body + _digest(purpose, body)


def _read(purpose: str, token: str) -> Link | None:
    body, digest = token[:-DIGEST], token[-DIGEST:]
    if len(token) != LENGTH or not token.isascii() or not _is_mine(digest, purpose, body):
        return None
    days = int(body[ID + EPOCH :], 16)
    return Link(body[:ID], int(body[ID : ID + EPOCH], 16), FIRST_DAY + timedelta(days=days))


def _digest(purpose: str, body: str) -> str:
    return derive_token(purpose, f"{required_merchant_id()}|{body}")[:DIGEST]


def _is_mine(given: str, purpose: str, body: str) -> bool:
    return is_derived(given, purpose, f"{required_merchant_id()}|{body}", length=DIGEST)
