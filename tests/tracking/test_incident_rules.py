"""The rules by tables: what opens at which moment, what ends it, what silence of a feed takes away. Nothing here touches a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tracking.rules.incidents import (
    RULES,
    BadThreshold,
    Feed,
    FeedFacts,
    Held,
    House,
    OrderFacts,
    ParcelFacts,
    Step,
    Told,
    Weight,
    check_thresholds,
    days_late,
    default_setting,
    feed_of,
    harm,
    is_due,
    late_odds,
    look,
    look_at_feed,
    look_at_order,
    next_look,
    notice_of,
    plan,
    rank,
    setting_of,
    thresholds_of,
    told_of,
)
from tracking.rules.incidents.calendar import after_days, after_hours, days_between
from tracking.types import IncidentType, ShipmentStatus

S, T = ShipmentStatus, IncidentType
BERLIN = ZoneInfo("Europe/Berlin")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HOUSE = House({type: default_setting(type) for type in RULES}, BERLIN, "DE")
QUIET = dict.fromkeys(RULES, 3.0)


def d(day: int, month: int = 11) -> date:
    return date(2026, month, day)


def parcel(**over: Any) -> ParcelFacts:
    """A DHL parcel inside Germany, on its way since Friday ten o'clock, promised for far away."""
    values: dict[str, Any] = {
        "id": 1, "order_id": 1, "status": S.IN_TRANSIT, "created_at": FRIDAY - DAY, "carrier": "dhl", "shipped_at": FRIDAY,
        "status_at": FRIDAY, "first_scan_at": FRIDAY,
        "last_scan_at": FRIDAY, "from_country": "DE", "to_country": "DE", "promised_by": d(24, 12),
    }  # fmt: skip
    return ParcelFacts(**{**values, **over})


def label(**over: Any) -> ParcelFacts:
    return parcel(**{"status": S.LABEL_CREATED, "shipped_at": None, "first_scan_at": None, "created_at": FRIDAY, **over})


def house(type: str, **limits: float) -> House:
    row = HOUSE.rules[type]
    return replace(HOUSE, rules={**HOUSE.rules, type: replace(row, limits={**row.limits, **limits})})


def local(day: int, hour: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=BERLIN)


