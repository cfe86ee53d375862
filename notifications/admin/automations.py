"""Which messages go out: one page of switches over the catalogue."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from merchants.admin import MerchantAdmin, site
from merchants.types import Area
from notifications.models import Automation
from notifications.registry import CATALOGUE
from notifications.types import Kind


@admin.register(Automation, site=site)
class AutomationAdmin(MerchantAdmin):
    area = Area.MESSAGES
    icon, order, menu = "toggle_on", 30, _("Automations")
    actions = None
    fields = ["kind", "channel", "is_on"]

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
        row, _made = Automation.objects.update_or_create(kind=kind, channel=channel, defaults={"is_on": is_on})
        self.log_change(request, row, "on" if is_on else "off")
        text = _("%(kind)s by %(channel)s goes out again.") if is_on else _("%(kind)s by %(channel)s is off.")
        messages.success(request, text % {"kind": Kind(kind).label, "channel": row.get_channel_display()})
        return redirect("admin:notifications_automation_changelist")


def switches() -> list[dict[str, Any]]:
    """Every message of the catalogue on every channel it has, and whether it goes out."""
    positions = {(kind, channel): is_on for kind, channel, is_on in Automation.objects.values_list("kind", "channel", "is_on")}
    return [
        {
            "kind": entry.kind.value,
            "label": entry.kind.label,
            "channel": channel.value,
            "channel_label": channel.label,
            "is_on": not entry.is_switchable or positions.get((entry.kind, channel), channel not in entry.off),
            "is_switchable": entry.is_switchable,
        }
        for entry in CATALOGUE
        for channel in entry.channels
    ]
