"""Shopify's fulfilment in our words: one parcel for each tracking number.

Shopify does not say which unit lies in which parcel. The first parcel therefore carries the fulfilment's quantities and
the others name the lines with none, so that nothing is counted twice. Parcels are told apart by their place in the list,
because a corrected tracking number is still the same parcel.
"""

from connectors.fields import Node, is_web_address
from connectors.shops.shopify import codes
from tracking.types import IncomingShipment, ShipmentStatus

MAX_PARCELS = 50


def parcels(node: Node, source: str, order_external_id: str) -> tuple[IncomingShipment, ...]:
    numbers = tracking_numbers(node)
    counted = quantities(node)
    first = parcel(node, source, order_external_id, numbers[0] if numbers else "", 0, counted)
    uncounted = dict.fromkeys(counted, 0)
    return (first, *(parcel(node, source, order_external_id, number, place, uncounted) for place, number in enumerate(numbers[1:], 1)))


def parcel(node: Node, source: str, order_external_id: str, number: str, place: int, lines: dict[str, int]) -> IncomingShipment:
    state, raw = status(node)
    updated_at = node.required_time("updated_at", "created_at")
    external_id = node.required_identifier("id")
    return IncomingShipment(
        source=source,
        external_id=f"{external_id}-{place + 1}" if place else external_id,
        order_external_id=order_external_id,
        updated_at=updated_at,
        status=state,
        raw_status=raw,
        carrier=node.text("tracking_company", 80),
        service="",
        tracking_number=number,
        tracking_url=tracking_url(node, place),
        shipped_at=None if state in codes.NOT_HANDED_OVER else node.required_time("created_at", "updated_at"),
        delivered_at=updated_at if state == ShipmentStatus.DELIVERED else None,
        eta=None,
        lines=lines,
        warnings=node.told(),
    )


def status(node: Node) -> tuple[ShipmentStatus, str]:
    """The parcel's status and Shopify's word for it. A success without a word is a parcel the merchant has sent."""
    own = node.known("status", ("success", *codes.FULFILMENT))
    if own in codes.FULFILMENT:
        return codes.FULFILMENT[own], own
    told = node.known("shipment_status", codes.SHIPMENT)
    if told or own != "success":
        return codes.SHIPMENT.get(told, ShipmentStatus.UNKNOWN), told or own
    return ShipmentStatus.IN_TRANSIT, own


def tracking_numbers(node: Node) -> list[str]:
    value = node.data.get("tracking_numbers") or []
    if not isinstance(value, list) or not all(isinstance(number, str) for number in value) or len(value) > MAX_PARCELS:
        raise node.refuse("tracking_numbers", f"must be a list of at most {MAX_PARCELS} texts")
    found = [Node({"number": number}, node.at("tracking_numbers"), node.warnings).text("number", 100) for number in value]
    return list(dict.fromkeys(number for number in found if number)) or [number for number in [node.text("tracking_number", 100)] if number]


def tracking_url(node: Node, place: int) -> str:
    urls = node.data.get("tracking_urls")
    if isinstance(urls, list) and place < len(urls):
        url = urls[place]
        return url if isinstance(url, str) and len(url) <= 1000 and is_web_address(url) else ""
    return node.url("tracking_url", 1000) if place == 0 else ""


def quantities(node: Node) -> dict[str, int]:
    counted: dict[str, int] = {}
    for entry in node.nodes("line_items"):
        if quantity := entry.quantity("quantity"):
            id = entry.required_identifier("id")
            counted[id] = counted.get(id, 0) + quantity
    return counted
