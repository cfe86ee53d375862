"""When a parcel is asked for again, and when no more."""

from datetime import datetime, timedelta

import pytest

from connectors.rules import EVERY, OVER, Again, Ended, next_poll, pause, spread
from tests.conftest import NOW
from tracking.types import ShipmentStatus

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def step(status: str, *, silent: timedelta = timedelta(), since: timedelta | None = None, is_pushed: bool = False) -> Again | Ended:
    status_at: datetime | None = NOW - since if since is not None else None
    return next_poll(status=status, status_at=status_at, silent_since=NOW - silent, is_pushed=is_pushed, now=NOW)


@pytest.mark.parametrize(
    ("status", "silent", "after"),
    [
        ("pending", 0 * DAY, 6 * HOUR),
        ("label_created", 0 * DAY, 6 * HOUR),
        ("unknown", 0 * DAY, 6 * HOUR),
        ("picked_up", 0 * DAY, 2 * HOUR),
        ("in_transit", 0 * DAY, 2 * HOUR),
        ("in_transit", 2 * DAY - HOUR, 2 * HOUR),
        ("in_transit", 2 * DAY, 4 * HOUR),
        ("in_transit", 10 * DAY - HOUR, 4 * HOUR),
        ("in_transit", 10 * DAY, 12 * HOUR),
        ("in_transit", 30 * DAY, 24 * HOUR),
        ("in_transit", 90 * DAY - HOUR, 24 * HOUR),
        ("label_created", 2 * DAY, 6 * HOUR),
        ("label_created", 11 * DAY, 12 * HOUR),
        ("out_for_delivery", 0 * DAY, HOUR / 2),
        ("out_for_delivery", 3 * DAY, 4 * HOUR),
        ("attempt_failed", 0 * DAY, 2 * HOUR),
        ("ready_for_pickup", 0 * DAY, 4 * HOUR),
        ("on_hold", 0 * DAY, 4 * HOUR),
        ("returning", 0 * DAY, 6 * HOUR),
        ("lost", 0 * DAY, 12 * HOUR),
        ("damaged", 40 * DAY, 24 * HOUR),
        ("in_transit", -HOUR, 2 * HOUR),
    ],
)
def test_the_state_says_how_often_and_silence_slows_it_down(status: str, silent: timedelta, after: timedelta) -> None:
    assert step(status, silent=silent) == Again(after)


@pytest.mark.parametrize("status", sorted(set(ShipmentStatus) - OVER))
def test_ninety_silent_days_end_it_and_somebody_is_told(status: str) -> None:
    assert step(status, silent=90 * DAY) == Ended("silent", is_told=True)


@pytest.mark.parametrize("status", sorted(OVER))
@pytest.mark.parametrize(("since", "expected"), [(0 * DAY, Again(DAY)), (3 * DAY - HOUR, Again(DAY)), (3 * DAY, None), (100 * DAY, None)])
def test_what_has_arrived_is_looked_at_for_three_days_and_ends_quietly(status: str, since: timedelta, expected: Again | None) -> None:
    assert step(status, since=since, silent=since) == (expected or Ended(status))


def test_an_arrival_without_a_time_counts_from_the_last_news() -> None:
    assert step("delivered", silent=2 * DAY) == Again(DAY)
    assert step("delivered", silent=3 * DAY) == Ended("delivered")


@pytest.mark.parametrize(("status", "silent", "after"), [("out_for_delivery", 0 * DAY, 12 * HOUR), ("in_transit", 40 * DAY, DAY)])
def test_a_connection_whose_webhooks_come_is_asked_seldom(status: str, silent: timedelta, after: timedelta) -> None:
    assert step(status, silent=silent, is_pushed=True) == Again(after)


def test_every_state_has_its_pace() -> None:
    assert set(EVERY) | OVER == set(ShipmentStatus)


@pytest.mark.parametrize(("chance", "minutes"), [(0.0, 80), (0.5, 100), (1.0, 120)])
def test_waits_differ_by_a_fifth_at_most(chance: float, minutes: int) -> None:
    assert spread(timedelta(minutes=100), chance) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("retry_after", "troubled_minutes", "is_key_refused", "minutes"),
    [
        (None, 0, False, 1),
        (None, 5, False, 5),
        (None, 500, False, 60),
        (120, 500, False, 2),
        (None, 0, True, 60),
        (5, 0, True, 60),
    ],
)
def test_a_connection_in_trouble_is_left_alone_for_longer_and_longer(
    retry_after: int | None, troubled_minutes: int, is_key_refused: bool, minutes: int
) -> None:
    troubled = timedelta(minutes=troubled_minutes)
    assert pause(retry_after=retry_after, troubled_for=troubled, is_key_refused=is_key_refused) == timedelta(minutes=minutes)
