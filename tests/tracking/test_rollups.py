"""The delay figures: kept parcel by parcel, they equal figures counted anew."""

import threading
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import Order, Promise
from tests.conftest import NOW
from tests.factories import place_order, ship
from tracking.models import Counted, FlowCell, Incident, Shipment
from tracking.services import count_due, count_parcels, rebuild_figures
from tracking.types import IncidentType, ShipmentStatus

COLUMNS = [field.attname for field in FlowCell._meta.local_concrete_fields if field.attname not in ("id", "merchant_id")]
KEYS = {"grain", "start", "carrier_code", "region"}


def cells() -> dict[tuple[Any, ...], dict[str, Any]]:
    """The current merchant's cells; those that came to hold nothing are left out."""
    found = {}
    for row in FlowCell.objects.values(*COLUMNS):
        rest = {name: value for name, value in row.items() if name not in KEYS}
        if any(any(value) if isinstance(value, list) else value for value in rest.values()):
            found[row["grain"], row["start"], row["carrier_code"], row["region"]] = rest
    return found


def facts() -> list[tuple[Any, ...]]:
    names = ("shipment_id", "week", "due", "carrier_code", "region", "is_late", "standing", "look_on", "facts")
    return sorted(Counted.objects.values_list(*names))


def parcels(count: int) -> list[Shipment]:
    order = place_order()
    rows = [ship(order, external_id=f"S{number}", shipped_at=NOW, updated_at=NOW, lines={"L1": 1}) for number in range(count)]
    Shipment.objects.update(promised_by=date(2026, 11, 24), to_country="DE", to_region="BE", eta_by=date(2026, 11, 24))
    return rows


def ids() -> list[int]:
    return list(Shipment.objects.order_by("pk").values_list("pk", flat=True))


def test_a_parcel_is_counted_once_however_often_it_is_told(in_acme: Merchant) -> None:
    (row,) = parcels(1)
    assert count_parcels(shipment_ids=[row.pk, row.pk], now=NOW) == 1
    before = cells()
    assert count_parcels(shipment_ids=[row.pk], now=NOW) == 0
    assert cells() == before
    assert set(before) == {("week", date(2026, 11, 16), "dhl", "DE-BE"), ("day", date(2026, 11, 24), "dhl", "")}
    assert {cell["sent"] for cell in before.values()} == {1}


def test_an_arrival_moves_the_figures(in_acme: Merchant) -> None:
    (row,) = parcels(1)
    count_parcels(shipment_ids=[row.pk], now=NOW)
    Shipment.objects.update(attempted_at=NOW + timedelta(days=6), status=ShipmentStatus.DELIVERED)
    assert count_parcels(shipment_ids=[row.pk], now=NOW + timedelta(days=6)) == 1
    cell = FlowCell.objects.get(grain="day")
    assert (cell.sent, cell.arrived, cell.on_time, cell.late, cell.overdue) == (1, 1, 0, 1, 0)
    assert (cell.delay_days[7 + 2], sum(cell.delay_days), cell.transit_days[6], sum(cell.transit_days)) == (1, 1, 1, 1)


def test_lateness_comes_by_time_alone(in_acme: Merchant) -> None:
    (row,) = parcels(1)
    Promise.objects.all().delete()
    count_parcels(shipment_ids=[row.pk], now=NOW)
    assert count_due(now=datetime.fromisoformat("2026-11-24T23:59+01:00")) == 0
    assert count_due(now=datetime.fromisoformat("2026-11-25T00:01+01:00")) == 1
    assert (FlowCell.objects.get(grain="day").overdue, Counted.objects.get().standing) == (1, "overdue")
    assert count_due(now=datetime.fromisoformat("2026-11-26T00:01+01:00")) == 0


def test_days_said_of_a_parcel_are_kept_or_broken(in_acme: Merchant) -> None:
    (row,) = parcels(1)
    Promise.objects.all().delete()
    for day in (22, 25, 27):
        Promise.objects.create(
            order_id=row.order_id, subject=f"shipment:{row.pk}", kind="arrive_by", date=date(2026, 11, day), said_at=NOW, source="learned"
        )
    Shipment.objects.update(attempted_at=NOW + timedelta(days=5))
    count_parcels(shipment_ids=[row.pk], now=NOW + timedelta(days=5))
    cell = FlowCell.objects.get(grain="week")
    assert (cell.promises, cell.promises_kept) == (4, 2)  # 22 and 24 broken, 25 and 27 kept


def test_counting_costs_the_same_for_one_parcel_and_for_many(in_acme: Merchant, django_assert_num_queries: Any) -> None:
    rows = [row.pk for row in parcels(3)]
    with django_assert_num_queries(9):
        count_parcels(shipment_ids=rows[:1], now=NOW)
    with django_assert_num_queries(9):
        count_parcels(shipment_ids=rows, now=NOW)
    with django_assert_num_queries(0):
        count_parcels(shipment_ids=[], now=NOW)


