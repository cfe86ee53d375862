"""When shoppers are asked, in the admin: the plan, and products that are asked about at another time or never."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from merchants.admin import MerchantAdmin, SingletonAdmin, site
from merchants.types import Area
from reviews.models import ReviewPlan, ReviewRule

RANGES: dict[str, tuple[int, int, Promise]] = {
    "days": (0, 60, _("from 0 to 60 days")),
    "reminder_days": (0, 30, _("from 0 to 30 days")),
    "answer_hours": (1, 720, _("from 1 to 720 hours")),
}
LONGEST = 180


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        """What the constraints hold, said at the field it is about."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, (least, most, text) in RANGES.items():
            if (value := data.get(name)) is not None and not least <= value <= most:
                self.add_error(name, str(text))
        return data


@admin.register(ReviewPlan, site=site)
class ReviewPlanAdmin(SingletonAdmin):
    area = Area.BRANDING
    icon, order, menu = "rate_review", 41, _("Review plan")
    actions = None
    form = PlanForm
    fieldsets = [
        (_("Asking"), {"fields": ["is_on", "days", "reminder_days", "asks_delivery", "asks_service"]}),
        (
            _("Publishing"),
            {
                "fields": ["moderation"],
                "description": _(
                    "A text is never held back for its stars: they are hidden until it is decided, and only the published reasons count."
                ),
            },
        ),
        (_("Answering"), {"fields": ["answer_hours"]}),
    ]


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_value(self) -> str:
        value: str = self.cleaned_data["value"].strip()
        if not value:
            raise forms.ValidationError(_("This is needed."))
        return value

    def clean_days(self) -> int | None:
        days: int | None = self.cleaned_data["days"]
        if days is not None and days > LONGEST:
            raise forms.ValidationError(_("no more than 180 days"))
        return days

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        same = ReviewRule.objects.filter(match=data.get("match", ""), value=data.get("value", "")).exclude(pk=self.instance.pk)
        if same.exists():
            self.add_error("value", _("There is a rule for this already."))
        return data


@admin.register(ReviewRule, site=site)
class ReviewRuleAdmin(MerchantAdmin):
    area = Area.BRANDING
    adds = changes = deletes = True
    icon, order, menu = "rule", 42, _("Review rules")
    actions = None
    form = RuleForm
    fields = ["position", "match", "value", "is_asked", "days"]
    list_display = ["value", "match", "position", "is_asked", "days"]
    ordering = ["position", "pk"]
