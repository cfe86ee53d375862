"""Processes die, hang, or are replaced: F01 to F05, F31, F39, and everything at once."""

import random
import signal
import threading
import time

from tests.chaos import failpoints
from tests.chaos.callers import blast
from tests.chaos.checker import Verdict
from tests.chaos.nemesis import RELAYS, WORKERS, Nemesis, Strike, kills, spread
from tests.chaos.scenario import Scenario, register
from tests.chaos.scenarios.webhooks import acknowledge, connected, orders_of
from tests.chaos.stack import PRODUCT
from tests.chaos.world import World

GRACE_OF_DEPLOY = 30.0
UNFINISHED = "select count(*) from notifications_attempt where merchant_id = any(%s) and finished_at is null"
READY_AFTER_POWER_CUT = 30.0
POINT_WAIT = 20.0
NOBODY = "select count(*) from notifications_message where merchant_id = any(%s) and state in ('leased', 'sending')"
# Roads whose points ordinary orders pass; the others need traffic of their own.
PASSED_BY_ORDERS = ("event", "message", "callback")


def strike(world: World, rng: random.Random, strikes: list[Strike]) -> Nemesis:
    """Play a schedule and keep what was done."""
    nemesis = Nemesis(world.stack, rng)
    nemesis.play(strikes)
    world.notes["strikes"] = {what: nemesis.count(what) for what in sorted({one.what for one in strikes})}
    if nemesis.missed:
        world.notes["missed"] = len(nemesis.missed)
    return nemesis


def hit_all(world: World, verdict: Verdict) -> list[str]:
    """Every strike of the schedule hit something."""
    missed = world.notes.get("missed", 0)
    return [f"{missed} strikes hit nobody"] if missed else []


def kill_workers(world: World, rng: random.Random) -> None:
    """Forty kills of workers and relays, 0.3 s apart on average."""
    strike(world, rng, kills(rng, max(4, round(40 * world.scale)), every=0.3))


def kill_web(world: World, rng: random.Random) -> None:
    """Ten kills in the middle of requests; one in three takes the whole web down."""
    strike(world, rng, kills(rng, max(3, round(10 * world.scale)), every=1.0, whom=("web",)))


def made_once(world: World, verdict: Verdict) -> list[str]:
    """As many orders as keys, however often they were told."""
    made = world.rows("select count(*), count(distinct (merchant_id, number)) from orders_order where merchant_id = any(%s)", world.ids())
    told = sum(fact.what == "order" for fact in world.log.facts)
    broken = world.log.statuses[0]
    found = [] if made == [(told, told)] else [f"{told} orders were acknowledged, {made[0][0]} are there"]
    return found if broken else [*found, "no request was broken off: the kills missed them"]


