"""`python -m bench.lookup --tries 1000 --json FILE`: can a stranger tell by bytes, statements or time which orders are there?

Half of the look-ups name an order and its own address, half a number nobody has, in a shuffled order, each from a network of its own and
a second after the last by the product's clock, so that no limit is met. The two distributions of server time are printed side by side
and compared by Kolmogorov and Smirnov: the largest gap between them, and what gap chance alone makes once in a hundred. Then a thousand
tries on one address and on one number show the limits.
"""

import argparse
import json
import os
import random
import re
import sys
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.stage import stage

SHARES = (1, 5, 25, 50, 75, 95, 99)
WARM_UP, ORDERS = 50, 20_000
ONCE_IN_A_HUNDRED = 1.628  # the Kolmogorov-Smirnov factor for 1 %
HOST, WINDOW = "bench.platform.test", timedelta(seconds=1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--json", type=Path, default=None)
    return parser.parse_args()


def main() -> int:
    given = arguments()
    with stage("lookup"):
        report = measure(given.tries, given.orders)
    report["load"] = os.getloadavg()[0]
    text = json.dumps(report, indent=2, sort_keys=True)
    if given.json:
        given.json.write_text(text + "\n")
    print(f"{'share':>8}{'hit ms':>10}{'miss ms':>10}", file=sys.stderr)
    for share in SHARES:
        print(f"{share:>7}%{report['hit_ms'][f'p{share}']:>10}{report['miss_ms'][f'p{share}']:>10}", file=sys.stderr)
    print(text)
    return 0 if report["answers"] == report["statements"] == 1 and report["gap"] <= report["gap_by_chance"] and report["limits_hold"] else 1


def measure(tries: int, size: int) -> dict[str, Any]:
    """Fill the tables, ask, compare."""
    from django.db.models import CharField, Value  # noqa: PLC0415  needs a running Django, as all below
    from django.db.models.functions import Cast, Concat  # noqa: PLC0415

    from bench.copies import multiply, original, settle  # noqa: PLC0415
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from merchants.services import create_merchant  # noqa: PLC0415
    from orders.models import Order  # noqa: PLC0415

    at = datetime.now(tz=UTC)
    merchant = create_merchant(slug="bench", name="Bench", at=at, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        order = original(at)
        multiply(order, 0, size - 1)
        Order.objects.update(email=Concat(Value("o"), Cast("pk", CharField()), Value("@customers.example")))
    settle()
    questions = _questions(merchant.pk, tries + WARM_UP)
    asked = [(is_hit, *_ask(n, number, contact, at)) for n, (is_hit, number, contact) in enumerate(questions)][WARM_UP:]
    hit, miss = ([ms for is_hit, ms, _, _ in asked if is_hit is wanted] for wanted in (True, False))
    number, contact = next((number, contact) for is_hit, number, contact in questions if is_hit)
    later = at + timedelta(days=2)
    return {
        "tries": len(asked),
        "hit_ms": _shares(hit),
        "miss_ms": _shares(miss),
        "gap": round(gap(hit, miss), 4),
        "gap_by_chance": round(ONCE_IN_A_HUNDRED * ((len(hit) + len(miss)) / (len(hit) * len(miss))) ** 0.5, 4),
        "answers": len({answer for _, _, answer, _ in asked}),
        "statements": len({statements for _, _, _, statements in asked}),
        **_limits(number, contact, later),
    }


def _questions(merchant_id: int, count: int) -> list[tuple[bool, str, str]]:
    """As many hits as misses, shuffled, no number twice; a miss is a hit with its number's first sign changed."""
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from orders.models import Order  # noqa: PLC0415

    with merchant_scope(merchant_id):
        rows = list(Order.objects.order_by("-pk").values_list("number", "email")[:count])
    dice = random.Random(5)
    dice.shuffle(rows)
    kinds = [n % 2 == 0 for n in range(len(rows))]
    dice.shuffle(kinds)
    return [(is_hit, number if is_hit else f"X{number[1:]}", email) for is_hit, (number, email) in zip(kinds, rows, strict=True)]


def _ask(n: int, number: str, contact: str, at: datetime) -> tuple[float, str, int]:
    """Milliseconds, the answer without its random parts, and how many statements it took."""
    import time_machine  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client(headers={"Host": HOST}, REMOTE_ADDR=f"10.{n // 65_536}.{n // 256 % 256}.{n % 256}")
    counted = Counter[str]()

    def count(execute: Any, *given: Any) -> Any:
        counted["statements"] += 1
        return execute(*given)

    with time_machine.travel(at + n * WINDOW, tick=False), connection.execute_wrapper(count):
        began = time.perf_counter()
        answer = client.post("/find-order/", {"number": number, "contact": contact})
        spent = (time.perf_counter() - began) * 1000
    cookies = sorted((name, str(one["max-age"]), len(one.value)) for name, one in answer.cookies.items() if name != "look-up")
    headers = re.sub(r"nonce-[\w+/=-]+", "", repr(sorted(header for header in answer.items() if header[0] != "Expires")))
    return spent, f"{answer.status_code} {headers} {answer.content!r} {cookies}", counted["statements"]


def gap(one: Sequence[float], other: Sequence[float]) -> float:
    """The largest distance between two distributions: 0 alike, 1 apart."""
    first, second = sorted(one), sorted(other)
    return max(abs(bisect_right(first, x) / len(first) - bisect_right(second, x) / len(second)) for x in (*first, *second))


def _shares(times: list[float]) -> dict[str, float]:
    kept = sorted(times)
    return {f"p{share}": round(kept[len(kept) * share // 100], 2) for share in SHARES}


def _limits(number: str, contact: str, at: datetime) -> dict[str, Any]:
    """A thousand tries on one address and, a day later, on one number, from a thousand networks: how many were answered."""
    address = Counter(_ask(n, f"Y{n}", contact, at)[1][:3] for n in range(1000))
    order = Counter(_ask(n, number, f"a{n}@example.com", at + timedelta(days=2))[1][:3] for n in range(1000))
    return {
        "one_address": dict(address),
        "one_order": dict(order),
        "limits_hold": address["302"] <= 10 and order["302"] <= 5,
    }


if __name__ == "__main__":
    raise SystemExit(main())
