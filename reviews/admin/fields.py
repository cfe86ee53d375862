"""What the forms of this room share: one field for each language, and refusals of a service shown where they belong."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from merchants.admin import MerchantAdmin
from merchants.models import User
from merchants.staff import actor_of
from merchants.types import Language

ENGLISH = Language.EN.value


def texts(name: str, label: Any, *, rows: int = 0, most: int = 1_000) -> dict[str, forms.CharField]:
    """A text field for each language, named `<name>_<language>`."""
    made = {}
    for code, language in Language.choices:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": rows}) if rows else UnfoldAdminTextInputWidget()
        said = _("%(label)s: %(language)s") % {"label": label, "language": language}
        made[f"{name}_{code}"] = forms.CharField(label=said, required=False, max_length=most, widget=widget)
    return made


def texts_of(cleaned: Mapping[str, Any], name: str) -> dict[str, str]:
    """What was typed, by language; empty ones are left out."""
    return {code: text for code in Language.values if (text := (cleaned.get(f"{name}_{code}") or "").strip())}


def lines_of(cleaned: Mapping[str, Any], name: str) -> dict[str, list[str]]:
    """The lines that were typed, by language."""
    return {code: [line.strip() for line in text.splitlines() if line.strip()] for code, text in texts_of(cleaned, name).items()}


def initial_texts(name: str, held: Mapping[str, Any]) -> dict[str, str]:
    """What stands there, as the fields show it; lists one on each line."""
    return {f"{name}_{code}": "\n".join(said) if isinstance(said, list) else str(said) for code, said in held.items()}


def refuse(form: forms.Form, problems: Iterable[tuple[str, str]]) -> None:
    """Each reason at its field: `names` at that of the first language, what has no field above the form."""
    for place, text in problems:
        name = place.replace(".", "_")
        known = next((one for one in (name, f"{name}_{ENGLISH}") if one in form.fields), None)
        form.add_error(known, text if known else f"{place}: {text}".removeprefix(": "))


class OwnPages(MerchantAdmin):
    """A table whose pages are written here: looked at by all who see the area, written by those who may change it."""

    actions = None

    def may_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def may_write(self, request: HttpRequest) -> None:
        if not self.has_act_permission(request):
            raise PermissionDenied

    def sheet(self, request: HttpRequest, template: str, row: Any = None, **context: Any) -> HttpResponse:
        """A page; a form that comes back with what is wrong answers 422."""
        response = self._page(request, f"admin/reviews/{template}", row, may_write=self.has_act_permission(request), **context)
        response.status_code = 422 if request.method == "POST" else 200
        return response


def user_of(request: HttpRequest) -> User:
    user = actor_of(request).user
    if user is None:
        raise PermissionDenied
    return user
