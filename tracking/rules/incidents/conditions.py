"""One function per type: since when it holds for a parcel, and what ends it. No clock but `now`, no database."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from tracking.rules.fold import UNKNOWN_NUMBER
from tracking.rules.incidents.calendar import DAY, after_days, days_between, end_of, next_working_day, start_of
from tracking.rules.incidents.facts import BEFORE_PICKUP, ENDED, MOVING, NOTHING, Feed, House, ParcelFacts, Sight
from tracking.types import Cause, IncidentType, ShipmentStatus

S = ShipmentStatus
T = IncidentType
HOUR = timedelta(hours=1)
# Odds of the 80 % range: one in ten before its first day, one in ten after its last.
EDGE = 0.1


def _country(parcel: ParcelFacts, house: House) -> str:
    return parcel.to_country or parcel.from_country or house.country


def _office(day: date, count: int, house: House) -> datetime:
    """The end of an office day: what people are asked to do, they do by then."""
    return start_of(next_working_day(day, count, house.country), house.zone) + timedelta(hours=18)


def _today(now: datetime, house: House) -> date:
    return now.astimezone(house.zone).date()


def silence_limit(parcel: ParcelFacts, house: House) -> float:
    """Working days a parcel may be silent: what its lane taught, else the default, within the merchant's bounds."""
    return lane_limit(house, is_domestic=parcel.is_domestic, lane_gap=parcel.lane_gap)


def lane_limit(house: House, *, is_domestic: bool, lane_gap: int | None) -> float:
    default = house.limit(T.STALLED, "domestic_days" if is_domestic else "international_days")
    return default if lane_gap is None else min(max(float(lane_gap), house.limit(T.STALLED, "least_days")), 2 * default)


def _silent(parcel: ParcelFacts, house: House, now: datetime) -> dict[str, Any]:
    last = parcel.last_news_at
    silent = days_between(last.astimezone(house.zone).date(), _today(now, house), _country(parcel, house))
    return {"silent_days": silent, "last_scan_at": last.isoformat()}


