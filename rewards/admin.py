"""What the merchant gives with an enticing confirmation and as thanks for a review, what became of it, and what is still owed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.money import UnknownCurrency, check_currency, format_money
from merchants.admin import MerchantAdmin, SingletonAdmin, site, stamp
from merchants.types import Area
from rewards.models import Coupon, CouponRule, Referral, ThanksRule
from rewards.rules import state_of
from rewards.selectors import Owed, given_thanks, owed_coupons
from rewards.types import CouponState, Worth


class WorthForm(forms.ModelForm):  # type: ignore[type-arg]
    """What every rule about coupons has: a worth, its currency, a least order, and days."""

    def clean_currency(self) -> str:
        code = self.cleaned_data["currency"]
        try:
            return check_currency(code) if code else ""
        except UnknownCurrency as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        """What the constraints hold, said at the field it is about."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        value, minimum, worth = data.get("value"), data.get("minimum"), data.get("worth")
        if value is not None and value <= 0:
            self.add_error("value", _("must be more than nothing"))
        if worth == Worth.PERCENT and value is not None and value > 100:
            self.add_error("value", _("no more than 100 percent"))
        if minimum is not None and minimum < 0:
            self.add_error("minimum", _("must not be negative"))
        if data.get("currency") == "" and (worth == Worth.AMOUNT or minimum):
            self.add_error("currency", _("needed for an amount and for a minimum"))
        if data.get("valid_days") == 0:
            self.add_error("valid_days", _("at least one day"))
        return data


class CouponRuleForm(WorthForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if (off := data.get("referral_value")) is not None and not 0 <= off <= 100:
            self.add_error("referral_value", _("from 0 to 100 percent"))
        return data


@admin.register(CouponRule, site=site)
class CouponRuleAdmin(SingletonAdmin):
    area = Area.BRANDING
    icon, order, menu = "sell", 40, _("Coupon rule")
    actions = None
    form = CouponRuleForm
    fields = ["is_on", "worth", "value", "currency", "minimum", "valid_days", "referral_value"]


@admin.register(ThanksRule, site=site)
class ThanksRuleAdmin(SingletonAdmin):
    area = Area.BRANDING
    icon, order, menu = "volunteer_activism", 43, _("Thanks for reviews")
    actions = None
    form = WorthForm
    fields = ["is_on", "worth", "value", "currency", "minimum", "valid_days", "per_month"]
    change_form_before_template = "admin/rewards/thanks.html"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        given = {"given": given_thanks(now=now())} if self.has_view_permission(request) else {}
        response: HttpResponse = super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **given})
        return response


@admin.register(Coupon, site=site)
class CouponAdmin(MerchantAdmin):
    area = Area.ORDERS
    list_before_template = "admin/rewards/nav.html"
    icon, order, menu = "confirmation_number", 50, _("Coupons")
    list_display = ["code", "standing", "off", "given", "expires", "redeemed_for"]
    list_filter = ["worth"]
    search_fields = ["code", "redeemed_for"]
    search_help_text = _("the whole code, or the number of the order it was used for")
    ordering = ["-issued_at", "-pk"]
    actions = None
    readonly_fields = ["standing", "off", "least", "given", "expires", "redeemed"]
    fields = ["code", "standing", "off", "least", "customer", "order", "given", "expires", "redeemed", "redeemed_for"]

    def get_urls(self) -> list[URLPattern]:
        return [path("owed/", self.admin_site.admin_view(self.owed_view), name="rewards_coupon_owed"), *super().get_urls()]

    def owed_view(self, request: HttpRequest) -> HttpResponse:
        """What the given coupons may still cost, and what they have cost."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        at = now()
        rows = owed_coupons(now=at)
        context = {"thanks": [line_of(row) for row in rows if row.is_thanks], "others": [line_of(row) for row in rows if not row.is_thanks]}
        return self._page(request, "admin/rewards/owed.html", None, title=_("What coupons may still cost"), at=at, **context)

    @admin.display(description=_("State"))
    def standing(self, row: Coupon) -> str:
        return str(CouponState(state_of(redeemed_at=row.redeemed_at, expires_at=row.expires_at, now=now())).label)

    @admin.display(description=_("Worth"))
    def off(self, row: Coupon) -> str:
        return format_money(row.value, row.currency, "en") if row.worth == Worth.AMOUNT else f"{row.value.normalize():f} %"

    @admin.display(description=_("Least order"))
    def least(self, row: Coupon) -> str:
        return format_money(row.minimum, row.currency, "en") if row.minimum else str(_("none"))

    @admin.display(description=_("Given"), ordering="issued_at")
    def given(self, row: Coupon) -> str:
        return stamp(row.issued_at)

    @admin.display(description=_("Expires"), ordering="expires_at")
    def expires(self, row: Coupon) -> str:
        return stamp(row.expires_at)

    @admin.display(description=_("Used"))
    def redeemed(self, row: Coupon) -> str:
        return stamp(row.redeemed_at, _("not yet"))


@admin.register(Referral, site=site)
class ReferralAdmin(MerchantAdmin):
    area = Area.ORDERS
    icon, order, menu = "group_add", 60, _("Referrals")
    list_display = ["order_number", "code", "redeemed"]
    list_select_related = ["referral_code"]
    search_fields = ["order_number", "referral_code__code"]
    search_help_text = _("the whole order number or code")
    ordering = ["-redeemed_at", "-pk"]
    actions = None
    readonly_fields = ["code", "redeemed"]
    fields = ["order_number", "code", "redeemed"]

    @admin.display(description=_("Code"))
    def code(self, row: Referral) -> str:
        return row.referral_code.code

    @admin.display(description=_("Counted"), ordering="redeemed_at")
    def redeemed(self, row: Referral) -> str:
        return stamp(row.redeemed_at)


def line_of(row: Owed) -> dict[str, Any]:
    """One line of the report. What a share of an unknown order will be worth is not made up."""
    is_amount = row.worth == Worth.AMOUNT
    sums = {name: format_money(getattr(row, name) * row.value, row.currency, "en") if is_amount else "" for name in ("open", "used")}
    off = format_money(row.value, row.currency, "en") if is_amount else f"{row.value.normalize():f} %"
    return {"row": row, "off": off, "owed": sums["open"], "cost": sums["used"]}
