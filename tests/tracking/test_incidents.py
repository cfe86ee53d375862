"""Incidents from news and clock to rows, history, events and promises."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, Promise
from tests import factories as make
from tests.conftest import NOW
from tracking.models import CarrierFeed, Incident, IncidentNote, IncidentRule, LaneStat, Scan, Shipment
from tracking.rules.incidents import RULES
from tracking.rules.incidents.harm import BASE
from tracking.services import (
    ChoiceClosed,
    NotDelivered,
    choose,
    deny_receipt,
    learn_gaps,
    review,
    sweep_incidents,
    sweep_orders,
)
from tracking.types import IncidentType

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PICKED_UP = NOW + DAY  # Saturday 21 November, eleven o'clock in Berlin
STALLS = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)  # three working days on: Wednesday


def heard(at: datetime, carrier: str = "dhl", **over: Any) -> None:
    """The carrier's news of other parcels came in at this time."""
    values = {"last_received_at": at, "usual_gap": 600, "received_count": 100, **over}
    CarrierFeed.objects.update_or_create(carrier_code=carrier, source="api", defaults=values)


def parcel(number: str = "1001", **over: Any) -> Shipment:
    """A parcel on its way since Saturday, promised for long after; columns as the fold leaves them."""
    shipment = make.ship(make.place_order(number=number), tracking_number=f"0034{number}")
    return move(
        shipment,
        **{
            "status": "in_transit", "from_country": "DE", "to_country": "DE", "to_region": "BE", "first_scan_at": PICKED_UP,
            "last_scan_at": PICKED_UP, "status_at": PICKED_UP, "promised_by": date(2026, 12, 24), "check_at": PICKED_UP,
            "eta_by": None, "eta_from": None, "eta_source": "", **over,
        },
    )  # fmt: skip


def move(shipment: Shipment, **over: Any) -> Shipment:
    Shipment.objects.filter(pk=shipment.pk).update(**over)
    shipment.refresh_from_db()
    return shipment


def told() -> list[str]:
    """What this room's incidents made known, in order, without the first two words."""
    rows = Event.objects.filter(type__startswith="tracking.").exclude(type__startswith="tracking.shipment").order_by("id")
    return [type.removeprefix("tracking.") for type in rows.values_list("type", flat=True)]


def promises(kind: str) -> list[tuple[date, bool | None]]:
    return list(Promise.objects.filter(kind=kind).order_by("id").values_list("date", "is_kept"))


def only() -> Incident:
    row: Incident = Incident.objects.get()
    return row


def test_a_silent_parcel_stalls_is_told_once_and_clears_itself_at_the_next_scan(in_acme: Merchant) -> None:
    row = parcel()
    heard(NOW + 6 * DAY)
    assert review(shipment_ids=[row.pk], now=PICKED_UP + HOUR) == 0
    row.refresh_from_db()
    assert row.check_at == STALLS
    assert sweep_incidents(now=STALLS - HOUR) == 0
    assert sweep_incidents(now=STALLS) == 1
    incident = only()
    assert (incident.type, incident.state, incident.cause, incident.region) == ("stalled", "notified", "carrier", "DE-BE")
    assert (incident.told_at, incident.expected_by, incident.news_by) == (STALLS, None, date(2026, 11, 27))
    assert incident.facts["silent_days"] == 3
    assert incident.facts["limit_days"] == 3
    assert told() == ["incident.opened", "delay.noticed"]
    assert Event.objects.get(type="tracking.delay.noticed").payload == {
        "incident": incident.pk, "order": row.order_id, "shipment": row.pk, "telling": 1,
    }  # fmt: skip
    assert promises("news_by") == [(date(2026, 11, 27), None)]
    assert sweep_incidents(now=STALLS + 7 * HOUR) == 0
    move(row, last_scan_at=STALLS + DAY, status_at=STALLS + DAY)
    assert review(shipment_ids=[row.pk], now=STALLS + DAY) == 1
    incident.refresh_from_db()
    assert (incident.state, incident.resolution, incident.resolved_at) == ("resolved", "cleared", STALLS + DAY)
    assert told() == ["incident.opened", "delay.noticed", "incident.cleared"]
    assert promises("news_by") == [(date(2026, 11, 27), True)]
    assert list(IncidentNote.objects.order_by("id").values_list("act", flat=True)) == ["opened", "told", "cleared"]


