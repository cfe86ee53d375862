"""One street for all cases of a run, put back after each test; and the counts at the end."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from tests.conftest import NOW
from tests.hostile.rule import COUNTS, Court, put_back
from tests.hostile.stage import Street, build_street


@pytest.fixture(scope="package")
def _built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Street]:
    """Built once, inside a transaction that is never committed."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), put_back():
        yield build_street()


@pytest.fixture
def street(_built: Street) -> Iterator[Street]:
    """The street as it was built, on Friday, with no limit reached."""
    cache.clear()
    logging.disable(logging.WARNING)
    with put_back():
        yield _built
    logging.disable(logging.NOTSET)
    cache.clear()


@pytest.fixture
def court(street: Street) -> Callable[..., Court]:
    """A court for one class of input."""

    def make(kind: str, **options: Any) -> Court:
        return Court(kind, street.here.merchant, street.there.merchant, **options)

    return make


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many cases were played, of what, and the slowest answer."""
    if not COUNTS.cases:
        return
    terminalreporter.section("hostile input")
    for kind, cases in sorted(COUNTS.cases.items()):
        told = f"{cases:>6} cases, {COUNTS.refused[kind]:>6} refused, {len(COUNTS.endpoints[kind]):>4} endpoints"
        terminalreporter.write_line(f"{kind:<28}{told}, {COUNTS.seconds[kind]:6.1f} s")
    seconds, where = COUNTS.slowest
    terminalreporter.write_line(f"{'all':<28}{COUNTS.cases.total():>6} cases; the slowest took {seconds:.2f} s: {where}")
