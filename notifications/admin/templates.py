"""The merchant's own wording, by version. Texts are read-only: sent messages are pinned to them. Publishing is an act."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from core.clock import now
from merchants.admin import Confirm, MerchantAdmin, Text, action, site, stamp
from merchants.types import Area
from notifications.models import TemplateVersion
from notifications.versions import publish, roll_back, use_shipped


@admin.register(TemplateVersion, site=site)
class TemplateVersionAdmin(MerchantAdmin):
    area = Area.MESSAGES
    icon, order, menu = "edit_note", 20, _("Wording")
    list_display = ["kind", "channel", "language", "number", "state", "made", "trouble"]
    list_filter = ["state", "kind", "channel", "language"]
    ordering = ["kind", "channel", "language", "-number"]
    actions = None
    actions_detail = ["publish", "roll_back", "use_shipped"]
    readonly_fields = ["made", "published", "trouble"]
    fields = ["kind", "channel", "language", "number", "state", "made", "published", "trouble", "subject", "source", "text_source"]

    @admin.display(description=_("Made"))
    def made(self, row: TemplateVersion) -> str:
        return stamp(row.created_at)

    @admin.display(description=_("Published"))
    def published(self, row: TemplateVersion) -> str:
        return stamp(row.published_at, _("not yet"))

    @admin.display(description=_("Trouble"))
    def trouble(self, row: TemplateVersion) -> str:
        return f"{stamp(row.broken_at)} {row.broken_reason}".strip() or str(_("none"))

    @action(description=_("Publish"), permissions=["act"], url_path="publish")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Publish this draft"), _("Publish"), _("It goes out from the next message on. The former version is archived."))

        def act(row: TemplateVersion, data: dict[str, Any]) -> Text:
            publish(version=row, at=now())
            return _("The draft is published.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Roll back to this"), permissions=["act"], url_path="roll-back")
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Roll back to this version"), _("Roll back"), _("It goes out again from the next message on."))

        def act(row: TemplateVersion, data: dict[str, Any]) -> Text:
            roll_back(version=row, at=now())
            return _("This version goes out again.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Use the shipped wording"), permissions=["act"], url_path="use-shipped")
    def use_shipped(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("What is published for this message, channel and language is archived; our wording goes out.")
        confirm = Confirm(_("Use the shipped wording"), _("Use it"), text)

        def act(row: TemplateVersion, data: dict[str, Any]) -> Text:
            use_shipped(kind=row.kind, channel=row.channel, language=row.language)
            return _("The shipped wording goes out.")

        return self.ask(request, object_id, confirm, act)
