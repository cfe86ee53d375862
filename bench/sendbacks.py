"""What the replay's shoppers send back, what the warehouse finds, and the books of the shop that pays. Imported once Django runs.

About one delivered order in six leads to a case, drawn by the seed and the order's id alone. The shop keeps books of its own: money it
sent, units that came, units on its shelf. At the end they are compared with ours, to the cent and to the piece.
"""

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bench.olist import ZONE, Facts
from bench.told import SOURCE
from catalog.models import Product
from catalog.services import upsert_product
from core.money import round_amount
from merchants.scope import merchant_scope
from orders.models import Order, OrderLine
from orders.selectors import find_order
from orders.services import record_order, record_refund
from orders.types import Address, IncomingLine, IncomingOrder, IncomingPayment, IncomingRefund, PaymentState
from returns import services
from returns.models import Claim, Exchange, MoneyBack, Return, ReturnLine, ReturnPolicy, Withdrawal
from returns.rules.states import CaseClosed
from returns.selectors import decisions_of
from returns.selectors.exchanges import targets_of
from returns.selectors.units import units_to_restock
from returns.services import ReturnRefused
from returns.types import (
    Actor,
    Condition,
    ExchangeState,
    MoneyState,
    MoneyWay,
    Origin,
    Outcome,
    Problem,
    ReturnState,
    Unpacked,
    Verdict,
    Way,
    Wish,
    WithdrawalState,
)
from tracking.services import record_scans, record_shipment
from tracking.types import IncomingScan, IncomingShipment, IncomingTracking, ShipmentStatus

STOCK, SHARE = 5, 0.16
DAY = timedelta(days=1)
SHOPPER, STAFF = Actor(Origin.GUEST), Actor(Origin.STAFF, name="warehouse")
WISHES = ("too_small", "too_large", "not_as_pictured", "changed_mind", "rather_not_say")
FAULTS = ("damaged", "faulty", "wrong_item")
LIVES = {"return": 70, "claim": 14, "withdrawal": 10, "unasked": 6}
ENDED = {ReturnState.RESOLVED, ReturnState.CLOSED, ReturnState.DECLINED, ReturnState.CANCELLED, ReturnState.EXPIRED}
POLICY: dict[str, Any] = {
    "window_days": 30,
    "refund_days": 7,
    "outcomes": {
        "credit": {"bonus_percent": 5},
        "exchange": {},
        "keep": {"share_percent": 40, "for": "fault"},
        "replacement": {"for": "fault"},
        "repair": {"for": "fault"},
    },
}


