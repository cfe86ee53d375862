"""What every operation of the REST API has in its documentation: errors, the idempotency header, examples."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from core.fields import StrictSerializer

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 200 printable ASCII characters, new for each new request. The same key and request again give the stored answer.",
    examples=[OpenApiExample("a key", value="4f1c3a52-order-1001")],
)


class Problem(serializers.Serializer[Any]):
    """The one shape of every error."""

    code = serializers.CharField(help_text="For programs.")
    message = serializers.CharField(help_text="For people.")
    fields = serializers.DictField(  # type: ignore[assignment]  # the metaclass takes it off the class
        child=serializers.ListField(child=serializers.CharField()), help_text="What is wrong where: `lines.3.quantity`."
    )


def _problem(code: str, message: str, status: int, **fields: list[str]) -> OpenApiResponse:
    example = OpenApiExample(code, value={"code": code, "message": message, "fields": fields}, status_codes=[str(status)])
    return OpenApiResponse(Problem, description=message, examples=[example])


ERRORS = {
    400: _problem("invalid", "Some fields are not valid.", 400, total=["Must not be negative."]),
    401: _problem("unauthorized", "Send a valid API key: `Authorization: Bearer pp_...`.", 401),
    403: _problem("missing_scope", "This key lacks the scope orders:write.", 403),
    404: _problem("not_found", "Not found.", 404),
    409: _problem("conflict", "The state of things forbids it.", 409),
    413: _problem("too_large", "The body is larger than 1 MB.", 413),
    415: _problem("unsupported_media_type", "Send application/json.", 415),
    422: _problem("idempotency_key_reused", "This Idempotency-Key was used before with another request.", 422),
    429: _problem("throttled", "More than 100 requests in 2 seconds.", 429),
    503: _problem("unavailable", "Try again, with the same Idempotency-Key.", 503),
}
ALWAYS = (400, 401, 403, 429, 503)
ON_POST = (409, 413, 415, 422)


def page_of(shape: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The envelope of a list."""
    members = {
        "__doc__": f"One page of {shape.__name__} rows, newest first.",
        "results": shape(many=True),
        "next_cursor": serializers.CharField(allow_null=True, help_text="For the next page; null on the last."),
    }
    return type(f"{shape.__name__}Page", (serializers.Serializer,), members)


def operation(  # noqa: PLR0913  keywords of one decorator
    *,
    id: str,
    summary: str,
    tag: str,
    answers: dict[int, Any],
    description: str = "",
    request: type[StrictSerializer] | dict[str, Any] | None = None,
    query: type[StrictSerializer] | None = None,
    examples: tuple[tuple[str, Any], ...] = (),
    answer: Any = None,
    errors: tuple[int, ...] = (),
    is_post: bool = False,
) -> Any:
    """The documentation of one operation: `examples` are request bodies, `answer` is an example of the good response."""
    codes = {*ALWAYS, *errors, *(ON_POST if is_post else ())}
    good = [str(status) for status in answers]
    shown = [OpenApiExample(name, value=value, request_only=True) for name, value in examples]
    if answer is not None:
        shown.append(OpenApiExample("answer", value=answer, response_only=True, status_codes=good))
    return extend_schema(
        operation_id=id,
        summary=summary,
        description=description or summary,
        tags=[tag],
        request=request,
        parameters=[*([query] if query else []), *([IDEMPOTENCY_KEY] if is_post else [])],
        responses={**answers, **{code: ERRORS[code] for code in sorted(codes)}},
        examples=shown,
    )
