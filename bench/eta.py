"""`python -m bench.eta DIR [DIR ...] --from D --to D --json FILE`: how good learned days of arrival are, walked over real orders.

Each day is asked with what was known then: a delivery from its own time on, a hand-over from its own. The rules are the
product's (`tracking.rules.eta`). Days are calendar days; late is a parcel that comes after the estimated calendar day. docs/eta.md says more.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bench.etadata import journeys
from bench.etapeers import peers
from bench.etawalk import Answer, Walk

FLAGGED = 0.1
PEERS = {"estimate": "the shop's own estimate", "lane_median": "lane median", "lane_60d_shrunk": "lane median, 60 days, shrunk"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--from", dest="start", type=date.fromisoformat, required=True, metavar="D")
    parser.add_argument("--to", dest="end", type=date.fromisoformat, required=True, metavar="D")
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    if given.end < given.start:
        parser.error("--to: lies before --from")
    return given


def main() -> int:
    given = arguments()
    started = time.perf_counter()
    try:
        held = journeys(given.folders)
    except FileNotFoundError as error:
        print(f"no such file: {error.filename}", file=sys.stderr)
        return 2
    walk = Walk(held, start=given.start, end=given.end)
    walk.run()
    if not walk.purchase or not walk.handover:
        print(f"no order bought and handed over from {given.start} to {given.end} was delivered", file=sys.stderr)
        return 2
    report: dict[str, Any] = {"from": str(given.start), "to": str(given.end), "orders": len(held)}
    for name, answers in (("purchase", walk.purchase), ("handover", walk.handover)):
        found = peers(held, answers, leg=name)
        report[name] = {**figures(answers), "peers": {peer: day_error(answers, found[peer]) for peer in PEERS}}
        if name == "handover":
            report[name] |= flags(answers, found["lane_tail"])
    report["seconds"] = round(time.perf_counter() - started, 1)
    if given.json:
        given.json.write_text(json.dumps(report, indent=2, sort_keys=True) + "\n")
    print(table(report))
    return 0


def figures(answers: Sequence[Answer]) -> dict[str, float]:
    """Error of the middle day, and how often the 80 % range held."""
    days = [int(answer.journey.came or 0) for answer in answers]
    inside = sum(answer.said.first.toordinal() <= day <= answer.said.last.toordinal() for answer, day in zip(answers, days, strict=True))
    widths = [(answer.said.last - answer.said.first).days + 1 for answer in answers]
    return {
        **day_error(answers, [answer.said.middle.toordinal() for answer in answers]),
        "coverage_80": round(inside / len(answers), 4),
        "range_days": round(sum(widths) / len(widths), 2),
    }


def day_error(answers: Sequence[Answer], moments: Sequence[float]) -> dict[str, float]:
    """Error in calendar days of predicted moments."""
    gaps = [int(moment) - int(answer.journey.came or 0) for answer, moment in zip(answers, moments, strict=True)]
    return {"n": len(gaps), "mae_days": round(sum(map(abs, gaps)) / len(gaps), 4), "bias_days": round(sum(gaps) / len(gaps), 4)}


def flags(answers: Sequence[Answer], tails: Sequence[float]) -> dict[str, float]:
    """What share of the late parcels are among the tenth flagged at hand-over, by our room to the promise and by the lane's tail."""
    late = [int(answer.journey.came or 0) > answer.journey.estimated.toordinal() for answer in answers]
    return {
        "late_share": round(sum(late) / len(late), 4),
        "recall_at_10pct": recall(late, [answer.risk for answer in answers]),
        "recall_at_10pct_lane_tail": recall(late, tails),
    }


def recall(late: Sequence[bool], risks: Sequence[float]) -> float:
    """Among the tenth with the highest risk; of equal ones the first asked."""
    worst = sorted(range(len(risks)), key=lambda place: -risks[place])[: int(len(risks) * FLAGGED)]
    return round(sum(late[place] for place in worst) / max(sum(late), 1), 4)


def table(report: dict[str, Any]) -> str:
    """Both moments with their peers, as text."""
    lines = [f"{report['from']} to {report['to']}, {report['orders']} orders known, {report['seconds']} s"]
    for name in ("purchase", "handover"):
        own = report[name]
        lines.append(f"\nat {name}, {own['n']} parcels{'MAE days':>31}{'bias':>8}{'80 % range holds':>18}")
        lines.append(_row("learned", own) + f"{own['coverage_80']:>17.1%}  ({own['range_days']} days wide)")
        lines += [_row(label, own["peers"][peer]) for peer, label in PEERS.items()]
    own = report["handover"]
    lines.append(f"\nlate of those handed over: {own['late_share']:.1%}; found by flagging 10 % at hand-over:")
    lines.append(f"  {'learned':<40}{own['recall_at_10pct']:>8.1%}\n  {'lane tail':<40}{own['recall_at_10pct_lane_tail']:>8.1%}")
    return "\n".join(lines)


def _row(label: str, own: dict[str, float]) -> str:
    return f"  {label:<40}{own['mae_days']:>8.2f}{own['bias_days']:>+8.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