def test_silent_again_within_the_quiet_days_it_is_reopened_and_nobody_is_told_twice(in_acme: Merchant) -> None:
    IncidentRule.objects.create(type="stalled", thresholds={"quiet_days": 10}, updated_at=NOW)
    row = parcel()
    heard(NOW + 30 * DAY)
    sweep_incidents(now=STALLS)
    move(row, last_scan_at=STALLS + HOUR, status_at=STALLS + HOUR)
    review(shipment_ids=[row.pk], now=STALLS + HOUR)
    again = datetime(2026, 11, 28, 11, 0, tzinfo=UTC)
    assert sweep_incidents(now=again) == 1
    incident = only()
    assert (incident.state, incident.reopened_count, incident.resolved_at) == ("notified", 1, None)
    assert told() == ["incident.opened", "delay.noticed", "incident.cleared", "incident.reopened", "delay.noticed"]
    # The news promised for Friday are due on Saturday: that is why it speaks again, not because it stalled again.
    assert incident.facts["told_times"] == 2


def test_after_the_quiet_days_it_is_a_new_incident(in_acme: Merchant) -> None:
    row = parcel()
    heard(NOW + 30 * DAY)
    sweep_incidents(now=STALLS)
    move(row, last_scan_at=STALLS + HOUR, status_at=STALLS + HOUR)
    review(shipment_ids=[row.pk], now=STALLS + HOUR)
    move(row, last_scan_at=STALLS + 5 * DAY, status_at=STALLS + 5 * DAY, check_at=STALLS + 9 * DAY)
    sweep_incidents(now=STALLS + 9 * DAY)
    assert list(Incident.objects.order_by("id").values_list("type", "state")) == [("stalled", "resolved"), ("stalled", "notified")]


def test_one_notice_per_delay_whichever_rule_sees_it_first_and_again_when_the_day_moves(in_acme: Merchant) -> None:
    row = parcel(promised_by=date(2026, 11, 25), eta_by=date(2026, 11, 27), eta_source="carrier")
    heard(NOW + 2 * DAY)
    now = PICKED_UP + HOUR
    review(shipment_ids=[row.pk], now=now)
    assert told() == ["incident.opened", "delay.noticed"]
    assert only().expected_by == date(2026, 11, 27)
    assert promises("news_by") == []
    move(row, is_delayed=True, cause="weather")
    review(shipment_ids=[row.pk], now=now + HOUR)
    assert told()[2:] == ["incident.updated", "incident.opened"]  # the cause is known now, and the carrier's own word is there
    move(row, eta_by=date(2026, 11, 28))
    review(shipment_ids=[row.pk], now=now + 2 * HOUR)
    assert "delay.noticed" not in told()[4:]
    move(row, eta_by=date(2026, 11, 30))
    review(shipment_ids=[row.pk], now=now + 3 * HOUR)
    assert told().count("delay.noticed") == 1  # not twice within a working day
    review(shipment_ids=[row.pk], now=now + 3 * DAY)
    assert told().count("delay.noticed") == 2
    assert Incident.objects.get(type="exception").cause == "weather"


def test_no_delay_is_told_after_newer_news(in_acme: Merchant) -> None:
    row = parcel(promised_by=date(2026, 11, 23), status="out_for_delivery", eta_by=date(2026, 11, 24), eta_source="carrier")
    heard(NOW + 4 * DAY)
    review(shipment_ids=[row.pk], now=NOW + 4 * DAY)
    assert told() == ["incident.opened"]
    move(row, status="delivered", delivered_at=NOW + 4 * DAY, attempted_at=NOW + 4 * DAY, status_at=NOW + 4 * DAY)
    review(shipment_ids=[row.pk], now=NOW + 4 * DAY + HOUR)
    assert told() == ["incident.opened", "incident.cleared"]
    row.refresh_from_db()
    assert row.check_at is None


def test_staff_only_rules_open_and_tell_nobody(in_acme: Merchant) -> None:
    IncidentRule.objects.create(type="stalled", tells_shopper=False, updated_at=NOW)
    parcel()
    heard(STALLS)
    sweep_incidents(now=STALLS)
    assert (only().state, told()) == ("open", ["incident.opened"])


def test_imported_history_opens_for_staff_and_tells_no_shopper(in_acme: Merchant) -> None:
    row = parcel()
    Order.objects.filter(pk=row.order_id).update(is_imported=True)
    heard(STALLS)
    sweep_incidents(now=STALLS)
    assert told() == ["incident.opened"]


