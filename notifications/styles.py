"""What the five confirmations need beside the order: a first order to welcome, a coupon, products that go with it.

Read once for a batch, in a constant number of queries. A style that has not what it needs becomes the plain one and says why.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from babel.core import Locale
from babel.lists import format_list
from babel.numbers import format_percent
from django.db.models import prefetch_related_objects

from catalog.models import Product
from customers.selectors import standings_of
from customers.services import unsubscribe_token
from customers.types import Channel, Standing, Topic
from notifications.facts import Told, picture, shorten
from notifications.house import House
from notifications.models import Message
from notifications.notes import Notes
from notifications.rules.style import ADVERTISING, lacking
from notifications.types import Kind, Style
from notifications.words import Words, clean, names, safe_url
from orders.models import Order
from orders.selectors import first_paid_orders, similar_items
from orders.types import OrderState
from rewards.models import Coupon, CouponRule, ReferralCode
from rewards.rules import SAMPLE
from rewards.selectors import coupon_rule, coupons_of_orders, referral_codes_of
from rewards.services import NoCoupon, draft_coupon, draft_referral_code, draw_codes
from rewards.types import Worth

ITEMS, LOOKED_AT = 4, 12  # how many go into a mail, and how many are looked at for those with a page of their own
NAMED = 3  # products a sentence can hold
NO_COUPON = dict.fromkeys(names("code worth minimum expires_on expires_short"), "")
NO_REFERRAL = dict.fromkeys(names("code url worth"), "")
NO_WELCOME: dict[str, Any] = {"is_first": False, "echo": "", "more": 0}
EXAMPLE_RULE = CouponRule(
    worth=Worth.PERCENT, value=Decimal(10), currency="", minimum=Decimal(0), valid_days=30, referral_value=Decimal(10)
)


@dataclass(frozen=True, slots=True)
class Offers:
    """What the confirmations of a batch may offer. `fresh` are codes nobody has yet, by what they are drawn for."""

    firsts: frozenset[int] = frozenset()  # orders
    standings: Mapping[int, Standing] = field(default_factory=dict)  # by customer
    rule: CouponRule | None = None
    coupons: Mapping[int, Coupon] = field(default_factory=dict)  # by order
    referrals: Mapping[int, ReferralCode] = field(default_factory=dict)  # by customer
    fresh: Mapping[tuple[str, int], str] = field(default_factory=dict)
    similar: Mapping[int, Sequence[Product]] = field(default_factory=dict)  # by order


@dataclass(frozen=True, slots=True)
class Extras:
    """The style really used, why it is not the one that was chosen, and what it says."""

    style: str
    reason: str
    parts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One confirmation to be dressed."""

    told: Told
    offers: Offers
    house: House
    notes: Notes

    @property
    def order(self) -> Order:
        return self.told.order


def load_offers(messages: Sequence[Message]) -> Offers:
    """At most eleven queries whatever the number of messages; none for those without an order or in a style that needs nothing."""
    by_style: dict[str, dict[int, Order]] = {}
    for message in messages:
        if message.kind == Kind.ORDER_CONFIRMATION and message.channel == Channel.EMAIL and message.order is not None:
            by_style.setdefault(message.style, {})[message.order.pk] = message.order
    warm, enticing, similar = ([*by_style.get(style, {}).values()] for style in (Style.WARM, Style.ENTICING, Style.SIMILAR))
    if not (warm or enticing or similar):
        return Offers()
    prefetch_related_objects(similar, "lines")
    rule = coupon_rule() if enticing else None
    coupons = coupons_of_orders(order.pk for order in enticing) if rule else {}
    shoppers = {order.customer_id for order in enticing if order.customer_id is not None}
    referrals = referral_codes_of(shoppers) if rule and rule.referral_value else {}
    return Offers(
        firsts=first_paid_orders(orders=warm) if warm else frozenset(),
        standings=standings_of(_customers([*enticing, *similar])),
        rule=rule,
        coupons=coupons,
        referrals=referrals,
        fresh=_fresh(rule, (o.pk for o in enticing if o.pk not in coupons), shoppers - set(referrals)) if rule else {},
        similar=similar_items(orders=similar, limit=LOOKED_AT) if similar else {},
    )


