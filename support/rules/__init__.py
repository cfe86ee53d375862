"""Pure decisions of this room."""

from support.rules.bodies import LIMITS, PLACES, BadText, blocks_of, check_text, filled, folded_words, line_of, target_path
from support.rules.words import folded, looked_for, ranked, slug_from, without_contacts

__all__ = [
    "LIMITS",
    "PLACES",
    "BadText",
    "blocks_of",
    "check_text",
    "filled",
    "folded",
    "folded_words",
    "line_of",
    "looked_for",
    "ranked",
    "slug_from",
    "target_path",
    "without_contacts",
]