def test_a_stale_feed_opens_one_incident_and_none_of_the_silences_it_causes(in_acme: Merchant) -> None:
    row, *_ = [parcel(str(number), promised_by=None) for number in range(3)]
    Order.objects.update(arrive_by=None)
    heard(PICKED_UP)
    sweep_incidents(now=STALLS)
    assert (only().type, only().subject, only().carrier_code) == ("feed_stale", "carrier:dhl", "dhl")
    assert told() == ["incident.opened"]
    row.refresh_from_db()
    assert row.check_at == STALLS + 6 * HOUR
    heard(STALLS + DAY)
    sweep_incidents(now=STALLS + DAY)
    rows = list(Incident.objects.order_by("id").values_list("type", "state"))
    assert rows == [("feed_stale", "resolved"), *[("stalled", "notified")] * 3]


def test_a_stale_feed_ends_nothing_that_was_open(in_acme: Merchant) -> None:
    for number in range(20):
        parcel(str(number))
    heard(STALLS)
    sweep_incidents(now=STALLS)
    sweep_incidents(now=STALLS + 20 * HOUR)
    assert set(Incident.objects.values_list("type", "state")) == {("stalled", "notified"), ("feed_stale", "open")}


def test_a_carrier_nobody_hears_of_at_all_raises_nothing(in_acme: Merchant) -> None:
    parcel()
    assert sweep_incidents(now=STALLS + 20 * DAY) == 0


def test_what_staff_resolved_stays_resolved_until_it_begins_anew(in_acme: Merchant) -> None:
    row = parcel()
    heard(NOW + 30 * DAY)
    sweep_incidents(now=STALLS)
    Incident.objects.update(state="resolved", resolution="by_hand", resolved_at=STALLS + HOUR)
    move(row, check_at=STALLS + 2 * HOUR)
    assert sweep_incidents(now=STALLS + 2 * HOUR) == 0
    assert only().state == "resolved"
    scan = STALLS + DAY
    move(row, last_scan_at=scan, status_at=scan, check_at=scan + 5 * DAY)
    sweep_incidents(now=scan + 5 * DAY)
    assert sorted(Incident.objects.values_list("type", "state")) == [("stalled", "notified"), ("stalled", "resolved")]


def test_a_lost_parcel_is_said_once(in_acme: Merchant) -> None:
    parcel()
    heard(NOW + 30 * DAY)
    sweep_incidents(now=PICKED_UP + 7 * DAY)
    sweep_incidents(now=PICKED_UP + 8 * DAY)
    assert only().type == "lost_suspected"
    assert told() == ["incident.opened", "loss.suspected"]


def test_a_pickup_about_to_expire_is_said_once(in_acme: Merchant) -> None:
    parcel(status="ready_for_pickup", attempted_at=PICKED_UP, pickup_until=date(2026, 11, 27))
    sweep_incidents(now=STALLS)
    sweep_incidents(now=STALLS + DAY)
    assert told() == ["incident.opened", "pickup.expiring"]
    assert only().facts["pickup_until"] == "2026-11-27"


def test_a_second_attempt_updates_and_ranks_up(in_acme: Merchant) -> None:
    row = parcel(status="attempt_failed", attempted_at=PICKED_UP, cause="consignee", reason="nobody_home")
    scan(row, "attempt_failed", PICKED_UP, city="Berlin")
    review(shipment_ids=[row.pk], now=PICKED_UP + HOUR)
    first = only()
    assert (first.facts["attempts"], first.facts["last_city"], first.facts["cause_text_key"]) == (1, "Berlin", "consignee.nobody_home")
    scan(row, "attempt_failed", PICKED_UP + 2 * DAY)
    move(row, status_at=PICKED_UP + 2 * DAY)
    review(shipment_ids=[row.pk], now=PICKED_UP + 2 * DAY + HOUR)
    assert (only().facts["attempts"], only().harm - first.harm) == (2, 5)
    assert told() == ["incident.opened", "incident.updated"]


def scan(row: Shipment, status: str, at: datetime, **over: Any) -> None:
    Scan.objects.create(shipment=row, key=uuid4(), status=status, at=at, received_at=at, **{"source": "api", **over})


# -- orders that are not sent ---------------------------------------------------------------------------------------------

