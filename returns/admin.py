"""The merchant's promise about sending things back."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from merchants.admin import SingletonAdmin, site
from merchants.types import Area
from returns.models import ReturnPolicy


@admin.register(ReturnPolicy, site=site)
class ReturnPolicyAdmin(SingletonAdmin):
    area = Area.BRANDING
    icon, order, menu = "assignment_return", 30, _("Return policy")
    actions = None
    fields = ["window_days", "is_free", "refund_days", "how", "contact_url"]
