"""`/metrics` for Prometheus. What the database knows is asked there at each scrape: it is the truth, and the same from every process.

Only requests are counted in the processes themselves; with several of them per container, PROMETHEUS_MULTIPROC_DIR adds them up.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core.signing import same
from dashboard.queues import depths
from dashboard.vitals import vitals
from events.station import current_hold, silent_seconds
from merchants.models import Merchant
from merchants.scope import across_merchants
from notifications.models import GAPS
from notifications.selectors import queue_figures, stock_of_day

WINDOW = "5m"
CALLS = """
    select a.merchant_id, coalesce(p.provider, ''), coalesce(nullif(a.outcome, ''), 'under_way'), count(*)
    from notifications_attempt as a
    left join notifications_provideraccount as p on p.merchant_id = a.merchant_id and p.id = a.account_id
    where a.started_at > statement_timestamp() - interval '5 minutes' group by 1, 2, 3"""
INCIDENTS = "select type, count(*) from tracking_incident where state <> 'resolved' group by 1"
CONNECTIONS = """
    select connector, sum(refused_count), count(*) filter (where is_active and trouble_since is not null)
    from connectors_connection group by 1"""
OTHERS = "(others)"
Row = tuple[str, ...]


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever shows the token of METRICS_TOKEN; anybody else, and everybody while it is empty, finds no page."""
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not same(shown, settings.METRICS_TOKEN):
        raise Http404
    try:
        body = generate_latest(_registry()) + generate_latest(_of_processes())
    except DatabaseError:
        return HttpResponse("the database cannot be reached", status=503, content_type="text/plain")
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Asked(list(collected())))
    return registry


def _of_processes() -> CollectorRegistry:
    """Of all processes of this container when they share a folder, else of this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class Asked(Collector):
    """Figures that are there already."""

    def __init__(self, found: list[Metric]) -> None:
        self.found = found

    def collect(self) -> Iterable[Metric]:
        return self.found


def collected() -> Iterator[Metric]:
    """Everything the database is asked for: some twenty statements, cut off after five seconds."""
    held, silent = current_hold(), silent_seconds()
    yield _one("sending_held", "1 while nobody may send, as after a restore.", int(held is not None))
    if silent is not None:
        yield _one("relay_silent_seconds", "Seconds since the relay was last heard of.", silent)
    yield from _messages()
    with across_merchants():
        with connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = 5000")
        yield from _queues()
        yield from _calls()
        yield from _stock()
        yield from _around()


def _queues() -> Iterator[Metric]:
    rows = depths()
    for name, words in {
        "due": "Rows that are due, by queue.",
        "later": "Rows that are due later, by queue.",
        "running": "Rows a worker holds, by queue.",
        "expired": "Rows whose worker died, by queue.",
        "dead": "Rows that were given up, by queue.",
        "oldest_seconds": "Age of the oldest due row, by queue.",
    }.items():
        yield _many(f"queue_{name}", words, ("queue",), {(row.queue.name,): getattr(row, name) for row in rows})


def _messages() -> Iterator[Metric]:
    found = queue_figures()
    oldest = found.oldest_due_mandatory.total_seconds() if found.oldest_due_mandatory is not None else 0
    yield _one("oldest_mandatory_message_seconds", "Age of the oldest due message a shopper must have.", oldest)
    yield _one("messages_sending", "Messages handed over, the answer outstanding.", found.sending)
    yield _one("messages_unknown", "Messages of unknown outcome.", found.unknown)
    yield _one("messages_dead_mandatory", "Messages given up that a shopper must have.", found.dead_mandatory)


def _calls() -> Iterator[Metric]:
    by_outcome: Counter[Row] = Counter()
    by_merchant: Counter[int] = Counter()
    for merchant_id, provider, outcome, n in _rows(CALLS):
        by_outcome[provider, outcome] += n
        by_merchant[merchant_id] += n
    yield _many(f"provider_calls_{WINDOW}", "Calls of the last five minutes, by outcome.", ("provider", "outcome"), by_outcome)
    busiest = by_merchant.most_common(settings.METRICS_MERCHANTS)
    slugs = dict(Merchant.objects.filter(pk__in=[id for id, _ in busiest]).values_list("pk", "slug"))
    rates: dict[Row, float] = {(slugs.get(id, str(id)),): n for id, n in busiest}
    if rest := by_merchant.total() - sum(n for _, n in busiest):
        rates[(OTHERS,)] = rest
    yield _many(f"merchant_calls_{WINDOW}", "Calls of the last five minutes of the busiest merchants.", ("merchant",), rates)


def _stock() -> Iterator[Metric]:
    found = stock_of_day()
    counts = {(name,): getattr(found, name) for name in ("events", "deliveries", "messages", "tries", "accepted")}
    yield _many("stock", "Counted in the last day.", ("what",), counts)
    missing = {(name,): getattr(found, name) for name in GAPS}
    yield _many("stock_gap", "What did not add up in the last day; all belong at 0.", ("what",), missing)
    taken_at = found.taken_at.timestamp() if found.taken_at is not None else 0
    yield _one("stock_taken_timestamp_seconds", "When stock was last taken.", taken_at)


def _around() -> Iterator[Metric]:
    yield _many("incidents_open", "Open incidents, by type.", ("type",), {(type,): n for type, n in _rows(INCIDENTS)})
    found = _rows(CONNECTIONS)
    refused = {(connector,): n for connector, n, _ in found}
    troubled = {(connector,): n for connector, _, n in found}
    yield _many("webhooks_refused", "Calls with a wrong or missing proof, ever.", ("connector",), refused)
    yield _many("connections_troubled", "Connections our calls to fail.", ("connector",), troubled)
    state = vitals()
    yield _one("transaction_seconds", "The longest open transaction of the database.", state.transaction_seconds)
    yield _one("xmin_age", "Transactions since the oldest row somebody still sees.", state.xmin_age)
    yield _one("dead_rows", "Dead rows of the worst queue table.", state.dead_rows)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"postpurchase_{name}", words, value=float(value))


def _many(name: str, words: str, labels: Row, values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(f"postpurchase_{name}", words, labels=labels)
    for label, value in sorted(values.items()):
        family.add_metric(label, float(value))
    return family
