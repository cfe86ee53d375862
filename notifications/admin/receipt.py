"""One message's page: its receipt in the sections a reader asks for, told by `message_story` as in /ops/."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from merchants.admin import MerchantAdmin, Text, stamp
from notifications.models import Message
from notifications.receipts import Link, reason_of
from notifications.selectors import MessageNotFound, Story, message_story

PAGE = "/ops/messages/{}/"


def story_link(row: Message, text: Text) -> SafeString:
    return format_html('<a class="underline" href="/ops/messages/{}/">{}</a>', row.pk, text)


class Receipts(MerchantAdmin):
    """The sections of the page. The story is read once, when the page asks for its row."""

    fieldsets = (
        (None, {"fields": ("story", "kind", "channel", "outcome", "why", "recipient", "order_number", "must_arrive")}),
        (_("What happened"), {"fields": ("event_type", "plan", "wording", "style_used", "language", "topic")}),
        (_("When"), {"fields": ("times",)}),
        (_("Why it was sent or not"), {"fields": ("asked", "other_ways")}),
        (_("What it says"), {"fields": ("said",)}),
        (_("What it cost"), {"fields": ("cost_told", "segments", "country", "through", "provider_id", "attempts", "last_error")}),
    )
    readonly_fields = [
        "story", "outcome", "why", "order_number", "must_arrive", "event_type", "plan", "wording", "style_used",
        "times", "asked", "other_ways", "said", "cost_told", "through",
    ]  # fmt: skip

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        try:
            told = message_story(message_id=int(object_id))
        except (ValueError, MessageNotFound):
            return None
        row: Any = told.message
        row.told = told
        return row

    @admin.display(description=_("Decided"), ordering="decided_at")
    def decided(self, row: Message) -> str:
        return stamp(row.decided_at)

    @admin.display(description=_("Order"))
    def order_number(self, row: Message) -> str:
        return row.order.number if row.order else "-"

    @admin.display(description=_("Story"))
    def story(self, row: Message) -> SafeString:
        return story_link(row, _("Why and how"))

    @admin.display(description=_("Must arrive"))
    def must_arrive(self, row: Message) -> str:
        return str(_("yes: sent once more, flagged, when the outcome stays unknown") if row.is_mandatory else _("no"))

    @admin.display(description=_("Event"))
    def event_type(self, row: Any) -> str:
        event = _told(row).event
        return f"{event.type}, {stamp(event.occurred_at)}" if event is not None else str(_("no longer kept, or there was none"))

    @admin.display(description=_("Automation"))
    def plan(self, row: Any) -> SafeString | str:
        return _link(_told(row).plan, _("none: a test asked for by staff"))

    @admin.display(description=_("Wording"))
    def wording(self, row: Any) -> SafeString | str:
        return _link(_told(row).wording, _("not rendered"))

    @admin.display(description=_("Style"))
    def style_used(self, row: Message) -> str:
        return str(row.get_style_display()) if row.style else "-"

    @admin.display(description=_("Planned and real"))
    def times(self, row: Any) -> SafeString:
        return render_to_string("admin/receipt/times.html", {"told": _told(row)})

    @admin.display(description=_("Asked, in this order"))
    def asked(self, row: Any) -> SafeString:
        return render_to_string("admin/receipt/asked.html", {"told": _told(row)})

    @admin.display(description=_("The same news another way"))
    def other_ways(self, row: Any) -> SafeString | str:
        ways = [{"row": other, "why": reason_of(other.reason, other.state) if other.reason else ""} for other in _told(row).ladder]
        return render_to_string("admin/receipt/ways.html", {"ways": ways}) if ways else "-"

    @admin.display(description=_("As it was sent"))
    def said(self, row: Any) -> SafeString:
        return render_to_string("admin/receipt/said.html", {"told": _told(row), "address": PAGE.format(row.pk) + "preview/"})

    @admin.display(description=_("Cost"))
    def cost_told(self, row: Any) -> str:
        return _told(row).cost

    @admin.display(description=_("Through"))
    def through(self, row: Any) -> str:
        return str(_told(row).account or "-")


def _told(row: Any) -> Story:
    told: Story = row.told
    return told


def _link(link: Link | None, without: Text) -> SafeString | str:
    if link is None:
        return str(without)
    return format_html('<a class="underline" href="{}">{}</a>', link.url, link.text) if link.url else link.text
