"""The chain of an audit log as pure reckoning: whatever is done to its lines, the first broken one is named."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from merchants.chain import RETENTION, End, Verdict, check, digest
from tests.conftest import NOW

CHAIN = 7


@dataclass(frozen=True)
class Row:
    """A line, without a database."""

    position: int
    deed: str = "data.exported"
    at: Any = NOW
    actor_kind: str = "user"
    actor_id: str = "1"
    on_behalf_of: str = ""
    object_kind: str = "reviews.review"
    object_id: str = ""
    result: str = "done"
    changes: dict[str, Any] = field(default_factory=lambda: {"rows": 3, "who": ["a", None, True]})
    network: str = "192.0.2.0/24"
    agent: str = ""
    request_id: str = ""
    previous: str = ""
    hash: str = ""


def chain(count: int, start: int = 1, previous: str = "") -> list[Row]:
    rows = []
    for position in range(start, start + count):
        row = Row(position, previous=previous)
        row = replace(row, hash=digest(row, CHAIN))
        rows.append(row)
        previous = row.hash
    return rows


def read(rows: list[Row], *, head: End | None = None, anchors: tuple[End, ...] = ()) -> Verdict:
    whole = chain(5)
    return check(rows, chain=CHAIN, head=head or End(5, whole[-1].hash), anchors=anchors, now=NOW)


def test_an_untouched_chain_is_whole() -> None:
    assert read(chain(5)) == Verdict(5)
    assert read([], head=End(0, "")) == Verdict(0)


PARTS: dict[str, Any] = {
    "deed": "key.made", "at": NOW + timedelta(microseconds=1), "actor_kind": "key", "actor_id": "2", "on_behalf_of": "x",
    "object_kind": "x", "object_id": "x", "result": "refused", "changes": {"rows": 4}, "network": "198.51.100.0/24", "agent": "x",
    "request_id": "x",
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_a_change_of_any_part_is_found_at_its_line(name: str) -> None:
    rows = chain(5)
    rows[2] = replace(rows[2], **{name: PARTS[name]})
    assert read(rows) == Verdict(2, 3, "line 3 is not what was written")


def test_a_change_whose_hash_was_reckoned_anew_is_found_at_the_next_line() -> None:
    rows = chain(5)
    changed = replace(rows[2], actor_id="9")
    rows[2] = replace(changed, hash=digest(changed, CHAIN))
    assert read(rows) == Verdict(3, 4, "line 4 does not follow the line before it")


def test_a_chain_reckoned_anew_to_its_end_is_found_by_the_head_and_by_an_anchor() -> None:
    forged = chain(2)
    for row in chain(3, start=3, previous=forged[-1].hash):
        changed = replace(row, actor_id="9", previous=forged[-1].hash)
        forged.append(replace(changed, hash=digest(changed, CHAIN)))
    assert read(forged) == Verdict(5, 5, "line 5 is not the one the head names")
    kept = End(3, chain(3)[-1].hash, NOW)
    assert read(forged, head=End(5, forged[-1].hash), anchors=(kept,)) == Verdict(2, 3, "line 3 is not the one that was anchored")


def swap(rows: list[Row]) -> list[Row]:
    return [rows[0], replace(rows[2], position=2), replace(rows[1], position=3), *rows[3:]]


BREAKS: list[tuple[str, Callable[[list[Row]], list[Row]], Verdict]] = [
    ("deleted in the middle", lambda rows: [*rows[:2], *rows[3:]], Verdict(2, 3, "line 3 is missing: 4 comes next")),
    ("deleted at the start", lambda rows: rows[1:], Verdict(0, 1, "lines 1 to 1 are missing")),
    ("cut off", lambda rows: rows[:3], Verdict(3, 4, "lines 4 to 5 are missing: the end was cut off")),
    ("all gone", lambda rows: [], Verdict(0, 1, "lines 1 to 5 are missing: the end was cut off")),
    ("two told in the other order", swap, Verdict(1, 2, "line 2 is not what was written")),
    ("read in another order", lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], Verdict(1, 2, "line 2 is missing: 3 comes next")),
]


@pytest.mark.parametrize(("what", "damage", "verdict"), BREAKS, ids=[what for what, _, _ in BREAKS])
def test_what_is_gone_or_out_of_place_is_named(what: str, damage: Callable[[list[Row]], list[Row]], verdict: Verdict) -> None:
    assert read(damage(chain(5))) == verdict


def test_a_cut_that_took_the_head_along_is_found_by_an_anchor() -> None:
    rows = chain(5)
    kept = End(5, rows[-1].hash, NOW)
    assert read(rows[:3], head=End(3, rows[2].hash), anchors=(kept,)).reason == "lines 4 to 5 are missing: the end was cut off"
    assert read([], head=End(0, ""), anchors=(kept,)).reason == "lines 1 to 5 are missing: the end was cut off"


def test_lines_of_another_chain_do_not_fit() -> None:
    rows = chain(5)
    assert check(rows, chain=CHAIN + 1, head=End(5, rows[-1].hash), anchors=(), now=NOW).broken_at == 1


def test_two_anchors_of_one_line_must_agree() -> None:
    rows = chain(5)
    other = (End(3, rows[2].hash, NOW), End(3, "0" * 64))
    assert read(rows, anchors=other) == Verdict(0, 3, "line 3 was anchored twice, and differently")


AGES = [(RETENTION, 3, ""), (RETENTION - timedelta(seconds=1), 0, "lines 1 to 2 are missing")]


@pytest.mark.parametrize(("age", "lines", "reason"), AGES)
def test_the_oldest_lines_may_go_up_to_an_anchor_of_two_years_and_no_sooner(age: timedelta, lines: int, reason: str) -> None:
    rows = chain(5)
    verdict = read(rows[2:], anchors=(End(2, rows[1].hash, NOW - age),))
    assert (verdict.lines, verdict.reason) == (lines, reason)


def test_without_an_anchor_or_with_a_wrong_one_the_oldest_lines_may_not_go() -> None:
    rows = chain(5)
    assert read(rows[2:]).reason == "lines 1 to 2 are missing"
    assert read(rows[2:], anchors=(End(2, "0" * 64, NOW - RETENTION),)).reason == "line 3 does not follow the line before it"


def test_a_log_whose_lines_are_all_too_old_is_empty_and_whole() -> None:
    last = chain(5)[-1]
    assert read([], anchors=(End(5, last.hash, NOW - RETENTION),)) == Verdict(0)
    assert read([], anchors=(End(5, last.hash, NOW),)).reason == "lines 1 to 5 are missing: the end was cut off"
