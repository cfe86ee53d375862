"""One program calling every operation of the API, whose answers are all held against the document."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.test import Client

from merchants.scope import merchant_scope
from orders.models import Addition
from returns.models import MoneyBack, Withdrawal
from rewards.models import Coupon
from tests.api.conftest import hold_against_document
from tests.hostile.corpus import IS_DEEP
from tests.hostile.shapes import BASE, JSON, Leaf, Operation, operations
from tests.hostile.stage import PLATFORM, House

OWN = {"claims": "claim_id", "returns": "case_id", "requests": "request_id", "reviews": "review_id", "shipments": "shipment_id"}
_numbers = itertools.count(1)


def ids(house: House) -> dict[str, str]:
    """What stands in the path of each collection: an id of the house's own."""
    own = house.own.by_argument
    customer = house.order.customer
    assert customer is not None
    with merchant_scope(house.merchant.pk):
        found = {
            "additions": Addition.objects.get().public_id,
            "moneys": MoneyBack.objects.get().public_id,
            "withdrawals": Withdrawal.objects.get().public_id,
            "coupons": Coupon.objects.earliest("pk").code,
        }
    same = {"orders": house.order.number, "products": own["key"], "customers": customer.public_id, "surveys": "csat"}
    return found | same | {name: own[argument] for name, argument in OWN.items()}


@dataclass
class Program:
    """Calls as the house's own program does."""

    house: House
    client: Client = field(default_factory=Client)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids = ids(self.house)

    def path(self, operation: Operation, value: str | None = None) -> str:
        """The address with an id of the house's own, or with the one given."""
        collection = operation.path.split("/")[1]
        filled = operation.path
        for name in operation.named("path"):
            filled = filled.replace(f"{{{name}}}", self.ids[collection] if value is None else value)
        return BASE + filled

    def call(self, operation: Operation, *, path: str = "", raw: bytes | None = None, body: Any = None, **over: Any) -> Any:
        """One call; `over` takes the method, the content type, and headers (None leaves one out)."""
        cache.clear()
        if raw is None:
            content = operation.body if body is None else body
            raw = b"" if operation.method != "post" else json.dumps(content).encode()
        method, kind = over.pop("method", operation.method.upper()), over.pop("content_type", JSON)
        sent = {"Host": PLATFORM, "Authorization": f"Bearer {self.house.token}", "Idempotency-Key": f"hostile-{next(_numbers)}"}
        headers = {name: value for name, value in {**sent, **over.pop("headers", {})}.items() if value is not None}
        answer = self.client.generic(method, path or self.path(operation), raw, kind, headers=headers)
        if answer.status_code < 500 and method == operation.method.upper() and answer.get("Content-Type") == JSON:
            hold_against_document(operation.method, answer)
        return answer


def posts() -> list[Operation]:
    """The operations that take a body."""
    return [one for one in operations() if one.method == "post"]


def chosen(leaves: Sequence[Leaf], turn: int) -> Iterator[Leaf]:
    """All leaves of a deep run; of an ordinary one a leaf by turns, so that all are met by the entries together."""
    if IS_DEEP:
        yield from leaves
    elif leaves:
        yield leaves[turn % len(leaves)]
