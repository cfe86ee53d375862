"""The replay of real reviews: which moment counts, what is told apart, and how good that is worked out."""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from bench.reviewers import JUDGED, Reviewers, about, parts, quality, written
from reviews.rules.shipped_themes import SHIPPED
from reviews.rules.themes import shared_by_area

SHARED = shared_by_area((theme.area.value, theme.words) for theme in SHIPPED)
TABLES = {
    "orders": [
        "order_id,order_status,order_purchase_timestamp,order_delivered_carrier_date,order_delivered_customer_date",
        "o1,delivered,2018-01-02 10:00:00,2018-01-03 10:00:00,2018-01-09 10:00:00",
        "o2,delivered,2018-01-02 11:00:00,2018-01-03 10:00:00,2018-01-20 10:00:00",
        "o3,shipped,2018-01-02 12:00:00,2018-01-03 10:00:00,",
        "o4,unavailable,2018-01-02 13:00:00,,",
    ],
    "order_items": [
        "order_id,order_item_id,product_id,seller_id,price",
        "o1,1,p1,s1,10.00",
        "o1,2,p2,s2,20.00",
        "o2,1,p1,s1,10.00",
        "o3,1,p2,s2,20.00",
    ],
    "products": ["product_id,product_category_name", "p1,cama_mesa_banho", "p2,"],
    "order_reviews": [
        "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp",
        "r1,o1,5,,Muito bom,2018-01-10 00:00:00,2018-01-11 08:00:00",
        "r2,o1,4,,,2018-01-10 00:00:00,2018-01-12 08:00:00",
        "r3,o1,1,,Terceira,2018-01-10 00:00:00,2018-01-13 08:00:00",
        "r4,o2,1,,Chegou depois do prazo,2018-01-15 00:00:00,2018-01-16 08:00:00",
        "r5,o3,1,,Produto com defeito,2018-01-15 00:00:00,",
        "r5,o4,2,Péssimo,VOCÊS SÃO UNS VAGABUNDOS,2018-01-15 00:00:00,2018-01-16 08:00:00",
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, lines in TABLES.items():
        with gzip.open(tmp_path / f"olist_{name}_dataset.csv.gz", "wt", encoding="utf-8-sig") as file:
            file.write("\n".join(lines) + "\n")
    return tmp_path


def test_every_review_lands_once_and_only_those_after_their_delivery_are_verified(real_commits: None, folder: Path) -> None:
    report = Reviewers(folder, 10).run()
    assert (report["taken"], report["again_taken"], report["again_known"], report["refused"]) == (6, 0, 6, 0)
    assert (report["lost"], report["doubled"], report["stars_differ"]) == (0, 0, 0)
    # The third of an order with two lines has no line of its own; o2 came later than it was written about, o3 and o4 never did.
    assert (report["verified"], report["verified_before_delivery"], report["written_before_delivery"]) == (2, 0, 3)
    assert (report["flagged"], report["rejected_for"]) == (1, {"abuse": 1})
    assert report["low_about"] == {"none": 2, "delivery": 1, "product": 1}
    assert {"late", "quality"} <= set(report["themes"])


@pytest.mark.parametrize(
    ("answered", "asked", "counts"),
    [("2018-01-11 08:00", "2018-01-10", "2018-01-11 08:00"), ("", "2018-01-10", "2018-01-10"), ("", "", "2018-01-02")],
)
def test_a_missing_hour_is_taken_from_the_day_it_was_asked_or_bought(answered: str, asked: str, counts: str) -> None:
    assert written({"review_answer_timestamp": answered, "review_creation_date": asked}, "2018-01-02") == counts


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Não recebi o produto", "delivery"),
        ("Não recebi o produto nem resposta", "delivery"),
        ("Péssima qualidade", "product"),
        ("Chegou atrasado e com defeito", "both"),
        ("Não recebi nenhuma resposta", "service"),
        ("Péssimo", "none"),
    ],
)
def test_low_ones_are_told_apart(text: str, name: str) -> None:
    assert about(text, SHARED) == name


def test_precision_and_recall_are_shares_of_what_was_told_and_what_is() -> None:
    pairs = Counter({("delivery", "delivery"): 6, ("delivery", "product"): 2, ("none", "delivery"): 4})
    assert quality("delivery", pairs) == {"told": 8, "are": 10, "right": 6, "precision": 0.75, "recall": 0.6}
    assert quality("service", pairs) == {"told": 0, "are": 0, "right": 0, "precision": None, "recall": None}


def test_two_hundred_were_judged() -> None:
    with JUDGED.open() as file:
        rows = list(csv.DictReader(file))
    assert len({row["review"] for row in rows}) == len(rows) == 200
    assert {row["about"] for row in rows} == {"delivery", "product", "service", "both", "none"}


def test_parts_keep_everything_in_order() -> None:
    assert list(parts(range(5), 2)) == [[0, 1], [2, 3], [4]]
