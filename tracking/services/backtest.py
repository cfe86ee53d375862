"""What a rule would have raised over the last days, before it is switched on: the same rules over what was stored."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Prefetch

from orders.models import Order
from orders.types import Fulfilment, OrderState
from tracking.models import Shipment
from tracking.rules.incidents import DELAYS, RULES, House, OrderFacts, check_thresholds, setting_of
from tracking.rules.incidents.replay import (
    Episode,
    Moment,
    Outcome,
    came_true,
    episodes,
    house_with,
    lead_days,
    messages,
    order_episode,
    order_messages,
    was_late,
)
from tracking.selectors.feeds import feeds
from tracking.selectors.looks import house
from tracking.selectors.stories import outcome, stories
from tracking.types import IncidentType

CHUNK = 500
BEFORE = timedelta(days=60)  # parcels older than the span may still raise something in it
T = IncidentType


class NotTestable(ValueError):
    """A type the stored past cannot tell about: what shoppers said, what feeds did, what numbers carriers did not know."""


@dataclass(slots=True)
class BackTest:
    """What would have been raised, day by day and in all."""

    type: str
    thresholds: dict[str, float]
    since: date
    until: date
    parcels: int = 0
    raised: int = 0
    right: int = 0
    late: int = 0  # parcels (or orders) that were late, found or not
    found: int = 0  # of them: found
    in_time: int = 0  # of the right ones: before the promised day was over
    messages: int = 0
    is_cut: bool = False
    leads: list[float] = field(default_factory=list)
    by_day: dict[date, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))  # raised, right, messages

    @property
    def precision(self) -> float | None:
        return round(self.right / self.raised, 3) if self.raised else None

    @property
    def recall(self) -> float | None:
        return round(self.found / self.late, 3) if self.late else None

    @property
    def lead(self) -> float | None:
        return round(median(self.leads), 1) if self.leads else None

    def count(self, day: date, *, is_right: bool, lead: float | None, messages: int) -> None:
        self.raised += 1
        self.right += is_right
        self.messages += messages
        row = self.by_day[day]
        row[0], row[1], row[2] = row[0] + 1, row[1] + is_right, row[2] + messages
        if is_right and lead is not None:
            self.leads.append(lead)
            self.in_time += lead > 0

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, as the command writes it."""
        days = [{"day": day.isoformat(), "raised": row[0], "right": row[1], "messages": row[2]} for day, row in sorted(self.by_day.items())]
        return {
            "type": self.type, "thresholds": self.thresholds, "since": self.since.isoformat(), "until": self.until.isoformat(),
            "parcels": self.parcels, "raised": self.raised, "right": self.right, "precision": self.precision, "late": self.late,
            "recall": self.recall, "lead_days": self.lead, "raised_in_time": self.in_time, "messages": self.messages,
            "is_cut": self.is_cut, "days": days,
        }  # fmt: skip


def back_test(
    *,
    type: str,
    thresholds: Mapping[str, object],
    now: datetime,
    days: int = 90,
    tells_shopper: bool | None = None,
    most: int | None = None,
) -> BackTest:
    """Replay the last days of the current merchant under one rule. Writes nothing; memory does not grow with them.

    `most` looks at the newest so many only. Refuses (NotTestable) types the past cannot tell about, (BadThreshold, naming it) bad
    thresholds, and (ValueError) a span that is not 1 to 365 days.
    """
    if type not in RULES or not RULES[type].can_be_tested:
        raise NotTestable(f"{type[:30]} cannot be tested on the past")
    if not 1 <= days <= 365:
        raise ValueError("days: must be 1 to 365")
    given, tells = check_thresholds(type, thresholds), RULES[type].tells_shopper if tells_shopper is None else tells_shopper
    setting = setting_of(type, is_on=True, tells_shopper=tells, given=given, carriers=())
    here = house_with(house(), type, setting)
    span = Span(T(type), here, now - timedelta(days=days), now, most)
    zone = here.zone
    result = BackTest(type, dict(setting.limits), span.start.astimezone(zone).date(), now.astimezone(zone).date())
    (_orders if type == T.UNSHIPPED_PAST_PROMISE else _parcels)(span, result)
    return result


