"""Who has something open with us: a return that is not settled, or a claim."""

from collections.abc import Collection

from returns.models import Claim, Return
from returns.types import ClaimState, Origin, ReturnState

OVER = (ReturnState.RESOLVED, ReturnState.CLOSED, ReturnState.DECLINED, ReturnState.CANCELLED, ReturnState.EXPIRED)
OPEN_CLAIM = (ClaimState.OPEN, ClaimState.INFO_NEEDED, ClaimState.APPROVED, ClaimState.REPAIRING)


def has_open_case(customer_ids: Collection[int]) -> set[int]:
    """The customers among these with an open return or claim; one query. A gift that goes back is not the giver's business."""
    if not customer_ids:
        return set()
    going_back = Return.objects.filter(order__customer__in=customer_ids, is_gift=False).exclude(state__in=OVER)
    wrong = Claim.objects.filter(order__customer__in=customer_ids, state__in=OPEN_CLAIM).exclude(origin=Origin.GIFT)
    return set(going_back.values_list("order__customer", flat=True).union(wrong.values_list("order__customer", flat=True)))
