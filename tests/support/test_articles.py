"""A merchant's own words: drafts, versions, and what readers see of them."""

from datetime import timedelta

import pytest

from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from support.models import Article, ArticleText
from support.overview import standing, standings, versions
from support.rules import BadText
from support.selectors import ArticleNotFound, article, articles, questions_for, search_articles
from support.services import (
    ArticleRefused,
    StaleDraft,
    arrange_article,
    create_article,
    discard_draft,
    publish_text,
    restore_text,
    save_draft,
    withdraw_text,
)
from support.services.articles import MOST_ARTICLES
from support.types import Shop, Text
from tests.conftest import NOW

MINE = Text("Wo ist mein Kleid?", "Bei {shop}.", "1. Warten\n2. Freuen")
DAY = timedelta(days=1)


@pytest.fixture
def ida(in_acme: Merchant) -> User:
    return User.objects.create_user("ida@acme.example", "a long enough password")


def publish(slug: str, text: Text, shop: Shop, by: User, language: str = "de") -> ArticleText:
    draft = save_draft(slug=slug, language=language, text=text, revision=0, shop=shop, by=by, at=NOW)
    return publish_text(slug=slug, language=language, revision=draft.revision, shop=shop, by=by, at=NOW)


def test_a_draft_is_seen_by_nobody_until_it_is_published(shop: Shop, ida: User) -> None:
    draft = save_draft(slug="refund", language="de", text=MINE, revision=0, shop=shop, by=ida, at=NOW)
    assert article(slug="refund", language="de", shop=shop).question.title == "Wann bekomme ich mein Geld zurück?"
    publish_text(slug="refund", language="de", revision=draft.revision, shop=shop, by=ida, at=NOW + DAY)
    seen = article(slug="refund", language="de", shop=shop)
    assert (seen.question.title, seen.question.lead, seen.question.is_own) == ("Wo ist mein Kleid?", "Bei Acme.", True)
    assert (seen.blocks[0].kind, seen.updated_at) == ("steps", NOW + DAY)


def test_other_languages_keep_the_shipped_words(shop: Shop, ida: User) -> None:
    publish("refund", MINE, shop, ida)
    english = article(slug="refund", language="en", shop=shop)
    assert (english.question.title, english.question.is_own, english.updated_at) == ("When do I get my money back?", False, None)
    assert [one.title for one in search_articles(query="Kleid", language="de", shop=shop)] == ["Wo ist mein Kleid?"]
    assert search_articles(query="Kleid", language="en", shop=shop) == []


def test_an_article_of_ones_own_is_read_in_the_shops_language_where_it_has_no_other(shop: Shop, ida: User) -> None:
    made = create_article(text=MINE, language="de", stages=["late"], shop=shop, by=ida, at=NOW)
    assert made.slug == "wo-ist-mein-kleid"
    with pytest.raises(ArticleNotFound):
        article(slug=made.slug, language="de", shop=shop)
    assert made.slug not in {one.slug for one in articles(language="de", shop=shop)}
    publish_text(slug=made.slug, language="de", revision=1, shop=shop, by=ida, at=NOW)
    seen = article(slug=made.slug, language="en", shop=shop)
    assert (seen.question.title, seen.question.language) == ("Wo ist mein Kleid?", "de")
    arrange_article(slug=made.slug, stages=["late", "any"], position=1, is_hidden=False, at=NOW)
    assert questions_for(stage="late", language="zh-hans", shop=shop)[0].slug == made.slug


def test_hidden_articles_are_nowhere(shop: Shop, ida: User) -> None:
    arrange_article(slug="customs", stages=["late"], position=1, is_hidden=True, at=NOW)
    assert "customs" not in {one.slug for one in articles(language="en", shop=shop)}
    assert "customs" not in {one.slug for one in questions_for(stage="late", language="en", shop=shop)}
    assert "customs" not in {one.slug for one in search_articles(query="customs", language="en", shop=shop)}
    with pytest.raises(ArticleNotFound):
        article(slug="customs", language="en", shop=shop)
    assert standing(slug="customs", language="en").is_out is False


def test_moving_an_article_keeps_its_words_and_its_first_state(shop: Shop, ida: User) -> None:
    arrange_article(slug="where-is-my-parcel", stages=["before_dispatch", "in_transit", "any"], position=900, is_hidden=False, at=NOW)
    moved = articles(language="en", shop=shop)[-1]
    assert (moved.title, moved.stages) == ("Where is my parcel?", ("in_transit", "before_dispatch", "any"))


def test_two_editors_notice_each_other(shop: Shop, ida: User) -> None:
    def save(revision: int, lead: str) -> ArticleText:
        return save_draft(slug="refund", language="de", text=Text("Q", lead), revision=revision, shop=shop, by=ida, at=NOW)

    assert save(0, "first").revision == 1
    assert save(1, "second").revision == 2
    for stale in (0, 1, 3):
        with pytest.raises(StaleDraft):
            save(stale, "lost")
        with pytest.raises(StaleDraft):
            publish_text(slug="refund", language="de", revision=stale, shop=shop, by=ida, at=NOW)
    held = versions(slug="refund", language="de")
    assert held.draft is not None
    assert (held.draft.lead, held.published, held.past) == ("second", None, ())


