"""What this room holds about a shopper: orders, and who looked for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from core.encryption import random_id
from customers.registry import Holding, Record, register
from customers.types import Subject
from events.models import Delivery
from merchants.models import IdempotencyKey
from orders.models import Addition, GuestAccess, LookUp, Order, OrderChange, OrderLine, OrderRequest, Payment, Refund
from orders.rules.erasure import coarse_address, is_unfinished
from orders.selectors import orders_held
from orders.services.links import LAST_EPOCH

BLANK = dict.fromkeys(("email", "phone", "first_name", "last_name", "language", "cancel_reason"), "")
TOLD = (
    "number", "placed_at", "state", "payment_state", "fulfilment", "currency", "total", "subtotal", "discount_total", "shipping_total",
    "tax_total", "refunded_total", "email", "phone", "first_name", "last_name", "language", "shipping_address", "billing_address",
    "shipping_method", "cancelled_at", "cancel_reason",
)  # fmt: skip
LINE = ("title", "variant_title", "sku", "options", "quantity", "unit_price", "discount", "tax", "total")
REQUEST = ("kind", "state", "cause", "note", "address", "reason", "requested_at", "decided_at")
# A free text of a line of the history; the codes and figures beside it are facts.
WARNED = "warnings"


def orders_of(subject: Subject) -> QuerySet[Order]:
    """Every order of the person, the oldest first."""
    rows: QuerySet[Order] = Order.objects.filter(customer=subject.customer_id).order_by("placed_at", "pk")
    return rows


def collect_orders(subject: Subject) -> Sequence[Record]:
    """Orders with their lines, payments, refunds and requests; six queries whatever their number."""
    rows = {row["pk"]: row for row in orders_of(subject).values("pk", *TOLD)}
    parts: dict[str, tuple[type[Any], tuple[str, ...]]] = {
        "lines": (OrderLine, LINE),
        "payments": (Payment, ("method", "last4", "amount", "paid_at")),
        "refunds": (Refund, ("amount", "note", "refunded_at")),
        "requests": (OrderRequest, REQUEST),
        "additions": (Addition, ("title", "quantity", "unit_price", "state", "reason", "requested_at")),
    }
    for name, (model, columns) in parts.items():
        for row in rows.values():
            row[name] = []
        for part in model.objects.filter(order__customer=subject.customer_id).order_by("pk").values("order_id", *columns):
            rows[part.pop("order_id")][name].append(part)
    for row in rows.values():
        del row["pk"]
    return list(rows.values())


def erase_orders(subject: Subject, at: datetime) -> int:
    """Take out whatever leads to the person; amounts, taxes, country, city and the beginning of the postcode stay for the books."""
    held = orders_held(customer_id=subject.customer_id)  # before the customer's row: shops' news take them in the same order
    ids = [order.pk for order in held]
    for order in held:
        if order.erased_at is None:
            _erase(order, at)
    return sum(order.erased_at == at for order in held) + _erase_parts(ids, [order.public_id for order in held])


def _erase(order: Order, at: datetime) -> None:
    """The links of the past lead nowhere from now on: each kind depends on a column that changes."""
    for name, value in BLANK.items():
        setattr(order, name, value)
    order.shipping_address = coarse_address(order.shipping_address)
    order.billing_address = coarse_address(order.billing_address)
    order.track_token, order.erased_at = random_id(), at
    order.link_epoch, order.gift_epoch = min(order.link_epoch + 1, LAST_EPOCH), min(order.gift_epoch + 1, LAST_EPOCH)
    order.save(update_fields=[*BLANK, "shipping_address", "billing_address", "track_token", "erased_at", "link_epoch", "gift_epoch"])


def _erase_parts(ids: Sequence[int], public_ids: Sequence[str]) -> int:
    of = Q(order__in=ids)
    done = int(OrderLine.objects.filter(of).exclude(options={}).update(options={}))
    done += Payment.objects.filter(of).exclude(last4="").update(last4="")
    done += Refund.objects.filter(of).exclude(note="").update(note="")
    done += Addition.objects.filter(of).exclude(reason="").update(reason="")
    asked = OrderRequest.objects.filter(of).exclude(note="", reason="", address={})
    done += asked.update(note="", reason="", address={})
    for change in OrderChange.objects.filter(of, data__has_key=WARNED):
        change.data.pop(WARNED)
        change.save(update_fields=["data"])
        done += 1
    done += GuestAccess.objects.filter(of).delete()[0] + LookUp.objects.filter(of).delete()[0]
    done += IdempotencyKey.objects.filter(body__id__in=list(public_ids)).update(body={"erased": True})
    return done + int(Delivery.objects.filter(event__thread__in=ids).exclude(last_error="").update(last_error=""))


def addresses(customer_id: int) -> set[str]:
    """Every e-mail address and telephone number an order of the customer was given."""
    told = Order.objects.filter(customer=customer_id, erased_at=None).values_list("email", "phone")
    return {value for pair in told for value in pair}


def unfinished(subject: Subject, now: datetime) -> list[str]:
    """A reason for each order whose shopper must be known until it is finished."""
    told = orders_of(subject).filter(erased_at=None).values_list("number", "state", "payment_state", "fulfilment", "placed_at")
    return [
        now_("Order %(number)s is not finished yet.") % {"number": number}
        for number, state, payment_state, fulfilment, placed_at in told
        if is_unfinished(state=state, payment_state=payment_state, fulfilment=fulfilment, placed_at=placed_at, now=now)
    ]


register(
    Holding(
        key="orders",
        title=_("Your orders"),
        purpose=_("To send what you bought, take returns back, and keep the shop's books."),
        basis=_("Needed for what you bought; after that, required by tax law"),
        kept=_("As long as tax law asks. After an erasure only amounts, taxes, country, city and the beginning of the postcode."),
        personal={
            "orders.Order": (*BLANK, "shipping_address", "billing_address", "track_token"),
            "orders.OrderLine": ("options",),
            "orders.Payment": ("last4",),
            "orders.Refund": ("note",),
            "orders.Addition": ("reason",),
            "orders.OrderRequest": ("note", "address", "reason"),
            "orders.OrderChange": ("data",),
            "orders.LookUp": ("nonce", "browser_fingerprint"),
            "orders.GuestAccess": ("fingerprint",),
            "events.Delivery": ("last_error",),
        },
        rows=orders_of,
        collect=collect_orders,
        erase=erase_orders,
        addresses=addresses,
        holds=unfinished,
    )
)
