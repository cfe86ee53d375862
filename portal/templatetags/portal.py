"""Tags of the shopper's pages: days, amounts, icons, pictures, contact addresses."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from babel.dates import get_timezone_location
from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext

from portal.formats import address_lines as format_address
from portal.formats import day_text, grouped_number, list_text, locale_of, money_text, time_text, zone_text
from portal.rules import Stop, news_day, source_words
from portal.rules import is_https as rule_is_https
from portal.rules import is_picture as rule_is_picture
from portal.selectors.journey import Piece

register = template.Library()
MOST_NAMES = 5


def _local_day(value: date) -> date:
    return localtime(value).date() if isinstance(value, datetime) else value


def _day(context: dict[str, Any], value: date, form: str) -> SafeString:
    day = _local_day(value)
    text = day_text(day, language=get_language() or "en", this_year=context["today"].year, form=form)
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), text)


@register.simple_tag(takes_context=True)
def day(context: dict[str, Any], value: date, form: str = "long") -> SafeString:
    """A weekday and a day: `Thursday 26 November`."""
    return _day(context, value, form)


@register.simple_tag(takes_context=True)
def day_words(context: dict[str, Any], value: date) -> str:
    """The same without markup, for an attribute."""
    return day_text(_local_day(value), language=get_language() or "en", this_year=context["today"].year)


@register.simple_tag(takes_context=True)
def news(context: dict[str, Any], value: date | None) -> SafeString:
    """The day of the next news: the one promised, else the next of the usual rhythm. Never empty."""
    today: date = context["today"]
    return _day(context, news_day(value, today=today), "long")


@register.simple_tag(takes_context=True)
def weekday(context: dict[str, Any], value: date) -> SafeString:
    """The answer's two lines: the weekday, and below it the day."""
    value = _local_day(value)
    language = get_language() or "en"
    name = day_text(value, language=language, this_year=value.year, form="weekday")
    text = day_text(value, language=language, this_year=context["today"].year, form="plain")
    return format_html('<time class="answer__date" datetime="{}">{} <small>{}</small></time>', value.isoformat(), name, text)


@register.simple_tag
def clock(value: datetime) -> SafeString:
    """`21:14`, local, with the full moment for machines."""
    local = localtime(value)
    return format_html(
        '<time datetime="{}">{}</time>', local.isoformat(timespec="minutes"), time_text(local, language=get_language() or "en")
    )


@register.simple_tag
def stop_clock(stop: Stop) -> SafeString:
    """The time of a line of the timetable by the clock it carries; a day without a time shows none."""
    if not stop.has_time:
        return format_html('<span class="stop__when"><time class="sr" datetime="{}"></time>–</span>', stop.at.date().isoformat())
    return format_html(
        '<time datetime="{}">{}</time>', stop.at.isoformat(timespec="minutes"), time_text(stop.at, language=get_language() or "en")
    )


@register.filter
def grouped(number: str) -> str:
    """A tracking number as it is read aloud."""
    return grouped_number(number)


@register.filter
def zone_of(value: datetime) -> str:
    """The short name of the zone the moment itself carries."""
    return zone_text(value)


@register.filter
def zone_place(name: str) -> str:
    """`America/New_York` as `New York`, in the reader's language."""
    try:
        return get_timezone_location(name, locale=locale_of(get_language() or "en"), return_city=True)
    except LookupError:  # a zone of this machine that Babel has no place for
        return name


@register.filter
def zone(value: datetime) -> str:
    """The short name of the zone the page's times are in."""
    return zone_text(localtime(value))


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """The amount as the reader writes it."""
    return money_text(amount, currency, language=get_language() or "en")


@register.filter
def piece_names(pieces: Sequence[Piece]) -> SafeString:
    """`Wool coat, 2 × Merino socks and 4 more`: at most five by name."""
    names = [_piece_name(piece) for piece in pieces[:MOST_NAMES]]
    rest = sum(piece.quantity for piece in pieces[MOST_NAMES:])
    if rest:
        names.append(escape(ngettext("%(rest)s more", "%(rest)s more", rest) % {"rest": rest}))
    return mark_safe(list_text(names, language=get_language() or "en"))  # noqa: S308  each name is escaped above


def piece_text(pieces: Sequence[Piece]) -> str:
    """The same as plain text, for a calendar."""
    names = [f"{piece.quantity} × {piece.line.title}" if piece.quantity > 1 else piece.line.title for piece in pieces[:MOST_NAMES]]
    rest = sum(piece.quantity for piece in pieces[MOST_NAMES:])
    if rest:
        names.append(ngettext("%(rest)s more", "%(rest)s more", rest) % {"rest": rest})
    return list_text(names, language=get_language() or "en")


def _piece_name(piece: Piece) -> str:
    name = format_html("<bdi>{}</bdi>", piece.line.title)
    return format_html("{} × {}", piece.quantity, name) if piece.quantity > 1 else name


@register.filter
def address_lines(address: object) -> list[str]:
    """An address line by line."""
    return format_address(address, language=get_language() or "en") if isinstance(address, dict) else []


@register.filter
def pairs(values: object) -> list[tuple[str, str]]:
    """Names and values of an object a shop sent, in its order; nothing for any other shape."""
    return [(str(name), str(value)) for name, value in values.items()] if isinstance(values, dict) else []


@register.filter
def source(code: str) -> str:
    """Who gave a date."""
    return source_words(code)


@register.filter
def is_https(url: str | None) -> bool:
    """Whether a merchant's address may be shown or linked."""
    return rule_is_https(url or "")


@register.filter
def is_picture(url: str | None, request: HttpRequest) -> bool:
    """Whether a merchant's address may be shown as an image on this page."""
    return rule_is_picture(url or "", origin=f"{request.scheme}://{request.get_host()}")


@register.filter
def tel(number: str) -> str:
    """A `tel:` address of what a merchant typed as telephone number."""
    return "tel:" + "".join(c for c in number if c.isdigit() or c == "+")


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], name: str) -> SafeString:
    """Marks the link of a menu as the page one is on, or as the part of the account it belongs to."""
    try:
        target, path = reverse(name), context["request"].path
    except (KeyError, NoReverseMatch):
        return SafeString("")
    if path == target:
        return format_html(' aria-current="{}"', "page")
    return format_html(' aria-current="{}"', "true") if target != "/" and path.startswith(target) else SafeString("")


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite; decoration, so hidden from screen readers."""
    return format_html('<svg class="icon{}" aria-hidden="true"><use href="#i-{}"/></svg>', f" icon--{size}" if size else "", name)


@register.simple_tag
def mail_address(email: str, order_number: str = "") -> str:
    """A `mailto:` address with the order's number as subject."""
    return f"mailto:{quote(email)}" + (f"?subject={quote(order_number)}" if order_number else "")
