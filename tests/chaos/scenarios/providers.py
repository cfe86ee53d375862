"""Providers time out, break, ask to wait, refuse and fail; messages that poison their worker; shoppers who say stop: F15 to F20, F34."""

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from core.clock import now
from merchants.scope import merchant_scope
from notifications.accounts import Limits, set_limits
from notifications.models import ProviderAccount
from notifications.services import rerun_message
from tests.chaos import poison
from tests.chaos.callers import account_of, blast, post, sends, sms_in, tell_order
from tests.chaos.checker import Verdict, percentile
from tests.chaos.generator import Shop, phone_of
from tests.chaos.scenario import Scenario, register
from tests.chaos.world import World

OUTAGE, BURST, PROBES = 60.0, 10.0, 1.0  # seconds broken, until the breaker must be open, and calls a second from then on
RETRY_AFTER, UNDER_WAY = 10, 2.0  # what the provider asks for, and how long calls that had begun may still arrive
LIMIT = 20  # messages a second, of the account that has a limit
OF_KEYS = """
    select m.token, m.state, m.reason, m.recipient, (select count(*) from notifications_attempt as a where a.message_id = m.id)
    from notifications_message as m where m.merchant_id = any(%s)"""
UNKNOWNS = """
    select count(*), coalesce(max(extract(epoch from m.sent_at - a.started_at)), 0)::float8
    from notifications_attempt as a join notifications_message as m on m.id = a.message_id
    where m.merchant_id = any(%s) and a.outcome = 'unknown' and not m.is_possible_duplicate"""


# -- F15: the answer is lost


def lose_answers(world: World, rng: random.Random) -> None:
    """As the script says, until all is told: nothing to do but to wait for the first of them."""
    world.seconds_until(lambda: bool(sends(world, decision="timeout_after")), 30)


def doubted(world: World, verdict: Verdict) -> list[str]:
    """Some outcomes were unknown, all are settled within five minutes of the product's own time, and nobody got a message twice."""
    count, longest = world.rows(UNKNOWNS, world.ids())[0]
    lost = sends(world, decision="timeout_after")
    world.notes |= {"unknown_tries": count, "settled_within_s": round(longest, 1)}
    least = [] if count >= len(lost) > 0 else [f"{len(lost)} answers were held back, {count} tries are on record as unknown"]
    most = 300 / world.pace + 5
    return [*least, *([f"a doubt took {longest:.0f} s, {most:.0f} are allowed"] if longest > most else [])]


# -- F16: the provider is broken for a while


def limit_one(world: World) -> None:
    """The first shop's texts may not leave faster than so many a second, also after an outage."""
    shop = world.shops[0]
    with merchant_scope(shop.id):
        account = ProviderAccount.objects.get(channel="sms")
        set_limits(account_id=account.pk, limits=Limits(per_second=LIMIT), today=now().date())


def outage(world: World, rng: random.Random) -> None:
    """Both providers answer 500 to everything; then they work again."""
    world.provider.script(rules=[{"decision": "5xx"}, {"decision": "5xx", "what": "lookup", "share": 0.5}], seed=world.seed)
    world.notes["broken_at"] = time.time()
    time.sleep(OUTAGE * max(0.5, min(1.0, world.scale)))
    world.notes["mended_at"] = time.time()
    world.provider.script(callbacks={"states": ["delivered"], "delay": [0.1, 1.0]}, seed=world.seed)


def breaker_held(world: World, verdict: Verdict) -> list[str]:
    """Open within ten seconds, a trial now and then, nothing given up, and no faster than the limit when all is well again."""
    began, ended = world.notes.pop("broken_at"), world.notes.pop("mended_at")
    calls: dict[str, list[float]] = defaultdict(list)
    for line in sends(world):
        calls[line["account"]].append(line["t_ns"] / 1e9)
    seconds = max(0.0, ended - began - BURST)
    found = []
    worst = 0
    for account, times in calls.items():
        probes = sum(began + BURST < at < ended for at in times)
        worst = max(worst, probes)
        if probes > seconds * PROBES:
            found.append(f"{probes} calls of {account} in {seconds:.0f} s of an outage everybody knew of")
    limited = calls.get(account_of(world.shops[0], "twilio").account, [])
    fastest = max((sum(at <= other < at + 1 for other in limited) for at in limited if at > ended), default=0)
    world.notes |= {"broken_s": round(ended - began), "most_probes": worst, "fastest_per_s": fastest}
    # The bucket holds one second's worth besides what one second lets through.
    found += [f"{fastest} texts left within a second, {LIMIT} are allowed"] if fastest > 2 * LIMIT + 1 else []
    broken = len(sends(world, decision="5xx"))
    return found if broken else [*found, "nobody met the outage"]


# -- F17: "later, please"


