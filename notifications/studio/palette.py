"""The palette: every variable of a kind, what it holds, and what it is for one order."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifications.shipped import style_of
from notifications.studio.about import about
from notifications.studio.lint_words import CONSENT_NEEDED
from notifications.studio.samples import PreviewNeeds, context_of, order_for, value_of
from notifications.studio.types import Draft, Variable
from notifications.variables import documented

NAMES = {"items[]": "line", "parcels[]": "parcel", "similar[]": "item", "rest[]": "line", "methods[]": "method", "address[]": "row",
         "paragraphs[]": "line", "surveys[]": "survey", "scales[]": "scale", "steps[]": "step"}  # fmt: skip
MAX_SAMPLE = 80
LAST = ("branding", "colors")  # looks, after everything one writes about


def palette(
    *, kind: str, order_id: int | None, now: datetime, language: str = "en", channel: str = "email", style: str = ""
) -> list[Variable]:
    """Sorted by group. Samples are empty where the order lacks what the message is about.

    Raises OrderNotFound for anybody else's order.
    """
    draft = Draft(kind, channel, language, style_of(kind, style))
    try:
        facts: Mapping[str, Any] = context_of(draft, order_for(kind, order_id), now)
    except PreviewNeeds:
        facts = {}
    found = [_variable(path, facts) for path in documented(kind)]
    return sorted(found, key=lambda one: (one.group in LAST, one.group, one.path.count("[]"), one.path))


def _variable(path: str, facts: Mapping[str, Any]) -> Variable:
    group = path.partition(".")[0].removesuffix("[]")
    sample = _sample(value_of(facts, path))
    return Variable(path, about(path), sample, group, "[]" in path, insert_of(path), group in CONSENT_NEEDED)


def _sample(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= MAX_SAMPLE else f"{text[: MAX_SAMPLE - 1]}…"


def insert_of(path: str) -> str:
    """The Liquid that writes it out: in a loop round it, for one of a list."""
    if "[]" not in path:
        return f"{{{{ {path} }}}}"
    whole, _, rest = path.partition("[]")
    name = NAMES.get(f"{whole.rpartition('.')[2]}[]", "one")
    inner = insert_of(f"{name}{rest}") if "[]" in rest else f"{{{{ {name}{rest} }}}}"
    return f"{{% for {name} in {whole} %}}{inner} {{% endfor %}}"
