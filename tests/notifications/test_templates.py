"""A merchant's own wording: checked at save, published, rolled back, and never the reason a message is lost."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import context, rendering, shipped, variables
from notifications.models import TemplateVersion
from notifications.notes import Notes
from notifications.safety import UnsafeMarkup, check_markup
from notifications.studio.check import check
from notifications.studio.types import Draft, Editing
from notifications.types import Kind, Style
from notifications.versions import CannotPublish, TemplateRefused, publish, roll_back, save_draft, use_shipped, versions_of
from tests.notifications import stories
from tests.notifications.stories import LANGUAGES, PLACED, SENT, message, told

MAIL = """<mjml>
  <mj-head><mj-style>.ink { color: {{ colors.ink }}; }</mj-style></mj-head>
  <mj-body>
    <mj-section><mj-column>
      <mj-text>Hello {{ customer.first_name }}, order {{ order.number }}</mj-text>
      <mj-text>{% for line in items %}{{ line.quantity }} {{ line.title }} {% endfor %}</mj-text>
      <mj-button href="{{ links.order }}">Look</mj-button>
    </mj-column></mj-section>
  </mj-body>
</mjml>"""
KEY: dict[str, Any] = {"kind": Kind.ORDER_CONFIRMATION, "channel": "email", "language": "en"}
RETURNING = [
    (Kind.RETURN_RECEIVED, "email"),
    (Kind.RETURN_APPROVED, "email", "sms"),
    (Kind.RETURN_QUESTION, "email"),
    (Kind.RETURN_DECLINED, "email"),
    (Kind.RETURN_REMINDER, "email", "sms"),
    (Kind.RETURN_HANDED_OVER, "email"),
    (Kind.RETURN_ARRIVED, "email"),
    (Kind.RETURN_INSPECTED, "email"),
    (Kind.RETURN_REFUNDED, "email", "sms"),
    (Kind.EXCHANGE_SHIPPED, "email"),
    (Kind.CLAIM_RECEIVED, "email"),
    (Kind.CLAIM_QUESTION, "email"),
    (Kind.CLAIM_DECIDED, "email"),
    (Kind.WITHDRAWAL_RECEIPT, "email"),
    (Kind.WITHDRAWAL_UNFOUNDED, "email"),
]
REVIEWED = (
    Kind.REVIEW_REQUEST,
    Kind.REVIEW_REMINDER,
    Kind.REVIEW_PUBLISHED,
    Kind.REVIEW_REJECTED,
    Kind.REVIEW_ANSWERED,
    Kind.REVIEW_THANKS,
    Kind.SURVEY,
    Kind.THEME_DONE,
)
OFFERED = [(kind, channel) for kind in Kind.values for channel in ("email", "sms") if shipped.is_offered(kind, channel)]


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


def draft(at: datetime = PLACED, **over: Any) -> TemplateVersion:
    return save_draft(draft=wording(**over), editing=Editing(is_beside=True), by=None, at=at)


def wording(**over: Any) -> Draft:
    values = {**KEY, "subject": "Order {{ order.number }}", "source": MAIL, "text_source": "Order {{ order.number }}", **over}
    return Draft(**values)


def published(**over: Any) -> TemplateVersion:
    return publish(version=draft(**over), at=PLACED)


def with_text(inner: str) -> str:
    return MAIL.replace("<mj-text>Hello", f"<mj-text>{inner}</mj-text>\n<mj-text>Hello")


def refusal(**over: Any) -> list[tuple[str, int, str]]:
    with pytest.raises(TemplateRefused) as refused:
        draft(**over)
    assert TemplateVersion.objects.count() == 0
    return [(found.field, found.line, str(found.message)) for found in refused.value.findings]


def test_the_shipped_messages_are_these() -> None:
    assert [
        (Kind.ORDER_CONFIRMATION, "email"),
        (Kind.THANKS, "sms"),
        (Kind.DISPATCH, "email"),
        (Kind.DISPATCH, "sms"),
        (Kind.CANCELLATION, "email"),
        (Kind.CANCELLATION, "sms"),
        (Kind.REFUND, "email"),
        (Kind.SIGN_IN, "email"),
        (Kind.ARRIVED_IN_CITY, "email"),
        (Kind.OUT_FOR_DELIVERY, "email"),
        (Kind.OUT_FOR_DELIVERY, "sms"),
        (Kind.ATTEMPT_FAILED, "email"),
        (Kind.ATTEMPT_FAILED, "sms"),
        (Kind.READY_FOR_PICKUP, "email"),
        (Kind.READY_FOR_PICKUP, "sms"),
        (Kind.PICKUP_EXPIRING, "email"),
        (Kind.PICKUP_EXPIRING, "sms"),
        (Kind.DELAYED, "email"),
        (Kind.DELAYED, "sms"),
        (Kind.DISPATCH_DELAYED, "email"),
        (Kind.LOST_SUSPECTED, "email"),
        (Kind.DELIVERED, "email"),
        (Kind.DELIVERED, "sms"),
        (Kind.CHOICE_RECEIVED, "email"),
        (Kind.RECEIPT_DENIED, "email"),
        (Kind.NOTE, "email"),
        (Kind.ADDITIONS, "email"),
        (Kind.ADDITIONS, "sms"),
        (Kind.ORDER_CODE, "email"),
        (Kind.ORDER_CODE, "sms"),
        (Kind.EMAIL_CODE, "email"),
        (Kind.ACCOUNT_NOTICE, "email"),
        (Kind.REQUEST_RECEIVED, "email"),
        (Kind.REQUEST_DECIDED, "email"),
        (Kind.REQUEST_DECIDED, "sms"),
        (Kind.PRIVACY, "email"),
        *((kind, channel) for kind, *channels in RETURNING for channel in channels),
        *((kind, "email") for kind in REVIEWED),
    ] == OFFERED
    with pytest.raises(shipped.NoTemplate):
        shipped.source(Kind.THANKS, "email", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "channel"), OFFERED)
def test_a_merchant_can_start_from_every_shipped_default(kind: str, channel: str, language: str) -> None:
    made = shipped.source(kind, channel, language)
    source, text = (made.mjml, made.text) if made.mjml else (made.text, "")
    check(Draft(kind, channel, language, subject=made.subject, source=source, text_source=text))
    assert set(shipped.strings(kind, language)) == set(shipped.strings(kind, "en"))
    plain = (re.sub(r"\{[{%].*?[%}]\}", "", string) for string in shipped.strings(kind, language).values())
    assert not any(c in string for string in plain for c in "<>&[]{}")


def flat(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from flat(inner, f"{path}[]")
    else:
        assert isinstance(value, str | int)
        yield path


def test_the_documented_variables_are_exactly_those_a_template_gets(voltline: Merchant) -> None:
    for number, kind in enumerate(Kind):
        order = stories.order(number=f"V-{number}")
        about = stories.about(kind, order)
        if "shipment" not in about and kind != Kind.SIGN_IN:
            stories.sent(order)
        if kind == Kind.ORDER_CONFIRMATION:
            about["style"] = Style.SIMILAR
        facts = context.build(message=message(kind, "email", "en", **about), now=SENT, notes=Notes(is_example=True))
        del facts["language"]
        facts.pop("facts", None)
        assert set(flat(facts)) | {"language"} == variables.documented(kind), kind


def test_variables_are_found_with_their_lines_also_in_loops() -> None:
    source = """{{ order.number }}
{% for line in items %}{{ line.title }}
{{ forloop.index }}{% assign x = 1 %}{% endfor %}{{ x }}{{ items.first.total }}"""
    assert {(use.path, use.line) for use in variables.variables_of(source)} == {
        ("order.number", 1),
        ("items", 2),
        ("items[].title", 2),
        ("items[].total", 3),
    }


def test_a_published_version_goes_out_and_the_message_is_labelled_with_it(voltline: Merchant) -> None:
    mail = told(Kind.ORDER_CONFIRMATION, "email", "en", order=stories.order(), version=published())
    assert (mail.subject, mail.text) == ("Order V-58213", "Order V-58213\n")
    assert "Hello Maya, order V-58213" in mail.html
    assert mail.label == "order_confirmation/email/en v1"
    assert mail.fallback_reason == ""


def test_publishing_archives_the_former_and_rolling_back_brings_it_out_again(voltline: Merchant) -> None:
    first = published()
    second = published(subject="Second {{ order.number }}")
    assert [(v.number, v.state) for v in versions_of(**KEY)] == [(2, "published"), (1, "archived")]
    with pytest.raises(CannotPublish):
        publish(version=second, at=SENT)
    with pytest.raises(CannotPublish):
        roll_back(version=second, at=SENT)
    roll_back(version=first, at=SENT)
    assert [(v.number, v.state) for v in versions_of(**KEY)] == [(2, "archived"), (1, "published")]
    assert use_shipped(**KEY) == 1
    assert [v.state for v in versions_of(**KEY)] == ["archived", "archived"]


def test_versions_of_the_shop_next_door_are_not_seen(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(borealis.pk):
        published()
    with merchant_scope(acme.pk):
        assert versions_of(**KEY) == []
        assert use_shipped(**KEY) == 0
    with merchant_scope(borealis.pk):
        assert [v.state for v in versions_of(**KEY)] == ["published"]


def test_a_broken_version_falls_back_to_the_shipped_default_and_says_why(voltline: Merchant) -> None:
    version = published()
    version.compiled = "{{ order.number | nothing }}"
    mail = told(Kind.ORDER_CONFIRMATION, "email", "en", order=stories.order(), version=version)
    assert mail.label.startswith("shipped order_confirmation/email/en@")
    assert mail.fallback_reason == "version 1: unknown filter 'nothing'"
    assert "arrives by Wednesday, November 25" in mail.subject


@pytest.mark.parametrize(
    "compiled",
    [
        "{{ '<script>alert(1)</script>' }}",
        "{% capture x %}<b title='<script>alert(1)</script>'>{% endcapture %}{{ x | slice: 10, 25 }}",
        "{% for n in (1..200) %}{% for m in (1..200) %}x{% endfor %}{% endfor %}",
        "x" * 103_000,
    ],
    ids=["script made by Liquid", "script cut out of an attribute", "loops", "longer than Gmail shows"],
)
def test_what_no_check_of_the_source_saw_is_caught_when_rendered(voltline: Merchant, compiled: str) -> None:
    version = published()
    version.compiled = compiled
    mail = told(Kind.ORDER_CONFIRMATION, "email", "en", order=stories.order(), version=version)
    assert mail.fallback_reason != ""
    assert "alert(1)" not in mail.html


@pytest.mark.parametrize("field", ["subject", "text_source"])
def test_an_empty_subject_or_text_falls_back(voltline: Merchant, field: str) -> None:
    version = published()
    setattr(version, field, "{{ order.nothing }}")
    mail = told(Kind.ORDER_CONFIRMATION, "email", "en", order=stories.order(), version=version)
    assert mail.fallback_reason == "version 1: subject or text is empty"


def test_an_sms_of_the_merchants_own(voltline: Merchant) -> None:
    key = {**KEY, "kind": Kind.THANKS, "channel": "sms"}
    version = publish(version=draft(**key, subject="", source="{{ merchant.name }}: “{{ order.number }}”", text_source=""), at=PLACED)
    sms = told(Kind.THANKS, "sms", "en", order=stories.order(), version=version)
    assert (sms.text, sms.segments, sms.subject, sms.html) == ('Borealis: "V-58213"', 1, "", "")


def test_saving_names_field_and_line(voltline: Merchant) -> None:
    assert refusal(source=MAIL.replace("{% endfor %}", "")) == [("source", 10, "expected tag endfor, found end of expression")]
    assert refusal(source=MAIL.replace("{{ line.title }}", "{{ line.title | nothing }}"))[0][:2] == ("source", 6)
    assert refusal(subject="a\nBcc: x@example.com") == [("subject", 1, "one line without control characters")]
    assert refusal(language="fr")[0][0] == "language"
    assert refusal(kind=Kind.THANKS)[0] == ("kind", 0, "thanks is not sent by email")
    assert refusal(style="baroque")[0] == ("style", 0, "order_confirmation has no style 'baroque'")
    assert refusal(source="<p>no mjml</p>")[0][2].startswith("bad MJML")
    assert refusal(source=MAIL.replace("<mj-body>", "<mj-body>" + "<mj-wrapper>" * 2_000))[0][2] == "bad MJML: too many elements"
    assert refusal(source=MAIL.replace("<mj-body>", '<mj-body><mj-include path="/etc/passwd" />'))[0][2].startswith("bad MJML")


def errors(**over: Any) -> list[tuple[str, int, int, str]]:
    """A draft with these is kept, and cannot be published."""
    version = draft(**over)
    with pytest.raises(CannotPublish) as refused:
        publish(version=version, at=PLACED)
    assert TemplateVersion.objects.get(pk=version.pk).state == "draft"
    return [(found.field, found.line, found.column, str(found.message)) for found in refused.value.findings]


def test_what_is_not_finished_is_kept_and_not_published(voltline: Merchant) -> None:
    assert errors(source=MAIL.replace("order.number", "order.numbr")) == [("source", 5, 58, "unknown variable order.numbr")]
    assert errors(subject="") == [("subject", 0, 0, "an e-mail needs a subject")]
    assert errors(text_source=" ") == [("text_source", 0, 0, "an e-mail needs a text part")]
    assert errors(text_source="{{ request }}{{ settings.SECRET_KEY }}")[:2] == [
        ("text_source", 1, 4, "unknown variable request"),
        ("text_source", 1, 17, "unknown variable settings.SECRET_KEY"),
    ]


def test_an_sms_over_the_limit_is_refused(voltline: Merchant) -> None:
    assert refusal(kind=Kind.THANKS, channel="sms", source="x" * 1_601) == [("source", 0, "longer than 1600 units")]


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "handler": '<img src="https://x.example/p.png" onerror="alert(1)" />',
    "svg": "<svg onload='alert(1)'></svg>",
    "tab in scheme": '<a href="jav&#x09;ascript:alert(1)">x</a>',
    "data address": '<img src="data:text/html;base64,PHNjcmlwdD4=" />',
    "mutation": "<math><mtext><table><mglyph><style></style></mglyph></table></mtext></math>",
    "base": '<base href="https://evil.example/" />',
    "refresh": '<meta http-equiv="refresh" content="0;url=https://evil.example/" />',
    "form": '<form action="https://evil.example/"></form>',
    "input": '<input name="card" />',
    "iframe": '<iframe srcdoc="x"></iframe>',
    "object": '<object data="https://evil.example/"></object>',
    "link": '<link rel="stylesheet" href="https://evil.example/x.css" />',
    "expression": '<p style="width:expression(alert(1))">x</p>',
    "import": "<style>@import 'https://evil.example/x.css';</style>",
    "background": '<p style="background:url(//10.0.0.1/x)">x</p>',
    "escaped style": '<p style="background:u\\72l(//10.0.0.1/x)">x</p>',
    "name as address": '<a href="{{ customer.first_name }}">x</a>',
    "name in address": '<a href="https://x.example/{{ customer.first_name }}">x</a>',
    "name in style": '<p style="color:{{ customer.first_name }}">x</p>',
    "name in style element": "<style>p { color: {{ customer.first_name }} }</style>",
    "name as attribute": "<p {{ customer.first_name }}>x</p>",
    "name as element": "<{{ customer.first_name }}>",
    "unquoted": "<p title={{ customer.first_name }}>x</p>",
    "handler with variable": '<p onclick="{{ customer.first_name }}">x</p>',
    "comment": "<!-- --!><script>alert(1)</script> -->",
    "conditional": "<!--[if mso]><script>alert(1)</script><![endif]-->",
}


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_markup_is_refused_at_save(voltline: Merchant, markup: str) -> None:
    assert refusal(source=MAIL.replace("<mj-body>", f"<mj-body><mj-raw>{markup}</mj-raw>")) != []
    assert refusal(source=with_text(markup)) != []


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - {key for key in HOSTILE if "name" in key} - {"unquoted"}))
def test_hostile_markup_is_refused_at_render(name: str) -> None:
    with pytest.raises(UnsafeMarkup):
        check_markup(f"<!doctype html><html><body>{HOSTILE[name]}</body></html>")


def test_wording_may_stand_in_wording_attributes_and_addresses_in_links(voltline: Merchant) -> None:
    draft(source=with_text('<a href="{{ links.track }}" title="{{ order.number }}">x</a><a href="mailto:a@b.example">m</a>'))
    assert TemplateVersion.objects.count() == 1


def test_an_edited_version_is_never_served_stale(voltline: Merchant) -> None:
    order, version = stories.order(), published()
    told(Kind.ORDER_CONFIRMATION, "email", "en", order=order, version=version)
    version.text_source = "changed"
    assert told(Kind.ORDER_CONFIRMATION, "email", "en", order=order, version=version).text == "changed\n"


def test_the_default_is_compiled_once_per_process() -> None:
    assert shipped.template(Kind.REFUND, "email", "de") is shipped.template(Kind.REFUND, "email", "de")
    assert rendering.compiled("{{ a }}", True) is rendering.compiled("{{ a }}", True)
