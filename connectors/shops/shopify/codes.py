"""Shopify's words and ours. What is not here is kept raw and leaves a warning."""

from connectors.types import Meaning
from orders.types import PaymentState
from tracking.types import Cause, DeliveredHow, ShipmentStatus

ORDER_TOPICS = ("orders/create", "orders/updated", "orders/cancelled", "orders/paid", "orders/fulfilled", "orders/partially_fulfilled")
FULFILMENT_TOPICS = ("fulfillments/create", "fulfillments/update")
EVENT_TOPICS = ("fulfillment_events/create",)
REFUND_TOPICS = ("refunds/create",)
DELETE_TOPICS = ("orders/delete",)
PRODUCT_TOPICS = ("products/create", "products/update")
PRODUCT_DELETE_TOPICS = ("products/delete",)
COMPLIANCE_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")
TOPICS = (
    *(*ORDER_TOPICS, *FULFILMENT_TOPICS, *EVENT_TOPICS, *REFUND_TOPICS, *DELETE_TOPICS),
    *(*PRODUCT_TOPICS, *PRODUCT_DELETE_TOPICS, *COMPLIANCE_TOPICS),
)

FINANCIAL = {
    "pending": PaymentState.PENDING,
    "authorized": PaymentState.AUTHORIZED,
    "partially_paid": PaymentState.PARTIALLY_PAID,
    "paid": PaymentState.PAID,
    "partially_refunded": PaymentState.PARTIALLY_REFUNDED,
    "refunded": PaymentState.REFUNDED,
    "voided": PaymentState.VOIDED,
    "expired": PaymentState.VOIDED,
}
RECEIVED = frozenset({PaymentState.PAID, PaymentState.PARTIALLY_PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED})

# We count the fulfilment from the parcels; the word is only checked, so that a new one is noticed.
ORDER_FULFILMENT = ("fulfilled", "partial", "restocked", "pending", "unfulfilled", "scheduled", "on_hold", "in_progress", "open")

# A fulfilment that is not a success has no parcel: a failed or cancelled request, or one still with the warehouse.
FULFILMENT = {
    "pending": ShipmentStatus.PENDING,
    "open": ShipmentStatus.PENDING,
    "cancelled": ShipmentStatus.CANCELLED,
    "error": ShipmentStatus.CANCELLED,
    "failure": ShipmentStatus.CANCELLED,
}
# `failure` is "could not pull tracking information", which says nothing about the parcel.
SHIPMENT = {
    "confirmed": ShipmentStatus.PENDING,
    "label_purchased": ShipmentStatus.LABEL_CREATED,
    "label_printed": ShipmentStatus.LABEL_CREATED,
    "carrier_picked_up": ShipmentStatus.PICKED_UP,
    "in_transit": ShipmentStatus.IN_TRANSIT,
    "delayed": ShipmentStatus.IN_TRANSIT,
    "out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "attempted_delivery": ShipmentStatus.ATTEMPT_FAILED,
    "ready_for_pickup": ShipmentStatus.READY_FOR_PICKUP,
    "picked_up": ShipmentStatus.DELIVERED,
    "delivered": ShipmentStatus.DELIVERED,
    "failure": ShipmentStatus.UNKNOWN,
}
# Fulfilment events use the same words, and some that are not final yet.
EVENT = {word: Meaning(status) for word, status in SHIPMENT.items()} | {
    "delayed": Meaning(ShipmentStatus.IN_TRANSIT, Cause.CARRIER, "delayed", is_delay=True),
    "picked_up": Meaning(ShipmentStatus.DELIVERED, how=DeliveredHow.COLLECTED),
    "buyer_action_required": Meaning(ShipmentStatus.ON_HOLD, Cause.CONSIGNEE, "action_required"),
    "ready_for_recipient_pickup": Meaning(ShipmentStatus.READY_FOR_PICKUP),
    "returning_to_sender": Meaning(ShipmentStatus.RETURNING),
}
NOT_HANDED_OVER = frozenset({ShipmentStatus.PENDING, ShipmentStatus.LABEL_CREATED, ShipmentStatus.CANCELLED, ShipmentStatus.UNKNOWN})

GATEWAYS = {
    "shopify_payments": "Card",
    "paypal": "PayPal",
    "gift_card": "Gift card",
    "manual": "Manual payment",
    "cash_on_delivery": "Cash on delivery",
    "bank_deposit": "Bank transfer",
    "money_order": "Money order",
    "klarna": "Klarna",
    "shop_pay_installments": "Shop Pay Installments",
}

ON_SALE = frozenset({"active", ""})  # older API versions say nothing
PRODUCT_STATUSES = ("active", "draft", "archived", "unlisted")
