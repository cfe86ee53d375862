"""Requests about a shopper's data in words."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from customers.types import PrivacyKind, PrivacyState
from portal.types import State


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as its shopper reads of it."""

    id: str
    title: str
    state: State
    words: str  # what happens next, or why not
    at: datetime
    due_by: date | None  # until when we have to answer; None once answered
    day: datetime | None = None  # an erasure: the day it is done on
    until: datetime | None = None  # a copy: until when it can be fetched
    may_fetch: bool = False
    may_withdraw: bool = False


def asked_words(kind: str) -> str:
    """What was asked for."""
    return {PrivacyKind.EXPORT: _("A copy of your data"), PrivacyKind.ERASURE: _("Erase your account")}[PrivacyKind(kind)]


def asked_state(kind: str, state: str, *, is_over: bool) -> State:
    """Where it stands; `is_over`: a copy that can no longer be fetched."""
    if state == PrivacyState.DONE and kind == PrivacyKind.EXPORT:
        return State("idle", "hourglass", _("No longer kept")) if is_over else State("good", "done", _("Ready"))
    return {
        PrivacyState.REQUESTED: State("info", "hourglass", _("Asked for")),
        PrivacyState.WORKING: State("info", "hourglass", _("Being done")),
        PrivacyState.DONE: State("good", "done", _("Done")),
        PrivacyState.REFUSED: State("warn", "stop", _("Not possible now")),
        PrivacyState.WITHDRAWN: State("idle", "return", _("Taken back")),
    }[PrivacyState(state)]
