"""Editors write help in /admin/: drafts, publishing, the history; readers of the staff only look."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Role
from support.models import Article, ArticleText
from support.services import create_article, publish_text
from support.types import Shop, Text
from tests.admin.world import person, signed_in
from tests.conftest import NOW

WORDS = {"title": "Wo ist mein Geld?", "lead": "Bei {shop}.", "body": "1. Warten", "note": "kürzer", "revision": "0"}
TEXT = "/admin/support/article/of/refund/de/"


@pytest.fixture
def editor(acme: Merchant) -> Client:
    return signed_in(person("ed@acme.example", acme, Role.EDITOR))


def texts(merchant: Merchant) -> list[tuple[Any, ...]]:
    with merchant_scope(merchant.pk):
        rows = ArticleText.objects.order_by("article__slug", "language", "number")
        return list(rows.values_list("article__slug", "language", "number", "state", "title"))


def test_the_list_names_every_article_and_how_it_stands(acme: Merchant, editor: Client) -> None:
    editor.post(TEXT, {**WORDS, "op": "publish"})
    body = editor.get("/admin/support/article/").content.decode()
    assert body.count("/admin/support/article/of/") == 13
    assert "Wo ist mein Geld?" in body
    assert "yours: de" in body


def test_a_draft_is_saved_published_withdrawn_and_restored(acme: Merchant, editor: Client) -> None:
    assert editor.post(TEXT, {**WORDS, "op": "save"}).status_code == 302
    assert texts(acme) == [("refund", "de", 1, "draft", "Wo ist mein Geld?")]
    page = editor.get(TEXT).content.decode()
    assert "draft 1 is open" in page
    assert "Bei Acme." in page
    assert editor.post(TEXT, {**WORDS, "title": "Neu", "revision": "1", "op": "publish"}).status_code == 302
    assert texts(acme) == [("refund", "de", 1, "published", "Neu")]
    assert editor.post(TEXT, {"op": "withdraw"}).status_code == 302
    with merchant_scope(acme.pk):
        version = ArticleText.objects.get().pk
    assert editor.post(TEXT, {"op": "restore", "version": version}).status_code == 302
    assert [row[3] for row in texts(acme)] == ["archived", "draft"]
    assert editor.post(TEXT, {"op": "discard"}).status_code == 302
    assert [row[3] for row in texts(acme)] == ["archived", "archived"]
    assert "Version 2" in editor.get(TEXT).content.decode()


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"title": ""}, "This field is required."),
        ({"body": "[x](javascript:alert)"}, "leads nowhere"),
        ({"lead": "{order}"}, "{order} is not known"),
        ({"revision": "4"}, "Somebody else saved or published this text meanwhile."),
        ({"op": "nonsense"}, "Wann bekomme ich mein Geld zurück?"),
    ],
)
def test_what_is_refused_is_said_beside_the_words_and_nothing_is_stored(
    acme: Merchant, editor: Client, over: dict[str, str], said: str
) -> None:
    response = editor.post(TEXT, {**WORDS, "op": "publish", **over})
    page = response.content.decode()
    assert (response.status_code, said in page) == (422, True)
    if "op" not in over:
        assert "Bei {shop}." in page or "{order}" in page
    assert texts(acme) == []


def test_a_new_article_begins_as_a_draft(acme: Merchant, editor: Client) -> None:
    words = {"title": "Geschenk verpacken?", "lead": "Ja.", "language": "de", "stages": ["before_dispatch"]}
    assert editor.post("/admin/support/article/add/", {**words, "stages": []}).status_code == 422
    response = editor.post("/admin/support/article/add/", words)
    assert (response.status_code, response["Location"]) == (302, "/admin/support/article/of/geschenk-verpacken/de/")
    assert texts(acme) == [("geschenk-verpacken", "de", 1, "draft", "Geschenk verpacken?")]
    assert "Not published yet" in editor.get("/admin/support/article/of/geschenk-verpacken/").content.decode()


def test_where_an_article_is_shown_is_changed_by_post_only(acme: Merchant, editor: Client) -> None:
    path = "/admin/support/article/of/customs/"
    assert editor.get(path).status_code == 200
    with merchant_scope(acme.pk):
        assert Article.objects.count() == 0
    assert editor.post(path, {"stages": ["late"], "position": "5", "is_hidden": "on"}).status_code == 302
    with merchant_scope(acme.pk):
        row = Article.objects.get()
    assert (row.slug, row.stages, row.position, row.is_hidden) == ("customs", ["late"], 5, True)
    assert editor.post(path, {"stages": ["nonsense"], "position": "-1"}).status_code == 422


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
def test_others_look_and_change_nothing(acme: Merchant, role: Role) -> None:
    client = signed_in(person(f"{role}@acme.example", acme, role))
    for path in ("/admin/support/article/", "/admin/support/article/of/refund/", TEXT):
        page = client.get(path)
        assert (page.status_code, "Save the draft" in page.content.decode()) == (200, False)
    for path, data in ((TEXT, {**WORDS, "op": "publish"}), ("/admin/support/article/of/refund/", {"stages": ["late"], "position": "1"})):
        assert client.post(path, data).status_code == 403
    assert client.get("/admin/support/article/add/").status_code == 403
    assert texts(acme) == []
    with merchant_scope(acme.pk):
        assert Article.objects.count() == 0


def test_another_merchants_article_is_nowhere(acme: Merchant, borealis: Merchant, editor: Client) -> None:
    with merchant_scope(borealis.pk):
        shop = Shop("Borealis", "en")
        row = create_article(text=Text("Theirs alone", "A"), language="en", stages=["any"], shop=shop, by=None, at=NOW)
        publish_text(slug=row.slug, language="en", revision=1, shop=shop, by=None, at=NOW + timedelta(days=1))
    before = texts(borealis)
    paths = [
        f"/admin/support/article/of/{row.slug}/",
        f"/admin/support/article/of/{row.slug}/en/",
        f"/admin/support/article/{row.pk}/change/",
    ]
    for path in paths:
        assert editor.get(path).status_code in (302, 404)
        assert editor.post(path, {**WORDS, "op": "withdraw"}).status_code in (302, 404)
    assert "Theirs alone" not in editor.get("/admin/support/article/").content.decode()
    assert texts(borealis) == before
    assert editor.get("/admin/support/article/of/refund/xx/").status_code == 404
