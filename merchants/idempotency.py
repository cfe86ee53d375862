"""The same POST twice has one effect: its answer is stored in the transaction of the effect and given again."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from core.transactions import require_transaction
from merchants.models import IdempotencyKey

KEPT = timedelta(days=7)
MAX_KEY = 200


class KeyReused(ValueError):
    """The key was used before for a request that said something else."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    is_replay: bool = False


def is_key(value: str) -> bool:
    """1 to 200 printable ASCII characters, not blank."""
    return bool(value.strip()) and len(value) <= MAX_KEY and value.isascii() and value.isprintable()


def hash_request(*, path: str, query: dict[str, Any], body: Any) -> str:
    """The same for the same request, however its JSON was laid out."""
    text = json.dumps([path, query, body], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def answer_once(*, key: str, endpoint: str, request_hash: str, at: datetime, work: Callable[[], Answer]) -> Answer:
    """Do the work and store its answer, or give the stored one. Refuses (KeyReused) another request under the same key.

    A second request in parallel waits on the unique index until the first commits, then replays. When the work raises,
    the key goes with the transaction and may be used again.
    """
    require_transaction("merchants.idempotency.answer_once")
    row = _claim(key=key, endpoint=endpoint, request_hash=request_hash, at=at)
    if row is None:
        return _stored(key=key, endpoint=endpoint, request_hash=request_hash)
    answer = work()
    row.status, row.body = answer.status, answer.body
    row.save(update_fields=["status", "body"])
    return answer


def _claim(*, key: str, endpoint: str, request_hash: str, at: datetime) -> IdempotencyKey | None:
    try:
        with transaction.atomic():
            row: IdempotencyKey = IdempotencyKey.objects.create(key=key, endpoint=endpoint, request_hash=request_hash, created_at=at)
    except IntegrityError:
        return None
    return row


def _stored(*, key: str, endpoint: str, request_hash: str) -> Answer:
    row = IdempotencyKey.objects.get(key=key, endpoint=endpoint)
    if row.request_hash != request_hash:
        raise KeyReused("this Idempotency-Key was used for another request")
    return Answer(row.status, row.body, is_replay=True)


def purge_answers(*, now: datetime) -> int:
    """Forget the current merchant's answers older than seven days; returns how many."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()
    return int(deleted)