RANGE = {"eta_source": "learned", "eta_from": d(24), "eta_by": d(26)}
HELD_AT = {"status": S.ON_HOLD, "status_at": FRIDAY}
# (what, the parcel, the type, the first moment it is there)
OPENS = [
    ("three silent working days, Saturday counted, Sunday not", parcel(), T.STALLED, local(24, 11)),
    ("abroad seven", parcel(to_country="AT"), T.STALLED, local(28, 11)),
    ("the lane's own silence instead", parcel(lane_gap=4), T.STALLED, local(25, 11)),
    ("never sooner than two days", parcel(lane_gap=1), T.STALLED, local(23, 11)),
    ("never later than twice the default", parcel(to_country="AT", lane_gap=30), T.STALLED, local(7, 11, 12)),
    ("a parcel somebody tried to deliver is not silent", parcel(status=S.READY_FOR_PICKUP), T.STALLED, None),
    ("not delivered ones", parcel(status=S.DELIVERED, delivered_at=FRIDAY), T.STALLED, None),
    ("nobody hears this carrier", parcel(feed=Feed.NONE), T.STALLED, None),
    ("nobody hears it any more", parcel(feed=Feed.STALE), T.STALLED, None),
    ("a label without a scan", label(), T.FORGOTTEN, local(23, 11)),
    ("a label that was scanned", label(first_scan_at=FRIDAY), T.FORGOTTEN, None),
    ("a label under a stale feed", label(feed=Feed.STALE), T.FORGOTTEN, None),
    ("a number the carrier does not know, a day on", label(reason="unknown_number"), T.INVALID_NUMBER, FRIDAY + DAY),
    ("a number it knows", label(), T.INVALID_NUMBER, None),
    ("a week without a word at home", parcel(), T.LOST_SUSPECTED, FRIDAY + 7 * DAY),
    ("twenty days abroad", parcel(to_country="FR"), T.LOST_SUSPECTED, FRIDAY + 20 * DAY),
    ("the carrier says lost", parcel(status=S.LOST, feed=Feed.STALE), T.LOST_SUSPECTED, FRIDAY),
    ("silence of the feed loses nothing", parcel(feed=Feed.STALE), T.LOST_SUSPECTED, None),
    ("the carrier names a later day", parcel(promised_by=d(25), eta_by=d(26), eta_source="carrier"), T.ETA_SLIPPED, FRIDAY),
    ("it names the same day", parcel(promised_by=d(25), eta_by=d(25), eta_source="carrier"), T.ETA_SLIPPED, local(26)),
    ("the promised day passes", parcel(promised_by=d(23)), T.ETA_SLIPPED, local(24)),
    ("it passes unheard", parcel(promised_by=d(23), feed=Feed.NONE), T.ETA_SLIPPED, None),
    ("on time is the first attempt", parcel(promised_by=d(23), attempted_at=FRIDAY), T.ETA_SLIPPED, None),
    ("a learned day is a range, not a word", parcel(promised_by=d(24), eta_by=d(26), eta_source="learned"), T.ETA_SLIPPED, local(25)),
    ("nine of ten come later", parcel(promised_by=d(23), **RANGE), T.PREDICTED_LATE, FRIDAY),
    ("one of ten", parcel(promised_by=d(26), **RANGE), T.PREDICTED_LATE, None),
    ("out for delivery: it comes today", parcel(status=S.OUT_FOR_DELIVERY, promised_by=d(23), **RANGE), T.PREDICTED_LATE, None),
    ("a failed delivery", parcel(status=S.ATTEMPT_FAILED, attempted_at=FRIDAY), T.FAILED_ATTEMPT, FRIDAY),
    ("on the way without any", parcel(), T.FAILED_ATTEMPT, None),
    ("two days before the shop sends it back", parcel(status=S.READY_FOR_PICKUP, pickup_until=d(27)), T.PICKUP_EXPIRING, local(25)),
    ("seven days when no day is named", parcel(status=S.READY_FOR_PICKUP), T.PICKUP_EXPIRING, local(25)),
    ("customs for a day", parcel(**HELD_AT, cause="customs"), T.CUSTOMS_HOLD, FRIDAY + DAY),
    ("held by somebody else", parcel(**HELD_AT, cause="carrier"), T.CUSTOMS_HOLD, None),
    ("held for half a day", parcel(**HELD_AT, cause="carrier"), T.EXCEPTION, FRIDAY + 12 * HOUR),
    ("customs is its own type", parcel(**HELD_AT, cause="customs"), T.EXCEPTION, None),
    ("a delay the carrier tells of", parcel(is_delayed=True, cause="weather"), T.EXCEPTION, FRIDAY),
    ("damage", parcel(status=S.DAMAGED), T.EXCEPTION, FRIDAY),
    ("on its way back", parcel(status=S.RETURNING), T.RETURNING, FRIDAY),
    ("back", parcel(status=S.RETURNED), T.RETURNING, FRIDAY),
]  # fmt: skip


@pytest.mark.parametrize(("what", "facts", "type", "at"), OPENS, ids=[row[0] for row in OPENS])
def test_each_type_opens_at_its_moment_and_not_before(what: str, facts: ParcelFacts, type: IncidentType, at: datetime | None) -> None:
    if at is None:
        assert all(type not in look(facts, HOUSE, FRIDAY + days * DAY) for days in range(0, 26, 5))
    else:
        assert type not in look(facts, HOUSE, at - timedelta(seconds=1)) or at == FRIDAY
        assert type in look(facts, HOUSE, at)


