"""What can happen to an order after it came, as the demo's shoppers, staff and carriers do it: each step is one call of a service."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from PIL import Image, ImageDraw

from demo.road import Stop, scan_of
from demo.world import Shop, Shopper
from merchants.models import User
from orders.models import Order, OrderLine
from orders.selectors import find_order
from orders.types import IncomingOrder
from returns import services
from returns.models import Claim, Exchange, MoneyBack, Return, ReturnLine, Withdrawal
from returns.selectors.exchanges import targets_of
from returns.services.photos import add_bytes, begin_photo, finish_photo
from returns.types import Actor, ClaimKind, Condition, Label, Origin, Outcome, Unpacked, Verdict, Way, Wish
from tracking.models import Shipment
from tracking.services import record_scans
from tracking.types import DeliveredHow, IncomingTracking, ShipmentStatus

S = ShipmentStatus
HOMEWARD = (
    Stop(0.0, S.PICKED_UP, "Accepted at the counter", "near", "PU"),
    Stop(0.4, S.IN_TRANSIT, "Processed at sorting hub", "hub", "HUB"),
    Stop(1.6, S.DELIVERED, "Delivered", "home", "DLV", how=DeliveredHow.HANDED),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One order of the demo, and what has become of it so far."""

    shop: Shop
    shopper: Shopper
    incoming: IncomingOrder

    @property
    def order(self) -> Order:
        return find_order(source=self.incoming.source, external_id=self.incoming.external_id)

    @property
    def lines(self) -> list[OrderLine]:
        return list(OrderLine.objects.filter(order=self.order).order_by("position", "pk"))

    @property
    def case(self) -> Return:
        row: Return = Return.objects.filter(order=self.order).latest("pk")
        return row

    @property
    def claim(self) -> Claim:
        row: Claim = Claim.objects.filter(order=self.order).latest("pk")
        return row

    @property
    def money(self) -> MoneyBack:
        row: MoneyBack = MoneyBack.objects.filter(order=self.order).latest("pk")
        return row

    @property
    def swap(self) -> Exchange:
        row: Exchange = Exchange.objects.filter(order=self.order).latest("pk")
        return row

    @property
    def staff(self) -> Actor:
        email, name = self.shop.agent
        return Actor(Origin.STAFF, user_id=User.objects.values_list("pk", flat=True).get(email=email), name=name)

    def say(self, words: Mapping[str, str]) -> str:
        """In the shop's language."""
        return words[self.shop.language]

    @property
    def number(self) -> int:
        return int(self.incoming.number.rpartition("-")[2])

    @property
    def parcel(self) -> tuple[str, str]:
        """Carrier and number of what goes back."""
        carrier, _service, pattern = self.shop.carriers[0]
        return carrier, pattern.format(7_000_000 + self.number)


Act = Callable[[Scene, datetime], None]
Words = Mapping[str, str]


# The shopper


@dataclass(frozen=True, slots=True)
class Pick:
    """One line of the order that is to go back."""

    reason: str
    outcome: Outcome = Outcome.REFUND
    line: int = 0
    quantity: int = 1
    has_photo: bool = False


def asks(*picks: Pick, way: Way = Way.CODE, words: Words | None = None, gift_to: str = "") -> Act:
    """To send something back; `gift_to` got it as a gift, and the buyer is not told."""

    def act(scene: Scene, at: datetime) -> None:
        wishes = [_wish(scene, pick, at) for pick in picks]
        recipient = {"name": gift_to, "email": "with.thanks@post.example", "language": scene.shop.language} if gift_to else None
        by = Actor(Origin.GIFT if gift_to else Origin.ACCOUNT)
        note = scene.say(words) if words else ""
        services.request_return(order=scene.order, wishes=wishes, way=way, at=at, by=by, note=note, recipient=recipient)

    return act


def _wish(scene: Scene, pick: Pick, at: datetime) -> Wish:
    line = scene.lines[pick.line]
    photos = (_photo(scene.order, at),) if pick.has_photo else ()
    return Wish(line.public_id, pick.quantity, pick.reason, pick.outcome, target=_other(line, pick.outcome), photos=photos)


