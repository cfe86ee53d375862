"""What mail programs read."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.types import Kind
from orders.tokens import order_link_token
from orders.types import OrderState, PaymentState
from tests.factories import incoming_line
from tests.notifications import stories
from tests.notifications.stories import PLACED, SENT, told

SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


def documents(page: str) -> Any:
    (body,) = SCRIPT.findall(page)
    assert page.index("application/ld+json") < page.index("</head>")
    return json.loads(body)


def test_a_confirmation_carries_an_order_with_all_required_fields(voltline: Merchant) -> None:
    order = stories.order()
    document = documents(told(Kind.ORDER_CONFIRMATION, "email", "en", order=order).html)
    assert document["@type"] == "Order"
    assert document["merchant"] == {"@type": "Organization", "name": "Borealis"}
    assert document["orderNumber"] == "V-58213"
    assert document["orderStatus"] == "https://schema.org/OrderProcessing"
    assert (document["price"], document["priceCurrency"]) == ("355.06", "USD")
    assert document["url"] == f"https://borealis.platform.test/view/{order_link_token(order, at=PLACED)}/"
    assert document["acceptedOffer"][2] == {
        "@type": "Offer",
        "itemOffered": {"@type": "Product", "name": "Braided USB-C cable", "image": f"{stories.PICTURES}/cable.png"},
        "price": "15.00",
        "priceCurrency": "USD",
        "eligibleQuantity": {"@type": "QuantitativeValue", "value": "2"},
    }


def test_a_dispatch_mail_carries_the_parcel_with_all_required_fields(voltline: Merchant) -> None:
    order = stories.order()
    mail = told(Kind.DISPATCH, "email", "de", order=order, shipment=stories.sent(order), now=SENT)
    _, parcel = documents(mail.html)
    assert parcel["@type"] == "ParcelDelivery"
    assert parcel["carrier"]["name"] == "UPS"
    assert parcel["deliveryAddress"] == {
        "@type": "PostalAddress",
        "name": "Maya Chen",
        "streetAddress": "1208 E 6th St, Apt 4",
        "addressLocality": "Austin",
        "addressRegion": "TX",
        "postalCode": "78702",
        "addressCountry": "US",
    }
    assert parcel["expectedArrivalUntil"] == "2026-11-24"
    assert [item["name"] for item in parcel["itemShipped"]] == ["Halo headphones", "Braided USB-C cable"]
    assert parcel["partOfOrder"]["orderNumber"] == "V-58213"
    assert parcel["trackingNumber"] == "1Z999AA10123456784"
    assert parcel["trackingUrl"] == f"https://borealis.platform.test/track/{order.track_token}/"


def test_a_title_cannot_leave_the_script(voltline: Merchant) -> None:
    hostile = '</script><script>alert(1)</script> "\\ \u2028 & <!--'
    order = stories.order(lines=(incoming_line(title=hostile),))
    page = told(Kind.ORDER_CONFIRMATION, "email", "en", order=order).html
    assert page.count("<script") == 1
    assert documents(page)["acceptedOffer"][0]["itemOffered"]["name"] == '</script><script>alert(1)</script> "\\ & <!--'


@pytest.mark.parametrize(
    ("state", "payment", "status"),
    [
        (OrderState.CANCELLED, PaymentState.PAID, "OrderCancelled"),
        (OrderState.CONFIRMED, PaymentState.PENDING, "OrderPaymentDue"),
        (OrderState.CONFIRMED, PaymentState.PAID, "OrderProcessing"),
    ],
)
def test_the_status_is_the_orders(voltline: Merchant, state: OrderState, payment: PaymentState, status: str) -> None:
    order = stories.order()
    order.state, order.payment_state = state, payment
    order.save()
    assert documents(told(Kind.CANCELLATION, "email", "en", order=order).html)["orderStatus"] == f"https://schema.org/{status}"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Kind.ARRIVED_IN_CITY, "OrderInTransit"),
        (Kind.OUT_FOR_DELIVERY, "OrderInTransit"),
        (Kind.ATTEMPT_FAILED, "OrderInTransit"),
        (Kind.READY_FOR_PICKUP, "OrderPickupAvailable"),
        (Kind.PICKUP_EXPIRING, "OrderPickupAvailable"),
        (Kind.DELAYED, "OrderInTransit"),
        (Kind.LOST_SUSPECTED, "OrderProblem"),
        (Kind.DELIVERED, "OrderDelivered"),
        (Kind.RECEIPT_DENIED, "OrderProblem"),
    ],
)
def test_news_of_a_parcel_carry_the_orders_status_and_the_parcel(voltline: Merchant, kind: Kind, status: str) -> None:
    order, parcel = documents(told(kind, "email", "en", now=stories.NEXT_DAY, **stories.about(kind, stories.order())).html)
    assert order["orderStatus"] == f"https://schema.org/{status}"
    assert parcel["@type"] == "ParcelDelivery"
    assert parcel["carrier"]["name"] == "UPS"


def test_a_delay_carries_the_new_day_and_a_pick_up_how_long_it_waits(voltline: Merchant) -> None:
    late = told(Kind.DELAYED, "email", "en", now=stories.NEXT_DAY, **stories.about(Kind.DELAYED, stories.order(number="V-1")))
    assert documents(late.html)[1]["expectedArrivalUntil"] == "2026-11-27"
    about = stories.about(Kind.READY_FOR_PICKUP, stories.order(number="V-2"))
    waiting = documents(told(Kind.READY_FOR_PICKUP, "email", "en", now=stories.NEXT_DAY, **about).html)[1]
    assert waiting["deliveryStatus"] == {"@type": "DeliveryEvent", "availableThrough": "2026-11-27"}


@pytest.mark.parametrize("kind", [Kind.DISPATCH_DELAYED, Kind.CHOICE_RECEIVED, Kind.NOTE])
def test_messages_without_a_parcel_carry_the_order_alone(voltline: Merchant, kind: Kind) -> None:
    document = documents(told(kind, "email", "en", now=stories.NEXT_DAY, **stories.about(kind, stories.order())).html)
    assert document["orderStatus"] == "https://schema.org/OrderProcessing"
