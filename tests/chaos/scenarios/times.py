"""Clocks that are wrong, and days that have no half past two: F26, F27."""

import random
import threading
import time
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from typing import Any
from zoneinfo import ZoneInfo

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.automations import publish, save_draft
from tests.chaos import clock
from tests.chaos.callers import minutes_ago, sends, tell, tell_order
from tests.chaos.checker import Fact, Verdict
from tests.chaos.generator import Shop
from tests.chaos.nemesis import RELAYS, WORKERS
from tests.chaos.scenario import Scenario, register
from tests.chaos.scenarios.webhooks import let_held_go
from tests.chaos.world import World

HOURS = 2 * 3600
FAST, SLOW = ("worker1", "relay1"), ("worker2", "relay2")
HELD = "select count(*) from notifications_message where merchant_id = any(%s) and state = 'pending' and kind = 'attempt_failed'"
NAMES = "select token, kind from notifications_message where merchant_id = any(%s)"


# -- F26: some are two hours ahead, some behind


def skewed(world: World, rng: random.Random) -> None:
    """Half of the processes are two hours fast, half two hours slow, and both are stepped in the middle of it."""
    folder, stack = world.stack.signals, world.stack
    try:
        for names, label, seconds in ((FAST, "fast", HOURS), (SLOW, "slow", -HOURS)):
            clock.shift(folder, seconds, label)
            stack.restart(*names, environ={"CHAOS_CLOCK": label})
        load = threading.Thread(target=world.load, name="load")
        load.start()
        parcels = [failed_attempt(world, number) for number in range(700_001, 700_007)]
        time.sleep(3)
        for seconds in (-HOURS, 60, HOURS):  # a clock is set back, put nearly right, and sent ahead
            clock.shift(folder, seconds, "fast")
            clock.shift(folder, -seconds, "slow")
            time.sleep(4)
        load.join()
        world.seconds_until(lambda: world.rows(HELD, world.ids())[0][0] >= len(parcels), 20)
        time.sleep(2 * world.lengths.lease)
        world.notes |= {"held": world.rows(HELD, world.ids())[0][0], "parcels": len(parcels), "told_early": len(told_early(world))}
    finally:
        clock.put_right(folder)
        stack.restart(*WORKERS, *RELAYS, environ={})
    let_held_go(world)


def failed_attempt(world: World, number: int) -> str:
    """A parcel nobody was at home for: its news are held for ten minutes, by the database's clock, and told at any hour."""
    shop = world.shops[number % len(world.shops)]
    tell_order(world, shop, number, placed_at=minutes_ago(60).isoformat())
    tracking = f"JJD4{world.seed:03d}{number:08d}"
    ship(world, shop, number, tracking, minutes_ago(50))
    scans = [{"status": "attempt_failed", "at": minutes_ago(1).isoformat()}]
    tell(world, shop, "/api/v1/scans", {"items": [{"tracking_number": tracking, "carrier": "DHL", "scans": scans}]}, f"scan-{number}")
    return tracking


def ship(world: World, shop: Shop, number: int, tracking: str, at: datetime) -> None:
    body = {"external_id": f"P{number}", "carrier": "DHL", "tracking_number": tracking, "shipped_at": at.isoformat()}
    tell(world, shop, f"/api/v1/orders/{number:06d}/shipments", body, f"parcel-{number}")
    world.generator.log.facts.append(Fact("parcel", shop.slug, f"{number:06d}", time.time(), time.time()))


def told_early(world: World) -> list[str]:
    held = {token for token, kind in world.rows(NAMES, world.ids()) if kind == "attempt_failed"}
    return [line["key"] for line in sends(world, accepted=True) if line["key"] in held]


def by_the_database(world: World, verdict: Verdict) -> list[str]:
    """Nothing that is held leaves early, nothing is thought too late, and leases hold: no doubles (I2), no doubts left (I6)."""
    early, held, parcels = world.notes["told_early"], world.notes["held"], world.notes["parcels"]
    rows = world.rows(
        "select kind, reason, count(*) from notifications_message"
        " where merchant_id = any(%s) and state in ('expired', 'dead') group by 1, 2",
        world.ids(),
    )
    found = [f"{early} messages left before the database said so"] if early else []
    found += [] if held >= parcels else [f"only {held} of {parcels} parcels had news to hold: nothing was proved"]
    return found + [f"{count} {kind} were given up: {reason}" for kind, reason, count in rows]


# -- F27: clocks are changed for summer


# The zone, the moment, the address's country and region, and the shopper's number; where they do not say the zone, it is the merchant's.
MOMENTS = (
    ("America/New_York", datetime(2027, 3, 14, 6, 50, tzinfo=UTC), "US", "NY", "+1212555{:04d}"),  # ten minutes before two
    ("Europe/Berlin", datetime(2027, 3, 28, 0, 50, tzinfo=UTC), "DE", "", "+49151800{:05d}"),
    ("America/New_York", datetime(2026, 11, 1, 5, 10, tzinfo=UTC), "US", "NY", "+1212556{:04d}"),  # ten past one, the first time
    ("Pacific/Auckland", datetime(2027, 4, 3, 12, 50, tzinfo=UTC), "NZ", "", "+64211234{:03d}"),  # 13 hours ahead, soon twelve
    ("Pacific/Kiritimati", datetime(2027, 3, 28, 11, 30, tzinfo=UTC), "", "", "+1212557{:04d}"),  # 14 hours ahead
    ("Etc/GMT+12", datetime(2027, 3, 28, 15, 30, tzinfo=UTC), "", "", "+1212558{:04d}"),  # 12 behind
)
WINDOW, QUIET = (day_time(2), day_time(3)), (day_time(8), day_time(21))
DELAY = timedelta(minutes=30)
PLANNED = """
    select kind, channel, send_at, token from notifications_message
    where merchant_id = %s and kind in ('thanks', 'out_for_delivery') and state = 'pending' and send_at is not null"""
