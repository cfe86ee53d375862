import logging
import signal
import threading
from datetime import datetime
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.utils.dateparse import parse_datetime

from core.clock import now
from events.registry import on_hold
from events.services import run_until_quiet
from events.station import beat, current_hold, hold

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Work off every queue, once a second, without Celery or Redis: what makes delivery certain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reconcile-only", action="store_true", help="from now on nobody sends: what is due is only looked up")
        parser.add_argument("--since", help="with --reconcile-only: since when it is not known here what was sent, like 2026-11-20T09:50Z")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reconcile_only"]:
            hold(since=_moment(options["since"]))
        stop = threading.Event()

        def finish(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, finish)
        signal.signal(signal.SIGINT, finish)
        poll(stop)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.tzinfo is None):
        raise CommandError("--since must be a moment with its zone, like 2026-11-20T09:50Z")
    return moment


def poll(stop: threading.Event, interval: float = 1.0) -> None:
    """Sweep until told to stop, which it looks at after each round; a database that is away is waited for."""
    was_held = False
    while not stop.is_set():
        done = 0
        try:
            was_held = _look_round(was_held)
            done = run_until_quiet(now, rounds=1)
        except DatabaseError as error:
            logger.warning("relay waits for the database: %s", error.__class__.__name__)
            close_old_connections()
        if not done:
            stop.wait(interval)


def _look_round(was_held: bool) -> bool:
    """Say that the relay is awake, and once, when nobody may send, why not."""
    beat()
    held = current_hold()
    if held is not None and not was_held:
        logger.warning("sending is held (%s): what is due is only looked up; see `manage.py held`", held.why)
        for work in on_hold():
            work()
    return held is not None