def no_call_before(world: World, verdict: Verdict) -> list[str]:
    """After a 429 its account is left alone as long as it asked for; the others are not."""
    asked = account_of(world.shops[0], "twilio").account
    lines = sends(world, account=asked)
    found, waves, until = [], 0, 0.0
    for line in lines:
        at = line["t_ns"] / 1e9
        if line["decision"] == "429" and at >= until:
            waves, until = waves + 1, at + RETRY_AFTER
            begun = at
        elif at < until and at > begun + UNDER_WAY:
            found.append(f"called {at - begun:.1f} s after a 429 that asked for {RETRY_AFTER} s")
    first = next((line["t_ns"] / 1e9 for line in lines if line["decision"] == "429"), 0.0)
    others = [
        line for line in sends(world, vendor="twilio", since=first) if line["account"] != asked and line["t_ns"] / 1e9 < first + RETRY_AFTER
    ]
    world.notes |= {
        "waves": waves,
        "told_to_wait": len([line for line in lines if line["decision"] == "429"]),
        "others_meanwhile": len(others),
    }
    if not waves:
        found.append("nobody was asked to wait")
    if not others:
        found.append("nobody else sent meanwhile")
    return found[:3]


# -- F18: a noisy neighbour


def noise(world: World, rng: random.Random) -> None:
    """Quiet shops first, alone; then beside one that tells of everything at once."""
    loud, quiet = world.shops[0], world.shops[1:]
    few, many = max(10, world.orders // 15), world.orders
    world.notes["alone_from"] = time.time()
    murmur(world, quiet, 100_000, few)
    world.wait_until(lambda: not any(world.open_work().values()), 60, "the quiet shops' first orders")
    world.notes["beside_from"] = time.time()
    shouting = threading.Thread(target=lambda: shout(world, loud, 300_000, many), name="loud")
    shouting.start()
    time.sleep(1)
    murmur(world, quiet, 200_000, few)
    shouting.join()


def murmur(world: World, shops: tuple[Shop, ...], first: int, count: int) -> None:
    """Three orders a second, from shops in turn."""
    for number in range(count):
        tell_order(world, shops[number % len(shops)], first + number)
        time.sleep(0.33)


def shout(world: World, shop: Shop, first: int, count: int, clients: int = 4) -> None:
    """As fast as four clients can."""

    def work(mine: int) -> None:
        for number in range(mine, count, clients):
            tell_order(world, shop, first + number)

    workers = [threading.Thread(target=work, args=(mine,), name=f"loud{mine}") for mine in range(clients)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def not_drowned(world: World, verdict: Verdict) -> list[str]:
    """The quiet shops wait at most twice as long as alone, or five seconds, which is what everybody is promised."""
    alone_from, beside_from = world.notes.pop("alone_from"), world.notes.pop("beside_from")
    told = {(fact.shop, fact.number): fact.sent_at for fact in world.log.facts if fact.shop != world.shops[0].slug}
    names = {token: (shop, number) for token, shop, number in world.rows(NAMES, world.ids())}
    first: dict[tuple[str, str], float] = {}
    for line in sends(world, vendor="postmark", accepted=True):
        name = names.get(line["key"])
        if name in told:
            first.setdefault(name, line["t_ns"] / 1e9)
    waits: dict[bool, list[float]] = {True: [], False: []}
    for name, at in first.items():
        waits[told[name] >= beside_from].append(at - told[name])
    alone, beside = (percentile(sorted(waits[is_beside]), 0.99) for is_beside in (False, True))
    world.notes |= {"alone_p99_s": round(alone, 2), "beside_p99_s": round(beside, 2), "quiet_orders": [len(waits[False]), len(waits[True])]}
    assert alone_from < beside_from
    if not waits[False] or not waits[True]:
        return ["the quiet shops' messages were not measured"]
    return [f"p99 was {alone:.2f} s alone and {beside:.2f} s beside the noise"] if beside > max(2 * alone, 5.0) else []


NAMES = """
    select m.token, shop.slug, coalesce(o.number, '') from notifications_message as m
    join merchants_merchant as shop on shop.id = m.merchant_id left join orders_order as o on o.id = m.order_id
    where m.merchant_id = any(%s) and m.kind = 'order_confirmation'"""


# -- F19: refused for good

STOPPED, INVALID, UNHEARD, GONE, WRONG = "[0-2]$", "[3-4]$", "[5]$", "buyer\\d*[01]@", "buyer\\d*[2]@"
REFUSALS = (
    {"decision": "21610", "vendor": "twilio", "to": STOPPED},
    {"decision": "21211", "vendor": "twilio", "to": INVALID},
    {"decision": "30001", "vendor": "twilio", "to": UNHEARD},
    {"decision": "21610", "vendor": "postmark", "to": GONE},
    {"decision": "21211", "vendor": "postmark", "to": WRONG},
)


def order_again(world: World, rng: random.Random) -> None:
    """Who said stop at the provider buys once more, as soon as that is known."""
    world.seconds_until(lambda: bool(sends(world, decision="21610", vendor="twilio")), 30)
    time.sleep(2)
    stopped = {line["to"] for line in sends(world, decision="21610", vendor="twilio")}
    world.notes["stopped"] = len(stopped)
    for number in range(1, world.orders):
        shop = next((shop for shop in world.shops if phone_of(shop, number) in stopped), None)
        if shop is not None:
            tell_order(world, shop, 500_000 + number, buyer=number)
            world.notes["again_to"] = phone_of(shop, number)
            return


def refused_once(world: World, verdict: Verdict) -> list[str]:
    """One try each, an end with its reason, a stop that is remembered."""
    rows = {token: (state, reason, recipient, tries) for token, state, reason, recipient, tries in world.rows(OF_KEYS, world.ids())}
    calls = Counter(line["key"] for line in sends(world))
    seen: Counter[str] = Counter()
    found = []
    for line in sends(world):
        if line["decision"] not in ("21610", "21211", "30001"):
            continue
        state, reason, _recipient, tries = rows[line["key"]]
        seen[line["decision"]] += 1
        if calls[line["key"]] != 1 or tries != 1 or state not in ("failed", "suppressed", "bounced") or not reason:
            found.append(f"{line['decision']} to {line['to']}: {state} ({reason}), {tries} tries, {calls[line['key']]} calls")
    blocked = world.rows("select count(*) from customers_suppression where merchant_id = any(%s) and channel = 'sms'", world.ids())[0][0]
    stops = len({line["to"] for line in sends(world, decision="21610", vendor="twilio")})
    again = [line for line in sends(world, to=world.notes.get("again_to", "-")) if line["decision"] != "21610"]
    world.notes |= {"refusals": dict(seen), "blocked": blocked}
    found += [] if blocked == stops > 0 else [f"{stops} numbers said stop, {blocked} are blocked"]
    found += ["a number that said stop was written to again"] if again or "again_to" not in world.notes else []
    return found + [f"no {code} was played" for code in ("21610", "21211", "30001") if not seen[code]]


# -- F20: poison

# A transaction of ours that sits about is ended by the server after thirty seconds: only then another may try what hangs.
HANG = 40.0
DEAD = """
    select m.id, o.number, m.attempts, m.crashes, m.reason from notifications_message as m join orders_order as o on o.id = m.order_id
    where m.merchant_id = any(%s) and m.state = 'dead'"""
SOONER = """
    update notifications_message set due_at = statement_timestamp()
    where merchant_id = any(%s) and state = 'pending' and reason = 'not_composed'"""


def poisoned(world: World, rng: random.Random) -> None:
    """Three messages that raise, kill and hang whoever composes them; when the cause is put right, staff run them again."""
    shop = world.shops[0]
    poison.lay(world.stack.signals, {"900001": "raise", "900002": "kill", "900003": "hang"}, hang=HANG)
    try:
        began = time.time()
        for number in (900001, 900002, 900003):
            tell_order(world, shop, number)

        def is_buried() -> bool:
            """The waits between the tries double up to minutes: say that they are over."""
            world.rows(SOONER, world.ids())
            return len(world.rows(DEAD, world.ids())) >= 2 * 3

        world.notes["dead_in_s"] = world.seconds_until(is_buried, 60 + 6 * (HANG + world.lengths.lease))
        rows = world.rows(DEAD, world.ids())
        world.notes["dead"] = sorted({(number, attempts, crashes, reason) for _, number, attempts, crashes, reason in rows})
        world.notes["poison_s"] = [began, time.time()]
    finally:
        poison.clear(world.stack.signals)
    for id, *_ in rows:
        with merchant_scope(shop.id):
            rerun_message(message_id=id)


def buried_and_raised(world: World, verdict: Verdict) -> list[str]:
    """All three were given up, nobody else was held up, and they left once the cause was gone."""
    began, ended = world.notes.pop("poison_s")
    found = [] if world.notes["dead_in_s"] is not None else [f"not all poison was given up: {world.notes['dead']}"]
    numbers = {number for number, *_ in world.notes["dead"]}
    found += [f"{number} was not given up" for number in ("900001", "900002", "900003") if number not in numbers]
    killed = [row for row in world.notes["dead"] if row[0] == "900002"]
    found += [f"the killer took {row[2]} workers down" for row in killed if row[2] > 3]
    sound = [line for line in sends(world, accepted=True) if line["t_ns"] / 1e9 < ended]
    told = sum(fact.what == "order" and not fact.number.startswith("9") for fact in world.log.facts)
    world.notes |= {"sound_meanwhile": len(sound), "of": told, "poison_s": round(ended - began)}
    return found + ([f"only {len(sound)} messages of {told} sound orders left meanwhile"] if len(sound) < 0.9 * told else [])


# -- F34: stop while it is being sent


def stops(world: World, rng: random.Random) -> None:
    """Shoppers answer STOP while their messages are on the way; then they order again."""
    chosen = rng.sample(range(1, world.orders), max(3, world.orders // 10))
    shops = {shop.slug: shop for shop in world.shops}
    waiting = set(chosen)
    until = time.monotonic() + 90
    stopped: list[tuple[Shop, int]] = []
    while waiting and time.monotonic() < until:
        facts = [fact for fact in list(world.log.facts) if fact.what == "order" and int(fact.number) in waiting]
        calls = [sms_in(shops[fact.shop], phone_of(shops[fact.shop], int(fact.number)), "STOP", number=1) for fact in facts]
        bad = [reply.status for reply in blast(world, calls, lines=2) if reply.status != 200]
        if bad:
            raise ValueError(f"a STOP was answered with {bad[0]}")
        stopped += [(shops[fact.shop], int(fact.number)) for fact in facts]
        waiting -= {int(fact.number) for fact in facts}
        time.sleep(0.02)
    world.notes |= {"stops": len(stopped), "stopped": [phone_of(shop, number) for shop, number in stopped]}
    for shop, number in stopped[:20]:
        tell_order(world, shop, 600_000 + number, buyer=number)
    for shop, number in stopped[:3]:  # told twice, it is still one stop
        post(world, sms_in(shop, phone_of(shop, number), "STOP", number=1))


def silence_kept(world: World, verdict: Verdict) -> list[str]:
    """No later order was told by text; I7 asks it of each acceptance."""
    rows = world.rows(
        "select m.state, m.reason, count(*) from notifications_message as m join orders_order as o on o.id = m.order_id"
        " where m.merchant_id = any(%s) and m.channel = 'sms' and o.number like '6%%' group by 1, 2",
        world.ids(),
    )
    del world.notes["stopped"]
    world.notes["later_texts"] = rows
    found = [f"{count} texts after a stop are {state} ({reason})" for state, reason, count in rows if state != "suppressed"]
    return found if rows and world.notes["stops"] else ["nobody said stop, or nobody ordered again"]


def told(**over: Any) -> Mapping[str, Any]:
    return {"callbacks": {"states": ["delivered"], "delay": [0.1, 1.0]}, **over}


LOST_ANSWERS = (
    {"decision": "timeout_after", "share": 0.05},
    {"decision": "ok_then_drop", "share": 0.03},
    {"decision": "half_response", "share": 0.02},
    {"decision": "5xx_after_accept", "share": 0.02},
    {"decision": "garbage", "share": 0.02},
    {"decision": "slow", "share": 0.05, "wait": 0.5},
    {"decision": "timeout_before", "share": 0.02},
    {"decision": "5xx", "what": "lookup", "share": 0.1},
    {"decision": "garbage", "what": "lookup", "share": 0.05},
)
LATER = {"decision": "429", "vendor": "twilio", "retry_after": RETRY_AFTER, "seconds": RETRY_AFTER + 3}


def later(world: World) -> None:
    world.provider.script(**told(rules=[{**LATER, "account": account_of(world.shops[0], "twilio").account}], seed=world.seed))


def through_two_waves(world: World, rng: random.Random) -> None:
    """The first shop's account asks everybody to wait, and again those who come back first."""
    time.sleep(2 * RETRY_AFTER + 5)


register(
    Scenario(
        "F15",
        "answers are lost after the provider took it",
        faults=lose_answers,
        expects=doubted,
        script=told(rules=LOST_ANSWERS, lag=2, callbacks={"share": 0.3, "states": ["delivered"], "delay": [0, 3]}),
        orders=300,
    ),
    Scenario("F16", "the providers are broken, then back", faults=outage, expects=breaker_held, prepare=limit_one, orders=300, drain=240),
    Scenario("F17", "429 with Retry-After", faults=through_two_waves, expects=no_call_before, prepare=later, orders=200, rate=15),
    Scenario("F18", "a noisy neighbour", faults=noise, expects=not_drowned, orders=600, load=False, drain=120),
    Scenario("F19", "refused for good", faults=order_again, expects=refused_once, script=told(rules=REFUSALS), orders=200),
    Scenario("F20", "poison", faults=poisoned, expects=buried_and_raised, orders=150, drain=120),
    Scenario(
        "F34",
        "STOP while it is being sent",
        faults=stops,
        expects=silence_kept,
        script=told(rules=[{"decision": "slow", "wait": 0.3, "share": 0.3}]),
        orders=200,
    ),
)
