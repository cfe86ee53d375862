"""What shops and label makers are sent, word for word, and how their answers are read. Pure: nothing is called."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.carriers.easypost.label import chosen
from connectors.carriers.easypost.label import label as easypost
from connectors.own.doing import content, do
from connectors.shops.calls import CallRefused
from connectors.shops.shopify import doing as shopify
from connectors.shops.woocommerce import doing as woocommerce
from connectors.types import Access, CommandKind, Done, Item, KeyRefused, Parcel, Refused, Steps, Taken, Wanted
from core.http import Request, Response, Transient
from returns.types import Label, Way
from tests.connectors.vendors import answer

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SHOPIFY = Access("acme.myshopify.com", AT, "shpat_1")
WOO = Access("holz.example/shop", AT, "ck_1:cs_2")
REFUND = Wanted(
    kind=CommandKind.REFUND, key="KEY0123456789abcdefghi", order_external_id="450", order_number="1001", source="shopify",
    number="R-123", currency="EUR", amount=Decimal("49.0000"), items=(Item("11", 2, 1), Item("12", 1)), since="2026-11-24T09:00:00",
)  # fmt: skip
EXCHANGE = replace(
    REFUND, kind=CommandKind.EXCHANGE, amount=Decimal(0), items=(), title="Linen shirt L", sku="SHIRT-L", product_external_id="77",
    variant_external_id="88", quantity=1,
)  # fmt: skip


def play(steps: Steps, answers: Iterable[Response]) -> tuple[list[Request], Any]:
    """All that is asked, and what it comes to."""
    asked, left = [next(steps)], iter(answers)
    try:
        while True:
            asked.append(steps.send(next(left)))
    except StopIteration as end:
        return asked, end.value


def data(content: Any) -> Response:
    return answer({"data": content})


def body(request: Request) -> Any:
    return json.loads(request.body or b"null")


def suggested(*reach: str, currency: str = "EUR") -> list[dict[str, Any]]:
    return [
        {
            "gateway": f"pay{n}",
            "parentTransaction": {"id": f"gid://shopify/OrderTransaction/{n}"},
            "maximumRefundableSet": {"presentmentMoney": {"amount": amount, "currencyCode": currency}},
        }
        for n, amount in enumerate(reach, 1)
    ]


def order(*reach: str, refunds: Any = (), **over: Any) -> Response:
    found = {"refunds": list(refunds), "suggestedRefund": {"suggestedTransactions": suggested(*reach, **over)}}
    return data({"order": found, "location": {"id": "gid://shopify/Location/3"}})


# Shopify


def test_shopifys_refund_names_lines_payments_and_our_mark() -> None:
    made = data({"refundCreate": {"refund": {"legacyResourceId": "929"}, "userErrors": []}})
    (look, ask), done = play(shopify.refund(SHOPIFY, REFUND), [order("30.00", "100.00"), made])
    assert done == Done("929")
    assert (look.method, look.url) == ("POST", "https://acme.myshopify.com/admin/api/2026-04/graphql.json")
    assert dict(look.headers) == {
        "Accept": "application/json", "Content-Type": "application/json", "X-Shopify-Access-Token": "shpat_1",
    }  # fmt: skip
    assert body(look)["variables"] == {"order": "gid://shopify/Order/450", "restocks": True}
    assert "refundCreate(input: $input) @idempotent(key: $key)" in body(ask)["query"]
    paid = {"orderId": "gid://shopify/Order/450", "kind": "REFUND"}
    assert body(ask)["variables"] == {
        "key": "KEY0123456789abcdefghi-1",
        "input": {
            "orderId": "gid://shopify/Order/450",
            "note": "R-123 [KEY0123456789abcdefghi]",
            "currency": "EUR",
            "refundLineItems": [
                {
                    "lineItemId": "gid://shopify/LineItem/11", "quantity": 1, "restockType": "RETURN",
                    "locationId": "gid://shopify/Location/3",
                },
                {"lineItemId": "gid://shopify/LineItem/11", "quantity": 1, "restockType": "NO_RESTOCK"},
                {"lineItemId": "gid://shopify/LineItem/12", "quantity": 1, "restockType": "NO_RESTOCK"},
            ],
            "transactions": [
                {**paid, "parentId": "gid://shopify/OrderTransaction/1", "gateway": "pay1", "amount": "30.00"},
                {**paid, "parentId": "gid://shopify/OrderTransaction/2", "gateway": "pay2", "amount": "19.00"},
            ],
        },
    }  # fmt: skip


def test_shopifys_refund_that_is_there_is_not_made_again() -> None:
    known = [{"legacyResourceId": "1", "note": None}, {"legacyResourceId": "2", "note": "R-123 [KEY0123456789abcdefghi]"}]
    asked, done = play(shopify.refund(SHOPIFY, REFUND), [order("100.00", refunds=known)])
    assert (len(asked), done) == (1, Done("2"))


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (order("30.00"), "The shop can send back 30.00 EUR of 49.00."),
        (order("100.00", currency="USD"), "The shop can send back 0.00 EUR of 49.00."),
        (order(), "The shop can send back 0.00 EUR of 49.00."),
        (data({"order": None}), "The shop does not know this order any more."),
    ],
)
def test_what_shopify_cannot_send_back_is_said_and_not_asked_for(told: Response, text: str) -> None:
    asked, done = play(shopify.refund(SHOPIFY, REFUND), [told])
    assert (len(asked), done) == (1, Refused(text))


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (answer({}, 401), KeyRefused),
        (answer({}, 402), KeyRefused),
        (answer({"errors": "Not found"}, 404), CallRefused),
        (answer({}, 503), Transient),
        (answer(b"<html>"), Transient),
        (answer({"errors": [{"message": "No", "extensions": {"code": "THROTTLED"}}]}), Transient),
        (answer({"errors": [{"message": "No", "extensions": {"code": "ACCESS_DENIED"}}]}), KeyRefused),
        (answer({"errors": [{"message": "Field 'x' does not exist"}]}), CallRefused),
        (answer([]), CallRefused),
    ],
)
def test_shopifys_errors_are_of_three_kinds(told: Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        play(shopify.refund(SHOPIFY, REFUND), [told])


def test_shopifys_credit_is_a_gift_card_with_a_code_of_ours() -> None:
    wanted = replace(REFUND, kind=CommandKind.CREDIT, amount=Decimal("53.90"))
    look = data({"shop": {"currencyCode": "EUR"}, "order": {"customer": {"id": "gid://shopify/Customer/7"}}, "giftCards": {"nodes": []}})
    made = data({"giftCardCreate": {"giftCard": {"id": "gid://shopify/GiftCard/41"}, "userErrors": []}})
    (_, ask), done = play(shopify.credit(SHOPIFY, wanted), [look, made])
    code = shopify.gift_code(wanted.key)
    assert (done, len(code)) == (Done("41", credit_code=code), 16)
    assert body(ask)["variables"]["input"] == {
        "initialValue": "53.90", "code": code, "note": "R-123 [KEY0123456789abcdefghi]", "customerId": "gid://shopify/Customer/7",
    }  # fmt: skip
    taken = data({"giftCardCreate": {"giftCard": None, "userErrors": [{"message": "Code is taken", "code": "TAKEN"}]}})
    assert play(shopify.credit(SHOPIFY, wanted), [look, taken])[1] == Done(f"card-{code[-4:]}", credit_code=code)
    known = data({"giftCards": {"nodes": [{"id": "gid://shopify/GiftCard/41", "note": "R-123 [KEY0123456789abcdefghi]"}]}})
    assert play(shopify.credit(SHOPIFY, wanted), [known]) == ([_], Done("41", credit_code=code))
    other = data({"shop": {"currencyCode": "USD"}, "order": {}, "giftCards": {"nodes": []}})
    assert play(shopify.credit(SHOPIFY, wanted), [other])[1] == Refused("The shop's gift cards are in USD, this credit is in EUR.")


OLD = {
    "email": "sam@example.com",
    "currencyCode": "EUR",
    "customer": {"id": "gid://shopify/Customer/7"},
    "shippingAddress": {"firstName": "Sam", "address1": "Torstraße 1", "city": "Berlin", "countryCodeV2": "DE", "phone": None},
}


def test_shopifys_exchange_is_a_new_order_over_nothing() -> None:
    made = data({"orderCreate": {"order": {"legacyResourceId": "7001"}, "userErrors": []}})
    (look, ask), done = play(shopify.exchange(SHOPIFY, EXCHANGE), [data({"orders": {"nodes": []}, "order": OLD}), made])
    assert done == Done("7001")
    assert body(look)["variables"]["tag"] == "tag:'exchange-KEY0123456789abcdefghi'"
    assert body(ask)["variables"] == {
        "options": {"inventoryBehaviour": "DECREMENT_OBEYING_POLICY", "sendReceipt": False},
        "order": {
            "currency": "EUR",
            "financialStatus": "PAID",
            "lineItems": [
                {
                    "variantId": "gid://shopify/ProductVariant/88", "quantity": 1, "requiresShipping": True,
                    "priceSet": {"shopMoney": {"amount": "0.00", "currencyCode": "EUR"}},
                }
            ],
            "tags": ["exchange-KEY0123456789abcdefghi"],
            "customAttributes": [{"key": "postpurchase_exchange", "value": "KEY0123456789abcdefghi"}],
            "note": "Exchange for 1001 (R-123)",
            "email": "sam@example.com",
            "customer": {"toAssociate": {"id": "gid://shopify/Customer/7"}},
            "shippingAddress": {"firstName": "Sam", "address1": "Torstraße 1", "city": "Berlin", "countryCode": "DE"},
        },
    }  # fmt: skip


def test_shopifys_exchange_is_found_again_and_never_guessed() -> None:
    known = data({"orders": {"nodes": [{"legacyResourceId": "7001", "tags": ["exchange-KEY0123456789abcdefghi"]}]}, "order": OLD})
    assert play(shopify.exchange(SHOPIFY, EXCHANGE), [known])[1] == Done("7001")
    two = {"variants": {"nodes": [{"id": "a"}, {"id": "b"}]}}
    bare = replace(EXCHANGE, variant_external_id="")
    told = data({"orders": {"nodes": []}, "order": OLD, "product": two})
    assert play(shopify.exchange(SHOPIFY, bare), [told])[1] == Refused(
        "The shop sells this product in several ways, and we do not know which one is meant."
    )
    with pytest.raises(StopIteration) as end:
        next(shopify.exchange(SHOPIFY, replace(EXCHANGE, amount=Decimal("10.00"))))
    assert end.value.value == Refused("The replacement costs 10.00 EUR more: order it in the shop.")


RESTOCK = replace(REFUND, kind=CommandKind.RESTOCK, amount=Decimal(0), items=(Item("11", 2, 2),))
GIFT = replace(EXCHANGE, is_gift=True, recipient_name="Mia Lena Vogt", recipient_email="mia@example.com")


def test_shopifys_shelf_is_filled_by_a_refund_of_nothing_nobody_is_told_of() -> None:
    made = data({"refundCreate": {"refund": {"legacyResourceId": "901"}, "userErrors": []}})
    (look, ask), done = play(shopify.restock(SHOPIFY, RESTOCK), [order(), made])
    assert done == Done("901")
    assert body(look)["variables"] == {"order": "gid://shopify/Order/450", "restocks": True}
    assert body(ask)["variables"] == {
        "key": "KEY0123456789abcdefghi-1",
        "input": {
            "orderId": "gid://shopify/Order/450",
            "note": "R-123 [KEY0123456789abcdefghi]",
            "notify": False,
            "refundLineItems": [
                {
                    "lineItemId": "gid://shopify/LineItem/11", "quantity": 2, "restockType": "RETURN",
                    "locationId": "gid://shopify/Location/3",
                }
            ],
            "transactions": [],
        },
    }  # fmt: skip
    known = order(refunds=[{"legacyResourceId": "901", "note": "R-123 [KEY0123456789abcdefghi]"}])
    asked, done = play(shopify.restock(SHOPIFY, RESTOCK), [known])
    assert (len(asked), done) == (1, Done("901"))
    nowhere = data({"order": {"refunds": []}, "location": None})
    asked, done = play(shopify.restock(SHOPIFY, RESTOCK), [nowhere])
    assert (len(asked), type(done)) == (1, Refused)
    assert play(shopify.restock(SHOPIFY, RESTOCK), [data({"order": None})])[1] == Refused("The shop does not know this order any more.")


def test_the_giver_does_not_hear_of_a_gifts_exchange_at_shopify() -> None:
    made = data({"orderCreate": {"order": {"legacyResourceId": "7001"}, "userErrors": []}})
    old = json.loads(json.dumps(OLD))
    old["shippingAddress"]["phone"] = "+49301234"
    (_, ask), _ = play(shopify.exchange(SHOPIFY, GIFT), [data({"orders": {"nodes": []}, "order": old}), made])
    sent = body(ask)["variables"]["order"]
    assert (sent["email"], "customer" in sent) == ("mia@example.com", False)
    assert sent["shippingAddress"] == {
        "firstName": "Mia Lena", "lastName": "Vogt", "address1": "Torstraße 1", "city": "Berlin", "countryCode": "DE",
    }  # fmt: skip
    nameless = replace(GIFT, recipient_name="", recipient_email="")
    (_, ask), _ = play(shopify.exchange(SHOPIFY, nameless), [data({"orders": {"nodes": []}, "order": old}), made])
    sent = body(ask)["variables"]["order"]
    assert ("email" in sent, sent["shippingAddress"]["firstName"], "phone" in sent["shippingAddress"]) == (False, "Sam", False)


# WooCommerce


def test_woocommerces_shelf_is_filled_by_a_refund_of_nothing() -> None:
    (look, ask), done = play(woocommerce.restock(WOO, RESTOCK), [answer([]), answer({"id": 930}, 201)])
    assert (done, look.method, ask.url) == (Done("930"), "GET", "https://holz.example/shop/wp-json/wc/v3/orders/450/refunds")
    assert body(ask) == {
        "amount": "0.00",
        "reason": "R-123 [KEY0123456789abcdefghi]",
        "api_refund": False,
        "api_restock": True,
        "line_items": [{"id": 11, "quantity": 2, "refund_total": 0, "refund_tax": []}],
    }
    asked, done = play(woocommerce.restock(WOO, RESTOCK), [answer([{"id": 930, "reason": "R-123 [KEY0123456789abcdefghi]"}])])
    assert (len(asked), done) == (1, Done("930"))


def test_the_giver_does_not_hear_of_a_gifts_exchange_at_woocommerce() -> None:
    giver = {"city": "Bonn", "email": "sam@example.com", "phone": "+49228"}
    old = {"id": 450, "currency": "EUR", "customer_id": 7, "billing": giver, "shipping": {"city": "Köln", "phone": "+49228"}}
    (_, _, ask), _ = play(woocommerce.exchange(WOO, GIFT), [answer([]), answer(old), answer({"id": 7001}, 201)])
    name = {"first_name": "Mia Lena", "last_name": "Vogt"}
    assert (body(ask)["customer_id"], body(ask)["billing"]) == (0, {**name, "email": "mia@example.com"})
    assert body(ask)["shipping"] == {"city": "Köln", **name}


def test_woocommerces_refund_goes_the_payments_own_way() -> None:
    (look, ask), done = play(woocommerce.refund(WOO, REFUND), [answer([{"id": 1, "reason": "other"}]), answer({"id": 929}, 201)])
    assert done == Done("929")
    assert (look.method, look.url) == ("GET", "https://holz.example/shop/wp-json/wc/v3/orders/450/refunds?per_page=100")
    assert look.headers["Authorization"] == f"Basic {base64.b64encode(b'ck_1:cs_2').decode()}"
    assert (ask.method, ask.url) == ("POST", "https://holz.example/shop/wp-json/wc/v3/orders/450/refunds")
    assert body(ask) == {
        "amount": "49.00",
        "reason": "R-123 [KEY0123456789abcdefghi]",
        "api_refund": True,
        "api_restock": True,
        "line_items": [{"id": 11, "quantity": 1, "refund_total": 0, "refund_tax": []}],
    }
    none = replace(REFUND, items=(Item("11", 2), Item("odd", 1)))
    (_, ask), _ = play(woocommerce.refund(WOO, none), [answer([]), answer({"id": 929}, 201)])
    assert (body(ask)["api_restock"], [line["quantity"] for line in body(ask)["line_items"]]) == (False, [2])


def test_woocommerces_refund_that_is_there_is_not_made_again() -> None:
    asked, done = play(woocommerce.refund(WOO, REFUND), [answer([{"id": 7, "reason": "R-123 [KEY0123456789abcdefghi]"}])])
    assert (len(asked), done) == (1, Done("7"))
    assert play(woocommerce.refund(WOO, REFUND), [answer({}, 404)])[1] == Refused("The shop does not know this order any more.")


def test_a_payment_provider_that_refuses_is_no_bad_moment() -> None:
    told = answer({"code": "woocommerce_rest_cannot_create_order_refund", "message": "Card <b>expired</b>."}, 500)
    with pytest.raises(CallRefused, match=r"^Card expired \.$|^Card expired\.$"):
        play(woocommerce.refund(WOO, REFUND), [answer([]), told])
    with pytest.raises(Transient):
        play(woocommerce.refund(WOO, REFUND), [answer([]), answer({"code": "internal"}, 500)])
    with pytest.raises(CallRefused, match="Invalid refund amount"):
        play(woocommerce.refund(WOO, REFUND), [answer([]), answer({"message": "Invalid refund amount"}, 400)])


def test_woocommerces_exchange_copies_the_old_orders_addresses() -> None:
    old = {"id": 450, "currency": "EUR", "customer_id": 7, "billing": {"city": "Berlin"}, "shipping": {"city": "Köln"}}
    (look, read, ask), done = play(woocommerce.exchange(WOO, EXCHANGE), [answer([]), answer(old), answer({"id": 7001}, 201)])
    assert done == Done("7001")
    assert look.url.partition("?")[2] == "after=2026-11-24T09%3A00%3A00&orderby=date&order=asc&per_page=100&page=1"
    assert read.url.endswith("/wp-json/wc/v3/orders/450")
    assert body(ask) == {
        "status": "processing",
        "currency": "EUR",
        "customer_id": 7,
        "billing": {"city": "Berlin"},
        "shipping": {"city": "Köln"},
        "line_items": [{"product_id": 77, "quantity": 1, "variation_id": 88, "subtotal": "0.00", "total": "0.00"}],
        "meta_data": [{"key": "_postpurchase_exchange", "value": "KEY0123456789abcdefghi"}],
    }


def test_woocommerces_exchange_is_found_again_by_its_meta() -> None:
    made = {"id": 7001, "meta_data": [{"key": "_postpurchase_exchange", "value": "KEY0123456789abcdefghi"}]}
    others = [{"id": n, "meta_data": []} for n in range(100)]
    asked, done = play(woocommerce.exchange(WOO, EXCHANGE), [answer(others), answer([made])])
    assert (len(asked), done) == (2, Done("7001"))
    asked, done = play(woocommerce.exchange(WOO, EXCHANGE), [answer(others)] * 3)
    assert (len(asked), type(done)) == (3, Refused)
    with pytest.raises(StopIteration) as end:
        next(woocommerce.exchange(WOO, replace(EXCHANGE, product_external_id="")))
    assert end.value.value == Refused("We do not know which of the shop's products is meant.")


# The merchant's own program

SECRET = f"whsec_{base64.b64encode(b'0123456789abcdef0123456789abcdef').decode()}"
OWN = Access("erp.example/hooks/returns", AT, "", SECRET)


def test_the_own_program_is_called_as_standard_webhooks_say() -> None:
    (ask,), done = play(do(OWN, REFUND), [answer({"id": 5})])
    assert done == Done("5")
    assert (ask.method, ask.url) == ("POST", "https://erp.example/hooks/returns")
    id, stamp = "refund-KEY0123456789abcdefghi-1", str(int(AT.timestamp()))
    digest = hmac.new(b"0123456789abcdef0123456789abcdef", f"{id}.{stamp}.".encode() + (ask.body or b""), hashlib.sha256).digest()
    assert dict(ask.headers) == {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    assert body(ask) == {
        "type": "refund.asked",
        "data": {
            "key": "KEY0123456789abcdefghi",
            "case": "R-123",
            "order": {"source": "shopify", "external_id": "450", "number": "1001"},
            "currency": "EUR",
            "amount": "49.00",
            "lines": [{"external_id": "11", "quantity": 2, "restock": 1}, {"external_id": "12", "quantity": 1, "restock": 0}],
        },
    }


def test_an_exchange_names_what_goes_out_and_nobody() -> None:
    assert content(EXCHANGE) == {
        "type": "exchange.asked",
        "data": {
            "key": "KEY0123456789abcdefghi",
            "case": "R-123",
            "order": {"source": "shopify", "external_id": "450", "number": "1001"},
            "currency": "EUR",
            "title": "Linen shirt L",
            "sku": "SHIRT-L",
            "product": "77",
            "variant": "88",
            "quantity": 1,
            "difference": "0.00",
        },
    }


def test_the_own_program_is_asked_to_restock_and_told_who_got_a_gift() -> None:
    assert content(RESTOCK) == {
        "type": "restock.asked",
        "data": {
            "key": "KEY0123456789abcdefghi",
            "case": "R-123",
            "order": {"source": "shopify", "external_id": "450", "number": "1001"},
            "currency": "EUR",
            "lines": [{"external_id": "11", "quantity": 2, "restock": 2}],
        },
    }
    assert content(GIFT)["data"]["recipient"] == {"name": "Mia Lena Vogt", "email": "mia@example.com"}


@pytest.mark.parametrize(
    ("told", "done"),
    [
        (answer(b""), Done("")),
        (answer({"id": "re_1"}), Done("re_1")),
        (answer({"id": None}), Done("")),
        (answer([1]), Done("")),
        (answer(b"", 204), Done("")),
        (answer(b"", 202), Taken()),
        (answer(b"", 410), Refused("Your program answered 410: it wants no more of these calls.")),
    ],
)
def test_the_own_programs_answers(told: Response, done: Any) -> None:
    assert play(do(OWN, REFUND), [told])[1] == done


@pytest.mark.parametrize(
    ("status", "error"), [(400, CallRefused), (401, CallRefused), (408, Transient), (429, Transient), (500, Transient)]
)
def test_the_own_programs_refusals(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        play(do(OWN, REFUND), [answer({"message": "no"}, status)])


# EasyPost

SHIP = Access("", AT, "EZAK1", options={"weight_oz": "16.0"})
PARCEL = Parcel(
    "RET0123456789abcdefghi", "R-123",
    {"name": "Sam Berg", "street": "Torstraße 1", "city": "Berlin", "postcode": "10119", "country": "DE"},
    {"company": "Acme", "street": "Lagerweg 2", "city": "Köln", "postcode": "50667", "country": "DE"},
)  # fmt: skip
RATES = [
    {"id": "rate_1", "carrier": "USPS", "service": "Priority", "rate": "8.10", "currency": "USD"},
    {"id": "rate_2", "carrier": "USPS", "service": "GroundAdvantage", "rate": "5.40", "currency": "USD"},
    {"id": "rate_3", "carrier": "UPS", "service": "Ground", "rate": "6.00", "currency": "USD"},
]
MADE = {"id": "shp_1", "rates": RATES, "postage_label": None, "messages": []}
BOUGHT = {
    **MADE, "postage_label": {"label_url": "https://easypost-files.example/label.png"}, "tracking_code": "9400100000000000000000",
    "selected_rate": RATES[1], "tracker": {"public_url": "https://track.easypost.com/x"}, "forms": [],
}  # fmt: skip
LABEL = Label(
    way=Way.LABEL, carrier="USPS", tracking_number="9400100000000000000000", tracking_url="https://track.easypost.com/x",
    file_url="https://easypost-files.example/label.png", provider="easypost", provider_id="shp_1", cost=Decimal("5.40"), currency="USD",
)  # fmt: skip


def test_a_label_is_made_for_a_return_and_the_cheapest_rate_bought() -> None:
    (look, make, buy), done = play(easypost(SHIP, PARCEL), [answer({}, 404), answer(MADE, 201), answer(BOUGHT)])
    assert done == Done("shp_1", label=LABEL)
    assert (look.method, look.url) == ("GET", "https://api.easypost.com/v2/shipments/RET0123456789abcdefghi")
    assert look.headers["Authorization"] == f"Basic {base64.b64encode(b'EZAK1:').decode()}"
    assert (make.url, body(make)) == (
        "https://api.easypost.com/v2/shipments",
        {
            "shipment": {
                "reference": "RET0123456789abcdefghi",
                "is_return": True,
                "to_address": {"name": "Sam Berg", "street1": "Torstraße 1", "city": "Berlin", "zip": "10119", "country": "DE"},
                "from_address": {"company": "Acme", "street1": "Lagerweg 2", "city": "Köln", "zip": "50667", "country": "DE"},
                "parcel": {"weight": 16.0},
                "options": {"print_custom_1": "R-123"},
            }
        },
    )
    assert (buy.url, body(buy)) == ("https://api.easypost.com/v2/shipments/shp_1/buy", {"rate": {"id": "rate_2"}})


def test_a_label_that_is_there_is_not_bought_again() -> None:
    assert play(easypost(SHIP, PARCEL), [answer(BOUGHT)])[1] == Done("shp_1", label=LABEL)
    asked, done = play(easypost(SHIP, PARCEL), [answer(MADE), answer(BOUGHT)])
    assert ([request.url.rpartition("/")[2] for request in asked], done) == (["RET0123456789abcdefghi", "buy"], Done("shp_1", label=LABEL))


def test_a_code_to_show_is_asked_for_where_the_carrier_has_one() -> None:
    form = {**BOUGHT, "forms": [{"form_type": "label_qr_code", "form_url": "https://easypost-files.example/qr.png"}]}
    wants = replace(PARCEL, wants_code=True)
    asked, done = play(easypost(SHIP, wants), [answer(BOUGHT), answer(form, 201)])
    assert (asked[-1].url, body(asked[-1])) == ("https://api.easypost.com/v2/shipments/shp_1/forms", {"form": {"type": "label_qr_code"}})
    assert done == Done("shp_1", label=replace(LABEL, way=Way.CODE, file_url="https://easypost-files.example/qr.png"))
    _, done = play(easypost(SHIP, wants), [answer(BOUGHT), answer({"error": {"message": "not offered"}}, 422)])
    assert done == Done("shp_1", label=LABEL)


@pytest.mark.parametrize(
    ("service", "id"),
    [
        ("", "rate_2"),
        ("UPS", "rate_3"),
        ("USPS/Priority", "rate_1"),
        ("usps/groundadvantage", "rate_2"),
        ("DHL", None),
        ("USPS/Ground", None),
    ],
)
def test_the_cheapest_of_the_named_service_is_chosen(service: str, id: str | None) -> None:
    rate = chosen(RATES, service)
    assert (rate["id"] if rate else None) == id


def test_a_label_nobody_can_make_says_why() -> None:
    bare = replace(SHIP, options={})
    assert play(easypost(bare, PARCEL), [answer({}, 404)])[1] == Refused("Enter the usual weight of a return in the connection's settings.")
    mute = {**MADE, "rates": [], "messages": [{"message": "Address not found"}]}
    assert play(easypost(SHIP, PARCEL), [answer({}, 404), answer(mute, 201)])[1] == Refused("Address not found")
    with pytest.raises(CallRefused, match="Invalid address"):
        play(easypost(SHIP, PARCEL), [answer({}, 404), answer({"error": {"message": "Invalid address"}}, 422)])
    with pytest.raises(KeyRefused):
        play(easypost(SHIP, PARCEL), [answer({}, 401)])
