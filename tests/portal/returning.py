"""Steps of a return as a browser sends them: the state of one page goes along with the next form."""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from orders.models import Order, OrderLine
from returns.models import Return, ReturnPlace, ReturnPolicy
from tests.conftest import NOW
from tests.factories import ship
from tracking.types import ShipmentStatus

HOME = {"name": "Acme returns", "street": "Hof 1", "postcode": "10115", "city": "Berlin", "country": "DE"}
CREDIT = {"credit": {"bonus_percent": 5}, "exchange": {}, "repair": {}}


def furnished(**over: Any) -> ReturnPolicy:
    """A policy of thirty days with credit and exchanges, a place with two ways."""
    ReturnPlace.objects.create(key="home", name="Berlin", address=HOME, ways={"own": "0", "store": "2.50"}, is_default=True)
    values: dict[str, Any] = {"window_days": 30, "is_free": False, "refund_days": 5, "outcomes": CREDIT, **over}
    row: ReturnPolicy = ReturnPolicy.objects.create(**values)
    return row


def came(order: Order) -> Order:
    """All of the order is there."""
    ship(order, status=ShipmentStatus.DELIVERED, delivered_at=NOW, updated_at=NOW, at=NOW)
    return order


def line(order: Order, position: int = 0) -> str:
    rows = OrderLine.objects.filter(order=order).order_by("position")
    return str(rows[position].public_id)


def state_of(response: Any) -> str:
    found = re.search(r'name="state" value="([^"]*)"', response.content.decode())
    assert found is not None, response.content.decode()[-3000:]
    return found.group(1)


def jpeg(size: tuple[int, int] = (40, 30), name: str = "photo.jpg") -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/jpeg")


def go(client: Client, path: str, response: Any, step: str, **typed: Any) -> Any:
    """Send the form that the last answer showed."""
    return client.post(path, {"step": step, "state": state_of(response), **typed})


def to_why(client: Client, path: str, lines: Mapping[str, int], **more: Any) -> Any:
    """The second step, for these lines and pieces."""
    typed = {f"quantity_{id}": str(count) for id, count in lines.items()}
    return go(client, path, client.get(path), "what", line=list(lines), **typed, **more)


def to_outcomes(client: Client, path: str, lines: Mapping[str, int], reason: str = "too_small", **more: Any) -> Any:
    """The second step with the reason given: the outcomes are shown."""
    return go(client, path, to_why(client, path, lines, **more), "why", **{f"reason_{id}": reason for id in lines})


def to_way(client: Client, path: str, lines: Mapping[str, int], outcome: str = "refund", reason: str = "too_small", **more: Any) -> Any:
    shown = to_outcomes(client, path, lines, reason)
    typed: dict[str, Any] = {}
    for id in lines:
        typed |= {f"reason_{id}": reason, f"told_{id}": reason, f"outcome_{id}": outcome}
    return go(client, path, shown, "why", **{**typed, **more})


def to_check(client: Client, path: str, lines: Mapping[str, int], outcome: str = "refund", way: str = "own", **more: Any) -> Any:
    return go(client, path, to_way(client, path, lines, outcome, **more), "way", way=way)


def returned(client: Client, path: str, lines: Mapping[str, int], outcome: str = "refund", way: str = "own", **more: Any) -> str:
    """The whole way; the address of the return."""
    response = go(client, path, to_check(client, path, lines, outcome, way, **more), "check")
    assert response.status_code == 302, response.content.decode()[-3000:]
    return str(response["Location"]).partition("?")[0]


def newest() -> Return:
    row: Return = Return.objects.latest("pk")
    return row
