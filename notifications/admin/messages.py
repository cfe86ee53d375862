"""Messages, read-only; the whole story of each is told in /ops/."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from merchants.admin import MerchantAdmin, ReadOnlyInline, Text, extend, site, stamp
from merchants.types import Area
from notifications.models import Attempt, Callback, Message
from orders.admin import OrderAdmin


def story_link(row: Message, text: Text) -> SafeString:
    return format_html('<a class="underline" href="/ops/messages/{}/">{}</a>', row.pk, text)


class MessageInline(ReadOnlyInline):
    model = Message
    area = Area.MESSAGES
    fields = ["story", "channel", "state", "reason", "recipient", "decided"]
    ordering = ["-decided_at", "-id"]
    verbose_name_plural = _("Messages")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        queryset: QuerySet[Message] = super().get_queryset(request).defer("reasons")
        return queryset

    @admin.display(description=_("Message"))
    def story(self, row: Message) -> SafeString:
        return story_link(row, row.get_kind_display())

    @admin.display(description=_("Decided"))
    def decided(self, row: Message) -> str:
        return stamp(row.decided_at)


extend(OrderAdmin, MessageInline)


class AttemptInline(ReadOnlyInline):
    model = Attempt
    area = Area.MESSAGES
    fields = ["started", "outcome", "detail"]
    ordering = ["fence"]
    verbose_name_plural = _("Attempts")

    @admin.display(description=_("Started"))
    def started(self, row: Attempt) -> str:
        return stamp(row.started_at)


class CallbackInline(ReadOnlyInline):
    model = Callback
    area = Area.MESSAGES
    fields = ["received", "state", "detail"]
    ordering = ["received_at"]
    verbose_name_plural = _("What the provider told us")

    @admin.display(description=_("Received"))
    def received(self, row: Callback) -> str:
        return stamp(row.received_at)


@admin.register(Message, site=site)
class MessageAdmin(MerchantAdmin):
    area = Area.MESSAGES
    icon, order = "mail", 10
    list_display = ["decided", "kind", "channel", "recipient", "state", "reason", "order_number", "story"]
    list_filter = ["state", "kind", "channel"]
    list_select_related = ["order"]
    search_fields = ["order__number"]
    search_help_text = _("the whole order number, or the customer's e-mail address")
    email_field = "customer__email_normalised"
    ordering = ["-decided_at", "-id"]
    actions = None
    inlines = [AttemptInline, CallbackInline]
    readonly_fields = ["decided", "sent", "order_number", "story"]
    fields = [
        "story", "kind", "channel", "state", "reason", "recipient", "language", "order_number",
        "decided", "sent", "template_label", "segments", "attempts", "last_error", "is_possible_duplicate", "provider_id",
    ]  # fmt: skip

    @admin.display(description=_("Decided"), ordering="decided_at")
    def decided(self, row: Message) -> str:
        return stamp(row.decided_at)

    @admin.display(description=_("Sent"))
    def sent(self, row: Message) -> str:
        return stamp(row.sent_at, _("not yet"))

    @admin.display(description=_("Order"))
    def order_number(self, row: Message) -> str:
        return row.order.number if row.order else "-"

    @admin.display(description=_("Story"))
    def story(self, row: Message) -> SafeString:
        return story_link(row, _("Why and how"))
