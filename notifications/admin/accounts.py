"""Provider accounts. Secrets go in and never come out: a page says only that one is set, and how it ends."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core.clock import now
from core.encryption import BadSecret
from customers.types import Channel
from merchants.admin import Confirm, MerchantAdmin, Text, action, site, stamp
from merchants.selectors import platform_url
from merchants.types import Area
from notifications.accounts import (
    FIRST,
    PROVIDERS,
    SECOND,
    Limits,
    ask_for_check,
    close_second,
    open_account,
    save_account,
    set_limits,
)
from notifications.models import ProviderAccount
from notifications.rules.breaker import OPENS_AT
from notifications.rules.prices import BadPrices, read_prices, write_prices

CHOICES = {
    ("smtp", "security"): ["starttls", "tls"],
    ("smtp", "port"): ["587", "465", "25", "2525"],
    ("mailgun", "region"): ["eu", "us"],
}
NAMES = {"smtp": "SMTP", "sendgrid": "SendGrid", "ses": "Amazon SES"}
WARNS_AT = Decimal("0.8")
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


class LimitsForm(forms.Form):
    """Rate, prices and cap of one account."""

    per_second = forms.IntegerField(
        label=_("Most messages a second"), required=False, help_text=_("empty: as fast as it goes"), widget=UnfoldAdminIntegerFieldWidget
    )
    prices = forms.CharField(
        label=_("Prices"),
        required=False,
        max_length=4000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text=_("One a line, as “DE: 0.075”; “*” is everywhere else. Of one segment for SMS, of one message for e-mail."),
    )
    currency = forms.CharField(label=_("Currency"), required=False, max_length=3, widget=UnfoldAdminTextInputWidget)
    daily_cap = forms.DecimalField(
        label=_("Most to be spent on a day"),
        required=False,
        max_digits=12,
        decimal_places=2,
        help_text=_("Beyond it marketing waits for the next day; what a shopper must have goes out all the same."),
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_prices(self) -> dict[str, str]:
        try:
            return read_prices(self.cleaned_data["prices"])
        except BadPrices as error:
            raise forms.ValidationError(_("Not a price: “%(line)s”.") % {"line": error}) from None

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).strip().upper()


@admin.register(ProviderAccount, site=site)
class ProviderAccountAdmin(MerchantAdmin):
    area = Area.CONNECTIONS
    icon, order, menu = "outgoing_mail", 20, _("Provider accounts")
    adds = True
    actions = None
    list_display = ["provider_name", "channel", "choice", "is_active", "checked", "standing", "made"]
    list_display_links = ["provider_name"]
    ordering = ["-is_active", "channel", "rank", "-pk"]
    fields = [
        "provider_name", "channel", "choice", "is_active", "standing", "checked", "domain", "spending", "rate",
        "settings_read", "secrets_read", "callback", "trouble", "made",
    ]  # fmt: skip
    readonly_fields = [
        "provider_name", "choice", "standing", "checked", "domain", "spending", "rate", "settings_read", "secrets_read", "callback",
        "trouble", "made",
    ]  # fmt: skip
    actions_detail = ["check_account", "limits", "close"]

    @admin.display(description=_("Provider"))
    def provider_name(self, row: ProviderAccount) -> str:
        return name_of(row.provider)

    @admin.display(description=_("Choice"))
    def choice(self, row: ProviderAccount) -> Text:
        return _("first") if row.rank == FIRST else _("second, when the first certainly did not take it")

    @admin.display(description=_("State"))
    def standing(self, row: ProviderAccount) -> Text:
        return standing_of(row, now())

    @admin.display(description=_("Check"))
    def checked(self, row: ProviderAccount) -> Text:
        return check_of(row)

    @admin.display(description=_("The sender's domain"))
    def domain(self, row: ProviderAccount) -> SafeString | str:
        return render_to_string("admin/records.html", {"records": row.records}) if row.records else "-"

    @admin.display(description=_("Spent today"))
    def spending(self, row: ProviderAccount) -> Text:
        return spending_of(row, timezone.localdate(now()))

    @admin.display(description=_("Rate and prices"))
    def rate(self, row: ProviderAccount) -> str:
        rate = _("at most %(n)s a second") % {"n": row.per_second} if row.per_second else _("as fast as it goes")
        prices = ", ".join(write_prices(row.prices).splitlines())
        return f"{rate}; {prices} {row.currency}" if prices else f"{rate}; {_('no prices')}"

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
        rank = SECOND if request.GET.get("rank") == str(SECOND) else FIRST
        if not provider:
            choices = [(c, name, name_of(name)) for c in Channel for name, known in PROVIDERS.items() if c.value in known.channels]
            title = _("Which provider?") if rank == FIRST else _("Which provider as the second?")
            return self._page(request, "admin/providers.html", None, title=title, choices=choices, rank=rank)
        if provider not in PROVIDERS or channel not in PROVIDERS[provider].channels:
            raise Http404
        return self._account_form(request, channel, provider, rank)

    def _account_form(self, request: HttpRequest, channel: str, provider: str, rank: int) -> HttpResponse:
        row = ProviderAccount.objects.filter(channel=channel, provider=provider, rank=rank, is_active=True).first()
        title = _("%(provider)s for %(channel)s") % {"provider": name_of(provider), "channel": Channel(channel).label}
        text = (
            _("Becomes the account all %(channel)s messages go through. What waits for one is sent at once.")
            if rank == FIRST
            else _("Becomes the second account for %(channel)s: asked only when the first certainly did not take a message.")
        )
        confirm = Confirm(title, _("Save"), text % {"channel": Channel(channel).label}, form_for(provider, row))

        def act(unused: None, data: dict[str, str]) -> Text:
            settings = {name: data[name] for name in PROVIDERS[provider].settings}
            secrets = {name: data[name] for name in PROVIDERS[provider].secrets}
            saved = save_account(channel=channel, provider=provider, settings=settings, secrets=secrets, rank=rank, at=now())
            self.log_change(request, saved, "Saved")
            return _("%(provider)s is set up.") % {"provider": name_of(provider)}

        return self.ask(request, None, confirm, act)

    @action(description=_("Check"), permissions=["act"], url_path="check")
    def check_account(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Asks the provider whether it knows us and looks up the sender's domain. Nothing is sent.")

        def act(row: ProviderAccount, data: dict[str, Any]) -> Text:
            ask_for_check(account_id=row.pk)
            return _("The check is on its way: the answer stands here in a few seconds.")

        return self.ask(request, object_id, Confirm(_("Check this account"), _("Check"), text), act)

    @action(description=_("Rate, prices and cap"), permissions=["act"], url_path="limits")
    def limits(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._row(request, object_id)
        initial = {"per_second": row.per_second, "prices": write_prices(row.prices), "currency": row.currency, "daily_cap": row.daily_cap}
        form = type("FilledLimitsForm", (LimitsForm,), _filled(LimitsForm.base_fields, initial))

        def act(row: ProviderAccount, data: dict[str, Any]) -> Text:
            set_limits(account_id=row.pk, limits=Limits(**data), today=timezone.localdate(now()))
            return _("Saved. What waited for the rate or the cap is looked at again.")

        return self.ask(request, object_id, Confirm(_("Rate, prices and cap"), _("Save"), form=form), act)

    @action(description=_("Switch the second account off"), permissions=["act"], url_path="close")
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Messages then wait while the first account does not take them. A first account is only ever replaced by another.")
        confirm = Confirm(_("Switch the second account off"), _("Switch off"), text, is_dangerous=True)

        def act(row: ProviderAccount, data: dict[str, Any]) -> Text:
            if not close_second(account_id=row.pk):
                raise ValidationError(_("This is the first account of its channel: save another provider in its place."))
            return _("The second account is switched off.")

        return self.ask(request, object_id, confirm, act)


def _filled(fields: Mapping[str, forms.Field], initial: Mapping[str, Any]) -> dict[str, forms.Field]:
    filled = deepcopy(dict(fields))
    for name, value in initial.items():
        filled[name].initial = value
    return filled


def standing_of(row: ProviderAccount, at: datetime) -> Text:
    """Whether the account is called now, in plain words."""
    if not row.is_active:
        return _("switched off")
    until = row.paused_until if row.paused_until and row.paused_until > at else None
    if row.failures >= OPENS_AT:
        text = _("%(n)s calls in a row failed: left alone until %(until)s, then one message tries")
        return text % {"n": row.failures, "until": stamp(until)} if until else _("one message tries whether it works again")
    if until:
        return _("the provider asks to wait until %(until)s") % {"until": stamp(until)}
    return _("works") if not row.failures else _("works; the last %(n)s calls failed") % {"n": row.failures}


def check_of(row: ProviderAccount) -> Text:
    """What the last check said, and what to do about it."""
    if row.provider == "sandbox":
        return _("nothing to check")
    if row.check_due_at is not None:
        return _("being checked")
    if row.checked_at is None:
        return _("not checked yet")
    word = {True: _("passed"), False: _("failed"), None: _("could not be asked")}[row.check_ok]
    return f"{word}, {stamp(row.checked_at)}. {row.check_detail}"


def spending_of(row: ProviderAccount, today: date) -> Text:
    """How much of the day's cap is gone; from 80 % on it says what follows."""
    if row.daily_cap is None:
        return _("no cap")
    spent = row.spent if row.spent_on == today else Decimal(0)
    text = f"{spent:.2f} / {row.daily_cap:.2f} {row.currency}"
    if spent >= row.daily_cap:
        return _("%(text)s: the cap is reached. Marketing waits for tomorrow, the rest goes out.") % {"text": text}
    if spent >= row.daily_cap * WARNS_AT:
        return _("%(text)s: more than 80 %% of the cap is spent.") % {"text": text}
    return text
