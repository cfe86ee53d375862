"""Orders' lives, to be lived for real and then simulated: what the shop, the shopper and the carrier say, and when."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from customers.services import suppress
from customers.types import Channel
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.services import release_held
from orders.models import Order
from orders.services import cancel_order, record_refund
from orders.types import IncomingRefund, PaymentState
from tests import factories as make
from tracking.services import sweep_incidents
from tracking.types import Place, ShipmentStatus

S = ShipmentStatus
START = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)  # a Monday, nine in Berlin
HOUR, DAY, HOLD = timedelta(hours=1), timedelta(days=1), timedelta(minutes=10)
BERLIN, LEIPZIG = Place(city="Berlin", country="DE", postcode="10119"), Place(city="Leipzig", country="DE")
LANGUAGES = ("en", "de", "id", "zh-hans", "pt-br")
Act = Callable[[], object]
Diary = dict[datetime, list[Act]]


class Life:
    """One order; its methods are what may happen to it."""

    def __init__(self, place: int, diary: Diary) -> None:
        self.place, self.diary, self.number = place, diary, str(1000 + place)
        self.start = START + place % 2 * DAY
        self.values: dict[str, Any] = {
            "number": self.number,
            "placed_at": self.start,
            "email": f"shopper{place % 400}@example.com",  # some come twice
            "phone": f"+4915112{place % 400:06d}",
            "language": LANGUAGES[place % len(LANGUAGES)],
        }

    def at(self, after: timedelta, act: Callable[[datetime], object]) -> None:
        moment = self.start + after
        self.diary[moment].append(lambda: act(moment))

    def order(self) -> Order:
        return Order.objects.get(number=self.number)

    def buy(self, **over: Any) -> None:
        self.values |= over
        self.at(0 * HOUR, lambda at: make.place_order(at=at, **self.values))

    def pay(self, after: timedelta) -> None:
        paid = {"payment_state": PaymentState.PAID}
        self.at(after, lambda at: make.place_order(at=at, **{**self.values, **paid, "updated_at": at}))

    def send(self, after: timedelta, name: str = "S1", **over: Any) -> None:
        number = f"T{self.number}{name}"

        def act(at: datetime) -> object:
            return make.ship(self.order(), at=at, updated_at=at, shipped_at=at, external_id=name, tracking_number=number, **over)

        self.at(after, act)

    def scan(self, after: timedelta, status: S, place: Place = BERLIN, name: str = "S1", late: timedelta = 0 * HOUR, **over: Any) -> None:
        word = make.scan(status, at=self.start + after, place=place, zone="Europe/Berlin", raw_code=status.value, **over)
        self.at(after + late, lambda at: make.tell(word, at=at, tracking_number=f"T{self.number}{name}"))

    def cancel(self, after: timedelta) -> None:
        self.at(after, lambda at: cancel_order(order=self.order(), reason="asked for", at=at))

    def refund(self, after: timedelta) -> None:
        money = Decimal("29.90")
        self.at(after, lambda at: record_refund(order=self.order(), refund=IncomingRefund("R1", money, at), at=at))

    def block(self, after: timedelta) -> None:
        phone = self.values["phone"]
        self.at(after, lambda at: suppress(channel=Channel.SMS, recipient=phone, reason="stop", at=at))

    def to_the_door(self, first: timedelta) -> None:
        """Three working days on the road."""
        self.send(first)
        self.scan(first + 3 * HOUR, S.IN_TRANSIT, LEIPZIG)
        self.scan(first + 2 * DAY - 7 * HOUR, S.IN_TRANSIT)
        self.scan(first + 2 * DAY, S.OUT_FOR_DELIVERY)
        self.scan(first + 2 * DAY + 3 * HOUR, S.DELIVERED, how="neighbour")


def in_time(life: Life) -> None:
    life.buy()
    life.to_the_door(DAY)


def paid_later(life: Life) -> None:
    life.buy(payment_state=PaymentState.PENDING, is_confirmed=False)
    life.pay(2 * HOUR)
    life.to_the_door(DAY)


def cancelled(life: Life) -> None:
    life.buy()
    life.cancel(3 * HOUR)


def refunded(life: Life) -> None:
    in_time(life)
    life.refund(6 * DAY)


def nobody_at_home(life: Life) -> None:
    life.buy()
    life.send(DAY)
    life.scan(2 * DAY, S.OUT_FOR_DELIVERY)
    life.scan(2 * DAY + 3 * HOUR, S.ATTEMPT_FAILED)
    life.scan(3 * DAY, S.OUT_FOR_DELIVERY)
    life.scan(3 * DAY + 3 * HOUR, S.DELIVERED)


def collected(life: Life) -> None:
    life.buy()
    life.send(DAY)
    life.scan(3 * DAY, S.READY_FOR_PICKUP, pickup_until=(START + life.place % 2 * DAY + 10 * DAY).date())
    life.scan(9 * DAY, S.DELIVERED)


def stalled(life: Life) -> None:
    life.buy()
    life.send(DAY)
    life.scan(DAY + 3 * HOUR, S.IN_TRANSIT, LEIPZIG)
    life.scan(13 * DAY, S.OUT_FOR_DELIVERY)
    life.scan(13 * DAY + 3 * HOUR, S.DELIVERED)


def sent_late(life: Life) -> None:
    life.buy()
    life.to_the_door(8 * DAY)


def two_parcels(life: Life) -> None:
    life.buy()
    life.send(DAY, lines={"L1": 2})
    life.send(2 * DAY, "S2", lines={"L2": 1})
    life.scan(3 * DAY, S.OUT_FOR_DELIVERY)
    life.scan(3 * DAY + 3 * HOUR, S.DELIVERED)
    life.scan(4 * DAY, S.OUT_FOR_DELIVERY, name="S2")
    life.scan(4 * DAY + 3 * HOUR, S.DELIVERED, name="S2")


def told_badly(life: Life) -> None:
    in_time(life)
    life.scan(DAY + 3 * HOUR, S.IN_TRANSIT, LEIPZIG, late=2 * DAY)
    life.scan(3 * DAY - 7 * HOUR, S.IN_TRANSIT, late=7 * HOUR)
    life.scan(3 * DAY, S.OUT_FOR_DELIVERY, late=3 * HOUR)


def without_mail(life: Life) -> None:
    life.buy(email="", phone=f"+4915113{life.place:06d}")
    life.to_the_door(DAY)


def stopped_texts(life: Life) -> None:
    life.buy(phone=f"+4915114{life.place:06d}", email=f"stopped{life.place}@example.com")
    life.block(HOUR)
    life.to_the_door(DAY)


STORIES = (
    in_time, paid_later, cancelled, refunded, nobody_at_home, collected, stalled, sent_late, two_parcels, told_badly, without_mail,
    stopped_texts,
)  # fmt: skip


def live(merchant: Merchant, count: int, *, first_place: int = 0) -> datetime:
    """So many orders live their lives, story by story, with the workers at work; returns when all is over."""
    diary: Diary = defaultdict(list)
    for place in range(first_place, first_place + count):
        STORIES[place % len(STORIES)](Life(place, diary))
    first, last = min(diary), max(diary) + 10 * DAY
    sweeps = {first + n * DAY + hours * HOUR for n in range((last - first).days) for hours in (6, 20)}
    mornings = {first + n * DAY - HOUR for n in range(1, (last - first).days)}  # eight in Berlin
    moments = {*diary, *sweeps, *mornings}
    for at in sorted(moments | {moment + HOLD for moment in moments}):
        with merchant_scope(merchant.pk):
            for act in diary.get(at, []):
                act()
        work(merchant, at)
        if at in sweeps:
            with merchant_scope(merchant.pk):
                sweep_incidents(now=at)
            work(merchant, at)
    return last


def work(merchant: Merchant, at: datetime) -> None:
    run_until_quiet(lambda: at)
    with merchant_scope(merchant.pk):
        released = release_held(now=at)
    if released:
        run_until_quiet(lambda: at)
