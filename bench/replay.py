"""`python -m bench.replay FOLDER --orders N --json FILE`: real orders through the real services and workers.

A virtual clock follows the data; the provider is a stub that journals every acceptance before it answers. At the end the
journal, the database and what the data says should have been told are compared: lost, doubled, refused, all by name.

With `--chaos-scans SEED` the carrier's scans come twice, late and out of order. Beside the report lies `FILE.facts.gz`, every
message and every parcel's final state; `--against FILE` compares it, line by line, with that of another run. Both need
`--no-feed-watch`: whether a carrier's feed is silent hangs on when news come, which is what the chaos changes.

With `--returns SEED` some of what was delivered is sent back, claimed or withdrawn from; the shop's books of money, units and shelf are
compared with ours, and every difference has to be zero.

With `--reviews` the real reviews of these orders come in as from another system, twice, after the orders and deliveries as history; a
report of its own (`bench.reviewers`) says whether each landed once, none before its delivery is called verified, whether the publish rate
is the same for every star, and how well low ones about the delivery are told from those about the product.
"""

import argparse
import gzip
import json
import resource
import sys
import time
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

from bench.stage import stage


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--orders", type=int, default=5000)
    parser.add_argument("--since", type=date.fromisoformat, default=None, metavar="DAY", help="the first orders from this day on")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--chaos-scans", type=int, default=None, metavar="SEED")
    parser.add_argument("--no-feed-watch", action="store_true", help="take a parcel's silence at its word, however its carrier is heard")
    parser.add_argument("--returns", type=int, default=None, metavar="SEED", help="and one order in six leads to a return or a claim")
    parser.add_argument("--reviews", action="store_true", help="only the reviews of these orders; orders and parcels are history")
    parser.add_argument("--against", type=Path, default=None, help="the report of another run with as many orders")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    if given.reviews:
        return replay_reviews(given)
    with stage("replay"):
        from bench.world import World  # noqa: PLC0415  needs a running Django

        world = World(
            given.folder,
            given.orders,
            since=f"{given.since or ''}",
            chaos_seed=given.chaos_scans,
            returns_seed=given.returns,
            watches_feeds=not given.no_feed_watch,
        )
        started = time.perf_counter()
        world.run(progress=sys.stderr.isatty())
        seconds = time.perf_counter() - started
        report = {**world.verdict(), **rates(world.counts, world.draining, seconds), "peak_mib": round(peak_mib(), 1)}
        report["seconds_sweeping"] = round(world.sweeping, 2)
        if given.json:
            world.write_facts(facts_of(given.json))
    if given.json and given.against:
        report["differences"] = differences(facts_of(given.json), facts_of(given.against))
    text = json.dumps(report, indent=2, sort_keys=True)
    if given.json:
        given.json.write_text(text + "\n")
    print(json.dumps({key: value for key, value in report.items() if key != "refused_rows"}, indent=2, sort_keys=True))
    print(f"lost: {report['lost']}, doubled: {report['doubled']}")
    if "differences" in report:
        print(f"messages and states that differ from {given.against}: {report['differences']}")
    apart = sum(abs(Decimal(value)) for value in world.differences().values())
    return 0 if (report["lost"], report["doubled"], report.get("differences", 0), apart) == (0, 0, 0, 0) else 1


def replay_reviews(given: argparse.Namespace) -> int:
    """The reviews, and whether all of them landed as they should."""
    with stage("reviewers"):
        from bench.reviewers import Reviewers  # noqa: PLC0415  needs a running Django

        report = {**Reviewers(given.folder, given.orders).run(), "peak_mib": round(peak_mib(), 1)}
    text = json.dumps(report, indent=2, sort_keys=True)
    if given.json:
        given.json.write_text(text + "\n")
    print(text)
    wrong = ("lost", "doubled", "verified_before_delivery", "stars_differ", "refused", "again_taken")
    return 0 if all(report[name] == 0 for name in wrong) else 1


def facts_of(report: Path) -> Path:
    return report.with_name(report.name + ".facts.gz")


def differences(one: Path, other: Path) -> int:
    """Lines only one of the runs has; the first twenty are printed."""
    with gzip.open(one, "rt") as mine, gzip.open(other, "rt") as theirs:
        counted = Counter(mine)
        counted.subtract(theirs)
    found = sorted((line, count) for line, count in counted.items() if count)
    for line, count in found[:20]:
        print(f"{'only here' if count > 0 else 'only there'}: {line.rstrip()}")
    return sum(abs(count) for _line, count in found)


def rates(counts: Counter[str], draining: float, seconds: float) -> dict[str, float]:
    """Orders per second over everything; messages per second over the time spent working off the queues."""
    return {
        "seconds": round(seconds, 2),
        "seconds_draining": round(draining, 2),
        "orders_per_second": round(counts["orders"] / seconds, 1),
        "messages_per_second": round(counts["accepted"] / draining, 1) if draining else 0.0,
        "messages_per_second_overall": round(counts["accepted"] / seconds, 1),
    }


def peak_mib() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    raise SystemExit(main())
