"""Findings: what each says, where it stands, and that what we ship has none."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from merchants.models import Domain, Merchant
from merchants.scope import merchant_scope
from notifications import versions
from notifications.studio.lint import blocking, lint
from notifications.studio.types import Draft, Finding
from notifications.types import Kind
from tests.notifications import stories
from tests.notifications.stories import PLACED
from tests.notifications.test_hostile_templates import PAGE

KIND = Kind.ORDER_CONFIRMATION.value
FOOT = "{{ returns.until }} {{ merchant.address }}"


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        for n in range(3):
            stories.order(number=f"V-{n}", first_name="Maya" if n else "")
        Domain.objects.create(host="shop.voltline.example", verified_at=PLACED)
        yield borealis


def mail(inner: str = "Hello", **over: Any) -> Draft:
    values = {"subject": "Order {{ order.number }}", "source": PAGE.format(f"{inner}{FOOT}"), "text_source": "{{ returns.until }}", **over}
    return Draft(KIND, "email", "en", "plain", **values)


def sms(source: str, kind: str = Kind.THANKS, language: str = "en") -> Draft:
    return Draft(kind, "sms", language, source=source)


def codes(draft: Draft) -> list[str]:
    return [one.code for one in lint(draft, PLACED)]


def one(draft: Draft, code: str) -> Finding:
    [found] = [finding for finding in lint(draft, PLACED) if finding.code == code]
    return found


def test_a_sound_draft_has_no_findings(voltline: Merchant) -> None:
    assert lint(mail(), PLACED) == []


@pytest.mark.parametrize("style", ["plain", "warm", "reassuring"])
def test_what_we_ship_has_no_errors_and_reads_well_by_day_and_night(voltline: Merchant, style: str) -> None:
    draft = versions.starting_draft(kind=KIND, channel="email", language="en", style=style)
    found = {finding.code for finding in lint(draft, PLACED)}
    assert found <= {"long_subject", "empty_variable", "text_lacks", "domain"}


def test_an_unknown_variable_is_named_with_its_place_and_what_was_meant(voltline: Merchant) -> None:
    found = one(mail("\n  {{ order.nubmer }} "), "unknown")
    assert (found.severity, found.field, found.line, found.column) == ("error", "source", 2, 6)
    assert (str(found.message), str(found.fix)) == ("unknown variable order.nubmer", "Did you mean order.number?")
    assert (found.found, found.replacement) == ("order.nubmer", "order.number")


def test_in_a_loop_only_the_last_name_is_replaced(voltline: Merchant) -> None:
    found = one(mail("{% for line in items %}{{ line.titles }}{% endfor %}"), "unknown")
    assert (str(found.message), found.found, found.replacement) == ("unknown variable items[].titles", "titles", "title")


def test_a_finding_in_a_block_names_block_and_field(voltline: Merchant) -> None:
    start = versions.starting_draft(kind=KIND, channel="email", language="en")
    block = {"id": "t", "type": "text", "fields": {"text": "Hello\n{{ order.nubmer }}"}}
    found = one(replace(start, blocks=(*(start.blocks or ()), block)), "unknown")
    assert (found.block, found.field, found.line, found.column) == ("t", "text", 2, 4)


def test_a_variable_that_is_empty_for_some_orders_is_counted_unless_the_text_looks_first(voltline: Merchant) -> None:
    found = one(mail("\n{{ customer.first_name }}"), "empty_variable")
    assert (str(found.message), found.line, found.column) == ("customer.first_name is empty for 1 of 3 orders", 2, 4)
    assert codes(mail("{% if customer.first_name != '' %}{{ customer.first_name }}{% endif %}")) == []
    assert codes(mail("{{ customer.first_name | default: 'you' }}")) == []


LINKS = [
    ("http://shop.voltline.example/", ["http"]),
    ("https://shop.voltline.example/", []),
    ("https://www.shop.voltline.example/a", []),
    ("https://voltline.example/", []),  # the shop's own legal page is there
    ("https://other.example/", ["domain"]),
    ("https://xn--pple-43d.com/", ["lookalike"]),
    ("https://bit.ly/x", ["shortener"]),
    ("https://10.0.0.1/", ["inside"]),
    ("https://intranet/", ["inside"]),
    ("https://2130706433/", ["inside"]),
    ("https://user:pass@shop.voltline.example/", ["address"]),
]


@pytest.mark.parametrize(("url", "expected"), LINKS)
def test_links_are_judged_by_where_they_lead(voltline: Merchant, url: str, expected: list[str]) -> None:
    assert codes(mail(f'<a href="{url}">x</a>')) == expected


def test_a_shortener_in_an_sms_is_an_error(voltline: Merchant) -> None:
    found = one(sms("Order {{ order.number }} https://bit.ly/x"), "shortener")
    assert (found.severity, found.line, found.column) == ("error", 1, 26)


def test_pictures_need_words_and_are_no_spies(voltline: Merchant) -> None:
    own = "https://shop.voltline.example/x.png"
    assert codes(mail(f'<img src="{own}" width="40" />')) == ["alt"]
    assert codes(mail(f'<img src="{own}" width="40" alt="" />')) == []
    assert codes(mail('<img src="https://spy.example/x.gif" width="1" height="1" alt="" />')) == ["pixel"]
    assert codes(mail('<img src="http://internal/x.png" alt="x" />')) == ["inside"]


def test_contrast_by_day_and_by_night(voltline: Merchant) -> None:
    found = one(mail('\n<span style="color:#cccccc">pale</span>'), "contrast")
    assert (found.line, str(found.message)) == (2, "#cccccc on #ffffff has a contrast of 1.6 to 1: pale")
    start = versions.starting_draft(kind=KIND, channel="email", language="en")
    dark = '<mj-section><mj-column><mj-text><span style="color:#333333">night</span></mj-text></mj-column></mj-section>'
    block = {"id": "r", "type": "raw", "fields": {"mjml": dark}}
    found = one(replace(start, blocks=(*(start.blocks or ()), block)), "contrast")
    assert (found.block, str(found.message).startswith("in dark mode, #333333 on ")) == ("r", True)


def test_an_offer_needs_consent_and_a_way_out(voltline: Merchant) -> None:
    found = one(mail("{{ coupon.code }}"), "consent")
    assert (found.severity, found.field) == ("error", "source")
    enticing = replace(mail("{{ coupon.code }}", text_source="{{ returns.until }}{{ coupon.code }}"), style="enticing")
    assert [finding.code for finding in blocking(enticing)] == ["unsubscribe"]
    assert blocking(replace(enticing, source=PAGE.format('{{ coupon.code }}<a href="{{ links.unsubscribe }}">x</a>'))) == []


def test_subjects_tell_a_fact_in_fifty_characters(voltline: Merchant) -> None:
    assert codes(mail(subject="Thanks for your order")) == ["no_fact"]
    found = one(mail(subject="Order {{ order.number }} is confirmed and we are very happy about it"), "long_subject")
    assert str(found.message) == "53 characters with the longest values; phones cut at about 50"
    assert codes(mail(subject="{{ customer.first_name }}")) == ["empty_subject", "empty_variable"]


def test_the_text_part_says_what_the_mail_says(voltline: Merchant) -> None:
    assert codes(mail(text_source="")) == ["no_text"]
    found = one(mail("{{ order.total }}"), "text_lacks")
    assert (found.severity, str(found.message)) == ("warning", "the text part does not say order.total")


def test_a_source_by_hand_is_told_what_is_missing(voltline: Merchant) -> None:
    assert codes(mail(source=PAGE.format("Hello"))) == ["no_returns", "no_footer"]


def test_a_mail_over_102_kb_is_an_error(voltline: Merchant) -> None:
    many = "{% for n in (1..200) %}" + "x" * 600 + "{% endfor %}"
    found = one(mail(many), "size")
    assert (found.severity, "Gmail cuts mails off at 102 kB" in str(found.message)) == ("error", True)


def test_texts_that_cost_more_are_told_with_the_character(voltline: Merchant) -> None:
    found = one(sms("Ordem {{ order.number }} a caminho, obrigado pela confiança"), "ucs2")
    assert (found.found, found.replacement, found.column) == ("ç", "c", 58)
    assert codes(sms("“Order {{ order.number }}” – on its way…")) == []
    long = one(sms("Order {{ order.number }} " + "x" * 160), "segments")
    assert str(long.message) == "more than one SMS for 3 of 3 orders, up to 2 (GSM-7, en)"
    chinese = one(sms("订单 {{ order.number }} 已发货", language="zh-hans"), "ucs2")
    assert chinese.severity == "info"


def test_without_an_order_the_rest_is_checked_all_the_same(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        assert codes(mail("{{ nothing.here }}")) == ["unknown", "no_orders"]


def test_lint_asks_as_often_for_three_orders_as_for_one(voltline: Merchant, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(24) as asked:
        lint(mail(), PLACED)
    first = len(asked)
    for n in range(5):
        stories.order(number=f"W-{n}")
    with django_assert_max_num_queries(first):
        lint(mail(), PLACED)
