"""Webhooks come twice, out of order, again after a month, all at once, and before what they are about: F21 to F25."""

import itertools
import random
import time
from collections import Counter
from typing import Any

from connectors.services import purge_inbox, rerun_item
from core.clock import now
from merchants.scope import merchant_scope
from tests.chaos.callers import (
    Hookup,
    Posted,
    Reply,
    blast,
    easypost,
    mail_status,
    minutes_ago,
    note,
    open_connection,
    sends,
    shopify,
    shopify_fulfilment,
    shopify_order,
    sms_status,
    tell,
    tell_order,
)
from tests.chaos.checker import Fact, Verdict, percentile
from tests.chaos.generator import Shop
from tests.chaos.scenario import Scenario, register
from tests.chaos.world import World

PATH = ("in_transit", "out_for_delivery", "delivered")
BURST_P99 = 1.0
RELEASE = """
    update notifications_message set due_at = statement_timestamp()
    where merchant_id = any(%s) and state = 'pending' and due_at > statement_timestamp()"""
INBOX = "select state, count(*) from connectors_inboxitem where merchant_id = any(%s) group by 1"
SILENT = {"callbacks": {"share": 0}}


def connected(world: World, connector: str) -> dict[str, Hookup]:
    """Every shop's connection, by slug."""
    return {shop.slug: open_connection(shop, connector) for shop in world.shops}


def acknowledge(world: World, replies: list[Reply], facts: dict[str, Fact]) -> list[int]:
    """What a shop's webhook got 2xx for is acknowledged, like an order over the API; returns the statuses that are none."""
    taken: dict[str, Reply] = {}
    for reply in sorted(replies, key=lambda reply: reply.sent_at):
        if 200 <= reply.status < 300:
            taken.setdefault(reply.about, reply)
    for about, fact in facts.items():
        if about in taken:
            at = taken[about].sent_at
            note(world.generator, Fact(fact.what, fact.shop, fact.number, at, at + taken[about].took))
    return [reply.status for reply in replies if not 200 <= reply.status < 300]


def orders_of(world: World, hooks: dict[str, Hookup], first: int, count: int) -> tuple[list[Posted], dict[str, Fact]]:
    """So many new orders, told by Shopify to shops in turn."""
    calls, facts = [], {}
    for number in range(first, first + count):
        shop = world.shops[number % len(world.shops)]
        event = f"order-{shop.slug}-{number}"
        calls.append(shopify(hooks[shop.slug], "orders/create", shopify_order(shop, number), event))
        facts[event] = Fact("order", shop.slug, f"{number:06d}", 0, 0)
    return calls, facts


def let_held_go(world: World, seconds: float = 45.0) -> None:
    """News of parcels wait ten minutes for newer ones: say that they are over, as often as something waits."""
    until = time.monotonic() + seconds
    world.seconds_until(lambda: not _open(world, "events_delivery", "connectors_inboxitem"), seconds)
    while time.monotonic() < until:
        world.rows(RELEASE, world.ids())
        if world.seconds_until(lambda: not _open(world, "notifications_message"), 5) is not None:
            return


def _open(world: World, *queues: str) -> int:
    open_work = world.open_work()
    return sum(open_work[name] for name in queues)


# -- F21: each event one to five times


def told_again(world: World, rng: random.Random) -> None:
    """Orders and scans one to five times each, shuffled, on eight lines; Twilio's and Postmark's words as the script says."""
    shops, carriers = connected(world, "shopify"), connected(world, "easypost")
    calls, facts = orders_of(world, shops, 1, world.orders)
    copies = [call for call in calls for _ in range(rng.randint(1, 5))]
    rng.shuffle(copies)
    replies = blast(world, copies)
    bad = acknowledge(world, replies, facts)
    world.seconds_until(lambda: not _open(world, "connectors_inboxitem"), 60)
    parcels = [parcel(world, shops, number) for number in range(1, min(world.orders, 30))]
    scans = []
    for number, (shop, tracking) in enumerate(parcels):
        details = [("in_transit", minutes_ago(20)), ("in_transit", minutes_ago(10))]
        scans.append(easypost(carriers[shop.slug], tracking, details, f"evt-{shop.slug}-{number}"))
    copies = [call for call in scans for _ in range(rng.randint(1, 5))]
    rng.shuffle(copies)
    replies += blast(world, copies)
    bad += [reply.status for reply in replies if not 200 <= reply.status < 300]
    # What the stub has told already is told by another mouth as well.
    lines = sends(world, accepted=True)
    again = [mail_status(shop_of(world, line), line) for line in lines if line["vendor"] == "postmark"][:50]
    again += [sms_status(shop_of(world, line), line, "delivered") for line in lines if line["vendor"] == "twilio"][:50]
    bad += [reply.status for reply in blast(world, again * 3) if not 200 <= reply.status < 300]
    world.notes |= {
        "calls": len(replies) + 3 * len(again),
        "events": len(facts) + len(parcels) * 2,
        "bad": bad[:5],
        "parcels": len(parcels),
    }
    let_held_go(world)


