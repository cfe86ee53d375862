"""Writes of this room: connect a shop, take its webhooks in, work them off."""

from connectors.services.connections import connect, rotate_secret
from connectors.services.inbox import drain_inbox, purge_inbox, release_for_parcels, release_waiting, rerun_item
from connectors.services.polling import drain_polls
from connectors.services.receive import Answer, Verdict, receive
from connectors.services.watch import poll_with, rerun_poll, watch_parcels

__all__ = [
    "Answer",
    "Verdict",
    "connect",
    "drain_inbox",
    "drain_polls",
    "poll_with",
    "purge_inbox",
    "receive",
    "release_for_parcels",
    "release_waiting",
    "rerun_item",
    "rerun_poll",
    "rotate_secret",
    "watch_parcels",
]
