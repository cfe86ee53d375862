"""The studio's live answers: the preview and the checks of what stands on the screen, orders to show it with, and the frame's page."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core.clock import now
from notifications import versions
from notifications.admin import shown
from notifications.admin.desk import Desk, desk_page, hindrance, problem
from notifications.admin.posted import draft_of_post, number_of, order_text_of
from notifications.admin.slots import slot_of
from notifications.admin.studio import version_at
from notifications.studio.lint import lint
from notifications.studio.preview import orders_for
from notifications.studio.types import Draft, Finding
from orders.selectors import OrderNotFound

# A merchant's mail on our own page: no script, no form, nothing loaded but pictures. The studio's script writes into it from outside.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {scheme}: data:; frame-ancestors 'self'; form-action 'none'; base-uri 'none';"
    " sandbox allow-same-origin"
)
EMPTY = "<!doctype html><title></title>"


class Live(Desk):
    """JSON for the page's script. Nothing is stored; a wrong question is answered with its field and line."""

    @desk_page(acts=True)
    def preview_view(self, request: HttpRequest, key: str) -> HttpResponse:
        slot, at = slot_of(key), now()
        if request.method != "POST":
            return problem(405, "POST the form.")
        if refusal := hindrance(request, "studio-preview"):
            return refusal
        draft = draft_of_post(slot, request.POST)
        try:
            order_id = shown.order_id_of(order_text_of(request.POST), slot.kind)
            seen = shown.glance(draft, order_id, at)
        except OrderNotFound:
            return problem(404, _("No order of yours has this number or name."), field="order")
        if seen.preview is None:
            field, line = _first(seen.findings)
            return problem(422, seen.needs, field=field, line=line)
        answer = {"html": seen.preview.html, "order": seen.preview.order_number, "parts": shown.parts(request, slot, seen)}
        if request.POST.get("palette"):
            context = {**shown.variables_of(draft, order_id, seen.preview, at), "may_act": True}
            answer["palette"] = render_to_string("admin/studio/palette.html", context, request)
        return JsonResponse(answer)

    @desk_page(acts=True)
    def checks_view(self, request: HttpRequest, key: str) -> HttpResponse:
        slot = slot_of(key)
        if request.method != "POST":
            return problem(405, "POST the form.")
        if refusal := hindrance(request, "studio-checks"):
            return refusal
        draft = draft_of_post(slot, request.POST)
        checks = shown.checks_of(draft, lint(draft, now()))
        html = render_to_string("admin/studio/checks.html", {**checks, "may_act": True}, request)
        return JsonResponse({"html": html, "errors": checks["errors"], "blocked": checks["blocked"]})

    @desk_page()
    def orders_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Orders a preview can be made with, by number or name."""
        slot = slot_of(key)
        if refusal := hindrance(request, "studio-orders"):
            return refusal
        return JsonResponse({"orders": shown.choices(orders_for(kind=slot.kind, query=order_text_of(request.GET)))})

    @desk_page()
    def frame_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """The preview's own page: a stored version, the shipped wording, or what was last sent without script."""
        slot = slot_of(key)
        if request.GET.get("held"):
            html = shown.held(request)
        else:
            number = number_of(request.GET.get("version", ""))
            draft = versions.draft_of(version_at(slot, number)) if number else versions.starting_draft(**slot.named)
            html = self._rendered(draft, order_text_of(request.GET))
        return framed(shown.in_look(html, request.GET.get("look", "")))

    def _rendered(self, draft: Draft, order: str) -> str:
        try:
            seen = shown.glance(draft, shown.order_id_of(order, draft.kind), now()).preview
        except OrderNotFound:
            raise Http404 from None
        return seen.html if seen else ""


def framed(html: str) -> HttpResponse:
    """A mail as a page: without rights of its own, framed by us alone."""
    response = HttpResponse(html or EMPTY, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = FRAME_POLICY.format(scheme=settings.PUBLIC_SCHEME)
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _first(findings: tuple[Finding, ...]) -> tuple[str, int]:
    """Field and line of the first thing wrong; a block's field is named `b3.text`."""
    one = next(iter(findings), None)
    if one is None:
        return "", 0
    return f"{one.block}.{one.field}" if one.block else one.field, one.line
