"""Words of the returns desk: what a state looks like, when something is due, and the next step of ours."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from core.money import format_money
from returns.types import ClaimState, MoneyState, ReturnState, WithdrawalState

R, C, M, W = ReturnState, ClaimState, MoneyState, WithdrawalState
TABS = (
    ("decide", _lazy("To decide")),
    ("questions", _lazy("Questions")),
    ("expected", _lazy("Expected")),
    ("unpack", _lazy("To unpack")),
    ("check", _lazy("To check")),
    ("money", _lazy("Money due")),
    ("overdue", _lazy("Overdue")),
    ("claims", _lazy("Claims")),
    ("withdrawals", _lazy("Withdrawals")),
    ("all", _lazy("All returns")),
)
EMPTY = {
    "decide": _lazy("No return waits for a decision."),
    "questions": _lazy("No question is open with a shopper."),
    "expected": _lazy("No parcel is expected back."),
    "unpack": _lazy("Nothing has arrived that is still packed."),
    "check": _lazy("Everything that was unpacked has been checked."),
    "money": _lazy("No money is due to anybody."),
    "overdue": _lazy("All is well: every promised day holds so far."),
    "claims": _lazy("No claim is open."),
    "withdrawals": _lazy("No withdrawal is open."),
    "all": _lazy("Nothing has been sent back yet."),
}
RETURN_LOOKS: dict[str, tuple[str, str]] = {  # tone, icon
    R.REQUESTED: ("warn", "hand"),
    R.INFO_NEEDED: ("idle", "help"),
    R.APPROVED: ("info", "check"),
    R.LABELLED: ("info", "check"),
    R.IN_TRANSIT: ("info", "return"),
    R.ARRIVED: ("warn", "box"),
    R.RECEIVED: ("warn", "search"),
    R.INSPECTED: ("info", "clock"),
    R.RESOLVED: ("good", "done"),
    R.CLOSED: ("good", "done"),
    R.DECLINED: ("idle", "x"),
    R.CANCELLED: ("idle", "x"),
    R.EXPIRED: ("idle", "x"),
}
CLAIM_LOOKS: dict[str, tuple[str, str]] = {
    C.OPEN: ("bad", "alert"),
    C.INFO_NEEDED: ("idle", "help"),
    C.APPROVED: ("info", "check"),
    C.REPAIRING: ("info", "clock"),
    C.RESOLVED: ("good", "done"),
    C.DECLINED: ("idle", "x"),
    C.WITHDRAWN: ("idle", "x"),
}
MONEY_LOOKS: dict[str, tuple[str, str]] = {
    M.DUE: ("warn", "clock"),
    M.ASKED: ("info", "clock"),
    M.SENT: ("good", "done"),
    M.FAILED: ("bad", "alert"),
    M.CANCELLED: ("idle", "x"),
}
WITHDRAWAL_LOOKS: dict[str, tuple[str, str]] = {
    W.DECLARED: ("warn", "search"),
    W.MATCHED: ("info", "check"),
    W.SETTLED: ("good", "done"),
    W.UNFOUNDED: ("idle", "x"),
}
NEXT: dict[str, Any] = {
    R.REQUESTED: _lazy("Decide"),
    R.INFO_NEEDED: _lazy("Wait for the answer"),
    R.APPROVED: _lazy("Wait for the parcel"),
    R.LABELLED: _lazy("Wait for the parcel"),
    R.IN_TRANSIT: _lazy("Wait for the parcel"),
    R.ARRIVED: _lazy("Unpack"),
    R.RECEIVED: _lazy("Check"),
    R.INSPECTED: _lazy("Send the money"),
    R.RESOLVED: _lazy("Close"),
}
CLAIM_NEXT: dict[str, Any] = {
    C.OPEN: _lazy("Decide"),
    C.INFO_NEEDED: _lazy("Wait for the answer"),
    C.APPROVED: _lazy("Settle it"),
    C.REPAIRING: _lazy("Repair it"),
}
MONEY_NEXT: dict[str, Any] = {M.DUE: _lazy("Pay"), M.ASKED: _lazy("Wait for the shop"), M.FAILED: _lazy("Pay or try again")}
WITHDRAWAL_NEXT: dict[str, Any] = {W.DECLARED: _lazy("Find its order"), W.MATCHED: _lazy("See its return")}
NEXT_BEST: dict[str, Any] = {
    "": _lazy("nothing"),
    "warranty": _lazy("the warranty"),
    "sell_on": _lazy("selling it on"),
    "donate": _lazy("giving it away"),
    "ask": _lazy("asking us"),
}


def due_words(due: date | None, today: date) -> tuple[str, str]:
    """When something is due, in words, and its tone."""
    if due is None:
        return "", ""
    days = (due - today).days
    if days < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}, "bad"
    if days == 0:
        return _("today"), "warn"
    return (_("tomorrow"), "warn") if days == 1 else (day_text(due), "")


def day_text(day: date | None) -> str:
    """Fri 20 Nov."""
    return date_format(day, "D j M") if day else ""


def money_text(amount: Decimal, currency: str) -> str:
    """As staff read it, whatever they speak."""
    return format_money(amount, currency, "en")


def decided_words(decided: Mapping[str, Any]) -> list[str]:
    """What the policy said of a line on the day it was asked: version, last day, rules."""
    said = []
    if version := decided.get("version"):
        said.append(_("Policy %(n)s") % {"n": version})
    try:
        said.append(_("possible until %(day)s") % {"day": day_text(date.fromisoformat(str(decided.get("until"))))})
    except ValueError:
        said.append(_("no last day"))
    rules = decided.get("rules")
    if isinstance(rules, list) and rules:
        said.append(_("rules: %(names)s") % {"names": ", ".join(str(name) for name in rules)})
    return said