def rolling_restart(world: World, rng: random.Random) -> None:
    """A deployment: each process is asked to end, has thirty seconds, and is started anew."""
    world.notes["stopped_s"] = {}
    for name in (*WORKERS, *RELAYS, "beat", "web"):
        took = world.stack.stop(name, patience=GRACE_OF_DEPLOY)
        world.notes["stopped_s"][name] = round(took, 1)
        world.stack.start(name)
    # All who send at once: what they had begun with must be over.
    senders = [
        threading.Thread(target=world.stack.stop, args=(name,), kwargs={"patience": GRACE_OF_DEPLOY}) for name in (*WORKERS, *RELAYS)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    world.notes["left_behind"] = world.rows(NOBODY, world.ids())[0][0]
    for name in (*WORKERS, *RELAYS):
        world.stack.start(name)


def left_nothing(world: World, verdict: Verdict) -> list[str]:
    """Whoever is asked to end gives back what it has begun, in time, and nothing is in doubt for it."""
    late = [f"{name} took {took:.0f} s to end" for name, took in world.notes["stopped_s"].items() if took >= GRACE_OF_DEPLOY]
    left = world.notes["left_behind"]
    doubted = world.rows("select count(*) from notifications_message where merchant_id = any(%s) and lookups > 0", world.ids())[0][0]
    return [
        *late,
        *([f"{left} messages were left leased or half sent"] if left else []),
        *([f"{doubted} messages had to be looked up"] if doubted else []),
    ]


def zombies(world: World, rng: random.Random) -> None:
    """Two senders stop right before the provider's call: one for two leases, one until everybody has given it up.

    Relays both: a task that hangs so long would be killed by Celery's own limit.
    """
    waits = world.lengths
    for name in WORKERS:
        world.stack.stop(name)
    for name, seconds in (
        ("messages.at_call", 2 * waits.lease + 1),
        ("messages.at_call", waits.lease + waits.grace + 3 * waits.between + 10),
    ):
        failpoints.forget(world.stack.signals, name)
        world.arm(name, "stop")
        world.load(max(10, world.orders // 2))
        world.wait_until(lambda name=name: bool(world.hits(name)), 60, "a sender at its call")  # type: ignore[misc]
        (pid,) = world.hits(name)
        time.sleep(seconds)
        failpoints.send_to(pid, signal.SIGCONT)
    for name in WORKERS:
        world.stack.start(name)
    world.notes["zombies"] = 2


def zombies_were_few(world: World, verdict: Verdict) -> list[str]:
    """A double only of the one that everybody had given up, and the row admits to it."""
    return [] if verdict.resent <= 1 else [f"{verdict.resent} doubles for one zombie that was given up"]


def every_point(world: World, rng: random.Random) -> None:
    """A process dies at each step of the roads in turn; the load goes on."""
    points = failpoints.of_road(*PASSED_BY_ORDERS)
    share = max(4, world.orders // len(points))
    hit: dict[str, int] = {}
    for point in points:
        world.arm(point.name)
        world.load(share)
        world.seconds_until(lambda name=point.name: bool(world.hits(name)), POINT_WAIT)  # type: ignore[misc]
        hit[point.name] = len(world.hits(point.name))
        failpoints.forget(world.stack.signals, point.name)
    world.notes["points"] = len(points)
    world.notes["not_hit_once"] = {name: count for name, count in hit.items() if count != 1}


def every_doubt(world: World, rng: random.Random) -> None:
    """The same for those who settle doubts; one call in five leaves one."""
    points = failpoints.of_road("doubt")
    hit: dict[str, int] = {}
    for point in points:
        world.arm(point.name)
    world.load(world.orders)
    waits = world.lengths
    for point in points:
        world.seconds_until(lambda name=point.name: bool(world.hits(name)), POINT_WAIT + waits.grace + 2 * waits.between)  # type: ignore[misc]
        hit[point.name] = len(world.hits(point.name))
    world.notes["not_hit_once"] = {name: count for name, count in hit.items() if count != 1}


def every_hook(world: World, rng: random.Random) -> None:
    """The same for webhooks; the shop posts again what was not taken, as shops do."""
    points, hooks = failpoints.of_road("inbox"), connected(world, "shopify")
    share = max(4, world.orders // len(points))
    hit: dict[str, int] = {}
    for number, point in enumerate(points):
        calls, facts = orders_of(world, hooks, 1 + number * share, share)
        world.arm(point.name)
        until = time.monotonic() + POINT_WAIT
        while calls and time.monotonic() < until:
            replies = blast(world, calls)
            acknowledge(world, replies, facts)
            taken = {reply.about for reply in replies if 200 <= reply.status < 300}
            calls = [call for call in calls if call.about not in taken]
            time.sleep(0.2)
        world.seconds_until(lambda name=point.name: bool(world.hits(name)), POINT_WAIT)  # type: ignore[misc]
        hit[point.name] = len(world.hits(point.name))
        failpoints.forget(world.stack.signals, point.name)
    world.notes["points"] = len(points)
    world.notes["not_hit_once"] = {name: count for name, count in hit.items() if count != 1}


def all_hit_once(world: World, verdict: Verdict) -> list[str]:
    """Each point was passed and acted upon by exactly one process."""
    return [f"{name} was hit {count} times" for name, count in world.notes["not_hit_once"].items()]


def without_beat(world: World, rng: random.Random) -> None:
    """No beat for a while, and no relays either for a part of it; then two beats."""
    stack = world.stack
    stack.stop("beat")
    time.sleep(3)
    for name in RELAYS:
        stack.stop(name)
    time.sleep(3)
    first = stack.processes["beat"]
    stack.start("beat")
    stack.define("beat2", [*first.command[:-4], "--schedule", stack.folder / "beat2", "--loglevel", "WARNING"])
    stack.start("beat2")
    # Long enough for both to sweep at the same time.
    time.sleep(16)
    for name in RELAYS:
        stack.start(name)
    stack.stop("beat2")
    del stack.processes["beat2"]


def slow_provider(world: World, rng: random.Random) -> None:
    """The provider takes its time with everything, and there is more to do than a task may take. The relays are away: tasks do it all."""
    stack = world.stack
    for name in RELAYS:
        stack.stop(name)
    world.load()
    world.seconds_until(lambda: not any(world.open_work().values()), 60)
    for name in RELAYS:
        stack.start(name)


def nobody_was_cut_off(world: World, verdict: Verdict) -> list[str]:
    """Nobody died, so every try has an outcome on record."""
    left = world.rows(UNFINISHED, world.ids())[0][0]
    return [f"{left} tries were cut off in mid-call"] if left else []


def power_cut(world: World, rng: random.Random) -> None:
    """All processes at once, the database and Redis with them; then all start, in no order."""
    time.sleep(rng.uniform(1, 3))
    stack = world.stack
    names = ["postgres", "redis", *PRODUCT]
    # What is killed stays down until all are: nobody starts on a half-dead machine.
    for name in names:
        stack.kill(name, stays=True)
    time.sleep(0.5)
    started = time.monotonic()
    for name in names:
        stack.start(name, wait=False)
    for name in names:
        stack.wait_ready(name)
    world.notes["ready_s"] = round(time.monotonic() - started, 1)


def is_soon_ready(world: World, verdict: Verdict) -> list[str]:
    """Within thirty seconds; on a machine that is busy with other things, within twice what the first start took."""
    ready, usual = world.notes.get("ready_s", 0.0), world.stack.started_in
    return [f"ready after {ready:.0f} s"] if ready > max(READY_AFTER_POWER_CUT, 2 * usual) else []


def storm(world: World, rng: random.Random) -> None:
    """Forty kills, five database crashes, three of Redis, over the time the load takes."""
    share = min(1.0, world.orders / 1000)
    _storm(world, rng, max(4, round(40 * share)), max(1, round(5 * share)), max(1, round(3 * share)))


def small_storm(world: World, rng: random.Random) -> None:
    """Six kills, and one crash of each server: what fits into a minute."""
    _storm(world, rng, 6, 1, 1)


def _storm(world: World, rng: random.Random, deaths: int, crashes: int, redis: int) -> None:
    over = max(12.0, world.orders / STORM_RATE * 0.8)
    strikes = [
        *kills(rng, deaths, every=over / deaths * 0.8, whom=(*WORKERS, *RELAYS, "web")),
        *spread(rng, "crash", crashes, over=over),
        *spread(rng, "kill_redis", redis, over=over),
    ]
    world.notes["schedule"] = [str(one) for one in sorted(strikes, key=lambda one: one.at)]
    strike(world, rng, strikes)


STORM_RATE = 20.0  # orders a second

register(
    Scenario("calm", "no fault", orders=300, rate=15),
    Scenario("F01", "workers and relays are killed", faults=kill_workers, expects=hit_all),
    Scenario("F02", "killed at every step", faults=every_point, expects=all_hit_once, orders=520, load=False),
    Scenario(
        "F02d",
        "killed while settling doubts",
        faults=every_doubt,
        expects=all_hit_once,
        orders=60,
        load=False,
        parcels=0.0,
        # Without a callback, or that would settle the doubt before anybody looks it up.
        script={"rules": [{"decision": "ok_then_drop", "what": "send", "vendor": "twilio", "share": 0.2}], "callbacks": {"share": 0}},
    ),
    Scenario("F02h", "killed while taking webhooks", faults=every_hook, expects=all_hit_once, orders=140, load=False),
    Scenario("F03", "web is killed in mid-request", faults=kill_web, expects=made_once, orders=400),
    Scenario("F04", "rolling restart", faults=rolling_restart, expects=left_nothing, orders=600, rate=15),
    Scenario("F05", "zombies", faults=zombies, expects=zombies_were_few, orders=100, load=False, resends=1),
    Scenario(
        "slow",
        "more to do than a task may take",
        faults=slow_provider,
        expects=nobody_was_cut_off,
        orders=300,
        load=False,
        merchants=2,
        script={"rules": [{"decision": "slow", "what": "send", "wait": 1.0}]},
    ),
    Scenario("F31", "no beat, then two", faults=without_beat, orders=300, rate=12),
    Scenario("F39", "power cut", faults=power_cut, expects=is_soon_ready),
    Scenario("storm", "everything at once", faults=storm, expects=hit_all, orders=1000, merchants=20, rate=STORM_RATE),
    Scenario(
        "smoke", "a small storm", faults=small_storm, expects=hit_all, orders=300, merchants=3, rate=STORM_RATE, parcels=0.0, is_smoke=True
    ),
)
