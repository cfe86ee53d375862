"""What staff write into the forms of the returns desk, read line by line; nonsense is refused in words."""

from collections.abc import Sequence
from decimal import Decimal

from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.money import BadAmount, parse_amount
from core.uploads import FILE_SIZE
from returns.models import Return, ReturnLine
from returns.types import Condition, Unpacked, Verdict


class BadForm(ValueError):
    """What was written cannot be meant; says so in words."""


def words(request: HttpRequest, name: str, most: int) -> str:
    return request.POST.get(name, "").replace("\0", "").strip()[:most]


def whole(text: str, what: str) -> int:
    """A number of pieces."""
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise BadForm(_("%(what)s: write a whole number.") % {"what": what})
    return int(text)


def amount(text: str, currency: str, what: str) -> Decimal:
    """Money, with a comma or a point."""
    try:
        return parse_amount(text.strip().replace(",", ".") or "0", currency)
    except BadAmount:
        raise BadForm(_("%(what)s: write an amount like 5.00.") % {"what": what}) from None


def unpacked_of(request: HttpRequest, case: Return) -> dict[int, Unpacked]:
    """What was found of each line. A line that is left empty was not in the parcel."""
    return {
        line.pk: Unpacked(
            whole(request.POST.get(f"quantity-{line.pk}") or "0", line.order_line.title),
            _condition(request.POST.get(f"condition-{line.pk}", ""), line),
            words(request, f"note-{line.pk}", 500),
        )
        for line in _lines(case)
    }


def _condition(text: str, line: ReturnLine) -> Condition:
    if text not in Condition.values:
        raise BadForm(_("%(what)s: choose a condition.") % {"what": line.order_line.title})
    return Condition(text)


def verdicts_of(request: HttpRequest, case: Return) -> dict[int, Verdict]:
    """What the check made of each line."""
    return {
        line.pk: Verdict(
            whole(request.POST.get(f"accepted-{line.pk}") or "0", line.order_line.title),
            request.POST.get(f"resellable-{line.pk}") == "on",
            amount(request.POST.get(f"deduction-{line.pk}", ""), case.currency, line.order_line.title),
            words(request, f"note-{line.pk}", 500),
        )
        for line in _lines(case)
    }


def photos_of(request: HttpRequest, case: Return) -> list[tuple[ReturnLine, bytes]]:
    """Photos of each line, at most five; what is larger than a photo may be is not read."""
    found = []
    for line in _lines(case):
        for file in request.FILES.getlist(f"photo-{line.pk}")[:5]:
            if (file.size or 0) > FILE_SIZE:
                raise BadForm(_("%(what)s: the photo is larger than 10 MB.") % {"what": line.order_line.title})
            found.append((line, file.read()))
    return found


def _lines(case: Return) -> Sequence[ReturnLine]:
    return list(case.lines.all())
