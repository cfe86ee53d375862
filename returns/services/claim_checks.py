"""What stands against a claim: all reasons at once, each with the field it is about."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from orders.models import Order, OrderLine
from orders.types import OrderState
from returns.models import CasePhoto, ClaimLine
from returns.rules.states import OPEN_CLAIM
from returns.selectors.policy import articles_of
from returns.services.book import ReturnRefused, calendar
from returns.services.checks import MOST_PHOTOS, photos_of
from returns.types import Actor, ClaimKind, Origin, Outcome, Problem, Refusal
from tracking.models import Shipment
from tracking.types import ShipmentStatus

MAKES_GOOD = frozenset({Outcome.REFUND, Outcome.KEEP, Outcome.CREDIT, Outcome.REPLACEMENT, Outcome.REPAIR})


class ClaimCheck:
    """What stands against a claim."""

    def __init__(self, order: Order, kind: str, problem: str, wanted: str, by: Actor) -> None:
        self.order, self.kind, self.problem, self.by = order, kind, problem, by
        self.refusals: list[Refusal] = []
        if problem not in Problem.values:
            self.refuse("problem", "unknown", _("Choose what is wrong."))
        if wanted and wanted not in MAKES_GOOD:
            self.refuse("wanted", "unknown", _("Choose what you would like."))
        if kind not in ClaimKind.values:
            self.refuse("kind", "unknown", _("Choose what is wrong."))
        if order.state == OrderState.CANCELLED:
            self.refuse("order", "cancelled", _("This order was cancelled, so nothing of it was sent."))

    def refuse(self, field: str, code: str, text: str) -> None:
        self.refusals.append(Refusal(field, code, text))

    def done(self) -> None:
        if self.refusals:
            raise ReturnRefused(self.refusals)

    def lines(self, wanted: Mapping[str, int], at: datetime) -> list[tuple[OrderLine, int]]:
        held = {row.public_id: row for row in OrderLine.objects.filter(order=self.order).order_by("position", "pk")}
        if not wanted:
            self.refuse("lines", "none", _("Choose what it is about."))
        found = [(held[id], units) for id, units in wanted.items() if self._line(id, units, held)]
        self._looked_at([line for line, _units in found])
        if self.kind == ClaimKind.WARRANTY and self.by.origin != Origin.STAFF:
            self._warranty([line for line, _units in found], at)
        return found

    def _line(self, id: str, units: int, held: Mapping[str, OrderLine]) -> bool:
        line, path = held.get(id), f"lines.{id}"
        if line is None:
            self.refuse(path, "unknown", _("This product is not part of the order."))
            return False
        most = line.quantity - line.quantity_removed
        if units < 1:
            self.refuse(path, "too_few", _("It has to be about at least one piece."))
        elif units > most:
            self.refuse(path, "too_many", _("Only %(most)s were bought.") % {"most": most})
        return True

    def _looked_at(self, lines: Sequence[OrderLine]) -> None:
        open_ = ClaimLine.objects.filter(claim__state__in=OPEN_CLAIM, claim__problem=self.problem, order_line__in=lines)
        for id in sorted(set(open_.values_list("order_line__public_id", flat=True))):
            self.refuse(f"lines.{id}", "open_already", _("We are looking at this already."))

    def _warranty(self, lines: Sequence[OrderLine], at: datetime) -> None:
        today = calendar().day(at)
        until = {article.line_id: article.warranty_until for article in articles_of(self.order, lines)}
        for line in lines:
            last = until.get(line.pk)
            if last is None:
                self.refuse(f"lines.{line.public_id}", "no_warranty", _("There is no warranty for this product."))
            elif last < today:
                self.refuse(f"lines.{line.public_id}", "warranty_over", _("The warranty of this product has ended."))

    def all_photos(self, public_ids: Sequence[str]) -> list[CasePhoto]:
        wanted = list(dict.fromkeys(public_ids))
        rows = photos_of(self.order, wanted)
        if len(rows) != len(wanted) or len(wanted) > MOST_PHOTOS:
            self.refuse("photos", "unknown", _("A photo is missing. Please add it again."))
        return rows

    def parcel(self, shipment: Shipment | None, at: datetime) -> None:
        """Of this order; and "it never came" not before it should have."""
        if shipment is None:
            return
        if shipment.order_id != self.order.pk:
            self.refuse("shipment", "unknown", _("This parcel is not part of the order."))
        elif self.problem == Problem.NOT_RECEIVED and shipment.status != ShipmentStatus.DELIVERED:
            due = shipment.eta_by or shipment.promised_by or self.order.arrive_by
            if due is not None and due >= calendar().day(at):
                self.refuse("shipment", "still_coming", _("The parcel is still on its way to you."))
