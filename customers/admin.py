"""Shoppers: read, stop or resume sending to their addresses, and what they ask about their data."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core.clock import now
from core.encryption import fingerprint
from customers.models import Consent, Customer, PrivacyRequest, Suppression
from customers.selectors import export_file, recipient_key
from customers.services import block_by_hand, carry_out, refuse_request, request_erasure, request_export, unblock_by_hand
from customers.types import Channel
from merchants.admin import Confirm, MerchantAdmin, ReadOnlyInline, Text, action, site, stamp
from merchants.audit import record
from merchants.rules import CHANGE
from merchants.staff import actor_of
from merchants.types import Area, Deed

BY_STAFF = "staff"


class Keeper:
    """Personal data as a whole are for owners: a copy of them leaves the house, and what is erased does not come back."""

    def has_keep_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).may(Area.STAFF, CHANGE)


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
class CustomerAdmin(Keeper, MerchantAdmin):
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
    actions_detail = ["stop_sending", "resume_sending", "copy_data", "erase"]

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
            block_by_hand(customer=row, by=actor_of(request).user, at=now())
            return _("Nothing more is sent to this person.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Resume sending"), permissions=["act"], url_path="resume-sending")
    def resume_sending(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Lifts what staff blocked and what bounced. What the person asked for, or reported as spam, stays.")
        confirm = Confirm(_("Resume sending to this person"), _("Resume sending"), text)

        def act(row: Customer, data: dict[str, Any]) -> Text:
            return _("Sending is resumed.") if unblock_by_hand(customer=row) else _("Nothing could be lifted.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Make a copy of the data"), permissions=["keep"], url_path="copy-data")
    def copy_data(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("For somebody who asked you for it. Make sure that it is them before you hand it over.")
        confirm = Confirm(_("Make a copy of what is held about this person"), _("Make a copy"), text)

        def act(row: Customer, data: dict[str, Any]) -> Text:
            request_export(customer=row, source=BY_STAFF, at=now())
            return _("The copy is being made. It is kept among the privacy requests for seven days.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Erase"), permissions=["keep"], url_path="erase")
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Name, addresses and messages go; what tax law asks for stays without a name. It cannot be undone.")
        confirm = Confirm(_("Erase this person"), _("Erase"), text, is_dangerous=True)

        def act(row: Customer, data: dict[str, Any]) -> Text:
            request_erasure(customer=row, source=BY_STAFF, at=now())
            return _("The erasure begins within a minute, unless an order is not finished: see the privacy requests.")

        return self.ask(request, object_id, confirm, act)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget, help_text=_("the shopper reads it"))


@admin.register(PrivacyRequest, site=site)
class PrivacyRequestAdmin(Keeper, MerchantAdmin):
    """What people ask about their data: what waits and why, what was done, and by when it has to be."""

    area = Area.ORDERS
    icon, order, menu = "policy", 25, _("Privacy requests")
    list_display = ["asked", "kind", "state", "due_by", "reason", "source", "customer"]
    list_filter = ["state", "kind"]
    ordering = ["-requested_at", "-pk"]
    search_fields = ["public_id", "customer__public_id"]
    email_field = "customer__email_normalised"
    fields = ["customer", "kind", "state", "source", "reason", "asked", "due_by", "decided", "kept_until", "facts"]
    readonly_fields = ["customer", "asked", "decided", "kept_until", "facts"]
    list_select_related = ["customer"]
    actions = None
    actions_detail = ["do_now", "refuse", "fetch"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PrivacyRequest]:
        rows: QuerySet[PrivacyRequest] = super().get_queryset(request)
        return rows.defer("file")

    @admin.display(description=_("Asked for"))
    def asked(self, row: PrivacyRequest) -> str:
        return stamp(row.requested_at)

    @admin.display(description=_("Decided"))
    def decided(self, row: PrivacyRequest) -> str:
        return stamp(row.decided_at, "-")

    @admin.display(description=_("Copy kept until"))
    def kept_until(self, row: PrivacyRequest) -> str:
        return stamp(row.expires_at, "-")

    @action(description=_("Do it now"), permissions=["keep"], url_path="do-now")
    def do_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("An erasure does not wait for its three days any more. What stands against it still holds it up.")
        confirm = Confirm(_("Do it now"), _("Do it now"), text, is_dangerous=True)

        def act(row: PrivacyRequest, data: dict[str, Any]) -> Text:
            done = carry_out(request_id=row.pk, at=now(), is_urgent=True)
            if done is None:
                raise ValueError(_("It is over, or its second round comes within the hour."))
            return done.reason or _("It was done.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Refuse"), permissions=["keep"], url_path="refuse")
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Only for a reason the law knows. The shopper is told.")
        confirm = Confirm(_("Refuse this request"), _("Refuse"), text, form=ReasonForm, is_dangerous=True)

        def act(row: PrivacyRequest, data: dict[str, Any]) -> Text:
            refuse_request(request=row, reason=data["reason"], at=now())
            return _("The request is refused and the shopper is told.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Fetch the copy"), permissions=["keep"], url_path="fetch")
    def fetch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if not self.has_keep_permission(request):
            raise PermissionDenied
        content = export_file(row, now=now()) if row is not None else None
        if row is None or content is None:
            raise Http404
        self.log_change(request, row, str(_("Fetched the copy")))
        record(Deed.COPY_FETCHED, row, on_behalf_of=row.customer.public_id)
        headers = {"Content-Disposition": f'attachment; filename="{row.public_id}.zip"', "Cache-Control": "no-store"}
        return HttpResponse(content, content_type="application/zip", headers=headers)
