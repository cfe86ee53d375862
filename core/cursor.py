"""Keyset pages: a sealed position instead of a page number, so that new rows shift nothing and deep pages cost nothing."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from core.encryption import decrypt, encrypt

M = TypeVar("M", bound=Model)


class BadCursor(ValueError):
    """Not a position we gave out for this list of this merchant."""


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    rows: list[M]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of one merchant, newest first. `by` is its time column; without one the order of making counts."""

    name: str
    merchant_id: int
    by: str | None = None

    def page(self, rows: QuerySet[M], *, cursor: str, limit: int) -> Page[M]:
        """At most `limit` rows behind the cursor. Raises BadCursor."""
        if cursor:
            rows = rows.filter(self._behind(self._open(cursor)))
        found = list(rows.order_by(*([f"-{self.by}"] if self.by else []), "-pk")[: limit + 1])
        more = len(found) > limit
        return Page(found[:limit], self._seal(found[limit - 1]) if more else None)

    def _behind(self, position: dict[str, Any]) -> Q:
        if not self.by:
            return Q(pk__lt=position["id"])
        at = datetime.fromisoformat(position["at"])
        # `<=` first: an index can start there, which it cannot on an OR alone.
        return Q(**{f"{self.by}__lte": at}) & (Q(**{f"{self.by}__lt": at}) | Q(pk__lt=position["id"]))

    def _seal(self, row: Model) -> str:
        at = getattr(row, self.by).isoformat() if self.by else None
        sealed = encrypt(json.dumps({"at": at, "id": row.pk}), merchant_id=self.merchant_id, field=f"cursor.{self.name}")
        return base64.urlsafe_b64encode(sealed.encode()).decode().rstrip("=")

    def _open(self, cursor: str) -> dict[str, Any]:
        try:
            sealed = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
            position: dict[str, Any] = json.loads(decrypt(sealed, merchant_id=self.merchant_id, field=f"cursor.{self.name}"))
        except ValueError:
            raise BadCursor("not a cursor of this list") from None
        return position