def test_another_merchants_parcels_are_passed_over(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        rows = [row.pk for row in parcels(2)]
        count_parcels(shipment_ids=rows, now=NOW)
        before = cells()
    with merchant_scope(borealis.pk):
        assert count_parcels(shipment_ids=rows, now=NOW) == 0
        assert (cells(), facts()) == ({}, [])
        assert rebuild_figures(now=NOW) == 0
    with merchant_scope(acme.pk):
        assert cells() == before


def test_the_command_counts_anew_and_knows_its_merchants(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        rows = parcels(2)
        count_parcels(shipment_ids=[row.pk for row in rows], now=NOW)
        FlowCell.objects.update(sent=99)
    said = StringIO()
    call_command("rebuild_figures", "acme", stdout=said)
    assert said.getvalue() == "2 parcels counted\n"
    with merchant_scope(acme.pk):
        assert set(FlowCell.objects.values_list("sent", flat=True)) == {2}
    with pytest.raises(CommandError, match="no merchant is called 'nobody'"):
        call_command("rebuild_figures", "nobody")


CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "carrier_code": st.sampled_from(["dhl", "dpd", ""]),
    "to_region": st.sampled_from(["BE", "BY", ""]),
    "status": st.sampled_from(ShipmentStatus.values),
    "promised_by": st.sampled_from([None, date(2026, 11, 19), date(2026, 11, 24), date(2026, 12, 1)]),
    "eta_by": st.sampled_from([None, date(2026, 11, 22), date(2026, 12, 3)]),
    "eta_from": st.sampled_from([None, date(2026, 11, 20)]),
    "eta_source": st.sampled_from(["learned", "carrier"]),
    "shipped_at": st.sampled_from([None, NOW, NOW - timedelta(days=8)]),
    "attempted_at": st.sampled_from([None, NOW + timedelta(days=1), NOW + timedelta(days=9)]),
    "is_delayed": st.booleans(),
}
STEP = st.one_of(
    *[st.tuples(st.just(name), st.integers(0, 3), values) for name, values in CHANGES.items()],
    st.tuples(st.just("days"), st.integers(0, 3), st.integers(1, 6)),
    st.tuples(st.just("incident"), st.integers(0, 3), st.sampled_from([IncidentType.STALLED, IncidentType.LOST_SUSPECTED])),
    st.tuples(st.just("said"), st.integers(0, 3), st.sampled_from([date(2026, 11, 21), date(2026, 11, 30)])),
)


def take(step: tuple[str, int, Any], rows: list[int], now: datetime) -> datetime:
    """One change of one parcel, or some days; what changed is counted as the event road would."""
    name, which, value = step
    id = rows[which]
    if name == "days":
        now += timedelta(days=value)
        count_due(now=now)
        return now
    if name == "incident":
        Incident.objects.update_or_create(
            subject=f"shipment:{id}", type=value, defaults={"shipment_id": id, "act_by": now, "opened_at": now, "updated_at": now}
        )
    elif name == "said":
        order = Shipment.objects.get(pk=id).order_id
        Promise.objects.create(order_id=order, subject=f"shipment:{id}", kind="arrive_by", date=value, said_at=now, source="learned")
    else:
        Shipment.objects.filter(pk=id).update(**{name: value})
    count_parcels(shipment_ids=[id], now=now)
    return now


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=14))
def test_figures_kept_step_by_step_equal_figures_counted_anew(acme: Merchant, steps: list[tuple[str, int, Any]]) -> None:
    with merchant_scope(acme.pk):
        FlowCell.objects.all().delete()
        Shipment.objects.all().delete()
        order = Order.objects.filter(number="1001").first() or place_order()
        rows = [ship(order, external_id=f"S{n}", lines={"L1": 1}).pk for n in range(4)]
        now = NOW
        count_parcels(shipment_ids=rows, now=now)
        for step in steps:
            now = take(step, rows, now)
        kept = (cells(), facts())
        rebuild_figures(now=now)
        assert (cells(), facts()) == kept


@pytest.fixture
def shop(real_commits: None) -> Merchant:
    return create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")


def test_many_at_once_lose_nothing_and_do_not_block_each_other_for_good(shop: Merchant) -> None:
    with merchant_scope(shop.pk):
        rows = [row.pk for row in parcels(8)]
        Shipment.objects.filter(pk__in=rows[::2]).update(to_region="BY")
    start, errors = threading.Barrier(4), []

    def work(turn: int) -> None:
        try:
            start.wait(timeout=120)
            for _ in range(4):
                with merchant_scope(shop.pk):
                    count_parcels(shipment_ids=rows[turn:] + rows[:turn], now=NOW)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    crew = [threading.Thread(target=work, args=(turn,)) for turn in range(4)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join(timeout=300)
    assert errors == []
    with merchant_scope(shop.pk):
        kept = cells()
        assert sum(cell["sent"] for key, cell in kept.items() if key[0] == "week") == 8
        rebuild_figures(now=NOW)
        assert cells() == kept
