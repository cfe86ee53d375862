"""What changes in this room."""

from support.services.articles import (
    ArticleRefused,
    StaleDraft,
    arrange_article,
    create_article,
    discard_draft,
    publish_text,
    restore_text,
    save_draft,
    withdraw_text,
)
from support.services.counts import count_contact, count_reading, forget_old, settle_readings
from support.services.verdicts import judge_article, note_miss

__all__ = [
    "ArticleRefused",
    "StaleDraft",
    "arrange_article",
    "count_contact",
    "count_reading",
    "create_article",
    "discard_draft",
    "forget_old",
    "judge_article",
    "note_miss",
    "publish_text",
    "restore_text",
    "save_draft",
    "settle_readings",
    "withdraw_text",
]
