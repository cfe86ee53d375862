"""Pages about the whole installation, for platform staff."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.clock import now
from dashboard.queues import books, depths
from dashboard.views.base import ENGLISH
from events.station import current_hold
from merchants.models import User
from merchants.scope import across_merchants


@require_safe
@never_cache
def installation_queues(request: HttpRequest) -> HttpResponse:
    """Queue figures over all merchants. Anybody but platform staff gets 404."""
    user = request.user
    if not (isinstance(user, User) and user.is_active and user.is_superuser):
        raise Http404
    held = current_hold()
    with across_merchants():
        figures, counted = depths(), books()
    with translation.override(ENGLISH):
        context = {"depths": figures, "now": now(), "here": "queues", "held": held, **counted}
        return render(request, "dashboard/installation.html", context)
