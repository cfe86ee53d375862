"""Check a provider account: ask the provider, look up the sender's domain, keep what was found.

A page asks and a worker does it, because a page is a transaction and the network is slow.
"""

import logging
from collections.abc import Sequence

from django.db import connection

from core.clock import Clock
from core.encryption import BadSecret
from core.transactions import forbid_transaction
from events.queue import any_due
from merchants.scope import across_merchants, merchant_scope
from merchants.selectors import branding
from notifications.accounts import open_account
from notifications.channels.checks import Checkup, check
from notifications.channels.names import NotLookedUp, look_up
from notifications.models import ProviderAccount
from notifications.rules.domains import Answer, Need, judge, needs_of
from notifications.types import Account

logger = logging.getLogger(__name__)
AT_ONCE = 5

# A check that never ends is asked for anew after two minutes.
CLAIM = """
    update notifications_provideraccount set check_due_at = statement_timestamp() + interval '2 minutes'
    where id = any(array(
        select id from notifications_provideraccount where check_due_at <= statement_timestamp()
        order by check_due_at, id limit %s for update skip locked
    ))
    returning merchant_id, id"""
CHECKS_DUE = any_due("notifications_provideraccount", by="check_due_at")


def drain_checks(clock: Clock, limit: int = AT_ONCE) -> int:
    """Check the accounts that are asked for; returns how many."""
    forbid_transaction("notifications.drain_checks")
    with across_merchants(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [min(limit, AT_ONCE)])
        rows = sorted(cursor.fetchall())
    for merchant_id, account_id in rows:
        try:
            _check(merchant_id, account_id, clock)
        except Exception:  # one account's trouble must not cost the others their check; it is due again in two minutes
            logger.exception("account could not be checked", extra={"merchant": merchant_id})
    return len(rows)


def _check(merchant_id: int, account_id: int, clock: Clock) -> None:
    with merchant_scope(merchant_id):
        account, domain = _open(account_id)
    if account is None:
        found, records = Checkup(False, "The secrets cannot be opened with this installation's key. Save them again."), []
    else:
        found = check(account)
        records = [judge(need, _answer(need)).as_json() for need in _needs(account, domain, found)]
    with merchant_scope(merchant_id):
        ProviderAccount.objects.filter(pk=account_id).update(
            check_due_at=None, checked_at=clock(), check_ok=found.ok, check_detail=found.detail[:300], records=records
        )


def _open(account_id: int) -> tuple[Account | None, str]:
    """The account and the domain its mail comes from."""
    row = ProviderAccount.objects.get(pk=account_id)
    try:
        account = open_account(row)
    except BadSecret:
        return None, ""
    sender = account.settings.get("from_email") or branding().email_from
    return account, sender.rpartition("@")[2].lower()


def _needs(account: Account, domain: str, found: Checkup) -> Sequence[Need]:
    return needs_of(account.provider, domain, found.records) if account.channel == "email" and domain else []


def _answer(need: Need) -> Answer:
    """What the domain says; a DMARC record of the domain above counts for those below it."""
    try:
        found = look_up(need.name, need.type)
        if not found and need.what == "DMARC" and need.name.count(".") > 2:
            return look_up(f"_dmarc.{need.name.split('.', 2)[2]}", need.type)
    except NotLookedUp:
        return None
    return found
