"""Reads of this room: the articles as a reader finds them, and what was counted.

A shipped article shows the merchant's words in the languages they published, the shipped ones in the others. An article of the
merchant's own shows in the reader's language, else in the shop's, else in English, else in whatever there is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import FilteredRelation, Q, QuerySet

from merchants.scope import required_merchant_id
from merchants.types import Language
from support.models import Article, ArticleText, SearchMiss, Verdict
from support.rules import blocks_of, filled, line_of, looked_for, ranked
from support.shipped import BY_SLUG, SHIPPED, shipped_search, shipped_text
from support.types import Answer, Figures, Question, Shop, Stage, Sums, Text, TextState

SHOWN, MOST = 4, 12


class ArticleNotFound(LookupError):
    """No article a reader may open has this address."""


@dataclass(frozen=True, slots=True)
class _Row:
    """An article's row with one of its published texts, when it has any."""

    slug: str
    stages: tuple[str, ...]
    position: int
    is_hidden: bool
    language: str
    title: str
    lead: str
    more: tuple[Any, ...] = ()  # the folded words, for a search


def articles(*, language: str, shop: Shop) -> list[Question]:
    """All a reader may open, in the merchant's order; one query."""
    return [question for question, _row in _questions(Article.objects.all(), language, shop)]


def questions_for(*, stage: str, language: str, shop: Shop, most: int = SHOWN) -> list[Question]:
    """The first articles for an order in this state: its own before those of several, those for any state last. One query.

    Any state: the first of all.
    """
    if stage not in Stage.values or stage == Stage.ANY:
        return articles(language=language, shop=shop)[:most]
    near = Article.objects.filter(Q(stages__overlap=[stage, Stage.ANY]) | Q(slug__in=BY_SLUG))
    fitting = [one for one, _row in _questions(near, language, shop) if stage in one.stages or Stage.ANY in one.stages]
    return sorted(fitting, key=lambda one: (stage not in one.stages, one.stages[0] != stage))[:most]


def search_articles(*, query: str, language: str, shop: Shop) -> list[Question]:
    """The articles that answer, best first; one query. Nothing for a query without a word."""
    words = looked_for(query)
    if not words:
        return []
    rows = _questions(Article.objects.all(), language, shop, with_words=True)
    return ranked(((one, *_words_of(one, row)) for one, row in rows), words)[:MOST]


def _words_of(question: Question, row: _Row | None) -> tuple[str, str]:
    if row is not None and question.is_own:
        return str(row.more[0]), str(row.more[1])
    return shipped_search(question.slug, question.language)


def article(*, slug: str, language: str, shop: Shop) -> Answer:
    """One article in full; two queries. Raises ArticleNotFound for what is hidden, unknown or has no published text."""
    found = next(iter(_questions(Article.objects.filter(slug=slug), language, shop, only=slug)), None)
    if found is None:
        raise ArticleNotFound(slug)
    question, row = found
    if row is None or not question.is_own:
        return answer_of(question, shipped_text(slug, question.language), shop)
    text = ArticleText.objects.get(article__slug=slug, language=question.language, state=TextState.PUBLISHED)
    return answer_of(question, Text(text.title, text.lead, text.body), shop, updated_at=text.published_at)


def answer_of(question: Question, text: Text, shop: Shop, *, updated_at: datetime | None = None) -> Answer:
    """The words of an article in their parts, as its page shows them."""
    return Answer(question, line_of(text.lead, shop), blocks_of(text.body, shop), updated_at)


def _questions(
    rows: "QuerySet[Article]", language: str, shop: Shop, *, with_words: bool = False, only: str = ""
) -> list[tuple[Question, _Row | None]]:
    """Own and shipped articles with the words for this reader, hidden ones left out, in order."""
    own: dict[str, list[_Row]] = {}
    for row in _read(rows, with_words):
        own.setdefault(row.slug, []).append(row)
    found: list[tuple[Question, _Row | None]] = [
        made for texts in own.values() if (made := _own_question(texts, language, shop)) is not None
    ]
    shipped = (BY_SLUG[only],) if only in BY_SLUG else () if only else SHIPPED
    for one in shipped:
        if one.slug not in own:
            found.append((_question(one.slug, shipped_text(one.slug, language), one.stages, one.position, language, shop), None))
    return sorted(found, key=lambda pair: (pair[0].position, pair[0].slug))


