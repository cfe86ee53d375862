"""Several shoppers at once: real threads, real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from returns.models import Exchange, MoneyBack, Return
from returns.services import ReturnRefused, money_sent
from tests.conftest import NOW
from tests.factories import incoming_line
from tests.returns.stage import ASKED, DAY, ask, bought, offer_all, shirt, through, wish

WORKERS = 4


def shop() -> Merchant:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        offer_all()
    return merchant


def at_once(merchant: Merchant, work: Callable[[int], object]) -> list[bool]:
    """Who succeeded; the others were refused."""
    start = Barrier(WORKERS)

    def run(number: int) -> bool:
        try:
            start.wait(timeout=120)
            with merchant_scope(merchant.pk):
                work(number)
            return True
        except ReturnRefused:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return sorted(pool.map(run, range(WORKERS)))


def test_of_returns_for_the_last_unit_exactly_one_wins(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        order = bought(lines=(incoming_line(external_id="L1", quantity=1),))
        wanted = wish(order)
    assert at_once(merchant, lambda _: ask(order, wanted)) == [False, False, False, True]
    with merchant_scope(merchant.pk):
        assert Return.objects.count() == 1


def test_of_exchanges_for_the_last_piece_exactly_one_holds_it(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        large = shirt().variants.get(title="L").pk
        orders = [bought(number=str(number), tracking_number=str(number)) for number in range(WORKERS)]
        wishes = [wish(order, outcome="exchange", target=f"variant:{large}") for order in orders]
    assert at_once(merchant, lambda number: ask(orders[number], wishes[number])) == [False, False, False, True]
    with merchant_scope(merchant.pk):
        assert (Return.objects.count(), Exchange.objects.count()) == (1, 1)


def test_money_told_as_sent_by_several_was_sent_once(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        through(ask(bought()))
        money = MoneyBack.objects.get()
    assert at_once(merchant, lambda _: money_sent(money=money, external_id="R1", at=ASKED + 7 * DAY)) == [True] * WORKERS
    with merchant_scope(merchant.pk):
        assert Return.objects.get().changes.filter(step="refunded").count() == 1