def stalled(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    if parcel.status not in MOVING or parcel.shipped_at is None:
        return NOTHING
    limit = silence_limit(parcel, house)
    since = after_days(parcel.last_news_at, limit, _country(parcel, house), house.zone)
    facts = _silent(parcel, house, now) | {"limit_days": limit, "lane_p95": parcel.lane_gap}
    lost = _lost_at(parcel, house)
    return Sight(_heard(parcel, since), now < since, act_by=lost, cause=parcel.cause or Cause.CARRIER, facts=facts)


def _heard(parcel: ParcelFacts, since: datetime) -> datetime | None:
    """Silence tells something only when the carrier is heard about other parcels, or when nobody can expect to hear of it again."""
    return since if parcel.feed in (Feed.ALIVE, Feed.GONE) else None


def forgotten(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    if parcel.status not in BEFORE_PICKUP or parcel.first_scan_at is not None or parcel.shipped_at is not None:
        return NOTHING
    limit = house.limit(T.FORGOTTEN, "days")
    since = after_days(parcel.created_at, limit, parcel.from_country or house.country, house.zone)
    act_by = end_of(parcel.promised_by, house.zone) if parcel.promised_by else since + 2 * DAY
    return Sight(_heard(parcel, since), False, act_by, Cause.RETAILER, facts=_silent(parcel, house, now) | {"limit_days": limit})


def invalid_number(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    if parcel.reason != UNKNOWN_NUMBER or parcel.first_scan_at is not None or parcel.status in ENDED:
        return NOTHING
    since = parcel.created_at + house.limit(T.INVALID_NUMBER, "hours") * HOUR
    return Sight(since, False, _office(since.date(), 1, house), Cause.RETAILER, parcel.reason)


def _lost_at(parcel: ParcelFacts, house: House) -> datetime:
    kind = "domestic_days" if parcel.is_domestic else "international_days"
    return parcel.last_news_at + house.limit(T.LOST_SUSPECTED, kind) * DAY


def lost_suspected(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    if parcel.status == S.LOST:
        at = parcel.status_at or parcel.last_news_at
        return Sight(at, False, at + 10 * DAY, parcel.cause or Cause.CARRIER, "carrier_says_lost", facts=_silent(parcel, house, now))
    if parcel.shipped_at is None or parcel.status not in MOVING | {S.ON_HOLD, S.ATTEMPT_FAILED}:
        return NOTHING
    since = _lost_at(parcel, house)
    facts = _silent(parcel, house, now) | {"limit_days": (since - parcel.last_news_at).days}
    # Claims are to be made within thirty days of the hand-over at most carriers.
    act_by = max(parcel.shipped_at + 30 * DAY, since + 3 * DAY)
    return Sight(_heard(parcel, since), now < since, act_by, parcel.cause or Cause.CARRIER, "silent", facts=facts)


def _is_there(parcel: ParcelFacts) -> bool:
    """On time is measured at the first attempt: what was at the door is not late any more."""
    return parcel.attempted_at is not None or parcel.status in ENDED | {S.READY_FOR_PICKUP, S.RETURNING, S.LOST, S.DAMAGED}


def eta_slipped(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    """The carrier names a later day, it was sent too late to be there, or the promised day has passed."""
    if parcel.promised_by is None or parcel.shipped_at is None or _is_there(parcel):
        return NOTHING
    said = parcel.eta_by if parcel.eta_source in ("carrier", "merchant") and not parcel.eta_hidden else None
    limit, today = int(house.limit(T.ETA_SLIPPED, "open_days")), _today(now, house)
    is_said = said is not None and (said - parcel.promised_by).days >= limit
    since = parcel.day_said_at if is_said else _heard(parcel, start_of(parcel.promised_by + limit * DAY, house.zone))
    worst = max(said or parcel.promised_by, today)
    cleared = (worst - parcel.promised_by).days <= house.limit(T.ETA_SLIPPED, "clear_days")
    expected = said if said and said >= today and said > parcel.promised_by else None
    cause = parcel.cause or (Cause.RETAILER if is_said and parcel.eta_source == "merchant" else Cause.CARRIER)
    return Sight(since, cleared, end_of(parcel.promised_by, house.zone), cause, expected_by=expected)


def late_odds(first: date, last: date, promised: date) -> float:
    """How likely a parcel comes after the promised day, its 80 % range being `first` to `last`."""
    if promised >= last:
        return float(EDGE * 0.5 ** (promised - last).days)
    if promised < first:
        return float(1 - EDGE * 0.5 ** ((first - promised).days - 1))
    inside = (promised - first).days + 1
    return 1 - EDGE - (1 - 2 * EDGE) * inside / ((last - first).days + 1)


def predicted_late(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    if parcel.promised_by is None or _is_there(parcel) or parcel.eta_hidden or parcel.status == S.OUT_FOR_DELIVERY:
        return NOTHING  # what a driver has now comes today, whatever was reckoned before
    if parcel.eta_source != "learned" or parcel.eta_from is None or parcel.eta_by is None:
        return NOTHING
    odds = late_odds(parcel.eta_from, parcel.eta_by, parcel.promised_by)
    since = parcel.day_said_at if odds >= house.limit(T.PREDICTED_LATE, "open_share") else None
    expected = parcel.eta_by if parcel.eta_by > max(parcel.promised_by, _today(now, house) - DAY) else None
    act_by = end_of(parcel.promised_by, house.zone)
    is_cleared = odds < house.limit(T.PREDICTED_LATE, "clear_share")
    return Sight(since, is_cleared, act_by, parcel.cause or Cause.CARRIER, expected_by=expected, facts={"odds": round(odds, 2)})


def failed_attempt(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    """Opens at the attempt; a parcel driven back to the depot is still one nobody has got."""
    if parcel.status not in (S.ATTEMPT_FAILED, S.IN_TRANSIT, S.ON_HOLD) or parcel.attempted_at is None:
        return NOTHING
    at = parcel.status_at or parcel.attempted_at
    attempts = max(parcel.attempts, 1)
    is_new = parcel.status == S.ATTEMPT_FAILED and attempts >= house.limit(T.FAILED_ATTEMPT, "attempts")
    act_by = _office(at.astimezone(house.zone).date() + DAY, 0, house)
    facts = {"attempts": attempts}
    return Sight(at if is_new else None, False, act_by, parcel.cause or Cause.CONSIGNEE, parcel.reason, facts=facts)


def pickup_expiring(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    if parcel.status != S.READY_FOR_PICKUP:
        return NOTHING
    arrived = (parcel.status_at or parcel.last_news_at).astimezone(house.zone).date()
    until = parcel.pickup_until or arrived + int(house.limit(T.PICKUP_EXPIRING, "storage_days")) * DAY
    # Never on the day it became ready: that message has just named the last day.
    since = start_of(max(until - int(house.limit(T.PICKUP_EXPIRING, "warn_days")) * DAY, arrived + DAY), house.zone)
    facts = {"pickup_until": until.isoformat(), "is_said": parcel.pickup_until is not None}
    return Sight(since, now < since - DAY, end_of(until, house.zone), Cause.CONSIGNEE, facts=facts)


def customs_hold(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    if parcel.status != S.ON_HOLD or parcel.cause != Cause.CUSTOMS:
        return NOTHING
    at = parcel.status_at or parcel.last_news_at
    since = at + house.limit(T.CUSTOMS_HOLD, "hours") * HOUR
    return Sight(since, False, at + 5 * DAY, Cause.CUSTOMS, parcel.reason, _later_day(parcel, house, now))


def exception(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    """The carrier itself reports a delay, a hold or damage."""
    is_held = parcel.status == S.ON_HOLD and parcel.cause != Cause.CUSTOMS
    is_late = parcel.is_delayed and parcel.status in MOVING | {S.ATTEMPT_FAILED}
    if not (is_held or is_late or parcel.status == S.DAMAGED):
        return NOTHING
    at = parcel.status_at or parcel.last_news_at
    since = at + house.limit(T.EXCEPTION, "hours") * HOUR if is_held and not parcel.is_delayed else at
    facts = {"status": parcel.status.value}
    return Sight(
        since, False, _office(_today(since, house), 1, house), parcel.cause or Cause.CARRIER, parcel.reason,
        _later_day(parcel, house, now), facts,
    )  # fmt: skip


def _later_day(parcel: ParcelFacts, house: House, now: datetime) -> date | None:
    """The day now expected, when it is still to come and nothing makes it untrue."""
    if parcel.eta_hidden or parcel.eta_by is None or parcel.eta_by < _today(now, house):
        return None
    return parcel.eta_by


def returning(parcel: ParcelFacts, house: House, now: datetime) -> Sight:
    if parcel.status not in (S.RETURNING, S.RETURNED):
        return NOTHING
    at = parcel.status_at or parcel.last_news_at
    return Sight(at, False, _office(_today(at, house), 2, house), parcel.cause or Cause.CONSIGNEE, parcel.reason)


Condition = Callable[[ParcelFacts, House, datetime], Sight]
CONDITIONS: dict[IncidentType, Condition] = {
    T.INVALID_NUMBER: invalid_number,
    T.FORGOTTEN: forgotten,
    T.STALLED: stalled,
    T.ETA_SLIPPED: eta_slipped,
    T.PREDICTED_LATE: predicted_late,
    T.FAILED_ATTEMPT: failed_attempt,
    T.PICKUP_EXPIRING: pickup_expiring,
    T.CUSTOMS_HOLD: customs_hold,
    T.EXCEPTION: exception,
    T.RETURNING: returning,
    T.LOST_SUSPECTED: lost_suspected,
}