def _read(rows: "QuerySet[Article]", with_words: bool) -> Iterable[_Row]:
    out = FilteredRelation("texts", condition=Q(texts__state=TextState.PUBLISHED))
    names = ["slug", "stages", "position", "is_hidden", "out__language", "out__title", "out__lead"]
    more = ["out__folded_title", "out__folded_text"] if with_words else []
    for slug, stages, position, is_hidden, language, title, lead, *rest in rows.annotate(out=out).values_list(*names, *more):
        yield _Row(slug, tuple(stages), position, is_hidden, language or "", title or "", lead or "", tuple(rest))


def _own_question(rows: Sequence[_Row], language: str, shop: Shop) -> tuple[Question, _Row] | None:
    """None for a hidden article, and for one of the merchant's own that nobody has published yet."""
    first = rows[0]
    if first.is_hidden:
        return None
    texts = {row.language: row for row in rows if row.language}
    wanted = [language] if first.slug in BY_SLUG else [language, shop.language, Language.EN.value, *sorted(texts)]
    chosen = next((texts[code] for code in wanted if code in texts), None)
    if chosen is not None:
        words = Text(chosen.title, chosen.lead)
        return _question(first.slug, words, first.stages, first.position, chosen.language, shop, is_own=True), chosen
    if first.slug not in BY_SLUG:
        return None
    return _question(first.slug, shipped_text(first.slug, language), first.stages, first.position, language, shop), first


def _question(
    slug: str, text: Text, stages: tuple[str, ...], position: int, language: str, shop: Shop, *, is_own: bool = False
) -> Question:
    lead = "".join(span.text for span in line_of(text.lead, shop))
    spoken = language if language in Language.values else Language.EN.value
    return Question(slug, filled(text.title, shop), lead, stages, position, spoken, is_own)


def verdict_of(*, slug: str, visit: str) -> Verdict | None:
    """What this browser said of the article."""
    row: Verdict | None = Verdict.objects.filter(slug=slug, visit=visit).first() if visit else None
    return row


READ = """
    select slug, stage, sum(reads), sum(helpful), sum(unhelpful), sum(contacts), sum(avoided)
    from support_daycount where merchant_id = %s and day between %s and %s
    group by slug, stage order by slug, stage"""


def figures(*, first: date, last: date) -> Figures:
    """Both days included, of the current merchant, in one statement over the days' counts."""
    found = Figures()
    with connection.cursor() as cursor:
        cursor.execute(READ, [required_merchant_id(), first, last])
        for slug, stage, *counts in cursor.fetchall():
            if not slug:
                found.contact_pages += counts[0]
                found.visits_avoided += counts[4]
                continue
            for sums in (
                found.total,
                found.articles.setdefault(slug, Sums()),
                found.stages.setdefault(stage, Sums()),
                found.cells.setdefault((slug, stage), Sums()),
            ):
                sums.add(*counts)
    return found


def misses(*, since: datetime, most: int = 50) -> list[SearchMiss]:
    """What was looked for and not found, most often first."""
    return list(SearchMiss.objects.filter(last_at__gte=since).order_by("-count", "-last_at", "-id")[:most])


def wishes(*, since: datetime, most: int = 50) -> list[Verdict]:
    """What readers said was missing, newest first."""
    return list(Verdict.objects.filter(at__gte=since).exclude(missing="").order_by("-at", "-id")[:most])


def titles(*, language: str, shop: Shop) -> dict[str, str]:
    """The question of every article by its address, hidden ones too; one query."""
    named = {one.slug: filled(shipped_text(one.slug, language).title, shop) for one in SHIPPED}
    rows = ArticleText.objects.filter(state=TextState.PUBLISHED).values_list("article__slug", "language", "title").order_by("id")
    own: dict[str, dict[str, str]] = {}
    for slug, code, title in rows:
        own.setdefault(slug, {})[code] = title
    for slug, texts in own.items():
        spoken = next((code for code in (language, shop.language, *sorted(texts)) if code in texts), "")
        if slug not in named or language in texts:
            named[slug] = filled(texts[spoken], shop)
    return named
