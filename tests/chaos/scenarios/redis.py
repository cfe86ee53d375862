"""Redis dies, is emptied, is away, or is full: F06 to F09. It holds nothing that must not be lost."""

import random
import time

from tests.chaos.checker import Verdict, percentile
from tests.chaos.nemesis import RELAYS, Strike
from tests.chaos.scenario import Scenario, register
from tests.chaos.scenarios.processes import strike
from tests.chaos.world import World

RESUMED_WITHIN = 30.0
SECONDS_AWAY = 300.0
SOON = 1.0  # seconds, p99 of an answer of the API while Redis is in trouble
TIMES = 8  # or so many times the median before, on a machine that is busy with other things
BEFORE = 4.0  # seconds of load without trouble


def kills(world: World, rng: random.Random) -> None:
    """Killed three times under load; afterwards nobody but Celery is left to work: the workers must hear the bell again."""
    time.sleep(BEFORE)
    since = time.time()
    strike(world, rng, [Strike(3.0 + 4 * number + rng.uniform(0, 2), "kill_redis") for number in range(3)])
    _measure(world, since)
    stack = world.stack
    restarts = sum(len(stack.processes[name].restarts) for name in ("worker1", "worker2"))
    for name in (*RELAYS, "beat"):
        stack.stop(name)
    try:
        world.notes["resumed_s"] = _until_heard(world)
    finally:
        for name in (*RELAYS, "beat"):
            stack.start(name)
    world.notes["worker_restarts"] = sum(len(stack.processes[name].restarts) for name in ("worker1", "worker2")) - restarts


def _until_heard(world: World) -> float | None:
    """Orders that only a ring can bring on their way; seconds until the first of them was."""
    world.settle(60)
    before, started = world.taken(), time.monotonic()
    world.load(20, clients=2, rate=None)
    took = world.seconds_until(lambda: world.taken() > before, RESUMED_WITHIN)
    return None if took is None else round(time.monotonic() - started, 1)


def heard_again(world: World, verdict: Verdict) -> list[str]:
    found = _kept_answering(world)
    if world.notes.get("resumed_s") is None:
        found.append(f"no worker heard the bell within {RESUMED_WITHIN:.0f} s")
    return found


def emptied(world: World, rng: random.Random) -> None:
    """Emptied when a third and when two thirds of the orders are told."""
    time.sleep(BEFORE)
    since = time.time()
    for share in (0.3, 0.6):
        world.wait_until(lambda share=share: len(world.log.facts) >= share * world.orders, 120, "the load")  # type: ignore[misc]
        with world.stack.redis() as client:
            client.flushall()
    _measure(world, since)


def away(world: World, rng: random.Random) -> None:
    """Five minutes of the product's time without Redis: the relays alone send."""
    time.sleep(BEFORE)
    since = time.time()
    world.stack.stop("redis")
    before = world.taken()
    time.sleep(max(15.0, SECONDS_AWAY / world.pace))
    world.notes["sent_meanwhile"] = world.taken() - before
    _measure(world, since)
    world.stack.start("redis")


def went_on(world: World, verdict: Verdict) -> list[str]:
    return [*_kept_answering(world), *([] if world.notes["sent_meanwhile"] else ["nothing was sent without Redis"])]


def full(world: World, rng: random.Random) -> None:
    """No memory left and nothing that may be evicted: every write is refused."""
    time.sleep(BEFORE)
    since = time.time()
    with world.stack.redis() as client:
        client.set("junk", "x" * 1_000_000)
        client.config_set("maxmemory", 1_000_000)
        time.sleep(15)
        _measure(world, since)
        client.config_set("maxmemory", 0)
        client.delete("junk")


def _measure(world: World, since: float) -> None:
    """Beside what the same machine took before, for it may be busy with other things."""
    before, took = world.log.took(world.began_at, since), world.log.took(since, time.time())
    world.notes["usual_s"] = round(percentile(before, 0.5), 2)
    world.notes["api_p99_s"] = round(took[int(len(took) * 0.99)], 2) if took else None
    world.notes["api_5xx"] = sum(count for status, count in world.log.statuses.items() if status >= 500)


def _kept_answering(world: World, verdict: Verdict | None = None) -> list[str]:
    """Merchants never learn that Redis is in trouble."""
    p99, wrong = world.notes["api_p99_s"], []
    if p99 is None or p99 > max(SOON, TIMES * world.notes["usual_s"]):
        wrong.append(f"p99 of the API was {p99} s")
    if world.notes["api_5xx"]:
        wrong.append(f"{world.notes['api_5xx']} answers were 5xx")
    return wrong


register(
    Scenario("F06", "Redis is killed", faults=kills, expects=heard_again, orders=300, rate=15),
    Scenario("F07", "Redis is emptied", faults=emptied, expects=_kept_answering, orders=300, rate=15),
    Scenario("F08", "Redis is away", faults=away, expects=went_on, orders=500, rate=12),
    Scenario("F09", "Redis is full", faults=full, expects=_kept_answering, orders=300, rate=15),
)
