"""What shoppers of the demo say about what came, and what staff answer: each step is one call of a service."""

from collections.abc import Mapping
from datetime import datetime

from demo.steps import Act, Scene, Words, snapshot
from merchants.models import User
from orders.models import OrderLine
from reviews.models import Review, ReviewPhoto
from reviews.models.ratings import FeedbackTask
from reviews.selectors.mine import reviewable
from reviews.selectors.surveys import survey_called, survey_page
from reviews.selectors.themes import theme_of_key
from reviews.services.listening import theme_done, theme_planned
from reviews.services.moderation import decide, decide_photo
from reviews.services.photos import add_bytes, begin_photo, finish_photo
from reviews.services.replies import reply, write_note
from reviews.services.submitting import edit_review, rate_parcel, withdraw_review, write_review
from reviews.services.surveys import answer_survey
from reviews.services.tasks_desk import close_task, take_task
from reviews.services.votes import vote
from reviews.tokens import survey_token
from reviews.types import ReviewState
from reviews.types import Words as Said
from tracking.models import Shipment

# Shopper


def writes(stars: int, text: Words, *, line: int = 0, has_photo: bool = False, can_share: bool = True, **more: str | Words) -> Act:
    """A review of one line; of what has not come, or was reviewed, nothing is written."""

    def act(scene: Scene, at: datetime) -> None:
        free = [one for one in reviewable(order=scene.order, now=at) if one.why_not is None]
        if len(free) <= line:
            return
        here = {name: value if isinstance(value, str) else scene.say(value) for name, value in more.items()}
        words = Said(text=scene.say(text), language=scene.shop.language, author=_called(scene), can_share=can_share, **here)
        photos = (_photo(free[line].line, at),) if has_photo else ()
        write_review(line=free[line].line, words=words, stars=stars, at=at, photos=photos)

    return act


def _called(scene: Scene) -> str:
    return f"{scene.shopper.first_name} {scene.shopper.last_name[0]}."


def _photo(line: OrderLine, at: datetime) -> str:
    raw = snapshot()
    photo = begin_photo(line=line, size=len(raw), at=at)
    return finish_photo(photo=add_bytes(photo=photo, offset=0, data=raw), at=at).public_id


def review_of(scene: Scene) -> Review:
    row: Review = Review.objects.filter(order=scene.order).latest("pk")
    return row


def rates(delivery: int, service: int, text: Words | None = None) -> Act:
    """The parcel and how one was treated, apart from the product."""

    def act(scene: Scene, at: datetime) -> None:
        parcel = Shipment.objects.filter(order=scene.order, delivered_at__isnull=False).first()
        if parcel is not None:
            rate_parcel(shipment=parcel, delivery=delivery, service=service, text=scene.say(text) if text else "", at=at)

    return act


def edits(stars: int, text: Words) -> Act:
    def act(scene: Scene, at: datetime) -> None:
        row = review_of(scene)
        words = Said(scene.say(text), row.title, row.pros, row.cons, row.fit, row.language, row.author, row.can_share)
        edit_review(review=row, words=words, stars=stars, at=at)

    return act


def takes_back_review(scene: Scene, at: datetime) -> None:
    withdraw_review(review=review_of(scene), at=at)


def writes_back(text: Words) -> Act:
    """Into the private thread."""
    return lambda scene, at: _done(write_note(review=review_of(scene), text=scene.say(text), is_of_staff=False, user=None, at=at))


def answers(key: str, given: Mapping[str, str | Words]) -> Act:
    """A survey by the link of a message about the order."""

    def act(scene: Scene, at: datetime) -> None:
        page = survey_page(token=survey_token(survey_called(key), scene.order), now=at)
        said = {name: value if isinstance(value, str) else scene.say(value) for name, value in given.items()}
        answer_survey(page=page, given=said, language=scene.shop.language, at=at)

    return act


def finds_helpful(is_helpful: bool = True) -> Act:
    """The newest review of the same product that somebody else wrote."""

    def act(scene: Scene, at: datetime) -> None:
        keys = [line.product.external_id for line in scene.lines if line.product]
        rows = Review.objects.filter(state=ReviewState.PUBLISHED, product_key__in=keys).exclude(customer=scene.order.customer)
        row, customer_id = rows.order_by("-pk").first(), scene.order.customer_id
        if row is not None and customer_id is not None:
            vote(review=row, customer_id=customer_id, is_helpful=is_helpful, at=at)

    return act


# Staff


def _staff(scene: Scene) -> User:
    email, _name = scene.shop.agent
    row: User = User.objects.get(email=email)
    return row


def decides(ground: str = "", note: Words | None = None) -> Act:
    """Seen without its stars; no ground: it is published."""
    return lambda scene, at: _done(
        decide(review=review_of(scene), ground=ground, note=scene.say(note) if note else "", user=_staff(scene), at=at)
    )


def looks_at_photo(ground: str = "") -> Act:
    def act(scene: Scene, at: datetime) -> None:
        photo = ReviewPhoto.objects.defer("body").filter(review=review_of(scene)).latest("pk")
        decide_photo(photo=photo, ground=ground, user=_staff(scene), at=at)

    return act


def replies(text: Words) -> Act:
    return lambda scene, at: _done(reply(review=review_of(scene), text=scene.say(text), user=_staff(scene), at=at))


def writes_to_author(text: Words) -> Act:
    return lambda scene, at: _done(write_note(review=review_of(scene), text=scene.say(text), is_of_staff=True, user=_staff(scene), at=at))


def _task(scene: Scene) -> FeedbackTask:
    row: FeedbackTask = FeedbackTask.objects.filter(order=scene.order).latest("pk")
    return row


def takes_task(scene: Scene, at: datetime) -> None:
    take_task(task=_task(scene), user=_staff(scene), at=at)


def solves(note: Words, *, by_claim: bool = False) -> Act:
    def act(scene: Scene, at: datetime) -> None:
        case = scene.claim.number if by_claim else ""
        close_task(task=_task(scene), state="solved", case=case, note=scene.say(note), user=_staff(scene), at=at)

    return act


def dismisses(note: Words) -> Act:
    return lambda scene, at: _done(close_task(task=_task(scene), state="dismissed", note=scene.say(note), user=_staff(scene), at=at))


Told = Mapping[str, tuple[str, Mapping[str, str]]]


def plans(told: Told) -> Act:
    """By the shop's language: a theme, and what is being done about it in the languages of its shoppers."""

    def act(scene: Scene, at: datetime) -> None:
        key, note = told[scene.shop.language]
        theme_planned(theme=theme_of_key(key), note=note, at=at)

    return act


def has_done(told: Told) -> Act:
    """Whoever raised it is told."""

    def act(scene: Scene, at: datetime) -> None:
        key, note = told[scene.shop.language]
        theme_done(theme=theme_of_key(key), note=note, at=at)

    return act


def _done(_row: object) -> None:
    return None
