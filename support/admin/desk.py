"""What the pages of the help's editors share: who may look and write, and how a page is shown."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from merchants.admin import MerchantAdmin
from merchants.selectors import base_url, branding
from merchants.staff import actor_of
from support import services
from support.overview import Standing, standing
from support.selectors import ArticleNotFound
from support.types import Shop

ADDRESS = "admin:support_article"
REFUSED = (services.ArticleRefused, services.StaleDraft)


def shop_of(request: HttpRequest) -> Shop:
    """The shop the editor works for, as articles may speak of it."""
    merchant, brand = actor_of(request).merchant, branding()
    if merchant is None:
        raise PermissionDenied
    return Shop(merchant.name, merchant.language, brand.support_email, brand.support_phone)


class Desk(MerchantAdmin):
    """Pages of our own in the frame of the admin."""

    def sheet(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        """Render a page; one that answers a POST shows what was refused."""
        rights = {"may_write": self.has_act_permission(request), "figures_url": reverse("dashboard:help")}
        frame = {**self.admin_site.each_context(request), "opts": self.opts, **rights}
        return TemplateResponse(request, f"admin/help/{template}", {**frame, **context}, status=422 if request.method == "POST" else 200)

    def may_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def may_write(self, request: HttpRequest) -> None:
        if not self.has_act_permission(request):
            raise PermissionDenied

    def standing(self, request: HttpRequest, slug: str) -> Standing:
        """One of the shop's articles; another shop's is a 404."""
        try:
            return standing(slug=slug, language=shop_of(request).language)
        except ArticleNotFound:
            raise Http404 from None


def live_url(one: Standing) -> str:
    """Where shoppers read it; "" while nobody can."""
    return f"{base_url()}/help/{one.slug}/" if one.is_out else ""
