"""What is read, what helped, and which contacts it spared."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from support.models import DayCount, Reading, SearchMiss, Verdict
from support.selectors import figures, misses, wishes
from support.services import count_contact, count_reading, forget_old, judge_article, note_miss, settle_readings
from support.services.counts import BATCH
from support.types import Sums, Visit
from tests.conftest import NOW

TODAY = date(2026, 11, 20)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read(slug: str, visit: str, stage: str = "late", at: datetime = NOW) -> None:
    count_reading(slug=slug, visit=Visit(visit, stage), at=at)


def contact(visit: str, stage: str = "late", at: datetime = NOW) -> None:
    count_contact(visit=Visit(visit, stage), at=at)


def counts(**narrow: Any) -> dict[tuple[str, str], tuple[int, int, int]]:
    rows = DayCount.objects.filter(**narrow).order_by("slug", "stage")
    return {(row.slug, row.stage): (row.reads, row.contacts, row.avoided) for row in rows}


def test_a_browser_that_opens_an_article_twice_read_it_once(in_acme: Merchant) -> None:
    for _time in range(3):
        read("refund", "anna")
    read("refund", "ben")
    read("customs", "anna", stage="nonsense")
    assert counts() == {("refund", "late"): (2, 0, 0), ("customs", "any"): (1, 0, 0)}


def test_one_statement_counts_a_reading(in_acme: Merchant) -> None:
    with CaptureQueriesContext(connection) as captured:
        read("refund", "anna")
    assert len(captured) == 1
    with CaptureQueriesContext(connection) as captured:
        contact("anna")
    assert len(captured) == 1


def test_the_day_is_the_merchants(in_acme: Merchant) -> None:
    read("refund", "anna", at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert [row.day for row in DayCount.objects.all()] == [date(2026, 11, 21)]


def test_a_contact_counts_against_what_was_read_in_the_last_day(in_acme: Merchant) -> None:
    read("customs", "anna", at=NOW - DAY)
    read("refund", "anna", at=NOW - HOUR)
    read("refund", "ben", at=NOW - HOUR)
    contact("anna", stage="delivered")
    contact("anna", stage="delivered")
    assert counts() == {("", "delivered"): (1, 0, 0), ("customs", "late"): (1, 0, 0), ("refund", "late"): (2, 1, 0)}


@pytest.fixture
def acme_only(real_commits: None) -> Merchant:
    return create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")


def test_a_visit_that_ended_without_contact_is_one_avoided(acme_only: Merchant) -> None:
    with merchant_scope(acme_only.pk):
        read("refund", "anna", at=NOW)
        read("customs", "anna", stage="in_transit", at=NOW + HOUR)
        read("refund", "ben", at=NOW)
        contact("ben", at=NOW + HOUR)
        read("refund", "cleo", stage="any", at=NOW)
        contact("dora", at=NOW)
        read("refund", "dora", at=NOW + HOUR)
        read("refund", "emil", at=NOW + 2 * HOUR)
    assert settle_readings(now=NOW + DAY + HOUR) == 4
    with merchant_scope(acme_only.pk):
        assert counts() == {
            ("", "in_transit"): (0, 0, 1),
            ("", "late"): (2, 0, 0),
            ("customs", "in_transit"): (1, 0, 1),
            ("refund", "any"): (1, 0, 0),
            ("refund", "late"): (4, 1, 1),
        }
        assert list(Reading.objects.values_list("visit", flat=True)) == ["emil"]
    assert settle_readings(now=NOW + DAY + HOUR) == 0
    with merchant_scope(acme_only.pk):
        found = figures(first=TODAY, last=TODAY)
    assert (found.visits_avoided, found.contact_pages, found.total.reads, found.total.avoided) == (1, 2, 6, 2)


def test_many_visits_are_settled_in_bounded_parts(acme_only: Merchant) -> None:
    with merchant_scope(acme_only.pk):
        Reading.objects.bulk_create([Reading(visit=f"v{n}", slug="refund", stage="late", at=NOW) for n in range(BATCH + 5)])
    assert settle_readings(now=NOW + DAY) == BATCH + 5
    with merchant_scope(acme_only.pk):
        assert counts() == {("", "late"): (0, 0, BATCH + 5), ("refund", "late"): (0, 0, BATCH + 5)}


def test_half_a_year_later_only_the_counts_are_left(acme_only: Merchant) -> None:
    with merchant_scope(acme_only.pk):
        judge("no", missing="the day")
        note_miss(query="gift wrapping", language="en", at=NOW)
    assert forget_old(now=NOW + 180 * DAY) == 0
    assert forget_old(now=NOW + 180 * DAY + HOUR) == 2
    with merchant_scope(acme_only.pk):
        assert (Verdict.objects.count(), SearchMiss.objects.count()) == (0, 0)
        assert figures(first=TODAY, last=TODAY).total.unhelpful == 1


def judge(said: str, *, visit: str = "anna", at: datetime = NOW, missing: str = "", stage: str = "late") -> Verdict:
    return judge_article(slug="refund", visit=Visit(visit, stage), language="en", is_helpful=said == "yes", at=at, missing=missing)


def test_a_browser_has_one_word_per_article_and_may_change_it(in_acme: Merchant) -> None:
    judge("yes", at=NOW - DAY)
    judge("yes", visit="ben")
    judge("no", stage="delivered")
    found = figures(first=TODAY - DAY, last=TODAY)
    assert {name: (one.helpful, one.unhelpful) for name, one in found.stages.items()} == {"late": (1, 0), "delivered": (0, 1)}
    assert (Verdict.objects.count(), found.total.share) == (2, 0.5)


def test_what_was_missing_is_kept_without_what_leads_to_a_person(in_acme: Merchant) -> None:
    judge("no", missing="call me at +49 151 23456789, sam@example.com")
    judge("no")
    assert [one.missing for one in wishes(since=NOW - DAY)] == ["call me at …, …"]
    judge("yes", missing="ignored")
    assert wishes(since=NOW - DAY) == []


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("Gift  Wrapping?", "gift wrapping"),
        ("sam@example.com parcel", "parcel"),
        ("00340434161094042557", ""),
        ("ab", ""),
        ("退款", "退款"),
        ("x" * 300, "x" * 80),
        ("\x00\u202e", ""),
    ],
)
def test_words_looked_for_in_vain_are_kept_short_and_counted(in_acme: Merchant, query: str, kept: str) -> None:
    for _time in range(2):
        note_miss(query=query, language="en", at=NOW)
    assert [(one.text, one.count) for one in misses(since=NOW)] == ([(kept, 2)] if kept else [])


def test_the_same_figures_add_up_by_article_state_and_both(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        read("refund", "anna", "late")
        assert figures(first=TODAY, last=TODAY).total == Sums(reads=1)
    with merchant_scope(acme.pk):
        read("refund", "anna", "late")
        read("refund", "ben", "delivered")
        read("customs", "ben", "late", at=NOW - 40 * DAY)
        found = figures(first=TODAY - 29 * DAY, last=TODAY)
    assert found.total == Sums(reads=2)
    assert found.articles == {"refund": Sums(reads=2)}
    assert found.stages == {"delivered": Sums(reads=1), "late": Sums(reads=1)}
    assert set(found.cells) == {("refund", "delivered"), ("refund", "late")}
    assert found.total.share is None
