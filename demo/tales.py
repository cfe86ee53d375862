"""What went back, was exchanged, broken or withdrawn from at the demo's shops, in every state there is."""

from demo import steps as do
from demo.steps import Pick
from demo.stories import Later, Sent, Story
from returns.types import Outcome, Way

X = Outcome.EXCHANGE
TOO_LATE = {"de": "Die vierzehn Tage waren am Tag der Erklärung vorbei."}
SIGNS = {"de": "Der Mantel hat deutliche Tragespuren.", "en": "The headphones show clear signs of use."}
WHICH = {"de": "Wo genau ist der Schaden? Ein Satz genügt.", "en": "Where exactly is the damage? One sentence will do."}
TORN = {"de": "Der Karton war eingerissen, innen ist etwas zerkratzt.", "en": "The box was torn, and something inside is scratched."}
STAIN = {"de": "Ein Fleck am Saum, den wir gereinigt haben."}
CARD = {"de": "Die Karte, mit der bezahlt wurde, ist geschlossen.", "en": "The card it was paid with was closed."}
GONE = {"de": "Im Paket fehlte es.", "en": "It was not in the parcel."}
BOX = {"de": "Lag vielleicht ein kleiner Karton im großen?", "en": "Was there a small box inside the large one?"}
SOLE = {"de": "Nach ein paar Wochen geht es auf.", "en": "It stopped working after a few weeks."}
WEAR = {"de": "Das ist gewöhnliche Abnutzung, kein Fehler.", "en": "This is ordinary wear, not a fault."}


def _bought(days_ago: float, shopper: int, goods: tuple[int, ...], *later: tuple[float, do.Act], only: str = "") -> Story:
    """Delivered within four days, and then what is told."""
    return Story(days_ago, shopper, goods, (Sent("plain", 1.0),), later=tuple(Later(ago, act) for ago, act in later), only=only)


def _checked(asked: float, checked: float, *picks: Pick) -> tuple[tuple[float, do.Act], ...]:
    """Asked for, handed over, unpacked and checked."""
    return (asked, do.asks(*picks)), (checked + 0.8, do.unpacks()), (checked, do.checks())


FIRST_SHOPPER = (
    _bought(15.6, 0, (4,), (1.3, do.asks(Pick("too_small", X))), (1.28, do.labelled)),
    _bought(
        17.2, 0, (5, 1), (10.0, do.says_fine), (4.4, do.asks(Pick("changed_mind", line=1))), (4.38, do.labelled), (1.7, do.travels(2)),
    ),
    _bought(
        22.1, 0, (2,), (7.4, do.asks(Pick("color"))), (7.38, do.labelled), (2.9, do.travels(3)), (2.2, do.unpacks()), (1.1, do.checks()),
    ),
    _bought(
        37.4, 0, (1,), *_checked(31, 27, Pick("too_small", X)), (26.8, do.orders_swap), (25.9, do.ships_swap), (23.5, do.brings_swap),
    ),
    _bought(16.3, 0, (2, 3), (0.4, do.complains("damaged", Outcome.REPLACEMENT, TORN, has_photo=True))),
)  # fmt: skip
DESK = (
    _bought(16.1, 1, (0,), (0.2, do.asks(Pick("changed_mind")))),
    _bought(17.5, 2, (0,), (2.2, do.asks(Pick("damaged", has_photo=True), way=Way.LABEL, words=TORN)), (1.5, do.asks_back(WHICH))),
    _bought(18.7, 3, (0,), (2.4, do.asks(Pick("faulty"), way=Way.LABEL)), (1.2, do.approves)),
    _bought(16.8, 3, (4,), (6.1, do.asks(Pick("too_large"), way=Way.OWN)), (4.9, do.labelled), (0.8, do.travels(3))),
    _bought(19.2, 2, (4, 4), (8, do.asks(Pick("not_as_pictured", quantity=2))), (0.7, do.unpacks(missing=1))),
    _bought(24.3, 2, (0,), (6.2, do.asks(Pick("changed_mind"))), (5.9, do.declines(SIGNS, "sell_on"))),
    _bought(
        25.3, 3, (5,), (6.3, do.asks(Pick("other", X), way=Way.OWN)), (5.6, do.calls_off),
        (5.4, do.complains("damaged", Outcome.KEEP, TORN)), (4.8, do.grants(Outcome.KEEP, "3.00")), (4.4, do.pays),
    ),
    _bought(31.2, 2, (1,), (26, do.asks(Pick("too_large", X)))),  # never handed over
)  # fmt: skip
MONEY = (
    _bought(36.2, 1, (5,), *_checked(30, 19, Pick("too_small"))),  # nobody paid: overdue
    _bought(26.7, 1, (4,), *_checked(12, 2.9, Pick("color")), (2.5, do.fails_to_pay(CARD))),
    _bought(
        21.4, 4, (5,), (10.2, do.asks(Pick("too_large"))), (5.2, do.unpacks()), (4.6, do.checks("5.00", STAIN)), (3.7, do.pays),
        only="aurora",
    ),
    _bought(
        20.5, 3, (2,), (9, do.asks(Pick("color", Outcome.CREDIT), way=Way.OWN, gift_to="Toni Berger")), (4.8, do.unpacks()),
        (4.2, do.checks()), (3.2, do.pays),
    ),
)  # fmt: skip
SWAPS = (
    _bought(22.6, 4, (1,), *_checked(11, 1.3, Pick("too_small", X))),
    _bought(23.7, 6, (5,), *_checked(12, 3, Pick("too_large", X)), (2.1, do.orders_swap)),
    _bought(25.8, 7, (4,), *_checked(13, 6, Pick("too_large", X)), (5.3, do.orders_swap), (3.9, do.ships_swap)),
    _bought(
        27.9, 8, (4,), *_checked(14, 8, Pick("too_small", X)), (6.9, do.lets_swap_go), (6.4, do.fails_to_pay(CARD)), (5.8, do.drops_money),
    ),
)  # fmt: skip
CLAIMS = (
    _bought(18.3, 1, (5,), (2.0, do.complains("missing", Outcome.REFUND, GONE)), (1.4, do.asks_about_claim(BOX))),
    _bought(19.6, 4, (2,), (1.7, do.complains("damaged", Outcome.REFUND, TORN)), (0.9, do.grants(Outcome.REFUND))),
    _bought(58.2, 1, (1,), (9, do.complains("faulty", Outcome.REPAIR, SOLE, is_warranty=True)), (8.2, do.grants(Outcome.REPAIR))),
    _bought(
        48.4, 9, (1,), (9.8, do.complains("faulty", Outcome.REFUND, SOLE, is_warranty=True)), (9.1, do.refuses_claim(WEAR, "ask")),
    ),
    _bought(29.4, 10, (4,), (12.5, do.complains("missing", Outcome.REPLACEMENT, GONE)), (11.9, do.takes_back)),
)  # fmt: skip
WITHDRAWN = (
    _bought(15.9, 11, (5,), (0.6, do.withdraws(is_known=False)), only="aurora"),
    _bought(15.2, 12, (2, 4), (2.3, do.withdraws()), only="aurora"),
    _bought(
        33.3, 13, (4,), (27, do.withdraws()), (22.4, do.unpacks()), (21.6, do.checks()), (20.7, do.pays), only="aurora",
    ),
    _bought(47.7, 14, (2,), (19.4, do.withdraws()), (18.6, do.comes_too_late(TOO_LATE)), only="aurora"),
)  # fmt: skip
TALES = (*FIRST_SHOPPER, *DESK, *MONEY, *SWAPS, *CLAIMS, *WITHDRAWN)
