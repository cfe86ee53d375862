"""The merchant's own settings: branding, domains, and (for platform staff) the merchants themselves."""

from typing import Any

from babel.core import get_global
from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminSelectWidget

from core.money import UnknownCurrency, check_currency
from core.zones import zone_names
from merchants.admin.base import Asking, MerchantAdmin, SingletonAdmin, stamp
from merchants.admin.site import site
from merchants.audit import About, Line, record, write_platform
from merchants.models import Branding, Domain, Merchant
from merchants.rules import contrast, hex_to_oklch
from merchants.scope import current_merchant_id
from merchants.services import save_branding
from merchants.staff import actor_of
from merchants.types import Area, Deed

# What stands on what in an e-mail, by day and by night: (label, text, ground).
PAIRS = [
    (_("Button"), "on_accent", "accent"),
    (_("Text"), "ink", "sheet"),
    (_("Small print"), "soft", "canvas"),
    (_("Text, dark"), "dark_ink", "dark_sheet"),
    (_("Small print, dark"), "dark_soft", "dark_canvas"),
]
SWATCH = '<span class="swatch" style="border-color:{};background:{};color:{}">{} <small>{}:1</small></span>'


class BrandingForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Branding
        exclude = ["merchant", "email_colors"]
        widgets = {"color": UnfoldAdminColorInputWidget}

    def clean_color(self) -> str:
        color: str = self.cleaned_data["color"]
        try:
            hex_to_oklch(color)
        except ValueError:
            raise forms.ValidationError(_("must be a colour like #5b2a4e")) from None
        return color


@admin.register(Branding, site=site)
class BrandingAdmin(SingletonAdmin):
    area = Area.BRANDING
    icon, order, menu = "palette", 10, _("Branding")
    actions = None
    form = BrandingForm
    readonly_fields = ["preview"]
    fieldsets = [
        (_("Look"), {"fields": ["color", "preview", "neutral_hue", "font", "display_weight", "radius", "logo_url"]}),
        (_("Sender"), {"fields": ["email_from_name", "email_from", "reply_to", "sms_sender"]}),
        (_("Help for shoppers"), {"fields": ["support_email", "support_phone", "support_hours", "support_team"]}),
        (_("Addresses"), {"fields": ["postal_address", "shop_url", "privacy_url", "imprint_url"]}),
    ]

    @admin.display(description=_("In messages"))
    def preview(self, row: Branding) -> SafeString | str:
        """Each pair of colours a mail client gets, with its measured contrast."""
        colors = row.email_colors
        if not colors:
            return ""
        rows = [
            (colors["line"], colors[ground], colors[text], label, f"{contrast(colors[text], colors[ground]):.1f}")
            for label, text, ground in PAIRS
        ]
        return format_html('<div class="swatches">{}</div>', format_html_join("", SWATCH, rows))

    def save_model(self, request: HttpRequest, obj: Branding, form: Any, change: bool) -> None:
        save_branding(obj)


@admin.register(Domain, site=site)
class DomainAdmin(MerchantAdmin):
    area = Area.CONNECTIONS
    icon, order, menu = "language", 30, _("Domains")
    actions = None
    fields = ["host", "is_primary", "verified"]
    readonly_fields = ["verified"]
    list_display = ["host", "is_primary", "verified"]
    ordering = ["host"]

    @admin.display(description=_("Verified"))
    def verified(self, row: Domain) -> str:
        return stamp(row.verified_at, _("not yet"))


class MerchantForm(forms.ModelForm):  # type: ignore[type-arg]
    timezone = forms.ChoiceField(label=_("Time zone"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Merchant
        fields = ["name", "language", "country", "currency", "timezone", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].choices = [(zone, zone) for zone in sorted(zone_names())]  # type: ignore[attr-defined]

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if country not in get_global("territory_languages"):
            raise forms.ValidationError(_("must be an ISO 3166 code"))
        return country

    def clean_currency(self) -> str:
        try:
            return check_currency(self.cleaned_data["currency"])
        except UnknownCurrency as error:
            raise forms.ValidationError(str(error)) from None


@admin.register(Merchant, site=site)
class MerchantRowAdmin(Asking):
    """Platform staff only. A merchant is opened by `manage.py create_merchant`, outside any other merchant's scope."""

    icon, order = "storefront", 10
    actions = None
    form = MerchantForm
    fields = ["slug", "name", "language", "country", "currency", "timezone", "is_active", "created_at"]
    readonly_fields = ["slug", "created_at"]
    list_display = ["name", "slug", "country", "currency", "timezone", "is_active"]
    search_fields = ["=slug"]
    ordering = ["name"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).is_platform

    has_change_permission = has_module_permission = has_view_permission

    def save_model(self, request: HttpRequest, obj: Merchant, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        fields = {name: str(form.cleaned_data[name]) for name in sorted(form.changed_data) if name != "name"}
        write_platform(Line(Deed.MERCHANT_CHANGED, About("merchants.merchant", obj.slug), fields))
        if obj.pk == current_merchant_id():
            record(Deed.MERCHANT_CHANGED, About("merchants.merchant", obj.slug), fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