LEARNED = {"eta_source": "learned", "eta_by": d(27), "promised_by": d(24)}
# (what, open type, the parcel now, stays open)
STAYS = [
    ("expected a day late: still", T.ETA_SLIPPED, parcel(promised_by=d(25), eta_by=d(26), eta_source="carrier"), True),
    ("expected on the promised day: over", T.ETA_SLIPPED, parcel(promised_by=d(25), eta_by=d(25), eta_source="carrier"), False),
    ("six of ten late, opened at seven: still", T.PREDICTED_LATE, parcel(**LEARNED, eta_from=d(23)), True),
    ("less than half: over", T.PREDICTED_LATE, parcel(**{**LEARNED, "promised_by": d(26)}, eta_from=d(23)), False),
    ("driven back to the depot: nobody has it yet", T.FAILED_ATTEMPT, parcel(attempted_at=FRIDAY), True),
    ("out again: over", T.FAILED_ATTEMPT, parcel(status=S.OUT_FOR_DELIVERY, attempted_at=FRIDAY), False),
    ("a new scan ends silence", T.STALLED, parcel(last_scan_at=FRIDAY + 3 * DAY), False),
    ("a stale feed opens nothing and ends nothing", T.STALLED, parcel(last_scan_at=FRIDAY - 5 * DAY, feed=Feed.STALE), True),
    ("cleared by customs", T.CUSTOMS_HOLD, parcel(cause=""), False),
    ("what the shopper says stays", T.DELIVERED_NOT_RECEIVED, parcel(status=S.DELIVERED), True),
    ("a longer keep: a day of grace", T.PICKUP_EXPIRING, parcel(status=S.READY_FOR_PICKUP, pickup_until=d(25)), True),
    ("a much longer keep: over", T.PICKUP_EXPIRING, parcel(status=S.READY_FOR_PICKUP, pickup_until=d(5, 12)), False),
]  # fmt: skip


@pytest.mark.parametrize(("what", "type", "facts", "stays"), STAYS, ids=[row[0] for row in STAYS])
def test_what_is_open_ends_at_something_milder_than_it_began_at(what: str, type: IncidentType, facts: ParcelFacts, stays: bool) -> None:
    assert (type in look(facts, HOUSE, FRIDAY + 3 * DAY, held={type})) == stays


def test_a_lost_parcel_is_one_line_not_three() -> None:
    facts = parcel(promised_by=d(23))
    assert set(look(facts, HOUSE, FRIDAY + 6 * DAY)) == {T.STALLED, T.ETA_SLIPPED}
    assert set(look(facts, HOUSE, FRIDAY + 7 * DAY)) == {T.LOST_SUSPECTED}


def test_a_rule_that_is_off_or_for_other_carriers_sees_nothing() -> None:
    late = FRIDAY + 5 * DAY
    off = replace(HOUSE, rules={**HOUSE.rules, T.STALLED: replace(HOUSE.rules[T.STALLED], is_on=False)})
    ups = replace(HOUSE, rules={**HOUSE.rules, T.STALLED: replace(HOUSE.rules[T.STALLED], carriers=frozenset({"ups"}))})
    assert T.STALLED in look(parcel(), HOUSE, late)
    assert T.STALLED not in look(parcel(), off, late)
    assert T.STALLED not in look(parcel(), ups, late)
    assert T.STALLED in look(parcel(carrier="ups"), ups, late)


def test_a_cancelled_order_s_parcel_is_nobody_s_trouble() -> None:
    assert look(parcel(is_cancelled=True), HOUSE, FRIDAY + 30 * DAY, held={T.STALLED}) == {}


def test_the_next_look_is_the_next_moment_the_clock_can_matter() -> None:
    assert next_look(parcel(), HOUSE, FRIDAY) == local(24, 11)
    assert next_look(parcel(), HOUSE, local(24, 11), is_anything_open=True) == local(24, 17)
    assert next_look(parcel(status=S.DELIVERED, delivered_at=FRIDAY), HOUSE, FRIDAY) is None
    assert next_look(parcel(feed=Feed.STALE, promised_by=None), HOUSE, FRIDAY) == FRIDAY + 6 * HOUR
    assert next_look(parcel(feed=Feed.NONE, promised_by=None), HOUSE, FRIDAY + 200 * DAY) is None


