"""The policy in force and the one of a day, the reasons, the places things go back to, and what an order's lines may do."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import get_language

from catalog.models import Product, WarrantyTerm
from catalog.rules import Term, months_later, months_promised
from merchants.models import Merchant
from merchants.selectors import current_merchant
from orders.models import Order, OrderLine
from orders.types import Fulfilment
from returns.models import Return, ReturnPlace, ReturnPolicy, ReturnReason
from returns.models.cases import GONE
from returns.rules.deadlines import last_day_of
from returns.rules.dossier import Dossier
from returns.rules.parse import BadPolicy, parse_policy
from returns.rules.policy import Rules
from returns.rules.reasons import Reason, shipped_name, shipped_reasons
from returns.selectors.units import kept_back, units_back
from returns.types import Article, Decision, PolicyState, ReasonKind, Situation, Way
from tracking.models import Shipment
from tracking.types import ShipmentStatus

log = logging.getLogger(__name__)
YEAR = timedelta(days=365)
ALWAYS = datetime.min.replace(tzinfo=UTC)


# Versions


def policy() -> ReturnPolicy:
    """The current merchant's policy in force; unsaved defaults when none was ever published."""
    row: ReturnPolicy | None = ReturnPolicy.objects.filter(state=PolicyState.PUBLISHED).first()
    return row if row is not None else ReturnPolicy()


def draft() -> ReturnPolicy | None:
    """The version being written, if there is one."""
    row: ReturnPolicy | None = ReturnPolicy.objects.filter(state=PolicyState.DRAFT).select_related("saved_by").first()
    return row


def versions() -> list[ReturnPolicy]:
    """Every version, the newest first."""
    return list(ReturnPolicy.objects.select_related("saved_by").order_by("-number"))


def version_on(at: datetime) -> ReturnPolicy:
    """The version that was in force at a moment; unsaved defaults for what was before the first."""
    return _bought(_versions_since(at), at)


def _versions_since(at: datetime) -> list[ReturnPolicy]:
    """The version in force at the moment, and today's; one query."""
    then = (Q(published_at=None) | Q(published_at__lte=at)) & (Q(replaced_at=None) | Q(replaced_at__gt=at))
    return list(ReturnPolicy.objects.exclude(state=PolicyState.DRAFT).filter(then | Q(state=PolicyState.PUBLISHED)).order_by("number"))


def _bought(rows: Sequence[ReturnPolicy], at: datetime) -> ReturnPolicy:
    held = [row for row in rows if row.published_at is None or row.published_at <= at]
    return max(held, key=lambda row: (row.published_at or ALWAYS, row.number)) if held else ReturnPolicy()


def rules_of(row: ReturnPolicy, *, currency: str) -> Rules:
    """The version's rules. One that cannot be read any more, as after a change of currency, holds with its base alone."""
    base: dict[str, Any] = {"window_days": row.window_days, "is_free": row.is_free, "refund_days": row.refund_days, "currency": currency}
    try:
        return parse_policy(**base, outcomes=row.outcomes, rules=row.rules)
    except BadPolicy as bad:
        log.error("return policy %s cannot be read: %s", row.pk, bad)
        return Rules(**base)


# Reasons and places


def reasons(kind: ReasonKind | None = None) -> list[Reason]:
    """What a shopper may choose from, in the active language: the merchant's own list, or the shipped one."""
    rows = list(ReturnReason.objects.order_by("rank", "id"))
    found = [_reason(row) for row in rows if row.is_active] if rows else shipped_reasons()
    return [one for one in found if kind is None or one.kind == kind]


def _reason(row: ReturnReason) -> Reason:
    return Reason(row.code, ReasonKind(row.kind), _said(row.names) or shipped_name(row.code), _said(row.asks))


def _said(words: Mapping[str, str]) -> str:
    """The words of the active language, else the English ones, else any."""
    return words.get(get_language() or "en") or words.get("en") or next((text for text in words.values() if text), "")


def places() -> list[ReturnPlace]:
    """Where things go back to, the default first."""
    return list(ReturnPlace.objects.filter(is_active=True).order_by("-is_default", "id"))


