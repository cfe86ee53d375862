"""What cancelling gives back, shown before anybody chooses."""

from collections.abc import Iterable
from decimal import Decimal


def refund_if_cancelled(
    *, paid: Decimal, refunded: Decimal, total: Decimal, unsent: Iterable[tuple[Decimal, int, int]], is_all_unsent: bool
) -> Decimal:
    """What goes back: everything when nothing was sent, else the unsent pieces' share; never more than is left of the payment.

    `unsent` holds (total of the line, pieces of the line, pieces not sent).
    """
    left = max(paid - refunded, Decimal(0))
    if is_all_unsent:
        return min(left, max(total - refunded, Decimal(0)))
    share = sum((amount * pieces / of for amount, of, pieces in unsent if of), Decimal(0))
    return min(left, share.quantize(Decimal("0.01")))
