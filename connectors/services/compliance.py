"""Privacy requests a shop's platform passes on: the same services as the shopper's own page."""

from datetime import datetime

from connectors.types import Compliance
from customers.services import request_erasure, request_export
from orders.services import people_named

DATA_REQUEST, REDACT = "customers/data_request", "customers/redact"


def comply(parsed: Compliance, *, source: str, at: datetime) -> str:
    """Make the requests; returns what became of them, without naming anybody. The same call twice makes them once.

    That a shop is gone is recorded only: its merchant may still sell elsewhere, so staff erase its shoppers by command.
    """
    ask = {DATA_REQUEST: request_export, REDACT: request_erasure}.get(parsed.request)
    if ask is None:
        return "waits for staff: manage.py erase_shoppers"
    people = people_named(
        source=source,
        order_external_ids=parsed.order_external_ids,
        customer_external_id=parsed.customer_external_id,
        email=parsed.customer_email,
        at=at,
    )
    for customer in people:
        ask(customer=customer, source=f"shop {source}"[:80], at=at)
    return f"requests: {len(people)}" if people else "nobody here is meant"
