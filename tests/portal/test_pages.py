"""What the pages say about an order in every state."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.models import Product
from core.money import format_money
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import branding
from orders.models import Order
from orders.services import cancel_order, record_refund
from orders.types import Address, IncomingRefund, PaymentState
from returns.models import ReturnPolicy
from tests.conftest import NOW
from tests.factories import customer, incoming_line, place_order, ship
from tests.portal.conftest import signed_in
from tracking.types import ShipmentStatus

DAY = timedelta(days=1)
Scope = Callable[..., Any]


def words(client: Client, path: str) -> str:
    """The page as it reads: no tags, single spaces."""
    response = client.get(path)
    assert response.status_code == 200
    text = re.sub(r"<svg hidden>.*?</svg>\n", "", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text.partition("<main")[2]).split()).replace(" ,", ",").replace(" .", ".")


def page(order: Order, part: str = "") -> str:
    return f"/orders/{order.public_id}/{part}"


def test_the_order_page_names_who_where_how_and_what(sam: Client, order: Order) -> None:
    text = words(sam, page(order))
    for fact in ("Order 1001", "Sam Berg", "Torstraße 1", "10119 Berlin", "Germany", EMAIL_SHOWN, "Visa •••• 4242", "€132.80", "€4.90"):
        assert fact in text
    assert "Placed Thursday 19 November, 11:00" in text
    assert "We received your order" in text and "All times local (CET)" in text


EMAIL_SHOWN = "sam@example.com"


def test_the_promised_days_name_their_source(sam: Client, order: Order) -> None:
    text = words(sam, page(order))
    assert "We send it by Friday 20 November Date from the shop" in text
    assert "It arrives by Wednesday 25 November Date from the shop" in text


def test_an_unpaid_order_waits_for_its_payment(sam: Client, in_scope: Scope) -> None:
    order = in_scope(place_order, number="1002", payment_state=PaymentState.PENDING, is_confirmed=False)
    text = words(sam, page(order, "shipping/"))
    assert "Waiting for payment" in text and "We pack it as soon as the payment has arrived." in text
    assert "Not paid yet" in words(sam, page(order))


def test_parcels_are_explained_in_plain_language(sam: Client, in_scope: Scope) -> None:
    lines = tuple(incoming_line(external_id=str(n), title=title) for n, title in enumerate(("Coat", "Boots", "Scarf")))
    order = in_scope(place_order, number="1003", lines=lines, placed_at=NOW)
    in_scope(ship, order, external_id="S1", lines={"0": 1}, updated_at=NOW, at=NOW, eta=date(2026, 11, 24))
    in_scope(ship, order, external_id="S2", lines={"1": 1}, updated_at=NOW, at=NOW, status=ShipmentStatus.DELIVERED, delivered_at=NOW)
    text = words(sam, page(order, "shipping/"))
    assert "It comes in 2 parcels, and 1 piece follows" in text
    assert "Parcel 1 of 2 holds Coat. Parcel 2 of 2 holds Boots. Scarf will be sent by Monday 23 November." in text
    assert "Tuesday 24 November Date from the carrier" in text
    assert "Friday 20 November, 11:00" in text
    assert "DHL Paket 00340434161094042557" in text
    assert "Tracking no. 0034 0434 1610 9404 2557" in text
    assert "Open at DHL" in text
    html = sam.get(page(order, "shipping/")).content.decode()
    assert 'id="parcel-1"' in html and 'href="?parcel=2#state"' in html
    assert html.index('href="#journey"') < html.index("https://www.dhl.de/")
    assert 'data-copy="00340434161094042557"' in html


def test_every_piece_is_in_exactly_one_place(sam: Client, in_scope: Scope) -> None:
    order = in_scope(place_order, number="1004", lines=(incoming_line(title="Sock", quantity=5, quantity_removed=1),))
    in_scope(ship, order, lines={"L1": 2}, updated_at=NOW, at=NOW)
    text = words(sam, page(order, "shipping/"))
    assert "Parcel 1 of 1 holds 2 × Sock. 2 × Sock will be sent" in text


def test_a_late_parcel_says_so_strikes_the_old_day_and_names_the_next_news(sam: Client, in_scope: Scope) -> None:
    order = in_scope(place_order, number="1005", placed_at=NOW - 4 * DAY, at=NOW - 4 * DAY)
    in_scope(ship, order, eta=(NOW - DAY).date())
    text = words(sam, page(order, "shipping/"))
    assert "Late No new date yet Was planned for Thursday 19 November Sorry." in text
    assert "Next news by Monday 23 November." in text
    assert "One thing needs a look" in words(sam, "/")


def test_a_delivered_order_says_when(sam: Client, in_scope: Scope, order: Order) -> None:
    in_scope(ship, order, status=ShipmentStatus.DELIVERED, delivered_at=NOW, updated_at=NOW, at=NOW)
    assert "Your parcel has arrived" in words(sam, page(order))
    assert "Delivered Friday 20 November" in words(sam, f"/track/{order.track_token}/")


def test_a_cancelled_order_says_when_and_sends_nothing(sam: Client, in_scope: Scope, order: Order) -> None:
    in_scope(cancel_order, order=order, reason="No longer needed", at=NOW)
    assert "This order is cancelled Cancelled on Friday 20 November. No longer needed" in words(sam, page(order))
    assert "Nothing will be sent." in words(sam, page(order, "shipping/"))
    assert "There is nothing to send back." in words(sam, page(order, "returns/"))
    assert "Cancelled Fri 20 Nov" in words(sam, "/")


@pytest.mark.parametrize(("amount", "badge"), [("32.80", "Partly refunded"), ("132.80", "Refunded")])
def test_refunds_stand_below_the_total_with_their_day(sam: Client, in_scope: Scope, order: Order, amount: str, badge: str) -> None:
    in_scope(record_refund, order=order, refund=IncomingRefund("R1", Decimal(amount), NOW), at=NOW)
    text = words(sam, page(order))
    found = re.search(r"Refunded Fri 20 Nov (.*?) −€([\d.]+)", text)
    assert found is not None
    assert (found[1], found[2]) == ("With you by Fri 4 Dec. Card banks take up to 10 working days.", amount)
    assert f"Placed Thursday 19 November, 11:00 {'Being prepared ' if amount == '32.80' else ''}{badge}" in text


def test_an_order_without_addresses_still_reads(sam: Client, in_scope: Scope) -> None:
    order = in_scope(
        place_order, number="1006", shipping_address=Address(), billing_address=Address(), first_name="", last_name="", phone="",
    )  # fmt: skip
    text = words(sam, page(order))
    assert "Goes to" not in text and "Name" not in text.partition("Delivery and payment")[2]
    assert "This order has no delivery address." in words(sam, page(order, "shipping/"))


def test_an_order_of_three_hundred_lines_is_shown_whole(sam: Client, in_scope: Scope) -> None:
    lines = tuple(incoming_line(external_id=str(n), title=f"Thing {n}.") for n in range(300))
    order = in_scope(place_order, number="1007", lines=lines)
    in_scope(ship, order)
    assert "Thing 299." in words(sam, page(order, "products/"))
    assert "and 295 more" in words(sam, page(order))
    assert "Thing 0. and 299 more" in words(sam, "/")


def test_a_product_page_shows_the_snapshot_and_what_the_catalogue_says_now(sam: Client, in_scope: Scope) -> None:
    product = in_scope(
        lambda: Product.objects.create(
            external_id="P1", title="Coat", specs={"Material": "Wool"}, guide="Brush it.", created_at=NOW, updated_at=NOW
        )
    )
    line = incoming_line(title="Coat as sold", product_external_id="P1", options={"Colour": "Charcoal"}, unit_price=Decimal(289))
    order = in_scope(place_order, number="1008", lines=(line,))
    path = page(order, f"products/{in_scope(lambda: order.lines.get().public_id)}/")
    text = words(sam, path)
    for fact in ("Coat as sold", "Colour Charcoal", "€289.00", "Material Wool", "Brush it.", "As sold on Friday 20 November."):
        assert fact in text
    in_scope(lambda: Product.objects.filter(pk=product.pk).delete())
    text = words(sam, path)
    assert "Coat as sold" in text and "Brush it." not in text


def test_a_line_of_another_order_is_no_product_of_this_one(sam: Client, in_scope: Scope, order: Order) -> None:
    other = in_scope(place_order, number="1009")
    line = in_scope(lambda: other.lines.first().public_id)
    assert sam.get(page(order, f"products/{line}/")).status_code == 404


def test_the_last_day_for_a_return_is_a_date(sam: Client, in_scope: Scope, order: Order) -> None:
    in_scope(lambda: ReturnPolicy.objects.create(window_days=14, is_free=True, refund_days=5))
    in_scope(ship, order, status=ShipmentStatus.DELIVERED, delivered_at=NOW, updated_at=NOW, at=NOW)
    text = words(sam, page(order, "returns/"))
    assert "You can send it back until Friday 4 December" in text
    assert "Counted from Friday 20 November" in text
    assert "Acme does. It is free for you." in text and "within 5 days" in text
    assert "14 days from delivery" in words(Client(HTTP_HOST="acme.platform.test", HTTP_ACCEPT_LANGUAGE="en"), "/policies/returns/")


def test_what_a_shop_sends_is_shown_as_text(sam: Client, in_scope: Scope) -> None:
    evil = "<script>alert(1)</script>"
    line = incoming_line(title=evil, variant_title=evil, options={evil: evil}, image_url="javascript:alert(1)")
    order = in_scope(place_order, number="1010", lines=(line,), first_name=evil, shipping_address=Address(street=evil, city="X"))
    in_scope(ship, order, carrier=evil, tracking_url="javascript:alert(1)", tracking_number='"><b>')
    for path in (page(order), page(order, "shipping/"), page(order, "products/"), "/", f"/track/{order.track_token}/"):
        html = sam.get(path).content.decode()
        assert "<script>alert" not in html and "javascript:" not in html and "<b>" not in html.replace("<b>Ord", "").partition("<main")[0]
        assert "&lt;script&gt;" in html


def test_pictures_come_by_https_only_and_send_no_referrer(sam: Client, in_scope: Scope) -> None:
    lines = (
        incoming_line(image_url="https://cdn.example.com/a.jpg"),
        incoming_line(external_id="L2", image_url="http://cdn.example.com/b.jpg"),
    )
    html = sam.get(page(in_scope(place_order, number="1011", lines=lines), "products/")).content.decode()
    assert re.findall(r'<img src="([^"]+)"[^>]*referrerpolicy="no-referrer"', html) == ["https://cdn.example.com/a.jpg"]


def test_orders_are_found_by_item_and_number_and_year(sam: Client, in_scope: Scope, order: Order) -> None:
    in_scope(
        place_order, number="777", placed_at=NOW - 400 * DAY, at=NOW - 400 * DAY, quiet=True, lines=(incoming_line(title="Red kettle"),)
    )
    assert "777" in words(sam, "/orders/?q=kettle") and "1001" not in words(sam, "/orders/?q=kettle")
    assert "777" in words(sam, "/orders/?q=%23777")
    assert "777" in words(sam, "/orders/?year=2025") and "1001" not in words(sam, "/orders/?year=2025")
    assert "Nothing found for “ zebra ”" in words(sam, "/?q=zebra")
    for odd in ("?year=9999999", "?year=%D9%A2", "?page=-3", "?page=x", "?q=%00", "?q=%25", "?q=" + "x" * 5000):
        assert sam.get(f"/orders/{odd}").status_code == 200


def test_long_lists_have_pages(sam: Client, in_scope: Scope, order: Order) -> None:
    for number in range(2000, 2011):
        in_scope(place_order, number=str(number), placed_at=NOW - 2 * DAY)
    assert "1001" in words(sam, "/orders/") and "2000" not in words(sam, "/orders/")
    assert "2000" in words(sam, "/orders/?page=2")


def test_a_shopper_without_orders_reads_why_the_list_is_empty(acme: Merchant, in_scope: Scope) -> None:
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    assert "No orders yet Orders placed with eve@example.com appear here" in words(eve, "/")


def test_help_stands_on_every_page_when_the_merchant_can_be_reached(sam: Client, acme: Merchant, order: Order) -> None:
    paths = [
        "/",
        "/orders/",
        page(order),
        page(order, "shipping/"),
        page(order, "products/"),
        page(order, "returns/"),
        "/policies/returns/",
    ]
    assert all('id="help"' not in sam.get(path).content.decode() for path in paths)
    with merchant_scope(acme.pk):
        type(branding()).objects.update(support_email="care@acme.example")
    assert all(sam.get(path).content.decode().count('id="help"') == 1 for path in paths)
    assert f'href="/help/contact/?state=before_dispatch&amp;order={order.public_id}"' in sam.get(page(order)).content.decode()


def test_no_link_of_a_page_is_dead(sam: Client, in_scope: Scope, order: Order) -> None:
    in_scope(ship, order)
    seen, todo = set(), ["/"]
    while todo:
        path = todo.pop()
        seen.add(path)
        response = sam.get(path)
        assert response.status_code == 200, path
        if not response["Content-Type"].startswith("text/html"):
            continue
        links = re.findall(r'href="(/[^"#]*)', response.content.decode())
        assert 'href="#"' not in response.content.decode()
        todo += [link for link in dict.fromkeys(links) if link not in seen and link not in todo and not link.startswith("/static/")]
    assert f"/orders/{order.public_id}/returns/" in seen


def test_amounts_follow_the_currency(sam: Client, in_scope: Scope) -> None:
    order = in_scope(
        place_order, number="1012", currency="JPY", lines=(incoming_line(unit_price=Decimal(4200)),), shipping_total=Decimal(0)
    )
    assert format_money(Decimal(4200), "JPY", "en") in words(sam, page(order))
