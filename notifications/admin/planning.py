"""The automation editor: one message's plan to write, try and put in force, and beside it its history and what a draft changes."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.clock import now
from notifications import automations
from notifications.admin.desk import Desk, desk_page, user_of
from notifications.admin.plan_form import Definition, definition_of_post, fields_of, rearranged
from notifications.admin.plan_rows import ADDRESS, Place, place_of
from notifications.admin.plan_words import lines, sentence, why_always
from notifications.admin.posted import Pressed, editing_of_post, number_of, pressed_of
from notifications.admin.shown import beside
from notifications.models import AutomationVersion
from notifications.plans import default_plan, plan_as_json, plan_from_json
from notifications.registry import Entry
from notifications.studio.diff import lines as compared
from notifications.studio.types import Editing, Section
from notifications.types import Plan

State = AutomationVersion.State
STATES = {State.DRAFT: ("info", "pen"), State.PUBLISHED: ("good", "done"), State.ARCHIVED: ("idle", "clock")}
SAVES, MOVES = ("save", "overwrite", "publish"), ("add", "remove", "up")
DEFAULT = "default"


@dataclass(slots=True)
class Page:
    """What stands on the screen: the definition, what it is based on, and what became of the last press."""

    place: Place
    definition: Definition
    version: AutomationVersion | None = None
    editing: Editing = field(default_factory=Editing)
    problems: list[automations.PlanProblem] = field(default_factory=list)
    is_unsaved: bool = False
    status: int = 200
    extra: dict[str, Any] = field(default_factory=dict)


def page_of(place: Place, version: AutomationVersion | None) -> Page:
    """A page as it opens. An old version is where a new draft begins; an open draft is gone on with."""
    plan = plan_from_json(version.definition) if version else default_plan(place.entry)
    is_open = version is not None and version.state == State.DRAFT
    editing = Editing(version.pk, version.revision, version.note) if version and is_open else Editing()
    return Page(place, plan_as_json(plan), version, editing)


def version_at(place: Place, version_id: int) -> AutomationVersion:
    """A version of this message. Raises Http404 for another message's or merchant's."""
    try:
        version = automations.version_by_id(version_id)
    except automations.AutomationNotFound:
        raise Http404 from None
    if version.kind != place.kind:
        raise Http404
    return version


class Planning(Desk):
    """The editor and the pages beside it. Every button posts the whole form."""

    @desk_page()
    def plan_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        place = place_of(kind)
        if request.method == "POST":
            return self._press(request, place)
        found = automations.versions_of(kind=place.kind)
        return self._show(request, page_of(place, _of_state(found, State.DRAFT) or _of_state(found, State.PUBLISHED)))

    def _press(self, request: HttpRequest, place: Place) -> HttpResponse:
        if not self.has_act_permission(request):
            raise PermissionDenied
        if not place.entry.is_switchable:
            raise Http404
        pressed, editing = pressed_of(request.POST), editing_of_post(request.POST)
        version = version_at(place, editing.version_id) if editing.version_id else None
        page = Page(place, definition_of_post(place.entry, request.POST), version, editing, is_unsaved=True)
        if pressed.op in SAVES:
            return self._save(request, page, pressed)
        if pressed.op == DEFAULT:
            return self._use_default(request, page)
        if pressed.op in MOVES:
            page.definition = rearranged(place.entry, page.definition, pressed.op, pressed.target)
        return self._show(request, page)

    def _save(self, request: HttpRequest, page: Page, pressed: Pressed) -> HttpResponse:
        """Store the draft and, when asked, follow it. What is refused leaves everything on the screen."""
        user, at = user_of(request), now()
        if pressed.op == "overwrite":
            theirs = number_of(request.POST.get("their_version", "")) or None
            page.editing = Editing(theirs, number_of(request.POST.get("their_revision", "")), page.editing.note)
        try:
            version = automations.save_draft(
                kind=page.place.kind,
                definition=page.definition,
                note=page.editing.note,
                version_id=page.editing.version_id,
                revision=page.editing.revision,
                by=user,
                at=at,
            )
            if pressed.op == "publish":
                version = automations.publish(version=version, by=user, at=at)
        except automations.PlanRefused as refused:
            page.problems, page.status = refused.problems, 400
        except automations.AutomationNotFound:
            raise Http404 from None
        except automations.StaleDraft as stale:
            self._clashed(page, stale)
        else:
            return self._saved(request, page.place, version)
        return self._show(request, page)

    def _saved(self, request: HttpRequest, place: Place, version: AutomationVersion) -> HttpResponse:
        is_published = version.state == State.PUBLISHED
        self.log_change(request, version, str(_("Published") if is_published else _("Saved")))
        said = _("v%(number)s is followed from the next message on.") if is_published else _("Draft v%(number)s is saved.")
        messages.success(request, said % {"number": version.number})
        return redirect(place.url())

    def _clashed(self, page: Page, stale: automations.StaleDraft) -> None:
        """Somebody was faster: theirs beside mine, and nothing stored."""
        theirs, is_open = stale.theirs, stale.theirs.state == State.DRAFT
        page.status = 409
        page.extra["clash"] = {
            "by": (by.name or by.email) if (by := theirs.created_by) is not None else _("Somebody"),
            "at": stale.at,
            "version": theirs.pk if is_open else "",
            "revision": theirs.revision if is_open else "",
            "sections": sections_of(page.place.entry, plan_from_json(theirs.definition), plan_from_json(page.definition)),
            "old_label": _("Theirs, v%(number)s") % {"number": theirs.number},
            "new_label": _("Yours, not saved"),
        }

    def _use_default(self, request: HttpRequest, page: Page) -> HttpResponse:
        published = _of_state(automations.versions_of(kind=page.place.kind), State.PUBLISHED)
        automations.use_default(kind=page.place.kind)
        if published is not None:
            self.log_change(request, published, str(_("Used the default")))
        messages.success(request, _("Our plan is followed from the next message on."))
        return redirect(page.place.url())

    def _show(self, request: HttpRequest, page: Page) -> HttpResponse:
        entry = page.place.entry
        found = automations.versions_of(kind=page.place.kind)
        published = _of_state(found, State.PUBLISHED)
        in_force = plan_from_json(published.definition) if published else default_plan(entry)
        may_edit = self.has_act_permission(request) and entry.is_switchable
        context = {
            "here": "automations",
            "slot": page.place,
            "version": page.version,
            "editing": page.editing,
            "is_unsaved": page.is_unsaved,
            "published": published,
            "draft": _of_state(found, State.DRAFT),
            "sentence": sentence(entry, in_force),
            "default_sentence": sentence(entry, default_plan(entry)),
            "why_always": why_always(entry),
            "may_edit": may_edit,
            "said": [] if may_edit else lines(entry, plan_from_json(page.definition)),
            "is_marketing": entry.is_marketing,
            "refused": bool(page.problems),
            **fields_of(entry, page.definition, page.problems),
            **page.extra,
        }
        return self.sheet(request, "admin/automations/plan.html", context, page.status)

    @desk_page()
    def past_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        place = place_of(kind)
        found = automations.versions_of(kind=place.kind)
        context = {
            "here": "automations",
            "slot": place,
            "rows": [_row(place, version) for version in found],
            "published": _of_state(found, State.PUBLISHED),
            "default_sentence": sentence(place.entry, default_plan(place.entry)),
            "publish_address": f"{ADDRESS}_publish",
            "roll_back_address": f"{ADDRESS}_roll_back",
        }
        return self.sheet(request, "admin/automations/history.html", context)

    @desk_page()
    def compare_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Two plans line by line: by default what is followed, and the open draft."""
        place = place_of(kind)
        found = automations.versions_of(kind=place.kind)
        published = _of_state(found, State.PUBLISHED)
        old = self._side(place, request.GET.get("old", ""), published)
        new = self._side(place, request.GET.get("new", ""), _of_state(found, State.DRAFT) or published)
        context = {
            "here": "automations",
            "slot": place,
            "choices": [(DEFAULT, _("Our plan")), *((str(row.pk), name_of(row)) for row in found)],
            "old": str(old.pk) if old else DEFAULT,
            "new": str(new.pk) if new else DEFAULT,
            "old_label": name_of(old),
            "new_label": name_of(new),
            "sections": sections_of(place.entry, plan_at(place.entry, old), plan_at(place.entry, new)),
        }
        return self.sheet(request, "admin/studio/compare.html", context)

    def _side(self, place: Place, chosen: str, usual: AutomationVersion | None) -> AutomationVersion | None:
        if chosen == DEFAULT:
            return None
        return version_at(place, number_of(chosen)) if chosen else usual


def _of_state(found: list[AutomationVersion], state: str) -> AutomationVersion | None:
    """The newest in that state."""
    return next((row for row in found if row.state == state), None)


def _row(place: Place, version: AutomationVersion) -> dict[str, Any]:
    tone, icon = STATES[State(version.state)]
    return {"version": version, "tone": tone, "icon": icon, "sentence": sentence(place.entry, plan_from_json(version.definition))}


def plan_at(entry: Entry, version: AutomationVersion | None) -> Plan:
    """A version's plan; without one the catalogue's."""
    return plan_from_json(version.definition) if version else default_plan(entry)


def name_of(version: AutomationVersion | None) -> str:
    """`v3, published`."""
    return f"v{version.number}, {version.get_state_display().lower()}" if version else _("Our plan")


def sections_of(entry: Entry, old: Plan, new: Plan) -> list[dict[str, Any]]:
    """What differs between two plans, in plain words."""
    return beside([Section("plan", _("The plan"), compared("\n".join(lines(entry, old)), "\n".join(lines(entry, new))))])
