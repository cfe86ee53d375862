"""Forms in which a person writes what shoppers read about a product."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from catalog.models import GuideStep, Product, ProductManual, ProductPicture
from catalog.rules import BadTable, read_table, written_table
from catalog.selectors import relatives, sizes_of, specs_of
from catalog.services import MAX_MONTHS, MAX_RELATED
from catalog.types import Care, Manual, Picture, Relation, Sizes, Step

MAX_SPECS = 100
RELATIONS = {"related": Relation.GOES_WITH, "spare_parts": Relation.SPARE_PART}


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    """Lists are written one entry to a line, as people write them."""

    specs_text = forms.CharField(
        label=_("Details"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("One to a line, like: Material: 100 % linen"),
    )
    care_signs = forms.MultipleChoiceField(
        label=_("Care signs"), required=False, choices=Care.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    related_text = forms.CharField(
        label=_("Goes with it"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Article numbers or the shop's own numbers, one to a line, best first."),
    )
    spare_parts_text = forms.CharField(
        label=_("Spare parts"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Article numbers or the shop's own numbers, one to a line."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row: Product = self.instance
        if row.pk:
            self.initial["specs_text"] = "\n".join(f"{name}: {value}" for name, value in specs_of(row))
            self.initial["care_signs"] = row.care_symbols
            for name, kind in RELATIONS.items():
                named = relatives(product_id=row.pk, kind=kind)
                self.initial[f"{name}_text"] = "\n".join(other.sku or other.external_id for other in named)

    def clean_external_id(self) -> str:
        """Unique per merchant: the constraint itself is out of the form's sight."""
        value: str = self.cleaned_data["external_id"].strip()
        if Product.objects.filter(external_id=value).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a product with this number."))
        return value

    def clean_specs_text(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data["specs_text"].splitlines(), 1):
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not line.strip():
                continue
            if not (colon and name and value) or len(name) > 100 or len(value) > 500:
                raise forms.ValidationError(_("Line %(line)s: write a name, a colon and a value.") % {"line": number})
            found[name] = value
        if len(found) > MAX_SPECS:
            raise forms.ValidationError(_("At most %(most)s details.") % {"most": MAX_SPECS})
        return found

    def clean_care_signs(self) -> list[str]:
        chosen = set(self.cleaned_data["care_signs"])
        return [code for code in Care.values if code in chosen]

    def clean_video_url(self) -> str:
        value: str = self.cleaned_data["video_url"]
        if value and not value.startswith("https://"):
            raise forms.ValidationError(_("The address must begin with https://"))
        return value

    def clean_warranty_months(self) -> int | None:
        months: int | None = self.cleaned_data["warranty_months"]
        if months is not None and months > MAX_MONTHS:
            raise forms.ValidationError(_("At most %(most)s months.") % {"most": MAX_MONTHS})
        return months

    def clean_related_text(self) -> list[Product]:
        return self._named(self.cleaned_data["related_text"])

    def clean_spare_parts_text(self) -> list[Product]:
        return self._named(self.cleaned_data["spare_parts_text"])

    def _named(self, text: str) -> list[Product]:
        """The products a text names, one to a line. Refuses names of none, of several, and of the product itself."""
        names = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(names) > MAX_RELATED:
            raise forms.ValidationError(_("At most %(most)s products.") % {"most": MAX_RELATED})
        known = Product.objects.filter(Q(sku__in=names) | Q(external_id__in=names), deleted_at=None).order_by("pk") if names else []
        return [self._one(name, known) for name in names]

    def _one(self, name: str, known: Iterable[Product]) -> Product:
        found = [row for row in known if row.external_id == name] or [row for row in known if row.sku == name]
        if not found:
            raise forms.ValidationError(_("%(name)s is no product on sale.") % {"name": name})
        if len(found) > 1:
            raise forms.ValidationError(_("%(name)s is the article number of several products: use the shop's number.") % {"name": name})
        if found[0].pk == self.instance.pk:
            raise forms.ValidationError(_("%(name)s is this product itself.") % {"name": name})
        return found[0]


class PartForm(forms.ModelForm):  # type: ignore[type-arg]
    """One entry of a list. Its place in the list is its position, then the order it was written in."""

    def clean(self) -> dict[str, Any]:
        """Addresses of pictures and documents are shown to shoppers: only https leads to them."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("url", "image_url"):
            if data.get(name) and not data[name].startswith(("https://", "http://")):
                self.add_error(name, _("The address must begin with https://"))
        return data


def parts_of(model: type, rows: list[dict[str, Any]]) -> list[Any]:
    """What was written in a list, as the service takes it."""
    if model is ProductPicture:
        return [Picture(row["url"], row["alt"], row["variant"]) for row in rows]
    if model is GuideStep:
        return [Step(row["title"], row["text"], row["image_url"], row["alt"]) for row in rows]
    return [Manual(row["title"], row["url"], row["language"], row["size"] or 0) for row in rows]


LISTS = {ProductPicture: "pictures", GuideStep: "steps", ProductManual: "manuals"}


class SizeTableForm(forms.ModelForm):  # type: ignore[type-arg]
    """A table pasted from a spreadsheet."""

    table = forms.CharField(
        label=_("Table"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "class": "font-mono"}),
        help_text=_(
            "Paste it from a spreadsheet, or part the cells with |. The first line holds the names; write (cm) or (in) behind those"
            " that are measured, like: Size | EU | Chest (cm). Shoppers can switch between the units."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        table = sizes_of(self.instance) if self.instance.pk else None
        if table is not None:
            self.initial["table"] = written_table(table)

    def clean_name(self) -> str:
        value: str = self.cleaned_data["name"].strip()
        if type(self.instance).objects.filter(name=value).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a table with this name."))
        return value

    def clean_table(self) -> Sizes:
        try:
            return read_table(self.cleaned_data["table"])
        except BadTable as error:
            raise forms.ValidationError(str(error)) from None