def _customers(orders: Iterable[Order]) -> list[int]:
    return sorted({order.customer_id for order in orders if order.customer_id is not None})


def _fresh(rule: CouponRule, orders: Iterable[int], shoppers: Iterable[int]) -> dict[tuple[str, int], str]:
    wanted = [("order", pk) for pk in orders] + ([("customer", pk) for pk in shoppers] if rule.referral_value else [])
    return dict(zip(wanted, draw_codes(len(wanted)), strict=True)) if wanted else {}


def extras(style: str, wanted: Wanted) -> Extras:
    """What the confirmation says beside its facts. In an example nothing is lacking: what the order has not is made up."""
    style = style or Style.PLAIN
    lacks = "" if wanted.notes.is_example else _lacks(style, wanted)
    parts: dict[str, Any] = {"coupon": NO_COUPON, "referral": NO_REFERRAL, "similar": [], "welcome": NO_WELCOME}
    if lacks:
        return Extras(Style.PLAIN, f"{style} -> plain: {lacks}", parts)
    try:
        return Extras(str(style), "", parts | _said(style, wanted))
    except NoCoupon as error:
        return Extras(Style.PLAIN, f"{style} -> plain: {error}", parts)


def _said(style: str, wanted: Wanted) -> dict[str, Any]:
    """What only this style says. Raises NoCoupon."""
    if style == Style.WARM:
        return {"welcome": _welcome(wanted.told)}
    if style == Style.ENTICING:
        return _rewards(wanted)
    return {"similar": _similar(wanted)} if style == Style.SIMILAR else {}


def stop_offers_url(order: Order, base_url: str) -> str:
    """What a confirmation that advertises is unsubscribed from: offers, not confirmations. Empty without a shopper."""
    if order.customer is None:
        return ""
    return f"{base_url}/unsubscribe/{unsubscribe_token(customer=order.customer, topic=Topic.OFFERS, channel=Channel.EMAIL)}/"


def _lacks(style: str, wanted: Wanted) -> str:
    """Why the style cannot be had; empty when it can, but for a coupon the rule does not give this order."""
    order, offers = wanted.order, wanted.offers
    if style == Style.WARM:
        return "" if order.pk in offers.firsts else "not the first paid order"
    if style not in ADVERTISING:
        return ""
    standing = offers.standings.get(order.customer_id or 0, Standing())
    if reason := lacking(style, standing, now=wanted.told.now, has_coupons=offers.rule is not None):
        return reason
    if order.state == OrderState.CANCELLED:
        return "the order was cancelled"
    is_bare = style == Style.SIMILAR and not _offered(offers.similar.get(order.pk, ()))
    return "nothing in stock goes with it" if is_bare else ""


def _welcome(told: Told) -> dict[str, Any]:
    """The products in a sentence: `Linen shirt and Leather belt`; of many the first, and how many more."""
    titles = list(dict.fromkeys(shorten(clean(line.title)) for line, _ in told.items))
    more = max(0, len(titles) - NAMED) if len(titles) > NAMED + 1 else 0
    shown = titles[:NAMED] if more else titles
    echo = ("、" if told.words.language == "zh-hans" else ", ").join(shown) if more else format_list(shown, locale=told.words.locale)
    return {"is_first": True, "echo": echo, "more": more}


def _coupon(wanted: Wanted) -> Coupon:
    """The order's own, else one drafted by the rule. Raises NoCoupon."""
    order, offers = wanted.order, wanted.offers
    if (known := offers.coupons.get(order.pk)) is not None:
        return known
    if offers.rule is None:
        raise NoCoupon("no coupons are given")
    code = offers.fresh.get(("order", order.pk), SAMPLE)
    return draft_coupon(rule=offers.rule, order=order, code=code, zone=wanted.told.words.timezone, at=wanted.told.now)


def _rewards(wanted: Wanted) -> dict[str, Any]:
    """Coupon and referral code, given when `notes` are stored; where they are not, a sample stands for them. Raises NoCoupon."""
    notes, told = wanted.notes, wanted.told
    coupon = _example(wanted) if notes.is_example else _coupon(wanted)
    if notes.is_kept:
        coupon = notes.coupons.setdefault(wanted.order.pk, coupon)
    code = coupon.code if notes.is_kept else SAMPLE
    return {"coupon": _coupon_part(told, coupon, code), "referral": _referral_part(wanted)}