@pytest.mark.parametrize(
    ("start", "days", "country", "end"),
    [
        (FRIDAY, 1, "DE", local(21, 11)),
        (FRIDAY, 2, "DE", local(23, 11)),
        (local(23, 9, month=12), 2, "DE", local(28, 9, month=12)),  # two days of Christmas and a Sunday
        (local(23, 9, month=12), 2, "US", local(26, 9, month=12)),
        (FRIDAY, 1, "XX", local(21, 11)),
    ],
)
def test_silence_is_counted_in_working_days_of_the_destination(start: datetime, days: int, country: str, end: datetime) -> None:
    assert after_days(start, days, country, BERLIN) == end
    assert days_between(start.astimezone(BERLIN).date(), end.date(), country) == days


def test_hours_of_sundays_do_not_count() -> None:
    assert after_hours(local(21, 20), 12, "DE", BERLIN) == local(23, 8)


@pytest.mark.parametrize(("promised", "odds"), [(27, 0.1), (23, 0.74), (22, 0.9), (21, 0.95), (28, 0.05), (25, 0.42)])
def test_the_odds_follow_the_range(promised: int, odds: float) -> None:
    assert late_odds(d(23), d(27), d(promised)) == pytest.approx(odds)


def test_an_order_is_unsent_from_the_day_after_its_promise_for_sixty_days() -> None:
    order = OrderFacts(1, d(20), is_waiting=True)
    assert look_at_order(order, HOUSE, local(20, 23)) is None
    found = look_at_order(order, HOUSE, local(21))
    assert found is not None
    assert (found.since, found.promised_by, found.facts["silent_days"]) == (local(21), d(20), 1)
    assert look_at_order(replace(order, is_waiting=False), HOUSE, local(22)) is None
    assert look_at_order(order, HOUSE, local(21) + 65 * DAY) is None
    assert look_at_order(order, house(T.UNSHIPPED_PAST_PROMISE, grace_days=1), local(21)) is None


def test_a_feed_is_stale_after_six_pauses_but_never_within_a_night() -> None:
    feed = FeedFacts("dhl", FRIDAY, usual_gap=600, parcels=100, pace=100)
    assert look_at_feed(feed, HOUSE, FRIDAY + 12 * HOUR - timedelta(seconds=1)) is None
    assert look_at_feed(feed, HOUSE, FRIDAY + 12 * HOUR) is not None
    slow = replace(feed, usual_gap=4 * 3600)
    assert look_at_feed(slow, HOUSE, FRIDAY + 23 * HOUR) is None
    assert look_at_feed(slow, HOUSE, FRIDAY + 24 * HOUR) is not None
    assert look_at_feed(replace(feed, parcels=0), HOUSE, FRIDAY + 5 * DAY) is None
    assert look_at_feed(replace(feed, last_received_at=None), HOUSE, FRIDAY + 5 * DAY) is None


def test_who_does_not_watch_feeds_takes_silence_at_its_word() -> None:
    feed, now = FeedFacts("dhl", FRIDAY, usual_gap=600, parcels=100, pace=100), FRIDAY + 12 * HOUR
    assert feed_of(feed, HOUSE, now) == Feed.STALE
    unwatched = replace(HOUSE, rules={**HOUSE.rules, T.FEED_STALE: replace(HOUSE.rules[T.FEED_STALE], is_on=False)})
    elsewhere = replace(HOUSE, rules={**HOUSE.rules, T.FEED_STALE: replace(HOUSE.rules[T.FEED_STALE], carriers=frozenset({"gls"}))})
    assert (feed_of(feed, unwatched, now), feed_of(feed, elsewhere, now)) == (Feed.ALIVE, Feed.ALIVE)


# -- thresholds -----------------------------------------------------------------------------------------------------------


