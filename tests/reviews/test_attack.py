"""Ways round the rules that looked open: each is shut, and says what would follow were it not."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from reviews.handlers import look_at_review as handle
from reviews.models import Review, Survey, SurveyInvite, Theme, Voice
from reviews.models.ratings import FeedbackTask
from reviews.rules.imports import read_csv
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.rules.words import clean
from reviews.selectors.themes import count_to_tell
from reviews.services.alarms import look_at_review
from reviews.services.imports import import_reviews
from reviews.services.invites import plan_case_invite
from reviews.services.listening import begin_themes, hear_reviews
from reviews.services.moderation import decide
from reviews.services.submitting import edit_review, withdraw_review, write_review
from reviews.services.surveys import save_survey
from reviews.services.sweep import sweep_invites
from reviews.services.tasks_desk import close_task
from reviews.services.votes import vote
from reviews.types import TaskState, Words
from tests.factories import customer, incoming_line, place_order
from tests.reviews.stage import ASKED, DAY, bought, line_of, plan, product, review_row, send

pytestmark = pytest.mark.usefixtures("in_acme")
FINE = Words(text="Fine.", language="en")
NAMING = Words(text="Bob of the counter was rude.", language="en")  # no check finds this; a person does
ROW = {"product": "shirt", "stars": 1, "written_at": "2026-10-02", "text": "It runs too small", "id": "9", "language": "en"}


def write(order: Order, external_id: str = "L1", *, words: Words = FINE, stars: int = 4, at: Any = ASKED) -> Review:
    return write_review(line=line_of(order, external_id), words=words, stars=stars, at=at)


def test_what_was_turned_down_does_not_come_back_by_being_taken_back_and_written_anew() -> None:
    order = bought()
    first = decide(review=write(order, words=NAMING), ground="personal_data", user=None, at=ASKED)
    withdraw_review(review=first, at=ASKED + DAY)
    again = write(order, words=NAMING, at=ASKED + DAY)
    assert (again.state, write(order, "L2", words=NAMING, at=ASKED + DAY).state) == ("pending", "published")
    decide(review=again, user=None, at=ASKED + 2 * DAY)
    withdraw_review(review=again, at=ASKED + 3 * DAY)
    assert write(order, at=ASKED + 3 * DAY).state == "published"


def test_a_task_tells_nothing_to_whoever_decides() -> None:
    plan(moderation="all")
    happens = type("Happens", (), {})()
    row = write(bought(), stars=1)
    happens.payload, happens.at = {"review": row.pk}, ASKED
    handle(happens)
    assert (row.state, FeedbackTask.objects.count()) == ("pending", 0)
    decide(review=row, ground="off_topic", user=None, at=ASKED + DAY)
    happens.at = ASKED + DAY
    handle(happens)
    assert FeedbackTask.objects.values_list("state", "opened_at", "reasons").get() == ("open", ASKED + DAY, [["product", 1, 5, "product"]])


def change(row: Review, stars: int, day: int) -> FeedbackTask:
    edit_review(review=row, words=FINE, stars=stars, at=ASKED + day * DAY)
    task = look_at_review(review_id=row.pk, at=ASKED + day * DAY)
    assert task is not None
    return task


def test_who_is_unhappy_again_is_answered_though_the_stars_had_risen_between() -> None:
    row = write(bought(), stars=1)
    look_at_review(review_id=row.pk, at=ASKED)
    assert [change(row, 5, 1).state, change(row, 1, 2).state] == ["dismissed", "open"]
    assert FeedbackTask.objects.get().opened_at == ASKED + 2 * DAY


def test_what_staff_put_away_stays_so_until_it_is_worse() -> None:
    row = write(bought(), stars=2)
    task = look_at_review(review_id=row.pk, at=ASKED)
    assert task is not None
    close_task(task=task, state=TaskState.DISMISSED, note="A joke.", user=None, at=ASKED)
    assert [change(row, 5, 1).state, change(row, 2, 2).state, change(row, 1, 3).state] == ["dismissed", "dismissed", "open"]


def test_goods_without_any_number_are_not_one_product() -> None:
    """Shops number the lines of each order from one."""
    orders = [
        place_order(number=number, external_id=number, lines=(incoming_line(external_id="1", title=title, sku=""),))
        for number, title in (("1", "Shirt"), ("2", "Toaster"))
    ]
    for order in orders:
        send(order, tracking_number=f"T{order.number}")
    keys = [write(order, "1").product_key for order in orders]
    assert (len(set(keys)), all(keys)) == (2, True)


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_a_row_ends_where_csv_says_so(sign: str) -> None:
    raw = f"product,stars,written_at,text\r\nshirt,4,2026-10-02,one{sign}two\r\nshirt,5,2026-10-03,ok\r\n".encode()
    rows = list(read_csv(raw))
    assert [(place, cells["text"], problem) for place, cells, problem in rows] == [(2, f"one{sign}two", ""), (3, "ok", "")]


@pytest.mark.parametrize(
    ("name", "field"), [("a\0b", "ab"), ("\ud800", "row"), ("", "row"), ("\u202eeman", "eman"), ("x" * 5_000, "x" * 40)]
)
def test_a_column_nobody_could_store_is_named_as_far_as_it_goes(name: str, field: str) -> None:
    batch = import_reviews(rows=[{**ROW, name: "x"}], origin_name="Old shop", file_name="", user=None, at=ASKED)
    batch.refresh_from_db()
    assert (batch.taken, batch.refused) == (0, [[1, field, "There is no such column."]])


@pytest.mark.parametrize("sign", ["\ufffe", "\uffff", "\U0001fffe", "\U0010ffff", "\ufdd0"])
def test_what_is_no_sign_is_not_kept(sign: str) -> None:
    assert clean(f"So{sign}ft \U0001f600") == "Soft \U0001f600"


def test_who_is_brought_along_hears_nothing_of_themes() -> None:
    """Their order is named in the file; the words are years old, and they never agreed to hear from here."""
    product()
    order = bought()
    begin_themes(at=ASKED)
    import_reviews(rows=[{**ROW, "order_number": order.number}], origin_name="Old shop", file_name="", user=None, at=ASKED)
    hear_reviews(review_ids=[Review.objects.get().pk], at=ASKED)
    voice, theme = Voice.objects.get(), Theme.objects.get(key="size")
    assert (voice.order, theme.marks.count(), count_to_tell(theme)) == (order, 1, 0)
    own = review_row(order, "L2", text="It runs too small")
    hear_reviews(review_ids=[own.pk], at=ASKED)
    assert count_to_tell(theme) == 1


def test_a_vote_holds_the_shopper_before_the_review_as_an_erasure_does() -> None:
    """The other way round the two wait for each other, and the database ends one of them."""
    order, eve = bought(), customer(email="eve@example.com")
    with CaptureQueriesContext(connection) as queries:
        vote(review=review_row(order), customer_id=eve.pk, is_helpful=True, at=ASKED)
    held = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    assert [next(table for table in ("customers_customer", "reviews_review") if f'FROM "{table}"' in sql) for sql in held] == [
        "customers_customer",
        "reviews_review",
    ]


def surveyed(key: str) -> Survey:
    """A shipped survey, turned on."""
    shipped = DEFAULTS[key]
    row: Survey = save_survey(
        survey=None, name=key, key=key, trigger=shipped.trigger, days=0, definition=shipped.definition, is_on=True, at=ASKED
    )
    return row


@pytest.mark.parametrize(
    ("columns", "state"),
    [({"payment_state": "refunded"}, "asked"), ({"state": "cancelled"}, "asked"), ({"erased_at": ASKED}, "ended")],
)
def test_who_got_the_money_back_is_asked_how_easy_that_was(columns: dict[str, Any], state: str) -> None:
    surveyed("ces")
    order = bought()
    plan_case_invite(order=order, case_number="R-7K3F-9Q2M", at=ASKED)
    Order.objects.update(**columns)
    sweep_invites(now=ASKED + DAY / 24)
    assert SurveyInvite.objects.get().state == state
