"""Who listens to which event, and which tables are queues. Filled when `handlers.py` modules are imported."""

from collections.abc import Callable

from events.types import BatchHandler, Drain, Handler, Occurrence

_handlers: dict[str, dict[str, Handler]] = {}
_batches: dict[str, BatchHandler] = {}
_queues: dict[str, Drain] = {}
_on_hold: list[Callable[[], int]] = []
_due: dict[str, tuple[str, ...]] = {}


class UnknownHandler(LookupError):
    """A stored delivery names a handler that no room offers any more."""


def subscribe(*types: str) -> Callable[[Handler], Handler]:
    """Run the function once for each event of these types. Its dotted name is stored: rename it only with a migration."""

    def register(handler: Handler) -> Handler:
        for type in types:
            _handlers.setdefault(type, {})[f"{handler.__module__}.{handler.__name__}"] = handler
        return handler

    return register


def subscribe_many(*types: str) -> Callable[[BatchHandler], BatchHandler]:
    """Run the function with several events of one type and merchant at once; when it raises, again with each of them alone."""

    def register(handler: BatchHandler) -> BatchHandler:
        def one(event: Occurrence) -> None:
            handler([event])

        name = f"{handler.__module__}.{handler.__name__}"
        _batches[name] = handler
        for type in types:
            _handlers.setdefault(type, {})[name] = one
        return handler

    return register


def batch_handler_named(name: str) -> BatchHandler | None:
    """The handler when it takes several events at once."""
    return _batches.get(name)


def handlers_of(type: str) -> list[str]:
    """Names of the handlers subscribed to an event type."""
    return sorted(_handlers.get(type, ()))


def handler_named(type: str, name: str) -> Handler:
    """Raises UnknownHandler."""
    try:
        return _handlers[type][name]
    except KeyError:
        raise UnknownHandler(f"{name} is not subscribed to {type}") from None


def register_queue(name: str, drain: Drain, *due: str) -> None:
    """Make a table's drain known to the relay, the beat sweep and the doorbell. `due`: SQL, one of them true when there is work."""
    _queues[name], _due[name] = drain, due


def register_on_hold(work: Callable[[], int]) -> None:
    """Have something done once when the relay finds that sending is held."""
    _on_hold.append(work)


def on_hold() -> list[Callable[[], int]]:
    """What is to be done when sending is held."""
    return list(_on_hold)


def queues() -> dict[str, Drain]:
    """All drains by name."""
    return dict(_queues)


def due_marks() -> dict[str, tuple[str, ...]]:
    """By queue, what is true when it has work."""
    return dict(_due)
