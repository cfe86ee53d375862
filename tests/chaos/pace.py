"""The product's own waits, made shorter by one factor, so that a lease ends while somebody is looking.

At pace 1 nothing is changed: leases of sixty seconds, two minutes of grace before a look-up. What is decided, and in which order,
is the same at every pace; only the clock's hands are nearer to each other. Timeouts of calls shrink with the leases that must
outlast them.
"""

import importlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

SHORTEST = 0.5  # seconds
QUEUES = ("events.services", "connectors.services.inbox", "connectors.services.polling", "connectors.services.doing")
# module, name: numbers of seconds, tuples of them, and timedeltas; each where it is read.
WAITS = (
    ("notifications.services.moves", "LEASE"),
    ("notifications.services.deliver", "LEASE"),
    ("notifications.services.deliver", "CALL"),
    ("notifications.services.deliver", "BEGIN"),
    ("events.tasks", "SHIFT"),
    ("notifications.services.prepare", "LEASE"),
    ("notifications.services.routes", "LEASE"),
    ("notifications.services.doubt", "GRACE"),
    ("notifications.services.doubt", "BETWEEN_LOOKUPS"),
    ("notifications.services.doubt", "BUDGET"),
    ("notifications.rules.states", "GRACE"),
    ("notifications.rules.states", "BETWEEN_LOOKUPS"),
    ("notifications.rules.breaker", "FIRST_PAUSE"),
    ("notifications.rules.breaker", "LONGEST_PAUSE"),
    ("notifications.channels.sms_twilio", "TIMEOUT"),
    ("notifications.channels.email", "TIMEOUT"),
    ("events.queue", "BACKOFF_BASE"),
    ("connectors.services.inbox", "LOOK_AGAIN"),
)
MESSAGES = "notifications.services.moves"


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the product waits at a pace, for those who judge it."""

    lease: float
    grace: float
    between: float
    call: float


def lengths(pace: float) -> Lengths:
    """From the product's own figures."""
    return Lengths(60.0 / pace, 120.0 / pace, 60.0 / pace, 10.0 / pace)


def shorten(pace: float) -> None:
    """Divide every wait by `pace`. A name that is not there any more is an error: the list must follow the product."""
    if pace == 1:
        return
    for module, name in WAITS:
        room = importlib.import_module(module)
        setattr(room, name, shorter(getattr(room, name), pace))
    for module in (*QUEUES, MESSAGES):
        queue = importlib.import_module(module).QUEUE
        object.__setattr__(queue, "lease", shorter(queue.lease, pace))  # frozen, and read at each claim


def shorter(value: Any, pace: float) -> Any:
    """The wait, of whatever type, divided; never below half a second."""
    if isinstance(value, tuple):
        return tuple(shorter(part, pace) for part in value)
    if isinstance(value, timedelta):
        return timedelta(seconds=max(SHORTEST, value.total_seconds() / pace))
    return max(SHORTEST, value / pace)