def place_for(country: str, *, key: str = "") -> ReturnPlace:
    """Where a parcel from a country goes: the place a rule names, else the one for the country, else the default, else any for all.

    Unsaved, and by a carrier of the shopper's choice, while no place is stored.
    """
    rows = places()
    named = [row for row in rows if key and row.key == key]
    near = [row for row in rows if country in row.countries]
    default = [row for row in rows if row.is_default]
    anywhere = [row for row in rows if not row.countries]
    return next(iter([*named, *near, *default, *anywhere]), ReturnPlace(ways={Way.OWN.value: "0"}))


def ways_of(place: ReturnPlace) -> dict[Way, Decimal]:
    """Each way that is offered there and its fee; by a carrier of the shopper's choice where nothing else is said."""
    return {Way(name): Decimal(str(fee)) for name, fee in place.ways.items()} or {Way.OWN: Decimal(0)}


# An order and its lines


def articles_of(order: Order, lines: Sequence[OrderLine]) -> list[Article]:
    """The lines as the policy sees them, with what can still go back of each; six queries whatever their number."""
    return _articles(order, lines, ZoneInfo(current_merchant().timezone), _parcels(order))


def dossier_of(
    *,
    order: Order,
    today: date,
    country: str | None = None,
    is_gift: bool = False,
    lines: Sequence[OrderLine] | None = None,
    merchant: Merchant | None = None,
) -> Dossier:
    """Everything the policy asks about an order; at most ten queries, whatever the number of lines; `merchant` spares one."""
    merchant, parcels = merchant or current_merchant(), _parcels(order)
    zone = ZoneInfo(merchant.timezone)
    rows = list(order.lines.all()) if lines is None else lines
    articles = {one.line_id: one for one in _articles(order, rows, zone, parcels)}
    bought, current = _both(order, merchant.currency)
    counts = any(rule.when.min_earlier_returns is not None for rules in (bought, current) for rule in rules.rules)
    return Dossier(articles, _situation(order, merchant, parcels, today, country, is_gift, counts), bought, current)


def decisions_of(
    *,
    order: Order,
    today: date,
    country: str | None = None,
    reason: str = "",
    kind: ReasonKind = ReasonKind.WISH,
    is_gift: bool = False,
) -> dict[int, Decision]:
    """What holds for every line of an order, by its id: of the version of its purchase and the current one the better."""
    return dossier_of(order=order, today=today, country=country, is_gift=is_gift).decisions(reason=reason, kind=kind)


def deadline_of_order(*, order: Order, today: date) -> date | None:
    """The earliest last day among the lines that can go back; None where none can, or none has a last day."""
    found = dossier_of(order=order, today=today)
    return last_day_of(versions=[found.bought, found.current], articles=found.articles.values(), situation=found.situation)


def _both(order: Order, currency: str) -> tuple[Rules, Rules]:
    """Rules of the day of purchase and of today; the same object when they are the same version."""
    rows = _versions_since(order.placed_at)
    in_force = next((row for row in rows if row.state == PolicyState.PUBLISHED), None) or ReturnPolicy()
    old = _bought(rows, order.placed_at)
    current = rules_of(in_force, currency=currency)
    return (current if old.pk == in_force.pk else rules_of(old, currency=currency)), current


def _parcels(order: Order) -> list[Shipment]:
    rows = Shipment.objects.filter(order=order).exclude(status=ShipmentStatus.CANCELLED)
    return list(rows.only("id", "merchant_id", "delivered_at", "shipped_at"))


def _situation(
    order: Order, merchant: Merchant, parcels: Sequence[Shipment], today: date, country: str | None, is_gift: bool, counts: bool
) -> Situation:
    """`counts`: whether any rule asks for earlier returns; else they are not read."""
    zone = ZoneInfo(merchant.timezone)
    return Situation(
        country=country or str((order.shipping_address or {}).get("country") or merchant.country),
        currency=order.currency,
        placed_on=order.placed_at.astimezone(zone).date(),
        today=today,
        delivered_on=delivered_on(order, parcels, zone),
        arrive_by=order.arrive_by,
        earlier_returns=_earlier(order, today, zone) if counts else 0,
        is_gift=is_gift,
    )


