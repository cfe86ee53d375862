"""The template studio: one page to write a wording, see it with a real order, check it, and put it out."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.clock import now
from merchants.staff import actor_of
from notifications import versions
from notifications.admin import shown
from notifications.admin.desk import Desk, desk_page, user_of
from notifications.admin.posted import Pressed, draft_of_post, editing_of_post, number_of, order_text_of, pressed_of, rearranged
from notifications.admin.slots import Slot, slot_of
from notifications.admin.wording import SENT_DAYS, sent_lately, sent_of
from notifications.models import TemplateVersion
from notifications.studio import testing
from notifications.studio.diff import compare
from notifications.studio.preview import PreviewNeeds
from notifications.studio.types import Draft, Editing, Finding
from orders.selectors import OrderNotFound

MOVES = ("up", "down", "remove", "add")
SAVES = ("save", "overwrite", "beside", "publish")


@dataclass(slots=True)
class Page:
    """What stands on the screen: the draft, what it is based on, and what became of the last press."""

    slot: Slot
    draft: Draft
    version: TemplateVersion | None = None
    editing: Editing = field(default_factory=Editing)
    view: dict[str, str] = field(default_factory=dict)  # how the preview is shown: order, screen, look, form, part
    is_unsaved: bool = False
    status: int = 200
    extra: dict[str, Any] = field(default_factory=dict)


def page_of(slot: Slot, version: TemplateVersion | None, query: QueryDict) -> Page:
    """A page as it opens. An old version is where a new draft begins; an open draft is gone on with."""
    draft = versions.draft_of(version) if version else versions.starting_draft(**slot.named)
    is_open = version is not None and version.state == TemplateVersion.State.DRAFT
    editing = Editing(version.pk, version.revision, version.note) if version and is_open else Editing()
    return Page(slot, draft, version, editing, view_of(query))


def page_of_post(slot: Slot, data: QueryDict) -> Page:
    """The page as it was sent. The version it names must be this place's: another's answers 404."""
    editing = editing_of_post(data)
    version = version_at(slot, editing.version_id) if editing.version_id else None
    return Page(slot, draft_of_post(slot, data), version, editing, view_of(data), is_unsaved=True)


def view_of(data: QueryDict) -> dict[str, str]:
    return {"order": order_text_of(data), **{name: data.get(name, "")[:10] for name in ("screen", "look", "form", "part")}}


def version_at(slot: Slot, version_id: int) -> TemplateVersion:
    """A version of this place. Raises Http404 for another place's or merchant's."""
    try:
        version = versions.version_by_id(version_id)
    except versions.VersionNotFound:
        raise Http404 from None
    if (version.kind, version.channel, version.language, version.style) != (slot.kind, slot.channel, slot.language, slot.style):
        raise Http404
    return version


class Studio(Desk):
    """The page itself. Every button posts the whole form; with script on, preview and checks come anew by themselves."""

    @desk_page()
    def studio_view(self, request: HttpRequest, key: str) -> HttpResponse:
        slot = slot_of(key)
        if request.method == "POST":
            return self._press(request, slot)
        version = versions.open_draft(**slot.named) or versions.published(**slot.named)
        return self._show(request, page_of(slot, version, request.GET))

    def _press(self, request: HttpRequest, slot: Slot) -> HttpResponse:
        if not self.has_act_permission(request):
            return self.sheet(request, "admin/studio/denied.html", {"slot": slot}, status=403)
        pressed, page = pressed_of(request.POST), page_of_post(slot, request.POST)
        if pressed.op in SAVES:
            return self._save(request, page, pressed)
        if pressed.op in ("ship", "discard"):
            return self._ship(request, page) if pressed.op == "ship" else self._discard(request, page)
        if pressed.op in MOVES:
            page.draft = rearranged(page.draft, pressed, request.POST.get("added", ""))
        elif pressed.op == "source":
            self._to_source(page)
        elif pressed.op == "blocks" and slot.is_email:
            page.draft = replace(versions.starting_draft(**slot.named), subject=page.draft.subject)
        elif pressed.op == "fix":
            page.draft = shown.mended(page.draft, number_of(pressed.target), now())
        else:
            self._at_tests(request, page, pressed)
        return self._show(request, page)

    def _at_tests(self, request: HttpRequest, page: Page, pressed: Pressed) -> None:
        if pressed.op == "test":
            self._test(request, page)
        elif pressed.op == "address":
            self._add_address(request, page)
        elif pressed.op == "forget" and testing.remove_address(user=user_of(request), address_id=number_of(pressed.target)):
            messages.success(request, _("The address gets no more tests."))

    def _save(self, request: HttpRequest, page: Page, pressed: Pressed) -> HttpResponse:
        """Store the draft and, when asked, put it out. What is refused leaves everything on the screen."""
        page.editing = self._based_on(request, page, pressed)
        try:
            page.version = versions.save_draft(draft=page.draft, editing=page.editing, by=user_of(request), at=now())
        except versions.TemplateRefused as refused:
            return self._refused(request, page, _("Not saved: the text cannot be sent like this."), refused.findings, 400)
        except versions.StaleDraft as stale:
            if not versions.is_saved(stale.theirs, page.draft, by=user_of(request)):
                return self._clashed(request, page, stale)
            page.version = stale.theirs
        page.editing, page.is_unsaved = Editing(page.version.pk, page.version.revision, page.version.note), False
        self.log_change(request, page.version, str(_("Saved")))
        return self._publish(request, page) if pressed.op == "publish" else self._saved(request, page)

    def _based_on(self, request: HttpRequest, page: Page, pressed: Pressed) -> Editing:
        if pressed.op == "beside":
            return replace(page.editing, version_id=None, revision=0, is_beside=True)
        if pressed.op != "overwrite":
            return page.editing
        theirs = version_at(page.slot, number_of(request.POST.get("their_version", "")))
        if theirs.state != TemplateVersion.State.DRAFT:  # put out meanwhile: mine is the next draft
            return replace(page.editing, version_id=None, revision=0)
        return replace(page.editing, version_id=theirs.pk, revision=number_of(request.POST.get("their_revision", "")))

    def _saved(self, request: HttpRequest, page: Page) -> HttpResponse:
        assert page.version is not None
        if request.headers.get("Accept") == "application/json":
            return JsonResponse(shown.saved(request, page.slot, page.version))
        messages.success(request, _("Draft v%(number)s is saved.") % {"number": page.version.number})
        return redirect(shown.with_view(page.slot.url(), page.view))

    def _publish(self, request: HttpRequest, page: Page) -> HttpResponse:
        assert page.version is not None
        if page.version.state == TemplateVersion.State.PUBLISHED:  # pressed twice
            return redirect(shown.with_view(page.slot.url(), page.view))
        try:
            versions.publish(version=page.version, by=user_of(request), at=now())
        except versions.CannotPublish as refused:
            text = _("Saved, but not published: the errors below stand in the way.")
            return self._refused(request, page, text, list(refused.findings), 400)
        self.log_change(request, page.version, str(_("Published")))
        messages.success(request, _("v%(number)s goes out from the next message on.") % {"number": page.version.number})
        return redirect(shown.with_view(page.slot.url(), page.view))

    def _ship(self, request: HttpRequest, page: Page) -> HttpResponse:
        if published := versions.published(**page.slot.named):
            versions.use_shipped(**page.slot.named)
            self.log_change(request, published, str(_("The shipped wording goes out")))
        messages.success(request, _("The shipped wording goes out from the next message on."))
        return redirect(page.slot.url("past"))

    def _discard(self, request: HttpRequest, page: Page) -> HttpResponse:
        """Throw the open draft away; what goes out goes on going out."""
        if page.version is None:
            return redirect(shown.with_view(page.slot.url(), page.view))
        number = page.version.number
        try:
            versions.discard(version=page.version, revision=page.editing.revision)
        except versions.StaleDraft as stale:
            return self._clashed(request, page, stale)
        except (versions.CannotDiscard, versions.VersionNotFound):
            messages.error(request, _("v%(number)s is no draft any more.") % {"number": number})
        else:
            self.log_change(request, page.version, str(_("Draft thrown away")))
            messages.success(request, _("Draft v%(number)s is thrown away.") % {"number": number})
        return redirect(shown.with_view(page.slot.url(), page.view))

    def _refused(self, request: HttpRequest, page: Page, text: str, findings: list[Finding], status: int) -> HttpResponse:
        page.status = status
        page.extra |= {"refused": text, "found": findings or None}
        return self._show(request, page)

    def _clashed(self, request: HttpRequest, page: Page, stale: versions.StaleDraft) -> HttpResponse:
        sections, is_own = compare(versions.draft_of(stale.theirs), page.draft), stale.theirs.updated_by_id == user_of(request).pk
        page.status = 409
        page.extra["clash"] = {
            "by": stale.by or _("Somebody"),
            "is_own": is_own,
            "at": stale.at,
            "version": stale.theirs.pk,
            "revision": stale.theirs.revision,
            "sections": shown.beside(sections),
            "old_label": (_("Saved, v%(number)s") if is_own else _("Theirs, draft v%(number)s")) % {"number": stale.theirs.number},
            "new_label": _("This window") if is_own else _("Yours"),
        }
        return self._show(request, page)

    def _test(self, request: HttpRequest, page: Page) -> None:
        """Send what stands on the screen to one of the user's own confirmed addresses."""
        user, address_id = user_of(request), number_of(request.POST.get("to", ""))
        try:
            order_id = shown.order_id_of(page.view["order"], page.slot.kind)
            sent = testing.send_test(draft=page.draft, order_id=order_id, address_id=address_id, user=user, at=now())
        except OrderNotFound:
            raise Http404 from None
        except versions.TemplateRefused as refused:
            page.extra |= {"refused": _("Not sent: the text cannot be sent like this."), "found": list(refused.findings)}
            page.status = 400
        except (testing.NotVerified, testing.TooManyTests, testing.NoAccount, PreviewNeeds) as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("A test is on its way to %(to)s.") % {"to": sent.recipient})

    def _to_source(self, page: Page) -> None:
        try:
            page.draft = versions.to_source(page.draft)
        except versions.TemplateRefused as refused:
            page.status = 400
            page.extra |= {"refused": _("The blocks hold something that cannot become source."), "found": list(refused.findings)}

    def _add_address(self, request: HttpRequest, page: Page) -> None:
        address = request.POST.get("address", "").replace("\0", "").strip()[:254]
        try:
            row = testing.add_address(user=user_of(request), channel=page.slot.channel, address=address, at=now())
        except (testing.AddressRefused, testing.NoAccount) as refused:
            page.extra |= {"address": address, "address_problem": str(refused)}
        else:
            messages.success(request, _("A link is on its way to %(to)s. Follow it, signed in as yourself.") % {"to": row.address})

    def _show(self, request: HttpRequest, page: Page) -> HttpResponse:
        actor, at = actor_of(request), now()
        may_act = self.has_act_permission(request)
        published = versions.published(**page.slot.named)
        number = published.number if published else 0
        mine = testing.addresses_of(user_of(request)) if may_act else []
        mine = [row for row in mine if row.channel == page.slot.channel]
        next_number = page.version.number if page.version and page.editing.version_id else 0
        seen = shown.desk_of(page.draft, page.view["order"], at, found=page.extra.get("found"))
        context = {
            **seen,
            **shown.blocks_of(page.draft),
            "slot": page.slot,
            "draft": page.draft,
            "mode": "source" if page.draft.blocks is None else "blocks",
            "version": page.version,
            "editing": page.editing,
            "published": published,
            "publish_label": _("Publish v%(number)s") % {"number": next_number} if next_number else _("Publish"),
            "sent": sent_of(page.slot, number, sent_lately(at.date())),
            "sent_days": SENT_DAYS,
            "view": page.view,
            "urls": shown.urls_of(page.slot, self._framed(request, page, seen)),
            "verified": [row for row in mine if row.verified_at],
            "waiting": [row for row in mine if not row.verified_at],
            "is_unsaved": page.is_unsaved,
            "merchant": actor.merchant,
            **{name: value for name, value in page.extra.items() if name != "found"},
        }
        if seen["is_missing"]:
            page.status = 404
        return self.sheet(request, "admin/studio/studio.html", context, page.status)

    def _framed(self, request: HttpRequest, page: Page, seen: dict[str, Any]) -> dict[str, str]:
        """What the frame begins with: a stored version, or what was just sent and is kept for it."""
        look = page.view["look"]
        if page.is_unsaved:
            shown.hold(request, seen["preview"].html if seen["preview"] else "")
            return {"held": "1", "look": look}
        order = "" if seen["is_missing"] else page.view["order"]
        return {"version": str(page.version.pk) if page.version else "", "order": order, "look": look}
