"""What mail programs read of an order: schema.org `Order` and `ParcelDelivery`, from facts, never from templates."""

import json
from collections.abc import Mapping
from typing import Any

ORDER_STATUS = {
    "placed": "OrderProcessing",
    "sent": "OrderInTransit",
    "delivered": "OrderDelivered",
    "cancelled": "OrderCancelled",
    "unpaid": "OrderPaymentDue",
    "pickup": "OrderPickupAvailable",
    "problem": "OrderProblem",
}
# `<` and `&` would let a product title leave the script element; the line separators end a line in old script parsers.
ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def script(context: Mapping[str, Any]) -> str:
    """The script element, or nothing when the message is not about an order."""
    facts = context.get("facts")
    if not facts:
        return ""
    documents = [_order(facts)]
    if facts.get("parcel"):
        documents.append(_parcel(facts, facts["parcel"]))
    body = json.dumps(documents if len(documents) > 1 else documents[0], ensure_ascii=False, separators=(",", ":"))
    return f'<script type="application/ld+json">{body.translate(ESCAPES)}</script>'


def _order(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "Order",
        "merchant": {"@type": "Organization", "name": facts["merchant"]},
        "orderNumber": facts["number"],
        "orderStatus": f"https://schema.org/{ORDER_STATUS[facts['status']]}",
        "orderDate": facts["placed_at"],
        "price": facts["total"],
        "priceCurrency": facts["currency"],
        "url": facts["url"],
        "acceptedOffer": [_offer(item, facts["currency"]) for item in facts["items"]],
    }


def _offer(item: Mapping[str, Any], currency: str) -> dict[str, Any]:
    product = {"@type": "Product", "name": item["name"]} | ({"image": item["image"]} if item["image"] else {})
    return {
        "@type": "Offer",
        "itemOffered": product,
        "price": item["price"],
        "priceCurrency": currency,
        "eligibleQuantity": {"@type": "QuantitativeValue", "value": str(item["quantity"])},
    }


def _parcel(facts: Mapping[str, Any], parcel: Mapping[str, Any]) -> dict[str, Any]:
    address = facts["address"]
    document = {
        "@context": "https://schema.org",
        "@type": "ParcelDelivery",
        "deliveryAddress": {
            "@type": "PostalAddress",
            "name": address["name"],
            "streetAddress": address["street"],
            "addressLocality": address["city"],
            "addressRegion": address["region"],
            "postalCode": address["postcode"],
            "addressCountry": address["country"],
        },
        "carrier": {"@type": "Organization", "name": parcel["carrier"]},
        "itemShipped": [{"@type": "Product", "name": name} for name in parcel["items"]],
        "partOfOrder": {
            "@type": "Order",
            "orderNumber": facts["number"],
            "merchant": {"@type": "Organization", "name": facts["merchant"]},
        },
        "trackingUrl": parcel["url"],
    }
    optional = {
        "trackingNumber": parcel["tracking_number"],
        "expectedArrivalFrom": parcel["eta_from"],
        "expectedArrivalUntil": parcel["eta_by"],
    }
    if parcel["waits_until"]:
        document["deliveryStatus"] = {"@type": "DeliveryEvent", "availableThrough": parcel["waits_until"]}
    return document | {key: value for key, value in optional.items() if value}