def delivered_on(order: Order, parcels: Sequence[Shipment], zone: ZoneInfo) -> date | None:
    """The day the last parcel came; None while anything is to come, or nothing is known of its way."""
    days = [one.delivered_at for one in parcels]
    if not days or None in days or order.fulfilment != Fulfilment.FULFILLED:
        return None
    return max(day for day in days if day is not None).astimezone(zone).date()


def _earlier(order: Order, today: date, zone: ZoneInfo) -> int:
    """Returns of the same shopper within a year, of other orders: this one's own make no difference to it."""
    if order.customer_id is None:
        return 0
    since = datetime(today.year, today.month, today.day, tzinfo=zone) - YEAR
    rows = Return.objects.filter(order__customer=order.customer_id, requested_at__gte=since).exclude(order=order.pk)
    return int(rows.exclude(state__in=GONE).count())


def _articles(order: Order, lines: Sequence[OrderLine], zone: ZoneInfo, parcels: Sequence[Shipment]) -> list[Article]:
    products, taken = _products(lines), units_back(line_ids=[line.pk for line in lines])
    kept = kept_back(order_id=order.pk)
    months = _months([row.pk for row in products.values() if row.warranty_months is not None], order)
    came = delivered_on(order, parcels, zone)
    # A parcel of which nobody told what is in it may hold any line.
    is_left = any(one.shipped_at or one.delivered_at for one in parcels) and not any(line.quantity_fulfilled for line in lines)
    is_all_sent = order.fulfilment == Fulfilment.FULFILLED or is_left
    found = []
    for line in lines:
        product = products.get(line.pk)
        covered = months.get(product.pk, product.warranty_months or 0) if product else 0
        start = came or order.arrive_by or order.placed_at.astimezone(zone).date()
        unit = (line.total + (0 if order.taxes_included else line.tax)) / line.quantity
        left = max(0, line.quantity - line.quantity_removed - taken.get(line.pk, 0))
        found.append(
            Article(
                line_id=line.pk,
                quantity=left,
                unit_paid=unit,
                most=max(Decimal(0), unit * left - kept[line.pk]) if line.pk in kept else None,
                sku=line.sku,
                product_type=product.category if product else "",
                tags=tuple(product.tags) if product else (),
                is_discounted=line.discount > 0,
                is_shipped_good=line.requires_shipping,
                is_sent=not line.requires_shipping or line.quantity_fulfilled > 0 or is_all_sent,
                warranty_until=months_later(start, covered) if covered else None,
            )
        )
    return found


def _products(lines: Sequence[OrderLine]) -> dict[int, Product]:
    """Each line's product; for a line older than the catalogue, the one with its article number."""
    ids = {line.product_id for line in lines if line.product_id}
    skus = {line.sku for line in lines if not line.product_id and line.sku}
    if not ids and not skus:
        return {}
    rows = Product.objects.filter(Q(pk__in=ids) | Q(sku__in=skus)).only("id", "merchant_id", "sku", "category", "tags", "warranty_months")
    by_id: dict[int, Product] = {row.pk: row for row in rows}
    by_sku = {row.sku: row for row in sorted(by_id.values(), key=lambda row: -row.pk)}
    found = {line.pk: by_id.get(line.product_id or 0) or by_sku.get(line.sku if not line.product_id else "") for line in lines}
    return {id: row for id, row in found.items() if row is not None}


def _months(product_ids: Sequence[int], order: Order) -> dict[int, int]:
    """The warranty that held on the day of purchase, in months, where it was ever written down."""
    terms: dict[int, list[Term]] = {}
    for row in WarrantyTerm.objects.filter(product__in=product_ids).order_by("since", "id") if product_ids else ():
        terms.setdefault(row.product_id, []).append(Term(row.months, row.since))
    return {id: months_promised(known, bought_at=order.placed_at) for id, known in terms.items()}
