"""Tables of this room."""

from notifications.models.accounts import DayFigure, ProviderAccount
from notifications.models.messages import (
    Attempt,
    Callback,
    InboundText,
    Message,
    MessageContent,
    Note,
    SandboxDelivery,
    ShortLink,
)
from notifications.models.stock import GAPS, StockTaking
from notifications.models.wording import AutomationVersion, TemplateVersion, TestAddress, VersionState

__all__ = [
    "GAPS",
    "Attempt",
    "AutomationVersion",
    "Callback",
    "DayFigure",
    "InboundText",
    "Message",
    "MessageContent",
    "Note",
    "ProviderAccount",
    "SandboxDelivery",
    "ShortLink",
    "StockTaking",
    "TemplateVersion",
    "TestAddress",
    "VersionState",
]
