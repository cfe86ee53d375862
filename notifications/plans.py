"""Automations as values: the catalogue's defaults, and the merchant's own as they are kept."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from notifications.registry import Entry
from notifications.types import Check, Ladder, Plan, StyleRule

DAYTIME = (time(7), time(22))


def default_plan(entry: Entry) -> Plan:
    """What is done for a kind nobody has set anything for: at once, on the channels that are not off by default.

    What advertises goes by one channel only, the first that reaches the shopper, and not at night; what asks, between nine and nine.
    """
    channels = tuple(channel.value for channel in entry.channels if channel not in entry.off)
    return Plan(channels, Ladder.FIRST, window=entry.window or DAYTIME) if entry.is_marketing else Plan(channels)


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """The form in which a plan is kept; `plan_from_json` reads it back."""
    return {
        "channels": list(plan.channels),
        "ladder": str(plan.ladder),
        "checks": [_check_as_json(check) for check in plan.checks],
        "delay_minutes": int(plan.delay.total_seconds() // 60),
        "window": [f"{hour:%H:%M}" for hour in plan.window] if plan.window else None,
        "styles": [{"style": rule.style, "checks": [_check_as_json(check) for check in rule.checks]} for rule in plan.styles],
    }


def plan_from_json(kept: Mapping[str, Any]) -> Plan:
    """A plan as it was kept, and so was checked before."""
    window = kept.get("window")
    return Plan(
        channels=tuple(kept["channels"]),
        ladder=kept.get("ladder", "all"),
        checks=tuple(_check(check) for check in kept.get("checks", ())),
        delay=timedelta(minutes=kept.get("delay_minutes", 0)),
        window=(time.fromisoformat(window[0]), time.fromisoformat(window[1])) if window else None,
        styles=tuple(StyleRule(rule["style"], tuple(_check(check) for check in rule["checks"])) for rule in kept.get("styles", ())),
    )


def _check_as_json(check: Check) -> dict[str, Any]:
    return {"fact": check.fact, "op": check.op, "value": list(check.value) if isinstance(check.value, tuple) else check.value}


def _check(kept: Mapping[str, Any]) -> Check:
    value = kept["value"]
    return Check(kept["fact"], kept["op"], tuple(value) if isinstance(value, list) else value)
