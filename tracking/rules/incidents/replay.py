"""A parcel's past lived through again under a rule: when it would have opened and closed, and what would have been said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tracking.rules.incidents.calendar import end_of
from tracking.rules.incidents.facts import DELAYS, House, OrderFacts, ParcelFacts, RuleSetting
from tracking.rules.incidents.look import look_at_order, sight
from tracking.rules.incidents.notices import Notice, Told, again_at, notice, notice_of
from tracking.types import IncidentType, ShipmentStatus

S = ShipmentStatus
T = IncidentType
DAY = timedelta(days=1)
GONE = frozenset({S.LOST, S.RETURNING, S.RETURNED, S.DAMAGED})
# Told by a message of their own, once.
OWN_MESSAGE = frozenset({T.LOST_SUSPECTED, T.PICKUP_EXPIRING})
MOST = 20


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known of a parcel from a moment on."""

    at: datetime
    parcel: ParcelFacts


@dataclass(frozen=True, slots=True)
class Episode:
    """From when to when an incident would have been open; `until` is None for one that still is."""

    opened_at: datetime
    until: datetime | None
    expected_by: date | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went in the end, measured at the first attempt."""

    status: ShipmentStatus
    promised_by: date | None
    arrived_on: date | None
    delivered_on: date | None = None
    attempts: int = 0


def house_with(house: House, type: str, setting: RuleSetting) -> House:
    """The same house with one rule as it is to be tried."""
    return replace(house, rules={**house.rules, type: setting})


def episodes(type: IncidentType, story: Sequence[Moment], house: House, end: datetime) -> list[Episode]:
    """When a rule would have held. Between two news the facts stand still, so it is enough to look at each and at its moments to come."""
    found: list[Episode] = []
    opened: Episode | None = None
    for place, moment in enumerate(story):
        until = story[place + 1].at if place + 1 < len(story) else end
        seen = sight(type, moment.parcel, house, moment.at)
        if opened is not None and seen.is_cleared:
            found.append(replace(opened, until=moment.at))
            opened = None
        if opened is None and seen.since is not None and max(seen.since, moment.at) < until:
            opened = Episode(max(seen.since, moment.at), None, seen.expected_by)
    return [*found, *([opened] if opened else [])]


def order_episode(order: OrderFacts, sent_at: datetime | None, house: House, end: datetime) -> Episode | None:
    """The one time an order could be found unsent: from the day after its promise until it was sent or called off."""
    if order.ship_by is None:
        return None
    last = sent_at or end
    finding = look_at_order(order, house, min(last, end_of(order.ship_by, house.zone) + 90 * DAY))
    return Episode(finding.since, sent_at) if finding and finding.since < last else None


def messages(type: IncidentType, episode: Episode, story: Sequence[Moment], house: House, end: datetime) -> int:
    """How many messages it would have sent, by the same decision that sends them."""
    rule = house.rules[type]
    if not rule.tells_shopper or not story or story[-1].parcel.is_imported:
        return 0
    if type not in DELAYS:
        return int(type in OWN_MESSAGE)
    return sum(1 for _ in _tellings(type, episode, story, house, end))


def _tellings(type: IncidentType, episode: Episode, story: Sequence[Moment], house: House, end: datetime) -> Iterator[Notice]:
    told: Told | None = None
    at, last = episode.opened_at, episode.until or end
    for _ in range(MOST):
        said = notice_of(_known(story, at), {type: episode.expected_by}, told, house, at) if at < last else None
        if said is None:
            return
        yield said
        told = Told(at, said.expected_by, said.news_by, said.times)
        due = again_at(told, house)
        if due is None:
            return
        at = due


def order_messages(episode: Episode, house: House, end: datetime) -> int:
    """Notices of a late dispatch until it was sent."""
    if not house.rules[T.UNSHIPPED_PAST_PROMISE].tells_shopper:
        return 0
    told: Told | None = None
    at: datetime | None = episode.opened_at
    while at is not None and at < (episode.until or end):
        said = notice(T.UNSHIPPED_PAST_PROMISE, None, told, house, at.astimezone(house.zone).date())
        told = Told(at, None, said.news_by, said.times)
        at = again_at(told, house)
    return told.times if told else 0


def _known(story: Sequence[Moment], at: datetime) -> ParcelFacts:
    return next((moment.parcel for moment in reversed(story) if moment.at <= at), story[0].parcel)


def was_late(outcome: Outcome, today: date) -> bool:
    """Tried after the promised day, still not there past it, or gone."""
    if outcome.status in GONE:
        return True
    return outcome.promised_by is not None and (outcome.arrived_on or today) > outcome.promised_by


def came_true(type: str, outcome: Outcome, today: date) -> bool:
    """Whether what the rule feared is what happened."""
    judge: Mapping[str, bool] = {
        T.LOST_SUSPECTED: outcome.delivered_on is None and outcome.arrived_on is None,
        T.FAILED_ATTEMPT: outcome.status in GONE or outcome.attempts > 1,
        T.PICKUP_EXPIRING: outcome.status in GONE or outcome.delivered_on is None,
        T.RETURNING: True,
        T.UNSHIPPED_PAST_PROMISE: True,
    }
    return judge.get(type, was_late(outcome, today))


def lead_days(opened_at: datetime, promised_by: date | None, house: House) -> float | None:
    """Days between the finding and the end of the promised day; less than nothing when it came too late."""
    if promised_by is None:
        return None
    return round((end_of(promised_by, house.zone) - opened_at).total_seconds() / 86400, 2)
