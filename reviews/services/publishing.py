"""What becomes of a review: published, waiting, or not published for one of the published grounds. Stars are not read here."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from merchants.models import User
from reviews.events import REVIEW_PUBLISHED, REVIEW_REJECTED, REVIEW_RESTORED
from reviews.models import Review, ReviewChange, ReviewPlan
from reviews.rules.checks import flags_of
from reviews.rules.moderation import may_become, settled_as
from reviews.services.book import ground_of, held_review, note, refuse, tell
from reviews.types import Moderation, ReviewState, Step, Words

DECISIONS = (Step.PUBLISHED, Step.REJECTED, Step.RESTORED)
SLIP = timedelta(minutes=15)


def settle(*, review: Review, at: datetime) -> Review:
    """Look over what was written, and publish it or let it wait, as the merchant's plan says.

    Refuses (ReviewRefused: review) one that was withdrawn or erased.
    """
    row = held_review(review)
    _check_step(row, ReviewState.PENDING, is_again=True)
    row.flags = [asdict(flag) for flag in flags_of(words_of(row))]
    if settled_as(moderation=_moderation(), flags=row.flags, decided=_decided(row)) == ReviewState.PUBLISHED:
        row.save(update_fields=["flags"])
        return publish(review=row, user=None, at=at)
    row.state, row.ground, row.decided_at = ReviewState.PENDING, "", None
    row.save(update_fields=["state", "ground", "decided_at", "flags"])
    return row


def publish(*, review: Review, user: User | None, at: datetime) -> Review:
    """Show it. `user`: who decided so; None: nothing stood against it. Its place by time stays that of the first publishing.

    Refuses (ReviewRefused: review) one that was withdrawn or erased; published already, it stays as it is.
    """
    row = held_review(review)
    if row.state == ReviewState.PUBLISHED:
        return row
    _check_step(row, ReviewState.PUBLISHED)
    row.state, row.ground, row.decided_at = ReviewState.PUBLISHED, "", at
    row.published_at = row.published_at or at
    row.save(update_fields=["state", "ground", "decided_at", "published_at"])
    note(row, Step.PUBLISHED, at, user=user)
    tell(REVIEW_PUBLISHED, row, at)
    return row


def reject(*, review: Review, ground: str, note: str = "", user: User | None, at: datetime) -> Review:
    """Do not publish it, or no longer, for a published ground; `note` tells the author what to change.

    Refuses (ReviewRefused) any other ground (`ground`), and one that was withdrawn or erased (`review`). Rejected for the same ground
    already, it stays as it is.
    """
    why = ground_of(ground)
    row = held_review(review)
    if (row.state, row.ground) == (ReviewState.REJECTED, why):
        return row
    if row.state != ReviewState.REJECTED:
        _check_step(row, ReviewState.REJECTED)
    row.state, row.ground, row.decided_at = ReviewState.REJECTED, why, at
    row.save(update_fields=["state", "ground", "decided_at"])
    _write(row, Step.REJECTED, at, user=user, ground=why, words=note)
    tell(REVIEW_REJECTED, row, at)
    return row


def restore(*, review: Review, user: User | None, at: datetime) -> Review:
    """Take a decision back: the review waits for a look again.

    Refuses (ReviewRefused: review) one that is not decided, and one that is public for longer than a slip of the hand lasts or was
    never decided by anybody: only a published ground takes that down.
    """
    row = held_review(review)
    _check_step(row, ReviewState.PENDING)
    if row.state == ReviewState.PUBLISHED and not _is_slip(row, at):
        raise refuse("review", _("It is public already. Choose the ground for which it should not be."))
    row.state, row.ground, row.decided_at = ReviewState.PENDING, "", None
    row.save(update_fields=["state", "ground", "decided_at"])
    _write(row, Step.RESTORED, at, user=user)
    tell(REVIEW_RESTORED, row, at)
    return row


def words_of(row: Review) -> Words:
    """What the author says, as it stands."""
    return Words(row.text, row.title, row.pros, row.cons, row.fit, row.language, row.author, row.can_share)


_write = note  # `reject` calls what it tells the author a note as well


def _check_step(row: Review, then: ReviewState, *, is_again: bool = False) -> None:
    """Refuses (ReviewRefused: review) a step the life of a review does not know."""
    if is_again and row.state == then:
        return
    if not may_become(row.state, then):
        raise refuse("review", _("This is not possible any more: %(state)s.") % {"state": ReviewState(row.state).label})


def _moderation() -> str:
    row = ReviewPlan.objects.values_list("moderation", flat=True).first()
    return row or Moderation.FLAGGED


def _decisions(row: Review) -> "QuerySet[ReviewChange]":
    return row.changes.filter(step__in=DECISIONS).order_by("-at", "-pk")


def _decided(row: Review) -> str:
    """What was last decided about it, or about one its author took back to write this; "" when nothing was.

    Nobody but staff rejects or takes back. One query.
    """
    about = ReviewChange.objects.filter(step__in=DECISIONS)
    if row.order_line_id is None:
        about = about.filter(review=row)
    else:
        about = about.filter(review__order=row.order_id, review__order_line=row.order_line_id)
    return about.order_by("-at", "-pk").values_list("step", flat=True).first() or ""


def _is_slip(row: Review, at: datetime) -> bool:
    """Somebody of the staff published it a moment ago."""
    last = _decisions(row).first()
    return last is not None and last.step == Step.PUBLISHED and last.user_id is not None and at - last.at <= SLIP
