"""Writes of this room: connect a shop, take its webhooks in, work them off."""

from connectors.services.commands import ask_for_exchange, ask_for_label, ask_for_money, ask_for_restock, rerun_command
from connectors.services.connections import connect, keep_key, keep_options, rotate_secret, switch
from connectors.services.doing import COMMANDS_DUE, drain_commands
from connectors.services.inbox import INBOX_DUE, drain_inbox, purge_inbox, release_for_parcels, release_waiting, rerun_item
from connectors.services.polling import POLLS_DUE, drain_polls
from connectors.services.receive import Answer, Verdict, receive
from connectors.services.watch import poll_with, rerun_poll, watch_parcels

__all__ = [
    "COMMANDS_DUE",
    "INBOX_DUE",
    "POLLS_DUE",
    "Answer",
    "Verdict",
    "ask_for_exchange",
    "ask_for_label",
    "ask_for_money",
    "ask_for_restock",
    "connect",
    "drain_commands",
    "drain_inbox",
    "drain_polls",
    "keep_key",
    "keep_options",
    "poll_with",
    "purge_inbox",
    "receive",
    "release_for_parcels",
    "release_waiting",
    "rerun_command",
    "rerun_item",
    "rerun_poll",
    "rotate_secret",
    "switch",
    "watch_parcels",
]
