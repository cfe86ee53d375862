"""Orders with everything that a message about them is composed of."""

from collections.abc import Collection

from core.related import attach
from orders.models import Order, OrderLine, Payment, Promise
from tracking.models import Shipment, ShipmentLine


def read_orders(ids: Collection[int]) -> dict[int, Order]:
    """What `context.RELATED` names, for all of them at once; six queries."""
    orders: dict[int, Order] = Order.objects.select_related("customer").in_bulk(ids)
    attach(orders.values(), "lines", OrderLine.objects.filter(order__in=orders), by="order")
    attach(orders.values(), "payments", Payment.objects.filter(order__in=orders), by="order")
    attach(orders.values(), "promises", Promise.objects.filter(order__in=orders), by="order")
    parcels = attach(orders.values(), "shipments", Shipment.objects.filter(order__in=orders), by="order")
    if parcels:
        attach(parcels, "lines", ShipmentLine.objects.filter(shipment__in=[row.pk for row in parcels]), by="shipment")
    return orders
