"""What messages came to over a span of days, read from the days' figures in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection

from merchants.scope import required_merchant_id


@dataclass(slots=True)
class Sums:
    """Messages handed over and what became of them. Cost by currency; what no price is known of is not in it."""

    sent: int = 0
    delivered: int = 0
    bounced: int = 0
    failed: int = 0
    segments: int = 0
    cost: dict[str, Decimal] = field(default_factory=dict)

    def add(self, counts: Sequence[int], cost: Decimal, currency: str) -> None:
        sent, delivered, bounced, failed, segments = counts
        self.sent, self.delivered, self.bounced = self.sent + sent, self.delivered + delivered, self.bounced + bounced
        self.failed, self.segments = self.failed + failed, self.segments + segments
        if cost:
            self.cost[currency] = self.cost.get(currency, Decimal(0)) + cost

    @property
    def share(self) -> float | None:
        """Delivered of those sent; None when nothing was."""
        return self.delivered / self.sent if self.sent else None


@dataclass(slots=True)
class Figures:
    """The same messages counted four ways, and in all."""

    total: Sums = field(default_factory=Sums)
    days: dict[date, Sums] = field(default_factory=dict)
    templates: dict[tuple[str, str, str], Sums] = field(default_factory=dict)  # (kind, channel, template)
    providers: dict[tuple[str, str], Sums] = field(default_factory=dict)  # (channel, provider)
    countries: dict[tuple[str, str], Sums] = field(default_factory=dict)  # (channel, country)


READ = """
    select grouping(day), grouping(kind), grouping(provider), day, kind, channel, template_label, provider, country, currency,
        sum(sent), sum(delivered), sum(bounced), sum(failed), sum(segments), sum(cost)
    from notifications_dayfigure
    where merchant_id = %s and day between %s and %s and (%s = '' or channel = %s)
    group by grouping sets (
        (day, currency), (kind, channel, template_label, currency), (channel, provider, currency), (channel, country, currency)
    )
    order by sum(sent) desc, day, kind, channel, template_label, provider, country, currency"""


def figures(*, first: date, last: date, channel: str = "") -> Figures:
    """Both days included, of the current merchant; most sent first. One statement."""
    found = Figures()
    with connection.cursor() as cursor:
        cursor.execute(READ, [required_merchant_id(), first, last, channel, channel])
        for no_day, no_kind, no_provider, day, kind, way, label, provider, country, currency, *counts, cost in cursor.fetchall():
            if not no_day:
                sums = found.days.setdefault(day, Sums())
                found.total.add(counts, cost, currency)
            elif not no_kind:
                sums = found.templates.setdefault((kind, way, label), Sums())
            elif not no_provider:
                sums = found.providers.setdefault((way, provider), Sums())
            else:
                sums = found.countries.setdefault((way, country), Sums())
            sums.add(counts, cost, currency)
    return found
