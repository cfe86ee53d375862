"""Reviews brought along: each once, under the name of where they come from, and believed only as far as our own parcels go."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from events.models import Event
from merchants.models import Merchant
from orders.models import Order, OrderLine
from reviews.models import Review, ReviewChange, ReviewImport, ReviewPlan
from reviews.models.ratings import ProductScore, Rating
from reviews.rules.imports import BadFile, RowRefused, parse_row, read_csv
from reviews.selectors.fairness import fairness
from reviews.selectors.mine import reviewable
from reviews.selectors.shown import shown
from reviews.services.book import ReviewRefused
from reviews.services.imports import import_file, import_reviews, take_review
from reviews.types import Moderation
from tests.conftest import NOW
from tests.reviews.stage import ASKED, CAME, Unchanged, bought, product, review_row

AT = NOW + timedelta(days=60)
BERLIN = ZoneInfo("Europe/Berlin")
ROW = {"product": "shirt", "stars": "4", "text": "Soft and light.", "author": "Ana", "written_at": "2026-11-30T10:00:00Z"}


def parsed(**over: Any) -> Any:
    return parse_row({**ROW, **over}, zone=BERLIN, now=AT, language="de")


def test_a_row_is_read_with_what_it_leaves_unsaid() -> None:
    row = parsed(written_at="2026-11-30", fit="Small", language="pt_BR", incentivised="yes", id="77", title="  So\nsoft ")
    assert (row.written_at, row.stars, row.fit, row.language) == (datetime(2026, 11, 29, 23, tzinfo=UTC), 4, "small", "pt-br")
    assert (row.is_incentivised, row.id, row.title) == (True, "77", "So soft")
    assert (parsed().language, parsed().is_incentivised, parsed().id[:7]) == ("de", False, "sha256:")


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"stars": "6"}, "stars"),
        ({"stars": "4.5"}, "stars"),
        ({"stars": ""}, "stars"),
        ({"stars": True}, "stars"),
        ({"stars": 0}, "stars"),
        ({"product": " "}, "product"),
        ({"product": "x" * 101}, "product"),
        ({"text": "x" * 5_001}, "text"),
        ({"text": "x" * 50_000}, "text"),
        ({"text": ["x"]}, "text"),
        ({"author": "x" * 61}, "author"),
        ({"written_at": "30.11.2026"}, "written_at"),
        ({"written_at": "2026-02-30"}, "written_at"),
        ({"written_at": "2030-01-01"}, "written_at"),
        ({"written_at": "1970-01-01"}, "written_at"),
        ({"written_at": 5}, "written_at"),
        ({"written_at": "0001-01-01T00:00:00+14:00"}, "written_at"),
        ({"fit": "huge"}, "fit"),
        ({"language": "not a language"}, "language"),
        ({"incentivised": "perhaps"}, "incentivised"),
        ({"is_verified": "yes"}, "is_verified"),
    ],
)
def test_a_row_that_is_wrong_names_its_column(over: dict[str, Any], field: str) -> None:
    with pytest.raises(RowRefused) as error:
        parsed(**over)
    assert error.value.field == field


def test_nothing_hidden_comes_along() -> None:
    row = parsed(text="Great\u202etxet\u202c \x00\x07value\u200b\ud800", author="A\u0000na\nX")
    assert (row.text, row.author) == ("Greattxet value", "Ana X")


def test_a_file_is_read_by_its_header() -> None:
    raw = '\ufeffSKU;Rating;Date;Body;Reviewer;ignored\nshirt;5;2026-11-30;"So; soft\nand light";Ana;x\n;;;;;\nshirt;4\n'.encode()
    assert list(read_csv(raw)) == [
        (2, {"product": "shirt", "stars": "5", "written_at": "2026-11-30", "text": "So; soft\nand light", "author": "Ana"}, ""),
        (4, {"product": "shirt", "stars": "4"}, "Has 2 cells, the header 6."),
    ]


@pytest.mark.parametrize("raw", [b"", b"product,text\nshirt,x\n", b"product,stars,rating,written_at\n", b"\xff\xfe\x00", b"PK\x03\x04\x00"])
def test_a_file_that_is_none_is_refused_as_a_whole(raw: bytes) -> None:
    with pytest.raises(BadFile):
        read_csv(raw)


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    product()
    return bought()


def bring(*rows: dict[str, Any], origin_name: str = "Old shop") -> ReviewImport:
    return import_reviews(rows=rows, origin_name=origin_name, file_name="reviews.csv", user=None, at=AT)


def test_reviews_of_another_system_are_shown_as_such_and_counted(order: Order) -> None:
    batch = bring(ROW, {**ROW, "stars": "2", "author": "Ben"}, {**ROW, "stars": "9"}, {**ROW, "product": "gone"})
    assert (batch.rows, batch.taken, batch.known) == (4, 2, 0)
    assert [one[:2] for one in batch.refused] == [[3, "stars"], [4, "product"]]
    found = shown(key="shirt").reviews
    assert [(row.author, row.stars, row.badges, row.origin_name) for row in found] == [
        ("Ben", 2, ("imported",), "Old shop"),
        ("Ana", 4, ("imported",), "Old shop"),
    ]
    assert found[0].written_at == datetime(2026, 11, 30, 10, tzinfo=UTC)
    score = ProductScore.objects.get(product_key="shirt")
    assert (score.n, score.n2, score.n4, score.verified) == (2, 1, 1, 0)
    assert [change.step for change in ReviewChange.objects.order_by("pk")] == ["written", "published"] * 2


def test_the_same_file_again_brings_nothing(order: Order) -> None:
    named, unnamed = {**ROW, "id": "77"}, {**ROW, "author": "Ben"}
    bring(named, unnamed)
    again = bring({**named, "text": "Other words", "stars": "1"}, unnamed, unnamed)
    assert (again.taken, again.known, Review.objects.count(), Rating.objects.filter(stars=4).count()) == (0, 3, 2, 2)
    other = bring(named, origin_name="Another shop")
    assert (other.taken, Review.objects.count()) == (1, 3)


def test_one_file_that_names_a_review_twice_brings_it_once(order: Order) -> None:
    assert (bring(ROW, ROW).taken, Review.objects.count()) == (1, 1)


def test_what_was_erased_does_not_come_back(order: Order) -> None:
    bring({**ROW, "id": "77"})
    Review.objects.update(state="erased", text="", author="")
    assert (bring({**ROW, "id": "77"}).known, Review.objects.get().state) == (1, "erased")


@pytest.mark.parametrize(
    ("over", "is_verified"),
    [
        ({"order_number": "1001"}, True),
        ({"order_number": "1001", "line": "L1"}, True),
        ({"order_number": "1001", "written_at": (CAME - timedelta(minutes=1)).isoformat()}, False),
        ({"order_number": "1001", "written_at": CAME.isoformat()}, True),
        ({"order_number": "4711"}, False),
        ({}, False),
    ],
)
def test_verified_is_what_we_delivered_before_it_was_written(order: Order, over: dict[str, Any], is_verified: bool) -> None:
    assert bring({**ROW, **over}).taken == 1
    assert Review.objects.get().is_verified is is_verified


def test_the_words_of_a_file_never_say_bought_here(order: Order) -> None:
    bring({**ROW, "order_number": "1001"})
    [one] = shown(key="shirt").reviews
    assert one.badges == ("matched", "imported")
    assert ProductScore.objects.get(product_key="shirt").verified == 0
    assert fairness(since=CAME - timedelta(days=31)).verified == 0


def test_a_file_leaves_the_line_to_its_buyer(order: Order) -> None:
    bring({**ROW, "order_number": "1001"})
    [can] = [one for one in reviewable(order=order, now=CAME + timedelta(days=1)) if one.line.external_id == "L1"]
    assert (can.why_not, can.review) == (None, None)


def test_a_review_of_a_line_that_was_taken_off_or_of_a_cancelled_order_is_not_verified(order: Order) -> None:
    OrderLine.objects.filter(external_id="L1").update(quantity_removed=1)
    bring({**ROW, "order_number": "1001"})
    assert Review.objects.get().is_verified is False


def test_a_line_still_under_way_is_not_verified(in_acme: Merchant) -> None:
    product()
    bought(came=None)
    bring({**ROW, "order_number": "1001"})
    assert (Review.objects.get().is_verified, Review.objects.get().order is not None) == (False, True)


def test_a_line_has_one_review_wherever_it_was_written(order: Order) -> None:
    row = {**ROW, "order_number": "1001"}
    batch = bring(row, {**row, "author": "Ben"}, {**row, "line": "L9"}, {**ROW, "line": "L1"})
    assert (batch.taken, [one[:2] for one in batch.refused]) == (1, [[2, "order_number"], [3, "line"], [4, "line"]])


def test_a_line_reviewed_here_is_refused(order: Order) -> None:
    review_row(order)
    batch = bring({**ROW, "order_number": "1001", "line": "L1"})
    assert batch.refused == [[1, "line", "Has a review already."]]


def test_nothing_is_tied_to_an_order_that_was_erased(order: Order) -> None:
    Order.objects.update(erased_at=ASKED)
    assert [one[:2] for one in bring({**ROW, "order_number": "1001"}).refused] == [[1, "order_number"]]
    assert Review.objects.count() == 0


def test_an_unknown_product_needs_its_name(order: Order) -> None:
    assert bring({**ROW, "product": "old-1", "product_title": "Wool hat"}).taken == 1
    row = Review.objects.get()
    assert (row.product, row.product_key, row.product_title) == (None, "old-1", "Wool hat")


def test_an_article_number_leads_to_its_product(order: Order) -> None:
    bring({**ROW, "product": "SHIRT"})
    assert Review.objects.get().product_key == "shirt"


@pytest.mark.parametrize(("moderation", "text", "state"), [
    (Moderation.ALL, "Soft and light.", "pending"),
    (Moderation.FLAGGED, "Soft and light.", "published"),
    (Moderation.FLAGGED, "Write to me: ana@example.com", "pending"),
])  # fmt: skip
@pytest.mark.parametrize("stars", ["1", "5"])
def test_they_pass_the_same_checks_whatever_their_stars(order: Order, moderation: str, text: str, state: str, stars: str) -> None:
    ReviewPlan.objects.create(moderation=moderation)
    bring({**ROW, "text": text, "stars": stars})
    assert Review.objects.get().state == state


def test_nobody_is_told_or_thanked(order: Order) -> None:
    before = Event.objects.count()
    bring({**ROW, "order_number": "1001"}, {**ROW, "stars": "1", "author": "Ben"})
    assert list(Event.objects.order_by("pk")[before:].values_list("type", flat=True)) == ["reviews.review.imported"] * 2


@pytest.mark.parametrize(
    ("rows", "origin_name", "field"),
    [([ROW], "", "origin_name"), ([ROW], "  \u200b ", "origin_name"), ([ROW], "x" * 61, "origin_name"), ([], "Old", "rows"),
     ([ROW] * 10_001, "Old", "rows")],
)  # fmt: skip
def test_an_import_that_is_wrong_as_a_whole_writes_nothing(order: Order, rows: list[Any], origin_name: str, field: str) -> None:
    with Unchanged(ReviewRefused) as error:
        import_reviews(rows=rows, origin_name=origin_name, file_name="", user=None, at=AT)
    assert [name for name, _ in error.value.refusals] == [field]


def test_a_file_is_brought_along(order: Order) -> None:
    raw = b"product,stars,written_at,text,author\nshirt,5,2026-11-30,Soft,Ana\nshirt,x,2026-11-30,Soft,Ben\nshirt,1\n"
    batch = import_file(raw=raw, origin_name="Old shop", file_name="old.csv", user=None, at=AT)
    assert (batch.taken, batch.file_name) == (1, "old.csv")
    assert [one[:2] for one in batch.refused] == [[3, "stars"], [4, "row"]]
    with Unchanged(ReviewRefused) as error:
        import_file(raw=b"\xff", origin_name="Old shop", file_name="old.csv", user=None, at=AT)
    assert error.value.refusals[0][0] == "file"


def test_one_row_alone(order: Order) -> None:
    row = parsed(order_number="1001")
    taken = take_review(row=row, origin_name="Old shop", batch=None, at=AT)
    assert taken.review is not None and taken.review.is_verified
    assert take_review(row=row, origin_name="Old shop", batch=None, at=AT).review is None
    with pytest.raises(RowRefused):
        take_review(row=parsed(order_number="1001", author="Ben"), origin_name="Old shop", batch=None, at=AT)


def test_hundreds_take_the_statements_of_one(order: Order, django_assert_max_num_queries: Any) -> None:
    rows = [{**ROW, "id": str(n), "order_number": "1001" if not n else ""} for n in range(400)]
    with django_assert_max_num_queries(35):
        assert bring(*rows).taken == 400
