"""A rule tried on a past made by hand: what it would have raised, when, how rightly, and what it would have said."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order, Promise
from tests import factories as make
from tests.conftest import NOW
from tests.tracking.test_incidents import heard, move, scan
from tracking.models import Incident, Shipment
from tracking.rules.incidents import BadThreshold
from tracking.services import NotTestable, back_test
from tracking.types import ShipmentStatus

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY = datetime(2026, 9, 7, 10, 0, tzinfo=UTC)  # noon in Berlin, a week without holidays
PROMISED = date(2026, 9, 11)


def past(number: str, *news: tuple[str, float], **over: Any) -> Shipment:
    """A parcel of the past: (status, days after Monday); promised for Friday."""
    order = make.place_order(number=number, placed_at=MONDAY - DAY, at=MONDAY - DAY)
    shipment = make.ship(order, tracking_number=f"0035{number}", updated_at=MONDAY, at=MONDAY, status=ShipmentStatus.LABEL_CREATED)
    Promise.objects.filter(order=order).delete()
    shipment.scans.all().delete()
    for status, days in news:
        scan(shipment, status, MONDAY + days * DAY, source="dhl")
    values: dict[str, Any] = {
        "promised_by": PROMISED,
        "from_country": "DE",
        "to_country": "DE",
        "created_at": MONDAY,
        "status": news[-1][0],
    }
    for status, days in news:
        if status == "delivered":
            values |= {"delivered_at": MONDAY + days * DAY, "attempted_at": MONDAY + days * DAY}
    return move(shipment, **{**values, **over})


def history() -> None:
    """Four parcels: one on time, one silent and late, one silent and yet on time, one lost."""
    heard(NOW)
    past("1", ("picked_up", 0), ("in_transit", 1), ("delivered", 2))
    past("2", ("picked_up", 0), ("in_transit", 1), ("delivered", 7))  # silent from Tuesday: raised on Friday, three days to go by
    past("3", ("picked_up", 0), ("delivered", 4))  # silent from Monday: raised on Thursday, wrongly
    past("4", ("picked_up", 0), ("lost", 9))


def test_a_stall_is_raised_on_its_day_and_judged_by_what_became_of_the_parcel(in_acme: Merchant) -> None:
    history()
    found = back_test(type="stalled", thresholds={}, now=NOW).as_json()
    assert found["days"] == [
        {"day": "2026-09-10", "raised": 2, "right": 1, "messages": 3},
        {"day": "2026-09-11", "raised": 1, "right": 1, "messages": 1},
    ]
    assert (found["parcels"], found["raised"], found["right"], found["precision"]) == (4, 3, 2, 0.667)
    assert (found["late"], found["recall"], found["raised_in_time"], found["lead_days"]) == (2, 1.0, 2, 1.0)
    assert found["thresholds"]["domestic_days"] == 3
    assert (found["since"], found["until"]) == ("2026-08-22", "2026-11-20")


def test_other_thresholds_give_another_past(in_acme: Merchant) -> None:
    history()
    found = back_test(type="stalled", thresholds={"domestic_days": 4}, now=NOW)
    assert (found.raised, found.right, found.lead) == (2, 2, 0.0)


def test_a_passed_promise_is_raised_when_its_day_is_over(in_acme: Merchant) -> None:
    history()
    found = back_test(type="eta_slipped", thresholds={}, now=NOW).as_json()
    assert [(row["day"], row["raised"]) for row in found["days"]] == [("2026-09-12", 2)]
    assert (found["precision"], found["lead_days"], found["raised_in_time"]) == (1.0, 0.0, 0)


def test_a_later_day_said_by_the_carrier_counts_from_when_it_was_said(in_acme: Merchant) -> None:
    heard(NOW)
    row = past("1", ("picked_up", 0), ("delivered", 8))
    Promise.objects.create(
        order_id=row.order_id,
        subject=f"shipment:{row.pk}",
        kind="arrive_by",
        date=PROMISED + 3 * DAY,
        said_at=MONDAY + DAY,
        source="carrier",
    )
    found = back_test(type="eta_slipped", thresholds={}, now=NOW).as_json()
    assert [(row["day"], row["right"], row["messages"]) for row in found["days"]] == [("2026-09-08", 1, 2)]
    assert found["lead_days"] == 3.5
    assert back_test(type="eta_slipped", thresholds={"open_days": 4}, now=NOW).raised == 1  # only once the day has passed by four


def test_the_lost_the_failed_and_the_returning_are_judged_each_in_its_way(in_acme: Merchant) -> None:
    history()
    past("5", ("picked_up", 0), ("attempt_failed", 1), ("attempt_failed", 2), ("returning", 4))
    past("6", ("picked_up", 0), ("attempt_failed", 1), ("delivered", 2))
    lost = back_test(type="lost_suspected", thresholds={}, now=NOW)
    assert (lost.raised, lost.right, lost.messages) == (1, 1, 1)
    failed = back_test(type="failed_attempt", thresholds={}, now=NOW)
    assert (failed.raised, failed.right, failed.messages) == (2, 1, 0)
    assert back_test(type="failed_attempt", thresholds={"attempts": 2}, now=NOW).raised == 1
    assert back_test(type="returning", thresholds={}, now=NOW).raised == 1


def test_orders_not_sent_in_time_are_counted_with_the_days_they_waited(in_acme: Merchant) -> None:
    late, _ = make.place_order(number="1", placed_at=MONDAY, at=MONDAY), make.place_order(number="2", placed_at=MONDAY, at=MONDAY)
    for number, order in enumerate(Order.objects.order_by("pk")):
        make.ship(order, updated_at=MONDAY + (4 if order.pk == late.pk else 1) * DAY, at=MONDAY + 4 * DAY, tracking_number=f"00{number}")
    assert late.ship_by == date(2026, 9, 8)
    found = back_test(type="unshipped_past_promise", thresholds={}, now=NOW).as_json()
    assert [(row["day"], row["raised"], row["messages"]) for row in found["days"]] == [("2026-09-09", 1, 1)]
    assert (found["parcels"], found["late"], found["recall"]) == (2, 1, 1.0)


def test_nothing_is_written_and_other_merchants_are_not_seen(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        history()
        back_test(type="stalled", thresholds={}, now=NOW)
        assert Incident.objects.count() == 0
    with merchant_scope(borealis.pk):
        heard(NOW)
        assert back_test(type="stalled", thresholds={}, now=NOW).parcels == 0


def test_a_batch_costs_as_many_statements_for_one_parcel_as_for_many(in_acme: Merchant) -> None:
    heard(NOW)
    costs = []
    for count in (1, 20):
        for number in range(count):
            past(f"{count}-{number}", ("picked_up", 0), ("delivered", 7))
        with CaptureQueriesContext(connection) as seen:
            back_test(type="stalled", thresholds={}, now=NOW)
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_only_the_newest_are_looked_at_when_told_so(in_acme: Merchant) -> None:
    history()
    found = back_test(type="stalled", thresholds={}, now=NOW, most=2)
    assert (found.parcels, found.is_cut) == (2, True)
    assert back_test(type="stalled", thresholds={}, now=NOW, most=10).is_cut is False


@pytest.mark.parametrize(
    ("type", "given", "days", "error"),
    [
        ("feed_stale", {}, 90, NotTestable),
        ("delivered_not_received", {}, 90, NotTestable),
        ("nonsense", {}, 90, NotTestable),
        ("stalled", {"domestic_days": 99}, 90, BadThreshold),
        ("stalled", {}, 0, ValueError),
        ("stalled", {}, 366, ValueError),
    ],
)
def test_what_cannot_be_tried_is_refused(in_acme: Merchant, type: str, given: dict[str, object], days: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        back_test(type=type, thresholds=given, now=NOW, days=days)


def test_the_command_prints_the_days_and_writes_json(acme: Merchant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracking.management.commands.backtest_rule.now", lambda: NOW)
    with merchant_scope(acme.pk):
        history()
    out, file = StringIO(), tmp_path / "out.json"
    call_command("backtest_rule", "acme", "stalled", "--set", "domestic_days=4", "--days", "80", "--json", str(file), stdout=out)
    assert "stalled: 2 raised of 4 looked at, precision 100%, recall 100%, lead 0.0 days" in out.getvalue()
    assert json.loads(file.read_text())["thresholds"]["domestic_days"] == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody", "stalled"), "there is no merchant 'nobody'"),
        (("acme", "feed_stale"), "cannot be tested"),
        (("acme", "stalled", "--set", "domestic_days=x"), "domestic_days: must be name=number"),
        (("acme", "stalled", "--set", "speed=1"), "speed: stalled has domestic_days"),
        (("acme", "stalled", "--set", "domestic_days=nan"), "domestic_days: must be 1 to 30 working days"),
    ],
)
def test_the_command_names_what_is_wrong(acme: Merchant, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("backtest_rule", *arguments)
