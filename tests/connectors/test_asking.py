"""The shop is asked for money at most once per row, whatever crashes, and the case learns what came of it."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.db import connections

from connectors.models import Command, Connection
from connectors.services import ask_for_money, rerun_command
from connectors.services import doing as service
from core.http import Response, Transient
from dashboard.selectors import dead_rows
from events.models import Event, Work
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from orders.models import Order, Refund
from orders.services import record_refund
from orders.types import IncomingRefund
from returns.models import MoneyBack
from returns.services import ask_money, drop_money, money_failed
from returns.types import MoneyState
from tests.connectors.asked import LATER, SHOP, Shopify, command, drain, make_due, money, open_shop, owed, road
from tests.connectors.vendors import answer
from tests.returns.stage import STAFF


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shopify:
    made = Shopify()
    monkeypatch.setattr(service, "send", made.send)
    return made


@pytest.fixture
def asked(acme: Merchant, shop: Shopify) -> MoneyBack:
    """Shopify is connected, and 49.00 are to go back."""
    open_shop(acme, "shopify")
    return owed(acme, "shopify")


def test_money_that_is_asked_for_is_sent_once(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    road()
    row, back = command(acme), money(acme)
    assert (row.kind, row.key, row.state, row.external_id, row.outcome, row.attempts) == (
        "refund", asked.public_id, Work.DONE, "900", "done", 1,
    )  # fmt: skip
    assert row.asked_at is not None
    assert row.finished_at is not None
    assert (back.state, back.external_id, back.sent_at) == (MoneyState.SENT, "900", LATER)
    assert len(shop.asked) == 2
    make_due(acme)
    road()
    with merchant_scope(acme.pk):
        ask_for_money(money_id=asked.pk, at=LATER)
    assert (drain(), len(shop.asked), len(shop.refunds)) == (0, 2, 1)


def test_without_a_shop_that_can_be_asked_nothing_is_asked(acme: Merchant, shop: Shopify) -> None:
    open_shop(acme, "shopify", key="")
    open_shop(acme, "17track", account="")
    owed(acme, "shopify")
    road()
    with merchant_scope(acme.pk):
        assert not Command.objects.exists()
    assert (shop.asked, money(acme).state) == ([], MoneyState.ASKED)


def test_another_shops_orders_are_not_asked_of_it(acme: Merchant, shop: Shopify) -> None:
    open_shop(acme, "shopify")
    owed(acme, "api")
    road()
    assert (shop.asked, money(acme).state) == ([], MoneyState.ASKED)


def test_an_answer_lost_on_its_way_is_found_at_the_shop(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    shop.loses = "refundCreate"
    road()
    row = command(acme)
    assert (row.state, row.attempts, row.last_error) == (Work.READY, 1, "shop.example: took too long")
    with merchant_scope(acme.pk), database.cursor() as cursor:
        cursor.execute("select due_at - statement_timestamp() from connectors_command")
        assert cursor.fetchone()[0] > timedelta(seconds=110)  # by then the shop shows what it has done
    make_due(acme)
    drain()
    assert (len(shop.refunds), money(acme).state, money(acme).external_id) == (1, MoneyState.SENT, "900")


def test_a_crash_between_the_call_and_its_record_sends_nothing_twice(
    acme: Merchant, shop: Shopify, asked: MoneyBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crash:
        crash.setattr(service, "_record", lambda job, clock: None)
        road()
    assert (command(acme).state, len(shop.refunds), money(acme).state) == (Work.RUNNING, 1, MoneyState.ASKED)
    make_due(acme)
    assert drain() == 1
    assert (len(shop.refunds), money(acme).state, command(acme).state, command(acme).crashes) == (1, MoneyState.SENT, Work.DONE, 1)


def test_who_lost_the_lease_records_nothing(acme: Merchant, shop: Shopify, asked: MoneyBack, monkeypatch: pytest.MonkeyPatch) -> None:
    record = service._record

    def late(job: Any, clock: Any) -> None:
        with merchant_scope(acme.pk):
            Command.objects.update(fence=99)
        record(job, clock)

    with monkeypatch.context() as slow:
        slow.setattr(service, "_record", late)
        road()
    assert (len(shop.refunds), money(acme).state, command(acme).external_id) == (1, MoneyState.ASKED, "")
    make_due(acme)
    drain()
    assert (len(shop.refunds), money(acme).state) == (1, MoneyState.SENT)


def test_two_workers_at_once_ask_once(real_commits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=LATER)
    shop = Shopify()
    monkeypatch.setattr(service, "send", shop.send)
    open_shop(merchant, "shopify")
    row = owed(merchant, "shopify")
    with merchant_scope(merchant.pk):
        ask_for_money(money_id=row.pk, at=LATER)
    claimed: list[int] = []

    def work() -> None:
        claimed.append(drain())
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(claimed), len(shop.refunds), money(merchant).state) == ([0, 0, 0, 1], 1, MoneyState.SENT)


def test_what_the_shop_refuses_is_told_in_its_words_and_asked_anew(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    shop.errors = [{"field": ["input"], "message": "Refund amount <b>exceeds</b> what is left."}]
    road()
    assert (money(acme).state, money(acme).error) == (MoneyState.FAILED, "Refund amount exceeds what is left.")
    row = command(acme)
    assert (row.state, row.outcome, row.round, row.external_id) == (Work.DONE, "Refund amount exceeds what is left.", 1, "")
    with merchant_scope(acme.pk):
        assert ask_for_money(money_id=asked.pk, at=LATER) is None  # the same event again asks nothing anew
        shop.errors = []
        ask_money(money=asked, at=LATER)
    road()
    assert (money(acme).state, command(acme).round) == (MoneyState.SENT, 2)
    assert [body["variables"]["key"] for body in shop.bodies if "key" in body["variables"]] == [
        f"{asked.public_id}-1",
        f"{asked.public_id}-2",
    ]


@pytest.mark.parametrize(
    "told", [answer({}, 401), answer({}, 403), {"errors": [{"message": "No.", "extensions": {"code": "ACCESS_DENIED"}}]}]
)
def test_a_key_that_is_not_accepted_shows_at_the_connection(acme: Merchant, shop: Shopify, asked: MoneyBack, told: Any) -> None:
    shop.told = told
    road()
    assert money(acme).error == "The shop does not accept our key. Enter a new one at its connection, then ask again."
    assert command(acme).connection.trouble.startswith("The shop does not accept our key.")
    shop.told = None
    with merchant_scope(acme.pk):
        ask_money(money=asked, at=LATER)
    road()
    assert (money(acme).state, command(acme).connection.trouble) == (MoneyState.SENT, "")


@pytest.mark.parametrize("told", [answer({}, 500), answer({}, 429, retry_after="300"), {"errors": [{"extensions": {"code": "THROTTLED"}}]}])
def test_a_bad_moment_is_tried_again_later(acme: Merchant, shop: Shopify, asked: MoneyBack, told: Any) -> None:
    shop.told = told
    road()
    assert (command(acme).state, money(acme).state) == (Work.READY, MoneyState.ASKED)
    shop.told = None
    make_due(acme)
    drain()
    assert money(acme).state == MoneyState.SENT


def test_what_fails_eight_times_is_given_up_shown_and_can_be_run_again(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    shop.told = answer({}, 502)
    road()
    for _ in range(8):
        make_due(acme)
        drain()
    row = command(acme)
    assert (row.state, row.attempts, money(acme).state) == (Work.DEAD, 8, MoneyState.FAILED)
    assert money(acme).error == "The shop did not answer. Look there whether it was done before you ask again."
    with merchant_scope(acme.pk):
        (dead,) = dead_rows()
        assert (dead.key, dead.what, dead.about) == (f"command:{row.pk}", "Send money back", "1001, shopify")
        shop.told = None
        assert rerun_command(command_id=row.pk, at=LATER) is True
        assert rerun_command(command_id=row.pk, at=LATER) is False
    road()
    assert (money(acme).state, len(shop.refunds), command(acme).round) == (MoneyState.SENT, 1, 1)


def test_what_was_called_off_before_is_not_asked_for(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    with merchant_scope(acme.pk):
        ask_for_money(money_id=asked.pk, at=LATER)
        money_failed(money=asked, error="by hand", at=LATER)
        drop_money(money=asked, at=LATER, by=STAFF)
    assert drain() == 1
    assert (shop.asked, command(acme).state, command(acme).outcome) == ([], Work.DONE, "not needed any more")


def test_a_connection_turned_off_meanwhile_fails_at_once(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    with merchant_scope(acme.pk):
        ask_for_money(money_id=asked.pk, at=LATER)
        Connection.objects.update(is_active=False)
    drain()
    assert (shop.asked, money(acme).state, money(acme).error) == ([], MoneyState.FAILED, "The connection is off, or has no key.")


def test_an_answer_nobody_understands_is_looked_at_again(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    shop.told = {"data": {"order": [], "location": 5}}
    road()
    assert command(acme).state in (Work.READY, Work.DONE)
    assert shop.refunds == []


def test_two_merchants_keys_and_money_stay_apart(acme: Merchant, borealis: Merchant, shop: Shopify) -> None:
    open_shop(acme, "shopify")
    open_shop(borealis, "shopify", account="borealis.myshopify.com", key="shpat_borealis")
    owed(acme, "shopify")
    owed(borealis, "shopify")
    road()
    pairs = {(request.url.split("/")[2], request.headers["X-Shopify-Access-Token"]) for request in shop.asked}
    assert pairs == {(SHOP, "shpat_acme-token"), ("borealis.myshopify.com", "shpat_borealis")}
    assert (money(acme).external_id, money(borealis).external_id) == ("900", "901")
    with merchant_scope(borealis.pk):
        assert rerun_command(command_id=command_id(acme, borealis), at=LATER) is False


def command_id(acme: Merchant, borealis: Merchant) -> int:
    return Command.all_merchants.exclude(merchant=borealis).values_list("pk", flat=True).first() or 0


def told_refund(amount: str, id: str, lines: dict[str, int] | None = None) -> Refund:
    told = IncomingRefund(external_id=id, amount=Decimal(amount), refunded_at=LATER, lines=lines or {})
    row = record_refund(order=Order.objects.get(external_id="450"), refund=told, at=LATER)
    assert row is not None
    return row


def test_the_shops_own_word_of_our_refund_finds_it(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    road()
    with merchant_scope(acme.pk):
        refund = told_refund("49.00", "900", {"11": 1})
    road()
    assert money(acme).refund_id == refund.pk
    with merchant_scope(acme.pk):
        assert Event.objects.filter(type="returns.money.sent").count() == 1


def test_a_word_that_comes_before_the_answer_finds_it_too(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    with merchant_scope(acme.pk):
        told_refund("49.00", "900", {"11": 1})
    road()
    assert (money(acme).state, money(acme).external_id) == (MoneyState.SENT, "900")
    assert shop.refunds == []


def test_a_refund_nobody_asked_for_changes_nothing_of_ours(acme: Merchant, shop: Shopify, asked: MoneyBack) -> None:
    road()
    with merchant_scope(acme.pk):
        told_refund("12.00", "955")
    road()
    assert (money(acme).refund_id, money(acme).external_id, len(shop.refunds)) == (None, "900", 1)


def test_no_time_left_leaves_the_rest_for_the_next_round(
    acme: Merchant, shop: Shopify, asked: MoneyBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BEGIN", -1.0)
    road()
    assert (shop.asked, command(acme).state, money(acme).state) == ([], Work.READY, MoneyState.ASKED)


def test_a_call_out_of_the_blue_that_fails_is_no_answer(
    acme: Merchant, shop: Shopify, asked: MoneyBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(request: Any, *, limits: Any = None) -> Response:
        raise Transient("shop.example: ConnectionError")

    with monkeypatch.context() as away:
        away.setattr(service, "send", gone)
        road()
    assert (command(acme).last_error, money(acme).state) == ("shop.example: ConnectionError", MoneyState.ASKED)
