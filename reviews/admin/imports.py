"""Reviews brought along from another system: a file in, and what became of each row. They keep the name of where they come from."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from core.clock import now
from merchants.admin import site, stamp
from merchants.types import Area
from reviews.admin.fields import OwnPages, refuse, user_of
from reviews.models import ReviewImport
from reviews.rules.imports import COLUMNS, REQUIRED
from reviews.services.book import ReviewRefused
from reviews.services.imports import MOST_ROWS, import_file

ADDRESS = "admin:reviews_reviewimport"
MOST_BYTES = 10 * 1024 * 1024


class ImportForm(forms.Form):
    origin_name = forms.CharField(
        label=_("Where they were written"),
        max_length=60,
        help_text=_("Stands beside each of them, where everybody sees it."),
        widget=UnfoldAdminTextInputWidget,
    )
    file = forms.FileField(label=_("File (CSV, UTF-8)"), widget=UnfoldAdminFileFieldWidget)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB."))
        return file


@admin.register(ReviewImport, site=site)
class ReviewImportAdmin(OwnPages):
    area = Area.BRANDING
    adds = True
    icon, order, menu = "upload_file", 44, _("Reviews brought along")
    list_display = ["origin_name", "file_name", "rows", "taken", "known", "left_out", "done"]
    ordering = ["-at", "-pk"]
    readonly_fields = ["done"]
    fields = ["origin_name", "file_name", "rows", "taken", "known", "done", "user"]

    @admin.display(description=_("Left out"))
    def left_out(self, row: ReviewImport) -> int:
        return len(row.refused)

    @admin.display(description=_("When"), ordering="at")
    def done(self, row: ReviewImport) -> str:
        return stamp(row.at)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        self.may_write(request)
        is_sent = request.method == "POST"
        form = ImportForm(request.POST if is_sent else None, request.FILES if is_sent else None)
        if is_sent and form.is_valid() and (batch := self._taken(request, form)) is not None:
            return redirect(f"{ADDRESS}_change", batch.pk)
        columns = [name for name in COLUMNS if name not in REQUIRED]
        return self.sheet(
            request, "import.html", title=_("Bring reviews along"), form=form, required=REQUIRED, columns=columns, most=MOST_ROWS
        )

    def _taken(self, request: HttpRequest, form: ImportForm) -> ReviewImport | None:
        file = form.cleaned_data["file"]
        try:
            batch = import_file(
                raw=file.read(), origin_name=form.cleaned_data["origin_name"], file_name=file.name, user=user_of(request), at=now()
            )
        except ReviewRefused as refused:
            refuse(form, refused.refusals)
            return None
        self.log_addition(request, batch, translate("brought along"))
        return batch

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """What became of one file, with each row that could not be taken and why."""
        self.may_look(request)
        row: ReviewImport = self._row(request, object_id)
        return self.sheet(request, "imported.html", row, title=row.origin_name, batch=row, refused=row.refused)