DUE = date(2026, 11, 23)  # a Monday
MISSED = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # midnight in Berlin


def unsent(number: str = "1001") -> Order:
    order = make.place_order(number=number)
    assert order.ship_by == DUE
    return order


def test_an_order_not_sent_in_time_offers_a_choice_and_clears_when_it_leaves(in_acme: Merchant) -> None:
    order = unsent()
    assert sweep_incidents(now=MISSED - HOUR) == 0
    assert sweep_incidents(now=MISSED) == 1
    incident = only()
    assert (incident.type, incident.subject, incident.order_id, incident.news_by) == (
        "unshipped_past_promise", f"order:{order.pk}", order.pk, date(2026, 11, 26),
    )  # fmt: skip
    assert told() == ["incident.opened", "dispatch.delayed"]
    assert promises("dispatch_by") == [(DUE, False)]
    assert sweep_incidents(now=MISSED + HOUR) == 0
    shipment = make.ship(order, at=MISSED + 12 * HOUR, updated_at=MISSED + 12 * HOUR)
    review(shipment_ids=[shipment.pk], now=MISSED + 12 * HOUR)
    incident.refresh_from_db()
    assert (incident.state, incident.resolution) == ("resolved", "cleared")
    assert Incident.objects.exclude(pk=incident.pk).get().type == "eta_slipped"  # sent late, it comes late: a delay of its own
    assert promises("news_by") == [(date(2026, 11, 26), True)]
    assert sweep_incidents(now=MISSED + 30 * HOUR) == 0


def test_news_that_were_promised_are_told_even_when_there_are_none(in_acme: Merchant) -> None:
    unsent()
    sweep_incidents(now=MISSED)
    sweep_incidents(now=MISSED + 50 * HOUR)
    assert told().count("dispatch.delayed") == 1
    sweep_incidents(now=datetime(2026, 11, 26, 13, 0, tzinfo=UTC))
    assert told().count("dispatch.delayed") == 2
    assert promises("news_by") == [(date(2026, 11, 26), True), (date(2026, 12, 1), None)]


def test_an_order_called_off_is_cleared_by_the_sweep(in_acme: Merchant) -> None:
    order = unsent()
    sweep_incidents(now=MISSED)
    Order.objects.filter(pk=order.pk).update(state="cancelled", cancelled_at=MISSED + HOUR)
    assert sweep_orders(now=MISSED + 2 * HOUR) == 1
    assert only().state == "resolved"


def test_the_shopper_chooses_once_and_the_wish_ranks_it_up(in_acme: Merchant) -> None:
    unsent()
    sweep_incidents(now=MISSED)
    incident = only()
    chosen = choose(incident=incident, choice="cancel", at=MISSED + HOUR)
    assert (chosen.choice, chosen.chosen_at, chosen.harm - incident.harm) == ("cancel", MISSED + HOUR, 15)
    assert chosen.rank > incident.rank
    assert told()[2:] == ["choice.made", "incident.updated"]
    assert Event.objects.get(type="tracking.choice.made").payload == {
        "order": incident.order_id, "incident": incident.pk, "choice": "cancel",
    }  # fmt: skip
    with pytest.raises(ChoiceClosed):
        choose(incident=incident, choice="wait", at=MISSED + 2 * HOUR)
    sweep_incidents(now=MISSED + 10 * DAY)
    only_one = only()
    assert (only_one.choice, told().count("dispatch.delayed")) == ("cancel", 1)


def test_there_is_nothing_to_choose_for_a_sent_order_or_another_incident(in_acme: Merchant) -> None:
    order = unsent()
    sweep_incidents(now=MISSED)
    with pytest.raises(ValueError, match="refuse"):
        choose(incident=only(), choice="refuse", at=MISSED)
    Order.objects.filter(pk=order.pk).update(fulfilment="fulfilled")
    with pytest.raises(ChoiceClosed):
        choose(incident=only(), choice="wait", at=MISSED)
    assert (only().choice, "choice.made" in told()) == ("", False)


# -- delivered, not received ----------------------------------------------------------------------------------------------


