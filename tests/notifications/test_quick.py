"""The short ways through Liquid say what the library says, of everything we ship and of what is odd."""

from typing import Any

import pytest
from liquid import Environment
from liquid.exceptions import LiquidError

from merchants.models import Merchant
from notifications import context, liquid, quick, shipped
from notifications.liquid import compile_template
from notifications.types import Kind
from tests.notifications import stories

VALUES: dict[str, Any] = {
    "name": "<b>Zoë & co</b>",
    "empty": "",
    "zero": 0,
    "one": 1,
    "yes": True,
    "no": False,
    "nothing": None,
    "list": ["a", "<i>", 3],
    "bare": [],
    "box": {"size": "large", "first": "f", "deep": {"x": "1", "1": "one"}},
    "key": "deep",
}
ODD = (
    "{{ name }}|{{ empty }}|{{ zero }}|{{ yes }}|{{ nothing }}|{{ list }}|{{ missing }}|{{ missing.more.still }}",
    "{{ box.size }}|{{ box.first }}|{{ list.size }}|{{ list.first }}|{{ list.last }}|{{ list[1] }}|{{ list[9] }}|{{ name.size }}",
    "{{ box.deep.x }}|{{ box[key].x }}|{{ box['deep']['1'] }}|{{ box.deep[1] }}|{{ name.x }}|{{ box.last }}|{{ one.x }}|{{ nothing.x }}",
    "{% if name %}1{% endif %}{% if empty %}2{% endif %}{% if zero %}3{% endif %}{% if no %}4{% endif %}{% if nothing %}5{% endif %}",
    "{% if bare %}1{% endif %}{% if missing %}2{% endif %}{% if yes and missing %}3{% endif %}{% if no or box %}4{% endif %}",
    "{% if yes == 1 %}1{% endif %}{% if no == 0 %}2{% endif %}{% if one == 1 %}3{% endif %}{% if one == '1' %}4{% endif %}",
    "{% if name == '<b>Zoë & co</b>' %}1{% endif %}{% if name != 'x' %}2{% endif %}{% if empty == '' %}3{% endif %}",
    "{% if missing == nil %}1{% endif %}{% if missing != '' %}2{% endif %}{% if empty == empty %}3{% endif %}{% if bare == empty %}4{% endif %}",  # noqa: E501
    "{% if empty == blank %}1{% endif %}{% if box.deep.x == '1' %}2{% endif %}{% if list == list %}3{% endif %}{% if yes == true %}4{% endif %}",  # noqa: E501
    "{% for x in list %}{{ forloop.index }}{{ x }}{% if forloop.last %}.{% else %},{% endif %}{% endfor %}{{ x }}",
    "{% assign a = name | upcase %}{{ a }}{% capture c %}<{{ a }}>{% endcapture %}{{ c }}{% case one %}{% when 1 %}w{% else %}e{% endcase %}",  # noqa: E501
    "{% assign name = 'mine' %}{{ name }}{% for name in list %}{{ name }}{% endfor %}{{ name }}{% if yes %}  {% endif %}|",
    "{% unless name == 'x' %}{% for x in bare %}{{ x }}{% else %}none{% endfor %}{% endunless %}{% for c in (1..3) %}{{ c }}{% endfor %}",
    "{% if name < 1 %}never{% endif %}",
    "{{ name | upcase }}|{{ name | replace: 'é', '<e>' | append: key }}|{{ list | join: ', ' }}|{{ missing | default: 'none' }}|{{ 'x<' }}",
    "{% if name contains 'co' %}1{% endif %}{% if name contains missing %}2{% endif %}{% if list contains 'a' %}3{% endif %}",
    "{% if empty == empty %}1{% elsif name != blank %}2{% endif %}{% if 'a' == key %}3{% endif %}{% if box.deep.x == \"1\" %}4{% endif %}",
)


