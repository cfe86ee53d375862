"""The merchant's own wording: the list of all messages, the studio, and the acts on a version, each asked before it is done."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.clock import now
from merchants.admin import Confirm, Text, action, site
from merchants.staff import actor_of
from merchants.types import Area, Language
from notifications import versions
from notifications.admin.desk import desk_page, user_of
from notifications.admin.live import Live
from notifications.admin.past import Past
from notifications.admin.slots import ADDRESS, Slot
from notifications.admin.studio import Studio, page_of
from notifications.admin.wording import SENT_DAYS, Narrowed, Row, fits, groups_of, rows_of, sent_lately
from notifications.models import TemplateVersion

ALL = "all"
STATES = [("own", _("Your own wording")), ("drafts", _("Open drafts")), ("trouble", _("Trouble"))]


@admin.register(TemplateVersion, site=site)
class TemplateVersionAdmin(Studio, Live, Past):
    area = Area.MESSAGES
    icon, order, menu = "edit_note", 20, _("Wording")
    actions = None
    actions_detail = ["publish", "roll_back", "use_shipped"]
    fields = ["kind", "channel", "language", "number", "state"]

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "wording/<str:key>/": ("studio", self.studio_view),
            "wording/<str:key>/preview/": ("preview", self.preview_view),
            "wording/<str:key>/checks/": ("checks", self.checks_view),
            "wording/<str:key>/orders/": ("orders", self.orders_view),
            "wording/<str:key>/frame/": ("frame", self.frame_view),
            "wording/<str:key>/history/": ("past", self.past_view),
            "wording/<str:key>/compare/": ("compare", self.compare_view),
            "addresses/<str:token>/": ("address", self.address_view),
        }
        prefix = ADDRESS.partition(":")[2]
        made = [path(route, self.admin_site.admin_view(view), name=f"{prefix}_{name}") for route, (name, view) in pages.items()]
        return [*made, *super().get_urls()]

    @desk_page()
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Every message on every channel in the chosen language, and what goes out for it now."""
        language = self._language(request)
        narrowed = Narrowed(
            language="" if language == ALL else language,
            state=request.GET.get("state", "") if request.GET.get("state") in dict(STATES) else "",
            text=request.GET.get("q", "").replace("\0", "").strip()[:80],
        )
        rows = rows_of(versions.overview(), sent_lately(now().date()))
        context = {
            "here": "wording",
            "narrowed": narrowed,
            "chosen_language": language,
            "sentence": sentence_of(rows),
            "languages": languages_of(rows, language, narrowed),
            "states": STATES,
            "groups": groups_of(row for row in rows if fits(row, narrowed)),
            "sent_days": SENT_DAYS,
        }
        return self.sheet(request, "admin/studio/wording.html", context)

    def _language(self, request: HttpRequest) -> str:
        """The language asked for, else the merchant's own."""
        asked, merchant = request.GET.get("language", ""), actor_of(request).merchant
        if asked == ALL or asked in Language.values:
            return asked
        return merchant.language if merchant and merchant.language in Language.values else Language.EN.value

    @desk_page()
    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The studio with one version in it: an old one is where a new draft begins."""
        version: TemplateVersion = self._row(request, object_id)
        slot = Slot(version.kind, version.channel, version.language, version.style)
        return self._show(request, page_of(slot, version, request.GET))

    def _page(self, request: HttpRequest, template: str, row: Any, **extra: Any) -> HttpResponse:
        """The page that asks before an act, in the studio's frame."""
        slot = Slot(row.kind, row.channel, row.language, row.style)
        return self.sheet(request, "admin/studio/ask.html", {"here": "history", "slot": slot, "original": row, **extra})

    @action(description=_("Publish"), permissions=["act"], url_path="publish")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Publish this draft"), _("Publish"), _("It goes out from the next message on. The former version is archived."))

        def act(row: TemplateVersion, data: dict[str, Any]) -> Text:
            versions.publish(version=row, by=user_of(request), at=now())
            return _("The draft is published.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Roll back to this"), permissions=["act"], url_path="roll-back")
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        confirm = Confirm(_("Roll back to this version"), _("Roll back"), _("It goes out again from the next message on."))

        def act(row: TemplateVersion, data: dict[str, Any]) -> Text:
            versions.roll_back(version=row, by=user_of(request), at=now())
            return _("This version goes out again.")

        return self.ask(request, object_id, confirm, act)

    @action(description=_("Use the shipped wording"), permissions=["act"], url_path="use-shipped")
    def use_shipped(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("What is published for this message, channel and language is archived; our wording goes out.")
        confirm = Confirm(_("Use the shipped wording"), _("Use it"), text)

        def act(row: TemplateVersion, data: dict[str, Any]) -> Text:
            slot = Slot(row.kind, row.channel, row.language, row.style)
            versions.use_shipped(**slot.named)
            return _("The shipped wording goes out.")

        return self.ask(request, object_id, confirm, act)


def sentence_of(rows: list[Row]) -> str:
    """How the wordings stand, in a sentence or three."""
    own, drafts = sum(row.is_own for row in rows), sum(bool(row.offered.draft_id) for row in rows)
    broken = sum(row.offered.is_broken for row in rows)
    said = [
        ngettext("%(n)s wording is your own", "%(n)s wordings are your own", own) % {"n": own}
        if own
        else translate("All wordings are ours"),
        ngettext("%(n)s draft is open", "%(n)s drafts are open", drafts) % {"n": drafts} if drafts else "",
        ngettext("%(n)s could not be used", "%(n)s could not be used", broken) % {"n": broken} if broken else "",
    ]
    return ", ".join(part for part in said if part) + "."


def languages_of(rows: list[Row], chosen: str, narrowed: Narrowed) -> list[dict[str, Any]]:
    """A pill for each language, with the number of own wordings."""
    own = Counter(row.slot.language for row in rows if row.is_own)
    kept = {name: value for name, value in (("q", narrowed.text), ("state", narrowed.state)) if value}
    pills = [*((code, label, own[code]) for code, label in Language.choices), (ALL, translate("All languages"), own.total())]
    return [
        {"value": code, "label": label, "own": count, "is_on": code == chosen, "query": urlencode({"language": code, **kept})}
        for code, label, count in pills
    ]