@dataclass(frozen=True, slots=True)
class Span:
    """What is tried, and over which time."""

    type: IncidentType
    house: House
    start: datetime
    end: datetime
    most: int | None

    @property
    def today(self) -> date:
        return self.day(self.end)

    def day(self, at: datetime) -> date:
        return at.astimezone(self.house.zone).date()


def _chunks(rows: Any, span: Span, result: BackTest) -> Iterator[list[Any]]:
    """Newest first, by key, so that each chunk costs the same."""
    last, seen = None, 0
    while True:
        size = min(CHUNK, span.most - seen) if span.most is not None else CHUNK
        chunk = list((rows.filter(pk__lt=last) if last else rows).order_by("-pk")[:size]) if size else []
        if not chunk:
            result.is_cut = size == 0
            return
        yield chunk
        last, seen = chunk[-1].pk, seen + len(chunk)


def _parcels(span: Span, result: BackTest) -> None:
    heard = {feed.carrier for feed in feeds()}
    rows = Shipment.objects.filter(created_at__gte=span.start - BEFORE, created_at__lt=span.end).select_related("order")
    for chunk in _chunks(rows.defer("folded"), span, result):
        for row, story in stories(chunk, heard):
            _judge(story, outcome(row, story, span.house.zone), span, result)


def _judge(story: Sequence[Moment], outcome: Outcome, span: Span, result: BackTest) -> None:
    raised = [one for one in episodes(span.type, story, span.house, span.end) if one.opened_at >= span.start]
    is_late = was_late(outcome, span.today) and outcome.promised_by is not None and outcome.promised_by >= span.day(span.start)
    result.parcels += 1
    result.late += is_late
    result.found += bool(is_late and raised and span.type in DELAYS | {T.FORGOTTEN, T.LOST_SUSPECTED})
    for place, one in enumerate(_apart(raised, span)):
        sent = messages(span.type, one, story, span.house, span.end) if place == 0 or span.type in DELAYS else 0
        lead = lead_days(one.opened_at, outcome.promised_by, span.house)
        result.count(span.day(one.opened_at), is_right=came_true(span.type, outcome, span.today), lead=lead, messages=sent)


def _apart(raised: Sequence[Episode], span: Span) -> list[Episode]:
    """What comes again within the quiet days is the same incident reopened."""
    quiet, found = timedelta(days=span.house.limit(span.type, "quiet_days")), list[Episode]()
    for one in raised:
        before = found[-1].until if found else None
        if before is None or one.opened_at - before > quiet:
            found.append(one)
    return found


def _orders(span: Span, result: BackTest) -> None:
    rows = Order.objects.filter(ship_by__gte=span.day(span.start - BEFORE), ship_by__lt=span.today, confirmed_at__isnull=False)
    sent = Prefetch("shipments", Shipment.objects.only("order_id", "merchant_id", "shipped_at"))
    for chunk in _chunks(rows.prefetch_related(sent), span, result):
        for row in chunk:
            result.parcels += 1
            ended_at = _ended_at(row)
            facts = OrderFacts(row.pk, row.ship_by, is_waiting=True, is_imported=row.is_imported)
            one = order_episode(facts, ended_at, span.house, span.end)
            is_late = row.ship_by is not None and span.day(ended_at or span.end) > row.ship_by
            result.late += is_late
            if one is not None and one.opened_at >= span.start:
                result.found += is_late
                sent_messages = 0 if row.is_imported else order_messages(one, span.house, span.end)
                lead = lead_days(one.opened_at, row.arrive_by, span.house)
                result.count(span.day(one.opened_at), is_right=True, lead=lead, messages=sent_messages)


def _ended_at(row: Order) -> datetime | None:
    """When it stopped waiting: all sent, or called off."""
    if row.state == OrderState.CANCELLED:
        return row.cancelled_at
    sent = [parcel.shipped_at for parcel in row.shipments.all() if parcel.shipped_at]
    return max(sent, default=None) if row.fulfilment == Fulfilment.FULFILLED else None
