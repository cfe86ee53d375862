"""What one call changed about one order: history, promises and events, written together at its end."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from events.services import emit_many
from merchants.rows import insert
from orders.models import Order, OrderChange, Promise
from orders.types import Change, PromiseKind


@dataclass(slots=True)
class Journal:
    """Collects while the order may not have an id yet. A quiet journal keeps history, makes no promise and tells nobody."""

    order: Order
    at: datetime
    is_quiet: bool = False
    what: list[str] = field(default_factory=list)
    changes: list[OrderChange] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, kind: Change, at: datetime, **data: Any) -> None:
        """Add a line to the history."""
        self.changes.append(OrderChange(kind=kind, at=at, data=data))

    def promise(self, kind: PromiseKind, day: date, *, subject: str = "order", source: str = "merchant") -> None:
        """Keep a date that is told from now on."""
        if not self.is_quiet:
            self.promises.append(Promise(subject=subject, kind=kind, date=day, said_at=self.at, source=source))

    def tell(self, type: str, **payload: Any) -> None:
        """Publish an event about the order."""
        if not self.is_quiet:
            self.events.append((type, payload))

    def write(self) -> None:
        """Store everything; the order has its id by now."""
        for change in self.changes:
            change.order = self.order
        for promise in self.promises:
            promise.order = self.order
        insert(self.changes)
        insert(self.promises)
        if self.events:
            emit_many(facts=[(type, {"order": self.order.pk, **payload}) for type, payload in self.events], at=self.at)
