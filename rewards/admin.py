"""What the merchant gives with an enticing confirmation, and what became of it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.money import UnknownCurrency, check_currency, format_money
from merchants.admin import MerchantAdmin, SingletonAdmin, site, stamp
from merchants.types import Area
from rewards.models import Coupon, CouponRule, Referral
from rewards.rules import state_of
from rewards.types import CouponState, Worth


class CouponRuleForm(forms.ModelForm):  # type: ignore[type-arg]
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


@admin.register(Coupon, site=site)
class CouponAdmin(MerchantAdmin):
    area = Area.ORDERS
    icon, order, menu = "confirmation_number", 50, _("Coupons")
    list_display = ["code", "standing", "off", "given", "expires", "redeemed_for"]
    list_filter = ["worth"]
    search_fields = ["code", "redeemed_for"]
    search_help_text = _("the whole code, or the number of the order it was used for")
    ordering = ["-issued_at", "-pk"]
    actions = None
    readonly_fields = ["standing", "off", "least", "given", "expires", "redeemed"]
    fields = ["code", "standing", "off", "least", "customer", "order", "given", "expires", "redeemed", "redeemed_for"]

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