def test_every_default_lies_within_its_bounds_and_says_why() -> None:
    assert set(RULES) == set(IncidentType.values)
    for type in RULES:
        for row in thresholds_of(type):
            assert row.low <= row.default <= row.high, (type, row.name)
            assert str(row.why)
            assert str(row.unit)


@pytest.mark.parametrize(
    ("type", "given", "name"),
    [
        (T.STALLED, {"domestic_days": 0}, "domestic_days"),
        (T.STALLED, {"domestic_days": 31}, "domestic_days"),
        (T.STALLED, {"domestic_days": "3"}, "domestic_days"),
        (T.STALLED, {"domestic_days": True}, "domestic_days"),
        (T.STALLED, {"domestic_days": float("nan")}, "domestic_days"),
        (T.STALLED, {"hours": 3}, "hours"),
        (T.ETA_SLIPPED, {"clear_days": 1}, "clear_days"),
        (T.PREDICTED_LATE, {"open_share": 0.5}, "clear_share"),
    ],
)
def test_a_bad_threshold_is_refused_by_name(type: str, given: dict[str, object], name: str) -> None:
    with pytest.raises(BadThreshold) as error:
        check_thresholds(type, given)
    assert error.value.name == name


def test_what_was_stored_under_other_bounds_gives_way_to_the_default() -> None:
    assert setting_of(T.STALLED, is_on=True, tells_shopper=True, given={"domestic_days": 400}, carriers=[]).limits["domestic_days"] == 3
    assert setting_of(T.STALLED, is_on=True, tells_shopper=True, given={"domestic_days": 4}, carriers=[]).limits["domestic_days"] == 4


# -- steps ----------------------------------------------------------------------------------------------------------------


def held(**over: Any) -> Held:
    values: dict[str, Any] = {
        "id": 1,
        "type": T.STALLED,
        "state": "open",
        "opened_at": FRIDAY,
        "cause": "carrier",
        "promised_by": d(24, 12),
    }
    return Held(**{**values, **over})


def gone(days: float, **over: Any) -> Held:
    return held(**{"state": "resolved", "resolved_at": NOW - days * DAY, "resolution": "cleared", **over})


NOW = local(25, 12)
STEPS = [
    ("nothing known", [], [Step.OPEN]),
    ("open already", [held()], [Step.KEEP]),
    ("open for another cause", [held(cause="weather")], [Step.UPDATE]),
    ("cleared yesterday", [gone(1)], [Step.REOPEN]),
    ("cleared last week", [gone(7)], [Step.OPEN]),
    ("dealt with by hand after it began", [replace(gone(0.5), resolution="by_hand")], []),
    ("dealt with by hand, then silent anew", [replace(gone(2), resolution="by_hand")], [Step.REOPEN]),
    ("the newest counts", [gone(9), held(id=2)], [Step.KEEP]),
]


@pytest.mark.parametrize(
    ("cause", "reason", "kept"),
    [("carrier", "", ("weather", "storm")), ("customs", "", ("customs", "")), ("carrier", "lost", ("carrier", "lost"))],
)
def test_a_moved_day_keeps_its_cause_until_a_better_one_is_known(cause: str, reason: str, kept: tuple[str, str]) -> None:
    row = held(type=T.ETA_SLIPPED, cause="weather", reason="storm")
    finding = replace(look(parcel(), HOUSE, NOW)[T.STALLED], type=T.ETA_SLIPPED, cause=cause, reason=reason)
    for known, expected in (
        ([row], kept),
        ([replace(row, state="resolved", resolved_at=NOW, resolution="cleared")], (cause, reason)),
        ([], (cause, reason)),
    ):
        (move,) = plan({T.ETA_SLIPPED: finding}, known, QUIET, NOW)
        assert move.finding is not None
        assert (move.finding.cause, move.finding.reason) == expected


@pytest.mark.parametrize(("what", "known", "steps"), STEPS, ids=[row[0] for row in STEPS])
def test_steps_follow_from_what_is_found_and_held(what: str, known: list[Held], steps: list[Step]) -> None:
    found = {T.STALLED: look(parcel(), HOUSE, NOW)[T.STALLED]}
    assert [move.step for move in plan(found, known, QUIET, NOW)] == steps


