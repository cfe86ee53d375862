"""How the articles stand, as their editors see them: ours and their own, drafts, hidden ones, all versions."""

from dataclasses import dataclass

from merchants.types import Language
from support.models import Article, ArticleText
from support.selectors import ArticleNotFound, answer_of
from support.shipped import BY_SLUG, SHIPPED, shipped_text
from support.types import Answer, Question, Shop, Stage, Text, TextState


@dataclass(frozen=True, slots=True)
class Standing:
    """One article with what is out in each language."""

    slug: str
    title: str
    stages: tuple[str, ...]
    position: int
    is_hidden: bool
    is_shipped: bool
    own: tuple[str, ...]  # languages with the merchant's published words
    drafts: tuple[str, ...]  # languages with an open draft

    @property
    def stage_labels(self) -> list[str]:
        return [str(Stage(stage).label) for stage in self.stages if stage in Stage.values]

    @property
    def is_out(self) -> bool:
        """Whether any reader can open it."""
        return not self.is_hidden and (self.is_shipped or bool(self.own))


def standings(*, language: str, slug: str = "") -> list[Standing]:
    """Every article, or the one named, in the order readers see them; two queries."""
    rows = Article.objects.filter(slug=slug) if slug else Article.objects.all()
    own = {row.slug: row for row in rows}
    texts: dict[int, list[ArticleText]] = {}
    live = ArticleText.objects.filter(article__in=[row.pk for row in own.values()], state__in=[TextState.DRAFT, TextState.PUBLISHED])
    for text in live.only("article_id", "language", "state", "title").order_by("state", "language"):
        texts.setdefault(text.article_id, []).append(text)
    found = [_standing(row, texts.get(row.pk, []), language) for row in own.values()]
    for one in SHIPPED:
        if one.slug not in own and slug in ("", one.slug):
            title = shipped_text(one.slug, language).title
            found.append(Standing(one.slug, title, one.stages, one.position, False, True, (), ()))
    return sorted(found, key=lambda one: (one.position, one.slug))


def standing(*, slug: str, language: str) -> Standing:
    """One article. Raises ArticleNotFound."""
    found = standings(language=language, slug=slug)
    if not found:
        raise ArticleNotFound(slug)
    return found[0]


def _standing(row: Article, texts: list[ArticleText], language: str) -> Standing:
    own = [text.language for text in texts if text.state == TextState.PUBLISHED]
    drafts = [text.language for text in texts if text.state == TextState.DRAFT]
    titles = {text.language: text.title for text in texts}
    ours = shipped_text(row.slug, language).title if row.slug in BY_SLUG else ""
    title = titles.get(language) or ours or next(iter(titles.values()), row.slug)
    is_shipped = row.slug in BY_SLUG
    return Standing(row.slug, title, tuple(row.stages), row.position, row.is_hidden, is_shipped, tuple(own), tuple(drafts))


@dataclass(frozen=True, slots=True)
class Versions:
    """One article in one language: what is out, what is being written, what was."""

    shipped: Text | None
    published: ArticleText | None
    draft: ArticleText | None
    past: tuple[ArticleText, ...]

    @property
    def start(self) -> Text:
        """What an editor begins with: the draft, else what is out, else ours, else nothing."""
        row = self.draft or self.published
        return Text(row.title, row.lead, row.body) if row is not None else self.shipped or Text("", "")


def versions(*, slug: str, language: str) -> Versions:
    """Newest first; one query."""
    rows = ArticleText.objects.filter(article__slug=slug, language=language)
    found = list(rows.select_related("created_by", "updated_by", "published_by").order_by("-number"))
    return Versions(
        shipped=shipped_text(slug, language) if slug in BY_SLUG else None,
        published=next((row for row in found if row.state == TextState.PUBLISHED), None),
        draft=next((row for row in found if row.state == TextState.DRAFT), None),
        past=tuple(row for row in found if row.state != TextState.DRAFT),
    )


def preview_of(text: Text, *, slug: str, language: str, shop: Shop) -> Answer:
    """A text as its page would show it, whether or not it is stored."""
    return answer_of(Question(slug, text.title, text.lead, (), 0, Language(language).value, is_own=True), text, shop)
