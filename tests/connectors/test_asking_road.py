"""From the case to the shop and back: refunds and orders the shop tells find what was asked, labels are followed."""

import json
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Product, Variant
from connectors.models import Command, Connection
from connectors.services import ask_for_restock, connect, keep_key, keep_options, rerun_command
from connectors.services import doing as service
from connectors.services.connections import BadConnection
from connectors.shops.shopify.doing import gift_code
from connectors.shops.woocommerce import codes
from connectors.shops.woocommerce.parse import parse as woocommerce_parse
from connectors.types import OrderSeen
from core.http import Request, Response
from events.models import Event, Work
from merchants.models import Merchant, unseal
from merchants.scope import merchant_scope
from orders.models import Order, Refund
from returns.models import Exchange, MoneyBack, Return, ReturnPlace
from returns.selectors.units import units_to_restock
from returns.services import ask_label
from returns.types import ExchangeState, MoneyState, Outcome, Way
from tests.connectors.asked import LATER, PAIR, Shopify, WooCommerce, accepted, command, money, open_shop, order_of, owed, road, wish_of
from tests.connectors.conftest import Post, payload
from tests.connectors.test_shop_requests import BOUGHT, MADE
from tests.connectors.vendors import answer
from tests.factories import place_order
from tests.returns.stage import ASKED, STAFF, ask, offer_all, shirt
from tracking.models import Shipment

SECRET = "shared-secret"


def played(monkeypatch: pytest.MonkeyPatch, shop: Any) -> Any:
    monkeypatch.setattr(service, "send", shop.send)
    return shop


