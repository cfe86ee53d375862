"""Events that shoppers are told about, and the messages as a queue."""

from collections.abc import Sequence

from events.registry import register_queue, subscribe_many
from events.types import Occurrence
from notifications import services
from notifications.registry import CATALOGUE


@subscribe_many(*{event for entry in CATALOGUE for event in entry.events})
def tell_shopper(events: Sequence[Occurrence]) -> None:
    services.plan_many(events=events)


register_queue("messages", services.drain_messages)
register_queue("checks", services.drain_checks)
