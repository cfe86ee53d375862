"""Messages, wording, switches and provider accounts."""

from notifications.admin import accounts, automations, messages, templates

__all__ = ["accounts", "automations", "messages", "templates"]
