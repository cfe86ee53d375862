"""Which messages go out: one page of switches over the catalogue."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from core.clock import now
from customers.types import Channel
from merchants.admin import MerchantAdmin, site
from merchants.types import Area
from notifications.automations import plans_in_force, switch
from notifications.models import AutomationVersion
from notifications.registry import CATALOGUE
from notifications.types import Kind


@admin.register(AutomationVersion, site=site)
class AutomationAdmin(MerchantAdmin):
    area = Area.MESSAGES
    icon, order, menu = "toggle_on", 30, _("Automations")
    actions = None
    fields = ["kind", "number", "state", "definition"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The switches. A POST names one and its new position."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._switch(request)
        return self._page(
            request, "admin/automations.html", None, title=self.menu, rows=switches(), may_act=self.has_act_permission(request)
        )

    def _switch(self, request: HttpRequest) -> HttpResponse:
        if not self.has_act_permission(request):
            raise PermissionDenied
        kind, channel = request.POST.get("kind", ""), request.POST.get("channel", "")
        if not any((row["kind"], row["channel"], row["is_switchable"]) == (kind, channel, True) for row in switches()):
            raise Http404
        is_on = request.POST.get("is_on") == "1"
        row = switch(kind=kind, channel=channel, is_on=is_on, by=request.user, at=now())
        self.log_change(request, row, "on" if is_on else "off")
        text = _("%(kind)s by %(channel)s goes out again.") if is_on else _("%(kind)s by %(channel)s is off.")
        messages.success(request, text % {"kind": Kind(kind).label, "channel": Channel(channel).label})
        return redirect("admin:notifications_automationversion_changelist")


def switches() -> list[dict[str, Any]]:
    """Every message of the catalogue on every channel it has, and whether it goes out."""
    plans = plans_in_force()
    return [
        {
            "kind": entry.kind.value,
            "label": entry.kind.label,
            "channel": channel.value,
            "channel_label": channel.label,
            "is_on": not entry.is_switchable or channel in plans[entry.kind].plan.channels,
            "is_switchable": entry.is_switchable,
        }
        for entry in CATALOGUE
        for channel in entry.channels
    ]
