"""Basics of the REST API: a JSON parser that takes no nonsense and one shape for every error."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

logger = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024
MAX_DEPTH = 20
MAX_NAMED = 50  # a thousand bad lines need no thousand complaints
LOCK_TIMEOUT = "55P03"
DEADLOCK = "40P01"


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = "The body is larger than 1 MB."
    default_code = "too_large"


class Conflict(exceptions.APIException):
    """The request is well-formed but the state of things forbids it."""

    status_code = 409
    default_code = "conflict"

    def __init__(self, message: str, **fields: list[str]) -> None:
        super().__init__(message)
        self.fields = fields


class Busy(exceptions.APIException):
    """Another request holds the same order or key; the caller may try again."""

    status_code = 409
    default_detail = "Another request is working on the same thing. Try again."
    default_code = "busy"
    wait = 1


class Unavailable(exceptions.APIException):
    """The database cannot be reached now. Whether anything was stored is open when it went away in the middle of a commit."""

    status_code = 503
    default_detail = "The service cannot store anything at the moment. Try again, with the same Idempotency-Key."
    default_code = "unavailable"
    wait = 5


def invalid(field: str, message: str) -> exceptions.ValidationError:
    """A 400 that names one field, for what only a service could see."""
    return exceptions.ValidationError({field: [message]})


def sqlstate(error: Exception) -> str:
    """Postgres' code of a database error, empty when the connection itself failed."""
    return getattr(error.__cause__, "pgcode", None) or ""


class OneRenderer(DefaultContentNegotiation):
    """Answers in the view's one format whatever `Accept` says: a picky header is no reason to refuse an order.

    What comes in says its own type: `*/*` is a wish, not a type.
    """

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        return None if "*" in (request.content_type or "") else super().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def load_json(raw: bytes) -> Any:
    """Parse JSON with exact decimals as text. Refuses (ValueError) duplicate keys, NaN, infinity, and nesting too deep to hold."""
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=str)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _is_storable(text: str) -> bool:
    """Postgres holds neither NUL nor half a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def check_texts(data: Any) -> None:
    """Refuses, naming the place, texts Postgres cannot hold; and (ParseError) more than twenty levels."""
    waiting: list[tuple[Any, tuple[str, ...]]] = [(data, ())]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, str) and not _is_storable(value):
            raise invalid(".".join(path) or "body", "NUL and lone surrogates are not text.")
        if len(path) > MAX_DEPTH:
            raise exceptions.ParseError("not valid JSON: nested too deeply")
        if isinstance(value, dict):
            if not all(_is_storable(name) for name in value):
                raise invalid(".".join(path) or "body", "A key holds NUL or a lone surrogate.")
            waiting.extend((item, (*path, name)) for name, item in value.items())
        elif isinstance(value, list):
            waiting.extend((item, (*path, str(position))) for position, item in enumerate(value))


class StrictJSONParser(BaseParser):
    """`application/json` only; decimals reach the serializers as exact text."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise TooLarge
        try:
            data = load_json(raw)
        except ValueError as error:
            raise exceptions.ParseError(f"not valid JSON: {error}"[:200]) from None
        check_texts(data)
        return data


def handle_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """`{"code", "message", "fields"}` for every refusal. The scope round the handler has already rolled back.

    REST framework's own handler is not called: its module imports this one for the parser.
    """
    error = _translated(error)
    if not isinstance(error, exceptions.APIException):
        return None
    headers = {"WWW-Authenticate": getattr(error, "auth_header", None), "Retry-After": getattr(error, "wait", None)}
    return Response(_problem(error), error.status_code, headers={name: str(value) for name, value in headers.items() if value})


def _problem(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return {"code": "invalid", "message": "Some fields are not valid.", "fields": named_fields(error.detail)}
    return {"code": error.get_codes(), "message": str(error.detail), "fields": getattr(error, "fields", {})}


def _translated(error: Exception) -> Exception:
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(serializers.as_serializer_error(error))
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("database refused a request: %s", sqlstate(error) or type(error).__name__)
        return Busy() if sqlstate(error) in (LOCK_TIMEOUT, DEADLOCK) else Unavailable()
    return error


def named_fields(detail: Any) -> dict[str, list[str]]:
    """Nested errors as `{"lines.3.title": ["..."]}`, at most fifty of them."""
    fields: dict[str, list[str]] = {}
    for path, message in _leaves(detail, ()):
        if path not in fields and len(fields) == MAX_NAMED:
            break
        fields.setdefault(path, []).append(message)
    return fields


def _leaves(detail: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _leaves(inner, path if name == api_settings.NON_FIELD_ERRORS_KEY else (*path, str(name)))
    elif isinstance(detail, list | tuple):
        for position, inner in enumerate(detail):
            yield from _leaves(inner, path if isinstance(inner, str) else (*path, str(position)))
    else:
        yield ".".join(path) or "body", str(detail)
