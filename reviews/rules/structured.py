"""Reviews as schema.org says them, for machines: https://schema.org/Product, /AggregateRating, /Review."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SOME = 10  # reviews told beside the score; the score is of all


@dataclass(frozen=True, slots=True)
class Told:
    """One review, as far as machines are told of it."""

    stars: int
    author: str
    title: str
    text: str
    language: str
    written_at: datetime


def product_data(*, title: str, key: str, url: str, n: int, mean: float, reviews: Sequence[Told]) -> dict[str, Any]:
    """A product with its score and its newest reviews; without any of both while it has none."""
    found: dict[str, Any] = {"@context": "https://schema.org", "@type": "Product", "name": title, "sku": key, "url": url}
    if n:
        found["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": f"{mean:.2f}",
            "reviewCount": n,
            "bestRating": 5,
            "worstRating": 1,
        }
        found["review"] = list(_reviews(reviews[:SOME]))
    return found


def _reviews(reviews: Iterable[Told]) -> Iterable[dict[str, Any]]:
    for one in reviews:
        rating = {"@type": "Rating", "ratingValue": one.stars, "bestRating": 5, "worstRating": 1}
        told = {
            "@type": "Review",
            "reviewRating": rating,
            "author": {"@type": "Person", "name": one.author},
            "datePublished": one.written_at.date().isoformat(),
            "inLanguage": one.language,
            "name": one.title,
            "reviewBody": one.text,
        }
        yield {name: value for name, value in told.items() if value}
