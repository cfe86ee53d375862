"""`python -m bench.reads --sizes 10000,100000,1000000 --json FILE`: the shopper's pages and the API's list as the tables grow.

Each page is asked through all middleware by `django.test.Client` in this process, for orders spread over the whole table, and beside it
the raw SQL of the same reads: the very statements the page makes for that order, asked by psycopg2 alone, every row fetched. The order
page with 1, 5 and 20 lines also stands beside the order page of django-oscar with as many, in a process and a database of its own; the
list beside Django's `values()` of the same rows. The sides take turns, a block each.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench.lines import Line, middle, report, table
from bench.stage import stage

BLOCK, WARM_UP, CHUNK = 10, 5, 2000
LINES, SPECIALS, APART = (1, 5, 20), 40, 2 * 10**6  # orders with so many lines, and where their numbers begin
HOST, API = "bench.platform.test", "platform.test"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000", help="orders in the tables, growing")
    parser.add_argument("--blocks", type=int, default=10, help="turns of each side, of ten requests")
    parser.add_argument("--no-oscar", action="store_true")
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    sizes = sorted(int(size) for size in given.sizes.split(","))
    with stage("reads"):
        lines = measure(sizes, given.blocks, with_oscar=not given.no_oscar)
    if given.json:
        given.json.write_text(report(lines))
    print(table(lines, {}))
    return 0


def measure(sizes: list[int], blocks: int, *, with_oscar: bool) -> list[Line]:
    """Fill up to each size in turn, and time there."""
    from bench.copies import multiply, original, settle  # noqa: PLC0415  needs a running Django
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from merchants.services import create_merchant  # noqa: PLC0415

    at, filled = datetime.now(tz=UTC), 0
    merchant = create_merchant(slug="bench", name="Bench", at=at, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        order = original(at)
        for count in LINES:
            multiply(original(at, count, f"l{count}"), APART * count, APART * count + SPECIALS - 1)
    found: dict[int, dict[str, tuple[float, float]]] = {}
    for size in sizes:
        began = time.perf_counter()
        for first in range(filled, size, CHUNK):
            with merchant_scope(merchant.pk):
                multiply(order, first, min(first + CHUNK, size) - 1)
        settle()
        filled = size
        print(f"{size} orders in the tables, {time.perf_counter() - began:.1f} s", file=sys.stderr)
        found[size] = time_reads(merchant.pk, size, at, blocks)
    return [*lines_of(found), *(beside_oscar(merchant.pk, sizes[-1], at, blocks) if with_oscar else [])]


def lines_of(found: dict[int, dict[str, tuple[float, float]]]) -> list[Line]:
    """Each read at each size, and how much both sides grew from the smallest to the largest."""
    sizes = sorted(found)
    first, last = found[sizes[0]], found[sizes[-1]]
    lines = [Line(f"{name}, {size:,} orders", *pair_of(found[size][name], name)) for name in first for size in sizes]
    if len(sizes) > 1:
        for name in first:
            grew = [round(later / earlier, 3) for later, earlier in zip(last[name], first[name], strict=True)]
            lines.append(Line(f"{name}, growth {sizes[0]:,} to {sizes[-1]:,}", grew[0], "times", f"growth of {peer(name)}", grew[1]))
    return lines


def pair_of(times: tuple[float, float], name: str) -> tuple[float, str, str, float]:
    return times[0], "ms", peer(name), times[1]


def peer(name: str) -> str:
    return "Django values()" if name.startswith("API") else "raw SQL of its reads"


Asked = Callable[[], Any]


def time_reads(merchant_id: int, size: int, at: datetime, blocks: int) -> dict[str, tuple[float, float]]:
    """Medians of each page and of its raw SQL, and of the list and its values."""
    from bench.raw import Raw, statements  # noqa: PLC0415

    raw, found = Raw(), {}
    for name, asked in pages(merchant_id, size, at):
        known = [statements(ask) for ask in asked]  # warms up as well
        ours: list[float] = []
        theirs: list[float] = []
        for block in range(blocks):
            places = [(block * BLOCK + n) % len(asked) for n in range(BLOCK)]
            ours += [timed(asked[place]) for place in places]
            theirs += [raw.ask(known[place]) for place in places]
        found[name] = middle(ours), middle(theirs)
    raw.wire.close()
    listing, values = api_list(merchant_id, at)
    found["API list of 50 orders"] = take_turns(listing, values, blocks)
    return found


def take_turns(one: Asked, other: Asked, blocks: int) -> tuple[float, float]:
    """Medians in milliseconds, block by block."""
    ours: list[float] = []
    theirs: list[float] = []
    for act in (one, other):
        for _ in range(WARM_UP):
            act()
    for _ in range(blocks):
        ours += [timed(one) for _ in range(BLOCK)]
        theirs += [timed(other) for _ in range(BLOCK)]
    return middle(ours), middle(theirs)


def timed(act: Asked) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def pages(merchant_id: int, size: int, at: datetime) -> Iterator[tuple[str, list[Asked]]]:
    """Kinds of pages, and what asks for each of some of them."""
    for count in LINES:
        yield f"order page, {count} line{'s' * (count > 1)}", order_pages(merchant_id, [APART * count + n for n in range(SPECIALS)], at)
    step = max(1, size // (SPECIALS + 1))
    spread = [n * step + 1 for n in range(SPECIALS)]
    yield "hub", order_pages(merchant_id, spread, at, path="/")
    yield "tracking page", order_pages(merchant_id, spread, at, path="/track/{token}/", signed_in=False)


def order_pages(merchant_id: int, numbers: list[int], at: datetime, *, path: str = "/orders/{id}/", signed_in: bool = True) -> list[Asked]:
    from bench.copies import BASE  # noqa: PLC0415
    from customers.services import open_session  # noqa: PLC0415
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from orders.models import Order  # noqa: PLC0415

    asked: list[Asked] = []
    with merchant_scope(merchant_id):
        for order in Order.objects.select_related("customer").filter(pk__in=[BASE + number for number in numbers]):
            assert order.customer is not None
            cookie = open_session(customer=order.customer, user_agent="bench", at=at) if signed_in else ""
            asked.append(partial(ask, path.format(id=order.public_id, token=order.track_token), cookie))
    return asked


def ask(path: str, cookie: str) -> None:
    """Raises RuntimeError when the page does not come."""
    from django.test import Client  # noqa: PLC0415

    client = Client(headers={"Host": HOST})
    if cookie:
        client.cookies["shopper"] = cookie
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")


def api_list(merchant_id: int, at: datetime) -> tuple[Asked, Asked]:
    """The list as a shop asks for it, and the same columns of the same rows by Django's `values()`."""
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from merchants.scope import merchant_scope  # noqa: PLC0415
    from merchants.services import create_api_key  # noqa: PLC0415
    from merchants.types import Scope  # noqa: PLC0415
    from orders.models import Order  # noqa: PLC0415

    settings.API_RATE = settings.API_BURST = 10**6
    with merchant_scope(merchant_id):
        _, token = create_api_key(name="bench", scopes=[Scope.ORDERS_READ], at=at)
    client = Client(headers={"Host": API, "Authorization": f"Bearer {token}"})
    shape = client.get("/api/v1/orders").json()["results"][0]
    named = {"id": "public_id", "customer": "customer__public_id", "updated_at": "source_updated_at"}
    columns = [named.get(name, name) for name in shape if name != "asked_for"]

    def listing() -> None:
        answer = client.get("/api/v1/orders")
        if answer.status_code != 200 or len(answer.json()["results"]) != 50:
            raise RuntimeError(f"the list answered {answer.status_code}")

    def values() -> None:
        with merchant_scope(merchant_id):
            list(Order.objects.order_by("-placed_at", "-pk").values(*columns)[:50])

    return listing, values