def _other(line: OrderLine, outcome: Outcome) -> str:
    """The first other choice of it that is there."""
    return next(target.key for target in targets_of(order_line=line) if not target.is_same) if outcome == Outcome.EXCHANGE else ""


def _photo(order: Order, at: datetime) -> str:
    """Taken in and written anew by the photo service, as any upload is."""
    raw = snapshot()
    photo = begin_photo(order=order, size=len(raw), at=at)
    return finish_photo(photo=add_bytes(photo=photo, offset=0, data=raw), at=at).public_id


def snapshot() -> bytes:
    """A box on a table with a torn corner, drawn when it is needed."""
    picture = Image.new("RGB", (960, 720), (214, 205, 192))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 470, 960, 720), fill=(146, 112, 84))
    draw.polygon([(230, 250), (640, 200), (760, 290), (340, 350)], fill=(205, 164, 112))
    draw.polygon([(230, 250), (340, 350), (340, 610), (230, 500)], fill=(158, 120, 76))
    draw.polygon([(340, 350), (760, 290), (760, 540), (340, 610)], fill=(184, 143, 93))
    draw.polygon([(760, 290), (700, 300), (722, 356), (690, 392), (736, 420), (760, 470)], fill=(70, 52, 38))
    draw.line([(690, 392), (610, 402), (560, 440)], fill=(96, 70, 46), width=6)
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=80)
    return kept.getvalue()


def calls_off(scene: Scene, at: datetime) -> None:
    services.cancel_return(case=scene.case, at=at, by=Actor(Origin.ACCOUNT))


def says_fine(scene: Scene, at: datetime) -> None:
    services.all_fine(shipment=Shipment.objects.get(order=scene.order), at=at)


def complains(problem: str, wanted: Outcome, words: Words, *, is_warranty: bool = False, has_photo: bool = False) -> Act:
    """About the first line of the order."""

    def act(scene: Scene, at: datetime) -> None:
        order, kind = scene.order, ClaimKind.WARRANTY if is_warranty else ClaimKind.DELIVERY
        lines, photos = {scene.lines[0].public_id: 1}, [_photo(order, at)] if has_photo else []
        services.open_claim(
            order=order, lines=lines, problem=problem, wanted=wanted, note=scene.say(words), at=at, by=Actor(Origin.ACCOUNT),
            kind=kind, photos=photos,
        )  # fmt: skip

    return act


def takes_back(scene: Scene, at: datetime) -> None:
    services.withdraw_claim(claim=scene.claim, at=at)


def withdraws(*, is_known: bool = True) -> Act:
    """From the whole contract. `is_known`: the order was found; else only what was written is there, the number misread."""

    def act(scene: Scene, at: datetime) -> None:
        who = scene.shopper
        number = scene.incoming.number if is_known else scene.incoming.number.replace("-", " ") + "0"
        services.declare_withdrawal(
            order=scene.order if is_known else None, name=f"{who.first_name} {who.last_name}", order_number=number, email=who.email,
            scope="", lines={}, language=who.language, at=at,
        )  # fmt: skip

    return act


# The carrier


def labelled(scene: Scene, at: datetime) -> None:
    """The code to show at the counter is there, and its parcel is followed."""
    carrier, number = scene.parcel
    case = scene.case
    services.label_made(case=case, label=Label(way=Way.CODE, carrier=carrier, tracking_number=number, code=case.rma), at=at)


def travels(count: int) -> Act:
    """So many words of the carrier, the last one just now."""

    def act(scene: Scene, at: datetime) -> None:
        carrier, number = scene.parcel
        stops = HOMEWARD[:count]
        left = at - timedelta(days=stops[-1].days)
        scans = tuple(scan_of(scene.shop, stop, scene.shopper, left) for stop in stops)
        news = IncomingTracking(source="carrier-feed", tracking_number=number, carrier=carrier, scans=scans, told_at=at)
        record_scans(news=news, at=at)

    return act


