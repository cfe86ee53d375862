"""The receipt: what it says, which letters it has, what it is called, and that it is quick."""

import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from pymupdf_fonts import fontbuffers
from pytest_django import DjangoAssertNumQueries

from merchants.models import Branding, Merchant
from merchants.types import Language
from orders.models import Order
from orders.selectors import order_page
from orders.services import record_refund
from orders.types import IncomingRefund, PaymentState
from portal.paper import letters
from portal.paper.letters import HAN, MISSING, SONG, Style, runs, visual, width, wrapped
from portal.paper.receipt import Receipt, draw_receipt
from portal.selectors.receipt import receipt_name, receipt_of
from tests.conftest import NOW
from tests.factories import customer, incoming_line, place_order
from tests.portal.conftest import signed_in

Inside = Callable[..., Any]
PLAIN = Style()
WENQUANYI = [path for path in HAN if path.is_file()]


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


@pytest.fixture
def machine_has(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Says which fonts for Chinese the machine has."""

    def forget() -> None:
        letters.han.cache_clear()
        letters.runs.cache_clear()

    def only(*paths: Path) -> None:
        monkeypatch.setattr(letters, "HAN", paths)
        forget()

    yield only
    forget()


@pytest.fixture
def said(acme: Merchant, order: Order, in_scope: Inside) -> Callable[..., Receipt]:
    def read(language: str = "en", row: Order | None = None) -> Receipt:
        def make() -> Receipt:
            held = order_page(public_id=(row or order).public_id, customer_id=(row or order).customer_id)
            brand = Branding(
                legal_name="Acme GmbH", tax_number="DE123", postal_address="Ring 1\n10115 Berlin", support_email="hi@acme.example"
            )
            with translation.override(language):
                return receipt_of(held, merchant=acme, branding=brand, language=language, zone=NOW.tzinfo)  # type: ignore[arg-type]

        found: Receipt = in_scope(make)
        return found

    return read


def test_it_says_who_sold_what_to_whom_and_how_it_was_paid(said: Callable[..., Receipt]) -> None:
    receipt = said()
    assert (receipt.title, receipt.shop, receipt.seller) == (
        "Receipt", "Acme", ["Acme GmbH", "Ring 1", "10115 Berlin", "Tax number: DE123", "hi@acme.example"],
    )  # fmt: skip
    assert receipt.facts == [("Order", "1001"), ("Ordered on", "19 November 2026"), ("Paid on", "19 November 2026")]
    assert receipt.parties == [("Sold to", ["Sam Berg", "Torstraße 1", "10119 Berlin", "Germany"])]
    assert [(row.title, row.detail, row.quantity, row.each, row.total) for row in receipt.rows] == [
        ("Linen shirt", "M · SHIRT-M", "2", "€49.00", "€98.00"),
        ("Leather belt", "BELT", "1", "€29.90", "€29.90"),
    ]
    assert receipt.sums == [("Products", "€127.90", False), ("Shipping costs", "€4.90", False), ("Total", "€132.80", True)]
    assert receipt.payments == ("Paid with", [("Visa •••• 4242", "€132.80")])
    assert receipt.notes == ["This is not a tax invoice. If you need one, write to hi@acme.example."]


def test_money_that_went_back_is_on_it(said: Callable[..., Receipt], order: Order, in_scope: Inside) -> None:
    back = IncomingRefund(external_id="R1", amount=Decimal("29.90"), refunded_at=NOW)
    in_scope(record_refund, order=order, refund=back, at=NOW)
    in_scope(record_refund, order=order, refund=replace(back, external_id="R2", amount=Decimal(0)), at=NOW)
    assert said().sums[2:] == [
        ("Total", "€132.80", True),
        ("Refunded 20 November 2026", "−€29.90", False),
        ("Paid after refunds", "€102.90", True),
    ]


def test_what_is_not_paid_is_no_receipt(said: Callable[..., Receipt], in_scope: Inside) -> None:
    unpaid = in_scope(place_order, number="9", payment_state=PaymentState.PENDING)
    receipt = said(row=unpaid)
    assert (receipt.title, receipt.payments[1], receipt.notes[0]) == ("Order summary", [], "Not paid yet.")


def test_taxes_are_in_or_on_top_as_the_shop_says(said: Callable[..., Receipt], in_scope: Inside) -> None:
    within = in_scope(place_order, number="8", tax_total=Decimal("21.20"))
    assert said(row=within).sums[-1] == ("Tax included", "€21.20", False)
    on_top = in_scope(place_order, number="7", tax_total=Decimal("21.20"), taxes_included=False)
    assert said(row=on_top).sums[-2:] == [("Tax", "€21.20", False), ("Total", "€132.80", True)]


def test_the_owner_fetches_it_and_nobody_else(sam: Client, order: Order, acme: Merchant, browser: Client, in_scope: Inside) -> None:
    path = f"/orders/{order.public_id}/receipt.pdf"
    answer = sam.get(path)
    assert (answer.status_code, answer["Content-Type"], answer["Content-Disposition"], answer["Cache-Control"]) == (
        200, "application/pdf", 'attachment; filename="receipt-1001.pdf"', "no-store",
    )  # fmt: skip
    assert answer.content.startswith(b"%PDF-") and pages(answer.content) == 1
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    assert [eve.get(path).status_code, browser.get(path).status_code, sam.post(path).status_code] == [404, 302, 405]


def test_it_takes_few_queries(sam: Client, order: Order, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(18):
        sam.get(f"/orders/{order.public_id}/receipt.pdf")


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("A-20418", "receipt-A-20418.pdf"),
        ('../../etc/"x"\r\nSet-Cookie: a', "receipt-etc-x-Set-Cookie-a.pdf"),
        ("№ 12/7", "receipt-12-7.pdf"),
        ("订单", "receipt-kept.pdf"),
        ("9" * 200, f"receipt-{'9' * 60}.pdf"),
    ],
)
def test_the_file_has_a_name_any_system_takes(number: str, name: str) -> None:
    assert receipt_name(Order(number=number, public_id="kept")) == name


HOSTILE = (
    "Juniper wool coat", "亚麻衬衫 白色", "日本語シャツ", "한국어 셔츠", "قميص كتان (L) 12", "חולצת פשתן", "evil \u202egnp.exe <b>x</b>",
    "नमस्ते", "😀", "e\u0301\u0302\u0303" * 40, "x" * 300, "\u200b", " ", "(", "))", "a\u2028b", "\U0010ffff", "- " * 100,
)  # fmt: skip


@pytest.mark.parametrize("paths", [HAN, ()], ids=["as-is", "bare"])
@pytest.mark.parametrize("language", Language.values)
def test_it_is_drawn_in_every_language_with_any_name(
    said: Callable[..., Receipt], in_scope: Inside, machine_has: Callable[..., None], language: str, paths: tuple[Path, ...]
) -> None:
    machine_has(*paths)
    lines = tuple(
        incoming_line(external_id=str(at), title=title, variant_title=title[:200], sku=title[:100]) for at, title in enumerate(HOSTILE)
    )
    row = in_scope(place_order, number="66", lines=lines, first_name=HOSTILE[4], last_name=HOSTILE[6])
    pdf = draw_receipt(said(language, row))
    assert pages(pdf) >= 1 and b"/FontFile2" in pdf
    assert draw_receipt(said(language, row)) == pdf  # the same order is the same file


def test_three_hundred_lines_are_quick(said: Callable[..., Receipt], in_scope: Inside) -> None:
    lines = tuple(incoming_line(external_id=str(at), title=f"亚麻衬衫 {at}") for at in range(300))
    receipt = said("zh-hans", in_scope(place_order, number="300", lines=lines))
    draw_receipt(receipt)  # the fonts are read once in a process
    started = time.process_time()
    pdf = draw_receipt(receipt)
    assert time.process_time() - started < 1
    assert pages(pdf) > 8


@pytest.mark.parametrize(
    ("text", "style", "drawn"),
    [
        ("Größe Łódź Ελλάδα Привет ₹ € ₺", "plain", [("figo", "Größe Łódź Ελλάδα Привет ₹ € ₺")]),
        ("Zażółć", "bold", [("figbo", "Zażółć")]),
        ("₱5", "plain", [("notos", "₱"), ("figo", "5")]),
        ("₱5", "bold", [("notosbo", "₱"), ("figbo", "5")]),
        ("قميص", "plain", [("figo", "\ufeba\ufef4\ufee4\ufed7")]),  # joined, drawn from the left
        ("دار", "bold", [("figbo", "راد")]),  # stand alone: the font has them only as plain letters
        ("خياط", "plain", [("figo", "ط\ufe8e\ufef4\ufea7")]),
        ("חולצה", "plain", [("figo", "הצלוח")]),
        ("किताब", "plain", [("figo", "िकताब")]),
        ("ไทย", "plain", [("figo", "ไทย")]),
        ("a\u0995", "plain", [("figo", f"a{MISSING}")]),
        ("a\ufe0f\tb", "plain", [("figo", "ab")]),
    ],
)
@pytest.mark.parametrize("paths", [HAN, ()], ids=["as-is", "bare"])
def test_each_letter_finds_a_font(
    machine_has: Callable[..., None], text: str, style: str, drawn: list[tuple[str, str]], paths: tuple[Path, ...]
) -> None:
    machine_has(*paths)
    assert [(font, shown) for font, shown, _ in runs(text, Style(style))] == drawn


CHINESE = [
    ("M 白色", [("figo", "M "), (SONG, "白色")]),
    ("亞麻襯衫，シャツ", [(SONG, "亞麻襯衫，シャツ")]),
    ("白한국", [(SONG, "白"), ("figo", MISSING * 2)]),
    ("白\U00020000", [(SONG, "白"), ("figo", MISSING)]),
]


@pytest.mark.parametrize(("text", "drawn"), CHINESE)
def test_without_a_font_for_chinese_the_reader_brings_it(
    machine_has: Callable[..., None], tmp_path: Path, text: str, drawn: list[tuple[str, str]]
) -> None:
    machine_has(tmp_path / "none.ttc")
    assert [(font, shown) for font, shown, _ in runs(text, PLAIN)] == drawn
    assert width("白色", PLAIN) == pytest.approx(18)


def test_the_first_font_the_machine_has_is_embedded(said: Callable[..., Receipt], machine_has: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "boxes.ttf").write_bytes(fontbuffers["cascadia"]())  # a stand-in: no Chinese, but lines of boxes the others lack
    receipt = replace(said(), shop="═白")
    machine_has(tmp_path / "none.ttc", tmp_path / "boxes.ttf")
    assert [(font, shown) for font, shown, _ in runs("═白", PLAIN)] == [("boxes", "═"), ("figo", MISSING)]
    assert b"Cascadia" in draw_receipt(receipt)
    machine_has()
    pdf = draw_receipt(receipt)
    assert b"/STSong-Light" in pdf and b"Cascadia" not in pdf


@pytest.mark.skipif(not WENQUANYI, reason="fonts-wqy-microhei is not installed")
@pytest.mark.parametrize("text", ["亚麻", "亞麻", "シャツ", "한국어"])
def test_wenquanyi_has_chinese_japanese_and_korean(said: Callable[..., Receipt], text: str) -> None:
    assert [(font, shown) for font, shown, _ in runs(text, PLAIN)] == [("wqy-microhei", text)]
    pdf = draw_receipt(replace(said(), shop=text))
    assert b"MicroHei" in pdf and SONG.encode() not in pdf


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Sam (ABC) 12", "Sam (ABC) 12"),
        ("חולצת", "תצלוח"),
        ("שלום 123 abc", "abc 123 םולש"),
        ("שלום (x)", "(x) םולש"),
        ("Sam שלום עולם end.", "Sam םלוע םולש end."),
        ("", ""),
    ],
)
def test_right_to_left_is_drawn_from_the_left(text: str, seen: str) -> None:
    assert visual(text) == seen


def test_lines_fit_their_column_and_end_somewhere() -> None:
    for text in HOSTILE:
        lines = wrapped(text * 20, PLAIN, 100, most=3)
        assert 1 <= len(lines) <= 3
        assert all(width(line, PLAIN) <= 101 for line in lines), text


def test_nothing_of_the_reader_or_the_machine_is_in_the_file(said: Callable[..., Receipt]) -> None:
    pdf = draw_receipt(said())
    plain = b"".join(zlib.decompress(part) for part in re.findall(rb"stream\r?\n(x\x9c.*?)endstream", pdf, re.S)) + pdf
    assert b"/work" not in plain and b"/home" not in plain


def test_it_is_dated_by_the_merchants_day(said: Callable[..., Receipt], in_scope: Inside) -> None:
    late = in_scope(place_order, number="6", placed_at=NOW - timedelta(days=300))
    assert said("de", late).facts[1][1] == "24. Januar 2026"
