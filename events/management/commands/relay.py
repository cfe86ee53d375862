import logging
import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import close_old_connections

from core.clock import now
from events.services import run_until_quiet

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Work off every queue, once a second, without Celery or Redis: what makes delivery certain."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()

        def finish(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, finish)
        signal.signal(signal.SIGINT, finish)
        poll(stop)


def poll(stop: threading.Event, interval: float = 1.0) -> None:
    """Sweep until told to stop; a database that is away is waited for."""
    while not stop.is_set():
        try:
            run_until_quiet(now, rounds=50)
        except DatabaseError as error:
            logger.warning("relay waits for the database: %s", error.__class__.__name__)
            close_old_connections()
        stop.wait(interval)
