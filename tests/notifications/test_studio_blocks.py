"""Blocks: a list of them begins as the shipped mail, says the same, and keeps what must always be there."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Language
from notifications import shipped, versions
from notifications.studio.blocks import locked, offered, type_of
from notifications.studio.build import build, complete, plain, rich, starting_blocks
from notifications.studio.check import check, inspect
from notifications.studio.preview import preview
from notifications.studio.types import Draft
from notifications.types import Kind
from tests.notifications import stories
from tests.notifications.stories import PLACED

MAILS = [(kind, style) for kind in Kind.values for style in shipped.styles_of(kind) if shipped.is_offered(kind, "email", style)]


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        stories.order()
        yield borealis


def started(kind: str = Kind.ORDER_CONFIRMATION, style: str = "", language: str = "en") -> Draft:
    return versions.starting_draft(kind=kind, channel="email", language=language, style=style)


def with_block(name: str, draft: Draft | None = None, **fields: Any) -> Draft:
    draft = draft or started()
    return replace(draft, blocks=(*(draft.blocks or ()), {"id": "mine", "type": name, "fields": fields}))


def words_of(markup: str) -> list[str]:
    return re.sub(r"<[^>]+>", " ", markup).split()


def lines_of(text: str) -> list[str]:
    """What is said, in any order; blank lines and the conditions round them apart."""
    return sorted(said for line in text.splitlines() if (said := re.sub(r"\{%.*?%\}", "", line).strip()))


@pytest.mark.parametrize("language", Language.values)
@pytest.mark.parametrize(("kind", "style"), MAILS)
def test_the_starting_blocks_say_what_the_shipped_mail_says(kind: str, style: str, language: str) -> None:
    made, ours = build(started(kind, style, language)), shipped.source(kind, "email", language, style)
    assert words_of(made.mjml) == words_of(ours.mjml)
    assert lines_of(made.text) == lines_of(ours.text)


@pytest.mark.parametrize(("kind", "style"), MAILS)
def test_the_starting_blocks_can_be_saved_and_each_is_in_the_catalogue(kind: str, style: str) -> None:
    draft = started(kind, style)
    assert check(draft).findings == ()
    assert all(type_of(block["type"], kind, draft.style) for block in draft.blocks or ())
    assert len({block["id"] for block in draft.blocks or ()}) == len(draft.blocks or ())


@pytest.mark.parametrize(
    ("kind", "style", "names"),
    [
        (Kind.ORDER_CONFIRMATION, "plain", {"preheader", "footer", "returns"}),
        (Kind.ORDER_CONFIRMATION, "enticing", {"preheader", "footer", "returns", "unsubscribe"}),
        (Kind.DISPATCH, "", {"preheader", "footer"}),
    ],
)
def test_locked_blocks_come_back_when_they_are_left_out(kind: str, style: str, names: set[str]) -> None:
    assert locked(kind, style) == names
    made = complete((), kind, style)
    assert {block["type"] for block in made if block["locked"]} == names
    built = build(Draft(kind, "email", "en", style, "x", blocks=()))
    assert "{{ merchant.address }}" in built.mjml
    assert ("{{ returns.until }}" in built.mjml) == ("returns" in names)
    assert ("{{ links.unsubscribe }}" in built.mjml) == ("unsubscribe" in names)


def test_only_offers_to_who_agreed_have_blocks_of_offers() -> None:
    assert not {"coupon", "related"} & {one.name for one in offered(Kind.ORDER_CONFIRMATION, "email", "plain")}
    assert {"coupon", "related"} <= {one.name for one in offered(Kind.ORDER_CONFIRMATION, "email", "enticing")}
    assert offered(Kind.DISPATCH, "sms") == ()
    found = inspect(with_block("coupon")).findings
    assert [(one.block, one.code) for one in found] == [("mine", "block")]


def test_a_merchants_words_are_escaped_and_may_be_strong_and_hold_links() -> None:
    assert rich("<b> & **strong**\n{{ order.number }}") == "&lt;b&gt; &amp; <strong>strong</strong><br />{{ order.number }}"
    linked = '<a href="{{ links.order }}" style="color:{{ colors.ink }};">here</a>'
    assert rich("Look [here](links.order)") == f"Look {linked}"
    assert plain("Look [here](links.order), **now**") == "Look here: {{ links.order }}, now"


def test_words_that_look_like_our_own_marks_stay_words(voltline: Merchant) -> None:
    draft = with_block("text", text="[[ items_heading ]] [[> foot ]]")
    shown = preview(draft=draft, order_id=None, now=PLACED)
    assert "[[ items_heading ]] [[&gt; foot ]]" in shown.html
    assert shown.fallback_reason == ""


def test_blocks_are_shown_where_they_stand(voltline: Merchant) -> None:
    draft = with_block("text", heading="Good to know", text="We pack on **Mondays**.\n\nCome by.")
    draft = with_block("button", draft, label="Our shop", link="https://voltline.example/")
    draft = replace(draft, blocks=tuple({**block, "id": f"n{n}"} for n, block in enumerate(draft.blocks or ())))
    shown = preview(draft=draft, order_id=None, now=PLACED)
    assert "We pack on <strong>Mondays</strong>." in shown.html
    assert shown.html.index("Good to know") < shown.html.index("https://voltline.example/")
    assert "Good to know\nWe pack on Mondays.\n\nCome by." in shown.text
    assert "Our shop: https://voltline.example/" in shown.text


@pytest.mark.parametrize(
    ("name", "fields", "field", "code"),
    [
        ("nothing", {}, "type", "block"),
        ("text", {"colour": "red"}, "colour", "block"),
        ("text", {"text": "x" * 2_001}, "text", "size"),
        ("text", {"text": ["x"]}, "text", "block"),
        ("text", {"text": "{{ order.number"}, "text", "syntax"),
        ("text", {"text": "[x](javascript:alert)"}, "text", "link"),
        ("heading", {"text": "two\nlines"}, "text", "control"),
        ("button", {"label": "x", "link": "javascript:alert(1)"}, "link", "link"),
        ("button", {"label": "x", "link": "order.number"}, "link", "link"),
        ("button", {"label": "x", "link": "https://a.example/{{ order.number }}"}, "link", "link"),
        ("image", {"url": "data:image/png;base64,AA"}, "url", "link"),
        ("raw", {"mjml": "{% if order.ships %}"}, "mjml", "syntax"),
        ("summary", {"sums": 3}, "sums", "block"),
    ],
)
def test_a_block_that_cannot_be_built_is_refused_by_its_field(name: str, fields: dict[str, Any], field: str, code: str) -> None:
    found = inspect(with_block(name, Draft(Kind.ORDER_CONFIRMATION, "email", "en", "plain", "x", blocks=()), **fields)).findings
    assert [(one.block, one.field, one.code) for one in found] == [("mine", field, code)]


def test_quotes_in_a_picture_stay_in_its_words() -> None:
    draft = with_block("image", url="https://a.example/x.png", alt='"><script>{{ order.number | append: "x" }}')
    found = check(draft)
    assert "&quot;&gt;&lt;script&gt;{{ order.number | append: 'x' }}" in found.built.mjml


def test_forty_blocks_are_enough() -> None:
    many = tuple({"id": f"b{n}", "type": "divider", "fields": {}} for n in range(41))
    found = inspect(Draft(Kind.ORDER_CONFIRMATION, "email", "en", "plain", "x", blocks=many)).findings
    assert [str(one.message) for one in found] == ["more than 40 blocks"]


def test_starting_blocks_of_what_is_not_mailed_are_not_there() -> None:
    with pytest.raises(shipped.NoTemplate):
        starting_blocks(Kind.THANKS, "en")
