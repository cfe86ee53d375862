"""The walk over real orders: each fact at its own time, the figures as they are defined."""

import csv
import gzip
import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bench import eta
from bench.etadata import journeys
from bench.etawalk import Walk

FILES = {
    "orders": "order_id,customer_id,order_purchase_timestamp,order_delivered_carrier_date,order_delivered_customer_date,"
    "order_estimated_delivery_date",
    "customers": "customer_id,customer_state,customer_zip_code_prefix",
    "sellers": "seller_id,seller_state,seller_zip_code_prefix",
    "order_items": "order_id,order_item_id,product_id,seller_id,freight_value",
    "order_payments": "order_id,payment_sequential,payment_type,payment_value",
}
FIRST = datetime.fromisoformat("2018-01-01T10:00:00")
DAY = timedelta(days=1)


def order(number: int, bought: datetime, *, handling: int = 1, days: int = 4, promised: int = 20) -> str:
    sent = bought + handling * DAY
    return f"o{number},c1,{bought},{sent},{sent + days * DAY},{(bought + promised * DAY).date()} 00:00:00"


def write(folder: Path, orders: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    ids = [row.split(",")[0] for row in orders]
    rows = {
        "orders": orders,
        "customers": ["c1,RJ,20000"],
        "sellers": ["s1,SP,01000"],
        "order_items": [f"{id},1,p1,s1,15.10" for id in ids],
        "order_payments": [f"{id},1,credit_card,50.00" for id in ids],
    }
    for name, header in FILES.items():
        with gzip.open(folder / f"olist_{name}_dataset.csv.gz", "wt", newline="") as file:
            csv.writer(file).writerows(line.split(",") for line in [header, *rows[name]])
    return folder


def month(**over: int) -> list[str]:
    return [order(number, FIRST + number * timedelta(hours=6), **over) for number in range(240)]


def walked(folders: list[Path], start: date, end: date) -> Walk:
    walk = Walk(journeys(folders), start=start, end=end)
    walk.run()
    return walk


def test_a_steady_lane_is_known_to_the_day(tmp_path: Path) -> None:
    walk = walked([write(tmp_path, month())], date(2018, 2, 5), date(2018, 2, 18))
    figures = eta.figures(walk.handover)
    assert figures["n"] == 56
    assert figures["mae_days"] < 1.0
    assert figures["coverage_80"] > 0.6


def test_asked_are_those_bought_and_those_handed_over_within_the_days_and_delivered(tmp_path: Path) -> None:
    rows = month()
    rows.append(f"never,c1,{FIRST + 40 * DAY},{FIRST + 41 * DAY},,2018-03-01 00:00:00")
    walk = walked([write(tmp_path, rows)], date(2018, 2, 10), date(2018, 2, 11))
    assert (len(walk.purchase), len(walk.handover)) == (8, 8)
    assert {date.fromordinal(int(one.asked)) for one in walk.purchase} == {date(2018, 2, 10), date(2018, 2, 11)}


def test_what_happens_later_changes_nothing_said_before(tmp_path: Path) -> None:
    """Orders of later months, and other ends of those under way, leave the answers of a day as they are."""
    early = month()[:160]
    later = [order(1000 + number, FIRST + 45 * DAY + number * DAY, days=30) for number in range(20)]
    span = date(2018, 2, 5), date(2018, 2, 9)
    alone = walked([write(tmp_path / "a", early)], *span)
    both = walked([tmp_path / "a", write(tmp_path / "b", later)], *span)
    assert [one.said for one in alone.handover] == [one.said for one in both.handover]
    assert [one.said for one in alone.purchase] == [one.said for one in both.purchase]


def test_an_order_of_a_later_folder_replaces_the_earlier_one(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", [order(1, FIRST)]), write(tmp_path / "b", [order(1, FIRST, days=7)])
    assert [(one.came or 0) - (one.sent or 0) for one in journeys([first, second])] == [7.0]


@pytest.mark.parametrize(
    ("late", "risks", "share"),
    [
        ([True, *[False] * 9], [9.0, *[0.0] * 9], 1.0),
        ([True, *[False] * 9], [0.0, *[1.0] * 9], 0.0),
        ([True, True, *[False] * 18], [3.0, 1.0, 2.0, *[0.0] * 17], 0.5),
        ([False] * 10, [0.0] * 10, 0.0),
    ],
)
def test_recall_is_the_share_of_the_late_among_the_tenth_flagged(late: list[bool], risks: list[float], share: float) -> None:
    assert eta.recall(late, risks) == share


def test_the_command_prints_a_table_and_writes_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = write(tmp_path, month()), tmp_path / "eta.json"
    monkeypatch.setattr(sys, "argv", ["eta", str(folder), "--from", "2018-02-05", "--to", "2018-02-18", "--json", str(file)])
    assert eta.main() == 0
    report = json.loads(file.read_text())
    assert set(report["purchase"]) >= {"n", "mae_days", "bias_days", "coverage_80"}
    assert set(report["handover"]) >= {"n", "mae_days", "bias_days", "coverage_80", "recall_at_10pct"}
    printed = capsys.readouterr().out
    assert "learned" in printed
    assert "lane median, 60 days, shrunk" in printed


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["eta", str(tmp_path), "--from", "2018-02-05", "--to", "2018-02-18"])
    assert eta.main() == 2
    assert "olist_orders_dataset.csv.gz" in capsys.readouterr().err
