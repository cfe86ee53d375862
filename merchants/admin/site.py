"""The admin site: who may enter, which merchant they work for, and what the sidebar shows."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from merchants.middleware import SESSION_KEY
from merchants.models import User
from merchants.signing_in import note_password_set, note_sign_in_failed, note_signed_in, note_signed_out
from merchants.staff import actor_of, merchants_of
from merchants.types import Area, Role

LANDINGS = {"ops": "/ops/", "admin": "/admin/"}


class NewPassword(PasswordResetConfirmView):
    """Somebody follows their password link."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        note_password_set(form.user)
        return response


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]
    """`/admin/`. Open to active staff of at least one merchant, and to platform staff."""

    index_title = _("What needs doing")
    index_template = "admin/merchant_index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return actor.is_platform or (actor.user is not None and actor.user.is_active and actor.merchant is not None)

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Every page tells the time of the merchant's zone; it is rendered before the zone is put back."""
        inner = super().admin_view(view, cacheable)

        def in_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            merchant = actor_of(request).merchant
            with timezone.override(ZoneInfo(merchant.timezone) if merchant else None):
                response: HttpResponse = inner(request, *args, **kwargs)
                return response.render() if isinstance(response, TemplateResponse) else response

        return update_wrapper(in_zone, view)

    def get_urls(self) -> list[URLPattern]:
        new_password = NewPassword.as_view(
            success_url=reverse_lazy("admin:login"), extra_context={"site_title": "Postpurchase", "site_header": "Postpurchase"}
        )
        return [
            path("merchant/", self.admin_view(self.switch_merchant), name="switch_merchant"),
            path("new-password/<uidb64>/<token>/", new_password, name="new_password"),
            *super().get_urls(),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Signed in but without a merchant: say so, instead of asking for the password again."""
        actor = actor_of(request)
        if actor.user is not None and request.method == "GET" and not self.has_permission(request):
            return render(request, "admin/no_merchant.html", {**self.each_context(request), "title": _("No shop to work for")}, status=403)
        response: HttpResponse = super().login(request, extra_context)
        if request.method == "POST":
            if isinstance(response, HttpResponseRedirect):
                note_signed_in(request)
            else:
                note_sign_in_failed(request, request.POST.get("username", ""))
        return response

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            note_signed_out(request)
        response: HttpResponse = super().logout(request, extra_context)
        if request.method == "POST":
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().password_change(request, extra_context)
        if isinstance(response, HttpResponseRedirect) and isinstance(request.user, User):
            note_password_set(request.user)
        return response

    def switch_merchant(self, request: HttpRequest) -> HttpResponse:
        """Work for another merchant from now on. A merchant the person does not work for answers 404."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        chosen = request.POST.get("merchant", "")
        allowed = {str(merchant_id): merchant_id for merchant_id in actor_of(request).merchant_ids}
        if chosen not in allowed:
            raise Http404
        request.session[SESSION_KEY] = allowed[chosen]
        return redirect(LANDINGS.get(request.POST.get("to", ""), "/admin/"))

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Closed: unfold caches results by user alone, and a user may have two merchants and two roles."""
        raise Http404

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        actor = actor_of(request)
        context: dict[str, Any] = super().each_context(request)
        role = Role(actor.role).label if actor.role else ""
        return {
            **context,
            "site_header": actor.merchant.name if actor.merchant else "Postpurchase",
            "site_subheader": _("Platform staff") if actor.is_platform else role,
            "actor": actor,
            "merchants": merchants_of(actor),
        }


site = StaffSite(name="admin")
# As unfold does itself: whoever asks Django for "the" admin site gets ours, with our registrations and no others.
admin.site = site


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: what the actor's role may see, by area. Named in the UNFOLD settings."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for model_admin in site._registry.values():
        if model_admin.has_view_permission(request):
            groups.setdefault(getattr(model_admin, "area", "platform"), []).append(_entry(model_admin))
    names = [*((area.value, area.label) for area in Area), ("platform", _("Platform"))]
    return [{"title": label, "items": sorted(groups[key], key=lambda item: item["order"])} for key, label in names if key in groups]


def _entry(model_admin: Any) -> dict[str, Any]:
    meta = model_admin.opts
    return {
        "title": model_admin.menu or str(meta.verbose_name_plural).capitalize(),
        "icon": model_admin.icon,
        "order": model_admin.order,
        "link": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"),
    }
