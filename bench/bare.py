"""The webhook's measuring stick: the product's application, and beside it `/bare/`, a Django view of one insert without middleware."""

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path

from postpurchase.wsgi import application as product


def insert(request: HttpRequest) -> HttpResponse:
    """Stores the body in one statement, its own transaction."""
    with connection.cursor() as cursor:
        cursor.execute("insert into bench_bare (body) values (%s)", [request.body])
    return HttpResponse("stored\n", content_type="text/plain")


urlpatterns = [path("bare/", insert)]


class BareHandler(WSGIHandler):
    """Django's own, without middleware and with the one address above."""

    def load_middleware(self, is_async: bool = False) -> None:
        def answer(request: HttpRequest) -> HttpResponseBase:
            request.urlconf = "bench.bare"
            return self._get_response(request)  # type: ignore[attr-defined,no-any-return]

        for kind in ("view", "template_response", "exception"):
            setattr(self, f"_{kind}_middleware", [])
        self._middleware_chain = convert_exception_to_response(answer)


bare = BareHandler()


def application(environ, start_response):  # type: ignore[no-untyped-def]
    """WSGI: one server, one process, one pool of connections for both."""
    chosen = bare if environ["PATH_INFO"] == "/bare/" else product
    return chosen(environ, start_response)
