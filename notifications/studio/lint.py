"""All findings about a draft, errors first. Errors stand in the way of publishing; what cannot even be kept is `check`'s."""

from datetime import datetime

from customers.types import Channel
from notifications.studio.check import Inspection, inspect
from notifications.studio.lint_links import about_links
from notifications.studio.lint_looks import about_looks
from notifications.studio.lint_orders import about_orders
from notifications.studio.lint_surveys import about_surveys
from notifications.studio.lint_words import about_words
from notifications.studio.types import Draft, Finding, Severity

ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def lint(draft: Draft, now: datetime) -> list[Finding]:
    """What stands against the draft, whether it could be kept or not: never raises. Tried with the last 200 orders that fit."""
    made = inspect(draft)
    found = _fixed(draft, made)
    if not made.findings:
        found += about_orders(draft, made.built, made.compiled, now)
    return sorted(found, key=lambda one: ORDER[Severity(one.severity)])


def blocking(draft: Draft, now: datetime | None = None) -> list[Finding]:
    """Errors that stand in the way of publishing: all of `lint`'s, or without `now` those that need no orders to be seen."""
    found = lint(draft, now) if now is not None else _fixed(draft, inspect(draft))
    return [one for one in found if one.severity == Severity.ERROR]


def _fixed(draft: Draft, made: Inspection) -> list[Finding]:
    """What can be said without an order."""
    if any(one.code == "target" for one in made.findings):
        return list(made.findings)
    found = [*made.findings, *about_words(draft, made.built)]
    if not made.findings:
        found += about_links(draft, made.built, made.compiled)
        if draft.channel == Channel.EMAIL:
            found += about_looks(made.built, made.compiled) + about_surveys(draft)
    return found
