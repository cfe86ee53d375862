"""Answers: one in public under each review, and a thread only its author and the merchant read."""

import re
import unicodedata
from datetime import datetime

from django.utils.translation import gettext as _

from merchants.models import User
from reviews.events import NOTE_RECEIVED, NOTE_WRITTEN, REVIEW_REPLIED
from reviews.models import Review, ReviewNote, ReviewReply
from reviews.services.book import ReviewRefused, held_review, note, tell
from reviews.types import ReviewState, Step

LONGEST = 2_000
MOST_UNANSWERED = 20  # notes of an author in a row; more is a flood, not a conversation
SHOWABLE = (ReviewState.PENDING, ReviewState.PUBLISHED)
LINES = re.compile(r"\n{3,}")


class ReplyRefused(ReviewRefused):
    """Not possible as asked. Names the field."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__([(field, text)])
        self.field, self.text = field, text


def reply(*, review: Review, text: str, user: User | None, at: datetime, language: str = "") -> ReviewReply:
    """Answer in public, under the merchant's name; said again it is changed, and what stood there is kept in the history.

    The author is told of the first one. Refuses (ReplyRefused) no words and more than 2,000 characters (`text`), and reviews nobody
    can see: not published, taken back, erased (`review`).
    """
    row = held_review(review)
    words = _checked(text)
    if row.state not in SHOWABLE:
        raise ReplyRefused("review", _("This review is not shown, so nobody would see an answer to it."))
    shown: ReviewReply | None = ReviewReply.objects.filter(review=row).first()
    if shown is not None and (shown.text, shown.language) == (words, language or shown.language):
        return shown
    if shown is None:
        shown = ReviewReply.objects.create(review=row, text=words, language=language or row.language, at=at, user=user)
        note(row, Step.REPLIED, at, user=user)
        tell(REVIEW_REPLIED, row, at)
        return shown
    note(row, Step.REPLIED, at, user=user, before={"reply": shown.text})
    shown.text, shown.language, shown.edited_at, shown.user = words, language or shown.language, at, user
    shown.save(update_fields=["text", "language", "edited_at", "user"])
    return shown


def remove_reply(*, review: Review, user: User | None, at: datetime) -> bool:
    """Take the public answer away; it stays in the history. False when there was none."""
    row = held_review(review)
    shown: ReviewReply | None = ReviewReply.objects.filter(review=row).first()
    if shown is None:
        return False
    note(row, Step.REPLY_REMOVED, at, user=user, before={"reply": shown.text})
    shown.delete()
    return True


def write_note(*, review: Review, text: str, is_of_staff: bool, user: User | None, at: datetime) -> ReviewNote:
    """One message of the private thread; the other side is told.

    Refuses (ReplyRefused) no words and more than 2,000 characters (`text`), an author who wrote twenty without an answer (`text`),
    and reviews whose author cannot be reached: erased, or brought along from elsewhere (`review`).
    """
    row = held_review(review)
    words = _checked(text)
    if row.customer_id is None:
        raise ReplyRefused("review", _("Nobody would read it: its author cannot be reached."))
    if not is_of_staff and _unanswered(row) >= MOST_UNANSWERED:
        raise ReplyRefused("text", _("You have written several times. Please wait for our answer."))
    written: ReviewNote = ReviewNote.objects.create(review=row, is_of_staff=is_of_staff, text=words, at=at, user=user)
    note(row, Step.WROTE if is_of_staff else Step.AUTHOR_WROTE, at, user=user)
    tell(NOTE_WRITTEN if is_of_staff else NOTE_RECEIVED, row, at, note=written.pk)
    return written


def _unanswered(review: Review) -> int:
    newest = ReviewNote.objects.filter(review=review).order_by("-at", "-pk").values_list("is_of_staff", flat=True)[:MOST_UNANSWERED]
    count = 0
    for is_of_staff in newest:
        if is_of_staff:
            break
        count += 1
    return count


def _checked(text: str) -> str:
    """Plain words: lines stay, what cannot be seen and what turns the direction of text goes."""
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    seen = "".join(c for c in lines if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn") and not _turns(c)))
    words = LINES.sub("\n\n", seen).strip()
    if not words or all(unicodedata.category(c) in ("Cf", "Zs", "Zl", "Zp", "Cc") for c in words):
        raise ReplyRefused("text", _("Write something first."))
    if len(words) > LONGEST:
        raise ReplyRefused("text", _("No more than 2,000 characters."))
    return words


def _turns(character: str) -> bool:
    return "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
