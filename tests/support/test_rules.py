"""How articles are written, filled, found, and what of a stranger's words is kept."""

import pytest

from support.rules import BadText, blocks_of, check_text, folded, line_of, looked_for, ranked, slug_from, target_path, without_contacts
from support.types import Block, Shop, Span, Text

SHOP = Shop("Acme **[x](/y/)**", "en", "care@acme.example", "")


def test_a_body_is_read_in_its_parts() -> None:
    body = "One line\nand another.\n\n## Cancel\n\n1. Open [the order](order/cancel)\n2. **Confirm**\n\n- a\n- b\n\n## a\nno heading"
    assert blocks_of(body, SHOP) == (
        Block("paragraph", ((Span("One line"),), (Span("and another."),))),
        Block("heading", ((Span("Cancel"),),)),
        Block("steps", ((Span("Open "), Span("the order", target="order/cancel")), (Span("Confirm", is_strong=True),))),
        Block("points", ((Span("a"),), (Span("b"),))),
        Block("paragraph", ((Span("## a"),), (Span("no heading"),))),
    )


def test_a_shops_name_is_never_a_mark() -> None:
    assert line_of("From {shop}: {nobody}", SHOP) == (Span("From Acme **[x](/y/)**: {nobody}"),)


def test_markup_stays_text() -> None:
    assert line_of("<script>alert(1)</script> & <b>", SHOP) == (Span("<script>alert(1)</script> & <b>"),)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("order", "/orders/ID/"),
        ("order/cancel", "/orders/ID/cancel/"),
        ("order/receipt", "/orders/ID/receipt.pdf"),
        ("/policies/returns/", "/policies/returns/"),
        ("https://acme.example/a?b=c#d", "https://acme.example/a?b=c#d"),
        ("order/secret", ""),
        ("//evil.example/", ""),
        ("/\\evil.example", ""),
        ("http://acme.example/", ""),
        ("javascript:alert", ""),
        ("https://acme.example@evil.example/", ""),
        ("https:/evil", ""),
        ("/a%0d%0ab", ""),
        ("data:text/html,x", ""),
    ],
)
def test_links_lead_to_the_order_this_host_or_https(target: str, path: str) -> None:
    assert target_path(target, order_id="ID") == path
    spans = line_of(f"[here]({target})", SHOP)
    assert spans == (Span("here", target=target if path else ""),)


def test_without_an_order_its_places_lead_to_the_list() -> None:
    assert {target_path(place) for place in ("order", "order/returns", "order/receipt")} == {"/orders/"}


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        (Text("", "An answer"), "title", "Write the question."),
        (Text("A question", "  \n "), "lead", "Write the answer in short."),
        (Text("x" * 121, "An answer"), "title", "121 characters; at most 120 fit."),
        (Text("Q", "One\nTwo"), "lead", "One line only. What needs more room belongs into the text."),
        (Text("Q", "A", "{order}"), "body", "{order} is not known. There are {shop}, {email} and {phone}."),
        (Text("Q", "Call {phone}"), "lead", "{phone} is empty: add it under Branding first."),
        (
            Text("Q", "A", "[x](javascript:alert)"),
            "body",
            "The link to “javascript:alert” leads nowhere. Use a page like /orders/, a place like order/cancel, or https://.",
        ),
    ],
)
def test_words_that_cannot_be_shown_are_refused_with_what_to_mend(text: Text, field: str, problem: str) -> None:
    with pytest.raises(BadText) as refused:
        check_text(text, SHOP)
    assert refused.value.problems == {field: problem}


def test_stray_characters_are_taken_out() -> None:
    given = Text(" Q\u202e ", "A\x00 {email}", "one \r\n\r\n\r\ntwo\u200b ")
    assert check_text(given, SHOP) == Text("Q", "A {email}", "one\n\n\ntwo")


@pytest.mark.parametrize(
    ("typed", "form"),
    [("Rücksendung, Größe!", "rucksendung grosse"), ("  Où ÊTES-vous ", "ou etes vous"), ("ＡＢＣ１２", "abc12"), ("%_'\\", "")],
)
def test_words_are_compared_without_case_accents_and_signs(typed: str, form: str) -> None:
    assert folded(typed) == form


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Where is my parcel?", ("parcel",)),
        ("where is my", ("where", "is", "my")),
        ("我的退款", ("我的", "的退", "退款")),
        ("款", ("款",)),
        ("a b c i f g h j k l m n p", ("b", "c", "f", "g", "h", "j", "k", "l")),
        ("%%%", ()),
        ("", ()),
    ],
)
def test_a_question_is_cut_into_the_words_worth_looking_for(query: str, words: tuple[str, ...]) -> None:
    assert looked_for(query) == words


def test_answers_with_every_word_come_alone_and_titles_first() -> None:
    rows = [
        ("text", "something else", "refund of a parcel"),
        ("title", "refund of a parcel", "money"),
        ("half", "refund", "money"),
        ("none", "size", "care"),
    ]
    assert ranked(rows, ("refunds", "parcels")) == ["title", "text"]
    assert ranked(rows, ("refund", "unheard")) == ["title", "half", "text"]
    assert ranked(rows, ("unheard", "unknown", "size")) == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("write to sam@example.com or +49 151 2345-6789 now", "write to … or … now"),
        ("order 1001 is late", "order 1001 is late"),
        ("order 10012345", "order …"),
        ("line\n\ttwo\x00", "line two"),
        ("x" * 400, "x" * 40),
    ],
)
def test_what_could_lead_to_a_person_is_not_kept(typed: str, kept: str) -> None:
    assert without_contacts(typed, longest=40) == kept


@pytest.mark.parametrize(("title", "slug"), [("Größe & Pflege?", "grosse-pflege"), ("退款", ""), ("a" * 80, "a" * 50)])
def test_an_address_is_made_from_the_question(title: str, slug: str) -> None:
    assert slug_from(title) == slug
