"""What is left of an order once its shopper is forgotten: what tax law asks for, and nothing that leads to a person."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from orders.types import Address, Fulfilment, IncomingOrder, IncomingRefund, OrderState, PaymentState

# An order nobody finished in a quarter of a year stands in nobody's way.
STALE = timedelta(days=90)
KEPT = ("country", "region", "city")  # the place of supply decides the tax
SETTLED = frozenset({PaymentState.REFUNDED, PaymentState.VOIDED, PaymentState.FAILED})
OWED = frozenset({PaymentState.PENDING, PaymentState.AUTHORIZED, PaymentState.PARTIALLY_PAID})
NOWHERE = dict.fromkeys(Address.__dataclass_fields__, "")


def coarse_postcode(postcode: str) -> str:
    """The first two characters: a region, not a street."""
    text = "".join(postcode.split())
    return text[:2] if len(text) > 3 else ""


def coarse_address(address: Mapping[str, Any]) -> dict[str, str]:
    """An address without whom and where exactly."""
    if not any(address.values()):
        return dict(address)
    kept = {name: str(address.get(name) or "") for name in KEPT}
    return {**NOWHERE, **kept, "postcode": coarse_postcode(str(address.get("postcode") or ""))}


def nameless_refund(refund: IncomingRefund) -> IncomingRefund:
    """A refund without what somebody wrote beside it."""
    return replace(refund, note="")


def nameless(incoming: IncomingOrder) -> IncomingOrder:
    """A shop's news of an order whose shopper was forgotten: states and amounts count, what names a person does not."""
    return replace(
        incoming,
        email="",
        phone="",
        first_name="",
        last_name="",
        language="",
        customer_external_id="",
        cancel_reason="",
        accepts_marketing=None,
        warnings=(),
        shipping_address=_coarse(incoming.shipping_address),
        billing_address=_coarse(incoming.billing_address),
        lines=tuple(replace(line, options={}) for line in incoming.lines),
        payments=tuple(replace(payment, last4="") for payment in incoming.payments),
        refunds=tuple(nameless_refund(refund) for refund in incoming.refunds),
    )


def _coarse(address: Address) -> Address:
    return Address(
        postcode=coarse_postcode(address.postcode) if address != Address() else "",
        city=address.city,
        region=address.region,
        country=address.country,
    )


def is_unfinished(*, state: str, payment_state: str, fulfilment: str, placed_at: datetime, now: datetime) -> bool:
    """Whether something is still to be sent or paid, so that the shopper has to be known."""
    if state == OrderState.CANCELLED or payment_state in SETTLED or placed_at <= now - STALE:
        return False
    return fulfilment != Fulfilment.FULFILLED or payment_state in OWED
