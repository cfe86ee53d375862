"""Reads of this room."""

from returns.selectors.policy import (
    articles_of,
    deadline_of_order,
    decisions_of,
    dossier_of,
    draft,
    place_for,
    places,
    policy,
    reasons,
    rules_of,
    version_on,
    versions,
    ways_of,
)

__all__ = [
    "articles_of",
    "deadline_of_order",
    "decisions_of",
    "dossier_of",
    "draft",
    "place_for",
    "places",
    "policy",
    "reasons",
    "rules_of",
    "version_on",
    "versions",
    "ways_of",
]
