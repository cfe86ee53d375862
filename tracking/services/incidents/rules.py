"""A merchant's own setting of a type."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tracking.models import IncidentRule
from tracking.rules.incidents import RULES, check_thresholds, thresholds_of

__all__ = ["save_rule", "start_rule"]


def start_rule(*, type: str, at: datetime) -> IncidentRule:
    """The row of a type, made with the defaults when there is none. Refuses (ValueError) a type nobody knows."""
    if type not in RULES:
        raise ValueError(f"type: there is no {type[:30]!r}")
    row: IncidentRule
    row, _ = IncidentRule.objects.get_or_create(type=type, defaults={"tells_shopper": RULES[type].tells_shopper, "updated_at": at})
    return row


def save_rule(
    *, rule: IncidentRule, is_on: bool, tells_shopper: bool, thresholds: Mapping[str, object], carriers: Sequence[str], at: datetime
) -> IncidentRule:
    """Store switches and thresholds; what equals its default is left to the default. Refuses (BadThreshold, naming it)."""
    given = check_thresholds(rule.type, thresholds)
    defaults = {row.name: row.default for row in thresholds_of(rule.type)}
    rule.thresholds = {name: value for name, value in given.items() if value != defaults[name]}
    rule.is_on, rule.tells_shopper, rule.carriers, rule.updated_at = is_on, tells_shopper, list(carriers), at
    rule.save(update_fields=["is_on", "tells_shopper", "thresholds", "carriers", "updated_at"])
    return rule
