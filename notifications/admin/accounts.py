"""Provider accounts. Secrets go in and never come out: a page says only that one is set, and how it ends."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.clock import now
from core.encryption import BadSecret
from customers.types import Channel
from merchants.admin import Confirm, MerchantAdmin, Text, site, stamp
from merchants.selectors import platform_url
from merchants.types import Area
from notifications.accounts import PROVIDERS, open_account, save_account
from notifications.models import ProviderAccount

CHOICES = {
    ("smtp", "security"): ["starttls", "tls"],
    ("smtp", "port"): ["587", "465", "25", "2525"],
    ("mailgun", "region"): ["eu", "us"],
}
NAMES = {"smtp": "SMTP", "sendgrid": "SendGrid", "ses": "Amazon SES"}
HINTED = 12  # a shorter secret would give too much of itself away by its last four characters


def name_of(provider: str) -> str:
    return NAMES.get(provider, provider.capitalize())


def hint_of(secret: str) -> str:
    """What a page may say about a secret: whether it is set and, when it is long, its last four characters."""
    if not secret:
        return str(_("not set"))
    return str(_("set, ends in …%(end)s") % {"end": secret[-4:]} if len(secret) >= HINTED else _("set"))


def hints_of(row: ProviderAccount | None) -> dict[str, str]:
    """Secret name -> hint, for every secret the provider knows."""
    if row is None:
        return {}
    try:
        known = open_account(row).secrets
    except BadSecret:
        return dict.fromkeys(PROVIDERS[row.provider].secrets, str(_("set, but cannot be opened with this installation's key")))
    return {name: hint_of(known.get(name, "")) for name in PROVIDERS[row.provider].secrets}


def form_for(provider: str, row: ProviderAccount | None) -> type[forms.Form]:
    """The provider's own form. What is stored as a secret never gets into it."""
    known, hints = PROVIDERS[provider], hints_of(row)
    settings: Mapping[str, str] = row.settings if row is not None else {}
    fields: dict[str, forms.Field] = {}
    for name in known.settings:
        fields[name] = _setting(provider, name, settings.get(name, ""))
    for name in known.secrets:
        hint = hints.get(name, "")
        text = _("%(hint)s; leave empty to keep it") % {"hint": hint} if row is not None else ""
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False)
        fields[name] = forms.CharField(label=label_of(name), required=False, max_length=300, help_text=text, widget=widget)
    return type("AccountForm", (forms.Form,), fields)


def _setting(provider: str, name: str, initial: str) -> forms.Field:
    if choices := CHOICES.get((provider, name)):
        pairs = [(choice, choice) for choice in choices]
        return forms.ChoiceField(label=label_of(name), choices=pairs, initial=initial or choices[0], widget=UnfoldAdminSelectWidget)
    return forms.CharField(label=label_of(name), required=False, max_length=300, initial=initial, widget=UnfoldAdminTextInputWidget)


def label_of(name: str) -> str:
    return name.replace("_", " ").capitalize()


@admin.register(ProviderAccount, site=site)
class ProviderAccountAdmin(MerchantAdmin):
    area = Area.CONNECTIONS
    icon, order, menu = "outgoing_mail", 20, _("Provider accounts")
    adds = True
    actions = None
    list_display = ["provider_name", "channel", "is_active", "trouble", "made"]
    list_display_links = ["provider_name"]
    ordering = ["-is_active", "channel", "-pk"]
    fields = ["provider_name", "channel", "is_active", "settings_read", "secrets_read", "callback", "trouble", "made"]
    readonly_fields = ["provider_name", "settings_read", "secrets_read", "callback", "trouble", "made"]

    @admin.display(description=_("Provider"))
    def provider_name(self, row: ProviderAccount) -> str:
        return name_of(row.provider)

    @admin.display(description=_("Settings"))
    def settings_read(self, row: ProviderAccount) -> SafeString | str:
        rows = [(label_of(name), value) for name, value in sorted(row.settings.items())]
        return format_html_join("", "<div>{}: {}</div>", rows) or "-"

    @admin.display(description=_("Secrets"))
    def secrets_read(self, row: ProviderAccount) -> SafeString | str:
        return format_html_join("", "<div>{}: {}</div>", [(label_of(name), hint) for name, hint in hints_of(row).items()]) or "-"

    @admin.display(description=_("Address for the provider's reports"))
    def callback(self, row: ProviderAccount) -> SafeString:
        return format_html("<code>{}/callbacks/{}/{}/</code>", platform_url(), row.provider, row.public_id)

    @admin.display(description=_("Last trouble"))
    def trouble(self, row: ProviderAccount) -> str:
        return f"{stamp(row.last_error_at)} {row.last_error}".strip() or str(_("none"))

    @admin.display(description=_("Made"))
    def made(self, row: ProviderAccount) -> str:
        return stamp(row.created_at)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """First the choice of provider, then its form. Saving again for the same provider changes the account."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        channel, provider = request.GET.get("channel", ""), request.GET.get("provider", "")
        if not provider:
            choices = [(c, name, name_of(name)) for c in Channel for name, known in PROVIDERS.items() if c.value in known.channels]
            return self._page(request, "admin/providers.html", None, title=_("Which provider?"), choices=choices)
        if provider not in PROVIDERS or channel not in PROVIDERS[provider].channels:
            raise Http404
        return self._account_form(request, channel, provider)

    def _account_form(self, request: HttpRequest, channel: str, provider: str) -> HttpResponse:
        row = ProviderAccount.objects.filter(channel=channel, provider=provider, is_active=True).first()
        title = _("%(provider)s for %(channel)s") % {"provider": name_of(provider), "channel": Channel(channel).label}
        text = _("Becomes the account all %(channel)s messages go through. What waits for one is sent at once.")
        confirm = Confirm(title, _("Save"), text % {"channel": Channel(channel).label}, form_for(provider, row))

        def act(unused: None, data: dict[str, str]) -> Text:
            settings = {name: data[name] for name in PROVIDERS[provider].settings}
            secrets = {name: data[name] for name in PROVIDERS[provider].secrets}
            saved = save_account(channel=channel, provider=provider, settings=settings, secrets=secrets, at=now())
            self.log_change(request, saved, "Saved")
            return _("%(provider)s is set up.") % {"provider": name_of(provider)}

        return self.ask(request, None, confirm, act)
