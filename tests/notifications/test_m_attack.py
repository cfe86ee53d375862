"""Scratch."""
import time
from collections.abc import Iterator
from dataclasses import replace
import pytest
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.studio.lint import lint
from notifications.studio.check import inspect
from notifications.studio.preview import preview
from notifications.studio.types import Draft
from notifications.types import Kind
from tests.notifications import stories
from tests.notifications.stories import PLACED
from tests.notifications.test_hostile_templates import PAGE, mail, voltline  # noqa

def timed(f):
    a = time.monotonic()
    try:
        r = f()
    except BaseException as e:
        r = f"{type(e).__name__}: {e}"
    return round(time.monotonic() - a, 2), str(r)[:200]

CASES = {
    "decl": mail("{% capture a %}<b>x</b>{% endcapture %}{{ a | slice: 0 }}![foo"),
    "decl2": mail("{% capture a %}<b>x</b>{% endcapture %}{{ a | slice: 0 }}!DOCTYPE [<!x"),
    "class": mail('<p class="' + "=" * 20000 + '">x</p>'),
    "loop class": mail('<p class="{% for a in (1..100) %}' + "=" * 200 + '{% endfor %}">x</p>'),
    "big": mail('{% for a in (1..200) %}<p class="' + "x" * 1400 + '">x</p>{% endfor %}'),
    "subj": mail(subject="{{" * 5000),
    "sms": Draft("dispatch", "sms", "en", "", "", "{{" * 5000),
    "text_source": mail(text_source="{%" * 5000),
    "css var": mail('<p style="color:{{ colors.accent | append: \';x:url(//e)\' }}">x</p>'),
    "href cap": mail('{% capture a %}javascript:alert(1){% endcapture %}<a href="{{ links.order | replace: links.order, a }}">x</a>'),
    "style cap": mail('{% capture a %}<b>x</b>{% endcapture %}{{ a | slice: 0 }}script>alert(1){{ a | slice: 0 }}/script>'),
    "brk": mail("x{% break %}y{% continue %}"),
    "loop brk": mail("{% for a in items %}{% break %}{% endfor %}"),
    "filters": mail("{{ 'a'" + " | append: 'a' | upcase" * 2000 + " }}"),
    "manyif": mail("{% if order.number == 'a' or order.number == 'b' " + "or order.number == 'c' " * 2000 + "%}x{% endif %}"),
    "case": mail("{% case order.number %}" + "{% when 'a', 'b', 'c' %}x" * 1500 + "{% endcase %}"),
    "brackets": mail("{{ order" + "['a'" * 3000 + "]" * 3000 + " }}"),
    "assigns": mail("{% assign a = 'x' %}" * 49 + "{{ a }}"),
    "bool": mail("{% if " + "a and " * 5000 + "a %}x{% endif %}"),
    "neg": mail("{{ -" + "-" * 20000 + "1 }}"),
    "sort": mail("{% for i in (1..200) %}{{ items | map: 'title' | join: ',' | split: '' | sort | uniq | join: '' }}{% endfor %}"),
    "mjcls": Draft(Kind.ORDER_CONFIRMATION.value, "email", "en", "plain", "Order {{ order.number }}", "<mjml><mj-head><mj-attributes><mj-all css-class='" + "a" * 20000 + "' /></mj-attributes></mj-head><mj-body>" + "<mj-section><mj-column><mj-text>a</mj-text></mj-column></mj-section>" * 40 + "</mj-body></mjml>", "x"),
    "deepmj": Draft(Kind.ORDER_CONFIRMATION.value, "email", "en", "plain", "Order {{ order.number }}", "<mjml><mj-body>" + "<mj-wrapper>" * 140 + "</mj-wrapper>" * 140 + "</mj-body></mjml>", "x"),
    "deepdiv": mail("<div>" * 1400 + "</div>" * 1400),
    "deepjson": replace(mail(), blocks=({"id": "a", "type": "text", "fields": {"text": [[[[[]]]]]}},)),
    "attrs": mail("<p " + " ".join(f'a{n}="1"' for n in range(6000)) + ">x</p>"),
    "trunc": mail("{{ order.number | truncate: 99999999999999999999, 'a' | slice: 0, 99999999999 }}"),
    "round": mail("{{ 1.5 | round: 99999999 }}{{ 2 | times: 1e308 }}{{ 1 | divided_by: 0 }}"),
    "split": mail("{% capture a %}" + "a" * 40000 + "{% endcapture %}{% for i in (1..200) %}{{ a | replace_first: 'a', 'b' | upcase | escape | size }}{% endfor %}"),
    "truncw": mail("{% capture a %}" + "a " * 20000 + "{% endcapture %}{% for i in (1..200) %}{{ a | truncatewords: 3 }}{{ a | strip_newlines }}{% endfor %}"),
    "contains": mail("{% capture a %}" + "a" * 30000 + "{% endcapture %}{% capture b %}" + "a" * 15000 + "b{% endcapture %}{% for i in (1..200) %}{% if a contains b %}x{% endif %}{% endfor %}"),
    "newline": mail("{% capture a %}" + "\n " * 20000 + "{% endcapture %}{% for i in (1..200) %}{{ a | newline_to_br | size }}{% endfor %}"),
}

@pytest.mark.parametrize("name", CASES)
def test_case(voltline: Merchant, name: str) -> None:
    draft = CASES[name]
    print(name, "lint", timed(lambda: [(f.severity, f.field, str(f.message)[:60]) for f in lint(draft, PLACED)][:3]))
    def p():
        s = preview(draft=draft, order_id=None, now=PLACED)
        return s.fallback_reason, len(s.html), "javascript" in s.html, "url(" in s.html
    print(name, "preview", timed(p))

CASES |= {
    "pua": mail('<p class="\ue0000\ue001">x</p>'),
    "pua2": mail('<p>{{ links.order }}</p><a href="\ue0000\ue001">x</a>'),
    "pua3": mail('<p>{{ order.number }}\ue010colors.zzz\ue011\ue020</p>'),
    "comment decl": mail("<!--[if mso]><![foo<![endif]-->"),
    "comment decl2": mail("<!--[if mso]><td>x<![foo]></td><![endif]-->"),
    "attrs9000": mail("<p " + " ".join(f'a{n}="1"' for n in range(6000)) + ">x</p>"),
    "class60": mail('<p class="' + "=" * 50000 + '">{{ order.number }}</p>'),
    "loopclass": mail('{% for a in (1..180) %}<p class="' + "=" * 1500 + '">x</p>{% endfor %}'),
    "subj400": mail(subject="{{" * 200000),
    "unq": mail("<p title={{ order.number }}>x</p>"),
    "unq2": mail("<p title= {{ order.number }}>x</p>"),
    "case2": mail("{% case order.number %}" + "{% when 'a', 'b', 'c' %}x" * 800 + "{% endcase %}"),
}
