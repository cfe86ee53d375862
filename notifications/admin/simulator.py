"""The simulator's page: an order's messages as they would be, with what is in force or with the drafts. Nothing is sent or kept."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.clock import now
from core.limits import Limit, seconds_to_wait
from notifications.admin.desk import Desk, desk_page, user_of
from notifications.admin.live import framed
from notifications.admin.posted import order_text_of
from notifications.admin.shown import in_look
from notifications.admin.simulated import changes_of, story_of, sum_of
from notifications.models import AutomationVersion, TemplateVersion, VersionState
from notifications.simulator.compare import compare
from notifications.simulator.run import orders_numbered, simulate
from notifications.simulator.types import NotSimulated, Simulated
from notifications.studio.preview import orders_for, without_facts
from notifications.studio.types import OrderChoice
from notifications.types import Kind

OFTEN = Limit(rate=1, burst=60)
DRAFTS = "drafts"
OFFERED = Kind.ORDER_CONFIRMATION.value  # every order can be told by it


@dataclass(frozen=True, slots=True)
class Asked:
    """Which order, and whether with the drafts."""

    order: str
    is_draft: bool

    @property
    def query(self) -> dict[str, str]:
        return {"order": self.order, **({"with": DRAFTS} if self.is_draft else {})}


def asked_of(request: HttpRequest) -> Asked:
    return Asked(order_text_of(request.GET).lstrip("#"), request.GET.get("with") == DRAFTS)


class Simulator(Desk):
    """Pages that only read."""

    @desk_page()
    def simulator_view(self, request: HttpRequest) -> HttpResponse:
        """The story of one order; without an order, those it can be told of."""
        asked = asked_of(request)
        context: dict[str, Any] = {"here": "simulator", "asked": asked, "orders": orders_for(kind=OFFERED), "has_drafts": has_drafts()}
        status = 200
        if asked.order:
            status, found = self._tell(request, asked, has_drafts=context["has_drafts"])
            context |= found
        return self.sheet(request, "admin/automations/simulator.html", context, status)

    def _tell(self, request: HttpRequest, asked: Asked, *, has_drafts: bool) -> tuple[int, dict[str, Any]]:
        """What the page says of the order, and its status."""
        if wait := _seconds_to_wait(request):
            return 429, {"needs": _("Too many at once. It goes on in %(wait)s s.") % {"wait": wait}}
        ids, choices = order_ids_of(asked.order)
        if not ids:
            missing = _("No order of yours has this number or name.")
            return (200, {"choices": choices}) if choices else (404, {"needs": missing})
        try:
            return 200, told_of(ids, asked, has_drafts=has_drafts)
        except NotSimulated:
            return 422, {"needs": _("Nothing is kept of what happened to this order, so there is nothing to simulate.")}

    @desk_page()
    def letter_view(self, request: HttpRequest) -> HttpResponse:
        """One e-mail of the story as a page of its own, for the frame that has no rights."""
        asked, fact = asked_of(request), request.GET.get("fact", "")
        if _seconds_to_wait(request):
            return framed("")
        ids, _choices = order_ids_of(asked.order)
        try:
            found = simulate(order_ids=ids, now=now(), drafts=asked.is_draft)
        except NotSimulated:
            raise Http404 from None
        html = next((one.letter.html for one in found if one.fact == fact and one.letter.html), "")
        if not html:
            raise Http404
        return framed(in_look(without_facts(html), request.GET.get("look", "")))


def told_of(ids: list[int], asked: Asked, *, has_drafts: bool) -> dict[str, Any]:
    """The story asked for, and what the drafts change. Raises NotSimulated."""
    at = now()
    live = simulate(order_ids=ids, now=at)
    draft: list[Simulated] = simulate(order_ids=ids, now=at, drafts=True) if has_drafts else live
    shown = draft if asked.is_draft else live
    changes = changes_of(compare(live=live, draft=draft)) if has_drafts else []
    return {"is_told": True, "story": story_of(shown, asked.query), "sum": sum_of(shown), "changes": changes}


def order_ids_of(text: str) -> tuple[list[int], list[OrderChoice]]:
    """The orders of this number; else the one that fits the words, or those one may choose from."""
    try:
        return orders_numbered(numbers=[text]), []
    except NotSimulated:
        found = orders_for(kind=OFFERED, query=text) if text else []
    return ([found[0].id], []) if len(found) == 1 else ([], found)


def has_drafts() -> bool:
    """Whether any automation or wording is being written."""
    tables = (AutomationVersion, TemplateVersion)
    return any(table.objects.filter(state=VersionState.DRAFT).exists() for table in tables)


def _seconds_to_wait(request: HttpRequest) -> int:
    return seconds_to_wait(who=f"simulator:{user_of(request).pk}", limit=OFTEN, now=now())
