"""Messages, read-only: the log, and with each message its receipt."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from merchants.admin import ReadOnlyInline, extend, site, stamp
from merchants.types import Area
from notifications.admin.receipt import Receipts, story_link
from notifications.models import Attempt, Callback, Message
from notifications.receipts import REASONS, cost_of, outcome_of, reason_of, state_of
from orders.admin import OrderAdmin


class MessageInline(ReadOnlyInline):
    model = Message
    area = Area.MESSAGES
    fields = ["story", "channel", "state", "why", "recipient", "decided"]
    ordering = ["-decided_at", "-id"]
    verbose_name_plural = _("Messages")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        queryset: QuerySet[Message] = super().get_queryset(request).defer("reasons")
        return queryset

    @admin.display(description=_("Message"))
    def story(self, row: Message) -> SafeString:
        return story_link(row, row.get_kind_display())

    @admin.display(description=_("Reason"))
    def why(self, row: Message) -> str:
        return reason_of(row.reason, row.state) if row.reason else "-"

    @admin.display(description=_("Decided"))
    def decided(self, row: Message) -> str:
        return stamp(row.decided_at)


extend(OrderAdmin, MessageInline)


class AttemptInline(ReadOnlyInline):
    model = Attempt
    area = Area.MESSAGES
    fields = ["started", "account", "ended", "detail"]
    ordering = ["fence"]
    verbose_name_plural = _("Attempts")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        queryset: QuerySet[Attempt] = super().get_queryset(request).select_related("account")
        return queryset

    @admin.display(description=_("Started"))
    def started(self, row: Attempt) -> str:
        return stamp(row.started_at)

    @admin.display(description=_("Outcome"))
    def ended(self, row: Attempt) -> str:
        return outcome_of(row.outcome)


class CallbackInline(ReadOnlyInline):
    model = Callback
    area = Area.MESSAGES
    fields = ["received", "account", "said", "detail"]
    ordering = ["received_at", "id"]
    verbose_name_plural = _("What the provider told us")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Callback]:
        queryset: QuerySet[Callback] = super().get_queryset(request).select_related("account")
        return queryset

    @admin.display(description=_("Received"))
    def received(self, row: Callback) -> str:
        return stamp(row.received_at)

    @admin.display(description=_("State"))
    def said(self, row: Callback) -> str:
        return state_of(row.state)


class ReasonFilter(admin.SimpleListFilter):
    """By the words of the reasons there are: nothing is counted in the table."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(((code, str(words)) for code, words in REASONS.items()), key=lambda item: item[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(reason=self.value()) if self.value() else queryset


@admin.register(Message, site=site)
class MessageAdmin(Receipts):
    area = Area.MESSAGES
    icon, order = "mail", 10
    list_display = ["decided", "kind", "channel", "recipient", "outcome", "why", "order_number", "cost_paid"]
    list_filter = ["state", "kind", "channel", ReasonFilter, "style", "is_test"]
    list_select_related = ["order"]
    search_fields = ["order__number"]
    search_help_text = _("the whole order number, the customer's e-mail address, a country like DE, or the whole name of a wording")
    email_field = "customer__email_normalised"
    ordering = ["-decided_at", "-id"]
    actions = None
    inlines = [AttemptInline, CallbackInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        queryset: QuerySet[Message] = super().get_queryset(request)
        return queryset if request.resolver_match and "object_id" in request.resolver_match.kwargs else queryset.defer("reasons")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Message], search_term: str) -> tuple[QuerySet[Message], bool]:
        """Each term tells by its looks what it is; exact matches only, as everywhere."""
        term = search_term.strip()
        if len(term) == 2 and term.isascii() and term.isalpha():
            return queryset.filter(country=term.upper()), False
        if "/" in term:
            return queryset.filter(template_label=term), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("State"), ordering="state")
    def outcome(self, row: Message) -> str:
        marks = (_("test") if row.is_test else "", _("possible duplicate") if row.is_possible_duplicate else "")
        return ", ".join(str(part) for part in (row.get_state_display(), *marks) if part)

    @admin.display(description=_("Reason"), ordering="reason")
    def why(self, row: Message) -> str:
        return reason_of(row.reason, row.state) if row.reason else "-"

    @admin.display(description=_("Cost"), ordering="cost")
    def cost_paid(self, row: Message) -> str:
        return cost_of(row.cost, row.cost_currency) or "-"
