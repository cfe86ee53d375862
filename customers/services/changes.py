"""What happened to an account: for its owner to read, and to be told about."""

from datetime import datetime

from customers.models import AccountChange, Customer
from customers.types import AccountFact
from events.services import emit


def record_account_change(*, customer: Customer, what: AccountFact, device: str, told_to: str = "", at: datetime) -> AccountChange:
    """Note what happened. Its owner gets a message of all but signing in; `told_to` is the address from before, when that changed."""
    row: AccountChange = AccountChange.objects.create(
        customer=customer, what=what, told_to=told_to, device=device.replace("\0", "")[:200], at=at
    )
    if what != AccountFact.SIGNED_IN:
        emit(type="customers.account.changed", payload={"account_change": row.pk, "customer": customer.pk}, at=at)
    return row
