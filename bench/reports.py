"""The benchmarks that came before the table, in its words: each one's own report made into lines. Pure."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from bench.lines import Line, read

Report = Mapping[str, Any]


def lines_of(name: str, report: Report) -> list[Line]:
    """What a benchmark's report says for the table; a report with `lines` says it itself."""
    said = report.get("lines")
    if isinstance(said, list):
        return read(said)
    return READERS[name](report) if report and name in READERS else []


def _confirmations(report: Report) -> list[Line]:
    ours, count = report["ours"], f"{report['ours']['accepted']:,}"
    return [
        Line(f"event to accepted message, {count} mails", ours["per_second"], "per second", peer, report[name]["per_second"])
        for peer, name in (("django-post_office, mail.send", "post_office"), ("django-post_office, send_many", "post_office_many"))
    ]


def _delays(report: Report) -> list[Line]:
    sizes = sorted(report["sizes"], key=int)
    found = {size: report["sizes"][size] for size in sizes}
    lines = [
        Line(f"delay dashboard, {int(size):,} shipments", row["pages"]["dashboard"]["p50_ms"], "ms", "raw aggregate query", row["raw_ms"])
        for size, row in found.items()
    ]
    for small, large in pairwise(sizes):
        ours, raw = (
            round(found[large]["pages"]["dashboard"]["p50_ms"] / found[small]["pages"]["dashboard"]["p50_ms"], 3),
            round(found[large]["raw_ms"] / found[small]["raw_ms"], 3),
        )
        lines.append(
            Line(f"delay dashboard, growth {int(small):,} to {int(large):,}", ours, "times", "growth of the raw aggregate query", raw)
        )
    return lines


def _sweep(report: Report) -> list[Line]:
    work = f"incident sweep over {report['parcels']:,} parcels, slowest round"
    return [Line(work, report["slowest"], "s", "one bare read of them", report["floor_seconds"])]


def _asking(report: Report) -> list[Line]:
    words = {"planned": "reviews planned for", "asked": "reviews asked of"}
    return [
        Line(f"{words[row['step']]} {report['parcels']:,} parcels", row["seconds"], "s", "bare INSERTs of the rows", row["floor_seconds"])
        for row in report["steps"]
    ]


def _reviews(report: Report) -> list[Line]:
    bare = round(report["bare_summary"]["p50_ms"] + report["bare_first_page"]["p50_ms"], 3)
    work = f"score and first page of {report['reviews']:,} reviews"
    return [Line(work, report["summary_and_first_page"]["p50_ms"], "ms", "raw SQL of its reads", bare)]


def _returns_policy(report: Report) -> list[Line]:
    return [Line(f"return policy of {report['lines']} lines, p95", report["p95_ms"], "ms", "bound", 50.0)]


def _lookup(report: Report) -> list[Line]:
    return [Line("look-up of an order that is there", report["hit_ms"]["p50"], "ms", "of one that is not", report["miss_ms"]["p50"])]


def _simulate(report: Report) -> list[Line]:
    return [Line("simulation of 1,000 orders", report["seconds_per_thousand"], "s", "bound", 60.0)]


def _replay(report: Report) -> list[Line]:
    name = f"replay of {report['orders']:,} real orders"
    return [
        Line(f"{name}, all its messages", report["messages_per_second"], "per second"),
        Line(f"{name}, lost and doubled", report["lost"] + report["doubled"], "messages", "bound", 0.0),
    ]


READERS: dict[str, Callable[[Report], list[Line]]] = {
    "confirmations": _confirmations,
    "delays": _delays,
    "sweep": _sweep,
    "asking": _asking,
    "reviews": _reviews,
    "returns_policy": _returns_policy,
    "lookup": _lookup,
    "simulate": _simulate,
    "replay": _replay,
}
