"""Calls of shops and carriers go straight to their view, past what is there for people."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve


class MachineMiddleware:
    """Who calls has no session, no language, no form and no page: what proves the call is its signature.

    Stands inside what says which host it is, what traces and what every answer says; whatever is below is for people.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.MACHINE_PATHS) or hasattr(request, "urlconf"):  # a merchant's host has pages only
            return self.get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response
