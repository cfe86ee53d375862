"""What happened in the demo's shops during the last ninety days: sixteen told situations, and ordinary weeks around them."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from demo.world import Shop

ORDINARY = 120


@dataclass(frozen=True, slots=True)
class Sent:
    """One parcel of a story: which road it takes, how many days after the order it left, how many days it lost on the way."""

    road: str
    left: float
    slack: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """What happens with an order after it came, so many days ago (demo.steps)."""

    ago: float
    act: Callable[[Any, Any], None]


@dataclass(frozen=True, slots=True)
class Story:
    """How one order goes: days ago it was placed, by whom, what, and what becomes of it."""

    days_ago: float
    shopper: int
    goods: tuple[int, ...]
    parcels: tuple[Sent, ...] = ()
    paid: bool = True
    cancelled: bool = False
    refund: str = ""  # "part", "all"
    backorder: bool = False
    is_history: bool = False  # imported: told whole, and nobody was written to
    denied: bool = False  # delivered, says the carrier; not here, says the shopper
    later: tuple[Later, ...] = ()
    only: str = ""  # the shop it happened at; empty: at each


# What the first shopper of each merchant sees: every situation once, newest first.
TOLD = (
    Story(0.1, 0, (0, 3)),
    Story(0.8, 0, (5,), paid=False),
    Story(3.2, 0, (0, 1, 2, 3), (Sent("plain", 0.8), Sent("plain", 2.2)), backorder=True),
    Story(6.9, 0, (4,), (Sent("pickup", 1.0, 1),)),
    Story(7.6, 0, (2,), (Sent("weather", 1.2),)),
    Story(9, 0, (1,), (Sent("neighbour", 1.1),), denied=True),
    Story(21, 0, (5,), (Sent("plain", 1.0),), refund="all"),
    Story(53, 0, (6,), (Sent("plain", 1.0),)),
    Story(0.5, 1, (4, 4), (Sent("label", 0.4),)),
    Story(2.3, 1, (1,), (Sent("plain", 0.45),)),
    Story(1.5, 2, (6, 2), cancelled=True),
    Story(2.1, 3, (0,), (Sent("plain", 0.9),)),
    Story(3.9, 2, (3, 3, 3), (Sent("attempt", 1.0),)),
    Story(5.5, 3, (1, 5), (Sent("customs", 1.0),)),
    Story(8, 1, (2, 4), (Sent("plain", 1.0),), refund="part"),
    Story(7.2, 2, (0,)),  # nobody sent it
    Story(10.5, 2, (0,), (Sent("refused", 1.0),)),
    Story(13.2, 3, (6,), (Sent("stalled", 1.0),)),
    Story(30, 3, (5,), (Sent("lost", 1.0),), refund="all"),
)
# The roads of ordinary parcels, as many of each as of a hundred.
COMMON = ("plain",) * 60 + ("neighbour",) * 10 + ("slow",) * 22 + ("weather",) * 5 + ("damaged",) + ("refused",) + ("lost",)


def stories_of(shop: Shop, ordinary: int, more: Iterable[Story] = ()) -> Iterator[Story]:
    """The told ones, `more` of them and the ordinary ones, oldest first, so that numbers grow with time."""
    dice = random.Random(shop.slug)
    usual = [_ordinary(shop, dice) for _ in range(ordinary)]
    told = (story for story in (*TOLD, *more) if story.only in ("", shop.slug))
    yield from sorted((*told, *usual), key=lambda story: -story.days_ago)


def _ordinary(shop: Shop, dice: random.Random) -> Story:
    """Most are of the last weeks, so that the dashboard's cells hold enough to judge by."""
    return Story(
        days_ago=int(5 + 80 * dice.random() ** 2.4) + dice.choice((0.35, 0.5, 0.6)),
        shopper=dice.randrange(len(shop.shoppers), len(shop.everybody)),
        goods=tuple(dice.choices(range(len(shop.goods)), k=dice.choice((1, 1, 2, 3)))),
        parcels=(Sent(dice.choice(COMMON), 1.0 + (dice.random() < 0.15), dice.choice((0, 0, 0, 0, 1, 1, 2, 3))),),
        is_history=True,
    )
