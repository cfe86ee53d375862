"""What every staff page shares: sign-in, role, the merchant's time zone, and the frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache

from core.clock import now
from dashboard.selectors import has_sandbox
from merchants.rules import CHANGE, VIEW
from merchants.staff import Actor, actor_of, merchants_of
from merchants.types import Area
from returns.selectors.desk import overdue_count
from reviews.selectors.tasks import overdue

ENGLISH = "en"
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]


def staff_page(*, acts: bool = False) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Let in staff of the current merchant. Looking needs the right to see messages, acting the right to change orders."""

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            actor = actor_of(request)
            if actor.user is None:
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            if actor.merchant is None:
                return redirect("admin:index")
            # Staff pages are written in English; half of their words in the reader's language would be neither.
            with timezone.override(ZoneInfo(actor.merchant.timezone)), translation.override(ENGLISH):
                if not (may_act(actor) if acts else actor.may(Area.MESSAGES, VIEW)):
                    return page(request, actor, "dashboard/denied.html", {}, status=403)
                return view(request, actor, *args, **kwargs)

        return guarded

    return decorate


def may_act(actor: Actor) -> bool:
    """Whether the actor may re-run and cancel: support, editors and owners."""
    return actor.may(Area.ORDERS, CHANGE)


def page(request: HttpRequest, actor: Actor, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a page in the frame: whose shop it is, where one can go, and what one may do."""
    frame = {
        "actor": actor,
        "merchants": merchants_of(actor),
        "may_act": may_act(actor),
        "has_sandbox": has_sandbox(),
        "overdue_returns": overdue_count(today=timezone.localdate(now())),
        "overdue_feedback": overdue(now=now()),
    }
    response = render(request, template, {**frame, **context}, status=status)
    response["Content-Language"] = ENGLISH
    return response