def beside_oscar(merchant_id: int, size: int, at: datetime, blocks: int) -> list[Line]:
    """The order page at our largest size beside oscar's at its smallest, in turns; nothing where it cannot be installed."""
    from django.conf import settings  # noqa: PLC0415

    from bench.oscar import VERSION, Oscar  # noqa: PLC0415

    ours: dict[int, list[float]] = {count: [] for count in LINES}
    theirs: dict[int, list[float]] = {count: [] for count in LINES}
    asked = {count: order_pages(merchant_id, [APART * count + n for n in range(SPECIALS)], at) for count in LINES}
    try:
        with ExitStack() as stack:
            peer = stack.enter_context(Oscar(settings.ADMIN_URL))
            for count in LINES:
                peer.ask(count, WARM_UP)
            for block in range(blocks):
                for count in LINES:
                    ours[count] += [timed(asked[count][(block * BLOCK + n) % SPECIALS]) for n in range(BLOCK)]
                    theirs[count] += peer.ask(count, BLOCK)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"left out, django-oscar: {error}", file=sys.stderr)
        return []
    lines = [
        Line(f"order page, {count} line{'s' * (count > 1)}", middle(ours[count]), "ms", f"django-oscar {VERSION}", middle(theirs[count]))
        for count in LINES
    ]
    grew = [round(middle(side[LINES[-1]]) / middle(side[LINES[0]]), 3) for side in (ours, theirs)]
    return [*lines, Line("order page, growth 1 to 20 lines", grew[0], "times", f"growth of django-oscar {VERSION}", grew[1])]


if __name__ == "__main__":
    raise SystemExit(main())
