"""Base classes of the admin: permissions by role and area, read-only unless said otherwise, every act confirmed by POST."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import date as format_date
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action as unfold_action
from unfold.views import ChangeList

from merchants.models import SecretField
from merchants.rules import CHANGE, VIEW
from merchants.staff import actor_of
from merchants.types import Area

COUNTED = 10_000
Text = str | Promise  # a text, or one that is translated when it is shown
Page = TypeVar("Page", bound=Callable[..., HttpResponse])


def action(*, description: Text, permissions: Sequence[str], url_path: str) -> Callable[[Page], Page]:
    """A page beside a row's form, offered to whoever has the permissions."""
    decorate = unfold_action(description=description, permissions=permissions, url_path=url_path)
    return cast(Callable[[Page], Page], decorate)


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than ten thousand: a filter leads further than page two hundred."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[:COUNTED].count() if isinstance(rows, models.QuerySet) else len(rows)


class Listing(ChangeList):  # type: ignore[misc]
    """A list that never counts the whole table only to say how much a filter leaves out."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


@dataclass(frozen=True, slots=True)
class Confirm:
    """A question asked before an act: shown on GET, done on POST."""

    title: Text
    button: Text
    text: Text = ""
    form: type[forms.Form] = forms.Form
    is_dangerous: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """Something shown one time, in the answer to the POST that made it, and stored nowhere readable."""

    title: Text
    text: Text
    facts: Mapping[str, str] = field(repr=False)


Act = Callable[[Any, dict[str, Any]], Text | Once]


class ByRole:
    """Permissions from the actor's role in `area`. Nothing can be added, changed or deleted unless the class says so."""

    area: ClassVar[Area]
    adds: ClassVar[bool] = False
    changes: ClassVar[bool] = False
    deletes: ClassVar[bool] = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).may(self.area, VIEW)

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).may(self.area, CHANGE)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.adds and self.has_act_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.changes and self.has_act_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletes and self.has_act_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


class Asking(ModelAdmin):  # type: ignore[misc]
    """Acts beside the form: a page that asks, a POST that does, and an entry in the log."""

    icon: ClassVar[str] = "list"
    menu: ClassVar[Text] = ""
    order: ClassVar[int] = 50
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    paginator = BoundedPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        return Listing

    def ask(self, request: HttpRequest, object_id: str | None, confirm: Confirm, act: Act) -> HttpResponse:
        """Ask about a row (or a new one when there is no id), then act. What the act refuses is shown beside the form."""
        row = self._row(request, object_id)
        form = confirm.form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    outcome = act(row, form.cleaned_data)
            except (ValidationError, ValueError) as error:
                refuse(form, error)
            else:
                return self._told(request, row, confirm, outcome)
        return self._page(request, "admin/ask.html", row, title=confirm.title, confirm=confirm, form=form)

    def _row(self, request: HttpRequest, object_id: str | None) -> Any:
        if object_id is None:
            return None
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def _told(self, request: HttpRequest, row: Any, confirm: Confirm, outcome: Text | Once) -> HttpResponse:
        if row is not None:
            self.log_change(request, row, str(confirm.title))
        if isinstance(outcome, Once):
            return self._page(request, "admin/once.html", row, title=outcome.title, once=outcome)
        messages.success(request, str(outcome))
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return redirect(reverse(f"{name}_change", args=[row.pk]) if row is not None else reverse(f"{name}_changelist"))

    def _page(self, request: HttpRequest, template: str, row: Any, **extra: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": row, **extra}
        return TemplateResponse(request, template, context)


class MerchantAdmin(ByRole, Asking):
    """Base of every merchant-owned table in the admin. The scoped manager limits rows, choices and look-ups."""

    search_fields: Sequence[str] = ()
    email_field: ClassVar[str] = ""

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Secrets are never in a form, whatever the fields say."""
        hidden = [f.name for f in self.model._meta.fields if isinstance(f, SecretField | models.BinaryField)]
        return [*hidden, "merchant"]

    def get_search_results(self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        """Exact matches only: behind row-level security nothing else can use an index."""
        term = search_term.strip()
        if not term or not self.search_fields:
            return queryset, False
        if "@" in term and self.email_field:
            return queryset.filter(**{self.email_field: term.lower()}), False
        return queryset.filter(reduce(or_, (models.Q(**{name: term}) for name in self.search_fields))), False

    def get_inlines(self, request: HttpRequest, obj: Any) -> Sequence[type[Any]]:
        return [*self.inlines, *_added.get(type(self), ())]


_added: dict[type[MerchantAdmin], list[type[Any]]] = {}


def extend(model_admin: type[MerchantAdmin], *inlines: type[Any]) -> None:
    """Let a higher room show its rows on a lower room's page: the lower one does not know who."""
    _added.setdefault(model_admin, []).extend(inlines)


class SingletonAdmin(MerchantAdmin):
    """One row per merchant: the list leads straight to its form."""

    changes = True

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Every page asks this of every table; whether the one row is there is not looked up for it."""
        may_act = self.has_act_permission(request)
        return {"add": may_act, "change": may_act, "delete": False, "view": self.has_view_permission(request)}

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_act_permission(request) and not self.model._default_manager.exists()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        row = self.model._default_manager.first() if self.has_view_permission(request) else None
        if row is not None:
            return redirect(f"{name}_change", row.pk)
        if self.has_add_permission(request):
            return redirect(f"{name}_add")
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response


class ReadOnlyInline(ByRole, TabularInline):  # type: ignore[misc]
    """Rows shown on another row's page; seen by whoever sees the area."""

    extra = 0
    max_num = 0
    can_delete = False
    hide_title = True
    show_change_link = False

    @property
    def readonly_fields(self) -> Sequence[str]:
        return tuple(self.fields)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["merchant"]


def refuse(form: forms.Form, error: Exception) -> None:
    """Show a service's refusal where it belongs: at the field it names, else above the form."""
    if not isinstance(error, ValidationError):
        form.add_error(None, str(error))
    elif hasattr(error, "error_dict"):
        for name, problems in error.error_dict.items():
            form.add_error(name if name in form.fields else None, problems)
    else:
        form.add_error(None, error)


def stamp(at: datetime | None, empty: Text = "") -> str:
    """A moment as staff read it: `Fri 20 Nov 2026, 10:00`, in the current time zone."""
    return format_date(timezone.localtime(at), "D j M Y, H:i") if at else str(empty)
