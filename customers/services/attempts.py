"""Limits on what people may try: counted per subject and per network, in rows, so that they hold on every server and after a restart.

A key names whom a try was about or where it came from: `keyed("email", address)`, `keyed("network", network_of(ip))`. Only its
fingerprint is stored. Tries are counted in the caller's transaction: the caller answers, it does not roll back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from core.encryption import fingerprint
from core.transactions import require_transaction
from customers.models import Attempt
from customers.rules import is_over
from customers.types import Attempted
from merchants.scope import required_merchant_id


class TooManyRequests(Exception):
    """More was asked for, or tried, than one person needs. Told for known and unknown addresses alike."""


Limits = tuple[tuple[timedelta, int], ...]  # (window, tries)


def keyed(about: str, value: str) -> str:
    """The key of one dimension; "" when there is nothing to count by, say no network address. Empty keys are left out everywhere."""
    return f"{about}|{value.strip().lower()}" if value.strip() else ""


def may_try(*, what: str, limits: Mapping[str, Limits], at: datetime) -> bool:
    """Count one try against each key unless it would pass a limit of any of them; then nothing is counted and the answer is no.

    Of two at the same moment only one gets the last free place.
    """
    if too_many(what=what, limits=limits, at=at):
        return False
    count_attempt(what=what, keys=list(limits), at=at)
    return True


def too_many(*, what: str, limits: Mapping[str, Limits], at: datetime) -> bool:
    """Whether one more try would pass a limit of one of the keys. Who asks next about one of them waits for the caller's commit."""
    kept = {_stored(key): given for key, given in limits.items() if key}
    if not kept:
        return False
    hold(purpose=Attempted(what), keys=list(kept))
    longest = max(window for given in kept.values() for window, _most in given)
    rows = Attempt.objects.filter(what=Attempted(what), key__in=list(kept), at__gt=at - longest).values_list("key", "at")
    tried: dict[str, list[datetime]] = {}
    for key, moment in rows:
        tried.setdefault(key, []).append(moment)
    return any(is_over(given, tried.get(key, []), at) for key, given in kept.items())


def count_attempt(*, what: str, keys: Sequence[str], at: datetime) -> None:
    """Note one try about each of the keys."""
    Attempt.objects.bulk_create([Attempt(what=Attempted(what), key=_stored(key), at=at) for key in keys if key])


def _stored(key: str) -> str:
    return fingerprint(f"{required_merchant_id()}|{key}")


def hold(*, purpose: str, keys: Sequence[str]) -> None:
    """Let others with one of these keys wait until this transaction ends. Sorted, so that two cannot wait for each other."""
    require_transaction("customers.hold")
    names = sorted(f"{purpose}|{required_merchant_id()}|{key}" for key in keys if key)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(%s::text[]) as name", [names])
