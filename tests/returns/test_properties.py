"""Whatever is asked, told and decided in whatever order: no more comes back than was bought, no more is paid back than was paid."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merchants.models import Merchant
from orders.models import Order, OrderLine
from orders.services import OrderRefused
from returns.models import Claim, ClaimLine, Exchange, MoneyBack, Return, ReturnLine
from returns.rules.states import GONE
from returns.services import (
    CaseClosed,
    ReturnRefused,
    answer_return,
    approve_claim,
    approve_return,
    arrive,
    ask_money,
    ask_return,
    cancel_return,
    claim_repaired,
    decline_return,
    exchange_delivered,
    exchange_ordered,
    hand_over,
    inspect_return,
    match_refund,
    money_failed,
    money_sent,
    open_claim,
    receive_return,
    release_exchange,
    request_return,
    sweep_returns,
)
from returns.types import Outcome, Unpacked, Verdict, Way, Wish
from tests.returns.stage import ASKED, DAY, SHOPPER, STAFF, bought, line_of, offer_all, shirt, shop_refunds

pytestmark = pytest.mark.django_db
REFUSED = (ReturnRefused, CaseClosed, OrderRefused)
STEPS = (
    "ask", "ask", "ask", "claim", "approve", "decline", "cancel", "question", "answer", "hand_over", "arrive", "receive", "receive",
    "inspect", "inspect", "sent", "sent", "failed", "again", "refund", "release", "ordered", "delivered", "grant", "grant", "repaired",
    "sweep",
)  # fmt: skip
step = st.tuples(st.sampled_from(STEPS), st.integers(0, 5), st.integers(0, 4), st.sampled_from([one.value for one in Outcome]))


class World:
    """One order and everything that may happen to it; `n` picks a row, `k` an amount of units."""

    def __init__(self, order: Order) -> None:
        self.order, self.at, self.refunds = order, ASKED, 0
        self.lines = [line_of(order, "L1"), line_of(order, "L2")]

    def do(self, name: str, n: int, k: int, outcome: str) -> None:
        self.at += timedelta(hours=7)
        work: Callable[..., Any] = getattr(self, name)
        with suppress(*REFUSED), transaction.atomic():
            work(n, k, outcome)

    def pick(self, model: Any, n: int) -> Any:
        rows = list(model.objects.order_by("pk"))
        if not rows:
            raise CaseClosed("none")
        return rows[n % len(rows)]

    def ask(self, n: int, k: int, outcome: str) -> None:
        line = self.lines[n % 2]
        target = f"variant:{line.product.variants.order_by('rank')[k % 3].pk}" if outcome == "exchange" and line.product else ""
        reason = "faulty" if n > 3 else "too_small"
        wanted = [Wish(line.public_id, k, reason, Outcome(outcome), target=target)]
        request_return(order=self.order, wishes=wanted, way=Way.OWN, at=self.at, by=STAFF if k == 3 else SHOPPER)

    def claim(self, n: int, k: int, outcome: str) -> None:
        problem = ("damaged", "wrong", "missing")[n % 3]
        ids = {self.lines[n % 2].public_id: k}
        open_claim(order=self.order, lines=ids, problem=problem, wanted="", note="", at=self.at, by=SHOPPER)

    def grant(self, n: int, k: int, outcome: str) -> None:
        amount = Decimal(10 * k) if k else None
        approve_claim(claim=self.pick(Claim, n), resolution=outcome, amount=amount, needs_goods=n % 2 == 0, at=self.at, by=STAFF)

    def repaired(self, n: int, k: int, outcome: str) -> None:
        claim_repaired(claim=self.pick(Claim, n), at=self.at, by=STAFF)

    def approve(self, n: int, k: int, outcome: str) -> None:
        approve_return(case=self.pick(Return, n), at=self.at, by=STAFF)

    def decline(self, n: int, k: int, outcome: str) -> None:
        decline_return(case=self.pick(Return, n), reason="No.", at=self.at, by=STAFF)

    def cancel(self, n: int, k: int, outcome: str) -> None:
        cancel_return(case=self.pick(Return, n), at=self.at, by=SHOPPER)

    def question(self, n: int, k: int, outcome: str) -> None:
        ask_return(case=self.pick(Return, n), question="Why?", at=self.at, by=STAFF)

    def answer(self, n: int, k: int, outcome: str) -> None:
        answer_return(case=self.pick(Return, n), text="So.", at=self.at)

    def hand_over(self, n: int, k: int, outcome: str) -> None:
        hand_over(case=self.pick(Return, n), at=self.at, by=STAFF)

    def arrive(self, n: int, k: int, outcome: str) -> None:
        arrive(case=self.pick(Return, n), at=self.at, by=STAFF)

    def receive(self, n: int, k: int, outcome: str) -> None:
        case = self.pick(Return, n)
        found = {line.pk: Unpacked(min(k, line.quantity) if k else line.quantity) for line in case.lines.all()}
        receive_return(case=case, lines=found, at=self.at, by=STAFF)

    def inspect(self, n: int, k: int, outcome: str) -> None:
        case = self.pick(Return, n)
        verdicts = {
            line.pk: Verdict(min(k, line.quantity_received) if k else line.quantity_received, deduction=Decimal(n % 2), note="seen")
            for line in case.lines.all()
        }
        inspect_return(case=case, lines=verdicts, at=self.at, by=STAFF)

    def sent(self, n: int, k: int, outcome: str) -> None:
        money = self.pick(MoneyBack, n)
        money_sent(money=money, external_id=f"M{money.pk}" if k else "", at=self.at)

    def failed(self, n: int, k: int, outcome: str) -> None:
        money_failed(money=self.pick(MoneyBack, n), error="no", at=self.at)

    def again(self, n: int, k: int, outcome: str) -> None:
        ask_money(money=self.pick(MoneyBack, n), at=self.at)

    def refund(self, n: int, k: int, outcome: str) -> None:
        """The shop tells of what it was asked for; or, as long as there is enough, of some goodwill of its own."""
        self.order.refresh_from_db()
        self.refunds += 1
        open_ = MoneyBack.objects.filter(refund=None, way="original").exclude(state="cancelled").order_by("pk").first()
        if open_ is None:
            return
        refund = shop_refunds(self.order, str(open_.amount), id=f"M{open_.pk}" if k else f"S{self.refunds}", at=self.at)
        match_refund(refund_id=refund.pk, at=self.at)

    def release(self, n: int, k: int, outcome: str) -> None:
        release_exchange(exchange=self.pick(Exchange, n), at=self.at, by=STAFF)

    def ordered(self, n: int, k: int, outcome: str) -> None:
        exchange_ordered(exchange=self.pick(Exchange, n), external_id=f"E{n}", at=self.at)

    def delivered(self, n: int, k: int, outcome: str) -> None:
        exchange_delivered(exchange=self.pick(Exchange, n), at=self.at)

    def sweep(self, n: int, k: int, outcome: str) -> None:
        self.at += k * 10 * DAY
        sweep_returns(now=self.at)

    def holds(self) -> None:
        """What must be true after every step."""
        self.order.refresh_from_db()
        for line in OrderLine.objects.filter(order=self.order):
            lines = ReturnLine.objects.filter(order_line=line).exclude(case__state__in=GONE)
            came = lines.aggregate(all=Sum("quantity_received", default=0))["all"]
            paid = ClaimLine.objects.filter(
                order_line=line, claim__case=None, claim__state__in=["approved", "resolved"], claim__resolution__in=["refund", "credit"]
            ).aggregate(all=Sum("quantity", default=0))["all"]
            assert came + paid <= line.quantity
        assert not ReturnLine.objects.filter(quantity_received__gt=F("quantity")).exists()
        promised = MoneyBack.objects.exclude(state="cancelled").aggregate(all=Sum(F("amount") - F("bonus"), default=Decimal(0)))["all"]
        assert promised <= self.order.paid_total
        assert not MoneyBack.objects.exclude(currency=self.order.currency).exists()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(step, min_size=5, max_size=25))
def test_received_and_refunded_never_exceed_bought_and_paid(in_acme: Merchant, steps: list[tuple[str, int, int, str]]) -> None:
    point = transaction.savepoint()
    try:
        offer_all()
        shirt()
        world = World(bought())
        for name, n, k, outcome in steps:
            world.do(name, n, k, outcome)
            world.holds()
    finally:
        transaction.savepoint_rollback(point)


def test_the_world_reaches_far_enough_to_prove_something(in_acme: Merchant) -> None:
    """The same steps in a good order do lead to goods received and money sent."""
    offer_all()
    shirt()
    world = World(bought())
    for name in ("ask", "hand_over", "arrive", "receive", "inspect", "refund"):
        world.do(name, 0, 1, "refund")
        world.holds()
    assert MoneyBack.objects.get().state == "sent"
