"""How often staff may mistype a password: per person, per network, and per both. Counted in the tables of django-axes.

A stranger who keeps guessing one person's password shuts that person out only where they have not been: a network they signed in
from within a month is held to its own tries.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse

from core.callers import address_of, network_of
from core.clock import now

PER_NETWORK, NETWORK_WINDOW = 20, timedelta(minutes=10)
PER_PERSON, PERSON_WINDOW = 10, timedelta(hours=1)
KNOWN_FOR = timedelta(days=30)
WORDS = "Too many tries to sign in. Try again in an hour, or ask whoever runs the platform for a link to a new password.\n"


def network(request: HttpRequest) -> str | None:
    """What counts as one place; named in the settings as axes' source of addresses."""
    return network_of(address_of(request)) or None


def name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """What was typed as one's name, in the form in which it is compared."""
    typed = (credentials or {}).get("username") or request.POST.get("username") or ""
    return str(typed).strip().lower()[:255]


class Handler(AxesDatabaseHandler):  # type: ignore[misc]
    """Ten an hour for a person from one place is axes' own rule; these are the other two."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        most: int = settings.AXES_FAILURE_LIMIT
        return max(int(super().get_failures(request, credentials)), most if _is_over(network(request), name(request, credentials)) else 0)


def _is_over(place: str | None, person: str) -> bool:
    if place is not None and _wrong(Q(ip_address=place), NETWORK_WINDOW) >= PER_NETWORK:
        return True
    if not person or _wrong(Q(username=person), PERSON_WINDOW) < PER_PERSON:
        return False
    return not _is_known(place, person)


def _wrong(about: Q, window: timedelta) -> int:
    rows = AccessAttempt.objects.filter(about, attempt_time__gt=now() - window)
    return int(rows.aggregate(all=Sum("failures_since_start"))["all"] or 0)


def _is_known(place: str | None, person: str) -> bool:
    return bool(AccessLog.objects.filter(ip_address=place, username=person, attempt_time__gt=now() - KNOWN_FOR).exists())


def locked(request: HttpRequest, response: HttpResponse | None = None, credentials: Mapping[str, Any] | None = None) -> HttpResponse:
    """The same for people there are and for people there are not."""
    wait = str(settings.AXES_COOLOFF_TIME * 3600)
    return HttpResponse(WORDS, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": wait})
