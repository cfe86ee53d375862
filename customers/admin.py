"""Shoppers: read, and stop or resume sending to their addresses."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.encryption import fingerprint
from customers.models import Consent, Customer, Suppression
from customers.selectors import recipient_key
from customers.services import suppress
from customers.types import Channel, SuppressionReason
from merchants.admin import Confirm, MerchantAdmin, ReadOnlyInline, Text, action, site, stamp
from merchants.types import Area

# What a shopper or a telephone company said can only be taken back by them.
LIFTABLE = (SuppressionReason.MANUAL, SuppressionReason.BOUNCE)


class ConsentInline(ReadOnlyInline):
    model = Consent
    area = Area.ORDERS
    fields = ["topic", "channel", "is_granted", "source", "actor", "wording", "said"]
    ordering = ["-at", "-id"]
    verbose_name_plural = _("What they agreed to, newest first")

    @admin.display(description=_("When"))
    def said(self, row: Consent) -> str:
        return stamp(row.at)


def addresses_of(customer: Customer) -> list[tuple[Channel, str]]:
    return [(channel, value) for channel, value in ((Channel.EMAIL, customer.email), (Channel.SMS, customer.phone)) if value]


def suppressions_of(customer: Customer) -> list[Suppression]:
    hashes = [fingerprint(recipient_key(channel, value)) for channel, value in addresses_of(customer)]
    return list(Suppression.objects.filter(recipient_hash__in=hashes).order_by("channel"))


@admin.register(Customer, site=site)
class CustomerAdmin(MerchantAdmin):
    area = Area.ORDERS
    icon, order = "person", 20
    fields = ["email", "phone", "first_name", "last_name", "language", "external_id", "since", "withheld"]
    readonly_fields = ["since", "withheld"]
    list_display = ["__str__", "first_name", "last_name", "language", "since"]
    search_fields = ["phone", "public_id", "external_id"]
    search_help_text = _("the whole e-mail address, telephone number or the shop's own number")
    email_field = "email_normalised"
    ordering = ["-pk"]
    actions = None
    inlines = [ConsentInline]
    actions_detail = ["stop_sending", "resume_sending"]

    @admin.display(description=_("Known since"))
    def since(self, row: Customer) -> str:
        return stamp(row.created_at)

    @admin.display(description=_("Nothing is sent to"))
    def withheld(self, row: Customer) -> SafeString | str:
        rows = [(s.get_channel_display(), s.get_reason_display(), stamp(s.created_at)) for s in suppressions_of(row)]
        return format_html_join("", "<div>{}: {}, {}</div>", rows) or "-"

    @action(description=_("Stop sending"), permissions=["act"], url_path="stop-sending")
    def stop_sending(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(
            _("Stop sending to this person"), _("Stop sending"), _("Nothing more goes out by e-mail or SMS."), is_dangerous=True
        )

        def act(row: Customer, data: dict[str, Any]) -> Text:
            for channel, value in addresses_of(row):
                suppress(channel=channel, recipient=value, reason=SuppressionReason.MANUAL, detail=f"user {request.user.pk}", at=now())
            return _("Nothing more is sent to this person.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Resume sending"), permissions=["act"], url_path="resume-sending")
    def resume_sending(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Lifts what staff blocked and what bounced. What the person asked for, or reported as spam, stays.")
        confirm = Confirm(_("Resume sending to this person"), _("Resume sending"), text)

        def act(row: Customer, data: dict[str, Any]) -> Text:
            lifted = [s.pk for s in suppressions_of(row) if s.reason in LIFTABLE]
            Suppression.objects.filter(pk__in=lifted).delete()
            return _("Sending is resumed.") if lifted else _("Nothing could be lifted.")

        return self.ask(request, object_id, confirm, act)
