"""What was said before: the history of a wording, two versions beside each other, and the addresses tests may go to."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.clock import now
from notifications import versions
from notifications.admin import shown
from notifications.admin.desk import Desk, desk_page, user_of
from notifications.admin.posted import number_of
from notifications.admin.slots import Slot, slot_of
from notifications.admin.studio import version_at
from notifications.admin.wording import SENT_DAYS, sent_lately, sent_of
from notifications.models import TemplateVersion
from notifications.studio import testing
from notifications.studio.diff import compare
from notifications.studio.types import Draft

State = TemplateVersion.State
STATES = {State.DRAFT: ("info", "pen"), State.PUBLISHED: ("good", "done"), State.ARCHIVED: ("idle", "clock")}
SHIPPED = "shipped"


class Past(Desk):
    """Pages beside the studio. Acts are those of the admin's own pages, each asked before it is done."""

    @desk_page()
    def past_view(self, request: HttpRequest, key: str) -> HttpResponse:
        slot = slot_of(key)
        if request.method == "POST":
            return self._copy(request, slot)
        sent = sent_lately(now().date())
        rows = [_row(slot, version, sent) for version in versions.versions_of(**slot.named)]
        published = next((row for row in rows if row["version"].state == State.PUBLISHED), None)
        context = {
            "here": "history",
            "slot": slot,
            "rows": rows,
            "published": published,
            "sent": sent_of(slot, 0, sent),
            "sent_days": SENT_DAYS,
        }
        return self.sheet(request, "admin/studio/history.html", context)

    def _copy(self, request: HttpRequest, slot: Slot) -> HttpResponse:
        """Go on from an old version: a new draft with its words."""
        if not self.has_act_permission(request):
            return self.sheet(request, "admin/studio/denied.html", {"slot": slot}, status=403)
        version = version_at(slot, number_of(request.POST.get("version", "")))
        try:
            draft = versions.copy_to_draft(version=version, by=user_of(request), at=now())
        except versions.StaleDraft as stale:
            messages.error(
                request,
                _("There is an open draft by %(by)s already. Publish it first, or go on in it.") % {"by": stale.by or _("somebody")},
            )
            return redirect(slot.url("past"))
        except versions.TemplateRefused as refused:
            text = _("v%(number)s cannot be gone on with as it is: %(why)s")
            messages.error(request, text % {"number": version.number, "why": refused.findings[0].message})
            return redirect(slot.url("past"))
        self.log_change(request, draft, str(_("Begun from an old version")))
        return redirect(slot.url())

    @desk_page()
    def compare_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Two versions side by side: by default what goes out, and the open draft."""
        slot = slot_of(key)
        found = versions.versions_of(**slot.named)
        published = next((row for row in found if row.state == State.PUBLISHED), None)
        newest = next((row for row in found if row.state == State.DRAFT), published)
        old = self._side(slot, request.GET.get("old", ""), published)
        new = self._side(slot, request.GET.get("new", ""), newest)
        choices = [(SHIPPED, _("The shipped wording")), *((str(row.pk), name_of(row)) for row in found)]
        context = {
            "here": "compare",
            "slot": slot,
            "choices": choices,
            "old": str(old.pk) if old else SHIPPED,
            "new": str(new.pk) if new else SHIPPED,
            "old_label": name_of(old),
            "new_label": name_of(new),
            "sections": shown.beside(compare(_draft(slot, old), _draft(slot, new))),
        }
        return self.sheet(request, "admin/studio/compare.html", context)

    def _side(self, slot: Slot, chosen: str, usual: TemplateVersion | None) -> TemplateVersion | None:
        if chosen == SHIPPED:
            return None
        return version_at(slot, number_of(chosen)) if chosen else usual

    @desk_page(acts=True)
    def address_view(self, request: HttpRequest, token: str) -> HttpResponse:
        """The link a test address was sent. Looking confirms nothing; the press does."""
        user, at = user_of(request), now()
        try:
            if request.method == "POST":
                row = testing.confirm_address(user=user, token=token, at=at)
                messages.success(request, _("%(address)s may get tests now.") % {"address": row.address})
                return redirect("admin:notifications_templateversion_changelist")
            row = testing.address_of(user=user, token=token, at=at)
        except testing.LinkInvalid:
            raise Http404 from None
        return self.sheet(request, "admin/studio/address.html", {"here": "address", "row": row})


def _row(slot: Slot, version: TemplateVersion, sent: dict[str, int]) -> dict[str, Any]:
    tone, icon = STATES[State(version.state)]
    return {"version": version, "tone": tone, "icon": icon, "sent": sent_of(slot, version.number, sent)}


def name_of(version: TemplateVersion | None) -> str:
    """`v3, published`."""
    return f"v{version.number}, {version.get_state_display().lower()}" if version else _("The shipped wording")


def _draft(slot: Slot, version: TemplateVersion | None) -> Draft:
    return versions.draft_of(version) if version else versions.starting_draft(**slot.named)