def parcel(world: World, shops: dict[str, Hookup], number: int) -> tuple[Shop, str]:
    """Shopify tells of an order's parcel, three times."""
    shop = world.shops[number % len(world.shops)]
    tracking = f"JJD9{shop.index:02d}{world.seed:02d}{number:07d}"
    content = shopify_fulfilment(number, tracking=tracking)
    calls = [shopify(shops[shop.slug], "fulfillments/create", content, f"parcel-{shop.slug}-{number}")] * 3
    [*replies] = blast(world, calls, lines=3)
    acknowledge(world, replies, {f"parcel-{shop.slug}-{number}": Fact("parcel", shop.slug, f"{number:06d}", 0, 0)})
    return shop, tracking


def shop_of(world: World, line: Any) -> Shop:
    return next(shop for shop in world.shops if any(account.account == line["account"] for account in shop.accounts))


def one_effect(world: World, verdict: Verdict) -> list[str]:
    """All were answered 2xx; one inbox row, one order, one parcel, one scan of each; one callback row per word."""
    rows = dict(world.rows(INBOX, world.ids()))
    scans = world.rows(
        "select count(*), count(distinct (shipment_id, at)) from tracking_scan where merchant_id = any(%s) and source like 'easypost%%'",
        world.ids(),
    )[0]
    words = world.rows(
        "select count(*), count(distinct (account_id, provider_id, state)) from notifications_callback where merchant_id = any(%s)",
        world.ids(),
    )[0]
    world.notes |= {"inbox": rows, "scans": scans, "callbacks": words}
    found = [f"answered with {world.notes['bad']}"] if world.notes["bad"] else []
    found += [] if rows == {"done": world.notes["events"]} else [f"{world.notes['events']} events made inbox rows {rows}"]
    found += [] if scans[0] == scans[1] == 2 * world.notes["parcels"] else [f"scans: {scans}"]
    return found + ([] if words[0] == words[1] > 0 else [f"callbacks: {words}"])


# -- F22: every order of a parcel's news


def shuffled(world: World, rng: random.Random) -> None:
    """Every permutation of a parcel's news, for parcel after parcel; a third of the news come twice."""
    carriers, shops = connected(world, "easypost"), world.shops
    moments = {status: minutes_ago(30 - 5 * place) for place, status in enumerate(PATH)}
    orders = list(itertools.islice(itertools.cycle(itertools.permutations(PATH)), max(24, world.orders)))
    calls: list[list[Posted]] = []
    for number, order in enumerate(orders, 1):
        shop = shops[number % len(shops)]
        tracking = f"JJD8{shop.index:02d}{world.seed:02d}{number:07d}"
        tell_order(world, shop, number, placed_at=minutes_ago(60).isoformat())
        body = {"external_id": f"P{number}", "carrier": "DHL", "tracking_number": tracking, "shipped_at": minutes_ago(40).isoformat()}
        tell(world, shop, f"/api/v1/orders/{number:06d}/shipments", body, f"parcel-{number}")
        news = []
        for place, status in enumerate(order):
            # Each tells one scan alone, as a carrier's push does; the whole history would put itself in order.
            call = easypost(carriers[shop.slug], tracking, [(status, moments[status])], f"evt-{shop.slug}-{number}-{place}")
            news += [call] * rng.choice((1, 1, 2))
        calls.append(news)
    bad: list[int] = []
    for wave in itertools.zip_longest(*calls):
        bad += [reply.status for reply in blast(world, [call for call in wave if call is not None]) if reply.status != 200]
    world.notes |= {"parcels": len(orders), "bad": bad[:5]}
    let_held_go(world)


