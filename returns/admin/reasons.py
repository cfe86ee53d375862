"""Why things go back and where they go: the merchant's own list of reasons, and its return addresses."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from merchants.admin import MerchantAdmin, site
from merchants.models import MerchantModel
from merchants.selectors import current_merchant
from merchants.types import Area, Language
from returns.models import ReturnPlace, ReturnReason
from returns.rules.parse import COUNTRIES, ID
from returns.services.policy import check_ways
from returns.types import Way

ADDRESS = {
    "name": _("Name"),
    "company": _("Company"),
    "street": _("Street and number"),
    "extra": _("Addition"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "region": _("Region"),
    "country": _("Country code"),
}
REQUIRED = ("street", "city", "country")
WAYS = [way for way in Way if way != Way.NONE]


class Fieldwise(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose JSON columns are shown as one field for each of their parts. `parts`: column -> {part: label}."""

    parts: dict[str, dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column, labels in self.parts.items():
            for part in labels:
                self.fields[f"{column}_{part}"].initial = (getattr(self.instance, column) or {}).get(part, "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for column, labels in self.parts.items():
            said = {part: (cleaned.get(f"{column}_{part}") or "").strip() for part in labels}
            setattr(self.instance, column, {part: text for part, text in said.items() if text})
        return cleaned


def part_fields(column: str, labels: dict[str, Any], *, rows: int = 0, most: int = 200) -> dict[str, forms.Field]:
    """One text field for each part of a JSON column."""
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows}) if rows else UnfoldAdminTextInputWidget()
    return {
        f"{column}_{part}": forms.CharField(label=label, required=False, max_length=most, widget=widget) for part, label in labels.items()
    }


NAMES = {code: _("Words: %(language)s") % {"language": label} for code, label in Language.choices}
ASKS = {code: _("Question: %(language)s") % {"language": label} for code, label in Language.choices}
HOWS = {code: _("How to send it: %(language)s") % {"language": label} for code, label in Language.choices}
FEES = {way.value: _("Fee: %(way)s") % {"way": way.label} for way in WAYS}


class ReasonForm(Fieldwise):
    parts = {"names": NAMES, "asks": ASKS}

    class Meta:
        model = ReturnReason
        fields = ["code", "kind", "rank", "is_active"]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not ID.fullmatch(code):
            raise ValidationError(_("must be small letters, digits, - or _"))
        return code


class PlaceForm(Fieldwise):
    parts = {"address": ADDRESS, "ways": FEES, "instructions": HOWS}

    class Meta:
        model = ReturnPlace
        fields = ["key", "name", "countries", "provider", "connection", "is_default", "is_active"]

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if not ID.fullmatch(key):
            raise ValidationError(_("must be small letters, digits, - or _"))
        return key

    def clean_countries(self) -> list[str]:
        codes = [code.strip().upper() for code in self.cleaned_data["countries"]]
        if wrong := [code for code in codes if code not in COUNTRIES]:
            raise ValidationError(_("%(code)s is no country"), params={"code": wrong[0]})
        return codes

    def clean_is_default(self) -> bool:
        is_default: bool = self.cleaned_data["is_default"]
        if is_default and ReturnPlace.objects.filter(is_default=True).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another place is the default. Take it from there first."))
        return is_default

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for part in REQUIRED:
            if not self.instance.address.get(part):
                self.add_error(f"address_{part}", _("This is needed."))
        country = self.instance.address.get("country", "").upper()
        if country and country not in COUNTRIES:
            self.add_error("address_country", _("must be an ISO 3166 code"))
        elif country:
            self.instance.address["country"] = country
        try:
            self.instance.ways = check_ways(self.instance.ways, currency=current_merchant().currency)
        except ValidationError as error:
            self.add_error(None, error)
        if not self.instance.ways:
            self.add_error("ways_own", _("Offer at least one way; 0 is free."))
        return cleaned


for _form in (ReasonForm, PlaceForm):
    for _column, _labels in _form.parts.items():
        _long = {"rows": 3, "most": 2_000} if _column == "instructions" else {}
        _form.base_fields.update(part_fields(_column, _labels, **_long))
        _form.declared_fields.update(part_fields(_column, _labels, **_long))


class OwnRows(MerchantAdmin):
    """Rows that are added, changed and deleted by owners and editors."""

    area = Area.BRANDING
    adds = changes = deletes = True
    actions = None

    def get_fields(self, request: HttpRequest, obj: MerchantModel | None = None) -> list[str]:
        """The columns, and the parts of the JSON columns one by one."""
        form: type[Any] = self.form
        return [*form.Meta.fields, *(f"{column}_{part}" for column, labels in form.parts.items() for part in labels)]


@admin.register(ReturnReason, site=site)
class ReturnReasonAdmin(OwnRows):
    icon, order, menu = "help_center", 31, _("Return reasons")
    form = ReasonForm
    list_display = ["code", "kind", "rank", "is_active"]
    ordering = ["rank", "id"]


@admin.register(ReturnPlace, site=site)
class ReturnPlaceAdmin(OwnRows):
    icon, order, menu = "warehouse", 32, _("Return addresses")
    form = PlaceForm
    list_display = ["name", "key", "countries", "is_default", "is_active"]
    ordering = ["-is_default", "id"]