def test_a_delivery_denied_twice_is_one_incident_with_a_promised_answer(in_acme: Merchant) -> None:
    row = parcel(status="delivered", delivered_at=STALLS, attempted_at=STALLS, status_at=STALLS)
    at = STALLS + DAY
    incident = deny_receipt(shipment=row, at=at)
    assert deny_receipt(shipment=row, at=at + HOUR).pk == incident.pk
    assert (incident.type, incident.state, incident.news_by) == ("delivered_not_received", "notified", date(2026, 11, 30))
    assert promises("reply_by") == [(date(2026, 11, 30), None)]
    assert told() == ["incident.opened", "receipt.denied"]
    review(shipment_ids=[row.pk], now=at + 2 * DAY)
    assert only().state == "notified"


def test_an_answer_in_time_keeps_the_promise_and_a_missing_one_breaks_it(in_acme: Merchant) -> None:
    for number in ("1001", "1002"):
        deny_receipt(shipment=parcel(number, status="delivered", delivered_at=STALLS, attempted_at=STALLS), at=STALLS)
    answered = Incident.objects.order_by("id").values_list("pk", flat=True)[0]
    Incident.objects.filter(pk=answered).update(state="resolved", resolution="refunded", resolved_at=STALLS + DAY)
    sweep_incidents(now=STALLS + 4 * DAY)
    assert promises("reply_by") == [(date(2026, 11, 27), True), (date(2026, 11, 27), False)]


def test_only_a_delivered_parcel_can_be_denied(in_acme: Merchant) -> None:
    row = parcel()
    with pytest.raises(NotDelivered):
        deny_receipt(shipment=row, at=STALLS)
    assert (Incident.objects.count(), told()) == (0, [])


def test_denied_again_after_it_was_resolved_it_is_open_again(in_acme: Merchant) -> None:
    row = parcel(status="delivered", delivered_at=STALLS, attempted_at=STALLS)
    deny_receipt(shipment=row, at=STALLS)
    Incident.objects.update(state="resolved", resolution="by_hand", resolved_at=STALLS + DAY)
    again = deny_receipt(shipment=row, at=STALLS + 2 * DAY)
    assert (only().pk, only().state, only().reopened_count) == (again.pk, "notified", 1)


# -- lanes, walls, statements ---------------------------------------------------------------------------------------------


def test_lanes_teach_how_long_their_parcels_are_silent(in_acme: Merchant) -> None:
    for number in range(40):
        row = parcel(str(2000 + number), status="delivered", created_at=NOW)
        for days in (0, 1, 6 if number < 6 else 3):
            scan(row, "in_transit", NOW + days * DAY)
    assert learn_gaps(now=STALLS) == 1
    stat = LaneStat.objects.get(leg="gap")
    assert (stat.key, stat.count, stat.days[1], stat.days[4]) == ("dhl|DE>DE", 40, 34, 6)
    assert learn_gaps(now=STALLS + DAY) == 1
    slow = parcel("3000")
    heard(NOW + 30 * DAY)
    review(shipment_ids=[slow.pk], now=STALLS)
    assert Incident.objects.count() == 0  # silent for three working days; here four are nothing unusual
    review(shipment_ids=[slow.pk], now=STALLS + DAY)
    assert only().facts["limit_days"] == 4


def test_one_merchant_s_sweep_never_sees_another_s_parcels(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        row = parcel()
        heard(STALLS)
    with merchant_scope(borealis.pk):
        heard(STALLS)
        assert sweep_incidents(now=STALLS) == 0
        assert review(shipment_ids=[row.pk], now=STALLS) == 0
        with pytest.raises(NotDelivered):
            deny_receipt(shipment=row, at=STALLS)
        assert Incident.objects.count() == 0
    with merchant_scope(acme.pk):
        assert (Incident.objects.count(), sweep_incidents(now=STALLS)) == (0, 1)
        incident = only()
    with merchant_scope(borealis.pk), pytest.raises(Incident.DoesNotExist):
        choose(incident=incident, choice="wait", at=STALLS)


def statements(count: int, first: int) -> int:
    ids = [parcel(str(first + place)).pk for place in range(count)]
    with CaptureQueriesContext(connection) as seen:
        assert review(shipment_ids=ids, now=STALLS) == count
    return len(seen)


def test_two_hundred_parcels_cost_as_many_statements_as_one(in_acme: Merchant) -> None:
    heard(STALLS)
    assert statements(200, 5000) == statements(1, 9000) == 14


def test_every_type_has_a_base_of_harm_a_rule_and_a_word() -> None:
    assert set(BASE) == set(RULES) == set(IncidentType.values)
