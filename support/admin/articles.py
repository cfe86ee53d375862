"""Help articles: the list, a new one, and one article with when it is shown and how each language stands.

Whoever sees messages may look; editors and owners write.
"""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from core.clock import now
from merchants.admin import site
from merchants.staff import actor_of
from merchants.types import Area, Language
from support import services
from support.admin.desk import ADDRESS, REFUSED, live_url, shop_of
from support.admin.forms import NewForm, PlaceForm
from support.admin.words import Words
from support.models import Article
from support.overview import Standing, standings
from support.rules import BadText
from support.selectors import figures
from support.types import Sums

SPAN = 30


@admin.register(Article, site=site)
class ArticleAdmin(Words):
    area = Area.MESSAGES
    icon, order, menu = "help", 40, _("Help articles")
    adds = True
    actions = None
    fields = ["slug", "stages", "position", "is_hidden"]

    def get_urls(self) -> list[URLPattern]:
        pages = {"of/<slug:slug>/": ("article", self.article_view), "of/<slug:slug>/<slug:language>/": ("text", self.text_view)}
        made = [path(route, self.admin_site.admin_view(view), name=f"support_article_{name}") for route, (name, view) in pages.items()]
        return [*made, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Every article, ours and their own, in the order readers see them."""
        self.may_look(request)
        today = timezone.localdate(now())
        counted = figures(first=today - timedelta(days=SPAN - 1), last=today).articles
        rows = [_listed(one, counted.get(one.slug, Sums())) for one in standings(language=shop_of(request).language)]
        return self.sheet(request, "list.html", title=_("Help articles"), rows=rows, span=SPAN)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Begin an article of the shop's own; it is a draft until it is published."""
        self.may_write(request)
        form = NewForm(request.POST if request.method == "POST" else None, initial={"language": shop_of(request).language})
        if form.is_bound and form.is_valid() and (made := self._made(request, form)) is not None:
            self.log_addition(request, made, "begun")
            messages.success(request, translate("The draft is saved. Nobody sees it before you publish it."))
            return redirect(f"{ADDRESS}_text", made.slug, form.cleaned_data["language"])
        return self.sheet(request, "new.html", title=_("New article"), form=form)

    def _made(self, request: HttpRequest, form: NewForm) -> Article | None:
        asked, by = form.cleaned_data, actor_of(request).user
        words = {"text": form.text(), "language": asked["language"], "stages": asked["stages"]}
        try:
            return services.create_article(**words, shop=shop_of(request), by=by, at=now())
        except BadText as error:
            form.refuse(error)
        except REFUSED as error:
            form.add_error(None, str(error))
        return None

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        self.may_look(request)
        row: Article = self._row(request, object_id)
        return self.article_view(request, row.slug)

    def article_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """When an article is shown, where it stands, and how each language stands."""
        self.may_look(request)
        one = self.standing(request, slug)
        start = {"stages": list(one.stages), "position": one.position, "is_hidden": one.is_hidden}
        form = PlaceForm(request.POST if request.method == "POST" else None, initial=start)
        if request.method == "POST":
            self.may_write(request)
            if form.is_valid() and self._arranged(request, slug, form):
                return redirect(f"{ADDRESS}_article", slug)
        languages = [
            {"code": code, "label": label, "is_own": code in one.own, "has_draft": code in one.drafts} for code, label in Language.choices
        ]
        return self.sheet(request, "article.html", title=one.title, one=one, form=form, languages=languages, live=live_url(one))

    def _arranged(self, request: HttpRequest, slug: str, form: PlaceForm) -> bool:
        try:
            row = services.arrange_article(slug=slug, at=now(), **form.cleaned_data)
        except REFUSED as error:
            form.add_error(None, str(error))
            return False
        self.log_change(request, row, "arranged")
        messages.success(request, translate("Saved. Readers see it like this from now on."))
        return True


def _listed(one: Standing, sums: Sums) -> dict[str, Any]:
    return {"one": one, "sums": sums, "share": "–" if sums.share is None else f"{sums.share * 100:.0f} %"}
