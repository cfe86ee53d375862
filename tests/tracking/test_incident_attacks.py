"""What a worried shopper and a careless merchant can bring about: told twice, told never, told what is not so."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from tests import factories as make
from tests.conftest import NOW
from tests.tracking.test_backtest import DAY as A_DAY
from tests.tracking.test_backtest import MONDAY
from tests.tracking.test_incident_rules import HOUSE, d, local
from tests.tracking.test_incident_rules import parcel as facts_of
from tests.tracking.test_incidents import DAY, HOUR, MISSED, PICKED_UP, STALLS, heard, move, only, parcel, promises, told, unsent
from tracking.models import Incident, IncidentRule
from tracking.rules.incidents import BadThreshold, Feed, FeedFacts, check_thresholds, look, look_at_feed, notice_of
from tracking.rules.incidents.notices import Told
from tracking.services import back_test, choose, review, sweep_incidents
from tracking.types import IncidentType, ShipmentStatus

T, S = IncidentType, ShipmentStatus
NEVER = datetime(2027, 1, 20, 11, 0, tzinfo=UTC)


def sweep_hourly(start: datetime, days: int) -> None:
    for hours in range(0, days * 24, 6):
        sweep_incidents(now=start + hours * HOUR)


def noticed(event: str) -> list[Event]:
    return list(Event.objects.filter(type=f"tracking.{event}").order_by("id"))


# -- again and again ------------------------------------------------------------------------------------------------------


def test_an_order_nobody_sends_is_told_three_times_and_the_last_promises_no_day(in_acme: Merchant) -> None:
    unsent()
    sweep_hourly(MISSED, 40)
    assert [event.payload["telling"] for event in noticed("dispatch.delayed")] == [1, 2, 3]
    incident = only()
    assert (incident.state, incident.news_by, incident.facts["told_times"]) == ("notified", None, 3)
    # Each day promised was kept by the next telling; none was promised that nobody would keep.
    assert promises("news_by") == [(date(2026, 11, 26), True), (date(2026, 12, 1), True)]


def test_a_silent_parcel_is_told_of_three_times_at_most(in_acme: Merchant) -> None:
    IncidentRule.objects.create(type="lost_suspected", thresholds={"domestic_days": 60}, updated_at=NOW)
    parcel()
    heard(NOW + 90 * DAY)
    sweep_hourly(STALLS, 25)
    assert [event.payload["telling"] for event in noticed("delay.noticed")] == [1, 2, 3]
    assert [kept for _, kept in promises("news_by")] == [True, True]


def test_a_day_that_jumps_every_morning_is_told_on_working_days_only_once(in_acme: Merchant) -> None:
    told_once = Told(local(24, 9), d(27), None)
    assert notice_of(facts_of(), {T.ETA_SLIPPED: d(29)}, told_once, HOUSE, local(24, 15)) is None
    assert notice_of(facts_of(), {T.ETA_SLIPPED: d(29)}, told_once, HOUSE, local(25, 9)) is not None


def test_who_heard_three_times_still_hears_of_a_new_day(in_acme: Merchant) -> None:
    last = Told(local(20, 9), None, None, 3)
    assert notice_of(facts_of(), {T.STALLED: None}, last, HOUSE, local(30)) is None
    said = notice_of(facts_of(), {T.ETA_SLIPPED: d(3, 12)}, last, HOUSE, local(30))
    assert said is not None
    assert (said.expected_by, said.times) == (d(3, 12), 4)


def test_the_back_test_counts_the_tellings_the_shopper_gets(in_acme: Merchant) -> None:
    make.place_order(number="1", placed_at=MONDAY, at=MONDAY)
    for hours in range(0, 30 * 24, 6):
        sweep_incidents(now=MONDAY + hours * HOUR)
    found = back_test(type="unshipped_past_promise", thresholds={}, now=MONDAY + 30 * A_DAY)
    assert found.messages == len(noticed("dispatch.delayed")) == 3


# -- one delay, one message -----------------------------------------------------------------------------------------------


def test_what_took_over_a_delay_does_not_tell_it_again(in_acme: Merchant) -> None:
    """Slipped and told; then the carrier calls it delayed; the slip ends, the delay goes on past the quiet days."""
    row = parcel(promised_by=date(2026, 11, 24), eta_by=date(2026, 12, 10), eta_source="carrier")
    heard(NOW + 60 * DAY)
    start = PICKED_UP + HOUR
    review(shipment_ids=[row.pk], now=start)
    move(row, is_delayed=True, cause="weather", status_at=start + HOUR, last_scan_at=start + HOUR)
    review(shipment_ids=[row.pk], now=start + HOUR)
    move(row, eta_by=None, eta_source="", promised_by=date(2026, 12, 24))
    review(shipment_ids=[row.pk], now=start + 2 * HOUR)
    assert set(Incident.objects.values_list("type", "state")) == {("eta_slipped", "resolved"), ("exception", "notified")}
    move(row, last_scan_at=start + 5 * DAY)
    review(shipment_ids=[row.pk], now=start + 5 * DAY)
    assert told().count("delay.noticed") == 1


def test_coming_and_going_within_a_day_is_one_delay_whatever_the_merchant_set(in_acme: Merchant) -> None:
    for type in ("stalled", "eta_slipped", "predicted_late", "exception", "customs_hold"):
        IncidentRule.objects.create(type=type, thresholds={"quiet_days": 0}, updated_at=NOW)
    row = parcel(promised_by=date(2026, 11, 25), eta_by=date(2026, 11, 27), eta_source="carrier")
    heard(NOW + 2 * DAY)
    for hours in range(1, 7):
        move(row, eta_by=date(2026, 11, 27 if hours % 2 else 25))
        review(shipment_ids=[row.pk], now=PICKED_UP + hours * HOUR)
    assert told().count("delay.noticed") == 1


# -- true words -----------------------------------------------------------------------------------------------------------


def test_a_delay_within_the_promise_is_none_to_the_shopper(in_acme: Merchant) -> None:
    row = parcel(promised_by=date(2026, 11, 27), eta_by=date(2026, 11, 26), eta_source="carrier", is_delayed=True, eta_said_at=PICKED_UP)
    heard(NOW + 2 * DAY)
    review(shipment_ids=[row.pk], now=PICKED_UP + HOUR)
    assert only().type == "exception"
    assert told() == ["incident.opened"]


def test_a_lost_parcel_names_the_day_it_promises_in_the_row_and_in_the_promise(in_acme: Merchant) -> None:
    parcel()
    heard(NOW + 30 * DAY)
    sweep_incidents(now=PICKED_UP + 7 * DAY)
    lost = Incident.objects.get(type="lost_suspected")
    assert lost.news_by == date(2026, 12, 2)
    assert promises("news_by")[-1] == (date(2026, 12, 2), None)


def test_a_choice_answers_what_was_asked_and_promises_what_follows(in_acme: Merchant) -> None:
    unsent("1")
    unsent("2")
    sweep_incidents(now=MISSED)
    waits, cancels = Incident.objects.order_by("id")
    assert choose(incident=waits, choice="wait", at=MISSED + HOUR).news_by is None
    assert choose(incident=cancels, choice="cancel", at=MISSED + HOUR).news_by == date(2026, 11, 26)
    assert sorted(promises("news_by"), key=str) == [(date(2026, 11, 26), None), (date(2026, 11, 26), True)]


def test_a_late_choice_is_promised_an_answer_of_its_own(in_acme: Merchant) -> None:
    unsent()
    sweep_hourly(MISSED, 40)
    assert choose(incident=only(), choice="replace", at=NEVER).news_by == date(2027, 1, 22)
    assert promises("news_by")[-1] == (date(2027, 1, 22), None)


def test_ready_and_expiring_are_not_said_in_one_breath(in_acme: Merchant) -> None:
    IncidentRule.objects.create(type="pickup_expiring", thresholds={"warn_days": 10, "storage_days": 2}, updated_at=NOW)
    row = parcel(status="ready_for_pickup", attempted_at=PICKED_UP)
    review(shipment_ids=[row.pk], now=PICKED_UP + HOUR)
    assert told() == []
    sweep_incidents(now=PICKED_UP + DAY)
    assert told() == ["incident.opened", "pickup.expiring"]


def test_a_rule_that_gives_up_before_it_begins_is_refused() -> None:
    with pytest.raises(BadThreshold) as refused:
        check_thresholds("unshipped_past_promise", {"grace_days": 10, "give_up_days": 7})
    assert refused.value.name == "grace_days"


# -- silent feeds ---------------------------------------------------------------------------------------------------------


def test_one_parcel_s_silence_is_the_parcel_s(in_acme: Merchant) -> None:
    parcel()
    heard(PICKED_UP)
    sweep_incidents(now=STALLS)
    assert set(Incident.objects.values_list("type", "state")) == {("stalled", "notified")}


@pytest.mark.parametrize(("count", "stale"), [(2, False), (3, True)])
def test_a_feed_is_stale_when_several_parcels_are_silent_beyond_their_lanes(in_acme: Merchant, count: int, stale: bool) -> None:
    for number in range(count):
        parcel(str(number))
    heard(PICKED_UP)
    sweep_incidents(now=STALLS)
    assert Incident.objects.filter(type="feed_stale").exists() is stale
    assert Incident.objects.filter(type="stalled").count() == (0 if stale else count)


def test_parcels_silent_long_before_the_feed_are_no_witnesses(in_acme: Merchant) -> None:
    for number in range(6):
        parcel(str(number), last_scan_at=PICKED_UP - 30 * DAY, status_at=PICKED_UP - 30 * DAY, shipped_at=PICKED_UP - 30 * DAY)
    parcel("9")
    heard(PICKED_UP)
    sweep_incidents(now=STALLS)
    assert not Incident.objects.filter(type="feed_stale").exists()


def test_the_more_parcels_are_silent_the_sooner_it_is_the_feed() -> None:
    friday = local(20, 10)
    feed = FeedFacts("dhl", friday, usual_gap=600, parcels=3, pace=3)  # three a working day: six that are missing take two days
    assert look_at_feed(feed, HOUSE, local(23, 9)) is None
    assert look_at_feed(feed, HOUSE, local(23, 11)) is not None
    many = FeedFacts("dhl", friday, usual_gap=600, parcels=300, pace=300)
    assert look_at_feed(many, HOUSE, friday + 12 * HOUR) is not None


def test_a_feed_that_never_comes_back_does_not_hide_its_parcels_for_ever(in_acme: Merchant) -> None:
    rows = [parcel(str(number)) for number in range(4)]
    heard(PICKED_UP)
    sweep_incidents(now=STALLS)
    assert not Incident.objects.filter(type__in=("stalled", "lost_suspected")).exists()
    for days in range(12):
        sweep_incidents(now=STALLS + days * DAY)
    assert Incident.objects.filter(type="lost_suspected", state="open").count() == len(rows)
    # Staff see them; what silence means they find out before anybody is told.
    assert "loss.suspected" not in told()
    assert "delay.noticed" not in told()


def test_a_dead_feed_tells_what_the_carrier_had_said() -> None:
    gone: dict[str, Any] = {"feed": Feed.GONE}
    assert notice_of(facts_of(**gone), {T.STALLED: None}, None, HOUSE, local(25)) is None
    assert notice_of(facts_of(**gone), {T.EXCEPTION: None}, None, HOUSE, local(25)) is not None
    assert T.STALLED in look(facts_of(**gone), HOUSE, local(26))


def test_another_merchant_s_silent_parcels_are_no_witnesses(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        for number in range(5):
            parcel(str(number))
        heard(PICKED_UP)
    with merchant_scope(acme.pk):
        parcel()
        heard(PICKED_UP)
        sweep_incidents(now=STALLS)
        assert [row.type for row in Incident.objects.all()] == ["stalled"]


# -- imported history -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ago", "opens"), [(300, False), (60, False), (20, True)])
@pytest.mark.parametrize("status", ["in_transit", "returned", "lost", "on_hold"])
def test_what_went_wrong_long_before_the_import_is_nobody_s_work(in_acme: Merchant, ago: int, opens: bool, status: str) -> None:
    then = PICKED_UP - ago * DAY
    row = parcel(status=status, shipped_at=then, first_scan_at=then, last_scan_at=then, status_at=then, promised_by=None)
    Order.objects.filter(pk=row.order_id).update(is_imported=True, arrive_by=None)
    heard(STALLS)
    review(shipment_ids=[row.pk], now=PICKED_UP + HOUR)
    assert Incident.objects.exists() is opens
    assert [type for type in told() if not type.startswith("incident")] == []