def one_ending(world: World, verdict: Verdict) -> list[str]:
    """All parcels are delivered, at one moment, and nobody was told of the way after the arrival."""
    states = world.rows("select status, count(*) from tracking_shipment where merchant_id = any(%s) group by 1", world.ids())
    scans = world.rows("select count(*) from tracking_scan where merchant_id = any(%s) and source like 'easypost%%'", world.ids())[0][0]
    sent: dict[int, dict[str, float]] = {}
    names = {token: (shipment, kind) for token, shipment, kind in world.rows(KINDS, world.ids())}
    for line in sends(world, accepted=True, vendor="postmark"):
        if line["key"] in names:
            shipment, kind = names[line["key"]]
            sent.setdefault(shipment, {})[kind] = line["t_ns"] / 1e9
    late = [kinds for kinds in sent.values() if kinds.get("out_for_delivery", 0) > kinds.get("delivered", float("inf"))]
    world.notes |= {"states": dict(states), "scans": scans, "told": dict(Counter(kind for kinds in sent.values() for kind in kinds))}
    count = world.notes["parcels"]
    found = [f"answered with {world.notes['bad']}"] if world.notes["bad"] else []
    found += [] if states == [("delivered", count)] else [f"the parcels ended as {states}"]
    found += [] if scans == 3 * count else [f"{scans} scans of {3 * count}"]
    found += [f"{len(late)} shoppers heard of the last miles after the arrival"] if late else []
    told = sum("delivered" in kinds for kinds in sent.values())
    return found + ([] if told == count else [f"{told} of {count} shoppers heard that it arrived"])


KINDS = "select token, shipment_id, kind from notifications_message where merchant_id = any(%s) and shipment_id is not null"


# -- F23: captured and posted again


def replayed(world: World, rng: random.Random) -> None:
    """What was heard is posted again an hour and a month later; a callback under another's key as well."""
    shops = connected(world, "shopify")
    calls, facts = orders_of(world, shops, 1, world.orders)
    bad = acknowledge(world, blast(world, calls), facts)
    # Newer word of half of them, so that the old one would take something back.
    for number in range(1, world.orders, 2):
        shop = world.shops[number % len(world.shops)]
        content = shopify_order(shop, number) | {"note": "changed", "cancelled_at": now().isoformat(), "cancel_reason": "customer"}
        blast(world, [shopify(shops[shop.slug], "orders/updated", content, f"cancel-{shop.slug}-{number}")], lines=1)
        note(world.generator, Fact("cancel", shop.slug, f"{number:06d}", time.time(), time.time()))
    world.seconds_until(lambda: not any(world.open_work().values()), 90)
    lines = sends(world, accepted=True)
    words = [sms_status(shop_of(world, line), line, "sent") for line in lines if line["vendor"] == "twilio"]
    words += [mail_status(shop_of(world, line), line) for line in lines if line["vendor"] == "postmark"]
    blast(world, words)
    before = everything(world)
    replied: dict[str, list[int]] = {}
    for name, age in (("an hour", "1 hour"), ("a month", "31 days")):
        world.rows(f"update connectors_inboxitem set received_at = received_at - interval '{age}' where merchant_id = any(%s)", world.ids())
        purge_inbox(now=now())
        replied[name] = sorted({reply.status for reply in blast(world, calls + words)})
        world.seconds_until(lambda: not any(world.open_work().values()), 60)
    forged = [sms_status(shop_of(world, line), line, "failed", secret="another") for line in lines if line["vendor"] == "twilio"][:20]
    replied["forged"] = sorted({reply.status for reply in blast(world, forged)})
    world.notes |= {"bad": bad, "replied": replied, "replays": 2 * len(calls + words), "changed": difference(before, everything(world))}


