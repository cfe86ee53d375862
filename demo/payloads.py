"""What the simulated shops say of a sale, step by step, in the words of Shopify and of WooCommerce."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.world import number_of
from orders.types import IncomingLine, IncomingOrder

GMT = "%Y-%m-%dT%H:%M:%S"
Call = tuple[str, dict[str, Any]]  # topic, body


@dataclass(frozen=True, slots=True)
class Sale:
    """One order at one shop, under the shop's own id, and who will carry it."""

    order: IncomingOrder
    carrier: tuple[str, str, str]
    id: int


Step = Callable[[Sale, datetime], Call]


def _shopify_line(sale: Sale, index: int, line: IncomingLine) -> dict[str, Any]:
    return {
        "id": sale.id * 10 + index,
        "title": line.title,
        "variant_title": line.variant_title,
        "sku": line.sku,
        "product_id": int(line.product_external_id),
        "quantity": line.quantity,
        "price": str(line.unit_price),
        "total_discount": "0.00",
        "requires_shipping": True,
    }


def _shopify_address(order: IncomingOrder) -> dict[str, Any]:
    where = order.shipping_address
    return {
        "name": where.name,
        "address1": where.street,
        "city": where.city,
        "zip": where.postcode,
        "province": where.region,
        "country_code": where.country,
        "phone": where.phone,
    }


def _shopify_placed(sale: Sale, now: datetime) -> Call:
    order = sale.order
    person = {"id": number_of(order.email), "first_name": order.first_name, "last_name": order.last_name, "email": order.email}
    return "orders/create", {
        "id": sale.id,
        "name": order.number,
        "email": order.email,
        "contact_email": order.email,
        "phone": order.phone or None,
        "created_at": order.placed_at.isoformat(),
        "updated_at": order.placed_at.isoformat(),
        "currency": order.currency,
        "total_price": str(order.total),
        "subtotal_price": str(order.subtotal),
        "total_line_items_price": str(order.subtotal),
        "total_tax": str(order.tax_total),
        "taxes_included": order.taxes_included,
        "total_discounts": "0.00",
        "total_shipping_price_set": {"shop_money": {"amount": str(order.shipping_total), "currency_code": order.currency}},
        "financial_status": "paid",
        "fulfillment_status": None,
        "cancelled_at": None,
        "customer_locale": order.language,
        "payment_gateway_names": ["visa"],
        "customer": person,
        "line_items": [_shopify_line(sale, index, line) for index, line in enumerate(order.lines)],
        "shipping_lines": [{"title": order.shipping_method, "price": str(order.shipping_total)}],
        "shipping_address": _shopify_address(order),
        "billing_address": _shopify_address(order),
        "fulfillments": [],
        "refunds": [],
    }


def _shopify_fulfilment(status: str | None) -> Step:
    def step(sale: Sale, now: datetime) -> Call:
        return "fulfillments/create" if status is None else "fulfillments/update", {
            "id": sale.id * 10 + 9,
            "order_id": sale.id,
            "status": "success",
            "shipment_status": status,
            "created_at": now.isoformat(),
            "updated_at": now.isoformat(),
            "tracking_company": sale.carrier[0],
            "tracking_number": tracking_number(sale),
            "line_items": [{"id": sale.id * 10 + index, "quantity": line.quantity} for index, line in enumerate(sale.order.lines)],
        }

    return step


def _woocommerce_address(order: IncomingOrder) -> dict[str, Any]:
    where = order.shipping_address
    return {
        "first_name": order.first_name,
        "last_name": order.last_name,
        "address_1": where.street,
        "city": where.city,
        "state": where.region,
        "postcode": where.postcode,
        "country": where.country,
    }


def _woocommerce_line(sale: Sale, index: int, line: IncomingLine) -> dict[str, Any]:
    return {
        "id": sale.id * 10 + index,
        "name": line.title,
        "product_id": int(line.product_external_id),
        "image": {"src": line.image_url},
        "quantity": line.quantity,
        "sku": line.sku,
        "price": str(line.unit_price),
        "subtotal": str(line.total),
        "total": str(line.total),
        "total_tax": "0.00",
        "meta_data": [],
    }


def _woocommerce_order(topic: str, status: str) -> Step:
    def step(sale: Sale, now: datetime) -> Call:
        order = sale.order
        address = _woocommerce_address(order)
        return topic, {
            "id": sale.id,
            "number": order.number,
            "status": status,
            "currency": order.currency,
            "date_created_gmt": order.placed_at.strftime(GMT),
            "date_modified_gmt": now.strftime(GMT),
            "date_paid_gmt": order.placed_at.strftime(GMT),
            "discount_total": "0.00",
            "shipping_total": str(order.shipping_total),
            "total": str(order.total),
            "total_tax": str(order.tax_total),
            "prices_include_tax": order.taxes_included,
            "billing": {**address, "email": order.email, "phone": order.phone},
            "shipping": address,
            "payment_method": "stripe",
            "payment_method_title": "Mastercard",
            "line_items": [_woocommerce_line(sale, index, line) for index, line in enumerate(order.lines)],
            "shipping_lines": [{"method_title": order.shipping_method, "total": str(order.shipping_total)}],
            "refunds": [],
        }

    return step


def _woocommerce_sent(sale: Sale, now: datetime) -> Call:
    """WooCommerce knows no parcels; the usual tracking plugin notes them in the order's meta data."""
    topic, body = _woocommerce_order("order.updated", "completed")(sale, now)
    noted = {
        "tracking_id": str(sale.id),
        "tracking_provider": sale.carrier[0],
        "tracking_number": tracking_number(sale),
        "date_shipped": str(int(now.timestamp())),
    }
    return topic, {**body, "meta_data": [{"id": 1, "key": "_wc_shipment_tracking_items", "value": [noted]}]}


def tracking_number(sale: Sale) -> str:
    return sale.carrier[2].format(sale.id % 10**9)


# What each shop says of a sale; what happens to its parcel then, the carrier says (demo.carriers).
LIVES: dict[str, tuple[Step, ...]] = {
    "shopify": (_shopify_placed, _shopify_fulfilment(None)),
    "woocommerce": (
        _woocommerce_order("order.created", "pending"),
        _woocommerce_order("order.updated", "processing"),
        _woocommerce_sent,
    ),
}
