"""Words of the simulator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any


class NotSimulated(LookupError):
    """There is no such order, or nothing is kept of what happened to it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one message would have said, and what that costs by the account's prices (None: no price is set)."""

    subject: str = ""
    text: str = ""
    html: str = ""
    label: str = ""
    segments: int = 0
    encoding: str = ""
    cost: Decimal | None = None
    currency: str = ""
    trouble: str = ""  # why it could not be composed


@dataclass(frozen=True, slots=True)
class Simulated:
    """One message that would be sent or withheld. `state` is the message's last: sent, suppressed, cancelled or expired."""

    order: str  # its number
    fact: str  # what tells it from other messages: the dedupe key
    kind: str
    channel: str
    event: str
    decided_at: datetime
    send_at: datetime | None
    state: str
    reason: str
    reasons: tuple[Mapping[str, Any], ...]
    zone: str  # the recipient's, in which `send_at` is shown
    language: str = ""
    style: str = ""
    automation: int = 0  # number of the version that decided; 0: the default
    letter: Letter = field(default_factory=Letter)

    @property
    def is_sent(self) -> bool:
        return self.state == "sent"


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact told differently by the drafts than by what is in force; `fields` names what differs, empty when one side is missing."""

    live: Simulated | None
    draft: Simulated | None
    fields: tuple[str, ...] = ()
