"""Our order confirmation as a template of Django's own kind, for the peer, and what it is filled with. Imported once Django runs."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import context, rendering
from notifications.house import load
from notifications.models import Message
from notifications.notes import Notes
from orders.models import Order

SHORTEST = 4  # characters of a value that is looked for in the mail


def write_letter(path: Path, slug: str) -> None:
    """Subject, HTML and text of the merchant's first order with Django variables where our mail has values."""
    merchant = Merchant.objects.get(slug=slug)
    with merchant_scope(merchant.pk):
        first = Order.objects.prefetch_related(*_related()).filter(language="en").order_by("pk")[0]
        facts = _facts(first, now(), load(), Notes())
        made = rendering.render(kind="order_confirmation", channel="email", language="en", context=facts)
    parts = {"subject": made.subject, "html": made.html, "text": made.text}
    path.write_text(json.dumps({"merchant": merchant.pk, **{name: _with_variables(text, facts) for name, text in parts.items()}}))


def confirmations(merchant: int, place: int, messages: int, workers: int, chunk: int) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Address and context of one worker's share of the orders, read and built as for our own mails, batch by batch."""
    with merchant_scope(merchant):
        share = list(Order.objects.order_by("pk").values_list("pk", flat=True)[:messages][place::workers])
    for start in range(0, len(share), chunk):
        with merchant_scope(merchant):
            orders, house, notes, at = Order.objects.prefetch_related(*_related()), load(), Notes(), now()
            found = orders.in_bulk(share[start : start + chunk]).values()
            facts = [(order.email, _facts(order, at, house, notes)) for order in found]
        yield facts


def _related() -> list[str]:
    return [name.removeprefix("order__") for name in context.RELATED]


def _facts(order: Order, at: datetime, house: Any, notes: Notes) -> dict[str, Any]:
    row = Message(kind="order_confirmation", channel="email", language=order.language)
    row.order, row.customer = order, order.customer
    return context.build(message=row, now=at, house=house, notes=notes)


def _with_variables(text: str, facts: dict[str, Any]) -> str:
    text = text.replace("{{", "{ {").replace("{%", "{ %")
    found = sorted(_values(facts), key=lambda pair: -len(pair[1]))
    for number, (_, value) in enumerate(found):
        text = text.replace(value, f"\ue000{number}\ue001")
    for number, (name, _) in enumerate(found):
        text = text.replace(f"\ue000{number}\ue001", "{{ " + name + " }}")
    return text


def _values(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Dotted names, as Django's templates know them, and the texts they stand for."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _values(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _values(part, f"{path}.{place}")
    elif isinstance(value, str) and len(value) >= SHORTEST and path.partition(".")[0] not in ("colors", "branding", "facts", "language"):
        yield path, value
