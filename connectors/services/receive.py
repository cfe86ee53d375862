"""One webhook comes in: verified on its raw bytes, stored by one insert, answered. All else happens later, on the road."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from django.db import transaction
from django.db.models import F, Q

from connectors.fields import unusable_text
from connectors.models import Connection
from connectors.registry import CONNECTORS, Connector
from connectors.types import Call, Headers, Hook
from core.api import load_json
from events import doorbell
from merchants.models import unseal
from merchants.scope import across_merchants, merchant_scope, one_statement, required_merchant_id

MAX_TOPIC, MAX_EVENT_ID = 80, 100
TOUCH_EVERY = timedelta(minutes=1)
ADDRESSES_KEPT = 10_000
# In strict UTF-8 JSON, NUL and half surrogates can only be written as escapes: a body without these need not be searched.
SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")

# Written in SQL: at hundreds of calls a second, building the two statements anew took longer than all else together.
SIGNED_BY = ("connector", "account", "secret", "previous_secret", "previous_secret_until", "last_received_at")
OPEN = f"""
    select row.id, row.merchant_id, {", ".join(f"row.{name}" for name in SIGNED_BY)}
    from connectors_connection as row join merchants_merchant as merchant on merchant.id = row.merchant_id
    where row.id = %s and row.merchant_id = %s and row.is_active and merchant.is_active"""  # noqa: S608 - our own names
# What a call was verified by has to stand there still, or nothing is stored. The unique key lets the second of two equal calls fall
# silently.
STORE = """
    with door as (
        select row.id, row.merchant_id
        from connectors_connection as row join merchants_merchant as merchant on merchant.id = row.merchant_id
        where row.id = %s and row.merchant_id = %s and row.is_active and merchant.is_active
            and row.connector = %s and row.account = %s and row.secret = %s and row.previous_secret = %s
            and row.previous_secret_until is not distinct from %s
    ), stored as (
        insert into connectors_inboxitem (merchant_id, connection_id, topic, event_id, body, due_at, state,
            fence, attempts, crashes, last_error, waiting_for, outcome)
        select merchant_id, id, %s, %s, %s, statement_timestamp(), 'ready', 0, 0, 0, '', '', '' from door on conflict do nothing
    ) select count(*) from door"""


# By address: the connection as it was last read, secrets sealed. A call it takes is stored only while the row says the same, and one it
# does not take is looked at again with the row read anew: what changed counts at once.
_known: dict[str, Connection] = {}


class Verdict(StrEnum):
    STORED = "stored"  # also when it was stored before
    PING = "ping"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    MALFORMED = "malformed"
    CHANGED = "changed"  # the connection, while it was called


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: Verdict
    detail: str = ""


class NoSuchAddress(LookupError):
    """No connection was ever opened under this address."""


class Malformed(ValueError):
    """Signed, but nothing that could be stored and read later."""


def receive(*, public_id: str, body: bytes, headers: Headers, at: datetime, query: Mapping[str, str] | None = None) -> Answer:
    """Take one webhook. A wrong or missing signature, or token, stores nothing but the count of refusals."""
    try:
        id, merchant_id = _address(public_id)
    except NoSuchAddress:
        return Answer(Verdict.UNKNOWN)
    hook = Hook(body, headers, query or {})
    known = _known.get(public_id)
    if known is not None and _take(known, hook, at).verdict == Verdict.STORED:
        return Answer(Verdict.STORED)
    row = _open_connection(id, merchant_id)
    if row is None or row.connector not in CONNECTORS:
        return Answer(Verdict.UNKNOWN)
    _keep(public_id, row)
    answer = _take(row, hook, at)
    return _refuse(row, answer) if answer.verdict == Verdict.REFUSED else answer


def _keep(public_id: str, row: Connection) -> None:
    if len(_known) >= ADDRESSES_KEPT:
        _known.clear()
    _known[public_id] = row


@lru_cache(maxsize=ADDRESSES_KEPT)
def _address(public_id: str) -> tuple[int, int]:
    """Row and merchant of an address; raises NoSuchAddress, which is not kept.

    Safe to keep in the process: an address never moves.
    """
    with across_merchants():
        found: tuple[int, int] | None = Connection.all_merchants.filter(public_id=public_id).values_list("pk", "merchant_id").first()
    if found is None:
        raise NoSuchAddress(public_id)
    return found


def _open_connection(id: int, merchant_id: int) -> Connection | None:
    """The connection with what verifies its calls; None when it, or its merchant, is closed or gone."""
    rows = one_statement(merchant_id, OPEN, [id, merchant_id])
    return Connection.from_db("default", ("id", "merchant_id", *SIGNED_BY), rows[0]) if rows else None


def _take(row: Connection, hook: Hook, at: datetime) -> Answer:
    """What the connection, as we know it, says to the call; a call it takes is stored if the connection still is as we know it."""
    connector = CONNECTORS[row.connector]
    if connector.is_ping(hook):
        return Answer(Verdict.PING)
    if not any(connector.verify(secret, hook) for secret in secrets_of(row, now=at)):
        return Answer(Verdict.REFUSED, "the signature is missing or wrong")
    if row.account and connector.account(hook.headers) != row.account:
        return Answer(Verdict.REFUSED, f"{connector.account_header} names another shop")
    try:
        call = _call(connector, hook)
    except Malformed as error:
        return Answer(Verdict.MALFORMED, str(error))
    if not _store(row, call, hook.body):
        return Answer(Verdict.CHANGED, "try again")
    _touch(row, at)
    return Answer(Verdict.STORED)


def secrets_of(row: Connection, *, now: datetime) -> list[str]:
    """The secrets that count now: the current one, and the one before while its window lasts."""
    secrets = [unseal(row, "secret")]
    if row.previous_secret_until is not None and now < row.previous_secret_until:
        secrets.append(unseal(row, "previous_secret"))
    return secrets


def _refuse(row: Connection, answer: Answer) -> Answer:
    with merchant_scope(_owner(row)):
        Connection.objects.filter(pk=row.pk).update(refused_count=F("refused_count") + 1)
    return answer


def _call(connector: Connector, hook: Hook) -> Call:
    try:
        content = load_json(hook.body)
    except ValueError as error:
        raise Malformed(f"the body is not valid JSON: {error}"[:200]) from None
    if not isinstance(content, dict):
        raise Malformed("the body must be a JSON object")
    if SUSPECT.search(hook.body) and (path := unusable_text(content)):
        raise Malformed(f"{path[:120]!a} holds NUL or broken Unicode")
    topic = connector.topic(hook, content)
    if not topic or len(topic) > MAX_TOPIC or not _is_plain(topic):
        raise Malformed(f"{connector.topic_field} is missing or no topic")
    fingerprint = hashlib.sha256(hook.body).hexdigest()
    event_id = connector.event_id(hook, content, fingerprint)
    return Call(topic, event_id if len(event_id) <= MAX_EVENT_ID and _is_plain(event_id) else fingerprint)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _store(row: Connection, call: Call, body: bytes) -> bool:
    """One insert, and the workers' bell once it is written. False, and nothing stored, when the connection changed since it was read."""
    merchant_id = _owner(row)
    seen = [row.pk, merchant_id, row.connector, row.account, row.secret, row.previous_secret, row.previous_secret_until]
    ((is_there,),) = one_statement(merchant_id, STORE, [*seen, call.topic, call.event_id, body])
    if is_there:
        transaction.on_commit(lambda: doorbell.ring("inbox"))
    return bool(is_there)


def _owner(row: Connection) -> int:
    return row.merchant_id or required_merchant_id()


def _touch(row: Connection, at: datetime) -> None:
    """At most once a minute, so that a burst stays at one insert per call."""
    if row.last_received_at is None or at - row.last_received_at >= TOUCH_EVERY:
        old = Q(last_received_at=None) | Q(last_received_at__lt=at)
        with merchant_scope(_owner(row)):
            Connection.objects.filter(old, pk=row.pk).update(last_received_at=at)
        row.last_received_at = at