def test_shopifys_webhook_of_our_refund_is_joined_to_what_was_asked(acme: Merchant, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = played(monkeypatch, Shopify())
    row = open_shop(acme, "shopify", account="")  # the fixture's calls name no shop
    with merchant_scope(acme.pk):
        Connection.objects.update(account="acme.myshopify.com")
    owed(acme, "shopify")
    road()
    body = {
        "id": int(shop.refunds[0]["legacyResourceId"]),
        "order_id": 450,
        "created_at": "2026-12-02T10:00:00Z",
        "note": shop.refunds[0]["note"],
        "refund_line_items": [{"line_item_id": 11, "quantity": 1}],
        "transactions": [{"kind": "refund", "status": "success", "amount": "49.00", "currency": "EUR"}],
    }
    assert post(row, "refunds/create", body, secret=SECRET, shop="acme.myshopify.com").status_code == 200
    road()
    with merchant_scope(acme.pk):
        refund = Refund.objects.get()
        back = MoneyBack.objects.get()
        assert (refund.external_id, back.refund_id, back.state) == (back.external_id, refund.pk, MoneyState.SENT)
        assert Event.objects.filter(type="returns.money.sent").count() == 1


def test_woocommerces_word_of_our_refund_has_the_id_we_learned(acme: Merchant, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = played(monkeypatch, WooCommerce())
    row = open_shop(acme, "woocommerce", account="", key=PAIR)
    with merchant_scope(acme.pk):
        Connection.objects.update(account="holz.example")
    owed(acme, "woocommerce")
    road()
    assert (money(acme).state, money(acme).external_id, len(shop.refunds)) == (MoneyState.SENT, "900", 1)
    made = shop.refunds[0]
    body = {
        "id": 900, "parent_id": 450, "date_created_gmt": "2026-12-02T10:00:00", "amount": "49.00", "reason": made["reason"],
        "refunded_by": 1, "line_items": [],
    }  # fmt: skip
    assert post(row, codes.REFUND, body, secret=SECRET, shop="https://holz.example/").status_code == 200
    road()
    with merchant_scope(acme.pk):
        refund = Refund.objects.get()
        assert (refund.external_id, MoneyBack.objects.get().refund_id) == ("900", refund.pk)
    told = woocommerce_parse("order.updated", payload("woocommerce/order_updated") | {"refunds": [{"id": 900, "total": "-49.00"}]}, "woo")
    assert isinstance(told, OrderSeen)
    assert [one.external_id for one in told.order.refunds] == ["900"]


def test_credit_becomes_a_gift_card_and_its_code_is_the_shoppers(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = played(monkeypatch, Shopify())
    open_shop(acme, "shopify")
    with merchant_scope(acme.pk):
        offer_all()
        accepted(order_of("shopify"), wish_of("11", outcome=Outcome.CREDIT))
    road()
    back = money(acme)
    assert (back.way, back.amount, back.state, back.external_id) == ("credit", Decimal("53.9000"), MoneyState.SENT, "400")
    assert back.credit_code == gift_code(back.public_id)
    assert [card["note"].endswith(f"[{back.public_id}]") for card in shop.cards] == [True]


def exchanged(acme: Merchant, source: str) -> Exchange:
    """A shirt M to be replaced by one that costs the same."""
    with merchant_scope(acme.pk):
        offer_all()
        product = shirt()
        order = order_of(source)
        variant = Variant.objects.get(external_id="v-S")
        Variant.objects.update(price=Decimal("49.00"))
        Product.objects.filter(pk=product.pk).update(external_id="77")
        Variant.objects.filter(pk=variant.pk).update(external_id="88")
        accepted(order, wish_of("11", outcome=Outcome.EXCHANGE, target=f"variant:{variant.pk}"))
        row: Exchange = Exchange.objects.get()
    return row


@pytest.mark.parametrize(("connector", "key"), [("shopify", "shpat_1"), ("woocommerce", PAIR)])
def test_an_exchange_becomes_an_order_of_the_shop(acme: Merchant, connector: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = played(monkeypatch, Shopify() if connector == "shopify" else WooCommerce())
    open_shop(acme, connector, key=key)
    row = exchanged(acme, connector)
    assert row.state == ExchangeState.ASKED
    road()
    with merchant_scope(acme.pk):
        row = Exchange.objects.get()
        assert (row.state, row.external_id) == (ExchangeState.ORDERED, "7000")
        kinds = Command.objects.order_by("kind").values_list("kind", "state", "external_id")
        assert list(kinds) == [("exchange", "done", "7000"), ("restock", "done", "900")]
        new = place_order(source=connector, external_id="7000", number="1002")  # as the shop's webhook tells it
    road()
    with merchant_scope(acme.pk):
        assert Exchange.objects.get().new_order_id == new.pk
    assert len(shop.orders) == 1


def test_goods_without_money_go_on_the_shelf_once_and_a_no_is_for_staff(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = played(monkeypatch, Shopify(errors=[{"message": "Location is closed"}]))
    open_shop(acme, "shopify")
    exchanged(acme, "shopify")
    road()
    with merchant_scope(acme.pk):
        row = Command.objects.get(kind="restock")
        case = Return.objects.get()
        assert (row.key, row.subject, row.state, row.last_error, row.round) == (
            case.public_id, case.pk, Work.DEAD, "Location is closed", 2,
        )  # fmt: skip
        assert units_to_restock(case=case) == {case.lines.get().order_line_id: 1}
        shop.errors = []
        assert rerun_command(command_id=row.pk, at=LATER)
    service.drain_commands(lambda: LATER)
    with merchant_scope(acme.pk):
        assert (ask_for_restock(return_id=case.pk, at=LATER), len(shop.refunds)) == (row, 1)
        assert Command.objects.values_list("state", "external_id", "round").get(kind="restock") == (Work.DONE, "900", 2)
    assert service.drain_commands(lambda: LATER) == 0


def test_an_exchange_the_shop_refuses_stays_held_and_says_why(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = played(monkeypatch, Shopify(errors=[{"message": "Out of stock"}]))
    open_shop(acme, "shopify")
    exchanged(acme, "shopify")
    road()
    with merchant_scope(acme.pk):
        assert Exchange.objects.values_list("state", "error").get() == (ExchangeState.ASKED, "Out of stock")
    assert shop.orders == []


class Program:
    """The merchant's own program."""

    def __init__(self, *told: Response) -> None:
        self.told = list(told)
        self.asked: list[Request] = []

    def send(self, request: Request, *, limits: Any = None) -> Response:
        self.asked.append(request)
        return self.told.pop(0)


def test_the_own_program_is_asked_where_the_orders_shop_cannot_be(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    program = played(monkeypatch, Program(answer({}, 500), answer({"id": "re_9"})))
    row = open_shop(acme, "webhook", account="https://erp.example/hooks/", key="")
    assert (row.account, unseal(row, "secret")) == ("erp.example/hooks", SECRET)
    owed(acme, "api")
    road()
    with merchant_scope(acme.pk):
        Command.objects.update(due_at="2026-01-01T00:00:00Z")
    service.drain_commands(lambda: LATER)
    assert {request.headers["webhook-id"] for request in program.asked} == {f"refund-{money(acme).public_id}-1"}
    assert [request.url for request in program.asked] == ["https://erp.example/hooks"] * 2
    assert (money(acme).state, money(acme).external_id) == (MoneyState.SENT, "re_9")


def test_what_the_own_program_takes_is_told_later(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, Program(answer(b"", 202)))
    open_shop(acme, "webhook", account="erp.example", key="")
    owed(acme, "api")
    road()
    assert (command(acme).state, money(acme).state) == (Work.DONE, MoneyState.ASKED)


def labelled(acme: Merchant, provider: str, **over: Any) -> Return:
    with merchant_scope(acme.pk):
        offer_all()
        values: dict[str, Any] = {
            "key": "berlin", "name": "Acme", "ways": {"label": "0", "own": "0"}, "provider": provider, "is_default": True,
            "address": {"street": "Lagerweg 2", "city": "Köln", "postcode": "50667", "country": "DE"},
            "instructions": {"en": "Bring it to any post office."}, **over,
        }  # fmt: skip
        ReturnPlace.objects.create(**values)
        order_of("api")
        ask(Order.objects.get(), wish_of("11"), way=Way.LABEL)
        row: Return = Return.objects.get()
    return row


def label_row(acme: Merchant) -> Return:
    with merchant_scope(acme.pk):
        row: Return = Return.objects.select_related("shipment").get()
    return row


def test_a_label_is_bought_once_and_its_parcel_followed(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    program = played(monkeypatch, Program(answer({}, 404), answer(MADE, 201), answer(BOUGHT)))
    maker = open_shop(acme, "easypost", account="", key="EZAK_1234")
    with merchant_scope(acme.pk):
        keep_options(connection=maker, weight_oz=Decimal("16.0"), service="USPS")
    labelled(acme, "easypost")
    road()
    row = label_row(acme)
    assert (row.label_state, row.label_url, row.label_provider_id, row.label_cost) == (
        "ready", "https://easypost-files.example/label.png", "shp_1", Decimal(0),  # in dollars: not the order's currency
    )  # fmt: skip
    assert row.shipment is not None
    assert (row.shipment.direction, row.shipment.tracking_number) == ("back", "9400100000000000000000")
    made = json.loads(program.asked[1].body)["shipment"]
    assert (made["reference"], made["to_address"]["name"], made["from_address"]["company"]) == (row.public_id, "Sam Berg", "Acme")
    with merchant_scope(acme.pk):
        assert Shipment.objects.count() == 1


def test_a_label_that_cannot_be_made_fails_and_can_be_asked_for_again(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, Program(answer({}, 404), answer({}, 404), answer(MADE, 201), answer(BOUGHT)))
    maker = open_shop(acme, "easypost", account="", key="EZAK_1234")
    case = labelled(acme, "easypost")
    road()
    assert (label_row(acme).label_state, label_row(acme).label_error) == (
        "failed", "Enter the usual weight of a return in the connection's settings.",
    )  # fmt: skip
    with merchant_scope(acme.pk):
        keep_options(connection=maker, weight_oz=Decimal(16), service="")
        ask_label(case=case, at=ASKED, by=STAFF)
    road()
    assert (label_row(acme).label_state, command(acme).round) == ("ready", 2)


def test_a_label_maker_nobody_connected_fails_at_once(acme: Merchant) -> None:
    labelled(acme, "easypost")
    road()
    assert label_row(acme).label_error == "No connection can make this label. Connect one, or send your own."
    with merchant_scope(acme.pk):
        assert not Command.objects.exists()


def test_own_instructions_need_no_network(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    program = played(monkeypatch, Program())
    labelled(acme, "own")
    road()
    row = label_row(acme)
    assert (row.label_state, row.way, row.instructions, program.asked) == ("ready", Way.OWN, "Bring it to any post office.", [])


@pytest.mark.parametrize(("connector", "key"), [("woocommerce", "ck_only"), ("woocommerce", "cs_1:ck_2"), ("shopify", "short")])
def test_a_key_no_shop_gives_is_refused(in_acme: Merchant, connector: str, key: str) -> None:
    row, _ = connect(connector=connector, at=ASKED, secret=SECRET)
    with pytest.raises(BadConnection):
        keep_key(connection=row, api_key=key)
    assert Connection.objects.get().api_key == ""


@pytest.mark.parametrize(("weight", "service"), [("0", ""), ("2401", ""), ("16", "a/b/c"), ("16", "x" * 81)])
def test_what_no_label_can_be_made_with_is_refused(in_acme: Merchant, weight: str, service: str) -> None:
    row, _ = connect(connector="easypost", at=ASKED, secret=SECRET)
    with pytest.raises(BadConnection):
        keep_options(connection=row, weight_oz=Decimal(weight), service=service)
    assert Connection.objects.get().options == {}


def test_the_own_programs_connection_needs_an_address_and_hears_nothing(acme: Merchant, post: Post) -> None:
    with merchant_scope(acme.pk):
        with pytest.raises(BadConnection):
            connect(connector="webhook", at=ASKED)
        row, secret = connect(connector="webhook", at=ASKED, account="https://erp.example/hooks")
    assert secret.startswith("whsec_")
    assert post(row, "orders/create", payload("shopify/orders_create"), secret=secret).status_code == 401
