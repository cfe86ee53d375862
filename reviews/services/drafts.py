"""What somebody has typed and not sent off: kept so that the form goes on where it was left, on any device."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from orders.models import OrderLine
from reviews.models import Review, ReviewRequest
from reviews.models.ratings import ReviewDraft
from reviews.models.reviews import GONE
from reviews.services.book import held_order, refuse

SIZE = 20 * 1024
KEPT_FOR = timedelta(days=90)


def save_draft(*, line: OrderLine, request: ReviewRequest | None = None, data: Mapping[str, Any], at: datetime) -> ReviewDraft:
    """Keep the fields as they stand; typed again, the last counts.

    Refuses (ReviewRefused) more than 20 kB (`draft`), and a line of an erased order or with a review (`line`).
    """
    kept = {str(name).replace("\0", ""): _plain(value) for name, value in data.items()}
    if len(json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")) > SIZE:
        raise refuse("draft", _("This is too much to keep. Please shorten it."))
    order = held_order(line.order_id)
    if order.erased_at is not None or Review.objects.filter(order_line=line).exclude(state__in=GONE).exists():
        raise refuse("line", _("Nothing can be written about this any more."))
    values = {"request": request, "data": kept, "at": at}
    row: ReviewDraft = ReviewDraft.objects.update_or_create(order_line=line, defaults=values)[0]
    return row


def _plain(value: Any) -> str | list[str]:
    """Texts and lists of texts, as forms send them."""
    if isinstance(value, list | tuple):
        return [_text(one) for one in value]
    return _text(value)


def _text(value: Any) -> str:
    """Without what the database cannot hold."""
    return str(value).replace("\0", "").encode("utf-8", "ignore").decode()


def drop_draft(*, line: OrderLine) -> None:
    """It was sent off."""
    ReviewDraft.objects.filter(order_line=line).delete()


def sweep_drafts(*, now: datetime, limit: int = 500) -> int:
    """Throw away what was left for ninety days."""
    old = ReviewDraft.objects.filter(at__lt=now - KEPT_FOR).order_by("at").values_list("pk", flat=True)[:limit]
    return int(ReviewDraft.objects.filter(pk__in=list(old)).delete()[0])
