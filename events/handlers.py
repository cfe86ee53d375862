"""The deliveries themselves are a queue."""

from events.registry import register_queue
from events.services import QUEUE, drain

register_queue("events", drain, QUEUE.due)