@pytest.mark.parametrize(("eta", "hours_since", "steps"), [(26, 2, []), (27, 2, []), (28, 2, [Step.REOPEN]), (26, 80, [Step.OPEN])])
def test_a_slip_dealt_with_by_hand_comes_back_when_it_slips_on(eta: int, hours_since: int, steps: list[Step]) -> None:
    """The carrier says a later day with every scan: the same day again is nothing new, two days more are."""
    now = NOW + hours_since * HOUR
    facts = parcel(promised_by=d(24), eta_by=d(eta), eta_source="carrier", eta_said_at=now - HOUR, last_scan_at=now - HOUR)
    row = gone(0, type=T.ETA_SLIPPED, resolution="by_hand", promised_by=d(24), expected_by=d(26))
    found = look(facts, HOUSE, now)
    assert [move.step for move in plan({T.ETA_SLIPPED: found[T.ETA_SLIPPED]}, [row], QUIET, now)] == steps


def test_what_is_found_no_more_is_cleared_and_what_is_resolved_is_left_alone() -> None:
    assert [(move.step, move.finding) for move in plan({}, [held(), gone(1, type=T.EXCEPTION)], QUIET, NOW)] == [(Step.CLEAR, None)]


# -- words to the shopper -------------------------------------------------------------------------------------------------

