"""Which database this is, whether its relay is awake, and whether anybody may send."""

import signal
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from events import station
from events.management.commands import relay
from events.models import Station
from events.queue import database_now
from events.tasks import sweep
from merchants.models import PlatformEntry


def moved() -> None:
    """As a restored copy finds itself: its row says another place."""
    Station.objects.update_or_create(pk=1, defaults={"mark": "1.00000001.1", "beat_at": datetime(2026, 11, 20, 9, 50, tzinfo=UTC)})


@pytest.fixture(autouse=True)
def at_home(db: None) -> None:
    Station.objects.all().delete()
    station.beat()


def test_the_mark_names_server_history_and_database(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select events_mark(), (select oid from pg_database where datname = current_database())")
        mark, oid = cursor.fetchone()
    system, timeline, database = mark.split(".")
    assert system.isdigit() and len(timeline) == 8 and database == str(oid)


def test_a_database_at_home_sends() -> None:
    assert station.current_hold() is None


def test_a_database_elsewhere_holds_by_itself_and_says_from_when_on_it_knows_nothing() -> None:
    moved()
    held = station.current_hold()
    assert held is not None
    assert (held.why, held.since) == ("restored", datetime(2026, 11, 20, 9, 48, tzinfo=UTC))
    assert database_now() - held.held_at < timedelta(minutes=1)
    assert station.current_hold() == held


def test_a_relay_that_wakes_up_elsewhere_does_not_wipe_out_how_old_the_copy_is() -> None:
    moved()
    station.beat()
    held = station.current_hold()
    assert held is not None and held.since == datetime(2026, 11, 20, 9, 48, tzinfo=UTC)
    assert station.silent_seconds() == 0


def test_a_copy_of_a_database_in_which_nothing_ever_ran_is_at_home_wherever_it_is() -> None:
    moved()
    Station.objects.update(beat_at=None)
    assert station.current_hold() is None
    station.beat()
    assert station.current_hold() is None
    assert Station.objects.get().mark != "1.00000001.1"


def test_a_sweep_without_a_relay_is_life_too() -> None:
    Station.objects.update(beat_at=None)
    sweep()
    first = Station.objects.get().beat_at
    assert first is not None
    sweep()
    assert Station.objects.get().beat_at == first


def test_letting_go_makes_the_new_place_home() -> None:
    moved()
    station.current_hold()
    station.let_go()
    assert station.current_hold() is None


def test_holding_twice_keeps_the_beginning_and_goes_further_back() -> None:
    station.hold(since=datetime(2026, 11, 20, 9, tzinfo=UTC))
    first = station.current_hold()
    station.hold(since=datetime(2026, 11, 20, 8, tzinfo=UTC))
    second = station.current_hold()
    assert first is not None and second is not None
    assert (second.held_at, second.since, second.why) == (first.held_at, datetime(2026, 11, 20, 8, tzinfo=UTC), "by_hand")
    told = [(row.deed, row.changes) for row in PlatformEntry.objects.order_by("position")]
    assert told == [("sending.held", {"why": "by_hand", "since": f"2026-11-20T{hour}:00:00Z"}) for hour in ("09", "08")]


def test_a_server_that_tells_nothing_of_itself_is_never_taken_for_a_copy() -> None:
    Station.objects.update(mark="")
    assert station.current_hold() is None
    station.beat()
    Station.objects.update(beat_at=None)
    station.beat()
    assert Station.objects.get().mark != ""


def test_the_switch_in_the_environment_holds_whatever_the_row_says(settings: Any) -> None:
    settings.RECONCILE_ONLY = True
    held = station.current_hold()
    assert held is not None and held.why == "by_setting"
    assert Station.objects.get().held_at is None


def test_the_relay_is_awake_by_its_beat() -> None:
    assert station.silent_seconds() == 0
    Station.objects.update(beat_at=database_now() - timedelta(seconds=90))
    assert station.silent_seconds() in (90, 91)
    Station.objects.update(beat_at=None)
    assert station.silent_seconds() is None
    Station.objects.all().delete()
    assert station.silent_seconds() is None


def test_a_beat_writes_every_five_seconds_only() -> None:
    before = Station.objects.get().beat_at
    station.beat()
    assert Station.objects.get().beat_at == before


class Once:
    """A stop that lets one round pass."""

    def __init__(self) -> None:
        self.rounds = 0

    def is_set(self) -> bool:
        self.rounds += 1
        return self.rounds > 1

    def set(self) -> None:
        pass

    def wait(self, seconds: float) -> bool:
        return True


def test_reconcile_only_holds_before_the_first_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Event", Once)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(relay, "run_until_quiet", lambda *_, **__: 0)
    call_command("relay", "--reconcile-only", "--since", "2026-11-20T09:50Z", stdout=StringIO())
    held = station.current_hold()
    assert held is not None and (held.why, held.since) == ("by_hand", datetime(2026, 11, 20, 9, 50, tzinfo=UTC))


@pytest.mark.parametrize("since", ["yesterday", "2026-11-20T09:50", "2026-13-20T09:50Z"])
def test_a_moment_without_a_zone_is_refused_and_nothing_is_held(since: str) -> None:
    with pytest.raises(CommandError):
        call_command("relay", "--reconcile-only", "--since", since)
    assert station.current_hold() is None
