"""The rule every hostile input is held to: no error of ours, no hanging, nothing half-written, nothing echoed, nobody else touched."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import escape
from types import FrameType
from typing import Any

from django.db import connection, transaction

from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.hostile.corpus import IS_DEEP

PATIENCE = 15  # seconds until what was asked is taken to hang; the slowest answer is printed, so that a slow one is seen long before
REFUSED = range(400, 500)


@contextmanager
def put_back() -> Iterator[None]:
    """Whatever is written inside is taken back. No transaction of the product's: what forbids one may run in it."""
    with transaction.atomic():
        block: Any = transaction.get_connection().atomic_blocks[-1]
        block._from_testcase = True  # as Django's own test case marks its own
        yield
        transaction.set_rollback(True)


class Hangs(AssertionError):
    """No answer came."""


@contextmanager
def patience(what: str) -> Iterator[None]:
    """Ends (Hangs) what takes longer than anything here ever should. A machine that is merely busy does not come near it."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Hangs(what)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@cache
def tables() -> tuple[str, ...]:
    """Every table there is that we may read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
            " and has_table_privilege(oid, 'select') order by 1"
        )
        return tuple(name for (name,) in cursor.fetchall())


def books(merchant: Merchant) -> dict[str, tuple[int, int]]:
    """For each table the rows a merchant can see: how many, and a sum over where each version of them lies.

    A row that was changed and a row that was changed back lie elsewhere, so equal sums mean that nothing was written.
    """
    one = "select %s, count(*), coalesce(sum(hashtext(ctid::text || xmin::text)), 0) from {}"
    names = tables()
    with merchant_scope(merchant.pk), connection.cursor() as cursor:
        cursor.execute(" union all ".join(one.format(connection.ops.quote_name(name)) for name in names), list(names))
        return {name: (count, total) for name, count, total in cursor.fetchall()}


@cache
def shared() -> frozenset[str]:
    """Tables that belong to no merchant: whoever looks sees the same rows."""
    with connection.cursor() as cursor:
        cursor.execute("select table_name from information_schema.columns where table_schema = 'public' and column_name = 'merchant_id'")
        return frozenset(tables()) - {name for (name,) in cursor.fetchall()}


def written(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]], *, but: frozenset[str] = frozenset()) -> list[str]:
    """Which tables differ."""
    return sorted(name for name in before if before[name] != after[name] and name not in but)


@dataclass
class Counts:
    """What was played in this run: cases and endpoints by class, statuses, the slowest answer."""

    cases: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    endpoints: dict[str, set[str]] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")
    seconds: dict[str, float] = field(default_factory=dict)

    def count(self, kind: str, endpoint: str, status: int, seconds: float, name: str) -> None:
        """One case; `seconds` of it."""
        self.cases[kind] += 1
        self.refused[kind] += status in REFUSED
        self.endpoints.setdefault(kind, set()).add(endpoint)
        self.seconds[kind] = self.seconds.get(kind, 0) + seconds
        self.slowest = max(self.slowest, (seconds, f"{name} at {endpoint}"))


COUNTS = Counts()


@dataclass
class Court:
    """Plays the cases of one class and keeps what broke the rule.

    What is taken is taken back, so that every case meets the same world; what is refused is left as it is, and must have written
    nothing. The books are compared every few cases: a difference names those in between.
    """

    kind: str
    here: Merchant
    there: Merchant
    counted: frozenset[str] = frozenset()  # tables a refusal may write to: tries are counted there
    every: int = 40
    broken: list[str] = field(default_factory=list)
    _taken_count: int = 0
    _since: list[str] = field(default_factory=list)
    _books: list[dict[str, tuple[int, int]]] = field(default_factory=list)

    @contextmanager
    def sitting(self) -> Iterator[None]:
        """Cases before and after which the books are the same. The world is put back at the end."""
        with put_back():
            self._books = self._read()
            yield
            self.settle()

    def _read(self) -> list[dict[str, tuple[int, int]]]:
        return [books(merchant) for merchant in (self.here, self.there)]

    def settle(self) -> None:
        """Compare the books: what was refused since the last time must have written nothing."""
        after = self._read()
        for before, now in zip(self._books, after, strict=True):
            if changed := written(before, now, but=self.counted):
                self.broken.append(f"refused, and yet {changed} changed: one of {', '.join(self._since)}")
        self._since, self._books = [], after

    def play(self, endpoint: str, name: str, call: Callable[[], Any], *, status: frozenset[int] = frozenset(), value: Any = None) -> Any:
        """One case. Gives the answer, None where there was none."""
        where, start = f"{name} at {endpoint}", time.perf_counter()
        try:
            with patience(where), transaction.atomic():
                transaction.get_connection().atomic_blocks[-1]._from_testcase = True  # type: ignore[attr-defined]
                answer = call()
                if answer.status_code not in REFUSED:
                    self._taken_count += 1
                    if IS_DEEP or self._taken_count % 4 == 1:  # what is taken is compared by turns: it costs as much as the case itself
                        self._taken(where)
                    transaction.set_rollback(True)
        except Exception as error:  # the test client raises what a server would answer 500 for
            self.broken.append(f"{where}: {error.__class__.__name__}: {str(error)[:200]}")
            COUNTS.count(self.kind, endpoint, 500, time.perf_counter() - start, name)
            return None
        COUNTS.count(self.kind, endpoint, answer.status_code, time.perf_counter() - start, name)
        self._since.append(where)
        self._judge(where, answer, status, value)
        if len(self._since) >= self.every:
            self.settle()
        return answer

    def _taken(self, where: str) -> None:
        if changed := written(self._books[1], books(self.there), but=self.counted | shared()):
            self.broken.append(f"{where}: another merchant's {changed} changed")

    def _judge(self, where: str, answer: Any, status: frozenset[int], value: Any) -> None:
        if answer.status_code >= 500:
            self.broken.append(f"{where}: {answer.status_code}")
        if status and answer.status_code not in status:
            self.broken.append(f"{where}: {answer.status_code}, not one of {sorted(status)}: {told(answer)}")
        if is_echoed(answer, value):
            self.broken.append(f"{where}: echoed as it came")

    def blame(self, where: str, what: str) -> None:
        """Something a runner saw for itself."""
        self.broken.append(f"{where}: {what}")

    def verdict(self) -> None:
        """Fails with all that broke the rule."""
        assert not self.broken, f"{len(self.broken)} broke the rule:\n" + "\n".join(self.broken[:40])


def told(answer: Any) -> str:
    """The beginning of an answer, for a report."""
    return "" if answer.streaming else answer.content.decode(errors="replace")[:160]


def is_echoed(answer: Any, value: Any) -> bool:
    """Whether a page shows what it was sent as markup."""
    if not isinstance(value, str) or "<" not in value or len(value) > 5000 or not answer.get("Content-Type", "").startswith("text/html"):
        return False
    return not answer.streaming and value in answer.content.decode(errors="replace") and value != escape(value)
