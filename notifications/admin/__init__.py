"""Messages, wording, switches and provider accounts."""

from notifications.admin import accounts, automations, inbound, messages, templates

__all__ = ["accounts", "automations", "inbound", "messages", "templates"]