def everything(world: World) -> dict[str, Any]:
    """What a replay could change."""
    asked = {
        "orders": "select merchant_id, number, state, payment_state, cancelled_at, total, customer_id from orders_order",
        "messages": "select id, state, reason, provider_id, is_possible_duplicate from notifications_message",
        "events": "select count(*) from events_event",
        "suppressed": "select count(*) from customers_suppression",
        "callbacks": "select count(*) from notifications_callback",
        "inbox": "select count(*) from connectors_inboxitem",
    }
    found = {name: sorted(world.rows(f"{query} where merchant_id = any(%s)", world.ids()), key=str) for name, query in asked.items()}
    return found | {"taken": len(sends(world, accepted=True))}


def difference(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def no_effect(world: World, verdict: Verdict) -> list[str]:
    """All replays were answered 2xx, as these senders have no times in their signatures, and changed nothing; forgeries 403."""
    found = [f"what it was about was answered with {world.notes['bad']}"] if world.notes["bad"] else []
    answers = world.notes["replied"]
    found += [
        f"the replay after {name} was answered {answers[name]}" for name in ("an hour", "a month") if not set(answers[name]) <= {200, 204}
    ]
    found += [] if answers["forged"] == [403] else [f"forged callbacks were answered {answers['forged']}"]
    return found + [f"replays changed {name}" for name in world.notes["changed"]]


# -- F24: a burst


def burst(world: World, rng: random.Random) -> None:
    """Orders as fast as sixteen lines bring them; how fast that is, is measured."""
    shops = connected(world, "shopify")
    calls, facts = orders_of(world, shops, 1, world.orders)
    started = time.monotonic()
    replies = blast(world, calls, lines=16)
    took = time.monotonic() - started
    waits = sorted(reply.took for reply in replies)
    world.notes |= {
        "bad": acknowledge(world, replies, facts)[:5], "hooks_per_s": round(len(calls) / took), "p50_s": round(percentile(waits, 0.5), 3),
        "p99_s": round(percentile(waits, 0.99), 3), "most_s": round(waits[-1], 3),
    }  # fmt: skip


def taken_in_time(world: World, verdict: Verdict) -> list[str]:
    found = [f"answered with {world.notes['bad']}"] if world.notes["bad"] else []
    rows = dict(world.rows(INBOX, world.ids()))
    found += [] if rows == {"done": world.orders} else [f"{world.orders} orders made inbox rows {rows}"]
    return found + ([f"p99 of the answers is {world.notes['p99_s']} s"] if world.notes["p99_s"] > BURST_P99 else [])


# -- F25: before what it is about


def too_early(world: World, rng: random.Random) -> None:
    """Parcels before their orders, scans before their parcels; the providers' callbacks come before their own answers."""
    shops, carriers = connected(world, "shopify"), connected(world, "easypost")
    bad: list[int] = []
    facts: dict[str, Fact] = {}
    for number in range(1, world.orders + 1):
        shop = world.shops[number % len(world.shops)]
        tracking = f"JJD7{shop.index:02d}{world.seed:02d}{number:07d}"
        hook = shops[shop.slug]
        scan = easypost(carriers[shop.slug], tracking, [("in_transit", minutes_ago(1))], f"evt-{shop.slug}-{number}")
        early = shopify(hook, "fulfillments/create", shopify_fulfilment(number, tracking=tracking), f"parcel-{shop.slug}-{number}")
        order = shopify(hook, "orders/create", shopify_order(shop, number, at=minutes_ago(60)), f"order-{shop.slug}-{number}")
        facts |= {
            early.about: Fact("parcel", shop.slug, f"{number:06d}", 0, 0),
            order.about: Fact("order", shop.slug, f"{number:06d}", 0, 0),
        }
        # Every third at the same moment, so that one passes the other in the workers.
        together = number % 3 == 0
        replies = blast(world, [scan, early, order] if together else [scan, early], lines=3 if together else 1)
        bad += acknowledge(world, replies, facts if together else {early.about: facts[early.about]})
        if not together:
            world.notes["waited"] = world.notes.get("waited", 0) + 1
            if number <= 3:
                world.seconds_until(lambda: dict(world.rows(INBOX, world.ids())).get("waiting", 0) > 0, 10)
                world.notes["seen_waiting"] = dict(world.rows(INBOX, world.ids())).get("waiting", 0)
            bad += acknowledge(world, blast(world, [order], lines=1), {order.about: facts[order.about]})
    world.notes["bad"] = bad[:5]
    world.notes["orphan"] = orphan(world, world.shops[0], shops[world.shops[0].slug])
    let_held_go(world)


def orphan(world: World, shop: Shop, hook: Hookup) -> list[Any]:
    """One whose order does not come within a day is given up; when the order comes after all, staff run it again."""
    number = 999_001
    event = f"parcel-{shop.slug}-{number}"
    blast(world, [shopify(hook, "fulfillments/create", shopify_fulfilment(number, tracking=f"JJD6{world.seed:09d}"), event)], lines=1)
    state = "select id, state, outcome from connectors_inboxitem where merchant_id = any(%s) and event_id = %s"
    world.seconds_until(lambda: world.rows(state, world.ids(), event)[0][1] == "waiting", 20)
    world.rows(
        "update connectors_inboxitem set received_at = received_at - interval '25 hours', due_at = statement_timestamp()"
        " where merchant_id = any(%s) and event_id = %s",
        world.ids(), event,
    )  # fmt: skip
    world.seconds_until(lambda: world.rows(state, world.ids(), event)[0][1] == "dead", 30)
    [(id, given_up, _)] = world.rows(state, world.ids(), event)
    blast(world, [shopify(hook, "orders/create", shopify_order(shop, number, at=minutes_ago(60)), f"order-{shop.slug}-{number}")], lines=1)
    world.seconds_until(lambda: bool(world.rows("select 1 from orders_order where merchant_id = %s and number = '999001'", shop.id)), 20)
    with merchant_scope(shop.id):
        rerun_item(item_id=id)
    world.seconds_until(lambda: world.rows(state, world.ids(), event)[0][1] == "done", 20)
    return [given_up, world.rows(state, world.ids(), event)[0][1]]


def all_met(world: World, verdict: Verdict) -> list[str]:
    """Nothing waits any more, every parcel has its order and its scan, every message its callback."""
    rows = dict(world.rows(INBOX, world.ids()))
    scanned = world.rows(
        "select count(distinct shipment_id) from tracking_scan where merchant_id = any(%s) and source like 'easypost%%'", world.ids()
    )
    states = world.states()
    world.notes |= {"inbox": rows, "scanned": scanned[0][0]}
    found = [f"answered with {world.notes['bad']}"] if world.notes["bad"] else []
    found += [] if set(rows) == {"done"} else [f"inbox rows are {rows}"]
    found += [] if world.notes.get("seen_waiting") else ["nothing was seen to wait: the race was not played"]
    found += [] if scanned[0][0] == world.orders else [f"{scanned[0][0]} of {world.orders} parcels have their scan"]
    found += [] if world.notes["orphan"] == ["dead", "done"] else [f"the orphan went {world.notes['orphan']}"]
    return found + ([f"{states['sent']} messages did not take their callback"] if states.get("sent") else [])


EARLY = {
    "rules": [{"decision": "slow", "wait": 0.6, "share": 0.5}],
    "callbacks": {"states": ["delivered"], "delay": [0, 0.05]},
}
TWICE = {"callbacks": {"states": ["sent", "delivered"], "delay": [0, 2], "copies": [1, 5], "shuffle": True}}

register(
    Scenario(
        "F21",
        "webhooks and callbacks come one to five times",
        faults=told_again,
        expects=one_effect,
        script=TWICE,
        orders=120,
        load=False,
        drain=120,
    ),
    Scenario("F22", "a parcel's news in every order", faults=shuffled, expects=one_ending, orders=48, load=False, drain=120),
    Scenario("F23", "captured calls are posted again", faults=replayed, expects=no_effect, orders=60, load=False, script=SILENT, drain=120),
    Scenario("F24", "a burst of webhooks", faults=burst, expects=taken_in_time, orders=1500, load=False, drain=300),
    Scenario(
        "F25", "a webhook comes before what it is about", faults=too_early, expects=all_met, orders=45, load=False, script=EARLY, drain=120
    ),
)
