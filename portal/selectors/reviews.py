"""What the pages about reviews show: the steps of one form, what is left to write, what was written and what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import get_language

from customers.models import Customer
from merchants.types import Language
from orders.models import Order, OrderLine
from portal.formats import money_text
from portal.rules.reviews import Typed, fit_word, ground_words, has_fit, photo_state, review_state, star_word, thanks_words, typed_of
from portal.rules.shown import bars, fit_sentence
from portal.selectors.shown import Named, Reviewed
from portal.types import State
from reviews.models import Review, ReviewChange, ReviewNote, ReviewPhoto, ReviewPlan, ReviewReply, ReviewRequest
from reviews.models.ratings import ParcelRating
from reviews.models.reviews import GONE
from reviews.selectors.asking import open_requests, plan
from reviews.selectors.mine import Mine as Found
from reviews.selectors.mine import Writable, parcels_rated, reviewable
from reviews.selectors.shown import score_of
from reviews.types import RequestState, ReviewState, Step
from rewards.models import ThanksRule
from rewards.selectors import thanks_offer
from rewards.types import Worth
from tracking.models import Shipment, ShipmentLine


@dataclass(frozen=True, slots=True)
class LineStep:
    """One line of the form. `review` once it is written."""

    line: OrderLine
    shipment: Shipment | None
    delivered_at: datetime | None
    review: Review | None
    typed: Typed
    is_open: bool

    @property
    def id(self) -> str:
        return str(self.line.public_id)

    @property
    def is_draft(self) -> bool:
        return self.is_open and self.typed != Typed()

    @property
    def state(self) -> State | None:
        return review_state(self.review.state) if self.review else None

    @property
    def has_fit(self) -> bool:
        return has_fit(self.line.options)


@dataclass(frozen=True, slots=True)
class ParcelStep:
    """How one parcel came, asked once and apart from what was in it."""

    shipment: Shipment
    delivered_at: datetime | None
    rating: ParcelRating | None
    names: Sequence[str]

    @property
    def id(self) -> str:
        return str(self.shipment.public_id)

    @property
    def is_open(self) -> bool:
        return self.rating is None


@dataclass(frozen=True, slots=True)
class Form:
    """All steps of one form, in their order: the lines of a parcel, then the parcel."""

    order: Order
    steps: Sequence[LineStep | ParcelStep]
    plan: ReviewPlan
    thanks: str

    @property
    def lines(self) -> list[LineStep]:
        return [step for step in self.steps if isinstance(step, LineStep)]

    @property
    def parcels(self) -> list[ParcelStep]:
        return [step for step in self.steps if isinstance(step, ParcelStep)]

    def line(self, public_id: str) -> LineStep | None:
        return next((step for step in self.lines if step.id == public_id), None)

    def parcel(self, public_id: str) -> ParcelStep | None:
        return next((step for step in self.parcels if step.id == public_id), None)

    def after(self, step: LineStep | ParcelStep | None) -> LineStep | ParcelStep | None:
        """The next open step, going round; None when there is no other."""
        at = self.number(step) if step is not None else 0
        others = [one for one in [*self.steps[at:], *self.steps[:at]] if step is None or one.id != step.id]
        return next((one for one in others if one.is_open), None)

    def number(self, step: LineStep | ParcelStep) -> int:
        """Which step it is, beginning with one."""
        return [one.id for one in self.steps].index(step.id) + 1


def form_of(order: Order, *, now: datetime, lines: Iterable[int] | None = None) -> Form:
    """The form about an order, or about these lines of it; what has not come yet is left out."""
    asked = None if lines is None else set(lines)
    found = [one for one in reviewable(order=order, now=now) if asked is None or one.line.pk in asked]
    shown = [_line_step(one) for one in found if one.review is not None or not one.why_not]
    settings = plan()
    return Form(order, _ordered(shown, settings), settings, thanks_of(order, now=now))


def _line_step(one: Writable) -> LineStep:
    typed = typed_of(one.draft.data) if one.draft is not None and one.review is None else Typed()
    return LineStep(one.line, one.shipment, one.delivered_at, one.review, typed, one.review is None)


def _ordered(lines: Sequence[LineStep], settings: ReviewPlan) -> list[LineStep | ParcelStep]:
    asks = settings.asks_delivery or settings.asks_service
    parcels = {one.shipment.pk: one for one in lines if one.shipment is not None}
    rated = parcels_rated(list(parcels)) if asks and parcels else {}
    found: list[LineStep | ParcelStep] = [one for one in lines if one.shipment is None]
    for pk, first in parcels.items():
        inside = [one for one in lines if one.shipment is not None and one.shipment.pk == pk]
        found += inside
        if asks and first.shipment is not None:
            found.append(ParcelStep(first.shipment, first.delivered_at, rated.get(pk), [one.line.title for one in inside]))
    return found


def thanks_of(order: Order, *, now: datetime) -> str:
    """What is given for writing, in words; "" when nothing may be promised."""
    rule = thanks_offer(now=now)
    if rule is None or (rule.currency and rule.currency != order.currency):
        return ""
    return _worth(rule)


def _worth(rule: ThanksRule) -> str:
    if rule.worth == Worth.PERCENT:
        return thanks_words(percent=rule.value)
    return thanks_words(amount=money_text(rule.value, rule.currency, language=get_language() or "en"))


def request_about(shipment: Shipment) -> ReviewRequest | None:
    """The question about a parcel, while it is open."""
    rows = ReviewRequest.objects.filter(shipment=shipment).exclude(state__in=[RequestState.DONE, RequestState.ENDED])
    row: ReviewRequest | None = rows.first()
    return row


def photos_ready(line: OrderLine, public_ids: Sequence[str]) -> list[str]:
    """Those of these pictures that are whole, of this line, and belong to no review yet; in the order they came."""
    rows = ReviewPhoto.objects.filter(order_line=line, public_id__in=public_ids, ready_at__isnull=False, review=None)
    return list(rows.order_by("pk").values_list("public_id", flat=True))


# What is left to write


@dataclass(frozen=True, slots=True)
class ToWrite:
    """Lines of one parcel that wait for a word."""

    order: Order
    delivered_at: datetime
    lines: Sequence[OrderLine]


def to_write(customer: Customer, *, now: datetime) -> list[ToWrite]:
    """What the shopper was asked about and has not written, newest first; three queries."""
    requests = open_requests(customer.pk, now)
    asked = [pk for row in requests for pk in row.lines]
    if not asked:
        return []
    lines = {row.pk: row for row in OrderLine.objects.filter(pk__in=asked).select_related("order")}
    written = set(written_lines(asked))
    found = []
    for row in sorted(requests, key=lambda row: row.delivered_at, reverse=True):
        left = [lines[pk] for pk in row.lines if pk in lines and pk not in written]
        if left:
            found.append(ToWrite(left[0].order, row.delivered_at, left))
    return found


def written_lines(ids: Sequence[int]) -> list[int]:
    """Those of these lines there is a review of."""
    rows = Review.objects.filter(order_line__in=ids).exclude(state__in=GONE)
    return [pk for pk in rows.values_list("order_line_id", flat=True) if pk is not None]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the account asks in one line: about the parcel asked about last, and of how many goods in all."""

    request: ReviewRequest | None
    count: int


