"""Pure decisions of the message road: send or not and when, still send or not, and which states may follow which."""

from notifications.rules.automation import FACTS, FactSpec, Situation, holds
from notifications.rules.caps import Recent, recent
from notifications.rules.decision import Facts, Way, asked_again, closed, conditions, decide, newer_news, reasons_as_json, recheck
from notifications.rules.headers import MAX_NAME, display_name, is_clean_header
from notifications.rules.keys import dedupe_key, fact_key, not_after, told_day, told_part
from notifications.rules.place import Home, Place, place_of
from notifications.rules.states import (
    BETWEEN_LOOKUPS,
    FINAL,
    FOLLOWS,
    GRACE,
    LEASE_ENDED,
    MAX_LOOKUPS,
    OTHER_ACCOUNT,
    RETRY_AFTER_MAX,
    RETRY_AFTER_MIN,
    STOPPED,
    Step,
    after,
    clamp,
    composing_failed,
    may_follow,
    settle,
)
from notifications.rules.style import choose, lacking

__all__ = [
    "BETWEEN_LOOKUPS",
    "FACTS",
    "FINAL",
    "FOLLOWS",
    "GRACE",
    "LEASE_ENDED",
    "MAX_LOOKUPS",
    "MAX_NAME",
    "OTHER_ACCOUNT",
    "RETRY_AFTER_MAX",
    "RETRY_AFTER_MIN",
    "STOPPED",
    "FactSpec",
    "Facts",
    "Home",
    "Place",
    "Recent",
    "Situation",
    "Step",
    "Way",
    "after",
    "asked_again",
    "choose",
    "clamp",
    "closed",
    "composing_failed",
    "conditions",
    "decide",
    "dedupe_key",
    "display_name",
    "fact_key",
    "holds",
    "is_clean_header",
    "lacking",
    "may_follow",
    "newer_news",
    "not_after",
    "place_of",
    "reasons_as_json",
    "recent",
    "recheck",
    "settle",
    "told_day",
    "told_part",
]
