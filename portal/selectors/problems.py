"""What a claim can be about: the order's lines, or those of one parcel; and the claim that was told already."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from orders.models import Order, OrderLine
from portal.formats import day_text
from portal.selectors.journey import Parcel
from returns.models import Claim
from returns.selectors import articles_of
from returns.types import ClaimKind, Problem


@dataclass(frozen=True, slots=True)
class ClaimCard:
    """One line that can be ticked, and how many of it at most."""

    line: OrderLine
    most: int
    is_picked: bool = False
    quantity: str = ""
    words: str = ""
    error: str = ""

    @property
    def id(self) -> str:
        return str(self.line.public_id)


def cards_of(
    order: Order, *, inside: Mapping[int, int] | None, kind: ClaimKind, chosen: Collection[str], typed: Mapping[str, str], today: date
) -> list[ClaimCard]:
    """The lines with what was ticked and typed. `inside` are a parcel's lines and pieces; None for all of the order.

    What is all there is, is ticked already: one line, and each piece of it where it has only one.
    """
    lines = [line for line in sorted(order.lines.all(), key=lambda line: line.position) if line.quantity > line.quantity_removed]
    shown = [(line, _most(line, inside)) for line in lines if inside is None or line.pk in inside]
    warranty = _warranties(order, lines, today=today) if kind == ClaimKind.WARRANTY else {}
    return [
        ClaimCard(
            line,
            most,
            is_picked=line.public_id in chosen or (len(shown) == 1 and not chosen),
            quantity=typed.get(f"quantity_{line.public_id}", "1" if most == 1 else "")[:9],
            words=warranty.get(line.pk, ""),
        )
        for line, most in shown
    ]


def _most(line: OrderLine, inside: Mapping[int, int] | None) -> int:
    bought = line.quantity - line.quantity_removed
    return bought if inside is None else min(bought, inside[line.pk])


def _warranties(order: Order, lines: list[OrderLine], *, today: date) -> dict[int, str]:
    """Until when each is covered, in words."""
    found = {}
    for one in articles_of(order, lines):
        if one.warranty_until is not None:
            day = {"day": day_text(one.warranty_until, language=get_language() or "en", this_year=today.year)}
            text = (
                _("Warranty until %(day)s.") if one.warranty_until >= today else _("The warranty ended on %(day)s. Tell us all the same.")
            )
            found[one.line_id] = text % day
    return found


def same_claim(*, order: Order, problem: Problem, lines: Mapping[str, int], since: datetime) -> Claim | None:
    """A claim about the same pieces with the same problem, told since then. The caller holds the order."""
    rows = Claim.objects.filter(order=order, problem=problem, opened_at__gte=since).prefetch_related("lines__order_line")
    row: Claim
    for row in rows.order_by("-pk"):
        if {line.order_line.public_id: line.quantity for line in row.lines.all()} == dict(lines):
            return row
    return None


def is_asked(parcel: Parcel) -> bool:
    """Whether to ask how a parcel arrived: it is there, and nobody has said anything yet."""
    return parcel.is_delivered and parcel.denied is None and not getattr(parcel.shipment, "is_answered", False)


def asked_of(parcels: Iterable[Parcel]) -> set[int]:
    """The parcels to ask about, by their rows' ids."""
    return {parcel.shipment.pk for parcel in parcels if is_asked(parcel)}
