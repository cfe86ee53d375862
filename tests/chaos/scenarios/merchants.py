"""What merchants and their shops do to us and we to them: F13, F14, F32, F33, F35.

F35 plays its sink against what goes out to merchants today: the commands a connection of the merchant's own program or of WooCommerce
gets, through the one door of `core.http`. There are no subscriptions to webhooks out yet, so nothing is switched off after five days;
what is asked of a dead sink is given up after eight tries, told to staff, and asked again by them.
"""

import contextlib
import random
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import psycopg2
from django.db import connection, transaction

from connectors.services import rerun_command
from core.clock import now
from events.queue import LEASE, TURNS
from merchants.scope import merchant_scope
from notifications.services.moves import QUEUE
from tests.chaos import failpoints
from tests.chaos.callers import minutes_ago, open_connection, sends, tell, tell_order
from tests.chaos.checker import Fact, Verdict, percentile
from tests.chaos.generator import Shop
from tests.chaos.scenario import Scenario, register
from tests.chaos.world import World
from tests.returns.stage import ask, bought, check, offer_all, unpack

CLAIM_P99 = 0.05  # seconds
IDLE = 30  # seconds a transaction of the product may sit about, by its connection's own settings
ROLLBACKS = 8
ROLLBACK = "rollback.after_intent"

# -- F13: somebody forgot to end a transaction


def forgotten_transaction(world: World, rng: random.Random) -> None:
    """A report holds its snapshot open while messages churn; a session of the product that does the same is ended by the server."""
    with contextlib.closing(world.stack.connect()) as report, report.cursor() as cursor:
        report.autocommit = False
        cursor.execute("select count(*) from notifications_message")
        ended = threading.Thread(target=lambda: world.notes.update(ended_after=session_ended()), name="idle session")
        ended.start()
        took = []
        until = time.monotonic() + 25
        while time.monotonic() < until:
            took.append(claimed_in(world))
            time.sleep(0.1)
        ended.join()
        world.notes |= {
            "claims": len(took),
            "claim_p50_ms": ms(took, 0.5),
            "claim_p99_ms": ms(took, 0.99),
            "dead_tuples": dead_tuples(world),
        }


def ms(values: list[float], share: float) -> float:
    return round(1000 * percentile(sorted(values), share), 1)


def claimed_in(world: World) -> float:
    """What one claim takes the database: the product's own statement, taken back at once."""
    values = {"running": QUEUE.running, "ready": QUEUE.ready, "lease": QUEUE.lease, "limit": 50}
    with contextlib.closing(world.stack.connect()) as line, line.cursor() as cursor:
        line.autocommit = False
        cursor.execute("explain (analyze, format json) " + LEASE.format(table=QUEUE.table, due=TURNS.format(table=QUEUE.table)), values)
        [[plan]] = cursor.fetchall()
        line.rollback()
        return float(plan[0]["Execution Time"]) / 1000


def session_ended() -> float:
    """How long a connection made as the product makes it may be idle within a transaction."""
    started = time.monotonic()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select 1")
            raw = connection.connection
            while time.monotonic() - started < 2 * IDLE:
                time.sleep(1)
                raw.poll()
    except (psycopg2.Error, Exception):
        return round(time.monotonic() - started, 1)
    finally:
        connection.close()
    return 0.0


def dead_tuples(world: World) -> int:
    return int(world.rows("select n_dead_tup from pg_stat_user_tables where relname = 'notifications_message'")[0][0])


def claims_fast(world: World, verdict: Verdict) -> list[str]:
    """Claiming stays fast, and a forgotten session of ours does not live long."""
    ended = world.notes["ended_after"]
    found = [] if IDLE - 2 <= ended <= IDLE + 15 else [f"a session of ours sat idle in its transaction for {ended or 'more than 60'} s"]
    p99 = world.notes["claim_p99_ms"]
    return found + ([f"p99 of a claim is {p99} ms"] if p99 > 1000 * CLAIM_P99 else [])


# -- F14: two writers, opposite order


