"""What anybody on the web may send to the pages about reviews, and what of theirs other pages get to hold."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from orders.models import Order
from reviews.models import Review
from reviews.models.ratings import SurveyAnswer
from reviews.services.surveys import save_survey
from reviews.services.tallies import count_reviews
from reviews.tokens import survey_token
from tests.conftest import NOW
from tests.reviews.stage import DAY, bought, product, review_row

Scope = Callable[..., Any]
AT = NOW - DAY
BREAKING = "</script><script>alert(1)</script><!-- & \u2028"
ASKED = {"questions": [{"key": "product", "kind": "csat", "text": {"en": "The product?"}}]}


@pytest.fixture
def add(in_scope: Scope) -> Callable[..., Review]:
    def make(**over: Any) -> Review:
        def build() -> Review:
            if not Order.objects.exists():
                product()
                bought()
            row = review_row(Order.objects.get(), **{"at": AT, "order_line": None, "customer": None, **over})
            count_reviews(review_ids=[row.pk], at=AT)
            return row

        row: Review = in_scope(build)
        return row

    return make


def test_what_shops_put_between_script_tags_cannot_end_them(browser: Client, add: Callable[..., Review]) -> None:
    add(text=BREAKING, title=BREAKING, author=BREAKING, product_title=BREAKING)
    answer = browser.get("/widget/reviews.ld.json?product=shirt")
    text = answer.content.decode()
    assert [sign for sign in "<>&\u2028" if sign in text] == []
    assert [answer.json()["review"][0][name] for name in ("name", "reviewBody")] == [BREAKING, BREAKING]


def test_no_sign_of_one_review_breaks_the_feed(browser: Client, add: Callable[..., Review]) -> None:
    """Rows of before the form refused them, and titles of the shop."""
    odd = "".join(map(chr, [*range(1, 32), 0x7F, 0x85, 0xFFFE, 0xFFFF, 0x1FFFE]))
    add(text=f"So{odd}ft", title=odd + "T", author="]]>" + odd, product_title=odd + "Shirt", can_share=True)
    add(text="Fine.", can_share=True)
    root = ET.fromstring(browser.get("/reviews/feed.xml").content)
    texts = [row.text for row in root.iter("content")]
    assert [(text or "")[:2] + (text or "")[-2:] for text in texts] == ["Fie.", "Soft"]


def test_a_survey_anybody_may_follow_is_not_answered_a_thousand_times(browser: Client, in_scope: Scope) -> None:
    over: dict[str, Any] = {"trigger": "none", "days": 1, "definition": ASKED, "is_on": True, "at": NOW}
    path = f"/survey/{in_scope(lambda: survey_token(save_survey(survey=None, name='Open', key='open', **over)))}/"
    codes = [browser.post(path, {"step": "first", "q-product": "1"}).status_code for _ in range(62)]
    assert codes == [302] * 60 + [429] * 2
    assert int(browser.post(path, {"step": "first", "q-product": "1"})["Retry-After"]) > 0
    assert in_scope(SurveyAnswer.objects.count) == 60
    assert browser.get(path).status_code == 200
