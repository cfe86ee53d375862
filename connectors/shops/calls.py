"""What calls to shops and label makers share: an answer read, or the reason why there is none to read."""

import re
from typing import Any

from connectors.types import KeyRefused
from core.http import Response, Transient, checked

KEY_STATUSES = frozenset({401, 402, 403})
TAGS = re.compile(r"<[^>]*>")


class CallRefused(Exception):
    """The other side will not do it. The words are its own, for staff."""


def read(answer: Response) -> Any:
    """The JSON of an answer. Raises Transient, KeyRefused for a key that is not accepted, CallRefused with the other side's words."""
    if answer.status in KEY_STATUSES:
        raise KeyRefused(f"{answer.host} answered {answer.status}")
    if answer.status >= 500 or answer.status in (408, 425, 429) or 200 <= answer.status < 300:
        return checked(answer).json()
    raise CallRefused(words_of(answer))


def words_of(answer: Response) -> str:
    """Why not, in the other side's own words where it has some."""
    try:
        body = answer.json()
    except Transient:  # a page instead of JSON says nothing more than its status
        body = {}
    error = body.get("error") if isinstance(body, dict) else None
    told = error.get("message") if isinstance(error, dict) else body.get("message") if isinstance(body, dict) else ""
    return plain(told) or f"{answer.host} answered {answer.status}"


def plain(text: object, limit: int = 200) -> str:
    """One line without markup."""
    return " ".join(TAGS.sub(" ", text).split())[:limit] if isinstance(text, str) else ""


def member(body: Any, *path: str) -> Any:
    """What lies under these names; None where one of them is missing."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def members(body: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of the list under these names."""
    found = member(body, *path) if path else body
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
