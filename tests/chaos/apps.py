"""Loaded by every process of the stack after all rooms: shorter waits, and the failpoints. The product knows of neither."""

import os
from pathlib import Path

from django.apps import AppConfig

from tests.chaos import clock, failpoints, pace, poison


class Chaos(AppConfig):
    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        """Nothing happens in a process that was not started by the stack."""
        if factor := float(os.environ.get("CHAOS_PACE", "0")):
            pace.shorten(factor)
        if folder := os.environ.get("CHAOS_SIGNALS"):
            failpoints.wrap(Path(folder))
            poison.wrap(Path(folder))
            clock.wrap(Path(folder), os.environ.get("CHAOS_CLOCK", ""))
