"""What this room holds about a shopper: reviews with all that belongs to them, answers to surveys, and what was heard in their words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.registry import Holding, Record, records, register
from customers.types import Subject
from orders.selectors import orders_held
from reviews.models import Review, ReviewChange, ReviewNote, ReviewPhoto, ReviewReply, ReviewVote, Voice
from reviews.models.ratings import FeedbackTask, ParcelRating, RatingChange, ReviewDraft, SurveyAnswer, SurveyScore
from reviews.selectors.mine import stars_of
from reviews.services.book import note
from reviews.services.tallies import count_reviews
from reviews.services.votes import forget_votes
from reviews.types import ReviewState, Step

REVIEW = (
    "public_id", "product_title", "variant_title", "state", "author", "language", "title", "text", "pros", "cons", "fit", "can_share",
    "is_verified", "is_incentivised", "written_at", "edited_at", "published_at", "withdrawn_at", "ground",
)  # fmt: skip
WORDS: dict[str, Any] = {"author": "", "title": "", "text": "", "pros": "", "cons": "", "flags": []}
PARCEL = ("shipment__public_id", "delivery", "service", "text", "at")
SCORE = ("answer__survey__name", "question", "value", "choice", "text", "answer__at")


def _mine(subject: Subject, prefix: str = "") -> Q:
    """What the person wrote, or was written about their orders."""
    return Q(**{f"{prefix}customer": subject.customer_id}) | Q(**{f"{prefix}order__customer": subject.customer_id})


def _reviews(subject: Subject) -> QuerySet[Review]:
    rows: QuerySet[Review] = Review.objects.filter(_mine(subject)).exclude(state=ReviewState.ERASED).order_by("written_at", "pk")
    return rows


def _parcels(subject: Subject) -> QuerySet[ParcelRating]:
    rows: QuerySet[ParcelRating] = ParcelRating.objects.filter(order__customer=subject.customer_id).order_by("at", "pk")
    return rows


def _answers(subject: Subject) -> QuerySet[SurveyAnswer]:
    rows: QuerySet[SurveyAnswer] = SurveyAnswer.objects.filter(_mine(subject)).order_by("at", "pk")
    return rows


def _voices(subject: Subject) -> QuerySet[Voice]:
    rows: QuerySet[Voice] = Voice.objects.filter(_mine(subject)).order_by("said_at", "pk")
    return rows


def _drafts(subject: Subject) -> QuerySet[ReviewDraft]:
    rows: QuerySet[ReviewDraft] = ReviewDraft.objects.filter(order_line__order__customer=subject.customer_id).order_by("pk")
    return rows


def _collect_reviews(subject: Subject) -> Sequence[Record]:
    """Reviews with stars, answers, thread and pictures, then what was typed and not sent off, and voices; seven queries."""
    rows = {
        row.pop("pk"): {**row, "stars": None, "replies": [], "thread": [], "photos": []} for row in _reviews(subject).values("pk", *REVIEW)
    }
    for id, stars in stars_of(rows).items():
        rows[id]["stars"] = stars
    parts: dict[str, tuple[QuerySet[Any], tuple[str, ...]]] = {
        "replies": (ReviewReply.objects.filter(review__in=list(rows)), ("text", "at")),
        "thread": (ReviewNote.objects.filter(review__in=list(rows)), ("is_of_staff", "text", "at")),
        "photos": (ReviewPhoto.objects.filter(review__in=list(rows)), ("public_id", "state", "width", "height", "created_at")),
    }
    for name, (found, columns) in parts.items():
        for part in found.order_by("pk").values("review_id", *columns):
            rows[part.pop("review_id")][name].append(part)
    votes = ReviewVote.objects.filter(customer=subject.customer_id).order_by("pk")
    return [*rows.values(), *records(_drafts(subject), "data", "at"), *records(votes, "review__public_id", "is_helpful", "at")]


def _collect_feedback(subject: Subject) -> Sequence[Record]:
    scores = SurveyScore.objects.filter(answer__in=_answers(subject).order_by()).order_by("answer__at", "pk")
    return [*records(_parcels(subject), *PARCEL), *records(scores, *SCORE)]


def _collect_voices(subject: Subject) -> Sequence[Record]:
    return records(_voices(subject), "source", "product_key", "language", "text", "said_at")


def _erase_reviews(subject: Subject, at: datetime) -> int:
    """Words, pictures and thread go; the review is in no list and no sum any more. That there was one stays, with nothing in it."""
    orders_held(customer_id=subject.customer_id)
    rows = list(_reviews(subject).select_for_update(no_key=True, of=("self",)))
    for row in rows:
        for name, value in {**WORDS, "state": ReviewState.ERASED, "ground": "", "has_photos": False, "can_share": False}.items():
            setattr(row, name, value)
        row.save(update_fields=[*WORDS, "state", "ground", "has_photos", "can_share"])
        note(row, Step.ERASED, at)
    gone = list(Review.objects.filter(_mine(subject), state=ReviewState.ERASED).values_list("pk", flat=True))
    if rows:
        count_reviews(review_ids=[row.pk for row in rows], at=at)
    changed = len(rows) + int(ReviewChange.objects.filter(review__in=gone).exclude(note="", before={}).update(note="", before={}))
    for model in (ReviewNote, ReviewReply, RatingChange):
        changed += int(model.objects.filter(review__in=gone).delete()[0])
    changed += int(ReviewPhoto.objects.filter(Q(order__customer=subject.customer_id) | Q(review__in=gone)).delete()[0])
    return changed + int(_drafts(subject).delete()[0]) + forget_votes(customer_id=subject.customer_id)


def _erase_feedback(subject: Subject, at: datetime) -> int:
    """Stars and numbers stay in the sums, under nobody's name; words go."""
    orders_held(customer_id=subject.customer_id)
    changed = int(_parcels(subject).exclude(text="").update(text=""))
    scores = SurveyScore.objects.filter(answer__in=list(_answers(subject).values_list("pk", flat=True)))
    changed += int(scores.exclude(text="").update(text=""))
    tasks = FeedbackTask.objects.filter(Q(order__customer=subject.customer_id) | Q(review__customer=subject.customer_id))
    return changed + int(FeedbackTask.objects.filter(pk__in=list(tasks.values_list("pk", flat=True))).exclude(note="").update(note=""))