def crossed_writers(world: World, rng: random.Random) -> None:
    """Fifty threads tell news of the same ten parcels of one shop, half of them backwards; others change the orders meanwhile."""
    shop = world.shops[0]
    numbers = range(1, 11)
    tracked = {}
    for number in numbers:
        tell_order(world, shop, number, placed_at=minutes_ago(60).isoformat())
        tracked[number] = f"JJD5{world.seed:03d}{number:08d}"
        body = {
            "external_id": f"P{number}",
            "carrier": "DHL",
            "tracking_number": tracked[number],
            "shipped_at": minutes_ago(50).isoformat(),
        }
        tell(world, shop, f"/api/v1/orders/{number:06d}/shipments", body, f"parcel-{number}")
        world.generator.log.facts.append(Fact("parcel", shop.slug, f"{number:06d}", time.time(), time.time()))
    begin, since = threading.Barrier(50), minutes_ago(45).replace(microsecond=0)
    wrong: list[str] = []

    def write(mine: int) -> None:
        begin.wait()
        for turn in range(max(2, round(4 * world.scale))):
            order = list(numbers) if mine % 2 else list(reversed(numbers))
            at = since + timedelta(seconds=10 * mine + turn)
            items = [
                {
                    "tracking_number": tracked[number],
                    "carrier": "DHL",
                    "scans": [{"status": "in_transit", "at": at.isoformat(), "text": f"Hub {mine}-{turn}"}],
                }
                for number in order
            ]
            answer = world.generator.post(shop, "/api/v1/scans", {"items": items}, f"scans-{mine}-{turn}")
            if not answer.is_taken:
                wrong.append(f"{answer.status} {answer.body[:120]!r}")

    writers = [threading.Thread(target=write, args=(mine,), name=f"writer{mine}") for mine in range(50)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    expected = 50 * max(2, round(4 * world.scale)) * len(numbers)
    kept = world.rows("select count(*) from tracking_scan where merchant_id = any(%s) and at >= %s", world.ids(), since)[0][0]
    deadlocks = world.rows("select deadlocks from pg_stat_database where datname = current_database()")[0][0]
    world.notes |= {"wrong": wrong[:3], "scans": [kept, expected], "deadlocks": deadlocks}


def all_written(world: World, verdict: Verdict) -> list[str]:
    """Every write was taken, no answer was a 500, and all are there."""
    kept, expected = world.notes["scans"]
    bad = {status: count for status, count in world.log.statuses.items() if status >= 500}
    found = [f"refused: {text}" for text in world.notes["wrong"]] + ([f"answers: {bad}"] if bad else [])
    return found + ([] if kept == expected else [f"{kept} scans are kept of {expected}"])


# -- F32: the handler's transaction fails after the message was planned


def broken_plans(world: World, rng: random.Random) -> None:
    """Planning fails right after its messages are written, again and again."""
    hits = 0
    for _ in range(ROLLBACKS):
        world.arm(ROLLBACK, "raise")
        hits += world.seconds_until(lambda: bool(world.hits(ROLLBACK)), 15) is not None
        failpoints.forget(world.stack.signals, ROLLBACK)
        time.sleep(rng.uniform(0.1, 0.6))
    world.notes["rolled_back"] = hits


def rolled_back(world: World, verdict: Verdict) -> list[str]:
    """I3 asks for phantoms, I1 for what was lost with the transaction; here only that it happened, and was seen."""
    hits = world.notes["rolled_back"]
    return [] if hits >= ROLLBACKS // 2 else [f"only {hits} plans were broken"]


# -- F33: cancelled while it is being sent

STATES = """
    select token, state from notifications_message where merchant_id = any(%s) and kind in ('order_confirmation', 'thanks')"""


def slow_calls(world: World, rng: random.Random) -> None:
    """As the script says, so that a cancellation finds its message on the way; until the first is cancelled."""
    world.seconds_until(lambda: any(fact.what == "cancel" for fact in list(world.log.facts)), 60)


def both_states(world: World, verdict: Verdict) -> list[str]:
    """Sent before the cancellation or taken back; never both, and the race went both ways."""
    states: dict[str, str] = dict(world.rows(STATES, world.ids()))  # type: ignore[arg-type]
    taken = Counter(line["key"] for line in sends(world, accepted=True))
    both = [token for token, state in states.items() if state in ("cancelled", "suppressed") and taken[token]]
    ends = Counter(state for state in states.values())
    world.notes["ends"] = dict(ends)
    found = [f"{len(both)} messages were taken back and sent"] if both else []
    return found + ([] if ends["cancelled"] and len(ends) > 1 else ["the race went one way only"])


# -- F35: merchants' programs that answer badly

SINKS: dict[str, dict[str, Any]] = {
    "ok": {},
    "gone": {"decision": "gone"},
    "redirect": {"decision": "redirect"},
    "drip": {"decision": "drip", "first": 1},
    "flood": {"decision": "flood"},
    "broken": {"decision": "5xx"},
    "silent": {"decision": "timeout_after", "first": 1},
    "taken": {"decision": "taken"},
    "woo": {"decision": "5xx_after_accept", "first": 1},
}
RELEASE = "update connectors_command set due_at = statement_timestamp() where merchant_id = any(%s) and state = 'ready'"
COMMANDS = """
    select shop.slug, c.state, c.attempts, c.outcome, c.id, money.state from connectors_command as c
    join merchants_merchant as shop on shop.id = c.merchant_id join returns_moneyback as money on money.id = c.subject
    where c.merchant_id = any(%s) and c.kind = 'refund'"""


def bad_sinks(world: World, rng: random.Random) -> None:
    """One shop per kind of sink; each owes a shopper money, which its program is asked to send."""
    named = dict(zip(SINKS, world.shops, strict=True))
    rules = [{**rule, "what": "hook", "account": named[name].slug} for name, rule in SINKS.items() if rule]
    world.provider.script(rules=rules, callbacks={"share": 0}, seed=world.seed)
    for name, shop in named.items():
        owe(world, shop, "woocommerce" if name == "woo" else "webhook")
    world.notes["sinks"] = {name: shop.slug for name, shop in named.items()}
    world.wait_until(lambda: len(world.rows(COMMANDS, world.ids())) == len(named), 60, "the commands")
    # Their waits are minutes: say that they are over, until the last is done or given up.
    until = time.monotonic() + 180
    while time.monotonic() < until and world.open_work()["connectors_command"]:
        time.sleep(2)
        world.rows(RELEASE, world.ids())
    world.notes["ends"] = {slug: [state, attempts, money] for slug, state, attempts, _, _, money in world.rows(COMMANDS, world.ids())}
    world.provider.script(callbacks={"share": 0}, seed=world.seed)
    broken = named["broken"]
    with merchant_scope(broken.id):
        for slug, _, _, _, id, _ in world.rows(COMMANDS, world.ids()):
            if slug == broken.slug:
                world.notes["rerun"] = rerun_command(command_id=id, at=now())
    world.seconds_until(lambda: not world.open_work()["connectors_command"], 60)
    world.notes["after"] = {slug: [state, money] for slug, state, _, _, _, money in world.rows(COMMANDS, world.ids())}[broken.slug]


def owe(world: World, shop: Shop, connector: str) -> None:
    """A return, sent back and checked: its money is due."""
    way = "woo" if connector == "woocommerce" else "own"
    hook = open_connection(
        shop,
        connector,
        account=f"localhost:{world.stack.ports['providerd']}/{way}/{shop.slug}",
        key="ck_0123456789:cs_0123456789" if connector == "woocommerce" else "",
    )
    with merchant_scope(shop.id):
        offer_all()
        order = bought(number="4711", email=f"kim@{shop.slug}.example", phone="", source=hook.slug)
        check(unpack(ask(order)))


def sinks_survived(world: World, verdict: Verdict) -> list[str]:
    """What each sink was asked, how often, and how its command ended."""
    slugs, ends = world.notes.pop("sinks"), world.notes["ends"]
    asked = Counter(line["account"] for line in hooks(world) if line["what"] == "hook")
    poured = {line["account"]: (line["bytes"], line["lasted"]) for line in hooks(world) if line["what"] == "poured"}
    canaries = [line for line in world.provider.journal() if line.get("what") == "canary" and line["account"] in slugs.values()]
    by_name = {
        name: (*ends.get(slug, ["none", 0, ""])[:1], asked[slug], ends.get(slug, ["", 0, "none"])[2]) for name, slug in slugs.items()
    }
    world.notes["asked"] = {name: list(found) for name, found in by_name.items()}
    wanted = {
        "ok": ("done", 1, "sent"),
        "gone": ("done", 1, "failed"),
        "redirect": ("done", 1, "failed"),
        "drip": ("done", 2, "sent"),
        "flood": ("done", 1, "failed"),
        "broken": ("dead", 8 + 1, "failed"),  # the last when staff ask again
        "silent": ("done", 2, "sent"),
        "taken": ("done", 1, "asked"),
        "woo": ("done", 1, "sent"),
    }
    found = [f"{name}: {by_name[name]}, not {end}" for name, end in wanted.items() if by_name[name] != end]
    found += [f"{len(canaries)} calls followed a redirect"] if canaries else []
    keys = {line["key"] for line in hooks(world) if line["account"] == slugs["silent"]}
    found += [] if len(keys) == 1 else ["a repeated call came under another webhook-id"]
    found += [] if poured.get(slugs["drip"], (0, 99.0))[1] <= 15 else [f"a dripping sink was listened to for {poured.get(slugs['drip'])} s"]
    found += [] if 0 < poured.get(slugs["flood"], (0, 0))[0] < 64 * 1024**2 else [f"a flood of {poured.get(slugs['flood'])} bytes was read"]
    world.notes["poured"] = {name: poured[slugs[name]] for name in ("drip", "flood") if slugs[name] in poured}
    return found + ([] if world.notes["after"] == ["done", "sent"] else [f"asked again, the broken one ended {world.notes['after']}"])


def hooks(world: World) -> list[Any]:
    mine = {shop.slug for shop in world.shops}
    return [line for line in world.provider.journal() if line["account"] in mine and line.get("vendor") in ("own", "woocommerce")]


SLOW = {
    "rules": [{"decision": "slow", "wait": 0.5, "share": 0.7}],
    "callbacks": {"states": ["delivered"], "delay": [0.1, 1.0]},
}

register(
    Scenario("F13", "a transaction nobody ends", faults=forgotten_transaction, expects=claims_fast, orders=300),
    Scenario("F14", "fifty writers in opposite order", faults=crossed_writers, expects=all_written, orders=10, load=False, drain=120),
    Scenario("F32", "the transaction fails after the message was planned", faults=broken_plans, expects=rolled_back, orders=150, rate=12),
    Scenario(
        "F33", "cancelled while it is being sent", faults=slow_calls, expects=both_states, script=SLOW, orders=150, cancels=0.7, parcels=0.0
    ),
    Scenario(
        "F35",
        "merchants' programs that answer badly",
        faults=bad_sinks,
        expects=sinks_survived,
        orders=10,
        merchants=len(SINKS),
        load=False,
        drain=60,
    ),
)
