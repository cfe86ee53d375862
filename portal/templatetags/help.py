"""Tags of the help: the questions beside an order, the way to a person, and the words of an article."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from orders.models import Order
from portal.rules.stages import order_stage, parcel_stage
from portal.selectors.help import About, questions_title
from portal.selectors.journey import Journey, Parcel
from portal.selectors.orders import Listed
from portal.templatetags.portal import mail_address
from support.rules import target_path
from support.selectors import questions_for, titles
from support.types import Line, Shop, Span, Stage

register = template.Library()


def shop_of(context: dict[str, Any]) -> Shop:
    """What articles may say of the shop, from what every page has."""
    merchant, brand = context["request"].merchant, context["branding"]
    return Shop(merchant.name, merchant.language, brand.support_email, brand.support_phone)


def _about(context: dict[str, Any]) -> About:
    """What the page is about; carried on only as far as the asker may know of it."""
    given = context.get("about")
    if isinstance(given, About):
        return given
    order, stage = context.get("order"), _stage(context)
    if not isinstance(order, Order):
        return About(stage)
    request = context["request"]
    match = request.resolver_match
    is_guest = request.guest is not None and request.guest.order_id == order.pk
    if is_guest or (request.customer is not None and request.customer.pk == order.customer_id):
        return About(stage, order.number, order.public_id)
    if match is not None and (match.url_name or "").startswith("track"):
        return About(stage, order.number, track=str(match.kwargs.get("token", "")))
    return About(stage)


def _stage(context: dict[str, Any]) -> Stage:
    journey, parcel, today = context.get("journey"), context.get("parcel"), context["today"]
    if not isinstance(journey, Journey):
        return Stage.ANY
    if isinstance(parcel, Parcel):
        return parcel_stage(parcel.facts, order=journey.facts, today=today)
    return order_stage(journey.facts, today=today)


@register.inclusion_tag("portal/help/questions.html", takes_context=True)
def questions(context: dict[str, Any], most: int = 4) -> dict[str, Any]:
    """The questions that arise where the order stands, each with its answer in short. One query."""
    return _beside(context, _about(context), most)


@register.inclusion_tag("portal/help/questions.html", takes_context=True)
def questions_about(context: dict[str, Any], row: Listed) -> dict[str, Any]:
    """The same for the order of a list that needs a look. One query."""
    stage = order_stage(row.facts, today=context["today"])
    return _beside(context, About(stage, row.order.number, row.order.public_id), 4)


def _beside(context: dict[str, Any], about: About, most: int) -> dict[str, Any]:
    language = get_language() or "en"
    open_one = context.get("slug", "")  # the article the reader has before them
    found = questions_for(stage=about.stage, language=language, shop=shop_of(context), most=most + bool(open_one))
    return {
        **{name: context.get(name) for name in ("request", "today", "parcel", "journey")},
        "questions": [one for one in found if one.slug != open_one][:most],
        "is_index": context.get("groups") is not None,
        "title": questions_title(about.stage),
        "query": about.query(),
        "language": language,
    }


@register.simple_tag(takes_context=True)
def contact_path(context: dict[str, Any]) -> str:
    """The page with the ways to reach a person, with what this page is about filled in."""
    slug = context.get("slug", "")
    return reverse("help-contact") + _about(context).query(**({"from": slug} if slug else {}))


@register.simple_tag(takes_context=True)
def known_number(context: dict[str, Any]) -> str:
    """The number of the order that is filled in there; "" without one."""
    return _about(context).number


@register.simple_tag(takes_context=True)
def line(context: dict[str, Any], spans: Line) -> SafeString:
    """A line of an article. Its links know the order the page is about."""
    about = context.get("about") or About()
    return format_html_join("", "{}", ((_span(span, about),) for span in spans))


def _span(span: Span, about: About) -> str | SafeString:
    if span.is_strong:
        return format_html("<strong>{}</strong>", span.text)
    path = target_path(span.target, order_id=about.order_id) if span.target else ""
    if path.startswith("https://"):
        return format_html('<a href="{}" rel="noopener">{}</a>', path, span.text)
    if path.startswith("/help/") and "?" not in path and "#" not in path:
        path += about.query()
    return format_html('<a href="{}">{}</a>', path, span.text) if path else span.text


@register.simple_tag(takes_context=True)
def letter_path(context: dict[str, Any], origin: str = "") -> str:
    """A `mailto:` address with what it is about as subject: the order's number, its state, the article read before."""
    about = _about(context)
    known = titles(language=get_language() or "en", shop=shop_of(context)) if origin else {}
    words = [about.number, about.state.text if about.number and about.state else "", known.get(origin, "")]
    return mail_address(context["branding"].support_email, " · ".join(word for word in words if word))
