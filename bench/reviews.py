"""`python -m bench.reviews --reviews 100000 --json FILE`: a product with that many reviews: its score, its first page and the widget's data.

Beside each stands the time of the bare SQL that reads the same rows. All stars, languages and fits are there in natural shares.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.stage import stage

BUDGET_MS, ROUNDS, CHUNK = 30.0, 60, 5_000
KEY = "shirt"
STARS = (5, 5, 5, 4, 4, 5, 3, 1, 5, 2)
LANGUAGES = ("en", "en", "de", "en", "pt-br")
FITS = ("true", "", "small", "true", "", "large", "")
SCORE_SQL = "select * from reviews_productscore where merchant_id = %s and product_key = %s"
PAGE_SQL = """
    select review.*, rating.stars from reviews_review review join reviews_rating rating on rating.review_id = review.id
    where review.merchant_id = %s and review.product_key = %s and review.state = 'published'
    order by review.published_at desc, review.id desc limit 11"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=100_000)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    with stage("reviews"):
        report = measure(given.reviews)
    text = json.dumps({"load": os.getloadavg()[0], **report}, indent=2, sort_keys=True)
    if given.json:
        given.json.write_text(text + "\n")
    print(text)
    return 0 if report["summary_and_first_page"]["p95_ms"] <= BUDGET_MS else 1


def measure(size: int) -> dict[str, Any]:
    """Fill the tables, then time each read in one merchant's scope, and the widget as a browser asks for it."""
    from django.db import connection  # noqa: PLC0415  needs a running Django
    from django.test import Client  # noqa: PLC0415

    from merchants.scope import merchant_scope  # noqa: PLC0415
    from merchants.services import create_merchant  # noqa: PLC0415
    from reviews.selectors.fairness import fairness  # noqa: PLC0415
    from reviews.selectors.shown import score_of, shown  # noqa: PLC0415

    at = datetime.now(tz=UTC)
    merchant = create_merchant(slug="bench", name="Bench", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    filled = fill(merchant.pk, size, at)

    def bare(sql: str) -> Callable[[], Any]:
        def ask() -> Any:
            with connection.cursor() as cursor:
                cursor.execute(sql, [merchant.pk, KEY])
                return cursor.fetchall()

        return ask

    def both() -> Any:
        score = score_of([KEY])[KEY]
        return shown(key=KEY, limit=10, score=score)

    reads: dict[str, Callable[[], Any]] = {
        "summary_and_first_page": both,
        "bare_summary": bare(SCORE_SQL),
        "bare_first_page": bare(PAGE_SQL),
        "most_helpful": lambda: shown(key=KEY, sort="helpful", limit=10),
        "two_stars": lambda: shown(key=KEY, stars=2, limit=10),
        "in_portuguese_and_small": lambda: shown(key=KEY, language="pt-br", fit="small", limit=10),
        "deep_page": lambda: shown(key=KEY, limit=10, after=deep),
        "fairness_page": lambda: fairness(since=at - timedelta(days=365)),
    }
    with merchant_scope(merchant.pk):
        deep = place_at(size // 2)
        found: dict[str, Any] = {name: timed(read) for name, read in reads.items()}
    client = Client(headers={"Host": "bench.platform.test"})
    found["widget_json"] = timed(lambda: client.get(f"/widget/reviews.json?product={KEY}"))
    etag = client.get(f"/widget/reviews.json?product={KEY}")["ETag"]
    found["widget_json_known"] = timed(lambda: client.get(f"/widget/reviews.json?product={KEY}", headers={"If-None-Match": etag}))
    found["product_page"] = timed(lambda: client.get(f"/products/{KEY}/reviews/"))
    return {"reviews": size, **filled, **found}


def fill(merchant_id: int, size: int, at: datetime) -> dict[str, Any]:
    """Published reviews with stars, counted by the service that counts them on the event road."""
    from merchants.scope import merchant_scope  # noqa: PLC0415
    from reviews.models import Review  # noqa: PLC0415
    from reviews.models.ratings import Rating  # noqa: PLC0415
    from reviews.services.tallies import count_reviews  # noqa: PLC0415

    counting = 0.0
    for first in range(0, size, CHUNK):
        with merchant_scope(merchant_id):
            rows = [Review(**one(place, at)) for place in range(first, min(first + CHUNK, size))]
            Review.objects.bulk_create(rows)
            Rating.objects.bulk_create([Rating(review=row, stars=STARS[place % 10], at=at) for place, row in enumerate(rows)])
            began = time.perf_counter()
            count_reviews(review_ids=[row.pk for row in rows], at=at)
            counting += time.perf_counter() - began
        print(f"{first + len(rows)} reviews", file=sys.stderr)
    analyse()
    return {"counting_seconds": round(counting, 1), "counted_per_second": round(size / counting)}


def one(place: int, at: datetime) -> dict[str, Any]:
    when = at - timedelta(minutes=5 * place)
    return {
        "product_key": KEY,
        "product_title": "Linen shirt",
        "state": "published",
        "is_verified": place % 20 != 0,
        "author": f"Shopper {place}",
        "language": LANGUAGES[place % 5],
        "title": "As told" if place % 3 else "",
        "text": "The linen is soft, and it fits as the table says. " * (1 + place % 6),
        "fit": FITS[place % 7],
        "helpful": (place * 7919) % 97,
        "written_at": when,
        "decided_at": when,
        "published_at": when,
    }


def analyse() -> None:
    """What autovacuum does in its time."""
    from django.db import connections  # noqa: PLC0415

    with connections["owner"].cursor() as cursor:
        cursor.execute("analyze reviews_review, reviews_rating, reviews_productscore, reviews_reviewreply, reviews_reviewphoto")


def place_at(place: int) -> str:
    from reviews.models import Review  # noqa: PLC0415

    found: str = Review.objects.order_by("-published_at", "-pk").values_list("public_id", flat=True)[place]
    return found


def timed(read: Callable[[], Any]) -> dict[str, float]:
    """Milliseconds of a read."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        read()
        times.append(1000 * (time.perf_counter() - began))
    return {"p50_ms": round(statistics.median(times), 2), "p95_ms": round(sorted(times)[int(ROUNDS * 0.95)], 2)}


if __name__ == "__main__":
    raise SystemExit(main())
