"""What somebody may write into the editor to break a mail, a server or another merchant: refused at save with its place, or harmless.

Work is bounded by counting it, so these tests look at what came out; a case without a bound would hang here.
"""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import versions
from notifications.channels.email import compose
from notifications.models import TemplateVersion
from notifications.studio.check import inspect
from notifications.studio.lint import lint
from notifications.studio.preview import preview
from notifications.studio.types import Draft
from notifications.types import Account, Kind, Outgoing
from notifications.versions import TemplateRefused, save_draft
from orders.selectors import OrderNotFound
from tests.notifications import stories
from tests.notifications.stories import PLACED

KIND = Kind.ORDER_CONFIRMATION.value
PAGE = "<mjml><mj-body><mj-section><mj-column><mj-text>{0}</mj-text></mj-column></mj-section></mj-body></mjml>"


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        stories.order()
        yield borealis


def mail(inner: str = "Hello", **over: Any) -> Draft:
    values = {"subject": "Order {{ order.number }}", "source": PAGE.format(inner), "text_source": "Order {{ order.number }}", **over}
    return Draft(KIND, "email", "en", "plain", **values)


def refused(draft: Draft) -> list[tuple[str, int, int, str]]:
    with pytest.raises(TemplateRefused) as problem:
        save_draft(draft=draft, by=None, at=PLACED)
    assert TemplateVersion.objects.count() == 0
    return [(found.field, found.line, found.column, found.code) for found in problem.value.findings]


REFUSED_LIQUID = {
    "T04 format": ("{{ '{0.__class__}' | format: order }}", 1),
    "T04 attr": ("{{ order | attr: 'format' }}", 1),
    "T05 range": ("{% for a in (1..1000000000) %}x{% endfor %}", 1),
    "T05 range of names": ("{% assign n = 9 %}{% for a in (1..n) %}x{% endfor %}", 1),
    "T05 filters": ("{{ 'a'" + " | append: 'a'" * 10_000 + " }}", 0),
    "T05 loops": ("{% for a in items %}{% endfor %}" * 21, 0),
    "T05 deep": ("{% if true %}" * 3_000 + "{% endif %}" * 3_000, 0),
    "T06 output": ("{{ order.number", 1),
    "T06 tag": ("{% if order.number", 1),
    "T06 block": ("{% if order.number %}", 1),
    "T06 four": ("{{{{", 1),
    "T06 nul": ("a\x00b", 1),
    "T06 raw": ("{% raw %}{{{{", 1),
    "unknown tag": ("{% load static %}", 1),
    "include": ("{% include 'secrets' %}", 1),
    "render": ("{% render 'secrets' %}", 1),
    "too long": ("x" * 64_001, 0),
}


@pytest.mark.parametrize("field", ["source", "text_source", "subject"])
@pytest.mark.parametrize(("source", "line"), REFUSED_LIQUID.values(), ids=REFUSED_LIQUID.keys())
def test_liquid_that_is_broken_or_too_much_is_refused_with_its_place(voltline: Merchant, field: str, source: str, line: int) -> None:
    draft = mail(source) if field == "source" else mail(**{field: source})
    found = refused(draft)
    assert found[0][0] == field
    if line and found[0][3] == "syntax" and found[0][1]:
        assert found[0][1] >= line
        assert found[0][2] >= 1


UNKNOWN = {
    "T01 classes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "T02 tenant": "{{ order.tenant.settings.secret_key }}",
    "T02 request": "{{ request }}",
    "T02 settings": "{{ settings.SECRET_KEY }}",
    "method": "{{ order.delete }}",
    "dunder": "{{ order.__class__ }}",
}


