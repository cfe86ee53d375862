"""/ops/help/: what was read at which state, whether it helped, what it spared, and what is missing."""

import csv
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from merchants.scope import merchant_scope
from merchants.types import Role
from support.models import DayCount, SearchMiss, Verdict
from tests.admin.world import World, person, signed_in
from tests.conftest import NOW

TODAY = date(2026, 11, 20)


def count(world: World, slug: str = "refund", stage: str = "returning", day: date = TODAY, **over: int) -> None:
    with merchant_scope(world.merchant.pk):
        DayCount.objects.create(day=day, slug=slug, stage=stage, **over)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.views.help.now", lambda: NOW)


@pytest.fixture
def viewer(here: World) -> Client:
    return signed_in(person("viewer@staff.example", here.merchant, Role.VIEWER))


def test_the_page_tells_what_was_read_where_and_what_it_spared(here: World, there: World, viewer: Client) -> None:
    count(here, reads=40, helpful=3, unhelpful=1, contacts=10, avoided=28)
    count(here, stage="delivered", reads=2)
    count(here, slug="", stage="returning", reads=11, avoided=25)
    count(here, day=TODAY - timedelta(days=20), reads=100)
    count(there, reads=5000)
    with CaptureQueriesContext(connection) as captured:
        week = viewer.get("/ops/help/?days=7").content.decode()
    assert sum("support_daycount" in query["sql"] for query in captured.captured_queries) == 1
    assert "25 shoppers found the answer alone" in week
    assert "<dd>42</dd>" in week
    assert "<dd>75 <small>%</small></dd>" in week
    assert "<dd>11</dd>" in week
    assert "When do I get my money back?" in week
    assert "Going back or refunded" in week
    assert "<dd>142</dd>" in viewer.get("/ops/help/?days=nonsense").content.decode()
    assert "5000" not in week


def test_nothing_read_is_said_in_words(viewer: Client) -> None:
    body = viewer.get("/ops/help/").content.decode()
    assert "0 shoppers found the answer alone" in body
    assert "Nobody has opened an article in this time." in body
    assert "Every search in this time found something." in body


def test_what_is_missing_is_shown_escaped_and_of_this_merchant_alone(here: World, there: World, viewer: Client) -> None:
    for world, words in ((here, "<b>gift</b> wrapping"), (there, "strangers words")):
        with merchant_scope(world.merchant.pk):
            SearchMiss.objects.create(language="en", text=words, count=7, last_at=NOW)
            Verdict.objects.create(slug="refund", visit="v", stage="late", language="en", is_helpful=False, missing=words, at=NOW)
    body = viewer.get("/ops/help/").content.decode()
    assert body.count("&lt;b&gt;gift&lt;/b&gt; wrapping") == 2
    assert "strangers" not in body


def test_the_file_holds_the_same_and_runs_no_formula(here: World, viewer: Client) -> None:
    count(here, slug="=cmd", reads=3)
    count(here, slug="", reads=2, avoided=1)
    response = viewer.get("/ops/help/?export=csv")
    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["By"], row["Article"], row["Read"], row["Contacts avoided"]) for row in rows] == [
        ("visits", "", "", "1"),
        ("state", "", "3", "0"),
        ("article", "'=cmd", "3", "0"),
        ("article and state", "'=cmd", "3", "0"),
    ]


def test_the_page_costs_the_same_however_much_was_read(here: World, viewer: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert viewer.get("/ops/help/").status_code == 200
        return len(captured)

    before: Any = queries()
    for n in range(30):
        count(here, slug=f"article-{n}", day=TODAY - timedelta(days=n), reads=n)
    assert queries() == before
