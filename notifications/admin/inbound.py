"""What shoppers answered by SMS; those without a keyword wait for a person to read them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from merchants.admin import MerchantAdmin, site, stamp
from merchants.types import Area
from notifications.models import InboundText


@admin.register(InboundText, site=site)
class InboundTextAdmin(MerchantAdmin):
    area = Area.MESSAGES
    icon, order = "reply", 15
    list_display = ["received", "sender", "text", "meaning"]
    list_filter = ["keyword"]
    search_fields = ["sender"]
    search_help_text = _("the whole telephone number, like +4915123456789")
    ordering = ["-received_at", "-id"]
    actions = None
    fields = ["received", "sender", "text", "meaning"]
    readonly_fields = ["received", "meaning"]

    @admin.display(description=_("Received"), ordering="received_at")
    def received(self, row: InboundText) -> str:
        return stamp(row.received_at)

    @admin.display(description=_("Understood as"))
    def meaning(self, row: InboundText) -> str:
        return row.keyword.upper() or str(_("a text for you to read"))
