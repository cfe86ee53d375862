"""Returns, claims, their money, replacements and withdrawals of simulated orders, questions and reviews, as they stood at any moment:
by their own events.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from events.models import Event
from notifications import feedback
from notifications.background import rows_of
from notifications.cases import ROWS
from returns.models import Return
from returns.types import ClaimState, ExchangeState, MoneyState, ReturnState, WithdrawalState
from reviews.models import Review
from reviews.types import RequestState, ReviewState

Q, V = RequestState, ReviewState
R, C, E, M, W = ReturnState, ClaimState, ExchangeState, MoneyState, WithdrawalState
# What each event says of the state of its row.
SAYS: Mapping[str, str] = {
    "returns.return.requested": R.REQUESTED, "returns.return.info_needed": R.INFO_NEEDED, "returns.return.answered": R.REQUESTED,
    "returns.return.approved": R.APPROVED, "returns.return.labelled": R.LABELLED, "returns.return.declined": R.DECLINED,
    "returns.return.handed_over": R.IN_TRANSIT, "returns.return.arrived": R.ARRIVED, "returns.return.received": R.RECEIVED,
    "returns.return.inspected": R.INSPECTED, "returns.return.resolved": R.RESOLVED, "returns.return.cancelled": R.CANCELLED,
    "returns.return.expired": R.EXPIRED,
    "returns.claim.opened": C.OPEN, "returns.claim.info_needed": C.INFO_NEEDED, "returns.claim.answered": C.OPEN,
    "returns.claim.approved": C.APPROVED, "returns.claim.declined": C.DECLINED, "returns.claim.resolved": C.RESOLVED,
    "returns.claim.withdrawn": C.WITHDRAWN,
    "returns.money.asked": M.ASKED, "returns.money.sent": M.SENT, "returns.money.failed": M.FAILED,
    "returns.exchange.reserved": E.RESERVED, "returns.exchange.asked": E.ASKED, "returns.exchange.ordered": E.ORDERED,
    "returns.exchange.shipped": E.SHIPPED, "returns.exchange.delivered": E.DELIVERED, "returns.exchange.released": E.RELEASED,
    "reviews.request.due": Q.ASKED, "reviews.request.reminder_due": Q.ASKED, "reviews.request.deferred": Q.DEFERRED,
    "reviews.survey.due": Q.ASKED,
    "reviews.review.written": V.PENDING, "reviews.review.published": V.PUBLISHED, "reviews.review.rejected": V.REJECTED,
    "reviews.review.restored": V.PENDING, "reviews.review.withdrawn": V.WITHDRAWN,
    "returns.withdrawal.declared": W.DECLARED, "returns.withdrawal.matched": W.MATCHED, "returns.withdrawal.unfounded": W.UNFOUNDED,
}  # fmt: skip
# How a row's id is called in payloads, which events are its own, and where its order is, where these are not as they are for returns.
NAMED = {"review_request": "request", "survey_invite": "invite", "theme_mark": "mark"}
OWN = {
    "review_request": ("reviews.request.",),
    "survey_invite": ("reviews.survey.due",),
    "review": ("reviews.review.",),
    "theme_mark": (),
}
ORDERS = {"theme_mark": "voice__order__in"}
LABEL_ASKED, LABELLED = "returns.label.asked", "returns.return.labelled"


@dataclass(slots=True)
class Matter:
    """One row, its states by the time they came about, and how it stands now."""

    row: Any
    said: list[tuple[datetime, str, str]] = field(default_factory=list)  # when, the event, the state it led to
    now: str = ""
    label: str = ""
    over: datetime | None = None  # since when a question has been answered or ended
    written: list[Review] = field(default_factory=list)  # of the row's order

    def wind(self, at: datetime) -> None:
        """Bring the row to where it stood. What has no history is told as it is now."""
        before = [one for one in self.said if one[0] <= at]
        states = [state for _, _, state in before if state]
        is_now = len(before) == len(self.said) and (self.over is None or at >= self.over)
        self.row.state = self.now if is_now else states[-1] if states else self.now
        if self.written:
            self.row.order.reviews.all()._result_cache = [review for review in self.written if review.written_at <= at]
        if isinstance(self.row, Return):
            self.row.label_state = self._label({type for _, type, _ in before})

    def _label(self, told: set[str]) -> str:
        return "asked" if LABEL_ASKED in told and LABELLED not in told else self.label


@dataclass(slots=True)
class Matters:
    """All of one order."""

    known: dict[str, dict[int, Matter]] = field(default_factory=dict)  # by subject and row

    def wind(self, at: datetime) -> None:
        for rows in self.known.values():
            for matter in rows.values():
                matter.wind(at)

    def row(self, subject: str, id: int | None) -> Any:
        """The row of an event; None when it is gone."""
        found = self.known.get(subject, {}).get(id or 0)
        return found.row if found is not None else None

    @property
    def rows(self) -> dict[str, dict[int, Any]]:
        return {subject: {id: matter.row for id, matter in rows.items()} for subject, rows in self.known.items()}


def matters_of(order_ids: Sequence[int], events: Mapping[int, Sequence[Event]]) -> dict[int, Matters]:
    """By order, in a constant number of queries; none for orders nothing ever came back of."""
    found: dict[int, Matters] = {id: Matters() for id in order_ids}
    for room, tables in (("returns.", ROWS), ("reviews.", feedback.ROWS)):
        concerned = [id for id in order_ids if any(event.type.startswith(room) for event in events.get(id, ()))]
        for subject, model in tables.items() if concerned else ():
            known: Any = rows_of(model)
            for row in known.filter(**{ORDERS.get(subject, "order__in"): concerned}):
                order_id = row.voice.order_id if subject == "theme_mark" else row.order_id
                found[order_id].known.setdefault(subject, {})[row.pk] = _matter(row, subject, events[order_id])
    for matters in found.values():
        _share_money(matters)
    return found


def _matter(row: Any, subject: str, events: Iterable[Event]) -> Matter:
    said = list(_said(row.pk, subject, events))
    written = list(row.order.reviews.all()) if subject in ("review_request", "review") else []
    return Matter(row, said, str(getattr(row, "state", "")), getattr(row, "label_state", ""), getattr(row, "ended_at", None), written)


def _said(id: int, subject: str, events: Iterable[Event]) -> Iterable[tuple[datetime, str, str]]:
    own = OWN.get(subject, ("returns.label.", f"returns.{subject}."))
    for event in events:
        is_mine = event.payload.get(NAMED.get(subject, subject)) == id and event.type.startswith(own)
        if is_mine and (event.type in SAYS or event.type == LABEL_ASKED):
            yield event.occurred_at, event.type, str(SAYS.get(event.type, ""))


def _share_money(matters: Matters) -> None:
    """A return's money is the same rows, so that it is wound back with them."""
    moneys = [matter.row for matter in matters.known.get("money", {}).values()]
    for matter in matters.known.get("return", {}).values():
        mine = [row for row in moneys if row.case_id == matter.row.pk]
        kept: Any = matter.row.moneys.all()
        kept._result_cache = mine
        matter.row._prefetched_objects_cache["moneys"] = kept
