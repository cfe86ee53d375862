"""From the parcel that came to the question, the review, its answer and the thanks: through the services, as everybody uses them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from customers.services import record_consent
from customers.types import Topic
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import Message, MessageContent
from notifications.services import release_held
from notifications.simulator.run import simulate
from orders.models import Order, OrderLine
from reviews.models import Review, ReviewPlan, ReviewRequest
from reviews.services.asking import defer_request
from reviews.services.moderation import decide
from reviews.services.replies import reply, write_note
from reviews.services.submitting import write_review
from reviews.services.sweep import sweep_reviews
from reviews.tokens import request_token
from reviews.types import Ground, RequestState, Words
from rewards.models import Coupon, ThanksRule
from tests.conftest import NOW
from tests.factories import incoming_line, place_order, ship
from tracking.types import ShipmentStatus

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CAME = NOW + 3 * DAY
SENT = frozenset({"sent", "delivered"})
OURS = ("review_request", "review_reminder", "review_published", "review_rejected", "review_answered", "review_thanks")


class Shop:
    """A merchant who asks and thanks, and the clock."""

    def __init__(self, merchant: Merchant) -> None:
        self.pk = merchant.pk
        with merchant_scope(self.pk):
            ReviewPlan.objects.create(days=7, reminder_days=6)
            ThanksRule.objects.create(value=10, valid_days=60)

    def at(self, moment: datetime, work: Callable[[], Any] = lambda: None) -> Any:
        """Something happens, time goes by until then, and whatever follows is done."""
        with merchant_scope(self.pk):
            found = work()
            sweep_reviews(now=moment)
        run_until_quiet(lambda: moment)
        with merchant_scope(self.pk):
            release_held(now=moment)
        run_until_quiet(lambda: moment)
        return found

    def live(self, first: datetime, last: datetime) -> None:
        """Four times a day."""
        while first <= last:
            self.at(first)
            first += 6 * HOUR

    def told(self) -> list[tuple[str, str]]:
        with merchant_scope(self.pk):
            rows = Message.objects.filter(kind__in=OURS).order_by("pk")
            return [(row.kind, "sent" if row.state in SENT else row.reason) for row in rows]

    def letters(self, kind: str) -> list[str]:
        with merchant_scope(self.pk):
            return list(MessageContent.objects.filter(message__kind=kind).order_by("pk").values_list("text", flat=True))


@pytest.fixture
def asking(shop: Merchant) -> Shop:
    return Shop(shop)


def arrives() -> Order:
    """A shirt and a belt, bought by somebody who agreed to questions, come three days later."""
    lines = (incoming_line(external_id="L1"), incoming_line(external_id="L2", title="Leather belt", sku="BELT"))
    order = place_order(lines=lines)
    assert order.customer is not None
    record_consent(customer=order.customer, channel="email", is_granted=True, topic=Topic.REVIEWS, source="checkout", at=NOW)
    ship(order, shipped_at=NOW + DAY)
    return order


def came(order: Order) -> None:
    ship(order, shipped_at=NOW + DAY, status=ShipmentStatus.DELIVERED, delivered_at=CAME, updated_at=CAME)


def line(order: Order, external_id: str = "L1") -> OrderLine:
    row: OrderLine = order.lines.get(external_id=external_id)
    return row


def writes(order: Order, stars: int, external_id: str = "L1", text: str = "It fits as told.") -> Callable[[], Review]:
    def work() -> Review:
        asked = ReviewRequest.objects.get(order=order)
        words = Words(text=text, author="Sam", language="en")
        return write_review(line=line(order, external_id), words=words, stars=stars, at=CAME + 9 * DAY, request=asked)

    return work


def asked(asking: Shop) -> Order:
    """Lived until the question has gone out."""
    order: Order = asking.at(NOW, arrives)
    asking.at(CAME, lambda: came(order))
    assert asking.told() == []
    asking.live(CAME + 7 * DAY, CAME + 8 * DAY)
    assert asking.told() == [("review_request", "sent")]
    return order


def test_a_question_leads_to_the_form_promises_what_is_given_and_is_answered_with_thanks(asking: Shop) -> None:
    order = asked(asking)
    with merchant_scope(asking.pk):
        form = f"/review/{request_token(ReviewRequest.objects.get())}/"
    [letter] = asking.letters("review_request")
    assert form in letter
    assert "10%" in letter
    written = asking.at(CAME + 9 * DAY, writes(order, 2))
    asking.at(CAME + 9 * DAY + HOUR)
    assert asking.told()[1:] == [("review_published", "sent"), ("review_thanks", "told_elsewhere")]
    with merchant_scope(asking.pk):
        code = Coupon.objects.get().code
    assert [letter.count(code) for letter in asking.letters("review_published")] == [1]
    asking.at(
        CAME + 10 * DAY, lambda: reply(review=written, text="We are sorry. It goes back free of charge.", user=None, at=CAME + 10 * DAY)
    )
    note = "Tell us your size, please."
    asking.at(CAME + 10 * DAY, lambda: write_note(review=written, text=note, is_of_staff=True, user=None, at=CAME + 10 * DAY))
    assert asking.told()[3:] == [("review_answered", "sent")] * 2
    assert any("free of charge" in letter for letter in asking.letters("review_answered"))


@pytest.mark.parametrize("stars", [1, 5])
def test_what_follows_is_the_same_for_every_number_of_stars(asking: Shop, stars: int) -> None:
    order = asked(asking)
    asking.at(CAME + 9 * DAY, writes(order, stars))
    asking.at(CAME + 9 * DAY + HOUR)
    assert asking.told() == [("review_request", "sent"), ("review_published", "sent"), ("review_thanks", "told_elsewhere")]


def test_a_review_that_is_turned_down_says_why_and_keeps_its_coupon(asking: Shop) -> None:
    order = asked(asking)
    written = asking.at(CAME + 9 * DAY, writes(order, 1, text="Write to me at sam@example.com about it."))
    asking.at(CAME + 9 * DAY + HOUR)
    assert asking.told()[1:] == [("review_thanks", "sent")]
    at, note = CAME + 10 * DAY, "Leave your address out."
    asking.at(at, lambda: decide(review=written, ground=Ground.PERSONAL_DATA, note=note, user=None, at=at))
    assert asking.told()[2:] == [("review_rejected", "sent")]
    [letter] = asking.letters("review_rejected")
    assert note in letter
    assert f"/reviews/{written.public_id}/edit/" in letter


def test_who_does_not_answer_is_reminded_once_and_who_did_never(asking: Shop) -> None:
    order = asked(asking)
    asking.live(CAME + 13 * DAY, CAME + 16 * DAY)
    asking.live(CAME + 40 * DAY, CAME + 41 * DAY)
    assert asking.told() == [("review_request", "sent"), ("review_reminder", "sent")]
    with merchant_scope(asking.pk):
        assert ReviewRequest.objects.get(order=order).state == RequestState.ASKED


def test_who_has_not_received_it_is_asked_later_and_not_reminded(asking: Shop) -> None:
    order = asked(asking)
    at = CAME + 9 * DAY
    asking.at(at, lambda: defer_request(request=ReviewRequest.objects.get(order=order), at=at))
    asking.live(at, at + 14 * DAY)
    assert asking.told() == [("review_request", "sent")]
    asking.live(at + 15 * DAY, at + 16 * DAY)
    assert asking.told() == [("review_request", "sent")] * 2


def test_the_simulator_tells_the_same(asking: Shop) -> None:
    order = asked(asking)
    asking.at(CAME + 9 * DAY, writes(order, 4))
    over = CAME + 9 * DAY + HOUR
    asking.at(over)
    with merchant_scope(asking.pk):
        found = [one for one in simulate(order_ids=[order.pk], now=over) if one.kind in ("review_request", "review_published")]
    assert [(one.kind, one.state) for one in found] == [("review_request", "sent"), ("review_published", "sent")]
    assert [one.letter.trouble for one in found] == ["", ""]
    assert "Linen shirt" in found[0].letter.text
