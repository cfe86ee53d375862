"""An order that came, the link that asks about it, and steps of its form as a browser sends them."""

import re
from datetime import timedelta
from typing import Any

from orders.models import Order, OrderLine
from reviews.models import Review, ReviewRequest
from reviews.tokens import request_token
from tests.conftest import NOW
from tests.factories import incoming_line
from tests.reviews.stage import bought, line_of, parcel_of, plan, request_row

DAY = timedelta(days=1)
CAME = NOW - 8 * DAY
FORM: dict[str, Any] = {"stars": "4", "text": "Soft, and it fits as told.", "title": "", "language": "en", "author": "Sam"}


def asked(**over: Any) -> tuple[Order, str]:
    """Sam's shirt and belt came eight days ago, and he was asked yesterday: the order, and the path of the form."""
    plan()
    lines = (
        incoming_line(external_id="L1", variant_title="M", sku="SHIRT-M", product_external_id="shirt", options={"Size": "M"}),
        incoming_line(external_id="L2", title="Leather belt", sku="BELT"),
    )
    order = bought(
        came=CAME, placed_at=NOW - 14 * DAY, at=NOW - 14 * DAY, lines=over.pop("lines", lines), parcel={"shipped_at": NOW - 10 * DAY}
    )
    row = request_row(order, **over)
    return order, path_of(row)


def path_of(row: ReviewRequest) -> str:
    return f"/review/{request_token(row)}/"


def line(order: Order, external_id: str = "L1") -> str:
    row: OrderLine = line_of(order, external_id)
    return str(row.public_id)


def parcel(order: Order) -> str:
    return str(parcel_of(order).public_id)


def review() -> Review:
    row: Review = Review.objects.latest("pk")
    return row


def heading(response: Any) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", "", found.group(1)).split())
