"""Which messages go out, when and how: the list with its quick switches, and the acts on a version, each asked before it is done."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from core.clock import now
from customers.types import Channel
from merchants.admin import Confirm, Text, action, site
from merchants.types import Area
from notifications import automations
from notifications.admin.desk import desk_page, user_of
from notifications.admin.plan_rows import ADDRESS, groups_of, place_of, rows_by_kind, said_of
from notifications.admin.planning import Planning, page_of
from notifications.admin.simulator import Simulator
from notifications.models import AutomationVersion
from notifications.types import Kind


@admin.register(AutomationVersion, site=site)
class AutomationAdmin(Planning, Simulator):
    area = Area.MESSAGES
    icon, order, menu = "toggle_on", 30, _("Automations")
    actions = None
    actions_detail = ["publish", "roll_back"]
    fields = ["kind", "number", "state", "definition"]

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "of/<str:kind>/": ("plan", self.plan_view),
            "of/<str:kind>/history/": ("past", self.past_view),
            "of/<str:kind>/compare/": ("compare", self.compare_view),
            "simulator/": ("simulator", self.simulator_view),
            "simulator/letter/": ("letter", self.letter_view),
        }
        prefix = ADDRESS.partition(":")[2]
        made = [path(route, self.admin_site.admin_view(view), name=f"{prefix}_{name}") for route, (name, view) in pages.items()]
        return [*made, *super().get_urls()]

    @desk_page()
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Every message and the plan it follows. A POST names one channel of one and its new position."""
        if request.method == "POST":
            return self._switch(request)
        rows = rows_by_kind()
        context = {"here": "automations", "is_list": True, "said": said_of(rows.values()), "groups": groups_of(rows)}
        return self.sheet(request, "admin/automations/list.html", context)

    def _switch(self, request: HttpRequest) -> HttpResponse:
        if not self.has_act_permission(request):
            raise PermissionDenied
        entry, channel = place_of(request.POST.get("kind", "")).entry, request.POST.get("channel", "")
        if not entry.is_switchable or channel not in entry.channels:
            raise Http404
        is_on = request.POST.get("is_on") == "1"
        row = automations.switch(kind=entry.kind, channel=channel, is_on=is_on, by=user_of(request), at=now())
        self.log_change(request, row, "on" if is_on else "off")
        text = _("%(kind)s by %(channel)s goes out again.") if is_on else _("%(kind)s by %(channel)s is off.")
        messages.success(request, text % {"kind": Kind(entry.kind).label, "channel": Channel(channel).label})
        return redirect(f"{ADDRESS}_changelist")

    @desk_page()
    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The editor with one version in it: an old one is where a new draft begins."""
        version: AutomationVersion = self._row(request, object_id)
        return self._show(request, page_of(place_of(version.kind), version))

    def _page(self, request: HttpRequest, template: str, row: Any, **extra: Any) -> HttpResponse:
        """The page that asks before an act, in the studio's frame."""
        return self.sheet(request, "admin/studio/ask.html", {"here": "automations", "slot": place_of(row.kind), "original": row, **extra})

    @action(description=_("Publish"), permissions=["act"], url_path="publish")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("It is followed from the next message on. The former version is archived.")
        confirm = Confirm(_("Publish this draft"), _("Publish"), text)

        def act(row: AutomationVersion, data: dict[str, Any]) -> Text:
            _unless_stale(automations.publish, version=row, by=user_of(request), at=now())
            return _("The draft is published.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Roll back to this"), permissions=["act"], url_path="roll-back")
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Roll back to this version"), _("Roll back"), _("It is followed again from the next message on."))

        def act(row: AutomationVersion, data: dict[str, Any]) -> Text:
            _unless_stale(automations.roll_back, version=row, by=user_of(request), at=now())
            return _("This version is followed again.")

        return self.ask(request, object_id, confirm, act)


def _unless_stale(put_in_force: Callable[..., AutomationVersion], **values: Any) -> None:
    """Refuse, as a form does, what somebody changed since the question was asked."""
    try:
        put_in_force(**values)
    except automations.StaleDraft as stale:
        raise ValidationError(_("It was changed meanwhile: %(said)s.") % {"said": stale}) from stale
