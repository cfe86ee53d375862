"""REST operations on shipments."""

from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.fields import Day, Identifier, Moment, StrictSerializer, Text, WebAddress, many
from merchants.api import MerchantAPIView
from merchants.schema import operation
from merchants.types import Scope
from orders.api.access import SourceQuery, check_lines, order_called, told_as_problems
from orders.api.incoming import MAX_LINES, ReturnedLine, quantities
from orders.models import Order
from tracking.models import Shipment, ShipmentLine
from tracking.selectors import shipments_of
from tracking.services import record_shipment
from tracking.types import IncomingShipment, ShipmentStatus

TAG = "Shipments"


class ShipmentInput(StrictSerializer):
    """A parcel with everything the shop knows now."""

    external_id = Identifier(max_length=100, help_text="The shop's own id of the parcel.")
    status = serializers.ChoiceField(choices=ShipmentStatus.choices, required=False, default=ShipmentStatus.IN_TRANSIT)
    carrier = Text(required=False, default="", allow_blank=True, max_length=80, help_text="As you call it: `DHL`, `UPS`.")
    service = Text(required=False, default="", allow_blank=True, max_length=80)
    tracking_number = Identifier(required=False, default="", allow_blank=True, max_length=100)
    tracking_url = WebAddress(required=False, default="", allow_blank=True)
    shipped_at = Moment(required=False, default=None)
    delivered_at = Moment(required=False, default=None)
    eta = Day(required=False, default=None, help_text="The day the carrier names.")
    updated_at = Moment(required=False, help_text="Older than what we hold changes nothing. Now when left out.")
    lines = many(ReturnedLine, most=MAX_LINES, help_text="What lies in it; all that is left when empty.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "lines": quantities(attrs["lines"])}


class PackedShape(serializers.ModelSerializer[ShipmentLine]):
    """How many of an order's line lie in the parcel."""

    external_id = serializers.CharField(source="order_line.external_id", help_text="Of the order's line.")
    title = serializers.CharField(source="order_line.title")

    class Meta:
        model = ShipmentLine
        fields = ["external_id", "title", "quantity"]


class ShipmentShape(serializers.ModelSerializer[Shipment]):
    """A parcel. Nothing here says who gets it."""

    id = serializers.CharField(source="public_id")
    carrier = serializers.CharField(source="carrier_name")
    tracking_url = serializers.CharField()
    eta = Day(source="eta_by", allow_null=True)
    shipped_at = Moment(allow_null=True)
    delivered_at = Moment(allow_null=True)
    updated_at = Moment(source="source_updated_at")
    lines = PackedShape(many=True)

    class Meta:
        model = Shipment
        fields = [
            "id",
            "external_id",
            "position",
            "status",
            "carrier",
            "carrier_code",
            "service",
            "tracking_number",
            "tracking_url",
            "eta",
            "shipped_at",
            "delivered_at",
            "updated_at",
            "lines",
        ]


class ShipmentList(serializers.Serializer[Any]):
    """All parcels of an order."""

    results = ShipmentShape(many=True)


EXAMPLE: dict[str, Any] = {
    "external_id": "parcel-1",
    "status": "in_transit",
    "carrier": "DHL",
    "service": "Paket",
    "tracking_number": "00340434161094042557",
    "shipped_at": "2026-11-20T16:00:00+01:00",
    "eta": "2026-11-24",
    "updated_at": "2026-11-20T16:00:00+01:00",
    "lines": [{"external_id": "1", "quantity": 1}],
}
ANSWER: dict[str, Any] = {
    "id": "Yk2mV9cTqX1hB0fLr7sWaw",
    "external_id": "parcel-1",
    "position": 1,
    "status": "in_transit",
    "carrier": "DHL",
    "carrier_code": "dhl",
    "service": "Paket",
    "tracking_number": "00340434161094042557",
    "tracking_url": "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode=00340434161094042557",
    "eta": "2026-11-24",
    "shipped_at": "2026-11-20T15:00:00Z",
    "delivered_at": None,
    "updated_at": "2026-11-20T15:00:00Z",
    "lines": [{"external_id": "1", "title": "Linen shirt", "quantity": 1}],
}


def incoming_of(data: dict[str, Any], order: Order, *, at: datetime) -> IncomingShipment:
    """The parcel in our words, as news from the shop the order came from."""
    values = {"updated_at": at, **data, "status": ShipmentStatus(data["status"])}
    return IncomingShipment(source=order.source, order_external_id=order.external_id, **values)


class ShipmentsView(MerchantAPIView):
    """The parcels of one order."""

    scopes = {"GET": Scope.ORDERS_READ, "POST": Scope.ORDERS_WRITE}
    query = {"GET": SourceQuery, "POST": SourceQuery}

    @operation(
        id="shipments_list",
        summary="List the parcels of an order",
        tag=TAG,
        query=SourceQuery,
        answers={200: ShipmentList},
        answer={"results": [ANSWER]},
        errors=(404, 409),
    )
    def get(self, request: Request, number: str) -> Response:
        order = order_called(number, self.filters)
        return Response({"results": ShipmentShape(shipments_of(order_ids=[order.pk]).get(order.pk, []), many=True).data})

    @operation(
        id="shipments_save",
        summary="Make a parcel, or bring one up to date",
        description="The parcel's own id tells which. 201 for a new one, 200 for one we hold. A status never goes backwards.",
        tag=TAG,
        request=ShipmentInput,
        query=SourceQuery,
        answers={200: ShipmentShape, 201: ShipmentShape},
        examples=(("parcel", EXAMPLE),),
        answer=ANSWER,
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, number: str) -> Response:
        data = self.parse(ShipmentInput)
        order = order_called(number, self.filters)
        check_lines(order, data["lines"])
        is_known = Shipment.objects.filter(order=order, external_id=data["external_id"], source=order.source).exists()
        with told_as_problems():
            shipment = record_shipment(incoming=incoming_of(data, order, at=self.at), at=self.at)
        (packed,) = [row for row in shipments_of(order_ids=[order.pk])[order.pk] if row.pk == shipment.pk]
        return Response(ShipmentShape(packed).data, 200 if is_known else 201)
