"""The page where one language of an article is written: the draft, how it will look, and all versions."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as translate

from core.clock import now
from merchants.staff import actor_of
from merchants.types import Language
from support import services
from support.admin.desk import ADDRESS, REFUSED, Desk, live_url, shop_of
from support.admin.forms import TextForm
from support.models import Article, ArticleText
from support.overview import Versions, preview_of, versions
from support.rules import BadText

WRITING = ("save", "publish")


class Words(Desk):
    """Nothing is shown to shoppers before it is published, and nothing published is ever changed."""

    def text_view(self, request: HttpRequest, slug: str, language: str) -> HttpResponse:
        self.may_look(request)
        one = self.standing(request, slug)
        if language not in Language.values:
            raise Http404
        held = versions(slug=slug, language=language)
        form = _form(request, held)
        if request.method == "POST":
            self.may_write(request)
            if (done := self._act(request, slug, language, form)) is not None:
                return done
        seen = form.text() if form.is_bound and form.is_valid() else held.start
        context = {
            "one": one,
            "form": form,
            "language": language,
            "language_label": Language(language).label,
            "held": held,
            "answer": preview_of(seen, slug=slug, language=language, shop=shop_of(request)),
            "live": live_url(one),
        }
        return self.sheet(request, "text.html", title=one.title, **context)

    def _act(self, request: HttpRequest, slug: str, language: str, form: TextForm) -> HttpResponse | None:
        """Do what was pressed; None when what was typed is refused: the reason then stands beside it."""
        act = self._acts(request, slug, language, form).get(request.POST.get("op", ""))
        if act is None or (form.is_bound and not form.is_valid()):
            return None
        try:
            said = act()
        except BadText as error:
            return _refused(request, form, error, slug, language)
        except REFUSED as error:
            return _refused(request, form, error, slug, language)
        self.log_change(request, Article.objects.get(slug=slug), f"{request.POST['op']} {language}")
        messages.success(request, said)
        return redirect(f"{ADDRESS}_text", slug, language)

    def _acts(self, request: HttpRequest, slug: str, language: str, form: TextForm) -> dict[str, Callable[[], str]]:
        by, shop = actor_of(request).user, shop_of(request)

        def save() -> ArticleText:
            typed = form.cleaned_data
            revision, note = typed["revision"], typed["note"]
            return services.save_draft(
                slug=slug, language=language, text=form.text(), revision=revision, note=note, shop=shop, by=by, at=now()
            )

        def store() -> str:
            save()
            return translate("The draft is saved. Nobody sees it before you publish it.")

        def publish() -> str:
            services.publish_text(slug=slug, language=language, revision=save().revision, shop=shop, by=by, at=now())
            return translate("It is published: readers of this language see it from now on.")

        def withdraw() -> str:
            services.withdraw_text(slug=slug, language=language, at=now())
            return translate("Your words are taken back. They stay in the history.")

        def discard() -> str:
            services.discard_draft(slug=slug, language=language, at=now())
            return translate("The draft is put away. It stays in the history.")

        def restore() -> str:
            services.restore_text(slug=slug, version_id=_number(request.POST.get("version", "")), shop=shop, by=by, at=now())
            return translate("This version is the draft now. Publish it to show it again.")

        return {"save": store, "publish": publish, "withdraw": withdraw, "discard": discard, "restore": restore}


def _form(request: HttpRequest, held: Versions) -> TextForm:
    is_writing = request.method == "POST" and request.POST.get("op") in WRITING
    start: dict[str, Any] = {"title": held.start.title, "lead": held.start.lead, "body": held.start.body}
    start |= {"revision": held.draft.revision if held.draft else 0, "note": held.draft.note if held.draft else ""}
    return TextForm(request.POST if is_writing else None, initial=start)


def _refused(request: HttpRequest, form: TextForm, error: ValueError, slug: str, language: str) -> HttpResponse | None:
    if not form.is_bound:
        messages.error(request, str(error))
        return redirect(f"{ADDRESS}_text", slug, language)
    if isinstance(error, BadText):
        form.refuse(error)
    else:
        form.add_error(None, str(error))
    return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
