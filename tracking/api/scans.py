"""REST operations on scans."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import invalid
from core.cursor import BadCursor, Listing
from core.fields import Day, Moment
from merchants.api import MerchantAPIView, PageQuery
from merchants.schema import operation
from merchants.types import Scope
from orders.api.access import told_as_problems
from tracking.api import examples
from tracking.api.incoming import BatchInput, ScansInput, news_of
from tracking.api.shipments import TAG, ShipmentShape
from tracking.models import Scan, Shipment
from tracking.selectors import ShipmentNotFound, shipment_by_public_id
from tracking.services import ScansRecorded, ScansRefused, record_batch, record_scans
from tracking.types import Direction


class ScanShape(serializers.ModelSerializer[Scan]):
    """A scan as we keep it."""

    at = Moment()
    code = serializers.CharField(source="raw_code")
    cause = serializers.CharField()
    zone = serializers.CharField(help_text="The zone the carrier told the time in; empty when it did not.")

    class Meta:
        model = Scan
        fields = ["status", "at", "has_time", "zone", "code", "text", "city", "region", "country", "is_delay", "cause", "reason", "source"]


class ShipmentDetail(ShipmentShape):
    """A parcel with what its scans come to."""

    direction = serializers.ChoiceField(
        choices=Direction.choices, help_text="`back`: what a shopper returns. No list of parcels has these."
    )
    eta_from = Day(allow_null=True)
    promised_by = Day(allow_null=True, help_text="The day first promised.")
    first_scan_at = Moment(allow_null=True)
    last_scan_at = Moment(allow_null=True)
    attempted_at = Moment(allow_null=True, help_text="First attempt to deliver it.")
    pickup_until = Day(allow_null=True)
    cause = serializers.CharField(help_text="Who or what holds it up.")
    delivered_how = serializers.CharField(help_text="`signed`, `neighbour`, `locker`, ...")

    class Meta(ShipmentShape.Meta):
        fields = [
            *ShipmentShape.Meta.fields,
            *("eta_from", "eta_source", "promised_by", "first_scan_at", "last_scan_at", "attempted_at", "pickup_until"),
            *("is_delayed", "cause", "reason", "delivered_how", "direction"),
        ]


class ShipmentPage(ShipmentDetail):
    """A parcel and one page of its scans, newest first."""

    scans = ScanShape(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="For the next page of scans; null on the last.")

    class Meta(ShipmentDetail.Meta):
        fields = [*ShipmentDetail.Meta.fields, "scans", "next_cursor"]


class ScansOutcome(serializers.Serializer[Any]):
    """What became of the scans, and the parcel now."""

    added = serializers.IntegerField(help_text="Scans not told before.")
    known = serializers.IntegerField(help_text="Scans told before.")
    left_out = serializers.IntegerField(help_text="Scans from long before the order: an earlier parcel's with the same number.")
    warnings = serializers.ListField(child=serializers.CharField())
    shipment = ShipmentDetail()


class ItemOutcome(serializers.Serializer[Any]):
    """What became of one item, in the order they were sent."""

    tracking_number = serializers.CharField()
    result = serializers.ChoiceField(
        choices=["recorded", "waiting", "refused"], help_text="Waiting: until a parcel with this number comes, thirty days at most."
    )
    shipment = serializers.CharField(allow_null=True, help_text="Our id of the parcel.")
    added = serializers.IntegerField()
    known = serializers.IntegerField()
    left_out = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())
    problems = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="Why it was refused: `scans.3.at`."
    )


class BatchOutcome(serializers.Serializer[Any]):
    """What became of each item."""

    results = ItemOutcome(many=True)


def parcel(public_id: str) -> Shipment:
    """The merchant's parcel with its lines, whichever way it travels. 404 for anybody else's."""
    try:
        return shipment_by_public_id(public_id=public_id)
    except ShipmentNotFound:
        raise Http404 from None


class ShipmentView(MerchantAPIView):
    """One parcel."""

    scopes = {"GET": Scope.ORDERS_READ}
    query = {"GET": PageQuery}

    @operation(
        id="shipment_get",
        summary="A parcel and its scans",
        description="Everything the carrier said, newest first, a page at a time; and what it comes to.",
        tag=TAG,
        query=PageQuery,
        answers={200: ShipmentPage},
        answer=examples.PAGE,
        errors=(404,),
    )
    def get(self, request: Request, public_id: str) -> Response:
        row = parcel(public_id)
        listing = Listing(f"scans:{row.pk}", self.key.merchant_id, "at")
        try:
            page = listing.page(Scan.objects.filter(shipment=row), cursor=self.filters["cursor"], limit=self.filters["limit"])
        except BadCursor:
            raise invalid("cursor", "Is not a cursor of this list.") from None
        scans = ScanShape(page.rows, many=True).data
        return Response({**ShipmentDetail(row).data, "scans": scans, "next_cursor": page.next_cursor})


class ScansView(MerchantAPIView):
    """The scans of one parcel."""

    scopes = {"POST": Scope.ORDERS_WRITE}

    @operation(
        id="scans_save",
        summary="Tell what a carrier said of a parcel",
        description="One scan or up to 5,000, in any order and as often as you like: what is told twice counts once, and the same "
        "scans give the same state in whatever order they come.",
        tag=TAG,
        request=ScansInput,
        answers={200: ScansOutcome},
        examples=(("one scan", examples.ONE), ("several", examples.SEVERAL)),
        answer=examples.OUTCOME,
        errors=(404,),
        is_post=True,
    )
    def post(self, request: Request, public_id: str) -> Response:
        data = self.parse(ScansInput)
        with told_as_problems():
            try:
                done = record_scans(news=news_of(data, at=self.at, shipment=public_id), at=self.at)
            except ShipmentNotFound:
                raise Http404 from None
        return Response({**counted(done), "shipment": ShipmentDetail(parcel(public_id)).data})


class BatchView(MerchantAPIView):
    """Scans of several parcels."""

    scopes = {"POST": Scope.ORDERS_WRITE}

    @operation(
        id="scans_batch",
        summary="Tell what carriers said of several parcels",
        description="Each item names its parcel by tracking number, and by carrier where two use the same one. An item that is refused "
        "disturbs no other; one whose parcel is not known yet waits for it.",
        tag=TAG,
        request=BatchInput,
        answers={200: BatchOutcome},
        examples=(("two parcels", examples.BATCH),),
        answer=examples.BATCH_OUTCOME,
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        items = self.parse(BatchInput)["items"]
        with told_as_problems():
            done = record_batch(news=[news_of(item, at=self.at) for item in items], at=self.at)
        return Response({"results": [outcome(item["tracking_number"], one) for item, one in zip(items, done, strict=True)]})


def counted(done: ScansRecorded) -> dict[str, Any]:
    return {"added": done.added, "known": done.known, "left_out": done.left_out, "warnings": list(done.warnings)}


def outcome(number: str, done: ScansRecorded | ScansRefused) -> dict[str, Any]:
    """One item's result."""
    told: dict[str, Any] = {"tracking_number": number, "result": "refused", "shipment": None, "problems": {}}
    if isinstance(done, ScansRefused):
        field = done.field.replace("[", ".").replace("]", "")
        message = f"{done.message[:1].upper()}{done.message[1:]}."
        return {**told, "added": 0, "known": 0, "left_out": 0, "warnings": [], "problems": {field: [message]}}
    if done.shipment is None:
        return {**told, **counted(done), "result": "waiting"}
    return {**told, **counted(done), "result": "recorded", "shipment": done.shipment.public_id}
