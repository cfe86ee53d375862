"""The OpenAPI document and the page that shows it, from this host alone."""

import re
from functools import cache
from typing import Any

from django.http import Http404
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import OneRenderer

# Swagger UI sets style attributes; its scripts all come as files.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3.1, in English. Made once per process: it takes a second, and anybody may ask for it."""
    with translation.override("en"):
        made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


def add_links(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Where to go on from what a POST made: every operation below its address, with the id its answer holds. A hook of drf-spectacular."""
    for path, ways in result["paths"].items():
        for status, response in ways.get("post", {}).get("responses", {}).items():
            if status in ("200", "201") and (made := _links(result, path, response)):
                response["links"] = made
    return result


def _links(result: dict[str, Any], path: str, response: dict[str, Any]) -> dict[str, Any]:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    shape = result["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    found = {}
    for other, ways in result["paths"].items():
        below = re.fullmatch(rf"{re.escape(path)}/\{{(\w+)\}}(/\w+)?", other)
        field = _named(below[1], shape.get("properties", {})) if below else ""
        for told in ways.values() if field else ():
            place = {below[1]: f"$response.body#/{field}"} if below else {}
            found[told["operationId"]] = {"operationId": told["operationId"], "parameters": place}
    return found


def _named(parameter: str, properties: dict[str, Any]) -> str:
    """The field of an answer that an address calls `parameter`: ids are called `id` in answers."""
    return next((name for name in (parameter, "id" if parameter == "public_id" else parameter) if name in properties), "")


class SchemaView(APIView):
    """The document as JSON, whatever the query asks."""

    renderer_classes = [OpenApiJsonRenderer]
    content_negotiation_class = OneRenderer

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(document())


class NowhereView(APIView):
    """Any other address of the API: 404 in the shape of every error."""

    content_negotiation_class = OneRenderer
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI under a policy of its own."""

    content_negotiation_class = OneRenderer

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().get(request, *args, **kwargs)
        answer["Content-Security-Policy"] = DOCS_POLICY
        return answer

    def _get_schema_url(self, request: Request) -> str:
        return "../schema/"
