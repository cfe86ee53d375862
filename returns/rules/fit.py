"""When returns are enough to say that a product runs small or large."""

from enum import StrEnum

ENOUGH = 10  # units sent back for their size, too small and too large together
MAJORITY = 0.75  # of those, that say the same
NOTICED = 0.05  # of the delivered units, that say so: ten of thousands are those who would have needed another size anyway


class Runs(StrEnum):
    """What a shopper is told about the size."""

    SMALL = "small"
    LARGE = "large"


def runs(*, delivered: int, small: int, large: int) -> Runs | None:
    """Small or large, None while it is not clear.

    Said only when at least ten units were sent back for their size, three in four of them for the same reason, and those are
    one in twenty of the units delivered. Ten units that disagree say that sizes are a matter of taste; ten of thousands say
    nothing of the product. The units are shown beside the hint, so that everybody can judge what it rests on.
    """
    told = small + large
    most = max(small, large)
    if told < ENOUGH or most < MAJORITY * told or most < NOTICED * delivered:
        return None
    return Runs.SMALL if small > large else Runs.LARGE
