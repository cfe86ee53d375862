"""Places at which a process of the stack can be made to die, stop or fail, exactly once: every step of both roads.

The product has no branch for this. When a process of the stack starts, the functions at the boundaries are wrapped from outside; each
looks for a file of its own name in the stack's signal folder. Whoever renames it first acts on what it says: `kill` itself, `stop`
itself (to be continued from outside), or `raise`. So a point is hit once, by one process, however many pass.
"""

import functools
import importlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACTS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
EVENTS, INBOX, MESSAGES = "events_delivery", "connectors_inboxitem", "notifications_message"


class Broken(RuntimeError):
    """What `raise` raises."""


@dataclass(frozen=True, slots=True)
class Point:
    """Before or after one call of `where` (module:name or module:Class.name); `table`: only with this queue as first argument."""

    name: str
    where: str
    is_after: bool = True
    table: str = ""
    road: str = "event"
    runs_in: str = "worker"


POINTS = (
    # The API: effect and stored answer are one transaction.
    Point("api.before_effect", "merchants.api:answer_once", is_after=False, runs_in="web"),
    Point("api.before_commit", "merchants.api:answer_once", runs_in="web"),
    Point("api.after_commit_before_wakeup", "events.doorbell:ring", is_after=False, runs_in="web"),
    Point("api.after_wakeup", "events.doorbell:ring", runs_in="web"),
    Point("api.after_commit", "merchants.api:MerchantAPIView._in_scope", runs_in="web"),
    # Events to message rows.
    Point("events.before_claim", "events.queue:claim", is_after=False, table=EVENTS),
    Point("events.after_claim", "events.queue:claim", table=EVENTS),
    Point("events.after_take", "events.queue:take", table=EVENTS),
    Point("events.before_done", "events.queue:finish", is_after=False, table=EVENTS),
    Point("events.before_commit", "events.queue:finish", table=EVENTS),
    Point("events.after_commit", "events.services:_run"),
    # Messages to the provider and back.
    Point("messages.after_claim", "events.queue:claim", table=MESSAGES, road="message"),
    Point("messages.after_hold", "events.queue:hold", table=MESSAGES, road="message"),
    Point("messages.before_intent_commit", "notifications.services.prepare:_store", road="message"),
    Point("messages.after_intent", "notifications.services.deliver:prepare", road="message"),
    Point("messages.before_call", "notifications.services.deliver:_ask", is_after=False, road="message"),
    Point("messages.at_call", "notifications.channels.sms_twilio:Twilio.send", is_after=False, road="call"),
    Point("messages.after_provider_accept", "notifications.services.deliver:_ask", road="message"),
    Point("messages.before_record", "notifications.services.deliver:record", is_after=False, road="message"),
    Point("messages.before_record_commit", "notifications.services.deliver:finish_attempts", road="message"),
    Point("messages.after_record", "notifications.services.deliver:record", road="message"),
    # Doubts: what a dead worker or a lost answer left.
    Point("doubts.after_sweep", "notifications.services.doubt:_settle", is_after=False, road="doubt"),
    Point("doubts.before_look_up", "notifications.services.doubt:_look_up", is_after=False, road="doubt"),
    Point("doubts.after_look_up", "notifications.services.doubt:_look_up", road="doubt"),
    Point("doubts.after_settle", "notifications.services.doubt:_settle", road="doubt"),
    # Callbacks.
    Point("callbacks.before_effect", "notifications.views:observe", is_after=False, road="callback", runs_in="web"),
    Point("callbacks.before_commit", "notifications.views:observe", road="callback", runs_in="web"),
    Point("callbacks.after_commit", "notifications.views:_take", road="callback", runs_in="web"),
    # Webhooks in.
    Point("hooks.before_store", "connectors.services.receive:_store", is_after=False, road="inbox", runs_in="web"),
    Point("hooks.after_store", "connectors.services.receive:_store", road="inbox", runs_in="web"),
    Point("hooks.after_commit", "connectors.views:receive", road="inbox", runs_in="web"),
    Point("inbox.after_claim", "events.queue:claim", table=INBOX, road="inbox"),
    Point("inbox.before_apply", "connectors.services.inbox:_process", is_after=False, road="inbox"),
    Point("inbox.before_commit", "connectors.services.inbox:_process", road="inbox"),
    Point("inbox.after_commit", "connectors.services.inbox:_run", road="inbox"),
    # Not a place to die at, but to fail at: the handler's change is made, the transaction is not over (F32).
    Point("rollback.after_intent", "notifications.services:plan_many", road="rollback"),
)
BY_NAME = {point.name: point for point in POINTS}


def of_road(*roads: str) -> list[Point]:
    """The points of these roads, in the order in which work passes them."""
    return [point for point in POINTS if point.road in roads]


# -- in the processes of the stack


def wrap(folder: Path) -> None:
    """Put every point in its place. A function that is not there any more is an error: the list must follow the product."""
    for point in POINTS:
        owner, name = _find(point.where)
        setattr(owner, name, _wrapped(getattr(owner, name), point, folder))


def _find(where: str) -> tuple[Any, str]:
    module, _, path = where.partition(":")
    *classes, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in classes:
        owner = getattr(owner, part)
    if not callable(getattr(owner, name, None)):
        raise LookupError(f"there is no function {where} to put a failpoint at")
    return owner, name


def _wrapped(function: Callable[..., Any], point: Point, folder: Path) -> Callable[..., Any]:
    signal_file = str(folder / point.name)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        concerns = not point.table or args[0].table == point.table
        if concerns and not point.is_after:
            _pass(signal_file)
        result = function(*args, **kwargs)
        # A claim that found nothing is not the step that is meant.
        if concerns and point.is_after and not (point.table and result in ([], set())):
            _pass(signal_file)
        return result

    return wrapper


def _pass(signal_file: str) -> None:
    if not os.path.exists(signal_file):  # noqa: PTH110  on every call of the road; a Path would cost five times as much
        return
    mine = f"{signal_file}.hit-{os.getpid()}"
    try:
        os.rename(signal_file, mine)  # noqa: PTH104
    except OSError:
        return
    act = Path(mine).read_text().strip()
    if act == "raise":
        raise Broken(Path(signal_file).name)
    os.kill(os.getpid(), ACTS[act])


# -- in the harness


def arm(folder: Path, name: str, act: str = "kill") -> None:
    """The next process that passes the point acts."""
    if name not in BY_NAME:
        raise LookupError(f"there is no failpoint {name}")
    waiting = folder / f".{name}"
    waiting.write_text(act)
    waiting.rename(folder / name)


def disarm(folder: Path, name: str) -> None:
    """Nobody acts any more."""
    with suppress(FileNotFoundError):
        (folder / name).unlink()


def hits(folder: Path, name: str) -> list[int]:
    """The processes that acted."""
    return sorted(int(file.name.rpartition("-")[2]) for file in _hit_files(folder, name))


def forget(folder: Path, name: str) -> None:
    """As if it had never been armed."""
    disarm(folder, name)
    for file in _hit_files(folder, name):
        file.unlink()


def send_to(pid: int, number: int) -> None:
    """Signal a process that acted at a point; it may be gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _hit_files(folder: Path, name: str) -> Iterator[Path]:
    return iter(list(folder.glob(f"{name}.hit-*")))
