"""The table of the benchmarks: medians, ratios, aims, and the reports that are read into it."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.history import sorted_by_need
from bench.lines import BEGIN, END, FIELDS, Aim, Line, markdown, merge, missed, put, ratio, read, report, shown, table, write
from bench.plan import AIMS, PLAN
from bench.reads import lines_of as lines_of_reads
from bench.reports import READERS, lines_of
from bench.scans import lines_of as lines_of_scans

PAGE = Line("a page", 8.0, "ms", "raw SQL", 2.0)


@pytest.mark.parametrize(("value", "beside", "expected"), [(8.0, 2.0, 4.0), (1.0, 3.0, 0.333), (5.0, None, None), (5.0, 0.0, None)])
def test_the_ratio_is_the_value_over_what_stands_beside(value: float, beside: float | None, expected: float | None) -> None:
    assert ratio(value, beside) == expected


def test_rounds_are_merged_into_medians_of_either_side() -> None:
    rounds = [[Line("a page", value, "ms", "raw SQL", beside)] for value, beside in ((8.0, 2.0), (90.0, 3.0), (7.0, 1.0))]
    assert merge(rounds) == [PAGE]


def test_one_work_beside_two_peers_is_two_lines_in_the_order_they_came() -> None:
    one, other = Line("mails", 10.0, "per second", "A", 5.0), Line("mails", 10.0, "per second", "B", 20.0)
    assert merge([[one, other], [one, other]]) == [one, other]


def test_a_round_that_lacks_the_peer_takes_it_from_the_others() -> None:
    assert merge([[Line("a page", 8.0, "ms", "raw SQL")], [PAGE]]) == [PAGE]
    assert merge([[Line("a page", 8.0, "ms")]]) == [Line("a page", 8.0, "ms")]


def test_the_results_are_a_list_of_exactly_these_facts(tmp_path: Path) -> None:
    write(tmp_path / "results.json", [PAGE])
    assert json.loads((tmp_path / "results.json").read_text()) == [
        {"work": "a page", "value": 8.0, "unit": "ms", "beside": "raw SQL", "beside_value": 2.0, "ratio": 4.0}
    ]
    assert FIELDS == ("work", "value", "unit", "beside", "beside_value", "ratio")


def test_a_report_is_read_as_it_was_written() -> None:
    assert read(json.loads(report([PAGE, Line("alone", 1.0, "s")]))["lines"]) == [PAGE, Line("alone", 1.0, "s")]


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1,234"), (120.4, "120"), (40.0, "40"), (12.345, "12.3"), (0.02634, "0.0263"), (None, "–")]
)
def test_figures_are_shown_by_three_digits(value: float | None, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("aim", "is_met"),
    [
        (Aim("a page", 40.0, is_least=False), True),
        (Aim("a page", 7.9, is_least=False), False),
        (Aim("a page", 3.0, is_least=True, of="ratio"), True),
        (Aim("a page", 4.1, is_least=True, of="ratio"), False),
    ],
)
def test_an_aim_is_met_or_missed(aim: Aim, is_met: bool) -> None:
    assert aim.is_met(PAGE) is is_met
    assert missed([PAGE], {"a page": aim}) == ([] if is_met else ["a page"])
    assert ("MISSED" in table([PAGE], {"a page": aim})) is not is_met


def test_an_aim_for_a_ratio_is_missed_where_nothing_stands_beside() -> None:
    assert not Aim("a page", 3.0, is_least=True, of="ratio").is_met(Line("a page", 8.0, "ms"))


def test_the_table_has_one_line_a_work() -> None:
    assert table([PAGE], {}).splitlines() == [
        "work    value  unit  beside   its value  ratio  aim",
        "a page      8  ms    raw SQL          2      4",
    ]


def test_the_document_takes_the_table_between_its_marks() -> None:
    text = put(f"# Speed\n{BEGIN}\nold\n{END}\nend\n", markdown([PAGE], {"a page": Aim("a page", 7.0, is_least=False)}))
    assert "old" not in text
    assert "| a page | 8 | ms | raw SQL | 2 | 4 | ≤ 7 MISSED |" in text
    assert text.startswith("# Speed\n")
    assert text.endswith(f"{END}\nend\n")


def test_a_document_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="has no"):
        put("# Speed\n", "table")


def test_growth_stands_beside_the_growth_of_the_peer() -> None:
    found = {1000: {"hub": (10.0, 2.0)}, 10_000: {"hub": (12.0, 4.0)}}
    assert lines_of_reads(found) == [
        Line("hub, 1,000 orders", 10.0, "ms", "raw SQL of its reads", 2.0),
        Line("hub, 10,000 orders", 12.0, "ms", "raw SQL of its reads", 4.0),
        Line("hub, growth 1,000 to 10,000", 1.2, "times", "growth of raw SQL of its reads", 2.0),
    ]


def test_one_size_of_tables_has_no_growth() -> None:
    peer = "one INSERT + commit by psycopg2"
    found = {300: {"scan recorded, folded, checked, one at a time": 9.0, "scan recorded, folded, checked, fifty at a time": 4.0, peer: 0.5}}
    assert [line.ratio for line in lines_of_scans(found)] == [18.0, 8.0]


REPORTS: dict[str, dict[str, Any]] = {
    "confirmations": {
        "ours": {"accepted": 400, "per_second": 900.0},
        "post_office": {"per_second": 300.0},
        "post_office_many": {"per_second": 450.0},
    },
    "delays": {
        "sizes": {
            "1000000": {"pages": {"dashboard": {"p50_ms": 60.0}}, "raw_ms": 800.0},
            "10000000": {"pages": {"dashboard": {"p50_ms": 66.0}}, "raw_ms": 9600.0},
        }
    },
    "sweep": {"parcels": 500, "slowest": 0.4, "floor_seconds": 0.1},
    "asking": {"parcels": 500, "steps": [{"step": "asked", "seconds": 3.0, "floor_seconds": 0.5}]},
    "reviews": {
        "reviews": 3000,
        "summary_and_first_page": {"p50_ms": 6.0},
        "bare_summary": {"p50_ms": 0.5},
        "bare_first_page": {"p50_ms": 1.0},
    },
    "returns_policy": {"lines": 300, "p95_ms": 30.0},
    "lookup": {"hit_ms": {"p50": 20.0}, "miss_ms": {"p50": 20.0}},
    "simulate": {"seconds_per_thousand": 30.0},
    "replay": {"orders": 1000, "messages_per_second": 500.0, "lost": 0, "doubled": 0},
}


@pytest.mark.parametrize(
    ("name", "ratios"),
    [
        ("confirmations", [3.0, 2.0]),
        ("delays", [0.075, 0.007, 0.092]),
        ("sweep", [4.0]),
        ("asking", [6.0]),
        ("reviews", [4.0]),
        ("returns_policy", [0.6]),
        ("lookup", [1.0]),
        ("simulate", [0.5]),
        ("replay", [None, None]),
    ],
)
def test_every_older_benchmark_is_read_into_lines(name: str, ratios: list[float | None]) -> None:
    assert [line.ratio for line in lines_of(name, REPORTS[name])] == ratios


def test_growth_of_the_dashboard_is_that_of_the_next_size() -> None:
    *_, line = lines_of("delays", REPORTS["delays"])
    assert (line.work, line.value, line.beside_value) == ("delay dashboard, growth 1,000,000 to 10,000,000", 1.1, 12.0)
    assert AIMS[line.work].is_met(line)


def test_a_benchmark_that_ended_without_a_report_has_no_lines() -> None:
    assert lines_of("delays", {}) == []


def test_every_older_benchmark_in_the_plan_has_its_reader() -> None:
    says_itself = {"emptytasks", "doors", "scans", "reads", "history", "embedded"}
    assert {one.name for one in PLAN} == says_itself | set(READERS) == says_itself | set(REPORTS)


def test_tables_come_after_those_they_need() -> None:
    needs = [("lines", "orders"), ("orders", "customers"), ("customers", "customers")]
    assert sorted_by_need(["lines", "orders", "customers"], needs) == ["customers", "orders", "lines"]
    with pytest.raises(ValueError, match="need each other"):
        sorted_by_need(["a", "b"], [("a", "b"), ("b", "a")])
