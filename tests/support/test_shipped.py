"""The articles the product brings along say the same in every language, name what the pages name, and lead somewhere."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.urls import Resolver404, resolve

from merchants.types import Language
from support.rules import blocks_of, check_text, line_of, target_path
from support.selectors import questions_for, search_articles
from support.shipped import SHIPPED, shipped_search, shipped_text
from support.types import Block, Shop, Stage

SLUGS = [one.slug for one in SHIPPED]
STRONG = re.compile(r"\*\*([^*]+)\*\*")


@pytest.mark.parametrize("language", Language.values)
@pytest.mark.parametrize("slug", SLUGS)
def test_every_article_can_be_shown_in_every_language(slug: str, language: str, shop: Shop) -> None:
    text = shipped_text(slug, language)
    assert check_text(text, shop) == text
    assert "!" not in f"{text.title}{text.lead}{text.body}"
    assert shipped_search(slug, language)[0]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_language_has_the_same_parts_links_and_names(slug: str, shop: Shop) -> None:
    def shape(blocks: tuple[Block, ...]) -> list[tuple[str, int]]:
        return [(block.kind, len(block.lines)) for block in blocks]

    def targets(language: str) -> list[str]:
        text = shipped_text(slug, language)
        lines = [line_of(text.lead, shop), *(line for block in blocks_of(text.body, shop) for line in block.lines)]
        return sorted(span.target for line in lines for span in line if span.target)

    english = shipped_text(slug, "en")
    for language in Language.values:
        text = shipped_text(slug, language)
        assert shape(blocks_of(text.body, shop)) == shape(blocks_of(english.body, shop)), language
        assert targets(language) == targets("en"), language
        assert len(STRONG.findall(text.body + text.lead)) == len(STRONG.findall(english.body + english.lead)), language
        if language != "en":
            assert text.title != english.title


def test_every_link_of_an_article_is_a_page_of_the_portal(shop: Shop) -> None:
    for slug in SLUGS:
        text = shipped_text(slug, "en")
        lines = [line_of(text.lead, shop), *(line for block in blocks_of(text.body, shop) for line in block.lines)]
        for target in (span.target for line in lines for span in line if span.target):
            path = target_path(target, order_id="an-order")
            try:
                match = resolve(path, urlconf=settings.PORTAL_URLCONF)
            except Resolver404:
                pytest.fail(f"{slug} links to {path}, which is no page")
            if match.url_name == "help-article":
                assert match.kwargs["slug"] in SLUGS


@pytest.mark.parametrize("language", ["de", "zh_Hans", "id", "pt_BR"])
def test_names_of_buttons_are_those_the_pages_use(language: str) -> None:
    path = Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        catalogue = {str(message.id): str(message.string) for message in read_po(file) if isinstance(message.id, str)}
    code = language.lower().replace("_", "-")
    for slug in SLUGS:
        english, theirs = shipped_text(slug, "en"), shipped_text(slug, code)
        names = STRONG.findall(f"{english.lead} {english.body}")
        assert [catalogue.get(name) for name in names] == STRONG.findall(f"{theirs.lead} {theirs.body}"), slug


@pytest.mark.parametrize(
    ("stage", "slugs"),
    [
        (Stage.BEFORE_DISPATCH, ["change-or-cancel", "size-care-and-guides", "invoice", "where-is-my-parcel"]),
        (Stage.IN_TRANSIT, ["where-is-my-parcel", "pick-up", "customs", "parcel-is-late"]),
        (Stage.LATE, ["parcel-is-late", "where-is-my-parcel", "pick-up", "customs"]),
        (Stage.DELIVERED, ["delivered-but-not-here", "send-something-back", "damaged-or-broken", "missing-item"]),
        (Stage.RETURNING, ["refund", "send-something-back", "invoice", "password-and-email"]),
        (Stage.ANY, ["where-is-my-parcel", "parcel-is-late", "delivered-but-not-here", "change-or-cancel"]),
        ("nonsense", ["where-is-my-parcel", "parcel-is-late", "delivered-but-not-here", "change-or-cancel"]),
    ],
)
def test_the_state_of_an_order_decides_which_questions_stand_beside_it(in_acme: object, shop: Shop, stage: str, slugs: list[str]) -> None:
    assert [one.slug for one in questions_for(stage=stage, language="en", shop=shop)] == slugs


@pytest.mark.parametrize(
    ("query", "language", "slug"),
    [
        ("where is my package", "en", "where-is-my-parcel"),
        ("PARCELS late", "en", "parcel-is-late"),
        ("return shoes", "en", "send-something-back"),
        ("forgot password", "en", "password-and-email"),
        ("Paket beschädigt", "de", "damaged-or-broken"),
        ("Wo bleibt meine Rückerstattung?", "de", "refund"),
        ("退款什么时候到账", "zh-hans", "refund"),
        ("kata sandi", "id", "password-and-email"),
        ("nota fiscal", "pt-br", "invoice"),
        ("nao recebi", "pt-br", "delivered-but-not-here"),
    ],
)
def test_people_find_it_by_their_own_words(in_acme: object, shop: Shop, query: str, language: str, slug: str) -> None:
    assert search_articles(query=query, language=language, shop=shop)[0].slug == slug


def test_nothing_is_found_for_nothing(in_acme: object, shop: Shop) -> None:
    assert [search_articles(query=query, language="en", shop=shop) for query in ("", "%", "zebra umbrella", "\x00")] == [[], [], [], []]
