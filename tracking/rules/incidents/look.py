"""What is wrong with a parcel, an order or a feed now, and when to look again."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tracking.rules.incidents.calendar import after_days, after_hours, end_of
from tracking.rules.incidents.conditions import CONDITIONS
from tracking.rules.incidents.facts import (
    BEFORE_PICKUP,
    DELAYS,
    MOVING,
    NOTHING,
    Feed,
    FeedFacts,
    Finding,
    House,
    OrderFacts,
    ParcelFacts,
    Sight,
)
from tracking.types import Cause, IncidentType

T = IncidentType
DAY = timedelta(days=1)
# While something is wrong the work list's order moves with the clock: four looks a day.
AGAIN = timedelta(hours=6)
SOONEST = timedelta(minutes=5)
# Silent for longer, nobody waits for it any more: only news bring it back.
LONGEST = timedelta(days=120)
# What went wrong that long before we were told of the parcel is nobody's work any more.
HISTORY = timedelta(days=30)
# One or two silent parcels are silent parcels; three are a hint that nobody tells us anything.
LEAST_PARCELS = 3
USUAL_OF_LONGEST = 3
# So long "it is the feed" may stand between a parcel and the work list.
BELIEVED = timedelta(days=7)


Seen = Mapping[IncidentType, Sight]


def sights(parcel: ParcelFacts, house: House, now: datetime) -> Seen:
    """What each rule makes of a parcel. One that is off, or not for its carrier, sees nothing."""
    return {type: sight(type, parcel, house, now) for type in CONDITIONS}


def sight(type: IncidentType, parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    if parcel.is_cancelled or not house.rules[type].covers(parcel.carrier):
        return NOTHING
    seen = CONDITIONS[type](parcel, house, now)
    is_history = parcel.is_imported and seen.since is not None and seen.since < parcel.created_at - HISTORY
    return replace(seen, since=None) if is_history else seen


def look(
    parcel: ParcelFacts, house: House, now: datetime, *, held: Collection[str] = (), seen: Seen | None = None
) -> dict[IncidentType, Finding]:
    """Everything wrong with a parcel; `held` are the types open now, which end at something milder than they begin at."""
    found = {}
    for type, one in (seen or sights(parcel, house, now)).items():
        if (type in held and not one.is_cleared) or (one.since is not None and one.since <= now):
            found[type] = finding(type, one, parcel, now)
    if T.LOST_SUSPECTED in found:
        # It says what they said, only worse: one line in the work list.
        for type in (T.STALLED, T.ETA_SLIPPED, T.PREDICTED_LATE):
            found.pop(type, None)
    if T.DELIVERED_NOT_RECEIVED in held and not parcel.is_cancelled:
        found[T.DELIVERED_NOT_RECEIVED] = denied(parcel, now)
    return found


def finding(type: IncidentType, seen: Sight, parcel: ParcelFacts, now: datetime) -> Finding:
    promised = parcel.promised_by
    facts = dict(seen.facts)
    if type in DELAYS and promised is not None:
        facts["promised_by"] = promised.isoformat()
        facts["expected_by"] = seen.expected_by.isoformat() if seen.expected_by else None
    since = seen.since if seen.since is not None and seen.since <= now else now
    return Finding(type, since, seen.act_by or now + DAY, seen.cause, seen.reason, promised, seen.expected_by, facts)


def denied(parcel: ParcelFacts, now: datetime) -> Finding:
    """What the shopper said: only people end it. Carriers take such a claim within fifteen days of the delivery."""
    at = parcel.delivered_at or now
    return Finding(
        T.DELIVERED_NOT_RECEIVED, at, at + 15 * DAY, Cause.CARRIER, promised_by=parcel.promised_by, facts={"delivered_at": at.isoformat()}
    )


def next_look(
    parcel: ParcelFacts, house: House, now: datetime, *, is_anything_open: bool = False, seen: Seen | None = None
) -> datetime | None:
    """The next moment at which the clock alone can change what is wrong; None when only news can."""
    seen = seen or sights(parcel, house, now)
    moments = [one.since for one in seen.values() if one.since is not None and one.since > now]
    if now - parcel.last_news_at < LONGEST and (is_anything_open or _is_feed_missed(parcel)):
        moments.append(now + AGAIN)
    return max(min(moments), now + SOONEST) if moments else None


def _is_feed_missed(parcel: ParcelFacts) -> bool:
    """Its silence says nothing now; it will once the carrier is heard again."""
    return parcel.feed != Feed.ALIVE and parcel.status in MOVING | BEFORE_PICKUP


def look_at_order(order: OrderFacts, house: House, now: datetime) -> Finding | None:
    """An order that was to be sent and was not."""
    if not order.is_waiting or order.ship_by is None or not house.rules[T.UNSHIPPED_PAST_PROMISE].is_on:
        return None
    grace = house.limit(T.UNSHIPPED_PAST_PROMISE, "grace_days")
    since = after_days(end_of(order.ship_by, house.zone), grace, house.country, house.zone)
    if since > now or order.ship_by < (now - house.limit(T.UNSHIPPED_PAST_PROMISE, "give_up_days") * DAY).date():
        return None
    late = (now.astimezone(house.zone).date() - order.ship_by).days
    facts = {"promised_by": order.ship_by.isoformat(), "silent_days": late}
    return Finding(T.UNSHIPPED_PAST_PROMISE, since, since + DAY, Cause.RETAILER, promised_by=order.ship_by, facts=facts)


def look_at_feed(feed: FeedFacts, house: House, now: datetime) -> Finding | None:
    """A carrier nobody has heard of for many times its usual pause, while several parcels wait for its news."""
    since = stale_since(feed, house)
    if since is None or since > now or not house.rules[T.FEED_STALE].covers(feed.carrier):
        return None
    assert feed.last_received_at is not None
    facts = {"last_scan_at": feed.last_received_at.isoformat(), "usual_gap": round(feed.usual_gap), "carrier": feed.carrier}
    return Finding(T.FEED_STALE, since, since + timedelta(hours=4), Cause.UNKNOWN, facts=facts)


def quiet_since(feed: FeedFacts, house: House) -> datetime | None:
    """When a carrier was silent for longer than it is used to. Alone it says little: after a busy week few parcels are quiet ones."""
    return _after_pauses(feed, house, feed.usual_gap / 3600)


def stale_since(feed: FeedFacts, house: House) -> datetime | None:
    """When a carrier's silence becomes our problem: not before several parcels together should have brought many news, and brought none.

    The same moment ends it: news make it a later one."""
    if feed.parcels < LEAST_PARCELS or feed.pace <= 0:
        return None
    return _after_pauses(feed, house, max(feed.usual_gap / 3600, 24 / feed.pace))


def feed_of(feed: FeedFacts, house: House, now: datetime) -> Feed:
    """What a parcel's silence is worth with this carrier. Where the merchant does not watch for silent feeds, it is taken at its word."""
    since = stale_since(feed, house)
    if since is None or since > now or not house.rules[T.FEED_STALE].covers(feed.carrier):
        return Feed.ALIVE
    return Feed.STALE if now - since <= BELIEVED else Feed.GONE


def pace_of(limits: Iterable[tuple[float, int]]) -> float:
    """News a working day of parcels that are never silent for longer than so many days, 19 of 20 of them.

    Pauses are taken to be spread as waiting times are: the longest of twenty is three times the usual one."""
    return sum(USUAL_OF_LONGEST * count / days for days, count in limits)


def _after_pauses(feed: FeedFacts, house: House, pause: float) -> datetime | None:
    if feed.last_received_at is None:
        return None
    hours = max(house.limit(T.FEED_STALE, "gaps") * pause, house.limit(T.FEED_STALE, "least_hours"))
    return after_hours(feed.last_received_at, hours, house.country, house.zone)
