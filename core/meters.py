"""What each process counts of its own work. Everything else that is measured is counted in the database when it is asked for."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("postpurchase_requests", "Requests answered, by kind of page and class of status.", ["kind", "status"])
SECONDS = Histogram(
    "postpurchase_request_seconds", "Time to answer, by kind of page.", ["kind"], buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
)
KINDS = frozenset({"admin", "ops", "api", "hooks", "callbacks", "platform"})
HEALTH = frozenset({"healthz", "readyz", "metrics"})


def kind_of(path: str, *, is_portal: bool) -> str:
    """A handful of kinds, whatever anybody asks for."""
    if is_portal:
        return "portal"
    first = path.lstrip("/").partition("/")[0]
    return "health" if first in HEALTH else first if first in KINDS else "other"
