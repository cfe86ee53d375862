"""Authors write, change and take back. What they bought and had delivered is looked up here, never taken from a form."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime

from django.utils.translation import gettext as _

from events.services import emit
from merchants.selectors import current_merchant
from orders.models import Order, OrderLine
from orders.types import OrderState
from reviews.events import PARCEL_RATED, REVIEW_EDITED, REVIEW_WITHDRAWN, REVIEW_WRITTEN
from reviews.models import Review, ReviewRequest
from reviews.models.ratings import ParcelRating, Rating, RatingChange
from reviews.rules.moderation import LIVING
from reviews.rules.words import Refusals, clean_parcel, clean_words, is_stars
from reviews.selectors.mine import Writable, product_key, reviewable
from reviews.services.asking import order_written
from reviews.services.book import ReviewRefused, held_order, held_review, note, tell
from reviews.services.drafts import drop_draft
from reviews.services.photos import attach_photos, photo_refusals
from reviews.services.publishing import settle, words_of
from reviews.types import ReviewState, Step, WhyNot, Words
from rewards.selectors import thanks_rule
from tracking.models import Shipment

__all__ = ["ReviewRefused", "edit_review", "rate_parcel", "withdraw_review", "write_review"]

EDITS = 50


def write_review(
    *,
    line: OrderLine,
    words: Words,
    stars: int,
    at: datetime,
    request: ReviewRequest | None = None,
    customer_id: int | None = None,
    photos: Collection[str] = (),
    agrees: bool = True,
) -> Review:
    """A shopper reviews a bought line. `photos`: public ids of pictures sent before; `agrees`: they may be shown to everybody.

    Refuses (ReviewRefused, with every field) a line that is not in a delivered parcel, was taken off, belongs to a cancelled or erased
    order, to somebody else or to another request, or has a review (`line`); stars other than 1 to 5; words that are too long; a
    language or fit that is none; pictures that are not whole, not of this line, or too many (`photos`).
    """
    order = held_order(line.order_id)
    mine = next(one for one in reviewable(order=order, now=at) if one.line.pk == line.pk)
    words = replace(words, language=words.language or order.language or current_merchant().language)
    kept, refusals = clean_words(words)
    refusals = [*_whose(order, mine, request, customer_id, at), *_stars(stars), *refusals, *photo_refusals(line, photos)]
    if refusals:
        raise ReviewRefused(refusals)
    review = _store(order, mine, kept, at, customer_id)
    Rating.objects.create(review=review, stars=stars, at=at)
    attach_photos(review=review, public_ids=photos, agrees=agrees, at=at)
    drop_draft(line=mine.line)
    note(review, Step.WRITTEN, at)
    is_first = not Review.objects.filter(order=order).exclude(pk=review.pk).exists()
    tell(REVIEW_WRITTEN, review, at, is_first=is_first)
    order_written(order_id=order.pk, at=at)
    return settle(review=review, at=at)


def _whose(order: Order, mine: Writable, request: ReviewRequest | None, customer_id: int | None, at: datetime) -> Refusals:
    if mine.why_not is not None:
        return [("line", str(mine.why_not.label))]
    if customer_id is not None and customer_id != order.customer_id:
        return [("line", _("This was bought by somebody else."))]
    if request is not None and (request.order_id != order.pk or mine.line.pk not in request.lines):
        return [("line", _("This is not what you were asked about."))]
    if request is not None and request.ends_at is not None and request.ends_at <= at:
        return [("line", _("This link is not valid any more."))]
    return []


def _stars(value: object, name: str = "stars", *, is_optional: bool = False) -> Refusals:
    return [] if is_stars(value) or (is_optional and value is None) else [(name, _("Choose one to five stars."))]


def _store(order: Order, mine: Writable, words: Words, at: datetime, customer_id: int | None) -> Review:
    """Badges are set here and nowhere else."""
    line = mine.line
    request = ReviewRequest.objects.filter(order=order, lines__contains=[line.pk]).order_by("pk").first()
    review: Review = Review.objects.create(
        order=order,
        order_line=line,
        request=request,
        customer_id=customer_id or order.customer_id,
        product=line.product,
        product_key=product_key(line),
        product_title=line.title,
        variant_title=line.variant_title,
        is_verified=mine.delivered_at is not None and mine.delivered_at <= at,
        is_incentivised=thanks_rule() is not None,
        written_at=at,
        **asdict(words),
    )
    return review


def edit_review(*, review: Review, words: Words, stars: int, at: datetime, photos: Collection[str] = (), agrees: bool = True) -> Review:
    """The author changes words or stars, or adds pictures; what stood there is kept. It is looked over again. Nothing new: nothing happens.

    Refuses (ReviewRefused) what `write_review` refuses of words, stars and pictures, a review that was withdrawn or erased, one that
    nobody wrote here, and the fifty-first change (`review`).
    """
    row = _held(review)
    kept, refusals = clean_words(replace(words, language=words.language or row.language))
    refusals = [*_changeable(row), *_stars(stars), *refusals]
    if row.order_line is not None:
        refusals += photo_refusals(row.order_line, photos, review=row)
    if refusals:
        raise ReviewRefused(refusals)
    rating = Rating.objects.select_for_update(no_key=True).get(review=row)
    attach_photos(review=row, public_ids=photos, agrees=agrees, at=at)
    before = words_of(row)
    if (before, rating.stars) == (kept, stars):
        return row
    if rating.stars != stars:
        RatingChange.objects.create(review=row, stars=rating.stars, at=at)
        Rating.objects.filter(pk=rating.pk).update(stars=stars, at=at)
    for name, value in asdict(kept).items():
        setattr(row, name, value)
    row.is_edited, row.edited_at, row.revision = True, at, row.revision + 1
    row.save(update_fields=[*asdict(kept), "is_edited", "edited_at", "revision"])
    note(row, Step.EDITED, at, before=asdict(before))
    tell(REVIEW_EDITED, row, at)
    return settle(review=row, at=at)


def _changeable(row: Review) -> Refusals:
    if row.state not in LIVING:
        return [("review", _("You have taken this review back. You can write a new one."))]
    if row.order_line_id is None:
        return [("review", _("This review was written elsewhere."))]
    return [("review", _("This review was changed too often."))] if row.revision > EDITS else []


def withdraw_review(*, review: Review, at: datetime) -> Review:
    """The author takes it back: it is gone from every page at once. Withdrawn before, it stays so.

    Refuses (ReviewRefused: review) one that was erased.
    """
    row = _held(review)
    if row.state == ReviewState.WITHDRAWN:
        return row
    row.state, row.withdrawn_at = ReviewState.WITHDRAWN, at
    row.save(update_fields=["state", "withdrawn_at"])
    note(row, Step.WITHDRAWN, at)
    tell(REVIEW_WITHDRAWN, row, at)
    return row


def _held(review: Review) -> Review:
    if review.order_id is not None:
        held_order(review.order_id)
    return held_review(review)


def rate_parcel(*, shipment: Shipment, delivery: int | None, service: int | None, text: str = "", at: datetime) -> ParcelRating:
    """Stars for how it came and how the shop helped; said again, the last word counts. The words are not published.

    Refuses (ReviewRefused) a parcel that has not been delivered or comes back (`delivery`), one of a cancelled or erased order, stars
    other than 1 to 5 (`delivery`, `service`), neither of both (`delivery`), and more than 1,000 characters (`text`).
    """
    order = held_order(shipment.order_id)
    kept, refusals = clean_parcel(text)
    refusals += [*_stars(delivery, "delivery", is_optional=True), *_stars(service, "service", is_optional=True)]
    if delivery is None and service is None:
        refusals.append(("delivery", _("Choose one to five stars.")))
    if why := _not_rated(order, shipment, at):
        refusals.append(("delivery", str(why.label)))
    if refusals:
        raise ReviewRefused(refusals)
    values = {"order": order, "delivery": delivery, "service": service, "text": kept, "at": at}
    row: ParcelRating = ParcelRating.objects.update_or_create(shipment=shipment, defaults=values)[0]
    emit(type=PARCEL_RATED, payload={"rating": row.pk, "shipment": shipment.pk, "order": order.pk}, at=at)
    return row


def _not_rated(order: Order, shipment: Shipment, at: datetime) -> WhyNot | None:
    if order.erased_at is not None:
        return WhyNot.ERASED
    if order.state == OrderState.CANCELLED:
        return WhyNot.CANCELLED
    came = Shipment.objects.filter(pk=shipment.pk, delivered_at__lte=at).exists()
    return None if came else WhyNot.NOT_DELIVERED
