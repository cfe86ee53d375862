"""Write, publish, restore and withdraw a merchant's own words. What was published is never changed."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from merchants.audit import About, record
from merchants.models import User
from merchants.types import Deed, Language
from support.models import Article, ArticleText
from support.rules import check_text, folded_words, slug_from
from support.shipped import BY_SLUG
from support.types import Shop, Stage, Text, TextState

MOST_ARTICLES = 200
TRIES = 20  # articles that may begin with the same words


class ArticleRefused(ValueError):
    """It cannot be done, in words for staff."""


class StaleDraft(ValueError):
    """Somebody else saved this draft meanwhile. Nothing was stored."""


@transaction.atomic
def create_article(*, text: Text, language: str, stages: Iterable[str], shop: Shop, by: User | None, at: datetime) -> Article:
    """Begin an article of the merchant's own with a draft. Refuses bad words (BadText) and more than two hundred (ArticleRefused)."""
    checked = check_text(text, shop)
    if Article.objects.count() >= MOST_ARTICLES:
        raise ArticleRefused(f"There are {MOST_ARTICLES} articles, the most there can be. Rewrite one that nobody reads.")
    fields = {"stages": _stages(stages), "created_at": at, "updated_at": at}
    article: Article = Article.objects.create(slug=_free_slug(checked.title), **fields)
    _begin(article, language, checked, note="", by=by, at=at)
    return article


def _free_slug(title: str) -> str:
    base = slug_from(title) or "article"
    names = [base, *(f"{base}-{n}" for n in range(2, TRIES))]
    taken = {*BY_SLUG, "contact", *Article.objects.filter(slug__in=names).values_list("slug", flat=True)}
    free = next((name for name in names if name not in taken), "")
    if not free:
        raise ArticleRefused("Too many articles begin with these words. Ask it in other words.")
    return free


def _stages(stages: Iterable[str], before: Iterable[str] = ()) -> list[str]:
    """The chosen states, those it had in their former order first: under the first one it is listed."""
    chosen = set(stages)
    kept = [name for name in dict.fromkeys([*before, *Stage.values]) if name in chosen]
    if not kept:
        raise ArticleRefused("Choose at least one state.")
    return kept


@transaction.atomic
def arrange_article(*, slug: str, stages: Iterable[str], position: int, is_hidden: bool, at: datetime) -> Article:
    """When an article is shown, and where. Refuses (ArticleRefused) unknown articles, no state, and a place out of range."""
    if not 0 <= position <= 9999:
        raise ArticleRefused("The place is a number from 0 to 9999.")
    article = _held(slug, at)
    article.stages, article.position = _stages(stages, article.stages), position
    article.is_hidden, article.updated_at = is_hidden, at
    article.save(update_fields=["stages", "position", "is_hidden", "updated_at"])
    return article


@transaction.atomic
def save_draft(
    *, slug: str, language: str, text: Text, revision: int, shop: Shop, by: User | None, at: datetime, note: str = ""
) -> ArticleText:
    """Save the open draft, or begin one (`revision` 0).

    Refuses bad words (BadText), unknown articles (ArticleRefused), and to save over what another saved meanwhile (StaleDraft).
    """
    checked = check_text(text, shop)
    article = _held(slug, at)
    draft = _texts(article, language).filter(state=TextState.DRAFT).first()
    if (draft.revision if draft else 0) != revision:
        raise StaleDraft("Somebody else saved or published this text meanwhile. Your words are still below.")
    if draft is None:
        return _begin(article, language, checked, note=note, by=by, at=at)
    _fill(draft, checked, note)
    draft.revision += 1
    draft.updated_by, draft.updated_at = by, at
    draft.save()
    return draft


def _begin(article: Article, language: str, text: Text, *, note: str, by: User | None, at: datetime) -> ArticleText:
    newest = _texts(article, language).aggregate(Max("number"))["number__max"] or 0
    draft = ArticleText(article=article, language=Language(language).value, number=newest + 1)
    _fill(draft, text, note)
    draft.created_by, draft.created_at, draft.updated_by, draft.updated_at = by, at, by, at
    draft.save()
    return draft


def _fill(draft: ArticleText, text: Text, note: str) -> None:
    draft.title, draft.lead, draft.body, draft.note = text.title, text.lead, text.body, note.strip()[:200]
    draft.folded_title, draft.folded_text = folded_words(text)


@transaction.atomic
def publish_text(*, slug: str, language: str, revision: int, shop: Shop, by: User | None, at: datetime) -> ArticleText:
    """Show the draft from now on; the former version is kept. Refuses no draft (ArticleRefused) and an outdated one (StaleDraft)."""
    article = _held(slug, at)
    draft: ArticleText | None = _texts(article, language).filter(state=TextState.DRAFT).first()
    if draft is None:
        raise ArticleRefused("There is no draft to publish.")
    if draft.revision != revision:
        raise StaleDraft("Somebody else saved this draft meanwhile. Read it once more, then publish.")
    check_text(Text(draft.title, draft.lead, draft.body), shop)
    _texts(article, language).filter(state=TextState.PUBLISHED).update(state=TextState.ARCHIVED)
    draft.state, draft.published_by, draft.published_at = TextState.PUBLISHED, by, at
    draft.save(update_fields=["state", "published_by", "published_at"])
    record(Deed.ARTICLE_PUBLISHED, About("support.article", slug), {"language": language, "version": draft.number})
    return draft


@transaction.atomic
def restore_text(*, slug: str, version_id: int, shop: Shop, by: User | None, at: datetime) -> ArticleText:
    """Make a draft from an older version. Refuses (ArticleRefused) while another draft is open, and versions of other articles."""
    article = _held(slug, at)
    version: ArticleText | None = article.texts.filter(pk=version_id).first()
    if version is None:
        raise ArticleRefused("This article has no such version.")
    if _texts(article, version.language).filter(state=TextState.DRAFT).exists():
        raise ArticleRefused("A draft is open. Publish or discard it first.")
    text = check_text(Text(version.title, version.lead, version.body), shop)
    return _begin(article, version.language, text, note=f"from version {version.number}", by=by, at=at)


@transaction.atomic
def withdraw_text(*, slug: str, language: str, at: datetime) -> None:
    """Take the published words back: a shipped article shows ours again. Refuses (ArticleRefused) when there are none."""
    article = _held(slug, at)
    if not _texts(article, language).filter(state=TextState.PUBLISHED).update(state=TextState.ARCHIVED):
        raise ArticleRefused("Nothing of yours is published in this language.")


@transaction.atomic
def discard_draft(*, slug: str, language: str, at: datetime) -> None:
    """Put the open draft away into the history. Refuses (ArticleRefused) when none is open."""
    article = _held(slug, at)
    if not _texts(article, language).filter(state=TextState.DRAFT).update(state=TextState.ARCHIVED):
        raise ArticleRefused("No draft is open.")


def _held(slug: str, at: datetime) -> Article:
    """The article's row, locked: two editors wait for each other. A shipped one gets its row with the first change."""
    if (shipped := BY_SLUG.get(slug)) is not None:
        fields = {"stages": list(shipped.stages), "position": shipped.position, "created_at": at, "updated_at": at}
        Article.objects.get_or_create(slug=slug, defaults=fields)
    article: Article | None = Article.objects.select_for_update().filter(slug=slug).first()
    if article is None:
        raise ArticleRefused("There is no such article.")
    return article


def _texts(article: Article, language: str) -> "QuerySet[ArticleText]":
    return ArticleText.objects.filter(article=article, language=language)
