"""/ops/figures/: how messages fare, from one read, for the merchant alone."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.selectors import counts_by_state
from merchants.scope import merchant_scope
from merchants.types import Role
from notifications.figures import figures
from notifications.models import DayFigure, Message, ProviderAccount
from tests.admin.world import World, message_row, person, signed_in
from tests.conftest import NOW

TODAY = date(2026, 11, 20)


def figure(world: World, **over: object) -> None:
    values: dict[str, object] = {
        "day": TODAY,
        "kind": "order_confirmation",
        "channel": "email",
        "template_label": "shipped",
        "provider": "smtp",
        "country": "DE",
        "sent": 10,
        "delivered": 9,
        "bounced": 1,
        **over,
    }
    with merchant_scope(world.merchant.pk):
        DayFigure.objects.create(**values)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.views.figures.now", lambda: NOW)


@pytest.fixture
def viewer(here: World) -> Client:
    return signed_in(person("viewer@staff.example", here.merchant, Role.VIEWER))


def test_the_same_messages_are_counted_four_ways(here: World, there: World) -> None:
    figure(here)
    figure(here, day=TODAY - timedelta(days=1), country="SE", sent=5, delivered=5, bounced=0, cost=Decimal("0.5"), currency="EUR")
    figure(
        here, kind="thanks", channel="sms", provider="twilio", sent=2, delivered=1, bounced=0, failed=1, segments=4, cost=2, currency="USD"
    )
    figure(here, day=TODAY - timedelta(days=8), sent=1000)
    figure(there, sent=5000)
    with merchant_scope(here.merchant.pk):
        found = figures(first=TODAY - timedelta(days=6), last=TODAY)
        mail = figures(first=TODAY - timedelta(days=6), last=TODAY, channel="email")
    assert (found.total.sent, found.total.delivered, found.total.failed, found.total.segments) == (17, 15, 1, 4)
    assert found.total.cost == {"EUR": Decimal("0.5"), "USD": Decimal(2)}
    assert {day: sums.sent for day, sums in found.days.items()} == {TODAY: 12, TODAY - timedelta(days=1): 5}
    assert list(found.templates) == [("order_confirmation", "email", "shipped"), ("thanks", "sms", "shipped")]
    assert {key: sums.sent for key, sums in found.providers.items()} == {("email", "smtp"): 15, ("sms", "twilio"): 2}
    assert {key: sums.sent for key, sums in found.countries.items()} == {("email", "DE"): 10, ("email", "SE"): 5, ("sms", "DE"): 2}
    assert mail.total.sent == 15


def test_the_page_shows_the_period_asked_for_and_reads_the_figures_once(here: World, viewer: Client) -> None:
    figure(here, day=TODAY, sent=40, delivered=39)
    figure(here, day=TODAY - timedelta(days=20), sent=400)
    with CaptureQueriesContext(connection) as captured:
        week = viewer.get("/ops/figures/?days=7").content.decode()
    assert sum("notifications_dayfigure" in query["sql"] for query in captured.captured_queries) == 1
    assert "<dd>40</dd>" in week
    assert "97.5" in week
    assert "<dd>440</dd>" in viewer.get("/ops/figures/?days=30").content.decode()
    assert "<dd>440</dd>" in viewer.get("/ops/figures/?days=nonsense&channel=pigeon").content.decode()
    assert "No message was handed over" in viewer.get("/ops/figures/?channel=sms").content.decode()


def test_what_is_taken_elsewhere_runs_no_formula(here: World, viewer: Client) -> None:
    figure(here, day=TODAY, template_label="=cmd|' /C calc'!A0")
    response = viewer.get("/ops/figures/?export=csv")
    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"))))
    assert [row["By"] for row in rows] == ["day", "template", "provider", "country"]
    assert rows[1]["Template"] == "'=cmd|' /C calc'!A0"
    assert {row["Sent"] for row in rows} == {"10"}


@pytest.mark.parametrize(("spent", "said"), [("7.99", ""), ("8.00", "more than 80 %"), ("10.00", "Marketing waits for tomorrow")])
def test_from_four_fifths_of_the_cap_on_the_page_warns(here: World, viewer: Client, spent: str, said: str) -> None:
    figure(here, day=TODAY)
    with merchant_scope(here.merchant.pk):
        rows = ProviderAccount.objects.filter(channel="sms")
        rows.update(daily_cap=Decimal(10), spent=Decimal(spent), spent_on=TODAY, currency="EUR")
    body = viewer.get("/ops/figures/").content.decode()
    assert (said in body) if said else ("80 %" not in body and "Marketing waits" not in body)


def test_tests_of_the_staff_are_no_messages_of_the_day(here: World) -> None:
    with merchant_scope(here.merchant.pk):
        row = message_row(here, state="sent", decided_at=NOW)
        before = counts_by_state(since=NOW)
        Message.objects.filter(pk=row.pk).update(is_test=True)
        after = counts_by_state(since=NOW)
    assert before["sent"] - after.get("sent", 0) == 1