ON_TIME = """
    update notifications_message set due_at = statement_timestamp()
    where merchant_id = %s and state = 'pending' and send_at <= %s and due_at > statement_timestamp()"""
Planned = tuple[str, str, datetime, datetime, str]  # zone, kind, told of at, to leave at (local), token


def changed_clocks(world: World, rng: random.Random) -> None:
    """Orders come in the hours in which clocks are changed; thanks leave between two and three, the last miles not at night."""
    folder = world.stack.signals
    found: list[Planned] = []
    try:
        for place, (zone, moment, country, _region, _number) in enumerate(MOMENTS):
            shop = world.shops[place]
            with merchant_scope(shop.id):
                Merchant.objects.filter(pk=shop.id).update(timezone=zone, country=country or "US")
                told = {"channels": ["sms"], "delay_minutes": 30, "window": [f"{hour:%H:%M}" for hour in WINDOW]}
                publish(version=save_draft(kind="thanks", definition=told, at=moment), at=moment)
            set_clocks(world, moment)
            found += phase(world, shop, place)
    finally:
        clock.put_right(folder)
    world.notes["planned"] = [f"{zone} {kind} {local:%m-%d %H:%M}" for zone, kind, _, local, _ in found]
    world.notes["found"] = found


def set_clocks(world: World, moment: datetime) -> None:
    clock.shift(world.stack.signals, (moment - datetime.now(UTC)).total_seconds())


def phase(world: World, shop: Shop, place: int) -> list[Planned]:
    """Two orders with a parcel each at this moment; then time goes on, from one message that is to leave to the next."""
    zone, moment, country, region, number_of = MOMENTS[place]
    address = {"name": "Kim Buyer", "street": "High Street 1", "postcode": "10001", "city": "Town", "country": country, "region": region}
    for number in (800_001 + 10 * place, 800_002 + 10 * place):
        over: dict[str, Any] = {"placed_at": (moment - timedelta(hours=1)).isoformat(), "shipping_address": address if country else None}
        body = {"email": f"buyer{number}@{shop.slug}.example", "phone": number_of.format(number % 10), "language": "en"}
        tell_order(world, shop, number, **over, customer=body)
        tracking = f"JJD3{world.seed:03d}{number:08d}"
        ship(world, shop, number, tracking, moment - timedelta(minutes=50))
        scans = [{"status": "out_for_delivery", "at": (moment - timedelta(minutes=2)).isoformat()}]
        tell(world, shop, "/api/v1/scans", {"items": [{"tracking_number": tracking, "carrier": "DHL", "scans": scans}]}, f"scan-{number}")
    world.seconds_until(lambda: len(world.rows(PLANNED, shop.id)) >= 6, 20)
    rows = world.rows(PLANNED, shop.id)
    for leaves in sorted({send_at for _, _, send_at, _ in rows}):
        set_clocks(world, leaves + timedelta(seconds=30))
        world.rows(ON_TIME, shop.id, leaves)
        world.seconds_until(lambda leaves=leaves: all(later > leaves for _, _, later, _ in world.rows(PLANNED, shop.id)), 15)  # type: ignore[misc]
    return [(zone, kind, moment, send_at.astimezone(ZoneInfo(zone)), token) for kind, channel, send_at, token in rows if channel == "sms"]


def at_good_hours(world: World, verdict: Verdict) -> list[str]:
    """Each within its hours where the shopper is, after its delay, within a day and an hour, and every kind was seen in every zone."""
    found = []
    planned: list[Planned] = world.notes.pop("found")
    taken = {line["key"] for line in sends(world, accepted=True)}
    for zone, kind, moment, at, token in planned:
        hours = WINDOW if kind == "thanks" else QUIET
        if not hours[0] <= at.time() < hours[1]:
            found.append(f"{kind} in {zone} leaves at {at:%H:%M}")
        if kind == "thanks" and not moment + DELAY <= at.astimezone(UTC) <= moment + timedelta(hours=26):
            found.append(f"{kind} in {zone} leaves {at:%Y-%m-%d %H:%M}, told of at {moment:%Y-%m-%d %H:%M} UTC")
        if kind == "thanks" and token not in taken:
            found.append(f"{kind} in {zone}, told of at {moment:%Y-%m-%d %H:%M} UTC, never left")
    for zone, moment, *_ in MOMENTS:
        for kind in ("thanks", "out_for_delivery"):
            count = sum((zone, kind, moment) == one[:3] for one in planned)
            found += [] if count == 2 else [f"{count} of 2 {kind} were planned for {zone} at {moment:%Y-%m-%d %H:%M} UTC"]
    return found


register(
    Scenario(
        "F26", "clocks two hours ahead and behind, and stepped", faults=skewed, expects=by_the_database, orders=120, load=False, drain=120
    ),
    Scenario(
        "F27",
        "clocks are changed for summer, at the ends of the world",
        faults=changed_clocks,
        expects=at_good_hours,
        orders=10,
        merchants=len(MOMENTS),
        load=False,
        drain=120,
    ),
)
