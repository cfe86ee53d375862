"""What readers say: whether an article helped, what it lacked, what they looked for in vain."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F

from merchants.models import Merchant
from merchants.scope import required_merchant_id
from support.models import SearchMiss, Verdict
from support.rules import folded, without_contacts
from support.rules.words import LONGEST_MISS
from support.types import Stage, Visit

LONGEST_MISSING = 300
COUNT = """
    insert into support_daycount as c (merchant_id, day, slug, stage, reads, helpful, unhelpful, contacts, avoided)
    values (%s, %s, %s, %s, 0, %s, %s, 0, 0)
    on conflict (merchant_id, day, slug, stage) do update set
        helpful = c.helpful + excluded.helpful, unhelpful = c.unhelpful + excluded.unhelpful"""


@transaction.atomic
def judge_article(*, slug: str, visit: Visit, language: str, is_helpful: bool, at: datetime, missing: str = "") -> Verdict:
    """Take one browser's word about an article. A second one replaces the first, also in the figures of its day."""
    stage = visit.stage if visit.stage in Stage.values else Stage.ANY.value
    said = "" if is_helpful else without_contacts(missing, longest=LONGEST_MISSING)
    fields = {"stage": stage, "language": language, "is_helpful": is_helpful, "missing": said, "at": at}
    row: Verdict
    row, is_new = Verdict.objects.select_for_update().get_or_create(slug=slug, visit=visit.key, defaults=fields)
    if is_new:
        _count(row, 1)
        return row
    _count(row, -1)
    if not is_helpful and not said:
        fields["missing"] = row.missing
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    _count(row, 1)
    return row


def _count(row: Verdict, step: int) -> None:
    zone = ZoneInfo(Merchant.objects.only("timezone").get(pk=required_merchant_id()).timezone)
    helpful = step if row.is_helpful else 0
    with connection.cursor() as cursor:
        values: list[Any] = [required_merchant_id(), row.at.astimezone(zone).date(), row.slug, row.stage, helpful, step - helpful]
        cursor.execute(COUNT, values)


def note_miss(*, query: str, language: str, at: datetime) -> None:
    """Keep the words nobody could answer, folded and without addresses and numbers. Words of fewer than three letters are not kept."""
    text = folded(without_contacts(query, longest=LONGEST_MISS))[:LONGEST_MISS].strip()
    if len(text) < (2 if not text.isascii() else 3):
        return
    _row, is_new = SearchMiss.objects.get_or_create(language=language, text=text, defaults={"last_at": at})
    if not is_new:
        SearchMiss.objects.filter(language=language, text=text).update(count=F("count") + 1, last_at=at)