def _erase_voices(subject: Subject, at: datetime) -> int:
    return int(_voices(subject).delete()[0])


register(
    Holding(
        key="reviews",
        title=_("Your reviews"),
        purpose=_("To show other shoppers what you think, and to answer you."),
        basis=_("Your consent, given by sending it off; you can take it back at any time"),
        kept=_("Until you ask us to erase them; then words, pictures and messages go, and no page and no number shows them."),
        personal={
            "reviews.Review": tuple(WORDS),
            "reviews.ReviewChange": ("note", "before"),
            "reviews.ReviewNote": ("text",),
            "reviews.ReviewReply": ("text",),
            "reviews.ReviewPhoto": ("body",),
            "reviews.ReviewDraft": ("data",),
        },
        rows=_reviews,
        collect=_collect_reviews,
        erase=_erase_reviews,
    )
)
register(
    Holding(
        key="feedback",
        title=_("Your answers to our questions"),
        purpose=_("To do better, and to put right what went wrong."),
        basis=_("Our interest in knowing how we did"),
        kept=_("As long as the order they belong to. After an erasure only the numbers, which lead to nobody."),
        personal={
            "reviews.ParcelRating": ("text",),
            "reviews.SurveyScore": ("text",),
            "reviews.FeedbackTask": ("note",),
        },
        rows=_answers,
        collect=_collect_feedback,
        erase=_erase_feedback,
    )
)
register(
    Holding(
        key="voices",
        title=_("What we learned from your words"),
        purpose=_("To find what many shoppers say, and to tell you when it was put right."),
        basis=_("Our interest in better products"),
        kept=_("Until you ask us to erase them."),
        personal={"reviews.Voice": ("text",), "reviews.ThemeMark": ("found",)},
        rows=_voices,
        collect=_collect_voices,
        erase=_erase_voices,
    )
)