@pytest.mark.parametrize("source", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_reaches_for_the_inside_is_refused_or_an_error_and_renders_nothing(voltline: Merchant, source: str) -> None:
    draft = mail(text_source=f"Order {source}")
    found = lint(draft, PLACED)
    assert next(one.code for one in found if one.severity == "error") in ("syntax", "unknown")
    if not inspect(draft).findings:
        assert preview(draft=draft, order_id=None, now=PLACED).text == "Order\n"


HARMLESS = {
    "T05 nested": "{% for a in (1..200) %}{% for b in (1..200) %}{% for c in (1..200) %}x{% endfor %}{% endfor %}{% endfor %}",
    "T05 doubling": "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 40 + "{{ a }}",
    "T05 replace": "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | replace: 'a', 'aaaaaaaaaa' %}" * 12 + "{{ a }}",
    "T05 split": "{% assign a = 'a' %}" + "{% assign a = a | append: a | append: a %}" * 12 + "{{ a | split: '' | join: 'bbbbbbbbbb' }}",
    "numbers": "{{ 9 | times: 9 }}{% assign n = 999999999 %}" + "{% assign n = n | times: n %}" * 20 + "{{ n }}",
    "exponent": "{{ '1e99999999' | floor }}",
}


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_costs_too_much_is_stopped_and_the_shipped_wording_shown(voltline: Merchant, source: str) -> None:
    draft = mail(text_source=f"Order {source}")
    assert "fails" in [one.code for one in lint(draft, PLACED)]
    shown = preview(draft=draft, order_id=None, now=PLACED)
    assert shown.fallback_reason.startswith("version 0: ")
    assert shown.label.startswith("shipped order_confirmation/email/en@")


LONG = {
    "raw": "{% raw %}" + "{{" * 30_000 + "{% endraw %}",
    "comments": "<!--" * 10_000,
    "tags": "<a " * 15_000,
    "angles": "<" * 50_000,
    "quotes": '<a href="' * 5_000,
    "entities": "&#x09;" * 9_000,
    "links": "[a](b" * 10_000,
    "spaces": "{{" + " " * 60_000 + "}}",
    "openings": "{{" * 30_000,
    "tag openings": "{%" * 30_000,
    "comments of Liquid": "{% comment %}" * 4_000,
    "dots": "{{ a" + ".b" * 25_000 + " }}",
    "unknown names": "{{ aaaa.bbbb }}" * 4_000,
    "blanks between": ("{{" + " " * 480 + "}") * 120,
    "equals signs": f'<p class="{"=" * 50_000}">{{{{ order.number }}}}</p>',
    "equals signs by a loop": '{% for a in (1..180) %}<p class="' + "=" * 1_500 + '">x</p>{% endfor %}',
}


@pytest.mark.parametrize("inner", LONG.values(), ids=LONG.keys())
def test_long_nonsense_is_read_once(voltline: Merchant, inner: str) -> None:
    """Every one of these took minutes where a pattern began anew at each character."""
    assert isinstance(lint(mail(inner), PLACED), list)
    assert isinstance(lint(mail(text_source=inner), PLACED), list)
    if not inspect(mail(inner)).findings:
        assert preview(draft=mail(inner), order_id=None, now=PLACED).order_number


def test_a_long_subject_of_openings_is_read_once(voltline: Merchant) -> None:
    assert [one.code for one in lint(mail(subject="{{" * 200_000), PLACED) if one.severity == "error"] == ["size"]


UNREADABLE = "{% capture tag %}<b>x</b>{% endcapture %}{{ tag | slice: 0 }}![foo"


def test_a_declaration_put_together_by_liquid_never_loses_the_message(voltline: Merchant) -> None:
    shown = preview(draft=mail(UNREADABLE), order_id=None, now=PLACED)
    assert shown.fallback_reason == "version 0: declarations are not allowed"
    assert shown.label.startswith("shipped order_confirmation/email/en@")


def test_the_marks_of_the_check_itself_are_refused(voltline: Merchant) -> None:
    source = PAGE.format("Hello").replace("<mj-section>", '<mj-section css-class="\ue0000\ue001">')
    assert [code for *_, code in refused(mail(source=source))] == ["markup"]


MARKUP = {
    "T08 script": "<script>alert(1)</script>",
    "T08 onerror": "<img src='https://voltline.example/x.png' onerror='alert(1)' />",
    "T08 svg": "<svg onload='alert(1)'></svg>",
    "T08 scheme": '<a href="jav&#x09;ascript:alert(1)">x</a>',
    "T08 mutation": "<math><mtext><table><mglyph><style></style></mglyph></table></mtext></math>",
    "T08 base": '<base href="https://evil.example/" />',
    "T08 refresh": '<meta http-equiv="refresh" content="0;url=//evil.example" />',
    "T08 form": '<form action="//evil.example"></form>',
    "T08 iframe": '<iframe srcdoc="x"></iframe>',
    "T08 object": "<object></object>",
    "T08 import": '<link rel="import" href="//evil.example" />',
    "T08 expression": '<p style="width:expression(1)">x</p>',
    "T08 background": '<p style="background:url(//10.0.0.1)">x</p>',
    "T09 name in href": '<a href="{{ customer.first_name }}">x</a>',
    "T09 style": "<style>p { color: {{ customer.first_name }} }</style>",
    "T09 script": "<script>{{ customer.first_name }}</script>",
    "T09 handler": '<p onclick="{{ customer.first_name }}">x</p>',
    "T09 unquoted": "<p title={{ customer.first_name }}>x</p>",
    "T14 data": f'<img src="data:image/png;base64,{"A" * 5_000}" alt="x" />',
    "javascript button": '</mj-text><mj-button href="javascript:alert(1)">x</mj-button><mj-text>',
}


@pytest.mark.parametrize("markup", MARKUP.values(), ids=MARKUP.keys())
def test_markup_no_mail_may_hold_is_refused_in_source_and_in_a_block(voltline: Merchant, markup: str) -> None:
    found = refused(mail(f"Hello\n{markup}"))
    assert found[0][0] == "source"
    start = versions.starting_draft(kind=KIND, channel="email", language="en")
    raw = {"id": "r", "type": "raw", "fields": {"mjml": f"<mj-section><mj-column><mj-text>{markup}</mj-text></mj-column></mj-section>"}}
    with pytest.raises(TemplateRefused):
        save_draft(draft=replace(start, blocks=(*(start.blocks or ()), raw)), by=None, at=PLACED)
    assert TemplateVersion.objects.count() == 0


@pytest.mark.parametrize("markup", MARKUP.values(), ids=MARKUP.keys())
def test_the_same_in_a_text_block_stays_text(voltline: Merchant, markup: str) -> None:
    start = versions.starting_draft(kind=KIND, channel="email", language="en")
    block = {"id": "t", "type": "text", "fields": {"text": markup}}
    draft = replace(start, blocks=(*(start.blocks or ()), block))
    if inspect(draft).findings:
        return  # refused is as good
    shown = preview(draft=draft, order_id=None, now=PLACED)
    assert shown.fallback_reason == ""
    assert "<script" not in shown.html
    assert "<img src='" not in shown.html


SUBJECTS = {
    "B-H break": ("Hi\r\nBcc: v@example.com", "control"),
    "B-H separator": ("Hi\u2028Bcc: v@example.com", "control"),
    "B-H tab": ("Hi\x0bthere", "control"),
    "T10 override": ("Order \u202e1001", "control"),
    "T10 long": ("x" * 2_000, "size"),
    "null": ("Order \x00", "control"),
}


@pytest.mark.parametrize(("subject", "code"), SUBJECTS.values(), ids=SUBJECTS.keys())
def test_a_subject_that_is_no_one_line_of_text_is_refused(voltline: Merchant, subject: str, code: str) -> None:
    assert refused(mail(subject=subject))[0][3] == code


def test_a_subject_of_signs_alone_is_kept_and_not_published(voltline: Merchant) -> None:
    version = save_draft(draft=mail(subject="🎉🎉"), by=None, at=PLACED)
    with pytest.raises(versions.CannotPublish, match="a subject needs words"):
        versions.publish(version=version, at=PLACED)
    assert TemplateVersion.objects.get().state == "draft"


@pytest.mark.parametrize(
    "subject", ["{{ order.number | newline_to_br }}", "a{{ '\\n' }}b", "=?utf-8?B?DQpCY2M6IHZAZXhhbXBsZS5jb20=?=", "{{ 'a\\r\\nBcc: x' }}"]
)
def test_no_subject_brings_a_header_of_its_own(voltline: Merchant, subject: str) -> None:
    """The finished mail, read again as a mail program reads it, has the headers we gave it and no other."""
    draft = mail(subject=subject)
    if inspect(draft).findings:
        return
    shown = preview(draft=draft, order_id=None, now=PLACED)
    outgoing = Outgoing(1, "tok", "email", "a@example.com", sender="shop@example.com", subject=shown.subject, text=shown.text)
    raw = compose(Account(1, 1, "smtp", "email"), outgoing).message().as_bytes()
    read = message_from_bytes(raw)
    assert {name.lower() for name in read} >= {"subject", "from", "to"}
    assert "bcc" not in {name.lower() for name in read}
    assert read.get_all("to") == ["a@example.com"]


def test_another_merchants_order_cannot_be_looked_at(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        stories.dress()
        theirs = stories.order(number="A-1")
    with merchant_scope(borealis.pk):
        stories.dress()
        stories.order()
        with pytest.raises(OrderNotFound):
            preview(draft=mail(), order_id=theirs.pk, now=PLACED)


def test_an_sms_of_1601_characters_is_refused(voltline: Merchant) -> None:
    assert refused(Draft("thanks", "sms", "en", source="x" * 1_601)) == [("source", 0, 0, "size")]