def both_ways(source: str, values: dict[str, Any], *, html: bool) -> tuple[str, str]:
    plain = Environment(autoescape=html)
    return _said(plain.from_string(source), values), _said(compile_template(source, html=html), values)


def _said(template: Any, values: dict[str, Any]) -> str:
    try:
        return str(template.render(values))
    except LiquidError as error:
        return error.__class__.__name__


@pytest.mark.parametrize("html", [True, False])
@pytest.mark.parametrize("source", ODD)
def test_odd_values_are_said_as_the_library_says_them(source: str, html: bool) -> None:
    slow, fast = both_ways(source, VALUES, html=html)
    assert fast == slow


@pytest.mark.parametrize("language", stories.LANGUAGES)
def test_what_we_ship_is_said_as_the_library_says_it(in_acme: Merchant, language: str) -> None:
    for number, kind in enumerate(sorted(set(Kind) - {Kind.SIGN_IN})):
        about = stories.about(kind, stories.order(number=f"V-{number}"))
        for channel in ("email", "sms"):
            if not shipped.is_offered(kind, channel):
                continue
            row = stories.message(kind, channel, language, **about)
            facts = context.build(message=row, now=stories.SENT)
            made = shipped.source(kind, channel, language)
            for source, html in ((made.subject, False), (made.text, False), (shipped.compile_mjml(made.mjml) if made.mjml else "", True)):
                slow, fast = both_ways(source, facts, html=html)
                assert fast == slow


def test_the_short_ways_are_taken() -> None:
    nodes: list[Any] = compile_template("{{ a.b }}{% if a == 'b' %}c{% endif %}", html=True).nodes
    assert type(nodes[0]) is quick.QuickOutput
    assert type(nodes[0].expression) is quick.QuickPath
    assert type(nodes[1].condition) is quick.QuickBoolean
    assert type(nodes[1].consequence) is quick.QuickBlock


def test_all_we_ship_is_written_out_as_functions() -> None:
    left = [
        (kind, channel, style)
        for kind in Kind.values
        for channel in ("email", "sms")
        for style in shipped.styles_of(kind)
        if shipped.is_offered(kind, channel, style)
        for language in stories.LANGUAGES
        for part in (shipped.template(kind, channel, language, style),)
        if any(made is not None and made.written is None for made in (part.subject, part.html, part.text))
    ]
    assert left == []


def test_what_is_written_out_is_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    made = compile_template(
        "{{ box.deep.x }}{% if empty == '' %}{% for x in list %}{{ x }}{% endfor %}{% endif %}{{ missing.more }}", html=True
    )
    monkeypatch.setattr(liquid.GuardedTemplate, "_walk", lambda *given: pytest.fail("walked"))
    assert made.render(VALUES) == "1a&lt;i&gt;3"


@pytest.mark.parametrize("source", ["{% assign a = 1 %}{{ a }}", "{{ now }}", "{{ list[1] }}", "{% for x in (1..3) %}{{ x }}{% endfor %}"])
def test_what_is_more_is_left_to_the_library(source: str) -> None:
    assert compile_template(source, html=True).written is None


def test_a_function_keeps_the_limits_of_loops_and_size() -> None:
    loops = "{% for a in list %}{% for b in list %}{{ b }}{% endfor %}{% endfor %}"
    assert compile_template(loops, html=True).written is not None
    with pytest.raises(LiquidError):
        compile_template(loops, html=True).render({"list": [0] * 80})
    with pytest.raises(LiquidError):
        compile_template("{% for a in list %}{{ text }}{% endfor %}", html=True).render({"list": [0] * 200, "text": "x" * 2_000})


def test_what_a_template_says_is_never_run_as_code() -> None:
    odd = "{{ a }}'''\"\"\"\\\n    raise SystemExit\n{% if a == 'x\\\\' %}{% endif %}{{ ['import os'] }}{{ a['\") or 1/0 #'] }}"
    slow, fast = both_ways(odd, {"a": "1"}, html=True)
    assert fast == slow
