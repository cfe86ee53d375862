"""The REST operation that brings reviews of another system along."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.fields import StrictSerializer, Text
from merchants.api import MerchantAPIView
from merchants.schema import operation
from merchants.types import Scope
from reviews.api import examples
from reviews.api.access import TAG, told_as_problems
from reviews.api.outgoing import ImportShape
from reviews.rules.imports import COLUMNS
from reviews.services.imports import import_file, import_reviews

MOST_ROWS = 1_000
LONGEST = 1_000_000


@extend_schema_field({"type": "object", "properties": {name: {} for name in COLUMNS}, "additionalProperties": False})
class Row(serializers.DictField):
    """One review by its columns; checked row by row, so that one that is wrong hinders no other."""


class ImportInput(StrictSerializer):
    """Either `rows` or a `csv` text."""

    origin_name = Text(max_length=60, help_text="Where they were written. It is shown beside each of them.")
    file_name = Text(max_length=200, required=False, default="", allow_blank=True)
    rows = serializers.ListField(child=Row(), max_length=MOST_ROWS, required=False, allow_empty=False)
    csv = serializers.CharField(required=False, max_length=LONGEST, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("rows" in attrs) == ("csv" in attrs):
            raise serializers.ValidationError({"rows": ["Send either rows or a csv text."]})
        return attrs


class ImportView(MerchantAPIView):
    """Reviews of another system."""

    scopes = {"POST": Scope.REVIEWS_WRITE}

    @operation(
        id="reviews_import",
        summary="Bring reviews along from another system",
        description=f"Columns: {', '.join(COLUMNS)}. They are shown under `origin_name`, pass the same checks as all others, and are"
        " verified only where `order_number` names an order of yours that had reached the shopper by then. What is here already (the"
        " same `id`, or the same words) is left as it is. Send all of them: your public page tells how many came from elsewhere.",
        tag=TAG,
        request=ImportInput,
        answers={200: ImportShape},
        examples=(("rows", examples.IMPORT), ("a file", examples.IMPORT_FILE)),
        answer=examples.IMPORTED,
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(ImportInput)
        told = {"origin_name": data["origin_name"], "file_name": data["file_name"], "user": None, "at": self.at}
        with told_as_problems():
            batch = import_file(raw=data["csv"].encode(), **told) if "csv" in data else import_reviews(rows=data["rows"], **told)
        return Response(ImportShape(batch).data)
