"""Events that shoppers are told about, and the messages as a queue."""

from collections.abc import Sequence

from events.registry import register_on_hold, register_queue, subscribe_many
from events.types import Occurrence
from notifications import services
from notifications.registry import CATALOGUE


@subscribe_many(*{event for entry in CATALOGUE for event in entry.events})
def tell_shopper(events: Sequence[Occurrence]) -> None:
    services.plan_many(events=events)


register_queue("messages", services.drain_messages, *services.MESSAGES_DUE)
register_queue("checks", services.drain_checks, services.CHECKS_DUE)
register_on_hold(services.wake_put_off)
