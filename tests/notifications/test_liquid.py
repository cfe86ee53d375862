"""The guard round merchant templates: every entry of the bad-input catalogue is refused or harmless, quickly."""

import time
from pathlib import Path

import pytest
from liquid.exceptions import LiquidError

from notifications.liquid import MAX_SOURCE, TooBig, compile_template
from notifications.liquid import render as render_template

BIG = "{% capture s %}" + "a" * 50_000 + "{% endcapture %}"
DATA = {"order": {"number": "1001", "items": ["a", "b"]}, "items": [{"title": "Shirt"}] * 25, "s": "a" * 60_000, "name": "Sam"}

REFUSED = {
    "dunder chain": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "format": "{{ '{0.__class__.__init__.__globals__}' | format: order }}",
    "attr": "{{ order | attr: 'format' }}",
    "python multiplication": "{{ 'a'*10**9 }}",
    "range call": "{{ range(10**9) }}",
    "range literal": "{{ (1..99999999) | join }}",
    "range of a variable": "{% for n in (1..order.number) %}x{% endfor %}",
    "loops in loops": "{% for a in (1..200) %}{% for b in (1..200) %}x{% endfor %}{% endfor %}",
    "empty work in loops": "{% for a in (1..70) %}{% for b in (1..70) %}" + "{{ z }}" * 4_000 + "{% endfor %}{% endfor %}",
    "filters in a loop": "{% for a in (1..200) %}{{ 'a'" + " | upcase" * 5_000 + " }}{% endfor %}",
    "filters on a long text": BIG + "{{ s" + " | upcase" * 1_000 + " }}",
    "doubling": "{{ 'a'" + " | replace: 'a', 'aaaaaaaaaa'" * 30 + " }}",
    "replace of long by long": "{{ s | replace: 'a', s }}",
    "replace of nothing": "{{ s | replace: '', 'xxxxxxxxxx' }}",
    "join by long": "{{ order.items | join: s }}",
    "list of long texts": BIG + "{% assign l = s | split: '!' %}" + "{% assign l = l | concat: l %}" * 20 + "{{ l | join }}",
    "split to characters": "{{ s | split: '' }}",
    "big numbers": "{{ 10" + " | times: 9999999999" * 200 + " }}",
    "exponent": "{{ '1e99999999' | floor }}",
    "division by zero": "{{ 1 | divided_by: 0 }}",
    "date widths": "{{ 'now' | date: '%1000000000Y' }}",
    "include": "{% include 'secrets' %}",
    "render": "{% render 'secrets' %}",
    "unclosed output": "{{ order",
    "unclosed tag": "{% if order",
    "unclosed block": "{% if order %}x",
    "four braces": "{{{{ order",
    "nul": "a\0b",
    "deep blocks": "{% if a %}" * 5_000,
    "long condition": "{% if " + "a and " * 9_000 + "a %}x{% endif %}",
    "many names": "".join(f"{{%assign a{n}=1%}}" for n in range(60)),
    "too long": "x" * (MAX_SOURCE + 1),
}
HARMLESS = {
    "{{ order.tenant.settings.secret_key }}{{ request }}{{ settings.SECRET_KEY }}": "",
    "{{ order.__class__ }}{{ order.items.__class__ }}{{ name.__class__ }}": "",
    "}} alone": "}} alone",
    "{# not a comment": "{# not a comment",
    "{{ 'a'" + " | upcase" * 6_000 + " }}": "A",
    "{{ order.number | plus: 1 }}": "1002",
    "{% for item in items %}{{ item.title }} {% endfor %}": "Shirt " * 25,
    "{% for n in (1..3) %}{{ n }}{% endfor %}": "123",
    "{{ 'a,b' | split: ',' | join: '-' }}": "a-b",
}


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED.keys())
def test_a_hostile_template_is_refused_in_under_a_second(source: str) -> None:
    started = time.process_time()
    with pytest.raises(LiquidError):
        render_template(compile_template(source, html=True), DATA)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(("source", "result"), HARMLESS.items(), ids=range(len(HARMLESS)))
def test_a_harmless_template_renders(source: str, result: str) -> None:
    started = time.process_time()
    assert render_template(compile_template(source, html=True), DATA) == result
    assert time.process_time() - started < 1


def test_values_are_escaped_in_html_and_left_alone_in_text() -> None:
    source = "{{ name }} {{ name | append: '<i>' }}"
    assert compile_template(source, html=True).render(name="<b>") == "&lt;b&gt; &lt;b&gt;<i>"
    assert compile_template(source, html=False).render(name="<b>") == "<b> <b><i>"


def test_liquid_in_a_value_is_text() -> None:
    hostile = "{{ order.number }}{% for n in (1..9) %}x{% endfor %}"
    assert compile_template("{{ name }}", html=False).render(name=hostile, order={"number": "1"}) == hostile


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(LiquidError) as refused:
        compile_template("fine\nfine\n{{ order | nothing }}", html=True).render(order="1")
    token = refused.value.token
    assert token is not None
    assert token.source.count("\n", 0, token.start_index) + 1 == 3


def test_the_budget_is_per_render_and_not_used_up_for_the_next() -> None:
    template = compile_template("{% for n in (1..200) %}{{ n | plus: 1 }}{% endfor %}", html=True)
    for _ in range(100):
        assert template.render(DATA).startswith("234")


def test_merchant_text_never_meets_the_engine_of_django() -> None:
    room = Path(__file__).parents[2] / "notifications"
    for name in ("liquid", "rendering", "shipped", "versions", "variables", "safety", "context", "facts"):
        assert "django.template" not in (room / f"{name}.py").read_text()


def test_too_big_is_a_liquid_error() -> None:
    assert issubclass(TooBig, LiquidError)
