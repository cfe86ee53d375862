"""`python -m bench.pages --orders 20000 --json FILE`: server time of the shopper's pages at two sizes of the tables, ten times apart.

Each page is asked as a browser would, through all middleware, by `django.test.Client` in this process, for orders and
shoppers spread over the whole table.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.stage import stage

BUDGET_MS, GROWTH, ROUNDS, WARM_UP = 40.0, 10, 200, 20
ACCOUNT = {
    "hub": "/",
    "orders": "/orders/",
    "search": "/orders/?q=wool",
    "open": "/orders/?show=open",
    "messages": "/messages/",
    "preferences": "/preferences/",
    "profile": "/profile/",
    "security": "/profile/security/",
    "privacy": "/privacy/",
    "returns policy": "/policies/returns/",
    "all returns": "/returns/",
    "all reviews": "/reviews/",
    "withdraw": "/withdraw/",
    "help": "/help/",
}
ORDER = {"order": "", "shipping": "shipping/", "products": "products/", "returns": "returns/", "cancel": "cancel/", "share": "share/"}
ORDER |= {"send back": "returns/new/", "report a problem": "claims/new/", "review": "reviews/"}
BY_LINK = {"tracking", "view"}  # asked by somebody unknown
CHUNK = 2000  # one transaction of copies: checking the foreign keys of more at its end takes far longer


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--json", type=Path, default=None)
    return parser.parse_args()


def main() -> int:
    given = arguments()
    sizes = (given.orders // GROWTH, given.orders)
    with stage("pages"):
        pages = {str(size): timed for size, timed in measure(sizes)}
    small, large = pages[str(sizes[0])], pages[str(sizes[1])]
    growth = {name: round(large[name]["p50_ms"] / small[name]["p50_ms"], 2) for name in large}
    text = json.dumps({"load": os.getloadavg()[0], "pages": pages, "growth_of_p50": growth}, indent=2, sort_keys=True)
    if given.json:
        given.json.write_text(text + "\n")
    print(text)
    return 0 if all(page["p95_ms"] <= BUDGET_MS for page in large.values()) else 1


def measure(sizes: tuple[int, ...]) -> list[tuple[int, dict[str, dict[str, float]]]]:
    """Fill up to each size in turn, and time the pages there."""
    from bench.copies import multiply, original, settle  # noqa: PLC0415  needs a running Django
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from merchants.services import create_merchant  # noqa: PLC0415

    at, filled, found = datetime.now(tz=UTC), 0, []
    merchant = create_merchant(slug="bench", name="Bench", at=at, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        order = original(at)
    for size in sizes:
        began = time.perf_counter()
        for first in range(filled, size, CHUNK):
            with merchant_scope(merchant.pk):
                multiply(order, first, min(first + CHUNK, size) - 1)
        settle()
        filled = size
        print(f"{size} orders in the tables, {time.perf_counter() - began:.1f} s", file=sys.stderr)
        found.append((size, time_pages(merchant.pk, size, at)))
    return found


def time_pages(merchant_id: int, size: int, at: datetime) -> dict[str, dict[str, float]]:
    """Every page for shoppers spread over the table."""
    from bench.copies import BASE, ORDERS_EACH  # noqa: PLC0415
    from customers.models import Customer  # noqa: PLC0415
    from customers.services import open_session  # noqa: PLC0415
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from orders.models import Order  # noqa: PLC0415
    from orders.tokens import order_link_token  # noqa: PLC0415

    step = max(1, size // (ROUNDS + WARM_UP))
    numbers = [(n * step) % (size - ORDERS_EACH) + ORDERS_EACH for n in range(ROUNDS + WARM_UP)]
    with merchant_scope(merchant_id):
        orders = list(Order.objects.filter(pk__in=[BASE + n for n in numbers]).values_list("public_id", "track_token", "customer_id"))
        people = Customer.objects.in_bulk([customer_id for _, _, customer_id in orders])
        tokens = {id: open_session(customer=person, user_agent="bench", at=at) for id, person in people.items()}
        rows = Order.objects.filter(public_id__in=[public_id for public_id, _, _ in orders])
        links = {row.public_id: order_link_token(row, at=at) for row in rows}
    return {name: time_page(path, orders, {} if name in BY_LINK else tokens) for name, path in addresses(links).items()}


def addresses(links: dict[str, str]) -> dict[str, Callable[[Any], str]]:
    """Each kind of page, and its address for one row of order id, tracking token and customer."""
    account: dict[str, Callable[[Any], str]] = {name: lambda row, path=path: path for name, path in ACCOUNT.items()}  # type: ignore[misc]
    order: dict[str, Callable[[Any], str]] = {
        name: lambda row, part=part: f"/orders/{row[0]}/{part}"  # type: ignore[misc]
        for name, part in ORDER.items()
    }
    return {**account, **order, "tracking": lambda row: f"/track/{row[1]}/", "view": lambda row: f"/view/{links[row[0]]}/"}


def time_page(path: Callable[[Any], str], orders: list[Any], tokens: dict[int, str]) -> dict[str, float]:
    """Milliseconds of one kind of page; raises RuntimeError when it does not come."""
    from django.test import Client  # noqa: PLC0415

    times = []
    for row in orders:
        client = Client(headers={"Host": "bench.platform.test"})
        if token := tokens.get(row[2]):
            client.cookies["shopper"] = token
        began = time.perf_counter()
        answer = client.get(path(row))
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path(row)} answered {answer.status_code}")
    kept = sorted(times[WARM_UP:])
    return {f"p{share}_ms": round(kept[len(kept) * share // 100], 2) for share in (50, 95)}


if __name__ == "__main__":
    raise SystemExit(main())