DAY_27, DAY_29 = d(27), d(29)
BY_DAY = Told(local(23, 9), DAY_27, None)
BY_NEWS = Told(local(24, 9), None, d(26))
NOTICES = [
    ("first of a delay, with its day", {T.ETA_SLIPPED: DAY_27}, None, {}, (T.ETA_SLIPPED, DAY_27, None)),
    ("first without a day: news in two working days", {T.STALLED: None}, None, {}, (T.STALLED, None, DAY_27)),
    ("silence makes the day untrue", {T.STALLED: None, T.ETA_SLIPPED: DAY_27}, None, {}, (T.STALLED, None, DAY_27)),
    ("another of the family says nothing new", {T.ETA_SLIPPED: DAY_27, T.EXCEPTION: None}, BY_DAY, {}, None),
    ("a day later is the same news", {T.ETA_SLIPPED: d(28)}, BY_DAY, {}, None),
    ("two days later is not", {T.ETA_SLIPPED: DAY_29}, BY_DAY, {}, (T.ETA_SLIPPED, DAY_29, None)),
    ("earlier is no bad news", {T.ETA_SLIPPED: d(26)}, BY_DAY, {}, None),
    ("news are not due yet", {T.STALLED: None}, BY_NEWS, {}, None),
    ("the carrier says it moves: out for delivery", {T.ETA_SLIPPED: DAY_27}, None, {"status": S.OUT_FOR_DELIVERY}, None),
    ("out for delivery days ago and silent since", {T.STALLED: None}, None, {"status": S.OUT_FOR_DELIVERY}, (T.STALLED, None, DAY_27)),
    ("there already", {T.ETA_SLIPPED: DAY_27}, None, {"status": S.DELIVERED}, None),
    ("imported history", {T.ETA_SLIPPED: DAY_27}, None, {"is_imported": True}, None),
    ("cancelled", {T.ETA_SLIPPED: DAY_27}, None, {"is_cancelled": True}, None),
    ("lost has its own message", {T.EXCEPTION: None, T.LOST_SUSPECTED: None}, None, {}, None),
    ("a rule for staff only", {T.PREDICTED_LATE: DAY_27}, None, {}, None),
    ("not a delay", {T.RETURNING: None}, None, {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("what", "open", "told", "over", "said"), NOTICES, ids=[row[0] for row in NOTICES])
def test_the_shopper_is_told_once_per_delay(what: str, open: Any, told: Told | None, over: dict[str, Any], said: Any) -> None:
    notice = notice_of(parcel(**over), open, told, HOUSE, NOW)
    assert (notice and (notice.type, notice.expected_by, notice.news_by)) == said


def test_news_are_told_on_their_day_from_noon_and_come_more_slowly_each_time() -> None:
    assert not is_due(BY_NEWS, None, HOUSE, local(26, 11))
    assert is_due(BY_NEWS, None, HOUSE, local(26, 12))
    assert not is_due(BY_DAY, None, HOUSE, local(27, 23))
    assert is_due(BY_DAY, None, HOUSE, local(28))
    days = []
    told = None
    now = NOW
    for _ in range(3):
        notice = notice_of(parcel(), {T.STALLED: None}, told, HOUSE, now)
        assert notice is not None
        days.append(notice.news_by)
        told = Told(now, None, notice.news_by, notice.times)
        if notice.news_by is not None:
            now = datetime(notice.news_by.year, notice.news_by.month, notice.news_by.day, 12, tzinfo=BERLIN)
    assert days == [d(27), d(2, 12), None]  # the last one says that it is the last
    assert notice_of(parcel(), {T.STALLED: None}, told, HOUSE, now + 30 * DAY) is None


def test_a_delay_that_is_over_for_longer_than_the_quiet_days_is_forgotten() -> None:
    facts = {"told_expected": None, "told_news": "2026-11-26", "told_times": 2}
    row = held(told_at=local(20), facts=facts)
    assert told_of([row], {T.STALLED}, 3, NOW) == Told(local(20), None, d(26), 2)
    assert told_of([replace(row, state="resolved", resolved_at=NOW - 2 * DAY)], {T.STALLED}, 3, NOW) is not None
    assert told_of([replace(row, state="resolved", resolved_at=NOW - 4 * DAY)], {T.STALLED}, 3, NOW) is None


# -- weight ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type", "weight", "points"),
    [
        (T.STALLED, Weight(), 30),
        (T.STALLED, Weight(days_late=2), 36),
        (T.STALLED, Weight(days_late=40), 51),
        (T.FAILED_ATTEMPT, Weight(attempts=1), 35),
        (T.FAILED_ATTEMPT, Weight(attempts=9), 45),
        (T.LOST_SUSPECTED, Weight(days_late=9, total=Decimal(500), usual_total=Decimal(50), is_first_order=True), 100),
        (T.STALLED, Weight(total=Decimal(100), usual_total=Decimal(50)), 35),
        (T.STALLED, Weight(total=Decimal(100)), 30),
        (T.UNSHIPPED_PAST_PROMISE, Weight(choice="cancel"), 50),
        (T.UNSHIPPED_PAST_PROMISE, Weight(choice="wait"), 25),
    ],
)
def test_harm_adds_up_and_stays_within_a_hundred(type: str, weight: Weight, points: int) -> None:
    assert harm(type, weight) == points


def test_rank_doubles_towards_the_last_moment_and_falls_back_after_it() -> None:
    assert rank(40, NOW + timedelta(minutes=1), NOW) == pytest.approx(80, abs=0.1)
    assert rank(40, NOW + DAY, NOW) == 60
    assert rank(40, NOW + 30 * DAY, NOW) == pytest.approx(41.3, abs=0.1)
    assert rank(40, NOW - HOUR, NOW) == 50


def test_days_late_count_from_the_promise_to_the_day_known_or_today() -> None:
    promised, today = d(20), d(23)
    assert days_late(promised, None, today) == 3
    assert days_late(promised, d(26), today) == 6
    assert days_late(promised, d(21), today) == 3
    assert days_late(None, None, today) == 0


def test_the_document_lists_each_threshold_as_it_is() -> None:
    lines = set((Path(__file__).parents[2] / "docs" / "incidents.md").read_text().splitlines())
    for type, rule in RULES.items():
        for row in rule.thresholds:
            assert f"| `{type}` | `{row.name}` | {row.unit} | {row.default:g} | {row.low:g} - {row.high:g} | {row.why} |" in lines