def _example(wanted: Wanted) -> Coupon:
    """As the merchant's rule would give it; by ten percent for thirty days when there is none that fits."""
    try:
        return _coupon(wanted)
    except NoCoupon:
        order = Order(pk=wanted.order.pk, customer_id=wanted.order.customer_id or 0, currency=wanted.order.currency)
        return draft_coupon(rule=EXAMPLE_RULE, order=order, code=SAMPLE, zone=wanted.told.words.timezone, at=wanted.told.now)


def _coupon_part(told: Told, coupon: Coupon, code: str) -> dict[str, str]:
    words = told.words
    is_amount = coupon.worth == Worth.AMOUNT
    return {
        "code": code,
        "worth": words.money(coupon.value, coupon.currency) if is_amount else percent(coupon.value, words),
        "minimum": words.money(coupon.minimum, coupon.currency) if coupon.minimum else "",
        "expires_on": told.moment(coupon.expires_at),
        "expires_short": words.short(words.local(coupon.expires_at).date()),
    }


def percent(value: Decimal, words: Words) -> str:
    return _percent_text(value, str(words.locale))


# One merchant gives the same percentage to everybody.
@lru_cache(maxsize=256)
def _percent_text(value: Decimal, locale: str) -> str:
    return format_percent(value / 100, locale=Locale.parse(locale), decimal_quantization=False)


def _referral_part(wanted: Wanted) -> dict[str, str]:
    offers, notes, customer_id = wanted.offers, wanted.notes, wanted.order.customer_id
    rule = offers.rule or (EXAMPLE_RULE if notes.is_example else None)
    if rule is None or not rule.referral_value or (customer_id is None and not notes.is_example):
        return NO_REFERRAL
    code = SAMPLE
    if notes.is_kept and customer_id is not None:
        code = _referral(customer_id, offers, notes, wanted.told.now).code
    url = _with_code(safe_url(wanted.house.branding.shop_url), code)
    return {"code": code, "url": url, "worth": percent(rule.referral_value, wanted.told.words)}


def _referral(customer_id: int, offers: Offers, notes: Notes, now: datetime) -> ReferralCode:
    """The shopper's code; one draft for all of a shopper's orders in the batch."""
    known = offers.referrals.get(customer_id) or notes.referrals.get(customer_id)
    if known is None:
        known = draft_referral_code(customer_id=customer_id, code=offers.fresh["customer", customer_id], at=now)
        notes.referrals[customer_id] = known
    return known


def _with_code(shop_url: str, code: str) -> str:
    """The shop's own address with `ref=<code>`, so that the shop knows who sent the friend; empty without one."""
    if not shop_url.startswith(("https://", "http://")):
        return ""
    parts = urlsplit(shop_url)
    query = [*(pair for pair in parse_qsl(parts.query) if pair[0] != "ref"), ("ref", code)]
    return urlunsplit(parts._replace(query=urlencode(query), path=parts.path or "/"))


def _offered(products: Sequence[Product]) -> list[Product]:
    """Those with a page where they can be bought."""
    return [row for row in products if safe_url(row.page_url).startswith(("https://", "http://"))][:ITEMS]


def _similar(wanted: Wanted) -> list[dict[str, str]]:
    told = wanted.told
    rows = _offered(wanted.offers.similar.get(wanted.order.pk, ()))
    found = [
        {
            "title": shorten(clean(row.title)),
            "price": told.money(row.price or Decimal(0)),
            "image_url": picture(row.image_url),
            "url": safe_url(row.page_url),
        }
        for row in rows
    ]
    return found or _stand_ins(wanted)


def _stand_ins(wanted: Wanted) -> list[dict[str, str]]:
    """For an example of an order nothing goes with: its own products in the places."""
    return [
        {
            "title": shorten(clean(line.title)),
            "price": wanted.told.money(line.unit_price),
            "image_url": picture(line.image_url),
            "url": f"{wanted.house.base_url}/",
        }
        for line, _ in wanted.told.items[:ITEMS]
    ]
