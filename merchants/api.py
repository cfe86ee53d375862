"""The door of the REST API: who calls, how often, in whose scope, and once only."""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPMethod
from typing import Any, ClassVar

from django.conf import settings
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api import DEADLOCK, OneRenderer, invalid, sqlstate
from core.cursor import BadCursor, Listing
from core.fields import StrictSerializer
from core.limits import Limit, first_in, seconds_to_wait
from merchants.acting import is_now
from merchants.audit import About, Line, write
from merchants.idempotency import Answer, KeyReused, answer_once, hash_request, is_key
from merchants.scope import merchant_scope
from merchants.selectors import Key, key_of_token
from merchants.services import note_key_used
from merchants.types import ActorKind, Deed, Result, Scope

MAX_TOKEN = 200
MAX_IN_PATH = 100
TRIES = 3
Handler = Callable[..., Response]


class BadKey(exceptions.AuthenticationFailed):
    """One answer for a missing, wrong, revoked and expired key: nothing to learn from it."""

    default_detail = "Send a valid API key: `Authorization: Bearer pp_...`."
    default_code = "unauthorized"


class MissingScope(exceptions.PermissionDenied):
    default_code = "missing_scope"


class KeyMismatch(exceptions.APIException):
    status_code = 422
    default_detail = "This Idempotency-Key was used before with another request. Use a new key for a new request."
    default_code = "idempotency_key_reused"


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer pp_...`; the key tells the merchant. Nothing is looked up for what cannot be a key."""

    def authenticate(self, request: Request) -> tuple[None, Key]:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.startswith("pp_") or len(token) > MAX_TOKEN:
            raise BadKey
        key = key_of_token(token, now=clock.now())
        if key is None:
            raise BadKey
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerKeyScheme(OpenApiAuthenticationExtension):
    """How the documentation shows the key."""

    target_class = BearerKey
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key made with `manage.py create_api_key`, or in the admin."}


class NoQuery(StrictSerializer):
    """For operations without query parameters: any is refused by name."""


class PageQuery(StrictSerializer):
    """Parameters every list has."""

    cursor = serializers.CharField(required=False, default="", max_length=500, help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=200, help_text="Rows on a page.")


class MerchantAPIView(APIView):
    """Base of every operation: the key, its scope and rate, then the handler inside the merchant's scope.

    Handlers raise to refuse: whatever leaves the scope by an exception has changed nothing.
    """

    authentication_classes = [BearerKey]
    content_negotiation_class = OneRenderer
    http_method_names = ["get", "head", "post", "delete"]
    scopes: ClassVar[Mapping[str, Scope]]
    query: ClassVar[Mapping[str, type[StrictSerializer]]] = {}

    key: Key
    at: datetime
    filters: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """REST framework's own, with the handler run inside the merchant's scope, and in English whatever the browser speaks."""
        with translation.override("en"):
            return self._dispatch(request, *args, **kwargs)

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.args, self.kwargs = args, kwargs
        wrapped = self.initialize_request(request, *args, **kwargs)
        self.request = wrapped
        self.headers = self.default_response_headers
        try:
            self.initial(wrapped, *args, **kwargs)
            response = self._answer(wrapped, self._handler(wrapped))
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(wrapped, response, *args, **kwargs)
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.at = clock.now()
        key: Any = request.auth
        self.key = key
        is_now(ActorKind.KEY, self.key.id)
        self._check_rate()
        self._check_scope(request)
        self._check_path(kwargs)
        self.filters = self._read_query(request)

    def _handler(self, request: Request) -> Handler:
        handler: Handler = getattr(self, (request.method or "").lower(), self.http_method_not_allowed)
        return handler

    def _check_rate(self) -> None:
        limit = Limit(getattr(settings, "API_RATE", 50), getattr(settings, "API_BURST", 100))
        if wait := seconds_to_wait(who=f"key:{self.key.id}", limit=limit, now=self.at):
            raise exceptions.Throttled(wait, f"More than {limit.allowed} requests in {limit.window} seconds.")

    def _check_scope(self, request: Request) -> None:
        needed = self.scopes.get(method_of(request))
        if needed is None:
            raise exceptions.MethodNotAllowed(request.method or "")
        if needed not in self.key.scopes:
            self._note_denial(needed)
            raise MissingScope(f"This key lacks the scope {needed}.")

    def _note_denial(self, needed: Scope) -> None:
        if first_in(what=f"denied:{self.key.id}:{needed}", seconds=60):
            with merchant_scope(self.key.merchant_id):
                write(Line(Deed.DENIED, About("scope", needed.value), result=Result.REFUSED))

    @staticmethod
    def _check_path(kwargs: dict[str, Any]) -> None:
        """What no row can be called is not found; NUL would be an error in Postgres."""
        if not all(0 < len(value) <= MAX_IN_PATH and value.isprintable() for value in kwargs.values()):
            raise Http404

    def _read_query(self, request: Request) -> dict[str, Any]:
        if twice := [name for name, values in request.GET.lists() if len(values) > 1]:
            raise invalid(twice[0][:100], "Give it once.")
        serializer = self.query.get(method_of(request), NoQuery)(data=request.GET.dict())
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def _answer(self, request: Request, handler: Handler) -> Response:
        """Deadlocks with another request are tried again: nothing of the first try is left."""
        for left in reversed(range(TRIES)):
            try:
                return self._in_scope(request, handler)
            except OperationalError as error:
                if sqlstate(error) != DEADLOCK or not left:
                    raise
        raise AssertionError("unreachable")

    def _in_scope(self, request: Request, handler: Handler) -> Response:
        if first_in(what=f"key-used:{self.key.id}", seconds=60):
            with merchant_scope(self.key.merchant_id):
                note_key_used(key_id=self.key.id, at=self.at)
        if request.method != HTTPMethod.POST:
            with merchant_scope(self.key.merchant_id):
                return handler(request, *self.args, **self.kwargs)
        once = self._idempotency(request)
        with merchant_scope(self.key.merchant_id):
            return self._once(request, handler, **once)

    def _idempotency(self, request: Request) -> dict[str, str]:
        key = request.headers.get("Idempotency-Key", "")
        if not is_key(key):
            raise invalid("Idempotency-Key", "Send this header: 1 to 200 printable ASCII characters, new for each new request.")
        route = request.resolver_match.route if request.resolver_match else request.path
        return {
            "key": key,
            "endpoint": route[-120:],
            "request_hash": hash_request(path=request.path, query=request.GET.dict(), body=request.data),
        }

    def _once(self, request: Request, handler: Handler, **once: str) -> Response:
        def work() -> Answer:
            response = handler(request, *self.args, **self.kwargs)
            return Answer(response.status_code, response.data)

        try:
            answer = answer_once(**once, at=self.at, work=work)
        except KeyReused:
            raise KeyMismatch from None
        return Response(answer.body, answer.status, headers={"Idempotent-Replayed": "true"} if answer.is_replay else None)

    def parse(self, serializer: type[StrictSerializer], **context: Any) -> dict[str, Any]:
        """The request's body, checked. Refuses (400) naming each field."""
        checked = serializer(data=self.request.data, context=context)
        checked.is_valid(raise_exception=True)
        values: dict[str, Any] = checked.validated_data
        return values

    def page(
        self, rows: QuerySet[Any, Any], shape: Callable[..., serializers.BaseSerializer[Any]], *, name: str, by: str | None = None
    ) -> Response:
        """One page of a list, newest first. Refuses (400) a cursor of another list or merchant."""
        listing = Listing(name, self.key.merchant_id, by)
        try:
            page = listing.page(rows, cursor=self.filters["cursor"], limit=self.filters["limit"])
        except BadCursor:
            raise invalid("cursor", "Is not a cursor of this list.") from None
        return Response({"results": shape(page.rows, many=True).data, "next_cursor": page.next_cursor})


def method_of(request: Request) -> str:
    """HEAD is a GET whose answer is not read."""
    return "GET" if request.method == HTTPMethod.HEAD else request.method or ""
