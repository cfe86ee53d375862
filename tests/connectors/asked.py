"""Shops that are only played: they remember what they were asked and what they did, and can lose an answer on its way."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection as database

from connectors.models import Command, Connection
from connectors.services import connect, drain_commands, keep_key
from core.http import Request, Response, Transient
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from returns.models import MoneyBack, Return
from returns.types import Outcome, Wish
from tests.connectors.vendors import answer
from tests.factories import incoming_line
from tests.returns.stage import ASKED, DAY, ask, bought, check, offer_all, unpack

LATER = ASKED + 8 * DAY
SHOP = "acme.myshopify.com"
TOKEN = "shpat_acme-token"
PAIR = "ck_0123456789:cs_0123456789"


@dataclass
class Player:
    """Answers by `play`; loses the answer to a call that `loses` names, after it was carried out."""

    asked: list[Request] = field(default_factory=list)
    loses: str = ""

    def send(self, request: Request, *, limits: Any = None) -> Response:
        self.asked.append(request)
        made = self.play(request)
        if self.loses and self.loses in f"{request.method} {request.url} {(request.body or b'').decode()}":
            self.loses = ""
            raise Transient("shop.example: took too long")
        return made

    def play(self, request: Request) -> Response:
        raise NotImplementedError

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.asked if request.body]


@dataclass
class Shopify(Player):
    refunds: list[dict[str, Any]] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    reach: tuple[str, ...] = ("500.00",)
    errors: list[dict[str, Any]] = field(default_factory=list)
    told: Any = None  # the whole answer, whatever is asked

    def play(self, request: Request) -> Response:
        if self.told is not None:
            return self.told if isinstance(self.told, Response) else answer(self.told)
        body = json.loads(request.body or b"{}")
        query, given = body["query"], body["variables"]
        for name, made in (("refundCreate", self._refund), ("giftCardCreate", self._card), ("orderCreate", self._order)):
            if name in query:
                return answer({"data": {name: {"userErrors": self.errors} if self.errors else {**made(given), "userErrors": []}}})
        suggested = [
            {
                "gateway": "shopify_payments",
                "parentTransaction": {"id": f"gid://shopify/OrderTransaction/{n}"},
                "maximumRefundableSet": {"presentmentMoney": {"amount": reach, "currencyCode": "EUR"}},
            }
            for n, reach in enumerate(self.reach, 1)
        ]
        order = {
            "refunds": self.refunds, "suggestedRefund": {"suggestedTransactions": suggested}, "email": "sam@example.com",
            "currencyCode": "EUR", "customer": {"id": "gid://shopify/Customer/7"},
            "shippingAddress": {"firstName": "Sam", "address1": "Torstraße 1", "city": "Berlin", "countryCodeV2": "DE", "phone": None},
        }  # fmt: skip
        found = {
            "order": order, "location": {"id": "gid://shopify/Location/3"}, "shop": {"currencyCode": "EUR"},
            "giftCards": {"nodes": self.cards}, "orders": {"nodes": self.orders},
            "product": {"variants": {"nodes": [{"id": "gid://shopify/ProductVariant/55"}]}},
        }  # fmt: skip
        return answer({"data": found})

    def _refund(self, given: Any) -> dict[str, Any]:
        made = {"legacyResourceId": str(900 + len(self.refunds)), "note": given["input"]["note"]}
        self.refunds.append(made)
        return {"refund": made}

    def _card(self, given: Any) -> dict[str, Any]:
        self.cards.append({"id": f"gid://shopify/GiftCard/{400 + len(self.cards)}", "note": given["input"]["note"]})
        return {"giftCard": self.cards[-1]}

    def _order(self, given: Any) -> dict[str, Any]:
        self.orders.append({"legacyResourceId": str(7000 + len(self.orders)), "tags": given["order"]["tags"]})
        return {"order": self.orders[-1]}


@dataclass
class WooCommerce(Player):
    refunds: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    told: Response | None = None  # instead of making anything

    def play(self, request: Request) -> Response:
        path = request.url.partition("/wp-json/wc/v3/")[2].partition("?")[0]
        if request.method == "POST" and self.told is not None:
            return self.told
        if path.endswith("/refunds"):
            return self._made(request, self.refunds, 900)
        if path == "orders":
            return self._made(request, self.orders, 7000)
        return answer({"id": 450, "currency": "EUR", "customer_id": 7, "billing": {"city": "Berlin"}, "shipping": {"city": "Berlin"}})

    def _made(self, request: Request, rows: list[dict[str, Any]], first: int) -> Response:
        if request.method == "GET":
            return answer(rows)
        rows.append({"id": first + len(rows), **json.loads(request.body or b"{}")})
        return answer(rows[-1], 201)


def open_shop(merchant: Merchant, connector: str, account: str = SHOP, key: str = TOKEN) -> Connection:
    with merchant_scope(merchant.pk):
        row, _ = connect(connector=connector, at=ASKED, secret="shared-secret", account=account)
        if key:
            keep_key(connection=row, api_key=key)
        row.refresh_from_db()
    return row


def order_of(source: str, **over: Any) -> Order:
    """An order of the shop's, with ids as shops give them."""
    lines = (
        incoming_line(external_id="11", variant_title="M", sku="SHIRT-M", quantity=3, product_external_id="shirt"),
        incoming_line(external_id="12", title="Leather belt", sku="BELT", unit_price=Decimal("29.90")),
    )
    return bought(source=source, external_id="450", lines=lines, **over)


def accepted(order: Order, *wishes: Any, is_resellable: bool = True) -> Return:
    """A return that came and was accepted: the shop is to be asked."""
    return check(unpack(ask(order, *wishes)), is_resellable=is_resellable)


def owed(merchant: Merchant, source: str) -> MoneyBack:
    """One shirt's money on its way back, 49.00."""
    with merchant_scope(merchant.pk):
        offer_all()
        accepted(order_of(source), wish_of("11"))
        row: MoneyBack = MoneyBack.objects.get()
    return row


def wish_of(line: str, **over: Any) -> Any:
    public_id = Order.objects.get(external_id="450").lines.get(external_id=line).public_id
    return Wish(**{"line": public_id, "quantity": 1, "outcome": Outcome.REFUND, "reason": "too_small", **over})


def road(now: datetime = LATER) -> None:
    run_until_quiet(lambda: now)


def make_due(merchant: Merchant) -> None:
    with merchant_scope(merchant.pk), database.cursor() as cursor:
        cursor.execute(
            "update connectors_command set due_at = statement_timestamp() - interval '1 second' where state in ('ready', 'running')"
        )


def drain(now: datetime = LATER) -> int:
    return drain_commands(lambda: now)


def command(merchant: Merchant) -> Command:
    with merchant_scope(merchant.pk):
        row: Command = Command.objects.select_related("connection").get()
    return row


def money(merchant: Merchant) -> MoneyBack:
    with merchant_scope(merchant.pk):
        row: MoneyBack = MoneyBack.objects.get()
    return row