class SendBacks:
    """Cases of the replay, each with its own dice, and the shop's own books."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.queue: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]] = []
        self.number = 0
        self.differences: dict[str, str | int] = {}
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.paid: dict[str, Decimal] = {}  # the shop's refunds: our id for it -> amount
        self.unasked: dict[str, Decimal] = {}
        self.credited: dict[str, Decimal] = {}
        self.came: Counter[int] = Counter()  # order line -> units the warehouse unpacked
        self.shelf: dict[str, int] = defaultdict(lambda: STOCK)  # what it really holds, by its own doing

    def open(self) -> None:
        """The policy of the shop. In the merchant's scope."""
        ReturnPolicy.objects.create(**POLICY)

    def dice(self, *about: object) -> random.Random:
        return random.Random(":".join([str(self.seed), *map(str, about)]))

    def stock_up(self, facts: Facts, at: datetime) -> None:
        """The shop tells its products before they are bought."""
        for item in facts.items:
            name = (item.category or "product").replace("_", " ")
            if not Product.objects.filter(external_id=item.product).exists():
                upsert_product(external_id=item.product, title=name, at=at, price=item.price, currency="BRL", stock=STOCK, category=name)

    def plan(self, at: datetime, act: Callable[..., None], *about: Any) -> None:
        self.number += 1
        heapq.heappush(self.queue, (at, self.number, act, about))

    def due(self, until: datetime) -> bool:
        return bool(self.queue) and self.queue[0][0] <= until

    def next(self) -> tuple[datetime, Callable[[], None]]:
        """The earliest thing that is planned."""
        at, _number, act, about = heapq.heappop(self.queue)
        return at, lambda: self._try(act, at, about)

    def _try(self, act: Callable[..., None], at: datetime, about: tuple[Any, ...]) -> None:
        """What is refused is counted by its code, and leads nowhere."""
        try:
            act(at, *about)
        except ReturnRefused as error:
            self.refused.update(f"{act.__name__.strip('_')}: {one.code}" for one in error.refusals)
        except CaseClosed:
            self.refused[f"{act.__name__.strip('_')}: closed"] += 1

    def delivered(self, order_id: str, at: datetime) -> None:
        """A parcel has come: perhaps something goes back. Drawn once for each order."""
        dice = self.dice(order_id)
        if dice.random() >= SHARE or any(order_id in about for _at, _n, _act, about in self.queue):
            return
        kind = dice.choices(list(LIVES), list(LIVES.values()))[0]
        self.plan(at + dice.uniform(0.3, 34) * DAY, getattr(self, f"_{kind}"), order_id)

    # the shopper

    def _return(self, at: datetime, order_id: str) -> None:
        order, dice = find_order(source=SOURCE, external_id=order_id), self.dice("return", order_id)
        lines = list(OrderLine.objects.filter(order=order).order_by("position"))
        chosen = dice.sample(lines, dice.randint(1, len(lines)))
        wishes = [self._wish(order, line, at, dice) for line in chosen]
        case = services.request_return(order=order, wishes=wishes, way=Way.OWN, at=at, by=SHOPPER)
        self.counts["returns"] += 1
        self._go(case, at, dice)
        if dice.random() < 0.1:  # a second return of the same lines: refused, or of what is left
            self.plan(at + 2 * DAY, self._return, order_id)

    def _wish(self, order: Order, line: OrderLine, at: datetime, dice: random.Random) -> Wish:
        reason = dice.choice(FAULTS if dice.random() < 0.2 else WISHES)
        decided = decisions_of(order=order, today=at.astimezone(ZONE).date(), reason=reason)[line.pk]
        offers = [offer.outcome for offer in decided.offers if offer.is_open] or [Outcome.REFUND]
        outcome = dice.choice(offers)
        targets = targets_of(order_line=line) if outcome == Outcome.EXCHANGE else []
        if outcome == Outcome.EXCHANGE and not targets:
            outcome = Outcome.REFUND
        units = dice.randint(1, line.quantity + (dice.random() < 0.03))  # now and then more than was bought
        return Wish(line.public_id, units, reason, outcome, target=targets[0].key if targets else "")

    def _go(self, case: Return, at: datetime, dice: random.Random) -> None:
        """What becomes of it: called off, forgotten, or sent."""
        drawn = dice.random()
        if drawn < 0.06:
            self.plan(at + dice.uniform(0.1, 3) * DAY, self._cancel, case.pk)
        elif drawn > 0.1:
            self.plan(at + dice.uniform(0.2, 12) * DAY, self._send, case.pk)

    def _cancel(self, at: datetime, case_id: int) -> None:
        services.cancel_return(case=Return.objects.get(pk=case_id), at=at, by=SHOPPER)
        self.counts["cancelled"] += 1

    def _send(self, at: datetime, case_id: int) -> None:
        case, dice = Return.objects.get(pk=case_id), self.dice("send", case_id)
        number = f"BACK{case_id:09d}"
        if case.state not in (ReturnState.APPROVED, ReturnState.LABELLED, ReturnState.EXPIRED):
            return
        if case.state != ReturnState.EXPIRED:
            services.tell_parcel(case=case, carrier="Correios", tracking_number=number, at=at)
        came = at + dice.uniform(1, 9) * DAY
        for moment, status in ((at + DAY / 4, ShipmentStatus.PICKED_UP), (came, ShipmentStatus.DELIVERED)):
            for _again in range(1 + (dice.random() < 0.2)):  # now and then told twice
                self.plan(moment, self._scan, number, status, moment)
        self.plan(came + dice.uniform(0.1, 2) * DAY, self._unpack, case_id)

    def _scan(self, at: datetime, number: str, status: ShipmentStatus, moment: datetime) -> None:
        scan = IncomingScan(status, moment, raw_code=status.value)
        record_scans(news=IncomingTracking("correios", (scan,), tracking_number=number, carrier="Correios", told_at=at), at=at)

    # the warehouse

    def _unpack(self, at: datetime, case_id: int) -> None:
        case, dice = Return.objects.get(pk=case_id), self.dice("unpack", case_id)
        found = {}
        for line in ReturnLine.objects.filter(case=case).exclude(outcome__in=[Outcome.KEEP, Outcome.DONATE]):
            units = line.quantity - (dice.random() < 0.05)
            found[line.pk] = Unpacked(max(units, 0), dice.choices(list(Condition), [70, 15, 7, 5, 3])[0])
        services.receive_return(case=case, lines=found, at=at, by=STAFF)
        for line in ReturnLine.objects.filter(pk__in=found):
            self.came[line.order_line_id] += found[line.pk].quantity
        self.counts["unpacked"] += 1
        self.plan(at + dice.uniform(0.05, 3) * DAY, self._inspect, case_id)

    def _inspect(self, at: datetime, case_id: int) -> None:
        case = Return.objects.get(pk=case_id)
        verdicts = {}
        for line in ReturnLine.objects.filter(case=case):
            taken = line.quantity_received if line.outcome not in (Outcome.KEEP, Outcome.DONATE) else line.quantity
            accepted = 0 if line.condition == Condition.WRONG else taken
            cut = round_amount(line.amount * Decimal("0.3"), case.currency) if line.condition == Condition.USED else Decimal(0)
            verdicts[line.pk] = Verdict(
                accepted,
                line.condition in (Condition.NEW, Condition.OPENED),
                cut,
                "worn" if cut else "not ours" if accepted < taken else "",
            )
        self._shelve(units_to_restock(case=services.inspect_return(case=case, lines=verdicts, at=at, by=STAFF)))
        self.counts["inspected"] += 1

    # faults, withdrawals, and refunds nobody asked for

    def _claim(self, at: datetime, order_id: str) -> None:
        order, dice = find_order(source=SOURCE, external_id=order_id), self.dice("claim", order_id)
        lines = list(OrderLine.objects.filter(order=order).order_by("position"))
        line = dice.choice(lines)
        problem = dice.choice([Problem.DAMAGED, Problem.WRONG, Problem.MISSING])
        wanted = dice.choice([Outcome.REFUND, Outcome.REPLACEMENT])
        claim = services.open_claim(order=order, lines={line.public_id: 1}, problem=problem, wanted=wanted, note="", at=at, by=SHOPPER)
        self.counts["claims"] += 1
        self.plan(at + dice.uniform(0.1, 2) * DAY, self._decide, claim.pk)

    def _decide(self, at: datetime, claim_id: int) -> None:
        claim, dice = Claim.objects.get(pk=claim_id), self.dice("decide", claim_id)
        drawn = dice.random()
        if drawn < 0.1:
            services.decline_claim(claim=claim, reason="It left our house whole.", next_best="ask", at=at, by=STAFF)
        elif drawn < 0.2:
            services.withdraw_claim(claim=claim, at=at)
        else:
            resolution = Outcome(claim.wanted or Outcome.REFUND)
            needs_goods = dice.random() < 0.3
            services.approve_claim(claim=claim, resolution=resolution, needs_goods=needs_goods, at=at, by=STAFF)
            case = Claim.objects.get(pk=claim_id).case
            if case is not None:
                self.plan(at + dice.uniform(0.2, 9) * DAY, self._send, case.pk)

    def _withdrawal(self, at: datetime, order_id: str) -> None:
        order, dice = find_order(source=SOURCE, external_id=order_id), self.dice("withdrawal", order_id)
        told = order if dice.random() < 0.8 else None
        row = services.declare_withdrawal(
            order=told, name="Ana", order_number=order.number, email=order.email, scope="", lines={}, language="pt-br", at=at
        )
        self.counts["withdrawals"] += 1
        if told is None:
            row = services.match_withdrawal(withdrawal=row, order=order, at=at + DAY / 2, by=STAFF)
        if row.case_id is not None:
            self.plan(at + dice.uniform(0.6, 10) * DAY, self._send, row.case_id)
        elif row.state != WithdrawalState.UNFOUNDED:
            self.plan(at + 2 * DAY, self._reject, row.pk)

    def _reject(self, at: datetime, withdrawal_id: int) -> None:
        row = Withdrawal.objects.get(pk=withdrawal_id)
        services.withdrawal_unfounded(withdrawal=row, reason="It was stated after the last day.", at=at, by=STAFF)

    def _unasked(self, at: datetime, order_id: str) -> None:
        """The shop gives something back without being asked."""
        order = find_order(source=SOURCE, external_id=order_id)
        left = order.paid_total - order.refunded_total
        amount = round_amount(min(left, Decimal("5.55")), "BRL")
        if amount > 0:
            id = f"kind-{order_id}"
            self.unasked[id] = amount
            record_refund(order=order, refund=IncomingRefund(id, amount, at, note="Sorry"), at=at)

    # the shop

    def answer(self, at: datetime) -> int:
        """Do what the shop was asked for since the last round: by answer, by news, by both, in either order, sometimes only at the second try."""
        done = 0
        for money in MoneyBack.objects.filter(state=MoneyState.ASKED).select_related("order").order_by("pk"):
            done += self._pay(money, at)
        for row in Exchange.objects.filter(state=ExchangeState.ASKED, error="").select_related("order", "product").order_by("pk"):
            done += self._send_instead(row, at)
        return done

    def _pay(self, money: MoneyBack, at: datetime) -> int:
        dice = self.dice("pay", money.pk, money.stage)
        if money.public_id not in self.paid and money.public_id not in self.credited and dice.random() < 0.1:
            key = f"failed-{money.public_id}"
            if key not in self.unasked:  # the first try fails
                self.unasked[key] = Decimal(0)
                services.money_failed(money=money, error="The payment provider is away.", at=at)
                self.plan(at + DAY / 3, self._ask_again, money.pk)
                return 1
        self._put_back(money)
        if money.way == MoneyWay.CREDIT:
            self.credited[money.public_id] = money.amount
            services.money_sent(money=money, external_id=f"credit-{money.pk}", credit_code=f"C{money.pk}", at=at)
            return 1
        self.paid[money.public_id] = money.amount
        id, order, news_first = f"refund-{money.pk}", money.order, dice.random() < 0.5
        lines = {OrderLine.objects.get(pk=line).external_id: units for line, units in money.lines.items()}
        refund = IncomingRefund(id, money.amount, at, lines=lines)
        if news_first:
            record_refund(order=order, refund=refund, at=at)
            return 1
        services.money_sent(money=money, external_id=id, at=at)
        record_refund(order=Order.objects.get(pk=order.pk), refund=refund, at=at)
        return 1

    def _put_back(self, money: MoneyBack) -> None:
        self._shelve({int(line): units for line, units in money.restock.items()})

    def _shelve(self, units: Mapping[int, int]) -> None:
        """What the shop is told to put on its shelf again, with the money or without any."""
        for line in OrderLine.objects.filter(pk__in=units).select_related("product"):
            if line.product is not None:
                self.shelf[line.product.external_id] += units[line.pk]

    def _ask_again(self, at: datetime, money_id: int) -> None:
        services.ask_money(money=MoneyBack.objects.get(pk=money_id), at=at)

    def _send_instead(self, row: Exchange, at: datetime) -> int:
        """A new order in the shop's books, sent two days later, there after five."""
        external, product = f"exchange-{row.pk}", row.product
        if product is not None:
            self.shelf[product.external_id] -= row.quantity
        services.exchange_ordered(exchange=row, external_id=external, at=at)
        record_order(incoming=self._free_order(row, external, at), at=at)
        self.counts["exchanges"] += 1
        for days, status in ((2, ShipmentStatus.IN_TRANSIT), (5, ShipmentStatus.DELIVERED)):
            self.plan(at + days * DAY, self._ship, external, status)
        return 1

    def _free_order(self, row: Exchange, external: str, at: datetime) -> IncomingOrder:
        price = max(row.difference, Decimal(0))
        line = IncomingLine(
            "1", row.title, row.quantity, price / row.quantity, price, product_external_id=row.product.external_id if row.product else ""
        )
        paid = (IncomingPayment("1", "Credit card", price, paid_at=at),) if price else ()
        return IncomingOrder(
            source=SOURCE,
            external_id=external,
            number=external,
            currency=row.currency,
            placed_at=at,
            updated_at=at,
            lines=(line,),
            subtotal=price,
            total=price,
            email=row.order.email,
            payment_state=PaymentState.PAID,
            is_confirmed=True,
            payments=paid,
            shipping_address=Address(**row.order.shipping_address),
        )

    def _ship(self, at: datetime, external: str, status: ShipmentStatus) -> None:
        came = at if status == ShipmentStatus.DELIVERED else None
        parcel = IncomingShipment(
            SOURCE,
            "1",
            external,
            at,
            status=status,
            carrier="Correios",
            tracking_number=f"EX{external[9:]:0>11}",
            shipped_at=at,
            delivered_at=came,
        )
        record_shipment(incoming=parcel, at=at)

    # the books

    def verdict(self, merchant_id: int) -> dict[str, object]:
        """Our rows beside the shop's books. Every difference has to be zero."""
        with merchant_scope(merchant_id):
            self.differences = self._differences()
            return {
                "cases": dict(self.counts),
                "refused": dict(self.refused),
                "states": dict(Counter(Return.objects.values_list("state", flat=True).iterator())),
                "claim_states": dict(Counter(Claim.objects.values_list("state", flat=True).iterator())),
                "withdrawal_states": dict(Counter(Withdrawal.objects.values_list("state", flat=True).iterator())),
                "exchange_states": dict(Counter(Exchange.objects.values_list("state", flat=True).iterator())),
                "differences": self.differences,
            }

    def _differences(self) -> dict[str, str | int]:
        sent = {way: dict(MoneyBack.objects.filter(way=way, state=MoneyState.SENT).values_list("public_id", "amount")) for way in MoneyWay}
        refunded = sum(Order.objects.values_list("refunded_total", flat=True).iterator(), Decimal(0))
        books = sum(self.paid.values(), Decimal(0)) + sum(self.unasked.values(), Decimal(0))
        return {
            "refunds_the_shop_sent_and_we_did_not_note": _apart(self.paid, sent[MoneyWay.ORIGINAL]),
            "credits_the_shop_gave_and_we_did_not_note": _apart(self.credited, sent[MoneyWay.CREDIT]),
            "refunded_total_less_the_shops_books": str(refunded - books),
            "orders_refunded_beyond_what_was_paid": sum(
                1 for paid, back in Order.objects.values_list("paid_total", "refunded_total").iterator() if back > paid
            ),
            "units": self._units(),
            "stock": self._stock(),
            "moneys_open": MoneyBack.objects.exclude(state__in=[MoneyState.SENT, MoneyState.CANCELLED]).count(),
            "returns_open": Return.objects.exclude(state__in=ENDED).count(),
        }

    def _units(self) -> int:
        """Lines of which more went back than was bought, or of which another number was noted than the warehouse unpacked."""
        noted: Counter[int] = Counter()
        for line, units in ReturnLine.objects.values_list("order_line_id", "quantity_received").iterator():
            noted[line] += units
        bought = dict(OrderLine.objects.filter(pk__in=noted).values_list("pk", "quantity"))
        wrong = {line for line in noted | self.came if noted[line] != self.came[line]}
        return len(wrong | {line for line, units in noted.items() if units > bought[line]})

    def _stock(self) -> int:
        """Products whose shelf is not what our rows make of it: begun with, sent out instead, put back."""
        ours: Counter[str] = Counter()
        gone = Exchange.objects.exclude(ordered_at=None).exclude(product=None)
        for product, units in gone.values_list("product__external_id", "quantity").iterator():
            ours[product] -= units
        back = ReturnLine.objects.filter(restocked_at__isnull=False).exclude(order_line__product=None)
        for product, units in back.values_list("order_line__product__external_id", "quantity_accepted").iterator():
            ours[product] += units
        return sum(1 for product in {*ours, *self.shelf} if STOCK + ours[product] != self.shelf[product])


def _apart(mine: dict[str, Decimal], theirs: dict[str, Decimal]) -> int:
    """Entries that only one of two books has, or that differ in their amount."""
    return sum(1 for key in {*mine, *theirs} if mine.get(key) != theirs.get(key))
