"""Connections to shops and carriers, the inbox their webhooks land in, and the parcels they are asked for."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from connectors.doers import kinds_of
from connectors.models import Command, Connection, InboxItem, Poll
from connectors.registry import CONNECTORS
from connectors.selectors import hook_address
from connectors.services import connect, keep_key, keep_options, poll_with, rerun_command, rerun_item, rerun_poll, rotate_secret, switch
from connectors.types import CommandKind, Kind
from core.clock import now
from events.models import Work
from merchants.admin import Confirm, MerchantAdmin, Once, Text, action, site, stamp
from merchants.rules import CHANGE
from merchants.staff import actor_of
from merchants.types import Area

SHOWN = 20_000  # characters of a webhook's body


def own_secret() -> forms.CharField:
    text = _("what the shop or carrier signs with, when it made it itself; empty: we make one")
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False)
    return forms.CharField(label=_("Secret"), required=False, max_length=500, help_text=text, widget=widget)


def by_kind() -> list[tuple[str, list[tuple[str, str]]]]:
    """The choices under their headings."""
    kinds = ((Kind.SHOP, _("Shops")), (Kind.CARRIER, _("Carriers and tracking services")), (Kind.OWN, _("Your own")))
    return [(str(label), [(c.name, str(c.label)) for c in CONNECTORS.values() if c.kind == kind]) for kind, label in kinds]


class ConnectForm(forms.Form):
    connector = forms.ChoiceField(label=_("Shop or carrier"), choices=by_kind, widget=UnfoldAdminSelectWidget)
    account = forms.CharField(
        label=_("Address of the shop"),
        required=False,
        max_length=200,
        help_text=_("example.myshopify.com; of your own program, where it listens; empty for a carrier"),
        widget=UnfoldAdminTextInputWidget,
    )
    secret = own_secret()


class SecretForm(forms.Form):
    secret = own_secret()


class PollForm(forms.Form):
    polls = forms.BooleanField(label=_("Ask it for news"), required=False, widget=UnfoldBooleanWidget)
    api_key = forms.CharField(
        label=_("API key"),
        required=False,
        max_length=500,
        help_text=_("empty: keep the one there is"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False),
    )


class KeyForm(forms.Form):
    api_key = forms.CharField(
        label=_("API key"),
        required=False,
        max_length=500,
        help_text=_("Shopify: an access token; WooCommerce: ck_...:cs_...; EasyPost: the API key; empty: we ask it for nothing"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False),
    )


class LabelForm(forms.Form):
    weight_oz = forms.DecimalField(
        label=_("Usual weight of a return, in ounces"), required=False, max_digits=6, decimal_places=1, widget=UnfoldAdminTextInputWidget
    )
    service = forms.CharField(
        label=_("Carrier, or carrier and service"),
        required=False,
        max_length=80,
        help_text=_("like USPS/GroundAdvantage; empty: the cheapest"),
        widget=UnfoldAdminTextInputWidget,
    )


@admin.register(Connection, site=site)
class ConnectionAdmin(MerchantAdmin):
    area = Area.CONNECTIONS
    icon, order, menu = "storefront", 10, _("Shops and carriers")
    adds = True
    actions = None
    list_display = ["slug", "connector", "account", "is_active", "refused_count", "received", "polls", "failing"]
    ordering = ["pk"]
    fields = [
        "slug",
        "connector",
        "account",
        "address",
        "entering",
        "is_active",
        "refused_count",
        "received",
        "polls",
        "asked",
        "failing",
        "made",
    ]
    readonly_fields = ["address", "entering", "received", "asked", "failing", "made"]
    actions_detail = ["rotate", "enter_key", "set_labels", "ask_for_news", "deactivate"]

    @admin.display(description=_("Webhook address"))
    def address(self, row: Connection) -> str:
        return hook_address(connection=row)

    @admin.display(description=_("What to enter where"))
    def entering(self, row: Connection) -> str:
        return guidance(row)

    @admin.display(description=_("Last received"))
    def received(self, row: Connection) -> str:
        return stamp(row.last_received_at, _("nothing yet"))

    @admin.display(description=_("Can be asked to"))
    def asked(self, row: Connection) -> str:
        return capabilities(row)

    @admin.display(description=_("Trouble with our calls"))
    def failing(self, row: Connection) -> str:
        return f"{stamp(row.trouble_since)} {row.trouble}" if row.trouble else str(_("none"))

    @admin.display(description=_("Made"))
    def made(self, row: Connection) -> str:
        return stamp(row.created_at)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        confirm = Confirm(_("Connect a shop or a carrier"), _("Connect"), form=ConnectForm)

        def act(unused: None, data: dict[str, Any]) -> Once:
            row, secret = connect(connector=data["connector"], secret=data["secret"], account=data["account"], at=now())
            self.log_addition(request, row, "Connected")
            return told_once(row, secret)

        return self.ask(request, None, confirm, act)

    @action(description=_("New secret"), permissions=["act"], url_path="rotate")
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Webhooks signed with the old secret are taken for one more day.")
        confirm = Confirm(_("Give this connection a new secret"), _("Make a new secret"), text, SecretForm)

        def act(row: Connection, data: dict[str, Any]) -> Once:
            return told_once(row, rotate_secret(connection=row, secret=data["secret"], at=now()))

        return self.ask(request, object_id, confirm, act)

    @action(description=_("API key"), permissions=["act"], url_path="key")
    def enter_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("With it we ask the shop for refunds and replacements, or a carrier for labels. It cannot be read again.")
        confirm = Confirm(_("Enter the key we call it with"), _("Save"), text, KeyForm)

        def act(row: Connection, data: dict[str, Any]) -> Text:
            keep_key(connection=row, api_key=data["api_key"])
            return _("The key is kept.") if data["api_key"] else _("The key is taken away.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Return labels"), permissions=["act"], url_path="labels")
    def set_labels(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("What return labels are made with"), _("Save"), form=LabelForm)

        def act(row: Connection, data: dict[str, Any]) -> Text:
            keep_options(connection=row, weight_oz=data["weight_oz"], service=data["service"])
            return _("Labels are made with it from now on.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Ask for news"), permissions=["act"], url_path="polls")
    def ask_for_news(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("For carriers that do not call us: we ask for parcels under way, often near the delivery and seldom when it is quiet.")
        confirm = Confirm(_("Ask this connection for news"), _("Save"), text, PollForm)

        def act(row: Connection, data: dict[str, Any]) -> Text:
            count = poll_with(connection=row, polls=data["polls"], api_key=data["api_key"], at=now())
            return _("%(count)s more parcels are asked for.") % {"count": count} if data["polls"] else _("It is asked for nothing.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Turn off or on"), permissions=["act"], url_path="switch")
    def deactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("While a connection is off, its webhooks are refused: orders or scans stop coming in.")
        confirm = Confirm(_("Turn this connection off, or on again"), _("Turn off or on"), text, is_dangerous=True)

        def act(row: Connection, data: dict[str, Any]) -> Text:
            return _("The connection is on.") if switch(connection=row) else _("The connection is off.")

        return self.ask(request, object_id, confirm, act)


def guidance(row: Connection) -> str:
    """Where a person enters the address and the secret at this vendor."""
    connector = CONNECTORS.get(row.connector)
    return str(connector.help) if connector else ""


def capabilities(row: Connection) -> str:
    """What it can be asked to do, and what is missing for that."""
    kinds = kinds_of(row.connector)
    if not kinds:
        return str(_("nothing: it tells us, and is asked for news at most"))
    words = ", ".join(str(CommandKind(kind).label) for kind in kinds)
    is_ready = bool(row.api_key) or row.connector == "webhook"
    return words if is_ready and (row.account or row.connector == "easypost") else f"{words} ({_('once it has an address and a key')})"


def told_once(row: Connection, secret: str) -> Once:
    text = f"{guidance(row)} {_('The secret is shown this once and cannot be read again.')}"
    return Once(_("Address and secret"), text, {str(_("Address")): hook_address(connection=row, secret=secret), str(_("Secret")): secret})


@admin.register(InboxItem, site=site)
class InboxItemAdmin(MerchantAdmin):
    """What a shop or carrier sent, as it came. The body holds personal data: who may only look at orders does not get it."""

    area = Area.ORDERS
    icon, order, menu = "inbox", 50, _("Webhooks received")
    actions = None
    list_display = ["came", "topic", "connection", "state", "attempts", "result"]
    list_filter = ["state"]
    list_select_related = ["connection"]
    search_fields = ["event_id"]
    search_help_text = _("the sender's id of the call")
    ordering = ["-received_at", "-pk"]
    fields = ["came", "topic", "event_id", "shop", "state", "attempts", "result", "waiting_for"]
    readonly_fields = ["came", "shop", "result", "raw"]
    actions_detail = ["again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxItem]:
        queryset: QuerySet[InboxItem] = super().get_queryset(request).defer("body")
        return queryset

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.fields, "raw"] if actor_of(request).may(self.area, CHANGE) else list(self.fields)

    def has_again_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not self.has_act_permission(request):
            return False
        return obj is None or InboxItem.objects.filter(pk=obj, state=Work.DEAD).exists()

    @admin.display(description=_("Received"), ordering="received_at")
    def came(self, row: InboxItem) -> str:
        return stamp(row.received_at)

    @admin.display(description=_("Connection"))
    def shop(self, row: InboxItem) -> str:
        """Its name only: a link to the connection would be closed to those who may not see connections."""
        return str(row.connection)

    @admin.display(description=_("Outcome"))
    def result(self, row: InboxItem) -> str:
        return row.outcome or row.last_error or (f"{_('waits for')} {row.waiting_for}" if row.waiting_for else "-")

    @admin.display(description=_("Body"))
    def raw(self, row: InboxItem) -> str:
        return bytes(row.body[:SHOWN]).decode("utf-8", "replace")

    @action(description=_("Run again"), permissions=["again"], url_path="again")
    def again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Run this webhook again"), _("Run again"))

        def act(row: InboxItem, data: dict[str, Any]) -> Text:
            return _("It runs again.") if rerun_item(item_id=row.pk) else _("It is not given up, so nothing was done.")

        return self.ask(request, object_id, confirm, act)


@admin.register(Poll, site=site)
class PollAdmin(MerchantAdmin):
    """Parcels a connection is asked for: when next, what was wrong last time, why no more."""

    area = Area.ORDERS
    icon, order, menu = "sync", 55, _("Parcels asked for")
    actions = None
    list_display = ["number", "carrier_code", "connection", "state", "next_at", "answered", "ended_reason", "last_error"]
    list_filter = ["state", "ended_reason"]
    list_select_related = ["connection"]
    search_fields = ["number"]
    ordering = ["-pk"]
    fields = ["number", "carrier_code", "vendor", "state", "next_at", "answered", "silent_since", "ended_reason", "attempts", "last_error"]
    readonly_fields = ["vendor", "next_at", "answered", "silent_since"]
    actions_detail = ["again"]

    def has_again_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not self.has_act_permission(request):
            return False
        return obj is None or Poll.objects.filter(pk=obj, state=Work.DEAD).exists()

    @admin.display(description=_("Connection"))
    def vendor(self, row: Poll) -> str:
        """Its name only, as with webhooks."""
        return str(row.connection)

    @admin.display(description=_("Next look"), ordering="due_at")
    def next_at(self, row: Poll) -> str:
        return stamp(row.due_at) if row.state in (Work.READY, Work.RUNNING) else "-"

    @admin.display(description=_("Last answer"), ordering="polled_at")
    def answered(self, row: Poll) -> str:
        return stamp(row.polled_at, _("nothing yet"))

    @admin.display(description=_("Silent since"))
    def silent_since(self, row: Poll) -> str:
        return stamp(max(row.started_at, row.shipment.last_scan_at or row.started_at))

    @action(description=_("Ask again"), permissions=["again"], url_path="again")
    def again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Ask for this parcel again"), _("Ask again"))

        def act(row: Poll, data: dict[str, Any]) -> Text:
            return _("It is asked for again.") if rerun_poll(poll_id=row.pk) else _("It is not given up, so nothing was done.")

        return self.ask(request, object_id, confirm, act)


@admin.register(Command, site=site)
class CommandAdmin(MerchantAdmin):
    """What shops and label makers were asked to do, once each, and what came of it."""

    area = Area.ORDERS
    icon, order, menu = "outbox", 60, _("Asked of shops")
    actions = None
    list_display = ["made", "kind", "order", "connection", "state", "external_id", "result"]
    list_filter = ["state", "kind"]
    list_select_related = ["connection", "order"]
    search_fields = ["key", "external_id"]
    ordering = ["-pk"]
    fields = ["made", "kind", "key", "vendor", "state", "external_id", "attempts", "first", "result"]
    readonly_fields = ["made", "vendor", "first", "result"]
    actions_detail = ["again"]

    def has_again_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not self.has_act_permission(request):
            return False
        return obj is None or Command.objects.filter(pk=obj, state=Work.DEAD).exists()

    @admin.display(description=_("Made"), ordering="created_at")
    def made(self, row: Command) -> str:
        return stamp(row.created_at)

    @admin.display(description=_("First asked"))
    def first(self, row: Command) -> str:
        return stamp(row.asked_at, _("not yet"))

    @admin.display(description=_("Connection"))
    def vendor(self, row: Command) -> str:
        """Its name only, as with webhooks."""
        return str(row.connection)

    @admin.display(description=_("Outcome"))
    def result(self, row: Command) -> str:
        return row.outcome or row.last_error or "-"

    @action(description=_("Ask again"), permissions=["again"], url_path="again")
    def again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Ask for this again"), _("Ask again"), _("We look first whether it was done."))

        def act(row: Command, data: dict[str, Any]) -> Text:
            found = rerun_command(command_id=row.pk, at=now())
            return _("It is asked for again.") if found else _("It is not given up, so nothing was done.")

        return self.ask(request, object_id, confirm, act)
