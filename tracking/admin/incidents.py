"""Incidents, read-only; the rules with their thresholds, and a back-test before one is switched on."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.clock import now
from merchants.admin import Confirm, MerchantAdmin, ReadOnlyInline, Text, action, site, stamp
from merchants.types import Area
from tracking.models import Incident, IncidentNote, IncidentRule
from tracking.registry import carrier_of
from tracking.rules.incidents import RULES, BadThreshold, Threshold, check_thresholds, thresholds_of
from tracking.services import NotTestable, back_test, save_rule, start_rule
from tracking.types import IncidentType

# A page is waited for: the newest so many parcels tell enough, the command looks at all.
MOST_AT_ONCE = 5000


class NoteInline(ReadOnlyInline):
    model = IncidentNote
    area = Area.ORDERS
    fields = ["when", "act", "actor", "text", "data"]
    ordering = ["-at", "-pk"]
    verbose_name_plural = _("History, newest first")

    @admin.display(description=_("When"))
    def when(self, row: IncidentNote) -> str:
        return stamp(row.at)


@admin.register(Incident, site=site)
class IncidentAdmin(MerchantAdmin):
    area = Area.ORDERS
    icon, order, menu = "report", 40, _("Incidents")
    list_display = ["type", "state", "about", "cause", "harm", "opened"]
    list_filter = ["state", "type"]
    list_select_related = ["order", "shipment"]
    search_fields = ["order__number"]
    search_help_text = _("the whole order number")
    ordering = ["-opened_at", "-pk"]
    actions = None
    inlines = [NoteInline]
    readonly_fields = ["about", "opened", "resolved", "told", "act_until", "facts"]
    fields = [
        "type", "state", "about", "carrier_code", "region", "cause", "reason", "promised_by", "expected_by", "news_by", "harm", "act_until",
        "opened", "told", "resolved", "resolution", "reopened_count", "choice", "facts",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        queryset: QuerySet[Incident] = super().get_queryset(request).select_related("order", "shipment")
        return queryset

    @admin.display(description=_("About"))
    def about(self, row: Incident) -> SafeString | str:
        if row.shipment is not None:
            return format_html(
                '<a class="underline" href="{}">{}</a>', reverse("admin:tracking_shipment_change", args=[row.shipment.pk]), row.shipment
            )
        if row.order is not None:
            return format_html(
                '<a class="underline" href="{}">{}</a>', reverse("admin:orders_order_change", args=[row.order.pk]), row.order
            )
        return row.carrier_code

    @admin.display(description=_("Opened"), ordering="opened_at")
    def opened(self, row: Incident) -> str:
        return stamp(row.opened_at)

    @admin.display(description=_("Act by"))
    def act_until(self, row: Incident) -> str:
        return stamp(row.act_by)

    @admin.display(description=_("Shopper told"))
    def told(self, row: Incident) -> str:
        return stamp(row.told_at, _("not yet"))

    @admin.display(description=_("Resolved"))
    def resolved(self, row: Incident) -> str:
        return stamp(row.resolved_at, _("not yet"))


def _link(table: str, id: int, name: object) -> SafeString:
    return format_html('<a class="underline" href="{}">{}</a>', reverse(f"admin:{table}_change", args=[id]), name)


def _field(row: Threshold, value: float | None = None) -> forms.FloatField:
    """One threshold with its bounds, its default and why."""
    text = _("default %(default)s, from %(low)s to %(high)s %(unit)s: %(why)s") % {
        "default": f"{row.default:g}",
        "low": f"{row.low:g}",
        "high": f"{row.high:g}",
        "unit": row.unit,
        "why": row.why,
    }
    initial = row.default if value is None else value
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    return forms.FloatField(label=row.label, initial=initial, required=False, help_text=text, widget=widget)  # type: ignore[arg-type]


def _thresholds(form: forms.BaseForm, type: str) -> dict[str, object]:
    """The numbers given, checked; what is refused is shown at its field. An empty field means the default."""
    names = [row.name for row in thresholds_of(type)]
    given = {name: form.cleaned_data[name] for name in names if form.cleaned_data.get(name) is not None}
    try:
        return dict(check_thresholds(type, given))
    except BadThreshold as error:
        form.add_error(error.name if error.name in form.fields else None, error.problem)
        return {}


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = IncidentRule
        fields = ["is_on", "tells_shopper", "carriers"]

    def clean_carriers(self) -> list[str]:
        codes = [code.strip().lower() for code in self.cleaned_data["carriers"] or []]
        unknown = [code for code in codes if carrier_of(code) is None]
        if unknown:
            raise forms.ValidationError(_("There is no carrier %(code)s."), params={"code": unknown[0][:40]})
        return codes

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and not self.errors:
            cleaned["given"] = _thresholds(self, self.instance.type)
        return cleaned


def _rule_form(row: IncidentRule) -> type[RuleForm]:
    fields = {one.name: _field(one, row.thresholds.get(one.name)) for one in thresholds_of(row.type)}
    return type("ThresholdsForm", (RuleForm,), fields)


class TryForm(forms.Form):
    """A back-test: days, and the thresholds of the type."""

    days = forms.IntegerField(label=_("Days"), initial=90, min_value=1, max_value=365, widget=UnfoldAdminIntegerFieldWidget)

    def __init__(self, *args: Any, row: IncidentRule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        for one in thresholds_of(row.type):
            self.fields[one.name] = _field(one, row.thresholds.get(one.name))

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.cleaned_data["given"] = _thresholds(self, self.row.type)
        return self.cleaned_data


class TypeForm(forms.Form):
    type = forms.ChoiceField(label=_("What"), choices=IncidentType.choices, widget=UnfoldAdminSelectWidget)


@admin.register(IncidentRule, site=site)
class IncidentRuleAdmin(MerchantAdmin):
    area = Area.BRANDING
    icon, order, menu = "rule", 30, _("Incident rules")
    adds = changes = True
    actions = None
    actions_detail = ["back_test"]
    list_display = ["type", "is_on", "tells_shopper", "own", "updated"]
    ordering = ["type"]
    readonly_fields = ["type", "updated"]

    def get_fieldsets(self, request: HttpRequest, obj: IncidentRule | None = None) -> list[tuple[Any, Any]]:
        fields = [(None, {"fields": ["type", "is_on", "tells_shopper", "carriers", "updated"]})]
        if obj is None:
            return fields
        return [*fields, (_("Thresholds"), {"fields": [row.name for row in thresholds_of(obj.type)]})]

    def get_form(self, request: HttpRequest, obj: IncidentRule | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "form": _rule_form(obj) if obj else RuleForm})

    @admin.display(description=_("Own thresholds"))
    def own(self, row: IncidentRule) -> str:
        return ", ".join(f"{name} {value:g}" for name, value in sorted(row.thresholds.items())) or "-"

    @admin.display(description=_("Changed"))
    def updated(self, row: IncidentRule) -> str:
        return stamp(row.updated_at)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        text = _("All rules hold with safe defaults. Set one up here to change its thresholds or switch it off.")
        confirm = Confirm(title=_("Set up a rule"), button=_("Set up"), text=text, form=TypeForm)

        def act(row: None, data: dict[str, Any]) -> Text:
            rule = start_rule(type=data["type"], at=now())
            self.log_addition(request, rule, "Added")
            return _("%(type)s can be changed now.") % {"type": rule.get_type_display()}

        return self.ask(request, None, confirm, act)

    def save_model(self, request: HttpRequest, obj: IncidentRule, form: Any, change: bool) -> None:
        data = form.cleaned_data
        save_rule(
            rule=obj,
            is_on=data["is_on"],
            tells_shopper=data["tells_shopper"],
            thresholds=data["given"],
            carriers=data["carriers"],
            at=now(),
        )

    @action(description=_("Try it on the past"), permissions=["act"], url_path="back-test")
    def back_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: IncidentRule = self._row(request, object_id)
        form, result = TryForm(request.POST if request.method == "POST" else None, row=row), None
        if form.is_bound and form.is_valid():
            result = self._try(row, form)
        context = {"title": _("Back-test"), "form": form, "result": result, "can_be_tested": RULES[row.type].can_be_tested}
        return self._page(request, "admin/back_test.html", row, **context)

    def _try(self, row: IncidentRule, form: TryForm) -> dict[str, Any] | None:
        data = form.cleaned_data
        try:
            found = back_test(
                type=row.type, thresholds=data["given"], now=now(), days=data["days"], tells_shopper=row.tells_shopper, most=MOST_AT_ONCE
            )
        except NotTestable as error:
            form.add_error(None, str(error))
            return None
        return found.as_json()
