"""The database crashes, is away, or has no room: F10 to F12."""

import contextlib
import random
import time

import psycopg2

from postpurchase.database import with_role
from tests.chaos.checker import Verdict
from tests.chaos.nemesis import spread
from tests.chaos.scenario import Scenario, register
from tests.chaos.scenarios.processes import hit_all, strike
from tests.chaos.stack import DATABASE, PRODUCT, SAFE
from tests.chaos.world import World

ANSWERED_WITHIN = 3.0
CROWD, ROOM = 60, 30
SECONDS_AWAY = 120.0


def crashes(world: World, rng: random.Random) -> None:
    """Five crashes without a checkpoint, spread over the load."""
    strike(world, rng, spread(rng, "crash", max(2, round(5 * world.scale)), over=20.0))


def away(world: World, rng: random.Random) -> None:
    """The database is stopped for two minutes of the product's time, and started again."""
    time.sleep(2)
    stack, seconds = world.stack, max(15.0, SECONDS_AWAY / world.pace)
    restarts = {name: len(stack.processes[name].restarts) for name in PRODUCT}
    since = time.time()
    stack.stop("postgres", number=2)  # INT: fast
    time.sleep(1)
    world.notes["readyz"] = stack.get("web", "/readyz")[0]
    world.notes["healthz"] = stack.get("web", "/healthz")[0]
    time.sleep(seconds - 1)
    until = time.time()
    world.notes["restarts"] = {name: made for name in PRODUCT if (made := len(stack.processes[name].restarts) - restarts[name])}
    stack.start("postgres")
    world.notes["away"] = (since, until)
    world.notes["worst_s"] = round(world.log.worst(since + 1, until), 2)
    world.notes["seconds_away"] = round(until - since, 1)


def said_so(world: World, verdict: Verdict) -> list[str]:
    """503 with a time to come back, soon; no crash loop; alive but not ready meanwhile."""
    notes, log = world.notes, world.log
    most = notes["seconds_away"] / 5
    wrong = [f"{name} was restarted {count} times" for name, count in notes["restarts"].items() if count > most]
    if not log.statuses[503]:
        wrong.append("nobody was told 503")
    if strange := {status: count for status, count in log.statuses.items() if status >= 500 and status != 503}:
        wrong.append(f"answers other than 503: {strange}")
    if log.without_retry_after:
        wrong.append(f"{log.without_retry_after} times 503 without Retry-After")
    if notes["worst_s"] > ANSWERED_WITHIN:
        wrong.append(f"somebody waited {notes['worst_s']:.1f} s for an answer")
    if (notes["healthz"], notes["readyz"]) != (200, 503):
        wrong.append(f"healthz {notes['healthz']}, readyz {notes['readyz']} while the database was away")
    return wrong


def few_places(world: World) -> None:
    """The server is started anew with room for thirty."""
    stack = world.stack
    stack.processes["postgres"].command = stack.postgres_command(stack.folder / "postgres", *SAFE, f"max_connections={ROOM}")
    stack.crash_postgres()


def crowd(world: World, rng: random.Random) -> None:
    """Sixty clients want in and keep what they get for a while."""
    url = with_role(world.stack.admin, "app", DATABASE)
    held = []
    try:
        for _ in range(3):
            for _ in range(CROWD):
                with contextlib.suppress(psycopg2.OperationalError):
                    held.append(psycopg2.connect(url, connect_timeout=3))
            time.sleep(3)
    finally:
        world.notes["crowd_held"] = len(held)
        for connection in held:
            connection.close()
    stack = world.stack
    time.sleep(3)
    stack.processes["postgres"].command = stack.postgres_command(stack.folder / "postgres", *SAFE)
    stack.crash_postgres()


def said_503(world: World, verdict: Verdict) -> list[str]:
    strange = {status: count for status, count in world.log.statuses.items() if status >= 500 and status != 503}
    found = [f"answers other than 503: {strange}"] if strange else []
    return found if world.notes["crowd_held"] else [*found, "the crowd got no place"]


register(
    Scenario("F10", "the database crashes", faults=crashes, expects=hit_all, orders=400, rate=20),
    Scenario("F11", "the database is away", faults=away, expects=said_so, orders=300, rate=15),
    Scenario("F12", "too many connections", faults=crowd, expects=said_503, prepare=few_places, orders=300, rate=20),
)
