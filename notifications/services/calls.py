"""What the calls of a batch say about their account: trouble to show, how long to leave it alone, what it did not spend."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from events.queue import database_now
from notifications.models import ProviderAccount
from notifications.rules import LEASE_ENDED, clamp
from notifications.rules.breaker import OPENS_AT, Health, after_calls
from notifications.services.prepare import Ready
from notifications.types import NotAccepted, Outcome, Refused, Unknown

Call = tuple[Ready, Outcome, bool]  # what was handed over, the answer, and whether it moved the message


def note_calls(calls: Sequence[Call], *, at: datetime) -> None:
    """Keep what one account's calls came to, in the merchant's scope. One statement when all is well."""
    accounts = ProviderAccount.objects.filter(pk=calls[0][0].account.id)
    outcomes = [outcome for _, outcome, _ in calls if outcome is not LEASE_ENDED]
    troubles = [outcome for outcome in outcomes if isinstance(outcome, NotAccepted | Unknown)]
    is_trial = calls[0][0].is_trial
    if troubles:
        row = accounts.select_for_update(no_key=True).get()
        _note_trouble(row, outcomes, is_trial=is_trial, at=at)
    elif is_trial and outcomes:
        accounts.update(failures=0, paused_until=None)
    elif outcomes:
        accounts.filter(failures__gt=0, failures__lt=OPENS_AT).update(failures=0)
    _give_back(accounts, calls)


def _note_trouble(row: ProviderAccount, outcomes: Sequence[Outcome], *, is_trial: bool, at: datetime) -> None:
    """The account shows the merchant the latest trouble with it, and is left alone as long as its provider asks or the breaker says."""
    last = [outcome.detail for outcome in outcomes if isinstance(outcome, NotAccepted | Unknown)][-1]
    health = after_calls(Health(row.failures), outcomes, is_trial=is_trial)
    asked = [outcome.retry_after for outcome in outcomes if isinstance(outcome, NotAccepted) and outcome.retry_after is not None]
    pause = max([health.pause, *(clamp(seconds) for seconds in asked)])
    row.last_error, row.last_error_at, row.failures = last.replace("\x00", "")[:300], at, health.failures
    if is_trial and not health.is_broken:
        row.paused_until = None
    if pause:
        until = database_now() + timedelta(seconds=pause)
        # What a trial holds back for the time of its call is no reason to wait longer.
        row.paused_until = until if is_trial or row.paused_until is None else max(row.paused_until, until)
    row.save(update_fields=["last_error", "last_error_at", "failures", "paused_until"])


def _give_back(accounts: QuerySet[ProviderAccount], calls: Sequence[Call]) -> None:
    """What was reserved of the day's cap for messages the provider did not take."""
    unspent = sum((ready.cost for ready, outcome, moved in calls if moved and ready.cost and _is_free(outcome)), Decimal(0))
    if unspent:
        accounts.filter(daily_cap__isnull=False).update(spent=Greatest(F("spent") - unspent, Decimal(0)))


def _is_free(outcome: Outcome) -> bool:
    return isinstance(outcome, NotAccepted | Refused)
