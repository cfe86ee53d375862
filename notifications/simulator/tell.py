"""A simulated message in plain words and as JSON."""

from typing import Any

from notifications.simulator.types import Simulated


def why(one: Simulated) -> str:
    """The condition that withheld it, with what it found."""
    failed = next((row for row in one.reasons if not row.get("ok", True)), None)
    detail = str(failed.get("detail", "")) if failed is not None and failed.get("condition") == one.reason else ""
    return f"{one.reason} ({detail})" if detail else one.reason


def as_json(one: Simulated) -> dict[str, Any]:
    """Everything about it; moments in UTC, money as text."""
    letter = one.letter
    return {
        "order": one.order,
        "kind": one.kind,
        "channel": one.channel,
        "event": one.event,
        "decided_at": one.decided_at.isoformat(),
        "send_at": one.send_at.isoformat() if one.send_at else None,
        "zone": one.zone,
        "state": one.state,
        "reason": one.reason,
        "reasons": [dict(row) for row in one.reasons],
        "language": one.language,
        "style": one.style,
        "automation": one.automation,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "template": letter.label,
        "segments": letter.segments,
        "encoding": letter.encoding,
        "cost": None if letter.cost is None else f"{letter.cost:f}",
        "currency": letter.currency,
        "trouble": letter.trouble,
    }