def test_what_was_published_stays_in_the_history_and_comes_back_as_a_draft(shop: Shop, ida: User) -> None:
    first = publish("refund", MINE, shop, ida)
    second = publish("refund", Text("Neu", "Anders."), shop, ida)
    assert [(row.number, row.state) for row in versions(slug="refund", language="de").past] == [(2, "published"), (1, "archived")]
    restored = restore_text(slug="refund", version_id=first.pk, shop=shop, by=ida, at=NOW)
    assert (restored.number, restored.title, restored.note, restored.state) == (3, MINE.title, "from version 1", "draft")
    with pytest.raises(ArticleRefused):
        restore_text(slug="refund", version_id=second.pk, shop=shop, by=ida, at=NOW)
    discard_draft(slug="refund", language="de", at=NOW)
    withdraw_text(slug="refund", language="de", at=NOW)
    assert article(slug="refund", language="de", shop=shop).question.is_own is False
    for act in (discard_draft, withdraw_text):
        with pytest.raises(ArticleRefused):
            act(slug="refund", language="de", at=NOW)
    assert [row.state for row in versions(slug="refund", language="de").past] == ["archived"] * 3


def test_what_cannot_be_stored_changes_nothing(shop: Shop, ida: User) -> None:
    bad = Text("Q", "A", "[x](javascript:alert)")
    with pytest.raises(BadText):
        save_draft(slug="refund", language="de", text=bad, revision=0, shop=shop, by=ida, at=NOW)
    with pytest.raises(BadText):
        create_article(text=bad, language="de", stages=["any"], shop=shop, by=ida, at=NOW)
    with pytest.raises(ArticleRefused):
        save_draft(slug="no-such", language="de", text=MINE, revision=0, shop=shop, by=ida, at=NOW)
    with pytest.raises(ArticleRefused):
        create_article(text=MINE, language="de", stages=["nonsense"], shop=shop, by=ida, at=NOW)
    with pytest.raises(ArticleRefused):
        arrange_article(slug="refund", stages=["late"], position=10_000, is_hidden=False, at=NOW)
    assert (Article.objects.count(), ArticleText.objects.count()) == (0, 0)


def test_addresses_are_never_given_twice_nor_those_of_shipped_articles(shop: Shop, ida: User) -> None:
    def slug(title: str) -> str:
        return create_article(text=Text(title, "A"), language="de", stages=["any"], shop=shop, by=ida, at=NOW).slug

    given = [slug("Refund"), slug("refund!"), slug("退款"), slug("Contact")]
    assert given == ["refund-2", "refund-3", "article", "contact-2"]


def test_there_is_an_end_to_the_number_of_articles(shop: Shop, ida: User) -> None:
    rows = [Article(slug=f"a{n}", stages=["any"], created_at=NOW, updated_at=NOW) for n in range(MOST_ARTICLES)]
    Article.objects.bulk_create(rows)
    with pytest.raises(ArticleRefused):
        create_article(text=MINE, language="de", stages=["any"], shop=shop, by=ida, at=NOW)
    assert Article.objects.count() == MOST_ARTICLES


def test_editors_see_every_article_with_its_languages(shop: Shop, ida: User) -> None:
    publish("refund", MINE, shop, ida)
    save_draft(slug="refund", language="en", text=Text("Q", "A"), revision=0, shop=shop, by=ida, at=NOW)
    made = create_article(text=MINE, language="de", stages=["late"], shop=shop, by=ida, at=NOW)
    rows = {one.slug: one for one in standings(language="de")}
    assert len(rows) == 14
    assert (rows["refund"].title, rows["refund"].own, rows["refund"].drafts) == (MINE.title, ("de",), ("en",))
    assert (rows[made.slug].is_out, rows[made.slug].drafts, rows[made.slug].stage_labels) == (False, ("de",), ["Late or stuck"])
    assert (rows["customs"].is_shipped, rows["customs"].own, rows["customs"].is_out) == (True, (), True)


def test_another_merchants_words_are_nowhere(acme: Merchant, borealis: Merchant, shop: Shop) -> None:
    with merchant_scope(acme.pk):
        ida = User.objects.create_user("ida@acme.example", "a long enough password")
        version = publish("refund", MINE, shop, ida)
        made = create_article(text=MINE, language="de", stages=["any"], shop=shop, by=ida, at=NOW)
        publish_text(slug=made.slug, language="de", revision=1, shop=shop, by=ida, at=NOW)
    with merchant_scope(borealis.pk):
        assert article(slug="refund", language="de", shop=shop).question.is_own is False
        with pytest.raises(ArticleNotFound):
            article(slug=made.slug, language="de", shop=shop)
        with pytest.raises(ArticleRefused):
            restore_text(slug="refund", version_id=version.pk, shop=shop, by=None, at=NOW)
        with pytest.raises(ArticleRefused):
            withdraw_text(slug=made.slug, language="de", at=NOW)
        assert search_articles(query="Kleid", language="de", shop=shop) == []
        assert ArticleText.objects.count() == 0
    with merchant_scope(acme.pk):
        assert ArticleText.objects.filter(state="published").count() == 2
