"""The audit logs: a merchant's own for its owners, the installation's for platform staff. Read, narrowed, taken out as CSV."""

import csv
import json
from collections.abc import Iterable
from datetime import UTC
from io import StringIO
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.text import cell
from merchants.admin.base import Asking, MerchantAdmin, stamp
from merchants.admin.site import site
from merchants.audit import About, Line, record, write_platform
from merchants.models import AuditEntry, ChainLink, PlatformEntry, User
from merchants.staff import actor_of
from merchants.types import ActorKind, Area, Deed

MOST = 10_000  # lines in one file: the filters lead to the others
STAFF = (ActorKind.USER, ActorKind.PLATFORM)
Kinds = tuple[ActorKind, ...]
COLUMNS = (
    "position", "at", "actor_kind", "actor_id", "on_behalf_of", "deed", "object_kind", "object_id", "result", "changes", "network",
    "agent", "request_id", "previous", "hash",
)  # fmt: skip


def people(rows: Iterable[ChainLink], kinds: Kinds) -> dict[str, str]:
    """Number -> e-mail address of the staff in these lines; the log itself holds the number only."""
    wanted = {row.actor_id for row in rows if row.actor_kind in kinds and row.actor_id.isdecimal()}
    return {str(pk): email for pk, email in User.objects.filter(pk__in=wanted).values_list("pk", "email")}


def as_csv(rows: list[Any]) -> str:
    """The lines as they were written, newest first, through the guard against formulas."""
    held = StringIO()
    values = ([_value(row, name) for name in COLUMNS] for row in rows)
    csv.writer(held).writerows([[cell(value) for value in line] for line in (COLUMNS, *values)])
    return "\ufeff" + held.getvalue()


def _value(row: ChainLink, name: str) -> Any:
    if name == "at":
        return row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(row.changes, sort_keys=True) if name == "changes" else getattr(row, name)


class Trail(Asking):
    """A list of lines nobody can change, with a way to take them out."""

    named_kinds: ClassVar[Kinds] = STAFF
    icon, order, menu = "history", 40, _("Audit log")
    actions = None
    list_display = ["when", "who", "deed", "thing", "result", "origin"]
    list_filter = ["deed", "result", "actor_kind"]
    list_before_template = "admin/audit_export.html"
    search_help_text = _("a member of staff's e-mail address, or the whole number or public id of a thing, a person or a request")
    ordering = ["-position"]
    fields = [
        "position", "when", "who", "on_behalf_of", "deed", "object_kind", "object_id", "result", "changes", "network", "agent",
        "request_id", "previous", "hash",
    ]  # fmt: skip
    readonly_fields = ["when", "who", "thing", "origin"]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", self.admin_site.admin_view(self.export_view), name=name), *super().get_urls()]

    def get_search_results(self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        if "@" in term:
            user = User.objects.filter(email=term.lower()).values_list("pk", flat=True).first()
            return queryset.filter(actor_kind__in=self.named_kinds, actor_id=str(user)), False
        named = models.Q(object_id=term) | models.Q(actor_id=term) | models.Q(on_behalf_of=term) | models.Q(request_id=term)
        return queryset.filter(named), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        named = people(found.result_list, self.named_kinds)
        for row in found.result_list:
            row.named = named
        return found

    @admin.display(description=_("When"), ordering="position")
    def when(self, row: ChainLink) -> str:
        return stamp(row.at)

    @admin.display(description=_("Who"))
    def who(self, row: ChainLink) -> str:
        named: dict[str, str] | None = getattr(row, "named", None)
        if named is None:
            named = people([row], self.named_kinds)
        kind = str(ActorKind(row.actor_kind).label)
        return f"{kind}: {named.get(row.actor_id, row.actor_id)}" if row.actor_id else kind

    @admin.display(description=_("Thing"))
    def thing(self, row: ChainLink) -> str:
        return " ".join(part for part in (row.object_kind, row.object_id) if part) or "-"

    @admin.display(description=_("Network"))
    def origin(self, row: ChainLink) -> str:
        return row.network or "-"

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """What the list shows as it is narrowed, the newest ten thousand, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = list(self.get_changelist_instance(request).get_queryset(request)[:MOST])
        except IncorrectLookupParameters:
            raise BadRequest("The list cannot be narrowed like this.") from None
        self.note_export(len(rows))
        response = HttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate(now()):%Y-%m-%d}.csv"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "no-store"
        return response

    def note_export(self, rows: int) -> None:
        raise NotImplementedError


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(Trail, MerchantAdmin):
    """Platform staff stand here by number: who they are is the installation's business."""

    area = Area.STAFF
    named_kinds = (ActorKind.USER,)

    def note_export(self, rows: int) -> None:
        record(Deed.EXPORTED, About("merchants.auditentry"), {"rows": rows})


@admin.register(PlatformEntry, site=site)
class PlatformEntryAdmin(Trail):
    menu = _("Audit log of the platform")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).is_platform

    has_module_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def note_export(self, rows: int) -> None:
        write_platform(Line(Deed.EXPORTED, About("merchants.platformentry"), {"rows": rows}))
