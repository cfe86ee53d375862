"""What the studio's pages share: who may see and who may write, a strict policy, English, and the frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache

from core.clock import now
from core.limits import Limit, seconds_to_wait
from merchants.admin import MerchantAdmin
from merchants.models import User
from merchants.staff import actor_of, merchants_of

ENGLISH = "en"
MAX_BODY = 600_000  # bytes; a draft at its limits is a third of that
LIVE = Limit(rate=1, burst=60)  # of previews and checks, each: sixty a minute for one person
P = ParamSpec("P")
D = TypeVar("D", bound="Desk")


class Desk(MerchantAdmin):
    """A page of its own in the admin: no script or style but our files, whatever the other pages of the admin need."""

    def sheet(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """Render a page in the frame, under the policy of the rest of the product."""
        actor = actor_of(request)
        frame = {"actor": actor, "merchants": merchants_of(actor), "may_act": self.has_act_permission(request), "now": now()}
        response = render(request, template, {**frame, **context}, status=status)
        policy: Any = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        response[HEADER] = build_policy(config=policy)
        response["Content-Language"] = ENGLISH
        return response


def desk_page(*, acts: bool = False) -> Callable[[Callable[Concatenate[D, HttpRequest, P], HttpResponse]], Any]:
    """Looking needs the right to see messages, acting the right to change them. Staff pages speak English."""

    def decorate(view: Callable[Concatenate[D, HttpRequest, P], HttpResponse]) -> Any:
        @never_cache
        def inner(request: HttpRequest, desk: D, args: Any, kwargs: Any) -> HttpResponse:
            allowed = desk.has_act_permission(request) if acts else desk.has_view_permission(request)
            if not allowed:
                raise PermissionDenied
            with translation.override(ENGLISH):
                return view(desk, request, *args, **kwargs)

        @wraps(view)
        def guarded(desk: D, request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            response: HttpResponse = inner(request, desk, args, kwargs)
            return response

        return guarded

    return decorate


def user_of(request: HttpRequest) -> User:
    """The signed-in member of staff."""
    user = actor_of(request).user
    if user is None:
        raise PermissionDenied
    return user


def problem(status: int, message: str, *, field: str = "", line: int = 0, **extra: Any) -> JsonResponse:
    """An error of the live answers: which field and line, in words."""
    return JsonResponse({"error": {"field": field, "line": line, "message": message, **extra}}, status=status)


def hindrance(request: HttpRequest, what: str) -> JsonResponse | None:
    """Why a live question is not answered now: too long, or asked too often."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        return problem(413, f"The draft is longer than {MAX_BODY // 1000} kB.", field="source")
    wait = seconds_to_wait(who=f"{what}:{user_of(request).pk}", limit=LIVE, now=now())
    if not wait:
        return None
    response = problem(429, f"Too many at once. It goes on in {wait} s.", retry_after=wait)
    response["Retry-After"] = str(wait)
    return response