def opinion_of(customer: Customer, *, now: datetime) -> Opinion:
    """One query; what was written of a question that is still open counts until the last of it is."""
    requests = open_requests(customer.pk, now)
    return Opinion(requests[0] if requests else None, sum(len(row.lines) for row in requests))


@dataclass(frozen=True, slots=True)
class Said:
    """What can be said of one line on its own page."""

    review: str  # its id
    is_open: bool


def said_of(line: OrderLine, *, now: datetime) -> Said:
    """The review of a line, or whether one can be written; one query."""
    came = ShipmentLine.objects.filter(order_line=OuterRef("pk"), shipment__delivered_at__lte=now)
    review = Review.objects.filter(order_line=OuterRef("pk")).exclude(state__in=GONE).values("public_id")[:1]
    row = OrderLine.objects.annotate(came=Exists(came), review=Subquery(review)).values_list("came", "review").get(pk=line.pk)
    return Said(row[1] or "", not row[1] and row[0] and line.quantity > line.quantity_removed)


def summary_of(*, key: str, title: str) -> Reviewed | None:
    """What others gave a product, for a page about something else; one query. None while nobody has reviewed it."""
    score = score_of([key]).get(key) if key else None
    return Reviewed(Named(key, title), score, bars(score.counts), fit_sentence(score.fits), (), "") if score and score.n else None


# What was written


@dataclass(frozen=True, slots=True)
class Mine:
    """One review as its author sees it."""

    row: Review
    stars: int
    state: State
    ground: str
    remark: str
    reply: ReviewReply | None
    notes: Sequence[ReviewNote]
    photos: Sequence["MyPhoto"] = ()

    @property
    def word(self) -> str:
        return star_word(self.stars)

    @property
    def fit(self) -> str:
        return fit_word(self.row.fit)

    @property
    def has_news(self) -> bool:
        """Whether the last word of the thread is the shop's."""
        return bool(self.notes) and self.notes[-1].is_of_staff


@dataclass(frozen=True, slots=True)
class MyPhoto:
    """A picture with its state."""

    id: str
    url: str
    state: State
    ground: str


def languages() -> list[tuple[str, str]]:
    """What a review can be written in: each language in its own name."""
    return [(str(code), str(name)) for code, name in Language.choices]


def mine_of(found: Sequence[Found], *, path: str = "") -> list[Mine]:
    """Reviews of the room's selector in our words; one query where some are not published. `path`: where their pictures lie."""
    remarks = _remarks([one.review.pk for one in found if one.review.state == ReviewState.REJECTED])
    return [_mine(one, remarks.get(one.review.pk, ""), path) for one in found]


def _mine(found: Found, remark: str, path: str) -> Mine:
    row = found.review
    state, ground = review_state(row.state), ground_words(row.ground) if row.state == ReviewState.REJECTED else ""
    photos = [_photo(one, path) for one in found.photos] if path else []
    return Mine(row, found.stars, state, ground, remark, found.reply, found.notes, photos)


def _photo(row: ReviewPhoto, path: str) -> MyPhoto:
    return MyPhoto(row.public_id, path.replace("PHOTO", row.public_id), photo_state(row.state), ground_words(row.ground))


def _remarks(review_ids: Sequence[int]) -> dict[int, str]:
    """What the shop said to the author with its last decision, by review."""
    if not review_ids:
        return {}
    rows = ReviewChange.objects.filter(review__in=review_ids, step=Step.REJECTED).order_by("at", "pk")
    return dict(rows.values_list("review_id", "note"))


def has_fit_of(row: Review) -> bool:
    """Whether a review may say how it fits."""
    return bool(row.fit) or (row.order_line is not None and has_fit(row.order_line.options))
