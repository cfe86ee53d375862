"""Every version of the policy at once, and the last day of many orders: for lists and messages, where one look per order is too many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from catalog.models import Product
from merchants.models import Merchant
from orders.models import Order, OrderLine
from returns.models import ReturnPolicy
from returns.rules.deadlines import last_day_of
from returns.rules.policy import Rules
from returns.selectors.policy import rules_of
from returns.types import Article, PolicyState, Situation

ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Versions:
    """All that were ever in force. Each is read once."""

    rows: Sequence[ReturnPolicy]
    currency: str
    read: dict[int | None, Rules] = field(default_factory=dict)

    @property
    def in_force(self) -> ReturnPolicy:
        return next((row for row in self.rows if row.state == PolicyState.PUBLISHED), None) or ReturnPolicy()

    def rules_for(self, at: datetime) -> tuple[Rules, ...]:
        """Of the version at a moment and of today's: one where they are the same."""
        held = [row for row in self.rows if row.published_at is None or row.published_at <= at]
        bought = max(held, key=lambda row: (row.published_at or ALWAYS, row.number)) if held else ReturnPolicy()
        current = self.in_force
        return (self._rules(current),) if bought.pk == current.pk else (self._rules(bought), self._rules(current))

    def _rules(self, row: ReturnPolicy) -> Rules:
        if row.pk not in self.read:
            self.read[row.pk] = rules_of(row, currency=self.currency)
        return self.read[row.pk]


@dataclass(frozen=True, slots=True)
class Purchase:
    """What an order's last day is made from. How often its shopper sends things back is not looked at: a list tells what usually holds."""

    rules: tuple[Rules, ...]
    articles: tuple[Article, ...]
    country: str
    currency: str
    placed_on: date

    def last_day(self, *, delivered_on: date | None, arrive_by: date | None) -> date | None:
        """The earliest last day among its lines; None where none goes back, or none ever ends."""
        situation = Situation(self.country, self.currency, self.placed_on, self.placed_on, delivered_on, arrive_by)
        return last_day_of(versions=self.rules, articles=self.articles, situation=situation)


def all_versions(*, currency: str) -> Versions:
    """One query."""
    return Versions(list(ReturnPolicy.objects.exclude(state=PolicyState.DRAFT).order_by("number")), currency)


def purchases_of(*, orders: Sequence[Order], merchant: Merchant) -> dict[int, Purchase]:
    """Each order's; three queries at most, two where no rule asks what a thing is."""
    versions = all_versions(currency=merchant.currency)
    lines: dict[int, list[OrderLine]] = {order.pk: [] for order in orders}
    for line in OrderLine.objects.filter(order__in=lines) if lines else ():
        lines[line.order_id].append(line)
    products = products_of([line for rows in lines.values() for line in rows], versions)
    return {one.pk: purchase_of(order=one, lines=lines[one.pk], versions=versions, products=products, merchant=merchant) for one in orders}


def products_of(lines: Sequence[OrderLine], versions: Versions) -> dict[int | str, Product]:
    """Products by id and article number; one query where a rule goes by types or marks, else none."""
    if not any(one["when"].get("types") or one["when"].get("tags") for row in versions.rows for one in row.rules):
        return {}
    ids = {line.product_id for line in lines if line.product_id}
    skus = {line.sku for line in lines if not line.product_id and line.sku}
    rows = Product.objects.filter(Q(pk__in=ids) | Q(sku__in=skus)).only("id", "merchant_id", "sku", "category", "tags").order_by("-pk")
    found: dict[int | str, Product] = {}
    for row in rows:
        found[row.pk] = found[row.sku] = row
    return found


def purchase_of(
    *, order: Order, lines: Sequence[OrderLine], versions: Versions, products: Mapping[int | str, Product], merchant: Merchant
) -> Purchase:
    """One order's, of what is at hand."""
    return Purchase(
        rules=versions.rules_for(order.placed_at),
        articles=tuple(_article(order, line, products.get(line.product_id or line.sku)) for line in lines),
        country=str((order.shipping_address or {}).get("country") or merchant.country),
        currency=order.currency,
        placed_on=order.placed_at.astimezone(ZoneInfo(merchant.timezone)).date(),
    )


def _article(order: Order, line: OrderLine, product: Product | None) -> Article:
    return Article(
        line_id=line.pk,
        quantity=line.quantity,
        unit_paid=(line.total + (0 if order.taxes_included else line.tax)) / line.quantity,
        sku=line.sku,
        product_type=product.category if product else "",
        tags=tuple(product.tags) if product else (),
        is_discounted=line.discount > 0,
        is_shipped_good=line.requires_shipping,
    )
