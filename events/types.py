"""Words of the event road."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.clock import Clock


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What a handler gets: the event's facts, when they happened, and the time it is handled."""

    id: int
    type: str
    payload: dict[str, Any]
    at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """One claimed queue row. Work is recorded only while the row's fence is still this one."""

    id: int
    merchant_id: int
    fence: int
    attempts: int
    crashes: int


Handler = Callable[[Occurrence], None]
BatchHandler = Callable[[Sequence[Occurrence]], None]
Drain = Callable[[Clock, int], int]