# Staff


def approves(scene: Scene, at: datetime) -> None:
    services.approve_return(case=scene.case, at=at, by=scene.staff)


def asks_back(words: Words) -> Act:
    return lambda scene, at: _done(services.ask_return(case=scene.case, question=scene.say(words), at=at, by=scene.staff))


def declines(words: Words, next_best: str) -> Act:
    return lambda scene, at: _done(
        services.decline_return(case=scene.case, reason=scene.say(words), next_best=next_best, at=at, by=scene.staff)
    )


def _done(_row: object) -> None:
    return None


def unpacks(missing: int = 0) -> Act:
    """What came; `missing` pieces of the last line are not in it yet."""

    def act(scene: Scene, at: datetime) -> None:
        case = scene.case
        rows = list(ReturnLine.objects.filter(case=case).order_by("pk"))
        found = {row.pk: Unpacked(row.quantity, Condition.NEW) for row in rows[:-1]}
        found[rows[-1].pk] = Unpacked(rows[-1].quantity - missing, Condition.OPENED)
        services.receive_return(case=case, lines=found, at=at, by=scene.staff)

    return act


def checks(deduction: str = "0", words: Words | None = None) -> Act:
    """All of it is accepted, the first line with something deducted."""

    def act(scene: Scene, at: datetime) -> None:
        case = scene.case
        rows = list(ReturnLine.objects.filter(case=case).order_by("pk"))
        found = {row.pk: Verdict(row.quantity_received) for row in rows}
        if words:
            found[rows[0].pk] = Verdict(rows[0].quantity_received, deduction=Decimal(deduction), note=scene.say(words))
        services.inspect_return(case=case, lines=found, at=at, by=scene.staff)

    return act


def pays(scene: Scene, at: datetime) -> None:
    """By hand, at the shop's own desk."""
    money = scene.money
    code = f"GIFT-{scene.number}" if money.way == "credit" else ""
    services.pay_by_hand(money=money, external_id=f"M-{scene.number}", at=at, by=scene.staff, credit_code=code)


def fails_to_pay(words: Words) -> Act:
    return lambda scene, at: _done(services.money_failed(money=scene.money, error=scene.say(words), at=at))


def drops_money(scene: Scene, at: datetime) -> None:
    services.drop_money(money=scene.money, at=at, by=scene.staff)


def orders_swap(scene: Scene, at: datetime) -> None:
    services.exchange_ordered(exchange=scene.swap, external_id=f"X-{scene.number}", at=at, by=scene.staff)


def ships_swap(scene: Scene, at: datetime) -> None:
    services.exchange_shipped(exchange=scene.swap, at=at, by=scene.staff)


def brings_swap(scene: Scene, at: datetime) -> None:
    services.exchange_delivered(exchange=scene.swap, at=at, by=scene.staff)


def lets_swap_go(scene: Scene, at: datetime) -> None:
    services.release_exchange(exchange=scene.swap, at=at, by=scene.staff)


def asks_about_claim(words: Words) -> Act:
    return lambda scene, at: _done(services.ask_claim(claim=scene.claim, question=scene.say(words), at=at, by=scene.staff))


def grants(resolution: Outcome, amount: str = "") -> Act:
    return lambda scene, at: _done(
        services.approve_claim(claim=scene.claim, resolution=resolution, amount=Decimal(amount) if amount else None, at=at, by=scene.staff)
    )


def refuses_claim(words: Words, next_best: str) -> Act:
    return lambda scene, at: _done(
        services.decline_claim(claim=scene.claim, reason=scene.say(words), next_best=next_best, at=at, by=scene.staff)
    )


def comes_too_late(words: Words) -> Act:
    """A withdrawal that has no effect."""

    def act(scene: Scene, at: datetime) -> None:
        row = Withdrawal.objects.get(order=scene.order)
        services.withdrawal_unfounded(withdrawal=row, reason=scene.say(words), at=at, by=scene.staff)

    return act
